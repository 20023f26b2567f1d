//! Decides when a due message may go out.
//!
//! In: due messages with what the journal knows of their thread and subscriber, and the time. Out:
//! [`Turn`]s, one at a time, for an operator that can take one. No sockets, clocks, tasks or store:
//! the pipeline carries out what is decided.
//! Keeps the promises on subscriber limits (R3), quiet hours (R4), the order within a thread (R5) and lanes (R8).

mod lanes;
mod limits;
mod quiet_hours;
mod subscribers;
mod threads;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::Duration;

use xabar_events::{Msisdn, Priority, Reason};

use crate::clock::{Now, UnixMillis};
use crate::journal::{
    Arrival, Message, MessageId, OperatorId, Queue, Record, SubscriberFacts, ThreadFacts,
    ThreadKey, ThreadOrder,
};
use lanes::Lanes;
pub use limits::{Limit, Limits};
use quiet_hours::Curfew;
pub use quiet_hours::QuietHours;
use subscribers::Subscribers;
use threads::Threads;

/// How soon a message is looked at again whose thread awaits the result of another.
const THREAD_RECHECK: Duration = Duration::from_millis(100);

/// The rules for subscribers.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    pub limits: Vec<Limit>,
    pub quiet_hours: Option<QuietHours>,
}

/// What is to be done with the message whose turn it is.
#[derive(Debug)]
pub enum Turn {
    /// It may go now.
    Go(Message),
    /// It may go now, but others of its thread wait too: the newest is to go instead of it.
    Contended(Message),
    /// Not before this steady time.
    Defer {
        message: Message,
        until: UnixMillis,
        reason: Reason,
    },
    /// A newer one of its thread went already.
    Overtaken { message: Message, by: ThreadOrder },
    /// It is of no use any more.
    Expired(Message),
}

/// Holds what is due and decides whose turn it is.
#[derive(Debug)]
pub struct Pacer {
    limits: Limits,
    curfew: Curfew,
    waiting: HashMap<MessageId, Message>,
    lanes: HashMap<OperatorId, Lanes>,
    parked: BinaryHeap<Reverse<(UnixMillis, MessageId)>>,
    threads: Threads,
    subscribers: Subscribers,
}

impl Pacer {
    pub fn new(rules: &Rules) -> Self {
        let limits = Limits::new(&rules.limits);
        Self {
            subscribers: Subscribers::new(limits.memory()),
            curfew: Curfew::new(rules.quiet_hours.clone()),
            limits,
            waiting: HashMap::new(),
            lanes: HashMap::new(),
            parked: BinaryHeap::new(),
            threads: Threads::default(),
        }
    }

    /// Takes a message that is due. Its turn comes by [`next`](Self::next).
    pub fn offer(&mut self, arrival: Arrival) {
        let Arrival {
            message,
            thread,
            subscriber,
        } = arrival;
        let record = &message.record;
        self.threads.enter(record, thread);
        self.subscribers.pin(record.msisdn, subscriber);
        self.enqueue(
            record.progress.operator,
            record.priority,
            record.key.agency.name(),
            record.id,
        );
        self.waiting.insert(record.id, message);
    }

    /// Notes that a message of this thread was accepted that is not due yet.
    pub fn sibling_waits(&mut self, thread: ThreadKey) {
        self.threads.sibling_waits(thread);
    }

    /// How many due messages of a queue are held. Those that lost their turn to a sibling may still count.
    pub fn held(&self, queue: Queue) -> usize {
        self.lanes
            .get(&queue.operator)
            .map_or(0, |lanes| lanes.len(queue.priority))
    }

    /// The due messages of a thread that are held, other than `id`.
    pub fn held_siblings(&self, thread: ThreadKey, id: MessageId) -> Vec<Message> {
        let ids = self.threads.held(thread).iter().filter(|held| **held != id);
        ids.filter_map(|held| self.waiting.get(held).cloned())
            .collect()
    }

    /// The records of the messages held for an operator.
    pub fn held_for(&mut self, operator: OperatorId) -> impl Iterator<Item = &mut Record> {
        let records = self.waiting.values_mut().map(|message| &mut message.record);
        records.filter(move |record| record.progress.operator == operator)
    }

    /// Whether a message is held.
    pub fn holds(&self, id: MessageId) -> bool {
        self.waiting.contains_key(&id)
    }

    /// Gives up a held message: it was cancelled, or goes out of turn.
    pub fn withdraw(&mut self, id: MessageId) -> Option<Message> {
        let message = self.waiting.remove(&id)?;
        self.leave(&message.record);
        Some(message)
    }

