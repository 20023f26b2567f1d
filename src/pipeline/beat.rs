//! What one beat changes, before it is committed.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};
use tokio::sync::oneshot;
use xabar_events::{EventKey, Msisdn};
use xabar_ussd::Shown;

use super::elsewhere::Elsewhere;
use super::looks::Looks;
use super::posted::PostedReply;
use crate::clock::Now;
use crate::delivery::{
    Answer, Configured, Directive, Query, Screen, SessionKey, Submission, Tuning,
};
use crate::intake::Verdict;
use crate::journal::{
    Awaiting, Changes, Choices, HeldReceipt, Identity, MOST_USES, Message, MessageId, OperatorId,
    Outgoing, SubscriberFacts, ThreadFacts, ThreadKey, ThreadOrder,
};
use crate::traces::Stage;

/// Hashes what comes from outside: seeded by chance, but without SipHash's price.
type Seeded = foldhash::fast::RandomState;

/// One beat under way: what it changes, and what to do once that is committed.
#[derive(Debug)]
pub(super) struct Beat {
    pub(super) now: Now,
    /// Whether the gateway stops: nothing new is begun.
    pub(super) stopping: bool,
    room: Room,
    /// By their events, since the journal does not know them yet.
    named: foldhash::HashSet<Named>,
    // In the order in which they came, so that the same inputs give the same changes.
    threads: IndexMap<ThreadKey, ThreadFacts, FxBuildHasher>,
    subscribers: IndexMap<Msisdn, SubscriberFacts, Seeded>,
    /// What subscribers chose in this beat.
    pub(super) choices: IndexMap<Msisdn, Choices>,
    /// How often the journal may still be asked for what went to a subscriber.
    pub(super) looks: Looks,
    /// Screens for phones whose steps came over HTTP.
    pub(super) shown: Vec<(PostedReply, Shown)>,
    pub(super) cancelled: Vec<EventKey>,
    /// Each with the place of the one before it under an id of the same hash.
    awaiting: Vec<(Awaiting, Option<usize>)>,
    /// The last place under each hash.
    awaiting_at: FxHashMap<u64, usize>,
    seeded: Seeded,
    pub(super) held: Vec<(u64, HeldReceipt)>,
    pub(super) released: Vec<u64>,
    /// What waits again of threads of which others wait: the journal has it still in flight.
    pub(super) waits_again: Vec<(ThreadKey, MessageId)>,
    /// The threads of which something went, or may have, each with the newest that did: older ones may wait.
    pub(super) superseding: Vec<(ThreadKey, ThreadOrder)>,
    /// What an operator took and did not deliver, and who is to try it now.
    pub(super) undelivered: Vec<Elsewhere>,
    pub(super) outgoing: Vec<Outgoing>,
    /// Of messages that are traced.
    pub(super) stages: Vec<Stage>,
    directives: FxHashMap<OperatorId, Directive>,
    pub(super) replies: Vec<(oneshot::Sender<Vec<Verdict>>, Vec<Verdict>)>,
}

/// The messages that a beat changes. The next one takes the room of the last: lists that are made anew grow in steps, on memory
/// that the kernel has to give each time.
#[derive(Debug, Default)]
pub(super) struct Room {
    accepted: Vec<Message>,
    /// In the order in which they came.
    progressed: Vec<Message>,
    places: FxHashMap<MessageId, Place>,
}

/// Where a message stands in them.
#[derive(Clone, Copy, Debug)]
enum Place {
    Accepted(usize),
    Progressed(usize),
}

/// Of a beat that changed more the room is given back.
const MOST_ROOM: usize = 4096;

impl Room {
    /// Takes back the lists that a commit has emptied.
    pub(super) fn take_back(&mut self, changes: &mut Changes) {
        let lists = [
            (&mut self.accepted, &mut changes.accepted),
            (&mut self.progressed, &mut changes.progressed),
        ];
        for (room, emptied) in lists {
            if emptied.is_empty() && emptied.capacity() <= MOST_ROOM {
                *room = std::mem::take(emptied);
            }
        }
    }

    fn get(&self, id: MessageId) -> Option<&Message> {
        match *self.places.get(&id)? {
            Place::Accepted(at) => self.accepted.get(at),
            Place::Progressed(at) => self.progressed.get(at),
        }
    }
}

/// A message that its event's key finds.
#[derive(Debug)]
struct Named(Arc<Identity>);

impl Borrow<EventKey> for Named {
    fn borrow(&self) -> &EventKey {
        &self.0.key
    }
}

impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        self.0.key == other.0.key
    }
}

impl Eq for Named {}

impl Hash for Named {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.key.hash(state);
    }
}

