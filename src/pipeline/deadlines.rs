//! What ends because its time is over.

use xabar_events::{Reason, State};

use super::beat::Beat;
use super::core::{Core, SWEEP};
use super::dialogue::SAME;
use super::telling::Details;
use crate::clock::{Now, UnixMillis};
use crate::journal::{JournalError, Segment, SubmittedPlace};

/// Messages of each kind ended in one beat.
pub(super) const ENDED_AT_ONCE: usize = 500;

impl Core {
    /// Ends what waits beyond its deadline, and the wait for receipts that did not come.
    pub(super) fn sweep(&mut self, beat: &mut Beat) -> Result<(), JournalError> {
        if beat.now.steady < self.next_sweep {
            return Ok(());
        }
        let expired = self.sweep_expired(beat)?;
        let unreceipted = self.sweep_unreceipted(beat)?;
        let more_to_ask = self.ask_for_unreceipted(beat)?;
        self.queues.forget_idle(|queue| self.pacer.held(queue));
        self.note_away(beat);
        self.note_shares(beat);
        let parts = self.sweep_parts(beat)?;
        let moved = self.move_held(beat);
        self.tell_of_operators_down(beat);
        self.tell_of_pauses(beat);
        let more = more_to_ask || expired.max(unreceipted).max(parts).max(moved) >= ENDED_AT_ONCE;
        self.next_sweep = if more {
            beat.now.steady
        } else {
            beat.now.steady.after(SWEEP)
        };
        Ok(())
    }

    /// Forgets messages settled long ago, before that what they said and to whom, and receipts that nobody waits for any more; says whether there may be more
    /// of either. Not part of a beat.
    pub fn forget(&mut self, now: &Now) -> Result<bool, JournalError> {
        // Answers are counted by the messages that they are, and tell what was explained and which texts came before.
        let answers = self.answer_limits.longest();
        let longest = answers.max(self.settings.dialogue.help).max(SAME);
        let duplicates = self.settings.duplicates;
        let duplicates = self.duplicates_before.longest(now.steady, duplicates);
        let remembered = duplicates.max(longest);
        let before = now.steady.before(remembered);
        let settled = self.journal.forget(before, ENDED_AT_ONCE)?;
        let retention = self.settings.retention;
        let kept = retention.max(longest);
        let more =
            kept < remembered && self.journal.purge(now.steady.before(kept), ENDED_AT_ONCE)?;
        let mut held = 0;
        if self.held > 0 {
            // They name their subscribers, too.
            let receipt = self.settings.receipt;
            let receipt = self.receipt_before.longest(now.steady, receipt);
            let before = now.steady.before(receipt.min(retention));
            held = self.journal.forget_held(before, ENDED_AT_ONCE)?;
            self.held = self.held.saturating_sub(held as u64);
        }
        Ok(more || settled.max(held) >= ENDED_AT_ONCE)
    }

    /// How many receipts are held, if these are more than when last asked.
    pub fn more_held(&mut self) -> Option<u64> {
        let before = std::mem::replace(&mut self.held_before, self.held);
        (self.held > before).then_some(self.held)
    }

    fn sweep_expired(&mut self, beat: &mut Beat) -> Result<usize, JournalError> {
        let expired = self.journal.expired(beat.now.wall, ENDED_AT_ONCE)?;
        let count = expired.len();
        for message in expired {
            if !beat.touched(message.id) && !self.in_flight.contains_key(&message.id) {
                self.pacer.withdraw(message.id);
                self.expire(beat, message);
            }
        }
        Ok(count)
    }

    fn sweep_unreceipted(&mut self, beat: &mut Beat) -> Result<usize, JournalError> {
        let now = beat.now.steady;
        let before = now.before(self.settings.receipt);
        let mut first = SubmittedPlace::default();
        let mut of_before = 0;
        if let Some(earlier) = self.receipt_before.holds(now) {
            of_before = self.end_unreceipted(beat, first, now.before(earlier.time))?;
            first.since = earlier.until;
        }
        let since = self.end_unreceipted(beat, first, before)?;
        Ok(of_before.max(since))
    }

    /// Ends the wait for the receipts of what was submitted after the one time and by the other; says how many that were.
    fn end_unreceipted(
        &mut self,
        beat: &mut Beat,
        after: SubmittedPlace,
        before: UnixMillis,
    ) -> Result<usize, JournalError> {
        let unreceipted = self.journal.unreceipted(after, before, ENDED_AT_ONCE)?;
        let count = unreceipted.len();
        for (_, mut message) in unreceipted {
            if !beat.touched(message.id) {
                let segments = &message.progress.attempt.segments;
                // One that did not arrive waited for the others: they might have made it all undelivered.
                let (state, reason) = if segments.contains(&Segment::Failed) {
                    (State::Failed, Reason::Partial)
                } else {
                    (State::Unknown, Reason::NoReceipt)
                };
                self.teller
                    .settle(beat, &mut message, state, Some(reason), Details::default());
                beat.put(message);
            }
        }
        Ok(count)
    }
}
