//! When an operator could be heard: what its outage left without an answer is repeated only once its receipts could come.

use std::collections::VecDeque;
use std::time::Duration;

use super::beat::Beat;
use super::core::Core;
use crate::clock::UnixMillis;
use crate::delivery::{LONGEST_LAG, Logins, Offer};
use crate::journal::Message;

/// Of an operator that comes and goes each time counts as such a part of a grace, however short it was.
const SHORTEST_PART: u32 = 20;

/// For what cannot be heard while something else of its operator is bound, a receiver that does not come or a login that is
/// down, receipts are awaited for no more than so many graces: a citizen waits for them, too.
const MOST_GRACES: u32 = 4;

/// Which logins messages go out on, and of which receipts can come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bound {
    carrying: Logins,
    heard: Logins,
}

impl Bound {
    fn is_nothing(self) -> bool {
        self.carrying.are_none() && self.heard.are_none()
    }
}

/// A time in which the same was bound.
#[derive(Clone, Copy, Debug)]
struct Span {
    bound: Bound,
    since: UnixMillis,
    /// Nothing where nothing was bound.
    lasted: Duration,
}

/// What was bound when, as far back as it matters.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    /// All logins.
    logins: Logins,
    bound: Bound,
    since: UnixMillis,
    /// The times before this one, the oldest first.
    before: VecDeque<Span>,
}

impl Hearing {
    /// Notes what is bound.
    pub(super) fn note(&mut self, offer: &Offer, now: UnixMillis, grace: Duration) {
        self.logins = offer.logins;
        let bound = Bound {
            carrying: offer.carrying,
            heard: offer.heard,
        };
        if bound == self.bound {
            return;
        }
        let mut span = self.current(now);
        if !span.bound.is_nothing() {
            span.lasted = span.lasted.max(grace / SHORTEST_PART);
        }
        self.before.push_back(span);
        // What was submitted before the first of these times was awaited long enough in the others.
        while total(self.before.iter().skip(1)) >= grace * MOST_GRACES
            && self.before.pop_front().is_some()
        {}
        (self.bound, self.since) = (bound, now);
    }

    fn current(&self, now: UnixMillis) -> Span {
        let lasted = match self.bound.is_nothing() {
            true => Duration::ZERO,
            false => now.since(self.since),
        };
        Span {
            bound: self.bound,
            since: self.since,
            lasted,
        }
    }

    /// Until when receipts may come, if it stays as it is, of what was submitted then, if its login could not be heard ever since.
    /// Only the times that began after the submission count.
    fn awaited_until(
        &self,
        submitted: UnixMillis,
        now: UnixMillis,
        grace: Duration,
    ) -> Option<UnixMillis> {
        let current = self.current(now);
        let spans = || self.before.iter().chain([&current]);
        let during = spans().take_while(|span| span.since <= submitted).last();
        let after = || spans().filter(|span| span.since > submitted);
        let carriers = self.carriers(submitted, during, after());
        let left = |login| {
            let hears = |span: &&Span| span.bound.heard.contain(login);
            match during.as_ref().is_some_and(hears) && after().all(|span| hears(&span)) {
                true => Duration::ZERO,
                false => grace.saturating_sub(total(after().filter(hears))),
            }
        };
        let left = carriers.each().map(left).max().unwrap_or_default();
        let in_all = self.awaited(submitted, during, carriers, after());
        let left = left.min((grace * MOST_GRACES).saturating_sub(in_all));
        (!left.is_zero()).then(|| now.after(left))
    }

    /// Until when they may be awaited at most, of what is awaited: longer than that if nothing of it can be heard now.
    fn awaited_at_most(
        &self,
        submitted: UnixMillis,
        now: UnixMillis,
        grace: Duration,
    ) -> Option<UnixMillis> {
        let until = self.awaited_until(submitted, now, grace)?;
        let current = self.current(now);
        let spans = || self.before.iter().chain([&current]);
        let during = spans().take_while(|span| span.since <= submitted).last();
        let after = || spans().filter(|span| span.since > submitted);
        let carriers = self.carriers(submitted, during, after());
        if self.bound.heard.contain(carriers) {
            return Some(until);
        }
        let waited = self.awaited(submitted, during, carriers, after());
        Some(now.after((grace * MOST_GRACES).saturating_sub(waited)))
    }

