//! Messages whose last change is in the log and not yet in the tables.
//!
//! The log is divided into chapters. The messages of a closed chapter are written out while the next
//! one is filled; one that changes meanwhile belongs to the next. So a message that is settled as fast
//! as most are is written once, and what is in memory is two chapters at most. A chapter is bounded in messages, changes and octets.

use std::collections::BTreeSet;

use super::by_id::ById;
use super::packed::Packed;
use crate::clock::UnixMillis;
use crate::journal::{Cursor, MessageId, Phase, Queue};

/// The recent messages, and the chapters that they belong to.
#[derive(Debug, Default)]
pub(super) struct Recent {
    messages: ById<Entry>,
    waiting: BTreeSet<(Queue, Cursor)>,
    /// None that waits expires earlier.
    first_expires: UnixMillis,
    /// None that awaits receipts was submitted earlier.
    first_submitted: UnixMillis,
    pub(super) open: Chapter,
    pub(super) closed: Option<Chapter>,
}

#[derive(Debug)]
struct Entry {
    message: Packed,
    /// When it entered its phase.
    since: UnixMillis,
    /// The chapter of its last change.
    chapter: u64,
    /// The chapter that says what was asked, if no row does.
    told_in: Option<u64>,
}

/// How a message stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing<'a> {
    pub(super) message: &'a Packed,
    /// When it entered its phase.
    pub(super) since: UnixMillis,
    /// Whether what was asked is said only in the chapter that is being written out.
    pub(super) is_left_behind: bool,
}

/// A stretch of the log.
#[derive(Debug, Default)]
pub(super) struct Chapter {
    number: u64,
    /// The last row of the log that belongs to it.
    pub(super) last_row: i64,
    /// The messages that it changed, each once.
    changed: Vec<MessageId>,
    /// How many of the changed ones are written out.
    pub(super) written: usize,
    /// How many changes it tells of; one message may have many.
    changes: usize,
    /// Of what it tells.
    octets: usize,
    /// The first one that it accepted.
    first_accepted: Option<MessageId>,
}

/// Most messages change three times in all.
const CHANGES_EACH: usize = 4;
/// Three times as many as usual.
const MOST_OCTETS: usize = 32 << 20;

impl Chapter {
    /// It tells of a message, for the first time or once more.
    fn note(&mut self, message: &Packed, is_first: bool) {
        self.changes += 1;
        self.octets += message.progress.len();
        if is_first {
            self.changed.push(message.id);
            self.octets += message.origin.len();
        }
    }

    /// How many messages it changed.
    pub(super) fn len(&self) -> usize {
        self.changed.len()
    }

    /// Whether it is as long as a chapter should be, which is so many messages; fewer if they change often or are large,
    /// for the log and memory hold all of it.
    pub(super) fn is_full(&self, messages: usize) -> bool {
        self.share(1, messages) > 0
    }

    /// The share of a number that this chapter has of a full one.
    pub(super) fn share(&self, of: usize, messages: usize) -> usize {
        let by_messages = of * self.len() / messages;
        let by_changes = of * self.changes / (CHANGES_EACH * messages);
        let by_octets = of * self.octets / MOST_OCTETS;
        by_messages.max(by_changes).max(by_octets)
    }

    /// The next messages to be written out.
    pub(super) fn next(&self, count: usize) -> &[MessageId] {
        let end = self.changed.len().min(self.written.saturating_add(count));
        self.changed.get(self.written..end).unwrap_or_default()
    }

    /// The largest id of a message that it changed.
    pub(super) fn newest(&self) -> MessageId {
        self.changed.iter().copied().max().unwrap_or(MessageId(0))
    }
}

impl Recent {
    pub(super) fn get(&self, id: MessageId) -> Option<&Packed> {
        self.messages.get(id).map(|entry| &entry.message)
    }

    pub(super) fn has(&self, id: MessageId) -> bool {
        self.messages.get(id).is_some()
    }

