//! Responses that name the message and no more: to `submit_sm`, `deliver_sm`, `data_sm`,
//! `broadcast_sm` and `query_broadcast_sm` (SMPP 5.0, 4.2.1.2).

use super::Fields;
use crate::read::{Parsed, c_octet_string, tlvs};
use crate::write::Sink;
use crate::{EncodeError, Octets, Tlvs};

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

    fn write(&self, sink: &mut impl Sink) -> Result<(), EncodeError> {
        if let Some(message_id) = self.message_id {
            sink.c_octet_string("message_id", 65, message_id)?;
        }
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
