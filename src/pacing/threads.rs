//! A thread speaks once at a time, and never goes back.

use std::collections::HashMap;

use crate::journal::{MessageId, Record, ThreadFacts, ThreadKey, ThreadOrder};

/// The threads that have something held or in flight.
#[derive(Debug, Default)]
pub(super) struct Threads {
    active: HashMap<ThreadKey, Thread>,
}

#[derive(Debug, Default)]
struct Thread {
    attempted: Option<ThreadOrder>,
    /// Messages of the thread that are due and held in memory.
    held: Vec<MessageId>,
    /// Others may wait in the journal.
    others_wait: bool,
    in_flight: bool,
}

impl Threads {
    /// A due message is held from now on.
    pub(super) fn enter(&mut self, record: &Record, facts: ThreadFacts) {
        let thread = self.active.entry(record.thread).or_default();
        thread.attempted = thread.attempted.max(facts.attempted);
        thread.others_wait |= facts.waiting > 1;
        thread.held.push(record.id);
    }

    /// A due message is no longer held.
    pub(super) fn leave(&mut self, record: &Record) {
        if let Some(thread) = self.active.get_mut(&record.thread) {
            thread.held.retain(|held| *held != record.id);
        }
        self.drop_if_idle(record.thread);
    }

    pub(super) fn sibling_waits(&mut self, key: ThreadKey) {
        if let Some(thread) = self.active.get_mut(&key) {
            thread.others_wait = true;
        }
    }

    /// A message of the thread is being submitted.
    pub(super) fn begin(&mut self, record: &Record) {
        let thread = self.active.entry(record.thread).or_default();
        thread.in_flight = true;
        thread.attempted = thread.attempted.max(Some(record.order()));
    }

    /// As [`begin`](Self::begin), for a submission begun before the start.
    pub(super) fn resume(&mut self, record: &Record, facts: ThreadFacts) {
        let thread = self.active.entry(record.thread).or_default();
        thread.in_flight = true;
        thread.attempted = thread
            .attempted
            .max(facts.attempted)
            .max(Some(record.order()));
        thread.others_wait |= facts.waiting > 0;
    }

    /// The submission has its result.
    pub(super) fn end(&mut self, key: ThreadKey) {
        if let Some(thread) = self.active.get_mut(&key) {
            thread.in_flight = false;
        }
        self.drop_if_idle(key);
    }

    pub(super) fn busy(&self, key: ThreadKey) -> bool {
        self.active.get(&key).is_some_and(|thread| thread.in_flight)
    }

    /// Whether more than one message of the thread may be waiting.
    pub(super) fn contended(&self, key: ThreadKey) -> bool {
        self.active
            .get(&key)
            .is_some_and(|thread| thread.others_wait || thread.held.len() > 1)
    }

    /// The newest message that was attempted, if it is newer than this one.
    pub(super) fn newer_attempted(&self, record: &Record) -> Option<ThreadOrder> {
        self.active
            .get(&record.thread)?
            .attempted
            .filter(|attempted| *attempted > record.order())
    }

    pub(super) fn held(&self, key: ThreadKey) -> &[MessageId] {
        self.active
            .get(&key)
            .map_or(&[], |thread| thread.held.as_slice())
    }

    pub(super) fn facts(&self, key: ThreadKey) -> ThreadFacts {
        let attempted = self.active.get(&key).and_then(|thread| thread.attempted);
        ThreadFacts {
            attempted,
            waiting: 0,
        }
    }

    fn drop_if_idle(&mut self, key: ThreadKey) {
        if self
            .active
            .get(&key)
            .is_some_and(|thread| !thread.in_flight && thread.held.is_empty())
        {
            self.active.remove(&key);
        }
    }
}
