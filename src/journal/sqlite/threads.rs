//! What is kept of each thread, at least as long as the journal holds one of its messages.

use super::index::{Askers, Horizon, Value};
use super::stored::{Stored, read_len, stored};
use crate::journal::{MessageId, ThreadFacts, ThreadKey, ThreadOrder};

/// What the journal keeps of a thread.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Thread {
    attempted: Option<ThreadOrder>,
    waiting: u32,
    /// Its newest messages, in the order of their ids, whether or not they wait.
    pub(super) messages: Vec<MessageId>,
}
stored!(Thread {
    attempted,
    waiting,
    messages
});

/// Of a thread with more messages only so many are found by their thread. An older one that waits is
/// found in its own turn to be overtaken.
const MESSAGES: usize = 32;

impl Thread {
    pub(super) fn facts(&self) -> ThreadFacts {
        ThreadFacts {
            attempted: self.attempted,
            waiting: self.waiting,
        }
    }

    pub(super) fn set(&mut self, facts: ThreadFacts) {
        self.attempted = facts.attempted;
        self.waiting = facts.waiting;
    }

    pub(super) fn add(&mut self, message: MessageId) {
        if self.messages.len() >= MESSAGES {
            self.messages.remove(0);
        }
        self.messages.push(message);
    }
}

impl Value for Thread {
    const TREE: u8 = 2;
    const ASKED_BY: Askers = Askers::Messages { filter_bits: 15 };
    const MOST_OF_A_KEY: usize = 1;

    fn is_over(mut octets: &[u8], horizon: &Horizon) -> bool {
        // The newest message comes last.
        Option::<ThreadOrder>::read(&mut octets);
        u32::read(&mut octets);
        let count = read_len(&mut octets).unwrap_or(0);
        let last = (0..count)
            .filter_map(|_| MessageId::read(&mut octets))
            .last();
        last.is_none_or(|last| last < horizon.oldest)
    }
}

/// The key of a thread in its index: a hash already.
pub(super) fn key(thread: ThreadKey) -> u64 {
    thread.0
}
