//! How many messages an agency may submit on one day.

use std::ops::Range;
use std::time::Duration;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::clock::UnixMillis;
use crate::journal::Used;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// At most `messages` from midnight to midnight of a time zone.
#[derive(Clone, Debug, PartialEq)]
pub struct DailyQuota {
    pub messages: u32,
    pub timezone: TimeZone,
}

/// To which day a message is put off, and its place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PutOff {
    /// When the day begins, wall time.
    pub(super) day: UnixMillis,
    /// How many were put off to it before.
    before: u32,
    quota: u32,
}

impl PutOff {
    /// How long after what opens the day its turn comes, where those with room are spread over so long.
    pub(super) fn delay(self, release: Duration) -> Duration {
        let share = release / self.quota.max(1);
        // One after another, also where nothing is spread.
        share * self.before.min(self.quota) + Duration::from_millis(self.before.into())
    }
}

/// One agency's quota and how much of it is used.
#[derive(Debug)]
pub(super) struct Daily {
    quota: DailyQuota,
    /// Wall times of the day that is counted.
    day: Range<UnixMillis>,
    used: u32,
    /// How many messages were put off to the next day.
    put_off: u32,
    /// Whether the journal does not know yet how much is used.
    changed: bool,
}

impl Daily {
    /// A quota of which the journal knows that so much was used.
    pub(super) fn new(quota: DailyQuota, used: Used) -> Self {
        let day = quota.day_of(used.day);
        Self {
            used: used.messages,
            put_off: used.put_off,
            changed: false,
            quota,
            day,
        }
    }

    /// Goes on counting the day that another one of the same agency counted.
    pub(super) fn go_on(&mut self, before: Self) {
        *self = Self {
            quota: self.quota.clone(),
            day: self.quota.day_of(before.day.start),
            ..before
        };
    }

    /// Those that were put off are put off anew, as far as they do not go today.
    pub(super) fn begin_anew(&mut self) {
        self.put_off = 0;
        self.changed = true;
    }

    /// When the next day begins, if this one's share is used up.
    pub(super) fn spent_until(&mut self, wall: UnixMillis) -> Option<UnixMillis> {
        self.pass(wall);
        (self.used >= self.quota.messages).then_some(self.day.end)
    }

    /// Puts a message off to the next day, where those that come first go first; what finds no room there is put off
    /// again. So no day keeps room for what is withdrawn or overtaken meanwhile. One that ends before that day takes no place.
    pub(super) fn put_off(&mut self, expires: UnixMillis) -> PutOff {
        let before = self.put_off;
        if expires > self.day.end {
            self.put_off = before.saturating_add(1);
            self.changed = true;
        }
        PutOff {
            day: self.day.end,
            before,
            quota: self.quota.messages,
        }
    }

    /// Counts a message that is submitted.
    pub(super) fn count(&mut self, wall: UnixMillis) {
        self.pass(wall);
        self.used = self.used.saturating_add(1);
        self.changed = true;
    }

    /// Takes back a message that was counted at this wall time and did not go, if its day is still counted.
    pub(super) fn uncount(&mut self, counted: UnixMillis) {
        if self.day.contains(&counted) {
            self.used = self.used.saturating_sub(1);
            self.changed = true;
        }
    }

    /// What the journal is to know, if it does not.
    pub(super) fn change(&mut self) -> Option<Used> {
        std::mem::take(&mut self.changed).then_some(Used {
            day: self.day.start,
            messages: self.used,
            put_off: self.put_off,
        })
    }

    /// Begins a new day when it is time to. A clock that is set back begins none again, unless it was wrong by more than
    /// a day: else the agency would have to wait for what never was.
    fn pass(&mut self, wall: UnixMillis) {
        let is_ahead = wall.after(DAY) < self.day.start;
        if wall < self.day.end && !is_ahead {
            return;
        }
        self.day = self.quota.day_of(wall);
        (self.used, self.put_off) = (0, 0);
    }
}

impl DailyQuota {
    /// From the midnight before a wall time to the one after it.
    fn day_of(&self, wall: UnixMillis) -> Range<UnixMillis> {
        let day = Timestamp::from_millisecond(wall.0).ok().and_then(|at| {
            let date = self.timezone.to_datetime(at).date();
            let next = date.checked_add(1.day()).ok()?;
            Some(self.midnight(date)?..self.midnight(next)?)
        });
        // Beyond every calendar.
        day.unwrap_or(wall..UnixMillis::NEVER)
    }

