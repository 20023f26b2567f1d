//! `weight` of an `[[operator]]`: its part of the numbers that it shares with others.

use super::document::{Node, Value};
use super::fallback::in_node;
use super::operator::is_prefix;
use super::reading::Cell;
use super::values::whole;

/// The largest one.
pub const MOST_WEIGHT: u32 = 1000;

/// What is left out weighs as much.
pub(super) const USUAL: u32 = 1;

/// Which operators carry which prefixes, as it is written.
#[derive(Default)]
pub(super) struct Carried {
    carriers: Vec<Carrier>,
    /// Whether the prefixes of one are not as they should be: with whom it would share them, nobody knows.
    in_doubt: bool,
}

struct Carrier {
    prefixes: Vec<String>,
    weighs_nothing: bool,
}

impl Carried {
    pub(super) fn of(operators: &Cell<'_>) -> Self {
        let mut carried = Self::default();
        let Value::List(operators) = &operators.node.value else {
            return carried;
        };
        for operator in operators {
            let Value::Table(entries) = &operator.value else {
                continue;
            };
            let prefixes = entries.get("prefixes").map(|it| &it.node);
            let weight = entries.get("weight").map(|it| &it.node);
            carried.in_doubt |= !prefixes.is_some_and(are_right);
            carried.carriers.push(Carrier {
                prefixes: prefixes.map(in_node).unwrap_or_default(),
                weighs_nothing: weight.is_some_and(is_nothing),
            });
        }
        carried
    }

    /// Whether one of these prefixes is carried by several operators, as far as is known.
    pub(super) fn may_be_shared(&self, prefixes: &[String]) -> bool {
        let shared = |prefix: &String| self.carriers(prefix).nth(1).is_some();
        self.in_doubt || prefixes.iter().any(shared)
    }

    /// One of these prefixes that several operators carry, but none with a weight.
    fn nobodys<'p>(&self, prefixes: &'p [String]) -> Option<&'p String> {
        let nobodys = |prefix: &&String| {
            let mut carriers = self.carriers(prefix);
            self.carriers(prefix).nth(1).is_some() && carriers.all(|it| it.weighs_nothing)
        };
        prefixes.iter().find(nobodys)
    }

    fn carriers(&self, prefix: &String) -> impl Iterator<Item = &Carrier> {
        let carries = |it: &&Carrier| it.prefixes.contains(prefix);
        self.carriers.iter().filter(carries)
    }
}

fn are_right(prefixes: &Node) -> bool {
    match &prefixes.value {
        Value::List(items) => items
            .iter()
            .all(|it| matches!(&it.value, Value::Text(text) if is_prefix(text))),
        Value::Raw(_) => in_node(prefixes).iter().all(|it| is_prefix(it)),
        _ => false,
    }
}

fn is_nothing(node: &Node) -> bool {
    match &node.value {
        Value::Integer(weight) => *weight == Some(0),
        Value::Raw(text) => text.trim() == "0",
        _ => false,
    }
}

/// Of an operator with these prefixes.
pub(super) fn weight(cell: &Cell<'_>, prefixes: &[String], carried: &Carried) -> Option<u32> {
    let weight = whole(0..=MOST_WEIGHT)(cell)?;
    if weight != USUAL && !carried.may_be_shared(prefixes) {
        return cell.unfit("leave it out, or list a prefix that another operator has too");
    }
    if weight == 0
        && let Some(prefix) = carried.nobodys(prefixes)
    {
        return cell.wrong(
            format!("is 0, as it is of all others with the prefix \"{prefix}\""),
            "give one of them at least a weight of 1 or more",
        );
    }
    Some(weight)
}
