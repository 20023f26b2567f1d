//! A dialogue in each dialect that operators speak, and between two ends that speak different ones.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use tokio::task::spawn_blocking;
use tokio::time::sleep;
use xabar::simulator::{Behaviour, Dialect, NotSent, UssdDialect};

use super::{LONG, PHONE, phone_of, world};
use crate::support::broker::free_port;
use crate::support::soon;
use crate::support::world::World;

/// Each as the configuration and the simulator call it.
pub(super) const DIALECTS: [(&str, UssdDialect); 4] = [
    ("generic", UssdDialect::Generic),
    ("6d", UssdDialect::SixD),
    ("mica", UssdDialect::Mica),
    ("service-type", UssdDialect::ServiceType),
];

pub(super) fn speaking(ussd: UssdDialect) -> Behaviour {
    Behaviour {
        dialect: Dialect {
            ussd,
            ..Dialect::default()
        },
        ..Behaviour::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialogue_goes_its_way_in_each_dialect() {
    // Lenient as it is, `generic` is one of others, too.
    let generic = [UssdDialect::SixD, UssdDialect::Mica].map(|dialect| ("generic", dialect));
    for (name, dialect) in DIALECTS.into_iter().chain(generic) {
        let world = world(&format!("dialect = \"{name}\""), speaking(dialect)).await;
        let mut phone = phone_of(&world);
        let gateway = world.ready().await;
        phone.dial().await;
        phone.chooses("English").await;
        phone.chooses("By number").await;
        let none = phone.types("48120974").await;
        assert!(
            none.text.contains("no application 48120974"),
            "{name}: {none:?}"
        );
        phone.hangs_up().await;
        assert_eq!(phone.dial().await, none, "{name}: where it was");
        phone.types("00").await;
        phone.chooses("Stop").await;
        let over = phone.chooses("Yes").await;
        assert!(over.ends, "{name}: {over:?}");
        assert!(
            over.text.contains("You get no more SMS"),
            "{name}: {over:?}"
        );
        let after = phone.smsc().answer(PHONE, "1").await;
        assert_eq!(after, Err(NotSent::NoDialogue), "{name}");
        let figures = phone.smsc().figures().await.unwrap();
        assert_eq!(figures.faults, 0, "{name}: each screen is of its dialogue");
        gateway.stop_within(world.config.shutdown).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_dialects_differ_the_log_says_so_and_the_dialogue_ends() {
    for (name, dialect, missing) in [
        (
            "mica",
            UssdDialect::Generic,
            "user_message_reference is missing",
        ),
        ("6d", UssdDialect::Mica, "its_session_info is missing"),
        (
            "generic",
            UssdDialect::ServiceType,
            "service_type is two letters",
        ),
        (
            "mica",
            UssdDialect::ServiceType,
            "service_type is two letters",
        ),
        (
            "service-type",
            UssdDialect::SixD,
            "service_type is not two letters",
        ),
    ] {
        let world = world(&format!("dialect = \"{name}\""), speaking(dialect)).await;
        let mut phone = phone_of(&world);
        let gateway = world.ready().await;
        phone.begins().await;
        let told = gateway.until_told("not in the operator's dialect", 1).await;
        assert!(told[0].contains(missing), "{told:?}");
        let over = async {
            while phone.smsc().answer(PHONE, "1").await.is_ok() {
                sleep(LONG / 1_000).await;
            }
        };
        soon("the end of the dialogue", over).await;
        assert_eq!(phone.smsc().texts(PHONE).await.unwrap(), []);
        gateway.stop_within(world.config.shutdown).await;
    }
}

/// A world whose operator is `xabar smsc`, with these options, where somebody dials.
async fn dialling(ussd: &str, options: &[&str]) -> (World, Command) {
    let mut world = world(ussd, Behaviour::default()).await;
    world.config.smsc = format!("127.0.0.1:{}", free_port());
    world.home.configure(&world.config.to_toml());
    let mut command = Command::new(env!("CARGO_BIN_EXE_xabar"));
    command
        .args(["smsc", "--listen", &world.config.smsc])
        .args(options)
        .args(["dial", "*555#", "--from", PHONE, "--answers", "1"]);
    (world, command)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_shown_nothing_for_a_while_is_told_what_a_gateway_needs() {
    let (world, mut command) = dialling("", &["--errors", "ESME_RSYSERR=100%"]).await;
    let mut dialling = command.stderr(Stdio::piped()).spawn().unwrap();
    let stderr = BufReader::new(dialling.stderr.take().unwrap());
    let hint = spawn_blocking(move || {
        let mut lines = stderr.lines().map(Result::unwrap);
        lines.find(|line| line.contains("no screen yet"))
    });
    let gateway = world.ready().await;
    let hint = hint.await.unwrap().expect("before it gives up");
    assert!(hint.contains("[operator.ussd]"), "{hint}");
    dialling.kill().unwrap();
    dialling.wait().unwrap();
    gateway.stop_within(world.config.shutdown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_dials_in_another_dialect_is_told_so_at_once() {
    let (world, mut command) = dialling("dialect = \"mica\"", &["--ussd", "generic"]).await;
    let dialled = spawn_blocking(move || command.output().unwrap());
    let gateway = world.ready().await;
    let dialled = dialled.await.unwrap();
    assert_eq!(dialled.status.code(), Some(1));
    let told = String::from_utf8(dialled.stderr).unwrap();
    assert!(told.contains("refuses what the phone sends"), "{told}");
    assert!(told.contains("--ussd"), "{told}");
    gateway.stop_within(world.config.shutdown).await;
}
