//! `xabar publish` against a real RabbitMQ: everything arrives, in order, and is counted.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::support::amqp::Peer;
use crate::support::broker::{self, Broker};
use serde_json::Value;
use xabar_events::{Event, STRUCTURED_JSON};

/// A configuration for one test, in a folder that goes away with it.
struct Setup {
    folder: PathBuf,
    exchange: String,
    queue: String,
}

impl Setup {
    fn new(broker: &Broker, binding: &str) -> Self {
        let [exchange, queue, rejected] =
            ["events", "queue", "rejected"].map(|what| broker.name(what));
        let folder = std::env::temp_dir().join(format!("xabar-{exchange}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let url = broker.url();
        let config = format!(
            "[intake.amqp]\nurl = \"{url}\"\nexchange = \"{exchange}\"\nqueue = \"{queue}\"\n\
             dead_letter_exchange = \"{rejected}\"\nbinding = [\"{binding}\"]\n"
        );
        std::fs::write(folder.join("xabar.toml"), config).unwrap();
        Self {
            folder,
            exchange,
            queue,
        }
    }

    /// Publishes, and returns the exit code, the summary and what was told beside it.
    fn publish(&self, arguments: &[&str]) -> (i32, Value, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_xabar"))
            .args(["publish", "--json", "--config"])
            .arg(self.folder.join("xabar.toml"))
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let summary = serde_json::from_slice(&output.stdout);
        let summary = summary.unwrap_or_else(|_| panic!("no summary: {stderr}"));
        (output.status.code().unwrap(), summary, stderr)
    }
}

impl Drop for Setup {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

#[tokio::test]
async fn samples_arrive_in_order_where_the_gateway_will_look_for_them() {
    let broker = broker::shared();
    let setup = Setup::new(broker, "application.status.#");
    let (code, summary, stderr) = setup.publish(&["--count", "1200", "--seed", "7"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert_eq!(summary["confirmed"], 1200);
    let peer = Peer::connect(broker).await;
    peer.until_ready(&setup.queue, 1200).await;
    let mut times = Vec::new();
    for _ in 0..1200 {
        let message = peer.take(&setup.queue).await;
        let content_type = message.properties.content_type().as_ref().unwrap().as_str();
        assert_eq!(content_type, STRUCTURED_JSON);
        let Ok(Event::StatusChanged(event)) = Event::from_structured(&message.data) else {
            panic!("no event")
        };
        let key = format!("application.status.{}", event.key.agency.name());
        assert_eq!(message.routing_key.as_str(), key);
        assert_eq!(message.exchange.as_str(), setup.exchange);
        times.push(event.time);
    }
    assert!(times.is_sorted(), "one channel keeps the order");
}

#[tokio::test]
async fn lines_go_out_as_they_are_and_a_broken_one_is_told_by_its_number() {
    let broker = broker::shared();
    let setup = Setup::new(broker, "#");
    let file = setup.folder.join("events.ndjson");
    std::fs::write(&file, "{\"source\":\"/agencies/iiv\", \"x\": 1}\nno\n").unwrap();
    let (code, summary, stderr) = setup.publish(&[file.to_str().unwrap()]);
    assert_eq!(
        (code, &summary["confirmed"], &summary["invalid"]),
        (1, &1.into(), &1.into())
    );
    assert!(
        stderr.contains("events.ndjson:2: is no JSON object"),
        "{stderr}"
    );
    let peer = Peer::connect(broker).await;
    let message = peer.take(&setup.queue).await;
    assert_eq!(message.data, b"{\"source\":\"/agencies/iiv\", \"x\": 1}");
    assert_eq!(message.routing_key.as_str(), "application.status.iiv");
}

#[tokio::test]
async fn events_bear_the_name_of_the_login_unless_it_is_to_be_left_out() {
    let broker = broker::shared();
    let setup = Setup::new(broker, "#");
    let peer = Peer::connect(broker).await;
    for (arguments, expected) in [
        (&["--count", "1"][..], Some("guest")),
        (&["--count", "1", "--no-user-id"], None),
    ] {
        let (code, ..) = setup.publish(arguments);
        assert_eq!(code, 0);
        let message = peer.take(&setup.queue).await;
        let user = message.properties.user_id().as_ref();
        assert_eq!(user.map(|user| user.as_str()), expected);
    }
}

#[test]
fn events_that_no_queue_takes_are_counted() {
    let setup = Setup::new(broker::shared(), "other.#");
    let (code, summary, _) = setup.publish(&["--count", "20"]);
    assert_eq!(code, 1);
    assert_eq!(
        (&summary["confirmed"], &summary["unrouted"]),
        (&0.into(), &20.into())
    );
}

#[test]
fn a_rate_is_kept() {
    let setup = Setup::new(broker::shared(), "#");
    let (code, summary, _) = setup.publish(&["--count", "21", "--rate", "20"]);
    assert_eq!((code, &summary["confirmed"]), (0, &21.into()));
    assert!(summary["seconds"].as_f64().unwrap() >= 1.0, "{summary}");
}
