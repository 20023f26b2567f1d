//! Which messages from phones came before: an SMSC brings one again whose answer it did not get.

use std::collections::VecDeque;
use std::hash::Hash;
use std::time::Duration;

use xabar_events::Msisdn;

use crate::clock::UnixMillis;

/// How long a message is known again.
pub(super) const MEMORY: Duration = Duration::from_secs(10 * 60);

/// Messages, or phones, that are known again.
const MOST: usize = 50_000;

/// What was noted within the last ten minutes, by keys that come from outside; beyond so many the oldest is forgotten.
#[derive(Debug)]
pub(super) struct Memory<K, V> {
    most: usize,
    /// Oldest first; a key is there once for each time that it was noted.
    order: VecDeque<(UnixMillis, K)>,
    known: foldhash::HashMap<K, (UnixMillis, V)>,
}

impl<K: Hash + Eq + Clone, V> Memory<K, V> {
    pub(super) fn of(most: usize) -> Self {
        Self {
            most,
            order: VecDeque::new(),
            known: foldhash::HashMap::default(),
        }
    }

    pub(super) fn note(&mut self, key: K, value: V, now: UnixMillis) {
        self.pass(now);
        self.order.push_back((now, key.clone()));
        self.known.insert(key, (now, value));
    }

    /// Forgets what is too old.
    pub(super) fn pass(&mut self, now: UnixMillis) {
        while let Some((at, _)) = self.order.front()
            && (at.after(MEMORY) <= now || self.order.len() >= self.most)
            && let Some((at, key)) = self.order.pop_front()
        {
            if self.known.get(&key).is_some_and(|(last, _)| *last <= at) {
                self.known.remove(&key);
            }
        }
    }

    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.known.get(key).map(|(_, value)| value)
    }

    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.known.get_mut(key).map(|(_, value)| value)
    }

    pub(super) fn forget(&mut self, key: &K) {
        self.known.remove(key);
    }

    /// How many keys are known, and how many times they were noted.
    #[cfg(test)]
    pub(super) fn len(&self) -> (usize, usize) {
        (self.known.len(), self.order.len())
    }
}

#[derive(Debug)]
pub(super) struct Seen(Memory<u64, ()>);

impl Seen {
    /// Notes a message, and says whether it is new.
    pub(super) fn note(&mut self, hash: u64, now: UnixMillis) -> bool {
        self.0.pass(now);
        let new = self.0.get(&hash).is_none();
        if new {
            self.0.note(hash, (), now);
        }
        new
    }
}

impl Default for Seen {
    fn default() -> Self {
        Self(Memory::of(MOST))
    }
}

/// A text's hash, and the reference that came with it.
pub(super) type LastText = (u64, Option<u16>);

/// What each phone wrote last.
#[derive(Debug)]
pub(super) struct Last(Memory<Msisdn, LastText>);

impl Last {
    /// Notes a phone's text, and gives the one before.
    pub(super) fn note(
        &mut self,
        msisdn: Msisdn,
        text: LastText,
        now: UnixMillis,
    ) -> Option<LastText> {
        self.0.pass(now);
        let last = self.of(msisdn);
        if last != Some(text) {
            self.0.note(msisdn, text, now);
        }
        last
    }

    /// What a phone wrote last.
    pub(super) fn of(&self, msisdn: Msisdn) -> Option<LastText> {
        self.0.get(&msisdn).copied()
    }
}

impl Default for Last {
    fn default() -> Self {
        Self(Memory::of(MOST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_known_again_for_ten_minutes() {
        let (mut seen, start) = (Seen::default(), UnixMillis(1_000_000));
        assert!(seen.note(7, start));
        assert!(!seen.note(7, start.after(MEMORY / 2)));
        assert!(seen.note(7, start.after(MEMORY)));
    }

    #[test]
    fn a_text_is_known_again_until_the_phone_writes_another() {
        let (mut last, start) = (Last::default(), UnixMillis(1_000_000));
        let [one, other] = [998_930_000_001, 998_930_000_002].map(|n| Msisdn::from_u64(n).unwrap());
        let (seven, eight) = ((7, None), (8, Some(1)));
        assert_eq!(last.note(one, seven, start), None);
        assert_eq!(last.note(other, eight, start), None, "of another phone");
        assert_eq!(last.note(one, seven, start), Some(seven));
        let later = start.after(MEMORY / 2);
        assert_eq!(last.note(one, eight, later), Some(seven));
        assert_eq!(last.note(one, seven, later), Some(eight));
        let of_five_minutes_ago = last.note(one, seven, start.after(MEMORY));
        assert_eq!(of_five_minutes_ago, Some(seven));
        assert_eq!(last.note(one, seven, start.after(2 * MEMORY)), None);
        assert_eq!(last.0.len(), (1, 1));
    }

    #[test]
    fn memory_is_bounded() {
        let (mut seen, mut last) = (Seen::default(), Last::default());
        let phone = Msisdn::from_u64(998_930_000_001).unwrap();
        for hash in 0..2 * MOST as u64 {
            assert!(seen.note(hash, UnixMillis(0)));
            last.note(phone, (hash, None), UnixMillis(0));
        }
        let (hashes, times) = seen.0.len();
        assert!(times <= MOST && hashes == times);
        let (phones, texts) = last.0.len();
        assert!(texts <= MOST && phones == 1);
    }
}
