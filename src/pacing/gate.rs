//! What has to be over before a message may go: the night, hours without bulk, limits, quotas.

use std::collections::BTreeMap;
use std::time::Duration;

use xabar_events::Reason;

use super::Rules;
use super::daily::Daily;
use super::limits::Limits;
use super::quiet_hours::{Curfew, delay};
use super::spread::Spreading;
use crate::clock::{Now, UnixMillis};
use crate::journal::{AgencyKey, Dealt, Lane, Message, SpreadKey, Used};

/// Until when a message waits, on the steady clock, and why.
pub(super) type Wait = (UnixMillis, Reason);

#[derive(Debug)]
pub(super) struct Gate {
    limits: Limits,
    /// Whether these hold urgent messages, too.
    urgent_limited: bool,
    quiet_hours: Curfew,
    /// Over which time the messages of a night go out.
    release: Duration,
    /// The hours without bulk messages.
    bulk: Curfew,
    /// Of the agencies that have one.
    daily: BTreeMap<AgencyKey, Daily>,
    spreads: Vec<Spreading>,
}

impl Gate {
    /// `used` is how much of their quotas agencies had used when the journal was last written.
    pub(super) fn new(rules: &Rules, used: &BTreeMap<AgencyKey, Used>) -> Self {
        let daily = rules.daily.iter().map(|(agency, quota)| {
            let used = used.get(agency).copied().unwrap_or_default();
            (*agency, Daily::new(quota.clone(), used))
        });
        Self {
            limits: Limits::new(&rules.limits),
            urgent_limited: rules.urgent_limited,
            quiet_hours: Curfew::new(rules.quiet_hours.clone()),
            release: rules.release,
            bulk: Curfew::new(rules.no_bulk.clone()),
            daily: daily.collect(),
            spreads: rules.spreads.iter().cloned().map(Spreading::new).collect(),
        }
    }

    /// Goes by other rules, with what was counted by those of before. A quota that is new begins to count now.
    pub(super) fn change(&mut self, rules: &Rules, now: &Now) {
        let mut before = std::mem::replace(self, Self::new(rules, &BTreeMap::new()));
        for (agency, daily) in &mut self.daily {
            if let Some(before) = before.daily.remove(agency) {
                daily.go_on(before);
            }
        }
        if self.is_spread_as(&before) {
            self.spreads = before.spreads;
            return;
        }
        // The messages of all campaigns have their turns again.
        for spreading in &mut self.spreads {
            let mut earlier = before.spreads.iter();
            if let Some(earlier) = earlier.find(|it| it.key() == spreading.key()) {
                spreading.go_on(earlier, now.steady);
            }
        }
    }

