//! An SMSC in virtual time: its sessions are those of the real link, without sockets.

use std::time::{Duration, Instant};

use bytes::BytesMut;
use xabar_smpp::codec::{MAX_PDU, take_frames};
use xabar_smpp::pdu::{Bind, MessageIdResp, SubmitSm};
use xabar_smpp::session::{Input, Opening, Session, Settings};
use xabar_smpp::values::{InterfaceVersion, Npi, RegisteredDelivery, Ton};
use xabar_smpp::{Body, CommandId, Frame, Pdu, Status};

use crate::clock::{Clock, UnixMillis};
use crate::simulator::behaviour::Behaviour;
use crate::simulator::figures::Figures;
use crate::simulator::phones::PhoneMemory;
use crate::simulator::slab::Key;
use crate::simulator::smsc::Smsc;

pub(super) struct Rig {
    start: Instant,
    now: Instant,
    pub(super) smsc: Smsc,
    lines: Vec<Line>,
    /// What deliver_sm are answered with.
    pub(super) answer_deliveries: Option<Status>,
}

struct Line {
    key: Key,
    session: Session,
    heard: Vec<(Duration, Frame)>,
    cut: bool,
    next_sequence: u32,
}

pub(super) const MILLI: Duration = Duration::from_millis(1);
pub(super) const SECOND: Duration = Duration::from_secs(1);

/// A message that asks for a receipt.
pub(super) fn message(to: &'static str, text: &'static str) -> SubmitSm<'static> {
    SubmitSm {
        source_addr_ton: Ton::ALPHANUMERIC,
        source_addr: "MyGov".into(),
        dest_addr_ton: Ton::INTERNATIONAL,
        dest_addr_npi: Npi::ISDN,
        destination_addr: to.into(),
        registered_delivery: RegisteredDelivery::FINAL,
        short_message: text.into(),
        ..SubmitSm::default()
    }
}

impl Rig {
    pub(super) fn with(behaviour: Behaviour) -> Self {
        let mut now = Clock::starting_after(UnixMillis::default()).now();
        now.wall = UnixMillis(1_795_403_100_000); // 2026-11-23T03:05:00Z
        Self {
            start: now.instant,
            now: now.instant,
            smsc: Smsc::new(now, 7, behaviour, vec![], PhoneMemory::default(), 100_000),
            lines: Vec::new(),
            answer_deliveries: Some(Status::ROK),
        }
    }

    /// Connects and binds as a transceiver; the number of the line.
    pub(super) fn bind(&mut self, system_id: &'static str) -> usize {
        let line = self.connect();
        self.send(line, Body::BindTransceiver(login(system_id)));
        line
    }

    pub(super) fn connect(&mut self) -> usize {
        let settings = Settings {
            window: usize::MAX,
            inbound_window: usize::MAX,
            response_timeout: self.smsc.behaviour.receipts.repeat,
            enquire_link: self.smsc.behaviour.dialect.enquire_link,
            ..Settings::default()
        };
        self.lines.push(Line {
            key: self.smsc.connected(),
            session: Session::new(self.smsc.opening(), settings, self.now),
            heard: Vec::new(),
            cut: false,
            next_sequence: 1,
        });
        self.lines.len() - 1
    }

    /// Sends a request; its sequence number.
    pub(super) fn send(&mut self, line: usize, body: Body<'_>) -> u32 {
        let line = &mut self.lines[line];
        let sequence = line.next_sequence;
        line.next_sequence += 1;
        let frame = Pdu::new(sequence, body).to_frame().unwrap();
        line.session.handle(self.now, Input::Frame(frame));
        self.settle();
        sequence
    }

    pub(super) fn submit(&mut self, line: usize, message: SubmitSm<'_>) -> u32 {
        self.send(line, Body::SubmitSm(message))
    }

