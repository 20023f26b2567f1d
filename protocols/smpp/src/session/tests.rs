//! Claims about a session, each a small timeline.

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
    TimedOut(u64),
    Sent(u64),
    Request(CommandId, u32),
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
        Event::TimedOut { token } => Seen::TimedOut(token),
        Event::Sent { token } => Seen::Sent(token),
        Event::Request(frame) => {
            Seen::Request(frame.header().command_id, frame.header().sequence_number)
        }
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

mod requests_and_responses {
    use super::*;

    #[test]
    fn requests_beyond_the_window_wait_in_order() {
        let now = t0();
        let mut session = esme(now);
        session.handle(now, Input::Requests(requests(10..15)));
        let submitted = |numbers: [u32; 3]| numbers.map(|n| ok(CommandId::SUBMIT_SM, n));
        assert_eq!(sent(&mut session, now), submitted([2, 3, 4]));
        assert_eq!(sent(&mut session, now), []);

        come(&mut session, now, submit_sm_resp(3));
        assert_eq!(seen(&mut session), [Seen::Response(11, Status::ROK, false)]);
        assert_eq!(sent(&mut session, now), [ok(CommandId::SUBMIT_SM, 5)]);
        assert_eq!(session.in_flight(), 3);
    }

    #[test]
    fn requests_wait_for_the_bind() {
        let now = t0();
        let mut session = Session::new(Opening::Bind(bind()), settings(), now);
        session.handle(now, Input::Requests(requests([10])));
        assert_eq!(
            sent(&mut session, now),
            [ok(CommandId::BIND_TRANSCEIVER, 1)]
        );
        come(&mut session, now, bind_resp(1, Status::ROK));
        assert_eq!(sent(&mut session, now), [ok(CommandId::SUBMIT_SM, 2)]);
    }

    #[test]
    fn responses_may_come_in_any_order() {
        let now = t0();
        let mut session = esme(now);
        session.handle(now, Input::Requests(requests([10, 11, 12])));
        sent(&mut session, now);
        for sequence in [4, 2, 3] {
            come(&mut session, now, submit_sm_resp(sequence));
        }
        let answered = [12, 10, 11].map(|token| Seen::Response(token, Status::ROK, false));
        assert_eq!(seen(&mut session), answered);
    }

    #[test]
    fn a_timed_out_request_keeps_its_slot_until_its_late_response() {
        let start = t0();
        let mut session = esme(start);
        session.handle(start, Input::Requests(requests([10, 11, 12, 13])));
        sent(&mut session, start);
        let now = start + 30 * SECOND;
        assert_eq!(session.deadline(), Some(now));
        session.handle(now, Input::Tick);
        let timed_out = [10, 11, 12].map(Seen::TimedOut);
        assert_eq!(seen(&mut session), timed_out);
        let submitted = |sent: &[Sent]| sent.iter().any(|(id, ..)| *id == CommandId::SUBMIT_SM);
        assert!(!submitted(&sent(&mut session, now)), "the window is full");

        come(&mut session, now + SECOND, submit_sm_resp(3));
        assert_eq!(seen(&mut session), [Seen::Response(11, Status::ROK, true)]);
        assert!(submitted(&sent(&mut session, now + SECOND)));

        session.handle(now + 2 * SECOND, Input::Lost(CloseReason::PeerClosed));
        assert_eq!(session.finish().unanswered, [10, 12, 13]);
    }

    #[test]
    fn a_response_comes_once() {
        let now = t0();
        let mut session = esme(now);
        session.handle(now, Input::Requests(requests([10])));
        sent(&mut session, now);
        come(&mut session, now, submit_sm_resp(2));
        come(&mut session, now, submit_sm_resp(2));
        let unknown = Fault::UnknownResponse {
            command_id: CommandId::SUBMIT_SM_RESP,
            sequence_number: 2,
        };
        assert_eq!(
            seen(&mut session),
            [Seen::Response(10, Status::ROK, false), Seen::Fault(unknown)]
        );
        assert_eq!(sent(&mut session, now), []);
        assert_eq!(session.finish().faults.unknown_responses, 1);
    }

