//! A journal under load: a beat accepts a batch of messages, submits the one before and settles the one before
//! that, each with its outcome, and asks what the pipeline asks. On the disk of the temporary folder.
//!
//! Runs of its indexes are merged only once there are sixteen chapters, and then beside all else that a message takes. So
//! merging is a part of its own: a journal that long is opened, and what changes in it is little but often.
//!
//! Beside: as many octets appended to a file and synced, which is what durability alone costs.

use std::fs::File;
use std::hint::black_box;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use xabar::journal::{
    self, Ask, Awaiting, Changes, Journal, Location, Meant, Message, Outgoing, Phase, Segment,
    SubscriberFacts, ThreadFacts, Told,
};
use xabar_events::State;

use super::{Part, Room, Run, sample};

pub(crate) const ROOM: Room = Room {
    name: "journal",
    parts: &[
        Part::new("accept, submit and settle", beats).times(BEATS * BATCH),
        Part::new("a small change, while indexes are merged", merging).times(COMMITS * A_COMMIT),
        Part::new("facts on a new event", new).times(BATCH),
        Part::new("facts on a known event", known).times(BATCH),
    ],
    beside: &[Part::new("1000 octets, synced", synced).times(BATCH)],
};

/// Messages in a beat.
const BATCH: u32 = 1000;

/// Some chapters are written out meanwhile.
const BEATS: u32 = 20;

fn beats() -> Run {
    let folder = Folder::new();
    let mut life = Life::new(folder.journal());
    Box::new(move || {
        // It has to live as long as the journal in it.
        let _ = &folder;
        (0..BEATS).for_each(|_| life.beat(BATCH.into()));
    })
}

/// Beats after which an index lacks one or two chapters to be merged.
const UNTIL_MERGED: u32 = 82;

/// Changes that bring these chapters, and after them all slices of the merge.
const COMMITS: u32 = 512;
const A_COMMIT: u32 = 256;

/// Each run has a copy of the same journal.
fn merging() -> Run {
    let folder = Folder::new();
    let mut life = Life::new(folder.journal());
    (0..UNTIL_MERGED).for_each(|_| life.beat(BATCH.into()));
    let changed: Vec<_> = life
        .submitted
        .iter()
        .take(A_COMMIT as usize)
        .cloned()
        .collect();
    drop(life);
    Box::new(move || {
        let copy = folder.copy();
        let mut journal = copy.journal();
        for _ in 0..COMMITS {
            let mut changes = Changes {
                at: sample::START,
                progressed: changed.clone(),
                ..Changes::default()
            };
            journal.commit(&mut changes).expect("there is room");
        }
    })
}

fn new() -> Run {
    facts(1_000_000)
}

fn known() -> Run {
    facts(0)
}

/// On the messages after this one, of which the first ten thousand are known.
fn facts(after: u64) -> Run {
    let folder = Folder::new();
    let mut life = Life::new(folder.journal());
    (0..10).for_each(|_| life.beat(1000));
    let messages: Vec<_> = (1..=u64::from(BATCH))
        .map(|number| sample::message(after + number))
        .collect();
    Box::new(move || {
        let _ = &folder;
        let facts = life.journal.facts(&asks(&messages));
        black_box(facts.expect("it answers"));
    })
}

fn synced() -> Run {
    let folder = Folder::new();
    let mut file = File::create(folder.path.join("octets")).expect("it can be made");
    let octets = vec![7; 1000 * usize::try_from(BATCH).expect("it is small")];
    Box::new(move || {
        let _ = &folder;
        file.write_all(&octets).expect("there is room");
        file.sync_data().expect("there is a disk");
    })
}

/// A journal under load.
pub(crate) struct Life {
    journal: Box<dyn Journal>,
    accepted: u64,
    told: u64,
    submitted: Vec<Message>,
    settled: Vec<Message>,
}

impl Life {
    pub(crate) fn new(journal: Box<dyn Journal>) -> Self {
        Self {
            journal,
            accepted: 0,
            told: 0,
            submitted: Vec::new(),
            settled: Vec::new(),
        }
    }

    /// One beat, which accepts so many.
    pub(crate) fn beat(&mut self, batch: u64) {
        let numbers = self.accepted + 1..=self.accepted + batch;
        let accepted: Vec<_> = numbers
            .map(sample::message)
            .map(|message| step(message, Phase::InFlight, State::Accepted, Segment::Sent))
            .collect();
        self.ask(&accepted);
        let mut changes = self.changes(&accepted);
        self.told += u64::try_from(changes.outgoing.len()).expect("it is small");
        self.journal.commit(&mut changes).expect("there is room");
        self.accepted += batch;
        self.settled = std::mem::replace(&mut self.submitted, accepted);
    }

    /// What is known of the events that came, and which messages the receipts speak of.
    fn ask(&mut self, accepted: &[Message]) {
        let facts = self.journal.facts(&asks(accepted));
        black_box(facts.expect("it answers"));
        for message in &self.settled {
            let id = smsc_id(message);
            let found = self.journal.awaiting(sample::OPERATOR, &[&id], &Meant::ANY);
            assert_eq!(found.expect("it answers").len(), 1, "of {}", message.id);
        }
    }

    fn changes(&mut self, accepted: &[Message]) -> Changes {
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
        let progressed = || self.submitted.iter().chain(&self.settled);
        let all = accepted.iter().chain(progressed());
        Changes {
            at: sample::START,
            progressed: progressed().cloned().collect(),
            threads: accepted.iter().map(thread).collect(),
            subscribers: self.submitted.iter().map(subscriber).collect(),
            awaiting: self.submitted.iter().map(awaiting).collect(),
            outgoing: (self.told + 1..).zip(all).map(outgoing).collect(),
            published: Some(self.told),
            accepted: accepted.to_vec(),
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
    message.progress.history.push(Told {
        state,
        reason: None,
        at: sample::START,
        until: None,
        code: None,
        by: None,
        attempted: None,
        limit: None,
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
        smsc_id: smsc_id(message).into(),
        message: message.id,
        segment: 0,
        at: sample::START,
    }
}

fn smsc_id(message: &Message) -> String {
    format!("{:X}", 0x1000_0000 + message.id.0)
}

fn outgoing((number, message): (u64, &Message)) -> Outgoing {
    let last = u32::try_from(message.progress.history.len()).expect("it is short");
    Outgoing::of(message, number, last).expect("it has a history")
}

/// Where a journal is: a folder of its own, gone at the end.
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let (process, number) = (std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(format!("xabar-journal-{process}-{number}"));
        std::fs::create_dir_all(&path).expect("it can be made");
        Self { path }
    }

    /// Another one, with what the journal has written that is closed here.
    fn copy(&self) -> Self {
        let copy = Self::new();
        std::fs::copy(self.file(), copy.file()).expect("there is room");
        copy
    }

    pub(crate) fn journal(&self) -> Box<dyn Journal> {
        journal::open(&Location::Sqlite(self.file())).expect("it opens")
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.path.join("xabar.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind is for whoever tidies up the temporary folder.
        drop(std::fs::remove_dir_all(&self.path));
    }
}
