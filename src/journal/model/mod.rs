//! A journal in memory, as simple as can be: what the real ones are compared with.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use xabar_events::{EventKey, Msisdn, Reason, State};

use super::*;

#[derive(Clone, Debug, Default)]
pub(super) struct Model(Arc<Mutex<Memory>>);

#[derive(Debug, Default)]
struct Memory {
    start: Start,
    published: u64,
    operators: Vec<String>,
    /// Each with the time when it entered its phase.
    messages: BTreeMap<u64, (Message, UnixMillis)>,
    cancelled: BTreeMap<EventKey, UnixMillis>,
    threads: HashMap<ThreadKey, ThreadFacts>,
    subscribers: HashMap<Msisdn, SubscriberFacts>,
    used: BTreeMap<AgencyKey, Used>,
    dealt: BTreeMap<SpreadKey, Dealt>,
    choices: HashMap<Msisdn, Choices>,
    awaiting: Vec<Awaiting>,
    held: BTreeMap<u64, HeldReceipt>,
    outbox: BTreeMap<u64, (UnixMillis, Outgoing)>,
    books: BTreeMap<(String, Column), u64>,
}

impl Model {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap()
    }
}

impl Memory {
    fn check(&self, changes: &Changes) -> Result<(), JournalError> {
        let mut keys: Vec<_> = self
            .messages
            .values()
            .map(|(message, _)| &message.key)
            .collect();
        for message in &changes.accepted {
            if keys.contains(&&message.key) {
                return Err(JournalError::Refused {
                    what: "an event that it holds already",
                });
            }
            keys.push(&message.key);
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

    fn apply(&mut self, changes: &Changes) {
        for message in &changes.accepted {
            self.start.last_message = self.start.last_message.max(message.id.0);
            self.enter(message, 1);
            self.messages
                .insert(message.id.0, (message.clone(), changes.at));
        }
        for message in &changes.progressed {
            let (before, since) = self.messages.remove(&message.id.0).unwrap();
            let phase = message.progress.phase;
            let entered = before.progress.phase != phase || phase == Phase::Settled;
            let since = if entered { changes.at } else { since };
            self.books
                .entry(column(&before))
                .and_modify(|count| *count -= 1);
            self.enter(message, 1);
            self.messages.insert(message.id.0, (message.clone(), since));
        }
        self.cancelled.extend(
            changes
                .cancelled
                .iter()
                .cloned()
                .map(|key| (key, changes.at)),
        );
        self.threads.extend(changes.threads.iter().copied());
        self.subscribers.extend(changes.subscribers.iter().cloned());
        self.used.extend(changes.used.iter().copied());
        self.dealt.extend(changes.dealt.iter().copied());
        self.start.judged_by = changes.judged_by.or(self.start.judged_by);
        self.choices.extend(changes.choices.iter().cloned());
        self.awaiting.extend(changes.awaiting.iter().cloned());
        self.held.extend(changes.held.iter().cloned());
        for (number, _) in &changes.held {
            self.start.last_held = self.start.last_held.max(*number);
        }
        self.held
            .retain(|number, _| !changes.released.contains(number));
        for one in &changes.outgoing {
            self.start.last_outgoing = one.number;
            self.outbox.insert(one.number, (changes.at, one.clone()));
        }
        self.published = self.published.max(changes.published.unwrap_or(0));
        self.outbox.retain(|number, _| *number > self.published);
        self.start.latest = self.start.latest.max(changes.at);
    }

    fn enter(&mut self, message: &Message, by: u64) {
        *self.books.entry(column(message)).or_default() += by;
    }

    fn select(&self, which: impl Fn(&Message) -> bool) -> Vec<Message> {
        self.messages
            .values()
            .map(|(message, _)| message)
            .filter(|message| which(message))
            .cloned()
            .collect()
    }

    fn waiting(&self, which: impl Fn(&Message) -> bool) -> Vec<Message> {
        self.select(|message| message.progress.phase == Phase::Waiting && which(message))
    }

    fn queued(&self, queue: Queue, after: Cursor) -> Vec<Message> {
        let mut queued =
            self.waiting(|message| message.queue() == queue && message.cursor() > after);
        queued.sort_by_key(|message| message.cursor());
        queued
    }
}

fn column(message: &Message) -> (String, Column) {
    let last = message.progress.history.last();
    let column = match message.progress.phase {
        Phase::Settled => (last.map(|told| told.state), None),
        Phase::Submitted => (Some(State::Submitted), None),
        Phase::Waiting => match last.filter(|told| told.state == State::Deferred) {
            Some(told) => (None, told.reason),
            None => (None, None),
        },
        Phase::InFlight => (None, None),
    };
    (message.key.agency.name().into(), column)
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
        Ok(OperatorId(u16::try_from(place + 1).unwrap()))
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
            duplicate_of: memory
                .select(|message| message.key == *ask.key)
                .first()
                .map(|message| message.id),
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
        let due = memory
            .queued(queue, after)
            .into_iter()
            .filter(|message| message.progress.due <= now);
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
        Ok(due.take(limit).map(arrival).collect())
    }

    fn next_due(
        &mut self,
        queue: Queue,
        after: Cursor,
    ) -> Result<Option<UnixMillis>, JournalError> {
        Ok(self
            .memory()
            .queued(queue, after)
            .first()
            .map(|message| message.progress.due))
    }

    fn queues(&mut self) -> Result<Vec<Queue>, JournalError> {
        let mut queues: Vec<_> = self
            .memory()
            .waiting(|_| true)
            .iter()
            .map(|message| message.queue())
            .collect();
        queues.sort_unstable();
        queues.dedup();
        Ok(queues)
    }

    fn siblings(&mut self, thread: ThreadKey) -> Result<Vec<Message>, JournalError> {
        Ok(self.memory().waiting(|message| message.thread == thread))
    }

    fn expired(&mut self, wall: UnixMillis, limit: usize) -> Result<Vec<Message>, JournalError> {
        let mut expired = self.memory().waiting(|message| message.expires <= wall);
        expired.sort_by_key(|message| (message.expires, message.id));
        Ok(expired.into_iter().take(limit).collect())
    }

    fn in_flight(&mut self) -> Result<Vec<Message>, JournalError> {
        Ok(self
            .memory()
            .select(|message| message.progress.phase == Phase::InFlight))
    }

    fn awaiting(
        &mut self,
        operator: OperatorId,
        smsc_ids: &[&str],
    ) -> Result<Vec<(Awaiting, Message)>, JournalError> {
        let memory = self.memory();
        let under = |id: &str| {
            let is =
                |awaiting: &&Awaiting| awaiting.operator == operator && *awaiting.smsc_id == *id;
            let mut under: Vec<_> = memory.awaiting.iter().filter(is).collect();
            under.sort_by_key(|awaiting| (awaiting.at, awaiting.message, awaiting.segment));
            under
        };
        let with_record = |awaiting: &Awaiting| {
            let (message, _) = memory.messages.get(&awaiting.message.0)?;
            Some((awaiting.clone(), message.clone()))
        };
        Ok(smsc_ids
            .iter()
            .flat_map(|id| under(id))
            .filter_map(with_record)
            .collect())
    }

    fn held(
        &mut self,
        operator: OperatorId,
        smsc_ids: &[&str],
    ) -> Result<Vec<(u64, HeldReceipt)>, JournalError> {
        let memory = self.memory();
        let under = |id: &&str| -> Vec<_> {
            let held = memory
                .held
                .iter()
                .filter(|(_, held)| held.operator == operator && *held.smsc_id == **id);
            held.map(|(number, held)| (*number, held.clone())).collect()
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
        let submitted = memory
            .messages
            .values()
            .filter(|(message, _)| message.progress.phase == Phase::Submitted);
        let placed = submitted.map(|(message, since)| {
            let (since, id) = (*since, message.id);
            (SubmittedPlace { since, id }, message.clone())
        });
        let mut found: Vec<_> = placed
            .filter(|(place, _)| *place > after && place.since <= before)
            .collect();
        found.sort_by_key(|(place, _)| *place);
        found.truncate(limit);
        Ok(found)
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
        let mut found = self.memory().select(|message| message.msisdn == msisdn);
        found.reverse();
        found.truncate(limit);
        Ok(found)
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
            if let Some((held, _)) = memory.messages.get_mut(&message.id.0) {
                *held = message.veiled();
            }
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
        for (message, at) in self.memory().messages.values_mut() {
            if message.progress.phase == Phase::Settled && *at <= settled_before {
                *message = message.veiled();
            }
        }
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
        let mut settled: Vec<_> = memory
            .messages
            .values()
            .filter(|(message, at)| {
                message.progress.phase == Phase::Settled && *at <= settled_before
            })
            .map(|(message, at)| (*at, message.id))
            .collect();
        settled.sort_unstable();
        settled.truncate(limit);
        for (_, id) in &settled {
            memory.messages.remove(&id.0);
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

impl Reader for Model {
    fn outbox(&mut self, after: u64, limit: usize) -> Result<Vec<Outgoing>, JournalError> {
        let memory = self.memory();
        Ok(memory
            .outbox
            .values()
            .map(|(_, one)| one)
            .filter(|one| one.number > after)
            .take(limit)
            .cloned()
            .collect())
    }

    fn message(&mut self, id: MessageId) -> Result<Option<Message>, JournalError> {
        Journal::message(self, id)
    }

    fn find(&mut self, question: &Question, limit: usize) -> Result<Vec<Message>, JournalError> {
        let mut found = self.memory().select(|message| {
            let state = message.progress.history.last().map(|told| told.state);
            question
                .event
                .as_ref()
                .is_none_or(|event| event == message.key.id.as_str())
                && question
                    .application
                    .as_ref()
                    .is_none_or(|application| **application == *message.application)
                && question
                    .msisdn
                    .is_none_or(|msisdn| msisdn == message.msisdn)
                && (question.state.is_none() || question.state == state)
                && question
                    .agency
                    .as_ref()
                    .is_none_or(|agency| *agency == message.key.agency)
        });
        found.truncate(limit);
        Ok(found)
    }

    fn books(&mut self) -> Result<Vec<Books>, JournalError> {
        let mut all: BTreeMap<String, Books> = BTreeMap::new();
        for ((agency, state), count) in self.memory().books.iter().filter(|(_, count)| **count > 0)
        {
            let books = all.entry(agency.clone()).or_insert_with(|| Books {
                agency: agency.clone(),
                ..Books::default()
            });
            books.accepted += count;
            match state {
                (Some(State::Submitted), _) => {
                    books.waiting += count;
                    books.submitted += count;
                }
                (Some(state), _) => books.settled.push((*state, *count)),
                (None, reason) => {
                    books.waiting += count;
                    books.deferred.extend(reason.map(|reason| (reason, *count)));
                }
            }
        }
        Ok(all.into_values().collect())
    }

    /// Of all days.
    fn balance(
        &mut self,
        _day: Option<i64>,
        each: &mut dyn FnMut(Message),
    ) -> Result<Vec<Books>, JournalError> {
        self.memory().select(|_| true).into_iter().for_each(each);
        self.books()
    }

    fn last_message(&mut self) -> Result<u64, JournalError> {
        Ok(self.memory().start.last_message)
    }

    fn accepted_as(
        &mut self,
        questions: &[(OperatorId, Vec<String>)],
    ) -> Result<Vec<Option<Awaiting>>, JournalError> {
        let memory = self.memory();
        let find = |(operator, ids): &(OperatorId, Vec<String>)| {
            let under = |id: &String| {
                let awaiting = memory.awaiting.iter();
                awaiting
                    .filter(|it| it.operator == *operator && *it.smsc_id == **id)
                    .max_by_key(|it| (it.at, it.message, it.segment))
            };
            ids.iter().find_map(under).cloned()
        };
        Ok(questions.iter().map(find).collect())
    }

    fn choices(&mut self, msisdn: Msisdn) -> Result<Choices, JournalError> {
        Journal::choices(self, msisdn)
    }

    fn backlog(&mut self) -> Result<Backlog, JournalError> {
        let mut backlog = Backlog::default();
        for books in self.books()? {
            backlog.messages += books.waiting - books.submitted;
            for (reason, count) in books.deferred {
                *backlog.deferred.entry(reason).or_default() += count;
            }
        }
        Ok(backlog)
    }

    fn operator_name(&mut self, id: OperatorId) -> Result<Option<String>, JournalError> {
        Ok(self.memory().operators.get(usize::from(id.0) - 1).cloned())
    }
}