    #[test]
    fn a_response_of_another_kind_answers_nothing_whatever_it_says() {
        let start = t0();
        let mut session = esme(start);
        session.handle(start, Input::Requests(requests([10])));
        sent(&mut session, start);
        for command_id in CommandId::NAMED.iter().copied() {
            let own = [CommandId::SUBMIT_SM_RESP, CommandId::GENERIC_NACK];
            if !command_id.is_response() || own.contains(&command_id) {
                continue;
            }
            for status in [Status::ROK, Status::RSYSERR] {
                come(&mut session, start, bare(command_id, status, 2));
                let unknown = Fault::UnknownResponse {
                    command_id,
                    sequence_number: 2,
                };
                assert_eq!(seen(&mut session), [Seen::Fault(unknown)]);
            }
        }
        session.handle(start + 30 * SECOND, Input::Tick);
        assert_eq!(seen(&mut session), [Seen::TimedOut(10)]);
        come(&mut session, start + 31 * SECOND, submit_sm_resp(2));
        assert_eq!(seen(&mut session), [Seen::Response(10, Status::ROK, true)]);
    }

    #[test]
    fn a_nack_fails_the_request_that_it_names() {
        let now = t0();
        let mut session = esme(now);
        session.handle(now, Input::Requests(requests([10])));
        sent(&mut session, now);
        let nack = bare(CommandId::GENERIC_NACK, Status::RINVCMDID, 2);
        come(&mut session, now, nack);
        assert_eq!(
            seen(&mut session),
            [Seen::Response(10, Status::RINVCMDID, false)]
        );
    }

    #[test]
    fn a_nack_that_names_no_request_is_counted_and_not_answered() {
        let now = t0();
        let mut session = esme(now);
        let status = Status::RINVCMDLEN;
        for sequence_number in [0, 99] {
            let nack = bare(CommandId::GENERIC_NACK, status, sequence_number);
            come(&mut session, now, nack);
            let stray = Fault::StrayNack {
                status,
                sequence_number,
            };
            assert_eq!(seen(&mut session), [Seen::Fault(stray)]);
        }
        assert_eq!(sent(&mut session, now), []);
        assert_eq!(session.finish().faults.stray_nacks, 2);
    }

    #[test]
    fn sequence_numbers_wrap_to_1_and_pass_over_those_in_flight() {
        let now = t0();
        let mut session = esme(now);
        session.next_sequence = MAX_SEQUENCE - 1;
        session.handle(now, Input::Requests(requests([10, 11])));
        assert_eq!(
            sent(&mut session, now),
            [MAX_SEQUENCE - 1, MAX_SEQUENCE].map(|n| ok(CommandId::SUBMIT_SM, n))
        );
        session.next_sequence = MAX_SEQUENCE - 1;
        session.handle(now, Input::Requests(requests([12])));
        assert_eq!(sent(&mut session, now), [ok(CommandId::SUBMIT_SM, 1)]);
    }

    #[test]
    fn a_request_without_response_takes_no_slot() {
        let now = t0();
        let mut session = smsc(now);
        let mut requests = Requests::new();
        for token in 0..5 {
            let alert = Body::AlertNotification(Default::default());
            requests.push(token, alert).unwrap();
        }
        session.handle(now, Input::Requests(requests));
        assert_eq!(sent(&mut session, now).len(), 5);
        assert_eq!(session.in_flight(), 0);
        assert_eq!(seen(&mut session), [0, 1, 2, 3, 4].map(Seen::Sent));
    }

    #[test]
    fn a_smaller_window_lets_nothing_out_until_it_is_reached() {
        let now = t0();
        let mut session = esme(now);
        session.handle(now, Input::Requests(requests(10..16)));
        sent(&mut session, now);
        session.handle(now, Input::Window(1));
        for sequence in [2, 3] {
            come(&mut session, now, submit_sm_resp(sequence));
            assert_eq!(sent(&mut session, now), []);
        }
        come(&mut session, now, submit_sm_resp(4));
        assert_eq!(sent(&mut session, now), [ok(CommandId::SUBMIT_SM, 5)]);
    }
}

mod binding {
    use super::*;

