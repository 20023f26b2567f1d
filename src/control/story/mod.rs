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
use utoipa::ToSchema;
use xabar_events::{Reason, State, UnixMillis};
use xabar_smpp::Status;

use super::schema;
use crate::clock::WallTimes;
use crate::journal::{Message, OperatorId, Phase, Told};
use crate::traces::Sampling;

/// The life of one message.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Story {
    pub id: String,
    pub event: EventName,
    pub application: String,
    /// The id of the trace that it is a part of, if it is of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// As its agency named them: by these its text is found.
    pub service: String,
    pub status: String,
    /// Masked.
    pub msisdn: String,
    #[schema(schema_with = schema::state)]
    pub state: State,
    /// Who carries it, or in whose queue it waits.
    pub operator: Option<String>,
    /// Segments, once it is composed.
    pub segments: Option<usize>,
    pub attempts: u16,
    pub repeats: u16,
    /// When the last attempt was begun, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::moment, required = false)]
    pub attempted_at: Option<UnixMillis>,
    /// What comes next; nothing if it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Next>,
    /// When it may be tried again, if it was tried and waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::moment, required = false)]
    pub due: Option<UnixMillis>,
    /// Its agency withdrew it after an attempt was begun: there is no other.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
    /// The first attempt was pushed to the phone's screen by USSD.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pushed: bool,
    /// The last attempts that came to nothing, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fruitless: Vec<FruitlessAttempt>,
    /// Oldest first.
    pub states: Vec<Step>,
}

/// What a message that is not over waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Next {
    /// Its turn over its operator, once what its last state tells is over.
    Turn,
    /// The operator's answer to the attempt that is under way.
    Answer,
    /// A late answer or a receipt, since none came in time; without one, after that, another attempt, or its end if it was withdrawn.
    LateAnswer,
    /// Another attempt.
    Attempt,
    /// The operator's word on what became of it.
    Receipt,
}

impl Next {
    fn of(message: &Message, wall_times: &WallTimes) -> Option<Self> {
        match message.progress.phase {
            Phase::Waiting if message.progress.attempt.attempts == 0 => Some(Self::Turn),
            Phase::Waiting => Some(Self::Attempt),
            Phase::InFlight if is_unanswered(message, wall_times) => Some(Self::LateAnswer),
            Phase::InFlight => Some(Self::Answer),
            Phase::Submitted => Some(Self::Receipt),
            Phase::Settled => None,
        }
    }
}

/// Whether the attempt that is under way is told to have no answer: its last wait for one is to end after it was begun.
fn is_unanswered(message: &Message, wall_times: &WallTimes) -> bool {
    let told = message.progress.history.last();
    let told =
        told.filter(|it| it.state == State::Deferred && it.reason == Some(Reason::Uncertain));
    told.and_then(|it| it.until) > Some(wall_times.at(message.progress.attempt.at))
}

/// An attempt that came to nothing, and was or is followed by another.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FruitlessAttempt {
    /// Which one, from 1.
    pub attempt: u16,
    pub operator: Option<String>,
    /// What the operator answered; left out: nothing in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// When that was known.
    #[schema(schema_with = schema::moment)]
    pub at: UnixMillis,
}

/// So many messages within so long.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct HoldingLimit {
    pub messages: u32,
    pub seconds: u64,
}

/// What the agency calls its event.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EventName {
    pub source: String,
    pub id: String,
}

/// One state that the message came to.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Step {
    #[schema(schema_with = schema::state)]
    pub state: State,
    #[schema(schema_with = schema::reason)]
    pub reason: Option<Reason>,
    #[schema(schema_with = schema::moment)]
    pub at: UnixMillis,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::moment, required = false)]
    pub until: Option<UnixMillis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Who had it by then, once it had been submitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// How often it had been submitted by then, if at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u16>,
    /// Of `subscriber-limit`: which one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<HoldingLimit>,
}

