//! One consumer's life: it reads in chunks, passes them on, and acknowledges what is settled.

use std::time::Duration;

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use lapin::{
    Channel, Connection, Consumer,
    message::Delivery,
    options::{BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicQosOptions},
    types::FieldTable,
};
use tokio::{
    sync::{
        mpsc::{Permit, Sender},
        oneshot, watch,
    },
    time::{self, Instant},
};
use tokio_util::sync::CancellationToken;
use xabar_events::{Event, RejectReason};

use super::{
    Foreign, Publishers, Source,
    dead_letters::{DeadLetters, Rejected},
    ledger::{ChunkId, Ledger},
    queued, read, topology,
};
use crate::{
    broker::{self, Link},
    clock::instant,
    intake::{Batch, Door, Verdict},
};

/// Why a consumer ended before it was told to; everything un-acked goes back to the queue.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    #[error("{}", broker::why(.0))]
    Broker(#[from] lapin::Error),
    #[error("the queue was deleted, or moved to another node")]
    Cancelled,
    #[error("the journal took nothing for {} s; the events go back to the queue for a while", STUCK.as_secs())]
    Stuck,
    #[error("a batch was given up by the gateway")]
    GivenUp,
}

/// RabbitMQ closes a channel on which a delivery is un-acked for 30 minutes. Long before
/// that, what does not get on goes back, where another gateway may take it.
const STUCK: Duration = Duration::from_secs(60);

/// When told to stop: how long to wait for the batches under way.
const LINGER: Duration = Duration::from_secs(10);

/// The most deliveries read at once; fewer if they are large, for the journal has to take them in one piece.
pub(crate) const CHUNK: usize = 500;
const CHUNK_OCTETS: usize = 1 << 20;

/// Consumes until told to stop.
pub(super) async fn run(
    connection: &Connection,
    source: &Source,
    door: &Door,
    dead_letters: &DeadLetters,
    link: &mut Link,
    stop: &CancellationToken,
) -> Result<(), Ended> {
    topology::ensure(connection, source).await?;
    let channel = connection.create_channel().await?;
    channel
        .basic_qos(source.prefetch, BasicQosOptions::default())
        .await?;
    let (queue, options) = (source.queue.clone(), BasicConsumeOptions::default());
    let deliveries = channel
        .basic_consume(queue, TAG.into(), options, FieldTable::default())
        .await?;
    link.works();
    let mut reading = Reading {
        channel,
        deliveries,
        door,
        publishers: &source.publishers,
        foreign: source.foreign.as_ref(),
        dead_letters,
        ledger: Ledger::default(),
        waiting: None,
        under_way: FuturesUnordered::new(),
    };
    let asking = queued::ask(connection, source.queue.clone(), source.queued.clone()).await?;
    let failed = tokio::select! {
        ended = reading.until_it_fails() => Some(ended),
        () = stop.cancelled() => None,
    };
    asking.abort();
    match failed {
        Some(ended) => Err(ended),
        None => reading.finish().await,
    }
}

/// Names the consumer in RabbitMQ's management pages.
const TAG: &str = "xabar";

/// Waits for a delivery, and takes what others are there.
async fn next_chunk(deliveries: &mut Consumer) -> Result<Vec<Delivery>, Ended> {
    let first = deliveries.next().await.ok_or(Ended::Cancelled)??;
    let mut octets = first.data.len();
    let mut chunk = vec![first];
    while chunk.len() < CHUNK
        && octets < CHUNK_OCTETS
        && let Some(Some(next)) = deliveries.next().now_or_never()
    {
        let next = next?;
        octets += next.data.len();
        chunk.push(next);
    }
    Ok(chunk)
}

struct Reading<'a> {
    channel: Channel,
    deliveries: Consumer,
    door: &'a Door,
    publishers: &'a watch::Receiver<Publishers>,
    foreign: Option<&'a Sender<Foreign>>,
    dead_letters: &'a DeadLetters,
    ledger: Ledger,
    /// A chunk that the door has not let in yet. Until then nothing more is read.
    waiting: Option<Waiting>,
    /// Chunks that are not settled yet: at most as many as `prefetch`, which bounds what is read.
    under_way: FuturesUnordered<BoxFuture<'static, Result<ChunkId, Ended>>>,
}

struct Waiting {
    chunk: Chunk,
    read: std::time::Instant,
}

/// Deliveries read together, sorted into events and refused ones.
#[derive(Default)]
struct Chunk {
    last_tag: u64,
    /// As long are all deliveries together.
    octets: usize,
    events: Vec<Event>,
    rejected: Vec<Rejected>,
}

