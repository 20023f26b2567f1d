//! The documents in `schema/` and `asyncapi.json` say what the code does.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};
use xabar_events::sample::Sample;
use xabar_events::{
    Event, Language, Outcome, Priority, Reason, RejectReason, Rejection, State, UnixMillis, schema,
};

/// One compiled schema.
struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    fn new(text: &str) -> Self {
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        compiler
            .add_resource("schema.json", serde_json::from_str(text).unwrap())
            .unwrap();
        let mut schemas = Schemas::new();
        let index = compiler.compile("schema.json", &mut schemas).unwrap();
        Self { schemas, index }
    }

    #[track_caller]
    fn accepts(&self, document: &Value) {
        if let Err(error) = self.schemas.validate(document, self.index) {
            panic!("{document:#}\n{error:#}");
        }
    }

    fn refuses(&self, document: &Value) -> bool {
        self.schemas.validate(document, self.index).is_err()
    }
}

fn parse(document: &Value) -> Result<Event, Rejection> {
    Event::from_structured(document.to_string().as_bytes())
}

fn full_event() -> Value {
    json!({
        "specversion": "1.0",
        "id": "01JD8Z6Q4T0000000000000001",
        "source": "/agencies/kadastr",
        "type": "uz.egov.application.status-changed.v1",
        "time": "2026-11-23T09:15:00+05:00",
        "subject": "48120973",
        "datacontenttype": "application/json",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "partitionkey": 7,
        "Comment": ["ignored"],
        "data": {
            "service": "land-registration",
            "status": "approved",
            "msisdn": "+998901234567",
            "language": "uz-Latn",
            "priority": "normal",
            "params": { "office": "Yunusobod DXM", "deadline": "2026-12-01", "fee": 1.50, "paid": true },
            "notBefore": "2026-11-23T09:15:00+05:00",
            "expires": "2026-11-24T09:15:00+05:00",
            "legal": false,
            "clerk": { "ignored": true }
        }
    })
}

fn cancel() -> Value {
    json!({
        "specversion": "1.0",
        "id": "01JD8Z6Q4T0000000000000002",
        "source": "/agencies/kadastr",
        "type": "uz.egov.notification.cancel.v1",
        "data": { "event": "01JD8Z6Q4T0000000000000001" }
    })
}

/// `document` with one value set by its JSON pointer, or taken away.
fn with(mut document: Value, pointer: &str, value: Option<Value>) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = document
        .pointer_mut(parent)
        .unwrap()
        .as_object_mut()
        .unwrap();
    match value {
        Some(value) => parent.insert(name.to_owned(), value),
        None => parent.remove(name),
    };
    document
}

#[test]
fn samples_are_valid_by_the_schema() {
    let schema = Schema::new(schema::EVENT);
    for sample in Sample::new(1).take(500) {
        let mut body = Vec::new();
        sample.write_structured(&mut body);
        schema.accepts(&serde_json::from_slice(&body).unwrap());
        assert_eq!(
            Event::from_structured(&body),
            Ok(Event::StatusChanged(sample))
        );
    }
}

#[test]
fn valid_documents_are_valid_to_both() {
    let schema = Schema::new(schema::EVENT);
    let long = |len| Some(json!("x".repeat(len)));
    for document in [
        full_event(),
        with(full_event(), "/id", long(256)),
        with(full_event(), "/id", Some(json!("ў".repeat(256)))),
        with(full_event(), "/subject", long(64)),
        with(full_event(), "/datacontenttype", None),
        with(
            full_event(),
            "/datacontenttype",
            Some(json!("Application/JSON; charset=utf-8")),
        ),
        with(full_event(), "/datacontenttype", Some(Value::Null)),
        with(full_event(), "/traceparent", Some(Value::Null)),
        with(
            full_event(),
            "/time",
            Some(json!("2026-11-23t04:15:00.123456z")),
        ),
        with(full_event(), "/data/language", Some(Value::Null)),
        with(full_event(), "/data/priority", None),
        with(full_event(), "/data/params", Some(Value::Null)),
        with(
            full_event(),
            "/data/params",
            Some(json!({ "x": null, "y": "x".repeat(500) })),
        ),
        with(full_event(), "/data/legal", Some(json!(true))),
        with(full_event(), "/data/msisdn", Some(json!("29012345"))),
    ] {
        schema.accepts(&document);
        parse(&document).unwrap();
    }
    Schema::new(schema::CANCEL).accepts(&cancel());
    let Ok(Event::Cancel(cancel)) = parse(&cancel()) else {
        panic!("not a cancellation")
    };
    assert_eq!(cancel.target().id.as_str(), "01JD8Z6Q4T0000000000000001");
}

