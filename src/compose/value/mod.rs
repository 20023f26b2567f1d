//! What agencies put into a text: one clean line, in the form that the template asks for.

mod contact;
mod date;
mod identifier;
mod line;
mod number;
mod number_sign;
mod top_level;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub(super) use contact::{Contact, contact_as_given, contact_in};
pub(super) use date::{DateForm, Zone};
pub(crate) use identifier::{application, is_nothing, name};
pub(crate) use line::{MAX_CHARACTERS, Written, clean, is_invisible};
pub(super) use number::NumberForm;
pub(crate) use number_sign::{without_doubled_sign, without_sign};

use super::template::{Form, is_visible};
use contact::{contact_in_latin, parted};
use identifier::{is_code, longest_code};
use line::shortened;

/// How a language writes values.
#[derive(Clone, Debug, Default)]
pub(super) struct Forms {
    pub(super) dates: DateForm,
    /// Into which moments in UTC are reckoned; `None`: into that of the subscribers.
    pub(super) zone: Option<Zone>,
    pub(super) numbers: NumberForm,
    /// Whose pages a link may lead to, with all that is below them; empty: nobody's.
    pub(super) links: Vec<String>,
}

/// Why a value is not put into a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("has nothing to show")]
    Empty,
    #[error("leads elsewhere by a link; write {{name:link}} where the text is to have one")]
    Link,
    #[error("leads elsewhere by an address")]
    Address,
    #[error(
        "has a number to call; write {{name:phone}} or {{name:code}} where the text is to have one"
    )]
    Phone,
    #[error("is no date; write it as 2026-12-01")]
    NoDate,
    #[error("is no time; write it as 10:30")]
    NoTime,
    #[error(
        "is no number of at most 8 digits; write it as 1250000 or 12.5, and ask for money or a code where it is one"
    )]
    NoNumber,
    #[error("is no amount; write it as 1250000 or 12.5, never below zero")]
    NoAmount,
    #[error("is no code of at most 40 letters, digits and -/:_ signs, or reads like a sentence")]
    NoCode,
    #[error("is no link to a host that `values.links` allows")]
    NoLink,
    #[error("is no phone number, such as +998 71 200 00 55 or 1093")]
    NoPhone,
    #[error("leads elsewhere together with the value before it")]
    Joined,
    #[error(
        "has no room in the segments that the text may take; give it more, or send shorter values"
    )]
    NoRoom,
}