impl Reading<'_> {
    async fn until_it_fails(&mut self) -> Ended {
        loop {
            if let Err(ended) = self.step().await {
                return ended;
            }
        }
    }

    /// Waits for the first of: a chunk settled, a place behind the door, deliveries to read.
    async fn step(&mut self) -> Result<(), Ended> {
        let patience = self
            .waiting
            .as_ref()
            .map(|waiting| Instant::from(waiting.read) + STUCK);
        tokio::select! {
            biased;
            Some(settled) = self.under_way.next() => self.acknowledge(settled?).await,
            permit = self.door.reserve(), if patience.is_some() => {
                self.enter(permit.map_err(|_| Ended::GivenUp)?);
                Ok(())
            }
            () = time::sleep_until(patience.unwrap_or_else(|| instant().into())), if patience.is_some() => Err(Ended::Stuck),
            chunk = next_chunk(&mut self.deliveries), if patience.is_none() => self.sort(chunk?),
        }
    }

    fn sort(&mut self, deliveries: Vec<Delivery>) -> Result<(), Ended> {
        let mut chunk = Chunk::default();
        let publishers = self.publishers.borrow();
        for delivery in deliveries {
            chunk.add(delivery, &publishers, self.foreign);
        }
        drop(publishers);
        if chunk.events.is_empty() {
            self.follow(chunk, None);
        } else {
            self.waiting = Some(Waiting {
                chunk,
                read: instant(),
            });
        }
        Ok(())
    }

    /// Hands the waiting chunk's events through the door.
    fn enter(&mut self, permit: Permit<'_, Batch>) {
        if let Some(Waiting { mut chunk, read }) = self.waiting.take() {
            let (reply, answer) = oneshot::channel();
            let events = std::mem::take(&mut chunk.events);
            permit.send(Batch {
                octets: chunk.octets,
                read,
                ..Batch::new(events, reply)
            });
            self.follow(chunk, Some(answer));
        }
    }

    /// Sees to it that a chunk is settled: in the journal, and its refused ones safe.
    fn follow(&mut self, chunk: Chunk, answer: Option<oneshot::Receiver<Vec<Verdict>>>) {
        let id = self.ledger.open(chunk.last_tag);
        let dead_letters = (!chunk.rejected.is_empty()).then(|| self.dead_letters.clone());
        let settled = async move {
            let taken = async {
                match answer {
                    Some(answer) => answer.await.map(drop).map_err(|_| Ended::GivenUp),
                    None => Ok(()),
                }
            };
            let safe = async {
                match dead_letters {
                    Some(dead_letters) => dead_letters.publish(chunk.rejected).await,
                    None => Ok(()),
                }
            };
            let both = futures_util::future::try_join(taken, safe);
            time::timeout(STUCK, both)
                .await
                .unwrap_or(Err(Ended::Stuck))?;
            Ok(id)
        };
        self.under_way.push(settled.boxed());
    }

    /// Acknowledges what the settled chunks allow: those that are ready now in one go.
    async fn acknowledge(&mut self, settled: ChunkId) -> Result<(), Ended> {
        let mut up_to = self.ledger.settle(settled);
        let mut failed = Ok(());
        while let Some(Some(settled)) = self.under_way.next().now_or_never() {
            match settled {
                Ok(settled) => up_to = self.ledger.settle(settled).or(up_to),
                Err(ended) => failed = Err(ended),
            }
        }
        if let Some(tag) = up_to {
            self.channel
                .basic_ack(tag, BasicAckOptions { multiple: true })
                .await?;
        }
        failed
    }

    /// Reads no more, and waits a little for what is under way. What was read and is not
    /// behind the door goes back to the queue.
    async fn finish(mut self) -> Result<(), Ended> {
        // It may be closed already; then nothing comes any more either.
        drop(
            self.channel
                .basic_cancel(TAG.into(), BasicCancelOptions::default())
                .await,
        );
        let last = async {
            while let Some(settled) = self.under_way.next().await {
                self.acknowledge(settled?).await?;
            }
            Ok(())
        };
        let finished: Result<(), Ended> = time::timeout(LINGER, last).await.unwrap_or(Ok(()));
        let all = self.ledger.is_empty();
        tracing::debug!(all, "acknowledged what the journal has");
        // Told to stop, a failure is the end all the same, and nothing is lost by it.
        finished.or(Ok(()))
    }
}

impl Chunk {
    fn add(
        &mut self,
        delivery: Delivery,
        publishers: &Publishers,
        foreign: Option<&Sender<Foreign>>,
    ) {
        self.last_tag = delivery.delivery_tag;
        self.octets += delivery.data.len();
        let user = delivery.properties.user_id().as_ref();
        let user = user.map(|user| user.as_str());
        match read::event(&delivery).and_then(|event| publishers.admit(user, event)) {
            Ok(event) => self.events.push(event),
            Err(why) => {
                let foreign = foreign.filter(|_| why.reason == RejectReason::SourceNotAllowed);
                if let Some(foreign) = foreign {
                    let user = user.map(Into::into);
                    // Of a flood some do; all are counted, and come to the dead-letter exchange.
                    drop(foreign.try_send(Foreign { user }));
                }
                self.rejected.push(Rejected::new(delivery, why));
            }
        }
    }
}