    /// Lets time pass, from one deadline to the next.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let sessions = self.lines.iter().filter_map(|line| line.session.deadline());
            let next = sessions.chain(self.smsc.deadline()).min();
            self.now = next.unwrap_or(end).clamp(self.now, end);
            for line in &mut self.lines {
                line.session.handle(self.now, Input::Tick);
            }
            self.smsc.tick(self.now);
            self.settle();
            if self.now == end {
                return;
            }
        }
    }

    /// Breaks a connection from the ESME's side.
    pub(super) fn hang_up(&mut self, line: usize) {
        let line = &mut self.lines[line];
        let lost = Input::Lost(xabar_smpp::session::CloseReason::PeerClosed);
        line.session.handle(self.now, lost);
        line.cut = true;
        let closed = std::mem::replace(
            &mut line.session,
            Session::new(Opening::Listen, Settings::default(), self.now),
        )
        .finish();
        let event = xabar_smpp::session::Event::Closed(closed);
        self.smsc.handle(self.now, line.key, vec![event]);
        self.settle();
    }

    pub(super) fn is_cut(&self, line: usize) -> bool {
        self.lines[line].cut
    }

    /// What came over a line since this was last asked, with the time since the start.
    pub(super) fn heard(&mut self, line: usize) -> Vec<(Duration, Frame)> {
        std::mem::take(&mut self.lines[line].heard)
    }

    /// The statuses of the responses to submit_sm that came.
    pub(super) fn statuses(&mut self, line: usize) -> Vec<Status> {
        let is_resp = |frame: &Frame| frame.header().command_id == CommandId::SUBMIT_SM_RESP;
        let heard = self.heard(line).into_iter();
        heard
            .filter(|(_, frame)| is_resp(frame))
            .map(|(_, frame)| frame.header().status)
            .collect()
    }

    pub(super) fn figures(&self) -> Figures {
        self.smsc.figures(self.now)
    }

    pub(super) fn now(&self) -> Instant {
        self.now
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    fn settle(&mut self) {
        let mut busy = true;
        while busy {
            busy = false;
            for index in 0..self.lines.len() {
                busy |= self.settle_line(index);
            }
        }
    }

    fn settle_line(&mut self, index: usize) -> bool {
        let (now, elapsed) = (self.now, self.elapsed());
        let line = &mut self.lines[index];
        let events = line.session.take_events();
        let mut busy = !events.is_empty();
        self.smsc.handle(now, line.key, events);
        let Some(output) = self.smsc.output(line.key) else {
            return busy;
        };
        line.cut |= output.cut;
        if line.cut {
            return false;
        }
        let responses = output.responses.split();
        let requests = std::mem::take(&mut output.requests);
        let unbind = std::mem::take(&mut output.unbind);
        line.session.handle(now, Input::Responses(responses));
        line.session.handle(now, Input::Requests(requests));
        if unbind {
            line.session.handle(now, Input::Unbind);
        }
        let mut written = line.session.output(now).split();
        for frame in take_frames(&mut written, MAX_PDU).unwrap() {
            busy = true;
            line.hear(now, &frame, self.answer_deliveries);
            line.heard.push((elapsed, frame));
        }
        busy
    }
}

impl Line {
    fn hear(&mut self, now: Instant, frame: &Frame, answer: Option<Status>) {
        let header = frame.header();
        // Some ESMEs name the message, though nobody asks.
        let resp = MessageIdResp {
            message_id: Some("0123456789abcdef".into()),
            ..MessageIdResp::default()
        };
        let mut pdu = match (header.command_id, answer) {
            (CommandId::DELIVER_SM, Some(status)) => Pdu {
                status,
                ..Pdu::new(header.sequence_number, Body::DeliverSmResp(resp))
            },
            (CommandId::DATA_SM, Some(status)) => Pdu {
                status,
                ..Pdu::new(header.sequence_number, Body::DataSmResp(resp))
            },
            (CommandId(0x0100_0002), Some(_)) => Pdu {
                status: Status::RINVCMDID,
                ..Pdu::new(
                    header.sequence_number,
                    Body::GenericNack(Default::default()),
                )
            },
            (CommandId::ENQUIRE_LINK, _) => Pdu::new(
                header.sequence_number,
                Body::EnquireLinkResp(Default::default()),
            ),
            _ => return,
        };
        pdu.sequence_number = header.sequence_number;
        let mut octets = BytesMut::new();
        pdu.encode(&mut octets).unwrap();
        self.session
            .handle(now, Input::Frame(Frame::new(octets.freeze()).unwrap()));
    }
}

pub(super) fn login(system_id: &str) -> Bind<'_> {
    Bind {
        system_id: system_id.into(),
        password: "secret".into(),
        interface_version: InterfaceVersion::V3_4,
        ..Bind::default()
    }
}
