//! Times of 16 characters, `YYMMDDhhmmsstnnp` (SMPP 5.0, 4.7.23.4 and 4.7.23.5).

use std::time::Duration;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Seconds of one unit of `nn`.
const QUARTER: i64 = 15 * MINUTE;
/// The most quarters of an hour that a clock may be away from UTC.
const MAX_QUARTERS: u8 = 48;

/// A time in a PDU, by the clock or from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Time {
    /// A moment, told by a local clock.
    Absolute {
        /// The local date and time.
        local: Civil,
        /// Tenths of a second, 0 to 9.
        tenths: u8,
        /// Quarters of an hour by which the local clock is ahead of UTC, -48 to 48.
        quarters_ahead: i8,
    },
    /// A span from the SMSC's present time. Units do not carry into each other.
    Relative {
        /// 0 to 99.
        years: u8,
        /// 0 to 99; a month's length is the SMSC's affair, so days are better.
        months: u8,
        /// 0 to 99.
        days: u8,
        /// 0 to 99.
        hours: u8,
        /// 0 to 99.
        minutes: u8,
        /// 0 to 99.
        seconds: u8,
    },
}

/// A date and a time of day, without a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Civil {
    /// The full year.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
}

impl Time {
    /// Reads the 16 characters; anything else, also an impossible date, is `None`.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text: &[u8; 16] = text.try_into().ok()?;
        let [y, mo, d, h, mi, s, ..] = pairs(text)?;
        let [.., t, n1, n2, sign] = *text;
        let (tenths, quarters) = (digit(t)?, 10 * digit(n1)? + digit(n2)?);
        let ahead = match sign {
            b'R' if tenths == 0 && quarters == 0 => {
                return Some(Self::Relative {
                    years: y,
                    months: mo,
                    days: d,
                    hours: h,
                    minutes: mi,
                    seconds: s,
                });
            }
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let year = if y <= 37 { 2000 } else { 1900 } + u16::from(y);
        let local = Civil {
            year,
            month: mo,
            day: d,
            hour: h,
            minute: mi,
            second: s,
        };
        let quarters_ahead = ahead * i8::try_from(quarters).ok()?;
        (local.is_valid() && quarters <= MAX_QUARTERS).then_some(Self::Absolute {
            local,
            tenths,
            quarters_ahead,
        })
    }

    /// The 16 characters.
    ///
    /// A value that has no such form (a year outside 1938 to 2037, two digits where one fits)
    /// gives `None`.
    pub fn format(&self) -> Option<String> {
        let text = match *self {
            Self::Absolute {
                local: c,
                tenths,
                quarters_ahead,
            } => format!(
                "{:02}{:02}{:02}{:02}{:02}{:02}{tenths}{:02}{}",
                c.year % 100,
                c.month,
                c.day,
                c.hour,
                c.minute,
                c.second,
                quarters_ahead.unsigned_abs(),
                if quarters_ahead < 0 { '-' } else { '+' },
            ),
            Self::Relative {
                years,
                months,
                days,
                hours,
                minutes,
                seconds,
            } => format!("{years:02}{months:02}{days:02}{hours:02}{minutes:02}{seconds:02}000R"),
        };
        (Self::parse(text.as_bytes()) == Some(*self)).then_some(text)
    }

    /// The moment of that many seconds since 1970, told in UTC; 1970 to 2037 only.
    pub fn from_unix(seconds: i64) -> Option<Self> {
        let local =
            Civil::from_unix(seconds).filter(|local| (1970..=2037).contains(&local.year))?;
        Some(Self::Absolute {
            local,
            tenths: 0,
            quarters_ahead: 0,
        })
    }

    /// Seconds since 1970 of an absolute time, tenths dropped.
    pub fn to_unix(&self) -> Option<i64> {
        match self {
            Self::Absolute {
                local,
                quarters_ahead,
                ..
            } => Some(local.to_unix_as_utc() - QUARTER * i64::from(*quarters_ahead)),
            Self::Relative { .. } => None,
        }
    }

    /// A span in days, hours, minutes and seconds; part of a second counts as a whole one, and
    /// more than 99 days is written as 99 days.
    pub fn from_duration(duration: Duration) -> Self {
        let seconds = duration
            .as_secs()
            .saturating_add(u64::from(duration.subsec_nanos() > 0));
        let seconds = i64::try_from(seconds)
            .unwrap_or(i64::MAX)
            .min(100 * DAY - 1);
        let unit = |value: i64| u8::try_from(value).unwrap_or(99);
        Self::Relative {
            years: 0,
            months: 0,
            days: unit(seconds / DAY),
            hours: unit(seconds % DAY / HOUR),
            minutes: unit(seconds % HOUR / MINUTE),
            seconds: unit(seconds % MINUTE),
        }
    }

    /// The length of a relative time, a year taken as 365 days and a month as 30.
    pub fn to_duration(&self) -> Option<Duration> {
        match *self {
            Self::Relative {
                years,
                months,
                days,
                hours,
                minutes,
                seconds,
            } => {
                let days = 365 * u64::from(years) + 30 * u64::from(months) + u64::from(days);
                let minutes = 60 * (24 * days + u64::from(hours)) + u64::from(minutes);
                Some(Duration::from_secs(60 * minutes + u64::from(seconds)))
            }
            Self::Absolute { .. } => None,
        }
    }
}

