//! A journal in memory, as simple as can be: what the real ones are compared with, and what keeps a simulation, be it of a
//! test's day or of what staff asks for.

mod places;
mod reader;

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;
use xabar_events::{Agency, EventKey, Msisdn, Reason, State};

use self::places::Places;
use super::*;

/// Its copies share what is in it: one of them outlives a gateway that dies.
#[derive(Clone, Debug, Default)]
pub struct Model(Arc<Mutex<Memory>>);

#[derive(Debug, Default)]
struct Memory {
    start: Start,
    wall_times: WallTimes,
    published: u64,
    operators: Vec<String>,
    /// Each with the time when it entered its phase.
    messages: BTreeMap<u64, (Message, UnixMillis)>,
    places: Places,
    cancelled: BTreeMap<EventKey, UnixMillis>,
    threads: FxHashMap<ThreadKey, ThreadFacts>,
    subscribers: FxHashMap<Msisdn, SubscriberFacts>,
    used: BTreeMap<AgencyKey, Used>,
    dealt: BTreeMap<SpreadKey, Dealt>,
    choices: FxHashMap<Msisdn, Choices>,
    /// By the operator's name for the segment.
    awaiting: FxHashMap<Box<str>, Vec<Awaiting>>,
    held: BTreeMap<u64, HeldReceipt>,
    /// Numbers of receipts that are or were held, by the operator's name for the segment.
    held_as: FxHashMap<Box<str>, Vec<u64>>,
    outbox: BTreeMap<u64, Outgoing>,
    books: BTreeMap<Agency, BTreeMap<Column, u64>>,
}

impl Model {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn check(&self, changes: &Changes) -> Result<(), JournalError> {
        let mut keys = HashSet::new();
        for message in &changes.accepted {
            if self.places.known(&message.key).is_some() || !keys.insert(&message.key) {
                return Err(JournalError::Refused {
                    what: "an event that it holds already",
                });
            }
        }
        if changes
            .progressed
            .iter()
            .any(|message| !self.messages.contains_key(&message.id.0))
        {
            return Err(JournalError::Refused {
                what: "progress of a message that it does not hold",
            });
        }
        if !changes.outgoing.is_sorted_by_key(|one| one.number) {
            return Err(JournalError::Refused {
                what: "outcomes out of order",
            });
        }
        Ok(())
    }

    fn apply(&mut self, changes: &mut Changes) {
        let at = changes.at;
        for message in changes.accepted.drain(..) {
            self.start.last_message = self.start.last_message.max(message.id.0);
            self.places.meet(&message);
            self.enter(message, at);
        }
        for message in changes.progressed.drain(..) {
            let Some((before, since)) = self.leave(message.id) else {
                continue;
            };
            let phase = message.progress.phase;
            let entered = before.progress.phase != phase || phase == Phase::Settled;
            *self.booked(&before) -= 1;
            self.enter(message, if entered { at } else { since });
        }
        let cancelled = changes.cancelled.drain(..);
        self.cancelled.extend(cancelled.map(|key| (key, at)));
        self.threads.extend(changes.threads.drain(..));
        self.subscribers.extend(changes.subscribers.drain(..));
        self.used.extend(changes.used.drain(..));
        self.dealt.extend(changes.dealt.drain(..));
        self.start.judged_by = changes.judged_by.or(self.start.judged_by);
        if let Some(ahead) = changes.ahead {
            self.start.ahead = Some(ahead);
            self.wall_times.note(at, ahead);
        }
        self.choices.extend(changes.choices.drain(..));
        for awaiting in changes.awaiting.drain(..) {
            let under = self.awaiting.entry(awaiting.smsc_id.clone());
            under.or_default().push(awaiting);
        }
        for (number, held) in &changes.held {
            self.start.last_held = self.start.last_held.max(*number);
            let under = self.held_as.entry(held.smsc_id.clone());
            under.or_default().push(*number);
        }
        self.held.extend(changes.held.drain(..));
        for number in changes.released.drain(..) {
            self.held.remove(&number);
        }
        for one in changes.outgoing.drain(..) {
            self.start.last_outgoing = one.number;
            self.outbox.insert(one.number, one);
        }
        self.published = self.published.max(changes.published.unwrap_or(0));
        let published = |(number, _): (&u64, &Outgoing)| *number <= self.published;
        while self.outbox.first_key_value().is_some_and(published) {
            self.outbox.pop_first();
        }
        self.start.latest = self.start.latest.max(at);
    }

