//! What the journal knows without a look at the tables, and where the tables know more.

use rusqlite::Connection;
use xabar_events::EventKey;

use super::index::Index;
use super::keys::{self, KeyHash};
use super::log::{self, Record, Since};
use super::receipts::{self, Awaited};
use super::recent::Recent;
use super::threads::{self, Thread};
use super::{lookup, rows, subscribers, waiting};
use crate::clock::UnixMillis;
use crate::journal::{
    Arrival, Ask, Awaiting, Changes, Cursor, Facts, JournalError, Message, MessageId, OperatorId,
    Phase, Queue, Segment, SubscriberFacts, ThreadFacts, ThreadKey,
};

/// The recent messages, and the indexes with their newest entries.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) hash: KeyHash,
    pub(super) recent: Recent,
    pub(super) keys: Index<MessageId>,
    pub(super) threads: Index<Thread>,
    pub(super) subscribers: Index<SubscriberFacts>,
    pub(super) awaiting: Index<Awaited>,
    /// Changes since the indexes were last merged by a slice.
    pub(super) due_slices: usize,
}

impl Memory {
    /// As the tables and the log have it.
    pub(super) fn load(db: &Connection, hash: KeyHash) -> Result<Self, JournalError> {
        let mut memory = Self {
            hash,
            recent: Recent::default(),
            keys: Index::load(db)?,
            threads: Index::load(db)?,
            subscribers: Index::load(db)?,
            awaiting: Index::load(db)?,
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
                self.add_to_thread(db, &message)?;
                self.accept(message, at);
            }
            Record::Progressed(id, progress) => {
                if let Some(before) = self.message(db, id)? {
                    let since = self.since(db, &before, progress.phase, at)?;
                    let mut message = before;
                    message.progress = progress;
                    self.recent.put_progress(message, since);
                }
            }
            Record::Carried(message, since) => self.recent.put_whole(message, since),
            Record::Thread(key, facts) => self.set_thread(db, key, facts)?,
            Record::Subscriber(msisdn, facts) => {
                self.subscribers.put(subscribers::key(msisdn), facts);
            }
            Record::Awaiting(awaited) => self.await_receipt(awaited),
        }
        Ok(())
    }

    fn add_to_thread(&mut self, db: &Connection, message: &Message) -> Result<(), JournalError> {
        let mut thread = self.thread(db, message.thread)?;
        thread.add(message.id);
        self.threads.put(threads::key(message.thread), thread);
        Ok(())
    }

    fn set_thread(
        &mut self,
        db: &Connection,
        key: ThreadKey,
        facts: ThreadFacts,
    ) -> Result<(), JournalError> {
        let mut thread = self.thread(db, key)?;
        thread.set(facts);
        self.threads.put(threads::key(key), thread);
        Ok(())
    }

    fn accept(&mut self, message: Message, at: UnixMillis) {
        self.keys.put(self.hash.of(&message.key), message.id);
        let lookup = lookup::hashes(&message).map(|hash| (hash, message.id));
        self.recent.open.lookup.extend(lookup);
        self.recent.put_whole(message, at);
    }

    fn await_receipt(&mut self, awaited: Awaited) {
        let key = awaited.key();
        self.awaiting.put(key, awaited);
    }

    /// When a message entered the phase that it is in from now on.
    fn since(
        &self,
        db: &Connection,
        before: &Message,
        phase: Phase,
        at: UnixMillis,
    ) -> Result<UnixMillis, JournalError> {
        if before.progress.phase != phase {
            return Ok(at);
        }
        match self.recent.since(before.id) {
            Some(since) => Ok(since),
            None => Ok(rows::since(db, before.id)?.unwrap_or(at)),
        }
    }

    /// How each message that progresses stands to its past.
    pub(super) fn sinces(
        &self,
        db: &Connection,
        changes: &Changes,
        before: &[Message],
    ) -> Result<Vec<Since>, JournalError> {
        let pairs = changes.progressed.iter().zip(before);
        let since = |(message, before): (&Message, &Message)| {
            Ok(Since {
                at: self.since(db, before, message.progress.phase, changes.at)?,
                carry: self.recent.is_left_behind(message.id),
            })
        };
        pairs.map(since).collect()
    }

    /// Takes over changes that stand in this row of the log.
    pub(super) fn take_changes(
        &mut self,
        db: &Connection,
        row: i64,
        changes: &Changes,
        sinces: &[Since],
    ) -> Result<(), JournalError> {
        for message in &changes.accepted {
            self.add_to_thread(db, message)?;
            self.accept(message.clone(), changes.at);
        }
        for (message, since) in changes.progressed.iter().zip(sinces) {
            let (message, at) = (message.clone(), since.at);
            if since.carry {
                self.recent.put_whole(message, at);
            } else {
                self.recent.put_progress(message, at);
            }
        }
        for (key, facts) in &changes.threads {
            self.set_thread(db, *key, *facts)?;
        }
        for (msisdn, facts) in &changes.subscribers {
            let key = subscribers::key(*msisdn);
            self.subscribers.put(key, facts.clone());
        }
        for awaiting in &changes.awaiting {
            self.await_receipt(awaiting.clone().into());
        }
        self.recent.open.last_row = row;
        Ok(())
    }
}

