//! What the journal knows without a look at the tables, and where the tables know more.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;

use rusqlite::Connection;
use rustc_hash::{FxHashMap, FxHashSet};
use xabar_events::{EventKey, Msisdn};

use super::choices::Choosers;
use super::commit::Written;
use super::held_ids::HeldIds;
use super::index::Index;
use super::keys::{self, KeyHash};
use super::log::{self, Record};
use super::lookup::{self, Found};
use super::packed::Packed;
use super::receipts;
use super::recent::Recent;
use super::submitted::Submitted;
use super::threads::{self, Thread};
use super::{books, clock, rows, subscribers, waiting};
use crate::clock::{UnixMillis, WallTimes};
use crate::journal::{
    Arrival, Ask, Awaiting, Changes, Cursor, Facts, JournalError, Message, MessageId, Phase, Queue,
    SubscriberFacts, ThreadKey,
};

/// The recent messages, and the indexes with their newest entries.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) hash: KeyHash,
    pub(super) recent: Recent,
    submitted: Submitted,
    pub(super) choosers: Choosers,
    pub(super) held_ids: HeldIds,
    pub(super) wall_times: WallTimes,
    pub(super) keys: Index<MessageId>,
    pub(super) threads: Index<Thread>,
    pub(super) subscribers: Index<SubscriberFacts>,
    pub(super) awaiting: Index<Awaiting>,
    pub(super) lookup: Index<Found>,
    /// What was asked for since the last commit, which will ask for it again: threads, and hashes of event keys under
    /// which there was nothing.
    asked: Asked,
    /// Room for what a commit writes: a megabyte now and then would leave holes in the heap.
    pub(super) room: Vec<u8>,
    /// Changes since the indexes were last merged by a slice.
    pub(super) due_slices: usize,
}

#[derive(Debug, Default)]
struct Asked {
    threads: FxHashMap<ThreadKey, Thread>,
    unknown: FxHashSet<u64>,
}

/// How a message stood before it progressed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Past {
    /// Where the books had it.
    pub(super) column: u8,
    /// Whether it waited to be repeated.
    pub(super) uncertain: bool,
    /// When it entered the phase that it is in from now on.
    pub(super) since: UnixMillis,
    /// Whether the log has to say again what was asked: where it says so now is written out soon.
    pub(super) carry: bool,
}

impl Memory {
    /// As the tables and the log have it.
    pub(super) fn load(db: &Connection, hash: KeyHash) -> Result<Self, JournalError> {
        let mut memory = Self {
            hash,
            recent: Recent::default(),
            submitted: Submitted::default(),
            choosers: Choosers::load(db)?,
            held_ids: HeldIds::load(db)?,
            wall_times: clock::read(db)?,
            keys: Index::load(db)?,
            threads: Index::load(db)?,
            subscribers: Index::load(db)?,
            awaiting: Index::load(db)?,
            lookup: Index::load(db)?,
            asked: Asked::default(),
            room: Vec::new(),
            due_slices: 0,
        };
        log::replay(db, None, |at, record| memory.take(db, at, record))?;
        memory.recent.open.last_row = log::last(db)?;
        Ok(memory)
    }

    fn take(
        &mut self,
        db: &Connection,
        at: UnixMillis,
        record: Record,
    ) -> Result<(), JournalError> {
        match record {
            Record::Accepted(message) => {
                let mut thread = self.thread(db, message.thread)?;
                thread.add(message.id);
                self.threads.put(threads::key(message.thread), thread);
                self.accept(&message, Packed::new(&message, &mut Vec::new())?, at);
            }
            Record::Progressed(id, since, progress) => {
                if let Some(mut message) = self.message(db, id)? {
                    message.progress = progress;
                    self.recent
                        .put_progress(Packed::new(&message, &mut Vec::new())?, since);
                }
            }
            Record::Carried(message, since) => {
                self.recent
                    .put_whole(Packed::new(&message, &mut Vec::new())?, since);
            }
            Record::Thread(key, facts) => {
                let mut thread = self.thread(db, key)?;
                thread.set(facts);
                self.threads.put(threads::key(key), thread);
            }
            Record::Subscriber(msisdn, facts) => {
                self.subscribers.put(subscribers::key(msisdn), facts);
            }
            Record::Awaiting(awaiting) => self.await_receipt(awaiting),
        }
        Ok(())
    }

    fn accept(&mut self, message: &Message, packed: Packed, at: UnixMillis) {
        self.keys.put(self.hash.of(&message.key), message.id);
        for key in lookup::keys(message) {
            let found = Found {
                message: message.id,
            };
            self.lookup.put(key, found);
        }
        self.recent.accept(packed, at);
    }