/// What to do once the changes of a beat are committed.
#[derive(Debug, Default)]
pub struct Effects {
    pub replies: Vec<(oneshot::Sender<Vec<Verdict>>, Vec<Verdict>)>,
    pub directives: FxHashMap<OperatorId, Directive>,
    /// Screens for phones whose steps came over HTTP.
    pub shown: Vec<(PostedReply, Shown)>,
    /// Stages that are over, of messages that are traced.
    pub stages: Vec<Stage>,
}

impl Effects {
    /// How many submissions go to operators.
    pub(super) fn submissions(&self) -> usize {
        let directives = self.directives.values();
        directives
            .map(|directive| directive.submissions.len())
            .sum()
    }

    /// How many messages go to operators, of whichever number of segments.
    pub(super) fn messages(&self) -> u64 {
        let of_one = |directive: &Directive| {
            let messages = directive.submissions.iter().map(|it| it.token.message);
            let mut before = None;
            // The segments of one stand together.
            let first = messages.filter(|message| before.replace(*message) != Some(*message));
            first.count() as u64
        };
        self.directives.values().map(of_one).sum()
    }

    /// How many screens go to each operator.
    pub(super) fn screens(&self) -> impl Iterator<Item = (OperatorId, usize)> {
        let directives = self.directives.iter();
        directives.map(|(operator, directive)| (*operator, directive.screens.len()))
    }
}

impl Beat {
    #[cfg(test)]
    pub(super) fn new(now: Now) -> Self {
        Self::within(now, Room::default())
    }

    /// In the room of the last one.
    pub(super) fn within(now: Now, room: Room) -> Self {
        Self {
            now,
            stopping: false,
            room,
            named: foldhash::HashSet::default(),
            threads: IndexMap::default(),
            subscribers: IndexMap::default(),
            choices: IndexMap::new(),
            looks: Looks::default(),
            shown: Vec::new(),
            cancelled: Vec::new(),
            awaiting: Vec::new(),
            awaiting_at: FxHashMap::default(),
            seeded: Seeded::default(),
            held: Vec::new(),
            released: Vec::new(),
            waits_again: Vec::new(),
            superseding: Vec::new(),
            undelivered: Vec::new(),
            outgoing: Vec::new(),
            stages: Vec::new(),
            directives: FxHashMap::default(),
            replies: Vec::new(),
        }
    }

    /// A new message, as it stands now.
    pub(super) fn accept(&mut self, message: Message) {
        let place = Place::Accepted(self.room.accepted.len());
        self.room.places.insert(message.id, place);
        self.named.insert(Named(message.origin().identity.clone()));
        self.room.accepted.push(message);
    }

    /// The message that an event of this beat became.
    pub(super) fn accepted_as(&self, key: &EventKey) -> Option<MessageId> {
        self.named.get(key).map(|named| named.0.id)
    }

    /// A message stands otherwise than before.
    pub(super) fn put(&mut self, message: Message) {
        let Room {
            accepted,
            progressed,
            places,
        } = &mut self.room;
        let next = Place::Progressed(progressed.len());
        let place = *places.entry(message.id).or_insert(next);
        let known = match place {
            Place::Accepted(at) => accepted.get_mut(at),
            Place::Progressed(at) => progressed.get_mut(at),
        };
        match known {
            Some(known) => known.progress = message.progress,
            None => progressed.push(message),
        }
    }

    /// How a message stands that this beat touched; the journal is behind on it.
    pub(super) fn message(&self, id: MessageId) -> Option<&Message> {
        self.room.get(id)
    }

    /// The messages accepted in this beat.
    pub(super) fn accepted(&self) -> &[Message] {
        &self.room.accepted
    }

    pub(super) fn touched(&self, id: MessageId) -> bool {
        self.message(id).is_some()
    }

    pub(super) fn thread(&mut self, key: ThreadKey, facts: ThreadFacts) {
        self.threads.insert(key, facts);
    }

    pub(super) fn thread_facts(&self, key: ThreadKey) -> Option<ThreadFacts> {
        self.threads.get(&key).copied()
    }

    pub(super) fn subscriber(&mut self, msisdn: Msisdn, facts: Option<SubscriberFacts>) {
        if let Some(facts) = facts {
            self.subscribers.insert(msisdn, facts);
        }
    }

    pub(super) fn await_receipt(&mut self, awaiting: Awaiting) {
        let hash = self.seeded.hash_one(&*awaiting.smsc_id);
        let before = self.awaiting_at.insert(hash, self.awaiting.len());
        self.awaiting.push((awaiting, before));
    }