#[test]
fn wrong_documents_are_wrong_to_both_and_the_detail_names_the_field() {
    use RejectReason::*;
    let long = |len| Some(json!("x".repeat(len)));
    let text = |text: &str| Some(json!(text));
    let many: serde_json::Map<_, _> = (0..33).map(|n| (format!("p{n}"), json!("x"))).collect();
    let table = [
        ("/specversion", None, MissingField),
        ("/specversion", text("0.3"), InvalidField),
        ("/specversion", Some(json!(1.0)), InvalidField),
        ("/id", None, MissingField),
        ("/id", Some(Value::Null), MissingField),
        ("/id", text(""), InvalidField),
        ("/id", long(257), InvalidField),
        ("/id", text("a\nb"), InvalidField),
        ("/id", Some(json!(5)), InvalidField),
        ("/source", None, MissingField),
        ("/source", text("/agencies/Kadastr"), InvalidSource),
        ("/source", text("/agencies/kadastr\n"), InvalidSource),
        ("/source", text("https://kadastr.uz"), InvalidSource),
        ("/source", text("/agencies/xabar"), InvalidSource),
        ("/source", Some(json!(["/agencies/kadastr"])), InvalidSource),
        ("/type", None, MissingField),
        (
            "/type",
            text("uz.egov.application.status-changed.v2"),
            UnknownType,
        ),
        ("/type", Some(json!({})), UnknownType),
        ("/time", None, MissingField),
        ("/time", text("2026-11-23 09:15:00"), InvalidField),
        ("/time", text("2026-02-30T09:15:00Z"), InvalidField),
        ("/time", text("2026-11-23T09:15:00"), InvalidField),
        ("/time", Some(json!(1_795_407_300)), InvalidField),
        ("/subject", None, MissingField),
        ("/subject", text(""), InvalidField),
        ("/subject", long(65), InvalidField),
        ("/datacontenttype", text("text/xml"), InvalidField),
        ("/data", None, MissingField),
        ("/data", Some(Value::Null), MissingField),
        ("/data", text("text"), InvalidField),
        (
            "/data",
            Some(json!(["land-registration", "approved", "998901234567"])),
            InvalidField,
        ),
        ("/data/service", None, MissingField),
        ("/data/service", text("land registration"), InvalidField),
        ("/data/service", long(65), InvalidField),
        ("/data/status", None, MissingField),
        ("/data/status", text("../approved"), InvalidField),
        ("/data/msisdn", None, MissingField),
        ("/data/msisdn", text("1234567"), InvalidField),
        ("/data/msisdn", text("1234567890123456"), InvalidField),
        ("/data/msisdn", text("0998901234567"), InvalidField),
        ("/data/msisdn", text("+998 90 123 45 67"), InvalidField),
        (
            "/data/msisdn",
            Some(json!(998_901_234_567_u64)),
            InvalidField,
        ),
        ("/data/language", text("uz"), InvalidField),
        ("/data/language", text("UZ-LATN"), InvalidField),
        ("/data/priority", text("high"), InvalidField),
        ("/data/priority", Some(json!(1)), InvalidField),
        ("/data/params", text("office"), InvalidField),
        ("/data/params", Some(json!(["office"])), InvalidField),
        (
            "/data/params",
            Some(json!({ "office": ["a"] })),
            InvalidField,
        ),
        ("/data/params", Some(json!({ "office": {} })), InvalidField),
        ("/data/params", Some(json!({ "": "x" })), InvalidField),
        (
            "/data/params",
            Some(json!({ "office": "a\0b" })),
            InvalidField,
        ),
        (
            "/data/params",
            Some(json!({ "office": "x".repeat(501) })),
            InvalidField,
        ),
        (
            "/data/params",
            Some(json!({ "x".repeat(65): "x" })),
            InvalidField,
        ),
        ("/data/params", Some(json!(many)), InvalidField),
        ("/data/notBefore", text("tomorrow"), InvalidField),
        ("/data/expires", text("2026-11-24"), InvalidField),
        ("/data/expires", Some(json!(false)), InvalidField),
        ("/data/legal", text("true"), InvalidField),
        ("/data/legal", Some(json!(1)), InvalidField),
    ];
    let schema = Schema::new(schema::EVENT);
    for (pointer, value, reason) in table {
        let document = with(full_event(), pointer, value);
        assert!(schema.refuses(&document), "the schema takes {document:#}");
        let rejection = parse(&document).expect_err(&format!("the code takes {document:#}"));
        let field = pointer.trim_start_matches('/').replace('/', ".");
        assert_eq!(rejection.reason, reason, "{field}");
        assert!(
            rejection.detail.starts_with(&format!("{field} ")),
            "{}",
            rejection.detail
        );
    }
}

