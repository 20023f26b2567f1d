//! Which operator carries a number.
//!
//! A ported number goes to the operator that it went to, by the file or by a lookup; any other by the longest prefix
//! that fits. Operators of the same prefix share its numbers.

mod split;

use std::sync::Arc;

use xabar_events::Msisdn;

pub use split::Carrier;

use crate::numbers::Numbers;

/// The operators' prefixes, and the numbers that left them.
#[derive(Clone, Debug)]
pub struct Routes<T> {
    /// Longest first, each with all that carry it.
    prefixes: Vec<(Prefix, Vec<Carrier<T>>)>,
    ported: Arc<Numbers>,
    /// For each operator that numbers went to, what it is called here.
    ported_to: Vec<Option<T>>,
}

/// The first digits of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Prefix {
    value: u64,
    len_digits: u32,
}

impl<T: Copy + PartialEq> Routes<T> {
    /// Each prefix is digits of the international number, without `+`.
    pub fn new<'a>(carried: impl IntoIterator<Item = (&'a str, Carrier<T>)>) -> Self {
        let mut prefixes: Vec<(Prefix, Vec<Carrier<T>>)> = Vec::new();
        for (prefix, carrier) in carried {
            let Some(prefix) = Prefix::read(prefix) else {
                continue;
            };
            match prefixes.iter_mut().find(|(known, _)| *known == prefix) {
                Some((_, carriers)) => carriers.push(carrier),
                None => prefixes.push((prefix, vec![carrier])),
            }
        }
        prefixes.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len_digits));
        Self {
            prefixes,
            ported: Arc::default(),
            ported_to: Vec::new(),
        }
    }

    /// From now on these are the ported numbers; `named` knows operators by their names.
    pub fn take_ported(&mut self, ported: Arc<Numbers>, named: impl Fn(&str) -> Option<T>) {
        self.ported_to = ported.labels().map(named).collect();
        self.ported = ported;
    }

    /// Who carries this number, if anyone does. What a lookup gave holds over prefixes, and the file over both. Where
    /// several may, `share` says what part of its weight each has now, from 0 to 1.
    pub fn route(
        &self,
        msisdn: Msisdn,
        looked_up: Option<T>,
        share: impl Fn(T) -> f64,
    ) -> Option<T> {
        self.ported(msisdn)
            .or(looked_up)
            .or_else(|| split::choose(self.carriers(msisdn), msisdn, share))
    }

    /// Whether an operator is the one that carries this number, or one of several.
    pub fn carries(&self, to: T, msisdn: Msisdn) -> bool {
        match self.ported(msisdn) {
            Some(ported) => ported == to,
            None => self.carriers(msisdn).iter().any(|it| it.to == to),
        }
    }

    /// Whether an operator shares numbers with another.
    pub fn is_shared(&self, to: T) -> bool {
        let mut shared = self.prefixes.iter().filter(|(_, all)| all.len() > 1);
        shared.any(|(_, all)| all.iter().any(|it| it.to == to))
    }

    /// Whether of those that share some numbers none has a weight.
    pub fn is_any_nobodys(&self) -> bool {
        let mut shared = self.prefixes.iter().filter(|(_, all)| all.len() > 1);
        shared.any(|(_, all)| all.iter().all(Carrier::weighs_nothing))
    }

    /// All that carry a number that is not ported.
    fn carriers(&self, msisdn: Msisdn) -> &[Carrier<T>] {
        let len_digits = msisdn.as_u64().checked_ilog10().map_or(0, |it| it + 1);
        let mut prefixes = self.prefixes.iter();
        let longest = prefixes.find(|(prefix, _)| prefix.begins(msisdn, len_digits));
        longest.map_or(&[], |(_, carriers)| carriers)
    }

    /// The numbers that one written without its country may be, by the prefixes of all operators.
    pub fn with_country(&self, national: &str) -> Vec<Msisdn> {
        let prefixes = self.prefixes.iter();
        let mut numbers: Vec<Msisdn> = prefixes
            .flat_map(|(prefix, _)| prefix.completing(national))
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    fn ported(&self, msisdn: Msisdn) -> Option<T> {
        if self.ported_to.is_empty() {
            return None;
        }
        let to = self.ported_to.get(self.ported.label_of(msisdn)?)?;
        *to
    }
}

/// Digits of the longest country codes (ITU-T E.164).
const LONGEST_COUNTRY_CODE: usize = 3;

impl Prefix {
    fn read(digits: &str) -> Option<Self> {
        Some(Self {
            value: digits.parse().ok()?,
            len_digits: digits.len().try_into().ok()?,
        })
    }

