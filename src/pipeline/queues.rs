//! Keeps what is due soon in memory, and only that.
//!
//! Everything that waits stands in the journal, by operator, lane, agency and due time. Each queue is read by
//! a cursor that only moves on: what is deferred moves ahead of it, and the steady clock never
//! goes back. A queue that was read to its end takes new messages directly. Of one that was not, what had its turn
//! before (it was deferred, refused for now, given back) is read when it is due, past all that the cursor has not come to.

use xabar_events::{Reason, State};

use super::beat::Beat;
use super::core::Core;
use super::elsewhere::awaits_second;
use super::moving::is_movable;
use super::results::fate_so_far;
use super::telling::Details;
use crate::clock::UnixMillis;
use crate::journal::{Arrival, Cursor, JournalError, Message, Queue};

/// Messages of an operator that is away, or no longer configured, moved in one beat.
const MOVED_AT_ONCE: usize = 200;

impl Core {
    /// Every queue in which something waits is to be read from its start.
    pub(super) fn open_queues(&mut self) -> Result<(), JournalError> {
        for queue in self.journal.queues()? {
            self.queues.fall_behind(queue);
        }
        Ok(())
    }

    /// Reads what is due and fits.
    pub(super) fn refill(&mut self, beat: &mut Beat) -> Result<(), JournalError> {
        let mut moved = Vec::new();
        let earlier = self.review(beat)?;
        for (queue, place) in self.queues.take_again(beat.now.steady) {
            self.read_again(beat, queue, place, &mut moved)?;
        }
        for queue in self.queues.ready(beat.now.steady) {
            let held = self.pacer.held(queue);
            if self.queues.wants(queue, held) && !self.review.holds_up(queue) {
                self.read_queue(beat, queue, held, &mut moved)?;
            }
        }
        self.reroute_waiting(beat, &mut moved)?;
        self.go_home(beat, &mut moved)?;
        // Only now: reading a queue forgets what was noted of it but is not in the journal yet.
        for message in &moved {
            self.wait(message);
        }
        for message in &earlier {
            self.wait_out_of_turn(message);
        }
        Ok(())
    }

    /// Reads the one message at this place, if it waits there still.
    fn read_again(
        &mut self,
        beat: &mut Beat,
        queue: Queue,
        place: Cursor,
        moved: &mut Vec<Message>,
    ) -> Result<(), JournalError> {
        let waiting = self.at_place(queue, place)?;
        if let Some(arrival) = waiting.filter(|it| self.is_to_arrive(beat, it)) {
            self.arrive(beat, arrival, moved);
        }
        Ok(())
    }

    /// The message that waits at this place, if it does still.
    pub(super) fn at_place(
        &mut self,
        queue: Queue,
        place: Cursor,
    ) -> Result<Option<Arrival>, JournalError> {
        let before = Cursor {
            id: place.id.saturating_sub(1),
            ..place
        };
        let found = self.journal.due(queue, before, place.due, 1)?.pop();
        Ok(found.filter(|it| it.message.cursor() == place))
    }

    fn read_queue(
        &mut self,
        beat: &mut Beat,
        queue: Queue,
        held: usize,
        moved: &mut Vec<Message>,
    ) -> Result<(), JournalError> {
        let configured = self.operators.contains_key(&queue.operator);
        let fits = self.queues.window(queue).saturating_sub(held).max(1);
        let limit = match configured {
            true if self.is_away(queue.operator) => fits.min(MOVED_AT_ONCE),
            true => fits,
            false => MOVED_AT_ONCE,
        };
        let cursor = self.queues.cursor(queue);
        let arrivals = self.journal.due(queue, cursor, beat.now.steady, limit)?;
        let cursor = arrivals.last().map_or(cursor, |it| it.message.cursor());
        if arrivals.len() >= limit {
            self.queues.read_on(queue, cursor);
        } else {
            let next_due = self.journal.next_due(queue, cursor)?;
            self.queues.read_to_its_end(queue, cursor, next_due);
        }
        for arrival in arrivals {
            if self.is_to_arrive(beat, &arrival) {
                self.arrive(beat, arrival, moved);
            }
        }
        Ok(())
    }

    /// Not what is held, nor what this beat has put off.
    fn is_to_arrive(&self, beat: &Beat, arrival: &Arrival) -> bool {
        let id = arrival.message.id;
        !self.pacer.holds(id) && !beat.touched(id)
    }

    /// A message was read that is due. Routes may have changed since it was put there.
    fn arrive(&mut self, beat: &mut Beat, mut arrival: Arrival, moved: &mut Vec<Message>) {
        let message = &mut arrival.message;
        let stays = self.operators.contains_key(&message.progress.operator);
        let begun = !message.progress.attempt.segments.is_empty();
        let route = match message.is_answer() && stays {
            // From the number that the citizen wrote to, which is this operator's.
            true => Some(message.progress.operator),
            false => self.carrier_of_waiting(message.msisdn, message.progress.operator),
        };
        // What waits for a second operator moves to no third one: it ends.
        let moves = self.is_away(message.progress.operator)
            && (is_movable(message) || awaits_second(message));
        let fate = fate_so_far(message);
        match route {
            Some(operator) if operator == message.progress.operator => {
                self.note_probe(message);
                self.keep(beat, arrival);
            }
            _ if begun && stays && !moves => self.keep(beat, arrival),
            // Another operator only if this one has no part of it.
            Some(operator)
                if !message.progress.attempt.has_reached()
                    && message.progress.attempt.undelivered.is_none() =>
            {
                // Not before the next millisecond: the cursor of the new queue may have passed this one.
                let due = UnixMillis(beat.now.steady.0 + 1);
                self.move_to(beat, message, operator, due);
                beat.put(message.clone());
                moved.push(message.clone());
            }
            _ => {
                let end = fate.unwrap_or((State::Failed, Reason::NoRoute));
                self.end(beat, message, end, Details::default());
            }
        }
    }

    fn keep(&mut self, beat: &mut Beat, mut arrival: Arrival) {
        let message = &mut arrival.message;
        let held_up = self.held_up(message, beat);
        if let Some((reason, until)) = held_up.filter(|_| message.expires > beat.now.wall)
            && self.teller.defer(beat, message, reason, until)
        {
            beat.put(message.clone());
        }
        self.repeats.note(message);
        self.pacer.offer(arrival);
    }

    /// Whether a message that is due now may be held at once, all before it in its queue being held or gone.
    pub(super) fn takes_directly(&self, message: &Message) -> bool {
        let queue = message.queue();
        self.queues.takes(queue, self.pacer.held(queue))
    }

    /// Holds a message that is due now and that [`takes_directly`](Self::takes_directly) allows.
    pub(super) fn hold(&mut self, arrival: Arrival) {
        let message = &arrival.message;
        self.queues.pass(message.queue(), message.cursor());
        self.pacer.offer(arrival);
    }

    /// Notes that a message waits in the journal.
    pub(super) fn wait(&mut self, message: &Message) {
        self.queues.note(message.queue(), message.progress.due);
    }

    /// Notes that a message waits in the journal whose turn had come once.
    pub(super) fn wait_out_of_turn(&mut self, message: &Message) {
        self.queues.note_again(message.queue(), message.cursor());
    }

    /// Notes that a message that is due now stands in the journal, not in memory.
    pub(super) fn fall_behind(&mut self, message: &Message) {
        self.queues.fall_behind(message.queue());
    }
}
