//! `query_sm` and `query_broadcast_sm` (SMPP 5.0, 4.5.2 and 4.6.1).

use super::Fields;
use crate::read::{Parsed, c_octet_string, octet, tlvs};
use crate::values::{MessageState, Npi, Ton};
use crate::write::Sink;
use crate::{Octets, Tlvs};

/// Asks where a message stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct QuerySm<'a> {
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

impl<'a> Fields<'a> for QuerySm<'a> {
    fn read(input: &'a [u8]) -> Parsed<'a, Self> {
        let (input, message_id) = c_octet_string("message_id", 65)(input)?;
        let (input, source_addr_ton) = octet("source_addr_ton")(input)?;
        let (input, source_addr_npi) = octet("source_addr_npi")(input)?;
        let (input, source_addr) = c_octet_string("source_addr", 21)(input)?;
        let (input, tlvs) = tlvs(input)?;
        let fields = Self {
            message_id,
            source_addr_ton,
            source_addr_npi,
            source_addr,
            tlvs,
        };
        Ok((input, fields))
    }

    fn write<S: Sink>(&self, sink: S) -> S {
        sink.c_octet_string("message_id", 65, self.message_id)
            .octet("source_addr_ton", self.source_addr_ton.0)
            .octet("source_addr_npi", self.source_addr_npi.0)
            .c_octet_string("source_addr", 21, self.source_addr)
            .tlvs(self.tlvs)
    }

    fn tlvs(&self) -> Tlvs<'a> {
        self.tlvs
    }
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct QuerySmResp<'a> {
    /// The SMSC's name for the message; at most 64 octets.
    /// `None` if the body was left out, as an error response may do.
    /// The other fields are not sent then.
    pub message_id: Option<Octets<'a>>,
    /// When the message reached its state, as a [`Time`](crate::values::Time); empty if it has not.
    pub final_date: Octets<'a>,
    /// Where the message stands.
    pub message_state: MessageState,
    /// The network's reason, by its own table.
    pub error_code: u8,
    /// Optional parameters.
    pub tlvs: Tlvs<'a>,
}

impl<'a> Fields<'a> for QuerySmResp<'a> {
    fn read(input: &'a [u8]) -> Parsed<'a, Self> {
        let (input, message_id) = c_octet_string("message_id", 65)(input)?;
        let (input, final_date) = c_octet_string("final_date", 17)(input)?;
        let (input, message_state) = octet("message_state")(input)?;
        let (input, error_code) = octet("error_code")(input)?;
        let (input, tlvs) = tlvs(input)?;
        let fields = Self {
            message_id: Some(message_id),
            final_date,
            message_state,
            error_code,
            tlvs,
        };
        Ok((input, fields))
    }

    fn write<S: Sink>(&self, sink: S) -> S {
        let sink = match self.message_id {
            Some(message_id) => sink
                .c_octet_string("message_id", 65, message_id)
                .c_octet_string("final_date", 17, self.final_date)
                .octet("message_state", self.message_state.0)
                .octet("error_code", self.error_code),
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
    use crate::pdu::tests::{frame_of, same};
    use crate::{Body, CommandId, Status};

    #[test]
    fn query_sm_names_message_and_sender() {
        let octets = b"38601fa\0\x05\0MyGov\0";
        let frame = frame_of(CommandId::QUERY_SM, Status::ROK, octets);
        let pdu = frame.decode().unwrap();
        let Body::QuerySm(fields) = pdu.body else {
            panic!("{pdu:?}")
        };
        assert_eq!(
            (fields.message_id, fields.source_addr),
            ("38601fa".into(), "MyGov".into())
        );
        same(&frame, &pdu);
    }

    #[test]
    fn query_sm_resp_tells_the_state() {
        let octets = b"38601fa\x00261123091500020+\0\x02\x00";
        let frame = frame_of(CommandId::QUERY_SM_RESP, Status::ROK, octets);
        let pdu = frame.decode().unwrap();
        let Body::QuerySmResp(fields) = pdu.body else {
            panic!("{pdu:?}")
        };
        assert_eq!(fields.message_state, crate::values::MessageState::DELIVERED);
        assert_eq!(fields.final_date, "261123091500020+");
        same(&frame, &pdu);
    }
}
