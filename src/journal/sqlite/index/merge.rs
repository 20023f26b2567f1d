//! Merges young runs with the old one, slice by slice of the keys. How far it has come is in the
//! tables, so that a merge goes on after a restart where it stood.

use rusqlite::{Connection, params};

use super::super::stored::{self, Stored};
use super::run::{Entry, Place};
use super::{Horizon, Index, MERGING, OLD, Value, Young, new_run, set_bits};
use crate::journal::{JournalError, MessageId};

/// A merge under way.
#[derive(Debug)]
pub(super) struct Merge {
    /// The runs that it takes in besides the old one, the oldest first.
    pub(super) young: Vec<Young>,
    pub(super) into: Place,
    /// How many slices are in the new run, and no longer where they were.
    merged: u64,
}

/// A slice of the largest run is half a megabyte, and takes about two milliseconds.
const MOST_SLICE_BITS: u32 = 10;

impl Merge {
    /// A merge that was under way at the last end takes in all runs before its own.
    pub(super) fn resume<V>(index: &mut Index<V>, into: Place, merged: u64) -> Self {
        Self {
            young: std::mem::take(&mut index.young),
            into,
            merged,
        }
    }

    fn slice_bits(&self) -> u32 {
        self.into.bits.min(MOST_SLICE_BITS)
    }

    /// Whether what there is under a key is in the new run.
    pub(super) fn has_merged(&self, key: u64) -> bool {
        key.checked_shr(64 - self.slice_bits()).unwrap_or(0) < self.merged
    }
}

impl<V: Value> Index<V> {
    /// Gets on with merging by one slice, if there is anything to merge.
    pub(in super::super) fn merge_step(
        &mut self,
        db: &Connection,
        horizon: &Horizon,
    ) -> Result<(), JournalError> {
        if self.merge.is_none() && self.young.len() >= self.merged_at_once {
            self.merge = Some(self.begin_merge(db)?);
        }
        let Some(merge) = &self.merge else {
            return Ok(());
        };
        let (slice, bits) = (merge.merged, merge.slice_bits());
        let keys = self.merge_slice(db, merge, horizon)?;
        if let Some(filter) = &mut self.old_filter {
            filter.replace(slice, bits, keys.into_iter());
        }
        if slice + 1 < 1 << bits {
            return self.turn_slice(db);
        }
        if let Some(done) = self.merge.take() {
            self.finish_merge(db, &done)?;
            self.old = Some(done.into);
        }
        Ok(())
    }

    fn begin_merge(&mut self, db: &Connection) -> Result<Merge, JournalError> {
        let places = self.young.iter().map(|young| young.place);
        let buckets = places.chain(self.old).map(|place| 1_u64 << place.bits);
        let id = new_run(db, V::TREE, MERGING, MessageId(0))?;
        // A bucket has 1.5 to 3 thousand octets where this one came from, and may have that here.
        let into = Place::for_octets(id, buckets.sum::<u64>() * 2048);
        set_bits(db, into)?;
        Ok(Merge {
            young: std::mem::take(&mut self.young),
            into,
            merged: 0,
        })
    }

    /// Moves a slice into the new run; gives the keys that it has.
    fn merge_slice(
        &self,
        db: &Connection,
        merge: &Merge,
        horizon: &Horizon,
    ) -> Result<Vec<u64>, JournalError> {
        let (slice, bits) = (merge.merged, merge.slice_bits());
        let mut entries = Vec::new();
        // The newest first: a stable sort keeps them so under each key.
        let young = merge.young.iter().rev().map(|young| young.place);
        for place in young.chain(self.old) {
            entries.extend(place.slice(db, slice, bits)?);
        }
        entries.sort_by_key(|entry| entry.key);
        if V::REPLACES {
            entries.dedup_by_key(|entry| entry.key);
        }
        let mut kept = Vec::with_capacity(entries.len());
        for entry in entries {
            if !value::<V>(&entry)?.is_over(horizon) {
                kept.push(entry);
            }
        }
        let octets = kept.iter().map(|entry| (entry.key, &entry.value[..]));
        merge.into.write(db, octets)?;
        if let Some(old) = self.old {
            old.drop_slice(db, slice, bits)?;
        }
        Ok(kept.iter().map(|entry| entry.key).collect())
    }

    fn turn_slice(&mut self, db: &Connection) -> Result<(), JournalError> {
        if let Some(merge) = &mut self.merge {
            merge.merged += 1;
            db.prepare_cached("UPDATE runs SET merged = ?2 WHERE id = ?1")?
                .execute(params![merge.into.id, merge.merged.cast_signed()])?;
        }
        Ok(())
    }

    fn finish_merge(&self, db: &Connection, merge: &Merge) -> Result<(), JournalError> {
        let young = merge.young.iter().map(|young| young.place);
        for place in young.chain(self.old) {
            place.drop_all(db)?;
            db.prepare_cached("DELETE FROM runs WHERE id = ?1")?
                .execute([place.id])?;
        }
        db.prepare_cached("UPDATE runs SET stage = ?2, merged = 0 WHERE id = ?1")?
            .execute(params![merge.into.id, OLD])?;
        Ok(())
    }
}

fn value<V: Stored>(entry: &Entry) -> Result<V, JournalError> {
    stored::from_octets(&entry.value, "an index entry")
}
