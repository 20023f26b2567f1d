//! Which messages from phones came before: an SMSC brings one again whose answer it did not get.

use std::collections::VecDeque;
use std::time::Duration;

use rustc_hash::FxHashSet;

use crate::clock::UnixMillis;

/// How long a message is known again.
pub(super) const MEMORY: Duration = Duration::from_secs(10 * 60);

/// Messages that are known again; beyond that the oldest is forgotten.
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
        while let Some((at, hash)) = self.order.front().copied()
            && (at.after(MEMORY) <= now || self.order.len() >= MOST)
        {
            self.order.pop_front();
            self.hashes.remove(&hash);
        }
        let new = self.hashes.insert(hash);
        if new {
            self.order.push_back((now, hash));
        }
        new
    }

    /// The message is to be brought again, and is new then.
    pub(super) fn forget(&mut self, hash: u64) {
        self.hashes.remove(&hash);
        self.order.retain(|(_, known)| *known != hash);
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
    fn memory_is_bounded() {
        let mut seen = Seen::default();
        for hash in 0..2 * MOST as u64 {
            assert!(seen.note(hash, UnixMillis(0)));
        }
        assert!(seen.order.len() <= MOST && seen.hashes.len() == seen.order.len());
    }
}
