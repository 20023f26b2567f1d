//! What `config/xabar.toml` shows, and what is left out of it.

use xabar_events::{Language, Priority, State};

use super::*;
use crate::scratch::Folder;
use crate::tls::certificates::Ca;

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
    assert_eq!(operator.ussd, Some(UssdSettings::default()));
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
            | "[http.tls]" | "[intake.amqp.tls]" | "[routing.lookup]" | "[traces]"),
        ) => table,
        _ => line,
    });
    let text: String = shown.flat_map(|line| [line, "\n"]).collect();
    assert!(text.contains("\nsystem_type = \"\""), "{text}");
    // Of the files that it names, only those of TLS can be found.
    let ca = Ca::new("An operator");
    let pair = ca.issue(&["xabar"]);
    let folder = Folder::new();
    let text = [
        ("ucell-ca.pem", &ca.certificate()),
        ("clients.pem", &ca.certificate()),
        ("broker-ca.pem", &ca.certificate()),
        ("xabar.pem", &pair.certificate),
        ("http.pem", &pair.certificate),
        ("xabar.key", &pair.key),
        ("http.key", &pair.key),
    ]
    .iter()
    .fold(text, |text, (name, content)| {
        let path = folder.path(name);
        std::fs::write(&path, content).unwrap();
        text.replace(&format!("\"{name}\""), &format!("\"{}\"", path.display()))
    });
    let text = ["messages", "ported", "blocked", "reassigned"]
        .iter()
        .fold(text, |text, key| {
            text.replace(&format!("\n{key} = "), &format!("\n# {key} = "))
        });
    let told = told(&text, &[]);
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
fn the_example_of_an_smsc_that_connects_to_us_is_right() {
    let address = REFERENCE.lines().find(|it| it.starts_with("address = "));
    let text = REFERENCE
        .replacen(address.unwrap(), "", 1)
        .replace("\n# outbind = ", "\noutbind = ");
    let binds = good(&text, &[]).operators.remove(0).binds;
    assert!(matches!(binds[0].reach, Reach::Outbind(_)));
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
fn the_logins_shown_to_operators_are_understood() {
    let page = include_str!("../../../../docs/operators.md");
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