    /// For how long they were awaited by now.
    fn awaited<'a>(
        &self,
        submitted: UnixMillis,
        during: Option<&Span>,
        carriers: Logins,
        after: impl Iterator<Item = &'a Span>,
    ) -> Duration {
        let deaf = during.filter(|span| !span.bound.heard.contain(carriers));
        let deaf = deaf.map(|span| span.since.after(span.lasted).since(submitted));
        total(after) + deaf.unwrap_or_default()
    }

    /// The logins one of which carried what was decided on during a time, and written soon after; all of them if that was before
    /// anything is known.
    fn carriers<'a>(
        &self,
        submitted: UnixMillis,
        during: Option<&Span>,
        after: impl Iterator<Item = &'a Span>,
    ) -> Logins {
        let Some(during) = during.filter(|span| !span.bound.carrying.are_none()) else {
            return self.logins;
        };
        let written_by = submitted.after(LONGEST_LAG);
        let soon = after.take_while(|span| span.since <= written_by);
        soon.fold(during.bound.carrying, |all, span| {
            all.and(span.bound.carrying)
        })
    }
}

fn total<'a>(spans: impl Iterator<Item = &'a Span>) -> Duration {
    spans.map(|span| span.lasted).sum()
}

impl Core {
    /// Until when a message that is to be repeated waits for a receipt that its operator may not have been able to bring.
    pub(super) fn awaits_operator(&self, beat: &Beat, message: &Message) -> Option<UnixMillis> {
        let attempt = &message.progress.attempt;
        // After a push there is the SMS, which is urgent: what its phone says late would not be heard.
        if !attempt.is_uncertain() || attempt.is_push() {
            return None;
        }
        let operator = self.operators.get(&message.progress.operator)?;
        if !operator.receipts {
            return None;
        }
        let (now, grace) = (beat.now.steady, self.settings.uncertain);
        operator.hearing.awaited_until(attempt.at, now, grace)
    }

