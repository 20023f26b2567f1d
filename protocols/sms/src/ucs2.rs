//! UCS-2 as it is used: UTF-16 in big-endian order, with surrogate pairs.
//!
//! Characters above U+FFFF (emoji among them) take two units. Phones that know only UCS-2
//! show two boxes for such a pair.

/// How many 16-bit units a character takes: 1, or 2 for a surrogate pair.
pub fn width(character: char) -> usize {
    character.len_utf16()
}

/// The length of a text in 16-bit units; it has twice as many octets.
pub fn len_units(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// Appends a text, two octets a unit.
pub fn encode(text: &str, octets: &mut Vec<u8>) {
    octets.reserve(2 * text.len());
    octets.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
}

/// Reads a text.
///
/// Lenient: half a surrogate pair and a lone last octet are U+FFFD each, but a lone NUL at the
/// end, which some SMSCs add, is dropped.
pub fn decode(octets: &[u8]) -> String {
    let (pairs, rest) = octets.as_chunks::<2>();
    let units = pairs.iter().map(|pair| u16::from_be_bytes(*pair));
    let characters = char::decode_utf16(units);
    let mut text: String = characters
        .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    if rest.iter().any(|&octet| octet != 0) {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(text: &str) -> Vec<u8> {
        let mut octets = Vec::new();
        encode(text, &mut octets);
        octets
    }

    #[test]
    fn units_are_big_endian() {
        assert_eq!(encoded("Ўa"), [0x04, 0x0E, 0x00, 0x61]);
    }

    #[test]
    fn an_emoji_is_a_surrogate_pair() {
        assert_eq!(encoded("😀"), [0xD8, 0x3D, 0xDE, 0x00]);
        assert_eq!(len_units("😀"), 2);
    }

    #[test]
    fn broken_texts_are_read_leniently() {
        assert_eq!(decode(&[0xD8, 0x3D, 0x00, 0x61]), "\u{FFFD}a");
        assert_eq!(decode(&[0x00, 0x61, 0xDE, 0x00]), "a\u{FFFD}");
        assert_eq!(decode(&[0x00, 0x61, 0x00]), "a");
        assert_eq!(decode(&[0x00, 0x61, 0x62]), "a\u{FFFD}");
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(text: String) {
            let octets = encoded(&text);
            prop_assert_eq!(octets.len(), 2 * len_units(&text));
            prop_assert_eq!(decode(&octets), text);
        }

        #[test]
        fn any_octets_are_read(octets: Vec<u8>) {
            prop_assert!(decode(&octets).chars().count() <= octets.len().div_ceil(2));
        }
    }
}
