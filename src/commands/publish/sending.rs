//! Puts events on the wire in bursts, and waits for what the broker says of each.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use lapin::types::ShortString;
use lapin::{Channel, Confirmation, PublisherConfirm};
use tokio::sync::mpsc;

use super::Failure;
use super::events::{Invalid, Origin};
use crate::broker::{self, Publication};
use crate::clock::Clock;
use crate::intake::amqp::{Source, ensure_topology};

/// The most events that are begun at once.
const BURST: usize = 500;
/// The most bursts whose confirmations are awaited.
const BURSTS_UNDER_WAY: usize = 8;

/// What became of the events.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) published: u64,
    /// A queue has them.
    pub(super) confirmed: u64,
    pub(super) nacked: u64,
    /// No queue was bound for them.
    pub(super) unrouted: u64,
    /// Lines that were not published.
    pub(super) invalid: u64,
    /// From the first burst to the last confirmation.
    pub(super) took: Duration,
}

impl Tally {
    pub(super) fn is_complete(&self) -> bool {
        self.confirmed == self.published && self.invalid == 0
    }

    fn count(&mut self, confirmation: &Confirmation) {
        match confirmation {
            Confirmation::Ack(None) | Confirmation::NotRequested => self.confirmed += 1,
            Confirmation::Ack(Some(_)) => self.unrouted += 1,
            Confirmation::Nack(_) => self.nacked += 1,
        }
    }
}

/// How events are published.
#[derive(Clone, Copy, Debug)]
pub(super) struct How {
    /// At most so many a second.
    pub(super) rate: Option<u32>,
    /// Whether each says by whose login it was published.
    pub(super) names_user: bool,
}

/// Publishes everything from `origin`.
pub(super) async fn publish(
    source: &Source,
    origin: Origin,
    how: How,
    clock: &Clock,
) -> Result<Tally, Failure> {
    let connection = source.connect("publish").await.map_err(Failure::because)?;
    let ready = async {
        ensure_topology(&connection, source).await?;
        broker::confirming_channel(&connection).await
    };
    let channel = ready
        .await
        .map_err(|error| Failure::caused("cannot prepare the exchange", error))?;
    let progress = progress(origin.count());
    let mut sending = Sending {
        channel,
        exchange: source.exchange().clone(),
        user: how
            .names_user
            .then(|| connection.status().username().into()),
        under_way: VecDeque::new(),
        tally: Tally::default(),
        progress,
    };
    let started = clock.now().instant;
    let sent = sending.all(read(origin), how.rate, clock).await;
    sending.tally.took = clock.now().instant.saturating_duration_since(started);
    sending.progress.finish_and_clear();
    let tally = sending.tally;
    broker::close(connection).await;
    match sent {
        Ok(()) => Ok(tally),
        Err(error) => Err(Failure::caused(lost(&tally), error)),
    }
}

fn lost(tally: &Tally) -> String {
    let Tally {
        published,
        confirmed,
        ..
    } = tally;
    format!(
        "the broker was lost after {confirmed} confirmed events; {} more may have arrived",
        published.saturating_sub(*confirmed)
    )
}

/// Reads on a thread of its own, since a file or a pipe may be slow; at most two bursts ahead.
fn read(origin: Origin) -> mpsc::Receiver<Result<Publication, Invalid>> {
    let (events, read) = mpsc::channel(2 * BURST);
    tokio::task::spawn_blocking(move || {
        for event in origin.events() {
            if events.blocking_send(event).is_err() {
                break;
            }
        }
    });
    read
}

struct Sending {
    channel: Channel,
    exchange: ShortString,
    /// Whose login it is; the broker refuses any other name.
    user: Option<ShortString>,
    under_way: VecDeque<Vec<PublisherConfirm>>,
    tally: Tally,
    progress: ProgressBar,
}

impl Sending {
    async fn all(
        &mut self,
        mut events: mpsc::Receiver<Result<Publication, Invalid>>,
        rate: Option<u32>,
        clock: &Clock,
    ) -> lapin::Result<()> {
        let started = clock.now().instant;
        let mut read = Vec::new();
        loop {
            let most = self.allowance(rate, started, clock).await;
            if events.recv_many(&mut read, most).await == 0 {
                break;
            }
            let burst = self.valid(read.drain(..));
            self.send(burst).await?;
        }
        while let Some(burst) = self.under_way.pop_front() {
            self.settle(burst).await?;
        }
        Ok(())
    }

    /// How many may be sent now; waits until it is one at least.
    async fn allowance(&self, rate: Option<u32>, started: Instant, clock: &Clock) -> usize {
        let Some(rate) = rate else { return BURST };
        loop {
            let elapsed = clock.now().instant.saturating_duration_since(started);
            let allowed = allowed(elapsed, rate).saturating_sub(self.tally.published);
            if allowed > 0 {
                return usize::try_from(allowed).unwrap_or(BURST).min(BURST);
            }
            tokio::time::sleep(Duration::from_secs(1) / rate.min(1000)).await;
        }
    }

    fn valid(
        &mut self,
        read: impl Iterator<Item = Result<Publication, Invalid>>,
    ) -> Vec<Publication> {
        let mut burst = Vec::with_capacity(BURST);
        for event in read {
            match event {
                Ok(event) => burst.push(self.signed(event)),
                Err(Invalid(why)) => {
                    self.tally.invalid += 1;
                    self.progress
                        .suspend(|| anstream::eprintln!("xabar: {why}"));
                }
            }
        }
        burst
    }

    fn signed(&self, mut event: Publication) -> Publication {
        if let Some(user) = &self.user {
            event.properties = event.properties.with_user_id(user.clone());
        }
        event
    }

    async fn send(&mut self, burst: Vec<Publication>) -> lapin::Result<()> {
        self.tally.published += burst.len() as u64;
        let confirms = broker::publish(&self.channel, &self.exchange, &burst).await?;
        self.under_way.push_back(confirms);
        if self.under_way.len() > BURSTS_UNDER_WAY
            && let Some(oldest) = self.under_way.pop_front()
        {
            self.settle(oldest).await?;
        }
        Ok(())
    }

    async fn settle(&mut self, burst: Vec<PublisherConfirm>) -> lapin::Result<()> {
        let number = burst.len() as u64;
        for confirm in burst {
            self.tally.count(&confirm.await?);
        }
        self.progress.inc(number);
        Ok(())
    }
}

/// How many events a second of `rate` make so far, the first one at once.
fn allowed(elapsed: Duration, rate: u32) -> u64 {
    let due = elapsed.as_micros() * u128::from(rate) / 1_000_000;
    u64::try_from(due).unwrap_or(u64::MAX).saturating_add(1)
}

/// Shows itself on terminals only.
fn progress(count: Option<u64>) -> ProgressBar {
    let (bar, template) = match count {
        Some(count) => (
            ProgressBar::new(count),
            "{bar:40} {human_pos} of {human_len}  {per_sec}  {eta} left",
        ),
        None => (
            ProgressBar::new_spinner(),
            "{spinner} {human_pos} events  {per_sec}",
        ),
    };
    bar.with_style(ProgressStyle::with_template(template).expect("the templates are well-formed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_allows_its_share_of_every_moment() {
        assert_eq!(allowed(Duration::ZERO, 50), 1);
        assert_eq!(allowed(Duration::from_millis(19), 50), 1);
        assert_eq!(allowed(Duration::from_millis(20), 50), 2);
        assert_eq!(allowed(Duration::from_secs(60), 50), 3001);
    }
}
