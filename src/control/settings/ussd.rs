//! `[operator.ussd]`: how an operator's USSD gateway talks, and for how long a dialogue is remembered.

use std::time::Duration;

use xabar_sms::DefaultAlphabet;
use xabar_ussd::{CodePlace, Dialect, NAMES};

use super::http::Http;
use super::operator::number;
use super::reading::{Cell, Table};
use super::secret::{Secret, secret};
use super::urgent::{Entitled, entitled};
use super::values::{duration, list, named, parsed, switch, whole};
use crate::dialogue::ussd::Times;

/// `[operator.ussd]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UssdSettings {
    /// How its gateway writes dialogues.
    pub dialect: Dialect,
    pub times: Times,
    /// `None`: nothing is shown to phones that did not dial.
    pub push: Option<PushSettings>,
    /// What an aggregator has to show over HTTP; `None`: nothing.
    pub secret: Option<Secret>,
}

/// `push` of `[operator.ussd]`: urgent messages on the screen first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushSettings {
    /// The code that they come from.
    pub from: String,
    /// Whose are; `None`: everyone's.
    pub allowed: Option<Vec<Entitled>>,
}

impl Default for UssdSettings {
    fn default() -> Self {
        Self {
            dialect: Dialect::default(),
            times: Times {
                answer: Duration::from_secs(60),
                resume: Duration::from_secs(60),
            },
            push: None,
            secret: None,
        }
    }
}

/// Of an operator whose `data_coding` 0 means this alphabet.
pub(super) fn ussd(
    cell: &Cell<'_>,
    alphabet: DefaultAlphabet,
    http: Option<&Http>,
) -> Option<UssdSettings> {
    cell.table(|table| {
        let settings = read(table, alphabet);
        let secret = settings.as_ref().and_then(|it| it.secret.as_ref());
        warn_if_open(table, secret, http);
        settings
    })
}

/// Less of a secret is found by trying: whoever is told 429 may try again all the same.
const LEAST_OF_SECRET: usize = 16;

/// What any operator's aggregator may post, others may as well who reach the address, unless a secret is asked for that
/// they do not guess.
fn warn_if_open(table: &Table<'_>, secret: Option<&Secret>, http: Option<&Http>) {
    let Some(http) = http.filter(|http| !http.listen.ip().is_loopback()) else {
        return;
    };
    let listen = http.listen;
    match secret {
        Some(secret) if secret.expose().chars().count() < LEAST_OF_SECRET => table.warn(
            format!("has a short `secret`: whoever reaches {listen} can find it by trying"),
            "give it one of 16 characters or more, made by chance",
        ),
        // Where tokens are asked for, only an admin's opens it.
        None if !table.has("secret") && http.tokens.is_none() => table.warn(
            format!("has no `secret`: over HTTP whoever reaches {listen} can ask as any number"),
            "give it one, or let `http.listen` be an address of this machine alone",
        ),
        _ => {}
    }
}

fn read(table: &mut Table<'_>, alphabet: DefaultAlphabet) -> Option<UssdSettings> {
    let default = UssdSettings::default();
    let dialect = table.or("dialect", default.dialect, dialect);
    let with_ops = table.or("service_op", true, switch);
    let end_op = table.optional("end_op", |cell: &Cell<'_>| match with_ops {
        true => ends(cell, &dialect),
        false => cell.unfit("with service_op = false none is sent: leave one of them out"),
    });
    let code = table.or("code", dialect.code, code);
    let reply_type = table.or("reply_type", dialect.reply_type, switch);
    let codings = table.or(
        "data_coding",
        (dialect.gsm7, dialect.ucs2),
        |cell: &Cell<'_>| cell.table(|table| data_coding(table, &dialect)),
    );
    let push = table.optional("push", |cell: &Cell<'_>| match with_ops {
        true => cell.table(push),
        false => cell.wrong(
            "is set with service_op = false",
            "without ussd_service_op nothing tells it from an SMS: leave one of them out",
        ),
    });
    let dialect = Dialect {
        end: end_op.or(dialect.end),
        code,
        reply_type,
        gsm7: codings.0,
        ucs2: codings.1,
        alphabet,
        ..dialect
    };
    Some(UssdSettings {
        dialect: if with_ops {
            dialect
        } else {
            dialect.without_ops()
        },
        times: Times {
            answer: table.or("answer", default.times.answer, duration("5s"..="10m")),
            resume: table.or("resume", default.times.resume, duration("0s"..="1h")),
        },
        push,
        secret: table.optional("secret", some_secret),
    })
}

