//! The rules of an SMPP link, for both ends, without sockets, clocks or tasks.
//!
//! In: [`Input`]s and the time. Out: octets for the wire ([`Session::output`]) and [`Event`]s for
//! the application ([`Session::take_events`]). [`link`](crate::link) drives it over tokio.
//!
//! The session numbers requests, keeps the window, pairs responses with the application's tokens,
//! watches the timers, answers `enquire_link` and `unbind`, and refuses what the peer may not
//! send. What a message means is none of its business: it passes requests on and takes answers.
//!
//! Per PDU it does a constant amount of work and, once its tables have grown, allocates nothing.

mod bind;
mod event;
mod in_flight;
mod outbox;
mod receive;
mod refused;
mod states;

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use bytes::BytesMut;

pub use event::{CloseReason, Closed, Event, Fault, Faults};
pub use outbox::Requests;
pub use states::{Bind, Role, State};

use crate::codec::MAX_PDU;
use crate::values::InterfaceVersion;
use crate::{CommandId, DecodeError, Frame, Header, Status};
use bind::Introduction;
use in_flight::InFlight;
use outbox::Outbox;
use refused::Refused;

/// The highest sequence number of a request; 1 follows it.
pub const MAX_SEQUENCE: u32 = 0x7FFF_FFFF;

/// How a session begins, and with it which end we are.
#[derive(Clone, Debug)]
pub enum Opening {
    /// An ESME that sends this `bind_*` at once.
    Bind(Frame),
    /// An ESME that waits for the SMSC's `outbind` and then sends this `bind_*`, whichever it is: 3.4 (2.2.1) thinks of
    /// a `bind_receiver`, 5.0 of any. A bind holds our password, so it goes only to a peer that introduces itself as
    /// this SMSC (3.4, 4.1.7); at any other `outbind` the session closes, without a word to the peer.
    AwaitOutbind {
        /// What is sent then.
        bind: Frame,
        /// Who has to be at the other end.
        smsc: SmscLogin,
    },
    /// An SMSC that waits for a bind.
    Listen,
    /// An SMSC that sends this `outbind` and then waits for a bind.
    Outbind(Frame),
}

/// As whom an SMSC introduces itself in an `outbind`.
#[derive(Clone)]
pub struct SmscLogin {
    /// Its name; no `outbind` has room for more than 15 octets.
    pub system_id: String,
    /// What it proves that with; no `outbind` has room for more than 8 octets.
    pub password: String,
}

/// Leaves out the password.
impl std::fmt::Debug for SmscLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("SmscLogin");
        shown
            .field("system_id", &self.system_id)
            .finish_non_exhaustive()
    }
}

/// The numbers that two ends agree on, mostly by e-mail.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Most requests of ours that may await a response.
    pub window: usize,
    /// Most requests of the peer's that may await our application's answer. An SMSC refuses more; for an ESME no more
    /// is to be read until some are answered, see [`Session::owes_answers`].
    pub inbound_window: usize,
    /// How long we wait for a response, `enquire_link` included; for that to `unbind`, on which nothing depends, a few seconds at most.
    pub response_timeout: Duration,
    /// How long nothing may come from the peer before we send `enquire_link`.
    pub enquire_link: Duration,
    /// How long it may take from connecting to being bound.
    pub bind_timeout: Duration,
    /// How long the last responses may take once we were told to unbind.
    pub drain_timeout: Duration,
    /// After how long without any message we unbind by ourselves.
    pub inactivity: Option<Duration>,
    /// The longest PDU taken, in octets.
    pub max_pdu_octets: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            window: 10,
            inbound_window: 1_000,
            response_timeout: Duration::from_secs(30),
            enquire_link: Duration::from_secs(30),
            bind_timeout: Duration::from_secs(10),
            drain_timeout: Duration::from_secs(30),
            inactivity: None,
            max_pdu_octets: MAX_PDU,
        }
    }
}

/// What can happen to a session.
#[derive(Debug)]
pub enum Input {
    /// A whole PDU came.
    Frame(Frame),
    /// What came cannot be cut into PDUs: nothing after it can be trusted.
    Unframed(DecodeError),
    /// The application has requests. They wait in order until the session is bound and the window
    /// has room; how many may wait is up to the caller, see [`Session::wants_requests`].
    Requests(Requests),
    /// The application answers requests of the peer: whole responses back to back, each with the
    /// sequence number of its request. The answer to a bind is one of them.
    Responses(BytesMut),
    /// From now on the window has this size; 0 pauses. In flight beyond it stays in flight.
    Window(usize),
    /// The application wants out: send what was given so far, wait for responses that are not yet overdue, unbind. If
    /// not bound, close.
    Unbind,
    /// The application is gone: close once the output is written.
    Dropped,
    /// The connection is gone.
    Lost(CloseReason),
    /// Nothing came from the peer because nobody was reading: silence proves nothing.
    NotReading,
    /// Time went by; due when [`Session::deadline`] is reached.
    Tick,
}

