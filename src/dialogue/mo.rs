//! A message from a phone, as `deliver_sm` or `data_sm` bring it.

use std::fmt;

use xabar_smpp::Octets;
use xabar_smpp::pdu::DeliverSm;
use xabar_smpp::values::Ton;
use xabar_sms::{Alphabet, Concat, DataCoding, DefaultAlphabet, Reading, UserDataHeader};
use xabar_ussd::is_ussd;

/// A message, or one segment of a longer one.
#[derive(Clone, PartialEq, Eq)]
pub struct Mo {
    /// Whose phone it is, as the operator writes it.
    pub from: String,
    /// The number that was written to.
    pub to: String,
    /// What the SMSC gave it to know it again.
    pub reference: Option<u16>,
    /// Its place in a longer text.
    pub concat: Option<Concat>,
    /// Empty if it is no text.
    pub text: String,
    /// Whether the operator says that `from` is a whole number, with its country's code.
    pub international: bool,
}

impl Mo {
    /// Reads a message that is no receipt, of an operator whose `data_coding` 0 means this alphabet; `None` if it is a
    /// step of a USSD dialogue.
    pub fn read(pdu: &DeliverSm<'_>, alphabet: DefaultAlphabet) -> Option<Self> {
        let tlvs = pdu.tlvs;
        if is_ussd(pdu) {
            return None;
        }
        let user_data = pdu.user_data().0;
        let (header, octets) = match pdu.esm_class.has_udh() {
            true => {
                let (header, octets) = UserDataHeader::split(user_data);
                (Some(header), octets)
            }
            false => (None, user_data),
        };
        let concat = header.and_then(UserDataHeader::concat);
        let sar = || {
            let (reference, total, number) = tlvs.sar()?;
            Some(Concat {
                reference,
                total,
                number,
            })
        };
        let reading = Reading {
            default_alphabet: alphabet,
            // Nobody writes every other letter as one of `@` and `è`.
            guess: true,
            ..Reading::default()
        };
        let data_coding = DataCoding(pdu.data_coding.0);
        let text = match data_coding.alphabet() {
            // In UCS-2 these octets would be ideographs and signs, no letter of our languages.
            Alphabet::Ucs2 => plain(octets),
            _ => None,
        };
        let text = text.or_else(|| xabar_sms::decode(octets, data_coding, reading));
        let address = |octets: Octets<'_>| String::from_utf8_lossy(octets.0).into_owned();
        let international = is_international(pdu);
        Some(Self {
            from: address(pdu.source_addr),
            to: address(pdu.destination_addr),
            reference: tlvs.user_message_reference().ok().flatten(),
            concat: concat.or_else(sar).filter(|it| it.total > 1),
            text: text.or_else(|| plain(octets)).unwrap_or_default(),
            international,
        })
    }

    /// Whether it comes from a number that is longer than a short code.
    pub fn is_from_a_number(&self) -> bool {
        let digits = self.from.strip_prefix('+').unwrap_or(&self.from);
        digits.len() > SHORT_CODE && digits.bytes().all(|octet| octet.is_ascii_digit())
    }
}

/// The most digits of a short code.
const SHORT_CODE: usize = 6;

/// The text of octets that are marked as data or as UCS-2, and are all printable: some phones and SMSCs send texts so. Some
/// end them as a C string or a line ends.
fn plain(octets: &[u8]) -> Option<String> {
    let is_plain = |octet: &u8| octet.is_ascii_graphic() || b" \t\r\n".contains(octet);
    let end = octets.iter().rposition(|octet| *octet != 0);
    let octets = octets.get(..end.map_or(0, |last| last + 1))?;
    octets
        .iter()
        .all(is_plain)
        .then(|| String::from_utf8_lossy(octets).into_owned())
}

/// Tells how long the text is, not what it says, and no number.
impl fmt::Debug for Mo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mo")
            .field("reference", &self.reference)
            .field("concat", &self.concat)
            .field("len", &self.text.len())
            .field("international", &self.international)
            .finish_non_exhaustive()
    }
}

/// Whether an operator says that the phone's number is a whole one, with its country's code.
pub fn is_international(pdu: &DeliverSm<'_>) -> bool {
    pdu.source_addr_ton == Ton::INTERNATIONAL || pdu.source_addr.0.starts_with(b"+")
}

#[cfg(test)]
mod tests {
    use xabar_smpp::pdu::SubmitSm;
    use xabar_smpp::values::{DataCoding as Dcs, EsmClass};
    use xabar_smpp::{Tag, TlvBuffer};

    use super::*;

    fn read(pdu: SubmitSm<'_>) -> Option<Mo> {
        read_in(DefaultAlphabet::Gsm7, pdu)
    }

    fn read_in(alphabet: DefaultAlphabet, pdu: SubmitSm<'_>) -> Option<Mo> {
        let pdu = SubmitSm {
            source_addr: Octets(b"998931234567"),
            destination_addr: Octets(b"555"),
            ..pdu
        };
        Mo::read(&pdu, alphabet)
    }

    #[test]
    fn neither_the_number_nor_the_text_is_told() {
        let mo = read(SubmitSm {
            short_message: Octets(b"STATUS 48120973"),
            ..SubmitSm::default()
        });
        let told = format!("{mo:?}");
        assert!(
            !told.contains("1234567") && !told.contains("4812"),
            "{told}"
        );
    }