/// Tells the life of a message, as the wall clock read at its times, with the operators' names, and with the trace that its agency
/// began, or the gateway by `sampling`.
///
/// # Errors
/// If a name cannot be read.
pub fn story<E>(
    message: &Message,
    wall_times: &WallTimes,
    sampling: Option<Sampling>,
    mut name: impl FnMut(OperatorId) -> Result<Option<String>, E>,
) -> Result<Story, E> {
    let attempt = &message.progress.attempt;
    let history = &message.progress.history;
    let current = message.progress.operator;
    let operator = name(current)?;
    let told = |told: &Told| -> Result<Step, E> {
        let carrier = match told.attempted.map(|it| it.operator) {
            Some(other) if other != current => name(other)?,
            carrier => carrier.and(operator.clone()),
        };
        Ok(step(told, carrier))
    };
    let mut states: Vec<Step> = history.iter().map(told).collect::<Result<_, E>>()?;
    let mut fruitless = Vec::new();
    for it in &attempt.fruitless {
        fruitless.push(FruitlessAttempt {
            attempt: it.attempt,
            operator: name(it.operator)?,
            code: it.status.map(|status| Status::from(status).to_string()),
            at: UnixMillis(it.at.0),
        });
    }
    outdate(&mut states, &fruitless);
    Ok(Story {
        id: message.id.to_string(),
        event: EventName {
            source: message.key.agency.source().to_owned(),
            id: message.key.id.to_string(),
        },
        application: message.application.to_string(),
        trace: trace(message, sampling),
        service: message.content.service.to_string(),
        status: message.content.status.to_string(),
        msisdn: message.msisdn.to_string(),
        state: history.last().map_or(State::Accepted, |told| told.state),
        states,
        operator,
        segments: (!attempt.segments.is_empty()).then_some(attempt.segments.len()),
        attempts: attempt.attempts,
        repeats: attempt.repeats,
        attempted_at: (attempt.attempts > 0).then(|| wall_times.at(attempt.at).into()),
        next: Next::of(message, wall_times),
        fruitless,
        due: (message.progress.phase == Phase::Waiting && attempt.attempts > 0)
            .then(|| wall_times.at(message.progress.due).into()),
        withdrawn: attempt.withdrawn,
        pushed: attempt.pushed && attempt.attempts > 0,
    })
}

fn trace(message: &Message, sampling: Option<Sampling>) -> Option<String> {
    let identity = &message.origin().identity;
    let agencys = identity.trace.as_ref().map(|it| it.parent.trace_id());
    let own = || Some(sampling?.trace_of(identity)?.trace);
    let id = u128::from_be_bytes(agencys.or_else(own)?);
    Some(format!("{id:032x}"))
}

/// A wait is told once for each reason, and until when it is follows the attempts since: that is no part of the first one's story.
fn outdate(states: &mut [Step], fruitless: &[FruitlessAttempt]) {
    let last = fruitless.last().map(|it| it.attempt);
    for step in states.iter_mut().filter(|it| it.is_of_an_attempt()) {
        if step.attempts < last {
            step.until = None;
        }
    }
}

impl Step {
    /// Whether an attempt came to nothing then.
    fn is_of_an_attempt(&self) -> bool {
        let reasons = [Reason::Retry, Reason::Throttled, Reason::Uncertain];
        self.reason.is_some_and(|reason| reasons.contains(&reason))
    }
}

fn step(told: &Told, operator: Option<String>) -> Step {
    Step {
        state: told.state,
        reason: told.reason,
        at: UnixMillis(told.at.0),
        until: told.until.map(|until| UnixMillis(until.0)),
        code: told.code.as_deref().map(str::to_owned),
        by: told.by.as_deref().map(str::to_owned),
        operator,
        attempts: told.attempted.map(|it| it.attempts),
        limit: told.limit.as_deref().map(|limit| HoldingLimit {
            messages: limit.messages,
            seconds: limit.per.as_secs(),
        }),
    }
}
