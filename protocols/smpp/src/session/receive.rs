//! What a session does with a PDU that came.

use std::time::Instant;

use super::bind::Introduction;
use super::states::{admits, is_known};
use super::{
    Bind, CloseReason, Event, Fault, LAST_ANSWERS, Phase, Role, Session, SmscLogin, later,
};
use crate::{Body, CommandId, Frame, Header, Status};

impl Session {
    pub(super) fn receive(&mut self, now: Instant, frame: Frame) {
        self.heard(now);
        let header = frame.header();
        match header.command_id {
            CommandId::ENQUIRE_LINK => self.reply_to(header, Status::ROK),
            CommandId::ENQUIRE_LINK_RESP => self.enquire_link_resp(header),
            CommandId::GENERIC_NACK => self.generic_nack(now, header, frame),
            CommandId::UNBIND => self.peer_unbinds(now, header),
            CommandId::UNBIND_RESP => self.unbind_resp(header),
            CommandId::OUTBIND => self.outbind(header, &frame),
            id if Bind::of(id).is_some() && id.is_response() => self.bind_resp(now, header, &frame),
            id if Bind::of(id).is_some() => self.bind_request(now, header, frame),
            id if id.is_response() => self.response(now, header, frame),
            _ => self.request(now, header, frame),
        }
    }

    /// One of another kind than its number's request says nothing of that: it awaits its own still.
    fn response(&mut self, now: Instant, header: Header, frame: Frame) {
        match self.in_flight.answered(header) {
            Some(pending) => {
                self.last_message = now;
                self.refused_by_peer
                    .note(header, pending.request, pending.token);
                self.events.push(Event::Response {
                    token: pending.token,
                    frame,
                    late: pending.timed_out,
                });
            }
            None => {
                if let Some(token) = self.refused_by_peer.taken_after_all(header) {
                    self.events.push(Event::TakenAfterAll { token, frame });
                }
                self.unknown_response(header);
            }
        }
    }

    fn generic_nack(&mut self, now: Instant, header: Header, frame: Frame) {
        let sequence = header.sequence_number;
        if self.in_flight.contains(sequence) {
            return self.response(now, header, frame);
        }
        match self.phase {
            Phase::Binding { sequence: bind, .. }
                if self.role == Role::Esme && bind == sequence =>
            {
                let status = header.status;
                self.close(CloseReason::BindRefused { status });
            }
            Phase::Unbinding {
                sequence: unbind,
                reason,
                ..
            } if unbind == sequence => self.close(reason),
            _ => {
                if !self.take_probe(header) {
                    self.fault(Fault::StrayNack {
                        status: header.status,
                        sequence_number: sequence,
                    });
                }
            }
        }
    }

    /// A message operation, or a command that we do not know.
    fn request(&mut self, now: Instant, header: Header, frame: Frame) {
        let command_id = header.command_id;
        if !is_known(command_id, self.interface_version()) {
            self.reply(
                CommandId::GENERIC_NACK,
                Status::RINVCMDID,
                header.sequence_number,
            );
            return self.fault(Fault::UnknownCommand(command_id));
        }
        if !self.admits(command_id) {
            return self.wrong_state(header, Status::RINVBNDSTS);
        }
        if self.role == Role::Smsc && self.inbound >= self.settings.inbound_window {
            self.reply_to(header, Status::RTHROTTLED);
            return self.fault(Fault::TooMany(command_id));
        }
        self.last_message = now;
        self.pass_on(header, frame);
    }

    fn admits(&self, command_id: CommandId) -> bool {
        match self.phase {
            Phase::Bound(bind)
            | Phase::Draining(bind, _)
            | Phase::Unbinding { bind, .. }
            | Phase::PeerUnbinding { bind, .. } => {
                admits(self.role, bind, self.interface_version(), command_id)
            }
            Phase::Open | Phase::Outbound | Phase::Binding { .. } | Phase::Closed(_) => false,
        }
    }

    /// Gives a request to the application, which owes an answer if there is one to give.
    fn pass_on(&mut self, header: Header, frame: Frame) -> bool {
        // The application will read it again; a view costs some 20 ns.
        if let Err(error) = frame.decode() {
            self.reply_to(header, error.status());
            self.fault(Fault::Undecodable(header.command_id, error));
            return false;
        }
        if header.command_id.has_response() {
            self.inbound += 1;
        }
        self.events.push(Event::Request(frame));
        true
    }

    fn enquire_link_resp(&mut self, header: Header) {
        if !self.take_probe(header) {
            self.unknown_response(header);
        }
    }

    /// Whether this answers our `enquire_link`. Any answer to it is a sign of life, but an SMSC that
    /// has lost our bind says so here first (naz #52): only a new session helps.
    fn take_probe(&mut self, header: Header) -> bool {
        let sequence = header.sequence_number;
        let probe = self.probe.take_if(|probe| probe.sequence == sequence);
        if probe.is_some() && header.status == Status::RINVBNDSTS {
            self.close(CloseReason::NotBound);
        }
        probe.is_some()
    }
}

