//! Decides when a due message may go out.
//!
//! In: due messages with what the journal knows of their thread and subscriber, and the time. Out:
//! [`Turn`]s, one at a time, for an operator that can take one. No sockets, clocks, tasks or store:
//! the pipeline carries out what is decided.
//! Keeps the promises on subscriber limits (R3), quiet hours (R4), the order within a thread (R5) and lanes (R8).

mod contests;
mod daily;
mod gate;
mod lanes;
mod limits;
mod line;
mod morning;
mod pauses;
mod quiet_hours;
mod rights;
mod rules;
mod spread;
mod subscribers;
#[cfg(test)]
mod tests;
mod threads;

use std::collections::{BTreeMap, BTreeSet};

use xabar_events::Reason;

use crate::clock::{Now, UnixMillis};
use crate::journal::{
    AgencyKey, Arrival, Dealt, Lane, Message, MessageId, OperatorId, Queue, Segment, SpreadKey,
    SubscriberFacts, ThreadFacts, ThreadKey, ThreadOrder, Used,
};
use contests::Contests;
pub use daily::DailyQuota;
use gate::Gate;
use lanes::Lanes;
pub use lanes::{Among, Sharing};
pub use limits::{Limit, Limits};
pub(crate) use line::Came;
use line::line_of;
pub use pauses::Scope;
pub use quiet_hours::QuietHours;
pub(crate) use quiet_hours::is_within;
pub use rights::UrgentRight;
pub use rules::{Affected, Rules};
use spread::Line;
pub use spread::Spread;
use subscribers::Subscribers;
use threads::Threads;

/// A map of short keys, as all are here: a message's turn takes some twenty look-ups. Seeded by
/// chance, since subscribers come from outside.
type HashMap<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;

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
    gate: Gate,
    waiting: HashMap<MessageId, Message>,
    /// How many of these are of each queue.
    held: HashMap<Queue, usize>,
    lanes: HashMap<OperatorId, Lanes>,
    sharing: Sharing,
    paused: Vec<Scope>,
    threads: Threads,
    subscribers: Subscribers,
    contests: Contests,
}

impl Pacer {
    /// `used` is what the journal knows of how much agencies have used of their quotas.
    pub fn new(rules: &Rules, used: &BTreeMap<AgencyKey, Used>) -> Self {
        let gate = Gate::new(rules, used);
        Self {
            subscribers: Subscribers::new(&rules.limits_to_remember()),
            gate,
            waiting: HashMap::default(),
            held: HashMap::default(),
            lanes: HashMap::default(),
            sharing: rules.sharing.clone(),
            paused: Vec::new(),
            threads: Threads::default(),
            contests: Contests::default(),
        }
    }

    /// Goes by other rules from now on, with what is known of subscribers, quotas and campaigns. Of a limit that looks further
    /// back than all of before, what went out earlier is not known. `known` is what the journal knows of the subscribers of
    /// messages, one by one.
    ///
    /// # Errors
    /// Those of `known`; then nothing is changed.
    pub fn change_rules<E>(
        &mut self,
        rules: &Rules,
        now: &Now,
        known: impl FnOnce(&[&Message]) -> Result<Vec<SubscriberFacts>, E>,
    ) -> Result<(), E> {
        let limits = rules.limits_to_remember();
        if !self.subscribers.remembers() && limits.memory() > 0 {
            // Where there was no limit nobody was remembered for the sake of what waits.
            let waiting = self.waiting.values().filter(|it| is_limited(it));
            let waiting: Vec<&Message> = waiting.collect();
            let known = known(&waiting)?;
            self.subscribers.remember(&limits);
            for (message, facts) in waiting.into_iter().zip(known) {
                self.subscribers.pin(message.msisdn, facts);
            }
        }
        self.subscribers.remember(&limits);
        self.gate.change(rules, now);
        self.sharing = rules.sharing.clone();
        for lanes in self.lanes.values_mut() {
            lanes.share(&self.sharing);
        }
        Ok(())
    }

    /// How many of a subscriber's last messages are remembered, and for how long, if the limits of these rules look further back.
    pub fn remembers_less(&self, rules: &Rules) -> Option<Limit> {
        let limits = Limits::with_lag(&rules.limits, rules.lag);
        let (messages, longest) = self.subscribers.falls_short(&limits)?;
        Some(Limit {
            messages: u32::try_from(messages).unwrap_or(u32::MAX),
            per: longest.saturating_sub(rules.lag),
        })
    }

