//! What the SMSC has for an ESME: receipts, and messages from phones.

use std::borrow::Cow;
use std::time::Instant;

use bytes::Bytes;
use xabar_smpp::pdu::DeliverSm;
use xabar_smpp::receipt::Receipt;
use xabar_smpp::session::Requests;
use xabar_smpp::tlv::NetworkErrorCode;
use xabar_smpp::values::{DataCoding, EsmClass, MessageState, Npi, Ton};
use xabar_smpp::{Body, EncodeError, Octets, Tag, TlvBuffer};

use super::behaviour::{ReceiptForm, Receipts};
use super::calendar::Calendar;
use super::message::{Address, Message};
use super::message_id;
use super::slab::Key;

/// A `deliver_sm` that waits to be sent, or for its response.
#[derive(Debug)]
pub(super) struct Delivery {
    /// Place of the ESME in the list.
    pub(super) esme: usize,
    /// The session that it was sent on and that has not answered.
    pub(super) on: Option<Key>,
    pub(super) content: Content,
}

#[derive(Clone, Debug)]
pub(super) enum Content {
    Fate(Fate),
    FromPhone(Box<FromPhone>),
}

/// What became of a message.
#[derive(Clone, Debug)]
pub(super) struct Fate {
    pub(super) id: u64,
    pub(super) state: MessageState,
    pub(super) submitted: Instant,
    pub(super) done: Instant,
    source: Kept,
    destination: Kept,
    user_message_reference: Option<u16>,
    text: Start,
}

/// A message from a phone, a segment of it, or a step of a USSD dialogue.
#[derive(Clone, Debug)]
pub(super) struct FromPhone {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) service_type: &'static str,
    pub(super) esm_class: EsmClass,
    pub(super) data_coding: DataCoding,
    pub(super) user_data: Bytes,
    pub(super) tlvs: TlvBuffer,
}

/// An address that outlives its PDU.
#[derive(Clone, Debug)]
struct Kept {
    ton: Ton,
    npi: Npi,
    digits: Start,
}

/// The first 20 octets of something: all of an address, and as much as a receipt has of a text.
#[derive(Clone, Copy, Debug, Default)]
struct Start {
    octets: [u8; 20],
    len: u8,
}

impl Start {
    fn of(octets: &[u8]) -> Self {
        let mut start = Self::default();
        for (place, octet) in start.octets.iter_mut().zip(octets) {
            *place = *octet;
            start.len += 1;
        }
        start
    }

    fn octets(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or_default()
    }

    fn text(&self) -> &str {
        str::from_utf8(self.octets()).unwrap_or_default()
    }
}

impl Kept {
    fn of(address: Address<'_>) -> Self {
        Self {
            ton: address.ton,
            npi: address.npi,
            digits: Start::of(&address.digits),
        }
    }
}

impl Fate {
    pub(super) fn of(
        message: &Message<'_>,
        id: u64,
        state: MessageState,
        submitted: Instant,
        done: Instant,
    ) -> Self {
        // In any other alphabet the octets would be no text in the receipt's.
        let text = if message.data_coding == DataCoding::SMSC_DEFAULT.0 {
            Start::of(message.text_octets())
        } else {
            Start::default()
        };
        let reference = (!message.tlvs.is_empty())
            .then(|| message.tlvs.user_message_reference().ok().flatten());
        Self {
            id,
            state,
            submitted,
            done,
            source: Kept::of(message.source),
            destination: Kept::of(message.destination),
            user_message_reference: reference.flatten(),
            text,
        }
    }

    fn esm_class(&self) -> EsmClass {
        if self.state == MessageState::ENROUTE {
            EsmClass::INTERMEDIATE_NOTIFICATION
        } else {
            EsmClass::DELIVERY_RECEIPT
        }
    }
}

/// Writes deliver_sm; keeps its buffers between them.
#[derive(Debug, Default)]
pub(super) struct Writer {
    id: Vec<u8>,
    tlvs: TlvBuffer,
}

