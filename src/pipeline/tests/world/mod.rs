//! A small world around the pipeline: a clock moved by hand, a journal that outlives crashes, and operators
//! that do as they are told. Every beat is checked against the [`Laws`].

mod agencies;
mod operators;
mod settings;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use xabar_events::{Event as Incoming, Outcome};

pub(super) use self::agencies::*;
pub(super) use self::operators::*;
pub(super) use self::settings::limit;
use self::settings::settings;
use super::laws::{Heard, Laws};
use crate::clock::{Now, UnixMillis, steady_at_start};
use crate::compose::Catalog;
use crate::delivery::{Logins, Offer, Report};
use crate::intake::{Batch, Carriers, Verdict};
use crate::journal::model::Model;
use crate::journal::{Changes, Journal, OperatorId, Reader, sqlite};
use crate::numbers::Numbers;
use crate::outcome::Wording;
use crate::pacing::Limit;
use crate::pipeline::{
    Core, Done, Effects, Inputs, NewRules, Order, Ordered, Pause, Posted, Refusal, Settings, Tally,
};
use crate::scratch::Folder;
use crate::traces::Stage;

/// A Monday, 09:15 in Tashkent.
pub(super) const START: UnixMillis = UnixMillis(1_795_407_300_000);

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(3600);

/// The first operator; the second one carries 99890.
pub(super) const UCELL: OperatorId = OperatorId(1);
pub(super) const BEELINE: OperatorId = OperatorId(2);

pub(super) struct World {
    /// Whether the gateway is being stopped.
    pub(super) stopping: bool,
    core: Option<Core>,
    reader: Option<Box<dyn Reader>>,
    pub(super) settings: Settings,
    base: Instant,
    /// What the steady clock reads.
    pub(super) steady: UnixMillis,
    /// How far the wall clock is ahead of it.
    pub(super) wall_ahead: i64,
    /// How far a restart brought the gateway's own steady clock forward: time that did not pass.
    leapt: Duration,
    pub(super) smscs: BTreeMap<OperatorId, Smsc>,
    arrivals: Vec<Vec<Incoming>>,
    /// Steps of USSD dialogues over HTTP, for the next beat.
    pub(super) posted: Vec<Posted>,
    /// What staff orders in the next beat.
    orders: Vec<Ordered>,
    /// What to go by from the next beat on.
    rules: Option<Box<NewRules>>,
    /// Lists of numbers for the next beat.
    pub(super) ported: Option<Arc<Numbers>>,
    pub(super) blocked: Option<Arc<Numbers>>,
    pub(super) reassigned: Option<Arc<Numbers>>,
    /// What was looked up of the numbers that come in.
    pub(super) carriers: Carriers,
    pub(super) outcomes: Vec<Outcome<'static>>,
    /// Of messages that are traced.
    pub(super) stages: Vec<Stage>,
    wording: Wording,
    pub(super) laws: Laws,
    pub(super) beats: u64,
    /// What breaks the pipeline, to see whether the laws notice.
    pub(super) saboteur: Option<Box<dyn Saboteur>>,
    disk: Disk,
}

/// Where the journal is, which outlives the gateway.
pub(super) enum Disk {
    /// One of SQLite's, as a gateway has.
    Folder(Folder),
    /// The model of journals, where there is too much for SQLite's to be waited for.
    Model(Model),
}

impl Disk {
    fn open(&self) -> Box<dyn Journal> {
        match self {
            Self::Folder(folder) => Box::new(sqlite::open(&folder.path("xabar.db")).unwrap()),
            Self::Model(model) => Box::new(model.clone()),
        }
    }
}

/// Spoils what goes into the pipeline or comes out of it, unseen by the laws.
pub(super) trait Saboteur: Send {
    fn inputs(&mut self, _now: &Now, _inputs: &mut Inputs) {}

    fn effects(&mut self, _now: &Now, _changes: &mut Changes, _effects: &mut Effects) {}
}

/// A way in which a submission ends.
pub(super) type End = fn(&mut World, &Sent);

/// Where a crash comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Crash {
    BeforeCommit,
    BeforeEffects,
}

