//! `fallback`, `when_down` and `move_after` of an `[[operator]]`: who carries its messages instead.

use std::time::Duration;

use super::document::{Entry, Node, Value};
use super::reading::{Cell, Table};
use super::values::{Unique, duration, named, one_or_more, parsed};

#[derive(Default)]
pub(super) struct Moving {
    pub(super) fallback: Vec<String>,
    /// `None`: its messages wait for it.
    pub(super) after: Option<Duration>,
}

/// What becomes of its messages while it is down.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WhenDown {
    Wait,
    Move,
}

/// Of one operator among all of these names, which may share numbers with one of them.
pub(super) fn fallback(table: &mut Table<'_>, all: &[String], shares: bool) -> Moving {
    // As it is written: a name that is wrong is still the operator's own.
    let name = table.optional("name", |cell| in_node(cell.node).pop());
    let somewhere = shares || table.has("fallback");
    let fallback = table.or("fallback", Vec::new(), |cell| {
        let met = Unique::default();
        one_or_more(|cell| met.check(cell, another(cell, name.as_deref(), all)?))(cell)
    });
    let when_down = table.or("when_down", WhenDown::Wait, |cell| {
        let when_down = when_down(cell)?;
        if when_down == WhenDown::Move && !somewhere {
            return cell.wrong(
                "is \"move\"",
                "list in `fallback` who carries its messages then",
            );
        }
        Some(when_down)
    });
    let after = table.or(
        "move_after",
        Duration::from_secs(60),
        duration("1s"..="24h"),
    );
    Moving {
        fallback,
        after: (when_down == WhenDown::Move).then_some(after),
    }
}

fn another(cell: &Cell<'_>, name: Option<&str>, all: &[String]) -> Option<String> {
    let others: Vec<&str> = all
        .iter()
        .map(String::as_str)
        .filter(|other| Some(*other) != name)
        .collect();
    let right = match *others {
        [] => "add another [[operator]] first".to_owned(),
        _ => format!("name another operator: {}", others.join(", ")),
    };
    parsed(&right, |text| {
        others.contains(&text).then(|| text.to_owned())
    })(cell)
}

fn when_down(cell: &Cell<'_>) -> Option<WhenDown> {
    named(&[("wait", WhenDown::Wait), ("move", WhenDown::Move)])(cell)
}

/// The names of all operators, as they are written.
pub(super) fn names(operators: &Cell<'_>) -> Vec<String> {
    texts(operators, "name")
}

/// As whom all operators send, as it is written.
pub(super) fn senders(operators: &Cell<'_>) -> Vec<String> {
    texts(operators, "sender")
}

/// The names that stand in any operator's `fallback`.
pub(super) fn substitutes(operators: &Cell<'_>) -> Vec<String> {
    texts(operators, "fallback")
}

fn texts(operators: &Cell<'_>, key: &str) -> Vec<String> {
    let Value::List(operators) = &operators.node.value else {
        return Vec::new();
    };
    let values = operators
        .iter()
        .filter_map(|operator| match &operator.value {
            Value::Table(entries) => entries.get(key),
            _ => None,
        });
    values
        .flat_map(|entry: &Entry| in_node(&entry.node))
        .collect()
}

/// The texts of a value, be it one, a list, or as the environment gives a list.
pub(super) fn in_node(node: &Node) -> Vec<String> {
    match &node.value {
        Value::Text(text) => vec![text.clone()],
        Value::Raw(text) => text.split(',').map(|it| it.trim().to_owned()).collect(),
        Value::List(items) => items.iter().flat_map(in_node).collect(),
        _ => Vec::new(),
    }
}
