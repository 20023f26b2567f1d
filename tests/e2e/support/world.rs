//! A gateway's whole world: agencies behind a RabbitMQ, an operator's SMSC, and the promises.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use lapin::BasicProperties;
use lapin::options::BasicPublishOptions;
use tokio::time::{sleep, timeout};
use xabar::compose::{Catalog, News};
use xabar::journal::{self, Books, Content, Location};
use xabar::simulator::{self, Account, Behaviour, Entry, PhoneMemory, Simulator, Tape, text_hash};
use xabar_events::{Language, Notification, State};
use xabar_sms::{Concatenation, DataCoding, Encoding, segments};

use super::amqp::{Peer, quorum};
use super::broker::Broker;
use super::config::{Config, Home};
use super::events::{body, routing_key, structured};
use super::gateway::Gateway;
use super::listener::{Listener, Story};
use super::stalls::Stalls;

/// Everything around one gateway, and what was published to it.
pub struct World {
    pub config: Config,
    pub home: Home,
    pub smsc: Simulator,
    pub listener: Listener,
    broker: &'static Broker,
    published: Vec<Notification>,
    stalls: Stalls,
    /// What the SMSC may come to read at once.
    unread: usize,
    /// Whether the SMSC does something to connections, so that not all of what is written comes to it.
    cuts: bool,
    /// How often the gateway was started.
    starts: AtomicUsize,
}

/// What a check counted.
#[derive(Debug, Default)]
pub struct Tally {
    pub ends: BTreeMap<State, usize>,
    /// Segments that the operator took, and those among them that it had taken before.
    pub accepted: usize,
    pub repeated: usize,
    /// Repeats that outcomes told.
    pub told_repeats: u64,
    pub texts: usize,
    /// Of these, those of threads that had an older one: what is said of order is said of them.
    pub successors: usize,
    /// Events that failed in part: the operator had one segment when a newer status took the place of the rest, say.
    pub partial: usize,
    /// Of these, those where that was so.
    pub overtaken: usize,
}

impl Tally {
    pub fn ended(&self, state: State) -> usize {
        self.ends.get(&state).copied().unwrap_or(0)
    }

    /// How many were delivered, or had no need to be since a newer status of their application went instead.
    pub fn arrived(&self) -> usize {
        self.ended(State::Delivered) + self.ended(State::Superseded)
    }
}

impl World {
    /// An SMSC that behaves so, and a configuration that `change` may change.
    pub async fn new(
        broker: &'static Broker,
        behaviour: Behaviour,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let settings = simulator::Settings {
            behaviour,
            ..smsc_settings()
        };
        Self::with_smsc(broker, settings, change).await
    }

    pub async fn with_smsc(
        broker: &'static Broker,
        settings: simulator::Settings,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let faults = &settings.behaviour.faults;
        let stops_reading = faults.stall_after.is_some();
        let cuts = *faults != simulator::Faults::default();
        let stalls = Stalls::watch();
        let smsc = Simulator::start(settings).await.unwrap();
        let mut config = Config::new(broker, smsc.address().to_string());
        change(&mut config);
        // Of each session what its window holds, and that of the one that was left before it.
        let unread = 2 * config.sessions * config.window * usize::from(stops_reading);
        let peer = Peer::connect(broker).await;
        let queue = broker.name("agencies");
        peer.declare_exchange(&config.outcomes).await;
        peer.declare_queue(&queue, &config.outcomes, "#", &[quorum()])
            .await;
        Self {
            home: Home::new(&config),
            listener: Listener::start(broker.url(), queue),
            config,
            smsc,
            broker,
            published: Vec::new(),
            stalls,
            unread,
            cuts,
            starts: AtomicUsize::new(0),
        }
    }

    /// Starts the gateway, without waiting for it.
    pub fn start(&self) -> Gateway {
        self.starts.fetch_add(1, Ordering::Relaxed);
        Gateway::start(self.home.xabar("run", &[]), self.config.http)
    }

    /// Starts the gateway and waits until it is ready.
    pub async fn ready(&self) -> Gateway {
        let mut gateway = self.start();
        gateway.until_ready().await;
        gateway
    }

    pub async fn peer(&self) -> Peer {
        Peer::connect(self.broker).await
    }