    #[test]
    fn a_refused_bind_closes_with_its_status() {
        let now = t0();
        for refusal in [
            bare(CommandId::BIND_TRANSCEIVER_RESP, Status::RINVPASWD, 1),
            bare(CommandId::GENERIC_NACK, Status::RINVPASWD, 1),
        ] {
            let mut session = Session::new(Opening::Bind(bind()), settings(), now);
            come(&mut session, now, refusal);
            let status = Status::RINVPASWD;
            let refused = CloseReason::BindRefused { status };
            assert_eq!(session.close_reason(), Some(refused));
        }
    }

    #[test]
    fn already_bound_counts_as_bound() {
        let now = t0();
        let mut session = Session::new(Opening::Bind(bind()), settings(), now);
        let already = bare(CommandId::BIND_TRANSCEIVER_RESP, Status::RALYBND, 1);
        come(&mut session, now, already);
        assert_eq!(session.state(), State::BoundTrx);
    }

    #[test]
    fn a_client_gives_up_waiting_for_the_bind_response() {
        let now = t0();
        let mut session = Session::new(Opening::Bind(bind()), settings(), now);
        assert_eq!(session.deadline(), Some(now + 10 * SECOND));
        session.handle(now + 10 * SECOND, Input::Tick);
        assert_eq!(session.close_reason(), Some(CloseReason::BindTimeout));
    }

    #[test]
    fn a_server_closes_a_client_that_does_not_bind_in_time() {
        let now = t0();
        let mut session = Session::new(Opening::Listen, settings(), now);
        let enquire_link = bare(CommandId::ENQUIRE_LINK, Status::ROK, 5);
        come(&mut session, now + 9 * SECOND, enquire_link);
        assert_eq!(
            sent(&mut session, now + 9 * SECOND),
            [ok(CommandId::ENQUIRE_LINK_RESP, 5)]
        );
        session.handle(now + 10 * SECOND, Input::Tick);
        assert_eq!(session.close_reason(), Some(CloseReason::BindTimeout));
    }

    #[test]
    fn a_refused_client_may_try_again_while_the_bind_timer_runs() {
        let now = t0();
        let mut session = Session::new(Opening::Listen, settings(), now);
        let bind = |sequence| {
            let body = bind_body(InterfaceVersion::V3_4);
            frame(sequence, Body::BindReceiver(body))
        };
        let (asked, status) = (CommandId::BIND_RECEIVER, Status::RINVPASWD);
        come(&mut session, now, bind(1));
        answer(&mut session, now, asked, 1, status);
        assert_eq!(session.state(), State::Open);
        come(&mut session, now, bind(2));
        answer(&mut session, now, asked, 2, Status::ROK);
        assert_eq!(session.state(), State::BoundRx);
        let resp = CommandId::BIND_RECEIVER_RESP;
        assert_eq!(sent(&mut session, now), [(resp, status, 1), ok(resp, 2)]);
    }

    #[test]
    fn a_second_bind_is_refused_as_already_bound() {
        let now = t0();
        let mut session = smsc(now);
        come(&mut session, now, bind());
        let resp = CommandId::BIND_TRANSCEIVER_RESP;
        assert_eq!(sent(&mut session, now), [(resp, Status::RALYBND, 0)]);
        assert_eq!(session.state(), State::BoundTrx);
    }

    #[test]
    fn an_outbind_makes_a_waiting_client_bind() {
        let now = t0();
        let outbind = frame(0, Body::Outbind(Outbind::default()));
        let mut smsc = Session::new(Opening::Outbind(outbind), settings(), now);
        let mut esme = Session::new(Opening::AwaitOutbind(bind()), settings(), now);
        assert_eq!(smsc.state(), State::Outbound);
        assert_eq!(sent(&mut esme, now), []);
        for (from_smsc, command) in [
            (true, CommandId::OUTBIND),
            (false, CommandId::BIND_TRANSCEIVER),
        ] {
            let (from, to) = if from_smsc {
                (&mut smsc, &mut esme)
            } else {
                (&mut esme, &mut smsc)
            };
            for frame in frames(&mut std::mem::take(from.output(now))) {
                come(to, now, frame);
            }
            assert_eq!(seen(to), [Seen::Request(command, 1)]);
        }
    }