    /// Whether a number of so many digits begins with it.
    fn begins(self, msisdn: Msisdn, len_digits: u32) -> bool {
        let rest = len_digits.checked_sub(self.len_digits);
        let rest = rest.and_then(|rest| 10_u64.checked_pow(rest));
        rest.is_some_and(|rest| msisdn.as_u64() / rest == self.value)
    }

    /// The numbers that begin with it and end in these digits, of which only the country may be missing: none of digits
    /// that begin with it as they are.
    fn completing(self, national: &str) -> impl Iterator<Item = Msisdn> {
        let digits = self.value.to_string();
        let misses_none = national.starts_with(&digits);
        (1..=LONGEST_COUNTRY_CODE).filter_map(move |country| {
            let (country, rest) = digits.split_at_checked(country)?;
            let is_whole = national.starts_with(rest) && !misses_none;
            is_whole.then(|| format!("{country}{national}").parse().ok())?
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Operators that are called by numbers.
    fn routes<const N: usize>(carried: [(&str, usize); N]) -> Routes<usize> {
        let carrier = |to: usize| Carrier::new(to, &to.to_string(), 1);
        Routes::new(carried.map(|(prefix, to)| (prefix, carrier(to))))
    }

    fn to(routes: &Routes<usize>, number: &str) -> Option<usize> {
        routes.route(number.parse().expect("a number"), None, |_| 1.0)
    }

    #[test]
    fn the_longest_prefix_wins() {
        let some = routes([("998", 0), ("99893", 1), ("998935", 2)]);
        assert_eq!(to(&some, "998901234567"), Some(0));
        assert_eq!(to(&some, "998931234567"), Some(1));
        assert_eq!(to(&some, "998935234567"), Some(2));
        assert_eq!(to(&some, "79031234567"), None);
        assert_eq!(to(&routes([("998935234567", 3)]), "99893523"), None);
    }

    #[test]
    fn a_national_number_is_completed_by_the_prefixes_that_it_may_have() {
        let routes = routes([("99893", 0), ("99890", 1), ("7", 2)]);
        let whole = |national| {
            let numbers = routes.with_country(national).into_iter();
            numbers.map(Msisdn::digits).collect::<Vec<_>>()
        };
        assert_eq!(whole("901234567"), ["7901234567", "998901234567"]);
        assert_eq!(whole("551234567"), ["7551234567"]);
        assert_eq!(whole("998931234567123"), [""; 0], "too long");
        assert_eq!(whole("7901234567"), [""; 0], "7 is its country");
    }

    #[test]
    fn operators_of_the_longest_prefix_share_its_numbers() {
        let routes = routes([("998", 0), ("99893", 1), ("99893", 2)]);
        let numbers = (0..100).map(|it| format!("9989312345{it:02}"));
        let carried: Vec<_> = numbers.filter_map(|it| to(&routes, &it)).collect();
        assert!(carried.contains(&1) && carried.contains(&2) && !carried.contains(&0));
        let number = "998931234567".parse().expect("a number");
        assert_eq!(
            [0, 1, 2].map(|it| routes.carries(it, number)),
            [false, true, true]
        );
        assert_eq!(
            [0, 1, 2].map(|it| routes.is_shared(it)),
            [false, true, true]
        );
    }

    #[test]
    fn a_ported_number_goes_where_it_went_whatever_its_prefix() {
        let mut routes = routes([("99893", 0), ("99890", 1)]);
        let number: Msisdn = "998931234567".parse().expect("a number");
        let stranger = "447700900123";
        let rows = vec![(stranger.parse().expect("a number"), 1), (number, 0)];
        let ported = Numbers::from_sorted(["beeline", "gone"], 2, rows.into_iter());
        routes.take_ported(Arc::new(ported), |name| (name == "beeline").then_some(1));
        assert_eq!(routes.route(number, None, |_| 1.0), Some(1));
        assert!(routes.carries(1, number) && !routes.carries(0, number));
        assert_eq!(to(&routes, "998931234568"), Some(0));
        assert_eq!(to(&routes, stranger), None, "an operator that is not there");
        routes.take_ported(Arc::default(), |_| None);
        assert_eq!(routes.route(number, None, |_| 1.0), Some(0));
    }

    #[test]
    fn what_a_lookup_gave_holds_over_prefixes_and_the_file_over_both() {
        let mut routes = routes([("99893", 0), ("99890", 1)]);
        let number: Msisdn = "998931234567".parse().expect("a number");
        assert_eq!(routes.route(number, Some(2), |_| 1.0), Some(2));
        let ported = Numbers::from_sorted(["beeline"], 1, [(number, 0)].into_iter());
        routes.take_ported(Arc::new(ported), |_| Some(1));
        assert_eq!(routes.route(number, Some(2), |_| 1.0), Some(1));
    }
}
