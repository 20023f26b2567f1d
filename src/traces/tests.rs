//! Traces, as those read them who collect them: with the types that OpenTelemetry publishes.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use proptest::prelude::*;
use prost::Message as _;
use xabar_events::{Reason, State, Trace};
use xabar_smpp::Status;

use super::collector::rejected_spans;
use super::span::Wording;
use super::{Answer, Sampling, Stage, What};
use crate::clock::UnixMillis;
use crate::journal::{Attempted, Message, sample};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn traced() -> Message {
    let mut message = sample::waiting(1);
    message.identity_mut().trace = Trace::read(Some(PARENT), None).into_context();
    message.origin_mut().content.params = vec![("office".into(), "Yunusobod".into())];
    message
}

fn stage(message: &Message, what: What) -> Stage {
    let traced = Sampling::default().trace_of(&message.identity);
    Stage {
        trace: traced.expect("its agency traces it"),
        origin: message.origin().clone(),
        from: UnixMillis(1_795_407_300_000),
        to: UnixMillis(1_795_407_300_250),
        what,
    }
}

/// What a collector reads of stages.
fn read(stages: &[Stage]) -> ResourceSpans {
    let wording = Wording {
        service: "xabar-test".into(),
        operators: [(sample::OPERATOR, "ucell".into())].into(),
    };
    let body = wording.request(stages);
    let request = ExportTraceServiceRequest::decode(&*body).expect("it is the protocol");
    // Nothing is written that these types do not know.
    assert_eq!(request.encoded_len(), body.len());
    let [spans] = <[ResourceSpans; 1]>::try_from(request.resource_spans).unwrap();
    spans
}

fn attributes(pairs: &[KeyValue]) -> BTreeMap<&str, String> {
    let text = |value: &Option<AnyValue>| match &value.as_ref().unwrap().value {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => panic!("{other:?}"),
    };
    pairs
        .iter()
        .map(|pair| (pair.key.as_str(), text(&pair.value)))
        .collect()
}

fn only(spans: &ResourceSpans) -> &Span {
    &spans.scope_spans[0].spans[0]
}

#[test]
fn a_collector_reads_the_message_below_its_agencys_span_and_the_stages_below_the_message() {
    let message = traced();
    let attempted = Attempted {
        operator: sample::OPERATOR,
        segments: 2,
        attempts: 3,
        repeats: 0,
    };
    let whole = What::Message {
        state: State::Failed,
        reason: Some(Reason::Attempts),
        attempted: Some(attempted),
    };
    let submit = What::Submit {
        attempt: 3,
        operator: sample::OPERATOR,
        segments: 2,
        answer: Answer::Refused(Status::RTHROTTLED),
    };
    let read = read(&[stage(&message, whole), stage(&message, submit)]);
    let resource = attributes(&read.resource.as_ref().unwrap().attributes);
    assert_eq!(resource["service.name"], "xabar-test");
    let [whole, submit] = &read.scope_spans[0].spans[..] else {
        panic!("{read:?}")
    };
    let hex = |octets: &[u8]| {
        octets
            .iter()
            .map(|it| format!("{it:02x}"))
            .collect::<String>()
    };
    assert_eq!(hex(&whole.trace_id), "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(hex(&whole.parent_span_id), "b7ad6b7169203331");
    assert_eq!((whole.span_id.len(), submit.span_id.len()), (8, 8));
    assert_eq!(submit.trace_id, whole.trace_id);
    assert_eq!(submit.parent_span_id, whole.span_id);
    assert_eq!((whole.flags, submit.flags), (0x301, 0x101));
    assert_eq!((&*whole.name, &*submit.name), ("notification", "submit"));
    assert_eq!(whole.kind(), SpanKind::Consumer);
    assert_eq!(submit.kind(), SpanKind::Client);
    assert_eq!(whole.start_time_unix_nano, 1_795_407_300_000_000_000);
    assert_eq!(whole.end_time_unix_nano, 1_795_407_300_250_000_000);
    for (span, why) in [(whole, "attempts"), (submit, "ESME_RTHROTTLED")] {
        let status = span.status.as_ref().unwrap();
        assert_eq!(status.code(), StatusCode::Error);
        assert!(status.message.contains(why), "{status:?}");
    }
    let of = attributes(&whole.attributes);
    for (key, value) in [
        ("xabar.agency", "kadastr"),
        ("xabar.event", "e1"),
        ("xabar.application", "1"),
        ("xabar.message", "1"),
        ("xabar.lane", "normal"),
        ("xabar.state", "failed"),
        ("xabar.operator", "ucell"),
        ("xabar.attempts", "3"),
    ] {
        assert_eq!(of.get(key).map(String::as_str), Some(value), "{key}");
    }
    let of = attributes(&submit.attributes);
    assert_eq!(
        (&*of["xabar.attempt"], &*of["xabar.answer"]),
        ("3", "refused")
    );
    assert!(
        of["xabar.smpp.status"].contains("ESME_RTHROTTLED"),
        "{of:?}"
    );
}

#[test]
fn no_number_and_no_text_is_in_a_span() {
    let message = traced();
    let receipt = What::Receipt {
        operator: sample::OPERATOR,
        state: State::Delivered,
        reason: None,
        code: Some("DELIVRD".into()),
    };
    let waits = What::Wait {
        reason: Some(Reason::QuietHours),
    };
    let whole = What::Message {
        state: State::Delivered,
        reason: None,
        attempted: None,
    };
    for what in [receipt, waits, whole, What::Intake] {
        let shown = format!("{:?}", read(&[stage(&message, what)]));
        for quiet in [message.msisdn.digits().as_str(), "Yunusobod", "9989"] {
            assert!(!shown.contains(quiet), "{quiet}: {shown}");
        }
    }
}

#[test]
fn what_a_collector_rejects_of_a_request_is_read() {
    let answer = |partial_success| ExportTraceServiceResponse { partial_success }.encode_to_vec();
    let some = |rejected_spans| {
        Some(ExportTracePartialSuccess {
            rejected_spans,
            error_message: "too old".into(),
        })
    };
    let rejected = [None, some(0), some(3), some(300)].map(|it| rejected_spans(&answer(it)));
    assert_eq!(rejected, [0, 0, 3, 300]);
    assert_eq!(rejected_spans(b"{}"), 0);
}

proptest! {
    #[test]
    fn no_answer_panics(octets: Vec<u8>) {
        rejected_spans(&octets);
    }
}

#[test]
fn what_went_well_is_no_error_and_a_long_value_keeps_its_length() {
    let mut message = traced();
    message.identity_mut().application = "№".repeat(20_000).into();
    let whole = What::Message {
        state: State::Delivered,
        reason: None,
        attempted: None,
    };
    let read = read(&[stage(&message, whole)]);
    assert_eq!(only(&read).status, None);
    let of = attributes(&only(&read).attributes);
    assert_eq!(of["xabar.application"].len(), 60_000);
}
