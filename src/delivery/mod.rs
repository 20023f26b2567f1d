//! Where and how a message goes out: routing, the operators' links, and what a refusal means.
//!
//! In: submissions whose attempts are in the journal. Out: [`Report`]s of what became of them and of what
//! the operators sent. Whether a message goes, and when, was decided before.

mod adaptation;
mod addresses;
mod background;
mod backoff;
mod binds;
mod circuit;
mod class;
mod connection;
mod dispatch;
mod doubt;
mod entrance;
mod inbox;
mod link_state;
mod logins;
pub mod model;
mod occupancy;
mod operator;
mod rate;
pub mod receipt;
mod reference;
mod refused_bind;
mod response_time;
pub mod retry;
mod returns;
mod routing;
#[cfg(test)]
pub(crate) mod sample;
mod screen;
mod senders;
mod sessions;
mod share;
mod silence;
#[cfg(test)]
mod simulation;
mod submission;
#[cfg(test)]
mod tests;
mod tlvs;
mod tuning;
mod window;

use std::time::{Duration, Instant};

use bytes::BytesMut;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use xabar_smpp::pdu::{Body, HeaderOnly, MessageIdResp, Pdu};
use xabar_smpp::values::{InterfaceVersion, MessageState};
use xabar_smpp::{CommandId, EncodeError, Frame, Octets, Status};

use crate::journal::{MessageId, OperatorId};
use crate::tls;
pub use binds::{BindSettings, Directions, Reach};
pub use circuit::{Answers, Circuit, Switch};
pub use class::{Class, Classes, usual};
pub use link_state::LinkState;
pub use logins::Logins;
pub use occupancy::Occupancy;
use operator::Operator;
pub use reference::{References, reference_of, segment_of};
pub use routing::{Carrier, Routes};
pub use screen::Screen;
pub use senders::{Assignment, SenderIndex, Senders, SentAs};
pub use share::{Health, Share, Standing};
pub use submission::{Push, Query, Submission, Token};
pub use tuning::{Configured, Setting, Tuning};

/// How one operator is reached.
#[derive(Clone, Debug)]
pub struct OperatorSettings {
    pub name: String,
    /// How it is bound to; at least one.
    pub binds: Vec<BindSettings>,
    /// `None`: plain TCP.
    pub tls: Option<tls::Client>,
    /// How long it may take to connect, TLS included.
    pub connect: Duration,
    /// After how long at another address a session looks whether the preferred one can be reached again.
    pub return_after: Duration,
    pub interface_version: InterfaceVersion,
    pub senders: Senders,
    /// Whether receipts are asked for.
    pub receipts: bool,
    /// `None`: nothing is pushed to screens.
    pub push: Option<Push>,
    /// Whether submissions carry TLVs, where the version has any.
    pub tlvs: bool,
    /// PDUs a second, all sessions of all binds together.
    pub tps: Option<u32>,
    /// What of its link is for urgent messages and answers only, in percent.
    pub kept: u32,
    /// How long nothing may come from the other end before it is asked whether it is there.
    pub enquire_link: Duration,
    /// What its statuses ask of us.
    pub classes: Classes,
    /// How long a response may take; then the submission is uncertain.
    pub response: Duration,
    /// How long after that a late one still settles something.
    pub uncertain: Duration,
    /// How long the last responses may take when the gateway stops.
    pub drain: Duration,
}

/// What the pipeline tells an operator's task.
#[derive(Debug, Default)]
pub struct Directive {
    pub submissions: Vec<Submission>,
    /// Messages that are not wanted any more: what of them is not written yet comes back.
    pub take_back: Vec<MessageId>,
    /// Asked when there is room; what comes of each is reported.
    pub queries: Vec<Query>,
    /// Written as soon as there is room; nothing is reported of them.
    pub screens: Vec<Screen>,
    /// Answers to the operator's requests, by session.
    pub answers: Vec<(SessionKey, Vec<Answer>)>,
    /// What staff sets.
    pub tuning: Tuning,
    /// What is configured from now on, if it is something else.
    pub configured: Option<Configured>,
    /// Whether no session is to be bound from now on, or as many as before again; `None`: as it is.
    pub rest: Option<bool>,
}

/// The answer to one of the operator's requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    command_id: CommandId,
    sequence_number: u32,
    status: Status,
}

impl Answer {
    pub fn to(frame: &Frame, status: Status) -> Self {
        let header = frame.header();
        Self {
            command_id: header.command_id,
            sequence_number: header.sequence_number,
            status,
        }
    }

