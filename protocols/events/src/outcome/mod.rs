//! What became of a message, as its agency hears it.

mod reason;
mod state;
mod wire;

use std::borrow::Cow;

pub use reason::Reason;
pub use state::State;
pub use wire::{read_outcomes, write_batch};

use crate::{Traceparent, UnixMillis};

/// One step in the life of a message, told to the agency that published its event.
///
/// Texts are borrowed where they are written from a journal's row, and owned where read from JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome<'a> {
    /// The gateway's id of the message; the CloudEvent's `id` is this, `-`, and the sequence.
    pub message: Cow<'a, str>,
    /// 1, 2, … within the message; readers order by it.
    pub sequence: u32,
    /// The name of the agency whose event it was.
    pub agency: Cow<'a, str>,
    /// The id of that event.
    pub event: Cow<'a, str>,
    /// The application's number, the event's `subject`.
    pub application: Cow<'a, str>,
    /// Where the message stands now.
    pub state: State,
    /// Why, where the state has reasons ([`State::reasons`]).
    pub reason: Option<Reason>,
    /// Until when it waits, where known.
    pub until: Option<UnixMillis>,
    /// The operator's own code.
    pub code: Option<Cow<'a, str>>,
    /// The id of the event whose message superseded this one; it is of the same agency.
    pub by: Option<Cow<'a, str>>,
    /// Which operator carried it.
    pub operator: Option<Cow<'a, str>>,
    /// How many segments it has, once composed.
    pub segments: Option<u32>,
    /// How often it was attempted.
    pub attempts: u32,
    /// How many segments may have gone out twice.
    pub repeats: u32,
    /// When.
    pub at: UnixMillis,
    /// The trace of the event, if it had one, or that the gateway began.
    pub traceparent: Option<Traceparent>,
    /// What the event brought besides, handed on as it came.
    pub tracestate: Option<Cow<'a, str>>,
}

impl Outcome<'_> {
    /// The same, with texts of its own.
    pub fn into_owned(self) -> Outcome<'static> {
        fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
            Cow::Owned(text.into_owned())
        }
        Outcome {
            message: owned(self.message),
            agency: owned(self.agency),
            event: owned(self.event),
            application: owned(self.application),
            code: self.code.map(owned),
            by: self.by.map(owned),
            operator: self.operator.map(owned),
            tracestate: self.tracestate.map(owned),
            ..self
        }
    }

    /// `AGENCY.STATE`, the routing key of this outcome alone.
    pub fn routing_key(&self) -> String {
        format!("{}.{}", self.agency, self.state)
    }
}

/// `AGENCY.batch`, the routing key of a batch of one agency's outcomes.
pub fn batch_routing_key(agency: &str) -> String {
    format!("{agency}.batch")
}
