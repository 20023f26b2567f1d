//! Every PDU of SMPP 3.4 and 5.0, as a view of its octets.
//!
//! A PDU is a file here and a line in the table of commands below. Fields are named as in the
//! specification; C-octet strings are without their NUL. What was decoded encodes to the same
//! octets again.

mod alert_notification;
mod bind;
mod broadcast_sm;
mod cancel_sm;
mod data_sm;
mod header_only;
mod list;
mod message_id_resp;
mod outbind;
mod query_sm;
mod replace_sm;
mod submit_multi;
mod submit_sm;
#[cfg(test)]
pub(crate) mod tests;

pub use alert_notification::AlertNotification;
pub use bind::{Bind, BindResp};
pub use broadcast_sm::{BroadcastSm, CancelBroadcastSm};
pub use cancel_sm::CancelSm;
pub use data_sm::DataSm;
pub use header_only::HeaderOnly;
pub use list::{Entry, List};
pub use message_id_resp::{DataSmResp, DeliverSmResp, MessageIdResp, SubmitSmResp};
pub use outbind::Outbind;
pub use query_sm::{QuerySm, QuerySmResp};
pub use replace_sm::ReplaceSm;
pub use submit_multi::{Destination, SubmitMulti, SubmitMultiResp, UnsuccessSme};
pub use submit_sm::{DeliverSm, SubmitSm};

use bytes::BytesMut;

use crate::read::{self, Parsed};
use crate::write::{Measure, Sink, Writer};
use crate::{CommandId, DecodeError, EncodeError, Frame, Header, Octets, Problem, Status, Tlvs};

/// One PDU, its fields lent from the frame it came in or from whatever it was made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pdu<'a> {
    /// The outcome in a response, [`Status::ROK`] in a request.
    pub status: Status,
    /// Pairs a request with its response.
    pub sequence_number: u32,
    /// Which operation it is, and its fields.
    pub body: Body<'a>,
}

/// What the fields of one PDU can do.
pub(crate) trait Fields<'a>: Copy {
    /// Reads all fields.
    fn read(input: &'a [u8]) -> Parsed<'a, Self>;

    /// Tells all fields in the order of the specification.
    fn write<S: Sink>(&self, sink: S) -> S;

    /// The TLVs.
    fn tlvs(&self) -> Tlvs<'a>;

    /// The PDU without its mandatory fields, for responses, which may lack them.
    fn without_fields(_: Tlvs<'a>) -> Option<Self> {
        None
    }
}

/// Makes [`Body`] and its dispatch from a table: command, variant, fields.
macro_rules! commands {
    ($($command:ident => $variant:ident($fields:ident),)*) => {
        /// The operation of a PDU and its fields.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Body<'a> {
            $(
                #[doc = concat!("[`CommandId::", stringify!($command), "`]")]
                $variant($fields<'a>),
            )*
            /// A command of no known layout.
            Unknown {
                /// Which command.
                command_id: CommandId,
                /// All octets after the header.
                octets: Octets<'a>,
            },
        }

        impl<'a> Body<'a> {
            /// The command that this body belongs to.
            pub fn command_id(&self) -> CommandId {
                match self {
                    $(Self::$variant(_) => CommandId::$command,)*
                    Self::Unknown { command_id, .. } => *command_id,
                }
            }

            /// The TLVs; none if the command is unknown.
            pub fn tlvs(&self) -> Tlvs<'a> {
                match self {
                    $(Self::$variant(fields) => fields.tlvs(),)*
                    Self::Unknown { .. } => Tlvs::EMPTY,
                }
            }

            #[inline]
            fn read(command_id: CommandId, status: Status, input: &'a [u8]) -> Parsed<'a, Self> {
                match command_id {
                    $(CommandId::$command => {
                        let (rest, fields) = read_fields(status, input)?;
                        Ok((rest, Self::$variant(fields)))
                    })*
                    _ => Ok((&[], Self::Unknown { command_id, octets: Octets(input) })),
                }
            }

            /// Tells all fields; those of an unknown command have no names, so none.
            #[inline]
            pub(crate) fn write<S: Sink>(&self, sink: S) -> S {
                match self {
                    $(Self::$variant(fields) => fields.write(sink),)*
                    Self::Unknown { octets, .. } => sink.tlvs(Tlvs::unreadable(octets.0)),
                }
            }
        }
    };
}

commands! {
    GENERIC_NACK => GenericNack(HeaderOnly),
    BIND_RECEIVER => BindReceiver(Bind),
    BIND_RECEIVER_RESP => BindReceiverResp(BindResp),
    BIND_TRANSMITTER => BindTransmitter(Bind),
    BIND_TRANSMITTER_RESP => BindTransmitterResp(BindResp),
    BIND_TRANSCEIVER => BindTransceiver(Bind),
    BIND_TRANSCEIVER_RESP => BindTransceiverResp(BindResp),
    OUTBIND => Outbind(Outbind),
    UNBIND => Unbind(HeaderOnly),
    UNBIND_RESP => UnbindResp(HeaderOnly),
    ENQUIRE_LINK => EnquireLink(HeaderOnly),
    ENQUIRE_LINK_RESP => EnquireLinkResp(HeaderOnly),
    SUBMIT_SM => SubmitSm(SubmitSm),
    SUBMIT_SM_RESP => SubmitSmResp(MessageIdResp),
    SUBMIT_MULTI => SubmitMulti(SubmitMulti),
    SUBMIT_MULTI_RESP => SubmitMultiResp(SubmitMultiResp),
    DELIVER_SM => DeliverSm(SubmitSm),
    DELIVER_SM_RESP => DeliverSmResp(MessageIdResp),
    DATA_SM => DataSm(DataSm),
    DATA_SM_RESP => DataSmResp(MessageIdResp),
    QUERY_SM => QuerySm(QuerySm),
    QUERY_SM_RESP => QuerySmResp(QuerySmResp),
    CANCEL_SM => CancelSm(CancelSm),
    CANCEL_SM_RESP => CancelSmResp(HeaderOnly),
    REPLACE_SM => ReplaceSm(ReplaceSm),
    REPLACE_SM_RESP => ReplaceSmResp(HeaderOnly),
    ALERT_NOTIFICATION => AlertNotification(AlertNotification),
    BROADCAST_SM => BroadcastSm(BroadcastSm),
    BROADCAST_SM_RESP => BroadcastSmResp(MessageIdResp),
    QUERY_BROADCAST_SM => QueryBroadcastSm(QuerySm),
    QUERY_BROADCAST_SM_RESP => QueryBroadcastSmResp(MessageIdResp),
    CANCEL_BROADCAST_SM => CancelBroadcastSm(CancelBroadcastSm),
    CANCEL_BROADCAST_SM_RESP => CancelBroadcastSmResp(HeaderOnly),
}

