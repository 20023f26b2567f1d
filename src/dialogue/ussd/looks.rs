//! When to look at which dialogue, the next one first. A look may turn out to be too early, or of a dialogue that is
//! over: what is to be done then is known by the dialogue alone.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Phone;
use crate::clock::UnixMillis;

#[derive(Debug, Default)]
pub(super) struct Looks(BinaryHeap<Reverse<(UnixMillis, Phone)>>);

/// Looks for nothing are taken out once there are so many beside twice those for open dialogues.
const SPARE: usize = 1_000;

impl Looks {
    pub(super) fn push(&mut self, at: UnixMillis, phone: Phone) {
        self.0.push(Reverse((at, phone)));
    }

    /// The next one.
    pub(super) fn first(&self) -> Option<(UnixMillis, Phone)> {
        self.0.peek().map(|Reverse(look)| *look)
    }

    /// Takes the next one, if it is due.
    pub(super) fn next(&mut self, now: UnixMillis) -> Option<Phone> {
        let (at, _) = self.first()?;
        if at > now {
            return None;
        }
        self.0.pop().map(|Reverse((_, phone))| phone)
    }

    /// Takes out the next one.
    pub(super) fn pop(&mut self) {
        self.0.pop();
    }

    /// Whether most of them are for nothing, with so many dialogues open: then they are to be made anew.
    pub(super) fn are_stale(&self, open: usize) -> bool {
        self.0.len() > 2 * open + SPARE
    }

    pub(super) fn replace(&mut self, looks: impl Iterator<Item = (UnixMillis, Phone)>) {
        self.0 = looks.map(Reverse).collect();
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
