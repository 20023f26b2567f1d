//! Batch mode: a JSON array of events.

use serde_json::value::RawValue;

use crate::{Event, RejectReason, Rejection};

use super::{event_text, malformed, structured, text};

/// The most events of one batch.
pub const MAX_BATCH_EVENTS: usize = 1000;
/// The most octets of one batch.
pub const MAX_BATCH_OCTETS: usize = 4 * 1024 * 1024;

pub(super) fn events(body: &[u8]) -> Result<Vec<Result<Event, Rejection>>, Rejection> {
    if body.len() > MAX_BATCH_OCTETS {
        return Err(too_large("the batch should be at most 4 MiB"));
    }
    let body = text(body)?;
    if !body.trim_ascii_start().starts_with('[') {
        let detail = "the batch should be a JSON array";
        return Err(Rejection::new(RejectReason::Malformed, detail));
    }
    let raw: Vec<&RawValue> =
        serde_json::from_str(body).map_err(|error| malformed("the batch", &error))?;
    if raw.len() > MAX_BATCH_EVENTS {
        return Err(too_large("the batch should have at most 1000 events"));
    }
    Ok(raw.into_iter().map(one).collect())
}

fn one(raw: &RawValue) -> Result<Event, Rejection> {
    structured::event(event_text(raw.get().as_bytes())?)
}

fn too_large(detail: &str) -> Rejection {
    Rejection::new(RejectReason::TooLarge, detail)
}