    /// Takes a message that is due. Its turn comes by [`next`](Self::next).
    pub fn offer(&mut self, arrival: Arrival) {
        let Arrival {
            message,
            thread,
            subscriber,
        } = arrival;
        self.threads.enter(&message, thread);
        if is_limited(&message) {
            self.subscribers.pin(message.msisdn, subscriber);
        }
        if was_put_off(&message) && self.subscribers.remembers() {
            self.contests.enter(&message);
        }
        let paused = is_paused(&self.paused, message.queue());
        enqueue(&mut self.lanes, &message, paused, &self.sharing);
        *self.held.entry(message.queue()).or_default() += 1;
        self.waiting.insert(message.id, message);
    }

    /// From now on what these cover has no turns, and all else has.
    pub fn pause(&mut self, scopes: Vec<Scope>) {
        self.paused = scopes;
        for (operator, lanes) in &mut self.lanes {
            lanes.pause(|lane, agency| {
                let queue = Queue {
                    operator: *operator,
                    lane,
                    agency,
                };
                is_paused(&self.paused, queue)
            });
        }
    }

    /// Whether what waits in a queue has no turns.
    pub fn is_paused(&self, queue: Queue) -> bool {
        is_paused(&self.paused, queue)
    }

    /// Notes that a message of this thread waits in the journal.
    pub fn sibling_waits(&mut self, thread: ThreadKey) {
        self.threads.sibling_waits(thread);
    }

    /// How many due messages of a queue are held. Those that were withdrawn count until their turn, since
    /// their places in the lane take up memory too.
    pub fn held(&self, queue: Queue) -> usize {
        let lanes = self.lanes.get(&queue.operator);
        let in_lane = lanes.map_or(0, |lanes| lanes.len(queue.lane, queue.agency));
        let held = self.held.get(&queue).copied().unwrap_or(0);
        held.max(in_lane)
    }

    /// How many messages are held in all.
    #[cfg(test)]
    pub(crate) fn held_in_all(&self) -> usize {
        self.waiting.len()
    }

    /// The due messages of a thread that are held, other than `id`.
    pub fn held_siblings(&self, thread: ThreadKey, id: MessageId) -> Vec<Message> {
        let ids = self.threads.held(thread).iter().filter(|held| **held != id);
        ids.filter_map(|held| self.waiting.get(held).cloned())
            .collect()
    }

    /// The messages held for an operator, oldest first.
    pub fn held_for(&mut self, operator: OperatorId) -> Vec<&mut Message> {
        let held = self.waiting.values_mut();
        let mut held: Vec<_> = held
            .filter(|message| message.progress.operator == operator)
            .collect();
        held.sort_unstable_by_key(|message| message.id);
        held
    }

    /// Whether any message is held for an operator that staff does not hold up.
    pub fn holds_some_to_go(&self, operator: OperatorId) -> bool {
        let mut held = self.waiting.values();
        held.any(|message| {
            message.progress.operator == operator && !self.is_paused(message.queue())
        })
    }

    /// The message of a held message.
    pub fn held_message(&mut self, id: MessageId) -> Option<&mut Message> {
        self.waiting.get_mut(&id)
    }

    /// Whether a message is held.
    pub fn holds(&self, id: MessageId) -> bool {
        self.waiting.contains_key(&id)
    }

    /// Gives up a held message: it was cancelled, or goes out of turn.
    pub fn withdraw(&mut self, id: MessageId) -> Option<Message> {
        let message = self.waiting.remove(&id)?;
        self.leave(&message);
        Some(message)
    }

    /// A message that waited ends without going, or goes out of turn: its place, or its time in a campaign, is another's.
    pub fn give_up(&mut self, message: &mut Message, now: &Now) {
        self.gate.give_up(message, now);
    }

    /// A message that waits, and is not held, does so for another operator, where it is due then: its place in line goes with it.
    pub fn move_to(
        &mut self,
        message: &mut Message,
        operator: OperatorId,
        due: UnixMillis,
        now: &Now,
    ) {
        message.progress.operator = operator;
        self.gate.move_to(message, due, now);
    }

    /// Gives up the places of an operator's messages that were withdrawn: their turns may never come.
    pub fn give_up_places(&mut self, operator: OperatorId) {
        if let Some(lanes) = self.lanes.get_mut(&operator) {
            lanes.retain(|id| self.waiting.contains_key(&id));
        }
    }