    /// What to do with the message whose turn it is on this operator; `None` when none is due.
    pub fn next(&mut self, operator: OperatorId, now: &Now) -> Option<Turn> {
        self.unpark(now);
        loop {
            let id = self.lanes.get_mut(&operator)?.pop()?;
            let Some(message) = self.waiting.remove(&id) else {
                continue;
            };
            if self.threads.busy(message.record.thread) {
                self.park(message, now);
                continue;
            }
            let turn = self.judge(message, now);
            self.leave(turn.record());
            return Some(turn);
        }
    }

    /// Whether a message of this subscriber and priority may go now, and if not, when and why.
    pub fn permits(&mut self, record: &Record, now: &Now) -> Result<(), (UnixMillis, Reason)> {
        if record.priority == Priority::Urgent {
            return Ok(());
        }
        if let Some(end) = self.curfew.end(now.wall) {
            return Err((now.steady_at(end), Reason::QuietHours));
        }
        let submitted = self.subscribers.submitted(record.msisdn);
        let earliest = self.limits.earliest(submitted, now.steady);
        if earliest > now.steady {
            Err((earliest, Reason::SubscriberLimit))
        } else {
            Ok(())
        }
    }

    /// Notes that a message is being submitted; gives what is to be kept of its subscriber.
    pub fn begin(&mut self, record: &Record, now: &Now) -> Option<SubscriberFacts> {
        self.threads.begin(record);
        self.subscribers
            .pin(record.msisdn, SubscriberFacts::default());
        let facts = self.subscribers.record(record.msisdn, now.steady);
        self.subscribers.unpin(record.msisdn);
        facts
    }

    /// Notes that a submission of the last life of the gateway has no result yet.
    pub fn resume(&mut self, record: &Record, thread: ThreadFacts) {
        self.threads.resume(record, thread);
    }

    /// Notes that a submission has its result, or that its grace has ended.
    pub fn end(&mut self, record: &Record) {
        self.threads.end(record.thread);
    }

    /// Notes that a submission was refused, so that it does not count for its subscriber.
    pub fn give_back(&mut self, msisdn: Msisdn, at: UnixMillis) -> Option<SubscriberFacts> {
        self.subscribers.give_back(msisdn, at)
    }

    /// What is to be kept of a thread.
    pub fn thread(&self, thread: ThreadKey) -> ThreadFacts {
        self.threads.facts(thread)
    }

    /// When to ask again although nothing new came.
    pub fn deadline(&self) -> Option<UnixMillis> {
        self.parked.peek().map(|Reverse((at, _))| *at)
    }

    fn judge(&mut self, message: Message, now: &Now) -> Turn {
        let record = &message.record;
        if record.expires <= now.wall {
            return Turn::Expired(message);
        }
        if let Some(by) = self.threads.newer_attempted(record) {
            return Turn::Overtaken { message, by };
        }
        match self.permits(record, now) {
            Err((until, reason)) => Turn::Defer {
                message,
                until,
                reason,
            },
            Ok(()) if self.threads.contended(record.thread) => Turn::Contended(message),
            Ok(()) => Turn::Go(message),
        }
    }

    fn leave(&mut self, record: &Record) {
        self.threads.leave(record);
        self.subscribers.unpin(record.msisdn);
    }

    fn enqueue(&mut self, operator: OperatorId, priority: Priority, agency: &str, id: MessageId) {
        self.lanes
            .entry(operator)
            .or_default()
            .push(priority, agency, id);
    }

    fn park(&mut self, message: Message, now: &Now) {
        let id = message.record.id;
        self.parked
            .push(Reverse((now.steady.after(THREAD_RECHECK), id)));
        self.waiting.insert(id, message);
    }

    fn unpark(&mut self, now: &Now) {
        while let Some(Reverse((at, id))) = self.parked.peek().copied() {
            if at > now.steady {
                return;
            }
            self.parked.pop();
            let Some(record) = self.waiting.get(&id).map(|message| &message.record) else {
                continue;
            };
            let lanes = self.lanes.entry(record.progress.operator).or_default();
            lanes.push(record.priority, record.key.agency.name(), id);
        }
    }
}

impl Turn {
    fn record(&self) -> &Record {
        match self {
            Self::Go(message) | Self::Contended(message) | Self::Expired(message) => {
                &message.record
            }
            Self::Defer { message, .. } | Self::Overtaken { message, .. } => &message.record,
        }
    }
}
