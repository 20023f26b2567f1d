//! Stages as spans: the request of OTLP's trace service, field by field
//! (opentelemetry-proto 1.x, `collector/trace/v1/trace_service.proto`).

use std::collections::BTreeMap;

use xabar_events::{Reason, State};
use xxhash_rust::xxh3::Xxh3;

use super::protobuf::Fields;
use super::{Answer, Stage, What};
use crate::clock::UnixMillis;
use crate::journal::OperatorId;

/// What spans say besides their stage.
#[derive(Clone, Debug)]
pub(super) struct Wording {
    /// As which the gateway shows among the services of a trace.
    pub(super) service: String,
    /// What operators are called.
    pub(super) operators: BTreeMap<OperatorId, Box<str>>,
}

/// `Span.SpanKind`
const INTERNAL: u64 = 1;
const CLIENT: u64 = 3;
const CONSUMER: u64 = 5;

/// `Status.StatusCode`
const ERROR: u64 = 2;

/// `SpanFlags`: the trace is sampled; it is known whether the parent is another system's, and it is.
const SAMPLED: u32 = 0x1;
const HAS_IS_REMOTE: u32 = 0x100;
const IS_REMOTE: u32 = 0x200;

impl Wording {
    /// The body of `ExportTraceServiceRequest`.
    pub(super) fn request(&self, stages: &[Stage]) -> Vec<u8> {
        let mut body = Vec::with_capacity(256 + 384 * stages.len());
        Fields(&mut body).message(1, |resource_spans| {
            resource_spans.message(1, |resource| {
                let mut to = Attributes(resource, 1);
                to.text("service.name", &self.service);
                to.text("service.version", env!("CARGO_PKG_VERSION"));
            });
            resource_spans.message(2, |scope_spans| {
                scope_spans.message(1, |scope| scope.text(1, "xabar"));
                for stage in stages {
                    scope_spans.message(2, |span| self.span(span, stage));
                }
            });
        });
        body
    }

    fn span(&self, span: &mut Fields<'_>, stage: &Stage) {
        let trace = &stage.trace;
        let is_whole = matches!(stage.what, What::Message { .. });
        let (id, parent) = match is_whole {
            true => (trace.message, trace.before),
            false => (id_of(stage), Some(trace.message)),
        };
        let remote = if is_whole && parent.is_some() {
            IS_REMOTE
        } else {
            0
        };
        span.octets(1, &trace.trace);
        span.octets(2, &id);
        if let Some(parent) = parent {
            span.octets(4, &parent);
        }
        span.text(5, name(&stage.what));
        span.number(6, kind(&stage.what));
        span.fixed64(7, nanos(stage.from));
        span.fixed64(8, nanos(stage.to.max(stage.from)));
        self.attributes(stage, Attributes(span, 9));
        if let Some(why) = self.failure(&stage.what) {
            span.message(15, |status| {
                status.text(2, &why);
                status.number(3, ERROR);
            });
        }
        span.fixed32(16, SAMPLED | HAS_IS_REMOTE | remote);
    }

    /// Names and numbers that the gateway gave or that agencies may be told; none of a phone's, and no text.
    fn attributes(&self, stage: &Stage, mut to: Attributes<'_, '_>) {
        let name = |operator| self.operators.get(operator).map(|name| &**name);
        match &stage.what {
            What::Intake => {}
            What::Wait { reason } => {
                to.text("xabar.reason", reason.map_or("turn", Reason::as_str));
            }
            What::Message {
                state,
                reason,
                attempted,
            } => {
                let origin = &*stage.origin;
                to.text("xabar.agency", origin.key.agency.name());
                to.text("xabar.event", origin.key.id.as_str());
                to.text("xabar.application", &origin.application);
                to.text("xabar.message", &origin.id.to_string());
                to.text("xabar.service", &origin.content.service);
                to.text("xabar.status", &origin.content.status);
                to.text("xabar.lane", origin.lane.name());
                to.text("xabar.state", state.as_str());
                to.some_text("xabar.reason", reason.map(Reason::as_str));
                if let Some(attempted) = attempted {
                    to.some_text("xabar.operator", name(&attempted.operator));
                    to.number("xabar.segments", attempted.segments.into());
                    to.number("xabar.attempts", attempted.attempts.into());
                    to.number("xabar.repeats", attempted.repeats.into());
                }
            }
            What::Submit {
                attempt,
                operator,
                segments,
                answer,
            } => {
                to.some_text("xabar.operator", name(operator));
                to.text("xabar.answer", answer.name());
                if let Answer::Refused(status) = answer {
                    to.text("xabar.smpp.status", &status.to_string());
                }
                to.number("xabar.attempt", (*attempt).into());
                to.number("xabar.segments", *segments as u64);
            }
            What::Receipt {
                operator,
                state,
                reason,
                code,
            } => {
                to.some_text("xabar.operator", name(operator));
                to.text("xabar.state", state.as_str());
                to.some_text("xabar.reason", reason.map(Reason::as_str));
                to.some_text("xabar.code", code.as_deref());
            }
        }
    }

    /// Why a span counts as an error, if it does.
    fn failure(&self, what: &What) -> Option<String> {
        match what {
            What::Message { state, reason, .. } | What::Receipt { state, reason, .. }
                if matches!(state, State::Expired | State::Failed) =>
            {
                Some(reason.map_or(state.as_str(), Reason::as_str).to_owned())
            }
            What::Submit { answer, .. } => match answer {
                Answer::Accepted | Answer::Unwritten => None,
                Answer::Refused(status) => Some(status.to_string()),
                Answer::Missing | Answer::NotShown => Some(answer.name().to_owned()),
            },
            _ => None,
        }
    }
}

impl Answer {
    fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused(_) => "refused",
            Self::Missing => "missing",
            Self::Unwritten => "unwritten",
            Self::NotShown => "not-shown",
        }
    }
}

fn name(what: &What) -> &'static str {
    match what {
        What::Message { .. } => "notification",
        What::Intake => "intake",
        What::Wait { .. } => "wait",
        What::Submit { .. } => "submit",
        What::Receipt { .. } => "receipt",
    }
}

fn kind(what: &What) -> u64 {
    match what {
        What::Message { .. } => CONSUMER,
        What::Submit { .. } => CLIENT,
        What::Intake | What::Wait { .. } | What::Receipt { .. } => INTERNAL,
    }
}

/// Of its message there is one stage of this kind that ended then: so the same one is the same span.
fn id_of(stage: &Stage) -> [u8; 8] {
    let mut hash = Xxh3::new();
    hash.update(&stage.trace.message);
    hash.update(name(&stage.what).as_bytes());
    hash.update(&stage.from.0.to_be_bytes());
    hash.update(&stage.to.0.to_be_bytes());
    hash.digest().max(1).to_be_bytes()
}

fn nanos(time: UnixMillis) -> u64 {
    u64::try_from(time.0).unwrap_or(0).saturating_mul(1_000_000)
}

/// A message with attributes, and the number of their field in it.
struct Attributes<'a, 'b>(&'a mut Fields<'b>, u64);

impl Attributes<'_, '_> {
    fn text(&mut self, key: &str, value: &str) {
        self.pair(key, |any| any.text(1, value));
    }

    fn some_text(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    fn number(&mut self, key: &str, value: u64) {
        self.pair(key, |any| any.number(3, value));
    }

    /// A `KeyValue` with its `AnyValue`.
    fn pair(&mut self, key: &str, write: impl FnOnce(&mut Fields<'_>)) {
        self.0.message(self.1, |pair| {
            pair.text(1, key);
            pair.message(2, write);
        });
    }
}
