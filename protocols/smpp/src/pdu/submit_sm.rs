//! `submit_sm` and `deliver_sm` (SMPP 5.0, 4.2.1 and 4.3.1).

use super::{DataSm, Fields};
use crate::read::{Parsed, c_octet_string, octet, octets, tlvs};
use crate::values::{DataCoding, EsmClass, Npi, RegisteredDelivery, Ton};
use crate::write::Sink;
use crate::{Octets, Tlvs};

/// A message on its way to a phone.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SubmitSm<'a> {
    /// Empty for the default, else `CMT`, `USSD` and the like; at most 5 octets.
    pub service_type: Octets<'a>,
    /// How `source_addr` is written.
    pub source_addr_ton: Ton,
    /// By whose plan.
    pub source_addr_npi: Npi,
    /// Who sends; at most 20 octets.
    pub source_addr: Octets<'a>,
    /// How `destination_addr` is written.
    pub dest_addr_ton: Ton,
    /// By whose plan.
    pub dest_addr_npi: Npi,
    /// Who receives; at most 20 octets.
    pub destination_addr: Octets<'a>,
    /// What kind of message this is.
    pub esm_class: EsmClass,
    /// The protocol above, as in GSM 03.40; 0 for a plain text.
    pub protocol_id: u8,
    /// 0 to 3, as the network reads it.
    pub priority_flag: u8,
    /// When to deliver, as a [`Time`](crate::values::Time); empty for now.
    pub schedule_delivery_time: Octets<'a>,
    /// Until when to try, as a [`Time`](crate::values::Time); empty for the SMSC's default.
    pub validity_period: Octets<'a>,
    /// Which receipts are asked for.
    pub registered_delivery: RegisteredDelivery,
    /// 1 to replace an earlier message between the two.
    pub replace_if_present_flag: u8,
    /// How the octets of the text are to be read.
    pub data_coding: DataCoding,
    /// A text kept by the SMSC, to be sent instead; 0 for none.
    pub sm_default_msg_id: u8,
    /// The text, a user data header first if `esm_class` says so; at most 255 octets (3.4: 254).
    pub short_message: Octets<'a>,
    /// Optional parameters.
    pub tlvs: Tlvs<'a>,
}

impl<'a> SubmitSm<'a> {
    /// What it carries: `short_message`, or where that is empty `message_payload`.
    pub fn user_data(&self) -> Octets<'a> {
        match self.short_message {
            Octets::EMPTY => self.tlvs.message_payload().unwrap_or_default(),
            text => text,
        }
    }
}

/// What is in both; its text stays in `message_payload`.
impl<'a> From<DataSm<'a>> for SubmitSm<'a> {
    fn from(pdu: DataSm<'a>) -> Self {
        Self {
            service_type: pdu.service_type,
            source_addr_ton: pdu.source_addr_ton,
            source_addr_npi: pdu.source_addr_npi,
            source_addr: pdu.source_addr,
            dest_addr_ton: pdu.dest_addr_ton,
            dest_addr_npi: pdu.dest_addr_npi,
            destination_addr: pdu.destination_addr,
            esm_class: pdu.esm_class,
            registered_delivery: pdu.registered_delivery,
            data_coding: pdu.data_coding,
            tlvs: pdu.tlvs,
            ..Self::default()
        }
    }
}

impl<'a> Fields<'a> for SubmitSm<'a> {
    fn read(input: &'a [u8]) -> Parsed<'a, Self> {
        let (input, service_type) = c_octet_string("service_type", 6)(input)?;
        let (input, source_addr_ton) = octet("source_addr_ton")(input)?;
        let (input, source_addr_npi) = octet("source_addr_npi")(input)?;
        let (input, source_addr) = c_octet_string("source_addr", 21)(input)?;
        let (input, dest_addr_ton) = octet("dest_addr_ton")(input)?;
        let (input, dest_addr_npi) = octet("dest_addr_npi")(input)?;
        let (input, destination_addr) = c_octet_string("destination_addr", 21)(input)?;
        let (input, esm_class) = octet("esm_class")(input)?;
        let (input, protocol_id) = octet("protocol_id")(input)?;
        let (input, priority_flag) = octet("priority_flag")(input)?;
        let (input, schedule_delivery_time) = c_octet_string("schedule_delivery_time", 17)(input)?;
        let (input, validity_period) = c_octet_string("validity_period", 17)(input)?;
        let (input, registered_delivery) = octet("registered_delivery")(input)?;
        let (input, replace_if_present_flag) = octet("replace_if_present_flag")(input)?;
        let (input, data_coding) = octet("data_coding")(input)?;
        let (input, sm_default_msg_id) = octet("sm_default_msg_id")(input)?;
        let (input, sm_length) = octet("sm_length")(input)?;
        let (input, short_message) = octets("short_message", sm_length)(input)?;
        let (input, tlvs) = tlvs(input)?;
        let fields = Self {
            service_type,
            source_addr_ton,
            source_addr_npi,
            source_addr,
            dest_addr_ton,
            dest_addr_npi,
            destination_addr,
            esm_class,
            protocol_id,
            priority_flag,
            schedule_delivery_time,
            validity_period,
            registered_delivery,
            replace_if_present_flag,
            data_coding,
            sm_default_msg_id,
            short_message,
            tlvs,
        };
        Ok((input, fields))
    }

    fn write<S: Sink>(&self, sink: S) -> S {
        sink.c_octet_string("service_type", 6, self.service_type)
            .octet("source_addr_ton", self.source_addr_ton.0)
            .octet("source_addr_npi", self.source_addr_npi.0)
            .c_octet_string("source_addr", 21, self.source_addr)
            .octet("dest_addr_ton", self.dest_addr_ton.0)
            .octet("dest_addr_npi", self.dest_addr_npi.0)
            .c_octet_string("destination_addr", 21, self.destination_addr)
            .octet("esm_class", self.esm_class.0)
            .octet("protocol_id", self.protocol_id)
            .octet("priority_flag", self.priority_flag)
            .c_octet_string("schedule_delivery_time", 17, self.schedule_delivery_time)
            .c_octet_string("validity_period", 17, self.validity_period)
            .octet("registered_delivery", self.registered_delivery.0)
            .octet("replace_if_present_flag", self.replace_if_present_flag)
            .octet("data_coding", self.data_coding.0)
            .octet("sm_default_msg_id", self.sm_default_msg_id)
            .short_message(self.short_message)
            .tlvs(self.tlvs)
    }

    fn tlvs(&self) -> Tlvs<'a> {
        self.tlvs
    }
}

