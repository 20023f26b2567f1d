//! The sessions as their operator's task holds them.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use bytes::BytesMut;
use rustc_hash::FxHashSet;
use xabar_smpp::link::Link;
use xabar_smpp::session::Requests;

use crate::delivery::inbox::Inbox;
use crate::delivery::silence::Silence;
use crate::delivery::tlvs::Carried;
use crate::delivery::{Answer, SessionKey, Token};

/// One session, or the place where the next one comes.
#[derive(Default)]
pub(super) struct Slot {
    link: Option<Link>,
    /// Counts the sessions of this slot, so that an answer never reaches a later one.
    generation: u32,
    pub(super) carried: Carried,
    /// Encoded, not yet taken by the link.
    pub(super) requests: Requests,
    /// Requests whose response did not come in time; each keeps its place in the window.
    pub(super) timed_out: FxHashSet<Token>,
    pub(super) silence: Silence,
    /// Requests of the other end that wait for their answers.
    pub(super) inbox: Inbox,
    pub(super) leaving: Leaving,
    /// Which of its login's addresses it is at.
    pub(super) place: usize,
    /// Tells the session that its SMSC refuses all.
    pub(super) refusing: Arc<AtomicBool>,
}

/// How far a session is on its way out. It is given nothing more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Leaving {
    #[default]
    No,
    /// It goes elsewhere: to be unbound, when it has answered what it has.
    Elsewhere,
    /// It is of no use: until then it may answer what it has.
    GivenUp(Instant),
    Told,
}

impl Leaving {
    fn deadline(self) -> Option<Instant> {
        match self {
            Self::GivenUp(until) => Some(until),
            Self::No | Self::Elsewhere | Self::Told => None,
        }
    }
}

impl Slot {
    /// A new session takes the place.
    pub(super) fn up(&mut self, link: Link, place: usize) {
        *self = Self {
            link: Some(link),
            place,
            generation: self.generation + 1,
            refusing: Arc::clone(&self.refusing),
            ..Self::default()
        };
    }

    /// The session is gone; gives back what its link never took.
    pub(super) fn closed(&mut self) -> Vec<Token> {
        let untaken = self.requests.tokens().map(Token::from).collect();
        *self = Self {
            generation: self.generation,
            refusing: Arc::clone(&self.refusing),
            ..Self::default()
        };
        untaken
    }

    /// Lets the connection go, which closes it.
    pub(super) fn drop_link(&mut self) {
        self.link = None;
    }

    pub(super) fn is_up(&self) -> bool {
        self.link.is_some()
    }

    /// The session's name, for requests of the other end.
    pub(super) fn key(&self, index: usize) -> SessionKey {
        SessionKey {
            index,
            generation: self.generation,
        }
    }

    pub(super) async fn respond(&self, answers: &[Answer]) {
        if let Some(link) = self.link.as_ref().filter(|_| !answers.is_empty()) {
            // A session that closed meanwhile brings the request again.
            drop(link.respond(responses(answers)).await);
        }
    }

    /// Hands the link what is encoded.
    fn flush(&mut self) {
        let Some(link) = self.link.as_ref().filter(|_| !self.requests.is_empty()) else {
            return;
        };
        // What a full or closed link gives back is tried again, or returned when it closes.
        if let Err(requests) = link.try_request(std::mem::take(&mut self.requests)) {
            self.requests = requests.0;
        }
    }

    /// Unbinds in good order, unless its last answers take too long.
    async fn let_go(&mut self, in_flight: usize, now: Instant) {
        match self.leaving {
            Leaving::Elsewhere => self.unbind().await,
            Leaving::GivenUp(_) if in_flight == 0 => self.unbind().await,
            Leaving::GivenUp(until) if until <= now => self.drop_link(),
            Leaving::No | Leaving::GivenUp(_) | Leaving::Told => return,
        }
        self.leaving = Leaving::Told;
    }

    async fn unbind(&self) {
        if let Some(link) = &self.link {
            // One that is closed already says so by its last event.
            drop(link.unbind().await);
        }
    }
}

/// All of an operator's, by their number.
pub(super) struct Slots(Vec<Slot>);

impl Slots {
    pub(super) fn new(sessions: usize) -> Self {
        Self(
            std::iter::repeat_with(Slot::default)
                .take(sessions)
                .collect(),
        )
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn look(&self, index: usize) -> Option<&Slot> {
        self.0.get(index)
    }

    pub(super) fn get(&mut self, index: usize) -> Option<&mut Slot> {
        self.0.get_mut(index)
    }

    /// Hands over answers, unless their session is gone; gives those that come too late.
    pub(super) async fn answer(&mut self, key: SessionKey, answers: Vec<Answer>) -> Vec<Answer> {
        let slot = self.0.get_mut(key.index);
        let Some(slot) = slot.filter(|slot| slot.generation == key.generation) else {
            return Vec::new();
        };
        let (in_time, late): (Vec<_>, Vec<_>) = answers
            .into_iter()
            .partition(|answer| slot.inbox.take(answer));
        slot.respond(&in_time).await;
        late
    }

    /// Each with the name of its session.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (SessionKey, &mut Slot)> {
        let slots = self.0.iter_mut().enumerate();
        slots.map(|(index, slot)| (slot.key(index), slot))
    }

    /// When a request will have waited too long for the journal, or a session for its last answers.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let slots = self.0.iter();
        let deadlines = slots.flat_map(|slot| [slot.inbox.deadline(), slot.leaving.deadline()]);
        deadlines.flatten().min()
    }

    /// Hands the links what is encoded.
    pub(super) fn flush(&mut self) {
        self.0.iter_mut().for_each(Slot::flush);
    }

    /// Lets the sessions go whose time it is, of which so much is in flight.
    pub(super) async fn let_go(&mut self, in_flight: impl Fn(usize) -> usize, now: Instant) {
        for (index, slot) in self.0.iter_mut().enumerate() {
            slot.let_go(in_flight(index), now).await;
        }
    }

    pub(super) async fn unbind(&self) {
        for slot in &self.0 {
            slot.unbind().await;
        }
    }

    /// Whether a request that came before then still waits for its answer.
    pub(super) fn owe_answers(&self, then: Instant) -> bool {
        let mut slots = self.0.iter();
        slots.any(|slot| slot.inbox.waits_since_before(then))
    }

    pub(super) fn are_unbound(&self) -> bool {
        self.0.iter().all(|slot| slot.link.is_none())
    }
}

fn responses(answers: &[Answer]) -> BytesMut {
    let mut octets = BytesMut::with_capacity(answers.len() * 17);
    for answer in answers {
        answer.encode(&mut octets);
    }
    octets
}
