//! Reading an event, with every check of the contract, and writing an outcome.
//!
//! Beside: the same JSON read by serde_json into a tree without any check, which is what reading
//! costs at least where the fields are not known; and a copy of the outcome's octets.

use std::hint::black_box;

use xabar_events::{Event, Outcome, State, UnixMillis};

use super::{Part, Room, Run, sample};

pub(crate) const ROOM: Room = Room {
    name: "events",
    parts: &[
        Part::new("read a structured event", structured),
        Part::new("read a binary event", binary),
        Part::new("write an outcome", outcome),
    ],
    beside: &[
        Part::new("the structured event as a tree", tree),
        Part::new("a copy of the outcome", copy),
    ],
};

pub(super) const STRUCTURED: &[u8] = br#"{"specversion":"1.0","id":"01JD8Z6Q4T0000000000000001","source":"/agencies/kadastr","type":"uz.egov.application.status-changed.v1","time":"2026-11-23T09:15:00+05:00","subject":"48120973","datacontenttype":"application/json","data":{"service":"land-registration","status":"approved","msisdn":"+998901234567","language":"uz-Latn","priority":"normal","params":{"office":"Yunusobod DXM","deadline":"2026-12-01"},"notBefore":"2026-11-23T09:15:00+05:00","expires":"2026-11-24T09:15:00+05:00"}}"#;

const HEADERS: [(&str, &[u8]); 6] = [
    ("cloudEvents:specversion", b"1.0"),
    ("cloudEvents:id", b"01JD8Z6Q4T0000000000000001"),
    ("cloudEvents:source", b"/agencies/kadastr"),
    ("cloudEvents:type", b"uz.egov.application.status-changed.v1"),
    ("cloudEvents:time", b"2026-11-23T09:15:00+05:00"),
    ("cloudEvents:subject", b"48120973"),
];

const DATA: &[u8] = br#"{"service":"land-registration","status":"approved","msisdn":"+998901234567","language":"uz-Latn","priority":"normal","params":{"office":"Yunusobod DXM","deadline":"2026-12-01"},"notBefore":"2026-11-23T09:15:00+05:00","expires":"2026-11-24T09:15:00+05:00"}"#;

fn structured() -> Run {
    Event::from_structured(STRUCTURED).expect("it is an event");
    Box::new(|| drop(black_box(Event::from_structured(black_box(STRUCTURED)))))
}

fn binary() -> Run {
    Event::from_binary(HEADERS, DATA).expect("it is an event");
    Box::new(|| {
        drop(black_box(Event::from_binary(
            black_box(HEADERS),
            black_box(DATA),
        )))
    })
}

fn outcome() -> Run {
    let mut out = Vec::new();
    Box::new(move || {
        out.clear();
        black_box(&OUTCOME).write(&mut out);
        black_box(&out);
    })
}

fn tree() -> Run {
    Box::new(|| {
        let tree = serde_json::from_slice::<serde_json::Value>(black_box(STRUCTURED));
        drop(black_box(tree));
    })
}

fn copy() -> Run {
    let (mut octets, mut out) = (Vec::new(), Vec::new());
    OUTCOME.write(&mut octets);
    Box::new(move || {
        out.clear();
        out.extend_from_slice(black_box(&octets));
        black_box(&out);
    })
}

const OUTCOME: Outcome<'_> = {
    use std::borrow::Cow::Borrowed;
    Outcome {
        message: Borrowed("1234567"),
        sequence: 2,
        agency: Borrowed("kadastr"),
        event: Borrowed("01JD8Z6Q4T0000000000000001"),
        application: Borrowed(sample::APPLICATION),
        state: State::Submitted,
        reason: None,
        until: None,
        code: None,
        by: None,
        operator: Some(Borrowed("ucell")),
        segments: Some(1),
        attempts: 1,
        repeats: 0,
        at: UnixMillis(sample::START.0),
        traceparent: None,
        tracestate: None,
    }
};
