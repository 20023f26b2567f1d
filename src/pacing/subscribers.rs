//! What is remembered of the subscribers that matter now.

use std::time::Duration;

use xabar_events::Msisdn;

use super::HashMap;
use super::limits::Limits;
use crate::clock::UnixMillis;
use crate::journal::SubscriberFacts;

/// How many subscribers are remembered at least without anything of theirs waiting in memory, since what is under way may
/// be refused and given back; at most it is twice as many. The journal knows the rest.
const REMEMBERED: usize = 8_000;

/// How many more submissions are kept than the limits look back on: urgent messages go beyond the limits, and
/// if they are refused, what they displaced counts again. Of more at once, a limit may hold others too long, never too short.
const SPARE: usize = 4;

/// The recent submissions of subscribers; a cache in front of the journal.
#[derive(Debug, Default)]
pub(super) struct Subscribers {
    known: HashMap<Msisdn, Subscriber>,
    /// How many past submissions the limits look back on.
    memory: usize,
    /// And how far.
    longest: Duration,
    /// Ends when so many were seen in it; those last seen before it are dropped then.
    epoch: u32,
    /// How many were seen in this one.
    seen: usize,
}

#[derive(Debug, Default)]
struct Subscriber {
    submitted: Vec<UnixMillis>,
    /// Messages in memory that will ask for this entry.
    pins: u32,
    epoch: u32,
}

