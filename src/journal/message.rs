//! A message as the journal knows it: what was asked, and how far it has come.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use xabar_events::{EventKey, Language, Msisdn, Notification, Reason, State, TraceContext};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::hash::hash;
use super::{Cursor, Lane, Queue};
use crate::clock::UnixMillis;

/// The gateway's name for a message; later ones are larger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub u64);

impl std::fmt::Display for MessageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The journal's name for an operator: what its configured name was first given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperatorId(pub u16);

/// An agency in short: a hash of its name, part of the journal's format. Two of the same hash, which are hardly to
/// be met, would share their turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgencyKey(pub u32);

impl AgencyKey {
    /// Of an agency's name.
    #[expect(clippy::cast_possible_truncation, reason = "half a hash is one, too")]
    pub fn of(name: &str) -> Self {
        Self(xxh3_64(name.as_bytes()) as u32)
    }
}

/// A campaign whose messages are spread over hours: a hash of its agency and service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpreadKey(pub u32);

impl SpreadKey {
    /// Of an agency's service; `None`: of all its services together that are not named.
    #[expect(clippy::cast_possible_truncation, reason = "half a hash is one, too")]
    pub fn of(agency: AgencyKey, service: Option<&str>) -> Self {
        let service = service.unwrap_or_default().as_bytes();
        Self(xxh3_64_with_seed(service, agency.0.into()) as u32)
    }
}

/// What one citizen hears of one application: a hash of source, subject and MSISDN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadKey(pub u64);

impl ThreadKey {
    /// Part of the journal's format.
    pub fn of(agency: &str, application: &str, msisdn: Msisdn) -> Self {
        let msisdn = msisdn.as_u64().to_be_bytes();
        let pieces: [&[u8]; 5] = [
            agency.as_bytes(),
            &[0],
            application.as_bytes(),
            &[0],
            &msisdn,
        ];
        Self(hash(0, &pieces))
    }
}

/// The place of a status in its thread: by the time the agency gave it, then by arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ThreadOrder {
    /// When the status changed.
    pub time: UnixMillis,
    /// Which of two with the same time came first.
    pub id: MessageId,
}

/// A message: what was asked, which never changes and is shared, and how far it has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    origin: Arc<Origin>,
    pub progress: Progress,
}

/// What a message is called, here and by its agency: all that its outcomes say of what was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    pub id: MessageId,
    pub key: EventKey,
    /// The application's number, the event's `subject`.
    pub application: Box<str>,
    /// The trace that the event is of, which its outcomes hand on.
    pub trace: Option<Box<TraceContext>>,
}

/// What was asked, as it stood when it was accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    pub identity: Arc<Identity>,
    pub msisdn: Msisdn,
    pub thread: ThreadKey,
    pub lane: Lane,
    /// When the status changed, never more than five minutes after it was accepted.
    pub time: UnixMillis,
    /// On the steady clock.
    pub accepted_at: UnixMillis,
    /// Not before this wall time.
    pub not_before: Option<UnixMillis>,
    /// Not after this wall time.
    pub expires: UnixMillis,
    pub content: Content,
}

impl Message {
    pub fn new(origin: Origin, progress: Progress) -> Self {
        Self::of(Arc::new(origin), progress)
    }

    /// The message of which this was asked.
    pub fn of(origin: Arc<Origin>, progress: Progress) -> Self {
        Self { origin, progress }
    }

    /// What was asked, for whoever needs it longer than the message.
    pub fn origin(&self) -> &Arc<Origin> {
        &self.origin
    }

    /// Whether it waits to be repeated, since its last attempt has no answer.
    pub fn waits_uncertain(&self) -> bool {
        self.progress.phase == Phase::Waiting && self.progress.attempt.is_uncertain()
    }

    /// What is left of it when its time is over: nothing by which its subscriber can be called, and nothing of what it said.
    #[must_use]
    pub fn veiled(&self) -> Self {
        let origin = Origin {
            msisdn: self.msisdn.veiled(),
            content: Content {
                params: Vec::new(),
                extensions: Vec::new(),
                ..self.content.clone()
            },
            ..Origin::clone(&self.origin)
        };
        let mut progress = self.progress.clone();
        progress.attempt.text = None;
        Self::new(origin, progress)
    }

