//! Long texts put together again from their segments.
//!
//! Segments come in any order, some twice, some never. Pure: the time is an argument, and
//! nothing happens by itself. Memory is bounded by the number of segments held.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use crate::udh::Concat;

/// Which text a segment belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Who sent it.
    pub source: String,
    /// Whom it is for.
    pub destination: String,
    /// The sender's reference.
    pub reference: u16,
    /// The number of segments.
    pub total: u8,
}

/// What came of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received<T> {
    /// Others are missing.
    Waiting,
    /// It was the last one missing: all of them in the order of the text.
    Complete(Vec<T>),
    /// Its place is taken; here is what came second.
    Duplicate(T),
    /// Its numbers make no sense ([`Concat::is_valid`]): treat it as a text of its own.
    Invalid(T),
    /// No more segments can be held: ask the SMSC to bring it again later.
    Full(T),
}

/// A text whose segments did not all come in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incomplete<T> {
    /// Which text it is.
    pub key: Key,
    /// What came of it: numbers from 1, in their order.
    pub received: Vec<(u8, T)>,
}

/// Puts texts together; `T` is what the caller keeps of a segment, such as its octets.
///
/// A text is forgotten once it is complete: a segment that the SMSC then brings again begins a
/// new one, which will end incomplete. Whether a message came before is for the caller to know.
#[derive(Debug)]
pub struct Reassembly<T> {
    wait: Duration,
    most_segments: usize,
    most_of_a_source: usize,
    held_segments: usize,
    /// How many of these are of each source.
    held_of: HashMap<String, usize>,
    /// Each text's turn, by which its segments are found.
    turns: HashMap<Key, u64>,
    /// The texts by turn, so the oldest first: all wait equally long.
    texts: BTreeMap<u64, Text<T>>,
    next_turn: u64,
}

#[derive(Debug)]
struct Text<T> {
    key: Key,
    deadline: Instant,
    received: BTreeMap<u8, T>,
}

impl<T> Reassembly<T> {
    /// Waits so long after a text's first segment, and holds at most so many segments.
    pub fn new(wait: Duration, most_segments: usize) -> Self {
        Self {
            wait,
            most_segments,
            most_of_a_source: most_segments,
            held_segments: 0,
            held_of: HashMap::new(),
            turns: HashMap::new(),
            texts: BTreeMap::new(),
            next_turn: 0,
        }
    }

    /// The same, with at most so many segments of one source, so that none takes all places.
    #[must_use]
    pub fn of_a_source(self, most: usize) -> Self {
        Self {
            most_of_a_source: most,
            ..self
        }
    }

    /// The number of segments held.
    pub fn held_segments(&self) -> usize {
        self.held_segments
    }

    /// Takes a segment.
    pub fn receive(
        &mut self,
        now: Instant,
        source: &str,
        destination: &str,
        concat: Concat,
        segment: T,
    ) -> Received<T> {
        if !concat.is_valid() {
            return Received::Invalid(segment);
        }
        if concat.total == 1 {
            return Received::Complete(vec![segment]);
        }
        let key = key(source, destination, concat);
        self.place(now, key, concat.number, segment)
    }

    /// What came of a text that is not complete, by its segments' numbers.
    pub fn received(
        &self,
        source: &str,
        destination: &str,
        concat: Concat,
    ) -> Option<&BTreeMap<u8, T>> {
        let turn = self.turns.get(&key(source, destination, concat))?;
        Some(&self.texts.get(turn)?.received)
    }

    /// Gives up a text that is not complete, whose other segments are of no use any more.
    pub fn withdraw(&mut self, source: &str, destination: &str, concat: Concat) {
        if let Some(turn) = self.turns.get(&key(source, destination, concat)).copied() {
            self.remove(turn);
        }
    }

    /// The next text whose time is over; call until `None`.
    pub fn give_up(&mut self, now: Instant) -> Option<Incomplete<T>> {
        let oldest = self.texts.first_entry()?;
        if now < oldest.get().deadline {
            return None;
        }
        let turn = *oldest.key();
        let text = self.remove(turn)?;
        Some(Incomplete {
            key: text.key,
            received: text.received.into_iter().collect(),
        })
    }

    /// When to call [`give_up`](Self::give_up).
    pub fn deadline(&self) -> Option<Instant> {
        let (_, oldest) = self.texts.first_key_value()?;
        Some(oldest.deadline)
    }

