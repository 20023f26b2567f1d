//! How the octets of a text are to be read (SMPP 5.0, 4.7.7; 3GPP 23.038, 4).

/// The `data_coding` of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DataCoding(pub u8);

/// An alphabet, as far as `data_coding` tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Alphabet {
    /// The SMSC's own: often GSM 03.38, sometimes ASCII or Latin-1. Configured per operator.
    SmscDefault,
    /// GSM 03.38, one septet an octet.
    Gsm,
    /// ASCII (IA5).
    Ascii,
    /// ISO 8859-1.
    Latin1,
    /// ISO 8859-5.
    Cyrillic,
    /// ISO 8859-8.
    Hebrew,
    /// UCS-2, in practice UTF-16, big-endian.
    Ucs2,
    /// JIS X 0208, pictograms, ISO-2022-JP, JIS X 0212 or KS C 5601.
    EastAsian,
    /// Octets that are no text.
    Binary,
    /// Compressed, or reserved.
    Other,
}

/// Where a message is shown or kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageClass {
    /// Class 0: shown at once, not kept.
    Flash,
    /// Class 1: the handset.
    Handset,
    /// Class 2: the SIM.
    Sim,
    /// Class 3: a terminal behind the handset.
    Terminal,
}

impl DataCoding {
    /// The SMSC's default alphabet.
    pub const SMSC_DEFAULT: Self = Self(0x00);
    /// ASCII (IA5).
    pub const ASCII: Self = Self(0x01);
    /// Octets that are no text.
    pub const BINARY: Self = Self(0x04);
    /// ISO 8859-1.
    pub const LATIN1: Self = Self(0x03);
    /// ISO 8859-5.
    pub const CYRILLIC: Self = Self(0x06);
    /// UCS-2, big-endian.
    pub const UCS2: Self = Self(0x08);
    /// GSM 03.38 shown at once and not kept.
    pub const GSM_FLASH: Self = Self(0x10);
    /// UCS-2 shown at once and not kept.
    pub const UCS2_FLASH: Self = Self(0x18);

    /// The alphabet of the text.
    pub const fn alphabet(self) -> Alphabet {
        match self.0 {
            0x00 => Alphabet::SmscDefault,
            0x01 => Alphabet::Ascii,
            0x02 | 0x04 => Alphabet::Binary,
            0x03 => Alphabet::Latin1,
            0x06 => Alphabet::Cyrillic,
            0x07 => Alphabet::Hebrew,
            0x08 => Alphabet::Ucs2,
            0x05 | 0x09 | 0x0A | 0x0D | 0x0E => Alphabet::EastAsian,
            0x0B | 0x0C | 0x0F => Alphabet::Other,
            0x10..=0x7F => general_alphabet(self.0),
            0x80..=0xBF => Alphabet::Other,
            0xC0..=0xDF => Alphabet::Gsm,
            0xE0..=0xEF => Alphabet::Ucs2,
            0xF0..=0xFF if self.0 & 0x04 == 0 => Alphabet::Gsm,
            0xF0..=0xFF => Alphabet::Binary,
        }
    }

    /// The message class, if the octet gives one.
    pub const fn class(self) -> Option<MessageClass> {
        let has_class = match self.0 {
            0x10..=0x7F => self.0 & 0x10 != 0,
            0xF0..=0xFF => true,
            _ => false,
        };
        if !has_class {
            return None;
        }
        Some(match self.0 & 0x03 {
            0 => MessageClass::Flash,
            1 => MessageClass::Handset,
            2 => MessageClass::Sim,
            _ => MessageClass::Terminal,
        })
    }
}

/// Groups 00 and 01 of 23.038: bit 5 compressed, bits 3-2 the alphabet.
const fn general_alphabet(octet: u8) -> Alphabet {
    match (octet & 0x20, octet & 0x0C) {
        (0, 0x00) => Alphabet::Gsm,
        (0, 0x04) => Alphabet::Binary,
        (0, 0x08) => Alphabet::Ucs2,
        _ => Alphabet::Other,
    }
}

impl From<u8> for DataCoding {
    fn from(octet: u8) -> Self {
        Self(octet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alphabets_and_classes_are_read_as_in_23_038() {
        let table = [
            (0x00, Alphabet::SmscDefault, None),
            (0x08, Alphabet::Ucs2, None),
            (0x0F, Alphabet::Other, None),
            (0x10, Alphabet::Gsm, Some(MessageClass::Flash)),
            (0x18, Alphabet::Ucs2, Some(MessageClass::Flash)),
            (0x19, Alphabet::Ucs2, Some(MessageClass::Handset)),
            (0x48, Alphabet::Ucs2, None),
            (0x30, Alphabet::Other, Some(MessageClass::Flash)),
            (0xC0, Alphabet::Gsm, None),
            (0xE8, Alphabet::Ucs2, None),
            (0xF0, Alphabet::Gsm, Some(MessageClass::Flash)),
            (0xF6, Alphabet::Binary, Some(MessageClass::Sim)),
        ];
        for (octet, alphabet, class) in table {
            let data_coding = DataCoding(octet);
            assert_eq!(
                (data_coding.alphabet(), data_coding.class()),
                (alphabet, class),
                "{octet:#x}"
            );
        }
    }
}
