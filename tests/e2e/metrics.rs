//! Prometheus reads the gateway, with the configuration, rules and dashboard that come with it.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;
use xabar::simulator::Behaviour;

use crate::support::broker::{self, free_port};
use crate::support::events::samples;
use crate::support::gateway::get;
use crate::support::world::World;

const LONG: Duration = Duration::from_secs(60);

/// What comes with the gateway.
fn shipped(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("config")
        .join(name);
    std::fs::read_to_string(path).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn promtool_finds_nothing_wrong_with_what_is_counted_and_no_number_is_in_it() {
    let mut world = World::new(broker::shared(), Behaviour::default(), |_| {}).await;
    let gateway = world.ready().await;
    let events = samples(3, 50);
    let numbers: Vec<String> = events.iter().map(|it| it.msisdn.digits()).collect();
    world.publish(events).await;
    world.until_all_ended(LONG).await;
    let json = "content-type: application/cloudevents+json\r\n";
    let (code, _) = gateway.post("/v1/events", json, "{}").await;
    assert_eq!(code, 400);
    sleep(Duration::from_secs(2)).await;

    let (code, page) = gateway.get("/metrics").await.unwrap();
    assert_eq!(code, 200);
    lint(&page);
    assert!(page.contains(r#"xabar_rejected_events_total{way="http",reason="missing-field"} 1"#));
    let count = |state: &str| -> f64 {
        let state = format!(r#"state="{state}""#);
        let lines = page
            .lines()
            .filter(|line| line.starts_with("xabar_messages_total{"));
        let values = lines.filter(|line| line.contains(&state));
        values
            .map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap())
            .sum()
    };
    assert!((count("accepted") - 50.0).abs() < 0.5, "{page}");
    assert!(count("delivered") + count("superseded") > 49.0, "{page}");
    for number in numbers {
        assert!(!page.contains(&number), "{page}");
    }
}

/// What `promtool` says of a page.
fn lint(page: &str) {
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("this test has promtool look: run `apt-get install prometheus`, or `./test`, which does");
    promtool
        .stdin
        .take()
        .unwrap()
        .write_all(page.as_bytes())
        .unwrap();
    let output = promtool.wait_with_output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && complaint.is_empty(),
        "{complaint}\n{page}"
    );
}

#[test]
fn rules_fire_when_they_should() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/prometheus");
    for arguments in [
        ["check", "config", "prometheus.yml"],
        ["test", "rules", "xabar.test.yml"],
    ] {
        let output = Command::new("promtool")
            .args(arguments)
            .current_dir(&folder)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

/// A Prometheus; ended with the test.
struct Prometheus {
    child: Child,
    port: u16,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Prometheus {
    /// Reads the gateway at this port each second, by the configuration that comes with it.
    fn start(folder: &Path, gateway: u16) -> Self {
        let config = shipped("prometheus/prometheus.yml")
            .replace("127.0.0.1:8025", &format!("127.0.0.1:{gateway}"))
            .replace("15s", "1s");
        std::fs::write(folder.join("prometheus.yml"), config).unwrap();
        let rules = "xabar.rules.yml";
        std::fs::write(folder.join(rules), shipped(&format!("prometheus/{rules}"))).unwrap();
        let port = free_port();
        let child = Command::new("prometheus")
            .arg(format!(
                "--config.file={}",
                folder.join("prometheus.yml").display()
            ))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.join("tsdb").display()
            ))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, port }
    }

    /// What an expression gives.
    async fn query(&self, expression: &str) -> Vec<Value> {
        let query: String = expression
            .bytes()
            .map(|byte| format!("%{byte:02X}"))
            .collect();
        let answer = get(self.port, &format!("/api/v1/query?query={query}")).await;
        let (_, body) = answer.unwrap_or_default();
        let answer: Value = serde_json::from_str(&body).unwrap_or_default();
        assert_ne!(answer["status"], "error", "{expression}: {answer}");
        answer["data"]["result"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    }

    async fn until_it_gives(&self, expression: &str) {
        for _ in 0..300 {
            if !self.query(expression).await.is_empty() {
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
        panic!("nothing within 30 s: {expression}");
    }
}

/// The expressions of the dashboard, as Grafana sends them for everything.
fn shown() -> BTreeSet<String> {
    let dashboard: Value = serde_json::from_str(&shipped("grafana/xabar.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels
        .filter_map(|panel| panel["targets"].as_array())
        .flatten();
    let expressions = targets.map(|target| target["expr"].as_str().unwrap());
    expressions
        .map(|it| {
            it.replace("$instance", ".*")
                .replace("$__rate_interval", "1m")
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prometheus_reads_the_gateway_and_answers_the_dashboard() {
    let mut world = World::new(broker::shared(), Behaviour::default(), |config| {
        config.tps = Some(1000);
        let nowhere = free_port();
        config.more = format!("[traces]\nendpoint = \"http://127.0.0.1:{nowhere}/v1/traces\"");
    })
    .await;
    let gateway = world.ready().await;
    let prometheus = Prometheus::start(&world.home.path(""), world.config.http);
    prometheus.until_it_gives(r#"up{job="xabar"} == 1"#).await;
    world.publish(samples(3, 50)).await;
    world.until_all_ended(LONG).await;
    let delivered = r#"sum(xabar_messages_total{state="delivered"}) > 0"#;
    prometheus.until_it_gives(delivered).await;
    // Rates need two readings with something between them.
    world.publish(samples(4, 50)).await;
    prometheus
        .until_it_gives(r#"rate(xabar_messages_total{state="delivered"}[1m]) > 0"#)
        .await;
    let mut empty = Vec::new();
    for expression in shown() {
        if prometheus.query(&expression).await.is_empty() {
            empty.push(expression);
        }
    }
    // Only what did not happen has no series: they are told apart by what they ask for.
    let may_be_empty = [
        "deferred",
        "rejected",
        "unrouted",
        "failed|",
        "limit!=",
        "publishable == 0",
    ];
    empty.retain(|it| !may_be_empty.iter().any(|part| it.contains(part)));
    assert!(empty.is_empty(), "{empty:#?}");
    gateway.stop_within(Duration::from_secs(10)).await;
}
