//! Responses that name the message and no more: to `submit_sm`, `deliver_sm`, `data_sm`,
//! `broadcast_sm` and `query_broadcast_sm` (SMPP 5.0, 4.2.1.2).

use super::Fields;
use crate::read::{Parsed, c_octet_string, tlvs};
use crate::write::Sink;
use crate::{Octets, Tlvs};

/// The answer to a message.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MessageIdResp<'a> {
    /// The SMSC's name for the message; at most 64 octets.
    /// `None` if the body was left out, as an error response may do.
    /// Empty in a `deliver_sm_resp`.
    pub message_id: Option<Octets<'a>>,
    /// Optional parameters.
    pub tlvs: Tlvs<'a>,
}

impl<'a> Fields<'a> for MessageIdResp<'a> {
    fn read(input: &'a [u8]) -> Parsed<'a, Self> {
        let (input, message_id) = c_octet_string("message_id", 65)(input)?;
        let (input, tlvs) = tlvs(input)?;
        let fields = Self {
            message_id: Some(message_id),
            tlvs,
        };
        Ok((input, fields))
    }

    fn write<S: Sink>(&self, sink: S) -> S {
        let sink = match self.message_id {
            Some(message_id) => sink.c_octet_string("message_id", 65, message_id),
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

/// The answer to a `submit_sm`.
pub type SubmitSmResp<'a> = MessageIdResp<'a>;

/// The answer to a `deliver_sm`; its `message_id` should be empty.
pub type DeliverSmResp<'a> = MessageIdResp<'a>;

/// The answer to a `data_sm`.
pub type DataSmResp<'a> = MessageIdResp<'a>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdu::tests::{frame, frame_of, same};
    use crate::{Body, CommandId, Pdu, Status};

    #[test]
    fn submit_sm_resp_with_an_id() {
        let resp = SubmitSmResp {
            message_id: Some("38601fa".into()),
            tlvs: Tlvs::EMPTY,
        };
        let frame = frame("000000188000000400000000000000023338363031666100");
        same(&frame, &Pdu::new(2, Body::SubmitSmResp(resp)));
    }

    #[test]
    fn throttled_comes_without_a_body() {
        let body = Body::SubmitSmResp(SubmitSmResp::default());
        let pdu = Pdu {
            status: Status::RTHROTTLED,
            sequence_number: 2,
            body,
        };
        same(&frame("00000010800000040000005800000002"), &pdu);
    }

    /// As seen in funbox/smppex #6.
    #[test]
    fn an_error_may_come_with_an_id_or_one_nul() {
        for (octets, id) in [
            (&b"0A000000A3D323A1\0"[..], "0A000000A3D323A1"),
            (b"\0", ""),
        ] {
            let frame = frame_of(CommandId::SUBMIT_SM_RESP, Status::RINVDSTADR, octets);
            let pdu = frame.decode().unwrap();
            let Body::SubmitSmResp(resp) = pdu.body else {
                panic!("{pdu:?}")
            };
            assert_eq!(resp.message_id, Some(id.into()));
            same(&frame, &pdu);
        }
    }

    #[test]
    fn an_id_without_its_end_is_a_fault_of_that_field() {
        let frame = frame_of(CommandId::SUBMIT_SM_RESP, Status::ROK, b"38601fa");
        assert_eq!(frame.decode().unwrap_err().field(), "message_id");
    }

    #[test]
    fn deliver_sm_resp_may_name_the_message() {
        let octets = [&[b'7'; 64][..], &[0]].concat();
        let frame = frame_of(CommandId::DELIVER_SM_RESP, Status::ROK, &octets);
        same(&frame, &frame.decode().unwrap());
        let too_long = [&[b'7'; 65][..], &[0]].concat();
        let frame = frame_of(CommandId::DELIVER_SM_RESP, Status::ROK, &too_long);
        assert_eq!(frame.decode().unwrap_err().field(), "message_id");
    }
}