/// Coming and going.
impl Session {
    /// A client wants to bind: the application decides.
    fn bind_request(&mut self, now: Instant, header: Header, frame: Frame) {
        match (self.role, self.phase) {
            (Role::Smsc, Phase::Open | Phase::Outbound) => {
                let peer = Introduction::of(&frame);
                if self.pass_on(header, frame) {
                    self.peer = peer;
                    self.last_message = now;
                    self.phase = Phase::Binding {
                        sequence: header.sequence_number,
                        bind: Bind::of(header.command_id),
                    };
                }
            }
            (Role::Smsc, _) => self.wrong_state(header, Status::RALYBND),
            (Role::Esme, _) => self.wrong_state(header, Status::RINVBNDSTS),
        }
    }

    fn bind_resp(&mut self, now: Instant, header: Header, frame: &Frame) {
        let asked_for = match self.phase {
            Phase::Binding { sequence, bind }
                if self.role == Role::Esme && sequence == header.sequence_number =>
            {
                bind
            }
            _ => return self.unknown_response(header),
        };
        match (header.status, asked_for) {
            // Whether this one is served would never show: a receiver submits nothing, and `enquire_link` is answered in any state.
            (status @ Status::RALYBND, Some(Bind::Receiver))
                if header.command_id == CommandId::BIND_RECEIVER_RESP =>
            {
                self.close(CloseReason::BindRefused { status });
            }
            // An SMSC that still knows our last connection serves this one all the same.
            (Status::ROK | Status::RALYBND, Some(bind))
                if Bind::of(header.command_id) == asked_for =>
            {
                self.peer = Introduction::of(frame);
                self.bound(now, bind);
            }
            // For another direction than was asked for: what it bound nobody knows.
            (Status::ROK | Status::RALYBND, _) => self.unknown_response(header),
            (status, _) => self.close(CloseReason::BindRefused { status }),
        }
    }

    /// The SMSC introduces itself, or somebody who is not the one.
    fn outbind(&mut self, header: Header, frame: &Frame) {
        match self.awaited.take() {
            None => self.wrong_state(header, Status::RINVBNDSTS),
            Some(smsc) if smsc.introduces_itself_by(frame) => self.send_bind(),
            Some(_) => self.close(CloseReason::WrongOutbind),
        }
    }

    /// The peer leaves. An SMSC has a while for the answers that are under way: each that it does not give is a message
    /// that may go out twice. What an ESME has not answered is brought to it again, and who asks twice is in a hurry.
    fn peer_unbinds(&mut self, now: Instant, header: Header) {
        match self.phase {
            Phase::Bound(bind) | Phase::Draining(bind, _)
                if self.role == Role::Esme && !self.in_flight.is_overdue() =>
            {
                self.phase = Phase::PeerUnbinding {
                    sequence: header.sequence_number,
                    bind,
                };
                // A drain that ends sooner is held to its own end.
                let end = later(now, LAST_ANSWERS);
                self.phase_deadline = Some(self.phase_deadline.map_or(end, |drain| drain.min(end)));
                self.events.push(Event::PeerUnbinds);
            }
            Phase::Bound(_) | Phase::Draining(..) | Phase::PeerUnbinding { .. } => {
                self.let_go(header.sequence_number);
            }
            // Both at once: ours was sent first, so its reason stands.
            Phase::Unbinding { reason, .. } => {
                self.reply_to(header, Status::ROK);
                self.close(reason);
            }
            Phase::Open | Phase::Outbound | Phase::Binding { .. } | Phase::Closed(_) => {
                self.wrong_state(header, Status::RINVBNDSTS);
            }
        }
    }

    fn unbind_resp(&mut self, header: Header) {
        match self.phase {
            Phase::Unbinding {
                sequence, reason, ..
            } if sequence == header.sequence_number => self.close(reason),
            _ => self.unknown_response(header),
        }
    }
}

/// What is answered without asking the application.
impl Session {
    fn reply_to(&mut self, request: Header, status: Status) {
        // Requests without a response, such as outbind, can only be nacked.
        let command_id = if request.command_id.has_response() {
            request.command_id.response()
        } else {
            CommandId::GENERIC_NACK
        };
        self.reply(command_id, status, request.sequence_number);
    }

    fn wrong_state(&mut self, request: Header, status: Status) {
        self.reply_to(request, status);
        self.fault(Fault::WrongState(request.command_id));
    }

    fn unknown_response(&mut self, header: Header) {
        self.fault(Fault::UnknownResponse {
            command_id: header.command_id,
            sequence_number: header.sequence_number,
        });
    }

    fn fault(&mut self, fault: Fault) {
        self.faults.count(fault);
        self.events.push(Event::Fault(fault));
    }
}

impl SmscLogin {
    fn introduces_itself_by(&self, frame: &Frame) -> bool {
        matches!(
            frame.decode().map(|pdu| pdu.body),
            Ok(Body::Outbind(outbind))
                if outbind.system_id.as_bytes() == self.system_id.as_bytes()
                    && outbind.password.as_bytes() == self.password.as_bytes()
        )
    }
}