    /// Publishes events until the broker has confirmed all; every one of them has to come to its end.
    pub async fn publish(&mut self, events: Vec<Notification>) {
        self.repeat(&events).await;
        self.expect(events);
    }

    /// Publishes the statuses of stories as agencies do, each after some time: some of those before are on their way
    /// by then, unless nothing goes for long.
    pub async fn publish_in_turn(&mut self, events: Vec<Notification>) {
        let handle = self.smsc.handle();
        let submits = || async { handle.figures().await.unwrap().submits };
        for step in events.chunks(events.len().div_ceil(4).max(1)) {
            let before = submits().await;
            self.publish(step.to_vec()).await;
            let some_go = async {
                while submits().await == before {
                    sleep(Duration::from_millis(20)).await;
                }
            };
            timeout(Duration::from_secs(5), some_go).await.ok();
            sleep(Duration::from_millis(300)).await;
        }
    }

    /// From now on, every one of these has to come to its end.
    pub fn expect(&mut self, events: Vec<Notification>) {
        self.published.extend(events);
    }

    /// Publishes events that were published before.
    pub async fn repeat(&self, events: &[Notification]) {
        for burst in events.chunks(500) {
            // What the broker did not confirm, an agency publishes again.
            let confirmed = async {
                while self.burst(burst).await.is_err() {
                    sleep(Duration::from_millis(200)).await;
                }
            };
            super::soon("the broker's confirms", confirmed).await;
        }
    }

    async fn burst(&self, events: &[Notification]) -> lapin::Result<()> {
        let properties = lapin::ConnectionProperties::default();
        let connection = lapin::Connection::connect(&self.broker.url(), properties).await?;
        let channel = connection.create_channel().await?;
        channel.confirm_select(Default::default()).await?;
        let begun = events.iter().map(|event| {
            let (exchange, key) = (&self.config.exchange, routing_key(event.key.agency.name()));
            let (channel, body) = (channel.clone(), body(event));
            async move {
                let options = BasicPublishOptions::default();
                let (exchange, key) = (exchange.as_str().into(), key.into());
                channel
                    .basic_publish(exchange, key, options, &body, structured())
                    .await
            }
        });
        let confirms = try_join_all(try_join_all(begun).await?).await?;
        assert!(confirms.iter().all(|confirm| confirm.is_ack()));
        connection.close(200, "done".into()).await
    }

    /// Publishes what is no event.
    pub async fn publish_raw(&self, properties: &BasicProperties, body: Vec<u8>) {
        let key = routing_key("kadastr");
        let peer = self.peer().await;
        peer.publish(&self.config.exchange, &key, properties, &[body])
            .await;
    }

    /// How many of the published events have their end.
    pub fn ended(&self) -> usize {
        self.listener.look(|heard| heard.ended)
    }

    /// Waits until so many events have their end.
    pub async fn until_ended(&self, count: usize, within: Duration) {
        let ended = async {
            while self.ended() < count {
                sleep(Duration::from_millis(50)).await;
            }
        };
        if timeout(within, ended).await.is_err() {
            let missing = self.published.iter().filter(|event| !self.has_ended(event));
            let missing: Vec<_> = missing.take(5).map(|event| self.told_of(event)).collect();
            panic!(
                "{} of {count} ended within {within:?}; of others was told: {missing:#?}",
                self.ended()
            );
        }
    }

    /// Waits until every published event has its end.
    pub async fn until_all_ended(&self, within: Duration) {
        self.until_ended(self.published.len(), within).await;
    }

    /// Waits until the SMSC has nothing left to deliver: copies of receipts come after the ends too.
    pub async fn until_acknowledged(&self) {
        let handle = self.smsc.handle();
        let acknowledged = async {
            while handle.figures().await.unwrap().deliveries.pending > 0 {
                sleep(Duration::from_millis(50)).await;
            }
        };
        super::soon("the answers to all receipts", acknowledged).await;
    }

    /// Waits until so many of these have their end.
    pub async fn until_some_ended(&self, events: &[Notification], count: usize) {
        let ended = async {
            while events.iter().filter(|event| self.has_ended(event)).count() < count {
                sleep(Duration::from_millis(50)).await;
            }
        };
        super::soon(&format!("{count} ends"), ended).await;
    }

