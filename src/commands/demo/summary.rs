//! What the demo did, told at its end; its books have to balance.

use xabar_events::State as Settled;

use super::state::State;
use super::view::{amount, countdown};
use crate::commands::print::{BAD, GOOD, HEADING, styled};
use crate::journal::Books;

/// The demo's own count beside the journal's.
pub(super) struct Summary<'a> {
    pub(super) state: &'a State,
    /// What the journal has of this run and of those before it.
    pub(super) journal: Vec<Books>,
    /// Whether there were any before it.
    pub(super) earlier: bool,
    /// Messages whose submission was not answered when it ended.
    pub(super) uncertain: u64,
}

impl Summary<'_> {
    pub(super) fn lines(&self) -> Vec<String> {
        let state = self.state;
        let ran = countdown(state.now.since(state.started));
        let title = styled(HEADING, format!("xabar demo, {ran}"));
        let mut lines = vec![title];
        let mut row = |what: &str, count: u64, note: &str| {
            let line = format!("  {what:<13} {:>9}  {note}", amount(count));
            lines.push(line.trim_end().to_owned());
        };
        row("published", state.flow.published.total, "");
        row("accepted", state.flow.accepted.total, "");
        row("duplicates", state.tally.duplicates, "swallowed");
        if state.tally.unanswered > 0 {
            row("unanswered", state.tally.unanswered, "");
        }
        for (settled, count) in &state.tally.settled {
            row(settled.as_str(), *count, ending(*settled));
        }
        let held = match state.held.len() {
            0 => String::new(),
            held => format!("{held} of them by the subscriber's limit"),
        };
        row("waiting", state.waiting(), &held);
        row(
            "under way",
            state.with_operators(),
            "submitted, the receipt is to come",
        );
        if self.uncertain > 0 {
            row(
                "uncertain",
                self.uncertain,
                "of the waiting: no answer when it ended",
            );
        }
        lines.push(self.verdict());
        lines
    }

    pub(super) fn balances(&self) -> bool {
        let state = self.state;
        let answered = state.tally.new + state.tally.duplicates + state.tally.unanswered;
        let accepted = state.flow.accepted.total;
        let ours = state.flow.published.total == answered
            && accepted == state.settled() + state.open()
            && (accepted == state.tally.new || state.tally.unanswered > 0);
        ours && self.journal.iter().all(balanced) && (self.earlier || self.same_as_journal())
    }

    fn same_as_journal(&self) -> bool {
        let accepted: u64 = self.journal.iter().map(|books| books.accepted).sum();
        let settled: u64 = self.journal.iter().map(ended).sum();
        accepted == self.state.flow.accepted.total && settled == self.state.settled()
    }

    fn verdict(&self) -> String {
        let (state, tally) = (self.state, &self.state.tally);
        let sums = format!(
            "{} published = {} accepted + {} duplicates; {} accepted = {} settled + {} open",
            amount(state.flow.published.total),
            amount(tally.new),
            amount(tally.duplicates),
            amount(state.flow.accepted.total),
            amount(state.settled()),
            amount(state.open()),
        );
        match self.balances() {
            true => format!(
                "{}: {sums}; the journal says the same",
                styled(GOOD, "The books balance")
            ),
            false => format!("{}: {sums}", styled(BAD, "The books do not balance")),
        }
    }
}

fn balanced(books: &Books) -> bool {
    books.accepted == books.waiting + ended(books)
}

fn ended(books: &Books) -> u64 {
    books.settled.iter().map(|(_, count)| count).sum()
}

fn ending(settled: Settled) -> &'static str {
    match settled {
        Settled::Superseded => "a newer status went instead",
        Settled::Failed => "the operator could not deliver",
        _ => "",
    }
}
