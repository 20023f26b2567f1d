//! How an operator is bound to: the keys of `[[operator]]`, or of one `[[operator.bind]]` for each login.

use super::document::Value;
use super::logins::Logins;
use super::outbind::{Listening, Outbind, outbind};
use super::reading::{Cell, Table};
use super::secret::{Secret, secret};
use super::values::{Unique, matching, one_or_more, parsed, some_list, whole};

/// One login at one SMSC.
#[derive(Clone, Debug)]
pub struct Bind {
    pub reach: Reach,
    pub system_id: String,
    pub password: Secret,
    /// Empty unless the operator asks for one.
    pub system_type: String,
    pub directions: Directions,
    /// Connections, each with a bind of its own; or pairs of them.
    pub sessions: u16,
    /// `submit_sm` awaiting a response, per session.
    pub window: u16,
    /// Whether its own table says so.
    pub is_own_window: bool,
    /// PDUs a second, all sessions of this login together; `None`: as the operator's allows.
    pub tps: Option<u32>,
}

/// Who makes the connections.
#[derive(Clone, Debug)]
pub enum Reach {
    /// We do: to host and port of the SMSC; of several, the first is preferred.
    Connect(Vec<String>),
    /// The SMSC does.
    Outbind(Outbind),
}

impl Reach {
    /// Where we connect to.
    pub fn addresses(&self) -> &[String] {
        match self {
            Self::Connect(addresses) => addresses,
            Self::Outbind(_) => &[],
        }
    }
}

/// Whether one session goes both ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Directions {
    #[default]
    Transceiver,
    TransmitterReceiver,
}

/// What a table says of a login.
#[derive(Clone, Default)]
struct Login {
    reach: Option<Reach>,
    system_id: Option<String>,
    password: Option<Secret>,
    system_type: Option<String>,
    sessions: Option<u16>,
    window: Option<u16>,
    /// Which of the keys that must be somewhere stand in this table, right or wrong.
    given: [bool; NEEDED.len()],
}

/// The keys that every login needs, and what to write.
const NEEDED: [(&str, &str); 3] = [
    ("address", "give host and port of its SMSC"),
    ("system_id", "give the login the operator assigned"),
    ("password", "give the password the operator assigned"),
];

/// The value of the key `bind`.
enum Several {
    No(Directions),
    Tables(Vec<Bind>),
}

/// What the logins of one operator have in common.
struct Operator<'a> {
    key: String,
    login: Login,
    tps: Option<u32>,
    /// Those of all operators.
    logins: &'a Logins,
    listening: &'a Listening,
}

impl Operator<'_> {
    /// Whether a login of a table is none that others have, too.
    fn check(&self, table: &Table<'_>, bind: &Bind) -> Option<()> {
        self.logins.check(table, &self.key, bind);
        match &bind.reach {
            Reach::Connect(_) => Some(()),
            Reach::Outbind(outbind) => self.listening.check(table, outbind.listen),
        }
    }
}

