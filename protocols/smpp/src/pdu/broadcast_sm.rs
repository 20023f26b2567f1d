//! `broadcast_sm` and `cancel_broadcast_sm` (SMPP 5.0, 4.4.1 and 4.6.2).

use super::Fields;
use crate::read::{Parsed, c_octet_string, octet, tlvs};
use crate::values::{DataCoding, Npi, Ton};
use crate::write::Sink;
use crate::{Octets, Tlvs};

/// A text for all phones in an area; the area is among the TLVs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BroadcastSm<'a> {
    /// Empty for the default, else `CMT`, `USSD` and the like; at most 5 octets.
    pub service_type: Octets<'a>,
    /// How `source_addr` is written.
    pub source_addr_ton: Ton,
    /// By whose plan.
    pub source_addr_npi: Npi,
    /// Who sends; at most 20 octets.
    pub source_addr: Octets<'a>,
    /// The SMSC's name for the message; at most 64 octets.
    pub message_id: Octets<'a>,
    /// 0 to 3, as the network reads it.
    pub priority_flag: u8,
    /// When to deliver, as a [`Time`](crate::values::Time); empty for now.
    pub schedule_delivery_time: Octets<'a>,
    /// Until when to try, as a [`Time`](crate::values::Time); empty for the SMSC's default.
    pub validity_period: Octets<'a>,
    /// 1 to replace an earlier message between the two.
    pub replace_if_present_flag: u8,
    /// How the octets of the text are to be read.
    pub data_coding: DataCoding,
    /// A text kept by the SMSC, to be sent instead; 0 for none.
    pub sm_default_msg_id: u8,
    /// Optional parameters.
    pub tlvs: Tlvs<'a>,
}

impl<'a> Fields<'a> for BroadcastSm<'a> {
    fn read(input: &'a [u8]) -> Parsed<'a, Self> {
        let (input, service_type) = c_octet_string("service_type", 6)(input)?;
        let (input, source_addr_ton) = octet("source_addr_ton")(input)?;
        let (input, source_addr_npi) = octet("source_addr_npi")(input)?;
        let (input, source_addr) = c_octet_string("source_addr", 21)(input)?;
        let (input, message_id) = c_octet_string("message_id", 65)(input)?;
        let (input, priority_flag) = octet("priority_flag")(input)?;
        let (input, schedule_delivery_time) = c_octet_string("schedule_delivery_time", 17)(input)?;
        let (input, validity_period) = c_octet_string("validity_period", 17)(input)?;
        let (input, replace_if_present_flag) = octet("replace_if_present_flag")(input)?;
        let (input, data_coding) = octet("data_coding")(input)?;
        let (input, sm_default_msg_id) = octet("sm_default_msg_id")(input)?;
        let (input, tlvs) = tlvs(input)?;
        let fields = Self {
            service_type,
            source_addr_ton,
            source_addr_npi,
            source_addr,
            message_id,
            priority_flag,
            schedule_delivery_time,
            validity_period,
            replace_if_present_flag,
            data_coding,
            sm_default_msg_id,
            tlvs,
        };
        Ok((input, fields))
    }

    fn write<S: Sink>(&self, sink: S) -> S {
        sink.c_octet_string("service_type", 6, self.service_type)
            .octet("source_addr_ton", self.source_addr_ton.0)
            .octet("source_addr_npi", self.source_addr_npi.0)
            .c_octet_string("source_addr", 21, self.source_addr)
            .c_octet_string("message_id", 65, self.message_id)
            .octet("priority_flag", self.priority_flag)
            .c_octet_string("schedule_delivery_time", 17, self.schedule_delivery_time)
            .c_octet_string("validity_period", 17, self.validity_period)
            .octet("replace_if_present_flag", self.replace_if_present_flag)
            .octet("data_coding", self.data_coding.0)
            .octet("sm_default_msg_id", self.sm_default_msg_id)
            .tlvs(self.tlvs)
    }

    fn tlvs(&self) -> Tlvs<'a> {
        self.tlvs
    }
}

/// Withdraws a broadcast.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CancelBroadcastSm<'a> {
    /// Empty for the default, else `CMT`, `USSD` and the like; at most 5 octets.
    pub service_type: Octets<'a>,
    /// The SMSC's name for the message; at most 64 octets.
    pub message_id: Octets<'a>,
    /// How `source_addr` is written.
    pub source_addr_ton: Ton,
    /// By whose plan.
    pub source_addr_npi: Npi,
    /// Who sends; at most 20 octets.
    pub source_addr: Octets<'a>,
    /// Optional parameters.
    pub tlvs: Tlvs<'a>,
}

impl<'a> Fields<'a> for CancelBroadcastSm<'a> {
    fn read(input: &'a [u8]) -> Parsed<'a, Self> {
        let (input, service_type) = c_octet_string("service_type", 6)(input)?;
        let (input, message_id) = c_octet_string("message_id", 65)(input)?;
        let (input, source_addr_ton) = octet("source_addr_ton")(input)?;
        let (input, source_addr_npi) = octet("source_addr_npi")(input)?;
        let (input, source_addr) = c_octet_string("source_addr", 21)(input)?;
        let (input, tlvs) = tlvs(input)?;
        let fields = Self {
            service_type,
            message_id,
            source_addr_ton,
            source_addr_npi,
            source_addr,
            tlvs,
        };
        Ok((input, fields))
    }

    fn write<S: Sink>(&self, sink: S) -> S {
        sink.c_octet_string("service_type", 6, self.service_type)
            .c_octet_string("message_id", 65, self.message_id)
            .octet("source_addr_ton", self.source_addr_ton.0)
            .octet("source_addr_npi", self.source_addr_npi.0)
            .c_octet_string("source_addr", 21, self.source_addr)
            .tlvs(self.tlvs)
    }

    fn tlvs(&self) -> Tlvs<'a> {
        self.tlvs
    }
}

#[cfg(test)]
mod tests {
    use crate::pdu::tests::{frame_of, same};
    use crate::{Body, CommandId, Status};

    #[test]
    fn broadcast_sm_has_no_destination() {
        let octets = b"CBS\0\x05\0MyGov\0\0\0\0\0\0\x08\0\x06\x06\0\x02\0A";
        let frame = frame_of(CommandId::BROADCAST_SM, Status::ROK, octets);
        let pdu = frame.decode().unwrap();
        let Body::BroadcastSm(fields) = pdu.body else {
            panic!("{pdu:?}")
        };
        assert_eq!(
            (fields.service_type, fields.source_addr),
            ("CBS".into(), "MyGov".into())
        );
        assert_eq!(fields.data_coding.0, 8);
        same(&frame, &pdu);
    }

    #[test]
    fn cancel_broadcast_sm_names_the_broadcast() {
        let octets = b"CBS\x0038601fa\0\x05\0MyGov\0";
        let frame = frame_of(CommandId::CANCEL_BROADCAST_SM, Status::ROK, octets);
        let pdu = frame.decode().unwrap();
        let Body::CancelBroadcastSm(fields) = pdu.body else {
            panic!("{pdu:?}")
        };
        assert_eq!(fields.message_id, "38601fa");
        same(&frame, &pdu);
    }
}