    /// For tests: what was asked, to be asked otherwise.
    #[cfg(test)]
    pub(crate) fn origin_mut(&mut self) -> &mut Origin {
        Arc::make_mut(&mut self.origin)
    }

    /// For tests: what it is called, to be called otherwise.
    #[cfg(test)]
    pub(crate) fn identity_mut(&mut self) -> &mut Identity {
        Arc::make_mut(&mut self.origin_mut().identity)
    }

    /// Where it waits.
    pub fn queue(&self) -> Queue {
        Queue {
            operator: self.progress.operator,
            lane: self.lane,
            agency: self.agency(),
        }
    }

    /// Whose it is.
    pub fn agency(&self) -> AgencyKey {
        AgencyKey::of(self.key.agency.name())
    }

    /// Whether it waits, or was accepted since then and has at least this id.
    pub(super) fn is_traffic(&self, first: MessageId, since: UnixMillis) -> bool {
        let is_new = self.id >= first && self.accepted_at >= since;
        is_new || self.progress.phase == Phase::Waiting
    }

    /// Its place in its queue.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            due: self.progress.due,
            id: self.id.0,
        }
    }
}

impl Deref for Message {
    type Target = Origin;

    fn deref(&self) -> &Origin {
        &self.origin
    }
}

impl Deref for Origin {
    type Target = Identity;

    fn deref(&self) -> &Identity {
        &self.identity
    }
}

impl Origin {
    /// Whether it answers a citizen: no agency asked for it, and none is told of it.
    pub fn is_answer(&self) -> bool {
        self.lane == Lane::Answers
    }

    pub fn order(&self) -> ThreadOrder {
        ThreadOrder {
            time: self.time,
            id: self.id,
        }
    }
}

/// What the text is made of.
#[derive(Clone, PartialEq)]
pub struct Content {
    pub service: Box<str>,
    pub status: Box<str>,
    pub language: Option<Language>,
    pub params: Vec<(Box<str>, Box<str>)>,
    pub legal: bool,
    /// The event's other CloudEvents extension attributes.
    pub extensions: Vec<(Box<str>, Box<str>)>,
}

/// Tells how many values there are, not what they say: they are the citizen's.
impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Content")
            .field("service", &self.service)
            .field("status", &self.status)
            .field("language", &self.language)
            .field("params", &self.params.len())
            .field("legal", &self.legal)
            .field("extensions", &self.extensions.len())
            .finish()
    }
}

/// Of an event that stays; what comes in gives away what it has instead.
impl From<&Notification> for Content {
    fn from(event: &Notification) -> Self {
        Self {
            service: event.service.as_str().into(),
            status: event.status.as_str().into(),
            language: event.language,
            params: event.params.clone().into(),
            legal: event.legal,
            extensions: event.extensions.clone().into(),
        }
    }
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Waits until it is due and its turn comes.
    Waiting,
    /// Has an attempt without a result; after a crash such an attempt is uncertain.
    InFlight,
    /// Every segment was accepted by the operator; its receipts are awaited.
    Submitted,
    /// Its fate is told.
    Settled,
}

/// The part of a message that changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    pub phase: Phase,
    /// Whose queue it stands in, or who carries it.
    pub operator: OperatorId,
    /// While it waits: when to look at it again, on the steady clock.
    pub due: UnixMillis,
    /// The last time that its campaign dealt out to it, on the steady clock, if any.
    pub dealt: Option<UnixMillis>,
    pub attempt: Attempt,
    /// What was told of it, oldest first; the n-th has `sequence` n.
    pub history: Vec<Told>,
}

impl Progress {
    /// How it was not delivered, as long as the other operator that is to try it was given nothing of it.
    pub fn undelivered(&self) -> Option<&Undelivered> {
        let undelivered = self.attempt.undelivered.as_ref();
        undelivered.filter(|first| self.attempt.attempts <= first.attempts)
    }

    /// What was tried so far, if anything, as far as agencies are told.
    pub fn attempted(&self) -> Option<Attempted> {
        let first = self.undelivered().map(|first| first.operator);
        (self.attempt.attempts > 0).then(|| Attempted {
            operator: first.unwrap_or(self.operator),
            segments: u8::try_from(self.attempt.segments.len()).unwrap_or(u8::MAX),
            attempts: self.attempt.attempts,
            repeats: self.attempt.repeats,
        })
    }
}

