//! `[retry]`: how messages that an operator refused are tried again.

use super::reading::{Cell, Table};
use super::values::{duration, parsed, whole};
use crate::delivery::retry::Policy;

pub(super) fn retry(root: &mut Table<'_>) -> Policy {
    root.or("retry", Policy::default(), |cell: &Cell<'_>| {
        cell.table(read)
    })
}

fn read(table: &mut Table<'_>) -> Option<Policy> {
    let default = Policy::default();
    let first = table.or("first", default.first, duration("100ms"..="24h"));
    let longest = table.or("longest", default.longest.max(first), |cell: &Cell<'_>| {
        let longest = duration("1s"..="7d")(cell)?;
        if longest < first {
            return cell.unfit("give at least as long as `retry.first`");
        }
        Some(longest)
    });
    Some(Policy {
        first,
        longest,
        attempts: table.or("attempts", default.attempts, whole(1..=100)),
        undelivered_elsewhere: table.or(
            "after_undelivered",
            default.undelivered_elsewhere,
            elsewhere,
        ),
    })
}

fn elsewhere(cell: &Cell<'_>) -> Option<bool> {
    parsed(
        "choose from \"never\" and \"elsewhere\"",
        |text| match text {
            "never" => Some(false),
            "elsewhere" => Some(true),
            _ => None,
        },
    )(cell)
}
