//! How times are spread: how many fell into each of a few ranges.

use std::time::Duration;

/// How many ranges have a bound: from the sixteenth of a millisecond, as a disk may take, to half a week.
const RANGES: usize = 66;

/// The longest times of the first two ranges, in nanoseconds.
const SHORTEST: [u64; 2] = [62_500, 88_375];

/// The longest time of a range, in nanoseconds: 1.41 times that of the one before, so that what is read between two is
/// at most a fifth off.
fn longest(range: usize) -> u64 {
    let [whole, half] = SHORTEST;
    match range % 2 {
        0 => whole << (range / 2),
        _ => half << (range / 2),
    }
}

/// How many times were measured, by their length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Durations {
    counts: [u32; RANGES],
    /// Longer than all bounds.
    longer: u32,
    sum: Duration,
}

impl Default for Durations {
    fn default() -> Self {
        Self {
            counts: [0; RANGES],
            longer: 0,
            sum: Duration::ZERO,
        }
    }
}

impl Durations {
    pub(crate) fn add(&mut self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let [shortest, _] = SHORTEST;
        // It is in one of the two ranges of its octave, or the next one.
        let octave = (nanos / shortest).checked_ilog2().unwrap_or(0) as usize;
        let range = (2 * octave..RANGES).find(|range| nanos <= longest(*range));
        let counted = range.and_then(|range| self.counts.get_mut(range));
        let count = counted.unwrap_or(&mut self.longer);
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

    /// `None`: none was measured.
    pub fn mean(&self) -> Option<Duration> {
        let count = u32::try_from(self.len()).unwrap_or(u32::MAX);
        self.sum.checked_div(count)
    }

    pub fn len(&self) -> u64 {
        self.ranges().map(|(_, count)| count).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many fell into each range, with its longest; without one: longer than all others.
    pub fn ranges(&self) -> impl Iterator<Item = (Option<Duration>, u64)> {
        let bounds = (0..RANGES).map(|range| Some(Duration::from_nanos(longest(range))));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(millis: impl IntoIterator<Item = u64>) -> Durations {
        let mut times = Durations::default();
        for millis in millis {
            times.add(Duration::from_millis(millis));
        }
        times
    }

    #[test]
    fn a_time_is_in_the_first_range_that_is_no_shorter() {
        for range in 1..RANGES {
            let (low, high) = (longest(range - 1), longest(range));
            assert!((1410..=1416).contains(&(high * 1000 / low)), "{range}");
            for nanos in [low + 1, high] {
                let mut times = Durations::default();
                times.add(Duration::from_nanos(nanos));
                let counts: Vec<u64> = times.ranges().map(|(_, count)| count).collect();
                assert_eq!(counts.iter().position(|count| *count == 1), Some(range));
            }
        }
    }

    #[test]
    fn quantiles_are_at_most_a_fifth_off() {
        let times = of(1..=1000);
        let mut short = Durations::default();
        (100..=300).for_each(|micros| short.add(Duration::from_micros(micros)));
        let median = short.quantile(0.5).unwrap().as_secs_f64() * 1e6;
        assert!((median / 200.0 - 1.0).abs() < 0.2, "{median}");
        for (part, exact) in [(0.5, 500.0), (0.9, 900.0), (0.99, 990.0)] {
            let read = times.quantile(part).unwrap().as_secs_f64() * 1000.0;
            assert!((read / exact - 1.0).abs() < 0.2, "{part}: {read}");
        }
        assert_eq!(of([]).quantile(0.5), None);
        assert_eq!(times.mean(), Some(Duration::from_micros(500_500)));
        assert_eq!(of([]).mean(), None);
    }

    #[test]
    fn what_is_longer_than_all_bounds_is_told_as_the_longest_of_them() {
        let week = 7 * 86_400_000;
        let times = of([week]);
        let longest = Duration::from_nanos(longest(RANGES - 1));
        assert_eq!(times.quantile(0.5), Some(longest));
        assert_eq!((times.len(), times.sum().as_millis()), (1, week.into()));
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
