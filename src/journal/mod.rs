//! The memory of the gateway: what was accepted, how far each message has come, and what
//! is still to be told.
//!
//! Decisions are made elsewhere. The pipeline asks for the facts that bear on them, decides, and
//! hands all [`Changes`] of one beat over in one piece, which becomes one transaction.
//! Only after it is committed are events acknowledged and PDUs written.

mod choices;
#[cfg(test)]
mod conformance;
mod hash;
mod lane;
mod location;
mod lock;
mod message;
pub mod model;
#[cfg(test)]
pub(crate) mod sample;
pub mod sqlite;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use xabar_events::{EventKey, Msisdn};

pub use choices::Choices;
pub(crate) use hash::hash;
pub use lane::Lane;
pub use location::{Location, NoLocation};
pub use message::{
    AgencyKey, Attempt, Attempted, Content, Copies, Fruitless, Identity, Limited, Message,
    MessageId, OperatorId, Origin, Phase, Progress, Segment, SpreadKey, ThreadKey, ThreadOrder,
    Told, Undelivered,
};

use crate::clock::{UnixMillis, WallTimes};

/// Opens a journal for writing. Only one gateway can.
///
/// # Errors
/// If another has it, or it cannot be used.
pub fn open(location: &Location) -> Result<Box<dyn Journal>, JournalError> {
    match location {
        Location::Sqlite(path) => Ok(Box::new(sqlite::open(path)?)),
    }
}

/// The same of a journal that is there; none is made.
///
/// # Errors
/// As of [`open`], and if there is none.
pub fn open_existing(location: &Location) -> Result<Box<dyn Journal>, JournalError> {
    match location {
        Location::Sqlite(path) if !path.exists() => Err(JournalError::missing(path)),
        Location::Sqlite(_) => open(location),
    }
}

/// Opens a journal for reading, whether or not a gateway runs on it.
///
/// # Errors
/// If there is none, or it cannot be read.
pub fn open_reader(location: &Location) -> Result<Box<dyn Reader>, JournalError> {
    match location {
        Location::Sqlite(path) => Ok(Box::new(sqlite::open_reader(path)?)),
    }
}

/// The durable store as the pipeline sees it. One thread calls it; calls block.
///
/// Wherever a limit is given, more may be there: ask again.
pub trait Journal: Send + std::fmt::Debug {
    /// What the journal holds that outlives a restart in summary.
    fn start(&mut self) -> Result<Start, JournalError>;

    /// The journal's name for an operator, made on first use.
    fn operator(&mut self, name: &str) -> Result<OperatorId, JournalError>;

    /// How much agencies have used of their daily quotas.
    fn used(&mut self) -> Result<BTreeMap<AgencyKey, Used>, JournalError>;

    /// How far the times of campaigns are dealt out.
    fn dealt(&mut self) -> Result<BTreeMap<SpreadKey, Dealt>, JournalError>;

