//! Structured mode: the whole event is one JSON object.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::{Event, RejectReason, Rejection};

use super::attributes::{Attributes, is_extension};
use super::slot::{Scalar, Slot, Text};
use super::{check, malformed};

pub(super) fn event(body: &str) -> Result<Event, Rejection> {
    if !body.trim_ascii_start().starts_with('{') {
        let detail = "the event should be a JSON object";
        return Err(Rejection::new(RejectReason::Malformed, detail));
    }
    let envelope: Envelope<'_> =
        serde_json::from_str(body).map_err(|error| malformed("the event", &error))?;
    check::event(envelope.attributes, envelope.data.map(RawValue::get))
}

/// `data` stays as it is until `type` has told what it should hold, wherever in the object
/// `type` stands.
#[derive(Default)]
struct Envelope<'a> {
    attributes: Attributes<'a>,
    data: Option<&'a RawValue>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Envelope<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(EnvelopeVisitor)
    }
}

struct EnvelopeVisitor;

impl<'de> Visitor<'de> for EnvelopeVisitor {
    type Value = Envelope<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a CloudEvent")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<'de>, A::Error> {
        let mut envelope = Envelope::default();
        while let Some(Text(name)) = map.next_key()? {
            if let Some(slot) = envelope.attributes.slot(&name) {
                fill(slot, map.next_value()?)?;
            } else if name == "data" {
                if envelope.data.replace(map.next_value()?).is_some() {
                    return Err(A::Error::duplicate_field("data"));
                }
            } else if is_extension(&name) {
                if let Scalar::Text(text) =
                    Scalar::read(map.next_value()?).map_err(A::Error::custom)?
                {
                    envelope.attributes.extend(name, text);
                }
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(envelope)
    }
}

fn fill<'a, E: Error>(slot: &mut Slot<'a>, value: Slot<'a>) -> Result<(), E> {
    match slot {
        Slot::Absent => *slot = value,
        _ => return Err(E::duplicate_field("attribute")),
    }
    Ok(())
}
