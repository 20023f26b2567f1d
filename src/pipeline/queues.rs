//! Keeps what is due soon in memory, and only that.
//!
//! Everything that waits stands in the journal, by operator, lane and due time. Each queue is read by
//! a cursor that only moves on: what is deferred moves ahead of it, and the steady clock never
//! goes back. A queue that was read to its end takes new messages directly.

use xabar_events::{Priority, Reason, State};

use super::beat::Beat;
use super::core::Core;
use super::moving::is_movable;
use super::results::{fate_so_far, has_reached};
use super::telling::Details;
use crate::clock::UnixMillis;
use crate::journal::{Arrival, Cursor, JournalError, Message, Queue};

/// Most messages of one queue held in memory.
const WINDOW: usize = 2000;

/// Messages of an operator that is away, or no longer configured, moved in one beat.
const MOVED_AT_ONCE: usize = 200;

/// How far a queue was read.
#[derive(Debug, Default)]
pub(super) struct QueueState {
    cursor: Cursor,
    /// Something due may stand in the journal behind the cursor.
    behind: bool,
    /// When the next one behind the cursor is due.
    next_due: Option<UnixMillis>,
}

impl QueueState {
    /// When the queue wants to be read, given how many of its messages are held.
    pub(super) fn wakes(&self, held: usize) -> Option<UnixMillis> {
        match self.behind {
            true if held <= WINDOW / 2 => Some(UnixMillis(0)),
            true => None,
            false => self.next_due,
        }
    }

    /// A message waits that is due then.
    fn note(&mut self, due: UnixMillis) {
        self.next_due = Some(self.next_due.map_or(due, |next| next.min(due)));
    }
}

impl Core {
    /// Every queue is to be read from its start: those of the configured operators, and whatever else holds something.
    pub(super) fn open_queues(&mut self) -> Result<(), JournalError> {
        for operator in self.operators.keys().copied() {
            for priority in [Priority::Urgent, Priority::Normal, Priority::Bulk] {
                self.queues
                    .insert(Queue { operator, priority }, QueueState::default());
            }
        }
        for queue in self.journal.queues()? {
            self.queues.entry(queue).or_default().behind = true;
        }
        Ok(())
    }

    /// Reads what is due and fits.
    pub(super) fn refill(&mut self, beat: &mut Beat) -> Result<(), JournalError> {
        let queues: Vec<Queue> = self.queues.keys().copied().collect();
        let mut moved = Vec::new();
        for queue in queues {
            let held = self.pacer.held(queue);
            let due = self.queues.get(&queue).and_then(|state| state.wakes(held));
            if due.is_some_and(|due| due <= beat.now.steady) {
                self.read_queue(beat, queue, held, &mut moved)?;
            }
        }
        // Only now: reading a queue forgets what was noted of it but is not in the journal yet.
        for message in &moved {
            self.wait(message);
        }
        Ok(())
    }

    fn read_queue(
        &mut self,
        beat: &mut Beat,
        queue: Queue,
        held: usize,
        moved: &mut Vec<Message>,
    ) -> Result<(), JournalError> {
        let configured = self.operators.contains_key(&queue.operator);
        let fits = WINDOW.saturating_sub(held);
        let limit = match configured {
            true if self.is_away(queue.operator) => fits.min(MOVED_AT_ONCE),
            true => fits,
            false => MOVED_AT_ONCE,
        };
        let Some(state) = self.queues.get_mut(&queue) else {
            return Ok(());
        };
        let arrivals = self
            .journal
            .due(queue, state.cursor, beat.now.steady, limit)?;
        state.behind = arrivals.len() >= limit;
        if let Some(last) = arrivals.last() {
            state.cursor = last.message.cursor();
        }
        state.next_due = if state.behind {
            None
        } else {
            self.journal.next_due(queue, state.cursor)?
        };
        for arrival in arrivals {
            if !self.pacer.holds(arrival.message.id) {
                self.arrive(beat, arrival, moved);
            }
        }
        Ok(())
    }

    /// A message was read that is due. Routes may have changed since it was put there.
    fn arrive(&mut self, beat: &mut Beat, mut arrival: Arrival, moved: &mut Vec<Message>) {
        let message = &mut arrival.message;
        let stays = self.operators.contains_key(&message.progress.operator);
        let begun = !message.progress.attempt.segments.is_empty();
        let route = self.carrier(message.msisdn);
        let moves = self.is_away(message.progress.operator) && is_movable(message);
        let fate = fate_so_far(message);
        match route {
            Some(operator) if operator == message.progress.operator => self.keep(beat, arrival),
            _ if begun && stays && !moves => self.keep(beat, arrival),
            // Another operator only if this one has no part of it.
            Some(operator) if !has_reached(message) => {
                message.progress.operator = operator;
                // Not before the next millisecond: the cursor of the new queue may have passed this one.
                message.progress.due = UnixMillis(beat.now.steady.0 + 1);
                beat.put(message.clone());
                moved.push(message.clone());
            }
            _ => {
                let (state, reason) = fate.unwrap_or((State::Failed, Reason::NoRoute));
                self.teller
                    .settle(beat, message, state, Some(reason), Details::default());
                beat.put(message.clone());
            }
        }
    }

    fn keep(&mut self, beat: &mut Beat, mut arrival: Arrival) {
        let message = &mut arrival.message;
        if message.expires > beat.now.wall
            && self.is_down(message.progress.operator, beat)
            && self.teller.defer(beat, message, Reason::OperatorDown, None)
        {
            beat.put(message.clone());
        }
        self.pacer.offer(arrival);
    }

    /// Whether a message that is due now may be held at once, all before it in its queue being held or gone.
    pub(super) fn takes_directly(&self, message: &Message) -> bool {
        let queue = message.queue();
        let state = self.queues.get(&queue);
        state.is_some_and(|state| !state.behind) && self.pacer.held(queue) < WINDOW
    }

    /// Holds a message that is due now and that [`takes_directly`](Self::takes_directly) allows.
    pub(super) fn hold(&mut self, arrival: Arrival) {
        let message = &arrival.message;
        if let Some(state) = self.queues.get_mut(&message.queue()) {
            state.cursor = state.cursor.max(message.cursor());
        }
        self.pacer.offer(arrival);
    }

    /// Whether something that may be due stands in the journal only.
    pub(super) fn is_behind(&self) -> bool {
        self.queues.values().any(|state| state.behind)
    }

    /// Notes that a message waits in the journal.
    pub(super) fn wait(&mut self, message: &Message) {
        self.queues
            .entry(message.queue())
            .or_default()
            .note(message.progress.due);
    }

    /// Notes that a message that is due now stands in the journal, not in memory.
    pub(super) fn fall_behind(&mut self, message: &Message) {
        self.queues.entry(message.queue()).or_default().behind = true;
    }
}
