//! How long a session waits before it connects again.

use std::time::Duration;

/// What the first pause may grow to; each failure doubles it.
const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(30);

/// A pause of chance length after so many failures in a row: between an eighth and all of what it has grown to. Sessions
/// that drop at once, be it of one gateway or of several, come back one by one.
pub(super) fn pause(failures: u32, random: u64) -> Duration {
    let most = FIRST.saturating_mul(1 << failures.min(10)).min(LONGEST);
    let least = most / 8;
    let share = u32::try_from(random % 4096).unwrap_or_default();
    least + (most - least) * share / 4096
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers as if by chance (SplitMix64).
    fn random(seed: u64) -> impl Iterator<Item = u64> {
        (1..).map(move |step: u64| {
            let mixed = seed.wrapping_add(step.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^ mixed >> 31
        })
    }

    fn most_within(pauses: &[Duration], window: Duration) -> usize {
        let within = |from: &Duration| {
            let end = *from + window;
            pauses
                .iter()
                .filter(|&at| (*from..end).contains(at))
                .count()
        };
        pauses.iter().map(within).max().unwrap_or(0)
    }

    #[test]
    fn thirty_sessions_that_drop_at_once_come_back_one_by_one() {
        for seed in 0..100 {
            let pauses: Vec<_> = random(seed).take(30).map(|it| pause(0, it)).collect();
            let at_once = most_within(&pauses, Duration::from_millis(50));
            assert!(at_once <= 6, "{at_once} within 50 ms, seed {seed}");
            let (first, last) = (pauses.iter().min().unwrap(), pauses.iter().max().unwrap());
            assert!(*last - *first > Duration::from_secs(1), "seed {seed}");
        }
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_are_never_nothing() {
        let longest: Vec<_> = (0..6).map(|it| pause(it, 4095).as_secs_f64()).collect();
        let grown = [2.0, 4.0, 8.0, 16.0, 30.0, 30.0];
        for (longest, grown) in longest.iter().zip(grown) {
            assert!((grown * 0.99..grown).contains(longest), "{longest} {grown}");
        }
        assert_eq!(pause(0, 0), Duration::from_millis(250));
        assert_eq!(pause(u32::MAX, 0), LONGEST / 8);
    }
}
