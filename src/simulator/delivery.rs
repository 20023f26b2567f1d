//! What the SMSC has for an ESME: receipts, and messages from phones.

use std::borrow::Cow;

use bytes::{BufMut, Bytes, BytesMut};
use xabar_smpp::pdu::{DataSm, DeliverSm};
use xabar_smpp::receipt::Receipt;
use xabar_smpp::session::Requests;
use xabar_smpp::tlv::NetworkErrorCode;
use xabar_smpp::values::{DataCoding, EsmClass, Npi, Ton};
use xabar_smpp::{Body, EncodeError, Frame, Octets, Pdu, Tag, TlvBuffer};

use super::behaviour::{ReceiptAlphabet, ReceiptForm, ReceiptPdu, Receipts, StrayNul, Wording};
use super::calendar::Calendar;
use super::fate::{Fate, reason};
use super::message_id;
use super::slab::Key;
use super::wording::worded;

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
        message_id::in_receipt(fate.of.id, receipts, &mut self.id);
        let text = match receipts.form {
            ReceiptForm::Tlv => Vec::new(),
            ReceiptForm::Text | ReceiptForm::Both => self.receipt_octets(fate, receipts, calendar),
        };
        self.receipt_tlvs(fate, receipts)?;
        let in_payload = receipts.place != ReceiptPdu::ShortMessage && !text.is_empty();
        if in_payload {
            self.tlvs.push(Tag::MESSAGE_PAYLOAD, &text)?;
        }
        let deliver_sm = DeliverSm {
            source_addr_ton: fate.destination.ton,
            source_addr_npi: fate.destination.npi,
            source_addr: fate.destination.digits.octets().into(),
            dest_addr_ton: fate.source.ton,
            dest_addr_npi: fate.source.npi,
            destination_addr: fate.source.digits.octets().into(),
            esm_class: match receipts.unmarked {
                true => EsmClass::default(),
                false => fate.esm_class(),
            },
            data_coding: match receipts.alphabet {
                ReceiptAlphabet::Default | ReceiptAlphabet::Ucs2Unmarked => {
                    DataCoding::SMSC_DEFAULT
                }
                ReceiptAlphabet::Ucs2 => DataCoding::UCS2,
            },
            short_message: if in_payload {
                Octets::EMPTY
            } else {
                Octets(&text)
            },
            tlvs: self.tlvs.as_tlvs(),
            ..DeliverSm::default()
        };
        let body = match receipts.place {
            ReceiptPdu::DataSm => Body::DataSm(as_data_sm(&deliver_sm)),
            _ => Body::DeliverSm(deliver_sm),
        };
        if receipts.nul == StrayNul::Pdu {
            requests.push_frame(token, &with_nul(body)?);
            return Ok(());
        }
        requests.push(token, body)
    }

    /// The text in its alphabet.
    fn receipt_octets(&self, fate: &Fate, receipts: &Receipts, calendar: &mut Calendar) -> Vec<u8> {
        let mut text = self.receipt_text(fate, receipts.wording, calendar);
        if receipts.nul == StrayNul::Text {
            text.push('\0');
        }
        match receipts.alphabet {
            ReceiptAlphabet::Default => text.into_bytes(),
            ReceiptAlphabet::Ucs2 | ReceiptAlphabet::Ucs2Unmarked => {
                text.encode_utf16().flat_map(u16::to_be_bytes).collect()
            }
        }
    }

    fn receipt_text(&self, fate: &Fate, wording: Wording, calendar: &mut Calendar) -> String {
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
        worded(&receipt, wording)
    }

    fn receipt_tlvs(&mut self, fate: &Fate, receipts: &Receipts) -> Result<(), EncodeError> {
        let tlvs = &mut self.tlvs;
        tlvs.clear();
        if receipts.form != ReceiptForm::Text {
            tlvs.push_c_octet_string(Tag::RECEIPTED_MESSAGE_ID, &self.id)?;
            tlvs.push_message_state(fate.state);
            tlvs.push_network_error_code(NetworkErrorCode {
                network_type: GSM,
                code: reason(fate.state).0,
            });
        }
        let reference = fate.user_message_reference;
        if let Some(reference) = reference.filter(|_| !receipts.no_reference) {
            tlvs.push_two_octets(Tag::USER_MESSAGE_REFERENCE, reference);
        }
        Ok(())
    }
}

/// The same in a `data_sm`.
fn as_data_sm<'a>(pdu: &DeliverSm<'a>) -> DataSm<'a> {
    DataSm {
        source_addr_ton: pdu.source_addr_ton,
        source_addr_npi: pdu.source_addr_npi,
        source_addr: pdu.source_addr,
        dest_addr_ton: pdu.dest_addr_ton,
        dest_addr_npi: pdu.dest_addr_npi,
        destination_addr: pdu.destination_addr,
        esm_class: pdu.esm_class,
        data_coding: pdu.data_coding,
        tlvs: pdu.tlvs,
        ..DataSm::default()
    }
}

/// The PDU with a NUL behind it that belongs to nothing.
fn with_nul(body: Body<'_>) -> Result<Frame, EncodeError> {
    let mut octets = BytesMut::new();
    Pdu::new(0, body).encode(&mut octets)?;
    octets.put_u8(0);
    let length = u32::try_from(octets.len()).unwrap_or(u32::MAX);
    if let Some(place) = octets.first_chunk_mut() {
        *place = length.to_be_bytes();
    }
    Ok(Frame::new(octets.freeze()).expect("it has the length that it says"))
}

const GSM: u8 = 3;

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