    #[test]
    fn an_outbind_that_nobody_awaits_is_nacked() {
        let now = t0();
        let mut session = esme(now);
        let outbind = frame(4, Body::Outbind(Outbind::default()));
        come(&mut session, now, outbind);
        let nack = CommandId::GENERIC_NACK;
        assert_eq!(sent(&mut session, now), [(nack, Status::RINVBNDSTS, 4)]);
        let fault = Fault::WrongState(CommandId::OUTBIND);
        assert_eq!(seen(&mut session), [Seen::Fault(fault)]);
        assert_eq!(session.state(), State::BoundTrx);
    }

    #[test]
    fn the_lower_version_holds() {
        let now = t0();
        for (peer, holds) in [
            (InterfaceVersion::V3_3, InterfaceVersion::V3_3),
            (InterfaceVersion::V5_0, InterfaceVersion::V5_0),
        ] {
            let body = Body::BindTransmitter(bind_body(peer));
            let session = smsc_bound_by(body, now);
            assert_eq!(session.interface_version(), holds);
        }
    }
}

mod requests_of_the_peer {
    use super::*;

    #[test]
    fn a_request_in_the_wrong_state_is_answered_without_body() {
        let now = t0();
        let mut session = Session::new(Opening::Listen, settings(), now);
        come(&mut session, now, frame(9, submit_sm()));
        come(&mut session, now, bare(CommandId::UNBIND, Status::ROK, 10));
        let refused = Status::RINVBNDSTS;
        assert_eq!(
            sent(&mut session, now),
            [
                (CommandId::SUBMIT_SM_RESP, refused, 9),
                (CommandId::UNBIND_RESP, refused, 10)
            ]
        );
        assert_eq!(
            seen(&mut session),
            [
                Seen::Fault(Fault::WrongState(CommandId::SUBMIT_SM)),
                Seen::Fault(Fault::WrongState(CommandId::UNBIND))
            ]
        );
    }

    #[test]
    fn a_receiver_may_not_submit() {
        let now = t0();
        let body = Body::BindReceiver(bind_body(InterfaceVersion::V3_4));
        let mut session = smsc_bound_by(body, now);
        come(&mut session, now, frame(9, submit_sm()));
        let refused = (CommandId::SUBMIT_SM_RESP, Status::RINVBNDSTS, 9);
        assert_eq!(sent(&mut session, now), [refused]);
    }

    #[test]
    fn requests_beyond_the_inbound_window_are_throttled_until_one_is_answered() {
        let now = t0();
        let mut session = smsc(now);
        for sequence in 1..=3 {
            come(&mut session, now, frame(sequence, submit_sm()));
        }
        let resp = CommandId::SUBMIT_SM_RESP;
        assert_eq!(sent(&mut session, now), [(resp, Status::RTHROTTLED, 3)]);
        answer(&mut session, now, CommandId::SUBMIT_SM, 1, Status::ROK);
        come(&mut session, now, frame(4, submit_sm()));
        assert_eq!(sent(&mut session, now), [ok(resp, 1)]);
        let request = |sequence| Seen::Request(CommandId::SUBMIT_SM, sequence);
        assert_eq!(
            seen(&mut session),
            [
                request(1),
                request(2),
                Seen::Fault(Fault::TooMany(CommandId::SUBMIT_SM)),
                request(4)
            ]
        );
    }

    #[test]
    fn for_a_client_that_owes_answers_no_more_is_to_be_read() {
        let now = t0();
        let mut session = esme(now);
        for sequence in 1..=3 {
            assert_eq!(session.owes_answers(), sequence > 2, "{sequence}");
            come(&mut session, now, deliver_sm(sequence));
        }
        assert_eq!(sent(&mut session, now), [], "what was read is not refused");
        for sequence in 1..=2 {
            answer(
                &mut session,
                now,
                CommandId::DELIVER_SM,
                sequence,
                Status::ROK,
            );
        }
        assert!(!session.owes_answers());
    }

    #[test]
    fn an_unknown_command_is_nacked_and_an_unknown_response_is_not() {
        let now = t0();
        let mut session = esme(now);
        let vendor = CommandId(0x0100_0001);
        come(&mut session, now, bare(vendor, Status::ROK, 0xFFFF_0000));
        come(&mut session, now, bare(vendor.response(), Status::ROK, 6));
        let nack = (CommandId::GENERIC_NACK, Status::RINVCMDID, 0xFFFF_0000);
        assert_eq!(sent(&mut session, now), [nack]);
        let faults = session.finish().faults;
        assert_eq!((faults.unknown_commands, faults.unknown_responses), (1, 1));
    }

