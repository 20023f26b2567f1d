//! Events from a real RabbitMQ: nothing is acknowledged before it is safe, nothing is lost.

use std::{collections::BTreeSet, path::Path, time::Duration};

use crate::support::{
    amqp::{Peer, quorum, text},
    broker::{self, Broker},
    certificates::{Ca, Pair},
    soon,
};
use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use xabar::{
    broker::{BrokerState, Brokers},
    intake::{
        Batch, Refusals, Verdict,
        amqp::{self, Foreign, Publishers, Queued, Source},
    },
    journal::MessageId,
    tls::{Certificates, ClientFiles, Identity, Key, Roots, Server},
};
use xabar_events::{Agency, sample::Sample};

/// The names that one test uses at the broker.
struct Names {
    exchange: String,
    queue: String,
    rejected: String,
}

impl Names {
    fn new(broker: &Broker) -> Self {
        let [exchange, queue, rejected] =
            ["events", "queue", "rejected"].map(|what| broker.name(what));
        Self {
            exchange,
            queue,
            rejected,
        }
    }
}

/// A running intake, with the test behind its door.
struct Intake {
    door: mpsc::Receiver<Batch>,
    state: watch::Receiver<BrokerState>,
    queued: watch::Receiver<Option<Queued>>,
    foreign: mpsc::Receiver<Foreign>,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Intake {
    fn begin(urls: &[&str], names: &Names) -> Self {
        let brokers = Brokers::parse(urls.iter().copied()).unwrap();
        Self::begin_at(brokers, names, Publishers::default())
    }

    fn begin_at(brokers: Brokers, names: &Names, publishers: Publishers) -> Self {
        let (sender, door) = mpsc::channel(4);
        let (shown, state) = watch::channel(BrokerState::default());
        let stop = CancellationToken::new();
        let binding = ["application.status.#".to_owned()];
        let Names {
            exchange,
            queue,
            rejected,
        } = names;
        let source = Source::new(brokers, exchange, queue, &binding, 2000, rejected).unwrap();
        let queued = source.queued();
        let (telling, foreign) = mpsc::channel(4);
        let source = source.telling(telling);
        let running = tokio::spawn(amqp::run(
            source.published_by(watch::channel(publishers).1),
            sender,
            Refusals::default(),
            shown,
            stop.clone(),
        ));
        Self {
            door,
            state,
            queued,
            foreign,
            stop,
            running,
        }
    }

    async fn start(broker: &Broker, names: &Names) -> Self {
        let mut intake = Self::begin(&[&broker.url()], names);
        intake.until_ready().await;
        intake
    }

    async fn until_ready(&mut self) {
        soon(
            "readiness",
            self.state.wait_for(|state| *state == BrokerState::Ready),
        )
        .await
        .unwrap();
    }

    async fn batch(&mut self) -> Batch {
        soon("a batch", self.door.recv())
            .await
            .expect("the intake runs")
    }

    /// Takes every batch in until so many different events have come.
    async fn take(&mut self, count: usize) -> BTreeSet<String> {
        let mut ids = BTreeSet::new();
        while ids.len() < count {
            let batch = self.batch().await;
            ids.extend(
                batch
                    .events
                    .iter()
                    .map(|event| event.key().id.as_str().to_owned()),
            );
            accept(batch);
        }
        ids
    }

    async fn stop(self) {
        self.stop.cancel();
        soon("the end", self.running).await.unwrap();
    }
}

/// A running intake at names of its own, and the other end.
async fn started() -> (Names, Peer, Intake) {
    let broker = broker::shared();
    let names = Names::new(broker);
    let peer = Peer::connect(broker).await;
    let intake = Intake::start(broker, &names).await;
    (names, peer, intake)
}

fn accept(batch: Batch) {
    let verdict = Verdict::Accepted {
        id: MessageId(1),
        duplicate: false,
    };
    let verdicts = vec![verdict; batch.events.len()];
    batch.reply.send(verdicts).ok();
}

fn events(count: usize) -> Vec<Vec<u8>> {
    let write = |notification: xabar_events::Notification| {
        let mut body = Vec::new();
        notification.write_structured(&mut body);
        body
    };
    Sample::new(7).take(count).map(write).collect()
}

fn structured() -> BasicProperties {
    BasicProperties::default()
        .with_content_type("application/cloudevents+json".into())
        .with_delivery_mode(2)
}

const KEY: &str = "application.status.kadastr";

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_events_come_through_the_door_and_are_acknowledged() {
    let broker = broker::shared();
    let names = Names::new(broker);
    let mut intake = Intake::start(broker, &names).await;
    let peer = Peer::connect(broker).await;
    let bodies = events(10_000);
    let publishing = async {
        for burst in bodies.chunks(1000) {
            peer.publish(&names.exchange, KEY, &structured(), burst)
                .await;
        }
    };
    let (_, ids) = tokio::join!(publishing, intake.take(10_000));
    assert_eq!(ids.len(), 10_000);
    intake.stop().await;
    peer.until_ready(&names.queue, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_at_the_broker_is_declared_as_promised() {
    let broker = broker::shared();
    let names = Names::new(broker);
    let intake = Intake::start(broker, &names).await;
    // Declaring the same again is refused unless it is the same in every argument.
    let peer = Peer::connect(broker).await;
    let arguments = [
        quorum(),
        ("x-delivery-limit", AMQPValue::LongInt(100_000)),
        ("x-dead-letter-exchange", text(&names.rejected)),
        ("x-dead-letter-strategy", text("at-least-once")),
        ("x-overflow", text("reject-publish")),
    ];
    peer.declare_exchange(&names.exchange).await;
    peer.declare_exchange(&names.rejected).await;
    peer.declare_queue(
        &names.queue,
        &names.exchange,
        "application.status.#",
        &arguments,
    )
    .await;
    peer.declare_queue(&names.rejected, &names.rejected, "#", &[quorum()])
        .await;
    intake.stop().await;

    let bindings = broker.ctl(&[
        "list_bindings",
        "source_name",
        "destination_name",
        "routing_key",
    ]);
    let bound = |source: &str, queue: &str, key: &str| {
        let line = [source, queue, key].join("\t");
        assert!(
            bindings.lines().any(|bound| bound == line),
            "{line} in {bindings}"
        );
    };
    bound(&names.exchange, &names.queue, "application.status.#");
    bound(&names.rejected, &names.rejected, "#");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_made_otherwise_is_used_as_it_stands() {
    let broker = broker::shared();
    let names = Names::new(broker);
    let peer = Peer::connect(broker).await;
    peer.declare_exchange(&names.exchange).await;
    peer.declare_queue(&names.queue, &names.exchange, "theirs.#", &[])
        .await;
    let mut intake = Intake::start(broker, &names).await;
    let [first, second] = [events(2)[0].clone(), events(2)[1].clone()];
    peer.publish(&names.exchange, "theirs.kadastr", &structured(), &[first])
        .await;
    assert_eq!(intake.take(1).await.len(), 1);
    // Its bindings are theirs too.
    peer.publish(&names.exchange, KEY, &structured(), &[second])
        .await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(intake.door.try_recv().is_err());
    intake.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_events_are_dead_lettered_as_they_came_with_the_reason() {
    let broker = broker::shared();
    let names = Names::new(broker);
    let mut intake = Intake::start(broker, &names).await;
    let peer = Peer::connect(broker).await;
    let mut headers = FieldTable::default();
    headers.insert("traceparent".into(), text("00-1"));
    let came = structured()
        .with_headers(headers)
        .with_message_id("m-1".into())
        .with_priority(3)
        .with_user_id("guest".into());
    let bodies = [b"{not json".to_vec(), events(1)[0].clone()];
    peer.publish(&names.exchange, KEY, &came, &bodies).await;
    assert_eq!(intake.take(1).await.len(), 1);

    let letter = peer.take(&names.rejected).await.delivery;
    assert_eq!(letter.data, b"{not json");
    assert_eq!(letter.routing_key.as_str(), KEY);
    assert_eq!(letter.exchange.as_str(), names.rejected);
    assert_eq!(letter.properties.message_id(), &Some("m-1".into()));
    assert_eq!(letter.properties.priority(), &Some(3));
    assert_eq!(letter.properties.content_type(), came.content_type());
    let headers = letter.properties.headers().clone().unwrap();
    assert_eq!(headers.inner().get("traceparent"), Some(&text("00-1")));
    assert_eq!(
        headers.inner().get("x-xabar-reason"),
        Some(&text("malformed"))
    );
    assert_eq!(headers.inner().get("x-xabar-user-id"), Some(&text("guest")));
    assert!(headers.inner().contains_key("x-xabar-detail"));
    intake.stop().await;
    peer.until_ready(&names.queue, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_dead_letter_queue_takes_is_not_acknowledged() {
    let broker = broker::shared();
    let names = Names::new(broker);
    let peer = Peer::connect(broker).await;
    peer.declare_exchange(&names.rejected).await;
    // Somebody made that queue otherwise, and bound it to nothing that comes here.
    peer.declare_queue(&names.rejected, &names.rejected, "nothing", &[])
        .await;
    let mut intake = Intake::start(broker, &names).await;
    let bodies = [b"{".to_vec(), events(1)[0].clone()];
    peer.publish(&names.exchange, KEY, &structured(), &bodies)
        .await;
    accept(intake.batch().await);
    tokio::time::sleep(Duration::from_secs(1)).await;
    intake.running.abort();
    peer.until_ready(&names.queue, 2).await;

    // Once it is bound, what waited is published and acknowledged.
    peer.declare_queue(&names.rejected, &names.rejected, "#", &[])
        .await;
    let mut intake = Intake::start(broker, &names).await;
    accept(intake.batch().await);
    assert_eq!(peer.take(&names.rejected).await.delivery.data, b"{");
    intake.stop().await;
    peer.until_ready(&names.queue, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_acknowledged_before_the_reply() {
    let (names, peer, mut intake) = started().await;
    let broker = broker::shared();
    peer.publish(&names.exchange, KEY, &structured(), &events(3))
        .await;
    let mut unanswered = Vec::new();
    while unanswered
        .iter()
        .map(|batch: &Batch| batch.events.len())
        .sum::<usize>()
        < 3
    {
        unanswered.push(intake.batch().await);
    }
    intake.running.abort();
    drop(unanswered);
    peer.until_ready(&names.queue, 3).await;
    let mut again = Intake::start(broker, &names).await;
    assert_eq!(again.take(3).await.len(), 3);
    again.stop().await;
    peer.until_ready(&names.queue, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_given_up_comes_again() {
    let (names, peer, mut intake) = started().await;
    peer.publish(&names.exchange, KEY, &structured(), &events(1))
        .await;
    drop(intake.batch().await);
    assert_eq!(intake.take(1).await.len(), 1);
    intake.stop().await;
    peer.until_ready(&names.queue, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_waits_for_the_batches_under_way() {
    let (names, peer, mut intake) = started().await;
    peer.publish(&names.exchange, KEY, &structured(), &events(1))
        .await;
    let batch = intake.batch().await;
    intake.stop.cancel();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!intake.running.is_finished());
    accept(batch);
    soon("the end", intake.running).await.unwrap();
    peer.until_ready(&names.queue, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_queue_is_made_again() {
    let (names, peer, mut intake) = started().await;
    peer.channel
        .queue_delete(names.queue.as_str().into(), Default::default())
        .await
        .unwrap();
    let waiting = |state: &BrokerState| *state != BrokerState::Ready;
    soon("notice", intake.state.wait_for(waiting))
        .await
        .unwrap();
    intake.until_ready().await;
    peer.publish(&names.exchange, KEY, &structured(), &events(1))
        .await;
    assert_eq!(intake.take(1).await.len(), 1);
    intake.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn why_a_broker_is_out_of_reach_is_told_and_the_next_is_tried() {
    let broker = broker::shared();
    let names = Names::new(broker);
    let port = broker.port();
    let wrong = format!("amqp://guest:geheim@127.0.0.1:{port}/%2f");
    let nowhere = format!("amqp://guest:geheim@127.0.0.1:{port}/nowhere");
    let closed = format!("amqp://guest:guest@127.0.0.1:{}/%2f", broker::free_port());
    for (url, why) in [
        (&wrong, "check the user name and the password in the url"),
        (
            &nowhere.replace("geheim", "guest"),
            "virtual host \"nowhere\" does not exist",
        ),
        (&closed, "refused"),
    ] {
        let mut intake = Intake::begin(&[url, &broker.url()], &names);
        let told = |state: &BrokerState| state.to_string().contains(why);
        let state = soon(why, intake.state.wait_for(told))
            .await
            .unwrap()
            .clone();
        assert!(!state.to_string().contains("geheim"));
        intake.until_ready().await;
        intake.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_restart_loses_nothing() {
    let broker = Broker::start();
    let names = Names::new(&broker);
    let mut intake = Intake::start(&broker, &names).await;
    let mut bodies = events(2001);
    let last = bodies.split_off(2000);
    let peer = Peer::connect(&broker).await;
    peer.publish(&names.exchange, KEY, &structured(), &bodies)
        .await;
    // Some are taken in, some are under way, and some are in the queue when it dies.
    let mut ids = intake.take(1).await;
    let restarting = tokio::task::spawn_blocking(move || {
        broker.restart();
        broker
    });
    let broker = soon("the broker", restarting).await.unwrap();
    let peer = Peer::connect(&broker).await;
    peer.publish(&names.exchange, KEY, &structured(), &last)
        .await;
    while ids.len() < 2001 {
        ids.extend(intake.take(1).await);
    }
    intake.stop().await;
    peer.until_ready(&names.queue, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_publishes_for_another_agency_or_without_a_name_is_refused() {
    let broker = broker::shared();
    let names = Names::new(broker);
    let own = events(2);
    let event: serde_json::Value = serde_json::from_slice(&own[0]).unwrap();
    let source = event["source"].as_str().unwrap();
    // RabbitMQ lets nobody write another user's name than their own, which is this one.
    let publishers = Publishers::new([("guest", Agency::from_source(source).unwrap())]);
    let brokers = Brokers::parse([broker.url().as_str()]).unwrap();
    let mut intake = Intake::begin_at(brokers, &names, publishers);
    intake.until_ready().await;
    let peer = Peer::connect(broker).await;
    let foreign = String::from_utf8(own[0].clone()).unwrap();
    let foreign = foreign.replace(source, "/agencies/another").into_bytes();
    let named = structured().with_user_id("guest".into());
    let published = [own[0].clone(), foreign.clone()];
    peer.publish(&names.exchange, KEY, &named, &published).await;
    let unnamed = [own[1].clone()];
    peer.publish(&names.exchange, KEY, &structured(), &unnamed)
        .await;
    assert_eq!(intake.take(1).await.len(), 1);
    for refused in [foreign, own[1].clone()] {
        let letter = peer.take(&names.rejected).await.delivery;
        assert_eq!(letter.data, refused);
        let headers = letter.properties.headers().clone().unwrap();
        let reason = headers.inner().get("x-xabar-reason");
        assert_eq!(reason, Some(&text("source-not-allowed")));
    }
    for user in [Some("guest".into()), None] {
        let told = soon("who published", intake.foreign.recv()).await;
        assert_eq!(told, Some(Foreign { user }));
    }
    assert!(intake.door.try_recv().is_err());
    intake.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_many_events_wait_in_the_queue_is_known() {
    let (names, peer, mut intake) = started().await;
    // So many are handed out at once, and then no more before the door lets some in.
    let body = events(2100);
    peer.publish(&names.exchange, KEY, &structured(), &body)
        .await;
    let left = |count| move |queued: &Option<Queued>| queued.is_some_and(|it| it.events == count);
    let mut queued = intake.queued.clone();
    soon("100", queued.wait_for(left(100))).await.unwrap();
    intake.take(2100).await;
    soon("none", queued.wait_for(left(0))).await.unwrap();
    intake.stop().await;
}

/// A broker that takes TLS only, and certificates of `ca`: what it hands on goes to the real one.
async fn under_tls(broker: &Broker, home: &Path, ca: &Ca) -> String {
    let url = broker.url();
    let (before, rest) = url.split_once('@').unwrap();
    let (address, vhost) = rest.split_once('/').unwrap();
    put(home, "broker", &ca.issue(&["localhost"]));
    let identity = Identity::new(
        Certificates::read(&home.join("broker.pem")).unwrap(),
        Key::read(&home.join("broker.key")).unwrap(),
    );
    let roots = Roots::read(&home.join("ca.pem")).unwrap();
    let server = Server::new(identity.unwrap(), Some(roots)).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let address = address.to_owned();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (server, address) = (server.clone(), address.clone());
            tokio::spawn(async move {
                let mut stream = server.accept(stream).await?;
                let mut broker = TcpStream::connect(address).await?;
                tokio::io::copy_bidirectional(&mut stream, &mut broker).await
            });
        }
    });
    let before = before.replace("amqp://", "amqps://");
    format!("{before}@localhost:{port}/{vhost}")
}

fn put(home: &Path, name: &str, Pair { certificate, key }: &Pair) {
    std::fs::write(home.join(format!("{name}.pem")), certificate).unwrap();
    std::fs::write(home.join(format!("{name}.key")), key).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_under_tls_once_our_certificate_is_renewed() {
    let (broker, ca) = (broker::shared(), Ca::new("A CA"));
    let names = Names::new(broker);
    let home = std::env::temp_dir().join(format!("xabar-amqps-{}", std::process::id()));
    std::fs::create_dir_all(&home).unwrap();
    std::fs::write(home.join("ca.pem"), ca.certificate()).unwrap();
    put(&home, "ours", &ca.issue_expired("xabar"));
    let url = under_tls(broker, &home, &ca).await;
    let files = ClientFiles {
        ca: Some(home.join("ca.pem")),
        identity: Some((home.join("ours.pem"), home.join("ours.key"))),
        server_name: None,
    };
    let brokers = Brokers::parse([url.as_str()]).unwrap().under_tls(files);
    let mut intake = Intake::begin_at(brokers, &names, Publishers::default());
    let refused = intake.state.wait_for(|state| match state {
        BrokerState::Waiting(why) => why.contains("localhost:"),
        BrokerState::Ready => panic!("it let us in"),
    });
    soon("a refusal", refused).await.unwrap();
    put(&home, "ours", &ca.issue(&["xabar"]));
    intake.until_ready().await;
    let peer = Peer::connect(broker).await;
    let published = events(50);
    peer.publish(&names.exchange, KEY, &structured(), &published)
        .await;
    assert_eq!(intake.take(50).await.len(), 50);
    intake.stop().await;
    std::fs::remove_dir_all(&home).unwrap();
}
