//! The cap on messages a second, exact in every sliding second.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Remembers the messages of the last second, at most as many as the cap.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    accepted: VecDeque<Instant>,
}

impl Throttle {
    /// Whether one more stays within `tps`; if so, it counts.
    pub(super) fn admit(&mut self, now: Instant, tps: usize) -> bool {
        let is_over = |at: &Instant| now.saturating_duration_since(*at) >= SECOND;
        while self.accepted.front().is_some_and(is_over) {
            self.accepted.pop_front();
        }
        let admitted = self.accepted.len() < tps;
        if admitted {
            self.accepted.push_back(now);
        }
        admitted
    }
}

const SECOND: Duration = Duration::from_secs(1);