    /// Segments accepted in this beat under one of these ids: the newest of each, as in the journal.
    pub(super) fn awaiting(&self, operator: OperatorId, smsc_ids: &[&str]) -> Vec<Awaiting> {
        let mut found = Vec::new();
        for id in smsc_ids.iter().filter(|_| !self.awaiting.is_empty()) {
            let from = found.len();
            let mut place = self.awaiting_at.get(&self.seeded.hash_one(*id)).copied();
            while found.len() - from < MOST_USES
                && let Some((awaiting, before)) = place.and_then(|at| self.awaiting.get(at))
            {
                if awaiting.operator == operator && *awaiting.smsc_id == **id {
                    found.push(awaiting.clone());
                }
                place = *before;
            }
            // In the order in which they came.
            found.get_mut(from..).unwrap_or_default().reverse();
        }
        found
    }

    pub(super) fn submit(&mut self, operator: OperatorId, submission: Submission) {
        self.directives
            .entry(operator)
            .or_default()
            .submissions
            .push(submission);
    }

    /// The operator's link is not to write what it has of a message.
    pub(super) fn take_back(&mut self, operator: OperatorId, message: MessageId) {
        let directive = self.directives.entry(operator).or_default();
        directive.take_back.push(message);
    }

    pub(super) fn tune(&mut self, operator: OperatorId, tuning: Tuning) {
        let directive = self.directives.entry(operator).or_default();
        directive.tuning = tuning.after(directive.tuning);
    }

    pub(super) fn configure(&mut self, operator: OperatorId, configured: Configured) {
        let directive = self.directives.entry(operator).or_default();
        directive.configured = Some(configured);
    }

    pub(super) fn rest(&mut self, operator: OperatorId, rest: bool) {
        let directive = self.directives.entry(operator).or_default();
        directive.rest = Some(rest);
    }

    pub(super) fn ask(&mut self, operator: OperatorId, queries: Vec<Query>) {
        if !queries.is_empty() {
            let directive = self.directives.entry(operator).or_default();
            directive.queries.extend(queries);
        }
    }

    pub(super) fn show(&mut self, operator: OperatorId, screen: Screen) {
        let directive = self.directives.entry(operator).or_default();
        directive.screens.push(screen);
    }

    /// How many screens go to an operator.
    pub(super) fn screens(&self, operator: OperatorId) -> usize {
        let directive = self.directives.get(&operator);
        directive.map_or(0, |directive| directive.screens.len())
    }

    pub(super) fn answer(&mut self, operator: OperatorId, session: SessionKey, answer: Answer) {
        let sessions = &mut self.directives.entry(operator).or_default().answers;
        match sessions.iter_mut().find(|(key, _)| *key == session) {
            Some((_, answers)) => answers.push(answer),
            None => sessions.push((session, vec![answer])),
        }
    }

    /// What it changes, what is to be done then, and what is left of its room.
    pub(super) fn finish(mut self) -> (Changes, Effects, Room) {
        let accepted = std::mem::take(&mut self.room.accepted);
        let progressed = std::mem::take(&mut self.room.progressed);
        self.room.places.clear();
        self.room.places.shrink_to(MOST_ROOM);
        let changes = Changes {
            at: self.now.steady,
            accepted,
            progressed,
            cancelled: self.cancelled,
            threads: self.threads.into_iter().collect(),
            subscribers: self.subscribers.into_iter().collect(),
            used: Vec::new(),
            dealt: Vec::new(),
            judged_by: None,
            ahead: None,
            choices: self.choices.into_iter().collect(),
            awaiting: self.awaiting.into_iter().map(|(it, _)| it).collect(),
            held: self.held,
            released: self.released,
            outgoing: self.outgoing,
            published: None,
        };
        (
            changes,
            Effects {
                replies: self.replies,
                directives: self.directives,
                shown: self.shown,
                stages: self.stages,
            },
            self.room,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{UnixMillis, instant};

    #[test]
    fn of_an_id_that_is_used_for_all_only_the_newest_are_found() {
        let mut beat = Beat::new(Now {
            instant: instant(),
            steady: UnixMillis(0),
            wall: UnixMillis(0),
        });
        let uses = MOST_USES as u64 + 44;
        for message in 1..=uses {
            beat.await_receipt(Awaiting {
                operator: OperatorId(1),
                smsc_id: "A1".into(),
                message: MessageId(message),
                segment: 0,
                at: UnixMillis(0),
            });
        }
        let found = beat.awaiting(OperatorId(1), &["A1"]);
        let found: Vec<u64> = found.iter().map(|it| it.message.0).collect();
        assert_eq!(found, (45..=uses).collect::<Vec<_>>());
    }
}
