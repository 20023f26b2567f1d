//! What came of the numbers that were to be looked up, and when somebody is to hear of those that went by prefix.

use std::time::{Duration, Instant};

/// How often it is told, and how soon the first time, so that a burst is told as one.
const TOLD_EVERY: Duration = Duration::from_secs(60);
const SOON: Duration = Duration::from_secs(2);

/// Since the start, each number once for each batch that it came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Answered before, or while the batch waited.
    pub remembered: u64,
    pub answered: u64,
    /// Asked for, and not answered in time.
    pub late: u64,
    /// Not asked for in time, since too many were.
    pub unasked: u64,
    /// There was no answer, or none of use.
    pub failed: u64,
    /// The service was left alone.
    pub left_alone: u64,
}

impl Counts {
    /// Each by its name in metrics.
    pub fn each(&self) -> [(&'static str, u64); 6] {
        [
            ("remembered", self.remembered),
            ("answered", self.answered),
            ("late", self.late),
            ("unasked", self.unasked),
            ("failed", self.failed),
            ("left-alone", self.left_alone),
        ]
    }

    /// Those that went by prefix without an answer.
    pub fn missed(&self) -> u64 {
        self.late + self.unasked + self.failed + self.left_alone
    }

    /// What came since then.
    pub fn since(&self, then: &Self) -> Self {
        Self {
            remembered: self.remembered.saturating_sub(then.remembered),
            answered: self.answered.saturating_sub(then.answered),
            late: self.late.saturating_sub(then.late),
            unasked: self.unasked.saturating_sub(then.unasked),
            failed: self.failed.saturating_sub(then.failed),
            left_alone: self.left_alone.saturating_sub(then.left_alone),
        }
    }
}

/// Tells of them once a minute, and the first time soon after they began.
#[derive(Debug, Default)]
pub(super) struct Telling {
    told: Counts,
    quiet_until: Option<Instant>,
    /// When what is not told yet is to be.
    due_at: Option<Instant>,
}

impl Telling {
    /// What is to be told now: the numbers since it was told last, if any of them went by prefix.
    pub(super) fn due(&mut self, counts: &Counts, now: Instant) -> Option<Counts> {
        let news = self.news(counts)?;
        let soon = self.quiet_until.max(Some(now + SOON));
        if soon.is_some_and(|soon| now < *self.due_at.get_or_insert(soon)) {
            return None;
        }
        (self.told, self.due_at) = (*counts, None);
        self.quiet_until = Some(now + TOLD_EVERY);
        Some(news)
    }

    /// When there will be something to tell.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.due_at
    }

    /// What was not told yet.
    pub(super) fn news(&self, counts: &Counts) -> Option<Counts> {
        let news = counts.since(&self.told);
        (news.missed() > 0).then_some(news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::instant;

    #[test]
    fn it_is_told_soon_and_then_once_a_minute_while_numbers_go_by_prefix() {
        let (start, mut telling) = (instant(), Telling::default());
        let mut counts = Counts::default();
        let mut told = Vec::new();
        for second in 0..130 {
            counts.answered += 5;
            counts.unasked += u64::from(second < 100);
            let now = start + Duration::from_secs(second);
            let due = telling.due(&counts, now);
            told.extend(due.map(|news| (second, news.unasked)));
        }
        assert_eq!(told, [(2, 3), (62, 60), (122, 37)]);
        assert_eq!(telling.deadline(), None);
        counts.late += 1;
        let long_after = start + Duration::from_secs(1000);
        assert_eq!(telling.due(&counts, long_after), None);
        assert_eq!(telling.deadline(), Some(long_after + SOON));
    }
}
