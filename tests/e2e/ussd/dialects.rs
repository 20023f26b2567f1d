//! A dialogue in each dialect that operators speak, and between two ends that speak different ones.

use std::process::Command;

use tokio::task::spawn_blocking;
use tokio::time::sleep;
use xabar::simulator::{Behaviour, Dialect, NotSent, UssdDialect};

use super::{LONG, PHONE, phone_of, world};
use crate::support::broker::free_port;
use crate::support::soon;

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
    for (name, dialect) in DIALECTS {
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
            "mica",
            UssdDialect::ServiceType,
            "user_message_reference is missing",
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

#[tokio::test(flavor = "multi_thread")]
async fn who_dials_in_another_dialect_is_told_so_at_once() {
    let port = free_port();
    let mut world = world("dialect = \"mica\"", Behaviour::default()).await;
    world.config.smsc = format!("127.0.0.1:{port}");
    world.home.configure(&world.config.to_toml());
    let listen = world.config.smsc.clone();
    let dialled = spawn_blocking(move || {
        Command::new(env!("CARGO_BIN_EXE_xabar"))
            .args(["smsc", "--listen", &listen, "--ussd", "generic"])
            .args(["dial", "*555#", "--from", PHONE, "--answers", "1"])
            .output()
            .unwrap()
    });
    let gateway = world.ready().await;
    let dialled = dialled.await.unwrap();
    assert_eq!(dialled.status.code(), Some(1));
    let told = String::from_utf8(dialled.stderr).unwrap();
    assert!(told.contains("refuses what the phone sends"), "{told}");
    assert!(told.contains("--ussd"), "{told}");
    gateway.stop_within(world.config.shutdown).await;
}