    #[test]
    fn a_text_that_is_marked_as_data_is_read() {
        for (octets, expected) in [
            (&b"STOP"[..], "STOP"),
            (b"STOP\r\n", "STOP\r\n"),
            (b"STOP\nplease\0", "STOP\nplease"),
            (b"\x05STOP", ""),
            (b"ST\0OP", ""),
            (b"", ""),
        ] {
            for data_coding in [2, 4, 0xF4, 0xF5] {
                let mo = read(SubmitSm {
                    data_coding: Dcs(data_coding),
                    short_message: Octets(octets),
                    ..SubmitSm::default()
                });
                assert_eq!(mo.unwrap().text, expected, "{data_coding:#x}");
            }
        }
    }

    #[test]
    fn plain_ascii_that_is_marked_as_ucs2_is_read() {
        for (octets, expected) in [
            (&b"STOP"[..], "STOP"),
            (b"START", "START"),
            (b"STOP\n", "STOP\n"),
            (b"STOP\0", "STOP"),
            (b"STOP\nplease", "STOP\nplease"),
            (b"\0S\0T", "ST"),
            (b"\x04\x21\x04\x22", "СТ"),
            (b"\x21\x16\x00\x37", "№7"),
        ] {
            for data_coding in [8, 0x18] {
                let mo = read(SubmitSm {
                    data_coding: Dcs(data_coding),
                    short_message: Octets(octets),
                    ..SubmitSm::default()
                });
                assert_eq!(mo.unwrap().text, expected, "{data_coding:#x}");
            }
        }
    }

    #[test]
    fn words_in_utf8_are_read() {
        let words = ["ТЎХТАТ", "TO\u{2BB}XTAT", "TO\u{2019}XTAT"];
        for (data_coding, word) in [0, 3, 4, 0xF4]
            .into_iter()
            .flat_map(|it| words.map(|word| (it, word)))
        {
            let mo = read(SubmitSm {
                data_coding: Dcs(data_coding),
                short_message: Octets(word.as_bytes()),
                ..SubmitSm::default()
            });
            assert_eq!(mo.unwrap().text, word, "{data_coding:#x}");
        }
    }

    #[test]
    fn data_coding_0_is_the_alphabet_of_the_operator() {
        let text = |alphabet, octets: &'static [u8]| {
            let pdu = SubmitSm {
                short_message: Octets(octets),
                ..SubmitSm::default()
            };
            read_in(alphabet, pdu).unwrap().text
        };
        assert_eq!(text(DefaultAlphabet::Gsm7, b"\0_a"), "@§a");
        assert_eq!(text(DefaultAlphabet::Latin1, b"@_\xE9"), "@_é");
        assert_eq!(text(DefaultAlphabet::Ascii, b"@_\xE9"), "@_\u{FFFD}");
    }

    #[test]
    fn a_text_in_ucs2_that_is_not_marked_as_such_is_read() {
        for alphabet in [DefaultAlphabet::Gsm7, DefaultAlphabet::Latin1] {
            let pdu = SubmitSm {
                short_message: Octets(&[0x04, 0x21, 0x04, 0x22, 0x00, b' ']),
                ..SubmitSm::default()
            };
            assert_eq!(read_in(alphabet, pdu).unwrap().text, "СТ ");
        }
    }

    #[test]
    fn a_text_is_read_in_its_alphabet_and_from_either_field() {
        let text = |dcs, octets: &'static [u8]| {
            let pdu = SubmitSm {
                data_coding: Dcs(dcs),
                short_message: Octets(octets),
                ..SubmitSm::default()
            };
            read(pdu).unwrap().text
        };
        assert_eq!(text(0, b"STOP"), "STOP");
        assert_eq!(text(8, &[0x04, 0x21, 0x04, 0x22]), "СТ");
        assert_eq!(text(4, &[1, 2, 3]), "");
        let mut tlvs = TlvBuffer::new();
        tlvs.push(Tag::MESSAGE_PAYLOAD, b"48120973").unwrap();
        tlvs.push_two_octets(Tag::USER_MESSAGE_REFERENCE, 9);
        let mo = read(SubmitSm {
            tlvs: tlvs.as_tlvs(),
            ..SubmitSm::default()
        });
        let mo = mo.unwrap();
        assert_eq!((mo.text.as_str(), mo.reference), ("48120973", Some(9)));
    }

    #[test]
    fn a_place_in_a_longer_text_is_read_from_header_or_tlvs() {
        let place = |reference| {
            Some(Concat {
                reference,
                total: 3,
                number: 2,
            })
        };
        for (header, reference) in [
            (&[5, 0, 3, 7, 3, 2, b'a'][..], 7),
            (&[6, 8, 4, 1, 0, 3, 2, b'a'][..], 256),
        ] {
            let pdu = SubmitSm {
                esm_class: EsmClass::UDH,
                short_message: Octets(header),
                ..SubmitSm::default()
            };
            let mo = read(pdu).unwrap();
            assert_eq!((mo.concat, mo.text.as_str()), (place(reference), "a"));
        }
        let mut tlvs = TlvBuffer::new();
        tlvs.push_two_octets(Tag::SAR_MSG_REF_NUM, 300);
        tlvs.push_octet(Tag::SAR_TOTAL_SEGMENTS, 3);
        tlvs.push_octet(Tag::SAR_SEGMENT_SEQNUM, 2);
        let pdu = SubmitSm {
            tlvs: tlvs.as_tlvs(),
            ..SubmitSm::default()
        };
        assert_eq!(read(pdu).unwrap().concat, place(300));
    }

    #[test]
    fn a_step_of_a_ussd_dialogue_is_no_message() {
        let pdu = SubmitSm {
            service_type: Octets(b"USSD"),
            ..SubmitSm::default()
        };
        assert_eq!(read(pdu), None);
    }
}
