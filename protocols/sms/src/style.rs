//! How one operator wants a text: in which octets, and how its segments are told to belong together.

use crate::{Concatenation, DefaultAlphabet, Encoding};

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
}
