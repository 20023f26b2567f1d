//! What intake and outcome share of AMQP: reaching a broker, and coming back to it.
//!
//! A `Link` tries the brokers in turn for as long as it takes, and says in the log and in a
//! [`BrokerState`] why it still waits. What is done over the connection is not known here.

mod backoff;
mod brokers;
mod publish;
mod tls;
mod topology;

use std::{fmt, time::Duration};

use futures_util::StreamExt;
use lapin::uri::AMQPScheme;
use lapin::{Connection, ConnectionProperties, ErrorKind, Event};
use tokio::{sync::watch, time};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use backoff::Backoff;
pub use brokers::{BadUrl, Brokers};
pub use publish::Publication;
pub(crate) use publish::{Settled, confirming_channel, publish, settle};
pub(crate) use topology::{Queue, ensure_bound_queue, ensure_topic_exchange};

/// How far a room has come with its broker; `/readyz` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrokerState {
    /// Not yet, or no longer, and why.
    Waiting(String),
    /// Messages flow.
    Ready,
}

impl Default for BrokerState {
    fn default() -> Self {
        Self::Waiting("the first connection is being made".to_owned())
    }
}

impl fmt::Display for BrokerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting(why) => write!(f, "waiting for the broker: {why}"),
            Self::Ready => f.write_str("ready"),
        }
    }
}

/// Whether a line may be logged. The client library's own lines quote whole messages, with
/// numbers and texts; the rooms tell what matters of them.
pub fn may_be_logged(line: &tracing::Metadata<'_>) -> bool {
    !line.target().starts_with("lapin")
}

/// One room's way to the brokers.
pub(crate) struct Link {
    brokers: Brokers,
    /// What the connection is for: `intake`, `outcomes`. Shown in the log and by the broker.
    purpose: &'static str,
    state: watch::Sender<BrokerState>,
    stop: CancellationToken,
    backoff: Backoff,
    /// Whether to wait before the next attempt.
    failed: bool,
}

impl Link {
    pub(crate) fn new(
        brokers: Brokers,
        purpose: &'static str,
        state: watch::Sender<BrokerState>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            brokers,
            purpose,
            state,
            stop,
            backoff: Backoff::default(),
            failed: false,
        }
    }

    /// A connection, however long it takes; `None` if told to stop before.
    pub(crate) async fn connect(&mut self) -> Option<Connection> {
        let stop = self.stop.clone();
        tokio::select! {
            () = stop.cancelled() => None,
            connection = self.try_until_connected() => Some(connection),
        }
    }

    async fn try_until_connected(&mut self) -> Connection {
        loop {
            if std::mem::take(&mut self.failed) {
                time::sleep(self.backoff.pause()).await;
            }
            match connect(&self.brokers, self.purpose).await {
                Ok(connection) => {
                    info!(broker = %self.brokers, purpose = self.purpose, "connected to the broker");
                    tell_when_blocked(&connection, self.purpose);
                    return connection;
                }
                Err(why) => self.failed(&why),
            }
        }
    }

    /// Notes that this broker will not do; the next attempt waits a little and goes to the next.
    pub(crate) fn failed(&mut self, why: &str) {
        let next_try_s = (self.backoff.lengthen(random()).as_secs_f64() * 10.0).round() / 10.0;
        let (broker, purpose) = (self.brokers.to_string(), self.purpose);
        warn!(%broker, purpose, why, next_try_s, "the broker cannot be used for now");
        self.state
            .send_replace(BrokerState::Waiting(format!("{broker}: {why}")));
        self.brokers.turn();
        self.failed = true;
    }

    /// Notes that messages flow.
    pub(crate) fn works(&mut self) {
        self.backoff.reset();
        self.state.send_if_modified(|state| {
            std::mem::replace(state, BrokerState::Ready) != BrokerState::Ready
        });
    }
}

/// A connection to the first broker that answers, or a sentence on each that did not.
pub(crate) async fn connect_once(brokers: &Brokers, purpose: &str) -> Result<Connection, String> {
    let mut brokers = brokers.clone();
    let mut refusals = Vec::new();
    for _ in 0..brokers.count() {
        match connect(&brokers, purpose).await {
            Ok(connection) => return Ok(connection),
            Err(why) => refusals.push(format!("cannot connect to the broker at {brokers}: {why}")),
        }
        brokers.turn();
    }
    Err(refusals.join("; "))
}

/// Says goodbye, but not for longer than a broker in trouble deserves.
pub(crate) async fn close(connection: Connection) {
    let farewell = connection.close(200, "done".into());
    // Whatever it answers, the connection is over.
    drop(time::timeout(Duration::from_secs(5), farewell).await);
}

/// What went wrong, for people.
pub(crate) fn why(error: &lapin::Error) -> String {
    match error.kind() {
        ErrorKind::ProtocolError(error) => error.get_message().as_str().to_owned(),
        ErrorKind::IOError(error) => error.to_string(),
        // What was asked of it came too late.
        ErrorKind::InvalidChannelState(..) | ErrorKind::InvalidConnectionState(_) => {
            "the connection was cut".to_owned()
        }
        _ => error.to_string(),
    }
}

/// The AMQP code with which the broker refused, if it did.
fn refusal(error: &lapin::Error) -> Option<u16> {
    match error.kind() {
        ErrorKind::ProtocolError(error) => Some(error.get_id()),
        _ => None,
    }
}

const NOT_FOUND: u16 = 404;
const ACCESS_REFUSED: u16 = 403;
const PRECONDITION_FAILED: u16 = 406;
const NOT_ALLOWED: u16 = 530;

async fn connect(brokers: &Brokers, purpose: &str) -> Result<Connection, String> {
    let name = format!("xabar {purpose}");
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    let uri = brokers.current();
    let attempt = async {
        match uri.scheme {
            AMQPScheme::AMQP => Connection::connect_uri(uri, properties).await,
            AMQPScheme::AMQPS => tls::connect(uri, brokers.tls().clone(), properties).await,
        }
    };
    match time::timeout(CONNECT, attempt).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(why_not_connected(&error, brokers)),
        Err(_) => Err(format!("no answer within {} s", CONNECT.as_secs())),
    }
}

const CONNECT: Duration = Duration::from_secs(10);

/// What a person can do about it, where that is known.
fn why_not_connected(error: &lapin::Error, brokers: &Brokers) -> String {
    match refusal(error) {
        Some(ACCESS_REFUSED) => format!(
            "it refuses the user {:?}; check the user name and the password in the url",
            brokers.user(),
        ),
        Some(NOT_ALLOWED) => format!(
            "the virtual host {:?} does not exist, or the user {:?} has no permissions there",
            brokers.vhost(),
            brokers.user(),
        ),
        _ => why(error),
    }
}

/// A broker short of memory or disk lets publishers wait without an error.
fn tell_when_blocked(connection: &Connection, purpose: &'static str) {
    let mut events = Box::pin(connection.events_listener());
    tokio::spawn(async move {
        while let Some(event) = events.next().await {
            match event {
                Event::ConnectionBlocked(why) => {
                    warn!(purpose, why, "the broker takes no messages for now");
                }
                Event::ConnectionUnblocked => info!(purpose, "the broker takes messages again"),
                _ => {}
            }
        }
    });
}

fn random() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}
