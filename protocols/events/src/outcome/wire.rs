//! Outcomes as CloudEvents: written one by one or as a batch, and read back.

use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};
use serde::{Deserialize as DeriveDeserialize, Serialize as DeriveSerialize};

use crate::encode::write;
use crate::{Agency, OUTCOME, OUTCOME_SOURCE, Outcome, Reason, State, UnixMillis};

impl Outcome<'_> {
    /// Appends it as one CloudEvent in structured mode (`application/cloudevents+json`).
    pub fn write(&self, out: &mut Vec<u8>) {
        write(out, self);
    }
}

/// Appends a JSON array of outcomes (`application/cloudevents-batch+json`).
pub fn write_batch<'a>(outcomes: impl IntoIterator<Item = &'a Outcome<'a>>, out: &mut Vec<u8>) {
    array(outcomes, out, |outcome, out| outcome.write(out));
}

/// Appends a JSON array of outcomes that were written before, one by one.
pub fn join_batch<'a>(bodies: impl IntoIterator<Item = &'a [u8]>, out: &mut Vec<u8>) {
    array(bodies, out, |body, out| out.extend_from_slice(body));
}

fn array<T>(
    items: impl IntoIterator<Item = T>,
    out: &mut Vec<u8>,
    write: impl Fn(T, &mut Vec<u8>),
) {
    out.push(b'[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(b']');
}

/// Reads a body off the outcome exchange, a single outcome or a batch.
pub fn read_outcomes(body: &[u8]) -> Result<Vec<Outcome<'static>>, serde_json::Error> {
    if body.trim_ascii_start().starts_with(b"[") {
        serde_json::from_slice(body)
    } else {
        serde_json::from_slice(body).map(|outcome| vec![outcome])
    }
}

#[derive(DeriveSerialize)]
struct Envelope<'a, D> {
    specversion: &'a str,
    id: D,
    source: &'a str,
    r#type: &'a str,
    subject: &'a str,
    time: UnixMillis,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
    datacontenttype: &'a str,
    data: Data<'a>,
}

#[derive(DeriveSerialize, DeriveDeserialize)]
struct Data<'a> {
    sequence: u32,
    event: EventRef<'a>,
    application: Cow<'a, str>,
    state: State,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<UnixMillis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operator: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    segments: Option<u32>,
    attempts: u32,
    repeats: u32,
    at: UnixMillis,
}

#[derive(DeriveSerialize, DeriveDeserialize)]
struct EventRef<'a> {
    #[serde(serialize_with = "source_of")]
    source: Cow<'a, str>,
    id: Cow<'a, str>,
}

/// Writes the name of an agency as the `source` of its events.
fn source_of<S: Serializer>(agency: &str, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("/agencies/{agency}"))
}

/// Something that is written by its `Display`, without a `String` in between.
struct Shown<T>(T);

impl<T: std::fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl Serialize for Outcome<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        debug_assert!(
            self.state.allows(self.reason),
            "{} for {:?}",
            self.state,
            self.reason
        );
        Envelope {
            specversion: "1.0",
            id: Shown(format_args!("{}-{}", self.message, self.sequence)),
            source: OUTCOME_SOURCE,
            r#type: OUTCOME,
            subject: &self.application,
            time: self.at,
            traceparent: self.traceparent.as_deref(),
            datacontenttype: "application/json",
            data: Data::from(self),
        }
        .serialize(to)
    }
}

impl<'a> From<&'a Outcome<'_>> for Data<'a> {
    fn from(outcome: &'a Outcome<'_>) -> Self {
        Self {
            sequence: outcome.sequence,
            event: EventRef {
                source: Cow::Borrowed(&outcome.agency),
                id: Cow::Borrowed(&outcome.event),
            },
            application: Cow::Borrowed(&outcome.application),
            state: outcome.state,
            reason: outcome.reason,
            until: outcome.until,
            code: outcome.code.as_deref().map(Cow::Borrowed),
            by: outcome.by.as_deref().map(Cow::Borrowed),
            operator: outcome.operator.as_deref().map(Cow::Borrowed),
            segments: outcome.segments,
            attempts: outcome.attempts,
            repeats: outcome.repeats,
            at: outcome.at,
        }
    }
}

