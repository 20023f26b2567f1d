//! Outcomes to a real RabbitMQ: in order, confirmed, none left out.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use crate::support::{
    amqp::{Peer, quorum, text},
    broker::{self, Broker},
    soon,
};
use lapin::types::AMQPValue;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use xabar::{
    broker::Brokers,
    clock::{UnixMillis, WallTimes},
    journal::{
        Awaiting, Backlog, Books, Choices, HeldReceipt, Identity, JournalError, Message, MessageId,
        OperatorId, Outgoing, Question, Reader, SubscriberFacts, Told,
    },
    outcome::{self, Exchange, Feed, Shown, Sink, Wording},
};
use xabar_events::{Agency, EventKey, Msisdn, State, read_outcomes};

const AGENCIES: [&str; 3] = ["kadastr", "adliya", "soliq"];

fn outgoing(number: u64) -> Outgoing {
    let agency = AGENCIES[usize::try_from(number % 3).unwrap()];
    let at = UnixMillis(1_795_000_000_000);
    let identity = Identity {
        id: MessageId(number),
        key: EventKey {
            agency: Agency::from_name(agency).unwrap(),
            id: "e1".parse().unwrap(),
        },
        application: "48120973".into(),
        trace: None,
    };
    let told = Told {
        state: State::Submitted,
        reason: None,
        at,
        until: None,
        code: None,
        by: None,
        attempted: None,
        limit: None,
    };
    Outgoing {
        number,
        identity: Arc::new(identity),
        sequence: 2,
        told,
    }
}

/// An outbox that holds the numbers of a range.
struct Outbox {
    first: u64,
    last: watch::Receiver<u64>,
}

impl Reader for Outbox {
    fn outbox(&mut self, after: u64, limit: usize) -> Result<Vec<Outgoing>, JournalError> {
        let range = self.first.max(after + 1)..=*self.last.borrow();
        Ok(range.take(limit).map(outgoing).collect())
    }

    fn wall_times(&mut self) -> Result<WallTimes, JournalError> {
        Ok(WallTimes::default())
    }

    fn message(&mut self, _: MessageId) -> Result<Option<Message>, JournalError> {
        Ok(None)
    }

    fn find(&mut self, _: &Question, _: usize) -> Result<Vec<Message>, JournalError> {
        Ok(Vec::new())
    }

    fn books(&mut self) -> Result<Vec<Books>, JournalError> {
        Ok(Vec::new())
    }

    fn balance(
        &mut self,
        _: Option<i64>,
        _: &mut dyn FnMut(Message),
    ) -> Result<Vec<Books>, JournalError> {
        Ok(Vec::new())
    }

    fn traffic(
        &mut self,
        _: UnixMillis,
        _: u64,
        _: &mut dyn FnMut(Message) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        Ok(())
    }

    fn last_message(&mut self) -> Result<u64, JournalError> {
        Ok(0)
    }

    fn accepted_as(
        &mut self,
        _: &[(OperatorId, Vec<String>)],
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

    fn operator_name(&mut self, _: OperatorId) -> Result<Option<String>, JournalError> {
        Ok(None)
    }
}

/// A running outcome room, with the test in the place of the pipeline.
struct Outcomes {
    fresh: mpsc::Sender<Vec<Outgoing>>,
    committed: watch::Sender<u64>,
    published: mpsc::Receiver<u64>,
    shown: Shown,
    running: JoinHandle<()>,
}

impl Outcomes {
    /// With the outcomes from `first` to `last` in the outbox.
    fn start(sink: Sink, first: u64, last: u64) -> Self {
        let (fresh, coming) = mpsc::channel(4);
        let (committed, seen) = watch::channel(last);
        let (confirmed, published) = mpsc::channel(4);
        let shown = Shown::default();
        let reader = Box::new(Outbox {
            first,
            last: seen.clone(),
        });
        let feed = Feed {
            fresh: coming,
            committed: seen,
            reader,
            wording: Wording::default(),
        };
        let stop = CancellationToken::new();
        let running = tokio::spawn(outcome::run(sink, feed, confirmed, shown.clone(), stop));
        Self {
            fresh,
            committed,
            published,
            shown,
            running,
        }
    }

    /// What the pipeline does after a commit. What does not fit is left out.
    fn commit(&self, numbers: std::ops::RangeInclusive<u64>) {
        let last = *numbers.end();
        self.fresh.try_send(numbers.map(outgoing).collect()).ok();
        self.committed.send_replace(last);
    }

