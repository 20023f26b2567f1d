//! One delivery: an event, or a reason to refuse it.

use std::borrow::Cow;

use lapin::{message::Delivery, types::AMQPValue};
use xabar_events::{Event, Mode, RejectReason, Rejection, TRACEPARENT, TRACESTATE};

/// Reads a delivery in structured or binary mode, as its content type and headers say.
pub(super) fn event(delivery: &Delivery) -> Result<Event, Rejection> {
    let mut event = as_it_says(delivery)?;
    if let Some(table) = delivery.properties.headers() {
        let header = |name| match table.inner().get(name)? {
            AMQPValue::LongString(text) => str::from_utf8(text.as_bytes()).ok(),
            AMQPValue::ShortString(text) => Some(text.as_str()),
            _ => None,
        };
        event.brought_with(header(TRACEPARENT), header(TRACESTATE));
    }
    Ok(event)
}

fn as_it_says(delivery: &Delivery) -> Result<Event, Rejection> {
    let content_type = delivery
        .properties
        .content_type()
        .as_ref()
        .map(|text| text.as_str());
    match Mode::detect(content_type, headers(delivery).map(|(name, _)| name))? {
        Mode::Structured => Event::from_structured(&delivery.data),
        Mode::Binary => {
            let texts = headers(delivery).filter_map(|(name, value)| Some((name, text(value)?)));
            Event::from_binary(texts, &delivery.data)
        }
        Mode::Batch => Err(Rejection::new(
            RejectReason::UnsupportedContentType,
            "over AMQP each message should be one event; batches are taken over HTTP",
        )),
    }
}

fn headers(delivery: &Delivery) -> impl Iterator<Item = (&str, &AMQPValue)> {
    let headers = delivery.properties.headers().iter();
    headers
        .flat_map(|table| table.inner())
        .map(|(name, value)| (name.as_str(), value))
}

/// The canonical text of a value that CloudEvents knows.
fn text(value: &AMQPValue) -> Option<Cow<'_, [u8]>> {
    let text = match value {
        AMQPValue::LongString(text) => return Some(Cow::Borrowed(text.as_bytes())),
        AMQPValue::ShortString(text) => return Some(Cow::Borrowed(text.as_str().as_bytes())),
        AMQPValue::ByteArray(octets) => return Some(Cow::Borrowed(octets.as_slice())),
        AMQPValue::Boolean(value) => value.to_string(),
        AMQPValue::ShortShortInt(value) => value.to_string(),
        AMQPValue::ShortShortUInt(value) => value.to_string(),
        AMQPValue::ShortInt(value) => value.to_string(),
        AMQPValue::ShortUInt(value) => value.to_string(),
        AMQPValue::LongInt(value) => value.to_string(),
        AMQPValue::LongUInt(value) => value.to_string(),
        AMQPValue::LongLongInt(value) => value.to_string(),
        AMQPValue::Timestamp(seconds) => {
            jiff::Timestamp::from_second(i64::try_from(*seconds).ok()?)
                .ok()?
                .to_string()
        }
        _ => return None,
    };
    Some(Cow::Owned(text.into_bytes()))
}

#[cfg(test)]
mod tests {
    use lapin::{BasicProperties, types::FieldTable};
    use xabar_events::Trace;

    use super::*;

    fn delivery(content_type: Option<&str>, headers: &[(&str, AMQPValue)], body: &str) -> Delivery {
        let mut delivery = Delivery::mock(1, "".into(), "".into(), false, body.as_bytes().to_vec());
        let mut table = FieldTable::default();
        for (name, value) in headers {
            table.insert((*name).into(), value.clone());
        }
        let properties = BasicProperties::default().with_headers(table);
        delivery.properties = match content_type {
            Some(content_type) => properties.with_content_type(content_type.into()),
            None => properties,
        };
        delivery
    }

    fn text(value: &str) -> AMQPValue {
        AMQPValue::LongString(value.into())
    }

    const DATA: &str =
        r#"{"service":"land-registration","status":"approved","msisdn":"+998901234567"}"#;

    #[test]
    fn binary_mode_reads_headers_of_every_kind() {
        let headers = |prefix: &str| {
            [
                ("specversion", text("1.0")),
                ("id", AMQPValue::LongInt(42)),
                ("source", AMQPValue::ShortString("/agencies/kadastr".into())),
                ("type", text(xabar_events::STATUS_CHANGED)),
                ("time", AMQPValue::Timestamp(1_795_421_700)),
                ("subject", AMQPValue::LongLongInt(48_120_973)),
            ]
            .map(|(name, value)| (format!("{prefix}{name}"), value))
        };
        for prefix in ["cloudEvents:", "cloudEvents_"] {
            let headers = headers(prefix);
            let mut headers: Vec<_> = headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.clone()))
                .collect();
            headers.push(("x-other", AMQPValue::Void));
            let event = event(&delivery(Some("application/json"), &headers, DATA)).unwrap();
            let Event::StatusChanged(notification) = event else {
                panic!("{event:?}")
            };
            assert_eq!(notification.key.id.as_str(), "42");
            assert_eq!(notification.application.as_str(), "48120973");
            assert_eq!(notification.time.0, 1_795_421_700_000);
        }
    }

    #[test]
    fn headers_of_tracing_libraries_say_which_trace_it_is() {
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let headers = [
            ("traceparent", text(trace)),
            ("tracestate", AMQPValue::ShortString("a=1".into())),
        ];
        let body = format!(
            r#"{{"specversion":"1.0","id":"1","source":"/agencies/kadastr","type":"{}","time":"2026-11-23T09:15:00Z",
                "subject":"1","data":{DATA}}}"#,
            xabar_events::STATUS_CHANGED
        );
        let structured = Some(xabar_events::STRUCTURED_JSON);
        let Ok(Event::StatusChanged(it)) = event(&delivery(structured, &headers, &body)) else {
            panic!("it is an event")
        };
        assert_eq!(it.trace, Trace::read(Some(trace), Some("a=1")));
    }

    #[test]
    fn what_is_no_single_event_is_refused() {
        for (content_type, reason) in [
            (None, RejectReason::UnsupportedContentType),
            (Some("text/plain"), RejectReason::UnsupportedContentType),
            (
                Some(xabar_events::BATCH_JSON),
                RejectReason::UnsupportedContentType,
            ),
            (Some(xabar_events::STRUCTURED_JSON), RejectReason::Malformed),
        ] {
            let refused = event(&delivery(content_type, &[], "[]")).unwrap_err();
            assert_eq!(refused.reason, reason, "{content_type:?}");
        }
        let big = "x".repeat(xabar_events::MAX_EVENT_OCTETS + 1);
        let refused = event(&delivery(Some(xabar_events::STRUCTURED_JSON), &[], &big)).unwrap_err();
        assert_eq!(refused.reason, RejectReason::TooLarge);
    }
}
