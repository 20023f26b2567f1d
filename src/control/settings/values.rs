//! Readers of the simple values that many keys share.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::tz::TimeZone;
use xabar_events::Language;

use super::document::{Node, Value};
use super::reading::Cell;

/// A text that is not empty.
pub(crate) fn some_text(cell: &Cell<'_>) -> Option<String> {
    matching("write a text that is not empty", |text| !text.is_empty())(cell)
}

/// A text that passes a test; `right` says which.
pub(crate) fn matching(
    right: &str,
    test: impl Fn(&str) -> bool,
) -> impl Fn(&Cell<'_>) -> Option<String> {
    parsed(right, move |text| test(text).then(|| text.to_owned()))
}

/// A text that means something; `right` says what it may be.
pub(crate) fn parsed<T>(
    right: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> impl Fn(&Cell<'_>) -> Option<T> {
    move |cell| match &cell.node.value {
        Value::Text(text) | Value::Raw(text) | Value::Date(text) => {
            parse(text).or_else(|| cell.unfit(right))
        }
        _ => cell.unfit(right),
    }
}

/// One of these by its name.
pub(crate) fn named<T: Copy>(known: &[(&str, T)]) -> impl Fn(&Cell<'_>) -> Option<T> {
    let names = known.iter().map(|(name, _)| format!("\"{name}\""));
    let names: Vec<String> = names.collect();
    let right = match names.split_last() {
        Some((last, others)) => format!("choose from {} and {last}", others.join(", ")),
        None => "leave it out".to_owned(),
    };
    parsed_owned(right, move |text: &str| {
        let found = known.iter().find(|(name, _)| *name == text);
        found.map(|(_, value)| *value)
    })
}

/// A language.
pub(crate) fn language(cell: &Cell<'_>) -> Option<Language> {
    let known: Vec<&str> = Language::ALL.iter().map(|known| known.as_str()).collect();
    let right = format!("choose from {}", known.join(", "));
    parsed(&right, |text| text.parse().ok())(cell)
}

/// A time zone by its name.
pub(crate) fn timezone(cell: &Cell<'_>) -> Option<TimeZone> {
    parsed(
        "name a zone of the IANA database, such as \"Asia/Tashkent\"",
        |name| TimeZone::get(name).ok(),
    )(cell)
}

/// A whole number within bounds.
pub(crate) fn whole<N>(bounds: RangeInclusive<N>) -> impl Fn(&Cell<'_>) -> Option<N>
where
    N: TryFrom<i64> + PartialOrd + std::fmt::Display,
{
    move |cell| {
        let number = match &cell.node.value {
            Value::Integer(number) => *number,
            Value::Raw(text) => text.trim().parse().ok(),
            _ => None,
        };
        let fits = number
            .and_then(|number| N::try_from(number).ok())
            .filter(|number| bounds.contains(number));
        fits.or_else(|| {
            cell.unfit(format!(
                "give a whole number from {} to {}",
                bounds.start(),
                bounds.end()
            ))
        })
    }
}

/// `true` or `false`.
pub(crate) fn switch(cell: &Cell<'_>) -> Option<bool> {
    let on = match &cell.node.value {
        Value::Switch(on) => Some(*on),
        Value::Raw(text) => text.trim().parse().ok(),
        _ => None,
    };
    on.or_else(|| cell.unfit("write true or false, without quotes"))
}

/// A length of time such as `"10m"`, within bounds that are written the same way.
pub(crate) fn duration(
    bounds: RangeInclusive<&'static str>,
) -> impl Fn(&Cell<'_>) -> Option<Duration> {
    let right = format!(
        "write a length of time from \"{}\" to \"{}\": numbers with the units ms, s, m, h, d or w",
        bounds.start(),
        bounds.end()
    );
    let fits = move |length: &Duration| {
        parse_duration(bounds.start()).is_none_or(|least| *length >= least)
            && parse_duration(bounds.end()).is_none_or(|most| *length <= most)
    };
    parsed_owned(right, move |text| {
        parse_duration(text).filter(|length| fits(length))
    })
}

fn parsed_owned<T>(
    right: String,
    parse: impl Fn(&str) -> Option<T>,
) -> impl Fn(&Cell<'_>) -> Option<T> {
    move |cell| parsed(&right, &parse)(cell)
}

/// `"1h30m"` as a duration.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit())?;
        let (number, tail) = rest.split_at_checked(digits)?;
        let unit = tail
            .find(|character: char| character.is_ascii_digit())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(unit)?;
        let length = Duration::from_millis(
            number
                .parse::<u64>()
                .ok()?
                .checked_mul(unit_millis(unit)?)?,
        );
        total = total.checked_add(length)?;
        rest = tail;
    }
    Some(total)
}

