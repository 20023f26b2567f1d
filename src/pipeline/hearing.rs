//! Since when an operator can be heard: what its outage left without an answer is repeated only once its receipts could come.

use std::time::Duration;

use super::beat::Beat;
use super::core::Core;
use crate::clock::UnixMillis;
use crate::delivery::Offer;
use crate::journal::Message;

/// When an operator came back last, and how long it has been heard since.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    /// Whether a transceiver or a receiver is bound.
    receives: bool,
    /// Since when something is bound, whatever it is: without a receiver, which may never come, some SMSCs send receipts to where
    /// the message came from.
    since: Option<UnixMillis>,
    back: UnixMillis,
    /// How long it was heard before that, if that was less than a grace: outages in quick succession put nothing off for ever.
    before: Duration,
}

impl Hearing {
    /// Notes what is bound.
    pub(super) fn note(&mut self, offer: &Offer, now: UnixMillis, grace: Duration) {
        let receives = offer.receiving > 0;
        let is_bound = receives || offer.submitting > 0;
        let is_back = (is_bound && self.since.is_none()) || (receives && !self.receives);
        let is_gone = !is_bound && self.since.is_some();
        self.receives = receives;
        if !is_back && !is_gone {
            return;
        }
        if let Some(since) = self.since {
            let heard = self.before + now.since(since);
            self.before = if heard < grace { heard } else { Duration::ZERO };
        }
        self.since = is_bound.then_some(now);
        if is_back {
            self.back = now;
        }
    }

    /// Until when receipts may come of what was submitted before the operator was gone, if that is so.
    fn awaited_until(
        &self,
        submitted: UnixMillis,
        now: UnixMillis,
        grace: Duration,
    ) -> Option<UnixMillis> {
        let until = self.since?.after(grace.saturating_sub(self.before));
        (submitted < self.back && until > now).then_some(until)
    }
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

    /// After what was bound when: until when receipts are awaited in that second of what was submitted before all of it.
    fn awaited<const N: usize>(bound: [(u64, usize, usize); N], second: u64) -> Option<u64> {
        let mut hearing = Hearing::default();
        for (at_second, submitting, receiving) in bound {
            let offer = Offer {
                submitting,
                receiving,
                ..Offer::default()
            };
            hearing.note(&offer, at(at_second), GRACE);
        }
        let until = hearing.awaited_until(at(0), at(second), GRACE)?;
        Some(until.since(at(0)).as_secs())
    }

    #[test]
    fn receipts_are_awaited_for_a_grace_from_when_the_operator_is_back() {
        let back = [(100, 1, 1), (110, 2, 2)];
        assert_eq!(awaited(back, 110), Some(130), "from the first session on");
        assert_eq!(awaited(back, 130), None);
        let mut hearing = Hearing::default();
        let offer = Offer {
            submitting: 1,
            receiving: 1,
            ..Offer::default()
        };
        hearing.note(&offer, at(100), GRACE);
        assert_eq!(hearing.awaited_until(at(100), at(101), GRACE), None);
    }

    #[test]
    fn a_receiver_that_stays_hears_on_and_one_that_never_comes_is_not_waited_for() {
        // The transmitter alone was gone.
        assert_eq!(awaited([(1, 1, 1), (40, 0, 1), (90, 1, 1)], 90), None);
        assert_eq!(awaited([(100, 1, 0)], 120), Some(130));
        assert_eq!(awaited([(100, 1, 0)], 130), None);
        assert_eq!(awaited([(100, 1, 0), (190, 1, 1)], 190), Some(220));
    }

    #[test]
    fn an_operator_that_comes_and_goes_is_awaited_for_a_grace_in_all() {
        let unsteady = [(100, 1, 1), (120, 0, 0), (200, 1, 1)];
        assert_eq!(awaited(unsteady, 200), Some(210));
        let again = [
            (100, 1, 1),
            (120, 0, 0),
            (200, 1, 1),
            (220, 0, 0),
            (300, 1, 1),
        ];
        assert_eq!(awaited(again, 300), Some(330), "it was heard for as long");
    }
}
