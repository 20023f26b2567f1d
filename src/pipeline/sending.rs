//! What goes out in a beat: whose turn it is, its text, its attempt.

use bytes::Bytes;
use xabar_events::{Reason, State};
use xabar_sms::{Concatenation, DataCoding, DefaultAlphabet, Encoding, Segments, Style, segments};

use super::answering;
use super::beat::Beat;
use super::core::Core;
use super::in_flight::InFlight;
use super::operator::Operator;
use super::results::fate_so_far;
use super::telling::{Details, name_limit};
use crate::clock::{Now, UnixMillis};
use crate::compose::Text;
use crate::delivery::{References, Senders, SentAs, Submission, Token, reference_of, retry};
use crate::journal::{
    Arrival, Attempt, JournalError, Lane, Message, MessageId, OperatorId, Phase, Segment,
    SubscriberFacts, ThreadFacts, ThreadKey, ThreadOrder,
};
use crate::pacing::Turn;

/// Turns taken on one operator in one beat, so that messages that cannot go do not hold up a commit.
const TURNS_A_BEAT: usize = 4000;

/// No message without a place looks more often whether one is free.
const SHORTEST_LOOK: std::time::Duration = std::time::Duration::from_secs(10);

/// No SMSC is asked to try for less.
pub(super) const SHORTEST_VALIDITY: std::time::Duration = std::time::Duration::from_secs(60);

impl Core {
    /// Gives every operator as much as its link takes now.
    pub(super) fn send_due(&mut self, beat: &mut Beat) -> Result<(), JournalError> {
        let operators: Vec<OperatorId> = self.operators.keys().copied().collect();
        for operator in operators {
            for _ in 0..TURNS_A_BEAT {
                let among = self.operators.get(&operator).and_then(Operator::open_to);
                let Some(turn) =
                    among.and_then(|among| self.pacer.next(operator, among, &beat.now))
                else {
                    break;
                };
                self.take_turn(beat, turn)?;
            }
        }
        self.turns_left = self
            .operators
            .iter()
            .filter_map(|(id, operator)| Some((*id, operator.open_to()?)))
            .any(|(id, among)| self.pacer.has_turns(id, among));
        Ok(())
    }

    fn take_turn(&mut self, beat: &mut Beat, turn: Turn) -> Result<(), JournalError> {
        let turn = self.unless_awaited(beat, turn);
        if let Turn::Go(message) | Turn::Contended(message) = &turn
            && self.spared_by_held(beat, message)?
        {
            return Ok(());
        }
        let unwanted = match &turn {
            Turn::Go(message) | Turn::Contended(message) => self.unwanted(beat, message)?,
            Turn::Defer { .. } | Turn::Expired(_) | Turn::Overtaken { .. } => None,
        };
        match (turn, unwanted) {
            (Turn::Go(message) | Turn::Contended(message), Some(reason)) => {
                self.suppress(beat, message, reason);
            }
            (Turn::Go(message), None) => {
                let lane = message.lane;
                return self.send(beat, message, lane, 0);
            }
            (Turn::Contended(message), None) => return self.send_newest(beat, message),
            (
                Turn::Defer {
                    message,
                    until,
                    reason,
                },
                _,
            ) => self.defer(beat, message, until, reason),
            (Turn::Expired(message), _) => self.expire(beat, message),
            (Turn::Overtaken { message, by }, _) => {
                let by = self.event_of(beat, by)?;
                self.overtaken(beat, message, by);
            }
        }
        Ok(())
    }

    /// The same turn, unless the message may be settled by a receipt that its operator could not bring until now.
    fn unless_awaited(&self, beat: &Beat, turn: Turn) -> Turn {
        let until = match &turn {
            Turn::Go(message) | Turn::Contended(message) => self.awaits_operator(beat, message),
            Turn::Defer { .. } | Turn::Expired(_) | Turn::Overtaken { .. } => None,
        };
        match (turn, until) {
            (Turn::Go(message) | Turn::Contended(message), Some(until)) => Turn::Defer {
                message,
                until,
                reason: Reason::Uncertain,
            },
            (turn, _) => turn,
        }
    }

