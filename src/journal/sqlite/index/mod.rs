//! Finds values under keys that come in random order, at a price that hardly grows.
//!
//! The newest entries are in memory, where the log makes them durable. When their chapter of the log is
//! written out they become a *young* run, sorted, written once and in one piece. When there are many young runs
//! they are merged, together with those merged before that are not much larger: slice by slice, a little with
//! each commit. So there are few runs, each some times as large as the next, and a key costs a few dozen octets
//! copied some times, while a tree would rewrite a whole page for it. A filter over each run in memory says which of
//! them are worth a look.

mod filter;
mod merge;
pub(super) mod reading;
mod run;
mod shelf;
mod young;

use rusqlite::{Connection, params};

use self::filter::Question;
use self::merge::Merge;
use self::run::{Entries, Place, Run};
use self::shelf::Shelf;
use self::young::Young;
use super::rows::{number, ordered};
use super::stored::Stored;
use crate::clock::UnixMillis;
use crate::journal::{JournalError, MessageId};

/// A value that an index keeps.
pub(super) trait Value: Stored + Clone {
    /// Which index of the tables holds these. Part of the journal's format.
    const TREE: u8;
    const ASKED_BY: Askers;
    /// How many values under one key a run keeps at most, the newest: all of a key are in one bucket. With 1 a value replaces the one
    /// before, with more it joins them.
    const MOST_OF_A_KEY: usize;

    /// Whether nobody will ask for a value any more, given in its octets: a merge looks at all of them.
    fn is_over(octets: &[u8], horizon: &Horizon) -> bool;
}

/// Who asks an index, which says what may be spent on its runs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Askers {
    /// Every message: there are few runs, though each entry is copied some times for that, and a filter over each, which
    /// has at most 2 to the power of `filter_bits` blocks of 64 octets.
    Messages { filter_bits: u32 },
    /// Now and then a person: an entry is copied once or twice, and a question looks into some dozen runs. All of a
    /// run is over once its newest message is forgotten.
    People,
}

/// What the journal has forgotten.
#[derive(Clone, Copy, Debug)]
pub(super) struct Horizon {
    /// No message before this one is left.
    pub(super) oldest: MessageId,
    pub(super) now: UnixMillis,
}

/// One index.
#[derive(Debug)]
pub(super) struct Index<V> {
    /// The entries of the chapter that is being written, and of the one that is being written out.
    open: Shelf<V>,
    closed: Shelf<V>,
    /// The runs that are in no merge.
    young: Young,
    merge: Option<Merge>,
    /// Older than those, the oldest first.
    merged: Vec<Run>,
    /// As many young runs as are merged at once.
    pub(super) merged_at_once: usize,
}

/// More would be more filters to ask; fewer, more merges.
const MERGED_AT_ONCE: usize = 16;

impl<V: Value> Index<V> {
    /// The runs of this index that are in the tables.
    pub(super) fn load(db: &Connection) -> Result<Self, JournalError> {
        let mut index = Self {
            open: Shelf::default(),
            closed: Shelf::default(),
            young: Young::default(),
            merge: None,
            merged: Vec::new(),
            merged_at_once: MERGED_AT_ONCE,
        };
        let (mut young, mut from) = (Vec::new(), Vec::new());
        let mut runs = db.prepare_cached(
            "SELECT id, bits, newest, stage, count, slices, slice_bits FROM runs WHERE tree = ?1 ORDER BY id",
        )?;
        let mut runs = runs.query([V::TREE])?;
        while let Some(row) = runs.next()? {
            let place = Place {
                id: row.get(0)?,
                bits: row.get(1)?,
            };
            let newest = MessageId(number(row, 2)?);
            let (stage, count) = (row.get(3)?, number(row, 4)?);
            let load = |count| Run::load::<V>(db, place, newest, count);
            match stage {
                YOUNG => young.push(load(count)?),
                MERGED => index.merged.push(load(count)?),
                GOING => from.push(load(count)?),
                _ => {
                    let from = std::mem::take(&mut from);
                    // Its filter has to have room for all that is to come.
                    let into = load(from.iter().map(|run| run.count).sum())?;
                    let sliced = (number(row, 5)?, row.get(6)?);
                    index.merge = Some(Merge::again(from, into, count, sliced));
                }
            }
        }
        index.young = Young::again(young);
        Ok(index)
    }

