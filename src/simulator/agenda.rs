//! What is to be done when.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::time::Instant;

/// Tasks by their time; tasks of one time in the order in which they came.
#[derive(Debug)]
pub(super) struct Agenda<T> {
    entries: BinaryHeap<Entry<T>>,
    next_serial: u64,
}

#[derive(Debug)]
struct Entry<T> {
    due: Instant,
    serial: u64,
    task: T,
}

impl<T> Agenda<T> {
    pub(super) fn new() -> Self {
        Self {
            entries: BinaryHeap::new(),
            next_serial: 0,
        }
    }

    pub(super) fn add(&mut self, due: Instant, task: T) {
        let serial = self.next_serial;
        self.next_serial += 1;
        self.entries.push(Entry { due, serial, task });
    }

    /// The next task whose time has come.
    pub(super) fn take(&mut self, now: Instant) -> Option<T> {
        let next = self.entries.peek_mut()?;
        if next.due > now {
            return None;
        }
        Some(std::collections::binary_heap::PeekMut::pop(next).task)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.entries.peek().map(|entry| entry.due)
    }
}

/// The heap gives the greatest first: that is the earliest.
impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.due, other.serial).cmp(&(self.due, self.serial))
    }
}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<T> Eq for Entry<T> {}
