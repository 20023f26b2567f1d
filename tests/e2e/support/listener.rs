//! Reads outcomes as a careful agency does: from a durable quorum queue, acknowledging each,
//! through every restart of the broker.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use xabar_events::{EventKey, State};

/// What one outcome said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub id: String,
    pub state: State,
    pub reason: Option<String>,
    /// The newer event that went instead of it.
    pub by: Option<String>,
    pub attempts: u64,
    pub repeats: u64,
    pub traceparent: Option<String>,
}

/// Everything told of one event, by sequence.
pub type Story = BTreeMap<u64, Told>;

/// All outcomes so far.
#[derive(Debug, Default)]
pub struct Heard {
    pub stories: BTreeMap<(String, String), Story>,
    /// Outcomes that came more than once, as they may.
    pub twice: usize,
    /// Events that have their end.
    pub ended: usize,
}

impl Heard {
    pub fn story(&self, key: &EventKey) -> Option<&Story> {
        let key = (key.agency.name().to_owned(), key.id.as_str().to_owned());
        self.stories.get(&key)
    }

    fn note(&mut self, body: &[u8], routing_key: &str) {
        let outcome: Value = serde_json::from_slice(body).expect("outcomes are JSON");
        let data = &outcome["data"];
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let source = text(&data["event"]["source"]);
        let agency = source
            .strip_prefix("/agencies/")
            .expect("an agency")
            .to_owned();
        let state = text(&data["state"]);
        assert_eq!(routing_key, format!("{agency}.{state}"));
        let told = Told {
            id: text(&outcome["id"]),
            state: *State::ALL
                .iter()
                .find(|known| known.to_string() == state)
                .expect("a state of the contract"),
            reason: data["reason"].as_str().map(str::to_owned),
            by: data["by"].as_str().map(str::to_owned),
            attempts: data["attempts"].as_u64().expect("a number"),
            repeats: data["repeats"].as_u64().expect("a number"),
            traceparent: outcome["traceparent"].as_str().map(str::to_owned),
        };
        let sequence = data["sequence"].as_u64().expect("a number");
        let ends = told.state.is_terminal();
        let story = self
            .stories
            .entry((agency, text(&data["event"]["id"])))
            .or_default();
        let ended = story.values().any(|told| told.state.is_terminal());
        match story.insert(sequence, told.clone()) {
            Some(before) => {
                assert_eq!(before, told, "one sequence says two things");
                self.twice += 1;
            }
            None => self.ended += usize::from(ends && !ended),
        }
    }
}

/// A running reader of one queue.
pub struct Listener {
    heard: Arc<Mutex<Heard>>,
    reading: JoinHandle<()>,
}

impl Listener {
    /// Begins to read a queue that exists.
    pub fn start(url: String, queue: String) -> Self {
        let heard = Arc::default();
        let reading = tokio::spawn(read(url, queue, Arc::clone(&heard)));
        Self { heard, reading }
    }

    /// Looks at what was heard.
    pub fn look<T>(&self, look: impl FnOnce(&Heard) -> T) -> T {
        assert!(
            !self.reading.is_finished(),
            "an outcome was not as promised: see above"
        );
        look(&self.heard.lock().unwrap())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

async fn read(url: String, queue: String, heard: Arc<Mutex<Heard>>) {
    loop {
        // While the broker is down, it is asked again.
        read_until_cut(&url, &queue, &heard).await.ok();
        sleep(Duration::from_millis(200)).await;
    }
}

async fn read_until_cut(url: &str, queue: &str, heard: &Mutex<Heard>) -> lapin::Result<()> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel.basic_qos(500, BasicQosOptions::default()).await?;
    let options = BasicConsumeOptions::default();
    let mut outcomes = channel
        .basic_consume(queue.into(), "".into(), options, FieldTable::default())
        .await?;
    while let Some(outcome) = outcomes.next().await {
        let outcome = outcome?;
        heard
            .lock()
            .unwrap()
            .note(&outcome.data, outcome.routing_key.as_str());
        outcome.ack(BasicAckOptions::default()).await?;
    }
    Ok(())
}