/// What was tried so far.
#[derive(Clone, Default, PartialEq)]
pub struct Attempt {
    /// Submissions begun, the first included.
    pub attempts: u16,
    /// Submissions begun although an earlier one may have reached the subscriber.
    pub repeats: u16,
    /// Of these, those that were refused for what is no fault of the message's (throttling, a lost bind), or in which
    /// nothing was refused but a segment came back unwritten: they use up no attempt.
    pub uncounted: u16,
    /// How many of the last ones, in a row, were throttled.
    pub throttled: u16,
    /// How many of the last ones, in a row, met a session that was not bound.
    pub unbound: u16,
    /// How many submissions of each segment have no answer and will get none: they may have reached the subscriber. With fewer
    /// entries than segments where the others have none.
    pub unanswered: Vec<u8>,
    /// An operator took all of it and did not deliver it; another one tries, which is a repeat, or may once no segment is known
    /// to have arrived.
    pub undelivered: Option<Undelivered>,
    /// The agency withdrew the event after the first submission: there must be no other.
    pub withdrawn: bool,
    /// The first one was pushed to the phone's screen by USSD, as if it were one segment.
    pub pushed: bool,
    /// The operator refused the alphabet in which it went out: it goes in UCS-2, whatever its letters.
    pub in_ucs2: bool,
    /// When the last one was begun, on the steady clock.
    pub at: UnixMillis,
    /// The concatenation reference of all its segments, from which the `user_message_reference` of each comes.
    pub reference: u16,
    /// The text as composed, kept from the first attempt on if it has several segments, so that a
    /// retry of some belongs to the same text as those that were accepted before.
    pub text: Option<Box<str>>,
    /// One entry a segment; empty before the first attempt.
    pub segments: Vec<Segment>,
    /// The operator's names of the segments as it gave them, as far as it may have to be asked for their fate, or they are
    /// awaited in another form; with fewer entries than segments, or empty ones, where not.
    pub smsc_ids: Vec<Box<str>>,
    /// Segments of which the operator took several copies.
    pub copies: Vec<Copies>,
    /// The last ones that came to nothing, the oldest first: for whoever asks, for receipts that may be of one of them, and to know
    /// whether the operator for which the message waits has begun it.
    pub fruitless: Vec<Fruitless>,
}

/// More attempts that came to nothing are not remembered one by one. By the usual policy there are fewer.
const MOST_FRUITLESS: usize = 8;

impl Attempt {
    /// Notes that the last one came to nothing.
    pub fn was_fruitless(&mut self, fruitless: Fruitless) {
        if self.fruitless.len() >= MOST_FRUITLESS {
            self.fruitless.remove(0);
        }
        self.fruitless.push(fruitless);
    }

    /// Whether the operator took any segment.
    pub fn has_reached(&self) -> bool {
        let mut segments = self.segments.iter();
        segments.any(|segment| !matches!(segment, Segment::Waiting | Segment::Sent))
    }

    /// Whether a segment may have reached the subscriber of which the operator said nothing.
    pub fn is_uncertain(&self) -> bool {
        self.most_unanswered() > 0
    }

    /// How many submissions without an answer there are of the segment that has most of them, among those that are to be sent.
    pub fn most_unanswered(&self) -> u8 {
        let segments = self.unanswered.iter().zip(&self.segments);
        let waiting = segments.filter(|(_, segment)| **segment == Segment::Waiting);
        waiting.map(|(times, _)| *times).max().unwrap_or(0)
    }

    /// Whether a submission of this segment has no answer.
    pub fn is_unanswered(&self, segment: u8) -> bool {
        let times = self.unanswered.get(usize::from(segment));
        times.is_some_and(|times| *times > 0)
    }

    /// Notes that the last submission of this segment has no answer.
    pub fn was_unanswered(&mut self, segment: u8) {
        let place = usize::from(segment);
        if self.unanswered.len() <= place {
            self.unanswered.resize(place + 1, 0);
        }
        if let Some(times) = self.unanswered.get_mut(place) {
            *times = times.saturating_add(1);
        }
    }

    /// Whether the last one was a push to the phone's screen.
    pub fn is_push(&self) -> bool {
        self.pushed && self.attempts == 1
    }
}

