//! `[[operator]]`: who carries messages, to which numbers, how fast.

use std::time::Duration;

use xabar_smpp::message_id::Spelling;
use xabar_sms::DefaultAlphabet;

use super::bind::{Bind, binds, tps};
use super::errors::{Errors, errors};
use super::fallback;
use super::http::Http;
use super::logins::Logins;
use super::outbind::Listening;
use super::reading::{Cell, Table};
use super::tls::tls;
use super::ussd::{UssdSettings, ussd};
use super::values::{Unique, duration, list, matching, named, switch};
use super::weight::{self, Carried, weight};
use crate::tls;

/// `[[operator]]`
#[derive(Clone, Debug)]
pub struct Operator {
    /// Its name in logs, metrics and the journal.
    pub name: String,
    /// First digits of the numbers it carries; the longest that fits decides.
    pub prefixes: Vec<String>,
    /// Its part of the numbers whose prefixes others have, too; 0: only what those cannot take.
    pub weight: u32,
    /// The names of those that may carry its messages instead, the first one first.
    pub fallback: Vec<String>,
    /// Once it has been down or failing for so long, its messages move; `None`: they wait.
    pub move_after: Option<Duration>,
    /// How it is bound to; at least one.
    pub binds: Vec<Bind>,
    /// For all of its binds; `None`: plain TCP.
    pub tls: Option<tls::Client>,
    pub interface_version: InterfaceVersion,
    /// What citizens see as the sender.
    pub sender: String,
    /// Where citizens write to, if they can.
    pub number: Option<String>,
    /// Whether receipts are asked for.
    pub receipts: bool,
    /// Whether it is asked by `query_sm` for messages whose receipts do not come.
    pub query: bool,
    /// How it writes the ids of receipts; `None`: as they show.
    pub receipt_ids: Option<Spelling>,
    /// Whether its receipts are marked by nothing, so that their words alone tell them from what phones write.
    pub unmarked_receipts: bool,
    /// Whether `ACCEPTD` is its last word on what it delivers.
    pub accepted_is_delivered: bool,
    /// Whether `submit_sm` carry TLVs.
    pub tlvs: bool,
    /// What its `data_coding` 0 means.
    pub alphabet: DefaultAlphabet,
    /// PDUs a second, all sessions of all binds together; `None`: as fast as the operator answers.
    pub tps: Option<u32>,
    /// How long nothing may come from the SMSC before it is asked whether it is there.
    pub enquire_link: Duration,
    /// Statuses that it uses in a way of its own.
    pub errors: Errors,
    /// `None`: no USSD from this operator.
    pub ussd: Option<UssdSettings>,
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

/// What stands in the tables of all operators, be something else wrong in them or not.
#[derive(Default)]
pub(super) struct Written {
    pub(super) names: Vec<String>,
    pub(super) senders: Vec<String>,
}

pub(super) fn written(root: &mut Table<'_>) -> Written {
    root.or("operator", Written::default(), |cell: &Cell<'_>| {
        Some(Written {
            names: fallback::names(cell),
            senders: fallback::senders(cell),
        })
    })
}

pub(super) fn operators(root: &mut Table<'_>, http: Option<&Http>) -> Vec<Operator> {
    let by_number = root.has("routing");
    root.or("operator", Vec::new(), |cell: &Cell<'_>| {
        let taken = Taken {
            all: fallback::names(cell),
            substitutes: fallback::substitutes(cell),
            by_number,
            carried: Carried::of(cell),
            listening: Listening::at(http.map(|http| http.listen), "http"),
            ..Taken::default()
        };
        list(|cell: &Cell<'_>| cell.table(|table| operator(table, &taken, http)))(cell)
    })
}

/// What no two operators may share, and what one may say of another.
#[derive(Default)]
struct Taken {
    /// The names of all.
    all: Vec<String>,
    /// The names of those that are another's fallback.
    substitutes: Vec<String>,
    /// Whether `[routing]` may give any of them numbers.
    by_number: bool,
    carried: Carried,
    names: Unique,
    logins: Logins,
    listening: Listening,
}

