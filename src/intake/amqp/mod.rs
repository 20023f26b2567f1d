//! Events from RabbitMQ.
//!
//! In: deliveries of one queue. Out: [`Batch`](super::Batch)es through the [`Door`], and the
//! refused ones to the dead-letter exchange. A delivery is acknowledged only after its batch is in
//! the journal and every refused one before it is safe at the dead-letter exchange; whatever goes
//! wrong before that, the broker brings it again, and the journal knows it by its key.

mod consumer;
mod dead_letters;
mod ledger;
mod publishers;
mod queued;
mod read;
mod topology;

use lapin::types::{ShortString, ShortStringError};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::{Door, Refusals};
use crate::broker::{self, BrokerState, Brokers, Link};
pub(crate) use consumer::CHUNK;
use dead_letters::DeadLetters;
pub use publishers::{Foreign, Publishers};
pub use queued::Queued;
pub(crate) use topology::ensure as ensure_topology;

/// Where events come from, and where refused ones go.
#[derive(Clone, Debug)]
pub struct Source {
    brokers: Brokers,
    exchange: ShortString,
    queue: ShortString,
    binding: Vec<ShortString>,
    prefetch: u16,
    dead_letter_exchange: ShortString,
    publishers: watch::Receiver<Publishers>,
    /// Who wants to hear of those who publish for others.
    foreign: Option<mpsc::Sender<Foreign>>,
    queued: watch::Sender<Option<Queued>>,
}

impl Source {
    /// Fails on a name of more than 255 octets, which AMQP does not have.
    pub fn new(
        brokers: Brokers,
        exchange: &str,
        queue: &str,
        binding: &[String],
        prefetch: u16,
        dead_letter_exchange: &str,
    ) -> Result<Self, ShortStringError> {
        Ok(Self {
            brokers,
            exchange: ShortString::try_new(exchange)?,
            queue: ShortString::try_new(queue)?,
            binding: binding
                .iter()
                .map(ShortString::try_new)
                .collect::<Result<_, _>>()?,
            // 0 would mean without bound.
            prefetch: prefetch.max(1),
            dead_letter_exchange: ShortString::try_new(dead_letter_exchange)?,
            publishers: watch::channel(Publishers::default()).1,
            foreign: None,
            queued: watch::Sender::new(None),
        })
    }

    /// With these, as they are at the time, as the only ones who may publish.
    #[must_use]
    pub fn published_by(self, publishers: watch::Receiver<Publishers>) -> Self {
        Self { publishers, ..self }
    }

    /// Telling of those who publish for others. What finds no room is not told.
    #[must_use]
    pub fn telling(self, foreign: mpsc::Sender<Foreign>) -> Self {
        let foreign = Some(foreign);
        Self { foreign, ..self }
    }

    /// How many events wait in the queue; the last that is known, while there is no connection.
    pub fn queued(&self) -> watch::Receiver<Option<Queued>> {
        self.queued.subscribe()
    }

    /// Where agencies publish.
    pub(crate) fn exchange(&self) -> &ShortString {
        &self.exchange
    }

    /// A connection for those who do not wait for a broker to come back: to the first that
    /// answers, or else a sentence on each that did not.
    pub(crate) async fn connect(&self, purpose: &str) -> Result<lapin::Connection, String> {
        broker::connect_once(&self.brokers, purpose).await
    }
}

/// Takes events in until told to stop, through every failure of the broker.
///
/// When told to stop it waits a little for the batches under way and acknowledges what the
/// journal has; the rest goes back to the queue. Returns early only if the door is gone.
pub async fn run(
    source: Source,
    door: Door,
    refusals: Refusals,
    state: watch::Sender<BrokerState>,
    stop: CancellationToken,
) {
    let mut link = Link::new(source.brokers.clone(), "intake", state, stop.clone());
    let dead_letters = DeadLetters::start(source.clone(), refusals);
    while let Some(connection) = link.connect().await {
        let end = consumer::run(&connection, &source, &door, &dead_letters, &mut link, &stop).await;
        broker::close(connection).await;
        match end {
            Ok(()) => break,
            Err(_) if door.is_closed() => break,
            Err(why) => link.failed(&why.to_string()),
        }
    }
    info!("no more events are taken in from the broker");
}
