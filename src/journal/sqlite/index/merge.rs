//! Merges runs, slice by slice of the keys. How far a merge has come is in the tables, so that it goes on after a
//! restart where it stood.

use rusqlite::{Connection, params};

use super::super::rows::ordered;
use super::filter::Question;
use super::run::{Entries, Run};
use super::young::Young;
use super::{Askers, GOING, Horizon, Index, MAKING, MERGED, Value, new_run};
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
    /// 2 to the power of it slices in all.
    slice_bits: u32,
}

/// A slice of a large run is half a megabyte, and takes about two milliseconds.
const MOST_SLICE_BITS: u32 = 10;

/// A slice of a small one has 32 buckets: what is cut finer than the young runs are is read from them more than once.
const SLICE_BUCKET_BITS: u32 = 5;

/// A merge takes in each older run that has less than so many times the entries of what it has already.
const RATIO: u64 = 8;

/// Of what people ask for, once there are as many.
const OLDER_AT_ONCE: usize = 15;

/// A file of an older version has one young run for each chapter of a week; a slice reads a page of each that is merged.
pub(super) const MOST_YOUNG: usize = 64;

impl Merge {
    /// A merge that was under way at the last end.
    pub(super) fn again(
        from: Vec<Run>,
        mut into: Run,
        merged: u64,
        (slices, slice_bits): (u64, u32),
    ) -> Self {
        into.count = merged;
        Self {
            older: Vec::new(),
            young: Young::again(from),
            into,
            slices,
            slice_bits,
        }
    }

    /// The runs that go into it, the oldest first.
    fn from(&self) -> impl DoubleEndedIterator<Item = &Run> {
        self.older.iter().chain(self.young.iter())
    }

    /// The runs that may have what is asked for, the newest first.
    pub(super) fn asked(&self, question: &Question) -> impl Iterator<Item = &Run> {
        let slice = question.key().checked_shr(64 - self.slice_bits);
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
            self.merge = self.begin_merge(db, horizon)?;
        }
        let Some(merge) = &mut self.merge else {
            return Ok(());
        };
        let (slice, bits) = (merge.slices, merge.slice_bits);
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
            self.merged.extend(finish_merge(db, done)?);
        }
        Ok(())
    }

    /// Begins a merge if there are enough young runs, or old ones of which nothing is left.
    fn begin_merge(
        &mut self,
        db: &Connection,
        horizon: &Horizon,
    ) -> Result<Option<Merge>, JournalError> {
        let (older, young) = match self.over(horizon) {
            0 if self.young.len() < self.merged_at_once => return Ok(None),
            0 => {
                let young = self.young.take(MOST_YOUNG);
                let count = young.iter().map(|run| run.count).sum();
                (self.merged.split_off(self.first_older(count)), young)
            }
            over => (self.merged.drain(..over).collect(), Young::default()),
        };
        let (mut octets, mut count, mut newest) = (0, 0, MessageId(0));
        for run in older.iter().chain(young.iter()) {
            db.prepare_cached("UPDATE runs SET stage = ?2 WHERE id = ?1")?
                .execute(params![run.place.id, GOING])?;
            octets += run.place.octets(db)?;
            count += run.count;
            newest = newest.max(run.newest);
        }
        let place = new_run(db, V::TREE, MAKING, octets, 0, newest)?;
        let mut into = Run::new::<V>(place, newest, count);
        into.count = 0;
        let slice_bits = place.bits.saturating_sub(SLICE_BUCKET_BITS);
        let slice_bits = slice_bits.min(MOST_SLICE_BITS);
        db.prepare_cached("UPDATE runs SET slice_bits = ?2 WHERE id = ?1")?
            .execute(params![place.id, slice_bits])?;
        Ok(Some(Merge {
            older,
            young,
            into,
            slices: 0,
            slice_bits,
        }))
    }

    /// How many of the oldest merged runs have nothing that is not over, for sure: what only people ask for is kept in
    /// runs so large that the next merge may be a week away.
    fn over(&self, horizon: &Horizon) -> usize {
        let is_over = |run: &&Run| run.newest < horizon.oldest;
        match V::ASKED_BY {
            Askers::Messages { .. } => 0,
            Askers::People => self.merged.iter().take_while(is_over).count(),
        }
    }

    /// From which on the merged runs go into a merge of so many younger entries.
    fn first_older(&self, mut count: u64) -> usize {
        let at_once = match V::ASKED_BY {
            Askers::Messages { .. } => 1,
            Askers::People => OLDER_AT_ONCE,
        };
        let mut first = self.merged.len();
        loop {
            let (before, _) = self.merged.split_at(first);
            let newest_first = before.iter().rev();
            let not_larger = newest_first.take_while(|run| run.count < RATIO * count);
            let (taken, entries) = not_larger.fold((0, 0), |(runs, entries), run| {
                (runs + 1, entries + run.count)
            });
            if taken < at_once {
                return first;
            }
            (first, count) = (first - taken, count + entries);
        }
    }
}

/// Moves a slice into the new run.
fn merge_slice<V: Value>(
    db: &Connection,
    merge: &mut Merge,
    horizon: &Horizon,
) -> Result<(), JournalError> {
    let (slice, bits) = (merge.slices, merge.slice_bits);
    let mut entries = Entries::default();
    for run in merge.from().rev() {
        run.place.slice(db, slice, bits, &mut entries)?;
    }
    entries.sort::<V>();
    entries.leave(|value| !V::is_over(value, horizon));
    merge.into.place.write(db, entries.each())?;
    merge.into.count += entries.all.len() as u64;
    entries.each().for_each(|(key, _)| merge.into.note(key));
    let left = (slice + 1).checked_shl(64 - bits).unwrap_or(u64::MAX);
    for run in merge.from() {
        run.place.drop_slice(db, slice, bits)?;
    }
    merge.young.leave_below(left);
    let older = merge.older.iter_mut();
    older.for_each(|run| run.leave_below(left));
    Ok(())
}

/// Leaves the new run, unless nothing came into it.
fn finish_merge(db: &Connection, merge: Merge) -> Result<Option<Run>, JournalError> {
    let into = &merge.into;
    for run in merge.from().chain((into.count == 0).then_some(into)) {
        run.place.drop_all(db)?;
        db.prepare_cached("DELETE FROM runs WHERE id = ?1")?
            .execute([run.place.id])?;
    }
    if into.count == 0 {
        return Ok(None);
    }
    let into = merge.into;
    db.prepare_cached("UPDATE runs SET stage = ?2, slices = 0, count = ?3 WHERE id = ?1")?
        .execute(params![into.place.id, MERGED, ordered(into.count)])?;
    Ok(Some(into))
}
