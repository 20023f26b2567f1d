//! Over real sockets, with a pipeline that answers at the door.

mod access;
mod openapi;
mod pace;
mod tls;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use xabar_events::{Event, Msisdn, State, Trace};

use super::*;
use crate::clock::{UnixMillis, WallTimes};
use crate::control::access::{Denials, Tokens};
use crate::control::audit::Audit;
use crate::control::readiness::Part;
use crate::control::settings::{Place, Problem};
use crate::control::standing::Standing;
use crate::control::what_if::{Asked, Refused};
use crate::intake::{Batch, Door, Refusals, Verdict};
use crate::journal::{
    Awaiting, Backlog, Books, Choices, HeldReceipt, JournalError, Message, MessageId, OperatorId,
    Outgoing, Question, Reader, SubscriberFacts,
};
use crate::log_lines::LogLines;
use crate::pacing;
use crate::pipeline::{self, Load, Order, Ordered, Pause};
use crate::scratch::Folder;

/// A gateway at an address, until it is dropped.
struct Server {
    address: SocketAddr,
    readiness: Readiness,
    /// With its audit log.
    folder: Folder,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<()>,
}

async fn server(door: Door) -> Server {
    guarded(door, None).await
}

async fn guarded(door: Door, tokens: Option<watch::Receiver<Arc<Tokens>>>) -> Server {
    started(door, tokens, None).await
}

