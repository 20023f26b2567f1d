//! A screen into a `submit_sm`.

use xabar_smpp::pdu::{Body, DeliverSm, Pdu, SubmitSm};
use xabar_smpp::values::DataCoding;
use xabar_smpp::{EncodeError, Frame, Octets, Tag, TlvBuffer};
use xabar_sms::{Encoding, gsm7, ucs2};

use super::{Dialect, END_BIT, Marks, SessionPlace};
use crate::dialogue::Shown;

/// `dest_bearer_type`.
const USSD: u8 = 4;
/// `dest_addr_subunit`.
const HANDSET: u8 = 2;

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

    fn encoded(&self, text: &str) -> (DataCoding, Vec<u8>) {
        let mut octets = Vec::with_capacity(2 * text.len());
        let coding = match Encoding::of(text) {
            Encoding::Gsm7 if gsm7::encode(text, &mut octets).is_ok() => self.gsm7,
            _ => {
                octets.clear();
                ucs2::encode(text, &mut octets);
                self.ucs2
            }
        };
        (DataCoding(coding), octets)
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