    /// Whether some message of these lanes may be waiting for its turn on this operator.
    pub fn has_turns(&self, operator: OperatorId, among: Among) -> bool {
        self.lanes
            .get(&operator)
            .is_some_and(|lanes| !lanes.is_empty(among))
    }

    /// What to do with the message of these lanes whose turn it is on this operator; `None` when none is due.
    pub fn next(&mut self, operator: OperatorId, among: Among, now: &Now) -> Option<Turn> {
        loop {
            let id = self.lanes.get_mut(&operator)?.pop(among)?;
            let Some(message) = self.waiting.get(&id) else {
                continue;
            };
            // A newer one may be under way, of which nothing may come yet.
            if self.threads.busy(message.thread) {
                self.threads.park(message);
                continue;
            }
            let first = self.first_at_limit(message, now);
            if first != id
                && let Some(lanes) = self.lanes.get_mut(&operator)
            {
                // Its own turn is the next.
                lanes.put_back(message.lane, message.agency(), id, &self.sharing);
            }
            let id = first;
            let Some(message) = self.waiting.remove(&id) else {
                continue;
            };
            let turn = self.judge(message, now);
            self.threads.turn(turn.message().thread);
            self.leave(turn.message());
            return Some(turn);
        }
    }

    /// The message that goes in the turn of this one: where agencies wait for the limits of its subscriber, they take turns there.
    fn first_at_limit(&self, message: &Message, now: &Now) -> MessageId {
        let Some(contest) = self.contests.of(message).filter(|_| !is_rest(message)) else {
            return message.id;
        };
        let submitted = self.subscribers.submitted(message.msisdn);
        if self.gate.limit(submitted, now).is_some() {
            return message.id;
        }
        contest.first(message, |id| {
            self.waiting.get(&id).is_some_and(|other| {
                !self.threads.busy(other.thread) && !is_paused(&self.paused, other.queue())
            })
        })
    }

    /// Whether a message of this subscriber and lane may go now, and if not, when and why.
    pub fn permits(&mut self, message: &Message, now: &Now) -> Result<(), (UnixMillis, Reason)> {
        self.permits_in(line_of(message), message, now)
    }

    fn permits_in(
        &mut self,
        line: Line,
        message: &Message,
        now: &Now,
    ) -> Result<(), (UnixMillis, Reason)> {
        let submitted = match is_rest(message) {
            true => &[],
            false => self.subscribers.submitted(message.msisdn),
        };
        self.gate
            .wait_in(line, message, submitted, now)
            .map_or(Ok(()), Err)
    }

    /// Whether a message may go now that it is the turn of an older one of its thread.
    pub fn permits_instead(&mut self, message: &Message, turn: &Message, now: &Now) -> bool {
        let line = self.gate.line_instead(message, turn);
        self.gate.may_take_turn(message, turn, now) && self.permits_in(line, message, now).is_ok()
    }

    /// The limit that holds the subscriber of a message that was put off a moment ago.
    pub fn limit(&self, message: &Message, now: &Now) -> Option<Limit> {
        self.limit_after(self.subscribers.submitted(message.msisdn), now)
    }

    /// The same of a subscriber to whom messages were submitted at these times.
    pub fn limit_after(&self, submitted: &[UnixMillis], now: &Now) -> Option<Limit> {
        self.gate.limit(submitted, now)
    }

    /// Begins to judge anew what waits of an agency: what was put off by its rules gets its places again.
    pub fn begin_anew(&mut self, agency: AgencyKey) {
        self.gate.begin_anew(agency);
    }

    /// The agencies of which some wait for another day though this one has room, and they may go now.
    pub fn with_room(&mut self, now: &Now) -> BTreeSet<AgencyKey> {
        self.gate.with_room(now)
    }

    /// All that waits of the agency is judged anew.
    pub fn end_anew(&mut self, agency: AgencyKey) {
        self.gate.end_anew(agency);
    }

    /// Where a message stands in the order in which places in line are given.
    pub(crate) fn came(&self, message: &Message) -> Came {
        self.gate.came(message)
    }

    /// The wall clock is ahead of the steady one by so many milliseconds, by which all is judged from now on.
    pub(crate) fn judges_by(&mut self, ahead: i64) {
        self.gate.ahead = ahead;
    }

    /// Whether a message may have to stand in line, for its agency's quota or its campaign: then the order counts in which
    /// such are judged anew.
    pub fn has_line(&self, message: &Message) -> bool {
        self.gate.has_line(message)
    }

