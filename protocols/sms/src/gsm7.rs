//! The GSM 03.38 alphabet: septets and back, unpacked and packed.
//!
//! SMPP carries septets *unpacked*, one in each octet with bit 7 zero, and the SMSC packs them.
//! [`pack`] and [`unpack`] are for the few SMSCs that want 8 septets in 7 octets from us.
//! Source: 3GPP TS 23.038, 6.1.2.1 (packing), 6.2.1 (default alphabet and extension table).

/// The septet that announces a letter of the extension table.
pub const ESC: u8 = 0x1B;

/// The default alphabet by septet. The place of [`ESC`] holds a space, which is what a phone
/// without the extension table shows for it.
#[rustfmt::skip]
pub const DEFAULT: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å',
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', ' ', 'Æ', 'æ', 'ß', 'É',
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§',
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

/// The extension table: the septet after [`ESC`], and its letter.
pub const EXTENSION: [(u8, char); 10] = [
    (0x0A, '\u{0C}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2F, '\\'),
    (0x3C, '['),
    (0x3D, '~'),
    (0x3E, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

/// How one character is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// One septet of the default alphabet.
    Default(u8),
    /// Two septets: [`ESC`], then this one.
    Extension(u8),
}

/// The septets of a character, or `None` if it is not in the alphabet.
pub fn code(character: char) -> Option<Code> {
    let point = usize::try_from(u32::from(character)).unwrap_or(usize::MAX);
    match LATIN1.get(point) {
        Some(code) => *code,
        None => beyond_latin1(character),
    }
}

/// How many septets a character takes: 1, 2, or `None` if it is not in the alphabet.
pub fn width(character: char) -> Option<usize> {
    match code(character)? {
        Code::Default(_) => Some(1),
        Code::Extension(_) => Some(2),
    }
}

/// The length of a text in septets, or `None` if one of its characters is not in the alphabet.
pub fn len_septets(text: &str) -> Option<usize> {
    text.chars()
        .try_fold(0, |sum, character| Some(sum + width(character)?))
}

/// The first character of a text that the alphabet does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("U+{:04X} is not in the GSM 03.38 alphabet", u32::from(*.0))]
pub struct NotInAlphabet(pub char);

/// Appends the unpacked septets of a text, one an octet.
///
/// # Errors
/// Names the first character outside the alphabet; what stands before it has been appended.
pub fn encode(text: &str, septets: &mut Vec<u8>) -> Result<(), NotInAlphabet> {
    septets.reserve(text.len());
    for character in text.chars() {
        match code(character).ok_or(NotInAlphabet(character))? {
            Code::Default(septet) => septets.push(septet),
            Code::Extension(septet) => septets.extend([ESC, septet]),
        }
    }
    Ok(())
}

/// Reads unpacked septets.
///
/// Lenient: after ESC an unknown septet is the letter of the default alphabet, ESC ESC is a
/// space, an ESC at the end is dropped, and an octet with bit 7 set is U+FFFD.
pub fn decode(septets: &[u8]) -> String {
    let mut text = String::with_capacity(septets.len());
    let mut rest = septets.iter();
    while let Some(&septet) = rest.next() {
        if septet == ESC {
            text.extend(rest.next().map(|&next| extension_letter(next)));
        } else {
            text.push(default_letter(septet));
        }
    }
    text
}

/// The bits to skip so that packed septets after a header of so many octets, UDHL included,
/// start on a septet boundary (3GPP TS 23.040, 9.2.3.24).
pub fn fill_bits(header_octets: usize) -> u8 {
    // An octet is a septet and one bit, so each octet of the header moves the boundary by one.
    let past_boundary = u8::try_from(header_octets % 7).unwrap_or(0);
    (7 - past_boundary) % 7
}

/// Appends septets packed 8 into 7 octets, after `fill_bits` zero bits (0 to 6).
///
/// The last octet is padded with zeros. Seven of those look like an `@`: a reader needs the
/// number of septets, see [`unpack`].
pub fn pack(septets: &[u8], fill_bits: u8, octets: &mut Vec<u8>) {
    let mut bits = 0_u32;
    let mut len_bits = u32::from(fill_bits % 7);
    for septet in septets {
        bits |= u32::from(septet & 0x7F) << len_bits;
        len_bits += 7;
        if len_bits >= 8 {
            octets.push(low_octet(bits));
            bits >>= 8;
            len_bits -= 8;
        }
    }
    if len_bits > 0 {
        octets.push(low_octet(bits));
    }
}

/// Reads packed septets after `fill_bits` bits (0 to 6): as many as there are, at most
/// `len_septets`.
///
/// SMPP tells only the octets. With `None` a last septet that may be padding (zero, or the CR
/// of 3GPP TS 23.038, 6.1.2.3.1) is dropped.
pub fn unpack(octets: &[u8], fill_bits: u8, len_septets: Option<usize>) -> Vec<u8> {
    let fill_bits = usize::from(fill_bits % 7);
    let len_bits = (octets.len() * 8).saturating_sub(fill_bits);
    let most = len_septets.unwrap_or(usize::MAX);
    let mut septets: Vec<u8> = Bits::after(octets, fill_bits).take(most).collect();
    let may_be_padding = len_septets.is_none() && len_bits.is_multiple_of(7);
    if may_be_padding && matches!(septets.last(), Some(0 | b'\r')) {
        septets.pop();
    }
    septets
}

/// Cuts octets into septets, the lowest bit first.
struct Bits<'a> {
    octets: std::slice::Iter<'a, u8>,
    bits: u32,
    len_bits: usize,
}

impl<'a> Bits<'a> {
    fn after(octets: &'a [u8], fill_bits: usize) -> Self {
        let mut octets = octets.iter();
        let first = octets.next();
        let bits = first.map_or(0, |octet| u32::from(*octet) >> fill_bits);
        let len_bits = first.map_or(0, |_| 8 - fill_bits);
        Self {
            octets,
            bits,
            len_bits,
        }
    }
}

impl Iterator for Bits<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        if self.len_bits < 7 {
            self.bits |= u32::from(*self.octets.next()?) << self.len_bits;
            self.len_bits += 8;
        }
        let septet = low_octet(self.bits) & 0x7F;
        self.bits >>= 7;
        self.len_bits -= 7;
        Some(septet)
    }
}

