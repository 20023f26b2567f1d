//! Outcomes as CloudEvents: written one by one or as a batch, and read back.

use std::borrow::{Borrow, Cow};

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use crate::json::Json;
use crate::{Agency, OUTCOME, Outcome, Reason, State, Traceparent, UnixMillis};

impl Outcome<'_> {
    /// Appends it as one CloudEvent in structured mode (`application/cloudevents+json`), whose frame is written as it
    /// stands in the contract.
    pub fn write(&self, out: &mut Vec<u8>) {
        debug_assert!(
            self.state.allows(self.reason),
            "{} for {:?}",
            self.state,
            self.reason
        );
        let at = self.at.to_rfc3339();
        let at = str::from_utf8(&at).unwrap_or_default();
        let mut json = Json(out);
        json.raw(r#"{"specversion":"1.0","id":""#);
        json.text(&self.message);
        json.raw("-");
        json.number(self.sequence);
        json.raw(r#"","source":"/xabar","type":"uz.egov.notification.outcome.v1","subject":""#);
        json.text(&self.application);
        json.raw(r#"","time":""#);
        json.raw(at);
        json.raw("\"");
        if let Some(parent) = self.traceparent.map(|it| it.to_text()) {
            json.some_text(r#","traceparent":""#, str::from_utf8(&parent).ok());
        }
        json.some_text(r#","tracestate":""#, self.tracestate.as_deref());
        json.raw(r#","datacontenttype":"application/json","data":{"sequence":"#);
        json.number(self.sequence);
        json.raw(r#","event":{"source":"/agencies/"#);
        json.text(&self.agency);
        json.raw(r#"","id":""#);
        json.text(&self.event);
        json.raw(r#""},"application":""#);
        json.text(&self.application);
        json.raw(r#"","state":""#);
        json.raw(self.state.as_str());
        json.raw("\"");
        json.some_text(r#","reason":""#, self.reason.map(Reason::as_str));
        if let Some(until) = self.until {
            json.some_text(r#","until":""#, str::from_utf8(&until.to_rfc3339()).ok());
        }
        json.some_text(r#","code":""#, self.code.as_deref());
        json.some_text(r#","by":""#, self.by.as_deref());
        json.some_text(r#","operator":""#, self.operator.as_deref());
        if let Some(segments) = self.segments {
            json.raw(r#","segments":"#);
            json.number(segments);
        }
        json.raw(r#","attempts":"#);
        json.number(self.attempts);
        json.raw(r#","repeats":"#);
        json.number(self.repeats);
        json.raw(r#","at":""#);
        json.raw(at);
        json.raw(r#""}}"#);
    }
}

/// Appends a JSON array of outcomes (`application/cloudevents-batch+json`).
pub fn write_batch<'a>(outcomes: impl IntoIterator<Item: Borrow<Outcome<'a>>>, out: &mut Vec<u8>) {
    out.push(b'[');
    for (index, outcome) in outcomes.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        outcome.borrow().write(out);
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

#[derive(Deserialize)]
struct Data<'a> {
    sequence: u32,
    event: EventRef<'a>,
    application: Cow<'a, str>,
    state: State,
    #[serde(default)]
    reason: Option<Reason>,
    #[serde(default)]
    until: Option<UnixMillis>,
    #[serde(default)]
    code: Option<Cow<'a, str>>,
    #[serde(default)]
    by: Option<Cow<'a, str>>,
    #[serde(default)]
    operator: Option<Cow<'a, str>>,
    #[serde(default)]
    segments: Option<u32>,
    attempts: u32,
    repeats: u32,
    at: UnixMillis,
}

#[derive(Deserialize)]
struct EventRef<'a> {
    source: Cow<'a, str>,
    id: Cow<'a, str>,
}

impl<'de> Deserialize<'de> for Outcome<'static> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Incoming {
            id: String,
            r#type: String,
            #[serde(default)]
            traceparent: Option<String>,
            #[serde(default)]
            tracestate: Option<String>,
            data: Data<'static>,
        }

        let Incoming {
            id,
            r#type,
            traceparent,
            tracestate,
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
            traceparent: traceparent.and_then(|text| text.parse::<Traceparent>().ok()),
            tracestate: tracestate.map(Cow::Owned),
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
            tracestate: None,
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
            tracestate: None,
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
    fn a_trace_is_an_extension_attribute() {
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let traced = Outcome {
            traceparent: parent.parse().ok(),
            tracestate: Some("a=\"1\"".into()),
            ..outcome()
        };
        let mut body = Vec::new();
        traced.write(&mut body);
        let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(json["traceparent"], parent);
        assert_eq!(json["tracestate"], "a=\"1\"");
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

        let mut none = Vec::new();
        write_batch(&both[..0], &mut none);
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
