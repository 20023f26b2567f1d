//! Where refused events go: to the dead-letter exchange, or nowhere else.
//!
//! They are published over a connection of their own, mandatory and confirmed, and again until a
//! queue has them; only then are they acknowledged. The connection is made at the first.

mod letter;

use lapin::{Channel, Connection};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};
use xabar_events::RejectReason;

use super::super::{Refusals, Way};
use super::{Source, consumer::Ended, topology};
use crate::broker::{self, BrokerState, Link, Settled};
pub(super) use letter::Rejected;

/// The way to the dead-letter exchange; it closes with its last clone.
#[derive(Clone)]
pub(super) struct DeadLetters {
    /// Bounded: while it is full, the chunks that bring refused events wait.
    requests: mpsc::Sender<Request>,
}

struct Request {
    rejected: Vec<Rejected>,
    /// If nobody waits for it any more, its deliveries went back to the queue.
    done: oneshot::Sender<()>,
}

impl DeadLetters {
    pub(super) fn start(source: Source, refusals: Refusals) -> Self {
        let (requests, mut queue) = mpsc::channel(16);
        tokio::spawn(async move {
            let mut outlet = Outlet::new(source, refusals);
            while let Some(request) = queue.recv().await {
                outlet.serve(request).await;
            }
            outlet.close().await;
        });
        Self { requests }
    }

    /// Returns once every one of them is in a queue.
    pub(super) async fn publish(&self, rejected: Vec<Rejected>) -> Result<(), Ended> {
        let (done, published) = oneshot::channel();
        let request = Request { rejected, done };
        self.requests
            .send(request)
            .await
            .map_err(|_| Ended::GivenUp)?;
        published.await.map_err(|_| Ended::GivenUp)
    }
}

struct Outlet {
    source: Source,
    refusals: Refusals,
    link: Link,
    open: Option<(Connection, Channel)>,
}

/// Why refused events are not safe yet.
#[derive(Debug, thiserror::Error)]
enum Unsafe {
    #[error("{}", broker::why(.0))]
    Broker(#[from] lapin::Error),
    #[error("no queue took {0} refused events, or none could; they are published again")]
    NotTaken(usize),
}

impl Outlet {
    fn new(source: Source, refusals: Refusals) -> Self {
        // Whoever uses it gives up by itself, so it need not be told to stop; and what
        // it waits for holds up the intake, whose state is the one that is shown.
        let (state, stop) = (
            watch::Sender::new(BrokerState::default()),
            CancellationToken::new(),
        );
        let link = Link::new(source.brokers.clone(), "dead letters", state, stop);
        Self {
            source,
            refusals,
            link,
            open: None,
        }
    }

    async fn serve(&mut self, request: Request) {
        let Request {
            mut rejected,
            mut done,
        } = request;
        if let Some(first) = rejected.first() {
            let (reason, detail) = (first.reason(), first.detail());
            warn!(count = rejected.len(), %reason, detail, "events refused; the first one's reason is told");
        }
        let reasons: Vec<RejectReason> = rejected.iter().map(Rejected::reason).collect();
        let published = tokio::select! {
            () = self.until_taken(&mut rejected) => done.send(()).is_ok(),
            () = done.closed() => false,
        };
        if published {
            for reason in reasons {
                self.refusals.count(Way::Amqp, reason);
            }
        } else {
            // What was begun may still be returned or confirmed; not to whoever comes next.
            self.close().await;
        }
    }

    async fn until_taken(&mut self, rejected: &mut Vec<Rejected>) {
        while !rejected.is_empty() {
            match self.try_publish(rejected).await {
                Ok(()) => self.link.works(),
                Err(why) => {
                    self.link.failed(&why.to_string());
                    self.close().await;
                }
            }
        }
    }

    /// Publishes all of them in one burst, and leaves those that were not taken.
    async fn try_publish(&mut self, rejected: &mut Vec<Rejected>) -> Result<(), Unsafe> {
        let Some(channel) = self.channel().await? else {
            return Ok(());
        };
        let exchange = self.source.dead_letter_exchange.clone();
        let burst = rejected.iter().map(Rejected::publication);
        let begun = broker::publish(&channel, &exchange, burst).await?;
        let Settled { taken, returned } = broker::settle(begun).await?;
        letter::keep_not_taken(rejected, &taken, &returned);
        match rejected.len() {
            0 => Ok(()),
            count => Err(Unsafe::NotTaken(count)),
        }
    }

    /// A channel that confirms; `None` if told to stop. The queue is looked after each time,
    /// in case somebody deleted it.
    async fn channel(&mut self) -> Result<Option<Channel>, Unsafe> {
        if let Some((connection, channel)) = &self.open
            && connection.status().connected()
            && channel.status().connected()
        {
            return Ok(Some(channel.clone()));
        }
        let Some(connection) = self.link.connect().await else {
            return Ok(None);
        };
        topology::ensure_dead_letters(&connection, &self.source).await?;
        let channel = broker::confirming_channel(&connection).await?;
        debug!("the way to the dead-letter exchange is open");
        self.open = Some((connection, channel.clone()));
        Ok(Some(channel))
    }

    async fn close(&mut self) {
        if let Some((connection, _)) = self.open.take() {
            broker::close(connection).await;
        }
    }
}