    /// What is known that bears on each new event, in the order asked.
    fn facts(&mut self, asks: &[Ask<'_>]) -> Result<Vec<Facts>, JournalError>;

    /// Waiting messages of a queue that are due, in order of (due, id), after the cursor.
    fn due(
        &mut self,
        queue: Queue,
        after: Cursor,
        now: UnixMillis,
        limit: usize,
    ) -> Result<Vec<Arrival>, JournalError>;

    /// When the first message of a queue after the cursor is due.
    fn next_due(&mut self, queue: Queue, after: Cursor)
    -> Result<Option<UnixMillis>, JournalError>;

    /// The queues in which something waits, whether or not their operator is configured.
    fn queues(&mut self) -> Result<Vec<Queue>, JournalError>;

    /// The newest messages of a thread that wait, oldest first. Of a thread with very many some may be left out.
    fn siblings(&mut self, thread: ThreadKey) -> Result<Vec<Message>, JournalError>;

    /// Waiting messages whose `expires` is at or before this wall time, soonest first.
    fn expired(&mut self, wall: UnixMillis, limit: usize) -> Result<Vec<Message>, JournalError>;

    /// Messages with an attempt that has no result, for the start.
    fn in_flight(&mut self) -> Result<Vec<Message>, JournalError>;

    /// How many messages [wait to be repeated](Message::waits_uncertain). It is kept as a count: there is nothing to look through.
    fn uncertain(&mut self) -> Result<u64, JournalError>;

    /// Segments that this operator accepted under one of these ids, whether or not their receipts have come, each
    /// with its message: of the newest [`MOST_USES`] of an id those that may be meant, for which [`MOST_READ`] messages
    /// are read at most. Once one surely is meant, those before it may be left out.
    fn awaiting(
        &mut self,
        operator: OperatorId,
        smsc_ids: &[&str],
        meant: &Meant<'_>,
    ) -> Result<Vec<(Awaiting, Message)>, JournalError>;

    /// Receipts held for this operator under one of these ids, the newest [`MOST_READ`] of each, with their numbers.
    fn held(
        &mut self,
        operator: OperatorId,
        smsc_ids: &[&str],
    ) -> Result<Vec<(u64, HeldReceipt)>, JournalError>;

    /// Receipts held for this operator that name a subscriber with these last digits, each with its number.
    fn held_for(
        &mut self,
        operator: OperatorId,
        last_digits: u32,
    ) -> Result<Vec<(u64, HeldReceipt)>, JournalError>;

    /// Messages that have been submitted since this steady time or longer, oldest first, after the place.
    fn unreceipted(
        &mut self,
        after: SubmittedPlace,
        before: UnixMillis,
        limit: usize,
    ) -> Result<Vec<(SubmittedPlace, Message)>, JournalError>;

    /// One message, whatever its phase.
    fn message(&mut self, id: MessageId) -> Result<Option<Message>, JournalError>;

    /// What a subscriber has chosen. Costs next to nothing for the many who have chosen nothing.
    fn choices(&mut self, msisdn: Msisdn) -> Result<Choices, JournalError>;

    /// The newest messages to a subscriber, newest first. Dear: for what citizens ask, not for every message.
    fn newest_to(&mut self, msisdn: Msisdn, limit: usize) -> Result<Vec<Message>, JournalError>;

    /// Makes all changes durable, or none of them. Takes what it keeps out of them; if it fails they are as they were,
    /// and may be tried again.
    fn commit(&mut self, changes: &mut Changes) -> Result<(), JournalError>;

    /// Drops of some messages settled at or before this steady time by which their subscribers can be called and what they
    /// said; they are [veiled](Message::veiled) from then on. Whether there are more.
    fn purge(&mut self, settled_before: UnixMillis, limit: usize) -> Result<bool, JournalError>;

    /// Drops all by which a subscriber can be called, and what was said to them, but for opt-outs; unless a message is under way.
    /// `last_digits` are those by which held receipts are found.
    fn erase(&mut self, msisdn: Msisdn, last_digits: u32) -> Result<Erased, JournalError>;

    /// Forgets some messages settled at or before this steady time, with their keys; says how many.
    /// Some keys withdrawn then go too.
    fn forget(&mut self, settled_before: UnixMillis, limit: usize) -> Result<usize, JournalError>;

    /// Drops some receipts held since this steady time or longer, oldest first; says how many.
    fn forget_held(&mut self, before: UnixMillis, limit: usize) -> Result<usize, JournalError>;

    /// A second way in, for reading beside the writer.
    fn reader(&self) -> Result<Box<dyn Reader>, JournalError>;
}

/// Reads beside the writer: what people ask, and what is still to be published.
pub trait Reader: Send {
    /// Outcomes not yet published, in order, after `after`.
    fn outbox(&mut self, after: u64, limit: usize) -> Result<Vec<Outgoing>, JournalError>;

    /// One message.
    fn message(&mut self, id: MessageId) -> Result<Option<Message>, JournalError>;

    /// Messages that answer a question, oldest first.
    fn find(&mut self, question: &Question, limit: usize) -> Result<Vec<Message>, JournalError>;

    /// How many messages were accepted, wait and are settled, by agency. Those forgotten count too.
    fn books(&mut self) -> Result<Vec<Books>, JournalError>;

    /// Shows every message that is held, once, in the order of their ids, and says what the books have at the same moment:
    /// of one day of acceptance, or of all. It takes a while.
    fn balance(
        &mut self,
        day: Option<i64>,
        each: &mut dyn FnMut(Message),
    ) -> Result<Vec<Books>, JournalError>;

    /// Shows what waits, and of what was accepted since this steady time at most the newest ones up to a number; each once, in
    /// the order of their ids, until it is enough.
    fn traffic(
        &mut self,
        since: UnixMillis,
        most: u64,
        each: &mut dyn FnMut(Message) -> ControlFlow<()>,
    ) -> Result<(), JournalError>;

    /// What the wall clock read at the times of the journal.
    fn wall_times(&mut self) -> Result<WallTimes, JournalError>;

    /// The largest message id ever given.
    fn last_message(&mut self) -> Result<u64, JournalError>;

    /// The segments that an operator accepted, by what it calls them: for each question the first of its ids that is known.
    fn accepted_as(
        &mut self,
        questions: &[(OperatorId, Vec<String>)],
    ) -> Result<Vec<Option<Awaiting>>, JournalError>;

    /// What a subscriber has chosen.
    fn choices(&mut self, msisdn: Msisdn) -> Result<Choices, JournalError>;

    /// When messages were submitted to a subscriber, as far as that is kept for the limits.
    fn submitted_to(&mut self, msisdn: Msisdn) -> Result<SubscriberFacts, JournalError>;

    /// The receipts that are held and name a subscriber; `last_digits` are those by which they are found.
    fn held_of(
        &mut self,
        msisdn: Msisdn,
        last_digits: u32,
    ) -> Result<Vec<HeldReceipt>, JournalError>;

    /// How many messages wait to be submitted.
    fn backlog(&mut self) -> Result<Backlog, JournalError>;

    /// The configured name of an operator.
    fn operator_name(&mut self, id: OperatorId) -> Result<Option<String>, JournalError>;
}

/// What a gateway needs to know of its past.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// The largest message id ever given.
    pub last_message: u64,
    /// The largest outbox number ever given.
    pub last_outgoing: u64,
    /// The largest number ever given to a held receipt.
    pub last_held: u64,
    /// How many receipts are held.
    pub held: u64,
    /// The latest steady time in the journal.
    pub latest: UnixMillis,
    /// The rules by which all that waits was put off, as [`Changes::judged_by`] said last, if it did.
    pub judged_by: Option<i64>,
    /// By how many milliseconds the wall clock was ahead of the steady one then, likewise.
    pub ahead: Option<i64>,
}

/// A question before an event is accepted.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    pub key: &'a EventKey,
    /// The thread and the subscriber, where they matter.
    pub about: Option<(ThreadKey, Msisdn)>,
}

