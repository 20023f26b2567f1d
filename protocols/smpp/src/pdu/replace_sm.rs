//! `replace_sm` (SMPP 5.0, 4.5.3).

use super::Fields;
use crate::read::{Parsed, c_octet_string, octet, octets, tlvs};
use crate::values::{Npi, RegisteredDelivery, Ton};
use crate::write::Sink;
use crate::{Octets, Tlvs};

/// Replaces the text of a message that still waits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ReplaceSm<'a> {
    /// The SMSC's name for the message; at most 64 octets.
    pub message_id: Octets<'a>,
    /// How `source_addr` is written.
    pub source_addr_ton: Ton,
    /// By whose plan.
    pub source_addr_npi: Npi,
    /// Who sends; at most 20 octets.
    pub source_addr: Octets<'a>,
    /// When to deliver, as a [`Time`](crate::values::Time); empty for now.
    pub schedule_delivery_time: Octets<'a>,
    /// Until when to try, as a [`Time`](crate::values::Time); empty for the SMSC's default.
    pub validity_period: Octets<'a>,
    /// Which receipts are asked for.
    pub registered_delivery: RegisteredDelivery,
    /// A text kept by the SMSC, to be sent instead; 0 for none.
    pub sm_default_msg_id: u8,
    /// The text, a user data header first if `esm_class` says so; at most 255 octets (3.4: 254).
    pub short_message: Octets<'a>,
    /// Optional parameters.
    pub tlvs: Tlvs<'a>,
}

impl<'a> Fields<'a> for ReplaceSm<'a> {
    fn read(input: &'a [u8]) -> Parsed<'a, Self> {
        let (input, message_id) = c_octet_string("message_id", 65)(input)?;
        let (input, source_addr_ton) = octet("source_addr_ton")(input)?;
        let (input, source_addr_npi) = octet("source_addr_npi")(input)?;
        let (input, source_addr) = c_octet_string("source_addr", 21)(input)?;
        let (input, schedule_delivery_time) = c_octet_string("schedule_delivery_time", 17)(input)?;
        let (input, validity_period) = c_octet_string("validity_period", 17)(input)?;
        let (input, registered_delivery) = octet("registered_delivery")(input)?;
        let (input, sm_default_msg_id) = octet("sm_default_msg_id")(input)?;
        let (input, sm_length) = octet("sm_length")(input)?;
        let (input, short_message) = octets("short_message", sm_length)(input)?;
        let (input, tlvs) = tlvs(input)?;
        let fields = Self {
            message_id,
            source_addr_ton,
            source_addr_npi,
            source_addr,
            schedule_delivery_time,
            validity_period,
            registered_delivery,
            sm_default_msg_id,
            short_message,
            tlvs,
        };
        Ok((input, fields))
    }

    fn write<S: Sink>(&self, sink: S) -> S {
        sink.c_octet_string("message_id", 65, self.message_id)
            .octet("source_addr_ton", self.source_addr_ton.0)
            .octet("source_addr_npi", self.source_addr_npi.0)
            .c_octet_string("source_addr", 21, self.source_addr)
            .c_octet_string("schedule_delivery_time", 17, self.schedule_delivery_time)
            .c_octet_string("validity_period", 17, self.validity_period)
            .octet("registered_delivery", self.registered_delivery.0)
            .octet("sm_default_msg_id", self.sm_default_msg_id)
            .short_message(self.short_message)
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
    fn replace_sm_has_a_new_text() {
        let octets = b"38601fa\0\x05\0MyGov\0\0\0\x01\0\x05Salom";
        let frame = frame_of(CommandId::REPLACE_SM, Status::ROK, octets);
        let pdu = frame.decode().unwrap();
        let Body::ReplaceSm(fields) = pdu.body else {
            panic!("{pdu:?}")
        };
        assert_eq!(
            (fields.message_id, fields.short_message),
            ("38601fa".into(), "Salom".into())
        );
        same(&frame, &pdu);
    }
}