async fn started(
    door: Door,
    tokens: Option<watch::Receiver<Arc<Tokens>>>,
    tls: Option<watch::Receiver<crate::tls::Server>>,
) -> Server {
    let folder = Folder::new();
    let (audit, denials) = (Audit::new(folder.path("audit.jsonl")), Denials::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let readiness = Readiness::awaiting([]);
    let refusals = Refusals::default();
    let intake = HttpIntake::new(door, refusals.clone());
    let archive = Archive::new(Box::new(Shelf), None);
    let access = Access::new(tokens, denials.clone(), audit.clone());
    let router = router(Api {
        under_tls: tls.is_some(),
        access: access.clone(),
        desk: Desk::new(
            orders(),
            audit,
            Standing::nothing(&folder.path("kept.json")),
            readiness.clone(),
        ),
        intake,
        archive,
        aggregators: ussd::tests::aggregators(),
        readiness: readiness.clone(),
        status: watch::channel(None).1,
        metrics: Metrics {
            operators: Vec::new(),
            load: watch::channel(Load::default()).1,
            status: watch::channel(None).1,
            readiness: readiness.clone(),
            refusals,
            denials,
            unrouted: watch::channel(BTreeMap::new()).1,
            looked_up: None,
            spans: None,
        },
        what_if: WhatIf::new(questions()),
        wishes: mpsc::channel(1).0,
    });
    let stop = CancellationToken::new();
    let serving = tokio::spawn(serve(listener, router, access, tls, stop.clone()));
    Server {
        address,
        readiness,
        folder,
        stop,
        serving,
    }
}

/// A pipeline that carries out orders, but knows of no operator but ucell, and cannot be drained beside two pauses.
fn orders() -> mpsc::Sender<Ordered> {
    let (orders, mut given) = mpsc::channel::<Ordered>(1);
    tokio::spawn(async move {
        let mut paused = Vec::new();
        while let Some(Ordered { order, reply }) = given.recv().await {
            match order {
                Order::Pause(scope) => paused.push(Pause {
                    scope,
                    since: UnixMillis(0),
                }),
                Order::Resume(_) => paused.clear(),
                Order::Drain if paused.len() < 2 => {}
                Order::Drain => {
                    drop(reply.send(Err(pipeline::Refusal::TooManyPauses)));
                    continue;
                }
                Order::Erase(msisdn) => {
                    let done = match msisdn.digits().as_str() {
                        "998901234567" => Ok(pipeline::Done::Erased(1)),
                        _ => Err(pipeline::Refusal::UnderWay(2)),
                    };
                    drop(reply.send(done));
                    continue;
                }
                Order::Cancel(unwanted) => {
                    let all = pipeline::Cancelled {
                        cancelled: 7,
                        too_late: u64::from(unwanted.dry_run),
                        done: true,
                    };
                    let cancelled = watch::channel(all).1;
                    drop(reply.send(Ok(pipeline::Done::Cancelling(cancelled))));
                    continue;
                }
                Order::Limit(limits) => {
                    // As if the configured limits were those of the sample.
                    let remembered = pacing::Limit {
                        messages: 10,
                        per: Duration::from_secs(24 * 3600),
                    };
                    let is_short = limits.iter().any(|limit| limit.per > remembered.per);
                    let remembered = is_short.then_some(remembered);
                    drop(reply.send(Ok(pipeline::Done::Limited { remembered })));
                    continue;
                }
                Order::Weigh { .. } => {}
                Order::Tune { operator, .. } if operator == "ucell" => {}
                Order::Tune { .. } => {
                    let known = vec!["ucell".to_owned()];
                    drop(reply.send(Err(pipeline::Refusal::NoSuchOperator { known })));
                    continue;
                }
            }
            drop(reply.send(Ok(pipeline::Done::Paused(paused.clone()))));
        }
    });
    orders
}

/// Somebody who finds every question wrong that is of no hours, and thinks about the others for ever.
fn questions() -> mpsc::Sender<Asked> {
    let (questions, mut asked) = mpsc::channel::<Asked>(1);
    tokio::spawn(async move {
        let mut thinking = Vec::new();
        while let Some(Asked { body, reply }) = asked.recv().await {
            if body["hours"] == 0 {
                let problem = Problem {
                    place: Place::File("".into()),
                    key: "hours".to_owned(),
                    what: "is 0".to_owned(),
                    right: "give more".to_owned(),
                };
                drop(reply.send(Err(Refused::Wrong(vec![problem]))));
            } else {
                thinking.push(reply);
            }
        }
    });
    questions
}

/// A pipeline that accepts everything, numbering from 1; the second time around, as duplicates.
fn accepting() -> Door {
    let (door, mut batches) = mpsc::channel::<Batch>(4);
    tokio::spawn(async move {
        let mut known: Vec<xabar_events::EventKey> = Vec::new();
        while let Some(Batch { events, reply, .. }) = batches.recv().await {
            let verdicts = events.iter().map(|event| verdict(event, &mut known));
            reply.send(verdicts.collect()).unwrap();
        }
    });
    door
}

fn verdict(event: &Event, known: &mut Vec<xabar_events::EventKey>) -> Verdict {
    if matches!(event, Event::Cancel(_)) {
        return Verdict::Cancelled;
    }
    let before = known.iter().position(|key| key == event.key());
    let index = before.unwrap_or_else(|| {
        known.push(event.key().clone());
        known.len() - 1
    });
    Verdict::Accepted {
        id: MessageId(index as u64 + 1),
        duplicate: before.is_some(),
    }
}

/// A journal that remembers what a question was.
struct Shelf;

impl Reader for Shelf {
    fn outbox(&mut self, _after: u64, _limit: usize) -> Result<Vec<Outgoing>, JournalError> {
        Ok(Vec::new())
    }

    fn wall_times(&mut self) -> Result<WallTimes, JournalError> {
        Ok(WallTimes::default())
    }

    fn message(&mut self, id: MessageId) -> Result<Option<Message>, JournalError> {
        Ok((id.0 == 42).then(crate::control::story::sample))
    }

    fn find(&mut self, question: &Question, limit: usize) -> Result<Vec<Message>, JournalError> {
        let own = question.agency.as_ref();
        let own = own.is_none_or(|agency| agency.name() == "kadastr");
        let known = question
            .msisdn
            .is_some_and(|msisdn| msisdn.digits() == "998901234567")
            || question.application.as_deref() == Some("48120973")
            || question.state == Some(State::Delivered);
        Ok(vec![
            crate::control::story::sample();
            usize::from(known && own).min(limit)
        ])
    }

    fn books(&mut self) -> Result<Vec<Books>, JournalError> {
        Ok(vec![Books {
            agency: "kadastr".to_owned(),
            ..Books::default()
        }])
    }

    fn balance(
        &mut self,
        _day: Option<i64>,
        _each: &mut dyn FnMut(Message),
    ) -> Result<Vec<Books>, JournalError> {
        Ok(Vec::new())
    }

    fn traffic(
        &mut self,
        _since: UnixMillis,
        _most: u64,
        _each: &mut dyn FnMut(Message) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        Ok(())
    }

    fn last_message(&mut self) -> Result<u64, JournalError> {
        Ok(42)
    }

    fn accepted_as(
        &mut self,
        _questions: &[(OperatorId, Vec<String>)],
    ) -> Result<Vec<Option<Awaiting>>, JournalError> {
        Ok(Vec::new())
    }

    fn choices(&mut self, _: Msisdn) -> Result<Choices, JournalError> {
        Ok(Choices::default())
    }

    fn submitted_to(&mut self, _: Msisdn) -> Result<SubscriberFacts, JournalError> {
        Ok(SubscriberFacts::default())
    }

    fn held_of(&mut self, _: Msisdn, _: u32) -> Result<Vec<HeldReceipt>, JournalError> {
        Ok(Vec::new())
    }

    fn backlog(&mut self) -> Result<Backlog, JournalError> {
        Ok(Backlog::default())
    }

    fn operator_name(&mut self, _id: OperatorId) -> Result<Option<String>, JournalError> {
        Ok(Some("ucell".to_owned()))
    }
}

struct Answer {
    status: u16,
    head: String,
    body: Value,
    text: String,
}

impl Server {
    /// Sends octets on a connection of their own and reads until the server closes it.
    async fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer {
            status,
            head: head.to_lowercase(),
            body: serde_json::from_str(body).unwrap_or(Value::Null),
            text: body.to_owned(),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.get_with(path, "").await
    }

    async fn get_with(&self, path: &str, headers: &str) -> Answer {
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
        self.raw(request.as_bytes()).await
    }

    async fn post(&self, headers: &str, body: &str) -> Answer {
        self.post_to("/v1/events", headers, body).await
    }

    async fn post_to(&self, path: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
        );
        self.raw((head + body).as_bytes()).await
    }
}

