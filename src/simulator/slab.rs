//! A store whose keys are never mistaken for those of what stood in the same place before.

/// Names one thing in a [`Slab`]; goes into the token of an SMPP request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    index: u32,
    generation: u32,
}

impl Key {
    pub(super) fn token(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.index)
    }

    pub(super) fn of_token(token: u64) -> Self {
        let [g0, g1, g2, g3, i0, i1, i2, i3] = token.to_be_bytes();
        Self {
            index: u32::from_be_bytes([i0, i1, i2, i3]),
            generation: u32::from_be_bytes([g0, g1, g2, g3]),
        }
    }
}

/// Keeps things in places that are used again.
#[derive(Debug)]
pub(super) struct Slab<T> {
    places: Vec<Place<T>>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Place<T> {
    generation: u32,
    item: Option<T>,
}

impl<T> Slab<T> {
    pub(super) fn new() -> Self {
        Self {
            places: Vec::new(),
            free: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    pub(super) fn insert(&mut self, item: T) -> Key {
        let index = self.free.pop().unwrap_or_else(|| self.new_place());
        let place = self.place(index).expect("free places exist");
        place.item = Some(item);
        let generation = place.generation;
        Key { index, generation }
    }

    pub(super) fn get(&self, key: Key) -> Option<&T> {
        let place = self.places.get(usize::try_from(key.index).ok()?)?;
        (place.generation == key.generation).then_some(place.item.as_ref())?
    }

    pub(super) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        let place = self.place(key.index)?;
        (place.generation == key.generation).then_some(place.item.as_mut())?
    }

    pub(super) fn remove(&mut self, key: Key) -> Option<T> {
        let place = self.place(key.index)?;
        if place.generation != key.generation {
            return None;
        }
        let item = place.item.take()?;
        place.generation = place.generation.wrapping_add(1);
        self.free.push(key.index);
        Some(item)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = Key> {
        let indices = 0_u32..;
        indices.zip(&self.places).filter_map(|(index, place)| {
            let generation = place.generation;
            place.item.is_some().then_some(Key { index, generation })
        })
    }

    fn new_place(&mut self) -> u32 {
        let index = u32::try_from(self.places.len()).expect("queues are bounded far below 2^32");
        self.places.push(Place {
            generation: 0,
            item: None,
        });
        index
    }

    fn place(&mut self, index: u32) -> Option<&mut Place<T>> {
        self.places.get_mut(usize::try_from(index).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_key_does_not_open_a_place_that_was_used_again() {
        let mut slab = Slab::new();
        let old = slab.insert('a');
        assert_eq!(slab.remove(old), Some('a'));
        let new = slab.insert('b');
        assert_eq!((slab.get(old), slab.get(new)), (None, Some(&'b')));
        assert_eq!((slab.remove(old), slab.len()), (None, 1));
        assert_eq!(Key::of_token(new.token()), new);
        assert_eq!(slab.keys().collect::<Vec<_>>(), [new]);
    }
}
