//! What always holds, checked at every beat of a [`World`](super::world::World).

mod agencies;
mod arrivals;
mod checks;
mod choices;
mod days;
mod ends;
mod links;
mod morning;
mod order;
mod repeats;
mod turns;
mod waits;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use rustc_hash::{FxHashMap, FxHashSet};
use xabar_events::{Event as Incoming, EventKey, Language, Msisdn, Outcome, State};
use xabar_smpp::Status;

use crate::clock::{Now, UnixMillis};
use crate::delivery::{Answer, Event, Submission, Token};
use crate::journal::{Changes, Message, MessageId, OperatorId, ThreadKey};
use crate::numbers::{Lists, Numbers};
use crate::pacing::{Limit, Rules, UrgentRight};
use crate::pipeline::{Inputs, Settings, Unwanted};
use agencies::Begun;
use choices::Choices;
pub(super) use choices::Text;
use days::Days;
use links::Links;
use morning::Mornings;
use order::Order;
use turns::Turns;
use waits::Waits;

/// What is known of every message from outside.
pub(super) struct Laws {
    rules: Rules,
    /// How many answers a phone gets.
    answer_limits: Vec<Limit>,
    default_language: Language,
    urgent: UrgentRight,
    legal: BTreeSet<Box<str>>,
    /// The numbers that get nothing, as the gateway was told last.
    lists: Lists,
    uncertain: Duration,
    /// Whether another operator may try what one took and did not deliver.
    undelivered_elsewhere: bool,
    messages: FxHashMap<MessageId, Known>,
    phones: FxHashMap<Msisdn, Vec<MessageId>>,
    threads: FxHashMap<ThreadKey, Vec<MessageId>>,
    /// Those with an attempt in the journal, which is there before they go.
    begun_in_journal: FxHashSet<MessageId>,
    withdrawn: FxHashSet<EventKey>,
    /// What staff ordered to be withdrawn, and when.
    unwanted: Vec<(Unwanted, UnixMillis)>,
    choices: Choices,
    /// What phones said of pushes, each with what would acknowledge it.
    words: Vec<(OperatorId, Answer, Token, bool)>,
    /// What arrived by receipts that return our reference, each with what would acknowledge it.
    arrivals: Vec<(OperatorId, Answer, Token)>,
    /// And which segments of which messages these were, once that is acknowledged.
    certain: FxHashSet<(MessageId, u8)>,
    /// What was refused and is taken after all in this beat: what the beat tells may be from before that.
    taken_now: FxHashSet<(MessageId, u8, u8)>,
    /// What had no answer yet when its receipt came, which may be one.
    receipted: FxHashSet<(MessageId, u8, u8)>,
    /// Those with a segment that had no answer once: where that comes late, the others may be taken to have none still.
    once_unanswered: FxHashSet<MessageId>,
    /// What some operator said of that it did not deliver it, by message, attempt, and segment.
    not_arrived: FxHashSet<(MessageId, u8, u8)>,
    /// And what it said to have delivered, be it refused.
    arrived: FxHashSet<(MessageId, u8, u8)>,
    /// How long a receipt is waited for, and which operators give none.
    receipt: Duration,
    without_receipts: BTreeSet<OperatorId>,
    /// Whose urgent messages are pushed, by each operator that takes any.
    pushing: Vec<UrgentRight>,
    begun: Begun,
    days: Days,
    mornings: Mornings,
    order: Order,
    waits: Waits,
    turns: Turns,
    links: Links,
    /// Answers to citizens that were accepted, are to go, and were not asked for yet.
    answers: Vec<MessageId>,
    last_number: u64,
    /// How many were accepted of agencies, and how many of these have no end yet.
    accepted: usize,
    unsettled: usize,
}

struct Known {
    message: Message,
    attempts: Vec<Attempt>,
    /// Sequence and state that were told last.
    told: (u32, State),
    first_end: Option<State>,
}

