//! What the peer asks: in which state it may, how much at a time, and what cannot be read.

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

#[test]
fn what_begins_as_a_record_of_tls_is_tls_only_before_the_bind() {
    let now = t0();
    let error = |command_length| DecodeError::Frame {
        command_length,
        max: MAX_PDU,
    };
    let ends = |mut session: Session, command_length| {
        session.handle(now, Input::Unframed(error(command_length)));
        session.close_reason()
    };
    let listening = || Session::new(Opening::Listen, settings(), now);
    for record in [0x1503_0302, 0x1503_0100, 0x1603_0102] {
        assert_eq!(ends(listening(), record), Some(CloseReason::Tls));
        let unframed = CloseReason::Unframed(error(record));
        assert_eq!(ends(esme(now), record), Some(unframed));
    }
    let http = u32::from_be_bytes(*b"HTTP");
    let unframed = CloseReason::Unframed(error(http));
    assert_eq!(ends(listening(), http), Some(unframed));
}