    /// Keeps a value. Not durable: the log has to have it.
    pub(super) fn put(&mut self, key: u64, value: V) {
        if V::MOST_OF_A_KEY == 1 {
            self.open.set(key, value);
        } else {
            self.open.add(key, value);
        }
    }

    /// Looks at the values under a key, those of newer runs first, until one is found to be what is sought.
    pub(super) fn search<T>(
        &self,
        db: &Connection,
        key: u64,
        mut sought: impl FnMut(V) -> Result<Option<T>, JournalError>,
    ) -> Result<Option<T>, JournalError> {
        for value in self.open.values(key).chain(self.closed.values(key)) {
            if let Some(it) = sought(value.clone())? {
                return Ok(Some(it));
            }
        }
        let question = Question::new(key);
        let young = self.young.asked(&question);
        let merging = self.merge.iter().flat_map(|merge| merge.asked(&question));
        for run in young.chain(merging).chain(self.merged.iter().rev()) {
            if run.may_have(&question)
                && let Some(it) = run.place.search(db, key, &mut sought)?
            {
                return Ok(Some(it));
            }
        }
        Ok(None)
    }

    /// The newest value under a key.
    pub(super) fn newest(&self, db: &Connection, key: u64) -> Result<Option<V>, JournalError> {
        self.search(db, key, |value| Ok(Some(value)))
    }

    /// All values under a key.
    pub(super) fn all(&self, db: &Connection, key: u64) -> Result<Vec<V>, JournalError> {
        let mut all = Vec::new();
        self.search(db, key, |value| {
            all.push(value);
            Ok(None::<()>)
        })?;
        Ok(all)
    }

    /// The chapter ends: what is kept from here on belongs to the next one.
    pub(super) fn close(&mut self) {
        let next = self.open.another();
        self.closed = std::mem::replace(&mut self.open, next);
    }

    /// Writes the closed chapter's entries as a young run, and leaves them to it.
    pub(super) fn write_closed(
        &mut self,
        db: &Connection,
        newest: MessageId,
    ) -> Result<(), JournalError> {
        let closed = std::mem::take(&mut self.closed);
        if closed.is_empty() {
            return Ok(());
        }
        let (place, count) = write_values(db, &closed, newest)?;
        let run = Run::new::<V>(place, newest, count);
        let keys = closed.entries().map(|(key, _)| key);
        self.young.push(run, keys, self.merged_at_once);
        Ok(())
    }
}

/// Writes the values of a shelf as a run.
fn write_values<V: Value>(
    db: &Connection,
    shelf: &Shelf<V>,
    newest: MessageId,
) -> Result<(Place, u64), JournalError> {
    let mut entries = Entries::default();
    for (key, value) in shelf.entries() {
        let from = entries.octets.len();
        value.write(&mut entries.octets);
        entries.all.push((key, from..entries.octets.len()));
    }
    // Values under one key came in the order of their age.
    entries.all.reverse();
    entries.sort::<V>();
    let count = entries.all.len() as u64;
    let octets_in_all = entries.octets.len() as u64 + 9 * count;
    let place = new_run(db, V::TREE, YOUNG, octets_in_all, count, newest)?;
    place.write(db, entries.each())?;
    Ok((place, count))
}

fn new_run(
    db: &Connection,
    tree: u8,
    stage: u8,
    octets: u64,
    count: u64,
    newest: MessageId,
) -> Result<Place, JournalError> {
    let mut last = db.prepare_cached("SELECT coalesce(max(id), 0) FROM runs")?;
    let last: i64 = last.query_row([], |row| row.get(0))?;
    let place = Place::for_octets(last + 1, octets);
    let mut insert = db.prepare_cached(
        "INSERT INTO runs (id, tree, stage, bits, count, newest) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let (count, newest) = (ordered(count), ordered(newest.0));
    insert.execute(params![place.id, tree, stage, place.bits, count, newest])?;
    Ok(place)
}

/// The stages of a run.
const YOUNG: u8 = 0;
const MERGED: u8 = 1;
const MAKING: u8 = 2;
const GOING: u8 = 3;

#[cfg(test)]
mod tests;
