//! `[[operator]]`: who carries messages, to which numbers, how fast.

use std::time::Duration;

use super::errors::{Errors, errors};
use super::reading::{Cell, Table};
use super::secret::{Secret, secret};
use super::values::{
    Unique, duration, list, matching, one_or_more, parsed, some_list, switch, whole,
};
use crate::delivery::receipt::Spelling;

/// `[[operator]]`
#[derive(Clone, Debug)]
pub struct Operator {
    /// Its name in logs, metrics and the journal.
    pub name: String,
    /// First digits of the numbers it carries; the longest that fits decides.
    pub prefixes: Vec<String>,
    /// Host and port of its SMSC; of several, the first is preferred.
    pub addresses: Vec<String>,
    pub system_id: String,
    pub password: Secret,
    /// Empty unless the operator asks for one.
    pub system_type: String,
    pub interface_version: InterfaceVersion,
    /// What citizens see as the sender.
    pub sender: String,
    /// Where citizens write to, if they can.
    pub number: Option<String>,
    /// Whether receipts are asked for.
    pub receipts: bool,
    /// How it writes the ids of receipts; `None`: as they show.
    pub receipt_ids: Option<Spelling>,
    /// Whether `submit_sm` carry TLVs.
    pub tlvs: bool,
    /// Connections, each with a bind of its own.
    pub sessions: u16,
    /// `submit_sm` awaiting a response, per session.
    pub window: u16,
    /// PDUs a second, all sessions together; `None`: as fast as the operator answers.
    pub tps: Option<u32>,
    /// How long nothing may come from the SMSC before it is asked whether it is there.
    pub enquire_link: Duration,
    /// Statuses that it uses in a way of its own.
    pub errors: Errors,
    /// `None`: no USSD from this operator.
    pub ussd: Option<UssdSettings>,
}

/// `[operator.ussd]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UssdSettings {
    /// How this operator's gateway marks dialogues.
    pub dialect: String,
}

/// The SMPP version named in the bind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InterfaceVersion {
    V33,
    #[default]
    V34,
    V50,
}

impl InterfaceVersion {
    /// As it stands in the bind PDU.
    pub fn octet(self) -> u8 {
        match self {
            Self::V33 => 0x33,
            Self::V34 => 0x34,
            Self::V50 => 0x50,
        }
    }
}

pub(super) fn operators(root: &mut Table<'_>) -> Vec<Operator> {
    let taken = Taken::default();
    root.or("operator", Vec::new(), |cell: &Cell<'_>| {
        list(|cell: &Cell<'_>| cell.table(|table| operator(table, &taken)))(cell)
    })
}

/// What no two operators may share.
#[derive(Default)]
struct Taken {
    names: Unique,
    prefixes: Unique,
}

