//! A sorted run: entries in the order of their keys, cut into buckets of some thousand octets by the
//! highest bits of the keys. Keys are spread evenly, so a key's bucket is known without a search.

use std::ops::Range;

use rusqlite::{CachedStatement, Connection, params};

use super::super::corrupt;
use super::super::stored::{self, Stored};
use super::filter::{Filter, Question};
use super::{Askers, Value};
use crate::journal::{JournalError, MessageId};

/// Where a run's buckets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) id: i64,
    /// 2 to the power of `bits` buckets.
    pub(super) bits: u32,
}

/// A run, with what is known of it without a look.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) place: Place,
    /// No entry of it is of a later message than this one; 0 if that is not known.
    pub(super) newest: MessageId,
    /// How many entries it has.
    pub(super) count: u64,
    filter: Option<Filter>,
}

/// Entries in octets: each a key and where in `octets` its value stands.
#[derive(Debug, Default)]
pub(super) struct Entries {
    pub(super) all: Vec<(u64, Range<usize>)>,
    pub(super) octets: Vec<u8>,
}

impl Entries {
    /// Brings those that came the newest first into the order of a run, and leaves as many under a key as it keeps.
    pub(super) fn sort<V: Value>(&mut self) {
        // Stable: so they stay under each key.
        self.all.sort_by_key(|(key, _)| *key);
        let (mut last, mut under) = (None, 0);
        self.all.retain(|(key, _)| {
            under = if last == Some(*key) { under + 1 } else { 1 };
            last = Some(*key);
            under <= V::MOST_OF_A_KEY
        });
    }

    /// Leaves those whose values are kept.
    pub(super) fn leave(&mut self, is_kept: impl Fn(&[u8]) -> bool) {
        let octets = &self.octets;
        self.all
            .retain(|(_, at)| is_kept(octets.get(at.clone()).unwrap_or_default()));
    }

    pub(super) fn each(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let value = |at: &Range<usize>| self.octets.get(at.clone()).unwrap_or_default();
        self.all.iter().map(move |(key, at)| (*key, value(at)))
    }
}

impl Run {
    /// One that has no entries yet, with room for so many.
    pub(super) fn new<V: Value>(place: Place, newest: MessageId, count: u64) -> Self {
        let filter = match V::ASKED_BY {
            Askers::Messages { filter_bits } => Filter::for_keys(count, filter_bits),
            Askers::People => None,
        };
        Self {
            place,
            newest,
            count,
            filter,
        }
    }

    pub(super) fn load<V: Value>(
        db: &Connection,
        place: Place,
        newest: MessageId,
        count: u64,
    ) -> Result<Self, JournalError> {
        let mut run = Self::new::<V>(place, newest, count);
        if run.filter.is_some() {
            place.each(db, 0..1 << place.bits, |key, _| run.note(key))?;
        }
        Ok(run)
    }

    pub(super) fn has_filter(&self) -> bool {
        self.filter.is_some()
    }

    /// Takes note of a key that it has.
    pub(super) fn note(&mut self, key: u64) {
        if let Some(filter) = &mut self.filter {
            filter.insert(key);
        }
    }

    /// Takes note that nobody will ask for a key below this one.
    pub(super) fn leave_below(&mut self, key: u64) {
        if let Some(filter) = &mut self.filter {
            filter.give_back_below(key);
        }
    }

    pub(super) fn may_have(&self, question: &Question) -> bool {
        let filter = self.filter.as_ref();
        filter.is_none_or(|filter| filter.may_have(question))
    }
}

/// How many octets a bucket has on average: two to a page, and hardly one that needs more than a page.
const BUCKET_OCTETS: usize = 3072;

/// As many buckets say how full all of a run are, to some percent.
const SAMPLE: u64 = 16;

/// A run has at most a million buckets, which is 3 GB.
const MOST_BITS: u32 = 20;

impl Place {
    /// For a new run of about so many octets.
    pub(super) fn for_octets(id: i64, octets: u64) -> Self {
        let buckets = octets / BUCKET_OCTETS as u64;
        Self {
            id,
            bits: buckets.next_power_of_two().ilog2().min(MOST_BITS),
        }
    }

    /// About how many octets it takes, by its first buckets: all are about as full, since keys are spread evenly.
    pub(super) fn octets(self, db: &Connection) -> Result<u64, JournalError> {
        let looked_at = SAMPLE.min(1 << self.bits);
        let octets: i64 = db
            .prepare_cached(
                "SELECT coalesce(sum(length(entries)), 0) FROM buckets WHERE place >= ?1 AND place < ?2",
            )?
            .query_row([self.row(0), self.row(looked_at)], |row| row.get(0))?;
        Ok((octets.cast_unsigned() << self.bits) / looked_at)
    }

    fn bucket(self, key: u64) -> u64 {
        key.checked_shr(64 - self.bits).unwrap_or(0)
    }

    fn row(self, bucket: u64) -> i64 {
        (self.id << MOST_BITS) + bucket.cast_signed()
    }

