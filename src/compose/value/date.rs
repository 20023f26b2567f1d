//! Dates and times as a language writes them.

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone, offset};

/// Whose hours citizens live by.
#[derive(Clone, Debug)]
pub(crate) struct Zone(pub(crate) TimeZone);

/// All of Uzbekistan, which turns no clocks: the zone of citizens where nobody says another.
pub(super) static USUAL: Zone = Zone(TimeZone::fixed(offset(5)));

/// How a language writes dates, in the notation of `strftime`.
#[derive(Clone, Debug)]
pub(crate) struct DateForm(Box<str>);

impl DateForm {
    /// `None` if a date cannot be written in this form.
    pub(crate) fn new(form: &str) -> Option<Self> {
        let written = strtime::format(form, Date::constant(2026, 12, 1)).ok()?;
        let fits = (1..=40).contains(&written.chars().count());
        (fits && !written.contains(char::is_control)).then(|| Self(form.into()))
    }

    /// `2026-12-01` in this form, and `2026-12-01T10:30:00+05:00` with its time; `None` if the value
    /// is neither.
    pub(super) fn write(&self, value: &str, zone: &Zone) -> Option<String> {
        if let Some(date) = date(value) {
            return self.written(date);
        }
        let at = date_time(value, zone)?;
        Some(format!("{} {}", self.written(at.date())?, hours(at.time())))
    }

    /// Only the date of either, and of `01.12.2026`, too.
    pub(super) fn write_date(&self, value: &str, zone: &Zone) -> Option<String> {
        // Of years that are written in two digits, %Y makes the first century.
        let of_this_age = |date: &Date| date.year() >= 1900;
        let dotted = |form: &str| Date::strptime(form, value).ok().filter(of_this_age);
        let dotted = || dotted("%d.%m.%Y").or_else(|| dotted("%d.%m.%y"));
        let date = date(value).or_else(|| Some(date_time(value, zone)?.date()));
        self.written(date.or_else(dotted)?)
    }

    fn written(&self, date: Date) -> Option<String> {
        strtime::format(&*self.0, date).ok()
    }
}

/// `10:30`, of a time or of a date with a time; `None` if the value is neither.
pub(super) fn write_time(value: &str, zone: &Zone) -> Option<String> {
    let with_seconds = || {
        let timed = value.get(2..3) == Some(":") && value.len() > 5;
        timed.then(|| value.parse::<Time>().ok())?
    };
    let time = date_time(value, zone).map(DateTime::time);
    Some(hours(
        time.or_else(|| bare_time(value)).or_else(with_seconds)?,
    ))
}

/// 9:30 and 10.30, as people write an hour.
fn bare_time(value: &str) -> Option<Time> {
    let (hour, minute) = value.split_once([':', '.'])?;
    let digits = |text: &str| text.bytes().all(|octet| octet.is_ascii_digit());
    let fits = (1..=2).contains(&hour.len()) && minute.len() == 2 && digits(hour) && digits(minute);
    fits.then(|| Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok())?
}

