//! What a configuration may say, and what is told of each mistake.

use std::path::Path;
use std::time::Duration;

use xabar_events::{Language, Priority, State};

use super::*;
use crate::delivery::Class;
use crate::tls::certificates::Ca;

const REFERENCE: &str = include_str!("../../../config/xabar.toml");
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
fn the_reference_configuration_loads() {
    let settings = Settings::load(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/config/xabar.toml")),
        &Environment::default(),
    );
    let settings = settings.unwrap_or_else(|problems| panic!("{problems:#?}"));
    let operator = settings.operators.first().unwrap();
    assert_eq!(
        (
            operator.name.as_str(),
            operator.binds[0].window,
            operator.tps
        ),
        ("ucell", 64, Some(300))
    );
    assert_eq!(operator.binds[0].password.expose(), "secret");
    assert_eq!(
        operator.ussd,
        Some(UssdSettings {
            dialect: "generic".to_owned()
        })
    );
    assert_eq!(settings.timing, Timing::default());
    assert_eq!(settings.log, LogSettings::default());
    assert_eq!(settings.http.unwrap().listen.port(), 8025);
    assert_eq!(
        settings.subscriber.limits,
        [
            Limit {
                messages: 3,
                per: Duration::from_secs(600)
            },
            Limit {
                messages: 10,
                per: Duration::from_secs(86_400)
            },
        ]
    );
}

#[test]
fn every_mobile_prefix_of_the_country_has_an_operator() {
    let settings = good(REFERENCE, &[]);
    let carried: Vec<&String> = settings
        .operators
        .iter()
        .flat_map(|operator| &operator.prefixes)
        .collect();
    for prefix in [90, 91, 93, 94, 50, 95, 99, 77, 97, 88, 98, 33, 20] {
        assert!(carried.contains(&&format!("998{prefix}")), "{prefix}");
    }
}

#[test]
fn keys_shown_as_left_out_are_keys() {
    let shown = REFERENCE.lines().map(|line| match line.strip_prefix("# ") {
        Some(key) if key.contains(" = ") && !key.contains(',') || key.starts_with("states = ") => {
            key
        }
        Some(
            table @ ("[[sender]]" | "[[agency]]" | "[[bulk.spread]]" | "[operator.tls]"
            | "[routing.lookup]"),
        ) => table,
        _ => line,
    });
    let text: String = shown.flat_map(|line| [line, "\n"]).collect();
    assert!(text.contains("\nsystem_type = \"\""), "{text}");
    // Of the files that it names, only the CA's can be found.
    let ca = std::env::temp_dir().join(format!("xabar-reference-{}.pem", std::process::id()));
    std::fs::write(&ca, Ca::new("An operator").certificate()).unwrap();
    let text = text.replace("ucell-ca.pem", &ca.display().to_string());
    let text = [
        "messages",
        "ported",
        "blocked",
        "reassigned",
        "certificate",
        "key",
    ]
    .iter()
    .fold(text, |text, key| {
        text.replace(&format!("\n{key} = "), &format!("\n# {key} = "))
    });
    let told = told(&text, &[]);
    std::fs::remove_file(&ca).unwrap();
    assert_eq!(told, [""; 0]);
}

