//! The `data_coding` octet, and reading a received text by it.
//!
//! Values below 0x10 are SMPP's own (3.4, 5.2.19); the others are read as 3GPP TS 23.038,
//! section 4, says.

use crate::fold::is_apostrophe;
use crate::{Encoding, gsm7, ucs2};

/// The octet that says how the octets of a text are to be read (DCS).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DataCoding(pub u8);

/// What the octets of a text stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Alphabet {
    /// The SMSC's own default: often, not always, GSM 03.38. See [`DefaultAlphabet`].
    SmscDefault,
    /// GSM 03.38 septets.
    Gsm7,
    /// IA5, that is ASCII.
    Ascii,
    /// ISO 8859-1.
    Latin1,
    /// ISO 8859-5.
    Cyrillic,
    /// UTF-16, big-endian.
    Ucs2,
    /// Data rather than text.
    Octets,
    /// An alphabet that is not read here (Hebrew, Japanese, Korean), compressed or reserved.
    Other,
}

/// Where the phone puts a message (3GPP TS 23.038, section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Class 0: shown at once and not kept ("flash").
    Flash,
    /// Class 1: kept in the handset.
    Handset,
    /// Class 2: kept on the SIM.
    Sim,
    /// Class 3: handed to attached equipment.
    Terminal,
}

impl DataCoding {
    /// What to send with a text: 0 or 8, or 0x10 to 0x1B with a class.
    pub fn of(encoding: Encoding, class: Option<Class>) -> Self {
        let alphabet = match encoding {
            Encoding::Gsm7 => 0x00,
            Encoding::Ucs2 => 0x08,
        };
        let class = match class {
            None => 0x00,
            Some(Class::Flash) => 0x10,
            Some(Class::Handset) => 0x11,
            Some(Class::Sim) => 0x12,
            Some(Class::Terminal) => 0x13,
        };
        Self(alphabet | class)
    }

    /// The alphabet that it names.
    pub fn alphabet(self) -> Alphabet {
        match self.0 {
            0x00 => Alphabet::SmscDefault,
            0x01 => Alphabet::Ascii,
            0x02 | 0x04 => Alphabet::Octets,
            0x03 => Alphabet::Latin1,
            0x06 => Alphabet::Cyrillic,
            0x08 => Alphabet::Ucs2,
            0x05..=0x0F => Alphabet::Other,
            0x10..=0x7F if self.0 & 0x20 != 0 => Alphabet::Other,
            0x10..=0x7F => match self.0 & 0x0C {
                0x04 => Alphabet::Octets,
                0x08 => Alphabet::Ucs2,
                _ => Alphabet::Gsm7,
            },
            0x80..=0xDF => Alphabet::Gsm7,
            0xE0..=0xEF => Alphabet::Ucs2,
            0xF0..=0xFF if self.0 & 0x04 != 0 => Alphabet::Octets,
            0xF0..=0xFF => Alphabet::Gsm7,
        }
    }

    /// The class that it names, if any.
    pub fn class(self) -> Option<Class> {
        let has_class = match self.0 {
            0x10..=0x7F => self.0 & 0x10 != 0,
            value => value >= 0xF0,
        };
        has_class.then_some(match self.0 & 0x03 {
            0 => Class::Flash,
            1 => Class::Handset,
            2 => Class::Sim,
            _ => Class::Terminal,
        })
    }
}

/// What an SMSC means by `data_coding` 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DefaultAlphabet {
    /// GSM 03.38.
    #[default]
    Gsm7,
    /// IA5, that is ASCII.
    Ascii,
    /// ISO 8859-1.
    Latin1,
}

/// How one operator's texts are to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reading {
    /// What `data_coding` 0 stands for.
    pub default_alphabet: DefaultAlphabet,
    /// GSM text comes in packed septets, after a header (UDH) of so many octets, 0 without one.
    pub packed_after: Option<usize>,
    /// Reads UCS-2 whose octets are swapped; and a text marked as 7-bit, or as the SMSC's default, as UCS-2 if its octets look like it: an even number of
    /// them, and every other one 0x00 (Latin) or 0x04 (Cyrillic). Seen at vumi, #838. And one marked as either of these,
    /// as ISO 8859-1 or as data as UTF-8, if it is that and has a Cyrillic letter, whose octets are no letters otherwise.
    pub guess: bool,
}

