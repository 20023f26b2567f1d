//! Merges runs, slice by slice of the keys. How far a merge has come is in the tables, so that it goes on after a
//! restart where it stood.

use rusqlite::{Connection, params};

use super::super::rows::ordered;
use super::filter::Question;
use super::run::{Entries, Place, Run};
use super::young::Young;
use super::{GOING, Horizon, Index, MAKING, MERGED, Value, new_run};
use crate::journal::{JournalError, MessageId};

/// A merge under way.
#[derive(Debug)]
pub(super) struct Merge {
    /// The runs that go into it: merged ones, the oldest first, and younger ones.
    older: Vec<Run>,
    young: Young,
    into: Run,
    /// How many slices are in the new run, and no longer where they were.
    slices: u64,
}

/// A slice of a large run is half a megabyte, and takes about two milliseconds.
const MOST_SLICE_BITS: u32 = 10;

/// A merge takes in each older run that has less than so many times the entries of what it has already.
const RATIO: u64 = 8;

impl Merge {
    /// A merge that was under way at the last end.
    pub(super) fn load<V: Value>(
        db: &Connection,
        from: Vec<Run>,
        place: Place,
        merged: u64,
        slices: u64,
    ) -> Result<Self, JournalError> {
        // Its filter has to have room for all that is to come.
        let count = from.iter().map(|run| run.count).sum();
        let mut into = Run::load::<V>(db, place, count)?;
        into.count = merged;
        Ok(Self {
            older: Vec::new(),
            young: Young::again(from),
            into,
            slices,
        })
    }

    fn slice_bits(&self) -> u32 {
        self.into.place.bits.min(MOST_SLICE_BITS)
    }

    /// The runs that go into it, the oldest first.
    fn from(&self) -> impl DoubleEndedIterator<Item = &Run> {
        self.older.iter().chain(self.young.iter())
    }

    /// The runs that may have what is asked for, the newest first.
    pub(super) fn asked(&self, question: &Question) -> impl Iterator<Item = &Run> {
        let slice = question.key().checked_shr(64 - self.slice_bits());
        let merged = slice.unwrap_or(0) < self.slices;
        let from = || self.young.asked(question).chain(self.older.iter().rev());
        let into = merged.then_some(&self.into).into_iter();
        into.chain((!merged).then(from).into_iter().flatten())
    }
}

impl<V: Value> Index<V> {
    /// Gets on with merging by one slice, if there is anything to merge.
    pub(in super::super) fn merge_step(
        &mut self,
        db: &Connection,
        horizon: &Horizon,
    ) -> Result<(), JournalError> {
        if self.merge.is_none() {
            self.merge = self.begin_merge(db)?;
        }
        let Some(merge) = &mut self.merge else {
            return Ok(());
        };
        let (slice, bits) = (merge.slices, merge.slice_bits());
        merge_slice::<V>(db, merge, horizon)?;
        merge.slices = slice + 1;
        if merge.slices < 1 << bits {
            db.prepare_cached("UPDATE runs SET slices = ?2, count = ?3 WHERE id = ?1")?
                .execute(params![
                    merge.into.place.id,
                    ordered(merge.slices),
                    ordered(merge.into.count)
                ])?;
            return Ok(());
        }
        if let Some(done) = self.merge.take() {
            self.merged.push(finish_merge(db, done)?);
        }
        Ok(())
    }

    /// Begins a merge if there are enough young runs.
    fn begin_merge(&mut self, db: &Connection) -> Result<Option<Merge>, JournalError> {
        if self.young.len() < self.merged_at_once {
            return Ok(None);
        }
        let mut count: u64 = self.young.iter().map(|run| run.count).sum();
        let mut first = self.merged.len();
        while let Some(older) = first.checked_sub(1).and_then(|at| self.merged.get(at))
            && older.count < RATIO * count
        {
            (first, count) = (first - 1, count + older.count);
        }
        let older = self.merged.split_off(first);
        let young = std::mem::take(&mut self.young);
        let mut octets = 0;
        for run in older.iter().chain(young.iter()) {
            db.prepare_cached("UPDATE runs SET stage = ?2 WHERE id = ?1")?
                .execute(params![run.place.id, GOING])?;
            octets += run.place.octets(db)?;
        }
        let place = new_run(db, V::TREE, MAKING, octets, 0, MessageId(0))?;
        let mut into = Run::new::<V>(place, count);
        into.count = 0;
        Ok(Some(Merge {
            older,
            young,
            into,
            slices: 0,
        }))
    }
}

/// Moves a slice into the new run.
fn merge_slice<V: Value>(
    db: &Connection,
    merge: &mut Merge,
    horizon: &Horizon,
) -> Result<(), JournalError> {
    let (slice, bits) = (merge.slices, merge.slice_bits());
    let mut entries = Entries::default();
    // The newest first: a stable sort keeps them so under each key.
    for run in merge.from().rev() {
        run.place.slice(db, slice, bits, &mut entries)?;
    }
    let Entries { mut all, octets } = entries;
    all.sort_by_key(|(key, _)| *key);
    if V::REPLACES {
        all.dedup_by_key(|(key, _)| *key);
    }
    let value = |at: &std::ops::Range<usize>| octets.get(at.clone()).unwrap_or_default();
    all.retain(|(_, at)| !V::is_over(value(at), horizon));
    let kept = all.iter().map(|(key, at)| (*key, value(at)));
    merge.into.place.write(db, kept)?;
    merge.into.count += all.len() as u64;
    all.iter().for_each(|(key, _)| merge.into.note(*key));
    let left = (slice + 1).checked_shl(64 - bits).unwrap_or(u64::MAX);
    for run in merge.from() {
        run.place.drop_slice(db, slice, bits)?;
    }
    merge.young.leave_below(left);
    let older = merge.older.iter_mut();
    older.for_each(|run| run.leave_below(left));
    Ok(())
}

fn finish_merge(db: &Connection, merge: Merge) -> Result<Run, JournalError> {
    for run in merge.from() {
        run.place.drop_all(db)?;
        db.prepare_cached("DELETE FROM runs WHERE id = ?1")?
            .execute([run.place.id])?;
    }
    let into = merge.into;
    db.prepare_cached("UPDATE runs SET stage = ?2, slices = 0, count = ?3 WHERE id = ?1")?
        .execute(params![into.place.id, MERGED, ordered(into.count)])?;
    Ok(into)
}
