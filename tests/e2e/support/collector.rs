//! A collector of traces, which reads what comes with the types that OpenTelemetry publishes.

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::time::sleep;

/// A running collector.
pub struct Collector {
    port: u16,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    manner: Manner,
    requests: usize,
    spans: Vec<Span>,
}

/// How a collector answers.
#[derive(Clone, Copy, Default)]
pub enum Manner {
    #[default]
    Takes,
    /// It says nothing.
    Hangs,
    /// It wants something else.
    Refuses,
}

/// The header that it asks for.
pub const KEY: (&str, &str) = ("api-key", "geheim-traces");

impl Collector {
    pub async fn start(port: u16, manner: Manner) -> Self {
        let seen = Arc::new(Mutex::new(Seen {
            manner,
            ..Seen::default()
        }));
        let router = Router::new()
            .route("/v1/traces", post(take))
            .with_state(Arc::clone(&seen));
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { port, seen }
    }

    /// What tells a gateway of it.
    pub fn table(port: u16, more: &str) -> String {
        let (name, key) = KEY;
        format!(
            "[traces]\nendpoint = \"http://127.0.0.1:{port}\"\nheaders = {{ {name} = \"{key}\" }}\ntimeout = \"200ms\"\n{more}\n"
        )
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn behaves(&self, manner: Manner) {
        self.seen.lock().unwrap().manner = manner;
    }

    /// Waits until so many requests have come.
    pub async fn until_asked(&self, times: usize) {
        let asked = async {
            while self.seen.lock().unwrap().requests < times {
                sleep(Duration::from_millis(20)).await;
            }
        };
        super::soon("requests of the gateway's", asked).await;
    }

    /// Waits until so many messages are told as a whole; gives every span.
    pub async fn until_told(&self, messages: usize) -> Vec<Span> {
        let whole = || wholes(&self.spans()).count();
        let told = async {
            while whole() < messages {
                sleep(Duration::from_millis(20)).await;
            }
        };
        super::soon("the spans of messages", told).await;
        self.spans()
    }

    pub fn spans(&self) -> Vec<Span> {
        self.seen.lock().unwrap().spans.clone()
    }
}

/// Those spans that are a message as a whole.
pub fn wholes(spans: &[Span]) -> impl Iterator<Item = &Span> {
    spans.iter().filter(|span| span.name == "notification")
}

/// A span's attribute that is a text.
pub fn attribute<'a>(span: &'a Span, key: &str) -> Option<&'a str> {
    let pair = span.attributes.iter().find(|pair| pair.key == key)?;
    match &pair.value.as_ref()?.value {
        Some(Value::StringValue(text)) => Some(text),
        other => panic!("{key} is {other:?}"),
    }
}

async fn take(State(seen): State<Arc<Mutex<Seen>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let manner = {
        let mut seen = seen.lock().unwrap();
        seen.requests += 1;
        seen.manner
    };
    match manner {
        Manner::Takes => {}
        Manner::Hangs => pending().await,
        Manner::Refuses => return StatusCode::BAD_REQUEST,
    }
    assert_eq!(headers[KEY.0], KEY.1);
    assert_eq!(headers["content-type"], "application/x-protobuf");
    let request = ExportTraceServiceRequest::decode(body).expect("the protocol");
    let spans = request.resource_spans.into_iter();
    let spans = spans.flat_map(|it| it.scope_spans).flat_map(|it| it.spans);
    seen.lock().unwrap().spans.extend(spans);
    StatusCode::OK
}
