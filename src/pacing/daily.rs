//! How many messages an agency may submit on one day.

use std::ops::Range;
use std::time::Duration;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::clock::{Now, UnixMillis};
use crate::journal::{Lane, Places, Used};

const DAY: Duration = Duration::from_secs(24 * 3600);

const MILLISECOND: Duration = Duration::from_millis(1);

/// At most `messages` from midnight to midnight of a time zone.
#[derive(Clone, Debug, PartialEq)]
pub struct DailyQuota {
    pub messages: u32,
    pub timezone: TimeZone,
}

/// From when messages have places, and until when these are spread; on the steady clock.
pub(super) type Opening = Range<UnixMillis>;

/// One agency's quota, how much of it is used, and who stands in line for what is left.
#[derive(Debug)]
pub(super) struct Daily {
    quota: DailyQuota,
    /// Wall times of the day that is counted.
    day: Range<UnixMillis>,
    /// Whether that is one of another time zone.
    is_elsewhere: bool,
    used: u32,
    normal: DayLine,
    bulk: DayLine,
    /// Whether the journal does not know yet how much is used.
    changed: bool,
}

/// Those of a lane that were put off: until when some have places, on the steady clock.
#[derive(Debug, Default)]
struct DayLine {
    places: Places,
    /// While places are dealt out anew: until when some had them before, or have joined since.
    before: Option<Places>,
}

impl DayLine {
    /// The last places of all that wait.
    fn last(&self) -> Places {
        let before = self.before.unwrap_or_default();
        Places {
            today: self.places.today.max(before.today),
            next: self.places.next.max(before.next),
        }
    }

    /// The last places of those that a message comes after.
    fn places(&self, anew: bool) -> Places {
        if anew { self.places } else { self.last() }
    }

    fn begin_anew(&mut self) {
        self.before = Some(self.last());
        self.places = Places::default();
    }

    fn pass(&mut self) {
        for places in self.before.iter_mut().chain([&mut self.places]) {
            (places.today, places.next) = (places.next, UnixMillis::default());
        }
    }
}

impl Daily {
    /// A quota of which the journal knows that so much was used.
    pub(super) fn new(quota: DailyQuota, used: Used) -> Self {
        let line = |places| DayLine {
            places,
            before: None,
        };
        let day = quota.day_of(used.day);
        let is_elsewhere = day.start != used.day;
        Self {
            day: match is_elsewhere {
                true => used.day..used.day.after(DAY),
                false => day,
            },
            is_elsewhere,
            used: used.messages,
            normal: line(used.normal),
            bulk: line(used.bulk),
            changed: false,
            quota,
        }
    }

    /// Goes on counting the day that another one of the same agency counted.
    pub(super) fn go_on(&mut self, before: Self) {
        *self = Self {
            quota: self.quota.clone(),
            is_elsewhere: before.is_elsewhere || before.quota.timezone != self.quota.timezone,
            ..before
        };
    }

    /// Places are dealt out anew, until [`end_anew`](Self::end_anew). Who joins meanwhile comes after all that had one.
    pub(super) fn begin_anew(&mut self) {
        self.normal.begin_anew();
        self.bulk.begin_anew();
        self.changed = true;
    }

    /// All that wait have their places.
    pub(super) fn end_anew(&mut self) {
        for line in [&mut self.normal, &mut self.bulk] {
            self.changed |= line.before.take().is_some();
        }
    }

    /// When the next day begins, if this one's share is used up.
    pub(super) fn spent_until(&mut self, wall: UnixMillis) -> Option<UnixMillis> {
        self.pass(wall);
        (self.used >= self.quota.messages).then_some(self.day.end)
    }

    /// Until when those of a lane have places that wait for this day, if some do yet: nobody goes before them. Where places are
    /// dealt out `anew`, those that have them by now.
    pub(super) fn line(&mut self, lane: Lane, anew: bool, now: &Now) -> Option<UnixMillis> {
        self.pass(now.wall);
        let last = self.line_of(lane).places(anew).today;
        (last > now.steady).then_some(last)
    }

    /// Gives the next place in a lane's line, where those that come first go first; what finds no room on that day is put off
    /// again. So no day keeps room for what is withdrawn or overtaken meanwhile. As many as have room are spread over the
    /// opening, the others follow at once. One that ends before, or `may_go` in the opening only, takes no place.
    pub(super) fn place(
        &mut self,
        lane: Lane,
        (opening, anew): (Opening, bool),
        now: &Now,
        may_go: impl Fn(UnixMillis) -> bool,
    ) -> UnixMillis {
        let is_next = now.wall_at(opening.start) >= self.day.end;
        let spread = opening.end.since(opening.start);
        let share = spread / self.quota.messages.max(1);
        let line = self.line_of(lane);
        let last = line.places(anew);
        let last = if is_next { last.next } else { last.today };
        let place = if last < opening.start {
            opening.start
        } else {
            let share = if last < opening.end {
                share
            } else {
                Duration::ZERO
            };
            // One after another, also where nothing is spread.
            last.after(share + MILLISECOND)
        };
        if !may_go(place) {
            return opening.start;
        }
        let places = match &mut line.before {
            Some(before) if !anew => before,
            _ => &mut line.places,
        };
        *(if is_next {
            &mut places.next
        } else {
            &mut places.today
        }) = place;
        self.changed = true;
        place
    }