/// One submission of a message's segments.
#[derive(Debug)]
struct Attempt {
    operator: OperatorId,
    octet: u8,
    /// It ends a text of which the operator had a part: no message more.
    is_rest: bool,
    /// That was known when it began: else it counted for its subscriber until that came out.
    was_rest: bool,
    at: UnixMillis,
    /// As it is configured when it goes: what is configured later is for others.
    receipts_until: UnixMillis,
    /// Of how many segments the text is: none on the screen.
    of_how_many: usize,
    segments: BTreeMap<u8, Fate>,
    /// Those that had no answer when they might be repeated.
    doubtful: BTreeSet<u8>,
}

/// Whether it is an answer that a phone gets: what chose something and is not to be answered has one that is over at once.
fn is_answer_to_go(message: &Message) -> bool {
    message.is_answer() && message.expires > message.time
}

/// Of how many segments the text is that this is one of, as its header says.
fn segments_of_text(submission: &Submission) -> usize {
    match submission.has_udh {
        true => submission.octets[4].into(),
        false => 1,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Sent,
    /// No answer came until then, or the gateway died.
    Unanswered(UnixMillis),
    Accepted,
    /// Refused: it did not reach anyone.
    Nowhere,
    /// It did not even go.
    Unwritten,
}

impl Fate {
    fn is_nothing(self) -> bool {
        matches!(self, Self::Nowhere | Self::Unwritten)
    }
}

/// What one beat was told.
#[derive(Debug, Default)]
pub(super) struct Heard {
    results: Vec<(Token, Result<Status, Silence>)>,
    cancelled: Vec<EventKey>,
    blocked: Option<Arc<Numbers>>,
    reassigned: Option<Arc<Numbers>>,
}

#[derive(Clone, Copy, Debug)]
enum Silence {
    NoAnswer,
    NotWritten,
}

impl From<&Inputs> for Heard {
    fn from(inputs: &Inputs) -> Self {
        let mut heard = Self {
            blocked: inputs.blocked.clone(),
            reassigned: inputs.reassigned.clone(),
            ..Self::default()
        };
        for event in inputs.reports.iter().flat_map(|report| &report.events) {
            heard.results.extend(match event {
                Event::Answered { token, status, .. } => Some((*token, Ok(*status))),
                Event::TakenAfterAll { token, .. } => Some((*token, Ok(Status::ROK))),
                Event::TimedOut(token) | Event::Lost(token) => {
                    Some((*token, Err(Silence::NoAnswer)))
                }
                Event::Returned(token) => Some((*token, Err(Silence::NotWritten))),
                Event::NotTaken(token) => Some((*token, Ok(Status::RSYSERR))),
                Event::Queried { .. } | Event::Inbound { .. } => None,
            });
        }
        for event in inputs.batches.iter().flat_map(|batch| &batch.events) {
            if let Incoming::Cancel(cancel) = event {
                heard.cancelled.push(cancel.target());
            }
        }
        heard
    }
}

impl Laws {
    /// The gateway goes by other rules from now on.
    pub(super) fn go_by(&mut self, settings: &Settings) {
        let before = std::mem::replace(&mut self.rules, settings.rules.clone());
        self.begun.go_by(&self.rules, &before);
        self.days.forget();
        self.mornings.go_by(&self.rules, &before);
        self.wait_by_other_rules(&before);
        self.turns.forget();
        self.answer_limits.clone_from(&settings.dialogue.answers);
        self.default_language = settings.default_language;
        self.urgent = settings.urgent.clone();
        self.legal.clone_from(&settings.legal);
        self.receipt = settings.receipt;
    }

    /// Staff orders that this is withdrawn.
    pub(super) fn staff_wants_no_more(&mut self, unwanted: &Unwanted, now: &Now) {
        self.unwanted.push((unwanted.clone(), now.steady));
    }

    pub(super) fn new(settings: &Settings) -> Self {
        let without_receipts = (1..)
            .zip(&settings.operators)
            .filter(|(_, it)| !it.receipts);
        let pushing = settings.operators.iter().filter_map(|it| it.push.as_ref());
        Self {
            rules: settings.rules.clone(),
            answer_limits: settings.dialogue.answers.clone(),
            default_language: settings.default_language,
            urgent: settings.urgent.clone(),
            legal: settings.legal.clone(),
            lists: settings.lists.clone(),
            uncertain: settings.uncertain,
            undelivered_elsewhere: settings.retry.undelivered_elsewhere,
            messages: FxHashMap::default(),
            phones: FxHashMap::default(),
            threads: FxHashMap::default(),
            begun_in_journal: FxHashSet::default(),
            withdrawn: FxHashSet::default(),
            unwanted: Vec::new(),
            choices: Choices::default(),
            words: Vec::new(),
            arrivals: Vec::new(),
            certain: FxHashSet::default(),
            taken_now: FxHashSet::default(),
            receipted: FxHashSet::default(),
            once_unanswered: FxHashSet::default(),
            not_arrived: FxHashSet::default(),
            arrived: FxHashSet::default(),
            receipt: settings.receipt,
            without_receipts: without_receipts.map(|(id, _)| OperatorId(id)).collect(),
            pushing: pushing.cloned().collect(),
            begun: Begun::default(),
            days: Days::default(),
            mornings: Mornings::default(),
            order: Order::default(),
            waits: Waits::default(),
            turns: Turns::default(),
            links: Links::default(),
            answers: Vec::new(),
            last_number: 0,
            accepted: 0,
            unsettled: 0,
        }
    }

    /// How many were accepted of agencies.
    pub(super) fn accepted(&self) -> usize {
        self.accepted
    }

    pub(super) fn unsettled(&self) -> usize {
        self.unsettled
    }

    /// Whether the end of a message is told.
    pub(super) fn is_over(&self, id: u64) -> bool {
        self.messages[&MessageId(id)].told.1.is_terminal()
    }

    /// How many neither went out nor ended.
    pub(super) fn waiting(&self) -> usize {
        let open = |known: &&Known| matches!(known.told.1, State::Accepted | State::Deferred);
        self.messages.values().filter(open).count()
    }

    /// The gateway died: what is not answered will not be.
    pub(super) fn crashed(&mut self, at: UnixMillis) {
        self.choices.crashed();
        self.words.clear();
        self.arrivals.clear();
        self.answers.clear();
        self.waits.trouble(at);
        self.turns.forget();
        self.links.crashed(at);
        for known in self.messages.values_mut() {
            let last = known.attempts.last_mut();
            let fates = last.into_iter().flat_map(|it| it.segments.values_mut());
            for fate in fates.filter(|fate| **fate == Fate::Sent) {
                *fate = Fate::Unanswered(at);
                self.once_unanswered.insert(known.message.id);
            }
        }
    }

    pub(super) fn started(&mut self, now: &Now) {
        self.waits.started(now.steady, self.rules.release);
    }

    /// A citizen's text is brought, which this answer would acknowledge.
    pub(super) fn brought(&mut self, operator: OperatorId, answer: Answer, text: Text) {
        self.choices.brought(operator, answer, text);
    }

    /// A receipt is brought; whether it settles what has no answer, or gets none, the gateway may know.
    pub(super) fn receipt_brought(&mut self, token: Token) {
        let known = self.messages.get(&token.message);
        let last = known.and_then(|known| known.attempts.last());
        let fate = last.and_then(|last| last.segments.get(&token.segment));
        if matches!(fate, Some(Fate::Sent | Fate::Unanswered(_))) {
            self.receipted
                .insert((token.message, token.attempt, token.segment));
        }
    }

    /// An operator says that it delivered a message.
    pub(super) fn has_arrived(&mut self, token: Token) {
        self.arrived
            .insert((token.message, token.attempt, token.segment));
    }

    /// An operator says that it did not deliver a message.
    pub(super) fn not_delivered(&mut self, token: Token) {
        self.not_arrived
            .insert((token.message, token.attempt, token.segment));
    }

    /// The answers to citizens that were accepted since it was asked last, and are to go.
    pub(super) fn new_answers(&mut self) -> Vec<MessageId> {
        std::mem::take(&mut self.answers)
    }

    /// What is known of a message.
    pub(super) fn message(&self, id: u64) -> &Message {
        &self.messages[&MessageId(id)].message
    }

    /// A citizen is shown that what they chose in a menu is done: as if they had written so.
    pub(super) fn chosen_in_a_menu(&mut self, from: Msisdn, words: &str) {
        self.choices.chosen(from, words);
    }

    /// What the gateway answers an operator from now on, its changes being durable.
    pub(super) fn answered(&mut self, now: &Now, operator: OperatorId, answers: &[Answer]) {
        self.choices.answered(now.steady, operator, answers);
        self.hear_of_arrivals(now, operator, answers);
    }

    pub(super) fn committed(&mut self, now: &Now, changes: &Changes, heard: Heard) {
        let lists = &mut self.lists;
        lists.blocked = heard.blocked.unwrap_or(std::mem::take(&mut lists.blocked));
        lists.reassigned = heard
            .reassigned
            .unwrap_or(std::mem::take(&mut lists.reassigned));
        for message in &changes.accepted {
            self.check_right(message);
            self.joins_order(now, message);
            if is_answer_to_go(message) {
                self.check_answers_limit(now, message);
            }
            self.phones
                .entry(message.msisdn)
                .or_default()
                .push(message.id);
            self.threads
                .entry(message.thread)
                .or_default()
                .push(message.id);
            let known = Known {
                message: message.clone(),
                attempts: Vec::new(),
                told: (0, State::Accepted),
                first_end: None,
            };
            if is_answer_to_go(message) && !self.is_listed(message.msisdn) {
                self.answers.push(message.id);
            }
            let of_an_agency = usize::from(!message.is_answer());
            self.accepted += of_an_agency;
            self.unsettled += of_an_agency;
            assert!(
                self.messages.insert(message.id, known).is_none(),
                "an id is given once"
            );
        }
        self.note_moves(&changes.progressed);
        self.note_days(now, &changes.accepted);
        let begun = changes.accepted.iter().chain(&changes.progressed);
        let begun = begun.filter(|it| it.progress.attempt.attempts > 0);
        self.begun_in_journal.extend(begun.map(|it| it.id));
        self.taken_now.clear();
        for (token, result) in heard.results {
            self.heard(now.steady, token, result);
        }
        self.withdrawn.extend(heard.cancelled);
    }

    fn heard(&mut self, now: UnixMillis, token: Token, result: Result<Status, Silence>) {
        let is_there =
            self.messages.contains_key(&token.message) && self.is_rest(token.message, false);
        let attempt = self.messages.get_mut(&token.message).and_then(|known| {
            // An answer may come late, when there is another attempt.
            let mut latest_first = known.attempts.iter_mut().rev();
            latest_first.find(|attempt| attempt.octet == token.attempt)
        });
        let Some(attempt) = attempt else {
            return;
        };
        // What is taken although it was refused: of a text that is there already it is no message more.
        let was_nothing = attempt.segments.values().all(|fate| fate.is_nothing());
        attempt.is_rest |= was_nothing && is_there && attempt.segments.len() > 1;
        attempt.is_late(token.segment, |since| since.after(self.uncertain) <= now);
        let Some(fate) = attempt.segments.get_mut(&token.segment) else {
            return;
        };
        if *fate == Fate::Nowhere && matches!(result, Ok(Status::ROK)) {
            self.taken_now
                .insert((token.message, token.attempt, token.segment));
        }
        *fate = match (*fate, result) {
            // Only its phone can say more of a push.
            (Fate::Sent, Ok(Status::ROK)) if token.is_push() => Fate::Unanswered(now),
            (fate, Ok(Status::ROK)) if token.is_push() => fate,
            (Fate::Sent | Fate::Unanswered(_) | Fate::Nowhere, Ok(Status::ROK)) => Fate::Accepted,
            (Fate::Sent | Fate::Unanswered(_), Ok(_)) => Fate::Nowhere,
            (Fate::Sent, Err(Silence::NoAnswer)) => Fate::Unanswered(now),
            (Fate::Sent, Err(Silence::NotWritten)) => Fate::Unwritten,
            (fate, _) => fate,
        };
        let fate = *fate;
        match fate {
            Fate::Unanswered(_) => {
                self.once_unanswered.insert(token.message);
            }
            Fate::Nowhere | Fate::Unwritten => {
                let message = &self.messages[&token.message].message;
                self.turns.given_back(message.msisdn);
                if fate == Fate::Unwritten {
                    self.days.unforeseen(message, now);
                }
            }
            Fate::Sent | Fate::Accepted => {}
        }
    }

    /// What an operator is given in one beat; of each attempt, all of it.
    pub(super) fn submitted(
        &mut self,
        now: &Now,
        operator: OperatorId,
        submissions: &[Submission],
    ) {
        for submission in submissions {
            let Token {
                message, attempt, ..
            } = submission.token;
            let tokens = submissions.iter().map(|it| it.token);
            let of_it = tokens.filter(|it| it.message == message && it.attempt == attempt);
            let is_whole = of_it.count() >= segments_of_text(submission);
            self.submitted_one(now, operator, (submission, is_whole));
        }
    }

    fn submitted_one(
        &mut self,
        now: &Now,
        operator: OperatorId,
        (submission, is_whole): (&Submission, bool),
    ) {
        let Token {
            message,
            segment,
            attempt,
        } = submission.token;
        let is_rest = self.is_rest(message, is_whole);
        let begun = self.messages[&message]
            .attempts
            .last()
            .is_some_and(|last| last.octet == attempt && last.at == now.steady);
        if !begun {
            self.check_timing(now, message, submission);
            self.check_thread(now, message);
            self.check_repetition(now, message);
            self.check_hearing(now, operator, message);
            self.check_limits(now, message, is_rest);
            self.check_choices(message);
            self.check_lists(message);
            self.check_screen(message, submission.token);
            if self.messages[&message].attempts.is_empty() {
                self.check_day(now, message);
            }
            self.check_agency(now, message);
            self.check_morning(now, message);
            self.check_order(message);
            self.waits.waits_no_more(message);
            self.check_turn(now, operator, message);
        }
        self.check_segment(message, segment);
        let known = self.messages.get_mut(&message).unwrap();
        if !begun {
            known.attempts.iter_mut().for_each(Attempt::is_repeated);
            known.attempts.push(Attempt {
                operator,
                octet: attempt,
                is_rest,
                was_rest: is_rest,
                at: now.steady,
                receipts_until: now.steady.after(self.receipt),
                of_how_many: match submission.token.is_push() {
                    true => 0,
                    false => segments_of_text(submission),
                },
                segments: BTreeMap::new(),
                doubtful: BTreeSet::new(),
            });
        }
        let last = known.attempts.last_mut().unwrap();
        let twice = last.segments.insert(segment, Fate::Sent);
        assert_eq!(twice, None, "a segment is submitted once an attempt");
    }

    /// Outcomes come in order, and tell a possible story.
    pub(super) fn told(&mut self, now: &Now, outcome: &Outcome<'_>, number: u64) {
        assert_eq!(number, self.last_number + 1, "an outcome is left out");
        self.last_number = number;
        let message = MessageId(outcome.message.parse().unwrap());
        let known = self.messages.get_mut(&message).expect("accepted before");
        let (sequence, before) = known.told;
        assert_eq!(outcome.sequence, sequence + 1, "{outcome:?}");
        assert_eq!(
            sequence == 0,
            outcome.state == State::Accepted,
            "{outcome:?}"
        );
        let after_the_end = before == State::Unknown
            && matches!(outcome.state, State::Delivered | State::Failed)
            && known.first_end == Some(State::Unknown);
        assert!(
            !before.is_terminal() || after_the_end,
            "after {before}: {outcome:?}"
        );
        if outcome.state.is_terminal() && known.first_end.is_none() {
            known.first_end = Some(outcome.state);
        }
        if let Some(until) = outcome.until {
            assert!(until.0 - outcome.at.0 > 60_000, "a short wait: {outcome:?}");
        }
        let ends = outcome.state.is_terminal() && !before.is_terminal();
        self.unsettled -= usize::from(ends && !known.message.is_answer());
        known.told = (outcome.sequence, outcome.state);
        self.check_reason(now, message, outcome);
        self.check_repeats(message, outcome);
        self.note_morning(message, outcome);
        self.note_wait(message, outcome);
        self.note_order(message, outcome);
        self.note_day(now, message, outcome);
        self.note_turn(message, outcome);
    }
}