/// The op of a last screen. What asks for an answer, or says that none is wanted by a push, ends nothing, unless the dialect
/// says the end elsewhere.
fn ends(cell: &Cell<'_>, dialect: &Dialect) -> Option<u8> {
    let op = whole(0..=255_u8)(cell)?;
    let wants = [dialect.show, dialect.push].contains(&Some(op));
    match wants && dialect.end != Some(op) {
        true => cell.unfit(
            "give the op that ends a dialogue, such as 17: 2 asks for an answer, and 3 pushes",
        ),
        false => Some(op),
    }
}

fn push(table: &mut Table<'_>) -> Option<PushSettings> {
    let from = table.required("from", "give the code that it comes from", number);
    let allowed = table.optional("allowed", list(entitled));
    if allowed.as_ref().is_some_and(Vec::is_empty) {
        table.warn(
            "has an empty `allowed`: nothing is ever pushed",
            "name agencies or services in it, or leave `push` out",
        );
    }
    Some(PushSettings {
        from: from?,
        allowed,
    })
}

fn dialect(cell: &Cell<'_>) -> Option<Dialect> {
    let names = NAMES.map(|name| format!("\"{name}\"")).join(", ");
    parsed(&format!("choose from {names}"), Dialect::named)(cell)
}

fn code(cell: &Cell<'_>) -> Option<CodePlace> {
    named(&[
        ("either", CodePlace::Either),
        ("text", CodePlace::Text),
        ("destination", CodePlace::Destination),
    ])(cell)
}

fn data_coding(table: &mut Table<'_>, dialect: &Dialect) -> Option<(u8, u8)> {
    let octet = whole(0..=255_u8);
    let gsm7 = table.or("gsm7", dialect.gsm7, &octet);
    let ucs2 = table.or("ucs2", dialect.ucs2, &octet);
    if gsm7 == ucs2 {
        let what = format!("is {gsm7} for gsm7 and ucs2");
        return table.wrong(what, "give two values: a phone would read one as the other");
    }
    Some((gsm7, ucs2))
}