impl<'de> Deserialize<'de> for Outcome<'static> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(DeriveDeserialize)]
        struct Incoming {
            id: String,
            r#type: String,
            #[serde(default)]
            traceparent: Option<String>,
            data: Data<'static>,
        }

        let Incoming {
            id,
            r#type,
            traceparent,
            data,
        } = Incoming::deserialize(from)?;
        if r#type != OUTCOME {
            return Err(D::Error::custom(format_args!("type should be {OUTCOME}")));
        }
        let message = id
            .rsplit_once('-')
            .filter(|(_, sequence)| sequence.parse() == Ok(data.sequence))
            .map(|(message, _)| message.to_owned())
            .ok_or_else(|| D::Error::custom("id should be the message, - and data.sequence"))?;
        if !data.state.allows(data.reason) {
            return Err(D::Error::custom("data.reason should be one of data.state"));
        }
        let agency = Agency::from_source(&data.event.source).map_err(D::Error::custom)?;
        Ok(Outcome {
            traceparent: traceparent.map(Cow::Owned),
            ..data.into_outcome(message, &agency)
        })
    }
}

impl Data<'static> {
    fn into_outcome(self, message: String, agency: &Agency) -> Outcome<'static> {
        Outcome {
            message: message.into(),
            sequence: self.sequence,
            agency: agency.name().to_owned().into(),
            event: self.event.id,
            application: self.application,
            state: self.state,
            reason: self.reason,
            until: self.until,
            code: self.code,
            by: self.by,
            operator: self.operator,
            segments: self.segments,
            attempts: self.attempts,
            repeats: self.repeats,
            at: self.at,
            traceparent: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome() -> Outcome<'static> {
        Outcome {
            message: "01JD8Z6Q4T-7".into(),
            sequence: 3,
            agency: "kadastr".into(),
            event: "quoted \"id\"".into(),
            application: "48120973".into(),
            state: State::Deferred,
            reason: Some(Reason::QuietHours),
            until: Some(UnixMillis(1_795_407_300_000)),
            code: None,
            by: None,
            operator: Some("ucell".into()),
            segments: Some(2),
            attempts: 1,
            repeats: 0,
            at: UnixMillis(1_795_407_200_000),
            traceparent: None,
        }
    }

    #[test]
    fn an_outcome_is_a_cloud_event() {
        let mut body = Vec::new();
        outcome().write(&mut body);
        let expected = concat!(
            r#"{"specversion":"1.0","id":"01JD8Z6Q4T-7-3","source":"/xabar","#,
            r#""type":"uz.egov.notification.outcome.v1","subject":"48120973","#,
            r#""time":"2026-11-23T04:13:20.000Z","datacontenttype":"application/json","data":{"#,
            r#""sequence":3,"event":{"source":"/agencies/kadastr","id":"quoted \"id\""},"#,
            r#""application":"48120973","state":"deferred","reason":"quiet-hours","#,
            r#""until":"2026-11-23T04:15:00.000Z","operator":"ucell","segments":2,"#,
            r#""attempts":1,"repeats":0,"at":"2026-11-23T04:13:20.000Z"}}"#,
        );
        assert_eq!(str::from_utf8(&body), Ok(expected));
        assert_eq!(outcome().routing_key(), "kadastr.deferred");
        assert_eq!(read_outcomes(&body).unwrap(), [outcome()]);
    }

    #[test]
    fn a_traceparent_is_an_extension_attribute() {
        let traced = Outcome {
            traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
            ..outcome()
        };
        let mut body = Vec::new();
        traced.write(&mut body);
        let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(json["traceparent"].as_str(), traced.traceparent.as_deref());
        assert_eq!(read_outcomes(&body).unwrap(), [traced]);
    }

    #[test]
    fn a_batch_is_an_array_of_the_same() {
        let second = Outcome {
            sequence: 4,
            state: State::Submitted,
            reason: None,
            until: None,
            ..outcome()
        };
        let both = [outcome(), second];
        let mut batch = Vec::new();
        write_batch(&both, &mut batch);
        assert_eq!(read_outcomes(&batch).unwrap(), both);

        let singles = both.each_ref().map(|one| {
            let mut body = Vec::new();
            one.write(&mut body);
            body
        });
        let mut joined = Vec::new();
        join_batch(singles.iter().map(Vec::as_slice), &mut joined);
        assert_eq!(joined, batch);

        let mut none = Vec::new();
        write_batch([], &mut none);
        assert_eq!(none, b"[]");
    }

    #[test]
    fn a_reader_refuses_what_does_not_fit_together() {
        let mut body = Vec::new();
        outcome().write(&mut body);
        let body = String::from_utf8(body).unwrap();
        for (from, to) in [
            (OUTCOME, "uz.egov.other.v1"),
            ("01JD8Z6Q4T-7-3", "01JD8Z6Q4T-7-2"),
            ("01JD8Z6Q4T-7-3", "3"),
            ("quiet-hours", "no-route"),
            ("/agencies/kadastr", "kadastr"),
            ("\"deferred\"", "\"waiting\""),
        ] {
            assert!(
                read_outcomes(body.replace(from, to).as_bytes()).is_err(),
                "{from} → {to}"
            );
        }
    }
}
