//! What is published and not yet confirmed.

use std::{collections::VecDeque, sync::Arc};

use crate::broker::Publication;

/// Outcomes published together: a run of numbers without a hole, as one or more messages.
#[derive(Clone, Debug)]
pub(super) struct Burst {
    /// The number of its last outcome.
    pub(super) last: u64,
    pub(super) messages: Arc<[Publication]>,
}

/// The bursts that are not confirmed, oldest first. After a cut connection they are
/// published again, in this order.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    bursts: VecDeque<Burst>,
}

/// How many bursts may await their confirmation: enough to keep the broker busy meanwhile.
pub(crate) const BURSTS_UNDER_WAY: usize = 4;

impl Ledger {
    /// Whether more may be published now.
    pub(super) fn has_room(&self) -> bool {
        self.bursts.len() < BURSTS_UNDER_WAY
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bursts.is_empty()
    }

    pub(super) fn push(&mut self, burst: Burst) {
        self.bursts.push_back(burst);
    }

    /// Everything to be published again.
    pub(super) fn unconfirmed(&self) -> impl Iterator<Item = &Burst> {
        self.bursts.iter()
    }

    /// Notes that the oldest burst is confirmed; says up to which number all are published.
    pub(super) fn confirm_oldest(&mut self) -> Option<u64> {
        self.bursts.pop_front().map(|burst| burst.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confirmed_bursts_leave_from_the_front() {
        let mut ledger = Ledger::default();
        for last in 1..=4 {
            assert!(ledger.has_room());
            ledger.push(Burst {
                last: last * 100,
                messages: Arc::new([]),
            });
        }
        assert!(!ledger.has_room());
        assert_eq!(ledger.confirm_oldest(), Some(100));
        assert_eq!(ledger.confirm_oldest(), Some(200));
        let again: Vec<_> = ledger.unconfirmed().map(|burst| burst.last).collect();
        assert_eq!(again, [300, 400]);
    }
}