    fn place(&mut self, now: Instant, key: Key, number: u8, segment: T) -> Received<T> {
        let turn = self.turns.get(&key).copied();
        let total = usize::from(key.total);
        let received = turn.and_then(|turn| Some(&self.texts.get(&turn)?.received));
        if received.is_some_and(|received| received.contains_key(&number)) {
            return Received::Duplicate(segment);
        }
        // A last segment needs no room, as it goes out at once with the others.
        let completes = received.is_some_and(|received| received.len() + 1 == total);
        let of_source = self.held_of.get(&key.source).copied().unwrap_or(0);
        let full = self.held_segments >= self.most_segments || of_source >= self.most_of_a_source;
        if !completes && full {
            return Received::Full(segment);
        }
        let turn = turn.unwrap_or_else(|| self.begin(now, key));
        self.hold(turn, number, segment);
        if completes {
            self.complete(turn)
        } else {
            Received::Waiting
        }
    }

    fn begin(&mut self, now: Instant, key: Key) -> u64 {
        let turn = self.next_turn;
        self.next_turn += 1;
        self.turns.insert(key.clone(), turn);
        let deadline = now + self.wait;
        self.texts.insert(
            turn,
            Text {
                key,
                deadline,
                received: BTreeMap::new(),
            },
        );
        turn
    }

    fn hold(&mut self, turn: u64, number: u8, segment: T) {
        if let Some(text) = self.texts.get_mut(&turn) {
            text.received.insert(number, segment);
            self.held_segments += 1;
            let of_source = self.held_of.entry(text.key.source.clone());
            *of_source.or_default() += 1;
        }
    }

    fn complete(&mut self, turn: u64) -> Received<T> {
        match self.remove(turn) {
            Some(text) => Received::Complete(text.received.into_values().collect()),
            None => Received::Waiting,
        }
    }

    fn remove(&mut self, turn: u64) -> Option<Text<T>> {
        let text = self.texts.remove(&turn)?;
        self.turns.remove(&text.key);
        self.held_segments -= text.received.len();
        if let Some(of_source) = self.held_of.get_mut(&text.key.source) {
            *of_source -= text.received.len();
            if *of_source == 0 {
                self.held_of.remove(&text.key.source);
            }
        }
        Some(text)
    }
}

