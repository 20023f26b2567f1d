//! `[operator.errors]`: statuses that an operator uses in a way of its own.

use std::collections::HashSet;
use std::fmt;
use std::ops::RangeInclusive;

use xabar_smpp::Status;

use super::reading::Cell;
use super::values::named;
use crate::delivery::Class;

/// Statuses, and what they ask of us.
pub type Errors = Vec<(RangeInclusive<u32>, Class)>;

pub(super) fn errors(cell: &Cell<'_>) -> Option<Errors> {
    let read = |name: &str, cell: &Cell<'_>| {
        let statuses = statuses(name, cell);
        let class = class(cell);
        Some((statuses?, class?))
    };
    let errors: Errors = cell.named(read)?.into_values().collect();
    let mut known = HashSet::new();
    let twice = errors
        .iter()
        .find(|(statuses, _)| !known.insert(statuses.clone()));
    if let Some((twice, _)) = twice {
        let what = format!("says twice what {} asks of us", Written(twice));
        return cell.wrong(what, "leave out one of its names");
    }
    Some(errors)
}

/// Statuses as numbers.
struct Written<'a>(&'a RangeInclusive<u32>);

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (self.0.start(), self.0.end());
        match first == last {
            true => write!(f, "0x{first:X}"),
            false => write!(f, "0x{first:X}-0x{last:X}"),
        }
    }
}

/// One status by name or number, or a range of numbers.
fn statuses(text: &str, cell: &Cell<'_>) -> Option<RangeInclusive<u32>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let range = status(first).zip(status(last));
    let range = range.filter(|(first, last)| (1..=*last).contains(first));
    match range {
        Some((first, last)) => Some(first..=last),
        None => cell.wrong(
            "is not a status",
            "name it as \"ESME_RSUBMITFAIL\", \"0x45\", or a range as \"0x400-0x4FF\"",
        ),
    }
}

fn status(text: &str) -> Option<u32> {
    let text = text.trim();
    let hex = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))
        .filter(|digits| digits.bytes().all(|octet| octet.is_ascii_hexdigit()));
    match hex {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => Status::from_name(text).map(|status| status.0),
    }
}

fn class(cell: &Cell<'_>) -> Option<Class> {
    named(&Class::REFUSALS)(cell)
}
