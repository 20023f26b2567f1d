//! `cancel_sm` (SMPP 5.0, 4.5.1).

use super::Fields;
use crate::read::{Parsed, c_octet_string, octet, tlvs};
use crate::values::{Npi, Ton};
use crate::write::Sink;
use crate::{Octets, Tlvs};

/// Withdraws one message, or all of a `service_type` between the two addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CancelSm<'a> {
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
    /// How `destination_addr` is written.
    pub dest_addr_ton: Ton,
    /// By whose plan.
    pub dest_addr_npi: Npi,
    /// Who receives; at most 20 octets.
    pub destination_addr: Octets<'a>,
    /// Optional parameters.
    pub tlvs: Tlvs<'a>,
}

impl<'a> Fields<'a> for CancelSm<'a> {
    fn read(input: &'a [u8]) -> Parsed<'a, Self> {
        let (input, service_type) = c_octet_string("service_type", 6)(input)?;
        let (input, message_id) = c_octet_string("message_id", 65)(input)?;
        let (input, source_addr_ton) = octet("source_addr_ton")(input)?;
        let (input, source_addr_npi) = octet("source_addr_npi")(input)?;
        let (input, source_addr) = c_octet_string("source_addr", 21)(input)?;
        let (input, dest_addr_ton) = octet("dest_addr_ton")(input)?;
        let (input, dest_addr_npi) = octet("dest_addr_npi")(input)?;
        let (input, destination_addr) = c_octet_string("destination_addr", 21)(input)?;
        let (input, tlvs) = tlvs(input)?;
        let fields = Self {
            service_type,
            message_id,
            source_addr_ton,
            source_addr_npi,
            source_addr,
            dest_addr_ton,
            dest_addr_npi,
            destination_addr,
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
            .octet("dest_addr_ton", self.dest_addr_ton.0)
            .octet("dest_addr_npi", self.dest_addr_npi.0)
            .c_octet_string("destination_addr", 21, self.destination_addr)
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
    fn cancel_sm_names_message_and_addresses() {
        let octets = b"\x0038601fa\0\x05\0MyGov\0\x01\x01998901234567\0";
        let frame = frame_of(CommandId::CANCEL_SM, Status::ROK, octets);
        let pdu = frame.decode().unwrap();
        let Body::CancelSm(fields) = pdu.body else {
            panic!("{pdu:?}")
        };
        assert_eq!(
            (fields.message_id, fields.source_addr),
            ("38601fa".into(), "MyGov".into())
        );
        assert_eq!(fields.destination_addr, "998901234567");
        same(&frame, &pdu);
    }
}
