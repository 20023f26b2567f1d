//! What an ESME is answered with.

use xabar_smpp::pdu::{HeaderOnly, MessageIdResp, QuerySmResp};
use xabar_smpp::values::MessageState;
use xabar_smpp::{Body, CommandId, Octets, Pdu, Status, Tlvs};

use super::behaviour::RefusalForm;
use super::slab::Key;
use super::tape::Place;

/// The response to a request of an ESME.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub(super) session: Key,
    pub(super) request: CommandId,
    pub(super) sequence_number: u32,
    pub(super) status: Status,
    pub(super) id: u64,
    /// The answer to `query_sm`.
    pub(super) told: Told,
    /// A refusal is said before it.
    pub(super) refused_first: bool,
    /// It is said twice.
    pub(super) twice: bool,
    /// It comes as the response to another command.
    pub(super) misnamed: bool,
    /// What the tape has of the message.
    pub(super) place: Option<Place>,
}

/// Where a message stands, with the network's reason.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    pub(super) state: MessageState,
    pub(super) reason: u8,
}

impl Answer {
    pub(super) fn with(self, status: Status) -> Self {
        Self { status, ..self }
    }

    /// The response, in that form if it refuses a message.
    pub(super) fn pdu<'a>(&self, id: &'a [u8], tlvs: Tlvs<'a>, refusals: RefusalForm) -> Pdu<'a> {
        let accepted = MessageIdResp {
            message_id: Some(Octets(id)),
            tlvs,
        };
        let body = match self.request {
            _ if self.misnamed => Body::DeliverSmResp(accepted),
            CommandId::SUBMIT_SM | CommandId::DATA_SM if !self.status.is_ok() => {
                self.refusal(tlvs, refusals)
            }
            CommandId::SUBMIT_SM => Body::SubmitSmResp(accepted),
            CommandId::DATA_SM => Body::DataSmResp(accepted),
            CommandId::QUERY_SM if self.status.is_ok() => Body::QuerySmResp(QuerySmResp {
                message_id: Some(Octets(id)),
                message_state: self.told.state,
                error_code: self.told.reason,
                tlvs,
                ..QuerySmResp::default()
            }),
            request => Body::Unknown {
                command_id: request.response(),
                octets: Octets::EMPTY,
            },
        };
        Pdu {
            status: self.status,
            sequence_number: self.sequence_number,
            body,
        }
    }

    /// The body of a response that refuses a message.
    fn refusal<'a>(&self, tlvs: Tlvs<'a>, form: RefusalForm) -> Body<'a> {
        let message_id = match form {
            RefusalForm::Nack => return Body::GenericNack(HeaderOnly::default()),
            RefusalForm::Header => None,
            RefusalForm::Nul => Some(Octets::EMPTY),
            RefusalForm::MessageId => Some("0A000000A3D323A1".into()),
        };
        let resp = MessageIdResp { message_id, tlvs };
        match self.request {
            CommandId::DATA_SM => Body::DataSmResp(resp),
            _ => Body::SubmitSmResp(resp),
        }
    }
}
