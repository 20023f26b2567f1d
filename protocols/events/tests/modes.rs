//! The same event reads the same in structured, binary and batch mode.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use xabar_events::sample::Sample;
use xabar_events::{
    Event, MAX_BATCH_EVENTS, MAX_BATCH_OCTETS, MAX_EVENT_OCTETS, Mode, Notification, RejectReason,
    Rejection, Trace,
};

fn structured(notification: &Notification) -> Vec<u8> {
    let mut body = Vec::new();
    notification.write_structured(&mut body);
    body
}

fn headers(prefix: &str, notification: &Notification) -> Vec<(String, Vec<u8>)> {
    let mut attributes = vec![
        ("specversion", "1.0".to_owned()),
        ("id", notification.key.id.to_string()),
        ("source", notification.key.agency.source().to_owned()),
        ("type", xabar_events::STATUS_CHANGED.to_owned()),
        ("time", notification.time.to_string()),
        ("subject", notification.application.to_string()),
    ];
    attributes.extend(
        notification
            .extensions
            .iter()
            .map(|(name, text)| (name, text.to_owned())),
    );
    if let Trace::Context(context) = &notification.trace {
        attributes.push(("traceparent", context.parent.to_string()));
        let state = context.state.as_deref();
        attributes.extend(state.map(|state| ("tracestate", state.to_owned())));
    }
    attributes
        .into_iter()
        .map(|(name, text)| (format!("{prefix}{name}"), text.into_bytes()))
        .collect()
}

fn binary<'a>(headers: &'a [(String, Vec<u8>)], body: &'a [u8]) -> Result<Event, Rejection> {
    Event::from_binary(
        headers.iter().map(|(name, value)| (name, value.as_slice())),
        body,
    )
}

fn reason(result: Result<Event, Rejection>) -> RejectReason {
    result.unwrap_err().reason
}

#[test]
fn binary_mode_reads_what_structured_mode_reads() {
    for sample in Sample::new(3).take(50) {
        let mut data = Vec::new();
        sample.write_data(&mut data);
        for prefix in ["cloudEvents:", "cloudEvents_", "ce-", "Ce-"] {
            let mut headers = headers(prefix, &sample);
            headers.push(("x-other".to_owned(), vec![0xff]));
            assert_eq!(
                Mode::detect(
                    Some("application/json"),
                    headers.iter().map(|(name, _)| name)
                ),
                Ok(Mode::Binary)
            );
            assert_eq!(
                binary(&headers, &data),
                Ok(Event::StatusChanged(sample.clone()))
            );
        }
        assert_eq!(
            Event::from_structured(&structured(&sample)),
            Ok(Event::StatusChanged(sample))
        );
    }
}

#[test]
fn only_http_headers_are_percent_decoded() {
    let sample = Sample::new(3).next().unwrap();
    let mut data = Vec::new();
    sample.write_data(&mut data);
    for (prefix, id) in [("ce-", "a b"), ("cloudEvents:", "a%20b")] {
        let mut headers = headers(prefix, &sample);
        headers[1].1 = b"a%20b".to_vec();
        assert_eq!(binary(&headers, &data).unwrap().key().id.as_str(), id);
    }
}

#[test]
fn binary_mode_names_what_is_wrong() {
    let sample = Sample::new(3).next().unwrap();
    let good = headers("ce-", &sample);
    let mut garbled = good.clone();
    garbled[1].1 = b"%ff".to_vec();
    for (headers, body, expected) in [
        (&good[..], &b""[..], RejectReason::MissingField),
        (&good, b" null ", RejectReason::MissingField),
        (&good, b"hello", RejectReason::Malformed),
        (&good, b"[1]", RejectReason::InvalidField),
        (&good, b"{\"service\":", RejectReason::Malformed),
        (&good, b"\xff", RejectReason::Malformed),
        (&good[1..], b"{}", RejectReason::MissingField),
        (&garbled, b"{}", RejectReason::InvalidField),
    ] {
        assert_eq!(
            reason(binary(headers, body)),
            expected,
            "{}",
            String::from_utf8_lossy(body)
        );
    }
}

#[test]
fn what_is_no_json_object_is_malformed() {
    let twice = br#"{"specversion":"1.0","id":"a","id":"b"}"#;
    let bodies: [&[u8]; 9] = [
        b"",
        b"  ",
        b"null",
        b"[]",
        b"\"text\"",
        b"{",
        b"\xff\xfe",
        b"{\"id\":\"\\ud800\"}",
        twice,
    ];
    for body in bodies {
        assert_eq!(
            reason(Event::from_structured(body)),
            RejectReason::Malformed,
            "{}",
            String::from_utf8_lossy(body)
        );
    }
}