    /// A message enters its phase, since then.
    fn enter(&mut self, message: Message, since: UnixMillis) {
        *self.booked(&message) += 1;
        self.put(message, since);
    }

    fn put(&mut self, message: Message, since: UnixMillis) {
        self.places.enter(&message, since);
        self.messages.insert(message.id.0, (message, since));
    }

    fn leave(&mut self, id: MessageId) -> Option<(Message, UnixMillis)> {
        let (message, since) = self.messages.remove(&id.0)?;
        self.places.leave(&message, since);
        Some((message, since))
    }

    /// What is left of a message when it names nobody any more.
    fn veil(&mut self, id: MessageId) {
        if let Some((message, since)) = self.leave(id) {
            self.places.forget(&message);
            let veiled = message.veiled();
            self.places.meet(&veiled);
            self.put(veiled, since);
        }
    }

    /// Where a message counts in the books.
    fn booked(&mut self, message: &Message) -> &mut u64 {
        let agency = &message.key.agency;
        if !self.books.contains_key(agency) {
            self.books.insert(agency.clone(), BTreeMap::new());
        }
        let books = self.books.get_mut(agency).expect("it is there now");
        books.entry(column(message)).or_default()
    }

    fn select(&self, which: impl Fn(&Message) -> bool) -> Vec<Message> {
        let messages = self.messages.values().map(|(message, _)| message);
        messages.filter(|it| which(it)).cloned().collect()
    }

    /// These messages, in this order.
    fn those(&self, ids: impl IntoIterator<Item = MessageId>) -> Vec<Message> {
        let found = ids.into_iter().filter_map(|id| self.messages.get(&id.0));
        found.map(|(message, _)| message.clone()).collect()
    }
}

fn column(message: &Message) -> Column {
    let last = message.progress.history.last();
    match message.progress.phase {
        Phase::Settled => (last.map(|told| told.state), None),
        Phase::Submitted => (Some(State::Submitted), None),
        Phase::Waiting => match last.filter(|told| told.state == State::Deferred) {
            Some(told) => (None, told.reason),
            None => (None, None),
        },
        Phase::InFlight => (None, None),
    }
}

/// The state that was told, or why it was deferred.
type Column = (Option<State>, Option<Reason>);

impl Journal for Model {
    fn start(&mut self) -> Result<Start, JournalError> {
        let memory = self.memory();
        Ok(Start {
            held: memory.held.len() as u64,
            ..memory.start
        })
    }

    fn operator(&mut self, name: &str) -> Result<OperatorId, JournalError> {
        let operators = &mut self.memory().operators;
        let place = operators
            .iter()
            .position(|known| known == name)
            .unwrap_or_else(|| {
                operators.push(name.into());
                operators.len() - 1
            });
        Ok(OperatorId(u16::try_from(place + 1).unwrap_or(u16::MAX)))
    }

    fn used(&mut self) -> Result<BTreeMap<AgencyKey, Used>, JournalError> {
        Ok(self.memory().used.clone())
    }

    fn dealt(&mut self) -> Result<BTreeMap<SpreadKey, Dealt>, JournalError> {
        Ok(self.memory().dealt.clone())
    }

    fn facts(&mut self, asks: &[Ask<'_>]) -> Result<Vec<Facts>, JournalError> {
        let memory = self.memory();
        let thread = |key| memory.threads.get(&key).copied().unwrap_or_default();
        let subscriber = |msisdn| memory.subscribers.get(&msisdn).cloned().unwrap_or_default();
        let answer = |ask: &Ask<'_>| Facts {
            duplicate_of: memory.places.known(ask.key),
            cancelled: memory.cancelled.contains_key(ask.key),
            thread: ask.about.map(|about| thread(about.0)).unwrap_or_default(),
            subscriber: ask
                .about
                .map(|about| subscriber(about.1))
                .unwrap_or_default(),
        };
        Ok(asks.iter().map(answer).collect())
    }

