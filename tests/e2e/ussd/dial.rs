//! `xabar smsc dial`: a phone at a terminal that talks with a gateway to the last screen.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use tokio::task::spawn_blocking;
use xabar_events::Language;

use super::PHONE;
use crate::support::broker::free_port;
use crate::support::phone;
use crate::support::screen::choice;
use crate::support::world::World;

/// What the citizen chooses, screen by screen.
const CHOSEN: [&str; 3] = ["English", "Stop", "Yes"];

const LAST: &str = "You get no more SMS";

/// A gateway's world in which the operator is the program.
async fn world() -> World {
    let mut world = phone::world("", Language::En).await;
    world.config.smsc = format!("127.0.0.1:{}", free_port());
    world.home.configure(&world.config.to_toml());
    world
}

fn dial(world: &World, answers: &[&str]) -> Child {
    dial_as(world, &[], answers)
}

fn dial_as(world: &World, how: &[&str], answers: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_xabar"))
        .args(["smsc", "--listen", &world.config.smsc])
        .args(how)
        .args(["dial", "*555#", "--from", PHONE])
        .args(answers)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The next screen, up to the blank line behind it.
fn screen(shown: &mut impl BufRead) -> String {
    let lines = shown.lines().map(|line| line.unwrap());
    let lines: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    lines.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_at_a_terminal_leads_from_screen_to_screen_to_the_last_one() {
    let world = world().await;
    let mut phone = dial(&world, &[]);
    let gateway = world.ready().await;
    let talk = spawn_blocking(move || {
        let mut typed = phone.stdin.take().unwrap();
        let mut shown = BufReader::new(phone.stdout.take().unwrap());
        for words in CHOSEN {
            let screen = screen(&mut shown);
            let digit = choice(&screen, words);
            let digit = digit.unwrap_or_else(|| panic!("no {words}: {screen}"));
            writeln!(typed, "{digit}").unwrap();
        }
        let last = screen(&mut shown);
        // Nothing more is typed, and nothing is waited for.
        (last, phone.wait_with_output().unwrap(), typed)
    });
    let (last, output, _typed) = talk.await.unwrap();
    assert!(last.starts_with(LAST), "{last}");
    assert!(output.status.success(), "{output:?}");
    gateway.stop_within(world.config.shutdown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn given_answers_lead_to_the_last_screen_or_the_phone_hangs_up_where_they_end() {
    let world = world().await;
    let gateway = world.ready().await;
    // Who dials again is where they were.
    for (answers, screens, last) in [("5,5", 3, "Stop all SMS"), ("1", 2, LAST)] {
        let phone = dial(&world, &["--answers", answers]);
        let output = spawn_blocking(|| phone.wait_with_output().unwrap());
        let output = output.await.unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        let shown: Vec<&str> = shown.trim_end().split("\n\n").collect();
        assert_eq!(shown.len(), screens, "{shown:?}");
        assert!(shown.last().unwrap().starts_with(last), "{shown:?}");
        assert!(output.status.success(), "{shown:?}");
    }
    gateway.stop_within(world.config.shutdown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_dies_amid_a_dialogue_is_not_said_to_lack_anything() {
    let world = world().await;
    let mut phone = dial(&world, &[]);
    let gateway = world.ready().await;
    let told = spawn_blocking(move || {
        let mut typed = phone.stdin.take().unwrap();
        screen(&mut BufReader::new(phone.stdout.take().unwrap()));
        gateway.kill();
        writeln!(typed, "5").unwrap();
        let stderr = BufReader::new(phone.stderr.take().unwrap());
        let mut told = stderr.lines().map(|line| line.unwrap());
        let told = told.find(|line| line.starts_with("no screen yet"));
        phone.kill().unwrap();
        phone.wait().unwrap();
        told
    });
    let told = told.await.unwrap();
    let expected = "no screen yet: the gateway's session is gone";
    assert_eq!(told.as_deref(), Some(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_screen_is_an_object_a_line_for_scripts() {
    let world = world().await;
    let gateway = world.ready().await;
    let phone = dial_as(&world, &["--json"], &["--answers", "5,5,1"]);
    let output = spawn_blocking(|| phone.wait_with_output().unwrap());
    let output = output.await.unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let shown: Vec<serde_json::Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let last: Vec<_> = shown.iter().map(|it| it["last"].as_bool()).collect();
    assert_eq!(last, [false, false, false, true].map(Some), "{lines}");
    assert!(
        shown[3]["text"].as_str().unwrap().starts_with(LAST),
        "{lines}"
    );
    gateway.stop_within(world.config.shutdown).await;
}