    /// The buckets that a slice of the keys touches: the `slice`-th of 2 to the power of `slice_bits`.
    fn buckets(self, slice: u64, slice_bits: u32) -> Range<u64> {
        if self.bits >= slice_bits {
            let each = self.bits - slice_bits;
            slice << each..(slice + 1) << each
        } else {
            let bucket = slice >> (slice_bits - self.bits);
            bucket..bucket + 1
        }
    }

    /// Writes entries in the order of their keys; those of one bucket come in one piece.
    pub(super) fn write<'a>(
        self,
        db: &Connection,
        entries: impl Iterator<Item = (u64, &'a [u8])>,
    ) -> Result<(), JournalError> {
        let mut insert =
            db.prepare_cached("INSERT INTO buckets (place, entries) VALUES (?1, ?2)")?;
        let mut octets = Vec::with_capacity(2 * BUCKET_OCTETS);
        let mut current = 0;
        for (key, value) in entries {
            if self.bucket(key) != current {
                self.put(&mut insert, current, &mut octets)?;
                current = self.bucket(key);
            }
            octets.extend_from_slice(&key.to_le_bytes());
            stored::len(value.len(), &mut octets);
            octets.extend_from_slice(value);
        }
        self.put(&mut insert, current, &mut octets)
    }

    fn put(
        self,
        insert: &mut CachedStatement<'_>,
        bucket: u64,
        octets: &mut Vec<u8>,
    ) -> Result<(), JournalError> {
        if !octets.is_empty() {
            insert.execute(params![self.row(bucket), &octets[..]])?;
            octets.clear();
        }
        Ok(())
    }

    /// Looks at the values under a key until one is found to be what is sought.
    pub(super) fn search<V: Stored, T>(
        self,
        db: &Connection,
        key: u64,
        mut sought: impl FnMut(V) -> Result<Option<T>, JournalError>,
    ) -> Result<Option<T>, JournalError> {
        let mut bucket = db.prepare_cached("SELECT entries FROM buckets WHERE place = ?1")?;
        let mut rows = bucket.query([self.row(self.bucket(key))])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let mut octets = row.get_ref(0)?.as_blob().map_err(|_| damaged())?;
        while !octets.is_empty() {
            let (found, value) = next(&mut octets).ok_or_else(damaged)?;
            if found > key {
                break;
            }
            if found == key
                && let Some(it) = sought(stored::from_octets(value, "an index entry")?)?
            {
                return Ok(Some(it));
            }
        }
        Ok(None)
    }

    /// Adds the entries of a slice of the keys, in their order.
    pub(super) fn slice(
        self,
        db: &Connection,
        slice: u64,
        slice_bits: u32,
        entries: &mut Entries,
    ) -> Result<(), JournalError> {
        let of_slice = |key: u64| key.checked_shr(64 - slice_bits).unwrap_or(0) == slice;
        self.each(db, self.buckets(slice, slice_bits), |key, value| {
            if of_slice(key) {
                let from = entries.octets.len();
                entries.octets.extend_from_slice(value);
                entries.all.push((key, from..entries.octets.len()));
            }
        })
    }

    pub(super) fn each(
        self,
        db: &Connection,
        buckets: Range<u64>,
        mut entry: impl FnMut(u64, &[u8]),
    ) -> Result<(), JournalError> {
        let mut within = db.prepare_cached(
            "SELECT entries FROM buckets WHERE place >= ?1 AND place < ?2 ORDER BY place",
        )?;
        let mut rows = within.query([self.row(buckets.start), self.row(buckets.end)])?;
        while let Some(row) = rows.next()? {
            let mut octets = row.get_ref(0)?.as_blob().map_err(|_| damaged())?;
            while !octets.is_empty() {
                let (key, value) = next(&mut octets).ok_or_else(damaged)?;
                entry(key, value);
            }
        }
        Ok(())
    }

    /// Drops the buckets that hold keys of a slice and no others.
    pub(super) fn drop_slice(
        self,
        db: &Connection,
        slice: u64,
        slice_bits: u32,
    ) -> Result<(), JournalError> {
        if self.bits >= slice_bits {
            self.drop_buckets(db, self.buckets(slice, slice_bits))?;
        }
        Ok(())
    }

    /// Drops all that is left of the run.
    pub(super) fn drop_all(self, db: &Connection) -> Result<(), JournalError> {
        self.drop_buckets(db, 0..1 << self.bits)
    }

    fn drop_buckets(self, db: &Connection, buckets: Range<u64>) -> Result<(), JournalError> {
        db.prepare_cached("DELETE FROM buckets WHERE place >= ?1 AND place < ?2")?
            .execute([self.row(buckets.start), self.row(buckets.end)])?;
        Ok(())
    }
}

/// Takes the next entry off a bucket.
fn next<'a>(octets: &mut &'a [u8]) -> Option<(u64, &'a [u8])> {
    let (key, rest) = octets.split_first_chunk()?;
    *octets = rest;
    let len = stored::read_len(octets)?;
    Some((u64::from_le_bytes(*key), octets.split_off(..len)?))
}

fn damaged() -> JournalError {
    corrupt("an index")
}
