//! How response times are spread: how many fell into each of a few ranges.

use std::time::Duration;

/// The longest response times of all ranges but the last, in microseconds: each 1.41 times the one before, so that what
/// is read between two is at most a fifth off.
const BOUNDS: [u32; 32] = [
    500, 707, 1000, 1414, 2000, 2828, 4000, 5657, 8000, 11_314, 16_000, 22_627, 32_000, 45_255,
    64_000, 90_510, 128_000, 181_019, 256_000, 362_039, 512_000, 724_077, 1_024_000, 1_448_155,
    2_048_000, 2_896_309, 4_096_000, 5_792_619, 8_192_000, 11_585_238, 16_384_000, 23_170_475,
];

/// How many response times were measured, by their length. One request is measured at a time, so they are a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResponseTimes {
    counts: [u32; BOUNDS.len()],
    /// Longer than all bounds.
    longer: u32,
    sum: Duration,
}

impl ResponseTimes {
    pub(super) fn add(&mut self, took: Duration) {
        let micros = took.as_micros();
        let range = BOUNDS.partition_point(|bound| u128::from(*bound) < micros);
        let count = self.counts.get_mut(range).unwrap_or(&mut self.longer);
        *count = count.wrapping_add(1);
        self.sum = self.sum.saturating_add(took);
    }

    /// What came to them since they were `earlier`.
    pub fn since(&self, earlier: &Self) -> Self {
        let mut counts = self.counts;
        for (count, before) in counts.iter_mut().zip(earlier.counts) {
            *count = count.wrapping_sub(before);
        }
        Self {
            counts,
            longer: self.longer.wrapping_sub(earlier.longer),
            sum: self.sum.saturating_sub(earlier.sum),
        }
    }

    /// The sum of all.
    pub fn sum(&self) -> Duration {
        self.sum
    }

    pub fn len(&self) -> u64 {
        self.ranges().map(|(_, count)| count).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many fell into each range, with its longest; without one: longer than all others.
    pub fn ranges(&self) -> impl Iterator<Item = (Option<Duration>, u64)> {
        let bounds = BOUNDS.iter().map(|bound| Some(micros(*bound)));
        let counts = self.counts.iter().chain([&self.longer]);
        bounds
            .chain([None])
            .zip(counts.map(|count| u64::from(*count)))
    }

    /// What this part of them, from 0 to 1, did not exceed, read between the bounds of its range; `None`: none was
    /// measured.
    pub fn quantile(&self, part: f64) -> Option<Duration> {
        let all = self.len();
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
        let rank = part.clamp(0.0, 1.0) * all as f64;
        let (mut below, mut from) = (0.0, Duration::ZERO);
        for (bound, count) in self.ranges() {
            #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
            let count = count as f64;
            let to = bound.unwrap_or(from);
            if count > 0.0 && below + count >= rank {
                let within = ((rank - below) / count).clamp(0.0, 1.0);
                return Some(from + to.saturating_sub(from).mul_f64(within));
            }
            (below, from) = (below + count, to);
        }
        None
    }
}

fn micros(bound: u32) -> Duration {
    Duration::from_micros(bound.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(millis: impl IntoIterator<Item = u64>) -> ResponseTimes {
        let mut times = ResponseTimes::default();
        for millis in millis {
            times.add(Duration::from_millis(millis));
        }
        times
    }

    #[test]
    fn bounds_rise_by_the_root_of_two() {
        for pair in BOUNDS.windows(2) {
            let &[low, high] = pair else { unreachable!() };
            let ratio = f64::from(high) / f64::from(low);
            assert!((ratio - 2_f64.sqrt()).abs() < 1e-3, "{pair:?}");
        }
    }

    #[test]
    fn quantiles_are_at_most_a_fifth_off() {
        let times = of(1..=1000);
        for (part, exact) in [(0.5, 500.0), (0.9, 900.0), (0.99, 990.0)] {
            let read = times.quantile(part).unwrap().as_secs_f64() * 1000.0;
            assert!((read / exact - 1.0).abs() < 0.2, "{part}: {read}");
        }
        assert_eq!(of([]).quantile(0.5), None);
    }

    #[test]
    fn what_is_longer_than_all_bounds_is_told_as_the_longest_of_them() {
        let times = of([60_000]);
        assert_eq!(times.quantile(0.5), Some(Duration::from_micros(23_170_475)));
        assert_eq!((times.len(), times.sum().as_secs()), (1, 60));
    }

    #[test]
    fn what_came_since_is_told_apart() {
        let earlier = of([1, 1, 60_000]);
        let later = of([1, 1, 60_000, 100, 60_000]);
        let since = later.since(&earlier);
        assert_eq!(since, of([100, 60_000]));
        assert!(earlier.since(&earlier).is_empty());
    }
}