#[test]
fn what_is_left_out_is_off_or_has_its_default() {
    let settings = good("", &[]);
    assert!(
        settings.intake.amqp.is_none()
            && settings.outcomes.amqp.is_none()
            && settings.http.is_none()
    );
    assert!(settings.subscriber.limits.is_empty() && settings.subscriber.quiet_hours.is_none());
    assert_eq!(settings.subscriber.default_language, Language::UzLatn);
    assert_eq!(settings.lanes, LaneShares::default());
    assert_eq!(settings.agencies, []);
    assert_eq!(
        settings.journal.url,
        crate::journal::Location::Sqlite("data/xabar.db".into())
    );

    let settings = good("[intake.amqp]\n[outcomes.amqp]\n", &[]);
    let (intake, outcomes) = (
        settings.intake.amqp.unwrap(),
        settings.outcomes.amqp.unwrap(),
    );
    assert_eq!(
        (intake.queue.as_str(), intake.prefetch),
        ("xabar.events", 2000)
    );
    assert_eq!(
        (outcomes.urls, outcomes.states.as_slice(), outcomes.batch),
        (intake.urls, State::ALL, 1)
    );

    let operator = good(&operator(""), &[]).operators.remove(0);
    assert_eq!(
        (
            operator.binds[0].sessions,
            operator.binds[0].window,
            operator.tps,
            operator.receipts
        ),
        (1, 10, None, true)
    );
    assert_eq!(
        (operator.tlvs, operator.enquire_link),
        (true, Duration::from_secs(30))
    );
    assert_eq!(
        (
            operator.interface_version.octet(),
            operator.ussd,
            operator.number
        ),
        (0x34, None, None)
    );
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
            "2:1: `timing.speed` is not a key; known here: expires, duplicates, response, uncertain, receipt, shutdown",
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
            "[subscriber]\nquiet_hours = { from = \"25:00\", to = \"08:00\", timezone = \"UTC\" }",
            "2:24: `subscriber.quiet_hours.from` is \"25:00\"; write a time of day such as \"22:00\"",
        ),
        (
            "[subscriber]\nquiet_hours = { from = \"22:00\", to = \"08:00\", timezone = \"Tashkent\" }",
            "2:58: `subscriber.quiet_hours.timezone` is \"Tashkent\"; name a zone of the IANA database, such as \"Asia/Tashkent\"",
        ),
        (
            "[routing]\nported = \"nowhere.csv\"",
            "2:10: `routing.ported` is \"nowhere.csv\"; put the file at config/nowhere.csv, or leave the key out",
        ),
        (
            "messages = \"nowhere\"",
            "1:12: `messages` is \"nowhere\"; make the folder config/nowhere, or leave the key out",
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
fn an_operator_is_checked_against_what_smpp_has_room_for() {
    let cases = [
        (
            "name = \"U Cell\"",
            "2:8: `operator[0].name` is \"U Cell\"; write 1 to 32 of the characters a-z, 0-9 and -",
        ),
        (
            "prefixes = []",
            "2:12: `operator[0].prefixes` is empty; give at least one entry",
        ),
        (
            "prefixes = [\"99893\", \"+99894\"]",
            "2:22: `operator[0].prefixes[1]` is \"+99894\"; write 1 to 15 digits as in the international number, such as \"99893\", without +",
        ),
        (
            "address = [\"a:1\", \"a:1\"]",
            "2:19: `operator[0].address[1]` is \"a:1\"; `operator[0].address[0]` has it already, and only one can: change or remove this one",
        ),
        (
            "address = []",
            "2:11: `operator[0].address` is empty; give at least one entry",
        ),
        (
            "address = \"smsc\"",
            "2:11: `operator[0].address` is \"smsc\"; write host and port, such as \"smsc.example.uz:2775\" or \"[fd00::1]:2775\"",
        ),
        (
            "system_id = \"a-system-id-of-20-c\"",
            "2:13: `operator[0].system_id` is \"a-system-id-of-20-c\"; write 1 to 15 ASCII characters; SMPP has no room for more",
        ),
        (
            "sender = \"MyGovernment\"",
            "2:10: `operator[0].sender` is \"MyGovernment\"; write 1 to 11 Latin letters and digits, or a number of up to 15 digits without +",
        ),
        (
            "number = 555",
            "2:10: `operator[0].number` is 555; write it in quotes, 1 to 15 digits without +",
        ),
        (
            "receipts = \"yes\"",
            "2:12: `operator[0].receipts` is \"yes\"; write true or false, without quotes",
        ),
        (
            "sessions = 0",
            "2:12: `operator[0].sessions` is 0; give a whole number from 1 to 100",
        ),
        (
            "window = 0",
            "2:10: `operator[0].window` is 0; give a whole number from 1 to 10000",
        ),
        (
            "tps = -3",
            "2:7: `operator[0].tps` is -3; give a whole number from 1 to 100000",
        ),
        (
            "interface_version = \"3.5\"",
            "2:21: `operator[0].interface_version` is \"3.5\"; choose from \"3.3\", \"3.4\" and \"5.0\"",
        ),
        (
            "errors = { ESME_RNOSUCH = \"permanent\" }",
            "2:27: `operator[0].errors.ESME_RNOSUCH` is not a status; name it as \"ESME_RSUBMITFAIL\", \"0x45\", or a range as \"0x400-0x4FF\"",
        ),
        (
            "errors = { 0x4FF-0x400 = \"permanent\" }",
            "2:26: `operator[0].errors.0x4FF-0x400` is not a status; name it as \"ESME_RSUBMITFAIL\", \"0x45\", or a range as \"0x400-0x4FF\"",
        ),
        (
            "errors = { 0x45 = \"retry\" }",
            "2:19: `operator[0].errors.0x45` is \"retry\"; choose from \"throttled\", \"session\", \"retry-soon\", \"retry-twice\", \"retry-elsewhere\", \"permanent\", \"our-bug\"",
        ),
        (
            "receipt_ids = \"octal\"",
            "2:15: `operator[0].receipt_ids` is \"octal\"; choose from \"same\", \"decimal\" and \"hex\"",
        ),
        (
            "receipts = false\nquery = true",
            "3:9: `operator[0].query` is true; only receipts that were asked for are missed: leave it out, or set receipts = true",
        ),
        (
            "ussd = { dialekt = \"generic\" }",
            "2:10: `operator[0].ussd.dialekt` is not a key; did you mean `dialect`?",
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(told(&operator(line), &[]), [expected]);
    }
}

#[test]
fn the_example_of_a_sender_is_right() {
    let (_, example) = REFERENCE.split_once("# [[sender]]").unwrap();
    let (example, _) = example.split_once("\n\n").unwrap();
    let rows = format!("[[sender]]{}\n", example.replace("\n# ", "\n"));
    let settings = good(&(rows + &operator("")), &[]);
    let expected = Sender {
        name: "Kadastr".to_owned(),
        agencies: vec!["kadastr".to_owned()],
        operators: vec!["ucell".to_owned()],
        priorities: vec![Priority::Urgent, Priority::Normal],
    };
    assert_eq!(settings.senders, [expected]);
}

#[test]
fn a_list_of_senders_says_one_thing_for_each_agency_and_gives_no_name_to_two() {
    let row = |lines: &str| format!("[[sender]]\n{lines}\n");
    let kadastr = row("name = \"Kadastr\"\nagency = \"kadastr\"");
    let cases = [
        (
            row("name = \"Kadastr agency\"\nagency = \"kadastr\""),
            "2:8: `sender[0].name` is \"Kadastr agency\"; write 1 to 11 Latin letters and digits, or a number of up to 15 digits without +",
        ),
        (
            row("name = \"Kadastr\"\nagency = \"/agencies/kadastr\""),
            "3:10: `sender[0].agency` is \"/agencies/kadastr\"; write the agency as in the `source` of its events: 1 to 64 of the characters a-z, 0-9 and -",
        ),
        (
            row("name = \"Kadastr\"\nagency = [\"kadastr\", \"kadastr\"]"),
            "3:22: `sender[0].agency[1]` is \"kadastr\"; `sender[0].agency[0]` has it already, and only one can: change or remove this one",
        ),
        (
            row("name = \"Kadastr\"\nagency = \"kadastr\"\noperator = \"uzmobile\""),
            "4:12: `sender[0].operator` is \"uzmobile\"; name an operator that is configured: ucell",
        ),
        (
            row("name = \"Kadastr\"\nagency = \"kadastr\"\npriority = \"high\""),
            "4:12: `sender[0].priority` is \"high\"; choose from urgent, normal and bulk",
        ),
        (
            row("name = \"Kadastr\""),
            "1:1: `sender[0].agency` is missing; name the agency that goes out as this, or a list of those that share it",
        ),
        (
            kadastr.clone() + &row("name = \"KADASTR\"\nagency = \"soliq\""),
            "4:1: `sender[1]` gives \"KADASTR\" to other agencies than `sender[0]` does; nobody sends under another's name: choose another, or list all that share it in both",
        ),
        (
            kadastr.clone() + &row("name = \"Cadastre\"\nagency = [\"soliq\", \"kadastr\"]"),
            "4:1: `sender[1]` says as whom kadastr goes out, which `sender[0]` does already; remove one, or let them differ in `operator` or `priority`",
        ),
    ];
    for (rows, expected) in cases {
        assert_eq!(told(&(rows + &operator("")), &[]), [expected]);
    }
    let fine = [
        row("name = \"Cadastre\"\nagency = \"kadastr\"\npriority = \"urgent\""),
        row("name = \"Cadastre\"\nagency = \"kadastr\"\noperator = \"ucell\""),
        row("name = \"MyGov\"\nagency = \"soliq\""),
        row("name = \"Kadastr\"\nagency = [\"kadastr\", \"yer\"]\npriority = \"bulk\""),
    ];
    for rows in fine {
        good(&(kadastr.clone() + &rows + &operator("")), &[]);
    }
}

#[test]
fn lanes_and_agencies_have_shares_within_bounds() {
    let text = "[lanes]\nurgent = 20\n[[agency]]\nname = \"kadastr\"\nweight = 3\n";
    let settings = good(text, &[]);
    assert_eq!((settings.lanes.urgent, settings.lanes.bulk), (20, 5));
    let kadastr = &settings.agencies[0];
    assert_eq!((&*kadastr.name, kadastr.weight), ("kadastr", 3));
    for (text, expected) in [
        (
            "[lanes]\nurgent = 26\nbulk = 0\n",
            vec![
                "2:10: `lanes.urgent` is 26; give a whole number from 1 to 25",
                "3:8: `lanes.bulk` is 0; give a whole number from 1 to 25",
            ],
        ),
        (
            "[[agency]]\nname = \"kadastr\"\n[[agency]]\nname = \"kadastr\"\nweight = 101\n",
            vec![
                "4:8: `agency[1].name` is \"kadastr\"; `agency[0].name` has it already, and only one can: change or remove this one",
                "5:10: `agency[1].weight` is 101; give a whole number from 1 to 100",
            ],
        ),
        (
            "[[agency]]\nweight = 2\n",
            vec!["1:1: `agency[0].name` is missing; name the agency, as in its events' `source`"],
        ),
    ] {
        assert_eq!(told(text, &[]), expected);
    }
}

#[test]
fn who_may_be_urgent_when_bulk_goes_and_how_much_a_day_are_read() {
    let text = r#"
urgent.allowed = ["adliya", "kadastr/land-registration"]
[subscriber]
quiet_hours = { from = "22:00", to = "08:00", timezone = "Asia/Tashkent" }
[bulk]
window = { from = "09:00", to = "20:00", timezone = "Asia/Tashkent" }
[[bulk.spread]]
agency = "soliq"
an_hour = 20000
[[bulk.spread]]
agency = "soliq"
service = "tax-reminder"
an_hour = 500
[[agency]]
name = "soliq"
daily = { messages = 100000, timezone = "Asia/Tashkent" }
"#;
    let settings = good(text, &[]);
    let allowed = settings.urgent.allowed.unwrap();
    let allowed: Vec<_> = allowed
        .iter()
        .map(|it| (&*it.agency, it.service.as_deref()))
        .collect();
    assert_eq!(
        allowed,
        [("adliya", None), ("kadastr", Some("land-registration"))]
    );
    let release = settings.subscriber.quiet_hours.unwrap().release;
    assert_eq!(release, Duration::from_secs(30 * 60));
    assert_eq!(settings.bulk.window.unwrap().to.hour(), 20);
    assert_eq!(settings.bulk.spread[1].an_hour, 500);
    assert_eq!(settings.bulk.spread[0].service, None);
    let daily = settings.agencies[0].daily.as_ref().unwrap();
    assert_eq!(daily.messages, 100_000);
    let text = r#"
[urgent]
allowed = ["/agencies/adliya", "kadastr/"]
[bulk]
window = { from = "09:00", to = "09:00", timezone = "Tashkent" }
[[bulk.spread]]
agency = "soliq"
an_hour = 1
[[bulk.spread]]
agency = "soliq"
an_hour = 0
[[bulk.spread]]
agency = "soliq"
an_hour = 2
[[agency]]
name = "soliq"
daily = { messages = 100000 }
"#;
    let entitled = "write an agency, or one of its services, such as \"kadastr\" or \"kadastr/land-registration\"";
    assert_eq!(
        told(text, &[]),
        [
            format!("3:12: `urgent.allowed[0]` is \"/agencies/adliya\"; {entitled}"),
            format!("3:32: `urgent.allowed[1]` is \"kadastr/\"; {entitled}"),
            "5:10: `bulk.window` begin and end at the same time; leave them out if there are none".to_owned(),
            "5:53: `bulk.window.timezone` is \"Tashkent\"; name a zone of the IANA database, such as \"Asia/Tashkent\"".to_owned(),
            "11:11: `bulk.spread[1].an_hour` is 0; give a whole number from 1 to 100000000".to_owned(),
            "12:1: `bulk.spread[2]` is a table; `bulk.spread[0]` has it already, and only one can: change or remove this one".to_owned(),
            "17:9: `agency[0].daily.timezone` is missing; name the zone whose midnight ends the day, such as \"Asia/Tashkent\"".to_owned(),
        ]
    );
}

#[test]
fn an_operator_may_use_statuses_in_a_way_of_its_own() {
    let line = "errors = { ESME_RSUBMITFAIL = \"throttled\", 0x400-0x40F = \"permanent\", 0x9F = \"our-bug\" }";
    let settings = good(&operator(line), &[]);
    let errors = &settings.operators.first().unwrap().errors;
    assert_eq!(errors.len(), 3);
    assert!(errors.contains(&(0x45..=0x45, Class::Throttled)));
    assert!(errors.contains(&(0x400..=0x40F, Class::Permanent)));
    assert!(errors.contains(&(0x9F..=0x9F, Class::OurBug)));
}

#[test]
fn retries_grow_from_the_first_pause_to_the_longest() {
    let settings = good("[retry]\nfirst = \"1s\"\nattempts = 3\n", &[]);
    assert_eq!(settings.retry.first, Duration::from_secs(1));
    assert_eq!(settings.retry.longest, Duration::from_secs(900));
    assert_eq!(settings.retry.attempts, 3);
    let hour = good("[retry]\nfirst = \"1h\"\n", &[]).retry;
    assert_eq!(hour.longest, hour.first, "left out, it is never shorter");
    let wrong = "[retry]\nfirst = \"1m\"\nlongest = \"30s\"\nattempts = 0\nafter_undelivered = \"always\"\n";
    let expected = [
        "3:11: `retry.longest` is \"30s\"; give at least as long as `retry.first`",
        "4:12: `retry.attempts` is 0; give a whole number from 1 to 100",
        "5:21: `retry.after_undelivered` is \"always\"; choose from \"never\" and \"elsewhere\"",
    ];
    assert_eq!(told(wrong, &[]), expected);
    let elsewhere = good("[retry]\nafter_undelivered = \"elsewhere\"\n", &[]).retry;
    assert!(elsewhere.undelivered_elsewhere && !hour.undelivered_elsewhere);
}

#[test]
fn a_fallback_is_another_operator_and_moving_needs_one() {
    let two = |lines: &str| {
        let other = "name = \"others\"\nprefixes = []";
        operator(lines) + &operator(other)
    };
    let settings = good(
        &two("fallback = \"others\"\nwhen_down = \"move\"\nmove_after = \"5m\""),
        &[],
    );
    let [ucell, others] = settings.operators.as_slice() else {
        panic!()
    };
    assert_eq!(ucell.fallback, ["others"]);
    assert_eq!(ucell.move_after, Some(Duration::from_secs(300)));
    assert_eq!((others.move_after, others.prefixes.len()), (None, 0));
    let cases = [
        (
            "fallback = [\"others\", \"ucell\"]",
            "2:23: `operator[0].fallback[1]` is \"ucell\"; name another operator: others",
        ),
        (
            "fallback = [\"others\", \"others\"]",
            "2:23: `operator[0].fallback[1]` is \"others\"; `operator[0].fallback[0]` has it already, and only one can: change or remove this one",
        ),
        (
            "fallback = \"others\"\nwhen_down = \"stay\"",
            "3:13: `operator[0].when_down` is \"stay\"; choose from \"wait\" and \"move\"",
        ),
        (
            "fallback = \"others\"\nmove_after = \"0s\"",
            "3:14: `operator[0].move_after` is \"0s\"; write a length of time from \"1s\" to \"24h\": numbers with the units ms, s, m, h, d or w",
        ),
    ];
    for (lines, expected) in cases {
        assert_eq!(told(&two(lines), &[]), [expected]);
    }
    assert_eq!(
        told(&operator("when_down = \"move\""), &[]),
        [
            "2:13: `operator[0].when_down` is \"move\"; list in `fallback` who carries its messages then"
        ]
    );
}

#[test]
fn two_operators_share_no_name_and_none_lists_a_prefix_twice() {
    let text = operator("") + &operator("prefixes = [\"99893\", \"99893\"]");
    assert_eq!(
        told(&text, &[]),
        [
            "10:22: `operator[1].prefixes[1]` is \"99893\"; `operator[1].prefixes[0]` has it already, and only one can: change or remove this one",
            "11:8: `operator[1].name` is \"ucell\"; `operator[0].name` has it already, and only one can: change or remove this one",
        ]
    );
}

#[test]
fn operators_share_a_prefix_by_weights_of_which_one_is_something() {
    let two =
        |one: &str, other: &str| operator(one) + &operator(&format!("name = \"beeline\"\n{other}"));
    let settings = good(&two("weight = 3", "when_down = \"move\""), &[]);
    let weights = settings.operators.iter().map(|it| it.weight);
    assert_eq!(weights.collect::<Vec<_>>(), [3, 1]);
    assert!(good(&two("weight = 0", ""), &[]).operators[0].weight == 0);
    let cases = [
        (
            two("weight = 2", "prefixes = [\"99890\"]"),
            "2:10: `operator[0].weight` is 2; leave it out, or list a prefix that another operator has too",
        ),
        (
            two("weight = 1001", ""),
            "2:10: `operator[0].weight` is 1001; give a whole number from 0 to 1000",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(told(&text, &[]), [expected]);
    }
    let nothing = |place: &str| {
        format!(
            "{place}.weight` is 0, as it is of all others with the prefix \"99893\"; give one of them at least a weight of 1 or more"
        )
    };
    assert_eq!(
        told(&two("weight = 0", "weight = 0"), &[]),
        [
            nothing("2:10: `operator[0]"),
            nothing("11:10: `operator[1]")
        ]
    );
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
fn the_environment_wins_over_the_file() {
    let settings = good(
        REFERENCE,
        &[
            (
                "XABAR__INTAKE__AMQP__URL",
                "['amqp://a:b@one:5672/%2f', 'amqp://a:b@two:5672/%2f']",
            ),
            (
                "XABAR__INTAKE__AMQP__BINDING",
                "application.status.kadastr,application.status.soliq",
            ),
            ("XABAR__OPERATOR__UCELL__TPS", "50"),
            ("XABAR__OPERATOR__1__PASSWORD", "12345678"),
            ("XABAR__OPERATOR__1__NUMBER", "556"),
            ("XABAR__OPERATOR__1__USSD__DIALECT", "generic"),
            ("XABAR__OPERATOR__UCELL__RECEIPTS", "false"),
            (
                "XABAR__SUBSCRIBER__LIMITS",
                "[{ messages = 1, per = \"1m\" }]",
            ),
            ("XABAR__HTTP__LISTEN", "0.0.0.0:80"),
            ("XABAR_LOG", "debug"),
            ("UCELL_PASSWORD", "other"),
        ],
    );
    let amqp = settings.intake.amqp.unwrap();
    assert_eq!(
        amqp.urls.iter().map(SecretUrl::expose).collect::<Vec<_>>(),
        ["amqp://a:b@one:5672/%2f", "amqp://a:b@two:5672/%2f",]
    );
    assert_eq!(
        amqp.binding,
        ["application.status.kadastr", "application.status.soliq"]
    );
    assert_eq!(settings.http.unwrap().listen.port(), 80);
    assert_eq!(
        settings.subscriber.limits,
        [Limit {
            messages: 1,
            per: Duration::from_secs(60)
        }]
    );
    let [ucell, others] = settings.operators.as_slice() else {
        panic!()
    };
    assert_eq!(
        (ucell.tps, ucell.receipts, ucell.binds[0].password.expose()),
        (Some(50), false, "other")
    );
    assert_eq!(
        (others.binds[0].password.expose(), others.number.as_deref()),
        ("12345678", Some("556"))
    );
    assert!(others.ussd.is_some());
}

#[test]
fn a_mistake_in_the_environment_names_the_variable() {
    let cases = [
        (
            "XABAR__OPERATOR__UCELL__TPS",
            "fast",
            "`operator[0].tps` is \"fast\"; give a whole number from 1 to 100000",
        ),
        (
            "XABAR__INTAKE__AMQP__PREFECH",
            "9",
            "`intake.amqp.prefech` is not a key; did you mean `prefetch`?",
        ),
        (
            "XABAR__OPERATOR__BEELINE__TPS",
            "9",
            "names `beeline`, but the file has: ucell, others; name what is there, or unset the variable",
        ),
        (
            "XABAR__HTTP__LISTEN__PORT",
            "9",
            "`http.listen` is a table; write an IP address and a port, such as \"127.0.0.1:8025\", or \"0.0.0.0:8025\" for all networks",
        ),
        (
            "XABAR__SUBSCRIBER__LIMITS__7__MESSAGES",
            "9",
            "names entry `7` of a list that has 2, counted from 0; name what is there, or unset the variable",
        ),
    ];
    for (variable, value, expected) in cases {
        assert_eq!(
            told(REFERENCE, &[(variable, value)]),
            [format!("environment {variable}: {expected}")]
        );
    }
}

#[test]
fn secrets_come_from_variables_and_files() {
    let folder = std::env::temp_dir().join(format!("xabar-settings-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("password"), "from-a\n").unwrap();
    let password = |line: &str, variables: &[(&str, &str)]| {
        let settings = Settings::read(
            &operator(line),
            &folder.join("xabar.toml"),
            &variables.iter().copied().collect(),
        );
        settings.map(|settings| {
            settings.operators.first().unwrap().binds[0]
                .password
                .expose()
                .to_owned()
        })
    };
    assert_eq!(
        password("password = { file = \"password\" }", &[]).unwrap(),
        "from-a"
    );
    assert_eq!(
        password("password = { env = \"P\" }", &[("P", "given")]).unwrap(),
        "given"
    );
    assert_eq!(
        password("password = { env = \"P\", default = \"spare\" }", &[]).unwrap(),
        "spare"
    );
    for (line, expected) in [
        (
            "password = { env = \"P\" }",
            "names the environment variable P, which is not set",
        ),
        (
            "password = { file = \"none\" }",
            "names the file none, which cannot be read (No such file or directory (os error 2))",
        ),
        (
            "password = { default = \"p\" }",
            "needs either `env` or `file`",
        ),
    ] {
        assert_eq!(
            password(line, &[]).unwrap_err().first().unwrap().what,
            expected
        );
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn no_secret_is_ever_shown() {
    let text = "[intake.amqp]\nurl = [\"amqp://guest:hunter2@a:5672/%2f\"]\n[outcomes.amqp]\n[journal]\nurl = \"sqlite:x.db\"\n";
    let shown = format!(
        "{:?}",
        good(
            &(text.to_owned() + &operator("password = \"hunter2\"")),
            &[]
        )
    );
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("amqp://***@a:5672/%2f"), "{shown}");

    let mistakes = [
        "[intake.amqp]\nurl = \"ampq://guest:hunter2@a\"".to_owned(),
        "[intake.amqp]\nurl = \"amqp://guest:hunter2@a:notaport/%2f\"".to_owned(),
        "[journal]\nurl = \"mysql://x:hunter2@h/d\"".to_owned(),
        operator("password = \"hunter2-too-long\""),
        operator("password = hunter2"),
        operator("password = { env = \"P\", default = \"hunter2-too-long\" }"),
        operator("password = [\"hunter2\"]"),
        operator("pasword = \"hunter2\""),
    ];
    for text in mistakes {
        let told = told(&text, &[]);
        assert!(
            !told.is_empty() && !told.concat().contains("hunter2"),
            "{told:#?}"
        );
    }
    assert!(
        !told(&operator("password = 31337313"), &[])
            .concat()
            .contains("31337313")
    );
}

#[test]
fn nonsense_is_a_problem_and_no_panic() {
    for text in [
        "\0",
        "[",
        "= =",
        "[[operator]]\n[operator]",
        "operator = 3",
        "a.b.c.d = 1",
        "[intake]\namqp = []",
        &"[".repeat(10_000),
        "ў = \"ғ\"",
    ] {
        assert!(!told(text, &[]).is_empty(), "{text}");
    }
    for (variable, value) in [
        ("XABAR__", ""),
        ("XABAR____", "x"),
        ("XABAR__OPERATOR", "{"),
        ("XABAR__HTTP", "[[["),
        ("XABAR__OPERATOR__-1__TPS", "1"),
    ] {
        assert!(
            !told(REFERENCE, &[(variable, value)]).is_empty(),
            "{variable}"
        );
    }
}

#[test]
fn a_file_that_is_not_there_is_a_problem() {
    let problems = Settings::load(
        Path::new("/nonexistent/xabar.toml"),
        &Environment::default(),
    )
    .unwrap_err();
    let told = problems.first().unwrap().to_string();
    assert_eq!(
        told,
        "/nonexistent/xabar.toml: cannot be read: No such file or directory (os error 2); name a file with --config"
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

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC*", key in "[A-Z_0-9]*", value in "\\PC*") {
        let overrides = [(format!("XABAR__{key}"), value.as_str())];
        drop(Settings::read(&text, Path::new(FILE), &overrides.into_iter().collect()));
    }

    #[test]
    fn no_value_makes_it_panic(
        table in "(intake\\.amqp|outcomes\\.amqp|timing|http|journal|subscriber|log)",
        key in "(url|states|expires|listen|limits|quiet_hours|level|binding)",
        value in "([0-9]{0,30}|\"\\PC*\"|\\[\\]|\\{\\}|\\[\\{ \\PC* \\}\\]|true|12:00:00|1e9)",
    ) {
        drop(read(&format!("[{table}]\n{key} = {value}\n"), &[]));
    }
}

#[test]
fn a_login_of_its_own_says_what_differs_from_the_operators() {
    let text = operator("sessions = 2\ntps = 300")
        + "[[operator.bind]]\ntps = 100\n[[operator.bind]]\naddress = [\"a:1\", \"b:1\"]\n\
           system_id = \"other\"\nbind = \"transmitter-receiver\"\nwindow = 5";
    let operator = good(&text, &[]).operators.remove(0);
    let told = operator.binds.iter().map(|bind| {
        let Bind {
            addresses,
            system_id,
            directions,
            sessions,
            window,
            tps,
            ..
        } = bind;
        (
            addresses.join(" "),
            system_id.as_str(),
            *directions,
            *sessions,
            *window,
            *tps,
        )
    });
    let (both, pairs) = (Directions::Transceiver, Directions::TransmitterReceiver);
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            ("127.0.0.1:2775".to_owned(), "xabar", both, 2, 10, Some(100)),
            ("a:1 b:1".to_owned(), "other", pairs, 2, 5, None),
        ]
    );
    assert_eq!(operator.tps, Some(300));
}

#[test]
fn what_a_login_lacks_is_told_where_it_should_stand() {
    let text = "[[operator]]\nname = \"ucell\"\nprefixes = [\"99893\"]\nsender = \"MyGov\"\npassword = 7\n\
                [[operator.bind]]\naddress = \"a:1\"\nsystem_id = \"x\"\n[[operator.bind]]\nsystem_id = \"y\"\ntsp = 1";
    assert_eq!(
        told(text, &[]),
        [
            "5:12: `operator[0].password` is a number without quotes; write a text in quotes, { env = \"NAME\" } or { file = \"PATH\" }",
            "9:1: `operator[0].bind[1].address` is missing; give host and port of its SMSC",
            "11:1: `operator[0].bind[1].tsp` is not a key; did you mean `tps`?",
        ]
    );
}

#[test]
fn the_logins_shown_to_operators_are_understood() {
    let page = include_str!("../../../docs/operators.md");
    let blocks = page.split("```toml\n").skip(1);
    let blocks = blocks.map(|block| block.split_once("```").unwrap().0);
    let shown: Vec<&str> = blocks
        .filter(|it| it.contains("[[operator.bind]]"))
        .collect();
    assert!(!shown.is_empty());
    for text in shown {
        assert_eq!(told(text, &[]), [""; 0]);
    }
}
