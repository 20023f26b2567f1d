//! `weight` of an `[[operator]]`: its part of the numbers that it shares with others.

use super::document::{Node, Value};
use super::fallback::in_node;
use super::reading::Cell;
use super::values::whole;

/// What is left out weighs as much.
pub(super) const USUAL: u32 = 1;

/// Which operators carry which prefixes, as it is written.
#[derive(Default)]
pub(super) struct Carried(Vec<Carrier>);

struct Carrier {
    prefixes: Vec<String>,
    weighs_nothing: bool,
}

impl Carried {
    pub(super) fn of(operators: &Cell<'_>) -> Self {
        let Value::List(operators) = &operators.node.value else {
            return Self::default();
        };
        let carriers = operators.iter().filter_map(|operator| {
            let Value::Table(entries) = &operator.value else {
                return None;
            };
            let prefixes = entries.get("prefixes").map(|it| in_node(&it.node));
            let weight = entries.get("weight").map(|it| &it.node);
            Some(Carrier {
                prefixes: prefixes.unwrap_or_default(),
                weighs_nothing: weight.is_some_and(is_nothing),
            })
        });
        Self(carriers.collect())
    }

    /// Whether one of these prefixes is carried by several operators.
    pub(super) fn is_shared(&self, prefixes: &[String]) -> bool {
        let shared = |prefix: &String| self.carriers(prefix).nth(1).is_some();
        prefixes.iter().any(shared)
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
        self.0.iter().filter(|it| it.prefixes.contains(prefix))
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
    let weight = whole(0..=1000)(cell)?;
    if weight != USUAL && !carried.is_shared(prefixes) {
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
