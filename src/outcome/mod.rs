//! Tells agencies what happened.
//!
//! In: outcomes as they are committed, or from the journal's outbox where some were missed. Out:
//! AMQP messages with confirms, in order and at least once, and the number up to which all are
//! published, which the pipeline commits.

mod amqp;
mod bundle;
mod follow;
mod ledger;
mod unrouted;
mod wording;

use std::collections::BTreeMap;

use lapin::types::{ShortString, ShortStringError};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use xabar_events::Outcome;

pub(crate) use amqp::BURST;
pub use bundle::messages;
pub(crate) use ledger::BURSTS_UNDER_WAY;
pub use wording::Wording;

use crate::{
    broker::{BrokerState, Brokers},
    journal::{Outgoing, Reader},
};

/// What the pipeline and the journal tell of outcomes.
pub struct Feed {
    /// What each commit made, in order. What does not fit in here may be left out: the
    /// gap is noticed by its numbers, and read from the journal.
    pub fresh: mpsc::Receiver<Vec<Outgoing>>,
    /// The number of the last committed outcome. To be set after sending to `fresh`; when it is
    /// dropped, what is committed by then is published, and that is the end.
    pub committed: watch::Receiver<u64>,
    /// Reads the outbox, on a thread where it may block.
    pub reader: Box<dyn Reader>,
    pub wording: Wording,
}

/// Where outcomes go.
#[derive(Debug)]
pub enum Sink {
    /// To the outcome exchange.
    Amqp(Exchange),
    /// To somebody in this process, such as the console of the demo. While it is full,
    /// outcomes wait; once it is dropped, they go nowhere.
    Channel(mpsc::Sender<Vec<Outcome<'static>>>),
    /// Nowhere: they count as published.
    Nowhere,
}

/// The exchange that outcomes are published to.
#[derive(Clone, Debug)]
pub struct Exchange {
    brokers: Brokers,
    name: ShortString,
    batch: usize,
}

impl Exchange {
    /// With a `batch` above 1, up to that many outcomes of an agency go in one message.
    /// Fails on a name of more than 255 octets, which AMQP does not have.
    pub fn new(brokers: Brokers, name: &str, batch: usize) -> Result<Self, ShortStringError> {
        Ok(Self {
            brokers,
            name: ShortString::try_new(name)?,
            batch: batch.max(1),
        })
    }
}

/// What the room shows of itself.
#[derive(Clone, Debug)]
pub struct Shown {
    pub state: watch::Sender<BrokerState>,
    /// How many outcomes no queue took, by agency.
    pub unrouted: watch::Sender<BTreeMap<Box<str>, u64>>,
}

impl Default for Shown {
    fn default() -> Self {
        let state = watch::Sender::new(BrokerState::default());
        Self {
            state,
            unrouted: watch::Sender::new(BTreeMap::new()),
        }
    }
}

/// Publishes until the feed ends or `stop` comes. After each confirmed run, sends the number up
/// to which all are published; the room waits while that channel is full.
///
/// What is not confirmed when `stop` comes is published again at the next start.
pub async fn run(
    sink: Sink,
    feed: Feed,
    published: mpsc::Sender<u64>,
    shown: Shown,
    stop: CancellationToken,
) {
    // A run is at most `follow::RUN` outcomes, so this holds a few thousand.
    let (runs, coming) = mpsc::channel(4);
    let wording = feed.wording.clone();
    let follow = tokio::spawn(follow::follow(feed, runs, stop.clone()));
    match sink {
        Sink::Amqp(exchange) => {
            amqp::publish(exchange, wording, coming, published, shown, stop).await;
        }
        Sink::Channel(observer) => {
            hand_over(Some(observer), &wording, coming, published, shown).await;
        }
        Sink::Nowhere => hand_over(None, &wording, coming, published, shown).await,
    }
    follow.abort();
}

async fn hand_over(
    mut observer: Option<mpsc::Sender<Vec<Outcome<'static>>>>,
    wording: &Wording,
    mut runs: mpsc::Receiver<Vec<Outgoing>>,
    published: mpsc::Sender<u64>,
    shown: Shown,
) {
    shown.state.send_replace(BrokerState::Ready);
    while let Some(run) = runs.recv().await {
        let Some(last) = run.last().map(|outgoing| outgoing.number) else {
            continue;
        };
        if let Some(listening) = &observer {
            let outcomes = run.iter().map(|outgoing| wording.outcome(outgoing));
            let outcomes = outcomes.map(Outcome::into_owned).collect();
            if listening.send(outcomes).await.is_err() {
                observer = None;
            }
        }
        if published.send(last).await.is_err() {
            return;
        }
    }
}