fn key(source: &str, destination: &str, concat: Concat) -> Key {
    Key {
        source: source.to_owned(),
        destination: destination.to_owned(),
        reference: concat.reference,
        total: concat.total,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[expect(
        clippy::disallowed_methods,
        reason = "a test needs some instant to start from"
    )]
    fn t0() -> Instant {
        Instant::now()
    }

    fn concat(reference: u16, total: u8, number: u8) -> Concat {
        Concat {
            reference,
            total,
            number,
        }
    }

    fn receive<T>(
        reassembly: &mut Reassembly<T>,
        now: Instant,
        concat: Concat,
        segment: T,
    ) -> Received<T> {
        reassembly.receive(now, "998901234567", "555", concat, segment)
    }

    #[test]
    fn one_source_has_no_more_than_its_places_and_gets_them_back() {
        let now = t0();
        let mut reassembly = Reassembly::new(MINUTE, 10).of_a_source(2);
        let mut take = |now, source, reference, number| {
            reassembly.receive(now, source, "555", concat(reference, 2, number), "a")
        };
        assert_eq!(take(now, "1", 1, 1), Received::Waiting);
        assert_eq!(take(now, "1", 2, 1), Received::Waiting);
        assert_eq!(take(now, "1", 3, 1), Received::Full("a"));
        assert_eq!(take(now, "2", 3, 1), Received::Waiting);
        assert_eq!(take(now, "1", 1, 2), Received::Complete(vec!["a", "a"]));
        assert_eq!(take(now, "1", 3, 1), Received::Waiting);
        while reassembly.give_up(now + MINUTE).is_some() {}
        assert!(reassembly.held_of.is_empty());
    }

    #[test]
    fn segments_out_of_order_make_the_text() {
        let (mut reassembly, now) = (Reassembly::new(MINUTE, 10), t0());
        assert_eq!(
            receive(&mut reassembly, now, concat(7, 3, 3), "c"),
            Received::Waiting
        );
        assert_eq!(
            receive(&mut reassembly, now, concat(7, 3, 1), "a"),
            Received::Waiting
        );
        assert_eq!(
            receive(&mut reassembly, now, concat(7, 3, 1), "x"),
            Received::Duplicate("x")
        );
        let complete = Received::Complete(vec!["a", "b", "c"]);
        assert_eq!(
            receive(&mut reassembly, now, concat(7, 3, 2), "b"),
            complete
        );
        assert_eq!(
            (reassembly.held_segments(), reassembly.deadline()),
            (0, None)
        );
    }

    #[test]
    fn texts_are_told_apart_by_addresses_reference_and_total() {
        let (mut reassembly, now) = (Reassembly::new(MINUTE, 10), t0());
        receive(&mut reassembly, now, concat(7, 2, 1), "a");
        assert_eq!(
            receive(&mut reassembly, now, concat(8, 2, 2), "b"),
            Received::Waiting
        );
        assert_eq!(
            receive(&mut reassembly, now, concat(7, 3, 2), "b"),
            Received::Waiting
        );
        let other = reassembly.receive(now, "998937654321", "555", concat(7, 2, 2), "b");
        assert_eq!(other, Received::Waiting);
        let other = reassembly.receive(now, "998901234567", "1024", concat(7, 2, 2), "b");
        assert_eq!(other, Received::Waiting);
    }

    #[test]
    fn a_text_with_gaps_is_given_up_in_time() {
        let (mut reassembly, now) = (Reassembly::new(MINUTE, 10), t0());
        receive(&mut reassembly, now, concat(7, 3, 3), "c");
        receive(&mut reassembly, now + MINUTE / 2, concat(7, 3, 1), "a");
        assert_eq!(reassembly.deadline(), Some(now + MINUTE));
        assert_eq!(
            reassembly.give_up(now + MINUTE - Duration::from_millis(1)),
            None
        );
        let incomplete = reassembly.give_up(now + MINUTE).unwrap();
        assert_eq!(incomplete.received, [(1, "a"), (3, "c")]);
        assert_eq!(
            (reassembly.held_segments(), reassembly.deadline()),
            (0, None)
        );
    }

    #[test]
    fn a_full_house_still_takes_what_completes_a_text() {
        let (mut reassembly, now) = (Reassembly::new(MINUTE, 2), t0());
        receive(&mut reassembly, now, concat(1, 2, 1), "a");
        receive(&mut reassembly, now, concat(2, 3, 1), "x");
        assert_eq!(
            receive(&mut reassembly, now, concat(3, 2, 1), "y"),
            Received::Full("y")
        );
        assert_eq!(
            receive(&mut reassembly, now, concat(2, 3, 2), "z"),
            Received::Full("z")
        );
        let complete = Received::Complete(vec!["a", "b"]);
        assert_eq!(
            receive(&mut reassembly, now, concat(1, 2, 2), "b"),
            complete
        );
        assert_eq!(
            receive(&mut reassembly, now, concat(3, 2, 1), "y"),
            Received::Waiting
        );
    }

    #[test]
    fn what_came_of_a_text_is_shown_until_it_is_withdrawn() {
        let (mut reassembly, now) = (Reassembly::new(MINUTE, 3), t0());
        receive(&mut reassembly, now, concat(1, 3, 2), "b");
        let place = concat(1, 3, 1);
        let received = reassembly.received("998901234567", "555", place);
        assert_eq!(received, Some(&BTreeMap::from([(2, "b")])));
        reassembly.withdraw("998901234567", "555", place);
        assert_eq!(reassembly.received("998901234567", "555", place), None);
        assert_eq!(
            (reassembly.held_segments(), reassembly.deadline()),
            (0, None)
        );
    }

    #[test]
    fn senseless_numbers_are_handed_back() {
        let mut reassembly = Reassembly::new(MINUTE, 2);
        assert_eq!(
            receive(&mut reassembly, t0(), concat(1, 2, 3), "a"),
            Received::Invalid("a")
        );
        assert_eq!(
            receive(&mut reassembly, t0(), concat(1, 0, 0), "a"),
            Received::Invalid("a")
        );
    }

    proptest! {
        #[test]
        fn any_order_with_duplicates_completes_once(
            order in Just((1..=9_u8).collect::<Vec<_>>()).prop_shuffle(),
            repeats in proptest::collection::vec(any::<bool>(), 9),
        ) {
            let (mut reassembly, now) = (Reassembly::new(MINUTE, 9), t0());
            let arrivals = order.iter().zip(repeats);
            let arrivals = arrivals.flat_map(|(&number, twice)| vec![number; 1 + usize::from(twice)]);
            let completed: Vec<_> = arrivals
                .map(|number| receive(&mut reassembly, now, concat(5, 9, number), number))
                .filter(|received| matches!(received, Received::Complete(_)))
                .collect();
            prop_assert_eq!(completed, [Received::Complete((1..=9).collect())]);
        }

        #[test]
        fn what_is_held_stays_bounded(
            segments in proptest::collection::vec((0..4_u16, any::<u8>(), any::<u8>()), 0..300)
        ) {
            let (mut reassembly, now) = (Reassembly::new(MINUTE, 20), t0());
            for (reference, total, number) in segments {
                receive(&mut reassembly, now, concat(reference, total, number), ());
                prop_assert!(reassembly.held_segments() <= 20);
            }
            while reassembly.give_up(now + MINUTE).is_some() {}
            prop_assert_eq!(reassembly.held_segments(), 0);
        }
    }
}
