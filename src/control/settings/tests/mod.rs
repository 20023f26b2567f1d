//! What a configuration may say, and what is told of each mistake.

mod citizens;
mod environment;
mod nonsense;
mod operators;
mod pace;
mod page;
mod reference;

use std::path::Path;
use std::time::Duration;

use super::*;

const REFERENCE: &str = include_str!("../../../../config/xabar.toml");
const FILE: &str = "config/xabar.toml";

fn read(text: &str, variables: &[(&str, &str)]) -> Result<Settings, Vec<Problem>> {
    Settings::read(text, Path::new(FILE), &variables.iter().copied().collect())
}

/// What a person is told, without the name of the file.
fn told(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let problems = read(text, variables).err().unwrap_or_default();
    problems
        .iter()
        .map(|problem| problem.to_string().replace(&format!("{FILE}:"), ""))
        .collect()
}

fn good(text: &str, variables: &[(&str, &str)]) -> Settings {
    read(text, variables).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// One operator, with lines to add or to put in place of others of the same key.
fn operator(lines: &str) -> String {
    let given = |key: &str| {
        lines.lines().any(|line| {
            line.split('=')
                .next()
                .is_some_and(|word| word.trim() == key)
        })
    };
    let usual = [
        ("name", r#""ucell""#),
        ("prefixes", r#"["99893"]"#),
        ("address", r#""127.0.0.1:2775""#),
        ("system_id", r#""xabar""#),
        ("password", r#""secret""#),
        ("sender", r#""MyGov""#),
    ];
    let usual = usual
        .iter()
        .filter(|(key, _)| !given(key))
        .map(|(key, value)| format!("{key} = {value}\n"));
    format!("[[operator]]\n{lines}\n{}", usual.collect::<String>())
}

#[test]
fn a_mistake_is_named_with_its_place_and_its_cure() {
    let cases = [
        (
            "[intake.amqp]\nprefech = 1",
            "2:1: `intake.amqp.prefech` is not a key; did you mean `prefetch`?",
        ),
        (
            "[intake.ampq]\n",
            "1:9: `intake.ampq` is not a key; did you mean `amqp`?",
        ),
        (
            "[timing]\nspeed = 1",
            "2:1: `timing.speed` is not a key; known here: expires, duplicates, retention, response, uncertain, receipt, shutdown",
        ),
        (
            "[timing]\nexpires = 72",
            "2:11: `timing.expires` is 72; write a length of time from \"1m\" to \"365d\": numbers with the units ms, s, m, h, d or w",
        ),
        (
            "[timing]\nshutdown = \"0s\"",
            "2:12: `timing.shutdown` is \"0s\"; write a length of time from \"1s\" to \"1h\": numbers with the units ms, s, m, h, d or w",
        ),
        (
            "[intake.amqp]\nprefetch = 70_000",
            "2:12: `intake.amqp.prefetch` is 70000; give a whole number from 1 to 65535",
        ),
        (
            "[intake.amqp]\nexchange = ''",
            "2:12: `intake.amqp.exchange` is \"\"; write a name of 1 to 255 octets that does not begin with `amq.`, which is the broker's own",
        ),
        (
            "[outcomes.amqp]\nurl = \"amqp://h\"\nbatch = 0",
            "3:9: `outcomes.amqp.batch` is 0; give a whole number from 1 to 1000",
        ),
        (
            "[http]\nlisten = \"127.0.0.1:1\"\nlisten = \"127.0.0.1:2\"",
            "3:1: is not TOML here: duplicate key `listen`; see https://toml.io",
        ),
        (
            "http = true",
            "1:8: `http` is true; make it a table of keys",
        ),
        (
            "[http]\nlisten = \"8025\"",
            "2:10: `http.listen` is \"8025\"; write an IP address and a port, such as \"127.0.0.1:8025\", or \"0.0.0.0:8025\" for all networks",
        ),
        (
            "[journal]\nurl = \"data/xabar.db\"",
            "2:7: `journal.url` is not the URL of a journal: it does not begin with sqlite:; write sqlite:PATH",
        ),
        (
            "[subscriber]\ndefault_language = \"uz\"",
            "2:20: `subscriber.default_language` is \"uz\"; choose from uz-Latn, uz-Cyrl, ru, kaa, en",
        ),
        (
            "[subscriber]\nlimits = [{ messages = 0, per = \"10m\" }]",
            "2:24: `subscriber.limits[0].messages` is 0; give a whole number from 1 to 100",
        ),
        (
            "[subscriber]\nlimits = [{ messages = 1, per = \"1h\" }, { messages = 2, per = \"60m\" }]",
            "2:63: `subscriber.limits[1].per` is \"60m\"; `subscriber.limits[0].per` has it already, and only one can: change or remove this one",
        ),
        (
            "[subscriber]\nquiet_hours = { from = \"22\", to = \"08:00\", timezone = \"UTC\" }",
            "2:24: `subscriber.quiet_hours.from` is \"22\"; write a time of day such as \"22:00\"",
        ),
        (
            "[subscriber]\nquiet_hours = { from = \"25:00\", to = \"08:00\", timezone = \"UTC\" }",
            "2:24: `subscriber.quiet_hours.from` is \"25:00\"; write a time of day such as \"22:00\"",
        ),
        (
            "[subscriber]\nquiet_hours = { from = \"22:00\", to = \"08:00\", timezone = \"Tashkent\" }",
            "2:58: `subscriber.quiet_hours.timezone` is \"Tashkent\"; name a zone of the IANA database, such as \"Asia/Tashkent\"",
        ),
        (
            "messages = \"nowhere\"",
            "1:12: `messages` is \"nowhere\"; make the folder config/nowhere, or leave the key out",
        ),
        // The parser of levels cuts such a text in the middle of a letter.
        (
            "[log]\nlevel = \" ᝲ[\"",
            "2:9: `log.level` is \" \\u{1772}[\"; choose from error, warn, info, debug and trace, for a part of the program as in \"info,xabar::delivery=debug\"",
        ),
        (
            "[log]\nlevel = \"loud=very\"",
            "2:9: `log.level` is \"loud=very\"; choose from error, warn, info, debug and trace, for a part of the program as in \"info,xabar::delivery=debug\"",
        ),
        (
            "[http]\nlisten = 127.0.0.1:8025",
            "2:15: is not TOML here: invalid float",
        ),
    ];
    for (text, expected) in cases {
        let told = told(text, &[]);
        assert!(
            told.len() == 1 && told.iter().all(|told| told.starts_with(expected)),
            "{text}\n{told:#?}"
        );
    }
}

#[test]
fn outcomes_without_an_intake_need_a_url() {
    let expected = "1:1: `outcomes.amqp.url` is missing; give one, since there is no [intake.amqp] to take it from";
    assert_eq!(told("[outcomes.amqp]\n", &[]), [expected]);
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let text = "[timing]\nexpire = \"1h\"\nshutdown = 1\n[[operator]]\nname = \"ucell\"\ntps = 0\n";
    let places: Vec<String> = told(text, &[])
        .iter()
        .map(|told| told.split("; ").next().unwrap().to_owned())
        .collect();
    assert_eq!(
        places,
        [
            "2:1: `timing.expire` is not a key",
            "3:12: `timing.shutdown` is 1",
            "4:1: `operator[0].prefixes` is missing",
            "4:1: `operator[0].address` is missing",
            "4:1: `operator[0].system_id` is missing",
            "4:1: `operator[0].password` is missing",
            "4:1: `operator[0].sender` is missing",
            "6:7: `operator[0].tps` is 0",
        ]
    );
}

#[test]
fn durations_are_written_as_people_write_them() {
    for (text, millis) in [
        ("500ms", 500),
        ("30s", 30_000),
        ("1h30m", 5_400_000),
        ("7d", 604_800_000),
        ("2w", 1_209_600_000),
    ] {
        assert_eq!(
            values::parse_duration(text),
            Some(Duration::from_millis(millis)),
            "{text}"
        );
    }
    for text in [
        "",
        "5",
        "h",
        "1.5h",
        "-1s",
        "1y",
        "99999999999999999999s",
        "9999999999999999d",
        "1h 30",
    ] {
        assert_eq!(values::parse_duration(text), None, "{text}");
    }
}