    #[test]
    fn broadcast_is_unknown_to_3_4() {
        let now = t0();
        for (version, answer) in [
            (InterfaceVersion::V3_4, Some(CommandId::GENERIC_NACK)),
            (InterfaceVersion::V5_0, None),
        ] {
            let body = Body::BindTransceiver(bind_body(version));
            let mut session = smsc_bound_by(body, now);
            let broadcast = Body::BroadcastSm(Default::default());
            come(&mut session, now, frame(3, broadcast));
            let answered = sent(&mut session, now).first().map(|(id, ..)| *id);
            assert_eq!(answered, answer, "{version}");
        }
    }

    #[test]
    fn an_unreadable_body_is_answered_with_the_reason_and_the_link_kept() {
        let now = t0();
        let mut session = smsc(now);
        come(
            &mut session,
            now,
            bare(CommandId::SUBMIT_SM, Status::ROK, 9),
        );
        let answer = (CommandId::SUBMIT_SM_RESP, Status::RINVCMDLEN, 9);
        assert_eq!(sent(&mut session, now), [answer]);
        assert_eq!(session.state(), State::BoundTrx);
        assert_eq!(session.finish().faults.undecodable, 1);
    }

    #[test]
    fn a_bad_length_is_nacked_with_sequence_0_and_closes() {
        let now = t0();
        let mut session = esme(now);
        let error = DecodeError::Frame {
            command_length: 15,
            max: MAX_PDU,
        };
        session.handle(now, Input::Unframed(error));
        let nack = (CommandId::GENERIC_NACK, Status::RINVCMDLEN, 0);
        assert_eq!(sent(&mut session, now), [nack]);
        let reason = CloseReason::Unframed(error);
        assert_eq!(session.close_reason(), Some(reason));
    }
}

mod time {
    use super::*;

    fn enquire_link_resp(sequence: u32) -> Frame {
        frame(sequence, Body::EnquireLinkResp(HeaderOnly::default()))
    }

    #[test]
    fn an_unanswered_enquire_link_closes_the_session() {
        let start = t0();
        let mut session = esme(start);
        session.handle(start + 29 * SECOND, Input::Tick);
        assert_eq!(sent(&mut session, start + 29 * SECOND), []);
        assert_eq!(session.deadline(), Some(start + 30 * SECOND));
        session.handle(start + 30 * SECOND, Input::Tick);
        assert_eq!(
            sent(&mut session, start + 30 * SECOND),
            [ok(CommandId::ENQUIRE_LINK, 2)]
        );
        assert_eq!(session.deadline(), Some(start + 60 * SECOND));
        session.handle(start + 60 * SECOND, Input::Tick);
        assert_eq!(session.close_reason(), Some(CloseReason::Silent));
    }

    #[test]
    fn any_pdu_counts_as_life() {
        let start = t0();
        let mut session = esme(start);
        come(&mut session, start + 20 * SECOND, deliver_sm(1));
        assert_eq!(session.deadline(), Some(start + 50 * SECOND));
        session.handle(start + 50 * SECOND, Input::Tick);
        come(&mut session, start + 79 * SECOND, deliver_sm(2));
        session.handle(start + 80 * SECOND, Input::Tick);
        assert_eq!(session.close_reason(), None);
        // The answer comes late, but it is awaited still.
        come(&mut session, start + 81 * SECOND, enquire_link_resp(2));
        assert_eq!(session.finish().faults, Faults::default());
    }

    #[test]
    fn an_answered_enquire_link_is_followed_by_another() {
        let start = t0();
        let mut session = esme(start);
        for (round, sequence) in [(1, 2), (2, 3), (3, 4)] {
            let now = start + round * 30 * SECOND;
            session.handle(now, Input::Tick);
            let asked = [ok(CommandId::ENQUIRE_LINK, sequence)];
            assert_eq!(sent(&mut session, now), asked);
            come(&mut session, now, enquire_link_resp(sequence));
        }
        assert_eq!(seen(&mut session), []);
    }

