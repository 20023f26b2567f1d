//! Urgent statuses on the phone's screen, by USSD that the network begins, before they go as an SMS.
//!
//! A push is an attempt as any, and stands in the journal before it goes. That the operator took it says little: until
//! the phone says that it shows the text, the push is uncertain. It goes as an SMS as soon as it is known not to be
//! shown, or when its grace is over; then that is a repeat, and counted.

use std::collections::HashMap;
use std::time::Duration;

use indexmap::IndexMap;
use tracing::debug;
use xabar_events::{Msisdn, Reason};
use xabar_smpp::Status;
use xabar_smpp::values::DataCoding;
use xabar_ussd::{Dialect, Said, SessionKey, Step};

use super::beat::Beat;
use super::core::Core;
use super::in_flight::InFlight;
use super::seldom::Seldom;
use super::sending::{SHORTEST_VALIDITY, attempt_octet, begin_attempt};
use crate::clock::UnixMillis;
use crate::delivery::{Class, SentAs, Submission, Token};
use crate::dialogue::ussd::Phone;
use crate::journal::{JournalError, Lane, Message, MessageId, OperatorId, Segment};
use crate::traces::Answer;

/// The pushes of which nobody has said yet whether they are shown.
#[derive(Debug, Default)]
pub(super) struct Pushes {
    open: HashMap<Msisdn, Open>,
    /// The last one of each phone that was given up without its word, which may still come: its dialogue, and since when.
    silent: IndexMap<Msisdn, (SessionKey, UnixMillis)>,
    /// Those that operators refused, by status.
    refused: Seldom<(OperatorId, u32)>,
    /// Operators that would take none of late, for whichever phone.
    suspended: HashMap<OperatorId, Suspended>,
}

/// Nothing is pushed until then.
#[derive(Clone, Copy, Debug)]
struct Suspended {
    until: UnixMillis,
    pause: Duration,
}

/// How long nothing is pushed to an operator that would take no push: twice as long with each time, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(16 * 60);

/// A phone shows one push at a time.
#[derive(Debug)]
struct Open {
    message: MessageId,
    operator: OperatorId,
    /// Its dialogue.
    session: SessionKey,
}

/// Pushes that may wait for the words of their phones; beyond, messages go as SMS.
const MOST_OPEN: usize = 5_000;

/// Of so many phones it is remembered that they said nothing.
const MOST_SILENT: usize = 5_000;

/// An operator that was away brings what phones said when it is back.
const LATE: Duration = Duration::from_secs(24 * 3600);

impl Pushes {
    /// Whether a phone may be sent one.
    fn has_room_for(&self, msisdn: Msisdn) -> bool {
        self.open.len() < MOST_OPEN && !self.open.contains_key(&msisdn)
    }

    /// Whether an operator may be sent one.
    fn may_go_to(&self, operator: OperatorId, now: UnixMillis) -> bool {
        let suspended = self.suspended.get(&operator);
        suspended.is_none_or(|suspended| suspended.until <= now)
    }

    /// Notes how an operator answered one. Of those that were on their way together the first counts.
    fn answered(&mut self, operator: OperatorId, class: Class, now: UnixMillis) {
        if !self.may_go_to(operator, now) {
            return;
        }
        match class {
            Class::Accepted => drop(self.suspended.remove(&operator)),
            Class::Throttled | Class::Session => {
                let before = self.suspended.get(&operator);
                let pause = before.map_or(FIRST_PAUSE, |it| LONGEST_PAUSE.min(2 * it.pause));
                let until = now.after(pause);
                self.suspended.insert(operator, Suspended { until, pause });
            }
            // Another one may be taken.
            _ => {}
        }
    }

    fn open(&mut self, message: &Message, dialect: Dialect) {
        let open = Open {
            message: message.id,
            operator: message.progress.operator,
            session: dialect.push_session(message.progress.attempt.reference),
        };
        self.open.insert(message.msisdn, open);
    }

    /// Whether what a phone says late of an earlier push could be taken for its word on this one: dialects have few numbers.
    fn may_be_mistaken(&self, msisdn: Msisdn, session: SessionKey, now: UnixMillis) -> bool {
        let silent = self.silent.get(&msisdn);
        silent.is_some_and(|(silent, since)| *silent == session && since.after(LATE) > now)
    }

