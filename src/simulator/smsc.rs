//! The SMSC itself: what it answers, when, and what it sends by itself.
//!
//! In: what came from its sessions, and the time. Out: an [`Output`] for each session, and the
//! next deadline. No sockets, clocks or tasks: `driver` feeds it. The same seed and the same
//! input give the same output.
//!
//! Everything that waits is bounded: answers by the window of each session, deliveries by the
//! queue of each ESME. Above either, messages are refused with `ESME_RMSGQFUL`.

use std::time::{Duration, Instant};

use xabar_smpp::session::{Closed, Event};
use xabar_smpp::{Body, Frame, Status, Tag, TlvBuffer};

use super::admission::Account;
use super::agenda::Agenda;
use super::answer::{Answer, Told};
use super::behaviour::Behaviour;
use super::calendar::Calendar;
use super::chance::Chance;
use super::delivery::{Delivery, Writer};
use super::dialogues::Dialogues;
use super::esme::Esme;
use super::fates::Fates;
use super::figures::{Counters, Figures};
use super::message::Message;
use super::phones::{PhoneMemory, Phones};
use super::session::{Output, Session};
use super::slab::{Key, Slab};
use super::tape::Tape;
use crate::clock::Now;

#[derive(Debug)]
pub(super) struct Smsc {
    pub(super) behaviour: Behaviour,
    pub(super) accounts: Vec<Account>,
    pub(super) esmes: Vec<Esme>,
    pub(super) sessions: Slab<Session>,
    pub(super) deliveries: Slab<Delivery>,
    pub(super) agenda: Agenda<Task>,
    pub(super) chance: Chance,
    pub(super) first_id: u64,
    /// Ids given so far.
    pub(super) next_number: u64,
    pub(super) calendar: Calendar,
    pub(super) fates: Fates,
    pub(super) phones: Phones,
    pub(super) dialogues: Dialogues,
    pub(super) tape: Tape,
    pub(super) counters: Counters,
    pub(super) writer: Writer,
    pub(super) id: Vec<u8>,
    /// Binds are refused until somebody says otherwise.
    pub(super) refusing: bool,
    /// Binds are refused until then.
    pub(super) refusing_until: Option<Instant>,
}

/// What is done later.
#[derive(Debug)]
pub(super) enum Task {
    Answer(Answer),
    /// Takes what was refused.
    AnswerAgain(Answer),
    Deliver(Key),
    Cut(Key),
    Unbind(Key),
    Mute(Key),
    Stall(Key),
    Resume(Key),
}

/// How long what is out of order is held back.
pub(super) const HELD_BACK: Duration = Duration::from_millis(50);

impl Smsc {
    pub(super) fn new(
        now: Now,
        seed: u64,
        behaviour: Behaviour,
        accounts: Vec<Account>,
        memory: PhoneMemory,
        tape: usize,
    ) -> Self {
        let mut chance = Chance::seeded(seed);
        let refuse = behaviour.faults.refuse_binds;
        Self {
            behaviour,
            accounts,
            esmes: Vec::new(),
            sessions: Slab::new(),
            deliveries: Slab::new(),
            agenda: Agenda::new(),
            // Somewhere in the middle of an SMSC's life: ids of another seed do not meet these.
            first_id: chance.number() >> 24 | 1 << 39,
            next_number: 0,
            chance,
            calendar: Calendar::starting(now),
            fates: Fates::default(),
            phones: Phones::with_memory(memory),
            dialogues: Dialogues::default(),
            tape: Tape::of_length(tape),
            counters: Counters::default(),
            writer: Writer::default(),
            id: Vec::new(),
            refusing: false,
            refusing_until: refuse.map(|time| now.instant + time),
        }
    }

    /// A connection was made.
    pub(super) fn connected(&mut self) -> Key {
        self.sessions.insert(Session::default())
    }

    /// Takes what came from a session.
    pub(super) fn handle(&mut self, now: Instant, key: Key, events: Vec<Event>) {
        self.note_in_flight(key, &events);
        for event in events {
            self.event(now, key, event);
        }
        if let Some(place) = self.sessions.get(key).and_then(|session| session.esme) {
            self.dispatch(place);
        }
    }

    /// Does what is due.
    pub(super) fn tick(&mut self, now: Instant) {
        let mut delivers = false;
        while let Some(task) = self.agenda.take(now) {
            delivers |= matches!(task, Task::Deliver(_));
            self.carry_out(now, task);
        }
        if delivers {
            self.dispatch_all();
        }
    }