/// What the journal knows that bears on a new event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The message that this event became before.
    pub duplicate_of: Option<MessageId>,
    /// Its agency withdrew it before it came.
    pub cancelled: bool,
    pub thread: ThreadFacts,
    pub subscriber: SubscriberFacts,
}

/// What is kept of a thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThreadFacts {
    /// The newest status that was attempted: nothing older goes out any more.
    pub attempted: Option<ThreadOrder>,
    /// How many of its messages wait.
    pub waiting: u32,
}

/// What is kept of a subscriber: when messages were submitted to them, oldest first, on the steady clock.
/// As many as the largest configured limit has to look back on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriberFacts {
    pub submitted: Vec<UnixMillis>,
}

/// What became of an agency's daily quota on its day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// When the day began, wall time.
    pub day: UnixMillis,
    /// How many messages were submitted.
    pub messages: u32,
    /// Those that were put off, by lane.
    pub normal: Places,
    pub bulk: Places,
    /// How many of its campaigns have times on that day and on each after it, and have not gone.
    pub campaigns: Vec<u32>,
    /// Which of these days had no room for some of them, whose times are later ones for that, or that have none.
    pub full: Vec<bool>,
}

/// The places that were given to those that wait for an agency's quota.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Of the day that is counted.
    pub today: OnDay,
    /// Of the day after it.
    pub next: OnDay,
}

/// The places of one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OnDay {
    /// The last that was given, on the steady clock.
    pub last: UnixMillis,
    /// How many have one that has not come yet.
    pub waiting: u32,
}

/// How far the times of a campaign are dealt out, on the steady clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dealt {
    /// When the next message would go if none waited: the theoretical arrival of its GCRA.
    pub arrival: UnixMillis,
    /// The last time that a message was given.
    pub last: UnixMillis,
    /// The last one that was given to a message which had missed its own.
    pub late: UnixMillis,
    /// That message's own.
    pub own: UnixMillis,
}