    /// Puts a message off. It is not kept waiting beyond its deadline.
    fn defer(&mut self, beat: &mut Beat, mut message: Message, until: UnixMillis, reason: Reason) {
        message.progress.due = next_look(&message, (until, reason), &beat.now);
        // It looks again before the wait is over.
        let at_most = match reason {
            Reason::Uncertain => self.awaits_operator_at_most(beat, &message),
            _ => None,
        };
        let until = at_most.unwrap_or(until);
        self.teller.defer(beat, &mut message, reason, Some(until));
        if reason == Reason::SubscriberLimit {
            let limit = self.pacer.limit(&message, &beat.now);
            name_limit(&mut message, limit);
        }
        self.wait_out_of_turn(&message);
        self.review.note(&message, self.pacer.came(&message));
        beat.put(message);
    }

    pub(super) fn expire(&mut self, beat: &mut Beat, mut message: Message) {
        let end = fate_so_far(&message).unwrap_or((State::Expired, Reason::Deadline));
        self.end(beat, &mut message, end, Details::default());
    }

    /// Ends a message that came to be unwanted while it waited: its number is on a list, or wants no more.
    fn suppress(&mut self, beat: &mut Beat, mut message: Message, reason: Reason) {
        let end = fate_so_far(&message).unwrap_or((State::Suppressed, reason));
        self.end(beat, &mut message, end, Details::default());
    }

    /// A newer one of the thread went, or goes now.
    fn overtaken(&mut self, beat: &mut Beat, mut message: Message, by: Option<Box<str>>) {
        let end = fate_so_far(&message).unwrap_or((State::Superseded, Reason::NewerStatus));
        let details = Details {
            by,
            ..Details::default()
        };
        self.end(beat, &mut message, end, details);
    }

    pub(super) fn end(
        &mut self,
        beat: &mut Beat,
        message: &mut Message,
        (state, reason): (State, Reason),
        details: Details,
    ) {
        self.repeats.forget(message.id);
        self.pacer.give_up(message, &beat.now);
        self.teller
            .settle(beat, message, state, Some(reason), details);
        beat.put(message.clone());
    }

    fn event_of(
        &mut self,
        beat: &Beat,
        order: ThreadOrder,
    ) -> Result<Option<Box<str>>, JournalError> {
        if let Some(message) = beat.message(order.id) {
            return Ok(Some(message.key.id.as_str().into()));
        }
        let message = self.journal.message(order.id)?;
        Ok(message.map(|message| message.key.id.as_str().into()))
    }

    /// Of a thread's waiting messages the newest that is due, permitted and has a text goes, in the place of the one whose
    /// turn it is. What it supersedes waits for its result: of a submission that was not written nothing comes, and
    /// whoever withdraws it then must not silence the citizen.
    fn send_newest(&mut self, beat: &mut Beat, turn: Message) -> Result<(), JournalError> {
        let lane = turn.lane;
        if self.text(beat, &turn)?.is_none() {
            // It ends without having been sent, and so the others keep their turns.
            return self.send(beat, turn, lane, 0);
        }
        let siblings = self.siblings(beat, turn.thread, turn.id)?;
        // One that was accepted in this beat, too late for the journal to know it, may wait as well.
        let accepted = u32::from(beat.thread_facts(turn.thread).is_some());
        let waiting = accepted.saturating_add(u32::try_from(siblings.len()).unwrap_or(u32::MAX));
        let (mut chosen, mut passed_over) = (turn, None);
        for mut sibling in siblings.into_iter().rev() {
            if self.may_go_instead(beat, &sibling, &chosen)? {
                self.pacer.withdraw(sibling.id);
                self.pacer.give_up(&mut sibling, &beat.now);
                passed_over = Some(std::mem::replace(&mut chosen, sibling));
                break;
            }
        }
        self.send(beat, chosen, lane, waiting)?;
        // Its turn comes again: when there is a result of what goes instead, or at once if that did not even begin.
        if let Some(message) = passed_over {
            self.pacer.offer(Arrival {
                message,
                thread: ThreadFacts::default(),
                subscriber: SubscriberFacts::default(),
            });
        }
        Ok(())
    }

