//! Medians and percentiles.

/// Of several runs: the one in the middle, and how far they lie apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Spread {
    /// All zero if there are no values.
    pub(super) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let sorted = sorted(values);
        let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
        let middle = sorted.len() / 2;
        let median = match sorted.len() % 2 {
            0 if middle > 0 => f64::midpoint(at(middle - 1), at(middle)),
            _ => at(middle),
        };
        Self {
            median,
            least: at(0),
            most: at(sorted.len().saturating_sub(1)),
        }
    }
}

impl Spread {
    pub(super) fn map(self, to: impl Fn(f64) -> f64) -> Self {
        Self {
            median: to(self.median),
            least: to(self.least),
            most: to(self.most),
        }
    }
}

/// Values in order, to be asked for percentiles.
#[derive(Clone, Debug)]
pub(super) struct Percentiles(Vec<f64>);

impl Percentiles {
    pub(super) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        Self(sorted(values))
    }

    /// The least value that so many of a thousand do not exceed; 0 if there are none.
    pub(super) fn per_mille(&self, of_a_thousand: usize) -> f64 {
        let rank = (self.0.len() * of_a_thousand).div_ceil(1000);
        let value = self.0.get(rank.saturating_sub(1));
        value.copied().unwrap_or_default()
    }
}

fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_stands_in_the_middle() {
        let spread = Spread::of([5.0, 1.0, 3.0]);
        assert_eq!(
            spread,
            Spread {
                median: 3.0,
                least: 1.0,
                most: 5.0
            }
        );
        assert_eq!(Spread::of([4.0, 1.0, 2.0, 3.0]).median, 2.5);
        assert_eq!(Spread::of([7.0]).median, 7.0);
        assert_eq!(Spread::of([]).most, 0.0);
    }

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let percentiles = Percentiles::of((1..=1000).rev().map(f64::from));
        assert_eq!(percentiles.per_mille(500), 500.0);
        assert_eq!(percentiles.per_mille(990), 990.0);
        assert_eq!(percentiles.per_mille(999), 999.0);
        let few = Percentiles::of([10.0, 20.0, 30.0]);
        assert_eq!(few.per_mille(500), 20.0);
        assert_eq!(few.per_mille(999), 30.0);
        assert_eq!(Percentiles::of([]).per_mille(500), 0.0);
    }
}