    /// Until when that may last.
    pub(super) fn awaits_operator_at_most(
        &self,
        beat: &Beat,
        message: &Message,
    ) -> Option<UnixMillis> {
        let operator = self.operators.get(&message.progress.operator)?;
        let (now, grace) = (beat.now.steady, self.settings.uncertain);
        let submitted = message.progress.attempt.at;
        operator.hearing.awaited_at_most(submitted, now, grace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(30);

    fn at(second: u64) -> UnixMillis {
        UnixMillis(0).after(Duration::from_secs(second))
    }

    /// What was bound when: the logins that carry, and those that are heard, a bit for each.
    fn hearing(bound: &[(u64, u64, u64)]) -> Hearing {
        let mut hearing = Hearing::default();
        let all = bound
            .iter()
            .fold(0, |all, (_, carrying, heard)| all | carrying | heard);
        for &(at_second, carrying, heard) in bound {
            let offer = Offer {
                logins: Logins(all),
                carrying: Logins(carrying),
                heard: Logins(heard),
                ..Offer::default()
            };
            hearing.note(&offer, at(at_second), GRACE);
        }
        hearing
    }

    /// Until when receipts are awaited in that second of what was submitted then.
    fn awaited_of(bound: &[(u64, u64, u64)], submitted: u64, second: u64) -> Option<u64> {
        let until = hearing(bound).awaited_until(at(submitted), at(second), GRACE)?;
        Some(until.since(at(0)).as_secs())
    }

    /// The same of what was submitted before all of it.
    fn awaited(bound: &[(u64, u64, u64)], second: u64) -> Option<u64> {
        awaited_of(bound, 0, second)
    }

    #[test]
    fn receipts_are_awaited_for_a_grace_from_when_the_operator_is_back() {
        let back = [(100, 1, 1)];
        assert_eq!(awaited(&back, 110), Some(130), "from the first session on");
        assert_eq!(awaited(&back, 130), None);
        assert_eq!(awaited_of(&back, 100, 101), None, "it was not gone since");
        let gone = [(100, 1, 1), (110, 0, 0)];
        assert_eq!(awaited(&gone, 900), Some(920), "nobody hears meanwhile");
    }

    #[test]
    fn a_receiver_that_stays_hears_on_and_one_that_comes_later_is_waited_for() {
        // The transmitter alone was gone.
        assert_eq!(awaited(&[(1, 1, 1), (40, 0, 1), (90, 1, 1)], 90), None);
        // The receiver alone was, from the submission on or before.
        let lost = [(1, 1, 1), (40, 1, 0)];
        assert_eq!(awaited_of(&lost, 20, 50), Some(80));
        assert_eq!(awaited_of(&lost, 45, 50), Some(80));
        let back = [(1, 1, 1), (40, 1, 0), (60, 1, 1)];
        assert_eq!(awaited_of(&back, 20, 70), Some(90));
        assert_eq!(awaited_of(&back, 61, 70), None, "it was not gone since");
    }

    #[test]
    fn from_the_first_receiver_on_receipts_are_awaited_for_a_grace() {
        let pair = [(100, 1, 0), (126, 1, 1)];
        assert_eq!(awaited(&pair, 126), Some(156));
        assert_eq!(awaited(&[(100, 1, 0), (190, 1, 1)], 190), Some(220));
        let again = [(100, 1, 0), (126, 1, 1), (136, 1, 0), (140, 1, 1)];
        assert_eq!(awaited(&again, 140), Some(160), "it heard for 10 s");
    }

    #[test]
    fn a_receiver_that_never_comes_is_waited_for_no_more_than_four_graces() {
        let alone = [(100, 1, 0)];
        assert_eq!(awaited(&alone, 120), Some(150), "and then once more");
        assert_eq!(awaited(&alone, 219), Some(220));
        assert_eq!(awaited(&alone, 220), None);
        // The same of what was submitted meanwhile.
        assert_eq!(awaited_of(&alone, 300, 419), Some(420));
        assert_eq!(awaited_of(&alone, 300, 420), None);
    }

    #[test]
    fn what_cannot_be_heard_may_wait_until_four_graces_are_over_and_what_can_a_grace() {
        let at_most = |bound: &[(u64, u64, u64)], submitted, second| {
            let until = hearing(bound).awaited_at_most(at(submitted), at(second), GRACE)?;
            Some(until.since(at(0)).as_secs())
        };
        let alone = [(100, 1, 0)];
        assert_eq!(at_most(&alone, 0, 120), Some(220));
        assert_eq!(at_most(&alone, 300, 330), Some(420));
        assert_eq!(at_most(&alone, 0, 220), None);
        let heard = [(100, 1, 0), (126, 1, 1)];
        assert_eq!(at_most(&heard, 0, 130), Some(156));
    }

    #[test]
    fn each_login_that_may_have_carried_it_is_to_be_heard() {
        let one_gone = [(1, 0b11, 0b11), (40, 0b10, 0b10)];
        assert_eq!(awaited_of(&one_gone, 20, 80), Some(110), "by the first one");
        assert_eq!(awaited_of(&one_gone, 20, 160), None, "four graces");
        assert_eq!(awaited_of(&one_gone, 50, 110), None, "by the other one");
        // It was decided on before, and perhaps written after.
        let back = [(1, 0b11, 0b11), (40, 0b10, 0b10), (60, 0b11, 0b11)];
        assert_eq!(awaited_of(&back, 20, 70), Some(90));
        let soon = [(1, 0b10, 0b10), (40, 0b11, 0b11), (60, 0b10, 0b10)];
        assert_eq!(awaited_of(&soon, 39, 90), Some(100));
        // Of an earlier life nobody knows which one it was.
        assert_eq!(awaited(&[(1, 0b10, 0b10), (50, 0b11, 0b11)], 50), Some(80));
    }

    #[test]
    fn an_operator_that_comes_and_goes_is_awaited_for_a_grace_in_all_since_the_submission() {
        let unsteady = [
            (10, 1, 1),
            (30, 0, 0),
            (100, 1, 1),
            (120, 0, 0),
            (200, 1, 1),
        ];
        assert_eq!(awaited(&unsteady, 200), None, "40 s");
        // It was heard for 15 s when this was submitted, which says nothing of it.
        assert_eq!(awaited_of(&unsteady, 25, 200), Some(210));
        assert_eq!(awaited_of(&unsteady, 119, 200), Some(230));
    }

    #[test]
    fn nothing_is_awaited_for_ever_and_little_is_kept() {
        for (up, down) in [((1, 1), (0, 0)), ((1, 1), (1, 0)), ((1, 0), (0, 0))] {
            let mut bound = Vec::new();
            for time in 1..=500 {
                bound.extend([(time * 10, up.0, up.1), (time * 10, down.0, down.1)]);
            }
            assert!(awaited(&bound[..3], 20).is_some());
            assert_eq!(awaited(&bound, 5000), None, "{up:?} and {down:?}");
            assert!(hearing(&bound).before.len() <= 161);
        }
    }
}