    /// Whether an agency has a quota of the day, which counts who has places.
    pub fn has_quota(&self, agency: AgencyKey) -> bool {
        self.gate.daily.contains_key(&agency)
    }

    /// A message that [stands in line](Self::has_line) is not judged anew, as it is due: it keeps its place.
    pub fn keep(&mut self, message: &Message, now: &Now) {
        self.gate.keep(message, now);
    }

    /// Whether a message is of a campaign that is spread.
    pub fn is_of_campaign(&self, message: &Message) -> bool {
        self.gate.best(message).is_some()
    }

    /// What a message that was put off waits for by the rules of now, and until when; `None`: it may go. In the order in
    /// which they are judged those that [stand in line](Self::has_line) get their places.
    pub fn judge_anew(&mut self, arrival: &mut Arrival, now: &Now) -> Option<(UnixMillis, Reason)> {
        let Arrival {
            message,
            subscriber,
            ..
        } = arrival;
        if let Some(not_before) = message.not_before.filter(|at| *at > now.wall) {
            // A place that it had when the clock was ahead is none any more.
            message.progress.dealt = None;
            return Some((now.steady_at(not_before), Reason::Scheduled));
        }
        let submitted = match is_rest(message) {
            true => &[],
            false => &*subscriber.submitted,
        };
        self.gate.judge_anew(message, submitted, now)
    }

    /// The gateway was down since then, and starts now; says whether some of a morning fell into that, so that what waits is to be
    /// judged anew.
    pub fn was_down(&mut self, since: UnixMillis, now: &Now) -> bool {
        self.gate.was_down(since, now)
    }

    /// Goes on dealing out the times of campaigns where the journal says that it stood.
    pub fn take_up(&mut self, dealt: &BTreeMap<SpreadKey, Dealt>, now: &Now) {
        self.gate.take_up(dealt, now);
    }

    /// How far the times of campaigns are dealt out, where that has changed since it was asked last.
    pub fn dealt(&mut self) -> Vec<(SpreadKey, Dealt)> {
        self.gate.dealt()
    }

    /// How much of their quotas agencies have used, where that has changed since it was asked last.
    pub fn used(&mut self) -> Vec<(AgencyKey, Used)> {
        self.gate.changes()
    }

    /// Notes that a message is being submitted in the turn of this lane, which pays for it: its own, or
    /// that of an older one of its thread, which it goes instead of. Gives what is to be kept of its
    /// subscriber.
    pub fn begin(&mut self, message: &Message, turn: Lane, now: &Now) -> Option<SubscriberFacts> {
        self.threads.begin(message);
        let progress = &message.progress;
        if progress.attempt.attempts == 1 {
            self.gate.count(message, now);
        }
        if let Some(lanes) = self.lanes.get_mut(&progress.operator) {
            let segments = progress.attempt.segments.iter();
            let pdus = segments.filter(|it| **it == Segment::Sent).count();
            lanes.charge(turn, message.agency(), pdus);
        }
        if !is_limited(message) || is_rest(message) {
            return None;
        }
        self.contests
            .went(message, self.sharing.weight(message.agency()));
        self.subscribers
            .pin(message.msisdn, SubscriberFacts::default());
        let facts = self.subscribers.record(message.msisdn, now.steady);
        self.subscribers.unpin(message.msisdn);
        facts
    }

    /// Notes that a submission has no result yet that was begun in the last life of the gateway, or given up too early.
    pub fn resume(&mut self, message: &Message, thread: ThreadFacts) {
        self.threads.resume(message, thread);
    }

    /// Notes that a submission has its result, or that its grace has ended. Gives the newest that was attempted of its
    /// thread, if older ones may wait: those are superseded by it.
    pub fn end(&mut self, message: &Message) -> Option<ThreadOrder> {
        let superseding = self.threads.superseding(message);
        for id in self.threads.end(message) {
            if let Some(message) = self.waiting.get(&id) {
                let paused = is_paused(&self.paused, message.queue());
                enqueue(&mut self.lanes, message, paused, &self.sharing);
            }
        }
        superseding
    }

    /// Notes that nothing of a message was written, so that its next attempt is its first again and counts then.
    pub fn uncount(&mut self, message: &Message, now: &Now) {
        if message.progress.attempt.attempts == 0 {
            self.threads.unbegin(message);
            self.gate.uncount(message, now);
        }
    }