impl Writer {
    /// Adds a delivery to the requests of a session.
    ///
    /// # Errors
    /// It does not fit a `deliver_sm`: an address of over 20 octets, say.
    pub(super) fn write(
        &mut self,
        token: u64,
        content: &Content,
        receipts: &Receipts,
        calendar: &mut Calendar,
        requests: &mut Requests,
    ) -> Result<(), EncodeError> {
        match content {
            Content::Fate(fate) => self.receipt(token, fate, receipts, calendar, requests),
            Content::FromPhone(message) => from_phone(token, message, requests),
        }
    }

    fn receipt(
        &mut self,
        token: u64,
        fate: &Fate,
        receipts: &Receipts,
        calendar: &mut Calendar,
        requests: &mut Requests,
    ) -> Result<(), EncodeError> {
        message_id::in_receipt(fate.id, receipts, &mut self.id);
        let text = match receipts.form {
            ReceiptForm::Tlv => String::new(),
            ReceiptForm::Text | ReceiptForm::Both => self.receipt_text(fate, calendar),
        };
        self.receipt_tlvs(fate, receipts.form)?;
        let deliver_sm = DeliverSm {
            source_addr_ton: fate.destination.ton,
            source_addr_npi: fate.destination.npi,
            source_addr: fate.destination.digits.octets().into(),
            dest_addr_ton: fate.source.ton,
            dest_addr_npi: fate.source.npi,
            destination_addr: fate.source.digits.octets().into(),
            esm_class: fate.esm_class(),
            short_message: Octets(text.as_bytes()),
            tlvs: self.tlvs.as_tlvs(),
            ..DeliverSm::default()
        };
        requests.push(token, Body::DeliverSm(deliver_sm))
    }

    fn receipt_text(&self, fate: &Fate, calendar: &mut Calendar) -> String {
        let submitted = calendar.receipt_date(fate.submitted).to_owned();
        let receipt = Receipt {
            message_id: str::from_utf8(&self.id).ok().map(Cow::Borrowed),
            state: Some(fate.state),
            err: Some(Cow::Borrowed(reason(fate.state).1)),
            submit_date: Some(Cow::Owned(submitted)),
            done_date: Some(Cow::Borrowed(calendar.receipt_date(fate.done))),
            text: Some(Cow::Borrowed(fate.text.text())),
            ..Receipt::default()
        };
        receipt.to_text()
    }

    fn receipt_tlvs(&mut self, fate: &Fate, form: ReceiptForm) -> Result<(), EncodeError> {
        let tlvs = &mut self.tlvs;
        tlvs.clear();
        if form != ReceiptForm::Text {
            tlvs.push_c_octet_string(Tag::RECEIPTED_MESSAGE_ID, &self.id)?;
            tlvs.push_message_state(fate.state);
            tlvs.push_network_error_code(NetworkErrorCode {
                network_type: GSM,
                code: reason(fate.state).0,
            });
        }
        if let Some(reference) = fate.user_message_reference {
            tlvs.push_two_octets(Tag::USER_MESSAGE_REFERENCE, reference);
        }
        Ok(())
    }
}

const GSM: u8 = 3;

/// The network's reason for a state, as a number and as receipts write it: 27 is "absent
/// subscriber" in GSM 09.02.
fn reason(state: MessageState) -> (u16, &'static str) {
    match state {
        MessageState::UNDELIVERABLE => (27, "027"),
        MessageState::EXPIRED => (1, "001"),
        _ => (0, "000"),
    }
}

fn from_phone(token: u64, message: &FromPhone, requests: &mut Requests) -> Result<(), EncodeError> {
    let deliver_sm = DeliverSm {
        service_type: message.service_type.into(),
        source_addr_ton: Ton::INTERNATIONAL,
        source_addr_npi: Npi::ISDN,
        source_addr: message.from.as_str().into(),
        dest_addr_npi: Npi::ISDN,
        destination_addr: message.to.as_str().into(),
        esm_class: message.esm_class,
        data_coding: message.data_coding,
        short_message: Octets(&message.user_data),
        tlvs: message.tlvs.as_tlvs(),
        ..DeliverSm::default()
    };
    requests.push(token, Body::DeliverSm(deliver_sm))
}
