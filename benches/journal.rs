//! What the journal costs, through its trait only: a beat that accepts 500 messages, submits the
//! 500 before and settles the 500 before those; and the facts on 500 events, new and known.
//!
//! Beside: as many octets appended to a file and synced, which is what durability alone costs.
//!
//! `cargo bench --bench journal`. It measures a disk, so compare within one run only. How the cost
//! grows with the number of messages is for `examples/journal_cost.rs`.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use xabar::clock::instant;
use xabar::journal::{
    self, Ask, Awaiting, Changes, Journal, Location, Message, Outgoing, Phase, Segment,
    SubscriberFacts, ThreadFacts, Told,
};
use xabar_events::State;

#[allow(dead_code, reason = "it serves other benchmarks too")]
#[path = "parts/sample.rs"]
mod sample;

criterion_main!(benches);
criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = beats, facts, synced
}

/// Messages in a beat.
const BATCH: u64 = 500;

fn beats(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("journal");
    group.throughput(Throughput::Elements(BATCH));
    let folder = Folder::new();
    let mut life = Life::new(folder.journal());
    group.bench_function("accept, submit and settle 500", |bencher| {
        bencher.iter_custom(|beats| (0..beats).map(|_| life.beat()).sum());
    });
    group.finish();
}

fn facts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("journal facts");
    group.throughput(Throughput::Elements(BATCH));
    let folder = Folder::new();
    let mut life = Life::new(folder.journal());
    for _ in 0..20 {
        life.beat();
    }
    let known: Vec<_> = (1..=BATCH).map(sample::message).collect();
    let new: Vec<_> = (1..=BATCH)
        .map(|number| sample::message(1_000_000 + number))
        .collect();
    for (name, messages) in [("on 500 new events", new), ("on 500 known events", known)] {
        let asks = asks(&messages);
        group.bench_function(name, |bencher| {
            bencher.iter(|| life.journal.facts(&asks).expect("it answers"));
        });
    }
    group.finish();
}

fn synced(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("journal, beside");
    group.throughput(Throughput::Elements(BATCH));
    let folder = Folder::new();
    let mut file = File::create(folder.path.join("octets")).expect("it can be made");
    let octets = vec![7; 1000 * usize::try_from(BATCH).expect("it is small")];
    group.bench_function("1000 octets a message, synced", |bencher| {
        bencher.iter(|| {
            file.write_all(&octets).expect("there is room");
            file.sync_data().expect("there is a disk");
        });
    });
    group.finish();
}

/// A journal under load.
struct Life {
    journal: Box<dyn Journal>,
    accepted: u64,
    told: u64,
    submitted: Vec<Message>,
    settled: Vec<Message>,
}

impl Life {
    fn new(journal: Box<dyn Journal>) -> Self {
        Self {
            journal,
            accepted: 0,
            told: 0,
            submitted: Vec::new(),
            settled: Vec::new(),
        }
    }

    /// One beat; gives how long it took to commit it.
    fn beat(&mut self) -> Duration {
        let mut changes = self.changes();
        let accepted = changes.accepted.clone();
        let start = instant();
        self.journal.commit(&mut changes).expect("there is room");
        let took = instant() - start;
        self.accepted += BATCH;
        self.told += u64::try_from(changes.outgoing.len()).expect("it is small");
        self.settled = std::mem::replace(&mut self.submitted, accepted);
        took
    }

    fn changes(&mut self) -> Changes {
        let numbers = self.accepted + 1..=self.accepted + BATCH;
        let accepted: Vec<_> = numbers
            .map(sample::message)
            .map(|message| step(message, Phase::InFlight, State::Accepted, Segment::Sent))
            .collect();
        let stepped = |messages: &[Message], phase, state, segment| -> Vec<_> {
            let messages = messages.iter().cloned();
            messages
                .map(|message| step(message, phase, state, segment))
                .collect()
        };
        let (phase, state) = (Phase::Submitted, State::Submitted);
        self.submitted = stepped(&self.submitted, phase, state, Segment::Accepted);
        let (phase, state) = (Phase::Settled, State::Delivered);
        self.settled = stepped(&self.settled, phase, state, Segment::Delivered);
        let all = || accepted.iter().chain(&self.submitted).chain(&self.settled);
        Changes {
            at: sample::START,
            progressed: self
                .submitted
                .iter()
                .chain(&self.settled)
                .cloned()
                .collect(),
            threads: accepted.iter().map(thread).collect(),
            subscribers: self.submitted.iter().map(subscriber).collect(),
            awaiting: self.submitted.iter().map(awaiting).collect(),
            outgoing: (self.told + 1..).zip(all()).map(outgoing).collect(),
            published: Some(self.told),
            accepted: accepted.clone(),
            ..Changes::default()
        }
    }
}

fn asks(messages: &[Message]) -> Vec<Ask<'_>> {
    let asks = messages.iter().map(|message| Ask {
        key: &message.key,
        about: Some((message.thread, message.msisdn)),
    });
    asks.collect()
}

fn step(mut message: Message, phase: Phase, state: State, segment: Segment) -> Message {
    message.progress.phase = phase;
    message.progress.attempt.attempts = 1;
    message.progress.attempt.segments = vec![segment];
    let text = "Arizangiz 48120973 ma'qullandi. Yunusobod DXM, 01.12.2026 gacha. my.gov.uz";
    message.progress.attempt.text = (phase != Phase::Settled).then(|| text.into());
    message.progress.history.push(Told {
        state,
        reason: None,
        at: sample::START,
        until: None,
        code: None,
        by: None,
        attempted: None,
    });
    message
}

fn thread(message: &Message) -> (journal::ThreadKey, ThreadFacts) {
    let facts = ThreadFacts {
        attempted: Some(message.order()),
        waiting: 0,
    };
    (message.thread, facts)
}

fn subscriber(message: &Message) -> (xabar_events::Msisdn, SubscriberFacts) {
    let submitted = vec![sample::START];
    (message.msisdn, SubscriberFacts { submitted })
}

fn awaiting(message: &Message) -> Awaiting {
    Awaiting {
        operator: sample::OPERATOR,
        smsc_id: format!("{:X}", 0x1000_0000 + message.id.0).into(),
        message: message.id,
        segment: 0,
        at: sample::START,
    }
}

fn outgoing((number, message): (u64, &Message)) -> Outgoing {
    let last = u32::try_from(message.progress.history.len()).expect("it is short");
    Outgoing::of(message, number, last).expect("it has a history")
}

/// A folder of its own, gone at the end.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let (process, number) = (std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(format!("xabar-bench-{process}-{number}"));
        std::fs::create_dir_all(&path).expect("it can be made");
        Self { path }
    }

    fn journal(&self) -> Box<dyn Journal> {
        let location = Location::Sqlite(self.path.join("xabar.db"));
        journal::open(&location).expect("it opens")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind is for whoever tidies up the temporary folder.
        drop(std::fs::remove_dir_all(&self.path));
    }
}