    #[test]
    fn an_enquire_link_refused_as_not_bound_closes_the_session() {
        let start = t0();
        for command in [CommandId::ENQUIRE_LINK_RESP, CommandId::GENERIC_NACK] {
            for (status, closed) in [
                (Status::RINVBNDSTS, Some(CloseReason::NotBound)),
                (Status::RSYSERR, None),
            ] {
                let mut session = esme(start);
                session.handle(start + 30 * SECOND, Input::Tick);
                come(&mut session, start + 31 * SECOND, bare(command, status, 2));
                assert_eq!(session.close_reason(), closed, "{command} {status}");
                assert_eq!(session.finish().faults, Faults::default());
            }
        }
    }

    #[test]
    fn silence_proves_nothing_while_nobody_reads() {
        let start = t0();
        let mut session = esme(start);
        session.handle(start + 30 * SECOND, Input::Tick);
        session.handle(start + 60 * SECOND, Input::NotReading);
        session.handle(start + 60 * SECOND, Input::Tick);
        assert_eq!(session.close_reason(), None);
    }

    #[test]
    fn enquire_link_is_answered_in_every_state() {
        let now = t0();
        let mut draining = esme(now);
        draining.handle(now, Input::Requests(requests([10])));
        sent(&mut draining, now);
        draining.handle(now, Input::Unbind);
        let mut unbinding = esme(now);
        unbinding.handle(now, Input::Unbind);
        sent(&mut unbinding, now);
        let mut binding = Session::new(Opening::Bind(bind()), settings(), now);
        sent(&mut binding, now);
        let open = Session::new(Opening::Listen, settings(), now);
        for mut session in [open, binding, esme(now), smsc(now), draining, unbinding] {
            // By the number that it came with, also where no request should have it.
            for sequence in [0xABCD, 0, 0xFFFF_0000] {
                let enquire_link = bare(CommandId::ENQUIRE_LINK, Status::ROK, sequence);
                come(&mut session, now, enquire_link);
                let answer = [ok(CommandId::ENQUIRE_LINK_RESP, sequence)];
                assert_eq!(sent(&mut session, now), answer, "{:?}", session.state());
            }
        }
    }

    #[test]
    fn a_session_without_messages_unbinds_if_so_configured() {
        let start = t0();
        let inactive = Settings {
            inactivity: Some(60 * SECOND),
            ..settings()
        };
        let mut session = esme_with(inactive, start);
        let enquire_link = bare(CommandId::ENQUIRE_LINK, Status::ROK, 1);
        come(&mut session, start + 59 * SECOND, enquire_link);
        sent(&mut session, start + 59 * SECOND);
        let now = start + 60 * SECOND;
        assert_eq!(session.deadline(), Some(now));
        session.handle(now, Input::Tick);
        assert_eq!(sent(&mut session, now), [ok(CommandId::UNBIND, 2)]);
        come(
            &mut session,
            now,
            bare(CommandId::UNBIND_RESP, Status::ROK, 2),
        );
        assert_eq!(session.close_reason(), Some(CloseReason::Inactive));
    }

    #[test]
    fn durations_without_end_are_taken_for_thirty_years() {
        let forever = Settings {
            response_timeout: Duration::MAX,
            enquire_link: Duration::MAX,
            bind_timeout: Duration::MAX,
            inactivity: Some(Duration::MAX),
            ..settings()
        };
        let session = esme_with(forever, t0());
        assert!(session.deadline().is_some());
    }
}

mod leaving {
    use super::*;