const STRUCTURED: &str = "content-type: application/cloudevents+json\r\n";
const BATCH: &str = "content-type: application/cloudevents-batch+json\r\n";

fn event(id: &str) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": "/agencies/kadastr",
        "type": "uz.egov.application.status-changed.v1",
        "time": "2026-11-23T09:15:00+05:00", "subject": "48120973",
        "data": { "service": "land-registration", "status": "approved", "msisdn": "+998901234567" },
    })
}

fn cancel(id: &str, withdrawn: &str) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": "/agencies/kadastr",
        "type": "uz.egov.notification.cancel.v1", "time": "2026-11-23T09:15:00+05:00",
        "data": { "event": withdrawn },
    })
}

fn without(mut event: Value, pointer: &str, key: &str) -> Value {
    let object = event.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
    object.remove(key).unwrap();
    event
}

fn assert_problem(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{} {}", answer.head, answer.body);
    assert!(
        answer
            .head
            .contains("content-type: application/problem+json"),
        "{}",
        answer.head
    );
    assert_eq!(answer.body["status"], status);
    assert!(answer.body["title"].is_string() && answer.body["detail"].is_string());
}

#[tokio::test]
async fn a_structured_event_is_answered_once_it_is_taken() {
    let server = server(accepting()).await;
    let expected = |duplicate| json!({ "id": "1", "event": { "source": "/agencies/kadastr", "id": "A" }, "duplicate": duplicate });
    for duplicate in [false, true] {
        let answer = server.post(STRUCTURED, &event("A").to_string()).await;
        assert_eq!((answer.status, answer.body), (202, expected(duplicate)));
    }
}

#[tokio::test]
async fn a_binary_event_has_its_attributes_in_headers() {
    let server = server(accepting()).await;
    let headers = "content-type: application/json\r\nce-specversion: 1.0\r\nCE-Id: B\r\nce-source: /agencies/kadastr\r\n\
                   ce-type: uz.egov.application.status-changed.v1\r\nce-time: 2026-11-23T09:15:00%2B05:00\r\nce-subject: 48120973\r\n";
    let answer = server.post(headers, &event("")["data"].to_string()).await;
    assert_eq!(
        (answer.status, answer.body["event"]["id"].as_str()),
        (202, Some("B"))
    );
}

