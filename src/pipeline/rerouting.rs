//! Who carries what waits, after a new list of ported numbers or with other prefixes.
//!
//! What is held in memory is looked at at once. What stands in the journal is when it is read; but while its operator takes
//! nothing, what stays with it keeps all behind it from being read, so that is gone through then.

use super::beat::Beat;
use super::core::Core;
use crate::clock::UnixMillis;
use crate::journal::{Arrival, Cursor, JournalError, Message, MessageId, OperatorId, Queue};
use xabar_events::Msisdn;

/// Messages held in memory that are moved in one beat.
const MOVED_AT_ONCE: usize = 1000;

/// How far a queue is looked through.
type Place = (Queue, Cursor);

/// Messages in the journal that are looked at in one beat.
const LOOKED_AT_ONCE: usize = 500;

/// What may wait for operators though its numbers are others' by now.
#[derive(Debug, Default)]
pub(super) struct Rerouting {
    /// The operators for which messages may be held.
    held: Vec<OperatorId>,
    /// The queues in the journal are to be noted with the next beat.
    begins: bool,
    /// The queues that may have some, and how far each was gone through.
    waiting: Vec<(Queue, Cursor)>,
}

impl Core {
    /// Numbers may be others' from now on.
    pub(super) fn routes_changed(&mut self) {
        self.rerouting = Rerouting {
            held: self.operators.keys().copied().collect(),
            begins: true,
            waiting: Vec::new(),
        };
    }

    /// Whether something is to be looked at with the next beat.
    pub(super) fn is_rerouting(&self) -> bool {
        let Rerouting {
            held,
            begins,
            waiting,
        } = &self.rerouting;
        !held.is_empty() || *begins || waiting.iter().any(|(queue, _)| self.is_stuck(*queue))
    }

    /// Whether what waits in a queue may be kept from being read by what stands before it, of which none or little goes.
    fn is_stuck(&self, queue: Queue) -> bool {
        let operator = self.operators.get(&queue.operator);
        operator.is_some_and(|it| it.paused || it.gone_since().is_some())
    }

    /// Moves what is held for one operator and is another's by now. What was begun stays, as where it is read.
    pub(super) fn move_rerouted(&mut self, beat: &mut Beat) {
        let Some(operator) = self.rerouting.held.pop() else {
            return;
        };
        if self.move_some_held(beat, operator, is_reroutable) {
            self.rerouting.held.push(operator);
        }
    }

    /// Moves some of what is held for an operator and may go to another one there, if it is that one's; says whether there is more.
    pub(super) fn move_some_held(
        &mut self,
        beat: &mut Beat,
        operator: OperatorId,
        may: impl Fn(&Message) -> bool,
    ) -> bool {
        let held = self.pacer.held_for(operator).into_iter();
        let held = held.filter(|it| may(it)).map(|it| (it.id, it.msisdn));
        let held: Vec<(MessageId, Msisdn)> = held.collect();
        let mut moved = 0;
        for (id, msisdn) in held {
            let to = self.carrier_of_waiting(msisdn, operator);
            let Some(to) = to.filter(|to| *to != operator) else {
                continue;
            };
            if let Some(message) = self.pacer.withdraw(id) {
                self.wait_elsewhere(beat, message, to);
                moved += 1;
            }
            if moved == MOVED_AT_ONCE {
                break;
            }
        }
        if moved > 0 {
            self.pacer.give_up_places(operator);
        }
        moved == MOVED_AT_ONCE
    }

    /// Goes through some of what stands in the journal for an operator that takes nothing, and gives what is another's by now.
    pub(super) fn reroute_waiting(
        &mut self,
        beat: &mut Beat,
        moved: &mut Vec<Message>,
    ) -> Result<(), JournalError> {
        // What it puts off anew would be missed.
        if self.review.is_under_way() {
            return Ok(());
        }
        if std::mem::take(&mut self.rerouting.begins) {
            let queues = self.journal.queues()?.into_iter();
            let waiting = queues.map(|queue| (queue, self.queues.cursor(queue)));
            self.rerouting.waiting = waiting.collect();
        }
        let mut waiting = self.rerouting.waiting.iter();
        let Some(next) = waiting.position(|(queue, _)| self.is_stuck(*queue)) else {
            return Ok(());
        };
        let next = self.rerouting.waiting.swap_remove(next);
        let (looked_at, further) = self.look_behind(next)?;
        self.rerouting.waiting.extend(further);
        for arrival in looked_at {
            let message = arrival.message;
            // What is held, or was read with this beat, has been looked at.
            if beat.touched(message.id) || self.pacer.holds(message.id) || !is_reroutable(&message)
            {
                continue;
            }
            if let Some(to) = self.carrier_of_unread(beat, &message) {
                let message = self.reroute(beat, message, to);
                moved.push(message);
            }
        }
        Ok(())
    }

    /// Some of what stands in the journal behind a place, whenever it is due, and the place behind that, if more may stand there.
    pub(super) fn look_behind(
        &mut self,
        (queue, place): Place,
    ) -> Result<(Vec<Arrival>, Option<Place>), JournalError> {
        let never = UnixMillis::NEVER;
        let looked_at = self.journal.due(queue, place, never, LOOKED_AT_ONCE)?;
        let last = looked_at.last().map(|last| (queue, last.message.cursor()));
        let further = last.filter(|_| looked_at.len() == LOOKED_AT_ONCE);
        Ok((looked_at, further))
    }

    /// Who else carries a message now that was read before its turn.
    pub(super) fn carrier_of_unread(&self, beat: &Beat, message: &Message) -> Option<OperatorId> {
        let here = message.progress.operator;
        // What is due later may find its operator well again.
        let is_later = message.progress.due > beat.now.steady;
        if is_later && self.routes.carries(here, message.msisdn) {
            return None;
        }
        let to = self.carrier_of_waiting(message.msisdn, here)?;
        (to != here).then_some(to)
    }

    /// A message that stands in the journal only is another operator's from now on, and waits there as long as it did here.
    pub(super) fn reroute(
        &mut self,
        beat: &mut Beat,
        mut message: Message,
        to: OperatorId,
    ) -> Message {
        // Not before the next millisecond: the cursor of the new queue may have passed this one.
        let soonest = UnixMillis(beat.now.steady.0 + 1);
        let due = message.progress.due.max(soonest);
        self.move_to(beat, &mut message, to, due);
        beat.put(message.clone());
        message
    }
}

/// What was begun stays where it is, and an answer comes from the number that was written to.
fn is_reroutable(message: &Message) -> bool {
    message.progress.attempt.segments.is_empty() && !message.is_answer()
}