    /// What went, or may have, supersedes the older ones of its thread that wait.
    pub(super) fn supersede(&mut self, beat: &mut Beat) -> Result<(), JournalError> {
        for (thread, newest) in std::mem::take(&mut beat.superseding) {
            let siblings = self.siblings(beat, thread, newest.id)?;
            let (older, newer): (Vec<_>, Vec<_>) =
                siblings.into_iter().partition(|it| it.order() < newest);
            for sibling in older {
                self.pacer.withdraw(sibling.id);
                let by = self.event_of(beat, newest)?;
                self.overtaken(beat, sibling, by);
            }
            if beat.thread_facts(thread).is_none() {
                let facts = ThreadFacts {
                    attempted: Some(newest),
                    waiting: u32::try_from(newer.len()).unwrap_or(u32::MAX),
                };
                beat.thread(thread, facts);
            }
        }
        Ok(())
    }

    /// The other waiting messages of a thread, oldest first.
    fn siblings(
        &mut self,
        beat: &Beat,
        thread: ThreadKey,
        id: MessageId,
    ) -> Result<Vec<Message>, JournalError> {
        let mut siblings = self.pacer.held_siblings(thread, id);
        let again = beat.waits_again.iter().filter(|it| it.0 == thread);
        let again = again.filter_map(|(_, id)| beat.message(*id));
        siblings.extend(
            again
                .filter(|it| it.id != id && it.progress.phase == Phase::Waiting)
                .cloned(),
        );
        let held: Vec<MessageId> = siblings.iter().map(|held| held.id).collect();
        for message in self.journal.siblings(thread)? {
            let sibling = message.id;
            let message = beat.message(sibling).cloned().unwrap_or(message);
            let waits = message.progress.phase == Phase::Waiting;
            if waits && sibling != id && !held.contains(&sibling) {
                siblings.push(message);
            }
        }
        siblings.sort_by_key(|message| message.order());
        Ok(siblings)
    }

    /// Whether a message may go when it is the turn of another of its thread.
    fn may_go_instead(
        &mut self,
        beat: &Beat,
        message: &Message,
        turn: &Message,
    ) -> Result<bool, JournalError> {
        let wall = beat.now.wall;
        let is_due = message.order() > turn.order()
            && message.progress.operator == turn.progress.operator
            && message
                .not_before
                .is_none_or(|not_before| not_before <= wall)
            && message.expires > wall
            && !self.pacer.is_paused(message.queue())
            && self.pacer.permits_instead(message, turn, &beat.now);
        Ok(
            is_due
                && self.unwanted(beat, message)?.is_none()
                && self.text(beat, message)?.is_some(),
        )
    }

    /// The text as it was sent, if that is kept, as those of several segments are, and any of it reached the subscriber, or may
    /// have; else as it is composed now.
    ///
    /// The subscriber's own language comes first, then the event's, then the gateway's.
    fn text(&mut self, beat: &Beat, message: &Message) -> Result<Option<Text>, JournalError> {
        let default = self.settings.default_language;
        let language = message.content.language.unwrap_or(default);
        let as_it_is = |text: &str| Text {
            text: text.to_owned(),
            language,
            left_out: false,
            crowded_out: 0,
        };
        let attempt = &message.progress.attempt;
        let may_have_reached =
            attempt.has_reached() || attempt.is_uncertain() || attempt.undelivered.is_some();
        if let Some(kept) = attempt.text.as_deref().filter(|_| may_have_reached) {
            return Ok(Some(as_it_is(kept)));
        }
        if message.is_answer() {
            return Ok(answering::text(message).map(as_it_is));
        }
        let chosen = self.choices(beat, message.msisdn)?.language;
        let language = chosen.unwrap_or(language);
        let composed = self.catalog.compose_in(language, message.into(), default);
        Ok(composed.ok())
    }