/// One SMPP session, from connecting to closing.
pub struct Session {
    role: Role,
    settings: Settings,
    phase: Phase,
    /// When the phase has lasted too long.
    phase_deadline: Option<Instant>,
    ours: Introduction,
    peer: Introduction,
    /// Our bind, until it is sent.
    bind: Option<Frame>,
    /// Who has to introduce itself before it is sent.
    awaited: Option<SmscLogin>,
    next_sequence: u32,
    in_flight: InFlight,
    refused_by_peer: Refused,
    outbox: Outbox,
    /// What came after [`Input::Unbind`].
    refused: Vec<u64>,
    /// Requests of the peer's that the application has not answered.
    inbound: usize,
    last_received: Instant,
    last_message: Instant,
    probe: Option<Probe>,
    faults: Faults,
    output: BytesMut,
    events: Vec<Event>,
}

/// The states of the specification, and those between them.
#[derive(Clone, Copy)]
enum Phase {
    Open,
    Outbound,
    /// A bind awaits its response: from the peer if we are the ESME, from our application if not.
    Binding {
        sequence: u32,
        /// What was asked for.
        bind: Option<Bind>,
    },
    Bound(Bind),
    /// To be unbound once nothing in the window may still be answered in time.
    Draining(Bind, CloseReason),
    Unbinding {
        sequence: u32,
        bind: Bind,
        reason: CloseReason,
    },
    /// The peer's `unbind` is answered once nothing in the window may still be answered in time.
    PeerUnbinding {
        sequence: u32,
        bind: Bind,
    },
    Closed(CloseReason),
}

/// The last `enquire_link` of ours that was not answered.
struct Probe {
    sequence: u32,
    /// When the peer counts as silent; none once anything came.
    deadline: Option<Instant>,
}

/// How long the answer to an SMSC's `unbind` waits for the answers that are under way: less than it waits itself, mostly.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// How long we wait at most for the answer to our own `unbind`: until then the session carries nothing, and no other takes its place.
const UNBIND_ANSWER: Duration = Duration::from_secs(5);

/// Output beyond which no more requests are numbered: enough to fill a socket's buffer.
const OUTPUT_FOR_REQUESTS: usize = 256 * 1024;

/// Events beyond which no more requests are wanted: the application sends without listening.
const EVENTS_FOR_REQUESTS: usize = 4096;

/// Output beyond which reading should stop. Requests of ours alone never lead there, so two
/// honest ends that both write at full speed both keep reading.
const OUTPUT_FOR_READING: usize = 1024 * 1024;

impl Session {
    /// A session on a connection made just now.
    pub fn new(opening: Opening, settings: Settings, now: Instant) -> Self {
        let role = match opening {
            Opening::Bind(_) | Opening::AwaitOutbind { .. } => Role::Esme,
            Opening::Listen | Opening::Outbind(_) => Role::Smsc,
        };
        let mut session = Self {
            role,
            phase: Phase::Open,
            phase_deadline: Some(later(now, settings.bind_timeout)),
            settings,
            ours: Introduction::default(),
            peer: Introduction::default(),
            bind: None,
            awaited: None,
            next_sequence: 1,
            in_flight: InFlight::default(),
            refused_by_peer: Refused::default(),
            outbox: Outbox::default(),
            refused: Vec::new(),
            inbound: 0,
            last_received: now,
            last_message: now,
            probe: None,
            faults: Faults::default(),
            output: BytesMut::new(),
            events: Vec::new(),
        };
        session.open(opening);
        session
    }

    fn open(&mut self, opening: Opening) {
        match opening {
            Opening::Bind(bind) => {
                self.ours = Introduction::of(&bind);
                self.bind = Some(bind);
                self.send_bind();
            }
            Opening::AwaitOutbind { bind, smsc } => {
                self.ours = Introduction::of(&bind);
                self.bind = Some(bind);
                self.awaited = Some(smsc);
            }
            Opening::Listen => self.ours.interface_version = InterfaceVersion::V5_0,
            Opening::Outbind(outbind) => {
                self.ours.interface_version = InterfaceVersion::V5_0;
                self.send_own(outbind.octets());
                self.phase = Phase::Outbound;
            }
        }
    }