impl World {
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(super) fn with(set: impl FnOnce(&mut Settings)) -> Self {
        // A simulation of days commits often.
        Self::on(Disk::Folder(Folder::in_memory()), set)
    }

    pub(super) fn on(disk: Disk, set: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = settings();
        set(&mut settings);
        let mut world = Self {
            stopping: false,
            core: None,
            reader: None,
            laws: Laws::new(&settings),
            settings,
            base: base(),
            steady: START,
            wall_ahead: 0,
            leapt: Duration::ZERO,
            smscs: BTreeMap::new(),
            arrivals: Vec::new(),
            posted: Vec::new(),
            orders: Vec::new(),
            rules: None,
            ported: None,
            blocked: None,
            reassigned: None,
            carriers: Carriers::default(),
            outcomes: Vec::new(),
            stages: Vec::new(),
            wording: Wording::default(),
            beats: 0,
            saboteur: None,
            disk,
        };
        world.start();
        world
    }

    /// Takes up where the journal left off.
    pub(super) fn start(&mut self) {
        let mut journal = self.disk.open();
        let before = journal.start().unwrap();
        // A clock that is set while the gateway is down it cannot tell from time that passes.
        if before.ahead == Some(self.wall_ahead) {
            let begins = steady_at_start(self.wall(), before.latest, before.ahead);
            self.leapt = begins.since(self.steady);
        }
        let now = self.gateways_now();
        let core = Core::start(journal, self.settings.clone(), Catalog::built_in(), &now).unwrap();
        self.laws.started(&self.now());
        self.reader = Some(core.reader().unwrap());
        self.wording = Wording::new(core.operators(), self.settings.traced);
        for (id, _) in core.operators() {
            let smsc = self.smscs.entry(id).or_insert_with(|| Smsc {
                sessions: 1,
                room: 1_000_000,
                dialogues: 10_000,
                ..Smsc::default()
            });
            (smsc.granted, smsc.taken, smsc.requests, smsc.shown) = (0, 0, 0, 0);
            smsc.events.clear();
        }
        self.core = Some(core);
    }

    /// As after `kill -9`: what was not committed is gone, and so are the sessions.
    pub(super) fn crash(&mut self) {
        self.reader = None;
        self.core = None;
        self.arrivals.clear();
        self.posted.clear();
        self.laws.crashed(self.steady);
        for smsc in self.smscs.values_mut() {
            smsc.events.clear();
        }
    }

    pub(super) fn restart(&mut self) {
        self.crash();
        self.start();
        self.beat();
    }

    pub(super) fn now(&self) -> Now {
        Now {
            instant: self.base + self.steady.since(START),
            steady: self.steady,
            wall: self.wall(),
        }
    }

    /// The time as the gateway reads it.
    fn gateways_now(&self) -> Now {
        let now = self.now();
        Now {
            steady: now.steady.after(self.leapt),
            ..now
        }
    }

    pub(super) fn wall(&self) -> UnixMillis {
        UnixMillis(self.steady.0 + self.wall_ahead)
    }

    /// Lets time pass at once, and then beats until nothing is left to do.
    pub(super) fn advance(&mut self, wait: Duration) {
        self.steady = self.steady.after(wait);
        self.calm();
    }

    /// Beats as often as the pipeline asks for until it wants to wait.
    pub(super) fn calm(&mut self) {
        for _ in 0..1000 {
            self.beat();
            let wait = self.wait();
            if wait > Duration::from_millis(20) {
                return;
            }
            self.steady = self.steady.after(wait.max(Duration::from_millis(1)));
        }
        panic!("the pipeline never comes to rest");
    }

    /// How many waiting messages are in memory.
    pub(super) fn held(&self) -> usize {
        self.core.as_ref().unwrap().pacer.held_in_all()
    }

    /// How many messages the last line of the log would call uncertain.
    pub(super) fn left_uncertain(&mut self) -> u64 {
        self.core.as_mut().unwrap().left_uncertain().unwrap()
    }

    /// Whether what is due waits until all is judged anew.
    pub(super) fn is_held_up(&self) -> bool {
        let judging = self.core.as_ref().unwrap().load().judging;
        judging.is_some_and(|it| it.holds_up)
    }

