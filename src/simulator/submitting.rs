//! A message comes: is it taken, when is it answered, and what becomes of it?

use std::time::{Duration, Instant};

use xabar_smpp::Status;
use xabar_smpp::values::MessageState;

use super::answer::Answer;
use super::behaviour::Behaviour;
use super::delivery::Content;
use super::error_rates::ErrorRates;
use super::fate::{Fate, Of};
use super::message::Message;
use super::slab::Key;
use super::smsc::{HELD_BACK, Smsc, Task};

/// What is to be told of a message, and when.
struct Course {
    state: MessageState,
    /// How long the message takes to the phone.
    takes: Duration,
    /// The receipt goes before the response.
    receipt_first: bool,
}

impl Smsc {
    pub(super) fn submitted(&mut self, now: Instant, answer: Answer, message: &Message<'_>) {
        let key = answer.session;
        let Some(place) = self.count_submit(key) else {
            return;
        };
        let status = self.verdict(now, key, place, message);
        let elapsed = self.calendar.elapsed(now);
        self.counters.submitted(elapsed, status);
        let mut answer = answer.with(status);
        let mut receipt_first = false;
        if status.is_ok() {
            answer.id = self.new_id();
            let of = Of {
                place,
                session: key,
                id: answer.id,
            };
            receipt_first = self.accept(now, of, message);
        } else {
            self.plan_stray_receipt(now, place, key, message);
        }
        let id = status.is_ok().then_some(answer.id);
        answer.place = self.tape.record(elapsed, message, status, id);
        answer.refused_first = status.is_ok() && self.chance.happens(self.behaviour.refused_first);
        answer.twice = self.chance.happens(self.behaviour.answered_twice);
        answer.misnamed = status.is_ok() && self.chance.happens(self.behaviour.misnamed);
        self.answer_in_time(now, answer, receipt_first);
        self.say_what_nobody_asked(key, message);
        self.cut_by_count(now, key);
    }

    /// The next id; they may begin again.
    fn new_id(&mut self) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        match self.behaviour.receipts.ids_repeat_after {
            Some(after) => self.first_id + number % after.max(1),
            None => self.first_id + number,
        }
    }

    /// Counts a message of a session; the place of its ESME.
    fn count_submit(&mut self, key: Key) -> Option<usize> {
        let session = self.sessions.get_mut(key)?;
        session.submits += 1;
        session.esme
    }

    fn verdict(&mut self, now: Instant, key: Key, place: usize, message: &Message<'_>) -> Status {
        let (Some(session), Some(esme)) = (self.sessions.get(key), self.esmes.get(place)) else {
            return Status::RINVBNDSTS;
        };
        if message.destination.digits.is_empty() {
            return Status::RINVDSTADR;
        }
        if session.unanswered >= self.behaviour.window {
            return self.behaviour.above_window();
        }
        if esme.pending >= self.behaviour.queue {
            return Status::RMSGQFUL;
        }
        if !self.admits(now, key) {
            return Status::RTHROTTLED;
        }
        let refused = self.drawn(|behaviour| &behaviour.errors);
        let refused = refused.or_else(|| {
            let has_tlvs = !message.tlvs.is_empty();
            has_tlvs.then(|| self.drawn(|behaviour| &behaviour.dialect.tlv_errors))?
        });
        refused.unwrap_or(Status::ROK)
    }

    /// Whether one more request of a session's ESME stays within the cap on messages a second.
    pub(super) fn admits(&mut self, now: Instant, key: Key) -> bool {
        let place = self.sessions.get(key).and_then(|session| session.esme);
        let esme = place.and_then(|place| self.esmes.get_mut(place));
        let (Some(tps), Some(esme)) = (self.behaviour.tps, esme) else {
            return true;
        };
        let admitted = esme.throttle.admit(now, tps);
        self.counters.figures.throttled += u64::from(!admitted);
        admitted
    }

    /// An error, as often as the rates say.
    fn drawn(&mut self, rates: impl Fn(&Behaviour) -> &ErrorRates) -> Option<Status> {
        if rates(&self.behaviour).is_empty() {
            return None;
        }
        let drawn = self.chance.unit();
        rates(&self.behaviour).pick(drawn)
    }

    /// Answers at once or later, or not at all.
    pub(super) fn answer_in_time(&mut self, now: Instant, answer: Answer, receipt_first: bool) {
        if self.chance.happens(self.behaviour.unanswered) {
            self.counters.figures.unanswered += 1;
            return;
        }
        if [Status::RMSGQFUL, self.behaviour.above_window()].contains(&answer.status) {
            // At once, or those above the window would have to wait beside those within.
            return self.answer_message(now, answer);
        }
        let mut latency = self.chance.delay(self.behaviour.latency);
        if self.chance.happens(self.behaviour.disorder) {
            latency += HELD_BACK;
        }
        if self.chance.happens(self.behaviour.late) {
            latency += self.behaviour.late_by;
        }
        if receipt_first {
            latency = latency.max(HELD_BACK);
        }
        if latency.is_zero() {
            return self.answer_message(now, answer);
        }
        if let Some(session) = self.sessions.get_mut(answer.session) {
            session.unanswered += 1;
            self.agenda.add(now + latency, Task::Answer(answer));
        }
    }

    /// Answers a message, which the tape notes if the answer can be understood and can arrive.
    pub(super) fn answer_message(&mut self, now: Instant, mut answer: Answer) {
        if std::mem::take(&mut answer.refused_first) {
            // Until it is taken it may rightly be sent again.
            answer.place = None;
            let again = now + self.behaviour.late_by;
            self.agenda.add(again, Task::AnswerAgain(answer));
            let refusal = answer.with(Status::RSYSERR);
            return self.answer(refusal);
        }
        let session = self.sessions.get(answer.session);
        if let Some(place) = answer.place.filter(|_| !answer.misnamed)
            && session.is_some_and(|session| !session.is_lost)
        {
            let at = self.calendar.elapsed(now);
            self.tape.answered(at, answer.session, place);
        }
        self.answer(answer);
    }

    fn cut_by_count(&mut self, now: Instant, key: Key) {
        let submits = self.sessions.get(key).map_or(0, |session| session.submits);
        let every = self.behaviour.faults.disconnect_every;
        if every.is_some_and(|every| submits >= every) {
            self.cut(now, key);
        }
    }
}

