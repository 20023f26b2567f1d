//! What agencies publish, and what they get back.
//!
//! In: octets off RabbitMQ or HTTP, as CloudEvents 1.0 in structured, binary or batch mode.
//! Out: an [`Event`] whose every field has been checked, or a [`Rejection`] that says what would
//! be right; and the other way an [`Outcome`] as the octets of a CloudEvent. No sockets, clocks
//! or tasks, and nothing of any gateway's limits or journal.
//!
//! ```
//! use xabar_events::{Event, RejectReason};
//!
//! let body = br#"{
//!     "specversion": "1.0",
//!     "id": "01JD8Z6Q4T0000000000000001",
//!     "source": "/agencies/kadastr",
//!     "type": "uz.egov.application.status-changed.v1",
//!     "time": "2026-11-23T09:15:00+05:00",
//!     "subject": "48120973",
//!     "data": { "service": "land-registration", "status": "approved", "msisdn": "+998901234567" }
//! }"#;
//! let Ok(Event::StatusChanged(notification)) = Event::from_structured(body) else { panic!() };
//! assert_eq!(notification.key.agency.name(), "kadastr");
//! assert_eq!(notification.msisdn.to_string(), "998*****4567");
//! assert_eq!(notification.msisdn.digits(), "998901234567");
//!
//! let rejection = Event::from_structured(br#"{"specversion": "1.0"}"#).unwrap_err();
//! assert_eq!(rejection.reason, RejectReason::MissingField);
//! assert_eq!(rejection.detail, "id is missing; it should be 1 to 256 characters, none of them control characters");
//! ```
//!
//! The contracts themselves are in [`schema`], and tests hold them and this code together.
#![warn(missing_docs)]

mod agency;
mod encode;
mod event;
mod field;
mod intake;
mod json;
mod language;
mod msisdn;
mod named;
mod outcome;
mod priority;
mod rejection;
pub mod sample;
pub mod schema;
mod text;
mod text_map;
mod time;
mod trace_context;

pub use agency::Agency;
pub use event::{Cancel, Event, EventKey, Notification};
pub use field::Expected;
pub use intake::{MAX_BATCH_EVENTS, MAX_BATCH_OCTETS, MAX_EVENT_OCTETS, Mode};
pub use language::Language;
pub use msisdn::Msisdn;
pub use outcome::{Outcome, Reason, State, batch_routing_key, read_outcomes, write_batch};
pub use priority::Priority;
pub use rejection::{RejectReason, Rejection};
pub use text::{ApplicationNumber, EventId, Slug};
pub use text_map::TextMap;
pub use time::UnixMillis;
pub use trace_context::{
    MalformedTrace, TRACEPARENT, TRACESTATE, Trace, TraceContext, Traceparent,
};

/// The `type` of an event that tells of an application's new status.
pub const STATUS_CHANGED: &str = "uz.egov.application.status-changed.v1";
/// The `type` of an event that withdraws an earlier one.
pub const CANCEL: &str = "uz.egov.notification.cancel.v1";
/// The `type` of an outcome.
pub const OUTCOME: &str = "uz.egov.notification.outcome.v1";
/// The `source` of every outcome.
pub const OUTCOME_SOURCE: &str = "/xabar";
/// The content type of one CloudEvent in structured mode.
pub const STRUCTURED_JSON: &str = "application/cloudevents+json";
/// The content type of a JSON array of CloudEvents.
pub const BATCH_JSON: &str = "application/cloudevents-batch+json";