    /// Begins an attempt in the turn of this lane, while about so many others of the thread wait.
    fn send(
        &mut self,
        beat: &mut Beat,
        mut message: Message,
        turn: Lane,
        waiting: u32,
    ) -> Result<(), JournalError> {
        let Some(text) = self.text(beat, &message)? else {
            let end = fate_so_far(&message);
            let end = end.unwrap_or((State::Suppressed, Reason::NoTemplate));
            self.note_without_text(&message);
            self.end(beat, &mut message, end, Details::default());
            return Ok(());
        };
        self.note_left_out(&message, &text);
        let text = text.text;
        let mut may_go_in_ucs2 = false;
        if !self.push(beat, &mut message, &text) {
            let segments = match self.cut(&message, &text) {
                Ok(segments) => segments,
                Err(why) => {
                    let end = fate_so_far(&message).unwrap_or((State::Failed, Reason::Refused));
                    self.end(beat, &mut message, end, Details::code(why));
                    return Ok(());
                }
            };
            may_go_in_ucs2 = segments.encoding() != Encoding::Ucs2;
            let (total, at) = (segments.total(), beat.now.steady);
            begin_attempt(&mut self.references, &mut message, total, text, at);
            self.submit(beat, &message, turn, &segments);
        }
        self.teller.attempted(beat, &message);
        self.repeats.forget(message.id);
        let facts = self.pacer.begin(&message, turn, &beat.now);
        beat.subscriber(message.msisdn, facts);
        let thread = message.thread;
        beat.thread(thread, self.pacer.thread(thread, waiting));
        beat.put(message.clone());
        let mut flight = InFlight::new(message);
        flight.may_go_in_ucs2 = may_go_in_ucs2;
        self.in_flight.insert(flight.message.id, flight);
        Ok(())
    }

    /// Cuts a text as its operator wants it, or says why that is of no use.
    fn cut(&self, message: &Message, text: &str) -> Result<Segments, &'static str> {
        let operator = self.operators.get(&message.progress.operator);
        let alphabet = operator.map_or_else(DefaultAlphabet::default, |it| it.alphabet);
        let style = Style {
            concatenation: Concatenation::Udh8,
            septets: alphabet.into(),
        };
        let in_ucs2 = message.progress.attempt.in_ucs2;
        let segments = match in_ucs2 {
            true => segments(text, Encoding::Ucs2, style),
            false => {
                let spelled = style.spelled(text);
                segments(&spelled, style.encoding_of(&spelled), style)
            }
        };
        let segments = segments.map_err(|_| "text too long")?;
        let attempt = &message.progress.attempt;
        let before = attempt.segments.len();
        // Its `alphabet` is another since the operator took a part of it.
        if attempt.has_reached() && before != usize::from(segments.total()) {
            return Err("other segments than before");
        }
        Ok(segments)
    }

    /// Hands the segments that are to be sent to the operator's link, once the beat is committed, in a place of the turn's lane.
    fn submit(&mut self, beat: &mut Beat, message: &Message, turn: Lane, segments: &Segments) {
        let progress = &message.progress;
        let Some(operator) = self.operators.get_mut(&progress.operator) else {
            return;
        };
        let sender = sent_as(&operator.senders, message);
        let validity = message.expires.since(beat.now.wall).max(SHORTEST_VALIDITY);
        let sent = progress
            .attempt
            .segments
            .iter()
            .zip(0u8..)
            .zip(segments.iter());
        for ((state, number), segment) in sent {
            if *state != Segment::Sent {
                continue;
            }
            let mut octets = Vec::with_capacity(xabar_sms::USER_DATA_OCTETS + 20);
            segment.write_user_data(progress.attempt.reference, &mut octets);
            let submission = Submission {
                decided: beat.now.instant,
                token: Token {
                    message: message.id,
                    segment: number,
                    attempt: attempt_octet(message),
                },
                msisdn: message.msisdn,
                octets: Bytes::from(octets),
                has_udh: segments.has_udh(),
                data_coding: xabar_smpp::values::DataCoding(
                    DataCoding::of(segments.encoding(), None).0,
                ),
                reference: reference_of(progress.attempt.reference, number),
                validity,
                urgent: matches!(turn, Lane::Answers | Lane::Urgent),
                stubborn: retry::is_throttled_again_and_again(progress.attempt.throttled),
                sender: sender.clone(),
            };
            beat.submit(progress.operator, submission);
            operator.given += 1;
            operator.circuit.begin();
        }
    }
}