    #[test]
    fn unbind_waits_for_responses_then_unbinds_then_closes() {
        let now = t0();
        let mut session = esme(now);
        session.handle(now, Input::Requests(requests(10..14)));
        session.handle(now, Input::Unbind);
        session.handle(now, Input::Requests(requests([99])));
        assert!(!session.wants_requests());
        assert_eq!(
            sent(&mut session, now),
            [2, 3, 4].map(|n| ok(CommandId::SUBMIT_SM, n))
        );
        come(&mut session, now, submit_sm_resp(2));
        assert_eq!(sent(&mut session, now), [ok(CommandId::SUBMIT_SM, 5)]);
        for sequence in [3, 4, 5] {
            assert_eq!(sent(&mut session, now), []);
            come(&mut session, now, submit_sm_resp(sequence));
        }
        assert_eq!(sent(&mut session, now), [ok(CommandId::UNBIND, 6)]);
        assert_eq!(session.state(), State::Unbinding);
        come(
            &mut session,
            now,
            bare(CommandId::UNBIND_RESP, Status::ROK, 6),
        );
        assert_eq!(session.state(), State::Unbound);
        let closed = session.finish();
        assert_eq!(closed.reason, CloseReason::Unbound);
        assert_eq!((closed.unanswered, closed.unsent), (vec![], vec![99]));
    }

    #[test]
    fn a_paused_session_unbinds_without_what_waits() {
        let now = t0();
        let mut session = esme(now);
        session.handle(now, Input::Window(0));
        session.handle(now, Input::Requests(requests([10])));
        session.handle(now, Input::Unbind);
        assert_eq!(sent(&mut session, now), [ok(CommandId::UNBIND, 2)]);
        assert_eq!(session.finish().unsent, [10]);
    }

    #[test]
    fn draining_ends_at_its_deadline() {
        let start = t0();
        let mut session = esme(start);
        session.handle(start, Input::Requests(requests(10..14)));
        sent(&mut session, start);
        let now = start + SECOND;
        session.handle(now, Input::Unbind);
        let late = now + 30 * SECOND;
        come(&mut session, start + 29 * SECOND, deliver_sm(1));
        session.handle(late, Input::Tick);
        assert_eq!(sent(&mut session, late), [ok(CommandId::UNBIND, 5)]);
        session.handle(late + 30 * SECOND, Input::Tick);
        let closed = session.finish();
        assert_eq!(closed.reason, CloseReason::UnbindUnanswered);
        assert_eq!(
            (closed.unanswered, closed.unsent),
            (vec![10, 11, 12], vec![13])
        );
    }

    #[test]
    fn unbind_of_the_peer_is_obeyed_and_the_unanswered_are_told() {
        let now = t0();
        let mut session = esme(now);
        session.handle(now, Input::Requests(requests(10..15)));
        sent(&mut session, now);
        come(&mut session, now, submit_sm_resp(3));
        sent(&mut session, now);
        come(&mut session, now, bare(CommandId::UNBIND, Status::ROK, 77));
        assert_eq!(sent(&mut session, now), [ok(CommandId::UNBIND_RESP, 77)]);
        session.handle(now, Input::Requests(requests([20])));
        let closed = session.finish();
        assert_eq!(closed.reason, CloseReason::PeerUnbound);
        assert_eq!(
            (closed.unanswered, closed.unsent),
            (vec![10, 12, 13], vec![14, 20])
        );
    }

    #[test]
    fn both_may_unbind_at_once() {
        let now = t0();
        let mut session = esme(now);
        session.handle(now, Input::Unbind);
        assert_eq!(sent(&mut session, now), [ok(CommandId::UNBIND, 2)]);
        come(&mut session, now, bare(CommandId::UNBIND, Status::ROK, 5));
        assert_eq!(sent(&mut session, now), [ok(CommandId::UNBIND_RESP, 5)]);
        assert_eq!(session.close_reason(), Some(CloseReason::Unbound));
    }

    #[test]
    fn the_peers_requests_are_served_while_draining() {
        let now = t0();
        let mut session = esme(now);
        session.handle(now, Input::Requests(requests([10])));
        sent(&mut session, now);
        session.handle(now, Input::Unbind);
        come(&mut session, now, deliver_sm(5));
        answer(&mut session, now, CommandId::DELIVER_SM, 5, Status::ROK);
        assert_eq!(sent(&mut session, now), [ok(CommandId::DELIVER_SM_RESP, 5)]);
    }

    #[test]
    fn a_lost_connection_leaves_nothing_to_write() {
        let now = t0();
        let mut session = esme(now);
        session.handle(now, Input::Requests(requests([10])));
        session.output(now);
        session.handle(now, Input::Lost(CloseReason::PeerClosed));
        assert_eq!(sent(&mut session, now), []);
        assert_eq!(session.finish().unanswered, [10]);
    }
}
