//! What one beat changes, before it is committed.

use std::collections::HashMap;

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};
use tokio::sync::oneshot;
use xabar_events::{EventKey, Msisdn};
use xabar_ussd::Shown;

use super::elsewhere::Elsewhere;
use super::looks::Looks;
use super::posted::PostedReply;
use crate::clock::Now;
use crate::delivery::{Answer, Directive, Query, Screen, SessionKey, Submission, Tuning};
use crate::intake::Verdict;
use crate::journal::{
    Awaiting, Changes, Choices, HeldReceipt, Message, MessageId, OperatorId, Outgoing,
    SubscriberFacts, ThreadFacts, ThreadKey,
};

/// One beat under way: what it changes, and what to do once that is committed.
#[derive(Debug)]
pub(super) struct Beat {
    pub(super) now: Now,
    /// Whether the gateway stops: nothing new is begun.
    pub(super) stopping: bool,
    accepted: Vec<Message>,
    accepted_at: FxHashMap<MessageId, usize>,
    /// Events of this beat, since the journal does not know them yet.
    pub(super) keys: HashMap<EventKey, MessageId>,
    // In the order in which they came, so that the same inputs give the same changes.
    progressed: IndexMap<MessageId, Message, FxBuildHasher>,
    threads: IndexMap<ThreadKey, ThreadFacts, FxBuildHasher>,
    subscribers: IndexMap<Msisdn, SubscriberFacts>,
    /// What subscribers chose in this beat.
    pub(super) choices: IndexMap<Msisdn, Choices>,
    /// How often the journal may still be asked for what went to a subscriber.
    pub(super) looks: Looks,
    /// Screens for phones whose steps came over HTTP.
    pub(super) shown: Vec<(PostedReply, Shown)>,
    pub(super) cancelled: Vec<EventKey>,
    awaiting: Vec<Awaiting>,
    /// Where in `awaiting` the segments under an id are.
    awaiting_at: HashMap<Box<str>, Vec<usize>>,
    pub(super) held: Vec<(u64, HeldReceipt)>,
    pub(super) released: Vec<u64>,
    /// What an operator took and did not deliver, and who is to try it now.
    pub(super) undelivered: Vec<Elsewhere>,
    pub(super) outgoing: Vec<Outgoing>,
    directives: HashMap<OperatorId, Directive>,
    pub(super) replies: Vec<(oneshot::Sender<Vec<Verdict>>, Vec<Verdict>)>,
}

/// What to do once the changes of a beat are committed.
#[derive(Debug, Default)]
pub struct Effects {
    pub replies: Vec<(oneshot::Sender<Vec<Verdict>>, Vec<Verdict>)>,
    pub directives: HashMap<OperatorId, Directive>,
    /// Screens for phones whose steps came over HTTP.
    pub shown: Vec<(PostedReply, Shown)>,
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
    pub(super) fn new(now: Now) -> Self {
        Self {
            now,
            stopping: false,
            accepted: Vec::new(),
            accepted_at: FxHashMap::default(),
            keys: HashMap::new(),
            progressed: IndexMap::default(),
            threads: IndexMap::default(),
            subscribers: IndexMap::new(),
            choices: IndexMap::new(),
            looks: Looks::default(),
            shown: Vec::new(),
            cancelled: Vec::new(),
            awaiting: Vec::new(),
            awaiting_at: HashMap::new(),
            held: Vec::new(),
            released: Vec::new(),
            undelivered: Vec::new(),
            outgoing: Vec::new(),
            directives: HashMap::new(),
            replies: Vec::new(),
        }
    }

    /// A new message, as it stands now.
    pub(super) fn accept(&mut self, message: Message) {
        self.accepted_at.insert(message.id, self.accepted.len());
        self.accepted.push(message);
    }

    /// A message stands otherwise than before.
    pub(super) fn put(&mut self, message: Message) {
        let position = self.accepted_at.get(&message.id);
        match position.and_then(|position| self.accepted.get_mut(*position)) {
            Some(accepted) => accepted.progress = message.progress,
            None => drop(self.progressed.insert(message.id, message)),
        }
    }

    /// How a message stands that this beat touched; the journal is behind on it.
    pub(super) fn message(&self, id: MessageId) -> Option<&Message> {
        let accepted = self
            .accepted_at
            .get(&id)
            .and_then(|position| self.accepted.get(*position));
        accepted.or_else(|| self.progressed.get(&id))
    }

    /// The messages accepted in this beat.
    pub(super) fn accepted(&self) -> &[Message] {
        &self.accepted
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
        let at = self.awaiting_at.entry(awaiting.smsc_id.clone());
        at.or_default().push(self.awaiting.len());
        self.awaiting.push(awaiting);
    }

    /// Segments accepted in this beat under one of these ids.
    pub(super) fn awaiting(&self, operator: OperatorId, smsc_ids: &[&str]) -> Vec<Awaiting> {
        let at = smsc_ids.iter().filter_map(|id| self.awaiting_at.get(*id));
        let under = at.flatten().filter_map(|at| self.awaiting.get(*at));
        under
            .filter(|awaiting| awaiting.operator == operator)
            .cloned()
            .collect()
    }

    pub(super) fn submit(&mut self, operator: OperatorId, submission: Submission) {
        self.directives
            .entry(operator)
            .or_default()
            .submissions
            .push(submission);
    }

    pub(super) fn tune(&mut self, operator: OperatorId, tuning: Tuning) {
        let directive = self.directives.entry(operator).or_default();
        directive.tuning = tuning.after(directive.tuning);
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

    pub(super) fn finish(self) -> (Changes, Effects) {
        let changes = Changes {
            at: self.now.steady,
            accepted: self.accepted,
            progressed: self.progressed.into_values().collect(),
            cancelled: self.cancelled,
            threads: self.threads.into_iter().collect(),
            subscribers: self.subscribers.into_iter().collect(),
            used: Vec::new(),
            dealt: Vec::new(),
            choices: self.choices.into_iter().collect(),
            awaiting: self.awaiting,
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
            },
        )
    }
}
