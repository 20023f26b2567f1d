//! What goes over the wire is SMPP as others read it, too.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::broker;
use crate::support::events::samples;
use crate::support::world::{World, smsc_settings};
use xabar::simulator::{Behaviour, Settings};

#[tokio::test(flavor = "multi_thread")]
async fn tshark_decodes_every_pdu_of_a_session_and_finds_none_malformed() {
    let folder = std::env::temp_dir().join(format!("xabar-wire-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let capture = folder.join("session.pcap");
    let settings = Settings {
        pcap: Some(capture.clone()),
        behaviour: Behaviour {
            errors: "ESME_RTHROTTLED=1%,ESME_RINVDSTADR=1%".parse().unwrap(),
            ..Behaviour::default()
        },
        ..smsc_settings()
    };
    let mut world = World::with_smsc(broker::shared(), settings, |_| ()).await;
    let gateway = world.ready().await;
    world.publish(samples(7, 300)).await;
    world.until_all_ended(Duration::from_secs(60)).await;
    gateway.stop_within(Duration::from_secs(10)).await;
    let tally = world.check().await;
    let (port, submits) = (
        world.smsc.address().port(),
        world.tape().await.entries().len(),
    );
    let figures = world.smsc.stop().await.unwrap();

    let seen = commands(&capture, port);
    let count = |command: u32| seen.get(&command).copied().unwrap_or(0);
    assert_eq!(count(SUBMIT_SM), submits);
    assert_eq!(count(SUBMIT_SM | RESPONSE), submits);
    assert_eq!(count(DELIVER_SM), tally.accepted);
    assert_eq!(count(DELIVER_SM | RESPONSE), tally.accepted);
    assert_eq!(
        count(BIND_TRANSCEIVER),
        usize::try_from(figures.binds).unwrap()
    );
    assert_eq!(count(UNBIND), count(BIND_TRANSCEIVER));
    assert_eq!(
        tshark(
            &capture,
            port,
            &["-Y", "_ws.malformed || _ws.expert.severity == error"]
        ),
        ""
    );
    std::fs::remove_dir_all(&folder).unwrap();
}

const RESPONSE: u32 = 0x8000_0000;
const SUBMIT_SM: u32 = 0x0000_0004;
const DELIVER_SM: u32 = 0x0000_0005;
const UNBIND: u32 = 0x0000_0006;
const BIND_TRANSCEIVER: u32 = 0x0000_0009;

/// How many PDUs of each command tshark sees.
fn commands(capture: &Path, port: u16) -> BTreeMap<u32, usize> {
    let printed = tshark(
        capture,
        port,
        &["-Y", "smpp", "-T", "fields", "-e", "smpp.command_id"],
    );
    let mut commands = BTreeMap::new();
    // One line a packet, which may hold several PDUs.
    for id in printed.split([',', '\n']).filter(|id| !id.is_empty()) {
        let hex = id.trim().trim_start_matches("0x");
        *commands
            .entry(u32::from_str_radix(hex, 16).unwrap())
            .or_default() += 1;
    }
    commands
}

fn tshark(capture: &Path, port: u16, arguments: &[&str]) -> String {
    let output = Command::new("tshark")
        .arg("-r")
        .arg(capture)
        .args(["-d", &format!("tcp.port=={port},smpp")])
        .args(arguments)
        .output()
        .expect("this test has tshark look at the PDUs: run `apt-get install tshark`, or `./test`, which does");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "tshark: {complaint}");
    String::from_utf8(output.stdout).unwrap()
}