    fn midnight(&self, date: Date) -> Option<UnixMillis> {
        let midnight = date.to_datetime(Time::midnight());
        let at = self.timezone.to_ambiguous_timestamp(midnight);
        Some(UnixMillis(at.compatible().ok()?.as_millisecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixMillis {
        UnixMillis(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    const HOUR: Duration = Duration::from_secs(3600);
    const NEVER: UnixMillis = UnixMillis::NEVER;

    fn two_a_day() -> DailyQuota {
        DailyQuota {
            messages: 2,
            timezone: TimeZone::get("Asia/Tashkent").unwrap(),
        }
    }

    #[test]
    fn a_clock_that_was_days_ahead_costs_no_agency_the_days_between() {
        let start = UnixMillis(1_795_000_000_000);
        let spent = |ahead: Duration| {
            let mut daily = Daily::new(two_a_day(), Used::default());
            for _ in 0..2 {
                daily.count(start.after(ahead));
            }
            daily.spent_until(start).is_some()
        };
        assert!(
            spent(Duration::ZERO) && spent(DAY),
            "a day it may be set back"
        );
        assert!(!spent(7 * DAY));
    }

    #[test]
    fn a_day_has_its_share_from_midnight_to_midnight() {
        let mut daily = Daily::new(two_a_day(), Used::default());
        let evening = at("2026-11-23T23:59:00+05:00");
        let midnight = at("2026-11-24T00:00:00+05:00");
        assert_eq!(daily.spent_until(evening), None);
        daily.count(evening);
        assert_eq!(daily.spent_until(evening), None);
        daily.count(evening);
        assert_eq!(daily.spent_until(evening), Some(midnight));
        assert_eq!(daily.spent_until(midnight), None);
        daily.count(midnight);
        daily.count(midnight);
        assert_eq!(
            daily.spent_until(evening),
            Some(at("2026-11-25T00:00:00+05:00")),
            "a clock set back gives nothing again"
        );
    }

    #[test]
    fn what_did_not_go_gives_its_own_day_back() {
        let mut daily = Daily::new(two_a_day(), Used::default());
        let evening = at("2026-11-23T23:59:00+05:00");
        let midnight = at("2026-11-24T00:00:00+05:00");
        daily.count(evening);
        daily.count(evening);
        daily.uncount(evening);
        assert_eq!(daily.spent_until(evening), None);
        daily.count(midnight);
        daily.uncount(evening);
        assert_eq!(daily.change().unwrap().messages, 1);
    }

    #[test]
    fn what_is_put_off_comes_the_next_day_in_order() {
        let noon = at("2026-11-23T12:00:00+05:00");
        let day = |day| at(&format!("2026-11-{day}T00:00:00+05:00"));
        let mut daily = Daily::new(two_a_day(), Used::default());
        assert_eq!(daily.spent_until(noon), None);
        let mut put_off: Vec<_> = (0..3).map(|_| daily.put_off(NEVER)).collect();
        let mut again = Daily::new(two_a_day(), daily.change().unwrap());
        put_off.extend((0..2).map(|_| again.put_off(NEVER)));
        assert!(put_off.iter().all(|it| it.day == day(24)));
        let delays = put_off.iter().map(|it| it.delay(Duration::from_secs(60)));
        let delays: Vec<u128> = delays.map(|it| it.as_millis()).collect();
        assert_eq!(delays, [0, 30_001, 60_002, 60_003, 60_004]);
        again.spent_until(day(24));
        let first = again.put_off(NEVER);
        assert_eq!((first.day, first.delay(HOUR)), (day(25), Duration::ZERO));
    }

    #[test]
    fn what_was_used_before_a_restart_counts_on_that_day_only() {
        let noon = at("2026-11-23T12:00:00+05:00");
        let mut daily = Daily::new(two_a_day(), Used::default());
        daily.count(noon);
        daily.count(noon);
        let used = daily.change().unwrap();
        assert_eq!(daily.change(), None);
        let mut again = Daily::new(two_a_day(), used);
        assert!(again.spent_until(noon).is_some());
        assert_eq!(again.spent_until(at("2026-11-24T12:00:00+05:00")), None);
    }
}
