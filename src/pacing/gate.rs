//! What has to be over before a message may go: the night, hours without bulk, limits, quotas.

use std::collections::BTreeMap;
use std::time::Duration;

use xabar_events::Reason;

use super::Rules;
use super::daily::{Daily, Opening};
use super::limits::{Limit, Limits};
use super::quiet_hours::{Curfew, delay};
use super::spread::{Line, Spreading};
use crate::clock::{Now, UnixMillis};
use crate::journal::{AgencyKey, Dealt, Lane, Message, SpreadKey, Used};

/// Over which time a night's messages go that the rules of now know nothing of, where those of before are not known.
const UNKNOWN_RELEASE: Duration = Duration::from_secs(30 * 60);

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
    /// The same of the last rules that had quiet hours: those of now may have none.
    last_release: Duration,
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
            limits: Limits::with_lag(&rules.limits, rules.lag),
            urgent_limited: rules.urgent_limited,
            quiet_hours: Curfew::new(rules.quiet_hours.clone()),
            release: rules.release,
            last_release: match rules.quiet_hours {
                Some(_) => rules.release,
                None => UNKNOWN_RELEASE,
            },
            bulk: Curfew::new(rules.no_bulk.clone()),
            daily: daily.collect(),
            spreads: rules.spreads.iter().cloned().map(Spreading::new).collect(),
        }
    }

    /// Goes by other rules, with what was counted by those of before. A quota that is new begins to count now.
    pub(super) fn change(&mut self, rules: &Rules, now: &Now) {
        let mut before = std::mem::replace(self, Self::new(rules, &BTreeMap::new()));
        if rules.quiet_hours.is_none() {
            self.last_release = before.last_release;
        }
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
    pub(super) fn begin_anew(&mut self, agency: AgencyKey) {
        if let Some(daily) = self.daily.get_mut(&agency) {
            daily.begin_anew();
        }
        let spreads = self.spreads.iter_mut();
        for spreading in spreads.filter(|it| it.spread().agency == agency) {
            spreading.begin_anew();
        }
    }

    /// All of the agency that wait have their places again.
    pub(super) fn end_anew(&mut self, agency: AgencyKey) {
        if let Some(daily) = self.daily.get_mut(&agency) {
            daily.end_anew();
        }
        let spreads = self.spreads.iter_mut();
        for spreading in spreads.filter(|it| it.spread().agency == agency) {
            spreading.end_anew();
        }
    }

    /// Whether a message may have to stand in line, for its agency's quota or its campaign.
    pub(super) fn has_line(&self, message: &Message) -> bool {
        let is_held = matches!(message.lane, Lane::Normal | Lane::Bulk);
        let has_one =
            self.daily.contains_key(&message.agency()) || self.campaign(message).is_some();
        is_held && !has_counted(message) && has_one
    }

    /// The limit that holds a subscriber for longest, after those submitted to them before.
    pub(super) fn limit(&self, submitted: &[UnixMillis], now: &Now) -> Option<Limit> {
        self.limits.holding(submitted, now.steady)
    }

    /// What a message waits for longest, if it may not go now, after those submitted to its subscriber before.
    pub(super) fn wait(
        &mut self,
        message: &Message,
        submitted: &[UnixMillis],
        now: &Now,
    ) -> Option<Wait> {
        self.wait_in(line_of(message), message, submitted, now)
    }

    fn wait_in(
        &mut self,
        line: Line,
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
        if !has_counted(message)
            && let Some(until) = self.line_wait(line, message, now)
        {
            wait(until, Reason::AgencyQuota);
        }
        (longest.0 > now.steady).then_some(longest)
    }

    /// How long a message waits for its agency's quota and its campaign at least, and for those before it in line.
    fn line_wait(&mut self, line: Line, message: &Message, now: &Now) -> Option<UnixMillis> {
        let campaign = self.campaign(message);
        let turn = campaign.map(|it| it.wait(now.steady, line));
        let is_spread = turn.is_some();
        let mut until = turn.flatten();
        if !self.daily.is_empty()
            && let Some(daily) = self.daily.get_mut(&message.agency())
        {
            let spent = daily.spent_until(now.wall).map(|end| now.steady_at(end));
            let others = match line {
                _ if is_spread => None,
                Line::Late(_) => None,
                Line::Joins | Line::Anew(_) => daily.line(message.lane, line != Line::Joins, now),
            };
            until = until.max(spent).max(others);
        }
        until
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
    pub(super) fn put_off(&mut self, message: &mut Message, wait: Wait, now: &Now) -> Wait {
        self.put_off_in(line_of(message), message, wait, now)
    }

    fn put_off_in(
        &mut self,
        line: Line,
        message: &mut Message,
        (until, reason): Wait,
        now: &Now,
    ) -> Wait {
        if reason == Reason::AgencyQuota
            && let Some(until) = self.place(message, line, now)
        {
            return (until, reason);
        }
        let open = self.open(message, now.wall_at(until), self.delay(message));
        (now.steady_at(open), reason)
    }

    /// What a message that was put off waits for by the rules of now; `None`: it may go. One that stood in line gets the next
    /// place, whatever the hour: that lies in the hours in which it may go.
    pub(super) fn judge_anew(
        &mut self,
        message: &mut Message,
        submitted: &[UnixMillis],
        now: &Now,
    ) -> Option<Wait> {
        let had_place = has_place(message);
        let before = Line::Anew(message.progress.dealt.take());
        let place = had_place.then(|| self.place(message, before, now));
        match place.flatten() {
            Some(place) => {
                let limited = self.limits.earliest(submitted, now.steady);
                if limited > place {
                    Some(self.put_off(message, (limited, Reason::SubscriberLimit), now))
                } else {
                    (place > now.steady).then_some((place, Reason::AgencyQuota))
                }
            }
            None => match self.wait_in(before, message, submitted, now) {
                None => self.moment_of_morning(message, now),
                Some(wait) => Some(self.put_off_in(before, message, wait, now)),
            },
        }
    }

    /// Gives a message that its agency's quota or its campaign holds up the next place in line, in the hours in which it may
    /// go; `None`: neither holds it up. What is of a campaign has its place there, on a day that has some of the quota left.
    fn place(&mut self, message: &mut Message, line: Line, now: &Now) -> Option<UnixMillis> {
        let daily = self.daily.get_mut(&message.agency());
        let next_day = daily.and_then(|daily| daily.spent_until(now.wall));
        if self.campaign(message).is_some() {
            return self.deal(message, line, next_day, now);
        }
        let daily = self.daily.get_mut(&message.agency())?;
        let is_anew = matches!(line, Line::Anew(_));
        let others = match line {
            Line::Joins => daily.line(message.lane, false, now),
            Line::Anew(None) => daily.line(message.lane, true, now),
            Line::Late(_) | Line::Anew(Some(_)) => None,
        };
        // Behind those that have places today, though it may have to be put off again there.
        let from = next_day.filter(|_| others.is_none()).unwrap_or(now.wall);
        let opening = self.opening(message, from, now);
        if opening.is_empty() && next_day.is_none() && others.is_none() {
            message.progress.dealt = is_anew.then_some(now.steady);
            return None;
        }
        let end = now.steady_at(message.expires);
        let (quiet_hours, bulk) = (&self.quiet_hours, &self.bulk);
        let may_go = |at: UnixMillis| {
            let wall = now.wall_at(at);
            let is_bulk_closed = message.lane == Lane::Bulk && bulk.end_then(wall).is_some();
            at < end && !is_bulk_closed && quiet_hours.end_then(wall).is_none()
        };
        let daily = self.daily.get_mut(&message.agency())?;
        let place = daily.place(message.lane, (opening, is_anew), now, may_go);
        message.progress.dealt = Some(now.steady);
        Some(place)
    }

    /// From when on a message may go that may from this wall time on, and until when those that wait for that are spread.
    fn opening(&self, message: &Message, from: UnixMillis, now: &Now) -> Opening {
        let opens = self.open(message, from, Duration::ZERO);
        let earlier = from.before(self.release);
        let opened = self.open(message, earlier, Duration::ZERO);
        let end = if opens > from {
            opens.after(self.release)
        } else if opened > earlier {
            opened.after(self.release).max(opens)
        } else {
            opens
        };
        now.steady_at(opens)..now.steady_at(end)
    }

    /// When a message goes that was put off into a morning though it might go now: no herd goes since a rule is another, or the
    /// clock. That is its moment if it is morning, and else one as long from now, if it was to go later than that.
    fn moment_of_morning(&self, message: &Message, now: &Now) -> Option<Wait> {
        if message.lane == Lane::Urgent {
            return None;
        }
        let told = message.progress.history.last();
        let reason = told.and_then(|told| told.reason);
        let due = now.wall_at(message.progress.due);
        let delay = delay(message.msisdn, self.last_release);
        let earlier = now.wall.before(self.last_release);
        let moment = self.quiet_hours.end_then(earlier);
        let moment = moment.map(|end| self.morning(message, end, delay));
        let moment = moment.filter(|moment| *moment > now.wall);
        let is_so = reason == Some(Reason::QuietHours) || Some(due) == moment;
        let moment = moment.unwrap_or_else(|| self.morning(message, now.wall, delay).min(due));
        let wait = (now.steady_at(moment), reason.unwrap_or(Reason::QuietHours));
        (is_so && moment > now.wall).then_some(wait)
    }

    /// A message that waited ends: the time that it was given is another's.
    pub(super) fn give_up(&mut self, message: &Message, now: &Now) {
        if !has_counted(message)
            && let Some(dealt) = message.progress.dealt
            && let Some(place) = self.best(message)
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
        if let Some(place) = self.best(message)
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
        if let Some(place) = self.best(message)
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
    pub(super) fn take_up(&mut self, dealt: &BTreeMap<SpreadKey, Dealt>, now: &Now) {
        for spreading in &mut self.spreads {
            if let Some(dealt) = dealt.get(&spreading.key()) {
                spreading.take_up(*dealt, now.steady);
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

    /// Gives a message a time of its campaign from this wall time on, if there is one before its end, which it waits for else;
    /// `None`: it is of none.
    fn deal(
        &mut self,
        message: &mut Message,
        line: Line,
        from: Option<UnixMillis>,
        now: &Now,
    ) -> Option<UnixMillis> {
        let (quiet_hours, bulk) = (&self.quiet_hours, &self.bulk);
        let hours = |steady| {
            let mut wall = from.map_or(now.wall_at(steady), |from| from.max(now.wall_at(steady)));
            // As in `open`.
            for _ in 0..2 {
                wall = quiet_hours.end_then(wall).unwrap_or(wall);
                wall = bulk.end_then(wall).unwrap_or(wall);
            }
            now.steady_at(wall)
        };
        let end = now.steady_at(message.expires);
        let place = self.best(message)?;
        let spreading = self.spreads.get_mut(place)?;
        let dealt = spreading.deal(now.steady, line, end, hours);
        if !matches!(line, Line::Late(_)) {
            message.progress.dealt = dealt.or(message.progress.dealt);
        }
        Some(dealt.unwrap_or(end))
    }

    fn campaign(&self, message: &Message) -> Option<&Spreading> {
        self.spreads.get(self.best(message)?)
    }

    /// The spread that fits a message best.
    fn best(&self, message: &Message) -> Option<usize> {
        if message.lane != Lane::Bulk {
            return None;
        }
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

/// Whether a message has a place, which may have come: it does not wait for those that have one.
fn stands_in_line(message: &Message) -> bool {
    message.progress.dealt.is_some()
}

/// One that has a place, which may have come, does not wait for those that have later ones.
fn line_of(message: &Message) -> Line {
    message.progress.dealt.map_or(Line::Joins, Line::Late)
}

/// Whether a message was put off by its agency's quota or campaign, and not by what holds all messages.
fn has_place(message: &Message) -> bool {
    let told = message.progress.history.last();
    let is_told = told.is_some_and(|told| told.reason == Some(Reason::AgencyQuota));
    !has_counted(message) && (is_told || stands_in_line(message))
}
