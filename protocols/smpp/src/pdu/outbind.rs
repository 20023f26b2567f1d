//! `outbind` (SMPP 5.0, 4.1.1.7).

use super::Fields;
use crate::read::{Parsed, c_octet_string, tlvs};
use crate::write::Sink;
use crate::{Octets, Tlvs};

/// An SMSC asks an ESME to bind.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outbind<'a> {
    /// Who is speaking; at most 15 octets.
    pub system_id: Octets<'a>,
    /// At most 8 octets.
    pub password: Octets<'a>,
    /// Optional parameters.
    pub tlvs: Tlvs<'a>,
}

impl<'a> Fields<'a> for Outbind<'a> {
    fn read(input: &'a [u8]) -> Parsed<'a, Self> {
        let (input, system_id) = c_octet_string("system_id", 16)(input)?;
        let (input, password) = c_octet_string("password", 9)(input)?;
        let (input, tlvs) = tlvs(input)?;
        let fields = Self {
            system_id,
            password,
            tlvs,
        };
        Ok((input, fields))
    }

    fn write<S: Sink>(&self, sink: S) -> S {
        sink.c_octet_string("system_id", 16, self.system_id)
            .c_octet_string("password", 9, self.password)
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
    fn outbind_asks_for_a_bind() {
        let octets = b"SMSC\0secret\0";
        let frame = frame_of(CommandId::OUTBIND, Status::ROK, octets);
        let pdu = frame.decode().unwrap();
        let Body::Outbind(fields) = pdu.body else {
            panic!("{pdu:?}")
        };
        assert_eq!(
            (fields.system_id, fields.password),
            ("SMSC".into(), "secret".into())
        );
        same(&frame, &pdu);
    }
}