/// A waiting message with what bears on when it may go.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrival {
    pub message: Message,
    pub thread: ThreadFacts,
    pub subscriber: SubscriberFacts,
}

/// Where a message waits: an agency's part of one operator's lane, so that none waits behind another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Queue {
    pub operator: OperatorId,
    pub lane: Lane,
    pub agency: AgencyKey,
}

/// How far a queue was read: (due, id) of the last message taken from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    pub due: UnixMillis,
    pub id: u64,
}

/// A message's place among those that await receipts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SubmittedPlace {
    /// Since when it is submitted, on the steady clock.
    pub since: UnixMillis,
    pub id: MessageId,
}

/// A segment that the operator accepted under an id of its own; it is known by that as long as its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaiting {
    pub operator: OperatorId,
    /// Upper case, without leading zeros.
    pub smsc_id: Box<str>,
    pub message: MessageId,
    /// From 0.
    pub segment: u8,
    /// When it was accepted, on the steady clock.
    pub at: UnixMillis,
}

/// What a receipt may be of, among all that was accepted under its id.
#[derive(Clone, Copy)]
pub struct Meant<'a> {
    /// Whether it may be of a message to this subscriber.
    pub is_to: &'a dyn Fn(Msisdn) -> bool,
    /// Whether it surely is of this segment, unless it is of another one of these days.
    pub is_it: &'a dyn Fn(&Awaiting, &Message) -> bool,
}

impl Meant<'_> {
    /// All that was accepted under it.
    pub const ANY: Meant<'static> = Meant {
        is_to: &|_| true,
        is_it: &|_, _| false,
    };
}

/// So many uses of an id are looked at, the newest: ids come again after a while, and what went out under one long ago is settled.
/// An operator that gives one id all the time must not make each receipt dearer than the last.
pub const MOST_USES: usize = 256;

/// So many messages, or held receipts, are read for one id: a counter of 16 bits has come round as often after two million messages.
pub const MOST_READ: usize = 32;

/// A receipt that matches no segment yet: it may have overtaken the response that names its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldReceipt {
    pub operator: OperatorId,
    /// Upper case, without leading zeros.
    pub smsc_id: Box<str>,
    /// The last digits of the subscriber's number, as many as are compared.
    pub last_digits: u32,
    /// When it came, on the steady clock.
    pub at: UnixMillis,
    /// The PDU as it came.
    pub octets: bytes::Bytes,
}

impl HeldReceipt {
    /// Whether the number of this subscriber is in it: others' may have the same last digits.
    pub(crate) fn names(&self, msisdn: Msisdn) -> bool {
        let digits = msisdn.digits();
        let mut windows = self.octets.windows(digits.len());
        windows.any(|it| it == digits.as_bytes())
    }
}

/// An outcome on its way to its agency: what a message's history says in one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// Rises by one with each.
    pub number: u64,
    pub identity: Arc<Identity>,
    /// Its place in the history, from 1.
    pub sequence: u32,
    pub told: Told,
}

impl Outgoing {
    /// The entry of this sequence in a message's history, if it has that many.
    pub fn of(message: &Message, number: u64, sequence: u32) -> Option<Self> {
        let index = usize::try_from(sequence).ok()?.checked_sub(1)?;
        Some(Self {
            number,
            identity: Arc::clone(&message.origin().identity),
            sequence,
            told: message.progress.history.get(index)?.clone(),
        })
    }

    /// The name of the agency that it goes to.
    pub fn agency(&self) -> &str {
        self.identity.key.agency.name()
    }
}

