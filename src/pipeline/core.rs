//! What the pipeline knows and how one beat goes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;

use super::admission::Right;
use super::appetite::Appetite;
use super::beat::{Beat, Effects, Room};
use super::cancelling::Cancelling;
use super::earlier::Earlier;
use super::elsewhere::Parts;
use super::homeward::Homeward;
use super::in_flight::InFlight;
use super::left_out::{News, Place};
use super::links::peers;
use super::operator::Operator;
use super::orders::{Ordered, Paused};
use super::posted::Posted;
use super::push::Pushes;
use super::reading::Queues;
use super::receipts::Receipts;
use super::reload::NewRules;
use super::rerouting::Rerouting;
use super::review::Review;
use super::seldom::Seldom;
use super::settings::Settings;
use super::taken_late::Unheeded;
use super::telling::Teller;
use super::texts::Texts;
use super::unanswered::Repeats;
use super::ussd::Ussd;
use crate::clock::{Now, UnixMillis};
use crate::compose::{Catalog, Unfit};
use crate::delivery::{Event, References, Report, Routes, reference_of};
use crate::dialogue::{Desk, Keywords};
use crate::intake::Batch;
use crate::journal::{
    Ask, Changes, Journal, JournalError, Message, MessageId, OperatorId, ThreadFacts,
};
use crate::numbers::Numbers;
use crate::pacing::{Limits, Pacer};

/// What came in since the last beat.
#[derive(Debug, Default)]
pub struct Inputs {
    pub batches: Vec<Batch>,
    pub reports: Vec<Report>,
    /// Steps of USSD dialogues over HTTP.
    pub posted: Vec<Posted>,
    /// What staff ordered.
    pub orders: Vec<Ordered>,
    /// What to go by from now on.
    pub rules: Option<Box<NewRules>>,
    /// Outcomes up to this number are published.
    pub published: Option<u64>,
    /// The lists of numbers that are others than before.
    pub ported: Option<Arc<Numbers>>,
    pub blocked: Option<Arc<Numbers>>,
    pub reassigned: Option<Arc<Numbers>>,
    /// Whether new submissions may begin.
    pub stopping: bool,
}

/// Decides, beat by beat, what happens to every message.
#[derive(Debug)]
pub struct Core {
    pub(super) journal: Box<dyn Journal>,
    pub(super) settings: Settings,
    pub(super) catalog: Catalog,
    pub(super) desk: Desk,
    pub(super) texts: Texts,
    pub(super) receipts: Receipts,
    pub(super) keywords: Keywords,
    pub(super) answer_limits: Limits,
    pub(super) ussd: Ussd,
    pub(super) pushes: Pushes,
    pub(super) pacer: Pacer,
    pub(super) paused: Vec<Paused>,
    /// Whether staff wants nothing to be bound, nor anything begun.
    pub(super) drained: bool,
    pub(super) routes: Routes<OperatorId>,
    /// What staff set instead of the configured ones, among operators that share numbers.
    pub(super) weights: BTreeMap<OperatorId, u32>,
    pub(super) operators: BTreeMap<OperatorId, Operator>,
    /// How many of these are away.
    pub(super) away: usize,
    /// Whether new messages are to try an operator.
    pub(super) probing: bool,
    pub(super) rerouting: Rerouting,
    pub(super) homeward: Homeward,
    pub(super) queues: Queues,
    pub(super) review: Review,
    pub(super) cancelling: Cancelling,
    pub(super) in_flight: FxHashMap<MessageId, InFlight>,
    pub(super) repeats: Repeats,
    pub(super) unheeded: Unheeded,
    pub(super) parts: Parts,
    pub(super) graces: BinaryHeap<Reverse<(UnixMillis, MessageId)>>,
    pub(super) references: References,
    pub(super) teller: Teller,
    pub(super) next_message: u64,
    pub(super) next_held: u64,
    /// Receipts held since, or before, the start.
    pub(super) held: u64,
    /// As it was when last asked for.
    pub(super) held_before: u64,
    pub(super) next_sweep: UnixMillis,
    /// How long receipts were waited for, and keys remembered.
    pub(super) receipt_before: Earlier,
    pub(super) duplicates_before: Earlier,
    /// Outcomes up to this number are published.
    published_to: u64,
    /// Those of which the journal does not know that yet.
    published: Option<u64>,
    note_published_at: UnixMillis,
    /// Messages are waiting for their turn that a beat had no time for.
    pub(super) turns_left: bool,
    appetite: Appetite,
    room: Room,
    /// Messages given to links, each attempt counted.
    pub(super) sent: u64,
    /// What was called something without a right to it, and by which agency.
    pub(super) not_entitled: Seldom<(Right, Box<str>)>,
    /// Agencies whose events are of a time to come, with the first such message.
    pub(super) clocks_ahead: Seldom<Box<str>, MessageId>,
    /// Values that their texts did not take.
    pub(super) left_out: Seldom<Place, Unfit>,
    /// News for which there is no text, with the first message of each.
    pub(super) without_text: Seldom<News, MessageId>,
    /// Words of receipts that mean no known state.
    pub(super) unclear: Seldom<(OperatorId, Box<str>)>,
    /// Refusals that someone must look into, with the first message that each met.
    pub(super) refusals: Seldom<(OperatorId, u32), MessageId>,
}

