//! Dates and times as a language writes them.

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime;

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

    /// `2026-12-01` in this form, and `2026-12-01T10:30:00+05:00` with the time as it was
    /// written; `None` if the value is neither.
    pub(super) fn write(&self, value: &str) -> Option<String> {
        if let Some(date) = date(value) {
            return self.written(date);
        }
        let at = date_time(value)?;
        Some(format!("{} {}", self.written(at.date())?, hours(at.time())))
    }

    /// Only the date of either, and of `01.12.2026`, too.
    pub(super) fn write_date(&self, value: &str) -> Option<String> {
        let dotted = || Date::strptime("%d.%m.%Y", value).ok();
        let date = date(value).or_else(|| Some(date_time(value)?.date()));
        self.written(date.or_else(dotted)?)
    }

    fn written(&self, date: Date) -> Option<String> {
        strtime::format(&*self.0, date).ok()
    }
}

/// `10:30`, of a time or of a date with a time; `None` if the value is neither.
pub(super) fn write_time(value: &str) -> Option<String> {
    let bare = || {
        let timed = value.get(2..3) == Some(":") && value.len() >= 5;
        timed.then(|| value.parse::<Time>().ok())?
    };
    let time = date_time(value).map(DateTime::time).or_else(bare)?;
    Some(hours(time))
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
    (is_hyphenated(value) && value.len() == 10).then(|| value.parse().ok())?
}

fn date_time(value: &str) -> Option<DateTime> {
    let timed = matches!(value.as_bytes().get(10), Some(b'T' | b't' | b' '));
    (is_hyphenated(value) && timed).then(|| value.parse().ok())?
}

fn is_hyphenated(value: &str) -> bool {
    let octets = value.as_bytes();
    octets.first().is_some_and(u8::is_ascii_digit) && octets.get(4) == Some(&b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_in_the_languages_form() {
        let written = |form: &str, value: &str| DateForm::new(form).unwrap().write(value);
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
            "2026-12-01T05:00:00Z",
            "48120973",
            "-002026-12-01",
            "",
        ] {
            assert_eq!(written(uzbek, other), None, "{other}");
        }
    }

    #[test]
    fn a_date_without_its_time_and_a_time_without_its_date() {
        let form = DateForm::default();
        for value in ["2026-12-01", "2026-12-01T10:30:00+05:00", "01.12.2026"] {
            assert_eq!(form.write_date(value).as_deref(), Some("01.12.2026"));
        }
        for value in ["10:30", "10:30:00", "2026-12-01T10:30:00+05:00"] {
            assert_eq!(write_time(value).as_deref(), Some("10:30"));
        }
        for value in ["soon", "31.02.2026", "2026-12-01", "1030", "9", "25:00", ""] {
            assert_eq!(write_time(value), None, "{value}");
        }
        assert_eq!(form.write_date("31.02.2026"), None);
        assert_eq!(form.write_date("10:30"), None);
    }

    #[test]
    fn a_form_that_writes_no_date_is_refused() {
        for form in ["%", "%Q!", "", "%H:%M"] {
            assert!(DateForm::new(form).is_none(), "{form}");
        }
    }
}