/// Questions.
impl Memory {
    pub(super) fn message(
        &self,
        db: &Connection,
        id: MessageId,
    ) -> Result<Option<Message>, JournalError> {
        match self.recent.get(id) {
            Some(message) => Ok(Some(message.clone())),
            None => rows::by_id(db, id),
        }
    }

    /// The message that an event became.
    pub(super) fn find(
        &self,
        db: &Connection,
        key: &EventKey,
    ) -> Result<Option<MessageId>, JournalError> {
        self.keys.search(db, self.hash.of(key), |id| {
            let it = match self.recent.get(id) {
                Some(message) => message.key == *key,
                None => rows::by_id(db, id)?.is_some_and(|message| message.key == *key),
            };
            Ok(it.then_some(id))
        })
    }

    fn thread(&self, db: &Connection, key: ThreadKey) -> Result<Thread, JournalError> {
        let thread = self.threads.newest(db, threads::key(key))?;
        Ok(thread.unwrap_or_default())
    }

    fn subscriber(
        &self,
        db: &Connection,
        msisdn: xabar_events::Msisdn,
    ) -> Result<SubscriberFacts, JournalError> {
        let facts = self.subscribers.newest(db, subscribers::key(msisdn))?;
        Ok(facts.unwrap_or_default())
    }

    /// Answers all questions of a batch, in order.
    pub(super) fn facts(
        &self,
        db: &Connection,
        asks: &[Ask<'_>],
    ) -> Result<Vec<Facts>, JournalError> {
        let any_cancelled = keys::any_cancelled(db)?;
        let answer = |ask: &Ask<'_>| {
            let mut facts = Facts {
                duplicate_of: self.find(db, ask.key)?,
                cancelled: any_cancelled && keys::is_cancelled(db, ask.key)?,
                ..Facts::default()
            };
            if let Some((thread, msisdn)) = ask.about {
                facts.thread = self.thread(db, thread)?.facts();
                facts.subscriber = self.subscriber(db, msisdn)?;
            }
            Ok(facts)
        };
        asks.iter().map(answer).collect()
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

    /// Segments that an operator accepted under one of these ids and that have no receipt yet, each with its message.
    pub(super) fn awaiting(
        &self,
        db: &Connection,
        operator: OperatorId,
        smsc_ids: &[&str],
    ) -> Result<Vec<(Awaiting, Message)>, JournalError> {
        let mut found = Vec::new();
        for smsc_id in receipts::distinct(smsc_ids) {
            let mut under = Vec::new();
            for awaited in self.awaiting.all(db, receipts::key(operator, smsc_id))? {
                if !awaited.is(operator, smsc_id) {
                    continue;
                }
                let message = self.message(db, awaited.message)?;
                let awaiting = Awaiting::from(awaited);
                let awaits = |message: &Message| awaits(message, awaiting.segment);
                if let Some(message) = message.filter(awaits) {
                    under.push((awaiting, message));
                }
            }
            under.sort_by_key(|(awaiting, message)| (awaiting.at, message.id, awaiting.segment));
            found.append(&mut under);
        }
        Ok(found)
    }
}

fn awaits(message: &Message, segment: u8) -> bool {
    let segments = &message.progress.attempt.segments;
    segments.get(usize::from(segment)) == Some(&Segment::Accepted)
}