/// How often deadlines are looked for in the journal.
pub(super) const SWEEP: Duration = Duration::from_secs(1);

/// How long a commit is put off that would only note what is published: after a crash that much is published again.
const NOTE_PUBLISHED: Duration = Duration::from_secs(1);

/// How soon to look again at what only time can change; keeps an idle pipeline idle.
const SHORTEST_WAIT: Duration = Duration::from_millis(5);

impl Core {
    /// Takes up where the journal left off.
    pub fn start(
        mut journal: Box<dyn Journal>,
        settings: Settings,
        catalog: Catalog,
        now: &Now,
    ) -> Result<Self, JournalError> {
        let start = journal.start()?;
        let mut operators = BTreeMap::new();
        let mut logins = Vec::new();
        for rules in &settings.operators {
            let id = journal.operator(&rules.name)?;
            operators.insert(id, Operator::new(rules, now));
            logins.push((id, rules.logins.as_slice()));
        }
        for (id, operator) in &mut operators {
            operator.peers = peers(*id, &logins);
        }
        let teller = Teller::new(settings.told.clone(), start.last_outgoing, settings.traced);
        let unpublished = journal.reader()?.outbox(0, 1)?.pop();
        let published_to = unpublished.map_or(start.last_outgoing, |it| it.number - 1);
        let mut pacer = Pacer::new(&settings.rules, &journal.used()?);
        let is_new = start.latest == UnixMillis::default();
        let over_a_morning = !is_new && pacer.was_down(start.latest, now);
        let rules = settings.rules.fingerprint();
        let mut core = Self {
            pacer,
            paused: Vec::new(),
            drained: false,
            desk: Desk::default(),
            texts: Texts::default(),
            receipts: Receipts::default(),
            keywords: Keywords::new(catalog.keywords()),
            answer_limits: Limits::new(&settings.dialogue.answers),
            ussd: Ussd::new(settings.dialogue.menus.clone()),
            pushes: Pushes::default(),
            journal,
            catalog,
            routes: Routes::new([]),
            weights: BTreeMap::new(),
            operators,
            away: 0,
            probing: false,
            rerouting: Rerouting::default(),
            homeward: Homeward::default(),
            queues: Queues::new(settings.rules.sharing.weights.clone()),
            review: Review::new(now, rules, &start, over_a_morning),
            cancelling: Cancelling::default(),
            in_flight: FxHashMap::default(),
            repeats: Repeats::default(),
            unheeded: Unheeded::default(),
            parts: Parts::default(),
            graces: BinaryHeap::new(),
            references: References::beside([], start.last_message),
            teller,
            next_message: start.last_message + 1,
            next_held: start.last_held + 1,
            held: start.held,
            held_before: start.held,
            next_sweep: now.steady,
            receipt_before: Earlier::default(),
            duplicates_before: Earlier::default(),
            published_to,
            published: None,
            note_published_at: now.steady,
            turns_left: false,
            appetite: Appetite::default(),
            room: Room::default(),
            sent: 0,
            not_entitled: Seldom::default(),
            clocks_ahead: Seldom::default(),
            left_out: Seldom::default(),
            without_text: Seldom::default(),
            unclear: Seldom::default(),
            refusals: Seldom::default(),
            settings,
        };
        core.pacer.judges_by(core.review.judged_ahead());
        core.pacer.take_up(&core.journal.dealt()?, now);
        core.route_by(core.settings.operators.clone());
        core.open_queues()?;
        core.resume_in_flight(now)?;
        Ok(core)
    }

