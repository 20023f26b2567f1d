//! `bind_receiver`, `bind_transmitter`, `bind_transceiver` (SMPP 5.0, 4.1.1).

use super::Fields;
use crate::read::{Parsed, c_octet_string, octet, tlvs};
use crate::values::{InterfaceVersion, Npi, Ton};
use crate::write::Sink;
use crate::{Octets, Tlvs};

/// The login of an ESME. Which of the three it is, fixes the directions of the session.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bind<'a> {
    /// Who is speaking; at most 15 octets.
    pub system_id: Octets<'a>,
    /// At most 8 octets.
    pub password: Octets<'a>,
    /// What kind of system it is; usually empty; at most 12 octets.
    pub system_type: Octets<'a>,
    /// Which version of SMPP it speaks.
    pub interface_version: InterfaceVersion,
    /// How `address_range` is written.
    pub addr_ton: Ton,
    /// By whose plan.
    pub addr_npi: Npi,
    /// Which numbers it serves; usually empty; at most 40 octets.
    pub address_range: Octets<'a>,
    /// Optional parameters.
    pub tlvs: Tlvs<'a>,
}

impl<'a> Fields<'a> for Bind<'a> {
    fn read(input: &'a [u8]) -> Parsed<'a, Self> {
        let (input, system_id) = c_octet_string("system_id", 16)(input)?;
        let (input, password) = c_octet_string("password", 9)(input)?;
        let (input, system_type) = c_octet_string("system_type", 13)(input)?;
        let (input, interface_version) = octet("interface_version")(input)?;
        let (input, addr_ton) = octet("addr_ton")(input)?;
        let (input, addr_npi) = octet("addr_npi")(input)?;
        let (input, address_range) = c_octet_string("address_range", 41)(input)?;
        let (input, tlvs) = tlvs(input)?;
        let fields = Self {
            system_id,
            password,
            system_type,
            interface_version,
            addr_ton,
            addr_npi,
            address_range,
            tlvs,
        };
        Ok((input, fields))
    }

    fn write<S: Sink>(&self, sink: S) -> S {
        sink.c_octet_string("system_id", 16, self.system_id)
            .c_octet_string("password", 9, self.password)
            .c_octet_string("system_type", 13, self.system_type)
            .octet("interface_version", self.interface_version.0)
            .octet("addr_ton", self.addr_ton.0)
            .octet("addr_npi", self.addr_npi.0)
            .c_octet_string("address_range", 41, self.address_range)
            .tlvs(self.tlvs)
    }

    fn tlvs(&self) -> Tlvs<'a> {
        self.tlvs
    }
}

/// The answer to a bind, with `sc_interface_version` among the TLVs if the SMSC gives it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BindResp<'a> {
    /// Who is speaking; at most 15 octets.
    /// `None` if the body was left out, as an error response may do.
    pub system_id: Option<Octets<'a>>,
    /// Optional parameters.
    pub tlvs: Tlvs<'a>,
}

impl<'a> Fields<'a> for BindResp<'a> {
    fn read(input: &'a [u8]) -> Parsed<'a, Self> {
        let (input, system_id) = c_octet_string("system_id", 16)(input)?;
        let (input, tlvs) = tlvs(input)?;
        let fields = Self {
            system_id: Some(system_id),
            tlvs,
        };
        Ok((input, fields))
    }

    fn write<S: Sink>(&self, sink: S) -> S {
        let sink = match self.system_id {
            Some(system_id) => sink.c_octet_string("system_id", 16, system_id),
            None => sink,
        };
        sink.tlvs(self.tlvs)
    }

    fn tlvs(&self) -> Tlvs<'a> {
        self.tlvs
    }

    fn without_fields(tlvs: Tlvs<'a>) -> Option<Self> {
        Some(Self {
            tlvs,
            ..Self::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdu::tests::{frame, frame_of, same};
    use crate::{Body, CommandId, Pdu, Status, Tag, TlvBuffer};

    #[test]
    fn bind_transceiver_of_3_4() {
        let bind = Bind {
            system_id: "xabar".into(),
            password: "secret".into(),
            interface_version: InterfaceVersion::V3_4,
            ..Bind::default()
        };
        let frame = frame("00000022000000090000000000000001786162617200736563726574000034000000");
        same(&frame, &Pdu::new(1, Body::BindTransceiver(bind)));
    }

    #[test]
    fn bind_transceiver_resp_with_its_version() {
        let mut tlvs = TlvBuffer::new();
        tlvs.push_octet(Tag::SC_INTERFACE_VERSION, 0x34);
        let resp = BindResp {
            system_id: Some("SMSC".into()),
            tlvs: tlvs.as_tlvs(),
        };
        let frame = frame("0000001a800000090000000000000001534d5343000210000134");
        same(&frame, &Pdu::new(1, Body::BindTransceiverResp(resp)));
    }

    #[test]
    fn a_version_may_be_missing() {
        let frame = frame_of(CommandId::BIND_TRANSMITTER_RESP, Status::ROK, b"SMSC\0");
        let pdu = frame.decode().unwrap();
        assert_eq!(pdu.tlvs().sc_interface_version(), Ok(None));
        same(&frame, &pdu);
    }

    #[test]
    fn a_password_of_nine_octets_is_refused() {
        let bind = Bind {
            password: "123456789".into(),
            ..Bind::default()
        };
        let error = Pdu::new(1, Body::BindReceiver(bind))
            .to_frame()
            .unwrap_err();
        assert_eq!(error.to_string(), "password has 9 octets; at most 8 fit");
    }
}
