//! A service that answers, one that is slow, one that is gone, and one that talks nonsense.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{sleep, timeout};
use xabar_events::{Event, Msisdn, Notification};

use super::{BEELINE, UCELL, phone};
use crate::intake::{Batch, Carriers};
use crate::log_lines::LogLines;
use crate::lookup::{Client, Counts, Lookup, Naming, Url, run};
use crate::numbers::Numbers;

/// How the service answers.
#[derive(Clone, Debug, Default)]
struct Manner {
    answers: HashMap<String, &'static str>,
    delay: Duration,
    status: StatusCode,
    /// What has to come along.
    authorization: Option<HeaderValue>,
}

/// A service on a socket of its own.
struct Service {
    address: String,
    asked: Arc<AtomicUsize>,
}

#[derive(Clone)]
struct Desk(Manner, Arc<AtomicUsize>);

impl Service {
    async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::<AtomicUsize>::default();
        let router = Router::new()
            .route("/mnp/{number}", get(answer))
            .with_state(Desk(manner, Arc::clone(&asked)));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, asked }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

async fn answer(
    State(Desk(manner, asked)): State<Desk>,
    headers: HeaderMap,
    Path(number): Path<String>,
) -> Response {
    asked.fetch_add(1, Ordering::Relaxed);
    sleep(manner.delay).await;
    if headers.get(header::AUTHORIZATION) != manner.authorization.as_ref() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let said = manner.answers.get(&number).copied();
    match said {
        Some(body) => (manner.status, body).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The stage, as intake and the pipeline see it.
struct Stage {
    door: Option<mpsc::Sender<Batch>>,
    passed: mpsc::Receiver<Batch>,
    counted: watch::Receiver<Counts>,
}

impl Stage {
    fn start(address: &str, within: Duration, authorization: Option<HeaderValue>) -> Self {
        Self::with_file(address, within, authorization, Numbers::default())
    }

    fn with_file(
        address: &str,
        within: Duration,
        authorization: Option<HeaderValue>,
        file: Numbers,
    ) -> Self {
        let url = Url::parse(&format!("http://{address}/mnp/{{msisdn}}")).unwrap();
        let names = [("ucell", UCELL), ("43404", BEELINE)];
        let lookup = Lookup {
            client: Client::new(url, None, authorization),
            naming: Naming::new("operator", names.map(|(name, id)| (name.to_owned(), id))),
            timeout: within,
            cache: 1000,
            keep: Duration::from_secs(3600),
        };
        let (door, batches) = mpsc::channel(16);
        let (passed_in, passed) = mpsc::channel(16);
        let (_, file) = watch::channel(Arc::new(file));
        let (counts, counted) = watch::channel(Counts::default());
        tokio::spawn(run(lookup, batches, passed_in, file, counts));
        Self {
            door: Some(door),
            passed,
            counted,
        }
    }

    async fn give(&self, numbers: &[u64]) {
        let events = numbers.iter().map(|number| about(phone(*number)));
        let (reply, _) = oneshot::channel();
        let batch = Batch::new(events.collect(), reply);
        self.door.as_ref().unwrap().send(batch).await.unwrap();
    }

    async fn passed(&mut self) -> (usize, Carriers) {
        let passed = timeout(Duration::from_secs(20), self.passed.recv()).await;
        let batch = passed.expect("a batch").expect("the stage runs");
        (batch.events.len(), batch.carriers)
    }

    /// The carriers of these numbers, as they are passed on.
    async fn look_up(&mut self, numbers: &[u64]) -> Carriers {
        self.give(numbers).await;
        self.passed().await.1
    }
}

fn about(msisdn: Msisdn) -> Event {
    let json = serde_json::json!({
        "specversion": "1.0",
        "id": "1",
        "source": "/agencies/kadastr",
        "type": "uz.egov.application.status-changed.v1",
        "time": "2026-11-23T09:15:00+05:00",
        "subject": "48120973",
        "data": {"service": "land-registration", "status": "approved", "msisdn": msisdn.digits()},
    });
    let event = Event::from_structured(json.to_string().as_bytes()).unwrap();
    assert!(
        matches!(&event, Event::StatusChanged(Notification { msisdn: it, .. }) if *it == msisdn)
    );
    event
}

fn saying(answers: &[(u64, &'static str)]) -> Manner {
    let answers = answers.iter();
    Manner {
        answers: answers
            .map(|(number, body)| (phone(*number).digits(), *body))
            .collect(),
        ..Manner::default()
    }
}

const LONG: Duration = Duration::from_secs(10);

#[tokio::test]
async fn numbers_are_looked_up_once_and_batches_keep_their_order() {
    let manner = saying(&[
        (1, r#"{"operator":"ucell"}"#),
        (2, "43404"),
        (3, "perfectum"),
    ]);
    let service = Service::start(manner).await;
    let mut stage = Stage::start(&service.address, LONG, None);
    let carriers = stage.look_up(&[1, 2, 3, 4, 1]).await;
    assert_eq!(
        carriers,
        Carriers::from_iter([(phone(1), UCELL), (phone(2), BEELINE)])
    );
    assert_eq!(service.asked(), 4);
    for numbers in [&[1, 2][..], &[4], &[1, 4, 2]] {
        stage.give(numbers).await;
    }
    let mut passed = Vec::new();
    for _ in 0..3 {
        let (events, carriers) = stage.passed().await;
        passed.push((events, carriers.len()));
    }
    assert_eq!(passed, [(2, 2), (1, 0), (3, 2)]);
    assert_eq!(service.asked(), 4);
}

#[tokio::test]
async fn what_goes_by_prefix_for_want_of_an_answer_is_counted_and_told() {
    let log = LogLines::listen(tracing::Level::WARN);
    let manner = Manner {
        delay: Duration::from_secs(600),
        ..saying(&[])
    };
    let service = Service::start(manner).await;
    let mut stage = Stage::start(&service.address, Duration::from_millis(100), None);
    let numbers: Vec<u64> = (0..70).collect();
    assert_eq!(stage.look_up(&numbers).await.len(), 0);
    let missed = |counts: &Counts| (counts.late, counts.unasked) == (64, 6);
    let counted = timeout(LONG, stage.counted.wait_for(missed)).await;
    drop(counted.expect("soon").expect("the stage runs"));
    // With the last batch it ends, and tells what it did not yet.
    stage.door = None;
    assert!(stage.passed.recv().await.is_none());
    let log = log.take();
    let told = "numbers went by prefix, without an answer of the lookup";
    assert!(log.contains(told) && log.contains("unasked=6"), "{log}");
}

#[tokio::test]
async fn the_service_is_told_who_asks() {
    let authorization = Some(HeaderValue::from_static("Bearer secret"));
    let manner = Manner {
        authorization: authorization.clone(),
        ..saying(&[(1, "ucell")])
    };
    let service = Service::start(manner).await;
    let mut stage = Stage::start(&service.address, LONG, authorization);
    assert_eq!(stage.look_up(&[1]).await.len(), 1);
    let mut stranger = Stage::start(&service.address, LONG, None);
    assert_eq!(stranger.look_up(&[1]).await.len(), 0);
}

#[tokio::test]
async fn numbers_in_the_file_are_not_asked_for() {
    let service = Service::start(saying(&[(1, "ucell"), (2, "ucell")])).await;
    let file = Numbers::from_sorted(["beeline"], 1, [(phone(1), 0)].into_iter());
    let mut stage = Stage::with_file(&service.address, LONG, None, file);
    let carriers = stage.look_up(&[1, 2]).await;
    assert_eq!(carriers, Carriers::from_iter([(phone(2), UCELL)]));
    assert_eq!(service.asked(), 1);
}

#[tokio::test]
async fn a_slow_service_is_not_waited_for_and_at_last_left_alone() {
    let manner = Manner {
        delay: Duration::from_secs(600),
        ..saying(&[])
    };
    let service = Service::start(manner).await;
    let mut stage = Stage::start(&service.address, Duration::from_millis(50), None);
    for batch in 0..6 {
        let numbers: Vec<u64> = (0..10).map(|number| 10 * batch + number).collect();
        assert_eq!(stage.look_up(&numbers).await.len(), 0);
    }
    // Twenty failures are enough, and a batch may go on before its own count.
    assert!(service.asked() <= 40, "{}", service.asked());
}

#[tokio::test]
async fn a_service_that_is_gone_or_talks_nonsense_holds_nothing_up() {
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let nonsense = Service::start(saying(&[(1, "<html>ucell</html>"), (2, "ucell")])).await;
    let broken = Service::start(Manner {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        ..saying(&[(1, "ucell")])
    })
    .await;
    for (address, found) in [(&gone, 0), (&nonsense.address, 1), (&broken.address, 0)] {
        let mut stage = Stage::start(address, LONG, None);
        assert_eq!(stage.look_up(&[1, 2]).await.len(), found, "{address}");
    }
}

#[tokio::test]
async fn what_was_taken_in_is_passed_on_when_intake_ends() {
    let manner = Manner {
        delay: Duration::from_millis(100),
        ..saying(&[(1, "ucell")])
    };
    let service = Service::start(manner).await;
    let mut stage = Stage::start(&service.address, LONG, None);
    stage.give(&[1]).await;
    stage.door = None;
    assert_eq!(stage.passed().await.1.len(), 1);
    let over = timeout(LONG, stage.passed.recv()).await;
    assert!(over.expect("the stage ends").is_none());
}

#[test]
fn a_url_has_a_place_for_the_number_behind_its_host() {
    for good in [
        "http://127.0.0.1:8080/{msisdn}",
        "https://mnp.example.uz/v1/lookup?number={msisdn}&key=1",
        "http://[::1]:80/+{msisdn}/operator",
    ] {
        assert!(Url::parse(good).is_some(), "{good}");
    }
    for bad in [
        "http://mnp.example.uz/",
        "http://{msisdn}.example.uz/",
        "http://example.uz:{msisdn}/",
        "http://user:secret@example.uz/{msisdn}",
        "ftp://example.uz/{msisdn}",
        "mnp.example.uz/{msisdn}",
        "http://example.uz/{msisdn}/{msisdn}",
        "http://example.uz/a b/{msisdn}",
    ] {
        assert!(Url::parse(bad).is_none(), "{bad}");
    }
}