/// The logins of an operator, at least one, all of which share its `tps`. What a table of its own does not say, the
/// operator's says.
pub(super) fn binds(
    table: &mut Table<'_>,
    tps: Option<u32>,
    logins: &Logins,
    listening: &Listening,
) -> Option<Vec<Bind>> {
    let operator = Operator {
        key: table.key().to_owned(),
        login: Login::read(table),
        tps,
        logins,
        listening,
    };
    let several = table.optional("bind", |cell: &Cell<'_>| several(cell, &operator));
    let directions = match several {
        Some(Several::Tables(binds)) => return Some(binds),
        Some(Several::No(directions)) => directions,
        None if table.has("bind") => return None,
        None => Directions::default(),
    };
    let bind = operator.login.bind(table, directions)?;
    operator.check(table, &bind)?;
    Some(vec![bind])
}

fn several(cell: &Cell<'_>, operator: &Operator<'_>) -> Option<Several> {
    if !matches!(cell.node.value, Value::List(_)) {
        return directions(cell).map(Several::No);
    }
    let bind = |cell: &Cell<'_>| cell.table(|table| bind(table, operator));
    some_list(bind)(cell).map(Several::Tables)
}

fn bind(table: &mut Table<'_>, operator: &Operator<'_>) -> Option<Bind> {
    let login = Login::read(table);
    let is_own_window = login.window.is_some();
    let login = login.or(&operator.login);
    let directions = table.or("bind", Directions::default(), directions);
    let tps = table.optional("tps", |cell| tps_of_login(cell, operator.tps));
    let bind = login.bind(table, directions)?;
    operator.check(table, &bind)?;
    Some(Bind {
        tps,
        is_own_window,
        ..bind
    })
}

impl Login {
    fn read(table: &mut Table<'_>) -> Self {
        Self {
            reach: reach(table),
            system_id: table.optional("system_id", system_id),
            password: table.optional("password", password),
            system_type: table.optional("system_type", system_type),
            sessions: table.optional("sessions", whole(1..=MOST_SESSIONS)),
            window: table.optional("window", whole(1..=MOST_WINDOW)),
            given: NEEDED
                .map(|(key, _)| table.has(key) || key == "address" && table.has("outbind")),
        }
    }

    fn or(self, other: &Self) -> Self {
        let mut given = self.given;
        for (given, other) in given.iter_mut().zip(other.given) {
            *given |= other;
        }
        Self {
            reach: self.reach.or_else(|| other.reach.clone()),
            system_id: self.system_id.or_else(|| other.system_id.clone()),
            password: self.password.or_else(|| other.password.clone()),
            system_type: self.system_type.or_else(|| other.system_type.clone()),
            sessions: self.sessions.or(other.sessions),
            window: self.window.or(other.window),
            given,
        }
    }

    /// What the table makes of it, unless something is missing.
    fn bind(&self, table: &Table<'_>, directions: Directions) -> Option<Bind> {
        for ((key, right), given) in NEEDED.iter().zip(self.given) {
            if !given {
                table.missing(key, right);
            }
        }
        Some(Bind {
            reach: self.reach.clone()?,
            system_id: self.system_id.clone()?,
            password: self.password.clone()?,
            system_type: self.system_type.clone().unwrap_or_default(),
            directions,
            sessions: self.sessions.unwrap_or(1),
            window: self.window.unwrap_or(10),
            is_own_window: false,
            tps: None,
        })
    }
}

fn reach(table: &mut Table<'_>) -> Option<Reach> {
    let addresses = table.optional("address", addresses);
    let both = table.has("address");
    let outbind = table.optional("outbind", |cell: &Cell<'_>| match both {
        true => cell.wrong(
            "is set beside `address`",
            "leave `outbind` out if we connect to the SMSC, or `address` if it connects to us",
        ),
        false => outbind(cell),
    });
    let connect = addresses.map(Reach::Connect);
    connect.or(outbind.map(Reach::Outbind))
}

/// PDUs a second, and requests that may await a response on one session, at most.
pub const MOST_TPS: u32 = 100_000;
pub const MOST_WINDOW: u16 = 10_000;
pub const MOST_SESSIONS: u16 = 100;

/// PDUs a second.
pub(super) fn tps(cell: &Cell<'_>) -> Option<u32> {
    whole(1..=MOST_TPS)(cell)
}

/// That of one login, beside its operator's.
fn tps_of_login(cell: &Cell<'_>, operators: Option<u32>) -> Option<u32> {
    let tps = tps(cell)?;
    if let Some(all) = operators.filter(|all| *all < tps) {
        cell.warn(
            format!("is {tps}, of which only {all} can be used: that is the operator's `tps`, for all logins together"),
            "lower this one, or raise that",
        );
    }
    Some(tps)
}

fn directions(cell: &Cell<'_>) -> Option<Directions> {
    let parse = |text: &str| match text {
        "transceiver" => Some(Directions::Transceiver),
        "transmitter-receiver" => Some(Directions::TransmitterReceiver),
        _ => None,
    };
    parsed(
        "choose from \"transceiver\" and \"transmitter-receiver\", or write a table [[operator.bind]] for each login",
        parse,
    )(cell)
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

pub(super) fn system_id(cell: &Cell<'_>) -> Option<String> {
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
pub(super) fn password(cell: &Cell<'_>) -> Option<Secret> {
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

/// Printable ASCII: a control character, such as the NUL that ends a field, would break the PDU.
fn is_ascii(text: &str, most: usize) -> bool {
    text.len() <= most
        && text
            .bytes()
            .all(|octet| octet.is_ascii_graphic() || octet == b' ')
}
