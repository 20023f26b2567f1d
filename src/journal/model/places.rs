//! Where each message stands, so that none is searched for among all.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use rustc_hash::FxHashMap;
use xabar_events::{EventKey, Msisdn};

use super::super::*;

#[derive(Debug, Default)]
pub(super) struct Places {
    by_key: FxHashMap<EventKey, MessageId>,
    by_phone: FxHashMap<Msisdn, BTreeSet<MessageId>>,
    queues: BTreeMap<Queue, BTreeSet<Cursor>>,
    expiring: BTreeSet<(UnixMillis, MessageId)>,
    /// Those of each thread that wait.
    threads: FxHashMap<ThreadKey, BTreeSet<MessageId>>,
    in_flight: BTreeSet<MessageId>,
    submitted: BTreeSet<SubmittedPlace>,
    settled: BTreeSet<(UnixMillis, MessageId)>,
}

impl Places {
    /// A message is known from now on.
    pub(super) fn meet(&mut self, message: &Message) {
        self.by_key.insert(message.key.clone(), message.id);
        let of_phone = self.by_phone.entry(message.msisdn).or_default();
        of_phone.insert(message.id);
    }

    pub(super) fn forget(&mut self, message: &Message) {
        self.by_key.remove(&message.key);
        take(&mut self.by_phone, message.msisdn, message.id);
    }

    /// It stands where its phase has it, since then.
    pub(super) fn enter(&mut self, message: &Message, since: UnixMillis) {
        let id = message.id;
        match message.progress.phase {
            Phase::Waiting => {
                let queue = self.queues.entry(message.queue()).or_default();
                queue.insert(message.cursor());
                self.expiring.insert((message.expires, id));
                self.threads.entry(message.thread).or_default().insert(id);
            }
            Phase::InFlight => drop(self.in_flight.insert(id)),
            Phase::Submitted => drop(self.submitted.insert(SubmittedPlace { since, id })),
            Phase::Settled => drop(self.settled.insert((since, id))),
        }
    }

    pub(super) fn leave(&mut self, message: &Message, since: UnixMillis) {
        let id = message.id;
        match message.progress.phase {
            Phase::Waiting => {
                let queue = message.queue();
                if let Some(places) = self.queues.get_mut(&queue) {
                    places.remove(&message.cursor());
                    if places.is_empty() {
                        self.queues.remove(&queue);
                    }
                }
                self.expiring.remove(&(message.expires, id));
                take(&mut self.threads, message.thread, id);
            }
            Phase::InFlight => drop(self.in_flight.remove(&id)),
            Phase::Submitted => drop(self.submitted.remove(&SubmittedPlace { since, id })),
            Phase::Settled => drop(self.settled.remove(&(since, id))),
        }
    }

    pub(super) fn known(&self, key: &EventKey) -> Option<MessageId> {
        self.by_key.get(key).copied()
    }

    /// The queues in which something waits.
    pub(super) fn queues(&self) -> impl Iterator<Item = Queue> {
        self.queues.keys().copied()
    }

    /// What waits in a queue after this place.
    pub(super) fn queued(&self, queue: Queue, after: Cursor) -> impl Iterator<Item = Cursor> {
        let after = (Bound::Excluded(after), Bound::Unbounded);
        let places = self.queues.get(&queue).into_iter();
        places.flat_map(move |it| it.range(after)).copied()
    }

    /// What waits in a thread, the oldest first.
    pub(super) fn siblings(&self, thread: ThreadKey) -> impl Iterator<Item = MessageId> {
        self.threads.get(&thread).into_iter().flatten().copied()
    }

    /// What waits though its time is over by then, the soonest first.
    pub(super) fn expired(&self, wall: UnixMillis) -> impl Iterator<Item = MessageId> {
        let expired = self.expiring.iter().take_while(move |(at, _)| *at <= wall);
        expired.map(|(_, id)| *id)
    }

    pub(super) fn in_flight(&self) -> impl Iterator<Item = MessageId> {
        self.in_flight.iter().copied()
    }

    /// What awaits receipts after this place, the oldest first.
    pub(super) fn submitted(&self, after: SubmittedPlace) -> impl Iterator<Item = SubmittedPlace> {
        let after = (Bound::Excluded(after), Bound::Unbounded);
        self.submitted.range(after).copied()
    }

    /// What was settled by then, the oldest first.
    pub(super) fn settled(&self, before: UnixMillis) -> impl Iterator<Item = MessageId> {
        let settled = self.settled.iter().take_while(move |(at, _)| *at <= before);
        settled.map(|(_, id)| *id)
    }

    /// What went, or is to go, to a phone, the newest first.
    pub(super) fn newest_to(&self, msisdn: Msisdn) -> impl Iterator<Item = MessageId> {
        let of_phone = self.by_phone.get(&msisdn).into_iter().flatten();
        of_phone.rev().copied()
    }
}

/// Takes a message out of those under this key, and the key with the last of them.
fn take<K: std::hash::Hash + Eq>(
    ids: &mut FxHashMap<K, BTreeSet<MessageId>>,
    key: K,
    id: MessageId,
) {
    if let Some(of_key) = ids.get_mut(&key) {
        of_key.remove(&id);
        if of_key.is_empty() {
            ids.remove(&key);
        }
    }
}
