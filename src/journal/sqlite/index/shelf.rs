//! The newest entries of an index, in memory: the log has them, no run has them yet.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

/// Entries by their keys. Most keys have one value.
#[derive(Debug)]
pub(super) struct Shelf<V> {
    first: HashMap<u64, V, Spread>,
    more: HashMap<u64, Vec<V>, Spread>,
}

impl<V> Default for Shelf<V> {
    fn default() -> Self {
        Self {
            first: HashMap::default(),
            more: HashMap::default(),
        }
    }
}

impl<V> Shelf<V> {
    /// An empty one with room for as many keys as this one has.
    pub(super) fn another(&self) -> Self {
        Self {
            first: HashMap::with_capacity_and_hasher(self.first.len(), Spread::default()),
            more: HashMap::default(),
        }
    }

    /// Puts a value in the place of all others under its key.
    pub(super) fn set(&mut self, key: u64, value: V) {
        self.first.insert(key, value);
    }

    /// Puts a value beside the others under its key.
    pub(super) fn add(&mut self, key: u64, value: V) {
        match self.first.entry(key) {
            Entry::Vacant(first) => {
                first.insert(value);
            }
            Entry::Occupied(_) => self.more.entry(key).or_default().push(value),
        }
    }

    /// The values under a key, the last one added first.
    pub(super) fn values(&self, key: u64) -> impl Iterator<Item = &V> {
        let more = if self.more.is_empty() {
            None
        } else {
            self.more.get(&key)
        };
        more.into_iter().flatten().rev().chain(self.first.get(&key))
    }

    /// All entries, in no order.
    pub(super) fn entries(&self) -> impl Iterator<Item = (u64, &V)> {
        let more = self.more.iter();
        let more = more.flat_map(|(key, values)| values.iter().map(|value| (*key, value)));
        self.first
            .iter()
            .map(|(key, value)| (*key, value))
            .chain(more)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_empty()
    }
}

/// Keys are spread evenly already.
type Spread = BuildHasherDefault<AsItIs>;

#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, octets: &[u8]) {
        for octet in octets {
            self.0 = self.0.rotate_left(8) ^ u64::from(*octet);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}
