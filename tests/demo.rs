//! The demo as somebody sees it who has just built it: it runs by itself, shows what it promises
//! to, and ends when told to.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails, and waits by the clock"
)]

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn demo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xabar"));
    command
        .arg("demo")
        .args(arguments)
        .env_remove("XABAR_LOG")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn text(octets: Vec<u8>) -> String {
    String::from_utf8(octets).unwrap()
}

/// The lines that tell of one thing.
fn about<'a>(stdout: &'a str, what: &str) -> Vec<&'a str> {
    let named = |line: &&str| line.split_whitespace().nth(1) == Some(what);
    stdout.lines().filter(named).collect()
}

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = demo(arguments).output().unwrap();
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn a_few_seconds_show_all_there_is_to_see() {
    let (code, stdout, stderr) = run(&["--for", "6s", "--listen", "127.0.0.1:0"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");

    let phones = about(&stdout, "phone");
    assert!(phones.len() >= 4, "{stdout}");
    assert!(phones.iter().all(|line| line.contains("998*****")));
    let screens = about(&stdout, "ussd");
    let is_menu = |line: &&&str| line.contains("*555#") && line.contains(" / 1. ");
    assert!(screens.iter().filter(is_menu).count() >= 2, "{stdout}");
    let held = about(&stdout, "limit");
    assert!(
        held.iter()
            .any(|line| line.contains("subscriber-limit, until")),
        "{stdout}"
    );
    assert!(!about(&stdout, "duplicate").is_empty(), "{stdout}");
    assert!(!about(&stdout, "superseded").is_empty(), "{stdout}");
    let throttled = about(&stdout, "throttled");
    assert!(
        throttled.iter().any(|line| line.contains("regional")),
        "{stdout}"
    );
    assert!(
        (5..=8).contains(&about(&stdout, "figures").len()),
        "{stdout}"
    );

    assert!(stdout.contains("The books balance"), "{stdout}");
    assert!(!stdout.contains('\u{1b}'), "colours belong on terminals");
}

/// The demo, once it says something.
fn running(arguments: &[&str]) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = demo(arguments).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains(" phone ") {
        line.clear();
        assert!(stdout.read_line(&mut line).unwrap() > 0, "it ended early");
    }
    (child, stdout)
}

fn ends_when_told(signal: &str) {
    let started = Instant::now();
    let (mut child, mut stdout) = running(&["--listen", "127.0.0.1:0"]);
    assert!(
        started.elapsed() < Duration::from_secs(4),
        "nothing arrived for long"
    );
    let told = Instant::now();
    let id = child.id().to_string();
    let sent = Command::new("kill").args([signal, &id]).status();
    assert!(sent.unwrap().success());
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{rest}");
    assert!(
        told.elapsed() < Duration::from_secs(2),
        "it took {:?}",
        told.elapsed()
    );
    assert!(rest.contains("The books balance"), "{rest}");
}

#[test]
fn interrupted_it_ends_soon_and_in_order() {
    ends_when_told("-INT");
}

#[test]
fn terminated_it_ends_soon_and_in_order() {
    ends_when_told("-TERM");
}

#[test]
fn a_reader_that_leaves_ends_it_without_a_complaint() {
    let (mut child, stdout) = running(&["--listen", "127.0.0.1:0"]);
    drop(stdout);
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert_eq!(
        (child.wait().unwrap().code(), stderr.as_str()),
        (Some(0), "")
    );
}

#[test]
fn a_port_that_is_taken_is_told_with_what_to_do() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let (code, stdout, stderr) = run(&["--for", "1s", "--listen", &address]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(
        stderr.contains(&address) && stderr.contains("--listen"),
        "{stderr}"
    );
}

#[test]
fn a_kept_folder_can_be_looked_into_and_used_again() {
    let folder = std::env::temp_dir().join(format!("xabar-demo-test-{}", std::process::id()));
    let data = folder.display().to_string();
    let arguments = ["--for", "3s", "--listen", "127.0.0.1:0", "--data", &data];
    for _ in 0..2 {
        let (code, stdout, stderr) = run(&arguments);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
        assert!(stdout.contains("Kept in"), "{stdout}");
    }
    let config = folder.join("xabar.toml");
    let found = Command::new(env!("CARGO_BIN_EXE_xabar"))
        .args(["trace", "--config"])
        .arg(&config)
        .arg("48120001")
        .output()
        .unwrap();
    assert!(found.status.success(), "{}", text(found.stderr));
    std::fs::remove_dir_all(&folder).unwrap();
}