    fn is_spread_as(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.spreads.iter(), other.spreads.iter());
        ours.map(Spreading::spread)
            .eq(theirs.map(Spreading::spread))
    }

    /// How many past submissions of a subscriber have to be remembered.
    pub(super) fn memory(&self) -> usize {
        self.limits.memory()
    }

    /// For how long.
    pub(super) fn longest(&self) -> Duration {
        self.limits.longest()
    }

    /// What a message waits for longest, if it may not go now, after those submitted to its subscriber before.
    pub(super) fn wait(
        &mut self,
        message: &Message,
        submitted: &[UnixMillis],
        now: &Now,
    ) -> Option<Wait> {
        match message.lane {
            Lane::Answers => return None,
            Lane::Urgent => return self.urgent_wait(submitted, now),
            Lane::Normal | Lane::Bulk => {}
        }
        let bulk = message.lane == Lane::Bulk;
        let mut longest = (now.steady, Reason::QuietHours);
        let mut wait = |until: UnixMillis, reason| {
            if until > longest.0 {
                longest = (until, reason);
            }
        };
        if let Some(end) = self.quiet_hours.end(now.wall) {
            let morning = self.morning(message, end, self.delay(message));
            wait(now.steady_at(morning), Reason::QuietHours);
        }
        if bulk && let Some(end) = self.bulk.end(now.wall) {
            wait(now.steady_at(end), Reason::BulkWindow);
        }
        wait(
            self.limits.earliest(submitted, now.steady),
            Reason::SubscriberLimit,
        );
        let counted = has_counted(message);
        if !counted
            && !self.daily.is_empty()
            && let Some(daily) = self.daily.get_mut(&message.agency())
            && let Some(end) = daily.spent_until(now.wall)
        {
            wait(now.steady_at(end), Reason::AgencyQuota);
        }
        if bulk
            && !counted
            && let Some(spread) = self.spread(message)
            && let Some(until) = spread.wait(now.steady, stands_in_line(message))
        {
            wait(until, Reason::AgencyQuota);
        }
        (longest.0 > now.steady).then_some(longest)
    }

    /// An urgent message waits for its subscriber's limits only, if at all.
    fn urgent_wait(&self, submitted: &[UnixMillis], now: &Now) -> Option<Wait> {
        if !self.urgent_limited {
            return None;
        }
        let until = self.limits.earliest(submitted, now.steady);
        (until > now.steady).then_some((until, Reason::SubscriberLimit))
    }

    /// Puts a message off that has to wait: gives it a time of its own where many wait for the same.
    pub(super) fn put_off(
        &mut self,
        message: &mut Message,
        (until, reason): Wait,
        now: &Now,
    ) -> Wait {
        let (mut until, mut delay) = (now.wall_at(until), self.delay(message));
        if reason == Reason::AgencyQuota {
            let daily = self.daily.get_mut(&message.agency());
            if let Some(daily) = daily
                && daily.spent_until(now.wall).is_some()
            {
                let put_off = daily.put_off();
                until = put_off.day.after(put_off.delay(Duration::ZERO));
                delay = put_off.delay(self.release);
            } else if let Some(place) = self.place(message) {
                let dealt = self.deal(place, message, now);
                until = dealt.map_or(message.expires, |dealt| now.wall_at(dealt));
                message.progress.dealt = dealt.or(message.progress.dealt);
            }
        }
        (now.steady_at(self.open(message, until, delay)), reason)
    }

    /// A message that waited ends: the time that it was given is another's.
    pub(super) fn give_up(&mut self, message: &Message, now: &Now) {
        if !has_counted(message)
            && let Some(dealt) = message.progress.dealt
            && let Some(place) = self.place(message)
            && let Some(spreading) = self.spreads.get_mut(place)
        {
            spreading.give_back(dealt, now.steady);
        }
    }

    /// Counts a message of which the first submission begins.
    pub(super) fn count(&mut self, message: &Message, now: &Now) {
        if !self.daily.is_empty()
            && let Some(daily) = self.daily.get_mut(&message.agency())
        {
            daily.count(now.wall);
        }
        if message.lane == Lane::Bulk
            && let Some(place) = self.place(message)
            && let Some(spreading) = self.spreads.get_mut(place)
        {
            spreading.count(now.steady);
        }
    }

    /// Takes back what was counted of a message whose first submission was not written.
    pub(super) fn uncount(&mut self, message: &Message, now: &Now) {
        if let Some(daily) = self.daily.get_mut(&message.agency()) {
            daily.uncount(now.wall_at(message.progress.attempt.at));
        }
        if message.lane == Lane::Bulk
            && let Some(place) = self.place(message)
            && let Some(spreading) = self.spreads.get_mut(place)
        {
            spreading.uncount();
        }
    }

    /// How much of their quotas agencies have used, where the journal does not know it yet.
    pub(super) fn changes(&mut self) -> Vec<(AgencyKey, Used)> {
        let daily = self.daily.iter_mut();
        daily
            .filter_map(|(agency, daily)| Some((*agency, daily.change()?)))
            .collect()
    }

    /// Goes on with campaigns where they stood.
    pub(super) fn take_up(&mut self, dealt: &BTreeMap<SpreadKey, Dealt>) {
        for spreading in &mut self.spreads {
            if let Some(dealt) = dealt.get(&spreading.key()) {
                spreading.take_up(*dealt);
            }
        }
    }

    /// How far the times of campaigns are dealt out, where the journal does not know it yet.
    pub(super) fn dealt(&mut self) -> Vec<(SpreadKey, Dealt)> {
        let spreads = self.spreads.iter_mut();
        spreads
            .filter_map(|spreading| Some((spreading.key(), spreading.change()?)))
            .collect()
    }

    /// How long after the end of the quiet hours a message goes, that no herd goes at once.
    fn delay(&self, message: &Message) -> Duration {
        delay(message.msisdn, self.release)
    }

    /// When a message goes that waits for the end of the quiet hours: so long after it, but not beyond its
    /// own end, and not into hours that hold it back, or it could miss those in which it may go every day.
    fn morning(&self, message: &Message, end: UnixMillis, delay: Duration) -> UnixMillis {
        let spread = end.after(delay);
        let held = self.quiet_hours.end_then(spread).is_some()
            || (message.lane == Lane::Bulk && self.bulk.end_then(spread).is_some());
        if held || spread >= message.expires {
            end
        } else {
            spread
        }
    }

    /// The first wall time from then on at which the hours let a message go, so long after the end of the quiet ones.
    fn open(&self, message: &Message, wall: UnixMillis, delay: Duration) -> UnixMillis {
        if message.lane == Lane::Urgent {
            return wall;
        }
        let mut open = wall;
        // One kind of hours may end within the other; if both did, there would be no hour left.
        for _ in 0..2 {
            if let Some(end) = self.quiet_hours.end_then(open) {
                open = self.morning(message, end, delay);
            }
            if message.lane == Lane::Bulk
                && let Some(end) = self.bulk.end_then(open)
            {
                open = end;
            }
        }
        open
    }

    /// A time of its campaign for a message, if there is one before its end.
    fn deal(&mut self, place: usize, message: &Message, now: &Now) -> Option<UnixMillis> {
        let (quiet_hours, bulk) = (&self.quiet_hours, &self.bulk);
        let hours = |steady| {
            let mut wall = now.wall_at(steady);
            // As in `open`.
            for _ in 0..2 {
                wall = quiet_hours.end_then(wall).unwrap_or(wall);
                wall = bulk.end_then(wall).unwrap_or(wall);
            }
            now.steady_at(wall)
        };
        let (in_line, end) = (stands_in_line(message), now.steady_at(message.expires));
        let spreading = self.spreads.get_mut(place)?;
        spreading.deal(now.steady, in_line, end, hours)
    }

    /// Whether a message that waits for this reason waits for a wall time.
    pub(super) fn is_of_wall(message: &Message, reason: Reason) -> bool {
        match reason {
            Reason::Scheduled | Reason::QuietHours | Reason::BulkWindow => true,
            // A day's quota is over at midnight; the times of a campaign are those of the steady clock.
            Reason::AgencyQuota => message.progress.dealt != Some(message.progress.due),
            _ => false,
        }
    }

    fn spread(&self, message: &Message) -> Option<&Spreading> {
        self.spreads.get(self.place(message)?)
    }

    /// The spread that fits a message best.
    fn place(&self, message: &Message) -> Option<usize> {
        let spreads = self.spreads.iter().enumerate();
        let fit = spreads.map(|(place, it)| (it.fits(message), place));
        fit.filter(|(fit, _)| *fit > 0)
            .max()
            .map(|(_, place)| place)
    }
}

/// Whether a message has its part of its agency's quota and campaign, which it takes once, however often it is tried.
fn has_counted(message: &Message) -> bool {
    message.progress.attempt.attempts > 0
}

/// Whether a message has a time of its campaign, which may have come: it does not wait for those that have one.
fn stands_in_line(message: &Message) -> bool {
    message.progress.dealt.is_some()
}
