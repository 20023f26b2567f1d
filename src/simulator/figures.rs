//! What the SMSC has counted.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use xabar_smpp::Status;

/// A reading of all counters.
///
/// `submits` = `accepted` + all of `refused`. `deliveries.planned` = `acked` + `refused` + `dropped`
/// + `pending`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Seconds since the start.
    pub seconds: f64,
    /// Sessions bound now.
    pub sessions: usize,
    pub binds: u64,
    pub binds_refused: u64,
    /// Messages that came, whatever the answer.
    pub submits: u64,
    pub accepted: u64,
    /// Messages refused, by the name of the status.
    pub refused: BTreeMap<String, u64>,
    /// Of them, above the TPS cap.
    pub throttled: u64,
    /// Messages left without an answer on purpose.
    pub unanswered: u64,
    /// `query_sm` that came, whatever the answer.
    pub queries: u64,
    /// Most requests of one session that awaited an answer at once.
    pub in_flight_max: usize,
    pub deliveries: Deliveries,
    /// Connections cut by the SMSC.
    pub disconnects: u64,
    /// What peers did against the protocol, and screens that name no dialogue of their phone.
    pub faults: u64,
    /// Messages a second that came, over the last five seconds.
    pub rate: f64,
    /// Messages in the busiest second by the clock.
    pub rate_max: u64,
}

/// Receipts, and messages from phones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Deliveries {
    /// Made so far; those "lost" by the behaviour do not count.
    pub planned: u64,
    /// deliver_sm sent, repeats included.
    pub sent: u64,
    /// Accepted by an ESME.
    pub acked: u64,
    /// Refused by an ESME for good.
    pub refused: u64,
    /// Could not be written as a deliver_sm.
    pub dropped: u64,
    /// Sent again: refused for now, not answered in time, or the connection broke.
    pub repeated: u64,
    /// Not yet acknowledged.
    pub pending: usize,
}

/// The counters themselves.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) figures: Figures,
    refused: BTreeMap<Status, u64>,
    rate: Rate,
}

impl Counters {
    pub(super) fn submitted(&mut self, elapsed: Duration, status: Status) {
        self.figures.submits += 1;
        self.rate.count(elapsed);
        if status.is_ok() {
            self.figures.accepted += 1;
        } else {
            *self.refused.entry(status).or_default() += 1;
        }
    }

    pub(super) fn read(&self, elapsed: Duration) -> Figures {
        let by_name = |(status, count): (&Status, &u64)| (status.to_string(), *count);
        Figures {
            seconds: elapsed.as_secs_f64(),
            refused: self.refused.iter().map(by_name).collect(),
            rate: self.rate.over_last_seconds(elapsed),
            rate_max: self.rate.busiest,
            ..self.figures.clone()
        }
    }
}

/// Counts by the second.
#[derive(Debug, Default)]
struct Rate {
    /// The count of each of the last seconds, at its number modulo their number.
    seconds: [u64; KEPT],
    /// The number of the second that counts now.
    current: u64,
    busiest: u64,
}

const KEPT: usize = 6;
const OVER: u64 = 5;

impl Rate {
    fn count(&mut self, elapsed: Duration) {
        let second = elapsed.as_secs();
        self.pass_to(second);
        if let Some(count) = self.seconds.get_mut(place(second)) {
            *count += 1;
            self.busiest = self.busiest.max(*count);
        }
    }

    /// Clears the seconds in which nothing came.
    fn pass_to(&mut self, second: u64) {
        let from = (self.current + 1).max(second.saturating_sub(OVER));
        for passed in from..=second {
            if let Some(count) = self.seconds.get_mut(place(passed)) {
                *count = 0;
            }
        }
        self.current = self.current.max(second);
    }

    /// Of the whole seconds before this one, or of this one if it is the first.
    fn over_last_seconds(&self, elapsed: Duration) -> f64 {
        let now = elapsed.as_secs();
        let (from, to) = match now {
            0 => (0, 1),
            _ => (now.saturating_sub(OVER), now),
        };
        let known = |second: u64| second <= self.current && self.current - second <= OVER;
        let counts = (from..to).filter(|second| known(*second));
        let sum: u64 = counts
            .filter_map(|second| self.seconds.get(place(second)))
            .sum();
        sum as f64 / (to - from) as f64
    }
}

fn place(second: u64) -> usize {
    usize::try_from(second).unwrap_or(0) % KEPT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_whole_seconds() {
        let mut rate = Rate::default();
        let millis = Duration::from_millis;
        for at in 0..10_000 {
            rate.count(millis(at));
        }
        assert_eq!(rate.over_last_seconds(millis(10_000)), 1_000.0);
        assert_eq!(rate.busiest, 1_000);
        assert_eq!(rate.over_last_seconds(millis(12_500)), 600.0);
        assert_eq!(rate.over_last_seconds(millis(60_000)), 0.0);
        rate.count(millis(60_000));
        assert_eq!(rate.over_last_seconds(millis(61_000)), 0.2);
    }
}
