//! PDUs of a header and no fields: `unbind`, `enquire_link`, `generic_nack` and several responses.

use super::Fields;
use crate::Tlvs;
use crate::read::{Parsed, tlvs};
use crate::write::Sink;

/// No fields. Since 5.0 any response may have TLVs (`congestion_state`), so they are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HeaderOnly<'a> {
    /// Optional parameters; usually none.
    pub tlvs: Tlvs<'a>,
}

impl<'a> Fields<'a> for HeaderOnly<'a> {
    fn read(input: &'a [u8]) -> Parsed<'a, Self> {
        let (input, tlvs) = tlvs(input)?;
        Ok((input, Self { tlvs }))
    }

    fn write<S: Sink>(&self, sink: S) -> S {
        sink.tlvs(self.tlvs)
    }

    fn tlvs(&self) -> Tlvs<'a> {
        self.tlvs
    }

    fn without_fields(tlvs: Tlvs<'a>) -> Option<Self> {
        Some(Self { tlvs })
    }
}

#[cfg(test)]
mod tests {
    use crate::pdu::tests::{frame, same};
    use crate::{Pdu, Status};

    #[test]
    fn generic_nack_of_a_bad_length() {
        let nack = Pdu::generic_nack(0, Status::RINVCMDLEN);
        same(&frame("00000010800000000000000200000000"), &nack);
    }
}
