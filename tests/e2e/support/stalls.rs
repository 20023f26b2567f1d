//! How long the machine stood still.
//!
//! What a gateway writes while the SMSC's process gets no processor, the SMSC sees all at once. So a promise of
//! how much comes in a second is held up to what the machine did: on an idle one it is exact.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use xabar::simulator::Tape;

const TICK: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// Looks every millisecond how much later than that it is.
pub struct Stalls {
    longest_us: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

impl Stalls {
    #[expect(clippy::disallowed_methods, reason = "it is the clock that is watched")]
    pub fn watch() -> Self {
        let longest_us = Arc::new(AtomicU64::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let (longest, stopped) = (Arc::clone(&longest_us), Arc::clone(&stop));
        thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                let begun = Instant::now();
                thread::sleep(TICK);
                let late = begun.elapsed().saturating_sub(TICK);
                let late_us = u64::try_from(late.as_micros()).unwrap_or(u64::MAX);
                longest.fetch_max(late_us, Ordering::Relaxed);
            }
        });
        Self { longest_us, stop }
    }

    /// No sliding second of the tape holds more than `tps`, and what such a rate makes in the longest standstill; nor
    /// than `unread` besides, by an SMSC that stops reading itself and then finds so many at once.
    pub fn check_rate(&self, tape: &Tape, tps: usize, unread: usize) {
        let stall_us = self.longest_us.load(Ordering::Relaxed);
        let (most, tps, unread) = (tape.most_in(SECOND) as u64, tps as u64, unread as u64);
        let allowed = tps + unread + tps * stall_us / 1_000_000;
        assert!(
            most <= allowed,
            "{most} in a second, where {tps} are allowed, {unread} may have waited to be read, and the machine stood still for {stall_us} µs at most"
        );
    }
}

impl Drop for Stalls {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
