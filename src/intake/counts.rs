//! How many events were refused, for metrics.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use xabar_events::RejectReason;

/// How an event came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Amqp,
    Http,
}

impl Way {
    const ALL: [Self; 2] = [Self::Amqp, Self::Http];

    /// As people name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Amqp => "amqp",
            Self::Http => "http",
        }
    }
}

/// Counts of refused events since the start: sources count, metrics read.
#[derive(Clone, Debug, Default)]
pub struct Refusals(Arc<[[AtomicU64; RejectReason::ALL.len()]; Way::ALL.len()]>);

impl Refusals {
    pub(crate) fn count(&self, way: Way, reason: RejectReason) {
        let mut all = self.counts();
        if let Some((.., count)) = all.find(|(its, why, _)| (*its, *why) == (way, reason)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Every way and reason, with how many came so.
    pub fn read(&self) -> impl Iterator<Item = (Way, RejectReason, u64)> {
        let counts = self.counts();
        counts.map(|(way, reason, count)| (way, reason, count.load(Ordering::Relaxed)))
    }

    fn counts(&self) -> impl Iterator<Item = (Way, RejectReason, &AtomicU64)> {
        let ways = Way::ALL.into_iter().zip(&*self.0);
        ways.flat_map(|(way, counts)| {
            let reasons = RejectReason::ALL.iter().zip(counts);
            reasons.map(move |(reason, count)| (way, *reason, count))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_and_reason_is_counted_by_itself() {
        let refusals = Refusals::default();
        refusals.count(Way::Http, RejectReason::TooLarge);
        refusals.clone().count(Way::Http, RejectReason::TooLarge);
        refusals.count(Way::Amqp, RejectReason::Malformed);
        let counted: Vec<_> = refusals.read().filter(|(.., count)| *count > 0).collect();
        let expected = [
            (Way::Amqp, RejectReason::Malformed, 1),
            (Way::Http, RejectReason::TooLarge, 2),
        ];
        assert_eq!(counted, expected);
    }
}
