//! Remembers answers, a bounded number of them for a bounded time.

use std::time::{Duration, Instant};

use xabar_events::Msisdn;

use crate::journal::OperatorId;

type HashMap<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;

/// Answers in two generations: once the young one is full it is the old one, and what was old is forgotten. What is asked
/// for again becomes young again, so a number that is written to often stays.
#[derive(Debug)]
pub(super) struct Cache {
    /// Of one generation.
    capacity: usize,
    keep: Duration,
    young: HashMap<Msisdn, Known>,
    old: HashMap<Msisdn, Known>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    /// `None`: nobody but its prefix's operator.
    carrier: Option<OperatorId>,
    until: Instant,
}

impl Cache {
    /// Remembers at most `len` answers.
    pub(super) fn new(len: usize, keep: Duration) -> Self {
        Self {
            capacity: len.div_ceil(2),
            keep,
            young: HashMap::default(),
            old: HashMap::default(),
        }
    }

    /// What is known of a number.
    pub(super) fn get(&mut self, msisdn: Msisdn, now: Instant) -> Option<Option<OperatorId>> {
        if let Some(known) = self.young.get(&msisdn) {
            return (now < known.until).then_some(known.carrier);
        }
        let known = self.old.remove(&msisdn)?;
        if known.until <= now {
            return None;
        }
        self.remember(msisdn, known);
        Some(known.carrier)
    }

    pub(super) fn put(&mut self, msisdn: Msisdn, carrier: Option<OperatorId>, now: Instant) {
        self.old.remove(&msisdn);
        let until = now + self.keep;
        self.remember(msisdn, Known { carrier, until });
    }

    fn remember(&mut self, msisdn: Msisdn, known: Known) {
        if self.young.len() >= self.capacity && !self.young.contains_key(&msisdn) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(msisdn, known);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}
