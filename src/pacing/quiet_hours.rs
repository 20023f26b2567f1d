//! When subscribers sleep.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::clock::UnixMillis;

/// A time of every day in which only urgent messages go out. It may pass midnight.
#[derive(Clone, Debug)]
pub struct QuietHours {
    pub from: Time,
    pub to: Time,
    pub timezone: TimeZone,
}

impl QuietHours {
    /// When the quiet hours end that hold at this wall time; `None` outside of them.
    pub fn end(&self, wall: UnixMillis) -> Option<UnixMillis> {
        let local = self.local(wall)?;
        if !self.covers(local.time()) {
            return None;
        }
        let ends_today = local.time() < self.to;
        let date = if ends_today {
            local.date()
        } else {
            local.date().checked_add(1.day()).ok()?
        };
        self.wall(date.to_datetime(self.to))
    }

    /// When the answer of [`end`](Self::end) changes next.
    fn next_change(&self, wall: UnixMillis) -> Option<UnixMillis> {
        let local = self.local(wall)?;
        if self.covers(local.time()) {
            return self.end(wall);
        }
        let begins_today = local.time() < self.from;
        let date = if begins_today {
            local.date()
        } else {
            local.date().checked_add(1.day()).ok()?
        };
        self.wall(date.to_datetime(self.from))
    }

    fn covers(&self, time: Time) -> bool {
        if self.from <= self.to {
            self.from <= time && time < self.to
        } else {
            self.from <= time || time < self.to
        }
    }

    fn local(&self, wall: UnixMillis) -> Option<DateTime> {
        let timestamp = Timestamp::from_millisecond(wall.0).ok()?;
        Some(self.timezone.to_datetime(timestamp))
    }

    /// A local time that a change of clocks skips counts as the first one after it.
    fn wall(&self, local: DateTime) -> Option<UnixMillis> {
        let timestamp = self
            .timezone
            .to_ambiguous_timestamp(local)
            .compatible()
            .ok()?;
        Some(UnixMillis(timestamp.as_millisecond()))
    }
}

/// Remembers the answer until it changes, since it is asked for every message.
#[derive(Clone, Debug)]
pub(super) struct Curfew {
    hours: Option<QuietHours>,
    valid: std::ops::Range<UnixMillis>,
    end: Option<UnixMillis>,
}

impl Curfew {
    pub(super) fn new(hours: Option<QuietHours>) -> Self {
        let nothing_known = UnixMillis(0)..UnixMillis(0);
        Self {
            hours,
            valid: nothing_known,
            end: None,
        }
    }

    /// See [`QuietHours::end`].
    pub(super) fn end(&mut self, wall: UnixMillis) -> Option<UnixMillis> {
        let hours = self.hours.as_ref()?;
        if !self.valid.contains(&wall) {
            self.end = hours.end(wall);
            self.valid = wall..hours.next_change(wall).unwrap_or(wall);
        }
        self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn night() -> QuietHours {
        let timezone = TimeZone::get("Asia/Tashkent").expect("the time zone database has Tashkent");
        QuietHours {
            from: Time::constant(22, 0, 0, 0),
            to: Time::constant(8, 0, 0, 0),
            timezone,
        }
    }

    fn at(text: &str) -> UnixMillis {
        UnixMillis(
            text.parse::<Timestamp>()
                .expect("a timestamp")
                .as_millisecond(),
        )
    }

    #[test]
    fn the_night_ends_in_the_morning_of_the_subscribers_zone() {
        let cases = [
            ("2026-11-23T21:59:59+05:00", None),
            (
                "2026-11-23T22:00:00+05:00",
                Some("2026-11-24T08:00:00+05:00"),
            ),
            (
                "2026-11-23T23:30:00+05:00",
                Some("2026-11-24T08:00:00+05:00"),
            ),
            (
                "2026-11-24T00:30:00+05:00",
                Some("2026-11-24T08:00:00+05:00"),
            ),
            (
                "2026-11-24T07:59:59+05:00",
                Some("2026-11-24T08:00:00+05:00"),
            ),
            ("2026-11-24T08:00:00+05:00", None),
        ];
        let mut curfew = Curfew::new(Some(night()));
        for (time, end) in cases {
            assert_eq!(night().end(at(time)), end.map(at), "{time}");
            assert_eq!(curfew.end(at(time)), end.map(at), "{time}, remembered");
        }
    }

    #[test]
    fn hours_within_one_day_do_not_reach_over_midnight() {
        let noon = QuietHours {
            from: Time::constant(13, 0, 0, 0),
            to: Time::constant(14, 0, 0, 0),
            ..night()
        };
        assert_eq!(
            noon.end(at("2026-11-23T13:30:00+05:00")),
            Some(at("2026-11-23T14:00:00+05:00"))
        );
        assert_eq!(noon.end(at("2026-11-23T23:30:00+05:00")), None);
    }

    #[test]
    fn the_remembered_answer_survives_no_step_of_the_clock() {
        let mut curfew = Curfew::new(Some(night()));
        assert!(curfew.end(at("2026-11-23T23:30:00+05:00")).is_some());
        assert!(curfew.end(at("2026-11-23T20:30:00+05:00")).is_none());
        assert!(curfew.end(at("2026-11-25T03:00:00+05:00")).is_some());
    }
}
