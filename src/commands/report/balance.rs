//! `xabar report balance`: accepted = settled + waiting, by agency and by operator.

use std::io::{self, Write};
use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use serde::Serialize;
use xabar_events::{Agency, State};

use crate::clock::{Clock, UnixMillis, WallTimes};
use crate::commands::print::{self, BAD, Cell, FAINT, GOOD, HEADING, Table, WARN, styled};
use crate::commands::{ConfigFile, Failure};
use crate::control::books::{Account, Balance, Named, OperatorAccount, Reckoning, Scope};
use crate::control::settings::Settings;
use crate::journal::{self, JournalError, Message, Reader};

/// Accepted = delivered + failed + … + waiting, by agency and by operator
///
/// Reads the journal beside a running gateway, or without one. What differs, from the journal's own books or from what an
/// operator counts, and what should have an outcome by now and has none, is named; then the exit code is 1.
#[derive(Debug, clap::Args)]
pub(super) struct BalanceOf {
    #[command(flatten)]
    config: ConfigFile,
    /// Of what was accepted on this day, by UTC, such as 2026-11-28
    #[arg(long, value_name = "DAY", value_parser = day)]
    day: Option<Date>,
    /// Of this agency only
    #[arg(long, value_name = "NAME", value_parser = super::super::token::agency)]
    agency: Option<Agency>,
    /// What operators count, in CSV: operator,segments,delivered or operator,id,state
    #[arg(long, value_name = "FILE.csv")]
    counted: Option<PathBuf>,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// What scripts read.
#[derive(Serialize)]
struct Told<'a> {
    day: Option<Date>,
    #[serde(flatten)]
    balance: &'a Balance,
}

fn day(text: &str) -> Result<Date, &'static str> {
    let day = text.parse();
    day.map_err(|_| "should be a day by UTC, such as 2026-11-28")
}

impl BalanceOf {
    pub(super) fn run(self) -> Result<(), Failure> {
        let settings = self.config.load()?;
        let unreadable = |cause| Failure::caused("cannot read the journal", cause);
        let mut reader = journal::open_reader(&settings.journal.url).map_err(unreadable)?;
        let statement = match &self.counted {
            Some(file) => super::statement::read(file, &mut *reader)?,
            None => Default::default(),
        };
        let reckoning = Reckoning::new(
            self.scope(&settings, reader.wall_times().map_err(unreadable)?),
            statement,
        );
        let balance = self.reckon(&mut *reader, reckoning).map_err(unreadable)?;
        let told = || Told {
            day: self.day,
            balance: &balance,
        };
        print::for_scripts_or_people(self.json, told, |out| print_balance(out, &balance))?;
        match balance.balanced {
            true => Ok(()),
            false => Err(Failure::Told),
        }
    }

    fn scope(&self, settings: &Settings, wall_times: WallTimes) -> Scope {
        let timing = &settings.timing;
        let epoch = Date::constant(1970, 1, 1);
        Scope {
            day: self.day.map(|day| (day - epoch).get_days().into()),
            agency: self.agency.clone(),
            now: Clock::starting_after(UnixMillis(0)).now().wall,
            wall_times,
            receipt: timing.receipt,
            uncertain: timing.response + timing.uncertain,
        }
    }

    fn reckon(
        &self,
        reader: &mut dyn Reader,
        mut reckoning: Reckoning,
    ) -> Result<Balance, JournalError> {
        let mut progress = Progress::new(reader.last_message()?);
        let books = reader.balance(reckoning.day(), &mut |message| {
            progress.note(&message);
            reckoning.take(&message);
        })?;
        progress.bar.finish_and_clear();
        reckoning.close(&books, |operator| reader.operator_name(operator))
    }
}

/// How far the messages are read, on a terminal's standard error.
struct Progress {
    bar: ProgressBar,
    first: Option<u64>,
    last: u64,
}

/// More often would cost more than it tells.
const EVERY: u64 = 4096;

impl Progress {
    fn new(last: u64) -> Self {
        let template = "reading the journal {bar:30} {human_pos} of {human_len} messages";
        let style = ProgressStyle::with_template(template).expect("the template is well-formed");
        Self {
            bar: ProgressBar::new(last).with_style(style),
            first: None,
            last,
        }
    }

    fn note(&mut self, message: &Message) {
        let id = message.id.0;
        let first = *self.first.get_or_insert_with(|| {
            self.bar.set_length((self.last + 1).saturating_sub(id));
            id
        });
        if id.is_multiple_of(EVERY) {
            self.bar.set_position(id - first);
        }
    }
}

/// The columns of an account, but the first ones, in the order of the states.
fn columns(account: &Account) -> impl Iterator<Item = u64> {
    let settled = terminal().map(|state| account.settled.get(&state).copied().unwrap_or(0));
    settled.chain([account.waiting])
}