impl<'a> Body<'a> {
    /// The message that an SMSC brings, whether as `deliver_sm` or as `data_sm`.
    pub fn delivered(&self) -> Option<DeliverSm<'a>> {
        match self {
            Self::DeliverSm(pdu) => Some(*pdu),
            Self::DataSm(pdu) => Some((*pdu).into()),
            _ => None,
        }
    }
}

impl<'a> Pdu<'a> {
    /// A request, or a response that says all is well.
    pub fn new(sequence_number: u32, body: Body<'a>) -> Self {
        Self {
            status: Status::ROK,
            sequence_number,
            body,
        }
    }

    /// A `generic_nack` to the PDU of that sequence number; 0 if that is not known.
    pub fn generic_nack(sequence_number: u32, status: Status) -> Self {
        Self {
            status,
            sequence_number,
            body: Body::GenericNack(HeaderOnly::default()),
        }
    }

    /// Which operation this is.
    pub fn command_id(&self) -> CommandId {
        self.body.command_id()
    }

    /// The TLVs; none if the command is unknown.
    pub fn tlvs(&self) -> Tlvs<'a> {
        self.body.tlvs()
    }

    /// Appends the octets of this PDU to a buffer.
    ///
    /// # Errors
    /// A field does not fit its size; the buffer is then as it was.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let len_octets = Header::LEN_OCTETS + self.body.write(Measure::default()).len_octets;
        let header = Header {
            command_length: command_length(len_octets)?,
            command_id: self.command_id(),
            status: self.status,
            sequence_number: self.sequence_number,
        };
        let start = out.len();
        out.resize(start + len_octets, 0);
        let room = out.get_mut(start..).unwrap_or_default();
        let (head, rest) = room.split_first_chunk_mut().expect("a header was measured");
        *head = header.to_octets();
        let written = self.body.write(Writer::new(rest)).finish();
        if written.is_err() {
            out.truncate(start);
        }
        written
    }

    /// This PDU on its own, to be kept or handed on.
    ///
    /// # Errors
    /// A field does not fit its size.
    pub fn to_frame(&self) -> Result<Frame, EncodeError> {
        let mut octets = BytesMut::new();
        self.encode(&mut octets)?;
        Ok(Frame::new(octets.freeze()).expect("encode writes the length that it has written"))
    }
}

impl Frame {
    /// Looks into this PDU. An unknown command is no error: see [`Body::Unknown`].
    ///
    /// # Errors
    /// [`DecodeError::Field`]. The body of an error response is never at fault: a part that
    /// cannot be read is passed over.
    #[inline]
    pub fn decode(&self) -> Result<Pdu<'_>, DecodeError> {
        let header = self.header();
        match Body::read(header.command_id, header.status, self.body()) {
            Ok((_, body)) => Ok(Pdu {
                status: header.status,
                sequence_number: header.sequence_number,
                body,
            }),
            Err(error) => Err(self.decode_error(error)),
        }
    }

    fn decode_error(&self, error: nom::Err<read::Fault<'_>>) -> DecodeError {
        let len_octets = self.octets().len();
        match error {
            nom::Err::Error(fault) | nom::Err::Failure(fault) => fault.into_error(len_octets),
            // The parsers are nom's complete ones, which never ask for more.
            nom::Err::Incomplete(_) => DecodeError::Field {
                field: "body",
                offset: len_octets,
                problem: Problem::Truncated,
            },
        }
    }
}

/// Reads the fields of a response also if they are missing, which is usual if it tells of an
/// error: first all fields, then TLVs alone, and if it tells of an error, anything.
#[inline]
fn read_fields<'a, T: Fields<'a>>(status: Status, input: &'a [u8]) -> Parsed<'a, T> {
    if input.is_empty()
        && let Some(bare) = T::without_fields(Tlvs::EMPTY)
    {
        return Ok((&[], bare));
    }
    match T::read(input) {
        Err(_) if !status.is_ok() && T::without_fields(Tlvs::EMPTY).is_some() => {
            let tlvs = match read::tlvs(input) {
                Ok((_, tlvs)) => tlvs,
                Err(_) => Tlvs::unreadable(input),
            };
            T::without_fields(tlvs).map_or_else(|| T::read(input), |bare| Ok((&[], bare)))
        }
        read => read,
    }
}

fn command_length(len: usize) -> Result<u32, EncodeError> {
    let too_long = EncodeError::TooLong {
        field: "command_length",
        len,
        max: MAX_LENGTH,
    };
    u32::try_from(len).map_err(|_| too_long)
}

/// What a `command_length` can say at most.
const MAX_LENGTH: usize = 0xFFFF_FFFF;