    /// The time for the phone's word is over.
    pub(super) fn give_up(&mut self, message: &Message, now: UnixMillis) {
        let open = self.open.get(&message.msisdn);
        let Some(open) = open.filter(|open| open.message == message.id) else {
            return;
        };
        if self.silent.len() >= MOST_SILENT {
            self.silent.shift_remove_index(0);
        }
        self.silent.insert(message.msisdn, (open.session, now));
        self.close(message);
    }

    /// Nobody waits for the phone's word any more.
    pub(super) fn close(&mut self, message: &Message) {
        let open = self.open.get(&message.msisdn);
        if open.is_some_and(|open| open.message == message.id) {
            self.open.remove(&message.msisdn);
        }
    }
}

impl Core {
    /// Pushes a message to its phone's screen, if it may go so; says whether it does.
    pub(super) fn push(&mut self, beat: &mut Beat, message: &mut Message, text: &str) -> bool {
        if message.lane != Lane::Urgent || message.progress.attempt.attempts > 0 {
            return false;
        }
        let Some((dialect, data_coding, octets)) = self.as_push(beat, message, text) else {
            return false;
        };
        let at = beat.now.steady;
        begin_attempt(&mut self.references, message, 1, String::new(), at);
        let attempt = &mut message.progress.attempt;
        attempt.pushed = true;
        // It takes nothing from those that the SMS has.
        attempt.uncounted = 1;
        let submission = Submission {
            decided: beat.now.instant,
            token: Token {
                message: message.id,
                segment: Token::PUSH,
                attempt: attempt_octet(message),
            },
            msisdn: message.msisdn,
            octets: octets.into(),
            has_udh: false,
            data_coding,
            reference: message.progress.attempt.reference,
            // Later, the SMS is on its way.
            validity: SHORTEST_VALIDITY,
            urgent: true,
            stubborn: false,
            sender: SentAs::default(),
        };
        beat.submit(message.progress.operator, submission);
        if let Some(operator) = self.operators.get_mut(&message.progress.operator) {
            operator.given += 1;
        }
        self.pushes.open(message, dialect);
        true
    }

    /// A text as its operator takes pushes, if the message may be one and all of it fits on a screen.
    fn as_push(
        &self,
        beat: &Beat,
        message: &Message,
        text: &str,
    ) -> Option<(Dialect, DataCoding, Vec<u8>)> {
        let operator = self.operators.get(&message.progress.operator)?;
        let (right, rules) = operator.push.as_ref().zip(operator.ussd)?;
        let (msisdn, session) = (
            message.msisdn,
            rules.dialect.push_session(self.references.next()),
        );
        let may = right.allows(message.key.agency.name(), &message.content.service)
            // Whether it is well again, only an SMS can tell.
            && !operator.circuit.is_half_open()
            && self.pushes.may_go_to(message.progress.operator, beat.now.steady)
            && self.pushes.has_room_for(msisdn)
            && !self.ussd.sessions().is_busy(self.phone(message.progress.operator, msisdn))
            && !self.pushes.may_be_mistaken(msisdn, session, beat.now.steady);
        if !may {
            return None;
        }
        let (data_coding, octets) = rules.dialect.on_one_screen(text)?;
        Some((rules.dialect, data_coding, octets))
    }

    /// A push of an earlier life of the gateway waits for its phone's word.
    pub(super) fn reopen_push(&mut self, message: &Message) {
        let operator = self.operators.get(&message.progress.operator);
        let rules = operator.and_then(|operator| operator.ussd);
        if let Some(rules) = rules.filter(|_| message.progress.attempt.is_push()) {
            self.pushes.open(message, rules.dialect);
        }
    }

    /// The operator took a push, or refused it.
    pub(super) fn push_answered(
        &mut self,
        beat: &mut Beat,
        operator: OperatorId,
        token: Token,
        (class, status): (Class, Status),
    ) -> Result<(), JournalError> {
        self.pushes.answered(operator, class, beat.now.steady);
        if class == Class::Accepted {
            return self.push_unanswered(beat, token);
        }
        if let Some(flight) = self.push_in_flight(token) {
            self.pushes.refused.count((operator, status.0), ());
            self.teller
                .concluded(beat, &flight.message, Answer::Refused(status));
            self.not_shown(beat, flight);
        }
        Ok(())
    }