#[test]
fn an_event_that_expires_before_it_may_go_is_wrong() {
    for (not_before, taken) in [
        ("2026-11-24T04:14:59.999Z", true),
        ("2026-11-24T09:15:00+05:00", false),
        ("2026-11-25T09:15:00+05:00", false),
    ] {
        let document = with(full_event(), "/data/notBefore", Some(json!(not_before)));
        let refused = parse(&document).err();
        let expected = (!taken).then(|| {
            let detail = "data.expires should be later than data.notBefore";
            Rejection::new(RejectReason::InvalidField, detail)
        });
        assert_eq!(refused, expected, "{not_before}");
    }
}

#[test]
fn wrong_extensions_and_cancellations_are_wrong_to_both() {
    let schema = Schema::new(schema::EVENT);
    for text in ["x".repeat(1025), "a\nb".to_owned()] {
        let document = with(full_event(), "/traceparent", Some(json!(text)));
        assert!(schema.refuses(&document));
        assert_eq!(
            parse(&document).unwrap_err().reason,
            RejectReason::InvalidField
        );
    }
    let schema = Schema::new(schema::CANCEL);
    for (pointer, value, reason) in [
        ("/id", None, RejectReason::MissingField),
        (
            "/source",
            Some(json!("kadastr")),
            RejectReason::InvalidSource,
        ),
        ("/data", None, RejectReason::MissingField),
        ("/data/event", None, RejectReason::MissingField),
        ("/data/event", Some(json!("")), RejectReason::InvalidField),
        ("/data/event", Some(json!(7)), RejectReason::InvalidField),
    ] {
        let document = with(cancel(), pointer, value);
        assert!(schema.refuses(&document), "{document:#}");
        assert_eq!(parse(&document).unwrap_err().reason, reason, "{document:#}");
    }
}

fn outcome(state: State, reason: Option<Reason>) -> Outcome<'static> {
    Outcome {
        message: "4711".into(),
        sequence: 2,
        agency: "kadastr".into(),
        event: "01JD8Z6Q4T0000000000000001".into(),
        application: "48120973".into(),
        state,
        reason,
        until: Some(UnixMillis(1_795_407_300_000)),
        code: Some("0x00000058".into()),
        by: Some("01JD8Z6Q4T0000000000000002".into()),
        operator: Some("ucell".into()),
        segments: Some(1),
        attempts: 1,
        repeats: 0,
        at: UnixMillis(1_795_407_300_000),
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            .parse()
            .ok(),
        tracestate: Some("rojo=00f067aa0ba902b7".into()),
    }
}

