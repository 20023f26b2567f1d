//! What is asked of the peer: the window, and which response answers what.

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

#[test]
fn a_request_that_was_refused_may_be_taken_after_all_and_not_the_reverse() {
    let now = t0();
    let mut session = esme(now);
    session.handle(now, Input::Requests(requests([10, 11])));
    sent(&mut session, now);
    let refused = |sequence| bare(CommandId::SUBMIT_SM_RESP, Status::RTHROTTLED, sequence);
    // Said twice and then taken, which counts once; taken, and then refused.
    for answer in [refused(2), refused(2), submit_sm_resp(2), submit_sm_resp(2)] {
        come(&mut session, now, answer);
    }
    for answer in [submit_sm_resp(3), refused(3), submit_sm_resp(3)] {
        come(&mut session, now, answer);
    }
    let seen = seen(&mut session).into_iter();
    let seen: Vec<_> = seen.filter(|it| !matches!(it, Seen::Fault(_))).collect();
    assert_eq!(
        seen,
        [
            Seen::Response(10, Status::RTHROTTLED, false),
            Seen::TakenAfterAll(10),
            Seen::Response(11, Status::ROK, false),
        ]
    );
    assert_eq!(session.in_flight(), 0);
}
