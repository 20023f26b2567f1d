//! `[dialogue]`: what citizens write in by SMS, and how much of it is answered.

use std::time::Duration;

use super::reading::{Cell, Table};
use super::subscriber::{Limit, limits};
use super::values::duration;

/// `[dialogue]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialogueSettings {
    /// How many answers a subscriber gets; all hold at once, shortest window first.
    pub answers: Vec<Limit>,
    /// How long after one that explains what can be written there is no other.
    pub help: Duration,
}

impl Default for DialogueSettings {
    fn default() -> Self {
        const HOUR: Duration = Duration::from_secs(3600);
        let limit = |messages, per| Limit { messages, per };
        Self {
            answers: vec![limit(5, HOUR / 6), limit(20, 24 * HOUR)],
            help: 6 * HOUR,
        }
    }
}

pub(super) fn dialogue(root: &mut Table<'_>) -> DialogueSettings {
    root.or(
        "dialogue",
        DialogueSettings::default(),
        |cell: &Cell<'_>| cell.table(read),
    )
}

fn read(table: &mut Table<'_>) -> Option<DialogueSettings> {
    let default = DialogueSettings::default();
    Some(DialogueSettings {
        answers: table.or("answers", default.answers, limits),
        help: table.or("help", default.help, duration("1m"..="7d")),
    })
}
