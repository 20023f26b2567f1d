//! When to tell that the disk is full: at once, then once a minute, and once when it is over.
//!
//! What a commit needs varies: on a disk that is nearly full one goes in and the next does not. So it is over only when a while
//! has passed without one that did not.

use std::time::{Duration, Instant};

/// How long the same is not told again.
const QUIET: Duration = Duration::from_secs(60);

/// After so long without a commit that found it full it is over.
const OVER: Duration = Duration::from_secs(30);

#[derive(Debug, Default)]
pub(super) struct FullDisk(Option<Found>);

#[derive(Debug)]
struct Found {
    last: Instant,
    told: Instant,
    /// Since it was told.
    untold: u64,
}

impl FullDisk {
    /// A commit found it full; how many did since that was told last, if it is to be told now.
    pub(super) fn found(&mut self, now: Instant) -> Option<u64> {
        let Some(found) = &mut self.0 else {
            self.0 = Some(Found {
                last: now,
                told: now,
                untold: 0,
            });
            return Some(1);
        };
        found.last = now;
        found.untold += 1;
        if now < found.told + QUIET {
            return None;
        }
        found.told = now;
        Some(std::mem::take(&mut found.untold))
    }

    /// A commit went in; whether it is to be told that there is space again.
    pub(super) fn is_over(&mut self, now: Instant) -> bool {
        self.0.take_if(|found| now >= found.last + OVER).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::instant;

    #[test]
    fn it_is_told_at_once_then_once_a_minute_and_when_it_is_over() {
        let start = instant();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut disk = FullDisk::default();
        assert!(!disk.is_over(at(0)), "it never was");
        let told: Vec<_> = (0..130)
            .step_by(2)
            .filter_map(|second| {
                // On a disk that is nearly full every other commit goes in.
                assert!(!disk.is_over(at(second)));
                Some((second, disk.found(at(second))?))
            })
            .collect();
        assert_eq!(told, [(0, 1), (60, 30), (120, 30)]);
        assert!(!disk.is_over(at(157)));
        assert!(disk.is_over(at(158)) && !disk.is_over(at(158)));
        assert_eq!(disk.found(at(159)), Some(1), "anew");
    }
}
