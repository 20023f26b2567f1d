//! What every field of an event should be, in whichever mode it came.

use std::borrow::Cow;

use crate::field::{Field, has_length};
use crate::{
    Agency, CANCEL, Cancel, Event, EventKey, Notification, RejectReason, Rejection, STATUS_CHANGED,
    TextMap, Trace,
};

use super::attributes::Attributes;
use super::data::{self, CancelData, Params, StatusData};
use super::mode::is_json;
use super::slot::Slot;

/// The most `params` of an event.
pub(super) const MAX_PARAMS: usize = 32;
/// The most attributes of extensions.
pub(super) const MAX_EXTENSIONS: usize = 16;

const MAX_PARAM_NAME: usize = 64;
const MAX_PARAM_TEXT: usize = 500;
const MAX_EXTENSION_TEXT: usize = 1024;

/// `data` is the JSON text of the field, if the field is there.
pub(super) fn event(attributes: Attributes<'_>, data: Option<&str>) -> Result<Event, Rejection> {
    specversion(&attributes.specversion)?;
    let key = EventKey {
        id: required("id", &attributes.id)?,
        agency: agency(&attributes.source)?,
    };
    match kind(&attributes.kind)? {
        Kind::StatusChanged => {
            let data = data::read(object(&attributes, data)?)?;
            notification(key, attributes, data).map(Event::StatusChanged)
        }
        Kind::Cancel => {
            let data: CancelData<'_> = data::read(object(&attributes, data)?)?;
            let event = required("data.event", &data.event)?;
            Ok(Event::Cancel(Cancel { key, event }))
        }
    }
}

fn notification(
    key: EventKey,
    attributes: Attributes<'_>,
    data: StatusData<'_>,
) -> Result<Notification, Rejection> {
    let mut notification = Notification {
        key,
        application: required("subject", &attributes.subject)?,
        time: required("time", &attributes.time)?,
        service: required("data.service", &data.service)?,
        status: required("data.status", &data.status)?,
        msisdn: required("data.msisdn", &data.msisdn)?,
        language: optional("data.language", &data.language)?,
        priority: optional("data.priority", &data.priority)?.unwrap_or_default(),
        params: params(data.params)?,
        not_before: optional("data.notBefore", &data.not_before)?,
        expires: optional("data.expires", &data.expires)?,
        legal: legal(&data.legal)?,
        trace: Trace::None,
        extensions: extensions(attributes.extensions)?,
    };
    notification.trace = Trace::take_from(&mut notification.extensions);
    match (notification.not_before, notification.expires) {
        (Some(not_before), Some(expires)) if not_before >= expires => Err(Rejection::invalid(
            "data.expires",
            "later than data.notBefore",
        )),
        _ => Ok(notification),
    }
}

enum Kind {
    StatusChanged,
    Cancel,
}

fn kind(slot: &Slot<'_>) -> Result<Kind, Rejection> {
    match slot {
        Slot::Text(kind) if kind == STATUS_CHANGED => Ok(Kind::StatusChanged),
        Slot::Text(kind) if kind == CANCEL => Ok(Kind::Cancel),
        Slot::Absent => Err(Rejection::missing("type", &kinds())),
        _ => Err(Rejection::new(
            RejectReason::UnknownType,
            format!("type should be {}", kinds()),
        )),
    }
}

fn kinds() -> String {
    format!("{STATUS_CHANGED} or {CANCEL}")
}

fn specversion(slot: &Slot<'_>) -> Result<(), Rejection> {
    match slot {
        Slot::Text(version) if version == "1.0" => Ok(()),
        Slot::Absent => Err(Rejection::missing("specversion", "1.0")),
        _ => Err(Rejection::invalid("specversion", "1.0")),
    }
}

fn agency(slot: &Slot<'_>) -> Result<Agency, Rejection> {
    required("source", slot).map_err(|rejection| match rejection.reason {
        RejectReason::InvalidField => Rejection {
            reason: RejectReason::InvalidSource,
            ..rejection
        },
        _ => rejection,
    })
}

/// The text of `data`, which should be an object of JSON.
fn object<'a>(attributes: &Attributes<'_>, data: Option<&'a str>) -> Result<&'a str, Rejection> {
    match &attributes.datacontenttype {
        Slot::Absent => {}
        Slot::Text(content_type) if is_json(content_type) => {}
        _ => return Err(Rejection::invalid("datacontenttype", "application/json")),
    }
    match data {
        None | Some("null") => Err(Rejection::missing("data", "a JSON object")),
        Some(data) => Ok(data),
    }
}

fn required<T: Field>(name: &str, slot: &Slot<'_>) -> Result<T, Rejection> {
    optional(name, slot)?.ok_or_else(|| Rejection::missing(name, T::EXPECTED))
}

fn optional<T: Field>(name: &str, slot: &Slot<'_>) -> Result<Option<T>, Rejection> {
    let value = match slot {
        Slot::Absent => return Ok(None),
        Slot::Text(text) => T::read(text),
        Slot::Flag(_) | Slot::Other => None,
    };
    value
        .map(Some)
        .ok_or_else(|| Rejection::invalid(name, T::EXPECTED))
}

fn legal(slot: &Slot<'_>) -> Result<bool, Rejection> {
    match slot {
        Slot::Absent => Ok(false),
        Slot::Flag(legal) => Ok(*legal),
        Slot::Text(_) | Slot::Other => Err(Rejection::invalid("data.legal", "true or false")),
    }
}

fn params(params: Params<'_>) -> Result<TextMap, Rejection> {
    let texts = match params {
        Params::Absent => return Ok(TextMap::default()),
        Params::Texts(texts) => texts,
        Params::Other => {
            return Err(Rejection::invalid(
                "data.params",
                "an object of strings, numbers and booleans",
            ));
        }
    };
    let invalid = |expected| Err(Rejection::invalid("data.params", expected));
    if texts.len() > MAX_PARAMS {
        return invalid("at most 32 texts");
    }
    let mut params = TextMap::with_capacity(texts.len());
    for (name, text) in texts {
        // PostgreSQL takes no NUL in a text, so neither does the door.
        if !has_length(&name, MAX_PARAM_NAME) || name.contains('\0') {
            return invalid("an object whose names have 1 to 64 characters, none of them NUL");
        }
        if text.len() > MAX_PARAM_TEXT && !has_length(&text, MAX_PARAM_TEXT) || text.contains('\0')
        {
            return invalid("an object whose texts have at most 500 characters, none of them NUL");
        }
        if params.get(&name).is_some() {
            return Err(twice("data.params should have each name only once"));
        }
        params.push(&name, &text);
    }
    Ok(params)
}

/// A key given twice, of which nobody knows which is meant.
fn twice(detail: &str) -> Rejection {
    Rejection::new(RejectReason::Malformed, detail)
}

fn extensions(found: Vec<(Cow<'_, str>, Cow<'_, str>)>) -> Result<TextMap, Rejection> {
    let invalid = |expected| Err(Rejection::invalid("every extension attribute", expected));
    if found.len() > MAX_EXTENSIONS {
        return invalid("one of at most 16");
    }
    let mut extensions = TextMap::with_capacity(found.len());
    for (name, text) in found {
        if text.chars().nth(MAX_EXTENSION_TEXT).is_some() || text.chars().any(char::is_control) {
            return invalid("at most 1024 characters, none of them control characters");
        }
        if extensions.get(&name).is_some() {
            return Err(twice("every extension attribute should be there only once"));
        }
        extensions.push(&name, &text);
    }
    Ok(extensions)
}
