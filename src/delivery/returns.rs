//! When sessions that stand in elsewhere go back to their operator's preferred address.
//!
//! One after the other: who holds these has the turn, and keeps it until it is bound there. Where that came to nothing a working session was given up
//! for it, so the address is left alone, by all, for ever longer: it may take connections, and no bind.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// An address is left alone for no longer.
const LONGEST: Duration = Duration::from_secs(4 * 3600);

/// The right to return.
pub(super) type Turn = OwnedMutexGuard<Returns>;

/// What came of those who returned.
#[derive(Debug)]
pub(super) struct Returns {
    /// How long an address is left alone at first.
    after: Duration,
    in_vain: FxHashMap<String, InVain>,
}

#[derive(Clone, Copy, Debug)]
struct InVain {
    last: Instant,
    in_a_row: u32,
}

impl Returns {
    pub(super) fn new(after: Duration) -> Arc<Mutex<Self>> {
        let in_vain = FxHashMap::default();
        Arc::new(Mutex::new(Self { after, in_vain }))
    }

    /// For how long nobody is to return there yet.
    pub(super) fn pause(&self, preferred: &str, now: Instant) -> Duration {
        let Some(vain) = self.in_vain.get(preferred) else {
            return Duration::ZERO;
        };
        self.pause_after(vain.in_a_row)
            .saturating_sub(now.duration_since(vain.last))
    }

    /// A return came to nothing; how long that address is left alone.
    pub(super) fn came_to_nothing(&mut self, preferred: &str, now: Instant) -> Duration {
        let before = self.in_vain.get(preferred).map_or(0, |it| it.in_a_row);
        let in_a_row = before.saturating_add(1);
        let vain = InVain {
            last: now,
            in_a_row,
        };
        self.in_vain.insert(preferred.to_owned(), vain);
        self.pause_after(in_a_row)
    }

    /// A session there was of use.
    pub(super) fn served(&mut self, preferred: &str) {
        self.in_vain.remove(preferred);
    }

    fn pause_after(&self, in_a_row: u32) -> Duration {
        let pause = self.after.saturating_mul(1 << in_a_row.min(16));
        pause.min(LONGEST.max(self.after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::instant;

    #[tokio::test]
    async fn an_address_to_which_sessions_return_in_vain_is_left_alone_for_ever_longer() {
        const MINUTE: Duration = Duration::from_secs(60);
        let returns = Returns::new(10 * MINUTE);
        let mut turn = returns.lock_owned().await;
        let mut now = instant();
        assert_eq!(turn.pause("a:1", now), Duration::ZERO);
        for minutes in [20, 40, 80, 160, 240, 240] {
            assert_eq!(turn.came_to_nothing("a:1", now), minutes * MINUTE);
            assert_eq!(turn.pause("b:1", now), Duration::ZERO);
            now += MINUTE;
            assert_eq!(turn.pause("a:1", now), (minutes - 1) * MINUTE);
            now += (minutes - 1) * MINUTE;
            assert_eq!(turn.pause("a:1", now), Duration::ZERO);
        }
        turn.served("a:1");
        assert_eq!(turn.came_to_nothing("a:1", now), 20 * MINUTE);
    }
}
