//! Writes the log's closed chapter out into the tables, and merges the indexes' runs: a little with each
//! commit, in proportion to what it changes.

use rusqlite::Connection;

use super::archive::Block;
use super::index::Horizon;
use super::memory::Memory;
use super::{log, rows};
use crate::clock::UnixMillis;
use crate::journal::{JournalError, MessageId};

/// How the upkeep is spread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// So many changed messages make a chapter, if they are neither large nor change often.
    pub(super) chapter: usize,
    /// So many messages change for each slice that is merged.
    pub(super) merged: usize,
}

/// A closed chapter is written out so many times as fast as the open one fills. Slowly: most of its messages are settled
/// by then, and are written once.
const SOONER: usize = 2;

impl Default for Pace {
    fn default() -> Self {
        Self {
            // The tables in memory grow when they hold 7,168.
            chapter: 7_000,
            merged: 256,
        }
    }
}

impl Memory {
    /// Gets on in proportion to this number of changes.
    pub(super) fn keep_up(
        &mut self,
        db: &Connection,
        changes: usize,
        pace: Pace,
        now: UnixMillis,
    ) -> Result<(), JournalError> {
        let open = &self.recent.open;
        if let Some(closed) = &self.recent.closed {
            // By the time the open chapter is full, long or full of large messages, the closed one must be gone.
            let due = SOONER * open.share(closed.len(), pace.chapter);
            let count = due.saturating_sub(closed.written);
            self.write_out(db, count.max(1))?;
        }
        if self.recent.closed.is_none() && self.recent.open.is_full(pace.chapter) {
            self.close_chapter();
        }
        self.due_slices += changes;
        if self.due_slices >= pace.merged {
            let slices = self.due_slices / pace.merged;
            self.due_slices %= pace.merged;
            self.merge(db, slices, now)?;
        }
        Ok(())
    }

    /// Writes out all that is only in the log.
    pub(super) fn write_out_all(&mut self, db: &Connection) -> Result<(), JournalError> {
        for _ in 0..2 {
            self.write_out(db, usize::MAX)?;
            self.close_chapter();
        }
        self.write_out(db, usize::MAX)
    }

    fn close_chapter(&mut self) {
        self.recent.close_chapter();
        self.keys.close();
        self.threads.close();
        self.subscribers.close();
        self.awaiting.close();
        self.lookup.close();
    }

    /// Writes out the next messages of the closed chapter, and with the last ones its part of the indexes.
    fn write_out(&mut self, db: &Connection, count: usize) -> Result<(), JournalError> {
        let Some(closed) = &self.recent.closed else {
            return Ok(());
        };
        let mut block = Block::default();
        for id in closed.next(count) {
            match self.recent.of_closed(*id) {
                Some((message, since)) if self.recent.may_be_archived(message) => {
                    block.add(db, message, since)?;
                }
                Some((message, since)) => rows::write(db, message, since)?,
                None => {}
            }
        }
        block.write(db)?;
        let closed = self.recent.note_written(count);
        let Some(closed) = closed else { return Ok(()) };
        let newest = closed.newest();
        self.keys.write_closed(db, newest)?;
        self.threads.write_closed(db, newest)?;
        self.subscribers.write_closed(db, newest)?;
        self.awaiting.write_closed(db, newest)?;
        self.lookup.write_closed(db, newest)?;
        log::drop_up_to(db, closed.last_row)
    }

    fn merge(
        &mut self,
        db: &Connection,
        slices: usize,
        now: UnixMillis,
    ) -> Result<(), JournalError> {
        let oldest = self.oldest(db)?;
        let horizon = Horizon { oldest, now };
        for _ in 0..slices {
            self.keys.merge_step(db, &horizon)?;
            self.threads.merge_step(db, &horizon)?;
            self.subscribers.merge_step(db, &horizon)?;
            self.awaiting.merge_step(db, &horizon)?;
            self.lookup.merge_step(db, &horizon)?;
        }
        Ok(())
    }

    /// No message before this one is left.
    fn oldest(&self, db: &Connection) -> Result<MessageId, JournalError> {
        let recent = self.recent.oldest().into_iter();
        let oldest = recent.chain(rows::oldest(db)?).min();
        Ok(oldest.unwrap_or(MessageId(u64::MAX)))
    }
}
