//! Batch mode: a JSON array of events.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};
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
    let Elements(raw) =
        serde_json::from_str(body).map_err(|error| malformed("the batch", &error))?;
    if raw.len() > MAX_BATCH_EVENTS {
        return Err(too_large("the batch should have at most 1000 events"));
    }
    Ok(raw.into_iter().map(one).collect())
}

/// The elements of the array, at most one more than allowed: four million octets could hold two
/// million numbers.
struct Elements<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Elements<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(ElementsVisitor)
    }
}

struct ElementsVisitor;

impl<'de> Visitor<'de> for ElementsVisitor {
    type Value = Elements<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Elements<'de>, A::Error> {
        let mut elements = Vec::new();
        while elements.len() <= MAX_BATCH_EVENTS {
            match seq.next_element()? {
                Some(element) => elements.push(element),
                None => return Ok(Elements(elements)),
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Elements(elements))
    }
}

fn one(raw: &RawValue) -> Result<Event, Rejection> {
    structured::event(event_text(raw.get().as_bytes())?)
}

fn too_large(detail: &str) -> Rejection {
    Rejection::new(RejectReason::TooLarge, detail)
}
