//! `[[sender]]`: as whom an agency goes out, where that is not its operator's default.

use std::cell::RefCell;

use xabar_events::Priority;

use super::agency;
use super::operator::{self, Written};
use super::reading::{Cell, Table};
use super::values::{Unique, list, matching, one_or_more, parsed};

/// `[[sender]]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// What citizens see.
    pub name: String,
    /// The agencies that go out as this.
    pub agencies: Vec<String>,
    /// The operators where they do; empty: all.
    pub operators: Vec<String>,
    /// The priorities at which they do; empty: all.
    pub priorities: Vec<Priority>,
}

pub(super) fn senders(root: &mut Table<'_>, operators: &Written) -> Vec<Sender> {
    let read = RefCell::new(Vec::new());
    root.or("sender", Vec::new(), |cell: &Cell<'_>| {
        list(|cell: &Cell<'_>| {
            let sender = cell.table(|table| sender(table, &operators.names))?;
            contradicts(cell, &sender, &operators.senders, &read.borrow())?;
            read.borrow_mut().push((cell.key.clone(), sender.clone()));
            Some(sender)
        })(cell)
    })
}

fn sender(table: &mut Table<'_>, operators: &[String]) -> Option<Sender> {
    let name = table.required(
        "name",
        "give the name or number that citizens see",
        operator::sender,
    );
    let agencies = table.required(
        "agency",
        "name the agency that goes out as this, or a list of those that share it",
        |cell| one_or_more(unique(agency::name))(cell),
    );
    let known = |cell: &Cell<'_>| operator_of(cell, operators);
    let at = table.or("operator", Vec::new(), |cell| {
        one_or_more(unique(known))(cell)
    });
    let priorities = table.or("priority", Vec::new(), one_or_more(priority));
    Some(Sender {
        name: name?,
        agencies: agencies?,
        operators: at,
        priorities,
    })
}

/// A reader of texts none of which may come twice in its list.
fn unique(read: impl Fn(&Cell<'_>) -> Option<String>) -> impl Fn(&Cell<'_>) -> Option<String> {
    let met = Unique::default();
    move |cell| met.check(cell, read(cell)?)
}

fn operator_of(cell: &Cell<'_>, names: &[String]) -> Option<String> {
    let right = format!(
        "name an operator that is configured: {}",
        if names.is_empty() {
            "there is none".to_owned()
        } else {
            names.join(", ")
        }
    );
    matching(&right, |name| names.iter().any(|it| it == name))(cell)
}

fn priority(cell: &Cell<'_>) -> Option<Priority> {
    parsed("choose from urgent, normal and bulk", |text| {
        text.parse().ok()
    })(cell)
}

/// Tells of another row that says something else for the same messages, or gives the same name to others; `common` are the
/// names that are everybody's.
fn contradicts(
    cell: &Cell<'_>,
    sender: &Sender,
    common: &[String],
    earlier: &[(String, Sender)],
) -> Option<()> {
    for (key, other) in earlier {
        if let Some(agency) = same_case(sender, other) {
            return cell.wrong(
                format!("says as whom {agency} goes out, which `{key}` does already"),
                "remove one, or let them differ in `operator` or `priority`",
            );
        }
        let is_common = common
            .iter()
            .any(|name| name.eq_ignore_ascii_case(&sender.name));
        let same_name = other.name.eq_ignore_ascii_case(&sender.name);
        let shared = includes(&sender.agencies, &other.agencies)
            || includes(&other.agencies, &sender.agencies);
        if same_name && !is_common && !shared {
            return cell.wrong(
                format!(
                    "gives \"{}\" to other agencies than `{key}` does",
                    sender.name
                ),
                "nobody sends under another's name: choose another, or list all that share it in both",
            );
        }
    }
    Some(())
}

/// An agency for which both rows hold and neither is the more special one.
fn same_case<'a>(one: &'a Sender, other: &Sender) -> Option<&'a str> {
    let agency = one.agencies.iter().find(|it| other.agencies.contains(it))?;
    let operators = overlap(&one.operators, &other.operators);
    let priorities = overlap(&one.priorities, &other.priorities);
    (operators && priorities).then_some(agency)
}

fn includes(all: &[String], some: &[String]) -> bool {
    some.iter().all(|one| all.contains(one))
}

/// Whether two lists, empty for all, are as special as one another and have something in common.
fn overlap<T: PartialEq>(one: &[T], other: &[T]) -> bool {
    match (one, other) {
        ([], []) => true,
        ([], _) | (_, []) => false,
        _ => one.iter().any(|it| other.contains(it)),
    }
}