    pub(super) fn tally(&self) -> &Tally {
        self.core.as_ref().unwrap().tally()
    }

    /// Whether an operator counts as down or failing.
    pub(super) fn is_gone(&self, operator: OperatorId) -> bool {
        let operators = &self.core.as_ref().unwrap().operators;
        operators[&operator].gone_since().is_some()
    }

    /// How long the pipeline wants to wait if nothing comes in.
    pub(super) fn wait(&self) -> Duration {
        let now = self.gateways_now();
        let deadline = self.core.as_ref().unwrap().deadline(&now);
        deadline.saturating_duration_since(now.instant)
    }

    /// One beat with all that came in.
    pub(super) fn beat(&mut self) -> Vec<Verdict> {
        let (mut inputs, replies) = self.gather();
        let heard = Heard::from(&inputs);
        let now = self.now();
        if let Some(saboteur) = &mut self.saboteur {
            saboteur.inputs(&now, &mut inputs);
        }
        let (changes, mut effects) = self.decide(inputs);
        let mut changes = self.commit(changes, heard);
        self.count(&effects);
        if let Some(saboteur) = &mut self.saboteur {
            saboteur.effects(&now, &mut changes, &mut effects);
        }
        self.act(changes, effects);
        replies
            .into_iter()
            .flat_map(|mut reply| reply.try_recv().unwrap())
            .collect()
    }

    /// What an order is answered; what it does is done.
    pub(super) fn order(&mut self, order: Order) -> Result<Vec<Pause>, Refusal> {
        let done = self.give(order);
        self.calm();
        match done().unwrap()? {
            Done::Paused(paused) => Ok(paused),
            _ => panic!("that is another order"),
        }
    }

    /// Staff sets limits; gives what was remembered, if they look further back.
    pub(super) fn limit(&mut self, limits: Vec<Limit>) -> Option<Limit> {
        let done = self.give(Order::Limit(limits));
        self.calm();
        match done().unwrap() {
            Ok(Done::Limited { remembered }) => remembered,
            _ => panic!("that is another order"),
        }
    }

    /// Staff gives an order in the next beat; what it comes to is there after that.
    pub(super) fn give(
        &mut self,
        order: Order,
    ) -> impl FnOnce() -> Option<Result<Done, Refusal>> + use<> {
        if let Order::Cancel(unwanted) = &order {
            self.laws.staff_wants_no_more(unwanted, &self.now());
        }
        if let Order::Limit(limits) = &order {
            self.settings.rules.limits.clone_from(limits);
            self.laws.go_by(&self.settings);
        }
        let (reply, mut answer) = oneshot::channel();
        self.orders.push(Ordered { order, reply });
        move || answer.try_recv().ok()
    }

    /// The gateway reads its configuration again.
    pub(super) fn reload(&mut self, set: impl FnOnce(&mut Settings)) {
        self.read_again(set);
        self.calm();
    }

    /// The same, with the next beat.
    pub(super) fn read_again(&mut self, set: impl FnOnce(&mut Settings)) {
        set(&mut self.settings);
        self.laws.go_by(&self.settings);
        let rules = NewRules {
            settings: self.settings.clone(),
            catalog: Catalog::built_in(),
            operators: Vec::new(),
        };
        self.rules = Some(rules.into());
    }

    /// What it would read it goes by from its next start on only.
    pub(super) fn forget_rules(&mut self) {
        self.rules = None;
    }

    /// A beat that does not come to its end.
    pub(super) fn beat_and_crash(&mut self, crash: Crash) {
        let (inputs, _replies) = self.gather();
        let heard = Heard::from(&inputs);
        let (changes, effects) = self.decide(inputs);
        if crash == Crash::BeforeEffects {
            let changes = self.commit(changes, heard);
            self.hear_answers(&effects);
            self.tell(&changes);
            // Their attempts are in the journal, though nobody got them.
            for (operator, directive) in &effects.directives {
                self.laws
                    .submitted(&self.now(), *operator, &directive.submissions);
            }
        }
        drop(effects);
        self.crash();
        self.start();
    }

