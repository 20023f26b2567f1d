//! The life of a message, told: for `xabar trace` and over HTTP.
//!
//! In: a message as the journal knows it. Out: a [`Story`], which serde writes for scripts and
//! [`Story::render`] for people. It shows a masked number and no text.

mod sentences;
mod terminal;

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(super) use tests::night_and_day as sample;

use serde::Serialize;
use xabar_events::{Reason, State, UnixMillis};

use crate::journal::{Message, Told};

/// The life of one message.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Story {
    pub id: String,
    pub event: EventName,
    pub application: String,
    /// Masked.
    pub msisdn: String,
    pub state: State,
    /// Who carries it, or in whose queue it waits.
    pub operator: Option<String>,
    /// Segments, once it is composed.
    pub segments: Option<usize>,
    pub attempts: u16,
    pub repeats: u16,
    /// Oldest first.
    pub states: Vec<Step>,
}

/// What the agency calls its event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EventName {
    pub source: String,
    pub id: String,
}

/// One state that the message came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    pub state: State,
    pub reason: Option<Reason>,
    pub at: UnixMillis,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<UnixMillis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// Tells the life of a message; `operator` is the name of the one it stands with.
pub fn story(message: &Message, operator: Option<String>) -> Story {
    let attempt = &message.progress.attempt;
    let history = &message.progress.history;
    Story {
        id: message.id.to_string(),
        event: EventName {
            source: message.key.agency.source().to_owned(),
            id: message.key.id.to_string(),
        },
        application: message.application.to_string(),
        msisdn: message.msisdn.to_string(),
        state: history.last().map_or(State::Accepted, |told| told.state),
        operator,
        segments: (!attempt.segments.is_empty()).then_some(attempt.segments.len()),
        attempts: attempt.attempts,
        repeats: attempt.repeats,
        states: history.iter().map(step).collect(),
    }
}

fn step(told: &Told) -> Step {
    Step {
        state: told.state,
        reason: told.reason,
        at: UnixMillis(told.at.0),
        until: told.until.map(|until| UnixMillis(until.0)),
        code: told.code.as_deref().map(str::to_owned),
        by: told.by.as_deref().map(str::to_owned),
    }
}
