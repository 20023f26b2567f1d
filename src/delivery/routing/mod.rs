//! Which operator carries a number.
//!
//! A ported number goes to the operator that it went to, by the file or by a lookup; any other by the longest prefix
//! that fits.

mod follow;
mod ported;
mod ported_file;

use std::sync::Arc;

use xabar_events::Msisdn;

pub use follow::PortedFile;
pub use ported::Ported;

/// The operators' prefixes, and the numbers that left them.
#[derive(Clone, Debug)]
pub struct Routes<T> {
    /// Longest first.
    prefixes: Vec<(Prefix, T)>,
    ported: Arc<Ported>,
    /// For each operator that numbers went to, what it is called here.
    ported_to: Vec<Option<T>>,
}

/// The first digits of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Prefix {
    value: u64,
    len_digits: u32,
}

impl<T: Copy> Routes<T> {
    /// Each prefix is digits of the international number, without `+`.
    pub fn new<'a>(prefixes: impl IntoIterator<Item = (&'a str, T)>) -> Self {
        let mut prefixes: Vec<_> = prefixes
            .into_iter()
            .filter_map(|(prefix, to)| Some((Prefix::read(prefix)?, to)))
            .collect();
        prefixes.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len_digits));
        Self {
            prefixes,
            ported: Arc::default(),
            ported_to: Vec::new(),
        }
    }

    /// From now on these are the ported numbers; `named` knows operators by their names.
    pub fn take_ported(&mut self, ported: Arc<Ported>, named: impl Fn(&str) -> Option<T>) {
        self.ported_to = ported.operators().map(named).collect();
        self.ported = ported;
    }

    /// Who carries this number, if anyone does. What a lookup gave holds over prefixes, and the file over both.
    pub fn route(&self, msisdn: Msisdn, looked_up: Option<T>) -> Option<T> {
        if let Some(to) = self.ported(msisdn).or(looked_up) {
            return Some(to);
        }
        let len_digits = msisdn.as_u64().checked_ilog10()? + 1;
        self.prefixes
            .iter()
            .find(|(prefix, _)| prefix.begins(msisdn, len_digits))
            .map(|(_, to)| *to)
    }

    fn ported(&self, msisdn: Msisdn) -> Option<T> {
        if self.ported_to.is_empty() {
            return None;
        }
        let to = self.ported_to.get(self.ported.operator_of(msisdn)?)?;
        *to
    }
}

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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(routes: &Routes<usize>, number: &str) -> Option<usize> {
        routes.route(number.parse().expect("a number"), None)
    }

    #[test]
    fn the_longest_prefix_wins() {
        let routes = Routes::new([("998", 0), ("99893", 1), ("998935", 2)]);
        assert_eq!(to(&routes, "998901234567"), Some(0));
        assert_eq!(to(&routes, "998931234567"), Some(1));
        assert_eq!(to(&routes, "998935234567"), Some(2));
        assert_eq!(to(&routes, "79031234567"), None);
        assert_eq!(to(&Routes::new([("998935234567", 3)]), "99893523"), None);
    }

    #[test]
    fn a_ported_number_goes_where_it_went_whatever_its_prefix() {
        let mut routes = Routes::new([("99893", 0), ("99890", 1)]);
        let number: Msisdn = "998931234567".parse().expect("a number");
        let stranger: Msisdn = "447700900123".parse().expect("a number");
        let rows = vec![(stranger, 1), (number, 0)];
        let ported = Ported::from_sorted(["beeline", "gone"], 2, rows.into_iter());
        routes.take_ported(Arc::new(ported), |name| (name == "beeline").then_some(1));
        assert_eq!(routes.route(number, None), Some(1));
        assert_eq!(to(&routes, "998931234568"), Some(0));
        assert_eq!(
            routes.route(stranger, None),
            None,
            "an operator that is not there"
        );
        routes.take_ported(Arc::default(), |_| None);
        assert_eq!(routes.route(number, None), Some(0));
    }

    #[test]
    fn what_a_lookup_gave_holds_over_prefixes_and_the_file_over_both() {
        let mut routes = Routes::new([("99893", 0), ("99890", 1)]);
        let number: Msisdn = "998931234567".parse().expect("a number");
        assert_eq!(routes.route(number, Some(2)), Some(2));
        let ported = Ported::from_sorted(["beeline"], 1, [(number, 0)].into_iter());
        routes.take_ported(Arc::new(ported), |_| Some(1));
        assert_eq!(routes.route(number, Some(2)), Some(1));
    }
}
