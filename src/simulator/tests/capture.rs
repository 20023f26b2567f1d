//! The capture file, as tshark reads it.

use std::path::PathBuf;
use std::process::Command;

use super::socket::Esme;
use crate::simulator::{Settings, Simulator};

#[tokio::test]
async fn tshark_decodes_every_pdu_of_a_capture() {
    let path = std::env::temp_dir().join(format!("xabar-{}.pcap", std::process::id()));
    let settings = Settings {
        pcap: Some(path.clone()),
        ..Settings::default()
    };
    let simulator = Simulator::start(settings).await.unwrap();
    let port = simulator.address().port();
    let mut esme = Esme::bind(&simulator, "secret", 50).await;
    esme.submit(500).await;
    esme.until(|esme| esme.receipts.len() == 500).await;
    esme.link.unbind().await.unwrap();
    esme.until(|esme| esme.closed.is_some()).await;
    simulator.stop().await.unwrap();

    let decoded = tshark(&path, port);
    let count = |command: &str| decoded.iter().filter(|id| *id == command).count();
    let table = [
        ("0x00000009", 1),
        ("0x80000009", 1),
        ("0x00000004", 500),
        ("0x80000004", 500),
        ("0x00000005", 500),
        ("0x80000005", 500),
        ("0x00000006", 1),
        ("0x80000006", 1),
    ];
    for (command, expected) in table {
        assert_eq!(count(command), expected, "{command}");
    }
    std::fs::remove_file(path).unwrap();
}

/// The command_id of every PDU; nothing may be malformed, out of order or wrongly summed.
fn tshark(path: &PathBuf, port: u16) -> Vec<String> {
    let output = Command::new("tshark")
        .arg("-r")
        .arg(path)
        .args(["-d", &format!("tcp.port=={port},smpp")])
        .args([
            "-o",
            "tcp.check_checksum:TRUE",
            "-o",
            "ip.check_checksum:TRUE",
        ])
        .args([
            "-T",
            "fields",
            "-e",
            "smpp.command_id",
            "-e",
            "_ws.expert.message",
        ])
        .args(["-E", "separator=;"])
        .output()
        .expect("tshark is needed for this test: apt-get install tshark");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines = String::from_utf8(output.stdout).unwrap();
    let mut ids = Vec::new();
    for line in lines.lines() {
        let (commands, complaints) = line.split_once(';').unwrap();
        let ordinary = |complaint: &str| {
            complaint.starts_with("Connection ") || complaint.starts_with("This frame")
        };
        assert!(
            complaints
                .split(',')
                .all(|it| it.is_empty() || ordinary(it)),
            "{complaints}"
        );
        ids.extend(
            commands
                .split(',')
                .filter(|id| !id.is_empty())
                .map(str::to_owned),
        );
    }
    ids
}
