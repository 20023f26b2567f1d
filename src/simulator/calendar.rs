//! What the SMSC's clock on the wall shows; it runs with the timers.

use std::time::{Duration, Instant};

use xabar_smpp::receipt::unix_to_date;

use crate::clock::{Now, UnixMillis};

#[derive(Debug)]
pub(super) struct Calendar {
    start: Instant,
    wall_at_start: UnixMillis,
    /// The minute written last: a receipt's dates are mostly the same two.
    minute: i64,
    date: String,
}

impl Calendar {
    pub(super) fn starting(now: Now) -> Self {
        Self {
            start: now.instant,
            wall_at_start: now.wall,
            minute: i64::MIN,
            date: String::new(),
        }
    }

    /// Time since the start.
    pub(super) fn elapsed(&self, at: Instant) -> Duration {
        at.saturating_duration_since(self.start)
    }

    pub(super) fn wall(&self, at: Instant) -> UnixMillis {
        self.wall_at_start.after(self.elapsed(at))
    }

    pub(super) fn unix_seconds(&self, at: Instant) -> i64 {
        self.wall(at).0.div_euclid(1_000)
    }

    /// `YYMMDDhhmm` in UTC, as receipts have it.
    pub(super) fn receipt_date(&mut self, at: Instant) -> &str {
        let minute = self.unix_seconds(at).div_euclid(60);
        if minute != self.minute {
            self.minute = minute;
            self.date = unix_to_date(60 * minute, 0).unwrap_or_default();
        }
        &self.date
    }
}
