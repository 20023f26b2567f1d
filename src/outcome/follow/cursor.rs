//! How far the outcomes were followed, and what comes next.

use crate::journal::Outgoing;

/// The number of the last outcome that was handed on, or that is known to need no handing on.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    passed: u64,
}

/// Outcomes are missing before these; they are to be read from the outbox.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Gap;

impl Cursor {
    pub(super) fn passed(&self) -> u64 {
        self.passed
    }

    /// Whether there is something committed that was not handed on.
    pub(super) fn is_behind(&self, committed: u64) -> bool {
        committed > self.passed
    }

    /// Takes fresh outcomes if they follow on, without those that are known already.
    pub(super) fn take(&mut self, mut fresh: Vec<Outgoing>) -> Result<Vec<Outgoing>, Gap> {
        fresh.retain(|outgoing| outgoing.number > self.passed);
        match (fresh.first(), fresh.last()) {
            (Some(first), Some(last)) if first.number == self.passed + 1 => {
                self.passed = last.number;
                Ok(fresh)
            }
            (None, _) => Ok(fresh),
            _ => Err(Gap),
        }
    }

    /// Takes what the outbox held, at most `limit`, when everything up to `committed` was
    /// committed. What is not in there any more was published before.
    pub(super) fn pass(
        &mut self,
        rows: Vec<Outgoing>,
        limit: usize,
        committed: u64,
    ) -> Vec<Outgoing> {
        if let Some(last) = rows.last() {
            self.passed = self.passed.max(last.number);
        }
        if rows.len() < limit {
            self.passed = self.passed.max(committed);
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::sample;

    fn outgoing(numbers: impl IntoIterator<Item = u64>) -> Vec<Outgoing> {
        numbers.into_iter().map(sample::outgoing).collect()
    }

    #[test]
    fn fresh_outcomes_follow_on_or_leave_a_gap() {
        let mut cursor = Cursor::default();
        assert_eq!(cursor.take(outgoing(1..=3)), Ok(outgoing(1..=3)));
        assert_eq!(cursor.take(outgoing(2..=5)), Ok(outgoing(4..=5)));
        assert_eq!(cursor.take(outgoing(4..=5)), Ok(vec![]));
        assert_eq!(cursor.take(outgoing(7..=9)), Err(Gap));
        assert!(cursor.is_behind(6) && !cursor.is_behind(5));
        assert_eq!(cursor.pass(outgoing(6..=9), 10, 9), outgoing(6..=9));
        assert_eq!(cursor.take(outgoing(7..=10)), Ok(outgoing([10])));
    }

    #[test]
    fn what_left_the_outbox_is_not_waited_for() {
        let mut cursor = Cursor::default();
        assert_eq!(cursor.pass(outgoing(41..=42), 2, 43), outgoing(41..=42));
        assert!(cursor.is_behind(43));
        assert_eq!(cursor.pass(vec![], 2, 43), vec![]);
        assert!(!cursor.is_behind(43));
        assert_eq!(cursor.take(outgoing([44])), Ok(outgoing([44])));
    }
}