/// One that is empty would let everyone in, and one of spaces is none that anybody wrote on purpose.
fn some_secret(cell: &Cell<'_>) -> Option<Secret> {
    let secret = secret(cell)?;
    match secret.expose().trim().is_empty() {
        true => cell.wrong("is blank", "write one, or leave the key out"),
        false => Some(secret),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Environment, Problem, Settings};
    use super::*;

    fn text(keys: &str) -> String {
        format!(
            "[[operator]]\nname = \"ucell\"\nprefixes = [\"998\"]\naddress = \"127.0.0.1:2775\"\n\
             system_id = \"xabar\"\npassword = \"secret\"\nsender = \"MyGov\"\n\
             [operator.ussd]\n{keys}"
        )
    }

    fn read(keys: &str) -> Result<UssdSettings, Vec<Problem>> {
        let settings = Settings::read(&text(keys), Path::new("x.toml"), &Environment::default())?;
        Ok(settings.operators[0].ussd.clone().unwrap())
    }

    #[test]
    fn an_empty_table_will_do_and_what_is_otherwise_is_said_over_the_dialect() {
        assert_eq!(read("").unwrap(), UssdSettings::default());
        let other = read(
            "dialect = \"6d\"\nend_op = 0x17\ncode = \"destination\"\n\
             reply_type = true\ndata_coding = { ucs2 = 0x48 }\nresume = \"0s\"",
        );
        let other = other.unwrap();
        let expected = Dialect {
            end: Some(0x17),
            code: CodePlace::Destination,
            reply_type: true,
            ucs2: 0x48,
            ..Dialect::SIX_D
        };
        assert_eq!(other.dialect, expected);
        assert_eq!(other.times.resume, Duration::ZERO);
        let bare = read("service_op = false").unwrap().dialect;
        assert_eq!(bare, Dialect::GENERIC.without_ops());
    }

    #[test]
    fn what_is_urgent_is_pushed_where_that_is_said_and_of_whom() {
        let allowed = |keys| {
            read(keys)
                .unwrap()
                .push
                .map(|push| (push.from, push.allowed))
        };
        assert_eq!(
            allowed("push = { from = \"555\" }"),
            Some(("555".into(), None))
        );
        let fines = Entitled {
            agency: "kadastr".into(),
            service: Some("fines".into()),
        };
        assert_eq!(
            allowed("push = { from = \"555\", allowed = [\"kadastr/fines\"] }"),
            Some(("555".into(), Some(vec![fines])))
        );
    }

    #[test]
    fn the_operators_alphabet_is_that_of_its_ussd() {
        let text = text("").replace("[operator.ussd]", "alphabet = \"latin1\"\n[operator.ussd]");
        let settings = Settings::read(&text, Path::new("x.toml"), &Environment::default());
        let ussd = settings.unwrap().operators[0].ussd.clone();
        assert_eq!(ussd.unwrap().dialect.alphabet, DefaultAlphabet::Latin1);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_key_and_its_line() {
        for (keys, expected) in [
            (
                "dialekt = \"6d\"",
                "9:1: `operator[0].ussd.dialekt` is not a key; did you mean `dialect`?",
            ),
            (
                "dialect = \"huawei\"",
                "9:11: `operator[0].ussd.dialect` is \"huawei\"; choose from \"generic\", \"6d\", \"mica\", \"service-type\"",
            ),
            (
                "end_op = 256",
                "9:10: `operator[0].ussd.end_op` is 256; give a whole number from 0 to 255",
            ),
            (
                "service_op = false\nend_op = 17",
                "10:10: `operator[0].ussd.end_op` is 17; with service_op = false none is sent: leave one of them out",
            ),
            (
                "end_op = 2",
                "9:10: `operator[0].ussd.end_op` is 2; give the op that ends a dialogue, such as 17: 2 asks for an answer, and 3 pushes",
            ),
            (
                "end_op = 3",
                "9:10: `operator[0].ussd.end_op` is 3; give the op that ends a dialogue, such as 17: 2 asks for an answer, and 3 pushes",
            ),
            (
                "data_coding = { gsm7 = 8, ucs2 = 8 }",
                "9:15: `operator[0].ussd.data_coding` is 8 for gsm7 and ucs2; give two values: a phone would read one as the other",
            ),
            (
                "push = {}",
                "9:8: `operator[0].ussd.push.from` is missing; give the code that it comes from",
            ),
            (
                "push = { from = \"*555#\" }",
                "9:17: `operator[0].ussd.push.from` is \"*555#\"; write it in quotes, 1 to 15 digits without +",
            ),
            (
                "service_op = false\npush = { from = \"555\" }",
                "10:8: `operator[0].ussd.push` is set with service_op = false; without ussd_service_op nothing tells it from an SMS: leave one of them out",
            ),
            (
                "code = \"body\"",
                "9:8: `operator[0].ussd.code` is \"body\"; choose from \"either\", \"text\" and \"destination\"",
            ),
            (
                "secret = \"\"",
                "9:10: `operator[0].ussd.secret` is blank; write one, or leave the key out",
            ),
            (
                "secret = \" \"",
                "9:10: `operator[0].ussd.secret` is blank; write one, or leave the key out",
            ),
        ] {
            let told: Vec<String> = read(keys)
                .expect_err("it is wrong")
                .iter()
                .map(|problem| problem.to_string().replace("x.toml:", ""))
                .collect();
            assert_eq!(told, [expected]);
        }
    }
}
