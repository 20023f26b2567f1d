//! What has to be over before a message may go: the night, hours without bulk, limits, quotas.

use std::collections::BTreeMap;
use std::time::Duration;

use xabar_events::Reason;

use super::Rules;
use super::daily::Daily;
use super::limits::Limits;
use super::quiet_hours::{Curfew, delay};
use super::spread::{Line, Spreading};
use crate::clock::{Now, UnixMillis};
use crate::journal::{AgencyKey, Dealt, Lane, Message, SpreadKey, Used};

/// So long after a morning's release those are due that found no room in it, a millisecond apart; of many more the rest.
const WITHOUT_ROOM: Duration = Duration::from_secs(600);

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
        for spreading in &mut self.spreads {
            let earlier = before.spreads.iter();
            let mut same = earlier.filter(|it| it.key() == spreading.key());
            if let Some(earlier) = same.next() {
                spreading.go_on(earlier, now.steady);
            }
        }
    }

    /// What was put off by the rules of an agency gets its places again, by [`judge_anew`](Self::judge_anew).
    pub(super) fn begin_anew(&mut self, agency: AgencyKey, now: &Now) {
        if let Some(daily) = self.daily.get_mut(&agency) {
            daily.begin_anew();
        }
        let spreads = self.spreads.iter_mut();
        for spreading in spreads.filter(|it| it.spread().agency == agency) {
            spreading.begin_anew(now.steady);
        }
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
        if reason == Reason::AgencyQuota {
            let daily = self.daily.get_mut(&message.agency());
            if daily.is_some_and(|daily| daily.spent_until(now.wall).is_some()) {
                return (self.next_day(message, now), reason);
            }
            let line = match stands_in_line(message) {
                true => Line::Late,
                false => Line::Joins,
            };
            if let Some(until) = self.deal(message, line, now) {
                return (until, reason);
            }
        }
        let open = self.open(message, now.wall_at(until), self.delay(message));
        (now.steady_at(open), reason)
    }

    /// What a message that was put off waits for by the rules of now; `None`: it may go. What had a place of a day or of a campaign
    /// gets one of those that are left, whatever the hour: it is in the hours in which it may go.
    pub(super) fn judge_anew(
        &mut self,
        message: &mut Message,
        submitted: &[UnixMillis],
        now: &Now,
    ) -> Option<Wait> {
        let had_place = has_place(message);
        let dealt = message.progress.dealt.take();
        let place = had_place.then(|| self.place_anew(message, dealt, now));
        let place = place.flatten();
        match place {
            Some(place) => {
                let limited = self.limits.earliest(submitted, now.steady);
                if limited > place {
                    Some(self.put_off(message, (limited, Reason::SubscriberLimit), now))
                } else {
                    (place > now.steady).then_some((place, Reason::AgencyQuota))
                }
            }
            None => match self.wait(message, submitted, now) {
                None => self.moment_of_morning(message, now),
                Some(wait) => Some(self.put_off(message, wait, now)),
            },
        }
    }

    /// Until when a message waits that its agency's quota or campaign put off, in its new place; `None`: for neither. It may
    /// have a time of its campaign from before.
    fn place_anew(
        &mut self,
        message: &mut Message,
        dealt: Option<UnixMillis>,
        now: &Now,
    ) -> Option<UnixMillis> {
        let (due, morning) = (message.progress.due, self.morning_of(now));
        if let Some(daily) = self.daily.get_mut(&message.agency()) {
            if daily.spent_until(now.wall).is_some() {
                return Some(self.next_day(message, now));
            }
            // It has a place of this day, and is one of those that found no room in its release if it is due just after that.
            let keeps = |end: UnixMillis| {
                let last = end.after(self.release + WITHOUT_ROOM);
                (end..=last).contains(&now.wall_at(due))
            };
            if dealt.is_none() && morning.is_some_and(keeps) {
                return Some(due);
            }
        }
        let spread = self.spread(message)?;
        if dealt.is_none() && spread.wait(now.steady, false).is_none() {
            return None;
        }
        self.deal(message, Line::Anew(dealt), now)
    }

    /// When a message goes that was put off into the morning that it is now: no herd goes since a rule is another.
    fn moment_of_morning(&self, message: &Message, now: &Now) -> Option<Wait> {
        if message.lane == Lane::Urgent {
            return None;
        }
        let moment = self.morning(message, self.morning_of(now)?, self.delay(message));
        let told = message.progress.history.last();
        let reason = told.and_then(|told| told.reason);
        let due = now.wall_at(message.progress.due);
        let is_so = reason == Some(Reason::QuietHours) || due == moment;
        let wait = (now.steady_at(moment), reason.unwrap_or(Reason::QuietHours));
        (is_so && moment > now.wall).then_some(wait)
    }

    /// When the quiet hours end, or ended, of which the messages wait now or go over the release.
    fn morning_of(&self, now: &Now) -> Option<UnixMillis> {
        let end = |wall| self.quiet_hours.end_then(wall);
        end(now.wall).or_else(|| end(now.wall.before(self.release)))
    }

    /// Puts a message off to the next day, in the hours in which it may go then.
    fn next_day(&mut self, message: &Message, now: &Now) -> UnixMillis {
        let (mut until, mut delay) = (now.wall, self.delay(message));
        if let Some(daily) = self.daily.get_mut(&message.agency()) {
            let put_off = daily.put_off(message.expires);
            until = put_off.day.after(put_off.delay(Duration::ZERO));
            delay = put_off.delay(self.release);
        }
        now.steady_at(self.open(message, until, delay))
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

    /// Gives a message a time of its campaign, if there is one before its end, which it waits for else; `None`: it is of none.
    fn deal(&mut self, message: &mut Message, line: Line, now: &Now) -> Option<UnixMillis> {
        if message.lane != Lane::Bulk {
            return None;
        }
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
        let end = now.steady_at(message.expires);
        let place = self.place(message)?;
        let spreading = self.spreads.get_mut(place)?;
        let dealt = spreading.deal(now.steady, line, end, hours);
        message.progress.dealt = dealt.or(message.progress.dealt);
        Some(dealt.unwrap_or(end))
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

/// Whether a message was put off by its agency's quota or campaign, and not by what holds all messages.
fn has_place(message: &Message) -> bool {
    let told = message.progress.history.last();
    let is_told = told.is_some_and(|told| told.reason == Some(Reason::AgencyQuota));
    !has_counted(message) && (is_told || stands_in_line(message))
}