    /// Takes in what happened. Afterwards there may be output, events and another deadline.
    pub fn handle(&mut self, now: Instant, input: Input) {
        match input {
            Input::Requests(requests) if self.is_leaving() => {
                self.refused.extend(requests.tokens());
            }
            Input::Requests(requests) => self.outbox.push(requests),
            _ if self.close_reason().is_some() => {}
            Input::Frame(frame) => self.receive(now, frame),
            Input::Unframed(error) => {
                self.reply(CommandId::GENERIC_NACK, error.status(), 0);
                let begins = matches!(self.state(), State::Open | State::Outbound);
                self.close(match begins && error.is_tls() {
                    true => CloseReason::Tls,
                    false => CloseReason::Unframed(error),
                });
            }
            Input::Responses(octets) => self.respond(now, &octets),
            Input::Window(window) => self.settings.window = window,
            Input::Unbind => self.unbind(now, CloseReason::Unbound),
            Input::Dropped => self.close(CloseReason::Dropped),
            Input::Lost(reason) => {
                self.output.clear();
                self.close(reason);
            }
            Input::NotReading => self.heard(now),
            Input::Tick => self.tick(now),
        }
    }

    /// What is to be written, after moving into it as many waiting requests as window and buffer
    /// take. The caller advances it by what was written.
    pub fn output(&mut self, now: Instant) -> &mut BytesMut {
        self.send_waiting(now);
        self.unbind_if_drained(now);
        &mut self.output
    }

    /// What happened since the last call.
    pub fn take_events(&mut self) -> Vec<Event> {
        let spare = Vec::with_capacity(self.events.len().min(64));
        std::mem::replace(&mut self.events, spare)
    }

