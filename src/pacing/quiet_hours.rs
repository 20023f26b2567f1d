//! When subscribers sleep, and the hours of bulk messages.

use std::time::Duration;

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use xabar_events::Msisdn;

use crate::clock::UnixMillis;

/// A time of every day in which some messages do not go out. It may pass midnight.
#[derive(Clone, Debug, PartialEq)]
pub struct QuietHours {
    pub from: Time,
    pub to: Time,
    pub timezone: TimeZone,
}

impl QuietHours {
    /// When the quiet hours end that hold at this wall time; `None` outside of them.
    pub fn end(&self, wall: UnixMillis) -> Option<UnixMillis> {
        let local = self.local(wall)?;
        if !is_within(local.time(), self.from, self.to) {
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
        if is_within(local.time(), self.from, self.to) {
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

/// Whether a time of day is from one until just before another, past midnight if the latter is the earlier.
pub(crate) fn is_within(time: Time, from: Time, to: Time) -> bool {
    if from <= to {
        from <= time && time < to
    } else {
        from <= time || time < to
    }
}

/// How long after the quiet hours a subscriber's messages go, so that those of a whole nation do not go at once: the
/// same for all messages of one subscriber.
pub(super) fn delay(msisdn: Msisdn, release: Duration) -> Duration {
    let spread = msisdn.as_u64().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    let millis = (release.as_millis() * u128::from(spread)) >> 32;
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
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

    /// The same for a time that is not now.
    pub(super) fn end_then(&self, wall: UnixMillis) -> Option<UnixMillis> {
        self.hours.as_ref()?.end(wall)
    }

    /// When the first hours end that end after this wall time.
    pub(super) fn next_end(&self, wall: UnixMillis) -> Option<UnixMillis> {
        let hours = self.hours.as_ref()?;
        hours
            .end(wall)
            .or_else(|| hours.end(hours.next_change(wall)?))
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
    fn the_morning_is_spread_evenly_over_neighbouring_numbers() {
        let minute = Duration::from_secs(60);
        let mut minutes = [0; 30];
        for number in 998_930_000_000..998_930_030_000 {
            let delay = delay(Msisdn::from_u64(number).unwrap(), 30 * minute);
            minutes[usize::try_from(delay.as_secs() / 60).unwrap()] += 1;
        }
        assert!(
            minutes.iter().all(|count| (900..1100).contains(count)),
            "{minutes:?}"
        );
        assert_eq!(
            delay(Msisdn::from_u64(998_930_000_007).unwrap(), Duration::ZERO),
            Duration::ZERO
        );
    }

    #[test]
    fn the_remembered_answer_survives_no_step_of_the_clock() {
        let mut curfew = Curfew::new(Some(night()));
        assert!(curfew.end(at("2026-11-23T23:30:00+05:00")).is_some());
        assert!(curfew.end(at("2026-11-23T20:30:00+05:00")).is_none());
        assert!(curfew.end(at("2026-11-25T03:00:00+05:00")).is_some());
    }
}
