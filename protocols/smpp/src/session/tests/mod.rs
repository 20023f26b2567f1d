//! Claims about a session, each a small timeline.

mod binding;
mod leaving;
mod requests_and_responses;
mod requests_of_the_peer;
mod time;

use super::*;
use crate::pdu::{BindResp, HeaderOnly, MessageIdResp, Outbind, SubmitSm};
use crate::{Body, Octets, Pdu, TlvBuffer};

pub(super) const SECOND: Duration = Duration::from_secs(1);

#[expect(
    clippy::disallowed_methods,
    reason = "some instant to count from; none can be made up"
)]
pub(super) fn t0() -> Instant {
    Instant::now()
}

/// What went out: command, status, sequence number.
type Sent = (CommandId, Status, u32);

pub(super) fn sent(session: &mut Session, now: Instant) -> Vec<Sent> {
    let mut output = std::mem::take(session.output(now));
    frames(&mut output)
        .map(|frame| frame.header())
        .map(|header| (header.command_id, header.status, header.sequence_number))
        .collect()
}

pub(super) fn frames(octets: &mut BytesMut) -> impl Iterator<Item = Frame> {
    crate::codec::take_frames(octets, MAX_PDU).unwrap()
}

fn ok(command: CommandId, sequence: u32) -> Sent {
    (command, Status::ROK, sequence)
}

pub(super) fn frame(sequence: u32, body: Body<'_>) -> Frame {
    Pdu::new(sequence, body).to_frame().unwrap()
}

/// A PDU without a body.
pub(super) fn bare(command_id: CommandId, status: Status, sequence: u32) -> Frame {
    Frame::new(header_only(command_id, status, sequence).to_vec().into()).unwrap()
}

fn come(session: &mut Session, now: Instant, frame: Frame) {
    session.handle(now, Input::Frame(frame));
}

/// What the application saw, in short.
#[derive(Debug, PartialEq)]
enum Seen {
    Bound(Bind, InterfaceVersion, String),
    Response(u64, Status, bool),
    TakenAfterAll(u64),
    TimedOut(u64),
    Sent(u64),
    Request(CommandId, u32),
    PeerUnbinds,
    Fault(Fault),
}

fn seen(session: &mut Session) -> Vec<Seen> {
    let short = |event| match event {
        Event::Bound {
            bind,
            interface_version,
            system_id,
        } => Seen::Bound(bind, interface_version, system_id),
        Event::Response { token, frame, late } => {
            Seen::Response(token, frame.header().status, late)
        }
        Event::TakenAfterAll { token, .. } => Seen::TakenAfterAll(token),
        Event::TimedOut { token } => Seen::TimedOut(token),
        Event::Sent { token } => Seen::Sent(token),
        Event::Request(frame) => {
            Seen::Request(frame.header().command_id, frame.header().sequence_number)
        }
        Event::PeerUnbinds => Seen::PeerUnbinds,
        Event::Fault(fault) => Seen::Fault(fault),
        Event::Closed(_) => unreachable!("only a driver says so"),
    };
    session.take_events().into_iter().map(short).collect()
}

pub(super) fn settings() -> Settings {
    Settings {
        window: 3,
        inbound_window: 2,
        ..Settings::default()
    }
}

fn bind_body(version: InterfaceVersion) -> crate::pdu::Bind<'static> {
    crate::pdu::Bind {
        system_id: Octets(b"xabar"),
        interface_version: version,
        ..Default::default()
    }
}

pub(super) fn bind() -> Frame {
    frame(0, Body::BindTransceiver(bind_body(InterfaceVersion::V3_4)))
}

pub(super) fn bind_resp(sequence: u32, status: Status) -> Frame {
    let mut tlvs = TlvBuffer::new();
    tlvs.push_octet(crate::Tag::SC_INTERFACE_VERSION, 0x34);
    let body = Body::BindTransceiverResp(BindResp {
        system_id: Some(Octets(b"SMSC")),
        tlvs: tlvs.as_tlvs(),
    });
    let pdu = Pdu {
        status,
        ..Pdu::new(sequence, body)
    };
    pdu.to_frame().unwrap()
}

fn submit_sm() -> Body<'static> {
    Body::SubmitSm(SubmitSm {
        short_message: Octets(b"Salom"),
        ..Default::default()
    })
}

fn deliver_sm(sequence: u32) -> Frame {
    frame(sequence, Body::DeliverSm(SubmitSm::default()))
}

fn submit_sm_resp(sequence: u32) -> Frame {
    let body = MessageIdResp {
        message_id: Some(Octets(b"38601fa")),
        ..Default::default()
    };
    frame(sequence, Body::SubmitSmResp(body))
}

pub(super) fn requests(tokens: impl IntoIterator<Item = u64>) -> Requests {
    let mut requests = Requests::new();
    for token in tokens {
        requests.push(token, submit_sm()).unwrap();
    }
    requests
}

/// An ESME whose bind took sequence number 1.
fn esme(now: Instant) -> Session {
    esme_with(settings(), now)
}

fn esme_with(settings: Settings, now: Instant) -> Session {
    let mut session = Session::new(Opening::Bind(bind()), settings, now);
    assert_eq!(
        sent(&mut session, now),
        [ok(CommandId::BIND_TRANSCEIVER, 1)]
    );
    come(&mut session, now, bind_resp(1, Status::ROK));
    let who = "SMSC".to_owned();
    let bound = Seen::Bound(Bind::Transceiver, InterfaceVersion::V3_4, who);
    assert_eq!(seen(&mut session), [bound]);
    session
}

/// An SMSC bound by an ESME of that version, in the direction of that bind.
fn smsc_bound_by(body: Body<'_>, now: Instant) -> Session {
    let mut session = Session::new(Opening::Listen, settings(), now);
    let bind = frame(7, body);
    let command_id = bind.header().command_id;
    come(&mut session, now, bind);
    assert_eq!(seen(&mut session), [Seen::Request(command_id, 7)]);
    answer(&mut session, now, command_id, 7, Status::ROK);
    assert!(matches!(seen(&mut session)[..], [Seen::Bound(..)]));
    sent(&mut session, now);
    session
}

fn smsc(now: Instant) -> Session {
    smsc_bound_by(
        Body::BindTransceiver(bind_body(InterfaceVersion::V3_4)),
        now,
    )
}

/// The application answers a request.
fn answer(session: &mut Session, now: Instant, request: CommandId, sequence: u32, status: Status) {
    let response = header_only(request.response(), status, sequence);
    session.handle(now, Input::Responses(BytesMut::from(&response[..])));
}