    /// The journal's name for each configured operator.
    pub fn operators(&self) -> impl Iterator<Item = (OperatorId, &str)> {
        self.operators
            .iter()
            .map(|(id, operator)| (*id, &*operator.name))
    }

    /// A second way into the journal, for reading.
    pub fn reader(&self) -> Result<Box<dyn crate::journal::Reader>, JournalError> {
        self.journal.reader()
    }

    /// Decides on all that came in and all that is due. Nothing of it is durable yet.
    pub fn decide(&mut self, now: Now, inputs: Inputs) -> Result<(Changes, Effects), JournalError> {
        let mut beat = Beat::within(now, std::mem::take(&mut self.room));
        self.published = self.published.max(inputs.published);
        self.published_to = self.published_to.max(inputs.published.unwrap_or_default());
        if let Some(ported) = inputs.ported {
            self.take_ported(ported);
            self.routes_changed();
        }
        let lists = &mut self.settings.lists;
        lists.blocked = inputs.blocked.unwrap_or(std::mem::take(&mut lists.blocked));
        lists.reassigned = inputs
            .reassigned
            .unwrap_or(std::mem::take(&mut lists.reassigned));
        if let Some(rules) = inputs.rules {
            self.take_rules(&mut beat, *rules)?;
        }
        self.take_orders(&mut beat, inputs.orders);
        beat.stopping = inputs.stopping || self.drained;
        // First, while the journal holds all there is: what the rest of the beat changes is not in it yet.
        self.refill(&mut beat)?;
        self.resume_ussd(&mut beat)?;
        self.resume_texts(&mut beat)?;
        self.resume_receipts(&mut beat)?;
        self.hear(&mut beat, inputs.reports)?;
        for posted in inputs.posted {
            self.posted(&mut beat, posted)?;
        }
        self.end_unanswered(&mut beat)?;
        self.hear_unfinished(&mut beat)?;
        self.end_graces(&mut beat)?;
        self.sweep(&mut beat)?;
        self.move_rerouted(&mut beat);
        self.cancel_some(&mut beat)?;
        self.admit(&mut beat, inputs.batches)?;
        self.supersede(&mut beat)?;
        self.turns_left = false;
        if !beat.stopping {
            self.send_due(&mut beat)?;
        }
        // What was settled by receipts that were held until now.
        self.send_elsewhere(&mut beat)?;
        self.note_pressure(now.steady);
        let (mut changes, effects, room) = beat.finish();
        self.room = room;
        changes.used = self.pacer.used();
        changes.dealt = self.pacer.dealt();
        (changes.judged_by, changes.ahead) = self.review.changes();
        if !changes.is_empty() || inputs.stopping || now.steady >= self.note_published_at {
            changes.published = self.published.take();
            self.note_published_at = now.steady.after(NOTE_PUBLISHED);
        }
        for (id, screens) in effects.screens() {
            if let Some(operator) = self.operators.get_mut(&id) {
                operator.shown += screens as u64;
            }
        }
        self.sent += effects.messages();
        let (taken_in, gone_out) = (changes.accepted.len(), effects.submissions());
        self.appetite.note(now.steady, taken_in, gone_out);
        Ok((changes, effects))
    }

    /// About how many events the next beat should take in.
    pub fn events_wanted(&self, now: &Now) -> usize {
        self.appetite.events(
            now.steady,
            self.queues.is_behind(|queue| self.pacer.is_paused(queue)),
        )
    }

    /// Makes the changes of a beat durable. May be tried again.
    pub fn commit(&mut self, changes: &mut Changes) -> Result<(), JournalError> {
        self.journal.commit(changes)?;
        self.room.take_back(changes);
        Ok(())
    }

