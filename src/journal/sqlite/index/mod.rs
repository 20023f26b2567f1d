//! Finds values under keys that come in random order, at a price that hardly grows.
//!
//! The newest entries are in memory, where the log makes them durable. When their chapter of the log is
//! written out they become a *young* run, sorted, written once and in one piece; and when there are
//! many young runs they are merged with the *old* one, slice by slice, a little with each commit. So a
//! key costs a few dozen octets copied some times, while a tree would rewrite a whole page for it.
//! A filter of each run in memory says which of them are worth a look.

mod filter;
mod merge;
mod run;
mod shelf;
pub(super) mod unmerged;

use rusqlite::{Connection, params};

use self::filter::Filter;
use self::merge::Merge;
use self::run::Place;
use self::shelf::Shelf;
use super::rows::ordered;
use super::stored::Stored;
use crate::clock::UnixMillis;
use crate::journal::{JournalError, MessageId};

/// A value that an index keeps.
pub(super) trait Value: Stored + Clone {
    /// Which index of the tables holds these. Part of the journal's format.
    const TREE: u8;
    /// Whether a value replaces the earlier ones under its key, or joins them.
    const REPLACES: bool;
    /// How large a filter over the old run is: 2 to the power of it, times 64 octets. None where most
    /// keys that are sought are there.
    const OLD_FILTER_BITS: Option<u32>;

    /// Whether nobody will ask for it any more.
    fn is_over(&self, horizon: &Horizon) -> bool;
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
    /// The oldest first.
    young: Vec<Young>,
    old: Option<Place>,
    old_filter: Option<Filter>,
    merge: Option<Merge>,
    /// As many young runs as are merged at once.
    pub(super) merged_at_once: usize,
}

/// A run that is in no merge yet.
#[derive(Debug)]
struct Young {
    place: Place,
    filter: Filter,
}

/// A third of the young runs' cost is their filters; the old run is copied once for all of them.
const MERGED_AT_ONCE: usize = 16;

impl<V: Value> Index<V> {
    /// The runs of this index that are in the tables.
    pub(super) fn load(db: &Connection) -> Result<Self, JournalError> {
        let mut index = Self {
            open: Shelf::default(),
            closed: Shelf::default(),
            young: Vec::new(),
            old: None,
            old_filter: V::OLD_FILTER_BITS.map(Filter::new),
            merge: None,
            merged_at_once: MERGED_AT_ONCE,
        };
        let mut runs = db.prepare_cached(
            "SELECT id, stage, bits, merged FROM runs WHERE tree = ?1 ORDER BY id",
        )?;
        let mut runs = runs.query([V::TREE])?;
        while let Some(row) = runs.next()? {
            let place = Place {
                id: row.get(0)?,
                bits: row.get(2)?,
            };
            match row.get(1)? {
                YOUNG => index.young.push(Young {
                    place,
                    filter: filter_of(db, place)?,
                }),
                OLD => index.old = Some(place),
                _ => {
                    let merged = row.get::<_, u32>(3)?;
                    index.merge = Some(Merge::resume(&mut index, place, merged.into()));
                }
            }
        }
        index.fill_old_filter(db)?;
        Ok(index)
    }

    /// While a merge is under way, its part is in the new run, and the rest still in the old one.
    fn fill_old_filter(&mut self, db: &Connection) -> Result<(), JournalError> {
        let Some(filter) = &mut self.old_filter else {
            return Ok(());
        };
        let young = self.merge.iter().flat_map(|merge| merge.young.iter());
        let young = young.map(|young| young.place);
        let new = self.merge.iter().map(|merge| merge.into);
        for place in self.old.into_iter().chain(new).chain(young) {
            place
                .keys(db)?
                .into_iter()
                .for_each(|key| filter.insert(key));
        }
        Ok(())
    }

    /// Keeps a value. Not durable: the log has to have it.
    pub(super) fn put(&mut self, key: u64, value: V) {
        if V::REPLACES {
            self.open.set(key, value);
        } else {
            self.open.add(key, value);
        }
    }