    fn due(
        &mut self,
        queue: Queue,
        after: Cursor,
        now: UnixMillis,
        limit: usize,
    ) -> Result<Vec<Arrival>, JournalError> {
        let memory = self.memory();
        let due = memory.places.queued(queue, after);
        let due = due.take_while(|place| place.due <= now).take(limit);
        let due = memory.those(due.map(|place| MessageId(place.id)));
        let arrival = |message: Message| Arrival {
            thread: memory
                .threads
                .get(&message.thread)
                .copied()
                .unwrap_or_default(),
            subscriber: memory
                .subscribers
                .get(&message.msisdn)
                .cloned()
                .unwrap_or_default(),
            message,
        };
        Ok(due.into_iter().map(arrival).collect())
    }

    fn next_due(
        &mut self,
        queue: Queue,
        after: Cursor,
    ) -> Result<Option<UnixMillis>, JournalError> {
        let memory = self.memory();
        let first = memory.places.queued(queue, after).next();
        Ok(first.map(|place| place.due))
    }

    fn queues(&mut self) -> Result<Vec<Queue>, JournalError> {
        Ok(self.memory().places.queues().collect())
    }

    fn siblings(&mut self, thread: ThreadKey) -> Result<Vec<Message>, JournalError> {
        let memory = self.memory();
        Ok(memory.those(memory.places.siblings(thread)))
    }

    fn expired(&mut self, wall: UnixMillis, limit: usize) -> Result<Vec<Message>, JournalError> {
        let memory = self.memory();
        Ok(memory.those(memory.places.expired(wall).take(limit)))
    }

    fn in_flight(&mut self) -> Result<Vec<Message>, JournalError> {
        let memory = self.memory();
        Ok(memory.those(memory.places.in_flight()))
    }

    fn uncertain(&mut self) -> Result<u64, JournalError> {
        let memory = self.memory();
        Ok(memory.select(Message::waits_uncertain).len() as u64)
    }

    fn awaiting(
        &mut self,
        operator: OperatorId,
        smsc_ids: &[&str],
        meant: &Meant<'_>,
    ) -> Result<Vec<(Awaiting, Message)>, JournalError> {
        let memory = self.memory();
        let with_record = |awaiting: &Awaiting| {
            let (message, _) = memory.messages.get(&awaiting.message.0)?;
            (meant.is_to)(message.msisdn).then(|| (awaiting.clone(), message.clone()))
        };
        let under = |id: &str| {
            let all = memory.awaiting.get(id).map(Vec::as_slice);
            let newest = all.unwrap_or_default().iter().rev();
            let newest = newest.filter(|it| it.operator == operator).take(MOST_USES);
            let mut under: Vec<_> = newest.filter_map(with_record).take(MOST_READ).collect();
            under.sort_by_key(|(it, _)| (it.at, it.message, it.segment));
            under
        };
        Ok(smsc_ids.iter().flat_map(|id| under(id)).collect())
    }

    fn held(
        &mut self,
        operator: OperatorId,
        smsc_ids: &[&str],
    ) -> Result<Vec<(u64, HeldReceipt)>, JournalError> {
        let memory = self.memory();
        let under = |id: &&str| -> Vec<_> {
            let numbers = memory.held_as.get(*id).into_iter().flatten().rev();
            let held = numbers.filter_map(|number| Some((*number, memory.held.get(number)?)));
            let held = held.filter(|(_, held)| held.operator == operator);
            let newest = held.take(MOST_READ);
            let mut newest: Vec<_> = newest.map(|(at, held)| (at, held.clone())).collect();
            newest.reverse();
            newest
        };
        Ok(smsc_ids.iter().flat_map(under).collect())
    }

    fn held_for(
        &mut self,
        operator: OperatorId,
        last_digits: u32,
    ) -> Result<Vec<(u64, HeldReceipt)>, JournalError> {
        let memory = self.memory();
        let held = memory.held.iter();
        let held = held.filter(|(_, it)| it.operator == operator && it.last_digits == last_digits);
        Ok(held.map(|(number, held)| (*number, held.clone())).collect())
    }

