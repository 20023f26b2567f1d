//! How one operator wants a text: in which octets, and how its segments are told to belong together.

use std::borrow::Cow;

use crate::latin::in_ascii;
use crate::{Concatenation, Cost, DefaultAlphabet, Encoding, gsm7};

/// How GSM text travels to the SMSC. UCS-2 has only one form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SeptetForm {
    /// One septet in each octet, as SMPP has it.
    #[default]
    Unpacked,
    /// 8 septets in 7 octets, after a header with fill bits.
    Packed,
    /// ISO 8859-1, for an SMSC whose `data_coding` 0 means that. Lengths still count septets, as the phone gets these.
    Latin1,
    /// The same in ASCII.
    Ascii,
}

impl SeptetForm {
    /// Whether a letter of the GSM alphabet can travel so.
    fn has(self, letter: char) -> bool {
        match self {
            Self::Unpacked | Self::Packed => true,
            Self::Latin1 => u8::try_from(letter).is_ok(),
            Self::Ascii => letter.is_ascii(),
        }
    }

    /// The first letter of a text that cannot.
    pub(crate) fn lacked(self, text: &str) -> Option<char> {
        match self {
            Self::Unpacked | Self::Packed => None,
            Self::Latin1 | Self::Ascii => text.chars().find(|letter| !self.has(*letter)),
        }
    }
}

/// What is sent as `data_coding` 0 where that means this alphabet.
impl From<DefaultAlphabet> for SeptetForm {
    fn from(alphabet: DefaultAlphabet) -> Self {
        match alphabet {
            DefaultAlphabet::Gsm7 => Self::Unpacked,
            DefaultAlphabet::Latin1 => Self::Latin1,
            DefaultAlphabet::Ascii => Self::Ascii,
        }
    }
}

/// How one operator wants its segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Style {
    /// How the SMSC learns that segments belong together.
    pub concatenation: Concatenation,
    /// How GSM text travels.
    pub septets: SeptetForm,
}

impl Style {
    /// The encoding that a text needs: GSM unless a letter is not in its alphabet, or cannot travel so.
    pub fn encoding_of(self, text: &str) -> Encoding {
        match Encoding::of(text) {
            Encoding::Gsm7 if self.septets.lacked(text).is_some() => Encoding::Ucs2,
            encoding => encoding,
        }
    }

    /// The text as it goes out: with letters in ASCII, where that keeps it out of UCS-2 and saves a segment; else as it is.
    pub fn spelled(self, text: &str) -> Cow<'_, str> {
        let is_lacked = self.septets.lacked(text).is_some() && gsm7::len_septets(text).is_some();
        if !is_lacked {
            return Cow::Borrowed(text);
        }
        let plain = self.letters_of(text);
        let segments = |text: &str, encoding| {
            let cost = Cost::of(text, encoding, self.concatenation);
            cost.map_or(usize::MAX, |cost| cost.segments)
        };
        let is_cheaper = self.septets.lacked(&plain).is_none()
            && segments(&plain, Encoding::Gsm7) < segments(text, Encoding::Ucs2);
        match is_cheaper {
            true => plain,
            false => Cow::Borrowed(text),
        }
    }

    /// The text with letters in ASCII for those that cannot travel, whatever that costs.
    pub fn letters_of(self, text: &str) -> Cow<'_, str> {
        in_ascii(text, |letter| self.septets.has(letter))
    }
}

impl From<Concatenation> for Style {
    fn from(concatenation: Concatenation) -> Self {
        Self {
            concatenation,
            septets: SeptetForm::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segments;

    #[test]
    fn a_text_that_the_default_alphabet_lacks_needs_ucs2() {
        let encoding = |alphabet: DefaultAlphabet, text: &str| {
            let style = Style {
                septets: alphabet.into(),
                ..Style::default()
            };
            let encoding = style.encoding_of(text);
            assert!(segments(text, encoding, style).is_ok(), "{text}");
            encoding
        };
        let (gsm7, ucs2) = (Encoding::Gsm7, Encoding::Ucs2);
        for (text, expected) in [
            ("@ _ $ {5}", [gsm7, gsm7, gsm7]),
            ("5 £ é", [gsm7, gsm7, ucs2]),
            ("5 € Δ", [gsm7, ucs2, ucs2]),
            ("á", [ucs2, ucs2, ucs2]),
        ] {
            let alphabets = [
                DefaultAlphabet::Gsm7,
                DefaultAlphabet::Latin1,
                DefaultAlphabet::Ascii,
            ];
            assert_eq!(alphabets.map(|it| encoding(it, text)), expected, "{text}");
        }
    }

    #[test]
    fn a_letter_that_the_default_alphabet_lacks_loses_its_mark_where_that_saves_a_segment() {
        let spelled = |alphabet: DefaultAlphabet, text: &str| {
            let style = Style {
                septets: alphabet.into(),
                ..Style::default()
            };
            style.spelled(text).into_owned()
        };
        let long = |letters: &str| format!("{}{letters}", "a".repeat(80));
        let (gsm7, latin1, ascii) = (
            DefaultAlphabet::Gsm7,
            DefaultAlphabet::Latin1,
            DefaultAlphabet::Ascii,
        );
        for (alphabet, text, expected) in [
            (ascii, long("é5€"), long("e5 EUR")),
            (latin1, long("é5€"), long("é5 EUR")),
            (gsm7, long("é5€"), long("é5€")),
            (ascii, "é".to_owned(), "é".to_owned()),
            (ascii, long("é§"), long("é§")),
            (ascii, long("éя"), long("éя")),
        ] {
            assert_eq!(spelled(alphabet, &text), expected);
        }
    }
}