    fn has_ended(&self, event: &Notification) -> bool {
        let story = self.told_of(event);
        story.values().any(|told| told.state.is_terminal())
    }

    /// What was told of an event so far.
    pub fn told_of(&self, event: &Notification) -> Story {
        let story = |heard: &super::listener::Heard| heard.story(&event.key).cloned();
        self.listener.look(story).unwrap_or_default()
    }

    pub async fn tape(&self) -> Tape {
        self.smsc.handle().tape().await.unwrap()
    }

    /// Holds the promises against everything that was published, told, and submitted.
    pub async fn check(&self) -> Tally {
        self.check_beside([]).await
    }

    /// The same where some of it was submitted to other SMSCs, of which this is [recorded].
    pub async fn check_beside(&self, others: impl IntoIterator<Item = (Tape, Instant)>) -> Tally {
        let (mut tape, mut since) = recorded(&self.smsc).await;
        let mut is_alone = true;
        for (other, started) in others {
            is_alone = false;
            tape = match started.checked_duration_since(since) {
                Some(later) => tape.beside(other, later),
                None => other.beside(tape, since - started),
            };
            since = since.min(started);
        }
        assert_eq!(tape.missed(), 0, "the tape is long enough");
        let mut tally = Tally::default();
        self.check_outcomes(&mut tally);
        self.check_submissions(&tape, &mut tally);
        if is_alone {
            self.check_told_repeats(&tape);
        }
        self.check_limits(&tape);
        self.check_rate(&tape);
        self.check_books();
        eprintln!("{tally:?}");
        tally
    }