/// Lengths of time as the configuration writes them, for serde.
pub(crate) mod written_as {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    /// In the largest unit that leaves nothing over; days are told from two on.
    pub(crate) fn text(length: Duration) -> String {
        let millis = length.as_millis();
        let units = [
            (172_800_000, 86_400_000, "d"),
            (3_600_000, 3_600_000, "h"),
            (60_000, 60_000, "m"),
            (1_000, 1_000, "s"),
        ];
        let mut fitting = units.into_iter();
        let fits =
            |(from, unit, _): &(u128, u128, _)| millis >= *from && millis.is_multiple_of(*unit);
        match fitting.find(fits) {
            Some((_, unit, name)) => format!("{}{name}", millis / unit),
            None => format!("{millis}ms"),
        }
    }

    pub(crate) fn serialize<S: Serializer>(length: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&text(*length))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        let length = super::parse_duration(&text);
        length.ok_or_else(|| serde::de::Error::custom("this is no length of time"))
    }
}

fn unit_millis(unit: &str) -> Option<u64> {
    Some(match unit.trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "w" => 604_800_000,
        _ => return None,
    })
}

/// A list, every entry read by `read`. In the environment, texts with commas between them will do.
pub(crate) fn list<T>(
    read: impl Fn(&Cell<'_>) -> Option<T>,
) -> impl Fn(&Cell<'_>) -> Option<Vec<T>> {
    move |cell| {
        match &cell.node.value {
        Value::List(items) => entries(cell, items, &read),
        Value::Raw(text) => entries(cell, &split(cell.node, text), &read),
        Value::Table(_) => cell.unfit(
            "write a list in square brackets, or the table's head in double ones, as in [[operator]]",
        ),
        _ => cell.unfit("write a list in square brackets"),
    }
    }
}

/// A list with at least one entry.
pub(crate) fn some_list<T>(
    read: impl Fn(&Cell<'_>) -> Option<T>,
) -> impl Fn(&Cell<'_>) -> Option<Vec<T>> {
    let list = list(read);
    move |cell| match list(cell) {
        Some(items) if items.is_empty() => cell.wrong("is empty", "give at least one entry"),
        items => items,
    }
}

/// A list, or one entry without the brackets.
pub(crate) fn one_or_more<T>(
    read: impl Fn(&Cell<'_>) -> Option<T>,
) -> impl Fn(&Cell<'_>) -> Option<Vec<T>> {
    move |cell| match &cell.node.value {
        Value::List(_) => some_list(&read)(cell),
        _ => read(cell).map(|one| vec![one]),
    }
}

fn entries<T>(
    cell: &Cell<'_>,
    items: &[Node],
    read: impl Fn(&Cell<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    let numbered = items.iter().enumerate();
    let read = |(number, node)| {
        read(&Cell {
            key: format!("{}[{number}]", cell.key),
            node,
            report: cell.report,
        })
    };
    // Every entry is read before the first failure counts, so that all problems are seen.
    let values: Vec<Option<T>> = numbered.map(read).collect();
    values.into_iter().collect()
}

fn split(node: &Node, text: &str) -> Vec<Node> {
    let texts = text
        .split(',')
        .map(str::trim)
        .filter(|text| !text.is_empty());
    texts
        .map(|text| Node {
            origin: node.origin.clone(),
            value: Value::Raw(text.to_owned()),
        })
        .collect()
}

/// Values that may stand in one place only.
#[derive(Default)]
pub(crate) struct Unique(RefCell<BTreeMap<String, String>>);

impl Unique {
    /// The value, unless it was met before.
    pub(crate) fn check(&self, cell: &Cell<'_>, value: String) -> Option<String> {
        if let Some(first) = self.0.borrow().get(&value) {
            return cell.unfit(format!(
                "`{first}` has it already, and only one can: change or remove this one"
            ));
        }
        self.0.borrow_mut().insert(value.clone(), cell.key.clone());
        Some(value)
    }
}
