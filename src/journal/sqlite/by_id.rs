//! Values by the ids of messages. Ids are given one after the other, so those of the last messages stand in a row, where
//! neighbours are looked at together; the few of older ones stand in a map.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::journal::MessageId;

#[derive(Debug)]
pub(super) struct ById<V> {
    /// The id of the first place in the row.
    first: u64,
    row: VecDeque<Option<V>>,
    others: FxHashMap<MessageId, V>,
}

/// So many places may be left out for ids that are not there.
const WIDEST_GAP: u64 = 1024;

impl<V> Default for ById<V> {
    fn default() -> Self {
        Self {
            first: 0,
            row: VecDeque::new(),
            others: FxHashMap::default(),
        }
    }
}

impl<V> ById<V> {
    fn place(&self, id: MessageId) -> Option<usize> {
        let place = usize::try_from(id.0.checked_sub(self.first)?).ok()?;
        (place < self.row.len()).then_some(place)
    }

    pub(super) fn get(&self, id: MessageId) -> Option<&V> {
        match self.place(id) {
            Some(place) => self.row.get(place)?.as_ref(),
            None => self.others.get(&id),
        }
    }

    pub(super) fn get_mut(&mut self, id: MessageId) -> Option<&mut V> {
        match self.place(id) {
            Some(place) => self.row.get_mut(place)?.as_mut(),
            None => self.others.get_mut(&id),
        }
    }

    /// Puts a value in the place of any other of its id. That of a new message goes to the end of the row.
    pub(super) fn insert(&mut self, id: MessageId, value: V, is_new: bool) {
        if let Some(place) = self.place(id).and_then(|place| self.row.get_mut(place)) {
            *place = Some(value);
            return;
        }
        if !is_new || id.0 < self.end() {
            self.others.insert(id, value);
            return;
        }
        if id.0 - self.end() > WIDEST_GAP {
            self.shorten_to(id);
        }
        if self.row.is_empty() {
            self.first = id.0;
        }
        for left_out in self.end()..=id.0 {
            self.row.push_back(self.others.remove(&MessageId(left_out)));
        }
        if let Some(last) = self.row.back_mut() {
            *last = Some(value);
        }
    }

    /// The id after the last place in the row.
    fn end(&self) -> u64 {
        self.first + self.row.len() as u64
    }

    pub(super) fn remove(&mut self, id: MessageId) -> Option<V> {
        let Some(place) = self.place(id) else {
            return self.others.remove(&id);
        };
        let removed = self.row.get_mut(place)?.take();
        while let Some(None) = self.row.front() {
            self.row.pop_front();
            self.first += 1;
        }
        removed
    }

    /// What is left before this id stands in the row no more, so that it is bounded.
    pub(super) fn shorten_to(&mut self, id: MessageId) {
        while self.first < id.0
            && let Some(front) = self.row.pop_front()
        {
            if let Some(value) = front {
                self.others.insert(MessageId(self.first), value);
            }
            self.first += 1;
        }
    }

    /// The first id.
    pub(super) fn oldest(&self) -> Option<MessageId> {
        let mut row = (self.first..).zip(&self.row);
        let first = row.find_map(|(id, value)| value.as_ref().map(|_| MessageId(id)));
        self.others.keys().copied().chain(first).min()
    }

    /// All values, in no order.
    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.others.values().chain(self.row.iter().flatten())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_that_stays_does_not_keep_the_row_long() {
        let mut values = ById::default();
        for id in 1..=10_000 {
            values.insert(MessageId(id), id, true);
            if id > 1 {
                values.remove(MessageId(id - 1).max(MessageId(2)));
            }
            values.shorten_to(MessageId(id.saturating_sub(100)));
        }
        assert!(values.row.len() <= 101, "{}", values.row.len());
        assert_eq!(values.get(MessageId(1)), Some(&1));
    }

    proptest! {
        #[test]
        fn it_is_a_map(steps in prop::collection::vec((0u8..5, 0u64..40, any::<bool>()), 0..200)) {
            let (mut values, mut model) = (ById::default(), BTreeMap::new());
            for (number, (step, id, far)) in steps.into_iter().enumerate() {
                let id = MessageId(if far { id * 1000 } else { id });
                match step {
                    0 | 1 => {
                        values.insert(id, number, step == 0);
                        model.insert(id, number);
                    }
                    2 => prop_assert_eq!(values.remove(id), model.remove(&id)),
                    3 => values.shorten_to(id),
                    _ => prop_assert_eq!(values.get_mut(id), model.get_mut(&id)),
                }
                prop_assert_eq!(values.get(id), model.get(&id));
            }
            prop_assert_eq!(values.oldest(), model.keys().next().copied());
            prop_assert_eq!(values.values().count(), model.len());
        }
    }
}