    /// R1: of every event its whole story is told, and of nothing else.
    fn check_outcomes(&self, tally: &mut Tally) {
        for event in &self.published {
            let story = self.told_of(event);
            let states: Vec<State> = story.values().map(|told| told.state).collect();
            let sequences: Vec<u64> = story.keys().copied().collect();
            let expected: Vec<u64> = (1..).take(story.len()).collect();
            assert_eq!(sequences, expected, "{:?}: {story:#?}", event.key);
            assert_eq!(states.first(), Some(&State::Accepted), "{story:#?}");
            let ends = states.iter().position(|state| state.is_terminal());
            let ends = ends.unwrap_or_else(|| panic!("{:?} has no end: {story:#?}", event.key));
            match (states[ends], &states[ends + 1..]) {
                (_, []) | (State::Unknown, [State::Delivered | State::Failed]) => {}
                _ => panic!("something follows an end: {story:#?}"),
            }
            let message = |id: &str| id.rsplit_once('-').map(|(message, _)| message.to_owned());
            let ids: Vec<_> = story.values().map(|told| message(&told.id)).collect();
            assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "{story:#?}");
            *tally.ends.entry(*states.last().unwrap()).or_default() += 1;
            let last = story.values().last().unwrap();
            let is_partial = last.reason.as_deref() == Some("partial");
            tally.partial += usize::from(is_partial);
            tally.overtaken += usize::from(is_partial && last.by.is_some());
            tally.told_repeats += last.repeats;
        }
        let heard = self.listener.look(|heard| heard.stories.len());
        assert_eq!(heard, self.published.len(), "outcomes of nobody's event");
    }

    /// R2 and R5: what the SMSC took is exactly what the outcomes tell of, in order, and no segment comes again that was
    /// answered in time.
    fn check_submissions(&self, tape: &Tape, tally: &mut Tally) {
        let texts = Texts::of(&self.published, tape);
        let mut taken: HashMap<(usize, u8), u64> = HashMap::new();
        // Of each segment, the answer to the copy before.
        let mut answers: HashMap<(usize, u8), Option<Duration>> = HashMap::new();
        let mut newest: HashMap<(&str, &str, u64), usize> = HashMap::new();
        for entry in tape.entries() {
            let number = entry.segment.map_or(1, |(_, _, number)| number);
            let place = texts.place(entry);
            let event = &self.published[place];
            let thread = (
                event.key.agency.name(),
                event.application.as_str(),
                entry.to,
            );
            let newest = newest.entry(thread).or_insert(place);
            let order = |place: usize| (self.published[place].time, place);
            assert!(
                order(*newest) <= order(place),
                "an older status after a newer: {event:?}"
            );
            tally.successors += usize::from(*newest != place);
            *newest = place;
            if entry.is_accepted() {
                tally.accepted += 1;
                tally.texts += usize::from(entry.begins_text());
                *taken.entry((place, number)).or_default() += 1;
                let took = entry.answered.map(|answered| answered - entry.at);
                let before = answers.insert((place, number), took).flatten();
                // An SMSC that stops reading does not know how long a message has waited.
                let in_time = |took| took <= self.config.response && self.unread == 0;
                assert!(
                    !before.is_some_and(in_time),
                    "answered after {before:?}, and sent again: {event:?} {entry:?}"
                );
            }
        }
        let mut repeated: HashMap<usize, u64> = HashMap::new();
        for ((place, _), times) in &taken {
            let event = &self.published[*place];
            let story = self.told_of(event);
            let last = story.values().last().unwrap();
            let again = repeated.entry(*place).or_default();
            *again += times - 1;
            assert!(
                *again <= last.repeats,
                "{again} repeats: {event:?} {story:#?}"
            );
            tally.repeated += usize::try_from(times - 1).unwrap();
        }
        for (place, event) in self.published.iter().enumerate() {
            let story = self.told_of(event);
            let end = story.values().last().unwrap();
            let taken = taken.contains_key(&(place, 1));
            match end.state {
                State::Delivered => assert!(taken, "delivered, never submitted: {event:?}"),
                State::Failed | State::Unknown => {}
                // On its way, by the operator's word.
                State::Expired if end.reason.as_deref() == Some("operator") => {}
                _ => assert!(!taken, "submitted, but {}: {event:?}", end.state),
            }
        }
    }

    /// R2: no more repeats are told than there are, of each segment as often as it was not refused. Of what was submitted in an
    /// earlier life of the gateway, or when a connection was cut, some may not have come to the SMSC.
    fn check_told_repeats(&self, tape: &Tape) {
        if self.cuts || self.starts.load(Ordering::Relaxed) > 1 {
            return;
        }
        let texts = Texts::of(&self.published, tape);
        let mut not_refused: HashMap<(usize, u8), u64> = HashMap::new();
        for entry in tape.entries() {
            if entry.is_accepted() || !self.is_answered_in_time(entry) {
                let number = entry.segment.map_or(1, |(_, _, number)| number);
                *not_refused.entry((texts.place(entry), number)).or_default() += 1;
            }
        }
        let mut most: HashMap<usize, u64> = HashMap::new();
        for ((place, _), times) in &not_refused {
            *most.entry(*place).or_default() += times - 1;
        }
        for (place, event) in self.published.iter().enumerate() {
            let story = self.told_of(event);
            let told = story.values().last().unwrap().repeats;
            let most = most.get(&place).copied().unwrap_or(0);
            assert!(
                told <= most,
                "{told} repeats of {most}: {event:?} {story:#?}"
            );
        }
    }

    /// An SMSC that stops reading does not know how long a message has waited.
    fn is_answered_in_time(&self, entry: &Entry) -> bool {
        let took = entry.answered.map(|answered| answered - entry.at);
        took.is_some_and(|took| took <= self.config.response) && self.unread == 0
    }

    /// R3: of each subscriber's texts that are not urgent, none is one too many for the window that it ends.
    fn check_limits(&self, tape: &Tape) {
        let texts = Texts::of(&self.published, tape);
        let mut of: HashMap<u64, Vec<(Duration, usize)>> = HashMap::new();
        for entry in tape.entries().iter().filter(|entry| entry.begins_text()) {
            // What was refused did not reach the subscriber.
            if entry.is_accepted() {
                let place = texts.place(entry);
                of.entry(entry.to).or_default().push((entry.at, place));
            }
        }
        for (limit, per) in &self.config.limits {
            let per = Duration::from_secs(*per);
            for (end, submitted) in of
                .values()
                .flat_map(|submitted| (1..=submitted.len()).map(move |end| (end, submitted)))
            {
                let (at, place) = submitted[end - 1];
                let inside = submitted[..end]
                    .iter()
                    .filter(|(other, _)| at - *other < per);
                let urgent = self.published[place].priority == xabar_events::Priority::Urgent;
                let inside: Vec<_> = inside.collect();
                assert!(
                    urgent || inside.len() <= *limit,
                    "more than {limit} in {per:?}: {inside:?}"
                );
            }
        }
    }

    /// R6: no sliding second holds more than `tps`.
    fn check_rate(&self, tape: &Tape) {
        if let Some(tps) = self.config.tps {
            self.stalls.check_rate(tape, tps, self.unread);
        }
    }

    /// The books balance, and nothing waits any more.
    fn check_books(&self) {
        let books = self.books();
        let mut accepted = 0;
        for book in &books {
            let settled: u64 = book.settled.iter().map(|(_, count)| count).sum();
            assert_eq!(book.accepted, book.waiting + settled, "{book:?}");
            assert_eq!(book.waiting, 0, "{book:?}");
            accepted += book.accepted;
        }
        assert_eq!(accepted, self.published.len() as u64);
    }

    pub fn books(&self) -> Vec<Books> {
        let path = self.home.path(&self.config.journal);
        let reader = journal::open_reader(&Location::Sqlite(path));
        reader.unwrap().books().unwrap()
    }

    /// The most repeats that so many crashes allow: what was in flight, and what one batch of
    /// results may not have settled.
    pub fn repeats_allowed(&self, times: usize) -> usize {
        times * 2 * self.config.sessions * self.config.window
    }
}