impl Subscribers {
    /// Looks back as far as these limits.
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            memory: limits.memory(),
            longest: limits.longest(),
            ..Self::default()
        }
    }

    /// Looks back as far as these limits as well from now on. Never less far than before: a limit that is lifted may be set again,
    /// and what went out meanwhile counts then.
    pub(super) fn remember(&mut self, limits: &Limits) {
        self.memory = self.memory.max(limits.memory());
        self.longest = self.longest.max(limits.longest());
    }

    /// How many submissions are remembered, and for how long, if that is less than these limits look back on.
    pub(super) fn falls_short(&self, limits: &Limits) -> Option<(usize, Duration)> {
        let kept = self.memory + if self.remembers() { SPARE } else { 0 };
        let is_short = limits.memory() > kept || limits.longest() > self.longest;
        is_short.then_some((self.memory, self.longest))
    }

    /// Whether anybody is remembered.
    pub(super) fn remembers(&self) -> bool {
        self.memory > 0
    }

    /// Keeps what the journal knows of a subscriber, unless something newer is known, until [`unpin`](Self::unpin).
    pub(super) fn pin(&mut self, msisdn: Msisdn, facts: SubscriberFacts) {
        if self.memory == 0 {
            return;
        }
        let epoch = self.epoch;
        let mut is_new = false;
        let entry = self.known.entry(msisdn).or_insert_with(|| {
            is_new = true;
            Subscriber {
                submitted: facts.submitted,
                pins: 0,
                epoch,
            }
        });
        entry.pins += 1;
        self.seen += usize::from(is_new || entry.epoch != epoch);
        entry.epoch = epoch;
        if self.seen >= REMEMBERED {
            self.sweep();
        }
    }

    pub(super) fn unpin(&mut self, msisdn: Msisdn) {
        if let Some(entry) = self.known.get_mut(&msisdn) {
            entry.pins = entry.pins.saturating_sub(1);
        }
    }

    pub(super) fn submitted(&self, msisdn: Msisdn) -> &[UnixMillis] {
        self.known
            .get(&msisdn)
            .map_or(&[], |entry| entry.submitted.as_slice())
    }

    /// Counts a submission; gives what is to be kept of the subscriber from now on.
    pub(super) fn record(&mut self, msisdn: Msisdn, at: UnixMillis) -> Option<SubscriberFacts> {
        let kept = self.memory + SPARE;
        let over = at.before(self.longest);
        let entry = self.known.get_mut(&msisdn)?;
        entry.submitted.push(at);
        entry.submitted.sort_unstable();
        let excess = entry.submitted.len().saturating_sub(kept);
        let over = entry.submitted.partition_point(|it| *it <= over);
        entry.submitted.drain(..excess.max(over));
        Some(SubscriberFacts {
            submitted: entry.submitted.clone(),
        })
    }

    /// Takes back a submission that the operator refused.
    pub(super) fn give_back(&mut self, msisdn: Msisdn, at: UnixMillis) -> Option<SubscriberFacts> {
        let entry = self.known.get_mut(&msisdn)?;
        let position = entry
            .submitted
            .iter()
            .rposition(|submitted| *submitted == at)?;
        let was_full = entry.submitted.len() >= self.memory + SPARE;
        entry.submitted.remove(position);
        // What was dropped for it counts again, and is no later than the oldest that is known.
        if was_full && let Some(oldest) = entry.submitted.first().copied() {
            entry.submitted.insert(0, oldest);
        }
        Some(SubscriberFacts {
            submitted: entry.submitted.clone(),
        })
    }

    fn sweep(&mut self) {
        let epoch = self.epoch;
        self.known
            .retain(|_, entry| entry.pins > 0 || entry.epoch == epoch);
        self.epoch = epoch.wrapping_add(1);
        self.seen = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::super::limits::Limit;
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_subscriber_is_small_and_what_left_the_longest_window_is_forgotten() {
        assert_eq!(size_of::<(Msisdn, Subscriber)>(), 40);
        let mut subscribers = looking_back(3, HOUR);
        subscribers.pin(msisdn(0), SubscriberFacts::default());
        let start = UnixMillis(1_795_000_000_000);
        subscribers.record(msisdn(0), start);
        let last = start.after(HOUR);
        subscribers.record(msisdn(0), UnixMillis(last.0 - 1));
        assert_eq!(subscribers.submitted(msisdn(0)).len(), 2);
        subscribers.record(msisdn(0), last);
        assert_eq!(
            subscribers.submitted(msisdn(0)),
            [UnixMillis(last.0 - 1), last]
        );
    }

    fn looking_back(messages: u32, per: Duration) -> Subscribers {
        Subscribers::new(&Limits::new(&[Limit { messages, per }]))
    }

    fn msisdn(n: usize) -> Msisdn {
        format!("99890{n:07}").parse().expect("a number")
    }

    #[test]
    fn memory_stays_bounded_and_pinned_subscribers_stay() {
        let mut subscribers = looking_back(3, HOUR);
        subscribers.pin(
            msisdn(0),
            SubscriberFacts {
                submitted: vec![UnixMillis(7)],
            },
        );
        for n in 1..5 * REMEMBERED {
            subscribers.pin(msisdn(n), SubscriberFacts::default());
            subscribers.unpin(msisdn(n));
        }
        assert!(subscribers.known.len() <= 2 * REMEMBERED);
        assert_eq!(subscribers.submitted(msisdn(0)), [UnixMillis(7)]);
    }

    #[test]
    fn what_is_under_way_can_be_given_back_however_many_others_were_seen_before() {
        for before in (0..=3 * REMEMBERED).step_by(REMEMBERED / 2) {
            let mut subscribers = looking_back(3, HOUR);
            let mut see = |n: usize| {
                subscribers.pin(msisdn(n), SubscriberFacts::default());
                subscribers.record(msisdn(n), UnixMillis(7));
                subscribers.unpin(msisdn(n));
            };
            (1..=before).for_each(&mut see);
            see(0);
            (before + 1..before + REMEMBERED).for_each(&mut see);
            let left = subscribers.give_back(msisdn(0), UnixMillis(7));
            assert!(left.is_some_and(|it| it.submitted.is_empty()), "{before}");
        }
    }

    #[test]
    fn what_is_in_memory_is_newer_than_what_the_journal_says() {
        let mut subscribers = looking_back(3, HOUR);
        subscribers.pin(msisdn(0), SubscriberFacts::default());
        subscribers.record(msisdn(0), UnixMillis(7));
        subscribers.pin(msisdn(0), SubscriberFacts::default());
        assert_eq!(subscribers.submitted(msisdn(0)), [UnixMillis(7)]);
    }

    #[test]
    fn no_limit_is_forgotten_while_it_holds_whichever_looks_back_furthest() {
        let limit = |messages, per| Limit { messages, per };
        let day = 24 * HOUR;
        for tiers in [
            [limit(3, HOUR), limit(10, day)],
            [limit(10, day), limit(3, HOUR)],
            [limit(10, HOUR), limit(3, day)],
            [limit(3, day), limit(10, HOUR)],
        ] {
            let limits = Limits::new(&tiers);
            let mut subscribers = Subscribers::new(&limits);
            subscribers.pin(msisdn(0), SubscriberFacts::default());
            let (mut now, mut all) = (UnixMillis(1_795_000_000_000), Vec::new());
            for step in 0..200u32 {
                let earliest = limits.earliest(&all, now);
                let kept = limits.earliest(subscribers.submitted(msisdn(0)), now);
                assert_eq!(kept, earliest, "step {step} of {tiers:?}");
                // Now as soon as it may, now some hours later.
                now = earliest.after(step % 7 % 3 * 5 * (HOUR / 2));
                all.push(now);
                subscribers.record(msisdn(0), now);
            }
        }
    }

    #[test]
    fn whatever_is_given_back_a_limit_lets_nothing_go_too_early() {
        let day = 24 * HOUR;
        let limit = Limit {
            messages: 10,
            per: day,
        };
        let limits = Limits::new(&[limit]);
        for urgent in 0..40 {
            let mut subscribers = Subscribers::new(&limits);
            subscribers.pin(msisdn(0), SubscriberFacts::default());
            for at in 1..=10 + urgent {
                subscribers.record(msisdn(0), UnixMillis(at));
            }
            for at in 11..=10 + urgent {
                subscribers.give_back(msisdn(0), UnixMillis(at));
            }
            let now = UnixMillis(100);
            let earliest = limits.earliest(subscribers.submitted(msisdn(0)), now);
            let exactly = UnixMillis(1).after(day);
            assert!(earliest >= exactly, "{urgent} went and were refused");
            let is_exact = urgent <= 4;
            assert_eq!(earliest == exactly, is_exact, "{urgent} at once");
        }
    }

    #[test]
    fn little_more_is_kept_than_the_limits_look_back_on() {
        let mut subscribers = looking_back(2, HOUR);
        subscribers.pin(msisdn(0), SubscriberFacts::default());
        for at in 0..100 {
            subscribers.record(msisdn(0), UnixMillis(at));
        }
        assert_eq!(subscribers.submitted(msisdn(0)).len(), 2 + SPARE);
        for at in 98..100 {
            subscribers.give_back(msisdn(0), UnixMillis(at));
        }
        assert!(
            subscribers
                .submitted(msisdn(0))
                .ends_with(&[UnixMillis(96), UnixMillis(97)])
        );
    }
}