/// A message from a phone, or a receipt: the fields of a `submit_sm`, of which the two times,
/// `replace_if_present_flag` and `sm_default_msg_id` are not used.
pub type DeliverSm<'a> = SubmitSm<'a>;

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::pdu::tests::{frame, same};
    use crate::{Body, Pdu, Tag, TlvBuffer};

    /// Of our own making: "Salom" from MyGov, `user_message_reference` 7.
    pub(in crate::pdu) const SALOM: &str = "0000003d0000000400000000000000020005004d79476f76000101393938393031323334353637\
         000000000000010000000553616c6f6d020400020007";

    #[test]
    fn submit_sm_with_a_reference() {
        let mut tlvs = TlvBuffer::new();
        tlvs.push_two_octets(Tag::USER_MESSAGE_REFERENCE, 7);
        let submit_sm = SubmitSm {
            source_addr_ton: Ton::ALPHANUMERIC,
            source_addr: "MyGov".into(),
            dest_addr_ton: Ton::INTERNATIONAL,
            dest_addr_npi: Npi::ISDN,
            destination_addr: "998901234567".into(),
            registered_delivery: RegisteredDelivery::FINAL,
            short_message: "Salom".into(),
            tlvs: tlvs.as_tlvs(),
            ..SubmitSm::default()
        };
        same(&frame(SALOM), &Pdu::new(2, Body::SubmitSm(submit_sm)));
    }

    #[test]
    fn deliver_sm_with_a_receipt_in_its_tlvs() {
        let frame = frame(
            "0000004a0000000500000000000000010001013939383930313233343536370005004d79476f7600\
             04000000000000000000001e00083338363031666100042700010204230003030000",
        );
        let pdu = frame.decode().unwrap();
        let Body::DeliverSm(deliver_sm) = pdu.body else {
            panic!("{pdu:?}")
        };
        assert_eq!(deliver_sm.source_addr, "998901234567");
        assert!(deliver_sm.esm_class.is_receipt());
        assert_eq!(deliver_sm.tlvs.receipted_message_id().unwrap(), "38601fa");
        same(&frame, &pdu);
    }

    #[test]
    fn ussd_over_submit_sm_and_deliver_sm() {
        let begin = frame(
            "00000046000000050000000000000002555353440001013939383930313233343536370000013130323400\
             000000000000000000062a3130323423050100010113830002162e",
        );
        let last = frame(
            "00000046000000040000000000000003555353440000013130323400010139393839303132333435363700\
             000000000000000000065261686d6174050100011113830002162f",
        );
        for (frame, text, op, info) in [
            (begin, "*1024#", 0x01, 0x162E),
            (last, "Rahmat", 0x11, 0x162F),
        ] {
            let pdu = frame.decode().unwrap();
            let (Body::DeliverSm(message) | Body::SubmitSm(message)) = pdu.body else {
                panic!("{pdu:?}")
            };
            assert_eq!(
                (message.service_type, message.short_message),
                ("USSD".into(), text.into())
            );
            assert_eq!(message.tlvs.ussd_service_op(), Ok(Some(op)));
            assert_eq!(message.tlvs.its_session_info(), Ok(Some(info)));
            same(&frame, &pdu);
        }
    }

    #[test]
    fn a_stray_nul_after_the_text_is_tolerated() {
        let octets = frame(SALOM);
        let body = [&octets.octets()[16..55], &[0]].concat();
        let frame =
            crate::pdu::tests::frame_of(crate::CommandId::SUBMIT_SM, crate::Status::ROK, &body);
        let pdu = frame.decode().unwrap();
        assert!(pdu.tlvs().is_empty());
        same(&frame, &pdu);
    }

    #[test]
    fn debug_shows_neither_number_nor_text() {
        let frame = frame(SALOM);
        let shown = format!("{:?} {:?}", frame, frame.decode());
        assert!(
            !shown.contains("9989") && !shown.contains("Salom"),
            "{shown}"
        );
    }
}