/// When the turn comes again of a message that waits for this until then: not beyond its deadline.
pub(super) fn next_look(
    message: &Message,
    (until, reason): (UnixMillis, Reason),
    now: &Now,
) -> UnixMillis {
    let soonest = UnixMillis(now.steady.0 + 1);
    // It is called at its place, though its turn may be expected on a later day.
    let place = message.progress.dealt.filter(|at| *at > now.steady);
    let until = match place.filter(|_| reason == Reason::AgencyQuota) {
        Some(place) => until.min(place),
        None => until,
    };
    let deadline = now.steady_at(message.expires);
    let half = deadline.since(now.steady) / 2;
    // It has no place before its end, but those of others may get free: it looks a few times, the more often the sooner it ends.
    if reason == Reason::AgencyQuota && until >= deadline && half > SHORTEST_LOOK {
        return now.steady.after(half);
    }
    until.min(deadline).max(soonest)
}

/// Notes a new attempt at all segments, of so many, that wait for one.
pub(super) fn begin_attempt(
    references: &mut References,
    message: &mut Message,
    total: u8,
    text: String,
    at: UnixMillis,
) {
    message.progress.phase = Phase::InFlight;
    let attempt = &mut message.progress.attempt;
    let is_another = attempt.text.as_deref().is_some_and(|it| it != text);
    // Of more segments than before, the others have no references of their own yet.
    if attempt.attempts == 0 || is_another || attempt.segments.len() < usize::from(total) {
        attempt.reference = references.take(total);
    }
    // Another operator may need other segments for the same text.
    if attempt.text.is_none() || is_another || attempt.segments.len() != usize::from(total) {
        cut_anew(attempt, total);
        attempt.text = (total > 1).then(|| text.into());
    }
    for (place, number) in (0..attempt.segments.len()).zip(0u8..) {
        if let Some(segment) = attempt.segments.get_mut(place)
            && *segment == Segment::Waiting
        {
            *segment = Segment::Sent;
            let is_repeat = attempt.undelivered.is_some() || attempt.is_unanswered(number);
            attempt.repeats = attempt.repeats.saturating_add(is_repeat.into());
        }
    }
    attempt.attempts = attempt.attempts.saturating_add(1);
    attempt.pushed &= attempt.attempts > 1;
    attempt.at = at;
}

/// Of a text that may have reached its subscriber in other segments, or on the screen, each one may be a repeat.
fn cut_anew(attempt: &mut Attempt, total: u8) {
    let total = usize::from(total);
    if attempt.segments.len() != total {
        let most = attempt.most_unanswered();
        attempt.unanswered.clear();
        attempt
            .unanswered
            .resize(if most > 0 { total } else { 0 }, most);
    }
    attempt.segments = vec![Segment::Waiting; total];
}

/// Tells the attempts of one message apart.
pub(super) fn attempt_octet(message: &Message) -> u8 {
    let [_, low] = message.progress.attempt.attempts.to_be_bytes();
    low
}

/// As whom a message goes out over an operator with these senders.
pub(super) fn sent_as(senders: &Senders, message: &Message) -> SentAs {
    match answering::number(message) {
        Some(number) => SentAs::Number(number.into()),
        None => SentAs::Listed(senders.of(message.key.agency.name(), message.lane)),
    }
}