/// All that one beat of the pipeline changed.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The steady time of the beat.
    pub at: UnixMillis,
    /// New messages, as they stand after the beat.
    pub accepted: Vec<Message>,
    /// Messages known before whose progress changed.
    pub progressed: Vec<Message>,
    /// Keys withdrawn before their event came.
    pub cancelled: Vec<EventKey>,
    pub threads: Vec<(ThreadKey, ThreadFacts)>,
    pub subscribers: Vec<(Msisdn, SubscriberFacts)>,
    pub used: Vec<(AgencyKey, Used)>,
    pub dealt: Vec<(SpreadKey, Dealt)>,
    /// A hash of the rules by which all that waits is put off now; 0 while some of it is not yet.
    pub judged_by: Option<i64>,
    /// By how many milliseconds the wall clock is ahead of the steady one, where that has changed.
    pub ahead: Option<i64>,
    /// What subscribers have chosen from now on.
    pub choices: Vec<(Msisdn, Choices)>,
    /// Segments that were accepted, and await receipts.
    pub awaiting: Vec<Awaiting>,
    /// Receipts that match nothing yet, each with its number.
    pub held: Vec<(u64, HeldReceipt)>,
    /// Numbers of held receipts that are matched now, or too old.
    pub released: Vec<u64>,
    pub outgoing: Vec<Outgoing>,
    /// Outcomes up to this number are published.
    pub published: Option<u64>,
}

impl Changes {
    /// Whether there is nothing to be made durable.
    pub fn is_empty(&self) -> bool {
        self.accepted.is_empty()
            && self.progressed.is_empty()
            && self.cancelled.is_empty()
            && self.threads.is_empty()
            && self.subscribers.is_empty()
            && self.used.is_empty()
            && self.dealt.is_empty()
            && self.judged_by.is_none()
            && self.ahead.is_none()
            && self.choices.is_empty()
            && self.awaiting.is_empty()
            && self.held.is_empty()
            && self.released.is_empty()
            && self.outgoing.is_empty()
            && self.published.is_none()
    }
}

/// What a person asks for.
#[derive(Clone, Debug, Default)]
pub struct Question {
    pub event: Option<String>,
    pub application: Option<String>,
    pub msisdn: Option<Msisdn>,
    pub state: Option<xabar_events::State>,
    /// Of this agency only.
    pub agency: Option<xabar_events::Agency>,
}

/// One agency's books; they balance: accepted = waiting + settled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books {
    pub agency: String,
    pub accepted: u64,
    pub waiting: u64,
    /// Those of them that their operators took: only what became of them is waited for.
    pub submitted: u64,
    /// Those of them that were deferred, by the reason that was told last.
    pub deferred: Vec<(xabar_events::Reason, u64)>,
    pub settled: Vec<(xabar_events::State, u64)>,
}

/// The messages that wait to be submitted, of all agencies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    pub messages: u64,
    /// Those of them that were deferred, by the reason that was told last. Some may wait for their turn only by now.
    pub deferred: BTreeMap<xabar_events::Reason, u64>,
}

/// What was erased of a subscriber.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Messages of which nothing is left by which they could be called.
    pub messages: usize,
    /// Messages that wait, or await their receipts: with any, nothing is erased.
    pub under_way: usize,
}

/// Why the journal does not answer.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// There is nothing to read.
    #[error(
        "there is no journal at {path}; the gateway makes it when it first runs, and a relative path in `journal.url` counts \
         from the working directory: give this command the gateway's"
    )]
    Missing { path: PathBuf },
    /// Another gateway works on it.
    #[error(
        "the journal {path} is in use by {holder}; stop it first, or give this one a journal of its own"
    )]
    InUse { path: PathBuf, holder: String },
    /// It was written by a later version.
    #[error(
        "the journal has schema version {found}, this program knows versions up to {known}; run the newer program"
    )]
    TooNew { found: u32, known: u32 },
    /// The disk is full: nothing is lost, and the same changes may be tried again.
    #[error("no space left for the journal {0}; free some, the gateway goes on by itself")]
    Full(PathBuf),
    /// A file or folder cannot be used.
    #[error("{path} cannot be used as a journal")]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    /// What is stored makes no sense.
    #[error("the journal holds {what} that cannot be read")]
    Corrupt { what: &'static str },
    /// What is to be written contradicts what is stored: the caller is wrong.
    #[error("the journal refuses {what}")]
    Refused { what: &'static str },
    /// The database refused.
    #[error("the journal's database refused")]
    Database(#[from] rusqlite::Error),
}

impl JournalError {
    /// Of a path that is told in full, so that a wrong working directory shows.
    pub(crate) fn missing(path: &Path) -> Self {
        Self::Missing {
            path: std::path::absolute(path).unwrap_or_else(|_| path.into()),
        }
    }
}
