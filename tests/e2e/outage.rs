//! An operator is down for the night: the others do not feel it, memory does not grow with what waits, and
//! in the morning the backlog goes out in order and no faster than it may. How fast it went is told, not held.
//!
//! `XABAR_OUTAGE_MESSAGES=1000000 cargo test --release --test e2e outage -- --nocapture` does the same
//! with a million; `docs/performance.md` has the figures.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::amqp::{Peer, quorum};
use crate::support::broker::{self, Broker};
use crate::support::config::{Config, Home};
use crate::support::events::{body, routing_key, samples, stories, structured};
use crate::support::gateway::Gateway;
use crate::support::stalls::Stalls;
use crate::support::world::{smsc_settings, text_of};
use futures_util::StreamExt;
use lapin::options::{BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use tokio::time::sleep;
use xabar::compose::Catalog;
use xabar::journal::{self, Books, Location};
use xabar::simulator::{Figures, Settings, Simulator, Tape, subscriber, text_hash};
use xabar_events::{Notification, State};
use xabar_sms::{Concatenation, DataCoding, Encoding, segments};

/// Prefixes of the operator that is down, and of the two others.
const DOWN: &str = "99893";
const OTHERS: [&str; 2] = ["99890", "99899"];

/// Messages to each of the others, in the night and again while the backlog goes out.
const FEW: usize = 100;

/// Applications at the operator that is down whose next status comes while the backlog goes out.
const WITH_NEWS: usize = 100;

const SECOND: Duration = Duration::from_secs(1);

/// How many messages wait for the operator that is down.
fn messages() -> usize {
    let asked = std::env::var("XABAR_OUTAGE_MESSAGES");
    asked.map_or(3_000, |number| number.parse().expect("a number"))
}

/// So many a second that the backlog takes five minutes; a short one goes out at the least that is of interest.
fn tps(messages: usize) -> usize {
    (messages / 300).max(300)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_night_without_one_operator_harms_no_other_and_is_made_up_for_in_order() {
    let (count, tps) = (messages(), tps(messages()));
    broker::shared();
    let stalls = Stalls::watch();
    let night = Night::begin(count, tps).await;
    let mut gateway = Gateway::start(night.home.xabar("run", &[]), night.config.http);
    gateway.until_ready().await;

    let mut news = news();
    let next = news.split_off(WITH_NEWS);
    let first = news;
    // Half of them will have gone out when their next status comes, half of them not.
    let (early, late) = first.split_at(WITH_NEWS / 2);
    night.publish(early).await;
    let tenth = count / 10;
    night.publish_to(DOWN, 1, 0..tenth).await;
    night.until_taken_in().await;
    let early_kib = peak_rss_kib(&gateway);
    night.publish_to(DOWN, 1, tenth..count).await;
    for (seed, prefix) in (2..).zip(OTHERS) {
        night.publish_to(prefix, seed, 0..FEW).await;
    }
    night.publish(late).await;

    // The others have all of theirs while one has nothing.
    night.until_delivered(2 * FEW, 60).await;
    night.until_taken_in().await;
    assert_eq!(night.figures().await.submits, 0);
    assert_eq!(night.outcomes(State::Delivered), 2 * FEW);
    let waiting = count + WITH_NEWS;
    night.until_waiting(waiting).await;

    night.down.handle().refuse_binds(false).await.unwrap();
    night.until_submitted(count / 2).await;
    night.publish(&next).await;
    for (seed, prefix) in (4..).zip(OTHERS) {
        night.publish_to(prefix, seed, FEW..2 * FEW).await;
    }
    // They do not wait behind the backlog.
    night.until_others_were_sent(2 * FEW).await;
    let submits = night.figures().await.submits;
    assert!(submits < u64::try_from(waiting).unwrap(), "{submits}");
    let ended = waiting + next.len() + 4 * FEW;
    night.until_ended(ended, 120 + 2 * count / tps).await;
    let late_kib = peak_rss_kib(&gateway);
    gateway.stop_within(night.config.shutdown).await;

    let superseded = night.outcomes(State::Superseded);
    assert!((1..WITH_NEWS).contains(&superseded), "{superseded}");
    assert_eq!(night.outcomes(State::Delivered), ended - superseded);
    night.check_books(ended);
    let tape = night.down.handle().tape().await.unwrap();
    assert_eq!((tape.missed(), tape.repeats()), (0, 0));
    check_order(&tape, &first, &next);
    stalls.check_rate(&tape, tps, 0);
    let rate = rate(&tape);
    eprintln!(
        "{count} messages waited; sent at {rate:.0} a second of {tps}; peak RSS {} MiB after a tenth, {} MiB at the end",
        early_kib / 1024,
        late_kib / 1024
    );
    assert!(
        late_kib < early_kib + spare_kib(count),
        "memory grew from {early_kib} KiB to {late_kib} KiB"
    );
}

/// What the program's own pages and two chapters of the journal in memory may add, which hold no more than so many
/// messages. A million messages that each left 100 octets behind would be more.
fn spare_kib(count: usize) -> u64 {
    const CHAPTERS: usize = 64 * 1024;
    u64::try_from(24 * 1024 + count.div_ceil(2).min(CHAPTERS)).unwrap()
}

/// A gateway's world with three operators.
struct Night {
    broker: &'static Broker,
    config: Config,
    home: Home,
    down: Simulator,
    others: [Simulator; 2],
    outcomes: Outcomes,
}

impl Night {
    /// The first operator refuses all binds.
    async fn begin(count: usize, tps: usize) -> Self {
        let broker = broker::shared();
        let start = |tape| {
            Simulator::start(Settings {
                tape,
                ..smsc_settings()
            })
        };
        // A text may take several segments.
        let down = start(4 * (count + 2 * WITH_NEWS)).await.unwrap();
        down.handle().refuse_binds(true).await.unwrap();
        let others = [start(0).await.unwrap(), start(0).await.unwrap()];
        let mut config = Config::new(broker, down.address().to_string());
        (config.tps, config.window) = (Some(tps), 500);
        let home = Home::new(&config);
        home.configure(&toml(&config, &others));
        let peer = Peer::connect(broker).await;
        let queue = broker.name("agencies");
        peer.declare_exchange(&config.outcomes).await;
        peer.declare_queue(&queue, &config.outcomes, "#", &[quorum()])
            .await;
        Self {
            broker,
            home,
            config,
            down,
            others,
            outcomes: Outcomes::count(peer, queue).await,
        }
    }

    /// Publishes some of the messages to numbers that begin so, each to another subscriber.
    async fn publish_to(&self, prefix: &str, seed: u64, places: std::ops::Range<usize>) {
        let mut left = places;
        while !left.is_empty() {
            let some = left.start..left.end.min(left.start + 500);
            // Another seed for each burst, so that none has to be kept.
            let seed = seed << 32 | u64::try_from(some.start).unwrap();
            let mut events = samples(seed, some.len());
            for (event, place) in events.iter_mut().zip(some.clone()) {
                event.msisdn = format!("{prefix}{place:07}").parse().unwrap();
            }
            self.publish(&events).await;
            left.start = some.end;
        }
    }

    async fn publish(&self, events: &[Notification]) {
        let peer = Peer::connect(self.broker).await;
        let bodies: Vec<_> = events.iter().map(body).collect();
        let (exchange, key) = (&self.config.exchange, routing_key("kadastr"));
        peer.publish(exchange, &key, &structured(), &bodies).await;
        peer.connection.close(200, "done".into()).await.unwrap();
    }

    /// Waits until the broker has no event left.
    async fn until_taken_in(&self) {
        let peer = Peer::connect(self.broker).await;
        let left = async || peer.ready(&self.config.queue).await;
        until("all events are taken in", 1_800, async || left().await == 0).await;
    }

    async fn until_waiting(&self, count: usize) {
        let enough = async || {
            let waiting: u64 = self.books().iter().map(|book| book.waiting).sum();
            waiting == u64::try_from(count).unwrap()
        };
        until("the journal has them", 60, enough).await;
    }

    async fn until_submitted(&self, count: usize) {
        let count = u64::try_from(count).unwrap();
        until("the operator is sent half", 400, async || {
            self.figures().await.submits >= count
        })
        .await;
    }

    async fn until_others_were_sent(&self, each: usize) {
        let each = u64::try_from(each).unwrap();
        for smsc in &self.others {
            let handle = smsc.handle();
            until("the others are sent theirs", 60, async || {
                handle.figures().await.unwrap().submits >= each
            })
            .await;
        }
    }

    async fn until_delivered(&self, count: usize, seconds: usize) {
        until("the others' are delivered", seconds, async || {
            self.outcomes(State::Delivered) >= count
        })
        .await;
    }

    async fn until_ended(&self, count: usize, seconds: usize) {
        until("all have ended", seconds, async || {
            let ended = State::ALL.iter().filter(|state| state.is_terminal());
            ended.map(|state| self.outcomes(*state)).sum::<usize>() >= count
        })
        .await;
    }

    async fn figures(&self) -> Figures {
        self.down.handle().figures().await.unwrap()
    }

    fn outcomes(&self, state: State) -> usize {
        self.outcomes.of(state)
    }

    fn books(&self) -> Vec<Books> {
        let path = self.home.path(&self.config.journal);
        let reader = journal::open_reader(&Location::Sqlite(path));
        reader.unwrap().books().unwrap()
    }

    /// Everything that was accepted has its end.
    fn check_books(&self, accepted: usize) {
        let mut sum = 0;
        for book in self.books() {
            let settled: u64 = book.settled.iter().map(|(_, count)| count).sum();
            assert_eq!((book.accepted, book.waiting), (settled, 0), "{book:?}");
            sum += book.accepted;
        }
        assert_eq!(sum, u64::try_from(accepted).unwrap());
    }
}

/// The configuration with two more operators. Agencies here only want to hear of ends.
fn toml(config: &Config, others: &[Simulator; 2]) -> String {
    let ends = State::ALL.iter().filter(|state| state.is_terminal());
    let ends: Vec<String> = ends.map(|state| format!("\"{state}\"")).collect();
    let outcomes = format!("[outcomes.amqp]\nstates = [{}]", ends.join(", "));
    let mut toml = config.to_toml().replace("[outcomes.amqp]", &outcomes);
    for (prefix, smsc) in OTHERS.iter().zip(others) {
        let (address, password) = (smsc.address(), &config.password);
        write!(
            toml,
            r#"
[[operator]]
name = "operator-{prefix}"
prefixes = ["{prefix}"]
address = "{address}"
system_id = "xabar"
password = "{password}"
sender = "MyGov"
"#
        )
        .unwrap();
    }
    toml
}

/// Counts outcomes by state.
struct Outcomes(Arc<Mutex<BTreeMap<String, usize>>>);

impl Outcomes {
    async fn count(peer: Peer, queue: String) -> Self {
        let counts = Arc::default();
        let outcomes = Self(Arc::clone(&counts));
        let options = BasicConsumeOptions {
            no_ack: true,
            ..BasicConsumeOptions::default()
        };
        let channel = &peer.channel;
        let qos = BasicQosOptions::default();
        channel.basic_qos(500, qos).await.unwrap();
        let mut told = channel
            .basic_consume(queue.into(), "".into(), options, FieldTable::default())
            .await
            .unwrap();
        tokio::spawn(async move {
            let _open = peer;
            while let Some(Ok(outcome)) = told.next().await {
                let (_, state) = outcome.routing_key.as_str().rsplit_once('.').unwrap();
                *counts.lock().unwrap().entry(state.to_owned()).or_default() += 1;
            }
        });
        outcomes
    }

    fn of(&self, state: State) -> usize {
        let counts = self.0.lock().unwrap();
        counts.get(&state.to_string()).copied().unwrap_or(0)
    }
}

/// The first and the next status of some applications at the operator that is down.
fn news() -> Vec<Notification> {
    let mut events = stories(3, WITH_NEWS, WITH_NEWS);
    events.truncate(2 * WITH_NEWS);
    for (place, event) in events.iter_mut().enumerate() {
        let place = 9_000_000 + place % WITH_NEWS;
        event.msisdn = format!("{DOWN}{place}").parse().unwrap();
    }
    events
}

/// Of each application the next status goes out last, whether or not the first went out before.
fn check_order(tape: &Tape, first: &[Notification], next: &[Notification]) {
    for (first, next) in first.iter().zip(next) {
        assert_eq!(first.application, next.application);
        let number = first.msisdn.digits();
        let sent: Vec<u64> = tape
            .entries()
            .iter()
            .filter(|entry| entry.to == subscriber(number.as_bytes()) && entry.begins_text())
            .map(|entry| entry.text)
            .collect();
        let texts = [first, next].map(begin_of_text);
        assert!(
            sent == texts || sent == texts[1..],
            "{:?}: {} texts, in another order",
            first.key,
            sent.len()
        );
    }
}

/// What the tape has for the first segment of an event's text.
fn begin_of_text(event: &Notification) -> u64 {
    let text = text_of(&Catalog::built_in(), event);
    let encoding = Encoding::of(&text);
    let segments = segments(&text, encoding, Concatenation::Udh8).unwrap();
    let octets = segments.get(0).unwrap().octets().to_vec();
    text_hash(DataCoding::of(encoding, None).0, &octets)
}

/// How fast the backlog went out.
fn rate(tape: &Tape) -> f64 {
    let entries = tape.entries();
    let took = entries[entries.len() - 1].at - entries[0].at;
    entries.len() as f64 / took.as_secs_f64()
}

/// The most memory that the gateway had so far.
fn peak_rss_kib(gateway: &Gateway) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", gateway.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.unwrap().split_whitespace().nth(1);
    number.unwrap().parse().unwrap()
}

/// Asks again until it is so.
async fn until(what: &str, seconds: usize, is_so: impl AsyncFn() -> bool) {
    for _ in 0..10 * seconds {
        if is_so().await {
            return;
        }
        sleep(SECOND / 10).await;
    }
    panic!("not within {seconds} s: {what}");
}