/// Tells how long the text is, not what it says: it is the citizen's.
impl std::fmt::Debug for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            attempts,
            repeats,
            uncounted,
            throttled,
            unbound,
            unanswered,
            undelivered,
            withdrawn,
            pushed,
            in_ucs2,
            at,
            reference,
            text,
            segments,
            smsc_ids,
            copies,
            fruitless,
        } = self;
        f.debug_struct("Attempt")
            .field("attempts", attempts)
            .field("repeats", repeats)
            .field("uncounted", uncounted)
            .field("throttled", throttled)
            .field("unbound", unbound)
            .field("unanswered", unanswered)
            .field("undelivered", undelivered)
            .field("withdrawn", withdrawn)
            .field("pushed", pushed)
            .field("in_ucs2", in_ucs2)
            .field("at", at)
            .field("reference", reference)
            .field("text", &text.as_ref().map(|text| text.len()))
            .field("segments", segments)
            .field("smsc_ids", smsc_ids)
            .field("copies", copies)
            .field("fruitless", fruitless)
            .finish()
    }
}

/// An attempt that came to nothing, and after which there is to be another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fruitless {
    pub operator: OperatorId,
    /// Which one it was, from 1.
    pub attempt: u16,
    /// When that was known, wall time.
    pub at: UnixMillis,
    /// The status that the operator answered with; `None`: it did not answer in time.
    pub status: Option<u32>,
}

/// What became of a message at the operator that did not deliver it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    pub operator: OperatorId,
    /// Its word.
    pub code: Option<Box<str>>,
    /// The attempts up to then.
    pub attempts: u16,
}

/// Copies of a segment: the answer to one came after the next one was sent. It arrives if any of them does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copies {
    /// From 0.
    pub segment: u8,
    /// How many the operator took besides the one that says how far the segment has come.
    pub others: u8,
    /// The names of those that did not arrive, `OPERATOR/ID`: by the operator's number and its id.
    pub failed: Vec<Box<str>>,
}

/// How far a segment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment {
    /// To be sent.
    Waiting,
    /// Sent, or about to be: its attempt is in the journal, its result is not.
    Sent,
    /// The operator has it.
    Accepted,
    /// The subscriber has it.
    Delivered,
    /// Its fate is final, and it did not arrive.
    Failed,
}

/// A state that was told to the agency, or would have been had it asked for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub state: State,
    pub reason: Option<Reason>,
    /// Wall time.
    pub at: UnixMillis,
    /// While deferred: until when, wall time, where known.
    pub until: Option<UnixMillis>,
    /// The operator's own word: a status, or the receipt's state and error.
    pub code: Option<Box<str>>,
    /// The event that superseded this one.
    pub by: Option<Box<str>>,
    /// What had been tried by then, if anything.
    pub attempted: Option<Attempted>,
    /// The limit that a `subscriber-limit` is about. Seldom there, so it takes little room where it is not.
    pub limit: Option<Box<Limited>>,
}

/// So many messages within so long: a limit that holds a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limited {
    pub messages: u32,
    pub per: Duration,
}

/// What was tried of a message, as far as agencies are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempted {
    pub operator: OperatorId,
    pub segments: u8,
    pub attempts: u16,
    pub repeats: u16,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_text_is_made_of_is_not_in_its_debug_form() {
        let content = Content {
            service: "passport".into(),
            status: "ready".into(),
            language: None,
            params: vec![("name".into(), "Dilnoza".into())],
            legal: false,
            extensions: vec![("partitionkey".into(), "4bf9".into())],
        };
        let shown = format!("{content:?}");
        assert!(shown.contains("passport"), "{shown}");
        for value in ["Dilnoza", "4bf9"] {
            assert!(!shown.contains(value), "{shown}");
        }
    }

    #[test]
    fn the_text_that_is_sent_is_not_in_the_debug_form_of_its_attempt() {
        let attempt = Attempt {
            attempts: 2,
            text: Some("Dilnoza".into()),
            ..Attempt::default()
        };
        let shown = format!("{attempt:?}");
        assert!(shown.contains("attempts: 2"), "{shown}");
        assert!(shown.contains("text: Some(7)"), "{shown}");
        assert!(!shown.contains("Dilnoza"), "{shown}");
    }
}
