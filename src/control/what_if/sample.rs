//! The part of many messages that is replayed.

use std::collections::BTreeMap;

/// The oldest messages of each operator, by its place, no more than a number in all: where there are more, those that have the most
/// give way, so that no operator is left out.
pub(super) struct Sample<T> {
    most: usize,
    of: BTreeMap<Option<u16>, Vec<T>>,
    len: usize,
}

impl<T> Sample<T> {
    pub(super) fn of(most: usize) -> Self {
        Self {
            most,
            of: BTreeMap::new(),
            len: 0,
        }
    }

    /// Takes one more of an operator; whether all that were given are still there.
    pub(super) fn add(&mut self, operator: Option<u16>, one: T) -> bool {
        self.of.entry(operator).or_default().push(one);
        self.len += 1;
        if self.len <= self.most {
            return true;
        }
        if let Some(largest) = self.of.values_mut().max_by_key(|of| of.len()) {
            largest.pop();
            self.len -= 1;
        }
        false
    }

    /// Operator by operator, each one's in the order in which they were given.
    pub(super) fn all(self) -> impl Iterator<Item = T> {
        self.of.into_values().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_of_every_operator_are_in_it() {
        let mut sample = Sample::of(6);
        let given = [(Some(0), 1..=20), (None, 21..=21), (Some(1), 22..=30)];
        for (operator, numbers) in given {
            for number in numbers {
                assert_eq!(sample.add(operator, number), number <= 6);
            }
        }
        assert_eq!(sample.all().collect::<Vec<_>>(), [21, 1, 2, 3, 22, 23]);
    }
}
