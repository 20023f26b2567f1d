//! A screen into a `submit_sm`.

use xabar_smpp::pdu::{Body, DeliverSm, Pdu, SubmitSm};
use xabar_smpp::values::DataCoding;
use xabar_smpp::{EncodeError, Frame, Octets, Tag, TlvBuffer};
use xabar_sms::{DefaultAlphabet, Encoding, Style, gsm7, ucs2};

use super::{Dialect, END_BIT, Marks, SessionPlace};
use crate::dialogue::Shown;
use crate::screen::Screen;

/// `dest_bearer_type`.
const USSD: u8 = 4;
/// `dest_addr_subunit`.
const HANDSET: u8 = 2;

/// Stands for a letter that the operator's alphabet lacks, on a screen too long for UCS-2.
const LACKED: u8 = b'?';

impl Dialect {
    /// The `submit_sm` that shows a screen in answer to a phone's step.
    ///
    /// # Errors
    /// The text does not fit into a `submit_sm`; it does if it is no longer than a screen.
    pub fn answer(&self, step: &DeliverSm<'_>, shown: &Shown) -> Result<Frame, EncodeError> {
        let (data_coding, text) = self.encoded(&shown.text);
        let mut tlvs = TlvBuffer::new();
        self.push_tlvs(step, shown, &mut tlvs)?;
        let submit_sm = SubmitSm {
            service_type: self.service_type(step, shown),
            source_addr_ton: step.dest_addr_ton,
            source_addr_npi: step.dest_addr_npi,
            source_addr: step.destination_addr,
            dest_addr_ton: step.source_addr_ton,
            dest_addr_npi: step.source_addr_npi,
            destination_addr: step.source_addr,
            data_coding,
            short_message: Octets(&text),
            tlvs: tlvs.as_tlvs(),
            ..SubmitSm::default()
        };
        Pdu::new(0, Body::SubmitSm(submit_sm)).to_frame()
    }

    /// The `data_coding` of a text, and its octets.
    fn encoded(&self, text: &str) -> (DataCoding, Vec<u8>) {
        let mut octets = Vec::with_capacity(2 * text.len());
        if self.is_ucs2(text) {
            ucs2::encode(text, &mut octets);
            return (DataCoding(self.ucs2), octets);
        }
        let letters = text.chars().map(|letter| u8::try_from(letter).ok());
        match self.letters() {
            // All of them are in it, or it would be UCS-2.
            DefaultAlphabet::Gsm7 => gsm7::encode(text, &mut octets).unwrap_or_default(),
            DefaultAlphabet::Latin1 => octets.extend(letters.map(|it| it.unwrap_or(LACKED))),
            DefaultAlphabet::Ascii => {
                let ascii = letters.map(|it| it.filter(u8::is_ascii));
                octets.extend(ascii.map(|it| it.unwrap_or(LACKED)));
            }
        }
        (DataCoding(self.gsm7), octets)
    }

    /// Whether a text goes in UCS-2: one that is not of GSM 03.38, and one with letters that only the operator's
    /// alphabet lacks, unless the screen is too long for that.
    fn is_ucs2(&self, text: &str) -> bool {
        match Encoding::of(text) {
            Encoding::Ucs2 => true,
            Encoding::Gsm7 if self.encoding_of(text) == Encoding::Gsm7 => false,
            Encoding::Gsm7 => Screen::default().fits_in(text, Encoding::Ucs2),
        }
    }

    /// The encoding in which nothing of a text is lost.
    fn encoding_of(&self, text: &str) -> Encoding {
        let style = Style {
            septets: self.letters().into(),
            ..Style::default()
        };
        style.encoding_of(text)
    }

    /// The alphabet of a text that is not in UCS-2.
    fn letters(&self) -> DefaultAlphabet {
        match self.gsm7 {
            0 => self.alphabet,
            _ => DefaultAlphabet::Gsm7,
        }
    }

    fn service_type<'a>(&self, step: &DeliverSm<'a>, shown: &Shown) -> Octets<'a> {
        match self.marks {
            Marks::ServiceType if shown.more => "BR".into(),
            Marks::ServiceType => "EF".into(),
            Marks::ServiceOp { .. } if step.service_type.is_empty() => "USSD".into(),
            Marks::ServiceOp { .. } => step.service_type,
        }
    }

    fn push_tlvs(
        &self,
        step: &DeliverSm<'_>,
        shown: &Shown,
        tlvs: &mut TlvBuffer,
    ) -> Result<(), EncodeError> {
        if self.marks == Marks::ServiceType {
            tlvs.push_octet(Tag::DEST_ADDR_SUBUNIT, HANDSET);
            tlvs.push_octet(Tag::DEST_BEARER_TYPE, USSD);
        }
        let op = if shown.more { self.show } else { self.end };
        if let Some(op) = op {
            tlvs.push_octet(Tag::USSD_SERVICE_OP, op);
        }
        match self.session {
            SessionPlace::Nowhere => {}
            SessionPlace::SessionInfo { .. } => {
                if let Some(info) = step.tlvs.get(Tag::ITS_SESSION_INFO) {
                    let info = session_info(info, shown);
                    tlvs.push(Tag::ITS_SESSION_INFO, &info)?;
                }
            }
            SessionPlace::Reference => {
                if let Ok(Some(reference)) = step.tlvs.user_message_reference() {
                    tlvs.push_two_octets(Tag::USER_MESSAGE_REFERENCE, reference);
                }
            }
        }
        Ok(())
    }
}

/// The same as it came, but for the bit that says whether the dialogue is over.
fn session_info(came: Octets<'_>, shown: &Shown) -> Vec<u8> {
    let mut octets = came.to_vec();
    if let Some(last) = octets.last_mut() {
        *last = *last & !END_BIT | u8::from(!shown.more);
    }
    octets
}
