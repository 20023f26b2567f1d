//! Binds, and what the SMSC does to connections.

use std::time::Instant;

use bytes::BytesMut;
use xabar_smpp::pdu::{self, BindResp};
use xabar_smpp::session::Bind;
use xabar_smpp::values::InterfaceVersion;
use xabar_smpp::{Body, Pdu, Status, Tag, TlvBuffer};

use super::admission::login;
use super::answer::Answer;
use super::behaviour::Announced;
use super::esme::Esme;
use super::slab::Key;
use super::smsc::{Smsc, Task};

/// Different system_ids that are remembered, if any is let in. One whose sessions and deliveries
/// are all gone makes room for another.
const MOST_ESMES: usize = 1_000;

impl Smsc {
    pub(super) fn bind(&mut self, now: Instant, answer: Answer, bind: &pdu::Bind<'_>) {
        let esme = self.admitted(now, bind);
        match esme {
            Ok(esme) => self.bound(now, answer, esme),
            Err(status) => {
                self.counters.figures.binds_refused += 1;
                self.answer(answer.with(status));
            }
        }
    }

    /// Refuses all binds, or no longer.
    pub(super) fn refuse_binds(&mut self, refusing: bool) {
        self.refusing = refusing;
        if !refusing {
            self.refusing_until = None;
        }
    }

    /// Place of the ESME that may bind.
    fn admitted(&mut self, now: Instant, bind: &pdu::Bind<'_>) -> Result<usize, Status> {
        if self.refusing || self.refusing_until.is_some_and(|until| now < until) {
            return Err(Status::RBINDFAIL);
        }
        let status = login(&self.accounts, bind);
        if !status.is_ok() {
            return Err(status);
        }
        let system_id = String::from_utf8_lossy(&bind.system_id);
        let place = self.esme(&system_id).ok_or(Status::RBINDFAIL)?;
        let most = self.behaviour.sessions;
        // ESME_RALYBND would be told apart less clearly: many ESMEs go on as if bound.
        let fits = |esme: &Esme| esme.sessions < most;
        let room = self.esmes.get(place).is_some_and(fits);
        room.then_some(place).ok_or(Status::RBINDFAIL)
    }

    fn esme(&mut self, system_id: &str) -> Option<usize> {
        let known = |esme: &Esme| esme.system_id == system_id;
        if let Some(place) = self.esmes.iter().position(known) {
            return Some(place);
        }
        let esme = Esme::new(system_id.to_owned());
        if self.esmes.len() < MOST_ESMES {
            self.esmes.push(esme);
            return Some(self.esmes.len() - 1);
        }
        let gone = |esme: &Esme| esme.sessions == 0 && esme.pending == 0;
        let place = self.esmes.iter().position(gone)?;
        *self.esmes.get_mut(place)? = esme;
        Some(place)
    }

    fn bound(&mut self, now: Instant, answer: Answer, place: usize) {
        let key = answer.session;
        let (Some(bind), Some(session), Some(esme)) = (
            Bind::of(answer.request),
            self.sessions.get_mut(key),
            self.esmes.get_mut(place),
        ) else {
            return;
        };
        session.esme = Some(place);
        esme.sessions += 1;
        if bind != Bind::Transmitter {
            esme.receivers.push_back(key);
        }
        write_bind_resp(
            bind,
            answer.sequence_number,
            self.behaviour.interface_version,
            &mut session.output.responses,
        );
        self.counters.figures.binds += 1;
        self.plan_faults(now, key);
    }
}

/// Cutting connections, leaving them, and not reading from them.
impl Smsc {
    /// Plans what the behaviour does to a session some time after its bind.
    pub(super) fn plan_faults(&mut self, now: Instant, key: Key) {
        let bound = self
            .sessions
            .get(key)
            .is_some_and(|session| session.esme.is_some());
        if !bound {
            return;
        }
        let faults = &self.behaviour.faults;
        let planned = [
            (faults.disconnect_after, Task::Cut(key)),
            (faults.unbind_after, Task::Unbind(key)),
            (faults.mute_after, Task::Mute(key)),
            (faults.stall_after, Task::Stall(key)),
        ];
        for (after, task) in planned {
            if let Some(after) = after {
                self.agenda.add(now + after, task);
            }
        }
    }

    /// The behaviour may have changed since it was planned.
    pub(super) fn cut_if_planned(&mut self, now: Instant, key: Key) {
        if self.behaviour.faults.disconnect_after.is_some() {
            self.cut(now, key);
        }
    }

    pub(super) fn unbind_if_planned(&mut self, key: Key) {
        if self.behaviour.faults.unbind_after.is_some()
            && let Some(session) = self.sessions.get_mut(key)
        {
            session.leaving = true;
            session.output.unbind = true;
        }
    }

    pub(super) fn mute_if_planned(&mut self, now: Instant, key: Key) {
        if self.behaviour.faults.mute_after.is_some()
            && let Some(output) = self.output(key)
        {
            output.mute = true;
            self.lose(now, key);
        }
    }

    /// Nothing that is said on a session from now on arrives.
    fn lose(&mut self, now: Instant, key: Key) {
        if let Some(session) = self.sessions.get_mut(key) {
            session.is_lost = true;
        }
        self.tape.session_ended(self.calendar.elapsed(now), key);
    }

    pub(super) fn stall_if_planned(&mut self, now: Instant, key: Key) {
        if self.behaviour.faults.stall_after.is_none() {
            return;
        }
        self.stall(key, true);
        if let Some(time) = self.behaviour.faults.stall_for {
            self.agenda.add(now + time, Task::Resume(key));
        }
    }

    pub(super) fn stall(&mut self, key: Key, stalled: bool) {
        if let Some(output) = self.output(key) {
            output.stall = Some(stalled);
        }
    }

    /// Stops reading from all sessions, or goes on.
    pub(super) fn stall_all(&mut self, stalled: bool) {
        for key in self.sessions.keys().collect::<Vec<_>>() {
            self.stall(key, stalled);
        }
    }

    pub(super) fn cut_all(&mut self, now: Instant) {
        for key in self.sessions.keys().collect::<Vec<_>>() {
            self.cut(now, key);
        }
    }

    pub(super) fn cut(&mut self, now: Instant, key: Key) {
        let refuse = self.behaviour.faults.refuse_binds;
        let Some(output) = self.output(key).filter(|output| !output.cut) else {
            return;
        };
        output.cut = true;
        self.lose(now, key);
        self.counters.figures.disconnects += 1;
        if let Some(time) = refuse {
            self.refusing_until = Some(now + time);
        }
    }
}

fn write_bind_resp(
    bind: Bind,
    sequence_number: u32,
    announced: Announced,
    responses: &mut BytesMut,
) {
    let mut tlvs = TlvBuffer::new();
    let version = match announced {
        Announced::V3_4 => Some(InterfaceVersion::V3_4),
        Announced::V5_0 => Some(InterfaceVersion::V5_0),
        Announced::Nothing => None,
    };
    if let Some(version) = version {
        tlvs.push_octet(Tag::SC_INTERFACE_VERSION, version.0);
    }
    let resp = BindResp {
        system_id: Some("xabar-smsc".into()),
        tlvs: tlvs.as_tlvs(),
    };
    let body = match bind {
        Bind::Receiver => Body::BindReceiverResp(resp),
        Bind::Transmitter => Body::BindTransmitterResp(resp),
        Bind::Transceiver => Body::BindTransceiverResp(resp),
    };
    let written = Pdu::new(sequence_number, body).encode(responses);
    written.expect("the SMSC's system_id fits");
}
