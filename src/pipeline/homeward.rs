//! What moved to other operators goes home when its own is back, or on to a third one when the one that stands in is gone.
//!
//! All that waits for those that stood in for it is gone through once, some of it with each beat: first what is held in memory, then
//! what stands in the journal behind that, however far from its turn. If an operator goes and comes back meanwhile, what moved
//! since is gone through after that. So one that does so again and again makes a beat no longer.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::beat::Beat;
use super::core::Core;
use super::moving::is_movable;
use crate::journal::{Cursor, JournalError, Message, OperatorId, Queue};

/// What may wait for operators that stood in for its own, which is back.
#[derive(Debug, Default)]
pub(super) struct Homeward {
    /// Those that stood in, and are to be gone through.
    stand_ins: BTreeSet<OperatorId>,
    /// Those for which messages may be held.
    held: Vec<OperatorId>,
    /// Their queues, and how far each was gone through.
    waiting: Vec<(Queue, Cursor)>,
    /// The operators that were well at the last sweep.
    well: BTreeSet<OperatorId>,
}

impl Homeward {
    /// Whether something is to be looked at with the next beat.
    pub(super) fn is_under_way(&self) -> bool {
        !self.stand_ins.is_empty() || !self.held.is_empty() || !self.waiting.is_empty()
    }
}

impl Core {
    /// An operator is back whose messages may have moved.
    pub(super) fn call_home(&mut self, operator: OperatorId) {
        let operator = self.operators.get(&operator);
        let stand_ins = operator.into_iter().flat_map(|it| &it.fallback);
        self.homeward.stand_ins.extend(stand_ins);
    }

    /// One that stands in for others and has been gone for as long as the first of these waits for its own link is relieved of what it
    /// carries for them: then, and whenever another one comes that may take it.
    pub(super) fn relieve_stand_ins(&mut self, beat: &Beat) {
        let mut waits: BTreeMap<OperatorId, Duration> = BTreeMap::new();
        for operator in self.operators.values() {
            let Some(after) = operator.move_after else {
                continue;
            };
            for stand_in in &operator.fallback {
                let wait = waits.entry(*stand_in).or_insert(after);
                *wait = after.min(*wait);
            }
        }
        let well = self.operators.keys().copied();
        let well: BTreeSet<OperatorId> = well.filter(|it| self.is_well(*it)).collect();
        for (id, wait) in waits {
            let Some(operator) = self.operators.get_mut(&id) else {
                continue;
            };
            let gone_since = operator.gone_since().filter(|_| !operator.paused);
            let relieved = gone_since.is_some_and(|it| beat.now.steady.since(it) >= wait);
            let before = std::mem::replace(&mut operator.relieved, relieved);
            if relieved && (!before || well != self.homeward.well) {
                self.homeward.stand_ins.insert(id);
            }
        }
        self.homeward.well = well;
    }

    /// Sends some of what moved home, and gives what stood in the journal only.
    pub(super) fn go_home(
        &mut self,
        beat: &mut Beat,
        moved: &mut Vec<Message>,
    ) -> Result<(), JournalError> {
        // What it puts off anew would be missed.
        if !self.homeward.is_under_way() || self.review.is_under_way() {
            return Ok(());
        }
        if self.homeward.held.is_empty() && self.homeward.waiting.is_empty() {
            let stand_ins = std::mem::take(&mut self.homeward.stand_ins);
            let queues = self.journal.queues()?.into_iter();
            let queues = queues.filter(|queue| stand_ins.contains(&queue.operator));
            // What is read from now on, and held, stands behind these places.
            self.homeward.waiting = queues
                .map(|queue| (queue, self.queues.cursor(queue)))
                .collect();
            self.homeward.held = stand_ins.into_iter().collect();
        }
        if let Some(operator) = self.homeward.held.pop() {
            let may_go = match self.is_relieved(operator) {
                true => is_movable,
                false => may_go_home,
            };
            if self.move_some_held(beat, operator, may_go) {
                self.homeward.held.push(operator);
            }
        } else if let Some(next) = self.homeward.waiting.pop() {
            let (looked_at, further) = self.look_behind(next)?;
            self.homeward.waiting.extend(further);
            for arrival in looked_at {
                self.send_home(beat, arrival.message, moved);
            }
            self.pacer.give_up_places(next.0.operator);
        }
        Ok(())
    }

    fn send_home(&mut self, beat: &mut Beat, message: Message, moved: &mut Vec<Message>) {
        // What is held was read since this began.
        let held = self.pacer.held_message(message.id).cloned();
        let message = match held {
            Some(held) => held,
            None if beat.touched(message.id) => return,
            None => message,
        };
        let is_relieved = self.is_relieved(message.progress.operator);
        let may = may_go_home(&message) || is_relieved && is_movable(&message);
        let Some(to) = may
            .then(|| self.carrier_of_unread(beat, &message))
            .flatten()
        else {
            return;
        };
        match self.pacer.withdraw(message.id) {
            Some(message) => self.wait_elsewhere(beat, message, to),
            None => {
                let message = self.reroute(beat, message, to);
                moved.push(message);
            }
        }
    }
}

/// What the operator has not begun for which a message waits, though its own may have.
fn may_go_home(message: &Message) -> bool {
    let last = message.progress.attempt.fruitless.last();
    let has_begun = last.is_some_and(|last| last.operator == message.progress.operator);
    !has_begun && is_movable(message)
}
