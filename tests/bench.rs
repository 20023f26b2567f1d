//! The promises of `xabar bench`: figures of floor and gateway, and none of a run that went wrong.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "e2e/support/mod.rs"]
mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use lapin::options::BasicGetOptions;
use serde_json::Value;
use support::amqp::Peer;
use support::broker::{self, Broker};
use tokio::time::sleep;

fn bench(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xabar"));
    command.arg("bench").args(arguments).stdin(Stdio::null());
    command
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder for journals, empty again when a bench is over.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("xabar-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn is_empty(folder: &Path) -> bool {
    folder.read_dir().unwrap().next().is_none()
}

#[test]
fn figures_of_floor_and_gateway_are_one_object() {
    let (url, data) = (broker::shared().url(), folder("bench-figures"));
    let mut bench = bench(&[
        "--messages=2000",
        "--agencies=1,7",
        "--preload=300",
        "--waiting=400",
        "--sessions=2",
        "--subscribers=500",
        "--latency-rate=100",
        "--latency-seconds=1",
        "--json",
        "--url",
        &url,
        "--data",
        data.to_str().unwrap(),
    ]);
    let bench = bench.stdout(Stdio::piped()).stderr(Stdio::piped());
    let bench = bench.spawn().unwrap();
    let id = bench.id();
    let output = bench.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    let figures: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(figures["messages"], 2000);
    assert_eq!(figures["short"], true);
    assert_eq!(figures["medians_of"], 1);
    for row in [&figures, &figures["runs"][0], &figures["runs"][1]] {
        for who in ["floor", "gateway"] {
            for what in ["rate", "cpu_us", "rss_kib"] {
                assert!(positive(&row[who][what]), "{who}.{what}: {figures}");
            }
        }
        assert!(positive(&row["ratio"]["rate"]) && positive(&row["ratio"]["cpu"]));
    }
    assert_eq!(figures["runs"][1]["agencies"], 7);
    assert_eq!(figures["latency_ms"]["rate"], 100);
    let [p50, p99, p999] = ["p50", "p99", "p999"].map(|name| &figures["latency_ms"][name]);
    assert!(positive(p50) && p50.as_f64() <= p99.as_f64() && p99.as_f64() <= p999.as_f64());
    let commits = ["p50", "p99"].map(|name| &figures["commit_ms"][name]);
    assert!(positive(commits[0]) && commits[0].as_f64() <= commits[1].as_f64());
    assert!(positive(&figures["fsync_ms"]["p99"]));
    assert!(positive(&figures["limits"]["publisher"]));
    assert!(positive(&figures["limits"]["simulator"]));

    assert!(is_empty(&data), "the journals are gone");
    assert_eq!(
        queues(broker::shared(), id),
        [""; 0],
        "and so are the queues"
    );
    std::fs::remove_dir(data).unwrap();
}

#[tokio::test]
async fn a_run_of_the_floor_that_lost_an_outcome_has_no_figures() {
    refused_without_an_outcome(0, "the floor's run went wrong").await;
}

#[tokio::test]
async fn a_run_of_the_gateway_that_lost_an_outcome_has_no_figures() {
    refused_without_an_outcome(1, "the gateway's run went wrong").await;
}

#[tokio::test]
async fn a_measured_latency_that_lost_an_outcome_has_no_figures() {
    refused_without_an_outcome(2, "the gateway's run went wrong").await;
}

/// Floor, gateway and latency are the first three runs of a bench, from 0; from one of them an outcome is stolen.
async fn refused_without_an_outcome(run: u32, why: &str) {
    let data = folder(&format!("bench-robbed-{run}"));
    let mut bench = bench(&[
        "--messages=4000",
        "--agencies=1",
        "--latency-rate=100",
        "--latency-seconds=1",
        "--url",
        &broker::shared().url(),
        "--data",
        data.to_str().unwrap(),
    ]);
    let bench = bench.stdout(Stdio::piped()).stderr(Stdio::piped());
    let bench = bench.spawn().unwrap();
    let queue = format!("xabar-bench-{}-{run}.outcomes", bench.id());
    let thief = tokio::spawn(take_one(queue));
    let output = tokio::task::spawn_blocking(|| bench.wait_with_output().unwrap());
    let output = output.await.unwrap();
    thief.abort();
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(output.stdout.is_empty());
    assert!(told(&output).contains(why), "{}", told(&output));
    assert!(is_empty(&data), "the journals are gone");
    std::fs::remove_dir(data).unwrap();
}

/// Takes the first message out of a queue that is to come.
async fn take_one(queue: String) {
    let mut peer = Peer::connect(broker::shared()).await;
    let options = BasicGetOptions { no_ack: true };
    loop {
        // As long as there is no such queue, asking closes the channel, and with bad luck the connection.
        let Ok(channel) = peer.connection.create_channel().await else {
            peer = Peer::connect(broker::shared()).await;
            continue;
        };
        while let Ok(got) = channel.basic_get(queue.as_str().into(), options).await {
            if got.is_some() {
                return;
            }
            sleep(Duration::from_millis(2)).await;
        }
        sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn a_rate_that_the_publisher_does_not_reach_has_no_figures() {
    let data = folder("bench-behind");
    let mut bench = bench(&[
        "--messages=1000",
        "--agencies=1",
        "--latency-rate=100000",
        "--latency-seconds=1",
        "--url",
        &broker::shared().url(),
        "--data",
        data.to_str().unwrap(),
    ]);
    let output = bench.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(output.stdout.is_empty());
    assert!(told(&output).contains("behind"), "{}", told(&output));
    std::fs::remove_dir(data).unwrap();
}

#[test]
fn dialogues_are_measured_and_none_of_the_open_ones_is_forgotten() {
    let data = folder("bench-ussd");
    let mut bench = bench(&[
        "ussd",
        "--dialogues=300",
        "--at-once=50",
        "--open=5000",
        "--json",
        "--data",
        data.to_str().unwrap(),
    ]);
    let output = bench.output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    let figures: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(figures["dialogues"], 300);
    for what in ["rate", "p50_ms", "p99_ms", "cpu_us"] {
        assert!(positive(&figures["step"][what]), "{what}: {figures}");
    }
    assert_eq!(figures["open"]["dialogues"], 5000);
    for when in ["before", "after", "peak"] {
        assert!(positive(&figures["open"]["rss_kib"][when]), "{figures}");
    }
    // More than they may take, and what a process may grow by beside, would have ended it with exit code 1.
    assert!(positive(&figures["open"]["octets"]), "{figures}");
    assert!(is_empty(&data), "the journals are gone");
    std::fs::remove_dir(data).unwrap();
}

fn positive(value: &Value) -> bool {
    value.as_f64().is_some_and(|number| number > 0.0)
}

/// Those of the bench with this process id.
fn queues(broker: &Broker, id: u32) -> Vec<String> {
    let listed = broker.ctl(&["-q", "list_queues", "name"]);
    let ours = format!("xabar-bench-{id}-");
    let ours = listed.lines().filter(|name| name.starts_with(&ours));
    ours.map(|name| name.trim().to_owned()).collect()
}

#[test]
fn a_bench_that_is_told_to_stop_leaves_nothing_behind() {
    let (url, data) = (broker::shared().url(), folder("bench-stopped"));
    let mut stopped = bench(&[
        "--messages=100000",
        "--latency-seconds=0",
        "--url",
        &url,
        "--data",
        data.to_str().unwrap(),
    ]);
    let stopped = stopped.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut stopped = stopped.spawn().unwrap();
    let id = stopped.id();
    until(|| !queues(broker::shared(), id).is_empty() || stopped.try_wait().unwrap().is_some());
    let kill = format!("kill -s HUP {}", stopped.id());
    // If it has ended by itself, its output tells why.
    Command::new("sh").args(["-c", &kill]).status().unwrap();
    let output = stopped.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(output.stdout.is_empty());
    assert!(told(&output).contains("stopped"), "{}", told(&output));
    assert!(is_empty(&data), "the journals are gone");
    assert_eq!(
        queues(broker::shared(), id),
        [""; 0],
        "and so are the queues"
    );
    std::fs::remove_dir(data).unwrap();
}

#[test]
fn a_broker_that_is_short_of_memory_is_named_and_nothing_is_left_in_it() {
    let (broker, data) = (Broker::start(), folder("bench-blocked"));
    broker.ctl(&["set_vm_memory_high_watermark", "0.00001"]);
    let mut blocked = bench(&[
        "--limits",
        "--messages=20000",
        "--url",
        &broker.url(),
        "--data",
        data.to_str().unwrap(),
    ]);
    let blocked = blocked.stdout(Stdio::piped()).stderr(Stdio::piped());
    let blocked = blocked.spawn().unwrap();
    let id = blocked.id();
    let output = blocked.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let why = "blocks who publishes";
    assert!(told(&output).contains(why), "{}", told(&output));
    assert_eq!(queues(&broker, id), [""; 0]);
    std::fs::remove_dir(data).unwrap();
}

#[test]
fn a_bench_that_is_killed_takes_its_gateway_along() {
    let data = folder("bench-killed");
    let mut killed = bench(&["ussd", "--data", data.to_str().unwrap()]);
    let killed = killed.stdout(Stdio::null()).stderr(Stdio::null());
    let mut killed = killed.spawn().unwrap();
    let config = data.join(format!("xabar-bench-{}", killed.id()));
    let config = config.to_str().unwrap();
    until(|| process(config).is_some());
    let mode = std::fs::metadata(config).unwrap().permissions().mode();
    assert_eq!(mode & 0o77, 0, "a URL's password is nobody else's");
    killed.kill().unwrap();
    killed.wait().unwrap();
    until(|| process(config).is_none());
    std::fs::remove_dir_all(data).unwrap();
}

/// The one whose command line has this in it.
fn process(text: &str) -> Option<u32> {
    let names = Path::new("/proc").read_dir().unwrap().flatten();
    let mut ids = names.filter_map(|name| name.file_name().to_str()?.parse().ok());
    ids.find(|id| {
        let command = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&command).contains(text)
    })
}

#[test]
fn a_gateway_that_dies_while_latency_is_measured_is_named() {
    let data = folder("bench-died");
    let mut bench = bench(&[
        "--messages=1000",
        "--agencies=1",
        "--latency-rate=50",
        "--latency-seconds=120",
        "--url",
        &broker::shared().url(),
        "--data",
        data.to_str().unwrap(),
    ]);
    let bench = bench.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut bench = bench.spawn().unwrap();
    let latency = format!("xabar-bench-{}/latency/xabar.toml", bench.id());
    // Floor and gateway are the runs before.
    let outcomes = format!("xabar-bench-{}-2.outcomes", bench.id());
    until(|| holds_some(&outcomes) || bench.try_wait().unwrap().is_some());
    if let Some(gateway) = process(&latency) {
        let kill = format!("kill -s KILL {gateway}");
        Command::new("sh").args(["-c", &kill]).status().unwrap();
    }
    let output = bench.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(output.stdout.is_empty());
    let why = "the gateway ended with signal: 9";
    assert!(told(&output).contains(why), "{}", told(&output));
    std::fs::remove_dir(data).unwrap();
}

fn holds_some(queue: &str) -> bool {
    let listed = broker::shared().ctl(&["-q", "list_queues", "name", "messages"]);
    let mut listed = listed.lines().filter_map(|line| line.split_once('\t'));
    listed.any(|(name, messages)| name == queue && messages.trim() != "0")
}

fn until(mut happened: impl FnMut() -> bool) {
    for _ in 0..300 {
        if happened() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("it does not happen");
}

#[test]
fn what_cannot_be_measured_is_told() {
    for (arguments, code, why) in [
        (&["--messages=999"][..], 2, "1000"),
        (
            &["--messages=3000", "--subscribers=10"],
            2,
            "--subscribers 31 or more",
        ),
        (&["--batch=0"], 2, "0"),
        (&["--limits", "--preload=5"], 2, "--preload"),
        (&["--agencies=1,x"], 2, "x"),
        (&["ussd", "--open=0"], 2, "0"),
        (&["--url=http://127.0.0.1"], 2, "amqp://"),
        (&["--url=amqp://127.0.0.1:1"], 1, "cannot connect"),
        (&["--data=/proc/nowhere"], 1, "/proc/nowhere"),
    ] {
        let output = bench(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", told(&output));
        assert!(
            told(&output).contains(why),
            "{arguments:?}: {}",
            told(&output)
        );
    }
}