fn low_octet(bits: u32) -> u8 {
    let [low, ..] = bits.to_le_bytes();
    low
}

fn default_letter(septet: u8) -> char {
    let letter = DEFAULT.get(usize::from(septet));
    letter.copied().unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn extension_letter(septet: u8) -> char {
    let entry = EXTENSION.iter().find(|(code, _)| *code == septet);
    entry.map_or_else(|| default_letter(septet), |(_, letter)| *letter)
}

/// The letters above U+00FF: ten Greek capitals that do not look like Latin ones, and the euro.
fn beyond_latin1(character: char) -> Option<Code> {
    Some(match character {
        'Δ' => Code::Default(0x10),
        'Φ' => Code::Default(0x12),
        'Γ' => Code::Default(0x13),
        'Λ' => Code::Default(0x14),
        'Ω' => Code::Default(0x15),
        'Π' => Code::Default(0x16),
        'Ψ' => Code::Default(0x17),
        'Σ' => Code::Default(0x18),
        'Θ' => Code::Default(0x19),
        'Ξ' => Code::Default(0x1A),
        '€' => Code::Extension(0x65),
        _ => return None,
    })
}

/// The codes of U+0000 to U+00FF, made from the two tables above.
static LATIN1: [Option<Code>; 256] = latin1_codes();

#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "evaluated while compiling, where a wrong index is an error; a septet fits a u8"
)]
const fn latin1_codes() -> [Option<Code>; 256] {
    let mut codes = [None; 256];
    let mut septet = 0;
    while septet < DEFAULT.len() {
        let point = DEFAULT[septet] as usize;
        if point < codes.len() && septet != ESC as usize {
            codes[point] = Some(Code::Default(septet as u8));
        }
        septet += 1;
    }
    let mut entry = 0;
    while entry < EXTENSION.len() {
        let (septet, letter) = EXTENSION[entry];
        if (letter as usize) < codes.len() {
            codes[letter as usize] = Some(Code::Extension(septet));
        }
        entry += 1;
    }
    codes
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Any text over the alphabet, the extension table included.
    pub(crate) fn gsm_text(most: usize) -> impl Strategy<Value = String> {
        let mut letters: Vec<char> = DEFAULT.to_vec();
        letters.extend(EXTENSION.map(|(_, letter)| letter));
        let letter = proptest::sample::select(letters);
        proptest::collection::vec(letter, 0..most).prop_map(String::from_iter)
    }

    fn encoded(text: &str) -> Vec<u8> {
        let mut septets = Vec::new();
        encode(text, &mut septets).unwrap();
        septets
    }

    fn packed(septets: &[u8], fill_bits: u8) -> Vec<u8> {
        let mut octets = Vec::new();
        pack(septets, fill_bits, &mut octets);
        octets
    }

    /// 3GPP TS 23.038, 6.2.1, by code point rather than by letter.
    #[test]
    fn letters_beyond_ascii_stand_where_the_specification_puts_them() {
        let expected: [(u8, u32); 44] = [
            (0x00, 0x40),
            (0x01, 0xA3),
            (0x02, 0x24),
            (0x03, 0xA5),
            (0x04, 0xE8),
            (0x05, 0xE9),
            (0x06, 0xF9),
            (0x07, 0xEC),
            (0x08, 0xF2),
            (0x09, 0xC7),
            (0x0A, 0x0A),
            (0x0B, 0xD8),
            (0x0C, 0xF8),
            (0x0D, 0x0D),
            (0x0E, 0xC5),
            (0x0F, 0xE5),
            (0x10, 0x394),
            (0x11, 0x5F),
            (0x12, 0x3A6),
            (0x13, 0x393),
            (0x14, 0x39B),
            (0x15, 0x3A9),
            (0x16, 0x3A0),
            (0x17, 0x3A8),
            (0x18, 0x3A3),
            (0x19, 0x398),
            (0x1A, 0x39E),
            (0x1C, 0xC6),
            (0x1D, 0xE6),
            (0x1E, 0xDF),
            (0x1F, 0xC9),
            (0x24, 0xA4),
            (0x40, 0xA1),
            (0x5B, 0xC4),
            (0x5C, 0xD6),
            (0x5D, 0xD1),
            (0x5E, 0xDC),
            (0x5F, 0xA7),
            (0x60, 0xBF),
            (0x7B, 0xE4),
            (0x7C, 0xF6),
            (0x7D, 0xF1),
            (0x7E, 0xFC),
            (0x7F, 0xE0),
        ];
        for (septet, point) in expected {
            let letter = char::from_u32(point).unwrap();
            assert_eq!(code(letter), Some(Code::Default(septet)), "{letter}");
            assert_eq!(decode(&[septet]), letter.to_string());
        }
    }

    #[test]
    fn ascii_stands_for_itself_but_for_thirteen() {
        let moved: String = (0x20..0x7F_u8)
            .filter(|&octet| code(char::from(octet)) != Some(Code::Default(octet)))
            .map(char::from)
            .collect();
        assert_eq!(moved, "$@[\\]^_`{|}~");
        assert_eq!(code('`'), None);
    }

    #[test]
    fn extension_letters_take_two_septets() {
        let text = "\u{0C}^{}\\[~]|€";
        let septets = [
            0x0A, 0x14, 0x28, 0x29, 0x2F, 0x3C, 0x3D, 0x3E, 0x40, 0x65_u8,
        ];
        let expected: Vec<u8> = septets.iter().flat_map(|&septet| [ESC, septet]).collect();
        assert_eq!(encoded(text), expected);
        assert_eq!(len_septets(text), Some(20));
        assert_eq!(decode(&expected), text);
    }

    #[test]
    fn what_the_alphabet_lacks_is_named() {
        for letter in "`áíóúç«»–—“”‘’№ўЖΑΒ\t\u{1B}\u{A0}".chars() {
            assert_eq!(code(letter), None, "{letter}");
        }
        assert_eq!(
            encode("so'm ‘", &mut Vec::new()),
            Err(NotInAlphabet('\u{2018}'))
        );
    }

    #[test]
    fn unknown_escapes_are_read_leniently() {
        assert_eq!(decode(&[ESC, b'a']), "a");
        assert_eq!(decode(&[b'x', ESC, ESC, b'y']), "x y");
        assert_eq!(decode(&[b'x', ESC]), "x");
        assert_eq!(decode(&[0xC1, ESC, 0xFF]), "\u{FFFD}\u{FFFD}");
    }

    /// The classic example, as in the Wikipedia article on GSM 03.38 and many codecs' tests.
    #[test]
    fn hellohello_packs_into_nine_octets() {
        let octets = [0xE8, 0x32, 0x9B, 0xFD, 0x46, 0x97, 0xD9, 0xEC, 0x37];
        assert_eq!(packed(b"hellohello", 0), octets);
        assert_eq!(unpack(&octets, 0, Some(10)), b"hellohello");
    }

    #[test]
    fn full_texts_fill_their_octets() {
        assert_eq!(packed(&[b'a'; 160], 0).len(), 140);
        assert_eq!(packed(&[b'a'; 153], fill_bits(6)).len(), 134);
        assert_eq!(packed(&[b'a'; 152], fill_bits(7)).len(), 133);
        assert_eq!((fill_bits(0), fill_bits(6), fill_bits(7)), (0, 1, 0));
    }

    #[test]
    fn one_fill_bit_shifts_the_first_septet() {
        assert_eq!(packed(b"A", 1), [0x82]);
        assert_eq!(unpack(&[0x82], 1, None), b"A");
    }

    #[test]
    fn padding_is_told_from_an_at_sign_by_the_length() {
        let octets = packed(&[b'a'; 7], 0);
        assert_eq!(unpack(&octets, 0, None), [b'a'; 7]);
        assert_eq!(unpack(&octets, 0, Some(8)), *b"aaaaaaa\0");
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(text in gsm_text(400)) {
            let septets = encoded(&text);
            prop_assert_eq!(Some(septets.len()), len_septets(&text));
            prop_assert_eq!(decode(&septets), text);
        }

        #[test]
        fn unpacking_undoes_packing(
            septets in proptest::collection::vec(0..0x80_u8, 0..200),
            fill_bits in 0..7_u8,
        ) {
            let octets = packed(&septets, fill_bits);
            prop_assert_eq!(octets.len(), (septets.len() * 7 + usize::from(fill_bits)).div_ceil(8));
            prop_assert_eq!(unpack(&octets, fill_bits, Some(septets.len())), septets);
        }

        #[test]
        fn any_octets_are_read(octets: Vec<u8>, fill_bits: u8, len: Option<usize>) {
            prop_assert!(decode(&octets).chars().count() <= octets.len());
            prop_assert!(unpack(&octets, fill_bits, len).len() <= octets.len() * 8 / 7);
        }
    }
}