impl Civil {
    /// Whether such a date and time of day exist.
    pub fn is_valid(&self) -> bool {
        (1..=12).contains(&self.month)
            && (1..=days_in_month(self.year, self.month)).contains(&self.day)
            && self.hour < 24
            && self.minute < 60
            && self.second < 60
    }

    /// Seconds since 1970, were this the time in UTC.
    pub fn to_unix_as_utc(&self) -> i64 {
        days_since_1970(self.year, self.month, self.day) * DAY
            + i64::from(self.hour) * HOUR
            + i64::from(self.minute) * MINUTE
            + i64::from(self.second)
    }

    /// The time in UTC that many seconds since 1970; `None` outside the years 0 to 65535.
    pub fn from_unix(seconds: i64) -> Option<Self> {
        let (year, month, day) = date_of(seconds.div_euclid(DAY))?;
        let rest = seconds.rem_euclid(DAY);
        Some(Self {
            year,
            month,
            day,
            hour: u8::try_from(rest / HOUR).ok()?,
            minute: u8::try_from(rest % HOUR / MINUTE).ok()?,
            second: u8::try_from(rest % MINUTE).ok()?,
        })
    }
}

/// The number that pairs of digits make, as many pairs as the first 12 characters hold.
fn pairs(text: &[u8; 16]) -> Option<[u8; 6]> {
    let mut numbers = [0; 6];
    for (number, pair) in numbers.iter_mut().zip(text.as_chunks::<2>().0) {
        let [tens, ones] = *pair;
        *number = 10 * digit(tens)? + digit(ones)?;
    }
    Some(numbers)
}

fn digit(character: u8) -> Option<u8> {
    character.is_ascii_digit().then(|| character - b'0')
}

fn days_in_month(year: u16, month: u8) -> u8 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Howard Hinnant's `days_from_civil`: years begin in March, so that leap days come last.
fn days_since_1970(year: u16, month: u8, day: u8) -> i64 {
    let year = i64::from(year) - i64::from(month <= 2);
    let month = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + i64::from(day) - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leap_days + day_of_year - 719_468
}

/// The inverse, Hinnant's `civil_from_days`.
fn date_of(days: i64) -> Option<(u16, u8, u8)> {
    let days = days.checked_add(719_468)?;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = 400 * era + year_of_era + i64::from(month <= 2);
    Some((
        u16::try_from(year).ok()?,
        u8::try_from(month).ok()?,
        u8::try_from(day).ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_moment_in_tashkent_and_in_utc_is_the_same() {
        let tashkent = Time::parse(b"261123091500020+").unwrap();
        let utc = Time::parse(b"261123041500000+").unwrap();
        assert_eq!(tashkent.to_unix(), utc.to_unix());
        assert_eq!(utc, Time::from_unix(1_795_407_300).unwrap());
        assert_eq!(tashkent.format().as_deref(), Some("261123091500020+"));
    }

    #[test]
    fn relative_times_are_spans() {
        let day = Time::from_duration(Duration::from_secs(86_400));
        assert_eq!(day.format().as_deref(), Some("000001000000000R"));
        let two_hours = Time::parse(b"000000020000000R").unwrap();
        assert_eq!(two_hours.to_duration(), Some(Duration::from_secs(7_200)));
        assert_eq!(two_hours.to_unix(), None);
        let longest = Time::from_duration(Duration::MAX);
        assert_eq!(longest.format().as_deref(), Some("000099235959000R"));
    }

    #[test]
    fn years_turn_at_38() {
        let year = |text: &[u8]| match Time::parse(text) {
            Some(Time::Absolute { local, .. }) => local.year,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            (year(b"370101000000000+"), year(b"380101000000000+")),
            (2037, 1938)
        );
    }

    #[test]
    fn what_is_no_time_is_none() {
        let wrong: [&[u8]; 7] = [
            b"",
            b"261123091500020",
            b"26112309150002+0",
            b"261323091500020+",
            b"260229000000000+",
            b"261123091500049+",
            b"000001000000100R",
        ];
        for text in wrong {
            assert_eq!(Time::parse(text), None, "{}", text.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn unix_seconds_survive(seconds in 0i64..2_145_916_800) {
            let time = Time::from_unix(seconds).unwrap();
            prop_assert_eq!(time.to_unix(), Some(seconds));
            prop_assert_eq!(Time::parse(time.format().unwrap().as_bytes()), Some(time));
        }

        #[test]
        fn any_characters_are_a_time_or_not(text in "[0-9]{12}[0-9]{3}[-+R]") {
            if let Some(time) = Time::parse(text.as_bytes()) {
                // Minus nothing is written as plus nothing.
                let expected = text.replace("00-", "00+");
                let formatted = time.format().unwrap();
                prop_assert!(formatted == text || formatted == expected);
            }
        }
    }
}
