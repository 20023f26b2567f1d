//! A stage of a message's life that is over: what a span is made of.

use std::sync::Arc;

use xabar_events::{Reason, State};
use xabar_smpp::Status;

use super::TraceId;
use crate::clock::UnixMillis;
use crate::journal::{Attempted, OperatorId, Origin};

/// What a traced message did from when until when, by wall time.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    pub trace: TraceId,
    pub origin: Arc<Origin>,
    pub from: UnixMillis,
    pub to: UnixMillis,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// From being accepted to its end. All others are parts of it.
    Message {
        state: State,
        reason: Option<Reason>,
        attempted: Option<Attempted>,
    },
    /// From being read to being decided on.
    Intake,
    /// It waited: for the reason that was told, or for its turn.
    Wait { reason: Option<Reason> },
    /// From the decision to submit it to what came of that.
    Submit {
        attempt: u16,
        operator: OperatorId,
        segments: usize,
        answer: Answer,
    },
    /// The operator had all of it, and its word on what became of it was awaited.
    Receipt {
        operator: OperatorId,
        state: State,
        reason: Option<Reason>,
        code: Option<Box<str>>,
    },
}

/// What came of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The operator took every segment.
    Accepted,
    /// One at least was refused; of several statuses the worst.
    Refused(Status),
    /// None, in the time there is for one.
    Missing,
    /// A part was not written, and nothing was refused.
    Unwritten,
    /// A push to a screen was not shown.
    NotShown,
}