/// Tells of which event a submission is.
struct Texts {
    /// The places of events by subscriber, text of a segment, and its number.
    places: HashMap<(u64, u64, u8), Vec<usize>>,
    /// Those whose first segment went to this subscriber under this reference.
    referred: HashMap<(u64, u16), Vec<usize>>,
}

impl Texts {
    fn of(published: &[Notification], tape: &Tape) -> Self {
        let catalog = Catalog::built_in();
        let mut texts = Self {
            places: HashMap::new(),
            referred: HashMap::new(),
        };
        for (place, event) in published.iter().enumerate() {
            let text = text_of(&catalog, event);
            let encoding = Encoding::of(&text);
            let segments = segments(&text, encoding, Concatenation::Udh8).unwrap();
            let coding = DataCoding::of(encoding, None).0;
            for segment in segments.iter() {
                let hash = text_hash(coding, segment.octets());
                let key = (event.msisdn.as_u64(), hash, segment.number());
                texts.places.entry(key).or_default().push(place);
            }
        }
        for entry in tape.entries() {
            if let Some((reference, _, 1)) = entry.segment {
                let place = texts.place(entry);
                let referred = texts.referred.entry((entry.to, reference)).or_default();
                referred.push(place);
            }
        }
        texts
    }

    /// First segments tell events apart. Two texts may end alike: then the reference decides.
    fn place(&self, entry: &Entry) -> usize {
        let (reference, number) = entry.segment.map_or((0, 1), |(of, _, number)| (of, number));
        match self
            .places
            .get(&(entry.to, entry.text, number))
            .map(Vec::as_slice)
        {
            Some([place]) => *place,
            Some(places) if number > 1 => {
                let referred = &self.referred[&(entry.to, reference)];
                let mut fitting = places.iter().filter(|place| referred.contains(place));
                *fitting.next().expect("its first segment went out, too")
            }
            found => panic!("whose text is this? {entry:?} {found:?}"),
        }
    }
}

/// What an SMSC took so far, and since when.
pub async fn recorded(smsc: &Simulator) -> (Tape, Instant) {
    (smsc.handle().tape().await.unwrap(), smsc.started())
}

/// An SMSC that knows the gateway's account, and records all.
pub fn smsc_settings() -> simulator::Settings {
    simulator::Settings {
        accounts: vec![Account {
            system_id: "xabar".into(),
            password: super::config::PASSWORD.into(),
        }],
        seed: Some(7),
        tape: 200_000,
        phones: PhoneMemory {
            phones: 0,
            texts: 0,
        },
        ..simulator::Settings::default()
    }
}

/// What the citizen reads.
pub fn text_of(catalog: &Catalog, event: &Notification) -> String {
    let content = Content::from(event);
    let news = News {
        agency: event.key.agency.name(),
        application: event.application.as_str(),
        content: &content,
    };
    let text = catalog.compose(news, Language::UzLatn);
    text.expect("samples have texts").text
}
