//! A campaign's messages, spread over hours.

use std::time::Duration;

use crate::clock::UnixMillis;
use crate::journal::{AgencyKey, Dealt, Message, SpreadKey};

/// How many bulk messages of an agency, or of one of its services, go in an hour.
#[derive(Clone, Debug)]
pub struct Spread {
    pub agency: AgencyKey,
    /// `None`: all its services together that are not named.
    pub service: Option<Box<str>>,
    pub an_hour: u32,
}

/// How late a message may go and the next still in its own time.
const TOLERANCE: Duration = Duration::from_secs(60);

const HOUR: Duration = Duration::from_secs(3600);

/// A GCRA over messages that also deals out times to those that have to wait, each its own.
#[derive(Debug)]
pub(super) struct Spreading {
    spread: Spread,
    emission_interval: Duration,
    /// Since 1970 on the steady clock: an interval may be shorter than a millisecond.
    theoretical_arrival: Duration,
    /// The last time that was dealt out, likewise.
    dealt: Duration,
    /// Whether the journal does not know yet how far it is.
    changed: bool,
}

impl Spreading {
    pub(super) fn new(spread: Spread) -> Self {
        // So that no hour has more than its number, though some may come late.
        let emission_interval = (HOUR + TOLERANCE) / spread.an_hour.max(1);
        Self {
            spread,
            emission_interval,
            theoretical_arrival: Duration::ZERO,
            dealt: Duration::ZERO,
            changed: false,
        }
    }

    /// Its name in the journal.
    pub(super) fn key(&self) -> SpreadKey {
        SpreadKey::of(self.spread.agency, self.spread.service.as_deref())
    }

    /// Goes on where the journal says that it stood.
    pub(super) fn take_up(&mut self, dealt: Dealt) {
        self.theoretical_arrival = since_1970(dealt.arrival);
        self.dealt = since_1970(dealt.last);
    }

    /// What the journal is to know, if it does not.
    pub(super) fn change(&mut self) -> Option<Dealt> {
        std::mem::take(&mut self.changed).then(|| Dealt {
            arrival: until(self.theoretical_arrival),
            last: until(self.dealt),
        })
    }

    /// How well it fits a message: 2 by its service, 1 by its agency, else 0.
    pub(super) fn fits(&self, message: &Message) -> u8 {
        if self.spread.agency != message.agency() {
            return 0;
        }
        match &self.spread.service {
            Some(service) if *service == message.content.service => 2,
            Some(_) => 0,
            None => 1,
        }
    }

    /// Until when one more has to wait; `None` if it may go now.
    pub(super) fn wait(&self, now: UnixMillis) -> Option<UnixMillis> {
        let earliest = self.theoretical_arrival.saturating_sub(TOLERANCE);
        (earliest > since_1970(now)).then(|| until(self.next(now)))
    }

    /// Counts a message that is submitted.
    pub(super) fn count(&mut self, now: UnixMillis) {
        let from = self.theoretical_arrival.max(since_1970(now));
        self.theoretical_arrival = from + self.emission_interval;
        self.changed = true;
    }

    /// Takes back a message that was counted and did not go.
    pub(super) fn uncount(&mut self) {
        let earlier = self.theoretical_arrival;
        self.theoretical_arrival = earlier.saturating_sub(self.emission_interval);
    }

    /// Deals the next time out, which is not before `open` says that it may be.
    pub(super) fn deal(
        &mut self,
        now: UnixMillis,
        open: impl FnOnce(UnixMillis) -> UnixMillis,
    ) -> UnixMillis {
        let next = self.next(now);
        let opens = open(until(next));
        self.changed = true;
        self.dealt = if opens > until(next) {
            since_1970(opens)
        } else {
            next
        };
        opens
    }

    fn next(&self, now: UnixMillis) -> Duration {
        let last = self.dealt.max(self.theoretical_arrival);
        last.max(since_1970(now)) + self.emission_interval
    }
}

fn since_1970(at: UnixMillis) -> Duration {
    at.since(UnixMillis(0))
}

/// The first whole millisecond that is not earlier.
fn until(at: Duration) -> UnixMillis {
    let millis = at.as_nanos().div_ceil(1_000_000);
    UnixMillis(i64::try_from(millis).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: UnixMillis = UnixMillis(1_795_407_300_000);

    fn spreading(an_hour: u32) -> Spreading {
        Spreading::new(Spread {
            agency: AgencyKey(1),
            service: None,
            an_hour,
        })
    }

    #[test]
    fn a_campaign_that_comes_at_once_goes_evenly() {
        let mut spreading = spreading(3660);
        let (mut gone, mut dealt) = (0, Vec::new());
        for _ in 0..7000 {
            match spreading.wait(START) {
                None => {
                    spreading.count(START);
                    gone += 1;
                }
                Some(until) => {
                    assert_eq!(spreading.deal(START, |at| at), until);
                    dealt.push(until);
                }
            }
        }
        assert_eq!(gone, 61, "a minute's worth, and the first");
        let even = (0..).map(|n| START.after(Duration::from_secs(62 + n)));
        assert!(dealt.iter().copied().eq(even.take(dealt.len())));
    }

    #[test]
    fn what_did_not_go_leaves_its_place() {
        let mut spreading = spreading(1);
        spreading.count(START);
        assert!(spreading.wait(START).is_some());
        spreading.uncount();
        assert_eq!(spreading.wait(START), None);
    }

    #[test]
    fn what_goes_a_little_late_does_not_make_the_next_wait_again() {
        let mut spreading = spreading(3660);
        let mut now = START;
        for late in [0, 20, 59, 3, 30] {
            assert_eq!(spreading.wait(now.after(Duration::from_secs(late))), None);
            spreading.count(now.after(Duration::from_secs(late)));
            now = now.after(Duration::from_secs(1));
        }
    }

    proptest! {
        #[test]
        fn no_hour_has_more_than_its_number(gaps in prop::collection::vec(0_u64..120_000, 1..600), an_hour in 5_u32..200) {
            let mut spreading = spreading(an_hour);
            let mut now = START;
            let mut gone: Vec<UnixMillis> = Vec::new();
            for gap in gaps {
                now = now.after(Duration::from_millis(gap));
                if spreading.wait(now).is_none() {
                    spreading.count(now);
                    gone.push(now);
                }
            }
            for (place, first) in gone.iter().enumerate() {
                let inside = gone.iter().skip(place).take_while(|at| at.since(*first) < HOUR);
                prop_assert!(inside.count() <= an_hour as usize);
            }
        }
    }
}
