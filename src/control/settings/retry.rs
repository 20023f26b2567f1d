//! `[retry]`: how messages that an operator refused are tried again.

use super::operator::Operator;
use super::reading::{Cell, Table};
use super::values::{duration, named, whole};
use crate::delivery::retry::Policy;

pub(super) fn retry(root: &mut Table<'_>, operators: &[Operator]) -> Policy {
    root.or("retry", Policy::default(), |cell: &Cell<'_>| {
        cell.table(|table| read(table, operators))
    })
}

fn read(table: &mut Table<'_>, operators: &[Operator]) -> Option<Policy> {
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
            |cell: &Cell<'_>| elsewhere(cell, operators),
        ),
    })
}

fn elsewhere(cell: &Cell<'_>, operators: &[Operator]) -> Option<bool> {
    let elsewhere = named(&[("never", false), ("elsewhere", true)])(cell)?;
    let alone = operators.iter().filter(|it| has_no_other(it, operators));
    let alone: Vec<&str> = alone.map(|it| it.name.as_str()).collect();
    if elsewhere && !alone.is_empty() {
        cell.warn(
            format!(
                "is \"elsewhere\", but for what {} did not deliver there is no other operator",
                alone.join(", ")
            ),
            "give it a `fallback`, or prefixes that another has too",
        );
    }
    Some(elsewhere)
}

/// Whether none shares a prefix with an operator that carries numbers, and none stands in for it.
fn has_no_other(operator: &Operator, operators: &[Operator]) -> bool {
    let others = operators.iter().filter(|it| it.name != operator.name);
    let mut theirs = others.flat_map(|it| &it.prefixes);
    let shares = theirs.any(|prefix| operator.prefixes.contains(prefix));
    !operator.prefixes.is_empty() && operator.fallback.is_empty() && !shares
}