    fn line_of(&mut self, lane: Lane) -> &mut DayLine {
        match lane {
            Lane::Bulk => &mut self.bulk,
            _ => &mut self.normal,
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
        std::mem::take(&mut self.changed).then(|| Used {
            day: self.day.start,
            messages: self.used,
            normal: self.normal.last(),
            bulk: self.bulk.last(),
        })
    }

    /// Begins a new day when it is time to. A clock that is set back begins none again, unless it was wrong by more than
    /// a day: else the agency would have to wait for what never was. What was used on a day of another time zone counts for that of now.
    fn pass(&mut self, wall: UnixMillis) {
        let is_ahead = wall.after(DAY) < self.day.start;
        if wall < self.day.end && !is_ahead {
            if self.is_elsewhere {
                (self.day, self.is_elsewhere) = (self.quota.day_of(wall), false);
                self.changed = true;
            }
            return;
        }
        self.day = self.quota.day_of(wall);
        (self.used, self.is_elsewhere) = (0, false);
        for line in [&mut self.normal, &mut self.bulk] {
            match is_ahead {
                true => *line = DayLine::default(),
                false => line.pass(),
            }
        }
    }
}

impl DailyQuota {
    /// From the midnight before a wall time to the one after it.
    pub fn day_of(&self, wall: UnixMillis) -> Range<UnixMillis> {
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

    fn now(wall: UnixMillis) -> Now {
        Now {
            instant: crate::clock::instant(),
            steady: wall,
            wall,
        }
    }

    /// How long after the opening of a day, which lasts a minute, the next one has its place.
    fn place(daily: &mut Daily, at: UnixMillis, opens: UnixMillis, anew: bool) -> u64 {
        let opening = opens..opens.after(Duration::from_secs(60));
        let place = daily.place(Lane::Normal, (opening, anew), &now(at), |_| true);
        u64::try_from(place.0 - opens.0).unwrap()
    }

    #[test]
    fn what_is_put_off_comes_the_next_day_in_order_before_all_that_is_new() {
        let noon = at("2026-11-23T12:00:00+05:00");
        let day = |day| at(&format!("2026-11-{day}T00:00:00+05:00"));
        let mut daily = Daily::new(two_a_day(), Used::default());
        daily.count(noon);
        daily.change();
        let mut put_off: Vec<_> = (0..3)
            .map(|_| place(&mut daily, noon, day(24), false))
            .collect();
        assert_eq!(
            daily.line(Lane::Normal, false, &now(noon)),
            None,
            "they are not for today"
        );
        let mut again = Daily::new(two_a_day(), daily.change().unwrap());
        put_off.extend((0..2).map(|_| place(&mut again, noon, day(24), false)));
        assert_eq!(put_off, [0, 30_001, 60_002, 60_003, 60_004]);
        let line = again.line(Lane::Normal, false, &now(day(24)));
        assert_eq!(line, Some(day(24).after(Duration::from_millis(60_004))));
        assert_eq!(
            again.line(Lane::Bulk, false, &now(day(24))),
            None,
            "a line of its own"
        );
        assert_eq!(place(&mut again, day(24), day(24), false), 60_005);
        assert_eq!(place(&mut again, day(24), day(25), false), 0);
        assert_eq!(
            again.line(Lane::Normal, false, &now(day(24).after(HOUR))),
            None
        );
    }

    #[test]
    fn who_joins_while_places_are_dealt_anew_comes_after_those_that_had_one() {
        let noon = at("2026-11-23T12:00:00+05:00");
        let next = at("2026-11-24T00:00:00+05:00");
        let mut daily = Daily::new(two_a_day(), Used::default());
        daily.count(noon);
        for _ in 0..4 {
            place(&mut daily, noon, next, false);
        }
        daily.begin_anew();
        let places = [true, false, true, false].map(|anew| place(&mut daily, noon, next, anew));
        assert_eq!(places, [0, 60_004, 30_001, 60_005]);
        let mut again = Daily::new(two_a_day(), daily.change().unwrap());
        assert_eq!(
            place(&mut again, noon, next, false),
            60_006,
            "also if that is cut short"
        );
        daily.end_anew();
        assert_eq!(place(&mut daily, noon, next, false), 60_002);
    }

    #[test]
    fn a_zone_that_is_moved_brings_no_quota_a_second_time() {
        let zone = |name| DailyQuota {
            timezone: TimeZone::get(name).unwrap(),
            ..two_a_day()
        };
        let evening = at("2026-11-23T20:00:00+05:00");
        let midnight = at("2026-11-24T00:00:00Z");
        for after_a_restart in [false, true] {
            let mut daily = Daily::new(two_a_day(), Used::default());
            (0..2).for_each(|_| daily.count(evening));
            let mut moved = Daily::new(zone("UTC"), Used::default());
            if after_a_restart {
                moved = Daily::new(zone("UTC"), daily.change().unwrap());
            } else {
                moved.go_on(daily);
            }
            assert_eq!(moved.spent_until(evening), Some(midnight));
            assert_eq!(moved.spent_until(midnight), None);
        }
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