#[test]
fn outcomes_fit_their_schema_and_the_schema_knows_which_reason_goes_with_which_state() {
    let schema = Schema::new(schema::OUTCOME);
    let reasons = || std::iter::once(None).chain(Reason::ALL.iter().copied().map(Some));
    for (&state, reason) in State::ALL
        .iter()
        .flat_map(|state| reasons().map(move |reason| (state, reason)))
    {
        // Written by way of one that fits, since the writer insists on it.
        let mut body = Vec::new();
        outcome(state, state.reasons().first().copied()).write(&mut body);
        let document: Value = serde_json::from_slice(&body).unwrap();
        schema.accepts(&document);

        let document = with(document, "/data/reason", reason.map(|reason| json!(reason)));
        assert_eq!(
            !schema.refuses(&document),
            state.allows(reason),
            "{state} {reason:?}"
        );
        let read = xabar_events::read_outcomes(document.to_string().as_bytes());
        assert_eq!(read.is_ok(), state.allows(reason), "{state} {reason:?}");
    }
}

/// The texts of an `enum` in a document, `null` left out.
fn values(document: &str, pointer: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(document).unwrap();
    let found = document
        .pointer(pointer)
        .unwrap_or_else(|| panic!("nothing at {pointer}"));
    found
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|value| value.as_str().map(str::to_owned))
        .collect()
}

fn names<T: ToString>(all: &[T]) -> Vec<String> {
    all.iter().map(T::to_string).collect()
}

#[test]
fn every_table_stands_in_the_documents_word_for_word() {
    let data = "/$defs/data/properties";
    assert_eq!(
        values(schema::EVENT, &format!("{data}/language/enum")),
        names(Language::ALL)
    );
    assert_eq!(
        values(schema::EVENT, &format!("{data}/priority/enum")),
        names(Priority::ALL)
    );
    assert_eq!(
        values(schema::OUTCOME, &format!("{data}/state/enum")),
        names(State::ALL)
    );
    for (index, state) in State::ALL.iter().enumerate() {
        let branch = format!("/$defs/data/oneOf/{index}/properties");
        if !state.reasons().is_empty() {
            assert_eq!(
                values(schema::OUTCOME, &format!("{branch}/reason/enum")),
                names(state.reasons())
            );
        }
        let document: Value = serde_json::from_str(schema::OUTCOME).unwrap();
        assert_eq!(
            document.pointer(&format!("{branch}/state/const")),
            Some(&json!(state))
        );
    }
    let headers = "/components/messages/rejected/headers/properties/x-xabar-reason/enum";
    assert_eq!(values(schema::ASYNCAPI, headers), names(RejectReason::ALL));
    let states = "/channels/outcomes/parameters/state/enum";
    assert_eq!(values(schema::ASYNCAPI, states), names(State::ALL));
}

/// Every `$ref` anywhere in `value`.
fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(map) => map
            .iter()
            .flat_map(|(name, value)| match value.as_str() {
                Some(target) if name == "$ref" => vec![target],
                _ => references(value),
            })
            .collect(),
        Value::Array(list) => list.iter().flat_map(references).collect(),
        _ => vec![],
    }
}

#[test]
fn asyncapi_refers_to_what_is_there() {
    let document: Value = serde_json::from_str(schema::ASYNCAPI).unwrap();
    assert_eq!(document["asyncapi"], "3.0.0");
    let references = references(&document);
    assert!(references.len() > 10);
    for target in references {
        match target.strip_prefix('#') {
            Some(pointer) => assert!(document.pointer(pointer).is_some(), "{target}"),
            None => {
                let path = concat!(env!("CARGO_MANIFEST_DIR"), "/");
                assert!(
                    std::path::Path::new(&format!("{path}{target}")).exists(),
                    "{target}"
                );
            }
        }
    }
    let name = |message: &str| document["components"]["messages"][message]["name"].clone();
    assert_eq!(name("statusChanged"), xabar_events::STATUS_CHANGED);
    assert_eq!(name("cancel"), xabar_events::CANCEL);
    assert_eq!(name("outcome"), xabar_events::OUTCOME);
}