    fn await_receipt(&mut self, awaiting: Awaiting) {
        let key = receipts::key(awaiting.operator, &awaiting.smsc_id);
        self.awaiting.put(key, awaiting);
    }

    /// Each message that progresses, with its past.
    pub(super) fn progressed(
        &self,
        db: &Connection,
        changes: &Changes,
    ) -> Result<Vec<(Packed, Past)>, JournalError> {
        let mut scratch = Vec::with_capacity(512);
        let mut progressed = Vec::with_capacity(changes.progressed.len());
        for message in &changes.progressed {
            if let Some(standing) = self.recent.standing(message.id) {
                let before = standing.message;
                let packed = Packed::after(message, Some(before), &mut scratch)?;
                let stood = (before.phase, standing.since);
                let past = Past {
                    column: before.column,
                    uncertain: before.uncertain,
                    since: since(stood, &packed, changes.at),
                    carry: standing.is_left_behind,
                };
                progressed.push((packed, past));
                continue;
            }
            let Some((before, entered)) = rows::by_id(db, message.id)? else {
                return Err(JournalError::Refused {
                    what: "progress of a message that it does not hold",
                });
            };
            let packed = Packed::new(message, &mut scratch)?;
            let past = Past {
                column: books::column(&before)?,
                uncertain: before.waits_uncertain(),
                since: since((before.progress.phase, entered), &packed, changes.at),
                carry: false,
            };
            progressed.push((packed, past));
        }
        Ok(progressed)
    }

    /// The threads of these changes as they are from now on.
    pub(super) fn threads_after(
        &self,
        db: &Connection,
        changes: &Changes,
    ) -> Result<FxHashMap<ThreadKey, Thread>, JournalError> {
        let mut after = FxHashMap::default();
        for message in &changes.accepted {
            self.thread_in(db, &mut after, message.thread)?
                .add(message.id);
        }
        for (key, facts) in &changes.threads {
            self.thread_in(db, &mut after, *key)?.set(*facts);
        }
        Ok(after)
    }

    fn thread_in<'a>(
        &self,
        db: &Connection,
        after: &'a mut FxHashMap<ThreadKey, Thread>,
        key: ThreadKey,
    ) -> Result<&'a mut Thread, JournalError> {
        match after.entry(key) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => {
                let thread = match self.asked.threads.get(&key) {
                    Some(thread) => thread.clone(),
                    None => self.thread(db, key)?,
                };
                Ok(unknown.insert(thread))
            }
        }
    }

    /// Takes in what is committed, and leaves the rest of the changes.
    pub(super) fn take_changes(&mut self, changes: &mut Changes, written: Written) {
        for (message, packed) in changes.accepted.drain(..).zip(written.accepted) {
            self.accept(&message, packed, changes.at);
        }
        let progressed = changes.progressed.drain(..).zip(written.progressed);
        for (message, (packed, past)) in progressed {
            self.submitted.note(&message, packed.origin.len());
            if past.carry {
                self.recent.put_whole(packed, past.since);
            } else {
                self.recent.put_progress(packed, past.since);
            }
        }
        for (key, thread) in written.threads {
            self.threads.put(threads::key(key), thread);
        }
        for (msisdn, facts) in changes.subscribers.drain(..) {
            self.subscribers.put(subscribers::key(msisdn), facts);
        }
        for (msisdn, _) in changes.choices.drain(..) {
            self.choosers.note(msisdn);
        }
        for awaiting in changes.awaiting.drain(..) {
            self.await_receipt(awaiting);
        }
        self.recent.open.last_row = written.row;
        self.forget_asked();
        self.room.shrink_to(ROOM_KEPT);
    }

    /// What was asked of messages may stand otherwise in the tables from here on.
    pub(super) fn forget_submitted(&mut self) {
        self.submitted = Submitted::default();
    }

    /// What was asked for may be otherwise from here on.
    pub(super) fn forget_asked(&mut self) {
        self.asked.threads.clear();
        self.asked.unknown.clear();
    }
}

/// Since when a message is in its phase that was in another one before, or in the same since then.
fn since((phase, since): (Phase, UnixMillis), now: &Packed, at: UnixMillis) -> UnixMillis {
    // Settled once more, by a late receipt, it is remembered from then on.
    let stays = phase == now.phase && phase != Phase::Settled;
    if stays { since } else { at }
}

/// What a usual commit writes, with room to spare.
const ROOM_KEPT: usize = 4 << 20;

