//! Points in time as the contracts write them: RFC 3339 outside, milliseconds inside.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};

use crate::field::{Expected, Field};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// [`Display`](fmt::Display) and serde write RFC 3339 in UTC with milliseconds; what lies outside
/// the years 0000 to 9999 is written as the nearest time within.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// How far ahead of its arrival an event's `time` may be: five minutes.
    pub const MAX_AHEAD_MS: i64 = 5 * 60 * 1000;

    const FIRST: i64 = -62_167_219_200_000; // 0000-01-01T00:00:00Z
    const LAST: i64 = 253_402_300_799_999; // 9999-12-31T23:59:59.999Z

    /// The time that an event counts by, given when it arrived, and whether that is another one.
    ///
    /// A `time` more than five minutes ahead counts as the time of arrival, so that one wrong
    /// clock cannot make every later status of an application look old.
    pub fn clamp_to_arrival(self, arrival: Self) -> (Self, bool) {
        let ahead = self.0.saturating_sub(arrival.0) > Self::MAX_AHEAD_MS;
        (if ahead { arrival } else { self }, ahead)
    }
}

impl Field for UnixMillis {
    const EXPECTED: &'static str =
        "a time with its offset as in RFC 3339, such as 2026-11-23T09:15:00+05:00";

    fn read(text: &str) -> Option<Self> {
        let (date_time, rest) = text.as_bytes().split_first_chunk::<19>()?;
        let local = local_seconds(date_time)?;
        let (millis, rest) = fraction(rest)?;
        let seconds = local - offset_seconds(rest)?;
        // Second 60 is written only at the end of a UTC day, and counts as the next one's first.
        let leap = date_time.ends_with(b"60");
        (!leap || seconds.rem_euclid(86_400) == 0)
            .then(|| Self((seconds * 1000 + millis).clamp(Self::FIRST, Self::LAST)))
    }
}

/// `2026-11-23T09:15:00` as seconds of an unnamed zone.
fn local_seconds(date_time: &[u8; 19]) -> Option<i64> {
    let [
        c,
        y,
        b1,
        l,
        b'-',
        m1,
        m2,
        b'-',
        d1,
        d2,
        b'T' | b't',
        h1,
        h2,
        b':',
        i1,
        i2,
        b':',
        s1,
        s2,
    ] = *date_time
    else {
        return None;
    };
    let year = two(c, y)? * 100 + two(b1, l)?;
    let (month, day) = (two(m1, m2)?, two(d1, d2)?);
    let (hour, minute, second) = (two(h1, h2)?, two(i1, i2)?, two(s1, s2)?);
    let valid = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour <= 23
        && minute <= 59
        && second <= 60;
    valid.then(|| days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

/// `.123` as milliseconds, cut rather than rounded, and what follows it.
fn fraction(rest: &[u8]) -> Option<(i64, &[u8])> {
    let [b'.', rest @ ..] = rest else {
        return Some((0, rest));
    };
    let len = rest
        .iter()
        .take_while(|octet| octet.is_ascii_digit())
        .count();
    let (digits, rest) = rest.split_at_checked(len)?;
    let padded = digits.iter().copied().chain([b'0'; 2]).take(3);
    let millis = padded.fold(0, |sum, octet| sum * 10 + i64::from(octet - b'0'));
    (len > 0).then_some((millis, rest))
}

fn offset_seconds(rest: &[u8]) -> Option<i64> {
    let (sign, hours, minutes) = match *rest {
        [b'Z' | b'z'] => return Some(0),
        [b'+', h1, h2, b':', m1, m2] => (1, two(h1, h2)?, two(m1, m2)?),
        [b'-', h1, h2, b':', m1, m2] => (-1, two(h1, h2)?, two(m1, m2)?),
        _ => return None,
    };
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3600 + minutes * 60))
}

fn two(tens: u8, ones: u8) -> Option<i64> {
    (tens.is_ascii_digit() && ones.is_ascii_digit())
        .then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
}

