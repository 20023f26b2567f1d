//! How an operator spells the ids of its receipts.

use xabar_smpp::message_id::Spelling;

/// How an operator spells the ids of its receipts: as configured, or as they have shown so far.
#[derive(Clone, Debug, Default)]
pub struct Spellings {
    configured: Option<Spelling>,
    same: u64,
    decimal_in_receipt: u64,
    hex_in_receipt: u64,
    /// Of these, the receipts that named their segment by our reference as well.
    by_reference: u64,
}

/// So many receipts in one spelling, and none in another, say how an operator spells.
pub const ENOUGH: u64 = 16;

impl Spellings {
    pub fn new(configured: Option<Spelling>) -> Self {
        Self {
            configured,
            ..Self::default()
        }
    }

    /// Whether nothing but the configured spelling counts.
    pub fn is_configured(&self) -> bool {
        self.configured.is_some()
    }

    /// How this operator spells ids, if that is configured or its receipts have shown it clearly: then nothing else
    /// need be looked up first.
    pub fn known(&self) -> Option<Spelling> {
        self.configured.or(self.learned())
    }

    /// What its receipts have shown clearly.
    fn learned(&self) -> Option<Spelling> {
        match (self.same, self.decimal_in_receipt, self.hex_in_receipt) {
            (ENOUGH.., 0, 0) => Some(Spelling::Same),
            (0, ENOUGH.., 0) => Some(Spelling::DecimalInReceipt),
            (0, 0, ENOUGH..) => Some(Spelling::HexInReceipt),
            _ => None,
        }
    }

    /// How many of the receipts that have shown it named their segment by our reference as well as by its id.
    pub fn by_reference(&self) -> u64 {
        self.by_reference
    }

    /// How receipts may write an id of a response, which is [stored](super::stored_id) so.
    pub fn in_receipts(&self, stored_id: &str) -> impl Iterator<Item = String> {
        let configured = self.configured;
        let other = configured.filter(|spelling| *spelling != Spelling::Same);
        // As it is only if a receipt that says so would not be read as another id.
        let as_it_is = other.filter(|spelling| spelling.in_response(stored_id).is_none());
        let spelled = Spelling::ALL.into_iter();
        let spelled = spelled.filter(move |it| configured.is_none_or(|only| only == *it));
        let spelled = spelled.filter_map(|spelling| spelling.in_receipt(stored_id));
        let as_it_is = as_it_is.map(|_| stored_id.to_owned());
        as_it_is.into_iter().chain(spelled)
    }

    /// Takes the one segment that a receipt speaks of, out of those that await one under its
    /// candidates and were sent to its subscriber: the one that it names by our reference as well, if it does, or else by
    /// how the operator is known to spell.
    pub fn choose<T>(
        &mut self,
        mut fitting: Vec<(Spelling, T)>,
        is_named: impl Fn(&T) -> bool,
    ) -> Option<T> {
        let mut named = (0..).zip(&fitting).filter(|(_, (_, it))| is_named(it));
        if let (Some((place, _)), None) = (named.next(), named.next()) {
            let (spelling, chosen) = fitting.swap_remove(place);
            *self.seen(spelling) += 1;
            self.by_reference += 1;
            return Some(chosen);
        }
        if fitting.len() > 1 {
            let best = fitting
                .iter()
                .map(|(spelling, _)| *self.seen(*spelling))
                .max()?;
            fitting.retain(|(spelling, _)| *self.seen(*spelling) == best);
            return if fitting.len() == 1 {
                fitting.pop().map(|(_, chosen)| chosen)
            } else {
                None
            };
        }
        let (spelling, chosen) = fitting.pop()?;
        *self.seen(spelling) += 1;
        Some(chosen)
    }

    fn seen(&mut self, spelling: Spelling) -> &mut u64 {
        match spelling {
            Spelling::Same => &mut self.same,
            Spelling::DecimalInReceipt => &mut self.decimal_in_receipt,
            Spelling::HexInReceipt => &mut self.hex_in_receipt,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_is_valid_both_ways_is_taken_as_the_operator_is_known_to_spell_it() {
        let mut spellings = Spellings::default();
        let both = || vec![(Spelling::Same, 1), (Spelling::DecimalInReceipt, 2)];
        let mut choose = |fitting| spellings.choose(fitting, |_| false);
        assert_eq!(choose(both()), None);
        assert_eq!(choose(vec![(Spelling::DecimalInReceipt, 7)]), Some(7));
        assert_eq!(choose(both()), Some(2));
        assert_eq!(spellings.by_reference(), 0);
    }

    #[test]
    fn of_two_that_fit_the_one_with_our_reference_is_taken_and_shows_the_spelling() {
        let mut spellings = Spellings::default();
        let both = || vec![(Spelling::Same, 1), (Spelling::HexInReceipt, 2)];
        assert_eq!(spellings.choose(both(), |_| true), None, "it names both");
        for _ in 0..ENOUGH {
            assert_eq!(spellings.known(), None);
            assert_eq!(spellings.choose(both(), |it| *it == 2), Some(2));
        }
        assert_eq!(spellings.known(), Some(Spelling::HexInReceipt));
        assert_eq!(spellings.by_reference(), ENOUGH);
    }

    #[test]
    fn an_id_is_sought_in_receipts_as_configured_and_as_it_is_where_it_cannot_be_spelled_so() {
        use Spelling::{DecimalInReceipt, HexInReceipt, Same};
        let written = |configured, id| {
            let spellings = Spellings::new(configured);
            spellings.in_receipts(id).collect::<Vec<_>>()
        };
        assert_eq!(written(None, "38601FA"), ["38601FA", "59113978"]);
        assert_eq!(written(None, "16"), ["16", "22", "10"]);
        assert_eq!(written(Some(Same), "16"), ["16"]);
        assert_eq!(written(Some(DecimalInReceipt), "16"), ["22"]);
        assert_eq!(written(Some(HexInReceipt), "38601FA"), ["38601FA"; 0]);
        for spelling in Spelling::ALL {
            assert_eq!(written(Some(spelling), "SAR-1-2"), ["SAR-1-2"]);
        }
    }
}
