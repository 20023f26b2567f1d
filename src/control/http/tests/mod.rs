//! Over real sockets, with a pipeline that answers at the door.

mod access;
mod clients;
mod events;
mod forms;
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
const FORM: &str = "sessionId=1&serviceCode=*555%23&phoneNumber=%2B998931234567&text=1*2";

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

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
        self.serving.abort();
    }
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
