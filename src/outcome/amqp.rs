//! Outcomes to RabbitMQ, in bursts, each confirmed.

use std::time::Duration;

use futures_util::{StreamExt, future::BoxFuture, stream::FuturesOrdered};
use lapin::{Channel, Connection, PublisherConfirm, message::BasicReturnMessage};
use tokio::{sync::mpsc, time};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    Exchange, Shown, Wording, bundle,
    ledger::{Burst, Ledger},
    unrouted::Unrouted,
};
use crate::{
    broker::{self, Link, Publication, Settled},
    clock::instant,
    journal::Outgoing,
};

/// Publishes until there are no more runs, or `stop` comes.
pub(super) async fn publish(
    exchange: Exchange,
    wording: Wording,
    runs: mpsc::Receiver<Vec<Outgoing>>,
    published: mpsc::Sender<u64>,
    shown: Shown,
    stop: CancellationToken,
) {
    let Shown { state, unrouted } = shown;
    let mut link = Link::new(exchange.brokers.clone(), "outcomes", state, stop.clone());
    let mut desk = Desk {
        exchange,
        wording,
        runs,
        published,
        ledger: Ledger::default(),
        unrouted: Unrouted::new(unrouted),
    };
    while let Some(connection) = link.connect().await {
        let end = tokio::select! {
            end = desk.publish_over(&connection, &mut link) => end,
            () = stop.cancelled() => Ok(()),
        };
        broker::close(connection).await;
        match end {
            Ok(()) => break,
            Err(why) => link.failed(&broker::why(&why)),
        }
    }
    info!(
        all = desk.ledger.is_empty(),
        "no more outcomes are published"
    );
}

/// What outlives a connection.
struct Desk {
    exchange: Exchange,
    wording: Wording,
    runs: mpsc::Receiver<Vec<Outgoing>>,
    published: mpsc::Sender<u64>,
    ledger: Ledger,
    unrouted: Unrouted,
}

/// The messages of a burst that came back, once all of it is confirmed.
type Confirmed = BoxFuture<'static, lapin::Result<Vec<BasicReturnMessage>>>;

/// The most outcomes of a burst, if more wait.
pub(crate) const BURST: usize = 1000;

/// How long to wait before publishing again what the broker could not take.
const RETRY: Duration = Duration::from_secs(1);

impl Desk {
    async fn publish_over(
        &mut self,
        connection: &Connection,
        link: &mut Link,
    ) -> lapin::Result<()> {
        broker::ensure_topic_exchange(connection, &self.exchange.name).await?;
        let channel = broker::confirming_channel(connection).await?;
        let mut confirming = FuturesOrdered::new();
        for burst in self.ledger.unconfirmed() {
            confirming.push_back(self.begin(&channel, burst).await?);
        }
        link.works();
        loop {
            tokio::select! {
                biased;
                Some(returned) = confirming.next() => {
                    if self.confirmed(returned?).await.is_err() {
                        return Ok(());
                    }
                }
                run = self.runs.recv(), if self.ledger.has_room() => match run {
                    Some(run) => {
                        let burst = self.burst(run);
                        self.ledger.push(burst.clone());
                        confirming.push_back(self.begin(&channel, &burst).await?);
                    }
                    None if confirming.is_empty() => return Ok(()),
                    // The last confirmations are still to come; `recv` would say the same at once.
                    None => self.finish(&mut confirming).await?,
                },
            }
        }
    }

    /// What came meanwhile goes along: the busier, the larger the bursts.
    fn burst(&mut self, mut run: Vec<Outgoing>) -> Burst {
        while run.len() < BURST {
            match self.runs.try_recv() {
                Ok(more) => run.extend(more),
                Err(_) => break,
            }
        }
        let last = run
            .last()
            .map(|outgoing| outgoing.number)
            .unwrap_or_default();
        Burst {
            last,
            messages: bundle::messages(&run, &self.wording, self.exchange.batch).into(),
        }
    }

    /// Writes a burst; what it returns waits until all of it is confirmed.
    async fn begin(&self, channel: &Channel, burst: &Burst) -> lapin::Result<Confirmed> {
        let exchange = self.exchange.name.clone();
        let begun = broker::publish(channel, &exchange, burst.messages.iter()).await?;
        let (channel, burst) = (channel.clone(), burst.clone());
        Ok(Box::pin(async move {
            let (mut returned, mut refused) = sort(&burst.messages, begun).await?;
            while !refused.is_empty() {
                warn!(
                    count = refused.len(),
                    "the broker did not take some outcomes; they are published again"
                );
                time::sleep(RETRY).await;
                let begun = broker::publish(&channel, &exchange, &refused).await?;
                let (more, left) = sort(&refused, begun).await?;
                returned.extend(more);
                refused = left;
            }
            Ok(returned)
        }))
    }

    /// Notes that the oldest burst is confirmed, and passes the word; fails if nobody listens.
    async fn confirmed(
        &mut self,
        returned: Vec<BasicReturnMessage>,
    ) -> Result<(), mpsc::error::SendError<u64>> {
        for message in &returned {
            self.unrouted.note(message, instant().into());
        }
        match self.ledger.confirm_oldest() {
            Some(last) => self.published.send(last).await,
            None => Ok(()),
        }
    }

    async fn finish(&mut self, confirming: &mut FuturesOrdered<Confirmed>) -> lapin::Result<()> {
        while let Some(returned) = confirming.next().await {
            // If nobody listens any more, it is published all the same.
            self.confirmed(returned?).await.ok();
        }
        Ok(())
    }
}

/// Waits for all confirmations: what came back, and what the broker refused.
async fn sort(
    messages: &[Publication],
    begun: Vec<PublisherConfirm>,
) -> lapin::Result<(Vec<BasicReturnMessage>, Vec<Publication>)> {
    let Settled { taken, returned } = broker::settle(begun).await?;
    let refused = messages.iter().zip(taken).filter(|(_, taken)| !taken);
    let refused = refused.map(|(message, _)| message.clone()).collect();
    Ok((returned, refused))
}
