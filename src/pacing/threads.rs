//! A thread speaks once at a time, and never goes back.

use super::HashMap;
use crate::journal::{Message, MessageId, ThreadFacts, ThreadKey, ThreadOrder};

/// The threads that have something held or in flight.
#[derive(Debug, Default)]
pub(super) struct Threads {
    active: HashMap<ThreadKey, Thread>,
    /// That of the last turn, which may be about to speak: what is known of it is kept until the next one.
    turn: Option<ThreadKey>,
}

#[derive(Debug, Default)]
struct Thread {
    attempted: Option<ThreadOrder>,
    /// The newest attempted before the last attempt, of which nothing may come.
    before: Option<ThreadOrder>,
    /// Messages of the thread that are due and held in memory.
    held: Vec<MessageId>,
    /// Of these, those whose turn came while another was in flight.
    parked: Vec<MessageId>,
    /// Others may wait in the journal.
    others_wait: bool,
    /// One, or more after a late answer to one that was given up.
    in_flight: Vec<MessageId>,
}

impl Threads {
    /// A due message is held from now on.
    pub(super) fn enter(&mut self, message: &Message, facts: ThreadFacts) {
        let thread = self.active.entry(message.thread).or_default();
        thread.attempted = thread.attempted.max(facts.attempted);
        thread.others_wait |= facts.waiting > 1;
        thread.held.push(message.id);
    }

    /// It is the turn of a message.
    pub(super) fn turn(&mut self, key: ThreadKey) {
        let last = self.turn.replace(key).filter(|last| *last != key);
        if let Some(last) = last {
            self.drop_if_idle(last);
        }
    }

    /// A due message is no longer held.
    pub(super) fn leave(&mut self, message: &Message) {
        if let Some(thread) = self.active.get_mut(&message.thread) {
            thread.held.retain(|held| *held != message.id);
            thread.parked.retain(|parked| *parked != message.id);
        }
        self.drop_if_idle(message.thread);
    }

    pub(super) fn sibling_waits(&mut self, key: ThreadKey) {
        if let Some(thread) = self.active.get_mut(&key) {
            thread.others_wait = true;
        }
    }

    /// A message of the thread is being submitted.
    pub(super) fn begin(&mut self, message: &Message) {
        let thread = self.active.entry(message.thread).or_default();
        thread.in_flight.push(message.id);
        thread.before = thread.attempted;
        thread.attempted = thread.attempted.max(Some(message.order()));
    }

    /// Nothing of a message in flight was written, now or before: it was not attempted.
    pub(super) fn unbegin(&mut self, message: &Message) {
        if let Some(thread) = self.active.get_mut(&message.thread)
            && thread.attempted == Some(message.order())
        {
            thread.attempted = thread.before;
        }
    }

    /// As [`begin`](Self::begin), for a submission begun before the start, or given up too early.
    pub(super) fn resume(&mut self, message: &Message, facts: ThreadFacts) {
        self.begin(message);
        let thread = self.active.entry(message.thread).or_default();
        thread.attempted = thread.attempted.max(facts.attempted);
        thread.before = thread.attempted;
        thread.others_wait |= facts.waiting > 0;
    }

    /// The submission has its result. Gives the messages whose turn comes again because of that.
    pub(super) fn end(&mut self, message: &Message) -> Vec<MessageId> {
        let mut parked = Vec::new();
        if let Some(thread) = self.active.get_mut(&message.thread) {
            thread.in_flight.retain(|id| *id != message.id);
            if thread.in_flight.is_empty() {
                parked = std::mem::take(&mut thread.parked);
            }
        }
        self.drop_if_idle(message.thread);
        parked
    }

    /// The turn of a message came while another of its thread is in flight.
    pub(super) fn park(&mut self, message: &Message) {
        if let Some(thread) = self.active.get_mut(&message.thread) {
            thread.parked.push(message.id);
        }
    }

    pub(super) fn busy(&self, key: ThreadKey) -> bool {
        self.active
            .get(&key)
            .is_some_and(|thread| !thread.in_flight.is_empty())
    }

    /// Whether messages of the thread may be waiting besides the one whose turn it is.
    pub(super) fn contended(&self, key: ThreadKey) -> bool {
        self.active
            .get(&key)
            .is_some_and(|thread| thread.others_wait || thread.held.len() > 1)
    }

    /// The newest message that was attempted, if it is newer than this one.
    pub(super) fn newer_attempted(&self, message: &Message) -> Option<ThreadOrder> {
        self.active
            .get(&message.thread)?
            .attempted
            .filter(|attempted| *attempted > message.order())
    }

    pub(super) fn held(&self, key: ThreadKey) -> &[MessageId] {
        self.active
            .get(&key)
            .map_or(&[], |thread| thread.held.as_slice())
    }

    /// The newest message that was attempted, if none is in flight but this one and older ones may wait.
    pub(super) fn superseding(&self, message: &Message) -> Option<ThreadOrder> {
        let thread = self.active.get(&message.thread)?;
        let is_last = thread.in_flight.iter().all(|id| *id == message.id);
        let others_wait = thread.others_wait || !thread.held.is_empty();
        thread.attempted.filter(|_| is_last && others_wait)
    }

    /// The newest message that was attempted.
    pub(super) fn attempted(&self, key: ThreadKey) -> Option<ThreadOrder> {
        self.active.get(&key)?.attempted
    }

    fn drop_if_idle(&mut self, key: ThreadKey) {
        if self.turn == Some(key) {
            return;
        }
        if self
            .active
            .get(&key)
            .is_some_and(|thread| thread.in_flight.is_empty() && thread.held.is_empty())
        {
            self.active.remove(&key);
        }
    }
}