    async fn until_published(&mut self, number: u64) {
        let mut before = 0;
        while before < number {
            let now = soon("progress", self.published.recv())
                .await
                .expect("it runs");
            assert!(now > before, "{now} after {before}");
            before = now;
        }
        assert_eq!(before, number);
    }

    /// The feed ends; what is committed is published before the room closes.
    async fn end(self) -> Vec<u64> {
        let Self {
            fresh,
            committed,
            mut published,
            running,
            ..
        } = self;
        drop((fresh, committed));
        let mut last = Vec::new();
        while let Some(number) = soon("the end", published.recv()).await {
            last.push(number);
        }
        soon("the end", running).await.unwrap();
        last
    }
}

fn to_exchange(broker: &Broker, name: &str, batch: usize) -> Sink {
    let brokers = Brokers::parse([broker.url().as_str()]).unwrap();
    Sink::Amqp(Exchange::new(brokers, name, batch).unwrap())
}

/// An exchange with a durable quorum queue that takes everything.
async fn listened_to(broker: &Broker) -> (Peer, String, String) {
    let peer = Peer::connect(broker).await;
    let (exchange, queue) = (broker.name("outcomes"), broker.name("listener"));
    peer.declare_exchange(&exchange).await;
    peer.declare_queue(&queue, &exchange, "#", &[quorum()])
        .await;
    (peer, exchange, queue)
}

/// The number of the only outcome of a body, which its message shares.
fn number(body: &[u8]) -> u64 {
    let [outcome] = &read_outcomes(body).unwrap()[..] else {
        panic!("more than one");
    };
    outcome.message.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn outcomes_arrive_in_order_and_as_promised() {
    let broker = broker::shared();
    let (peer, exchange, queue) = listened_to(broker).await;
    let mut outcomes = Outcomes::start(to_exchange(broker, &exchange, 1), 1, 0);
    for end in (100..=5000).step_by(100) {
        outcomes.commit(end - 99..=end);
    }
    outcomes.until_published(5000).await;
    peer.until_ready(&queue, 5000).await;
    for expected in 1..=200 {
        let message = peer.take(&queue).await.delivery;
        assert_eq!(number(&message.data), expected);
        assert_eq!(
            message.routing_key.as_str(),
            format!("{}.submitted", outgoing(expected).agency())
        );
        let properties = message.properties;
        assert_eq!(
            properties.content_type(),
            &Some("application/cloudevents+json".into())
        );
        assert_eq!(properties.delivery_mode(), &Some(2));
    }
    assert!(outcomes.end().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_start_left_and_what_did_not_fit_is_read_from_the_outbox() {
    let broker = broker::shared();
    let (peer, exchange, queue) = listened_to(broker).await;
    // Up to 40 were published before; 41 to 1700 wait.
    let mut outcomes = Outcomes::start(to_exchange(broker, &exchange, 1), 41, 1700);
    outcomes.until_published(1700).await;
    // Numbers 1701 to 1800 never come fresh.
    outcomes.committed.send_replace(1800);
    outcomes.commit(1801..=1900);
    outcomes.until_published(1900).await;
    // Nor do these, and nothing fresh tells of them.
    outcomes.committed.send_replace(1950);
    outcomes.until_published(1950).await;
    peer.until_ready(&queue, 1910).await;
    let mut read = peer.read(&queue).await;
    for expected in 41..=1950 {
        assert_eq!(number(&read.next().await.data), expected);
    }
    assert!(outcomes.end().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_hold_one_agencys_outcomes_in_order() {
    let broker = broker::shared();
    let (peer, exchange, queue) = listened_to(broker).await;
    let mut outcomes = Outcomes::start(to_exchange(broker, &exchange, 50), 1, 0);
    outcomes.commit(1..=300);
    outcomes.until_published(300).await;
    peer.until_ready(&queue, 6).await;
    let mut last = std::collections::BTreeMap::new();
    for _ in 0..6 {
        let message = peer.take(&queue).await.delivery;
        let kind = message.properties.content_type().clone();
        assert_eq!(kind, Some("application/cloudevents-batch+json".into()));
        let agency = message
            .routing_key
            .as_str()
            .strip_suffix(".batch")
            .unwrap()
            .to_owned();
        let body = read_outcomes(&message.data).unwrap();
        assert_eq!(body.len(), 50);
        for outcome in body {
            let number = outcome.message.parse().unwrap();
            assert_eq!(outgoing(number).agency(), agency);
            assert!(
                last.insert(agency.clone(), number)
                    .is_none_or(|before| before < number)
            );
        }
    }
    assert!(outcomes.end().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn outcomes_without_a_listener_count_as_published_and_are_counted() {
    let broker = broker::shared();
    let peer = Peer::connect(broker).await;
    let (exchange, queue) = (broker.name("outcomes"), broker.name("listener"));
    // The exchange is declared by the gateway; only one agency listens.
    let mut outcomes = Outcomes::start(to_exchange(broker, &exchange, 1), 1, 0);
    let ready = |state: &xabar::broker::BrokerState| *state == xabar::broker::BrokerState::Ready;
    soon(
        "readiness",
        outcomes.shown.state.subscribe().wait_for(ready),
    )
    .await
    .unwrap();
    peer.declare_exchange(&exchange).await;
    peer.declare_queue(&queue, &exchange, "kadastr.*", &[quorum()])
        .await;
    outcomes.commit(1..=300);
    outcomes.until_published(300).await;
    peer.until_ready(&queue, 100).await;
    let counts = outcomes.shown.unrouted.borrow().clone();
    let counts: Vec<_> = counts
        .iter()
        .map(|(agency, count)| (&**agency, *count))
        .collect();
    assert_eq!(counts, [("adliya", 100), ("soliq", 100)]);
    assert!(outcomes.end().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_full_queue_refuses_is_published_until_it_is_taken() {
    let broker = broker::shared();
    let peer = Peer::connect(broker).await;
    let (exchange, queue) = (broker.name("outcomes"), broker.name("listener"));
    peer.declare_exchange(&exchange).await;
    let full = [
        ("x-max-length", AMQPValue::LongInt(5)),
        ("x-overflow", text("reject-publish")),
    ];
    peer.declare_queue(&queue, &exchange, "#", &full).await;
    let mut outcomes = Outcomes::start(to_exchange(broker, &exchange, 1), 1, 0);
    outcomes.commit(1..=12);
    let mut seen = std::collections::BTreeSet::new();
    while seen.len() < 12 {
        // Five fit into the queue, so before seven left it not all can be in.
        assert!(
            seen.len() >= 7 || outcomes.published.is_empty(),
            "told before all were taken"
        );
        seen.insert(number(&peer.take(&queue).await.delivery.data));
    }
    outcomes.until_published(12).await;
    assert!(outcomes.end().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_restart_loses_no_outcome() {
    for _ in 0..3 {
        if outcomes_come_over_a_restart().await {
            return;
        }
    }
    panic!("the broker forgets how its queue is bound, every time");
}

/// `false` if the broker came back without the binding of its queue: a RabbitMQ 3.10 that is killed forgets one in some
/// fifty times, though it had confirmed it. Then nobody listens to outcomes.
async fn outcomes_come_over_a_restart() -> bool {
    let broker = Broker::start();
    let (_, exchange, queue) = listened_to(&broker).await;
    let mut outcomes = Outcomes::start(to_exchange(&broker, &exchange, 1), 1, 0);
    outcomes.commit(1..=1000);
    outcomes.until_published(1000).await;
    let restarting = tokio::task::spawn_blocking(move || {
        broker.restart();
        broker
    });
    for end in (1100..=9000).step_by(100) {
        outcomes.commit(end - 99..=end);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    outcomes.until_published(9000).await;
    let broker = restarting.await.unwrap();
    assert!(outcomes.end().await.is_empty());
    if !broker.ctl(&["list_bindings"]).contains(&exchange) {
        return false;
    }
    let peer = Peer::connect(&broker).await;
    let mut read = peer.read(&queue).await;
    let mut expected = 1;
    while expected <= 9000 {
        // Some may come twice; none comes before all of its predecessors.
        let number = number(&read.next().await.data);
        assert!(number <= expected, "{number} came where {expected} was due");
        expected = expected.max(number + 1);
    }
    true
}

#[tokio::test]
async fn without_a_broker_outcomes_go_to_an_observer_or_nowhere() {
    let (observer, mut seen) = mpsc::channel(4);
    let mut outcomes = Outcomes::start(Sink::Channel(observer), 1, 3);
    let first = soon("the first run", seen.recv()).await.unwrap();
    let first: Vec<_> = first.iter().map(|outcome| &*outcome.message).collect();
    assert_eq!(first, ["1", "2", "3"]);
    outcomes.until_published(3).await;
    drop(seen);
    outcomes.commit(4..=5);
    outcomes.until_published(5).await;

    let outcomes = Outcomes::start(Sink::Nowhere, 1, 0);
    outcomes.commit(1..=700);
    assert_eq!(outcomes.end().await.last(), Some(&700));
}