#[tokio::test]
async fn a_trace_may_come_as_headers_of_the_request() {
    let (door, mut batches) = mpsc::channel::<Batch>(1);
    let server = server(door).await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let headers = format!("{BATCH}traceparent: {trace}\r\ntracestate: a=1\r\n");
    let body = json!([event("A"), event("B")]).to_string();
    let events = async { batches.recv().await.unwrap().events };
    let (_, events) = tokio::join!(server.post(&headers, &body), events);
    assert_eq!(events.len(), 2);
    for event in events {
        let Event::StatusChanged(event) = event else {
            panic!("{event:?}")
        };
        assert_eq!(event.trace, Trace::read(Some(trace), Some("a=1")));
    }
}

#[tokio::test]
async fn a_batch_is_answered_in_its_order() {
    let server = server(accepting()).await;
    let batch = json!([event("A"), cancel("C", "A"), event("A")]);
    let answer = server.post(BATCH, &batch.to_string()).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let source = "/agencies/kadastr";
    assert_eq!(
        answer.body,
        json!([
            { "id": "1", "event": { "source": source, "id": "A" }, "duplicate": false },
            { "id": null, "event": { "source": source, "id": "C" }, "duplicate": false },
            { "id": "1", "event": { "source": source, "id": "A" }, "duplicate": true },
        ])
    );
    assert_eq!(server.post(BATCH, "[]").await.body, json!([]));
}

#[tokio::test]
async fn a_batch_with_one_wrong_event_is_not_taken() {
    let (door, mut batches) = mpsc::channel(1);
    let server = server(door).await;
    let batch = json!([event("A"), without(event("B"), "/data", "msisdn"), 3]);
    let answer = server.post(BATCH, &batch.to_string()).await;
    assert_problem(&answer, 400);
    let errors = answer.body["errors"].as_array().unwrap();
    let told: Vec<(&Value, &Value)> = errors
        .iter()
        .map(|error| (&error["index"], &error["reason"]))
        .collect();
    assert_eq!(
        told,
        [
            (&json!(1), &json!("missing-field")),
            (&json!(2), &json!("malformed"))
        ]
    );
    assert!(
        errors[0]["detail"]
            .as_str()
            .unwrap()
            .contains("data.msisdn")
    );
    assert!(batches.try_recv().is_err());
}

#[tokio::test]
async fn a_wrong_request_is_told_what_would_be_right() {
    let server = server(accepting()).await;
    let big = " ".repeat(70_000) + &event("A").to_string();
    let cases = [
        (STRUCTURED, "{".to_owned(), 400, "malformed"),
        (
            STRUCTURED,
            without(event("A"), "", "id").to_string(),
            400,
            "missing-field",
        ),
        (
            STRUCTURED,
            event("A").to_string().replace("status-changed", "x"),
            400,
            "unknown-type",
        ),
        (
            STRUCTURED,
            event("A").to_string().replace("/agencies/", "/"),
            400,
            "invalid-source",
        ),
        (STRUCTURED, big, 413, "too-large"),
        (
            BATCH,
            format!("[{}]", "0,".repeat(1000) + "0"),
            413,
            "too-large",
        ),
        (
            "content-type: text/plain\r\n",
            "x".to_owned(),
            415,
            "unsupported-content-type",
        ),
        ("", event("A").to_string(), 415, "unsupported-content-type"),
    ];
    for (headers, body, status, reason) in cases {
        let answer = server.post(headers, &body).await;
        assert_problem(&answer, status);
        assert_eq!(answer.body["reason"], reason);
        assert!(!answer.body.to_string().contains("998901234567"));
    }
}

#[tokio::test]
async fn a_refused_request_is_one_line_of_the_log_and_quotes_nothing() {
    let log = LogLines::listen(tracing::Level::INFO);
    let server = server(accepting()).await;
    server.post(STRUCTURED, &event("A").to_string()).await;
    assert_eq!(log.take(), "");

    let wrong = event("geheim").to_string().replace("+99890", "geheim");
    server.post(STRUCTURED, &wrong).await;
    server.post(BATCH, &format!("[{wrong},{wrong},3]")).await;
    let told = log.take();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 2, "{told}");
    for (line, count) in lines.into_iter().zip(["count=1", "count=3"]) {
        for part in [
            " INFO ",
            count,
            "reason=invalid-field",
            "data.msisdn should be",
        ] {
            assert!(line.contains(part), "{part}: {line}");
        }
        assert!(!line.contains("geheim"), "{line}");
    }
}

