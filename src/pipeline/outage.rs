//! Since when an operator's link is down.
//!
//! Some SMSCs take a bind and drop the connection at once, again and again. So one that dropped its last session is up again only
//! when the next has shown that it is good for something: it has lasted a while, or something was answered on it. Until then it is
//! down since it dropped the first one.

use std::time::Duration;

use crate::clock::UnixMillis;

/// A session that lasts so long stands, though nothing was submitted on it.
const LASTING: Duration = Duration::from_secs(5);

/// Whether an operator's link is down, and since when.
#[derive(Debug, Default)]
pub(super) struct Outage {
    since: Option<UnixMillis>,
    /// Since when a session is bound.
    bound: Option<UnixMillis>,
    /// Whether that is the first one since the last was dropped, and has shown nothing yet.
    is_unproven: bool,
}

impl Outage {
    /// Nothing is bound yet.
    pub(super) fn from(now: UnixMillis) -> Self {
        Self {
            since: Some(now),
            ..Self::default()
        }
    }

    /// Since when it is down.
    pub(super) fn since(&self) -> Option<UnixMillis> {
        self.since
    }

    /// Notes whether a session is bound, and whether something was answered on one since that was noted last.
    pub(super) fn note(&mut self, is_bound: bool, has_answered: bool, now: UnixMillis) {
        if has_answered {
            (self.since, self.is_unproven) = (None, false);
        }
        if is_bound {
            self.bound.get_or_insert(now);
            self.pass(now);
        } else {
            self.is_unproven |= self.bound.take().is_some();
            self.since.get_or_insert(now);
        }
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, now: UnixMillis) {
        let Some(bound) = self.bound else {
            return;
        };
        if !self.is_unproven || now.since(bound) >= LASTING {
            (self.since, self.is_unproven) = (None, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixMillis = UnixMillis(1_795_407_300_000);

    fn at(seconds: u64) -> UnixMillis {
        START.after(Duration::from_secs(seconds))
    }

    #[test]
    fn the_first_session_need_not_show_what_it_is_good_for() {
        let mut outage = Outage::from(at(0));
        assert_eq!(outage.since(), Some(at(0)));
        outage.note(true, false, at(1));
        assert_eq!(outage.since(), None);
    }

    #[test]
    fn who_drops_one_session_after_the_other_is_down_since_the_first() {
        let mut outage = Outage::default();
        outage.note(true, false, at(0));
        for second in 10..100 {
            outage.note(second % 5 == 0, false, at(second));
            assert_eq!(outage.since().is_some(), second > 10);
        }
        assert_eq!(outage.since(), Some(at(11)));
        outage.note(true, false, at(100));
        outage.pass(at(104));
        assert_eq!(outage.since(), Some(at(11)));
        outage.pass(at(105));
        assert_eq!(outage.since(), None);
    }

    #[test]
    fn an_answer_shows_at_once_that_a_session_is_good_for_something() {
        let mut outage = Outage::default();
        outage.note(true, false, at(0));
        outage.note(false, false, at(10));
        outage.note(true, false, at(11));
        assert_eq!(outage.since(), Some(at(10)));
        outage.note(true, true, at(12));
        assert_eq!(outage.since(), None);
        // It may drop that one as well.
        outage.note(false, true, at(13));
        assert_eq!(outage.since(), Some(at(13)));
    }
}