fn operator(table: &mut Table<'_>, taken: &Taken) -> Option<Operator> {
    let name = table.required("name", "name the operator", |cell| {
        taken.names.check(cell, name(cell)?)
    });
    let prefix = |cell: &Cell<'_>| taken.prefixes.check(cell, prefix(cell)?);
    let prefixes = table.required(
        "prefixes",
        "list the first digits of the numbers it carries",
        some_list(prefix),
    );
    let addresses = table.required("address", "give host and port of its SMSC", addresses);
    let system_id = table.required(
        "system_id",
        "give the login the operator assigned",
        system_id,
    );
    let password = table.required(
        "password",
        "give the password the operator assigned",
        password,
    );
    let sender = table.required(
        "sender",
        "give the name or number that citizens see",
        sender,
    );
    let system_type = table.or("system_type", String::new(), system_type);
    let interface_version = table.or(
        "interface_version",
        InterfaceVersion::default(),
        interface_version,
    );
    let number = table.optional("number", number);
    let receipts = table.or("receipts", true, switch);
    let receipt_ids = table.optional("receipt_ids", receipt_ids);
    let tlvs = table.or("tlvs", true, switch);
    let sessions = table.or("sessions", 1, whole(1..=100));
    let window = table.or("window", 10, whole(1..=10_000));
    let tps = table.optional("tps", whole(1..=100_000));
    let enquire_link = table.or(
        "enquire_link",
        Duration::from_secs(30),
        duration("1s"..="1h"),
    );
    let errors = table.or("errors", Errors::new(), errors);
    let ussd = table.optional("ussd", |cell: &Cell<'_>| cell.table(ussd));
    Some(Operator {
        name: name?,
        prefixes: prefixes?,
        addresses: addresses?,
        system_id: system_id?,
        password: password?,
        system_type,
        interface_version,
        sender: sender?,
        number,
        receipts,
        receipt_ids,
        tlvs,
        sessions,
        window,
        tps,
        enquire_link,
        errors,
        ussd,
    })
}

fn receipt_ids(cell: &Cell<'_>) -> Option<Spelling> {
    let parse = |text: &str| match text {
        "same" => Some(Spelling::Same),
        "decimal" => Some(Spelling::DecimalInReceipt),
        "hex" => Some(Spelling::HexInReceipt),
        _ => None,
    };
    parsed("choose from \"same\", \"decimal\" and \"hex\"", parse)(cell)
}

fn ussd(table: &mut Table<'_>) -> Option<UssdSettings> {
    Some(UssdSettings {
        dialect: table.or("dialect", "generic".to_owned(), name),
    })
}

/// A name that can stand in a URL, a metric and an environment variable.
fn name(cell: &Cell<'_>) -> Option<String> {
    let plain = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-';
    let fits = |name: &str| (1..=32).contains(&name.len()) && name.bytes().all(plain);
    matching("write 1 to 32 of the characters a-z, 0-9 and -", fits)(cell)
}

fn prefix(cell: &Cell<'_>) -> Option<String> {
    let right = "write 1 to 15 digits as in the international number, such as \"99893\", without +";
    matching(right, |prefix| {
        is_digits(prefix, 15) && !prefix.starts_with('0')
    })(cell)
}

fn addresses(cell: &Cell<'_>) -> Option<Vec<String>> {
    let taken = Unique::default();
    one_or_more(|cell: &Cell<'_>| taken.check(cell, host_and_port(cell)?))(cell)
}

fn host_and_port(cell: &Cell<'_>) -> Option<String> {
    let fits = |address: &str| {
        let Some((host, port)) = address.rsplit_once(':') else {
            return false;
        };
        let bare_ipv6 = host.contains(':') && !(host.starts_with('[') && host.ends_with(']'));
        let plain = !host.is_empty()
            && !bare_ipv6
            && !host.contains(char::is_whitespace)
            && !host.contains('/');
        plain && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    matching(
        "write host and port, such as \"smsc.example.uz:2775\" or \"[fd00::1]:2775\"",
        fits,
    )(cell)
}

fn system_id(cell: &Cell<'_>) -> Option<String> {
    matching(
        "write 1 to 15 ASCII characters; SMPP has no room for more",
        |id| !id.is_empty() && is_ascii(id, 15),
    )(cell)
}

fn system_type(cell: &Cell<'_>) -> Option<String> {
    matching(
        "write at most 12 ASCII characters; SMPP has no room for more",
        |kind| is_ascii(kind, 12),
    )(cell)
}

/// Its length may be told, its characters never.
fn password(cell: &Cell<'_>) -> Option<Secret> {
    let password = secret(cell)?;
    if !is_ascii(password.expose(), 8) {
        let length = password.expose().chars().count();
        return cell.wrong(
            format!("has {length} characters or such as are not ASCII"),
            "SMPP has room for 8 ASCII characters; ask the operator for such a password",
        );
    }
    Some(password)
}

pub(super) fn sender(cell: &Cell<'_>) -> Option<String> {
    let named = |sender: &str| {
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || b" .-_&".contains(&octet);
        (1..=11).contains(&sender.len()) && sender.bytes().all(plain) && sender.trim() == sender
    };
    let right = "write 1 to 11 Latin letters and digits, or a number of up to 15 digits without +";
    matching(right, |sender| is_digits(sender, 15) || named(sender))(cell)
}

fn number(cell: &Cell<'_>) -> Option<String> {
    matching("write it in quotes, 1 to 15 digits without +", |number| {
        is_digits(number, 15)
    })(cell)
}

fn interface_version(cell: &Cell<'_>) -> Option<InterfaceVersion> {
    let parse = |text: &str| match text {
        "3.3" => Some(InterfaceVersion::V33),
        "3.4" => Some(InterfaceVersion::V34),
        "5.0" => Some(InterfaceVersion::V50),
        _ => None,
    };
    parsed("choose from \"3.3\", \"3.4\" and \"5.0\"", parse)(cell)
}

fn is_digits(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_digit())
}

/// Printable ASCII: a control character, such as the NUL that ends a field, would break the PDU.
fn is_ascii(text: &str, most: usize) -> bool {
    text.len() <= most
        && text
            .bytes()
            .all(|octet| octet.is_ascii_graphic() || octet == b' ')
}
