//! `data_sm` (SMPP 5.0, 4.2.2 and 4.3.2).

use super::Fields;
use crate::read::{Parsed, c_octet_string, octet, tlvs};
use crate::values::{DataCoding, EsmClass, Npi, RegisteredDelivery, Ton};
use crate::write::Sink;
use crate::{Octets, Tlvs};

/// A message in either direction, its text in `message_payload`.
///
/// Addresses of 64 octets are read, but many peers take 20 only.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DataSm<'a> {
    /// Empty for the default, else `CMT`, `USSD` and the like; at most 5 octets.
    pub service_type: Octets<'a>,
    /// How `source_addr` is written.
    pub source_addr_ton: Ton,
    /// By whose plan.
    pub source_addr_npi: Npi,
    /// Who sends; at most 64 octets.
    pub source_addr: Octets<'a>,
    /// How `destination_addr` is written.
    pub dest_addr_ton: Ton,
    /// By whose plan.
    pub dest_addr_npi: Npi,
    /// Who receives; at most 64 octets.
    pub destination_addr: Octets<'a>,
    /// What kind of message this is.
    pub esm_class: EsmClass,
    /// Which receipts are asked for.
    pub registered_delivery: RegisteredDelivery,
    /// How the octets of the text are to be read.
    pub data_coding: DataCoding,
    /// Optional parameters.
    pub tlvs: Tlvs<'a>,
}

impl<'a> Fields<'a> for DataSm<'a> {
    fn read(input: &'a [u8]) -> Parsed<'a, Self> {
        let (input, service_type) = c_octet_string("service_type", 6)(input)?;
        let (input, source_addr_ton) = octet("source_addr_ton")(input)?;
        let (input, source_addr_npi) = octet("source_addr_npi")(input)?;
        let (input, source_addr) = c_octet_string("source_addr", 65)(input)?;
        let (input, dest_addr_ton) = octet("dest_addr_ton")(input)?;
        let (input, dest_addr_npi) = octet("dest_addr_npi")(input)?;
        let (input, destination_addr) = c_octet_string("destination_addr", 65)(input)?;
        let (input, esm_class) = octet("esm_class")(input)?;
        let (input, registered_delivery) = octet("registered_delivery")(input)?;
        let (input, data_coding) = octet("data_coding")(input)?;
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
            registered_delivery,
            data_coding,
            tlvs,
        };
        Ok((input, fields))
    }

    fn write<S: Sink>(&self, sink: S) -> S {
        sink.c_octet_string("service_type", 6, self.service_type)
            .octet("source_addr_ton", self.source_addr_ton.0)
            .octet("source_addr_npi", self.source_addr_npi.0)
            .c_octet_string("source_addr", 65, self.source_addr)
            .octet("dest_addr_ton", self.dest_addr_ton.0)
            .octet("dest_addr_npi", self.dest_addr_npi.0)
            .c_octet_string("destination_addr", 65, self.destination_addr)
            .octet("esm_class", self.esm_class.0)
            .octet("registered_delivery", self.registered_delivery.0)
            .octet("data_coding", self.data_coding.0)
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
    fn data_sm_has_its_text_in_a_tlv() {
        let octets = b"\0\x01\x01998901234567\0\x05\0MyGov\0\x04\x01\x08\x04\x24\0\x02\x04\x14";
        let frame = frame_of(CommandId::DATA_SM, Status::ROK, octets);
        let pdu = frame.decode().unwrap();
        let Body::DataSm(fields) = pdu.body else {
            panic!("{pdu:?}")
        };
        assert_eq!(fields.destination_addr, "MyGov");
        assert_eq!(fields.data_coding.0, 8);
        assert_eq!(fields.tlvs.message_payload(), Some(b"\x04\x14".into()));
        let delivered = pdu.body.delivered().unwrap();
        assert_eq!(delivered.user_data().0, b"\x04\x14");
        assert_eq!(
            (delivered.source_addr, delivered.destination_addr),
            (fields.source_addr, fields.destination_addr)
        );
        assert_eq!(
            (delivered.esm_class, delivered.data_coding),
            (fields.esm_class, fields.data_coding)
        );
        same(&frame, &pdu);
    }
}