/// Questions.
impl Memory {
    pub(super) fn message(
        &self,
        db: &Connection,
        id: MessageId,
    ) -> Result<Option<Message>, JournalError> {
        match self.recent.get(id) {
            Some(packed) => match self.submitted.get(id) {
                Some(origin) => packed.message_of(origin).map(Some),
                None => packed.message().map(Some),
            },
            None => Ok(rows::by_id(db, id)?.map(|(message, _)| message)),
        }
    }

    /// Whether an event is known.
    pub(super) fn has(&self, db: &Connection, key: &EventKey) -> Result<bool, JournalError> {
        let hash = self.hash.of(key);
        if self.asked.unknown.contains(&hash) {
            return Ok(false);
        }
        let found = self.keys.search(db, hash, |id| self.is_of(db, id, key))?;
        Ok(found.is_some())
    }

    /// The message that an event became.
    fn ask(&mut self, db: &Connection, key: &EventKey) -> Result<Option<MessageId>, JournalError> {
        let hash = self.hash.of(key);
        let mut any = false;
        let found = self.keys.search(db, hash, |id| {
            any = true;
            self.is_of(db, id, key)
        })?;
        if !any {
            self.asked.unknown.insert(hash);
        }
        Ok(found)
    }

    /// A message, if it is what an event became.
    fn is_of(
        &self,
        db: &Connection,
        id: MessageId,
        key: &EventKey,
    ) -> Result<Option<MessageId>, JournalError> {
        let it = match self.recent.get(id) {
            Some(packed) => packed.message()?.key == *key,
            None => rows::by_id(db, id)?.is_some_and(|(message, _)| message.key == *key),
        };
        Ok(it.then_some(id))
    }

    fn thread(&self, db: &Connection, key: ThreadKey) -> Result<Thread, JournalError> {
        let thread = self.threads.newest(db, threads::key(key))?;
        Ok(thread.unwrap_or_default())
    }

    fn subscriber(&self, db: &Connection, msisdn: Msisdn) -> Result<SubscriberFacts, JournalError> {
        let facts = self.subscribers.newest(db, subscribers::key(msisdn))?;
        Ok(facts.unwrap_or_default())
    }

    /// Answers all questions of a batch, in order.
    pub(super) fn facts(
        &mut self,
        db: &Connection,
        asks: &[Ask<'_>],
    ) -> Result<Vec<Facts>, JournalError> {
        let any_cancelled = keys::any_cancelled(db)?;
        let mut answers = Vec::with_capacity(asks.len());
        for ask in asks {
            let mut facts = Facts {
                duplicate_of: self.ask(db, ask.key)?,
                cancelled: any_cancelled && keys::is_cancelled(db, ask.key)?,
                ..Facts::default()
            };
            if let Some((key, msisdn)) = ask.about {
                let thread = self.thread(db, key)?;
                facts.thread = thread.facts();
                facts.subscriber = self.subscriber(db, msisdn)?;
                self.asked.threads.insert(key, thread);
            }
            answers.push(facts);
        }
        Ok(answers)
    }

    pub(super) fn due(
        &self,
        db: &Connection,
        queue: Queue,
        after: Cursor,
        now: UnixMillis,
        limit: usize,
    ) -> Result<Vec<Arrival>, JournalError> {
        let due = waiting::due(db, &self.recent, queue, after, now, limit)?;
        let arrival = |message: Message| {
            Ok(Arrival {
                thread: self.thread(db, message.thread)?.facts(),
                subscriber: self.subscriber(db, message.msisdn)?,
                message,
            })
        };
        due.into_iter().map(arrival).collect()
    }

    /// The newest messages of a thread that wait, oldest first.
    pub(super) fn siblings(
        &self,
        db: &Connection,
        thread: ThreadKey,
    ) -> Result<Vec<Message>, JournalError> {
        let mut siblings = Vec::new();
        for id in self.thread(db, thread)?.messages {
            let message = self.message(db, id)?;
            siblings.extend(message.filter(|it| it.progress.phase == Phase::Waiting));
        }
        siblings.sort_by_key(|message| message.id);
        Ok(siblings)
    }

    /// The newest messages to a subscriber, newest first.
    pub(super) fn newest_to(
        &self,
        db: &Connection,
        msisdn: Msisdn,
        limit: usize,
    ) -> Result<Vec<Message>, JournalError> {
        let mut ids = self.lookup.all(db, lookup::of_msisdn(msisdn))?;
        ids.sort_unstable_by_key(|found| Reverse(found.message));
        let mut found = Vec::new();
        for Found { message } in ids {
            let message = self.message(db, message)?;
            found.extend(message.filter(|message| message.msisdn == msisdn));
            if found.len() == limit {
                break;
            }
        }
        Ok(found)
    }
}
