//! Events written as agencies write them, in structured mode.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::{
    CANCEL, Cancel, Event, EventKey, Language, Msisdn, Notification, Priority, STATUS_CHANGED,
    TRACEPARENT, TRACESTATE, TextMap, Trace, UnixMillis,
};

impl Event {
    /// Appends the event as a CloudEvent in structured mode, full number and all.
    pub fn write_structured(&self, out: &mut Vec<u8>) {
        match self {
            Self::StatusChanged(notification) => notification.write_structured(out),
            Self::Cancel(cancel) => cancel.write_structured(out),
        }
    }
}

impl Notification {
    /// Appends the event as a CloudEvent in structured mode, full number and all.
    pub fn write_structured(&self, out: &mut Vec<u8>) {
        write(out, &StatusChanged(self));
    }

    /// Appends its `data` alone, the body in binary mode.
    pub fn write_data(&self, out: &mut Vec<u8>) {
        write(out, &StatusData::from(self));
    }
}

impl Cancel {
    /// Appends the event as a CloudEvent in structured mode.
    pub fn write_structured(&self, out: &mut Vec<u8>) {
        write(out, &Cancellation(self));
    }
}

/// Appends `value` as JSON.
pub(crate) fn write(out: &mut Vec<u8>, value: &impl Serialize) {
    serde_json::to_writer(out, value).expect("a Vec takes every octet, and all keys are strings");
}

struct StatusChanged<'a>(&'a Notification);

impl Serialize for StatusChanged<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let notification = self.0;
        let mut map = to.serialize_map(None)?;
        key(&mut map, &notification.key, STATUS_CHANGED)?;
        map.serialize_entry("time", &notification.time)?;
        map.serialize_entry("subject", notification.application.as_str())?;
        if let Trace::Context(context) = &notification.trace {
            map.serialize_entry(TRACEPARENT, &format_args!("{}", context.parent))?;
            if let Some(state) = &context.state {
                map.serialize_entry(TRACESTATE, state)?;
            }
        }
        for (name, text) in notification.extensions.iter() {
            map.serialize_entry(name, text)?;
        }
        map.serialize_entry("datacontenttype", "application/json")?;
        map.serialize_entry("data", &StatusData::from(notification))?;
        map.end()
    }
}

struct Cancellation<'a>(&'a Cancel);

impl Serialize for Cancellation<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Data<'a> {
            event: &'a str,
        }

        let mut map = to.serialize_map(None)?;
        key(&mut map, &self.0.key, CANCEL)?;
        map.serialize_entry("datacontenttype", "application/json")?;
        map.serialize_entry(
            "data",
            &Data {
                event: self.0.event.as_str(),
            },
        )?;
        map.end()
    }
}

fn key<M: SerializeMap>(map: &mut M, key: &EventKey, kind: &str) -> Result<(), M::Error> {
    map.serialize_entry("specversion", "1.0")?;
    map.serialize_entry("id", key.id.as_str())?;
    map.serialize_entry("source", key.agency.source())?;
    map.serialize_entry("type", kind)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusData<'a> {
    service: &'a str,
    status: &'a str,
    #[serde(serialize_with = "full_number")]
    msisdn: Msisdn,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<Language>,
    priority: Priority,
    #[serde(skip_serializing_if = "TextMap::is_empty")]
    params: &'a TextMap,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<UnixMillis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<UnixMillis>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    legal: bool,
}

impl<'a> From<&'a Notification> for StatusData<'a> {
    fn from(notification: &'a Notification) -> Self {
        Self {
            service: notification.service.as_str(),
            status: notification.status.as_str(),
            msisdn: notification.msisdn,
            language: notification.language,
            priority: notification.priority,
            params: &notification.params,
            not_before: notification.not_before,
            expires: notification.expires,
            legal: notification.legal,
        }
    }
}

fn full_number<S: Serializer>(msisdn: &Msisdn, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("+{}", msisdn.as_u64()))
}