    /// Whether a push is shown, only its phone says from now on, if anybody does.
    pub(super) fn push_unanswered(
        &mut self,
        beat: &mut Beat,
        token: Token,
    ) -> Result<(), JournalError> {
        let all = Token {
            segment: 0,
            ..token
        };
        self.unanswered(beat, all)
    }

    /// A push was certainly not written: as if it had not been tried.
    pub(super) fn push_returned(&mut self, beat: &mut Beat, token: Token) {
        let Some(mut flight) = self.push_in_flight(token) else {
            return;
        };
        let attempt = &mut flight.message.progress.attempt;
        (attempt.attempts, attempt.uncounted) = (0, 0);
        self.pacer.uncount(&flight.message, &beat.now);
        self.not_shown(beat, flight);
    }

    /// A phone's step; says whether it speaks of a push.
    pub(super) fn push_spoken_of(
        &mut self,
        beat: &mut Beat,
        phone: Phone,
        step: &Step<'_>,
    ) -> bool {
        let Some(open) = self.pushes.open.get(&phone.msisdn) else {
            return false;
        };
        let is_same = step.session == open.session || step.session == SessionKey::Unnamed;
        let is_ours = self.peers(open.operator).contains(&phone.operator);
        let dialogues = self.ussd.sessions();
        let is_shown = match step.said {
            _ if !is_same || !is_ours => return false,
            Said::Noticed => true,
            Said::Begin { .. } => return false,
            Said::Answer(_) if dialogues.may_answer(phone, step.session) => return false,
            Said::Ended if dialogues.is_in(phone, step.session) => return false,
            // Some phones have it confirmed by hand.
            Said::Answer(_) => true,
            Said::Ended => false,
        };
        let message = open.message;
        let Some(flight) = self.take_push(message) else {
            return false;
        };
        self.push_told(beat, flight, is_shown);
        true
    }

    /// It is known what became of a push.
    pub(super) fn push_told(&mut self, beat: &mut Beat, mut flight: InFlight, is_shown: bool) {
        debug!(message = %flight.message.id, is_shown, "a push to a screen");
        if !is_shown {
            self.teller
                .concluded(beat, &flight.message, Answer::NotShown);
            return self.not_shown(beat, flight);
        }
        self.pushes.close(&flight.message);
        let segments = &mut flight.message.progress.attempt.segments;
        segments.fill(Segment::Delivered);
        flight.taken = true;
        self.conclude_if_answered(beat, flight);
    }

    /// It goes as an SMS, and that repeats nothing.
    fn not_shown(&mut self, beat: &mut Beat, mut flight: InFlight) {
        let message = &mut flight.message;
        self.pushes.close(message);
        let attempt = &mut message.progress.attempt;
        attempt.segments.fill(Segment::Waiting);
        attempt.unanswered.clear();
        let facts = self.pacer.give_back(message);
        beat.subscriber(message.msisdn, facts);
        self.wait_unless_withdrawn(beat, message, Reason::Event);
    }

    fn push_in_flight(&mut self, token: Token) -> Option<InFlight> {
        let flight = self.in_flight.get(&token.message)?;
        match attempt_octet(&flight.message) == token.attempt {
            true => self.take_push(token.message),
            false => None,
        }
    }

    /// A message in flight, if that is as a push.
    fn take_push(&mut self, id: MessageId) -> Option<InFlight> {
        let flight = self.in_flight.get(&id)?;
        match flight.message.progress.attempt.is_push() {
            true => self.in_flight.remove(&id),
            false => None,
        }
    }

    /// The operators that refused pushes, with which status, and how many since that was told last.
    pub fn refused_pushes(&mut self, now: UnixMillis) -> Vec<(Box<str>, Status, u64)> {
        let due = self.pushes.refused.due(now).into_iter();
        due.filter_map(|((operator, status), (), count)| {
            let name = self.operators.get(&operator)?.name.clone();
            Some((name, Status::from(status), count))
        })
        .collect()
    }
}