fn days_in(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant, "chrono-Compatible
/// Low-Level Date Algorithms"): years begin in March, so that the leap day comes last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`]: year, month, day.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = days.div_euclid(146_097) * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

impl UnixMillis {
    /// `2026-11-23T04:15:00.000Z`. An outcome holds three of these, and the formatting machinery
    /// would cost more than the rest of it.
    pub(crate) fn to_rfc3339(self) -> [u8; 24] {
        let millis = self.0.clamp(UnixMillis::FIRST, UnixMillis::LAST);
        let (year, month, day) = civil_from_days(millis.div_euclid(86_400_000));
        let in_day = millis.rem_euclid(86_400_000);
        let (hour, minute) = (in_day / 3_600_000, in_day / 60_000 % 60);
        let (second, milli) = (in_day / 1000 % 60, in_day % 1000);
        let (d, e) = (|n: i64| digit(n / 10), digit);
        [
            d(year / 100),
            e(year / 100),
            d(year),
            e(year),
            b'-',
            d(month),
            e(month),
            b'-',
            d(day),
            e(day),
            b'T',
            d(hour),
            e(hour),
            b':',
            d(minute),
            e(minute),
            b':',
            d(second),
            e(second),
            b'.',
            e(milli / 100),
            d(milli),
            e(milli),
            b'Z',
        ]
    }
}

/// The last decimal digit of `number`.
fn digit(number: i64) -> u8 {
    b'0' + u8::try_from(number.rem_euclid(10)).unwrap_or_default()
}

impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.to_rfc3339();
        f.pad(str::from_utf8(&text).unwrap_or_default())
    }
}

impl FromStr for UnixMillis {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        Self::read(text).ok_or(Expected(Self::EXPECTED))
    }
}

impl Serialize for UnixMillis {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let text = self.to_rfc3339();
        to.serialize_str(str::from_utf8(&text).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for UnixMillis {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_rfc_3339() {
        for (text, millis) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-11-23T09:15:00+05:00", 1_795_407_300_000),
            ("2026-11-23t04:15:00z", 1_795_407_300_000),
            ("2026-11-23T04:15:00.1Z", 1_795_407_300_100),
            ("2026-11-23T04:15:00.123987654321Z", 1_795_407_300_123),
            ("2026-11-22T23:45:00-04:30", 1_795_407_300_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000),
            ("1969-12-31T23:59:59.999Z", -1),
        ] {
            assert_eq!(text.parse(), Ok(UnixMillis(millis)), "{text}");
        }
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "2026-11-23",
            "2026-11-23T09:15:00",
            "2026-11-23 09:15:00Z",
            "2026-11-23T09:15Z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-11-23T24:00:00Z",
            "2026-11-23T09:60:00Z",
            "2026-11-23T09:15:60Z",
            "2026-11-23T09:15:00.Z",
            "2026-11-23T09:15:00,5Z",
            "2026-11-23T09:15:00+0500",
            "2026-11-23T09:15:00+24:00",
            "2026-11-23T09:15:00+05:00[Asia/Tashkent]",
            "+002026-11-23T09:15:00Z",
            "1795407300",
        ] {
            assert!(text.parse::<UnixMillis>().is_err(), "{text}");
        }
    }

    #[test]
    fn times_outside_four_digit_years_are_written_as_the_nearest() {
        assert_eq!(UnixMillis(i64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(UnixMillis(i64::MIN).to_string(), "0000-01-01T00:00:00.000Z");
    }

    #[test]
    fn a_clock_more_than_five_minutes_ahead_counts_as_arrival() {
        let arrival = UnixMillis(1_000_000);
        for (ahead, clamped) in [
            (-9_000_000, false),
            (0, false),
            (300_000, false),
            (300_001, true),
        ] {
            let time = UnixMillis(arrival.0 + ahead);
            let expected = if clamped { arrival } else { time };
            assert_eq!(time.clamp_to_arrival(arrival), (expected, clamped));
        }
        assert_eq!(
            UnixMillis(i64::MAX).clamp_to_arrival(UnixMillis(-1)),
            (UnixMillis(-1), true)
        );
    }

    proptest! {
        #[test]
        fn writes_what_jiff_reads(millis in UnixMillis::FIRST + 86_400_000..UnixMillis::LAST - 186_400_000) {
            let text = UnixMillis(millis).to_string();
            let theirs: jiff::Timestamp = text.parse().unwrap();
            prop_assert_eq!(theirs.as_millisecond(), millis);
            prop_assert_eq!(text.parse(), Ok(UnixMillis(millis)));
        }

        #[test]
        fn reads_what_jiff_reads_and_nothing_more(
            text in "20[0-9]{2}-[01][0-9]-[0-3][0-9][Tt][0-2][0-9]:[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?([Zz]|[+-][01][0-9]:[0-5][0-9])"
        ) {
            let ours = text.parse::<UnixMillis>().ok();
            let theirs = text.parse::<jiff::Timestamp>().ok();
            prop_assert_eq!(ours.map(|time| time.0), theirs.map(|time| time.as_millisecond()));
        }

        #[test]
        fn any_other_text_is_refused(text in "\\PC{0,40}") {
            prop_assert!(text.parse::<UnixMillis>().is_err());
        }
    }
}
