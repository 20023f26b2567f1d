//! Which operator carries a number.

use xabar_events::Msisdn;

/// The operators' prefixes; the longest that fits wins.
#[derive(Clone, Debug)]
pub struct Routes<T> {
    /// (prefix, operator), longest first.
    prefixes: Vec<(Box<str>, T)>,
}

impl<T: Copy> Routes<T> {
    /// Each prefix is digits of the international number, without `+`.
    pub fn new<'a>(prefixes: impl IntoIterator<Item = (&'a str, T)>) -> Self {
        let mut prefixes: Vec<_> = prefixes
            .into_iter()
            .map(|(prefix, to)| (prefix.into(), to))
            .collect();
        prefixes.sort_by(|(one, _): &(Box<str>, T), (other, _)| {
            other.len().cmp(&one.len()).then(one.cmp(other))
        });
        Self { prefixes }
    }

    /// Who carries this number, if anyone does.
    pub fn route(&self, msisdn: Msisdn) -> Option<T> {
        let digits = msisdn.digits();
        self.prefixes
            .iter()
            .find(|(prefix, _)| digits.starts_with(&**prefix))
            .map(|(_, to)| *to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_wins() {
        let routes = Routes::new([("998", 0), ("99893", 1), ("998935", 2)]);
        let to = |number: &str| routes.route(number.parse().expect("a number"));
        assert_eq!(to("998901234567"), Some(0));
        assert_eq!(to("998931234567"), Some(1));
        assert_eq!(to("998935234567"), Some(2));
        assert_eq!(to("79031234567"), None);
    }
}