    fn gather(&mut self) -> (Inputs, Vec<oneshot::Receiver<Vec<Verdict>>>) {
        let mut inputs = Inputs {
            ported: self.ported.take(),
            blocked: self.blocked.take(),
            reassigned: self.reassigned.take(),
            posted: std::mem::take(&mut self.posted),
            orders: std::mem::take(&mut self.orders),
            rules: self.rules.take(),
            stopping: self.stopping,
            ..Inputs::default()
        };
        let mut replies = Vec::new();
        for events in self.arrivals.drain(..) {
            let (reply, verdicts) = oneshot::channel();
            inputs.batches.push(Batch {
                carriers: self.carriers.clone(),
                ..Batch::new(events, reply)
            });
            replies.push(verdicts);
        }
        for (operator, smsc) in &mut self.smscs {
            // As a link does: what it asked for before it lost its sessions it does not take back.
            if smsc.sessions > 0 {
                smsc.granted = smsc.taken + smsc.room;
            }
            self.laws.bound(*operator, smsc.sessions > 0, self.steady);
            inputs.reports.push(Report {
                operator: *operator,
                events: std::mem::take(&mut smsc.events),
                apart: Vec::new(),
                offer: Offer {
                    granted: smsc.granted,
                    kept: smsc.kept,
                    submitting: smsc.sessions,
                    logins: Logins(1),
                    carrying: Logins(u64::from(smsc.sessions > 0)),
                    heard: Logins(u64::from(smsc.sessions > 0)),
                    dialogues: smsc.shown + smsc.dialogues,
                    screens_full: smsc.screens_full,
                },
            });
        }
        (inputs, replies)
    }

    fn decide(&mut self, inputs: Inputs) -> (Changes, Effects) {
        self.beats += 1;
        let now = self.gateways_now();
        self.core.as_mut().unwrap().decide(now, inputs).unwrap()
    }

    /// Gives what is to be told of it, and all of it to a saboteur.
    fn commit(&mut self, mut changes: Changes, heard: Heard) -> Changes {
        let now = self.now();
        self.laws.committed(&now, &changes, heard);
        let left = match self.saboteur {
            Some(_) => changes.clone(),
            None => Changes {
                outgoing: changes.outgoing.clone(),
                ..Changes::default()
            },
        };
        self.core.as_mut().unwrap().commit(&mut changes).unwrap();
        left
    }

    /// What each operator was given, of what it granted.
    fn count(&mut self, effects: &Effects) {
        for (operator, directive) in &effects.directives {
            self.smsc(*operator).taken += directive.submissions.len() as u64;
        }
    }

    fn act(&mut self, changes: Changes, effects: Effects) {
        self.hear_answers(&effects);
        self.tell(&changes);
        self.stages.extend(effects.stages);
        for (reply, verdicts) in effects.replies {
            drop(reply.send(verdicts));
        }
        for (reply, shown) in effects.shown {
            drop(reply.send(Ok(shown)));
        }
        let directives: BTreeMap<_, _> = effects.directives.into_iter().collect();
        let now = self.now();
        for (operator, directive) in directives {
            let smsc = self.smscs.get_mut(&operator).expect("a known operator");
            self.laws.submitted(&now, operator, &directive.submissions);
            smsc.take(operator, directive.submissions);
            smsc.take_back.extend(directive.take_back);
            smsc.queries.extend(directive.queries);
            smsc.shown += directive.screens.len() as u64;
            smsc.screens.extend(directive.screens);
            let answers = directive
                .answers
                .into_iter()
                .flat_map(|(_, answers)| answers);
            smsc.answers.extend(answers);
        }
    }

    fn hear_answers(&mut self, effects: &Effects) {
        let now = self.now();
        for (operator, directive) in &effects.directives {
            for (_, answers) in &directive.answers {
                self.laws.answered(&now, *operator, answers);
            }
        }
    }

    fn tell(&mut self, changes: &Changes) {
        let now = self.now();
        for outgoing in &changes.outgoing {
            let outcome = self.wording.outcome(outgoing).into_owned();
            self.laws.told(&now, &outcome, outgoing.number);
            self.outcomes.push(outcome);
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "only where the simulation starts"
)]
fn base() -> Instant {
    Instant::now()
}