    /// The same with another status.
    pub(crate) fn saying(self, status: Status) -> Self {
        Self { status, ..self }
    }

    fn encode(&self, out: &mut BytesMut) {
        let empty = MessageIdResp {
            message_id: Some(Octets::EMPTY),
            ..MessageIdResp::default()
        };
        let body = match self.command_id {
            CommandId::DELIVER_SM => Body::DeliverSmResp(empty),
            CommandId::DATA_SM => Body::DataSmResp(empty),
            CommandId::ALERT_NOTIFICATION | CommandId::OUTBIND => return,
            _ => Body::GenericNack(HeaderOnly::default()),
        };
        let encoded = Pdu {
            status: self.status,
            sequence_number: self.sequence_number,
            body,
        }
        .encode(out);
        debug_assert!(
            encoded.is_ok(),
            "these have no field that could be too long"
        );
    }
}

/// One session of an operator, from its bind to its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SessionKey {
    index: usize,
    generation: u32,
}

/// What an operator's task tells the pipeline.
#[derive(Debug)]
pub struct Report {
    pub operator: OperatorId,
    pub events: Vec<Event>,
    /// Bad ones of these that are the fault of one SMSC while another of the operator's is well.
    pub apart: Vec<Token>,
    pub offer: Offer,
}

/// What an operator's link takes from the pipeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// How many submissions the pipeline may have given in all.
    pub granted: u64,
    /// How many of these that are left have to be urgent messages or answers.
    pub kept: u64,
    /// Bound sessions on which messages are submitted.
    pub submitting: usize,
    /// All logins of the operator; those with a bound session on which messages are submitted; and those with one on which
    /// receipts come, which is any session of that login.
    pub logins: Logins,
    pub carrying: Logins,
    pub heard: Logins,
    /// How many screens the pipeline may have given in all with that of a dialogue that begins: one that waits behind
    /// more would come late.
    pub dialogues: u64,
    /// Whether so many screens wait for the link that no more are to come, of whichever dialogue.
    pub screens_full: bool,
}

/// What became of a submission, or what the operator sent.
#[derive(Debug)]
pub enum Event {
    /// The operator answered.
    Answered {
        token: Token,
        /// What the status asks of us, by this operator's table.
        class: Class,
        status: Status,
        smsc_id: Box<str>,
    },
    /// It answered once more: it took what it had refused.
    TakenAfterAll { token: Token, smsc_id: Box<str> },
    /// No answer in time, which one may still come after; or the operator unbound without an answer.
    TimedOut(Token),
    /// The session ended without an answer, and before it was too late for one; none will come.
    Lost(Token),
    /// It was certainly not written.
    Returned(Token),
    /// It was refused for what is no fault of its own, and is to go again at once: without TLVs, or by another login.
    NotTaken(Token),
    /// What came of a question: where the segment stands, and the network's reason; nothing if the operator did not
    /// say.
    Queried {
        token: Token,
        told: Option<(MessageState, u8)>,
    },
    /// A request of the operator's, to be answered.
    Inbound {
        session: SessionKey,
        frame: Frame,
        /// Then it has waited too long: the operator is told to bring it again.
        until: Instant,
    },
}

/// The pipeline's end of an operator's task.
#[derive(Debug)]
pub struct OperatorLink {
    pub directives: mpsc::Sender<Directive>,
    pub state: watch::Receiver<LinkState>,
    pub task: JoinHandle<()>,
}

/// How long after its decision a submission is written at the latest. What waits longer is given back.
pub const LONGEST_LAG: Duration = Duration::from_secs(1);

/// Directives that may wait for an operator's task. The pipeline never waits for room: it keeps what does
/// not fit, which its grants and the inbound windows bound.
const WAITING_DIRECTIVES: usize = 16;

/// Starts an operator's sessions and the task that drives them.
///
/// # Errors
/// If its `system_id`, `password` or `system_type` does not fit into a bind.
pub fn start(
    id: OperatorId,
    (settings, tuning): (&OperatorSettings, Tuning),
    reports: mpsc::Sender<Report>,
    stop: CancellationToken,
) -> Result<OperatorLink, EncodeError> {
    let (directives, directives_in) = mpsc::channel(WAITING_DIRECTIVES);
    let operator = Operator::start(id, (settings, tuning), directives_in, reports, stop)?;
    Ok(OperatorLink {
        directives,
        state: operator.state(),
        task: tokio::spawn(operator.run()),
    })
}