    /// When to tick next.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.agenda.deadline()
    }

    /// What there is to do for a session.
    pub(super) fn output(&mut self, key: Key) -> Option<&mut Output> {
        self.sessions
            .get_mut(key)
            .map(|session| &mut session.output)
    }

    pub(super) fn set_behaviour(&mut self, now: Instant, behaviour: Behaviour) {
        let before = std::mem::replace(&mut self.behaviour, behaviour);
        if self.behaviour.faults != before.faults {
            for key in self.sessions.keys().collect::<Vec<_>>() {
                self.plan_faults(now, key);
            }
        }
        self.dispatch_all();
    }

    pub(super) fn figures(&self, now: Instant) -> Figures {
        let mut figures = self.counters.read(self.calendar.elapsed(now));
        figures.sessions = self.esmes.iter().map(|esme| esme.sessions).sum();
        figures.deliveries.pending = self.deliveries.len();
        figures
    }

    fn note_in_flight(&mut self, key: Key, events: &[Event]) {
        let waiting = self
            .sessions
            .get(key)
            .map_or(0, |session| session.unanswered);
        let is_request = |event: &&Event| matches!(event, Event::Request(_));
        let came = events.iter().filter(is_request).count();
        let figures = &mut self.counters.figures;
        figures.in_flight_max = figures.in_flight_max.max(waiting + came);
    }

    fn event(&mut self, now: Instant, key: Key, event: Event) {
        match event {
            Event::Request(frame) => self.request(now, key, &frame),
            Event::Response { token, frame, late } => {
                let status = frame.header().status;
                self.delivery_answered(now, key, token, status, late);
            }
            Event::TimedOut { token } => self.delivery_timed_out(key, token),
            Event::Fault(_) => self.counters.figures.faults += 1,
            Event::Closed(closed) => self.closed(now, key, &closed),
            Event::Bound { .. }
            | Event::Sent { .. }
            | Event::PeerUnbinds
            | Event::TakenAfterAll { .. } => {}
        }
    }

    fn request(&mut self, now: Instant, key: Key, frame: &Frame) {
        let cut = self
            .sessions
            .get(key)
            .is_none_or(|session| session.output.cut);
        let Ok(pdu) = frame.decode() else { return };
        if cut {
            return;
        }
        let answer = Answer {
            session: key,
            request: pdu.command_id(),
            sequence_number: pdu.sequence_number,
            status: Status::RINVCMDID,
            id: 0,
            told: Told::default(),
            refused_first: false,
            twice: false,
            misnamed: false,
            place: None,
        };
        match pdu.body {
            Body::SubmitSm(message) => {
                self.submitted(now, answer, &Message::of_submit_sm(&message));
            }
            Body::DataSm(message) => {
                self.submitted(now, answer, &Message::of_submit_sm(&message.into()));
            }
            Body::BindReceiver(bind)
            | Body::BindTransmitter(bind)
            | Body::BindTransceiver(bind) => self.bind(now, answer, &bind),
            Body::QuerySm(query) => self.asked(now, answer, &query),
            // What was taken cannot be changed any more.
            Body::CancelSm(_) => self.answer(answer.with(Status::RCANCELFAIL)),
            Body::ReplaceSm(_) => self.answer(answer.with(Status::RREPLACEFAIL)),
            _ => self.answer(answer),
        }
    }

    fn carry_out(&mut self, now: Instant, task: Task) {
        match task {
            Task::Answer(answer) => {
                if let Some(session) = self.sessions.get_mut(answer.session) {
                    session.unanswered -= 1;
                    self.answer_message(now, answer);
                }
            }
            Task::AnswerAgain(answer) => self.answer(answer),
            Task::Deliver(delivery) => self.due(delivery),
            Task::Cut(key) => self.cut_if_planned(now, key),
            Task::Unbind(key) => self.unbind_if_planned(key),
            Task::Mute(key) => self.mute_if_planned(now, key),
            Task::Stall(key) => self.stall_if_planned(now, key),
            Task::Resume(key) => self.stall(key, false),
        }
    }

    /// Writes a response, in the form that the behaviour says.
    pub(super) fn answer(&mut self, answer: Answer) {
        let Some(session) = self.sessions.get_mut(answer.session) else {
            return;
        };
        let Behaviour {
            receipts, dialect, ..
        } = &self.behaviour;
        super::message_id::in_response(answer.id, receipts, &mut self.id);
        let mut tlvs = TlvBuffer::new();
        if let Some(congestion) = dialect.congestion {
            tlvs.push_octet(Tag::CONGESTION_STATE, congestion);
        }
        let pdu = answer.pdu(&self.id, tlvs.as_tlvs(), dialect.refusals);
        for _ in 0..=u8::from(answer.twice) {
            let written = pdu.encode(&mut session.output.responses);
            written.expect("an id has at most 64 digits");
        }
    }

    fn closed(&mut self, now: Instant, key: Key, closed: &Closed) {
        let Some(session) = self.sessions.remove(key) else {
            return;
        };
        self.tape.session_ended(self.calendar.elapsed(now), key);
        if let Some(place) = session.esme
            && let Some(esme) = self.esmes.get_mut(place)
        {
            esme.sessions -= 1;
            esme.receivers.retain(|receiver| *receiver != key);
        }
        let tokens = session.output.requests.tokens();
        let tokens = closed
            .unanswered
            .iter()
            .chain(&closed.unsent)
            .copied()
            .chain(tokens);
        self.not_delivered(Some(key), tokens);
    }
}
