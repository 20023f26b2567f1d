//! `alert_notification` (SMPP 5.0, 4.1.3).

use super::Fields;
use crate::read::{Parsed, c_octet_string, octet, tlvs};
use crate::values::{Npi, Ton};
use crate::write::Sink;
use crate::{Octets, Tlvs};

/// A phone that was away can be reached again.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AlertNotification<'a> {
    /// How `source_addr` is written.
    pub source_addr_ton: Ton,
    /// By whose plan.
    pub source_addr_npi: Npi,
    /// Who sends; at most 64 octets.
    pub source_addr: Octets<'a>,
    /// How `esme_addr` is written.
    pub esme_addr_ton: Ton,
    /// By whose plan.
    pub esme_addr_npi: Npi,
    /// Who asked to be told; at most 64 octets.
    pub esme_addr: Octets<'a>,
    /// Optional parameters.
    pub tlvs: Tlvs<'a>,
}

impl<'a> Fields<'a> for AlertNotification<'a> {
    fn read(input: &'a [u8]) -> Parsed<'a, Self> {
        let (input, source_addr_ton) = octet("source_addr_ton")(input)?;
        let (input, source_addr_npi) = octet("source_addr_npi")(input)?;
        let (input, source_addr) = c_octet_string("source_addr", 65)(input)?;
        let (input, esme_addr_ton) = octet("esme_addr_ton")(input)?;
        let (input, esme_addr_npi) = octet("esme_addr_npi")(input)?;
        let (input, esme_addr) = c_octet_string("esme_addr", 65)(input)?;
        let (input, tlvs) = tlvs(input)?;
        let fields = Self {
            source_addr_ton,
            source_addr_npi,
            source_addr,
            esme_addr_ton,
            esme_addr_npi,
            esme_addr,
            tlvs,
        };
        Ok((input, fields))
    }

    fn write<S: Sink>(&self, sink: S) -> S {
        sink.octet("source_addr_ton", self.source_addr_ton.0)
            .octet("source_addr_npi", self.source_addr_npi.0)
            .c_octet_string("source_addr", 65, self.source_addr)
            .octet("esme_addr_ton", self.esme_addr_ton.0)
            .octet("esme_addr_npi", self.esme_addr_npi.0)
            .c_octet_string("esme_addr", 65, self.esme_addr)
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
    fn alert_notification_tells_who_is_back() {
        let octets = b"\x01\x01998901234567\0\x05\0MyGov\0\x04\x22\0\x01\0";
        let frame = frame_of(CommandId::ALERT_NOTIFICATION, Status::ROK, octets);
        let pdu = frame.decode().unwrap();
        let Body::AlertNotification(fields) = pdu.body else {
            panic!("{pdu:?}")
        };
        assert_eq!(
            (fields.source_addr, fields.esme_addr),
            ("998901234567".into(), "MyGov".into())
        );
        assert_eq!(
            fields.tlvs.octet(crate::Tag::MS_AVAILABILITY_STATUS),
            Ok(Some(0))
        );
        same(&frame, &pdu);
    }
}
