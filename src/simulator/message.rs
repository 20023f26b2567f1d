//! A message that an ESME submitted, whichever PDU it came in.

use std::time::Duration;

use xabar_smpp::pdu::SubmitSm;
use xabar_smpp::values::{EsmClass, Npi, RegisteredDelivery, Time, Ton};
use xabar_smpp::{Octets, Tlvs};
use xabar_sms::{Concat, DataCoding, DefaultAlphabet, Reading, UserDataHeader};

use super::phones::Ussd;

/// The fields that `submit_sm` and `data_sm` have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    pub(super) service_type: Octets<'a>,
    pub(super) source: Address<'a>,
    pub(super) destination: Address<'a>,
    pub(super) esm_class: EsmClass,
    pub(super) data_coding: u8,
    pub(super) registered_delivery: RegisteredDelivery,
    pub(super) validity_period: Octets<'a>,
    /// `short_message`, or else `message_payload`.
    pub(super) user_data: &'a [u8],
    pub(super) tlvs: Tlvs<'a>,
}

/// `ussd_service_op` of what is shown though nobody dialled.
const NOTIFY: u8 = 3;

/// A number or name, and how it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Address<'a> {
    pub(super) ton: Ton,
    pub(super) npi: Npi,
    pub(super) digits: Octets<'a>,
}

impl Address<'_> {
    pub(super) fn to_text(self) -> String {
        String::from_utf8_lossy(self.digits.as_bytes()).into_owned()
    }
}

impl<'a> Message<'a> {
    /// A `data_sm` comes as a `submit_sm` here.
    pub(super) fn of_submit_sm(pdu: &SubmitSm<'a>) -> Self {
        Self {
            service_type: pdu.service_type,
            source: Address {
                ton: pdu.source_addr_ton,
                npi: pdu.source_addr_npi,
                digits: pdu.source_addr,
            },
            destination: Address {
                ton: pdu.dest_addr_ton,
                npi: pdu.dest_addr_npi,
                digits: pdu.destination_addr,
            },
            esm_class: pdu.esm_class,
            data_coding: pdu.data_coding.0,
            registered_delivery: pdu.registered_delivery,
            validity_period: pdu.validity_period,
            user_data: pdu.user_data().0,
            tlvs: pdu.tlvs,
        }
    }

    /// The octets of the text, without the header before them.
    pub(super) fn text_octets(&self) -> &'a [u8] {
        if self.esm_class.has_udh() {
            UserDataHeader::split(self.user_data).1
        } else {
            self.user_data
        }
    }

    /// The text, where `data_coding` 0 means this alphabet; data that is no text is shown as its size.
    pub(super) fn text(&self, default_alphabet: DefaultAlphabet) -> String {
        let octets = self.text_octets();
        let reading = Reading {
            default_alphabet,
            ..Reading::default()
        };
        let text = xabar_sms::decode(octets, DataCoding(self.data_coding), reading);
        text.unwrap_or_else(|| format!("({} octets of data)", octets.len()))
    }

    /// Which segment this is, if the message is one of several: by its header or its SAR TLVs.
    pub(super) fn concat(&self) -> Option<Concat> {
        let concat = if self.esm_class.has_udh() {
            UserDataHeader::split(self.user_data).0.concat()
        } else {
            self.sar()
        };
        concat.filter(|concat| concat.is_valid() && concat.total > 1)
    }

    /// What it asks of the phone if it is USSD, in whichever dialect.
    pub(super) fn ussd(&self) -> Option<Ussd> {
        match self.service_type.0 {
            [b'B' | b'C', b'R'] => return Some(Ussd::Ask),
            [b'B', b'N'] => return Some(Ussd::Notice),
            [b'E' | b'A', b'R' | b'A' | b'F'] => return Some(Ussd::End),
            _ => {}
        }
        let op = self.tlvs.ussd_service_op().ok().flatten();
        if op.is_none() && self.service_type != "USSD" {
            return None;
        }
        if op == Some(NOTIFY) {
            return Some(Ussd::Notice);
        }
        let info = self.tlvs.its_session_info().ok().flatten();
        // 0x17 is how a common gateway writes 17 (the 6D and Mica dialects).
        let last = info.is_some_and(|info| info & 1 == 1) || matches!(op, Some(0x11 | 0x17));
        Some(if last { Ussd::End } else { Ussd::Ask })
    }

    fn sar(&self) -> Option<Concat> {
        let (reference, total, number) = self.tlvs.sar()?;
        Some(Concat {
            reference,
            total,
            number,
        })
    }

    /// How long the message is worth delivering, at `now` in seconds since 1970.
    pub(super) fn validity(&self, now: i64) -> Option<Duration> {
        if self.validity_period.is_empty() {
            return None;
        }
        let time = Time::parse(self.validity_period.as_bytes())?;
        time.to_duration().or_else(|| {
            let left = time.to_unix()?.saturating_sub(now);
            Some(Duration::from_secs(u64::try_from(left).unwrap_or(0)))
        })
    }
}