/// Reads the octets of a text, without its header.
///
/// Lenient: what an alphabet lacks is U+FFFD. `None` for data and for alphabets not read here.
pub fn decode(octets: &[u8], data_coding: DataCoding, reading: Reading) -> Option<String> {
    let alphabet = match (data_coding.alphabet(), reading.default_alphabet) {
        (Alphabet::SmscDefault, DefaultAlphabet::Gsm7) => Alphabet::Gsm7,
        (Alphabet::SmscDefault, DefaultAlphabet::Ascii) => Alphabet::Ascii,
        (Alphabet::SmscDefault, DefaultAlphabet::Latin1) => Alphabet::Latin1,
        (alphabet, _) => alphabet,
    };
    let is_default = data_coding.alphabet() == Alphabet::SmscDefault;
    let is_seven_bit = matches!(alphabet, Alphabet::Gsm7 | Alphabet::Ascii);
    let one_octet_each = is_seven_bit || matches!(alphabet, Alphabet::Latin1 | Alphabet::Octets);
    if reading.guess
        && one_octet_each
        && let Some(text) = words_in_utf8(octets)
    {
        return Some(text.to_owned());
    }
    if reading.guess && (is_default || is_seven_bit) && looks_like_ucs2(octets) {
        return Some(ucs2::decode(octets));
    }
    match alphabet {
        Alphabet::Gsm7 => Some(decode_gsm7(octets, reading)),
        Alphabet::Ascii => Some(decode_octets(octets, ascii)),
        Alphabet::Latin1 => Some(decode_octets(octets, char::from)),
        Alphabet::Cyrillic => Some(decode_octets(octets, cyrillic)),
        Alphabet::Ucs2 => Some(decode_ucs2(octets, reading.guess)),
        Alphabet::SmscDefault | Alphabet::Octets | Alphabet::Other => None,
    }
}

fn decode_gsm7(octets: &[u8], reading: Reading) -> String {
    match reading.packed_after {
        None => gsm7::decode(octets),
        Some(header_octets) => {
            let fill_bits = gsm7::fill_bits(header_octets);
            gsm7::decode(&gsm7::unpack(octets, fill_bits, None))
        }
    }
}

/// One character an octet; NULs at the end, which some SMSCs add, are dropped.
fn decode_octets(octets: &[u8], letter: fn(u8) -> char) -> String {
    let text: String = octets.iter().map(|octet| letter(*octet)).collect();
    text.trim_end_matches('\0').to_owned()
}

/// Big-endian, as it should be. Where that is asked for, a byte order mark is heeded, and what has 0x00 (Latin) or 0x04
/// (Cyrillic) in every second octet of a unit, and other ones in the first, is little-endian.
fn decode_ucs2(octets: &[u8], guess: bool) -> String {
    if !guess {
        return ucs2::decode(octets);
    }
    let (units, _) = octets.as_chunks::<2>();
    let is_high = |octet: &u8| matches!(octet, 0x00 | 0x04);
    let is_swapped = match units {
        [[0xFE, 0xFF], ..] => return ucs2::decode(octets.get(2..).unwrap_or_default()),
        [[0xFF, 0xFE], ..] => true,
        _ => {
            units.iter().all(|[_, second]| is_high(second))
                && units.iter().any(|[first, _]| !is_high(first))
        }
    };
    if !is_swapped {
        return ucs2::decode(octets);
    }
    let swapped: Vec<u8> = units.iter().flat_map(|[low, high]| [*high, *low]).collect();
    let text = ucs2::decode(&swapped);
    text.trim_start_matches('\u{FEFF}').to_owned()
}

fn looks_like_ucs2(octets: &[u8]) -> bool {
    let (units, rest) = octets.as_chunks::<2>();
    let plausible = units.iter().all(|[high, _]| matches!(high, 0x00 | 0x04));
    !units.is_empty() && rest.is_empty() && plausible
}

