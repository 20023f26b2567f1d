//! Which of the operators that share a prefix carries a number.
//!
//! Each of them draws a lot for each number, the same at all times and in every gateway; the best lot, by weight,
//! decides (weighted rendezvous hashing). So a subscriber's messages keep their operator while the weights stand
//! still, and when one operator's weight changes, numbers go to it or leave it, and no others move.

use xabar_events::Msisdn;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// One of the operators that carry a prefix.
#[derive(Clone, Copy, Debug)]
pub struct Carrier<T> {
    pub to: T,
    /// Its part of the numbers is its weight among all; of weight 0 it takes only what the others cannot.
    weight: u32,
    /// What its lots are drawn by.
    seed: u64,
}

impl<T: Copy> Carrier<T> {
    /// `name` decides on its lots.
    pub fn new(to: T, name: &str, weight: u32) -> Self {
        let seed = xxh3_64(name.as_bytes());
        Self { to, weight, seed }
    }

    pub(super) fn weighs_nothing(&self) -> bool {
        self.weight == 0
    }

    /// Smaller is better; with twice the weight half as large.
    fn lot(&self, msisdn: Msisdn, weight: f64) -> f64 {
        let hash = xxh3_64_with_seed(&msisdn.as_u64().to_be_bytes(), self.seed);
        // Evenly between 0 and 1, neither of them included.
        let even = ((hash >> 12) as f64 + 0.5) / (1_u64 << 52) as f64;
        -even.ln() / weight
    }
}

/// Who carries a number; `share` says what part of its weight each has now, from 0 to 1. If none has any, it is the one
/// that would if all were well.
pub(super) fn choose<T: Copy>(
    carriers: &[Carrier<T>],
    msisdn: Msisdn,
    share: impl Fn(T) -> f64,
) -> Option<T> {
    if let [only] = carriers {
        return Some(only.to);
    }
    let weighted = carriers.iter().filter(|it| it.weight > 0);
    let all: f64 = weighted.clone().map(|it| f64::from(it.weight)).sum();
    let best = weighted.map(|it| share(it.to)).fold(0.0, f64::max);
    let draw = |weight: &dyn Fn(&Carrier<T>) -> f64| {
        let lots = carriers.iter().filter_map(|it| {
            let weight = weight(it);
            (weight > 0.0).then(|| (it.lot(msisdn, weight), it.to))
        });
        let best = lots.min_by(|(one, _), (other, _)| one.total_cmp(other));
        best.map(|(_, to)| to)
    };
    let now = draw(&|it| {
        // What none of the others is well enough for.
        let spare = all * (1.0 - best);
        let weight = if it.weight > 0 {
            it.weight.into()
        } else {
            spare
        };
        weight * share(it.to)
    });
    // Where staff set the one to nothing, and then the file the other, they share as equals.
    now.or_else(|| draw(&|it| it.weight.into()))
        .or_else(|| draw(&|_| 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: u64 = 20_000;

    fn numbers() -> impl Iterator<Item = Msisdn> {
        (0..NUMBERS).map(|number| Msisdn::from_u64(998_930_000_000 + number).expect("a number"))
    }

    fn carriers(weights: &[u32]) -> Vec<Carrier<usize>> {
        let weights = weights.iter().enumerate();
        weights
            .map(|(to, weight)| Carrier::new(to, ["ucell", "beeline", "uzmobile"][to], *weight))
            .collect()
    }

    /// Who carries each number, while they have these parts of their weights.
    fn all(weights: &[u32], shares: &[f64]) -> Vec<usize> {
        let carriers = carriers(weights);
        let to = |msisdn| choose(&carriers, msisdn, |to| shares[to]).expect("an operator");
        numbers().map(to).collect()
    }

    /// Of a hundred numbers, how many each carries.
    fn percent(weights: &[u32], shares: &[f64]) -> Vec<u64> {
        let all = all(weights, shares);
        let of = |operator| all.iter().filter(|to| **to == operator).count() as u64;
        let round = |count: u64| (count * 100 + NUMBERS / 2) / NUMBERS;
        (0..weights.len()).map(|it| round(of(it))).collect()
    }

    #[test]
    fn numbers_are_split_by_weight() {
        assert_eq!(percent(&[1, 1], &[1.0, 1.0]), [50, 50]);
        assert_eq!(percent(&[5, 3, 2], &[1.0, 1.0, 1.0]), [50, 30, 20]);
        assert_eq!(percent(&[5, 5], &[1.0, 0.25]), [80, 20]);
    }

    #[test]
    fn when_one_weight_changes_no_number_moves_between_the_others() {
        let before = all(&[2, 1, 1], &[1.0, 1.0, 1.0]);
        for part in [0.0, 0.3, 0.9] {
            let after = all(&[2, 1, 1], &[part, 1.0, 1.0]);
            let moved = before
                .iter()
                .zip(&after)
                .filter(|(one, other)| one != other);
            let (mut from, mut others) = (0, 0);
            for (one, _) in moved {
                *if *one == 0 { &mut from } else { &mut others } += 1;
            }
            assert!(from > 0 && others == 0, "{part}: {from}, {others}");
        }
    }

    #[test]
    fn of_weight_0_it_takes_only_what_the_others_cannot() {
        assert_eq!(percent(&[2, 0, 2], &[1.0, 1.0, 1.0]), [50, 0, 50]);
        assert_eq!(percent(&[2, 0, 2], &[0.0, 1.0, 1.0]), [0, 0, 100]);
        assert_eq!(percent(&[2, 0, 2], &[0.0, 1.0, 0.0]), [0, 100, 0]);
        assert_eq!(percent(&[2, 0], &[0.3, 1.0]), [30, 70], "it comes back");
    }

    #[test]
    fn if_none_weighs_anything_they_share_as_equals() {
        assert_eq!(percent(&[0, 0], &[1.0, 1.0]), [50, 50]);
    }

    #[test]
    fn if_none_is_well_each_keeps_its_own() {
        let none = all(&[1, 0, 1], &[0.0, 0.0, 0.0]);
        assert_eq!(none, all(&[1, 0, 1], &[1.0, 1.0, 1.0]));
    }
}
