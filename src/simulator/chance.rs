//! Chance that repeats: the same seed decides the same.

use std::time::Duration;

use super::delay::Delay;
use super::share::Share;

/// A stream of numbers made from a seed (SplitMix64).
#[derive(Clone, Debug)]
pub(super) struct Chance {
    state: u64,
}

impl Chance {
    pub(super) fn seeded(seed: u64) -> Self {
        Self { state: seed }
    }

    pub(super) fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Evenly from 0 to 1, the 1 left out.
    pub(super) fn unit(&mut self) -> f64 {
        const FIFTY_THREE_BITS: f64 = (1_u64 << 53) as f64;
        (self.number() >> 11) as f64 / FIFTY_THREE_BITS
    }

    pub(super) fn happens(&mut self, share: Share) -> bool {
        share > Share::NEVER && self.unit() < share.value()
    }

    pub(super) fn delay(&mut self, delay: Delay) -> Duration {
        if delay.jitter.is_zero() {
            return delay.fixed;
        }
        delay.fixed + delay.jitter.mul_f64(self.unit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_comes_about_as_often_as_it_says() {
        let mut chance = Chance::seeded(7);
        let share = "10%".parse().unwrap();
        let hits = (0..100_000).filter(|_| chance.happens(share)).count();
        assert!((9_500..10_500).contains(&hits), "{hits}");
        assert!(!chance.happens(Share::NEVER));
        assert!(chance.happens(Share::ALWAYS));
    }
}