fn terminal() -> impl Iterator<Item = State> {
    State::ALL
        .iter()
        .copied()
        .filter(|state| state.is_terminal())
}

fn print_balance(out: &mut impl Write, balance: &Balance) -> io::Result<()> {
    match balance.agencies.is_empty() {
        true => writeln!(out, "Nothing was accepted.")?,
        false => agencies(balance).print(out)?,
    }
    if balance.agencies.is_empty() && balance.balanced {
        return Ok(());
    }
    writeln!(out)?;
    operators(&balance.operators).print(out)?;
    for agency in balance.agencies.iter().filter(|it| !it.agrees) {
        let name = styled(BAD, &agency.name);
        writeln!(
            out,
            "{name}: the books and the messages in the journal differ"
        )?;
    }
    named(out, balance)?;
    let verdict = match balance.balanced {
        true => styled(GOOD, "The books balance."),
        false => styled(BAD, "The books do not balance."),
    };
    writeln!(out, "\n{verdict}")
}

fn heading(first: &str, last: &[&str]) -> Vec<Cell> {
    let states = terminal().map(|state| state.to_string());
    let names = ["accepted".to_owned()].into_iter().chain(states);
    let names = names.chain(["waiting".to_owned()]);
    let names = names.chain(last.iter().map(|name| (*name).to_owned()));
    let cells = names.map(|name| Cell::number(name).style(HEADING));
    [Cell::new(first).style(HEADING)]
        .into_iter()
        .chain(cells)
        .collect()
}

fn agencies(balance: &Balance) -> Table {
    let mut table = Table::default();
    table.row(heading("agency", &["forgotten"]));
    for agency in &balance.agencies {
        let style = if agency.agrees { HEADING } else { BAD };
        let account = &agency.account;
        let numbers = [account.accepted].into_iter().chain(columns(account));
        let numbers = numbers.chain([agency.forgotten]).map(number);
        table.row(
            [Cell::new(&agency.name).style(style)]
                .into_iter()
                .chain(numbers),
        );
    }
    table
}

fn operators(operators: &[OperatorAccount]) -> Table {
    let mut table = Table::default();
    let theirs = operators.iter().any(|it| it.theirs.is_some());
    let counted: &[&str] = match theirs {
        true => &["segments", "arrived", "theirs", "arrived"],
        false => &["segments", "arrived"],
    };
    table.row(heading("operator", counted));
    for operator in operators {
        let style = if operator.agrees { HEADING } else { BAD };
        let account = &operator.account;
        let ours = [operator.segments, operator.segments_delivered];
        let numbers = [account.accepted].into_iter().chain(columns(account));
        let numbers = numbers.chain(ours).map(number);
        let theirs = operator.theirs.iter().flat_map(|theirs| {
            let delivered = theirs.delivered.map_or_else(|| Cell::new(""), number);
            [number(theirs.segments).style(style), delivered]
        });
        let name = operator.name.as_deref().unwrap_or("(none)");
        let name = [Cell::new(name).style(style)].into_iter();
        table.row(name.chain(numbers).chain(theirs));
    }
    table
}

fn number(count: u64) -> Cell {
    let cell = Cell::number(count);
    if count == 0 { cell.style(FAINT) } else { cell }
}

fn named(out: &mut impl Write, balance: &Balance) -> io::Result<()> {
    if !balance.messages.is_empty() {
        writeln!(out)?;
    }
    for message in &balance.messages {
        let Named {
            event, application, ..
        } = message;
        let state = message.state.map(|state| state.to_string());
        writeln!(
            out,
            "message {} · application {application} · event {} of {} · {} · {} · {}",
            message.id,
            event.id,
            event.source,
            message.operator.as_deref().unwrap_or("(none)"),
            state.unwrap_or_default(),
            styled(WARN, message.why.sentence()),
        )?;
    }
    if balance.more > 0 {
        writeln!(out, "and {} more", balance.more)?;
    }
    if !balance.strange_ids.is_empty() {
        let ids = balance.strange_ids.join(", ");
        writeln!(out, "\nlisted by operators and unknown here: {ids}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::books::Theirs;

    #[test]
    fn what_an_operator_counts_is_told_also_where_nothing_was_accepted() {
        let shown = |balance: &Balance| {
            let mut out = Vec::new();
            print_balance(&mut out, balance).unwrap();
            String::from_utf8(out).unwrap()
        };
        let mut balance = Balance {
            balanced: true,
            ..Balance::default()
        };
        assert_eq!(shown(&balance), "Nothing was accepted.\n");
        balance.balanced = false;
        balance.operators = vec![OperatorAccount {
            name: Some("ucell".to_owned()),
            theirs: Some(Theirs {
                segments: 4711,
                ..Theirs::default()
            }),
            ..OperatorAccount::default()
        }];
        let shown = shown(&balance);
        for told in ["ucell", "4711", "do not balance"] {
            assert!(shown.contains(told), "{shown}");
        }
    }
}