fn hours(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

impl Default for DateForm {
    fn default() -> Self {
        Self("%d.%m.%Y".into())
    }
}

/// Only the extended form with hyphens: 20261201 may be an amount or a number.
fn date(value: &str) -> Option<Date> {
    let date = (is_hyphenated(value) && value.len() == 10).then(|| value.parse().ok())?;
    date.filter(|date: &Date| date.year() > 0)
}

/// The hour as it was written, since an offset is that of the place where it holds; but UTC, which is
/// what programs write, is reckoned into the zone.
fn date_time(value: &str, zone: &Zone) -> Option<DateTime> {
    let timed = matches!(value.as_bytes().get(10), Some(b'T' | b't' | b' '));
    if !is_hyphenated(value) || !timed {
        return None;
    }
    let pieces = Pieces::parse(value).ok()?;
    let at = pieces.date().to_datetime(pieces.time()?);
    let offset = pieces.to_numeric_offset();
    if at.year() <= 0 || offset.is_some_and(|it| it.seconds().abs() >= DAY_SECONDS) {
        return None;
    }
    match offset {
        Some(Offset::UTC) => Some(zone.0.to_datetime(Offset::UTC.to_timestamp(at).ok()?)),
        _ => Some(at),
    }
}

/// RFC 3339 has no offset of a day.
const DAY_SECONDS: i32 = 24 * 60 * 60;

fn is_hyphenated(value: &str) -> bool {
    let octets = value.as_bytes();
    octets.first().is_some_and(u8::is_ascii_digit) && octets.get(4) == Some(&b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_in_the_languages_form() {
        let written = |form: &str, value: &str| DateForm::new(form).unwrap().write(value, &USUAL);
        let uzbek = "%d.%m.%Y";
        assert_eq!(written(uzbek, "2026-12-01").as_deref(), Some("01.12.2026"));
        assert_eq!(
            written("%-d %b %Y", "2026-12-01").as_deref(),
            Some("1 Dec 2026")
        );
        assert_eq!(
            written(uzbek, "2026-12-01T10:30:00+05:00").as_deref(),
            Some("01.12.2026 10:30")
        );
        for other in [
            "20261201",
            "2026-13-01",
            "2026-13-01T05:00:00Z",
            "48120973",
            "-002026-12-01",
            "0000-01-01",
            "0000-01-01T10:30:00+05:00",
            "2026-12-01T10:30:00+25:00",
            "",
        ] {
            assert_eq!(written(uzbek, other), None, "{other}");
        }
    }

    #[test]
    fn a_date_without_its_time_and_a_time_without_its_date() {
        let (form, zone) = (DateForm::default(), &USUAL);
        for value in [
            "2026-12-01",
            "2026-12-01T10:30:00+05:00",
            "01.12.2026",
            "01.12.26",
        ] {
            assert_eq!(form.write_date(value, zone).as_deref(), Some("01.12.2026"));
        }
        for value in ["10:30", "10:30:00", "2026-12-01T10:30:00+05:00"] {
            assert_eq!(write_time(value, zone).as_deref(), Some("10:30"));
        }
        for value in ["9:30", "09:30", "9.30", "09.30"] {
            assert_eq!(write_time(value, zone).as_deref(), Some("09:30"));
        }
        for value in [
            "24:00",
            "9:3",
            "9.5",
            "10:60",
            "+9:30",
            "9:+3",
            "soon",
            "31.02.2026",
            "2026-12-01",
            "1030",
            "9",
            "25:00",
            "",
        ] {
            assert_eq!(write_time(value, zone), None, "{value}");
        }
        assert_eq!(form.write_date("31.02.2026", zone), None);
        assert_eq!(form.write_date("10:30", zone), None);
    }

    #[test]
    fn a_moment_in_utc_is_reckoned_into_the_zone_and_another_hour_stays_as_written() {
        let zone = |name| Zone(TimeZone::get(name).unwrap());
        let (tashkent, berlin) = (zone("Asia/Tashkent"), zone("Europe/Berlin"));
        for (value, zone, written) in [
            ("2026-12-01T10:30:00Z", &tashkent, "01.12.2026 15:30"),
            ("2026-12-01T10:30:00.000Z", &tashkent, "01.12.2026 15:30"),
            ("2026-12-01 10:30z", &tashkent, "01.12.2026 15:30"),
            ("2026-12-01T10:30:00+00:00", &tashkent, "01.12.2026 15:30"),
            ("2026-12-01T10:30:00+0000", &tashkent, "01.12.2026 15:30"),
            ("2026-12-01 10:30:00+00", &tashkent, "01.12.2026 15:30"),
            ("2026-12-01T10:30:00-00:00", &tashkent, "01.12.2026 15:30"),
            (
                "2026-12-01T10:30:00+00:00:00",
                &tashkent,
                "01.12.2026 15:30",
            ),
            ("2026-12-01T10:30Z[UTC]", &tashkent, "01.12.2026 15:30"),
            (
                "2026-12-01T15:30:00+05:00[Asia/Tashkent]",
                &berlin,
                "01.12.2026 15:30",
            ),
            ("2026-11-30T19:00:00Z", &tashkent, "01.12.2026 00:00"),
            ("2026-11-30T19:00:00Z", &USUAL, "01.12.2026 00:00"),
            ("2026-07-01T10:30:00Z", &berlin, "01.07.2026 12:30"),
            ("2026-12-01T10:30:00+06:00", &tashkent, "01.12.2026 10:30"),
            ("2026-12-01T10:30:00", &tashkent, "01.12.2026 10:30"),
        ] {
            let form = DateForm::default();
            let (date, time) = written.split_once(' ').unwrap();
            assert_eq!(form.write(value, zone).as_deref(), Some(written), "{value}");
            assert_eq!(form.write_date(value, zone).as_deref(), Some(date));
            assert_eq!(write_time(value, zone).as_deref(), Some(time));
        }
        assert_eq!(write_time("10:30Z", &tashkent), None);
    }

    #[test]
    fn a_form_that_writes_no_date_is_refused() {
        for form in ["%", "%Q!", "", "%H:%M"] {
            assert!(DateForm::new(form).is_none(), "{form}");
        }
    }
}
