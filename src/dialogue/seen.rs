//! Which messages from phones came before: an SMSC brings one again whose answer it did not get.

use std::collections::VecDeque;
use std::time::Duration;

use rustc_hash::{FxHashMap, FxHashSet};
use xabar_events::Msisdn;

use crate::clock::UnixMillis;

/// How long a message is known again.
pub(super) const MEMORY: Duration = Duration::from_secs(10 * 60);

/// Messages, or phones, that are known again; beyond that the oldest is forgotten.
const MOST: usize = 50_000;

#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Oldest first.
    order: VecDeque<(UnixMillis, u64)>,
    hashes: FxHashSet<u64>,
}

impl Seen {
    /// Notes a message, and says whether it is new.
    pub(super) fn note(&mut self, hash: u64, now: UnixMillis) -> bool {
        self.pass(now);
        let new = self.hashes.insert(hash);
        if new {
            self.order.push_back((now, hash));
        }
        new
    }

    fn pass(&mut self, now: UnixMillis) {
        while let Some((at, hash)) = self.order.front().copied()
            && (at.after(MEMORY) <= now || self.order.len() >= MOST)
        {
            self.order.pop_front();
            self.hashes.remove(&hash);
        }
    }
}

/// A text's hash, and the reference that came with it.
pub(super) type LastText = (u64, Option<u16>);

/// What each phone wrote last.
#[derive(Debug, Default)]
pub(super) struct Last {
    /// Oldest first; a phone is there once for each of its texts.
    order: VecDeque<(UnixMillis, Msisdn)>,
    texts: FxHashMap<Msisdn, (UnixMillis, LastText)>,
}

impl Last {
    /// Notes a phone's text, and gives the one before.
    pub(super) fn note(
        &mut self,
        msisdn: Msisdn,
        text: LastText,
        now: UnixMillis,
    ) -> Option<LastText> {
        while let Some((at, msisdn)) = self.order.front().copied()
            && (at.after(MEMORY) <= now || self.order.len() >= MOST)
        {
            self.order.pop_front();
            if self.texts.get(&msisdn).is_some_and(|(last, _)| *last <= at) {
                self.texts.remove(&msisdn);
            }
        }
        let last = self.of(msisdn);
        if last != Some(text) {
            self.texts.insert(msisdn, (now, text));
            self.order.push_back((now, msisdn));
        }
        last
    }

    /// What a phone wrote last.
    pub(super) fn of(&self, msisdn: Msisdn) -> Option<LastText> {
        self.texts.get(&msisdn).map(|(_, last)| *last)
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
        assert_eq!((last.order.len(), last.texts.len()), (1, 1));
    }

    #[test]
    fn memory_is_bounded() {
        let (mut seen, mut last) = (Seen::default(), Last::default());
        let phone = Msisdn::from_u64(998_930_000_001).unwrap();
        for hash in 0..2 * MOST as u64 {
            assert!(seen.note(hash, UnixMillis(0)));
            last.note(phone, (hash, None), UnixMillis(0));
        }
        assert!(seen.order.len() <= MOST && seen.hashes.len() == seen.order.len());
        assert!(last.order.len() <= MOST && last.texts.len() == 1);
    }
}