    /// Whether there are events to take.
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// When [`Input::Tick`] is due, if nothing else happens before.
    pub fn deadline(&self) -> Option<Instant> {
        if self.close_reason().is_some() {
            return None;
        }
        let bound = matches!(self.phase, Phase::Bound(_) | Phase::Draining(..));
        let silence = bound.then(|| self.silence_deadline());
        let inactivity = self.inactivity_deadline();
        [
            self.phase_deadline,
            self.in_flight.deadline(),
            silence,
            inactivity,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Whether the session can use more requests: it may still send them, and fewer wait than a
    /// window takes. Feeding it regardless makes it hold them in memory.
    pub fn wants_requests(&self) -> bool {
        !self.is_leaving()
            && self.outbox.len() < self.settings.window.max(1)
            && self.events.len() < EVENTS_FOR_REQUESTS
    }

    fn is_leaving(&self) -> bool {
        matches!(
            self.phase,
            Phase::Draining(..)
                | Phase::Unbinding { .. }
                | Phase::PeerUnbinding { .. }
                | Phase::Closed(_)
        )
    }

    /// Whether so many requests await the application's answer that no more should be read: an SMSC that has a burst of
    /// receipts need not hear of a full queue.
    pub fn owes_answers(&self) -> bool {
        self.role == Role::Esme && self.inbound >= self.settings.inbound_window
    }

    /// Whether more should be read: what the peer is owed has not piled up unwritten.
    pub fn wants_frames(&self) -> bool {
        self.output.len() < OUTPUT_FOR_READING
    }

    /// How many requests await a response.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Which end we are.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The longest PDU taken, in octets.
    pub fn max_pdu_octets(&self) -> usize {
        self.settings.max_pdu_octets
    }

    /// The state, in the specification's terms.
    pub fn state(&self) -> State {
        match self.phase {
            Phase::Open => State::Open,
            Phase::Outbound => State::Outbound,
            Phase::Binding { .. } => State::Open,
            Phase::Bound(bind) => bind.state(),
            Phase::Draining(..) | Phase::Unbinding { .. } | Phase::PeerUnbinding { .. } => {
                State::Unbinding
            }
            Phase::Closed(
                CloseReason::Unbound | CloseReason::PeerUnbound | CloseReason::Inactive,
            ) => State::Unbound,
            Phase::Closed(_) => State::Closed,
        }
    }

    /// Why the session is over, if it is. What is in the output should still be written, unless
    /// the connection is lost; then [`finish`](Self::finish).
    pub fn close_reason(&self) -> Option<CloseReason> {
        match self.phase {
            Phase::Closed(reason) => Some(reason),
            _ => None,
        }
    }

    /// Settles what is left: who was not answered, what was not sent.
    pub fn finish(self) -> Closed {
        let mut unsent = self.outbox.into_tokens();
        unsent.extend(self.refused);
        Closed {
            reason: match self.phase {
                Phase::Closed(reason) => reason,
                _ => CloseReason::Dropped,
            },
            unanswered: self.in_flight.into_tokens(self.next_sequence),
            unsent,
            faults: self.faults,
        }
    }
}

/// What goes out.
impl Session {
    fn send_waiting(&mut self, now: Instant) {
        if !matches!(self.phase, Phase::Bound(_) | Phase::Draining(..)) || self.outbox.is_empty() {
            return;
        }
        let deadline = later(now, self.settings.response_timeout);
        while self.in_flight.len() < self.settings.window && self.output.len() < OUTPUT_FOR_REQUESTS
        {
            let sequence = self.next_sequence();
            let Some(sent) = self.outbox.take(&mut self.output, sequence) else {
                break;
            };
            self.next_sequence = after(sequence);
            self.last_message = now;
            if sent.awaits_response {
                self.in_flight
                    .insert(sequence, sent.command, sent.token, deadline);
            } else {
                self.events.push(Event::Sent { token: sent.token });
            }
        }
    }

    /// Passes the application's answers on, and learns from them whether the peer is bound.
    fn respond(&mut self, now: Instant, octets: &[u8]) {
        let mut rest = octets;
        while let Some(header) = rest.first_chunk().map(Header::parse) {
            let length = usize::try_from(header.command_length).unwrap_or(usize::MAX);
            let Some((pdu, after)) = rest.split_at_checked(length.max(Header::LEN_OCTETS)) else {
                break;
            };
            rest = after;
            self.output.extend_from_slice(pdu);
            self.inbound = self.inbound.saturating_sub(1);
            self.last_message = now;
            if let Phase::Binding { sequence, .. } = self.phase
                && self.role == Role::Smsc
                && sequence == header.sequence_number
            {
                self.bind_answered(now, header);
            }
        }
        debug_assert!(rest.is_empty(), "responses are whole PDUs");
    }

    /// Our application, an SMSC, has decided on a bind. After a refusal the peer may try again
    /// while the bind timer runs.
    fn bind_answered(&mut self, now: Instant, header: Header) {
        match Bind::of(header.command_id) {
            Some(bind) if header.status.is_ok() => self.bound(now, bind),
            _ => self.phase = Phase::Open,
        }
    }

    fn bound(&mut self, now: Instant, bind: Bind) {
        self.phase = Phase::Bound(bind);
        self.phase_deadline = None;
        self.last_message = now;
        self.events.push(Event::Bound {
            bind,
            interface_version: self.interface_version(),
            system_id: std::mem::take(&mut self.peer.system_id),
        });
    }

    fn interface_version(&self) -> InterfaceVersion {
        self.ours.interface_version.min(self.peer.interface_version)
    }

    fn send_bind(&mut self) {
        if let Some(bind) = self.bind.take() {
            let sequence = self.send_own(bind.octets());
            let bind = Bind::of(bind.header().command_id);
            self.phase = Phase::Binding { sequence, bind };
        }
    }

    /// Leaves in good order: no more requests are taken, those waiting still go out.
    fn unbind(&mut self, now: Instant, reason: CloseReason) {
        match self.phase {
            Phase::Bound(bind) => {
                self.phase = Phase::Draining(bind, reason);
                self.phase_deadline = Some(later(now, self.settings.drain_timeout));
            }
            Phase::Open | Phase::Outbound | Phase::Binding { .. } => self.close(reason),
            Phase::Draining(..)
            | Phase::Unbinding { .. }
            | Phase::PeerUnbinding { .. }
            | Phase::Closed(_) => {}
        }
    }

    fn unbind_if_drained(&mut self, now: Instant) {
        if let Phase::PeerUnbinding { sequence, .. } = self.phase
            && self.in_flight.is_overdue()
        {
            return self.let_go(sequence);
        }
        let is_full = self.in_flight.len() >= self.settings.window;
        if let Phase::Draining(bind, reason) = self.phase
            && self.in_flight.is_overdue()
            && (self.outbox.is_empty() || is_full)
        {
            self.send_unbind(now, bind, reason);
        }
    }

    /// The peer may go.
    fn let_go(&mut self, sequence: u32) {
        self.reply(CommandId::UNBIND_RESP, Status::ROK, sequence);
        self.close(CloseReason::PeerUnbound);
    }

    fn send_unbind(&mut self, now: Instant, bind: Bind, reason: CloseReason) {
        let sequence = self.send_header(CommandId::UNBIND);
        self.phase = Phase::Unbinding {
            sequence,
            bind,
            reason,
        };
        let wait = self.settings.response_timeout.min(UNBIND_ANSWER);
        self.phase_deadline = Some(later(now, wait));
    }

    fn close(&mut self, reason: CloseReason) {
        self.phase = Phase::Closed(reason);
        self.phase_deadline = None;
    }

    /// Sends a request of the session's own: outside the window, known to no application.
    fn send_own(&mut self, pdu: &[u8]) -> u32 {
        let sequence = self.next_sequence();
        self.next_sequence = after(sequence);
        let start = self.output.len();
        self.output.extend_from_slice(pdu);
        if let Some(place) = self.output.get_mut(start + 12..start + 16) {
            place.copy_from_slice(&sequence.to_be_bytes());
        }
        sequence
    }

    fn send_header(&mut self, command_id: CommandId) -> u32 {
        self.send_own(&header_only(command_id, Status::ROK, 0))
    }

    /// Answers with a header only.
    fn reply(&mut self, command_id: CommandId, status: Status, sequence: u32) {
        self.output
            .extend_from_slice(&header_only(command_id, status, sequence));
    }

    /// A sequence number that no unanswered request has, even after two thousand million others.
    fn next_sequence(&self) -> u32 {
        let mut sequence = self.next_sequence;
        while self.in_flight.contains(sequence) {
            sequence = after(sequence);
        }
        sequence
    }
}

/// What time brings.
impl Session {
    fn tick(&mut self, now: Instant) {
        while self.in_flight.deadline().is_some_and(|due| due <= now) {
            let expired = self.in_flight.expire(now);
            self.events
                .extend(expired.map(|token| Event::TimedOut { token }));
        }
        if self.phase_deadline.is_some_and(|due| due <= now) {
            self.phase_overdue(now);
        }
        if matches!(self.phase, Phase::Bound(_) | Phase::Draining(..))
            && self.silence_deadline() <= now
        {
            self.silent(now);
        }
        if self.inactivity_deadline().is_some_and(|due| due <= now) {
            self.unbind(now, CloseReason::Inactive);
        }
    }

    fn phase_overdue(&mut self, now: Instant) {
        match self.phase {
            Phase::Open if self.awaited.is_some() => self.close(CloseReason::NoOutbind),
            Phase::Open | Phase::Outbound | Phase::Binding { .. } => {
                self.close(CloseReason::BindTimeout);
            }
            Phase::Draining(bind, reason) => self.send_unbind(now, bind, reason),
            Phase::Unbinding { .. } => self.close(CloseReason::UnbindUnanswered),
            Phase::PeerUnbinding { sequence, .. } => self.let_go(sequence),
            Phase::Bound(_) | Phase::Closed(_) => {}
        }
    }

    /// Nothing came for a while: ask, or, having asked, give up.
    fn silent(&mut self, now: Instant) {
        if self.awaits_life().is_some() {
            return self.close(CloseReason::Silent);
        }
        let sequence = self.send_header(CommandId::ENQUIRE_LINK);
        let deadline = Some(later(now, self.settings.response_timeout));
        self.probe = Some(Probe { sequence, deadline });
    }

    /// Anything at all came from the peer.
    fn heard(&mut self, now: Instant) {
        self.last_received = now;
        if let Some(probe) = &mut self.probe {
            probe.deadline = None;
        }
    }

    fn awaits_life(&self) -> Option<Instant> {
        self.probe.as_ref().and_then(|probe| probe.deadline)
    }

    fn silence_deadline(&self) -> Instant {
        self.awaits_life()
            .unwrap_or(later(self.last_received, self.settings.enquire_link))
    }

    fn inactivity_deadline(&self) -> Option<Instant> {
        let inactivity = self.settings.inactivity?;
        matches!(self.phase, Phase::Bound(_)).then(|| later(self.last_message, inactivity))
    }
}

/// A time so far off that the clock cannot say it counts as thirty years.
fn later(now: Instant, duration: Duration) -> Instant {
    const THIRTY_YEARS: Duration = Duration::from_secs(30 * 365 * 86_400);
    now + duration.min(THIRTY_YEARS)
}

fn after(sequence: u32) -> u32 {
    if sequence >= MAX_SEQUENCE {
        1
    } else {
        sequence + 1
    }
}

fn header_only(command_id: CommandId, status: Status, sequence_number: u32) -> [u8; 16] {
    let header = Header {
        command_length: 16,
        command_id,
        status,
        sequence_number,
    };
    header.to_octets()
}