#[tokio::test]
async fn a_client_that_sends_far_too_much_still_reads_why_it_is_refused() {
    let server = server(accepting()).await;
    for headers in [BATCH, STRUCTURED, "content-type: text/plain\r\n"] {
        let answer = server.post(headers, &" ".repeat(6_000_000)).await;
        let status = if headers.contains("plain") { 415 } else { 413 };
        assert_problem(&answer, status);
    }
}

#[tokio::test]
async fn a_chunked_body_that_grows_too_long_is_refused() {
    let server = server(accepting()).await;
    let mut request = format!(
        "POST /v1/events HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n{STRUCTURED}\r\n"
    );
    let chunk = format!("1000\r\n{:4096}\r\n", "");
    request += &(chunk.repeat(17) + "0\r\n\r\n");
    assert_problem(&server.raw(request.as_bytes()).await, 413);
}

#[tokio::test(start_paused = true)]
async fn while_the_journal_does_not_take_clients_are_asked_to_come_again() {
    let event = event("A").to_string();
    let (silent, kept) = mpsc::channel(1);
    let (closed, gone) = mpsc::channel(1);
    drop(gone);
    for door in [silent, closed] {
        let answer = server(door).await.post(STRUCTURED, &event).await;
        assert_problem(&answer, 503);
        assert!(answer.head.contains("retry-after: 5"), "{}", answer.head);
    }
    drop(kept);
}

