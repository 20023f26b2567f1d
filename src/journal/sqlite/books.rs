//! The books: kept as counts, since counting ten million messages takes too long.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use xabar_events::State;

use super::corrupt;
use super::rows::{number, text};
use crate::journal::{Books, JournalError, Message, Phase};

/// What one commit changes of the books.
#[derive(Default)]
pub(super) struct Entries<'a>(BTreeMap<(&'a str, i64, u8), i64>);

impl<'a> Entries<'a> {
    /// Enters a new message in its column.
    pub(super) fn accept(&mut self, message: &'a Message, column: u8) {
        self.enter(message, column, 1);
    }

    /// Moves a message from the column where it stood to where it stands now.
    pub(super) fn progress(&mut self, message: &'a Message, before: u8, now: u8) {
        if before != now {
            self.enter(message, before, -1);
            self.enter(message, now, 1);
        }
    }

    fn enter(&mut self, message: &'a Message, column: u8, by: i64) {
        let day = message.accepted_at.0.div_euclid(MILLIS_A_DAY);
        *self
            .0
            .entry((message.key.agency.name(), day, column))
            .or_default() += by;
    }

    pub(super) fn write(&self, db: &Connection) -> Result<(), JournalError> {
        let mut write = db.prepare_cached(
            "INSERT INTO books (agency, day, state, count) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT DO UPDATE SET count = count + ?4",
        )?;
        for ((agency, day, column), by) in self.0.iter().filter(|(_, by)| **by != 0) {
            write.execute(params![agency, day, column, by])?;
        }
        Ok(())
    }
}

/// Where a message stands in the books: its last state, or 0 while it is not settled.
pub(super) fn column(message: &Message) -> Result<u8, JournalError> {
    let last = message.progress.history.last();
    match (message.progress.phase, last) {
        (Phase::Settled, None) => Err(JournalError::Refused {
            what: "a settled message without a state",
        }),
        (Phase::Settled, Some(told)) => Ok(told.state.code()),
        _ => Ok(0),
    }
}

/// The books of all agencies, by name.
pub(super) fn read(db: &Connection) -> Result<Vec<Books>, JournalError> {
    let mut sums = db.prepare_cached(
        "SELECT agency, state, sum(count) FROM books GROUP BY agency, state HAVING sum(count) > 0 \
         ORDER BY agency, state",
    )?;
    let mut all: Vec<Books> = Vec::new();
    let mut rows = sums.query([])?;
    while let Some(row) = rows.next()? {
        let agency = text(row, 0)?;
        if all.last().is_none_or(|books| books.agency != agency) {
            all.push(Books {
                agency: agency.into(),
                ..Books::default()
            });
        }
        if let Some(books) = all.last_mut() {
            add(books, row.get(1)?, number(row, 2)?)?;
        }
    }
    Ok(all)
}

fn add(books: &mut Books, column: u8, count: u64) -> Result<(), JournalError> {
    books.accepted += count;
    match column {
        0 => books.waiting += count,
        code => {
            let state = State::from_code(code).ok_or(corrupt("a state"))?;
            books.settled.push((state, count));
        }
    }
    Ok(())
}

const MILLIS_A_DAY: i64 = 86_400_000;
