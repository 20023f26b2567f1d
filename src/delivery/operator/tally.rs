//! What happens again and again is counted, and told once a minute.

use std::time::{Duration, Instant};

/// How often it is told.
const TOLD_EVERY: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Since it was told last.
    count: u64,
    told_at: Option<Instant>,
}

impl Tally {
    pub(super) fn add(&mut self, count: usize) {
        self.count += count as u64;
    }

    /// How often it happened, if that is to be told now.
    pub(super) fn due(&mut self, now: Instant) -> Option<u64> {
        let told_of_late = self.told_at.is_some_and(|at| now < at + TOLD_EVERY);
        if told_of_late {
            return None;
        }
        self.rest(now)
    }

    /// How often it happened since that was told last, whenever that was.
    pub(super) fn rest(&mut self, now: Instant) -> Option<u64> {
        if self.count == 0 {
            return None;
        }
        self.told_at = Some(now);
        Some(std::mem::take(&mut self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::instant;

    #[test]
    fn it_is_told_at_once_and_then_once_a_minute_with_how_often_it_happened() {
        let start = instant();
        let mut tally = Tally::default();
        assert_eq!(tally.due(start), None);
        let mut told = Vec::new();
        for second in 0..130 {
            tally.add(2);
            told.extend(
                tally
                    .due(start + Duration::from_secs(second))
                    .map(|count| (second, count)),
            );
        }
        assert_eq!(told, [(0, 2), (60, 120), (120, 120)]);
        assert_eq!(tally.rest(start), Some(18));
        assert_eq!(tally.rest(start), None);
    }
}