fn operator(table: &mut Table<'_>, taken: &Taken, http: Option<&Http>) -> Option<Operator> {
    let name = table.required("name", "name the operator", |cell| {
        taken.names.check(cell, name(cell)?)
    });
    let met = Unique::default();
    let prefix = |cell: &Cell<'_>| met.check(cell, prefix(cell)?);
    let substitutes = name
        .as_ref()
        .is_some_and(|it| taken.substitutes.contains(it));
    let prefixes = table.required(
        "prefixes",
        "list the first digits of the numbers it carries",
        |cell| match list(prefix)(cell) {
            Some(none) if none.is_empty() && !substitutes && !taken.by_number => cell.wrong(
                "is empty",
                "give at least one entry; only who is another's `fallback`, or has its numbers by [routing], needs none",
            ),
            prefixes => prefixes,
        },
    );
    let own = prefixes.as_deref().unwrap_or_default();
    let weight = table.or("weight", weight::USUAL, |cell| {
        weight(cell, own, &taken.carried)
    });
    let shares = taken.carried.may_be_shared(own);
    let moving = fallback::fallback(table, &taken.all, shares);
    let tps = table.optional("tps", tps);
    let binds = binds(table, tps, &taken.logins, &taken.listening);
    let tls = table.optional("tls", tls(binds.as_deref().unwrap_or_default()));
    let sender = table.required(
        "sender",
        "give the name or number that citizens see",
        sender,
    );
    let interface_version = table.or(
        "interface_version",
        InterfaceVersion::default(),
        interface_version,
    );
    let number = table.optional("number", number);
    let receipts = table.or("receipts", true, switch);
    let query = table.or("query", false, |cell| match switch(cell)? {
        true if !receipts => cell.unfit(
            "only receipts that were asked for are missed: leave it out, or set receipts = true",
        ),
        query => Some(query),
    });
    let receipt_ids = table.optional("receipt_ids", receipt_ids);
    let unmarked_receipts = table.or("unmarked_receipts", false, |cell| match switch(cell)? {
        true if !receipts => cell.unfit(
            "no receipts are asked for, so none is to be read: leave it out, or set receipts = true",
        ),
        unmarked => Some(unmarked),
    });
    let accepted_is_delivered = table.or("accepted_is_delivered", false, |cell| match switch(cell)? {
        true if !receipts => cell.unfit(
            "no receipts are asked for, so none is to be read: leave it out, or set receipts = true",
        ),
        accepted => Some(accepted),
    });
    let tlvs = table.or("tlvs", true, switch);
    let alphabet = table.or("alphabet", DefaultAlphabet::default(), alphabet);
    let enquire_link = table.or(
        "enquire_link",
        Duration::from_secs(30),
        duration("1s"..="1h"),
    );
    let errors = table.or("errors", Errors::new(), errors);
    let ussd = table.optional("ussd", |cell: &Cell<'_>| ussd(cell, alphabet, http));
    Some(Operator {
        name: name?,
        prefixes: prefixes?,
        weight,
        fallback: moving.fallback,
        move_after: moving.after,
        binds: binds?,
        tls,
        interface_version,
        sender: sender?,
        number,
        receipts,
        query,
        receipt_ids,
        unmarked_receipts,
        accepted_is_delivered,
        tlvs,
        alphabet,
        tps,
        enquire_link,
        errors,
        ussd,
    })
}

fn receipt_ids(cell: &Cell<'_>) -> Option<Spelling> {
    named(&[
        ("same", Spelling::Same),
        ("decimal", Spelling::DecimalInReceipt),
        ("hex", Spelling::HexInReceipt),
    ])(cell)
}

fn alphabet(cell: &Cell<'_>) -> Option<DefaultAlphabet> {
    named(&[
        ("gsm7", DefaultAlphabet::Gsm7),
        ("latin1", DefaultAlphabet::Latin1),
        ("ascii", DefaultAlphabet::Ascii),
    ])(cell)
}

/// A name that can stand in a URL, a metric and an environment variable.
fn name(cell: &Cell<'_>) -> Option<String> {
    let plain = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-';
    let fits = |name: &str| (1..=32).contains(&name.len()) && name.bytes().all(plain);
    matching("write 1 to 32 of the characters a-z, 0-9 and -", fits)(cell)
}

fn prefix(cell: &Cell<'_>) -> Option<String> {
    let right = "write 1 to 15 digits as in the international number, such as \"99893\", without +";
    matching(right, is_prefix)(cell)
}

pub(super) fn is_prefix(text: &str) -> bool {
    is_digits(text, 15) && !text.starts_with('0')
}

pub(super) fn sender(cell: &Cell<'_>) -> Option<String> {
    let named = |sender: &str| {
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || b" .-_&".contains(&octet);
        (1..=11).contains(&sender.len()) && sender.bytes().all(plain) && sender.trim() == sender
    };
    let right = "write 1 to 11 Latin letters, digits, blanks and .-_&, or a number of up to 15 digits without +";
    matching(right, |sender| is_digits(sender, 15) || named(sender))(cell)
}

pub(super) fn number(cell: &Cell<'_>) -> Option<String> {
    matching("write it in quotes, 1 to 15 digits without +", |number| {
        is_digits(number, 15)
    })(cell)
}

fn interface_version(cell: &Cell<'_>) -> Option<InterfaceVersion> {
    named(&[
        ("3.3", InterfaceVersion::V33),
        ("3.4", InterfaceVersion::V34),
        ("5.0", InterfaceVersion::V50),
    ])(cell)
}

fn is_digits(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_digit())
}