    /// When the next beat is due though nothing comes in.
    pub fn deadline(&self, now: &Now) -> Instant {
        let graces = self.graces.peek().map(|Reverse((at, _))| *at);
        let queues = self.queues.wakes(|queue| self.pacer.held(queue));
        let soonest = queues
            .into_iter()
            .chain(graces)
            .chain(self.ussd.next_over())
            .chain((self.turns_left || self.ussd.waits()).then_some(now.steady))
            .chain((self.texts.wait() || self.receipts.wait()).then_some(now.steady))
            .chain(self.review.is_under_way().then_some(now.steady))
            .chain(self.cancelling.is_under_way().then_some(now.steady))
            .chain(self.is_rerouting().then_some(now.steady))
            .chain(self.homeward.is_under_way().then_some(now.steady))
            .min()
            .unwrap_or(UnixMillis::NEVER);
        now.instant_at(
            soonest
                .min(self.next_sweep)
                .max(now.steady.after(SHORTEST_WAIT)),
        )
    }

    /// The last number in the outbox.
    pub fn last_outgoing(&self) -> u64 {
        self.teller.last_outgoing()
    }

    /// How many outcomes are to be published yet.
    pub(super) fn unpublished(&self) -> u64 {
        self.last_outgoing().saturating_sub(self.published_to)
    }

    /// Results first, since a receipt that came along may need them.
    fn hear(&mut self, beat: &mut Beat, reports: Vec<Report>) -> Result<(), JournalError> {
        let mut inbound = Vec::new();
        for report in reports {
            self.note_link(beat, &report);
            self.note_answers(beat, &report);
            for event in report.events {
                match event {
                    Event::Answered {
                        token,
                        class,
                        status,
                        ..
                    } if token.is_push() => {
                        self.push_answered(beat, report.operator, token, (class, status))?;
                    }
                    Event::TimedOut(token) | Event::Lost(token) if token.is_push() => {
                        self.push_unanswered(beat, token)?;
                    }
                    Event::Returned(token) | Event::NotTaken(token) if token.is_push() => {
                        self.push_returned(beat, token);
                    }
                    Event::Answered {
                        token,
                        class,
                        status,
                        smsc_id,
                    } => {
                        self.answered(beat, report.operator, token, (class, status), &smsc_id)?;
                    }
                    Event::TakenAfterAll { token, smsc_id } => {
                        let taken = (report.operator, token);
                        let before = self.unheeded.before(token);
                        self.taken_late(beat, taken, &smsc_id, before)?;
                    }
                    Event::TimedOut(token) | Event::Lost(token) => {
                        self.unanswered(beat, token)?;
                    }
                    Event::Returned(token) => self.returned(beat, token, false),
                    Event::NotTaken(token) => self.returned(beat, token, true),
                    Event::Queried { token, told } => {
                        self.told(beat, report.operator, token, told)?;
                    }
                    Event::Inbound {
                        session,
                        frame,
                        until,
                    } => inbound.push((report.operator, session, frame, until)),
                }
            }
        }
        self.send_elsewhere(beat)?;
        for (operator, session, frame, until) in inbound {
            self.inbound(beat, operator, session, (&frame, until))?;
            // The next one may be of the same message.
            self.send_elsewhere(beat)?;
        }
        Ok(())
    }

    /// What has an attempt without a result from an earlier life is uncertain.
    fn resume_in_flight(&mut self, now: &Now) -> Result<(), JournalError> {
        let grace_ends = now.steady.after(self.settings.uncertain);
        let messages = self.journal.in_flight()?;
        let taken = messages.iter().map(|message| {
            let attempt = &message.progress.attempt;
            let others = u8::try_from(attempt.segments.len().saturating_sub(1));
            reference_of(attempt.reference, others.unwrap_or(u8::MAX))
        });
        self.references = References::beside(taken, self.next_message);
        for message in messages {
            let thread = self.thread_in_journal(&message)?;
            self.pacer.resume(&message, thread);
            self.reopen_push(&message);
            self.graces.push(Reverse((grace_ends, message.id)));
            let mut flight = InFlight::new(message);
            flight.grace_ends = Some(grace_ends);
            flight.silent = flight.outstanding().collect();
            self.in_flight.insert(flight.message.id, flight);
        }
        Ok(())
    }

    pub(super) fn thread_in_journal(
        &mut self,
        message: &Message,
    ) -> Result<ThreadFacts, JournalError> {
        let ask = Ask {
            key: &message.key,
            about: Some((message.thread, message.msisdn)),
        };
        let facts = self.journal.facts(&[ask])?.pop().unwrap_or_default();
        Ok(facts.thread)
    }
}
