//! When an operator could be heard: what its outage left without an answer is repeated only once its receipts could come.

use std::collections::VecDeque;
use std::time::Duration;

use super::beat::Beat;
use super::core::Core;
use crate::clock::UnixMillis;
use crate::delivery::Offer;
use crate::journal::Message;

/// Of an operator that comes and goes each time counts as such a part of a grace, however short it was.
const SHORTEST_PART: u32 = 20;

/// While receivers come and go beside what stays bound, receipts are awaited for no more than so many graces.
const MOST_GRACES: u32 = 4;

/// What is bound. Without a receiver, which may never come, some SMSCs send receipts to where the message came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Bound {
    #[default]
    Nothing,
    Transmitters,
    /// Or transceivers.
    Receivers,
}

impl Bound {
    fn of(offer: &Offer) -> Self {
        match (offer.submitting, offer.receiving) {
            (0, 0) => Self::Nothing,
            (_, 0) => Self::Transmitters,
            _ => Self::Receivers,
        }
    }
}

/// A time in which the same was bound.
#[derive(Clone, Copy, Debug)]
struct Span {
    bound: Bound,
    since: UnixMillis,
    heard: Duration,
}

/// What was bound when, as far back as it matters.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    bound: Bound,
    since: UnixMillis,
    /// When the operator, or a receiver, came back last.
    back: UnixMillis,
    /// The times before this one, the oldest first.
    before: VecDeque<Span>,
}

impl Hearing {
    /// Notes what is bound.
    pub(super) fn note(&mut self, offer: &Offer, now: UnixMillis, grace: Duration) {
        let bound = Bound::of(offer);
        if bound == self.bound {
            return;
        }
        if self.bound != Bound::Nothing {
            let mut span = self.current(now);
            span.heard = span.heard.max(grace / SHORTEST_PART);
            self.before.push_back(span);
            self.forget(grace);
        }
        if bound > self.bound {
            self.back = now;
        }
        (self.bound, self.since) = (bound, now);
    }

    /// What was submitted before the first of these times was heard long enough in the others.
    fn forget(&mut self, grace: Duration) {
        while heard(self.before.iter().skip(1)) >= grace * MOST_GRACES {
            self.before.pop_front();
        }
    }

    fn current(&self, now: UnixMillis) -> Span {
        let heard = match self.bound {
            Bound::Nothing => Duration::ZERO,
            Bound::Transmitters | Bound::Receivers => now.since(self.since),
        };
        Span {
            bound: self.bound,
            since: self.since,
            heard,
        }
    }

    /// Until when receipts may come, if it stays as it is, of what was submitted before the operator was gone, if that is so.
    /// Only the times that began after the submission count; once a receiver came among these, those since then.
    fn awaited_until(
        &self,
        submitted: UnixMillis,
        now: UnixMillis,
        grace: Duration,
    ) -> Option<UnixMillis> {
        if submitted >= self.back {
            return None;
        }
        let current = self.current(now);
        let all = self.before.iter().chain([&current]);
        let after = all.filter(|span| span.since > submitted);
        let receives = |span: &&Span| span.bound == Bound::Receivers;
        let in_all = heard(after.clone());
        let heard = match self.bound {
            Bound::Receivers => heard(after.filter(receives)),
            _ if after.clone().any(|span| receives(&span)) => {
                heard(after.skip_while(|span| !receives(span)))
            }
            _ => in_all,
        };
        let left = grace.saturating_sub(heard);
        let left = left.min((grace * MOST_GRACES).saturating_sub(in_all));
        (!left.is_zero()).then(|| now.after(left))
    }
}

fn heard<'a>(spans: impl Iterator<Item = &'a Span>) -> Duration {
    spans.map(|span| span.heard).sum()
}

impl Core {
    /// Until when a message that is to be repeated waits for a receipt that its operator may not have been able to bring.
    pub(super) fn awaits_operator(&self, beat: &Beat, message: &Message) -> Option<UnixMillis> {
        let attempt = &message.progress.attempt;
        // After a push there is the SMS, which is urgent: what its phone says late would not be heard.
        if !attempt.uncertain || attempt.is_push() {
            return None;
        }
        let operator = self.operators.get(&message.progress.operator)?;
        let (now, grace) = (beat.now.steady, self.settings.uncertain);
        operator.hearing.awaited_until(attempt.at, now, grace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(30);

    fn at(second: u64) -> UnixMillis {
        UnixMillis(0).after(Duration::from_secs(second))
    }

    /// What was bound when: submitting, and receiving.
    fn hearing(bound: &[(u64, usize, usize)]) -> Hearing {
        let mut hearing = Hearing::default();
        for &(at_second, submitting, receiving) in bound {
            let offer = Offer {
                submitting,
                receiving,
                ..Offer::default()
            };
            hearing.note(&offer, at(at_second), GRACE);
        }
        hearing
    }

    /// Until when receipts are awaited in that second of what was submitted then.
    fn awaited_of(bound: &[(u64, usize, usize)], submitted: u64, second: u64) -> Option<u64> {
        let until = hearing(bound).awaited_until(at(submitted), at(second), GRACE)?;
        Some(until.since(at(0)).as_secs())
    }

    /// The same of what was submitted before all of it.
    fn awaited(bound: &[(u64, usize, usize)], second: u64) -> Option<u64> {
        awaited_of(bound, 0, second)
    }

    #[test]
    fn receipts_are_awaited_for_a_grace_from_when_the_operator_is_back() {
        let back = [(100, 1, 1), (110, 2, 2)];
        assert_eq!(awaited(&back, 110), Some(130), "from the first session on");
        assert_eq!(awaited(&back, 130), None);
        assert_eq!(awaited_of(&back, 100, 101), None, "it was not gone since");
        let gone = [(100, 1, 1), (110, 0, 0)];
        assert_eq!(awaited(&gone, 900), Some(920), "nobody hears meanwhile");
    }

    #[test]
    fn a_receiver_that_stays_hears_on_and_one_that_never_comes_is_not_waited_for() {
        // The transmitter alone was gone.
        assert_eq!(awaited(&[(1, 1, 1), (40, 0, 1), (90, 1, 1)], 90), None);
        assert_eq!(awaited(&[(100, 1, 0)], 120), Some(130));
        assert_eq!(awaited(&[(100, 1, 0)], 130), None);
        // The receiver alone was, and is.
        assert_eq!(awaited_of(&[(1, 1, 1), (40, 1, 0)], 20, 50), None);
    }

    #[test]
    fn from_the_first_receiver_on_receipts_are_awaited_once_more() {
        let pair = [(100, 1, 0), (126, 1, 1)];
        assert_eq!(awaited(&pair, 126), Some(156));
        assert_eq!(awaited(&[(100, 1, 0), (190, 1, 1)], 190), Some(220));
        let lost = [(100, 1, 0), (126, 1, 1), (128, 1, 0)];
        assert_eq!(awaited(&lost, 140), Some(156), "since it came");
        let again = [(100, 1, 0), (126, 1, 1), (136, 1, 0), (140, 1, 1)];
        assert_eq!(awaited(&again, 140), Some(160), "it heard for 10 s");
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
            assert!(hearing(&bound).before.len() <= 81);
        }
    }
}
