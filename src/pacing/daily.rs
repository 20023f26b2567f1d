//! How many messages an agency may submit on one day.

use std::ops::Range;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::clock::UnixMillis;
use crate::journal::Used;

/// At most `messages` from midnight to midnight of a time zone.
#[derive(Clone, Debug)]
pub struct DailyQuota {
    pub messages: u32,
    pub timezone: TimeZone,
}

/// One agency's quota and how much of it is used.
#[derive(Debug)]
pub(super) struct Daily {
    quota: DailyQuota,
    /// Wall times of the day that is counted.
    day: Range<UnixMillis>,
    used: u32,
    /// The day to which messages are put off now, by its start, and how many are already.
    put_off_to: (UnixMillis, u32),
    /// Whether the journal does not know yet how much is used.
    changed: bool,
}

impl Daily {
    /// A quota of which the journal knows that so much was used.
    pub(super) fn new(quota: DailyQuota, used: Used) -> Self {
        let day = quota.day_of(used.day);
        Self {
            put_off_to: (day.end, 0),
            used: used.messages,
            changed: false,
            quota,
            day,
        }
    }

    /// When the next day begins, if this one's share is used up.
    pub(super) fn spent_until(&mut self, wall: UnixMillis) -> Option<UnixMillis> {
        self.pass(wall);
        (self.used >= self.quota.messages).then_some(self.day.end)
    }

    /// The start of the first day that has room for one more of those put off.
    pub(super) fn put_off(&mut self) -> UnixMillis {
        let (day, messages) = &mut self.put_off_to;
        if *messages >= self.quota.messages {
            (*day, *messages) = (self.quota.day_of(*day).end, 0);
        }
        *messages += 1;
        *day
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
        })
    }

    /// Begins a new day when it is time to. A clock that is set back begins none again.
    fn pass(&mut self, wall: UnixMillis) {
        if wall < self.day.end {
            return;
        }
        self.day = self.quota.day_of(wall);
        self.used = 0;
        if self.put_off_to.0 <= self.day.start {
            self.put_off_to = (self.day.end, 0);
        }
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

    fn two_a_day() -> DailyQuota {
        DailyQuota {
            messages: 2,
            timezone: TimeZone::get("Asia/Tashkent").unwrap(),
        }
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
    fn what_is_put_off_fills_one_day_after_another() {
        let mut daily = Daily::new(two_a_day(), Used::default());
        let noon = at("2026-11-23T12:00:00+05:00");
        assert_eq!(daily.spent_until(noon), None);
        let days: Vec<_> = (0..5).map(|_| daily.put_off()).collect();
        let day = |day| at(&format!("2026-11-{day}T00:00:00+05:00"));
        assert_eq!(days, [day(24), day(24), day(25), day(25), day(26)]);
        daily.spent_until(day(25));
        assert_eq!(daily.put_off(), day(26));
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
