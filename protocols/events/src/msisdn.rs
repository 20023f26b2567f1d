//! The number of a citizen's phone.

use std::fmt;
use std::str::FromStr;

use crate::field::{Expected, Field};

/// A subscriber number in international form, as in E.164: country code first, never a leading
/// zero, at most 15 digits. E.164 names no shortest; 8 is that of the shortest mobile numbers in
/// use, and keeps out short codes and numbers without their country code's digits.
///
/// [`Display`](fmt::Display) and [`Debug`] mask it (`998*****4567`), so that it can stand in a log
/// line by accident; [`digits`](Self::digits) and [`as_u64`](Self::as_u64) are for the wire and
/// the journal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Msisdn(u64);

impl Msisdn {
    const MIN_DIGITS: usize = 8;
    const MAX_DIGITS: usize = 15;
    const MIN: u64 = 10_000_000;
    const MAX: u64 = 999_999_999_999_999;

    /// The number whose digits are those of `number`, if it can be one.
    pub const fn from_u64(number: u64) -> Option<Self> {
        if number >= Self::MIN && number <= Self::MAX {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The whole number, for storage.
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// All digits, without `+`, for the wire. Not for logs.
    pub fn digits(self) -> String {
        self.0.to_string()
    }

    /// What is left when nobody is to be called by it any more: zeros where the masked form hides digits, so that
    /// this stays as it was.
    #[must_use]
    pub fn veiled(self) -> Self {
        let veiled = self.with_hidden('0').parse().map(Self);
        veiled.unwrap_or(Self(Self::MIN))
    }

    fn with_hidden(self, sign: char) -> String {
        const FIRST: usize = 3;
        const HIDDEN: usize = 5;
        let digits = self.digits();
        let last = digits.len().saturating_sub(FIRST + HIDDEN).min(4);
        let hidden = FIRST..digits.len().saturating_sub(last);
        let digits = digits.chars().enumerate();
        digits
            .map(|(at, digit)| if hidden.contains(&at) { sign } else { digit })
            .collect()
    }
}

impl Field for Msisdn {
    const EXPECTED: &'static str =
        "8 to 15 digits in international form (E.164), with or without a leading +";

    fn read(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let plain = digits.bytes().all(|octet| octet.is_ascii_digit());
        let fits = (Self::MIN_DIGITS..=Self::MAX_DIGITS).contains(&digits.len());
        // A leading zero leaves a number that is smaller than its digits are many.
        if !plain || !fits || digits.starts_with('0') {
            return None;
        }
        digits.parse().ok().and_then(Self::from_u64)
    }
}

impl FromStr for Msisdn {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        Self::read(text).ok_or(Expected(Self::EXPECTED))
    }
}

/// Shows the first three and at most the last four digits, and hides at least five.
impl fmt::Display for Msisdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.with_hidden('*'))
    }
}

impl fmt::Debug for Msisdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Msisdn({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_international_numbers_with_or_without_plus() {
        for text in [
            "+998901234567",
            "998901234567",
            "29012345",
            "123456789012345",
        ] {
            let msisdn: Msisdn = text.parse().unwrap();
            assert_eq!(msisdn.digits(), text.trim_start_matches('+'));
            assert_eq!(Msisdn::from_u64(msisdn.as_u64()), Some(msisdn));
        }
    }

    #[test]
    fn a_veiled_number_is_shown_as_before_and_calls_nobody() {
        for text in ["998901234567", "29012345", "123456789012345"] {
            let msisdn: Msisdn = text.parse().unwrap();
            let veiled = msisdn.veiled();
            assert_eq!(veiled.to_string(), msisdn.to_string());
            assert_eq!(veiled.veiled(), veiled);
            assert_eq!(Msisdn::from_u64(veiled.as_u64()), Some(veiled));
        }
        let msisdn: Msisdn = "998901234567".parse().unwrap();
        assert_eq!(msisdn.veiled().digits(), "998000004567");
    }

    #[test]
    fn refuses_what_is_no_international_number() {
        let wrong = [
            "",
            "+",
            "++998901234567",
            "1234567",
            "1234567890123456",
            "0901234567",
            "00998901234567",
            "99890 1234567",
            "998-90-123-45-67",
            "99890123456a",
            "٩٩٨٩٠١٢٣٤٥٦٧",
            " 998901234567",
        ];
        for text in wrong {
            assert_eq!(
                text.parse::<Msisdn>(),
                Err(Expected(Msisdn::EXPECTED)),
                "{text}"
            );
        }
    }

    #[test]
    fn is_masked_wherever_it_is_shown() {
        for (number, shown) in [
            ("998901234567", "998*****4567"),
            ("12345678", "123*****"),
            ("12345678901", "123*****901"),
            ("123456789012345", "123********2345"),
        ] {
            let msisdn: Msisdn = number.parse().unwrap();
            assert_eq!(msisdn.to_string(), shown);
            assert_eq!(format!("{msisdn:?}"), format!("Msisdn({shown})"));
        }
    }
}