#[tokio::test]
async fn nothing_is_taken_while_draining() {
    let server = server(accepting()).await;
    assert_eq!(server.get("/readyz").await.status, 200);
    server
        .readiness
        .not_ready(Part::Intake, "the gateway is draining");
    let answer = server.post(STRUCTURED, &event("A").to_string()).await;
    assert_problem(&answer, 503);
    assert_eq!(answer.body["detail"], "the gateway is draining");

    let answer = server.get("/readyz").await;
    assert_problem(&answer, 503);
    assert_eq!(
        answer.body["reasons"],
        json!([{ "part": "intake", "detail": "the gateway is draining" }])
    );
    assert_eq!(server.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn an_order_that_may_not_be_meant_so_says_it() {
    let server = server(accepting()).await;
    let pause = async |agency: &str| {
        let order = json!({ "agency": agency }).to_string();
        let answer = server.post_to("/v1/pause", access::JSON, &order).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.body["note"].clone()
    };
    assert_eq!(pause("kadastr").await, Value::Null);
    let note = pause("kadstr").await;
    assert!(
        note.as_str().unwrap().contains("no event of kadstr"),
        "{note}"
    );
    for (path, order) in [
        ("/v1/pause", r#"{"operater":"ucell"}"#),
        ("/v1/resume", r#"{"lanes":"bulk"}"#),
        ("/v1/cancel", r#"{"agency":"kadastr","dryrun":true}"#),
    ] {
        let answer = server.post_to(path, access::JSON, order).await;
        assert_problem(&answer, 400);
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains("is not a key; did you mean"), "{detail}");
    }
}

#[tokio::test]
async fn a_drain_that_is_refused_leaves_everything_open() {
    let server = server(accepting()).await;
    let order = async |path, body| server.post_to(path, access::JSON, body).await.status;
    for lane in [r#"{"lane":"bulk"}"#, r#"{"lane":"normal"}"#] {
        assert_eq!(order("/v1/pause", lane).await, 200);
    }
    assert_eq!(order("/v1/drain", "").await, 409);
    assert_eq!(server.get("/readyz").await.status, 200);
    assert_eq!(order("/v1/resume", "").await, 200);
    assert_eq!(order("/v1/drain", "").await, 200);
    assert_eq!(server.get("/readyz").await.status, 503);
}

#[tokio::test]
async fn one_address_does_not_take_the_room_of_all() {
    let server = server(accepting()).await;
    let mut silent = Vec::new();
    for _ in 0..256 {
        silent.push(TcpStream::connect(server.address).await.unwrap());
    }
    // One more of the same address is let go, and another address is served.
    let mut refused = TcpStream::connect(server.address).await.unwrap();
    let let_go = tokio::time::timeout(Duration::from_secs(10), refused.read(&mut [0])).await;
    assert!(matches!(let_go.unwrap(), Ok(0) | Err(_)));
    let lines = access::audited(&server, 1).await;
    assert_eq!(lines[0]["refused"], "connections");
    let other = tokio::net::TcpSocket::new_v4().unwrap();
    other.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut other = other.connect(server.address).await.unwrap();
    let request = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    other.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    other.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn messages_are_found_and_told_without_their_number() {
    let server = server(accepting()).await;
    let one = server.get("/v1/messages/42").await;
    assert_eq!((one.status, &one.body["state"]), (200, &json!("delivered")));
    assert_eq!(one.body["msisdn"], "998*****4567");
    for query in [
        "msisdn=%2B998901234567",
        "msisdn=+998901234567",
        "application=48120973&msisdn=",
        "state=delivered&limit=1",
    ] {
        let many = server.get(&format!("/v1/messages?{query}")).await;
        assert_eq!(
            (many.status, &many.body),
            (200, &json!([one.body])),
            "{query}"
        );
    }
    assert_eq!(
        server.get("/v1/messages?application=1").await.body,
        json!([])
    );
}

#[tokio::test]
async fn wrong_questions_are_problems_that_quote_nothing() {
    let server = server(accepting()).await;
    for (path, status) in [
        ("/v1/messages/43", 404),
        ("/v1/messages/998901234567x", 404),
        ("/v1/messages", 400),
        ("/v1/messages?state=arrived", 400),
        ("/v1/messages?msisdn=901234567890123456", 400),
        ("/v1/messages?number=998901234567", 400),
        ("/v1/messages?state=delivered&limit=0", 400),
        ("/v1/messages?state=%ff", 400),
        ("/v2/998901234567", 404),
    ] {
        let answer = server.get(path).await;
        assert_problem(&answer, status);
        assert!(!answer.body.to_string().contains("90123456"), "{path}");
    }
    for path in ["/v1/messages/%ff", "/v1/operators/%ff"] {
        assert_problem(&server.get(path).await, 400);
    }
    assert_problem(&server.post_to("/v1/ussd/%ff", "", FORM).await, 400);
    let answer = server.get("/v1/events").await;
    assert_problem(&answer, 405);
    assert!(answer.head.contains("allow: post"), "{}", answer.head);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stalls_is_let_go() {
    let server = server(accepting()).await;
    for beginning in [
        "",
        "POST /v1/events HT",
        "POST /v1/events HTTP/1.1\r\nhost: x\r\n",
    ] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let closed = stream.read_to_end(&mut rest);
        tokio::time::timeout(Duration::from_secs(60), closed)
            .await
            .unwrap()
            .unwrap();
    }
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 100\r\n{STRUCTURED}\r\nhalf"
    );
    assert_problem(&server.raw(head.as_bytes()).await, 408);
}

#[tokio::test]
async fn a_stop_ends_what_is_under_way_first() {
    let (door, mut batches) = mpsc::channel::<Batch>(1);
    let mut server = server(door).await;
    let idle = TcpStream::connect(server.address).await.unwrap();
    let event = event("A").to_string();
    let pipeline = async {
        let Batch { reply, .. } = batches.recv().await.unwrap();
        server.stop.cancel();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!server.serving.is_finished());
        let verdict = Verdict::Accepted {
            id: MessageId(7),
            duplicate: false,
        };
        reply.send(vec![verdict]).unwrap();
    };
    let (answer, ()) = tokio::join!(server.post(STRUCTURED, &event), pipeline);
    assert_eq!(answer.body["id"], "7");
    let ended = tokio::time::timeout(Duration::from_secs(5), &mut server.serving).await;
    ended.unwrap().unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
    drop(idle);
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_a_client_that_stalls() {
    let mut server = server(accepting()).await;
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n{STRUCTURED}\r\nhalf"
    );
    let mut half = TcpStream::connect(server.address).await.unwrap();
    half.write_all(head.as_bytes()).await.unwrap();
    server.get("/healthz").await;
    server.stop.cancel();
    let ended = tokio::time::timeout(Duration::from_secs(3), &mut server.serving).await;
    ended.unwrap().unwrap();
    assert_eq!(half.read(&mut [0]).await.unwrap_or(0), 0, "it is cut off");
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
        self.serving.abort();
    }
}

const FORM: &str = "sessionId=1&serviceCode=*555%23&phoneNumber=%2B998931234567&text=1*2";

#[tokio::test]
async fn a_form_of_a_phone_is_answered_in_plain_text() {
    let server = server(accepting()).await;
    let answer = server.post_to("/v1/ussd/ucell", "", FORM).await;
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (200, "CON 1 998931234567 1*2")
    );
    assert!(
        answer.head.contains("content-type: text/plain"),
        "{}",
        answer.head
    );
    let over = FORM.replace("text=1*2", "status=Success");
    let answer = server.post_to("/v1/ussd/ucell", "", &over).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    let refused = FORM.replace("1*2", ussd::tests::REFUSED);
    for form in [format!("{refused}&status=Success"), refused] {
        let answer = server.post_to("/v1/ussd/ucell", "", &form).await;
        assert_eq!(answer.status, 503, "a status makes no end of a step");
    }
}

#[tokio::test]
async fn a_form_has_to_show_the_secret_of_its_operator() {
    let server = server(accepting()).await;
    for (path, headers, status) in [
        ("/v1/ussd/beeline", "", 401),
        ("/v1/ussd/beeline?secret=gehein", "", 401),
        (
            "/v1/ussd/beeline?secret=",
            "authorization: Bearer geheimer\r\n",
            401,
        ),
        ("/v1/ussd/beeline?secret=geheim", "", 200),
        ("/v1/ussd/beeline", "authorization: Bearer geheim\r\n", 200),
        ("/v1/ussd/beeline", "authorization: bearer geheim\r\n", 200),
        ("/v1/ussd/others", "", 404),
    ] {
        let answer = server.post_to(path, headers, FORM).await;
        assert_eq!(answer.status, status, "{path} {headers}");
        assert!(!answer.text.contains("geheim"));
    }
}

#[tokio::test]
async fn a_form_that_cannot_be_read_is_told_what_is_wrong() {
    let server = server(accepting()).await;
    for (form, why) in [
        (FORM.replace("sessionId", "id"), "`sessionId` is missing"),
        (
            FORM.replace("%2B998931234567", "1024"),
            "`phoneNumber` should be",
        ),
        (
            FORM.replace("%2B998931234567", "931234567"),
            "`phoneNumber` should be whole",
        ),
    ] {
        let answer = server.post_to("/v1/ussd/ucell", "", &form).await;
        assert_problem(&answer, 400);
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains(why), "{detail}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_form_or_too_large_is_told_so() {
    let server = server(accepting()).await;
    let large = "text=".repeat(5_000);
    for (header, body, status, why) in [
        ("", &*large, 413, "at most 8192 octets"),
        (
            "content-type: Application/JSON\r\n",
            "{}",
            415,
            "not application/json",
        ),
        (
            "content-type: multipart/form-data; boundary=x\r\n",
            "--x",
            415,
            "not multipart/form-data",
        ),
    ] {
        let answer = server.post_to("/v1/ussd/ucell", header, body).await;
        assert_problem(&answer, status);
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains(why), "{detail}");
    }
    let header = "content-type: application/x-www-form-urlencoded; charset=utf-8\r\n";
    let answer = server.post_to("/v1/ussd/ucell", header, FORM).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_form_has_come_and_is_answered_within_one_time() {
    let server = server(accepting()).await;
    let form = FORM.replace("1*2", ussd::tests::UNANSWERED);
    let (first, rest) = form.split_at(20);
    let length = form.len();
    let head = format!(
        "POST /v1/ussd/ucell HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(first.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    stream.write_all(rest.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let answered = stream.read_to_string(&mut answer);
    let answered = tokio::time::timeout(Duration::from_secs(4), answered).await;
    answered.expect("8 s after it began").unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
}

#[tokio::test]
async fn what_would_be_is_asked_about_one_question_at_a_time_and_in_known_words() {
    let server = server(accepting()).await;
    let ask = |body: &'static str| server.post_to("/v1/what-if", access::JSON, body);
    let wrong = ask(r#"{"hours": 0}"#).await;
    assert_problem(&wrong, 400);
    assert_eq!(wrong.body["errors"], json!(["`hours` is 0; give more"]));
    assert_problem(&ask("[").await, 400);
    assert_problem(&server.post_to("/v1/what-if", "", "{}").await, 415);
    // One of them is thought about for ever.
    let second = tokio::select! {
        answer = ask("{}") => answer,
        answer = ask("{}") => answer,
    };
    assert_problem(&second, 409);
}
