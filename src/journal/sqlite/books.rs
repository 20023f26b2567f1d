//! The books: kept as counts, since counting ten million messages takes too long.

use rusqlite::{Connection, params};

use xabar_events::{Reason, State};

use super::corrupt;
use super::rows::{number, text};
use crate::clock::WallTimes;
use crate::journal::{Backlog, Books, JournalError, Message, Phase};

/// What one commit changes of the books.
pub(super) struct Entries<'a> {
    wall_times: &'a WallTimes,
    /// By agency and day.
    columns: foldhash::HashMap<(&'a str, i64), Columns>,
}

/// How much is added to each column.
#[derive(Default)]
struct Columns(Vec<(u8, i64)>);

impl Columns {
    fn enter(&mut self, column: u8, by: i64) {
        match self.0.iter_mut().find(|(other, _)| *other == column) {
            Some((_, sum)) => *sum += by,
            None => self.0.push((column, by)),
        }
    }
}

impl<'a> Entries<'a> {
    /// None yet; the wall clock says which day it is.
    pub(super) fn new(wall_times: &'a WallTimes) -> Self {
        Self {
            wall_times,
            columns: foldhash::HashMap::default(),
        }
    }

    /// Enters a new message in its column.
    pub(super) fn accept(&mut self, message: &'a Message, column: u8) {
        self.of(message).enter(column, 1);
    }

    /// Moves a message from the column where it stood to where it stands now.
    pub(super) fn progress(&mut self, message: &'a Message, before: u8, now: u8) {
        if before != now {
            let columns = self.of(message);
            columns.enter(before, -1);
            columns.enter(now, 1);
        }
    }

    /// Those of its agency and of the day on which it was accepted.
    fn of(&mut self, message: &'a Message) -> &mut Columns {
        let day = self.wall_times.day_of(message.accepted_at);
        let key = (message.key.agency.name(), day);
        self.columns.entry(key).or_default()
    }

    pub(super) fn write(&self, db: &Connection) -> Result<(), JournalError> {
        let mut write = db.prepare_cached(
            "INSERT INTO books (agency, day, state, count) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT DO UPDATE SET count = count + ?4",
        )?;
        for ((agency, day), columns) in &self.columns {
            for (column, by) in columns.0.iter().filter(|(_, by)| *by != 0) {
                write.execute(params![agency, day, column, by])?;
            }
        }
        Ok(())
    }
}

/// Where a message stands in the books: its last state, or `submitted` while its receipt is awaited; before that, why
/// it was deferred, or 0.
pub(super) fn column(message: &Message) -> Result<u8, JournalError> {
    let last = message.progress.history.last();
    match (message.progress.phase, last) {
        (Phase::Settled, None) => Err(JournalError::Refused {
            what: "a settled message without a state",
        }),
        (Phase::Settled, Some(told)) => Ok(told.state.code()),
        (Phase::Submitted, _) => Ok(State::Submitted.code()),
        (Phase::Waiting, Some(told)) if told.state == State::Deferred => {
            Ok(told.reason.map_or(0, |reason| DEFERRED | reason.code()))
        }
        _ => Ok(0),
    }
}

/// Of the columns of what was deferred; the rest is the reason's code.
const DEFERRED: u8 = 0x80;

/// The books of all agencies, by name: of one day, or of all.
pub(super) fn read(db: &Connection, day: Option<i64>) -> Result<Vec<Books>, JournalError> {
    let mut sums = db.prepare_cached(
        "SELECT agency, state, sum(count) FROM books WHERE ?1 IS NULL OR day = ?1 \
         GROUP BY agency, state HAVING sum(count) > 0 ORDER BY agency, state",
    )?;
    let mut all: Vec<Books> = Vec::new();
    let mut rows = sums.query([day])?;
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
    match Column::of(column)? {
        Column::Waiting => books.waiting += count,
        Column::Deferred(reason) => {
            books.waiting += count;
            books.deferred.push((reason, count));
        }
        Column::Told(State::Submitted) => {
            books.waiting += count;
            books.submitted += count;
        }
        Column::Told(state) => books.settled.push((state, count)),
    }
    Ok(())
}

enum Column {
    Waiting,
    Deferred(Reason),
    Told(State),
}

impl Column {
    fn of(code: u8) -> Result<Self, JournalError> {
        if code == 0 {
            Ok(Self::Waiting)
        } else if code & DEFERRED == 0 {
            State::from_code(code)
                .map(Self::Told)
                .ok_or(corrupt("a state"))
        } else {
            Reason::from_code(code & !DEFERRED)
                .map(Self::Deferred)
                .ok_or(corrupt("a reason"))
        }
    }
}

/// The messages that wait to be submitted.
pub(super) fn backlog(db: &Connection) -> Result<Backlog, JournalError> {
    let mut sums = db.prepare_cached(
        "SELECT state, sum(count) FROM books WHERE (state = 0 OR state >= 128) AND count > 0 GROUP BY state",
    )?;
    let mut backlog = Backlog::default();
    let mut rows = sums.query([])?;
    while let Some(row) = rows.next()? {
        let count = number(row, 1)?;
        backlog.messages += count;
        if let Column::Deferred(reason) = Column::of(row.get(0)?)? {
            *backlog.deferred.entry(reason).or_default() += count;
        }
    }
    Ok(backlog)
}
