//! What a run goes over at the broker: exchanges and queues of its own, deleted at the end.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lapin::options::{ExchangeDeleteOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, Connection};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::Failure;
use crate::broker::{self, Brokers, Queue};
use crate::intake::amqp::{Source, ensure_topology};

/// The broker's side of a run.
pub(super) struct Stage {
    /// `None` once it is closed.
    connection: Option<Connection>,
    brokers: Brokers,
    channel: Channel,
    pub(super) names: Names,
    /// [`cleared`] waits for it.
    _left: TaskTrackerToken,
}

/// What our connections are for.
const PURPOSE: &str = "bench";

/// What no other run has.
#[derive(Clone, Debug)]
pub(super) struct Names {
    pub(super) exchange: ShortString,
    pub(super) queue: ShortString,
    /// An exchange, and the queue bound to it.
    pub(super) rejected: ShortString,
    /// An exchange, and the queue bound to it.
    pub(super) outcomes: ShortString,
}

/// Deletes what belonged to runs that were broken off.
static LEFT: LazyLock<TaskTracker> = LazyLock::new(TaskTracker::new);

/// Waits until nothing is left at the broker of runs that were broken off.
pub(super) async fn cleared() {
    LEFT.close();
    // A broker that is gone, too, has nothing of ours.
    drop(tokio::time::timeout(Duration::from_secs(5), LEFT.wait()).await);
}

impl Stage {
    /// Connects, and makes the exchanges and queues as the gateway would, and a durable quorum
    /// queue for the outcomes.
    pub(super) async fn open(url: &str) -> Result<Self, Failure> {
        // Whoever breaks it off half-way has all that is made deleted too.
        let made = LEFT.spawn(Self::make(url.to_owned(), LEFT.token()));
        match made.await {
            Ok(made) => made,
            Err(error) => Err(Failure::caused("cannot prepare a run", error)),
        }
    }

    async fn make(url: String, left: TaskTrackerToken) -> Result<Self, Failure> {
        let brokers =
            Brokers::parse([url.as_str()]).map_err(|error| Failure::Usage(error.to_string()))?;
        let names = Names::new();
        let connection = broker::connect_once(&brokers, PURPOSE)
            .await
            .map_err(Failure::because)?;
        let source = Source::new(
            brokers.clone(),
            names.exchange.as_str(),
            names.queue.as_str(),
            &["application.status.#".to_owned()],
            1,
            names.rejected.as_str(),
        );
        let source = source.map_err(|error| Failure::because(error.to_string()))?;
        let made = async {
            ensure_topology(&connection, &source).await?;
            broker::ensure_topic_exchange(&connection, &names.outcomes).await?;
            let mut arguments = FieldTable::default();
            let quorum = AMQPValue::LongString("quorum".into());
            arguments.insert("x-queue-type".into(), quorum);
            let outcomes = Queue {
                name: &names.outcomes,
                arguments,
                exchange: &names.outcomes,
                binding: &["#".into()],
            };
            broker::ensure_bound_queue(&connection, outcomes).await?;
            connection.create_channel().await
        };
        let channel = made.await.map_err(failed)?;
        Ok(Self {
            connection: Some(connection),
            brokers,
            channel,
            names,
            _left: left,
        })
    }

    /// A channel for publishing.
    pub(super) async fn confirming_channel(&self) -> Result<Channel, Failure> {
        let Some(connection) = &self.connection else {
            return Err(Failure::because("the connection to the broker is closed"));
        };
        broker::confirming_channel(connection).await.map_err(failed)
    }

    /// Whether the broker takes nothing more that is published.
    pub(super) fn is_blocked(&self) -> bool {
        let connection = self.connection.as_ref();
        connection.is_some_and(|it| it.status().blocked())
    }

    /// The channel for everything else.
    pub(super) fn channel(&self) -> &Channel {
        &self.channel
    }

    /// How many messages are ready in a queue.
    pub(super) async fn ready(&self, queue: &ShortString) -> Result<u64, Failure> {
        let options = QueueDeclareOptions {
            passive: true,
            ..Default::default()
        };
        let declared = self
            .channel
            .queue_declare(queue.clone(), options, FieldTable::default())
            .await;
        Ok(declared.map_err(failed)?.message_count().into())
    }

    /// Deletes what the run had.
    pub(super) async fn close(mut self) {
        if let Some(connection) = self.connection.take() {
            clear(connection, self.brokers.clone(), self.names.clone()).await;
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            LEFT.spawn(clear(connection, self.brokers.clone(), self.names.clone()));
        }
    }
}

impl Names {
    fn new() -> Self {
        static RUNS: AtomicU32 = AtomicU32::new(0);
        let (id, run) = (std::process::id(), RUNS.fetch_add(1, Ordering::Relaxed));
        let name = |what| ShortString::from(format!("xabar-bench-{id}-{run}.{what}"));
        Self {
            exchange: name("egov"),
            queue: name("events"),
            rejected: name("rejected"),
            outcomes: name("outcomes"),
        }
    }
}

/// Something went wrong between us and the broker.
pub(super) fn failed(error: lapin::Error) -> Failure {
    Failure::because(format!("the broker: {}", broker::why(&error)))
}

/// As far as it goes: what is left in a private broker goes with it. Over a connection of its own: of one that publishes a
/// broker reads nothing more that is short of disk or memory.
async fn clear(publishing: Connection, brokers: Brokers, names: Names) {
    let Ok(connection) = broker::connect_once(&brokers, PURPOSE).await else {
        return;
    };
    let deleted = async {
        let channel = connection.create_channel().await?;
        for queue in [&names.queue, &names.rejected, &names.outcomes] {
            let options = QueueDeleteOptions::default();
            channel.queue_delete(queue.clone(), options).await?;
        }
        for exchange in [&names.exchange, &names.rejected, &names.outcomes] {
            let options = ExchangeDeleteOptions::default();
            channel.exchange_delete(exchange.clone(), options).await?;
        }
        Ok::<_, lapin::Error>(())
    };
    deleted.await.ok();
    broker::close(connection).await;
    // A broker that reads nothing of it hears no farewell.
    if !publishing.status().blocked() {
        broker::close(publishing).await;
    }
}