    /// Notes that a submission was refused, so that it does not count for its subscriber.
    pub fn give_back(&mut self, message: &Message) -> Option<SubscriberFacts> {
        if !is_limited(message) {
            return None;
        }
        let at = message.progress.attempt.at;
        self.subscribers.give_back(message.msisdn, at)
    }

    /// Notes that the operator took a submission after all that it had refused: it counts for its subscriber, of whom the
    /// journal knows this.
    pub fn count_again(
        &mut self,
        message: &Message,
        known: SubscriberFacts,
    ) -> Option<SubscriberFacts> {
        if !is_limited(message) {
            return None;
        }
        self.subscribers.pin(message.msisdn, known);
        let at = message.progress.attempt.at;
        let facts = self.subscribers.record(message.msisdn, at);
        self.subscribers.unpin(message.msisdn);
        facts
    }

    /// Notes that a message waits again, and is due then: one that is not counted has its place in line.
    pub fn wait_again(&mut self, message: &mut Message, now: &Now) {
        self.gate.wait_again(message, now);
    }

    /// As [`end`](Self::end), for a message that waits again: what is to be kept of its thread, too.
    pub fn end_to_wait(&mut self, message: &Message) -> (ThreadFacts, Option<ThreadOrder>) {
        let others = self.threads.contended(message.thread);
        let facts = self.thread(message.thread, 1 + u32::from(others));
        let superseding = self.threads.superseding(message);
        self.threads.sibling_waits(message.thread);
        self.end(message);
        (facts, superseding)
    }

    /// What is to be kept of a thread of which one is in flight and about this many wait.
    pub fn thread(&self, thread: ThreadKey, waiting: u32) -> ThreadFacts {
        ThreadFacts {
            attempted: self.threads.attempted(thread),
            waiting,
        }
    }

    fn judge(&mut self, mut message: Message, now: &Now) -> Turn {
        self.gate.call(&mut message, now);
        if message.expires <= now.wall {
            return Turn::Expired(message);
        }
        if let Some(by) = self.threads.newer_attempted(&message) {
            return Turn::Overtaken { message, by };
        }
        // Its steady time has come, but the wall clock was set back.
        if let Some(not_before) = message.not_before.filter(|at| *at > now.wall) {
            return Turn::Defer {
                until: now.steady_at(not_before),
                reason: Reason::Scheduled,
                message,
            };
        }
        match self.permits(&message, now) {
            Err(wait) => {
                let (until, reason) = self.gate.put_off(&mut message, wait, now);
                Turn::Defer {
                    message,
                    until,
                    reason,
                }
            }
            Ok(()) if self.threads.contended(message.thread) => Turn::Contended(message),
            Ok(()) => Turn::Go(message),
        }
    }

    fn leave(&mut self, message: &Message) {
        let queue = message.queue();
        if let Some(held) = self.held.get_mut(&queue) {
            *held = held.saturating_sub(1);
            if *held == 0 {
                self.held.remove(&queue);
            }
        }
        self.threads.leave(message);
        if is_limited(message) {
            self.subscribers.unpin(message.msisdn);
        }
        if was_put_off(message) {
            self.contests.leave(message);
        }
    }
}

/// Whether it counts for its subscriber. Answers have a limit of their own, and come without what the journal
/// knows of the subscriber, which must not be taken for nothing.
fn is_limited(message: &Message) -> bool {
    !message.is_answer()
}

/// Whether it waited for something else than its turn on the link, at least until its `notBefore`.
fn was_put_off(message: &Message) -> bool {
    is_limited(message) && message.progress.due > message.accepted_at
}

/// Whether its operator has a part of it: what is left is no message more for its subscriber, who cannot read it without.
fn is_rest(message: &Message) -> bool {
    message.progress.attempt.has_reached()
}

fn is_paused(paused: &[Scope], queue: Queue) -> bool {
    paused.iter().any(|scope| scope.covers(queue))
}

fn enqueue(
    lanes: &mut HashMap<OperatorId, Lanes>,
    message: &Message,
    paused: bool,
    sharing: &Sharing,
) {
    let operator = message.progress.operator;
    let lanes = lanes.entry(operator).or_insert_with(|| Lanes::new(sharing));
    lanes.push(
        message.lane,
        (message.agency(), paused),
        message.id,
        sharing,
    );
}

impl Turn {
    fn message(&self) -> &Message {
        match self {
            Self::Go(message) | Self::Contended(message) | Self::Expired(message) => message,
            Self::Defer { message, .. } | Self::Overtaken { message, .. } => message,
        }
    }
}
