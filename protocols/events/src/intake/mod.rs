//! Octets in, an [`Event`] or a [`Rejection`] out.
//!
//! [`Mode`] tells the three forms apart; each form has one function, which only collects
//! attributes and data; what they should be is decided in one place for all, [`check`].

mod attributes;
mod batch;
mod binary;
mod check;
mod data;
mod mode;
mod slot;
mod structured;

use std::borrow::Cow;

pub use batch::{MAX_BATCH_EVENTS, MAX_BATCH_OCTETS};
pub use mode::Mode;

use crate::{Event, RejectReason, Rejection};

/// The most octets of one event.
pub const MAX_EVENT_OCTETS: usize = 64 * 1024;

impl Event {
    /// Reads one CloudEvent in structured mode: one JSON object.
    pub fn from_structured(body: &[u8]) -> Result<Self, Rejection> {
        structured::event(event_text(body)?)
    }

    /// Reads one CloudEvent in binary mode: attributes in `headers`, of which others are skipped,
    /// and `data` in `body`.
    ///
    /// Header names begin with `cloudEvents:` or `cloudEvents_` (AMQP) or `ce-` (HTTP; values
    /// quoted and percent-encoded as the HTTP binding has it), in any case.
    pub fn from_binary<'a, N, V>(
        headers: impl IntoIterator<Item = (N, V)>,
        body: &'a [u8],
    ) -> Result<Self, Rejection>
    where
        N: AsRef<str>,
        V: Into<Cow<'a, [u8]>>,
    {
        binary::event(headers, event_text(body)?)
    }

    /// Reads a JSON array of CloudEvents, each accepted or refused by itself, in their order.
    ///
    /// The outer error is that of the array: not an array, above [`MAX_BATCH_OCTETS`], or of more
    /// than [`MAX_BATCH_EVENTS`].
    pub fn from_batch(body: &[u8]) -> Result<Vec<Result<Self, Rejection>>, Rejection> {
        batch::events(body)
    }
}

fn event_text(body: &[u8]) -> Result<&str, Rejection> {
    if body.len() > MAX_EVENT_OCTETS {
        let detail = "the event should be at most 64 KiB";
        return Err(Rejection::new(RejectReason::TooLarge, detail));
    }
    text(body)
}

fn text(body: &[u8]) -> Result<&str, Rejection> {
    str::from_utf8(body)
        .map_err(|_| Rejection::new(RejectReason::Malformed, "the body should be JSON in UTF-8"))
}

/// Where JSON goes wrong. serde's own message may quote a value, so only the place is told.
fn malformed(what: &str, error: &serde_json::Error) -> Rejection {
    let detail = match error.classify() {
        serde_json::error::Category::Data => format!("{what} should have each field only once"),
        _ => format!(
            "{what} should be valid JSON; it stops being so at line {} column {}",
            error.line(),
            error.column()
        ),
    };
    Rejection::new(RejectReason::Malformed, detail)
}
