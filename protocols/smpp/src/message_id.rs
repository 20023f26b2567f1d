//! The SMSC's names for messages, and why a receipt may spell one differently.
//!
//! A message id is a string of up to 64 characters. Some SMSCs pad it with zeros, change its
//! case, or write it in decimal in one place and in hexadecimal in the other. Which conversion to
//! try is the caller's choice: "10" is valid both ways.

use std::borrow::Cow;

/// How an operator writes ids in receipts, compared with its responses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdForm {
    /// The same way.
    #[default]
    Same,
    /// Hexadecimal in the response, decimal in the receipt.
    DecimalInReceipt,
    /// Decimal in the response, hexadecimal in the receipt.
    HexInReceipt,
}

/// The keys under which the message of a receipt may be found, the surest first.
///
/// If one key finds two messages, take none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupKeys<'a> {
    /// The id as it came; equal to the response's in most cases.
    pub exact: &'a str,
    /// Its [`folded`] form, to be compared with the folded form of the response's.
    pub folded: Cow<'a, str>,
    /// The folded form of what the configured conversion gives, if it gives anything.
    pub converted: Option<String>,
}

/// The keys for the id of a receipt.
pub fn lookup_keys(receipted_message_id: &str, form: IdForm) -> LookupKeys<'_> {
    let converted = match form {
        IdForm::Same => None,
        IdForm::DecimalInReceipt => decimal_to_hex(receipted_message_id),
        IdForm::HexInReceipt => hex_to_decimal(receipted_message_id),
    };
    LookupKeys {
        exact: receipted_message_id,
        folded: folded(receipted_message_id),
        converted,
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
pub fn decimal_to_hex(message_id: &str) -> Option<String> {
    Some(format!("{:X}", number(message_id, 10)?))
}

/// The same number in decimal without leading zeros; `None` if it is no hexadecimal number of at
/// most 128 bits.
pub fn hex_to_decimal(message_id: &str) -> Option<String> {
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

    /// Whether a receipt's id leads to a response's id, and by which key.
    fn found_by(response: &str, receipt: &str, form: IdForm) -> Option<&'static str> {
        let keys = lookup_keys(receipt, form);
        if keys.exact == response {
            return Some("exact");
        }
        if keys.folded == folded(response) {
            return Some("folded");
        }
        keys.converted
            .filter(|id| *id == folded(response))
            .map(|_| "converted")
    }

    #[test]
    fn known_pairs_of_response_and_receipt_meet() {
        use IdForm::{DecimalInReceipt, HexInReceipt, Same};
        let table = [
            ("38601fa", "38601fa", Same, Some("exact")),
            ("38601FA", "38601fa", Same, Some("folded")),
            ("4721953", "0004721953", Same, Some("folded")),
            ("38601fa", "0059113978", DecimalInReceipt, Some("converted")),
            ("59113978", "38601fa", HexInReceipt, Some("converted")),
            (
                "812FC7470000001B",
                "9308878062554710043",
                DecimalInReceipt,
                Some("converted"),
            ),
            ("38601fa", "59113978", Same, None),
            ("10", "16", Same, None),
            ("0", "000", Same, Some("folded")),
            ("", "0", Same, None),
            ("SAR-998901234567-1eedf843-2-1", "SAR-1", HexInReceipt, None),
            ("A", "+10", DecimalInReceipt, None),
        ];
        for (response, receipt, form, by) in table {
            assert_eq!(
                found_by(response, receipt, form),
                by,
                "{response} and {receipt}"
            );
        }
    }

    #[test]
    fn a_number_beyond_128_bits_is_left_alone() {
        assert_eq!(decimal_to_hex(&"9".repeat(40)), None);
        assert_eq!(hex_to_decimal(&"F".repeat(32)), Some(u128::MAX.to_string()));
        assert_eq!(hex_to_decimal(""), None);
    }
}
