//! The SMSC's names for messages, and why a receipt may spell one differently.
//!
//! A message id is a string of up to 64 characters. Some SMSCs pad it with zeros, change its
//! case, or write it in decimal in one place and in hexadecimal in the other. Which spelling to
//! try is the caller's choice: "10" is valid both ways. Ids are compared in their [`folded`] form.

use std::borrow::Cow;
use std::fmt;

/// How an SMSC writes ids in receipts, compared with its responses; case and leading zeros apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// The same way.
    Same,
    /// Hexadecimal in the response, decimal in the receipt.
    DecimalInReceipt,
    /// Decimal in the response, hexadecimal in the receipt.
    HexInReceipt,
}

impl Spelling {
    /// All there are, the usual one first.
    pub const ALL: [Self; 3] = [Self::Same, Self::DecimalInReceipt, Self::HexInReceipt];

    /// The id of the response, [`folded`], to which a receipt with this one belongs; `None` if that
    /// cannot be spelled so.
    pub fn in_response(self, receipted_message_id: &str) -> Option<String> {
        match self {
            Self::Same => Some(folded(receipted_message_id).into_owned()),
            Self::DecimalInReceipt => decimal_to_hex(receipted_message_id),
            Self::HexInReceipt => hex_to_decimal(receipted_message_id),
        }
    }

    /// How a receipt writes, [`folded`], the id of a response; `None` if that cannot be spelled so.
    pub fn in_receipt(self, message_id: &str) -> Option<String> {
        match self {
            Self::Same => Some(folded(message_id).into_owned()),
            Self::DecimalInReceipt => hex_to_decimal(message_id),
            Self::HexInReceipt => decimal_to_hex(message_id),
        }
    }

    /// How receipts write ids, in a word: `same`, `decimal` or `hex`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::DecimalInReceipt => "decimal",
            Self::HexInReceipt => "hex",
        }
    }
}

/// The [`name`](Spelling::name).
impl fmt::Display for Spelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The id in upper case without leading zeros, under which to keep the id of a response.
pub fn folded(message_id: &str) -> Cow<'_, str> {
    let trimmed = match message_id.trim_start_matches('0') {
        "" => message_id
            .get(message_id.len().saturating_sub(1)..)
            .unwrap_or_default(),
        trimmed => trimmed,
    };
    if trimmed.contains(|character: char| character.is_ascii_lowercase()) {
        return Cow::Owned(trimmed.to_ascii_uppercase());
    }
    Cow::Borrowed(trimmed)
}

/// The same number in hexadecimal, upper case without leading zeros; `None` if it is no decimal
/// number of at most 128 bits.
fn decimal_to_hex(message_id: &str) -> Option<String> {
    Some(format!("{:X}", number(message_id, 10)?))
}

/// The same number in decimal without leading zeros; `None` if it is no hexadecimal number of at
/// most 128 bits.
fn hex_to_decimal(message_id: &str) -> Option<String> {
    Some(number(message_id, 16)?.to_string())
}

/// `from_str_radix` would take a sign as well.
fn number(text: &str, radix: u32) -> Option<u128> {
    if !text.chars().all(|character| character.is_digit(radix)) {
        return None;
    }
    u128::from_str_radix(text, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_pairs_of_response_and_receipt_meet() {
        use Spelling::{DecimalInReceipt, HexInReceipt, Same};
        let table = [
            ("38601fa", "38601fa", Same, true),
            ("38601FA", "38601fa", Same, true),
            ("4721953", "0004721953", Same, true),
            ("38601fa", "0059113978", DecimalInReceipt, true),
            ("59113978", "38601fa", HexInReceipt, true),
            (
                "812FC7470000001B",
                "9308878062554710043",
                DecimalInReceipt,
                true,
            ),
            ("38601fa", "59113978", Same, false),
            ("10", "16", Same, false),
            ("0", "000", Same, true),
            ("", "0", Same, false),
            (
                "SAR-998901234567-1eedf843-2-1",
                "SAR-1",
                HexInReceipt,
                false,
            ),
            ("A", "+10", DecimalInReceipt, false),
        ];
        for (response, receipt, spelling, meet) in table {
            let sought = spelling.in_response(receipt);
            let met = sought.is_some_and(|id| id == folded(response));
            assert_eq!(met, meet, "{response} and {receipt}");
            let written = spelling.in_receipt(response);
            let met = written.is_some_and(|id| id == folded(receipt));
            assert_eq!(met, meet, "{response} and {receipt}, the other way round");
        }
    }

    #[test]
    fn a_number_beyond_128_bits_is_left_alone() {
        assert_eq!(decimal_to_hex(&"9".repeat(40)), None);
        assert_eq!(hex_to_decimal(&"F".repeat(32)), Some(u128::MAX.to_string()));
        assert_eq!(hex_to_decimal(""), None);
    }
}