    fn unreceipted(
        &mut self,
        after: SubmittedPlace,
        before: UnixMillis,
        limit: usize,
    ) -> Result<Vec<(SubmittedPlace, Message)>, JournalError> {
        let memory = self.memory();
        let places = memory.places.submitted(after);
        let places = places.take_while(|place| place.since <= before).take(limit);
        let placed = places.filter_map(|place| {
            let (message, _) = memory.messages.get(&place.id.0)?;
            Some((place, message.clone()))
        });
        Ok(placed.collect())
    }

    fn message(&mut self, id: MessageId) -> Result<Option<Message>, JournalError> {
        Ok(self
            .memory()
            .messages
            .get(&id.0)
            .map(|(message, _)| message.clone()))
    }

    fn choices(&mut self, msisdn: Msisdn) -> Result<Choices, JournalError> {
        let memory = self.memory();
        Ok(memory.choices.get(&msisdn).cloned().unwrap_or_default())
    }

    fn newest_to(&mut self, msisdn: Msisdn, limit: usize) -> Result<Vec<Message>, JournalError> {
        let memory = self.memory();
        Ok(memory.those(memory.places.newest_to(msisdn).take(limit)))
    }

    fn commit(&mut self, changes: &mut Changes) -> Result<(), JournalError> {
        let mut memory = self.memory();
        memory.check(changes)?;
        if !changes.is_empty() {
            memory.apply(changes);
        }
        Ok(())
    }

    fn erase(&mut self, msisdn: Msisdn, last_digits: u32) -> Result<Erased, JournalError> {
        let mut memory = self.memory();
        let all = memory.select(|message| message.msisdn == msisdn);
        let settled = |it: &&Message| it.progress.phase == Phase::Settled;
        let erased = Erased {
            messages: all.iter().filter(settled).count(),
            under_way: all.len() - all.iter().filter(settled).count(),
        };
        if erased.under_way > 0 {
            return Ok(Erased {
                messages: 0,
                ..erased
            });
        }
        for message in all {
            memory.veil(message.id);
        }
        let names = |held: &HeldReceipt| {
            let digits = msisdn.digits();
            let octets = &held.octets[..];
            octets
                .windows(digits.len())
                .any(|it| it == digits.as_bytes())
        };
        let found = |held: &HeldReceipt| held.last_digits == last_digits && names(held);
        memory.held.retain(|_, held| !found(held));
        if let Some(choices) = memory.choices.get_mut(&msisdn) {
            *choices = choices.opt_outs();
        }
        Ok(erased)
    }

    fn purge(&mut self, settled_before: UnixMillis, _limit: usize) -> Result<bool, JournalError> {
        let mut memory = self.memory();
        let settled: Vec<_> = memory.places.settled(settled_before).collect();
        settled.into_iter().for_each(|id| memory.veil(id));
        Ok(false)
    }

    fn forget(&mut self, settled_before: UnixMillis, limit: usize) -> Result<usize, JournalError> {
        let mut memory = self.memory();
        let mut cancelled: Vec<_> = memory
            .cancelled
            .iter()
            .map(|(key, at)| (*at, key.clone()))
            .collect();
        cancelled.retain(|(at, _)| *at <= settled_before);
        cancelled.sort();
        for (_, key) in cancelled.iter().take(limit) {
            memory.cancelled.remove(key);
        }
        let settled = memory.places.settled(settled_before).take(limit);
        let settled: Vec<_> = settled.collect();
        for id in &settled {
            if let Some((message, _)) = memory.leave(*id) {
                memory.places.forget(&message);
            }
        }
        Ok(settled.len())
    }

    fn forget_held(&mut self, before: UnixMillis, limit: usize) -> Result<usize, JournalError> {
        let mut memory = self.memory();
        let oldest = memory.held.iter().take(limit);
        let old: Vec<u64> = oldest
            .filter(|(_, held)| held.at <= before)
            .map(|(number, _)| *number)
            .collect();
        for number in &old {
            memory.held.remove(number);
        }
        Ok(old.len())
    }

    fn reader(&self) -> Result<Box<dyn Reader>, JournalError> {
        Ok(Box::new(self.clone()))
    }
}