    /// How a message stands.
    pub(super) fn standing(&self, id: MessageId) -> Option<Standing<'_>> {
        let entry = self.messages.get(id)?;
        Some(Standing {
            message: &entry.message,
            since: entry.since,
            is_left_behind: entry.told_in.is_some_and(|it| it != self.open.number),
        })
    }

    /// A message stands so, in a phase that it entered then, and the open chapter says what was asked.
    pub(super) fn put_whole(&mut self, message: Packed, since: UnixMillis) {
        let told_in = Some(self.open.number);
        match self.messages.get_mut(message.id) {
            Some(entry) => entry.told_in = told_in,
            None => return self.begin(message, since, told_in, false),
        }
        self.put_progress(message, since);
    }

    /// A message is new.
    pub(super) fn accept(&mut self, message: Packed, at: UnixMillis) {
        self.open.first_accepted.get_or_insert(message.id);
        self.begin(message, at, Some(self.open.number), true);
    }

    /// A message that was known before stands so, in a phase that it entered then.
    pub(super) fn put_progress(&mut self, message: Packed, since: UnixMillis) {
        self.note_first(&message, since);
        let Some(entry) = self.messages.get_mut(message.id) else {
            return self.begin(message, since, None, false);
        };
        let is_first = entry.chapter != self.open.number;
        self.open.note(&message, is_first);
        entry.chapter = self.open.number;
        entry.since = since;
        let before = std::mem::replace(&mut entry.message, message);
        let (before, now) = (before.place(), entry.message.place());
        if before != now {
            before.map(|place| self.waiting.remove(&place));
            self.waiting.extend(now);
        }
    }

    /// The first that the log says of a message.
    fn begin(&mut self, message: Packed, since: UnixMillis, told_in: Option<u64>, is_new: bool) {
        self.note_first(&message, since);
        self.open.note(&message, true);
        self.waiting.extend(message.place());
        let entry = Entry {
            chapter: self.open.number,
            message,
            since,
            told_in,
        };
        self.messages.insert(entry.message.id, entry, is_new);
    }

    fn note_first(&mut self, message: &Packed, since: UnixMillis) {
        match message.phase {
            Phase::Waiting => self.first_expires = self.first_expires.min(message.expires),
            Phase::Submitted => self.first_submitted = self.first_submitted.min(since),
            Phase::InFlight | Phase::Settled => {}
        }
    }

    /// Whether one that waits expires by then. While none does, that is known without a look at each of them.
    pub(super) fn any_expires_by(&mut self, wall: UnixMillis) -> bool {
        if self.first_expires <= wall {
            let all = self.messages.values().map(|entry| &entry.message);
            let waiting = all.filter(|message| message.phase == Phase::Waiting);
            let first = waiting.map(|message| message.expires).min();
            self.first_expires = first.unwrap_or(UnixMillis::NEVER);
        }
        self.first_expires <= wall
    }

    /// The same for one that was submitted by then and awaits receipts.
    pub(super) fn any_submitted_by(&mut self, steady: UnixMillis) -> bool {
        if self.first_submitted <= steady {
            let all = self.messages.values();
            let submitted = all.filter(|entry| entry.message.phase == Phase::Submitted);
            let first = submitted.map(|entry| entry.since).min();
            self.first_submitted = first.unwrap_or(UnixMillis::NEVER);
        }
        self.first_submitted <= steady
    }

    /// The open chapter ends, to be written out; the one before it must be already.
    pub(super) fn close_chapter(&mut self) {
        let next = Chapter {
            number: self.open.number + 1,
            last_row: self.open.last_row,
            ..Chapter::default()
        };
        let mut closed = std::mem::replace(&mut self.open, next);
        closed.changed.sort_unstable();
        if let Some(first) = closed.first_accepted {
            self.messages.shorten_to(first);
        }
        self.closed = Some(closed);
    }

    /// A message of the closed chapter with the time when it entered its phase, unless it changed since.
    pub(super) fn of_closed(&self, id: MessageId) -> Option<(&Packed, UnixMillis)> {
        let entry = self.messages.get(id)?;
        (entry.chapter != self.open.number).then_some((&entry.message, entry.since))
    }

    /// Whether a message of the closed chapter may go to the archive at once: it is settled, accepted in this
    /// chapter, and so surely written for the first time. Of what was read back at the start that is not sure.
    pub(super) fn may_be_archived(&self, message: &Packed) -> bool {
        let first = self
            .closed
            .as_ref()
            .and_then(|closed| closed.first_accepted);
        let told_in = self
            .messages
            .get(message.id)
            .and_then(|entry| entry.told_in);
        message.phase == Phase::Settled
            && first.is_some_and(|first| message.id >= first)
            && told_in.is_some_and(|chapter| chapter > 0)
    }

    /// The next messages of the closed chapter have rows now. Gives the chapter if these were its last.
    pub(super) fn note_written(&mut self, count: usize) -> Option<Chapter> {
        let mut closed = self.closed.take()?;
        for id in closed.next(count) {
            if self.of_closed(*id).is_some()
                && let Some(place) = self.messages.remove(*id).and_then(|it| it.message.place())
            {
                self.waiting.remove(&place);
            }
        }
        closed.written += closed.next(count).len();
        if closed.written == closed.len() {
            return Some(closed);
        }
        self.closed = Some(closed);
        None
    }

    /// The first id of all.
    pub(super) fn oldest(&self) -> Option<MessageId> {
        self.messages.oldest()
    }

    /// Whether something holds for any message.
    pub(super) fn any(&self, which: impl Fn(&Packed, UnixMillis) -> bool) -> bool {
        let mut all = self.messages.values();
        all.any(|entry| which(&entry.message, entry.since))
    }

    /// The messages for which something holds, in the order of their ids.
    pub(super) fn select(&self, which: impl Fn(&Packed, UnixMillis) -> bool) -> Vec<&Packed> {
        let all = self.messages.values();
        let mut found: Vec<&Packed> = all
            .filter(|entry| which(&entry.message, entry.since))
            .map(|entry| &entry.message)
            .collect();
        found.sort_unstable_by_key(|message| message.id);
        found
    }

    /// Those that wait in a queue after the cursor, in its order.
    pub(super) fn queued(&self, queue: Queue, after: Cursor) -> impl Iterator<Item = &Packed> {
        let from = std::ops::Bound::Excluded((queue, after));
        let queued = self.waiting.range((from, std::ops::Bound::Unbounded));
        queued
            .take_while(move |(of, _)| *of == queue)
            .filter_map(|(_, cursor)| self.get(MessageId(cursor.id)))
    }

    /// The queues in which some wait.
    pub(super) fn queues(&self) -> BTreeSet<Queue> {
        self.waiting.iter().map(|(queue, _)| *queue).collect()
    }
}