/// From the SMSC to the phone and back.
impl Smsc {
    /// Brings a message to its phone and plans its receipts; whether one goes before the response.
    fn accept(&mut self, now: Instant, of: Of, message: &Message<'_>) -> bool {
        let course = self.course(now, message);
        if self.dialogues.is_of_another(message) {
            let is_fault = !self.dialogues.is_of_the_one_before(message);
            self.counters.figures.faults += u64::from(is_fault);
            return false;
        }
        if course.state == MessageState::DELIVERED {
            let (wall, alphabet) = (self.calendar.wall(now), self.behaviour.dialect.alphabet);
            self.phones.receive(now, wall, message, alphabet.into());
        }
        self.dialogues.hear(message);
        self.plan_word(now, now + course.takes, of.place, message, course.state);
        let (done, most) = (now + course.takes, self.behaviour.receipts.fates);
        self.fates
            .remember(of.id, message, course.state, done, most);
        self.plan_notification(now, of, message, &course);
        self.plan_receipt(now, of, message, &course)
    }

    fn course(&mut self, now: Instant, message: &Message<'_>) -> Course {
        let receipts = &self.behaviour.receipts;
        let mut takes = self.chance.delay(receipts.delay);
        let receipt_first = self.chance.happens(receipts.first);
        let mut state = MessageState::DELIVERED;
        if self.chance.happens(receipts.undelivered) {
            state = MessageState::UNDELIVERABLE;
        } else if self.chance.happens(receipts.expired) {
            state = MessageState::EXPIRED;
        }
        if receipt_first {
            takes = Duration::ZERO;
        }
        let validity = message.validity(self.calendar.unix_seconds(now));
        if let Some(validity) = validity.filter(|validity| *validity < takes) {
            (state, takes) = (MessageState::EXPIRED, validity);
        }
        Course {
            state,
            takes,
            receipt_first,
        }
    }

    fn plan_notification(&mut self, now: Instant, of: Of, message: &Message<'_>, course: &Course) {
        let unasked = self.chance.happens(self.behaviour.receipts.intermediate);
        let asked = message.registered_delivery.0 & ASKS_INTERMEDIATE != 0;
        let enroute = (asked || unasked).then_some(MessageState::ENROUTE);
        let accepted = self.chance.happens(self.behaviour.receipts.accepted);
        let accepted = accepted.then_some(MessageState::ACCEPTED);
        let at = now + course.takes / 2;
        for state in [accepted, enroute].into_iter().flatten() {
            let fate = Fate::of(message, of, state, now, at);
            self.plan(now, at, of.place, Content::Fate(fate));
        }
    }

    fn plan_receipt(
        &mut self,
        now: Instant,
        of: Of,
        message: &Message<'_>,
        course: &Course,
    ) -> bool {
        let asked = match course.state {
            MessageState::DELIVERED => message.registered_delivery.on_success(),
            _ => message.registered_delivery.on_failure(),
        };
        if !asked || self.chance.happens(self.behaviour.receipts.lost) {
            return false;
        }
        let done = now + course.takes;
        let mut due = done;
        if !course.receipt_first && self.chance.happens(self.behaviour.receipts.disorder) {
            due += HELD_BACK;
        }
        let fate = Content::Fate(Fate::of(message, of, course.state, now, done));
        if self.chance.happens(self.behaviour.receipts.twice) {
            self.plan(now, due + HELD_BACK, of.place, fate.clone());
        }
        self.plan(now, due, of.place, fate);
        course.receipt_first
    }

    /// A receipt for a message that was refused.
    fn plan_stray_receipt(
        &mut self,
        now: Instant,
        place: usize,
        session: Key,
        message: &Message<'_>,
    ) {
        let asked = message.registered_delivery.on_failure();
        if asked && self.chance.happens(self.behaviour.receipts.refused) {
            let id = self.new_id();
            let of = Of { place, session, id };
            let done = now + self.chance.delay(self.behaviour.receipts.delay);
            let fate = Fate::of(message, of, MessageState::REJECTED, now, done);
            self.plan(now, done, place, Content::Fate(fate));
        }
    }
}

/// The bit of `registered_delivery` that asks for intermediate notifications.
const ASKS_INTERMEDIATE: u8 = 0x10;