    /// Looks at the values under a key, the newest first, until one is found to be what is sought.
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
        for young in self.young.iter().rev() {
            if young.filter.may_have(key)
                && let Some(it) = young.place.search(db, key, &mut sought)?
            {
                return Ok(Some(it));
            }
        }
        match &self.merge {
            Some(merge) if merge.has_merged(key) => {
                self.search_old(db, Some(merge.into), key, sought)
            }
            Some(merge) => {
                for young in merge.young.iter().rev() {
                    if young.filter.may_have(key)
                        && let Some(it) = young.place.search(db, key, &mut sought)?
                    {
                        return Ok(Some(it));
                    }
                }
                self.search_old(db, self.old, key, sought)
            }
            None => self.search_old(db, self.old, key, sought),
        }
    }

    fn search_old<T>(
        &self,
        db: &Connection,
        place: Option<Place>,
        key: u64,
        sought: impl FnMut(V) -> Result<Option<T>, JournalError>,
    ) -> Result<Option<T>, JournalError> {
        let filter = self.old_filter.as_ref();
        match place {
            Some(place) if filter.is_none_or(|filter| filter.may_have(key)) => {
                place.search(db, key, sought)
            }
            _ => Ok(None),
        }
    }

    /// The newest value under a key.
    pub(super) fn newest(&self, db: &Connection, key: u64) -> Result<Option<V>, JournalError> {
        self.search(db, key, |value| Ok(Some(value)))
    }

    /// All values under a key, the newest first.
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
        self.closed = std::mem::take(&mut self.open);
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
        let mut filter = Filter::for_keys(closed.entries().count());
        closed.entries().for_each(|(key, _)| filter.insert(key));
        let place = write_values(db, V::TREE, closed.entries(), newest)?;
        self.young.push(Young { place, filter });
        Ok(())
    }
}

/// Writes values that are in no order as a run.
fn write_values<'a, V: Stored + 'a>(
    db: &Connection,
    tree: u8,
    values: impl Iterator<Item = (u64, &'a V)>,
    newest: MessageId,
) -> Result<Place, JournalError> {
    let (mut entries, mut octets) = (Vec::new(), Vec::new());
    for (key, value) in values {
        let from = octets.len();
        value.write(&mut octets);
        entries.push((key, from..octets.len()));
    }
    // What has the same key stays in its order.
    entries.sort_by_key(|(key, _)| *key);
    let id = new_run(db, tree, YOUNG, newest)?;
    let place = Place::for_octets(id, octets.len() as u64 + 9 * entries.len() as u64);
    set_bits(db, place)?;
    let entries = entries.into_iter();
    let entries = entries.map(|(key, at)| (key, octets.get(at).unwrap_or_default()));
    place.write(db, entries)?;
    Ok(place)
}

fn new_run(db: &Connection, tree: u8, stage: u8, newest: MessageId) -> Result<i64, JournalError> {
    let mut insert = db.prepare_cached(
        "INSERT INTO runs (id, tree, stage, bits, newest) \
         VALUES ((SELECT coalesce(max(id), 0) + 1 FROM runs), ?1, ?2, 0, ?3)",
    )?;
    insert.execute(params![tree, stage, ordered(newest.0)])?;
    Ok(db.last_insert_rowid())
}

fn set_bits(db: &Connection, place: Place) -> Result<(), JournalError> {
    db.prepare_cached("UPDATE runs SET bits = ?2 WHERE id = ?1")?
        .execute(params![place.id, place.bits])?;
    Ok(())
}

fn filter_of(db: &Connection, place: Place) -> Result<Filter, JournalError> {
    let keys = place.keys(db)?;
    let mut filter = Filter::for_keys(keys.len());
    keys.into_iter().for_each(|key| filter.insert(key));
    Ok(filter)
}

/// The stages of a run.
const YOUNG: u8 = 0;
const OLD: u8 = 1;
const MERGING: u8 = 2;
