//! What agencies put into a text: cleaned, bounded, and dates as people write them.

use std::borrow::Cow;

use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime;

/// The most characters of one value; a longer one ends in three dots.
pub(super) const MAX_CHARACTERS: usize = 120;

/// A value as it may stand in a text: one line, nothing invisible, not too long.
pub(super) fn clean(value: &str) -> Cow<'_, str> {
    if is_plain(value) {
        return Cow::Borrowed(value);
    }
    let mut clean = String::with_capacity(value.len().min(4 * MAX_CHARACTERS));
    let visible = value.chars().filter(|character| !is_invisible(*character));
    let mut characters = 0;
    for character in visible {
        let character = if character.is_whitespace() {
            ' '
        } else {
            character
        };
        if character == ' ' && (clean.is_empty() || clean.ends_with(' ')) {
            continue;
        }
        characters += 1;
        if characters > MAX_CHARACTERS {
            return Cow::Owned(shortened(clean));
        }
        clean.push(character);
    }
    clean.truncate(clean.trim_end().len());
    Cow::Owned(clean)
}

/// Whether a value is clean at first sight, as most are: a short one of visible ASCII characters
/// with single spaces between them.
fn is_plain(value: &str) -> bool {
    let octets = value.as_bytes();
    let at_an_end = octets.first() == Some(&b' ') || octets.last() == Some(&b' ');
    let doubled = octets.windows(2).any(|pair| pair == b"  ");
    let visible = octets.iter().all(|octet| (b' '..=b'~').contains(octet));
    visible && !doubled && !at_an_end && octets.len() <= MAX_CHARACTERS
}

fn shortened(mut value: String) -> String {
    for _ in 0..3 {
        value.pop();
    }
    value.truncate(value.trim_end().len());
    value.push_str("...");
    value
}

/// Characters that show nothing and could reorder or hide what stands beside them.
fn is_invisible(character: char) -> bool {
    let removed_control = character.is_control() && !character.is_whitespace();
    let format = matches!(
        character,
        '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}'
    );
    removed_control || format
}

/// How a language writes dates, in the notation of `strftime`.
#[derive(Clone, Debug)]
pub(super) struct DateForm(Box<str>);

impl DateForm {
    /// `None` if a date cannot be written in this form.
    pub(super) fn new(form: &str) -> Option<Self> {
        let written = strtime::format(form, Date::constant(2026, 12, 1)).ok()?;
        let fits = (1..=40).contains(&written.chars().count());
        (fits && !written.contains(char::is_control)).then(|| Self(form.into()))
    }

    /// `2026-12-01` in this form, and `2026-12-01T10:30:00+05:00` with the time as it was
    /// written; `None` if the value is neither.
    pub(super) fn write(&self, value: &str) -> Option<String> {
        if let Some(date) = date(value) {
            return strtime::format(&*self.0, date).ok();
        }
        let time = date_time(value)?;
        let date = strtime::format(&*self.0, time.date()).ok()?;
        Some(format!("{date} {:02}:{:02}", time.hour(), time.minute()))
    }
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
    fn a_value_is_one_visible_line() {
        for (value, cleaned) in [
            ("  Yunusobod \t\r\n DXM ", "Yunusobod DXM"),
            ("a\u{0}b\u{1b}[31m\u{202e}c\u{200b}", "ab[31mc"),
            ("\u{2028}\u{feff}\u{7f}", ""),
            ("ЦГУ №4", "ЦГУ №4"),
        ] {
            assert_eq!(clean(value), cleaned, "{value:?}");
        }
    }

    #[test]
    fn a_long_value_ends_in_three_dots() {
        assert_eq!(clean(&"я".repeat(120)), "я".repeat(120));
        assert_eq!(clean(&"я".repeat(121)), "я".repeat(117) + "...");
        assert_eq!(
            clean(&("a".repeat(116) + " bcdefg")),
            "a".repeat(116) + "..."
        );
    }

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
    fn a_form_that_writes_no_date_is_refused() {
        for form in ["%", "%Q!", "", "%H:%M"] {
            assert!(DateForm::new(form).is_none(), "{form}");
        }
    }
}
