//! What has to be over before a message may go: the night, hours without bulk, limits, quotas.

use std::collections::BTreeMap;
use std::time::Duration;

use xabar_events::Reason;

use super::Rules;
use super::daily::Daily;
use super::limits::{Limit, Limits};
use super::line::line_of;
use super::morning::Down;
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
    pub(super) limits: Limits,
    /// Whether these hold urgent messages, too.
    urgent_limited: bool,
    pub(super) quiet_hours: Curfew,
    /// Over which time the messages of a night go out.
    pub(super) release: Duration,
    /// The same of the last rules that had quiet hours: those of now may have none.
    pub(super) last_release: Duration,
    /// While the gateway was down before its start, if that was long.
    pub(super) down: Option<Down>,
    /// The hours without bulk messages.
    pub(super) bulk: Curfew,
    /// Of the agencies that have one.
    pub(super) daily: BTreeMap<AgencyKey, Daily>,
    pub(super) spreads: Vec<Spreading>,
    /// By how many milliseconds the wall clock was ahead of the steady one when all was judged last.
    pub(super) ahead: i64,
}

impl Gate {
    /// `used` is how much of their quotas agencies had used when the journal was last written.
    pub(super) fn new(rules: &Rules, used: &BTreeMap<AgencyKey, Used>) -> Self {
        let daily = rules.daily.iter().map(|(agency, quota)| {
            let used = used.get(agency).cloned().unwrap_or_default();
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
            down: None,
            bulk: Curfew::new(rules.no_bulk.clone()),
            daily: daily.collect(),
            spreads: rules.spreads.iter().cloned().map(Spreading::new).collect(),
            ahead: 0,
        }
    }

    /// Goes by other rules, with what was counted by those of before. A quota that is new begins to count now.
    pub(super) fn change(&mut self, rules: &Rules, now: &Now) {
        let mut before = std::mem::replace(self, Self::new(rules, &BTreeMap::new()));
        if rules.quiet_hours.is_none() {
            self.last_release = before.last_release;
        }
        self.down = before.down.take();
        self.ahead = before.ahead;
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
    pub(super) fn wait_in(
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
            let opening = self.morning(message, end, self.delay(message));
            wait(now.steady_at(opening), Reason::BulkWindow);
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
        let (until, reason) = self.put_off_in(line_of(message), message, wait, now);
        if reason != Reason::AgencyQuota && message.progress.dealt.is_some() {
            self.move_day(message, Some(message.progress.due), Some(until), now);
        }
        (until, reason)
    }

    /// Counts a message of which the first submission begins.
    pub(super) fn count(&mut self, message: &Message, now: &Now) {
        if !self.daily.is_empty()
            && let Some(daily) = self.daily.get_mut(&message.agency())
        {
            daily.count(now.wall);
        }
        let came = self.came(message);
        if let Some(place) = self.best(message)
            && let Some(spreading) = self.spreads.get_mut(place)
        {
            spreading.count(now.steady);
            if message.progress.dealt.is_some()
                && let Some(daily) = self.daily.get_mut(&message.agency())
            {
                let time = now.wall_at(message.progress.due);
                daily.leave_campaign(time, came, now.wall);
            }
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

    /// How long after the end of the quiet hours, or of those without bulk, a message goes, that no herd goes at once.
    pub(super) fn delay(&self, message: &Message) -> Duration {
        delay(message.msisdn, self.release)
    }

    /// The first wall time from then on at which the hours let a message go, so long after their end.
    pub(super) fn open(&self, message: &Message, wall: UnixMillis, delay: Duration) -> UnixMillis {
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
                open = self.morning(message, end, delay);
            }
        }
        open
    }

    pub(super) fn campaign(&self, message: &Message) -> Option<&Spreading> {
        self.spreads.get(self.best(message)?)
    }

    /// The spread that fits a message best.
    pub(super) fn best(&self, message: &Message) -> Option<usize> {
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
pub(super) fn has_counted(message: &Message) -> bool {
    message.progress.attempt.attempts > 0
}