/// A text in Cyrillic letters, or with the apostrophes of Uzbek: `TO\u{2BB}XTAT`.
fn words_in_utf8(octets: &[u8]) -> Option<&str> {
    let text = str::from_utf8(octets).ok()?.trim_end_matches('\0');
    let is_telling = |letter: char| {
        matches!(letter, '\u{400}'..='\u{4FF}') || (!letter.is_ascii() && is_apostrophe(letter))
    };
    text.contains(is_telling).then_some(text)
}

fn ascii(octet: u8) -> char {
    if octet.is_ascii() {
        char::from(octet)
    } else {
        char::REPLACEMENT_CHARACTER
    }
}

/// ISO 8859-5: from 0xA1 on it follows the Cyrillic block of Unicode, with three exceptions.
fn cyrillic(octet: u8) -> char {
    match octet {
        ..=0xA0 | 0xAD => char::from(octet),
        0xF0 => '№',
        0xFD => '§',
        _ => {
            char::from_u32(0x0400 + u32::from(octet) - 0xA0).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(octets: &[u8], data_coding: u8) -> Option<String> {
        decode(octets, DataCoding(data_coding), Reading::default())
    }

    #[test]
    fn alphabets_and_classes_follow_the_table() {
        let expected = [
            (0x00, Alphabet::SmscDefault, None),
            (0x01, Alphabet::Ascii, None),
            (0x02, Alphabet::Octets, None),
            (0x03, Alphabet::Latin1, None),
            (0x04, Alphabet::Octets, None),
            (0x05, Alphabet::Other, None),
            (0x06, Alphabet::Cyrillic, None),
            (0x08, Alphabet::Ucs2, None),
            (0x0E, Alphabet::Other, None),
            (0x10, Alphabet::Gsm7, Some(Class::Flash)),
            (0x11, Alphabet::Gsm7, Some(Class::Handset)),
            (0x15, Alphabet::Octets, Some(Class::Handset)),
            (0x18, Alphabet::Ucs2, Some(Class::Flash)),
            (0x1B, Alphabet::Ucs2, Some(Class::Terminal)),
            (0x28, Alphabet::Other, None),
            (0x48, Alphabet::Ucs2, None),
            (0x52, Alphabet::Gsm7, Some(Class::Sim)),
            (0xC0, Alphabet::Gsm7, None),
            (0xD8, Alphabet::Gsm7, None),
            (0xE0, Alphabet::Ucs2, None),
            (0xF0, Alphabet::Gsm7, Some(Class::Flash)),
            (0xF5, Alphabet::Octets, Some(Class::Handset)),
        ];
        for (value, alphabet, class) in expected {
            let data_coding = DataCoding(value);
            assert_eq!(data_coding.alphabet(), alphabet, "{value:#04x}");
            assert_eq!(data_coding.class(), class, "{value:#04x}");
        }
    }

    #[test]
    fn what_we_send_reads_back() {
        assert_eq!(DataCoding::of(Encoding::Gsm7, None), DataCoding(0x00));
        assert_eq!(DataCoding::of(Encoding::Ucs2, None), DataCoding(0x08));
        let flash = |encoding| DataCoding::of(encoding, Some(Class::Flash));
        assert_eq!(flash(Encoding::Gsm7), DataCoding(0x10));
        assert_eq!(flash(Encoding::Ucs2), DataCoding(0x18));
        assert_eq!(flash(Encoding::Ucs2).class(), Some(Class::Flash));
    }

    #[test]
    fn each_alphabet_is_read() {
        assert_eq!(read(&[0x00, 0x41], 0).as_deref(), Some("@A"));
        assert_eq!(read(&[0x40, 0xE9], 1).as_deref(), Some("@\u{FFFD}"));
        assert_eq!(read(&[0x40, 0xE9, 0x00], 3).as_deref(), Some("@é"));
        assert_eq!(
            read(&[0xC1, 0xE2, 0xDE, 0xDF, 0xFE], 6).as_deref(),
            Some("Стопў")
        );
        assert_eq!(read(&[0x04, 0x0E], 8).as_deref(), Some("Ў"));
        assert_eq!(read(&[0x04, 0x0E], 4), None);
    }

    #[test]
    fn the_default_alphabet_is_the_operators() {
        let latin1 = Reading {
            default_alphabet: DefaultAlphabet::Latin1,
            ..Reading::default()
        };
        assert_eq!(
            decode(b"a@b", DataCoding(0), latin1).as_deref(),
            Some("a@b")
        );
        assert_eq!(read(b"a@b", 0).as_deref(), Some("a¡b"));
    }

    #[test]
    fn packed_text_is_unpacked_after_its_header() {
        let packed = Reading {
            packed_after: Some(6),
            ..Reading::default()
        };
        assert_eq!(decode(&[0x82], DataCoding(0), packed).as_deref(), Some("A"));
    }

    #[test]
    fn little_endian_ucs2_is_read_only_where_asked_for() {
        let little: Vec<u8> = "СТОП 1".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "СТОП 1".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let guess = Reading {
            guess: true,
            ..Reading::default()
        };
        for octets in [
            little.clone(),
            big.clone(),
            [&[0xFF, 0xFE][..], &little].concat(),
            [&[0xFE, 0xFF][..], &big].concat(),
        ] {
            let text = decode(&octets, DataCoding(8), guess);
            assert_eq!(text.as_deref(), Some("СТОП 1"), "{octets:x?}");
        }
        let as_marked = decode(&little, DataCoding(8), Reading::default());
        assert_ne!(as_marked.as_deref(), Some("СТОП 1"));
        // Units whose octets do not tell.
        let text = decode(&[0x04, 0x00, 0x00, 0x04], DataCoding(8), guess);
        assert_eq!(text.as_deref(), Some("\u{400}\u{4}"));
    }

    #[test]
    fn mislabelled_ucs2_is_read_only_where_asked_for() {
        let stop = [0x04, 0x21, 0x04, 0x42, 0x04, 0x3E, 0x04, 0x3F];
        let guessing = Reading {
            guess: true,
            ..Reading::default()
        };
        assert_eq!(
            decode(&stop, DataCoding(0), guessing).as_deref(),
            Some("Стоп")
        );
        assert_eq!(
            decode(b"STOP", DataCoding(0), guessing).as_deref(),
            Some("STOP")
        );
        assert_ne!(read(&stop, 0).as_deref(), Some("Стоп"));
    }

    #[test]
    fn words_in_utf8_are_read_only_where_asked_for_and_nothing_else_is_taken_for_it() {
        let guessing = |default_alphabet| Reading {
            default_alphabet,
            guess: true,
            ..Reading::default()
        };
        let alphabets = [
            DefaultAlphabet::Gsm7,
            DefaultAlphabet::Ascii,
            DefaultAlphabet::Latin1,
        ];
        for alphabet in alphabets {
            for data_coding in [0x00, 0x01, 0x03, 0x04, 0xF5] {
                let told = |text: &[u8]| decode(text, DataCoding(data_coding), guessing(alphabet));
                assert_eq!(told("ТЎХТАТ".as_bytes()).as_deref(), Some("ТЎХТАТ"));
                assert_eq!(
                    told("STOP кадастр".as_bytes()).as_deref(),
                    Some("STOP кадастр")
                );
                for word in [
                    "TO\u{2BB}XTAT",
                    "TO\u{2BC}XTAT",
                    "TO\u{2018}XTAT",
                    "TO\u{2019}XTAT",
                ] {
                    assert_eq!(told(word.as_bytes()).as_deref(), Some(word));
                }
            }
        }
        let latin1 = guessing(DefaultAlphabet::Latin1);
        for text in [&b"caf\xE9"[..], b"\xC3\xA9t\xC3\xA9", b"STOP"] {
            let usual = Reading {
                guess: false,
                ..latin1
            };
            let data_coding = DataCoding(3);
            assert_eq!(
                decode(text, data_coding, latin1),
                decode(text, data_coding, usual)
            );
        }
        assert_eq!(read("ТЎХТАТ".as_bytes(), 4), None);
        let ucs2 = decode(&[0x04, 0x21, 0x04, 0x22], DataCoding(8), latin1);
        assert_eq!(ucs2.as_deref(), Some("СТ"));
    }

    proptest! {
        #[test]
        fn any_octets_are_read(
            octets: Vec<u8>,
            data_coding: u8,
            packed_after in proptest::option::of(0..200_usize),
            guess: bool,
        ) {
            let reading = Reading { packed_after, guess, ..Reading::default() };
            decode(&octets, DataCoding(data_coding), reading);
        }
    }
}