impl Forms {
    /// The value as the text has it.
    pub(super) fn write<'a>(&self, form: Form, value: &'a str) -> Result<Written<'a>, Unfit> {
        let owned = |written: Option<String>, unfit| written.map(in_full).ok_or(unfit);
        let value = value.trim();
        match form {
            Form::Text(most) => words(value, most),
            Form::Any => match self.dates.write(value, self.zone()) {
                Some(date) => Ok(in_full(date)),
                None => words(value, MAX_CHARACTERS),
            },
            Form::Date => owned(self.dates.write_date(value, self.zone()), Unfit::NoDate),
            Form::Time => owned(date::write_time(value, self.zone()), Unfit::NoTime),
            Form::Number => owned(self.numbers.write(value), Unfit::NoNumber),
            Form::Money => owned(self.numbers.write_money(value), Unfit::NoAmount),
            // The sign of a number is none of a code's letters.
            Form::Code => [value, without_sign(value)]
                .into_iter()
                .find(|code| is_code(code))
                .map(in_full)
                .ok_or(Unfit::NoCode),
            Form::Link => self
                .is_link(value)
                .then(|| in_full(value))
                .ok_or(Unfit::NoLink),
            Form::Phone => is_phone(value)
                .then(|| in_full(value))
                .ok_or(Unfit::NoPhone),
        }
    }

    fn zone(&self) -> &Zone {
        self.zone.as_ref().unwrap_or(&date::USUAL)
    }

    /// A value as long as it may be, its words of this letter.
    pub(super) fn longest(&self, form: Form, letter: &str) -> Cow<'_, str> {
        let sample = match form {
            Form::Text(most) => return letter.repeat(most).into(),
            Form::Any => return letter.repeat(MAX_CHARACTERS).into(),
            Form::Date => return self.longest_date().into(),
            Form::Time => "10:30",
            Form::Number => "-12345678.25",
            Form::Money => "123456789012345.25",
            Form::Code => return longest_code().into(),
            Form::Link => return "x".repeat(MOST_OF_A_LINK).into(),
            Form::Phone => "+998 (71) 200 - 00 - 555",
        };
        let written = self.write(form, sample);
        written.map_or_else(|_| "".into(), |written| written.text.into_owned().into())
    }

    /// In September, the longest name of a month, or in December, one of the longest numbers, each on a Wednesday.
    fn longest_date(&self) -> String {
        let dates = ["2026-09-16", "2026-12-16"].map(|date| self.write(Form::Date, date));
        let dates = dates.into_iter().filter_map(Result::ok);
        let dates = dates.map(|date| date.text.into_owned());
        let longest = dates.max_by_key(|date| date.chars().count());
        longest.unwrap_or_default()
    }

    /// `https://HOST/…` or `HOST/…` with an allowed host, and nothing in it that hides another.
    fn is_link(&self, value: &str) -> bool {
        let rest = value.strip_prefix("https://").unwrap_or(value);
        let (host, path) = rest
            .split_at_checked(rest.find(['/', '?', '#']).unwrap_or(rest.len()))
            .unwrap_or((rest, ""));
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~/?#=&%+".contains(&octet);
        let allowed = |own: &String| {
            let below = host.strip_suffix(own.as_str());
            below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
        };
        let host_is_plain = host.bytes().all(|octet| {
            octet.is_ascii_lowercase() || octet.is_ascii_digit() || b"-.".contains(&octet)
        });
        value.len() <= MOST_OF_A_LINK
            && host_is_plain
            && path.bytes().all(plain)
            && self.links.iter().any(allowed)
    }
}

const MOST_OF_A_LINK: usize = 80;

const MOST_OF_A_PHONE: usize = 24;

/// Words that lead nowhere else.
fn words(value: &str, most: usize) -> Result<Written<'_>, Unfit> {
    let Written { text: line, is_cut } = clean(value, most);
    if !is_visible(&line) {
        return Err(if is_cut { Unfit::NoRoom } else { Unfit::Empty });
    }
    let given = contact_as_given(&line);
    let parted = match line {
        Cow::Borrowed(line) => parted(line),
        Cow::Owned(line) => parted(&line).into_owned().into(),
    };
    // Its words are parted before they are spelled: А.Ли is no link, and goes out as A. Li.
    match given.or_else(|| contact_in_latin(&parted)) {
        Some(Contact::Link) => Err(Unfit::Link),
        Some(Contact::Address) => Err(Unfit::Address),
        Some(Contact::Phone) => Err(Unfit::Phone),
        None => Ok(Written {
            text: parted,
            is_cut,
        }),
    }
}

fn in_full<'a>(text: impl Into<Cow<'a, str>>) -> Written<'a> {
    text.into().into()
}

/// The beginning of a longer value, of at most so many characters, that leads nowhere: of a value that does not itself,
/// the beginning may end as a link does. `None`: none has a letter or a digit.
pub(super) fn beginning<'a>(value: &str, most: usize) -> Option<Written<'a>> {
    let shorter = (1..=most).rev().map(|most| shortened(value, most));
    let mut safe = shorter.filter(|beginning| contact_in(beginning).is_none());
    let text = safe.next().filter(|beginning| is_visible(beginning))?;
    Some(Written {
        text: text.into(),
        is_cut: true,
    })
}

fn is_phone(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let rest = value.strip_prefix('+').unwrap_or(value);
    (3..=15).contains(&digits)
        && value.len() <= MOST_OF_A_PHONE
        && rest
            .bytes()
            .all(|octet| octet.is_ascii_digit() || b" -()".contains(&octet))
}