#[test]
fn a_key_given_twice_is_malformed_in_json_unless_it_is_ignored() {
    let sample = Sample::new(3).next().unwrap();
    let body = String::from_utf8(structured(&sample)).unwrap();
    for (before, keys, detail) in [
        (
            "{",
            r#""id":"a","#,
            "the event should have each field only once",
        ),
        (
            "{",
            r#""region":"a","region":1,"#,
            "every extension attribute should be there only once",
        ),
        (
            r#""data":{"#,
            r#""status":"ready","#,
            "data should have each field only once",
        ),
        (
            r#""params":{"#,
            r#""room":"12","room":14,"#,
            "data.params should have each name only once",
        ),
    ] {
        let twice = body.replacen(before, &format!("{before}{keys}"), 1);
        let rejection = Event::from_structured(twice.as_bytes()).unwrap_err();
        let malformed = Rejection::new(RejectReason::Malformed, detail);
        assert_eq!(rejection, malformed, "{keys}");
    }
    for (before, keys) in [
        ("{", r#""Region":"a","Region":"b","#),
        (r#""data":{"#, r#""room":"12","room":14,"#),
    ] {
        let twice = body.replacen(before, &format!("{before}{keys}"), 1);
        assert!(Event::from_structured(twice.as_bytes()).is_ok(), "{keys}");
    }
}

#[test]
fn of_two_headers_for_one_attribute_the_first_stands() {
    let mut sample = Sample::new(3).next().unwrap();
    sample.extensions = [("region", "a")].into_iter().collect();
    let mut data = Vec::new();
    sample.write_data(&mut data);
    let mut headers = headers("cloudEvents:", &sample);
    for name in ["cloudEvents_id", "cloudEvents_region"] {
        headers.push((name.to_owned(), b"other".to_vec()));
    }
    assert_eq!(binary(&headers, &data), Ok(Event::StatusChanged(sample)));
}

#[test]
fn deep_nesting_is_skipped_without_recursion() {
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let body = format!(r#"{{"specversion":"1.0","Deep":{deep},"deep":{deep},"id":{deep}}}"#);
    assert_eq!(
        reason(Event::from_structured(body.as_bytes())),
        RejectReason::InvalidField
    );
}

#[test]
fn sizes_are_bounded() {
    let sample = structured(&Sample::new(3).next().unwrap());
    let padded = |len: usize| {
        let mut body = sample.clone();
        body.resize(len, b' ');
        body
    };
    assert!(Event::from_structured(&padded(MAX_EVENT_OCTETS)).is_ok());
    assert_eq!(
        reason(Event::from_structured(&padded(MAX_EVENT_OCTETS + 1))),
        RejectReason::TooLarge
    );
    assert_eq!(
        reason(binary(&[], &padded(MAX_EVENT_OCTETS + 1))),
        RejectReason::TooLarge
    );

    let array = |count: usize| format!("[{}]", vec!["{}"; count].join(",")).into_bytes();
    assert_eq!(
        Event::from_batch(&array(MAX_BATCH_EVENTS)).unwrap().len(),
        MAX_BATCH_EVENTS
    );
    let reason = |body: &[u8]| Event::from_batch(body).unwrap_err().reason;
    assert_eq!(reason(&array(MAX_BATCH_EVENTS + 1)), RejectReason::TooLarge);
    assert_eq!(
        reason(&vec![b' '; MAX_BATCH_OCTETS + 1]),
        RejectReason::TooLarge
    );
}

#[test]
fn a_batch_tells_of_each_event_by_its_place() {
    let bodies: Vec<_> = Sample::new(3)
        .take(2)
        .map(|sample| String::from_utf8(structured(&sample)).unwrap())
        .collect();
    let large = format!(r#"{{"Comment":"{}"}}"#, "x".repeat(MAX_EVENT_OCTETS));
    let batch = format!("[{},{{}},7,{},{}]", bodies[0], large, bodies[1]);
    let results = Event::from_batch(batch.as_bytes()).unwrap();
    let reasons: Vec<_> = results
        .iter()
        .map(|result| result.as_ref().err().map(|rejection| rejection.reason))
        .collect();
    assert_eq!(
        reasons,
        [
            None,
            Some(RejectReason::MissingField),
            Some(RejectReason::Malformed),
            Some(RejectReason::TooLarge),
            None
        ]
    );
    assert_eq!(Event::from_batch(b"[]").unwrap(), []);
    for body in [&b"{}"[..], b"", b"[", b"[1 2]"] {
        assert_eq!(
            Event::from_batch(body).unwrap_err().reason,
            RejectReason::Malformed
        );
    }
}

#[test]
fn extensions_are_kept_and_numbers_keep_their_digits() {
    let body = br#"{
        "data": {"params": {"fee": 1.50, "big": 123456789012345678901234567890, "paid": true, "no": null,
                            "text": "a\"b\u0041"},
                 "service": "s", "status": "t", "msisdn": "998901234567"},
        "type": "uz.egov.application.status-changed.v1", "partitionkey": 7, "sampled": true,
        "traceparent": "00-ab-cd-01", "nothing": null, "nested": {"a": 1}, "With-Dash": "ignored",
        "time": "2026-11-23T09:15:00+05:00", "subject": "1", "source": "/agencies/a", "id": "1", "specversion": "1.0"
    }"#;
    let Ok(Event::StatusChanged(notification)) = Event::from_structured(body) else {
        panic!()
    };
    let params: Vec<_> = notification.params.iter().collect();
    assert_eq!(
        params,
        [
            ("fee", "1.50"),
            ("big", "123456789012345678901234567890"),
            ("paid", "true"),
            ("text", "a\"bA")
        ]
    );
    let extensions: Vec<_> = notification.extensions.iter().collect();
    assert_eq!(extensions, [("partitionkey", "7"), ("sampled", "true")]);
    assert_eq!(notification.trace, Trace::Malformed, "it counts as nothing");
}

#[test]
fn what_brought_an_event_tells_of_a_trace_only_if_the_event_does_not() {
    let (own, other) = (parent(1), parent(2));
    let brought = |event: &Notification| {
        let mut event = Event::from_structured(&structured(event)).unwrap();
        event.brought_with(Some(&other), Some("a=1"));
        let Event::StatusChanged(it) = event else {
            panic!()
        };
        it.trace
            .into_context()
            .map(|it| (it.parent.to_string(), it.state))
    };
    let mut event = Sample::new(1).next().unwrap();
    event.trace = Trace::None;
    assert_eq!(brought(&event), Some((other.clone(), Some("a=1".into()))));
    event.trace = Trace::read(Some(&own), None);
    assert_eq!(brought(&event), Some((own, None)));
}

fn parent(span: u64) -> String {
    format!("00-0af7651916cd43dd8448eb211c80319c-{span:016x}-01")
}
