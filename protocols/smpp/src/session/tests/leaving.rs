//! How a session ends, and what is then known of its requests.

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
fn draining_does_not_wait_for_what_is_overdue() {
    let start = t0();
    // One in a window with room, and a full window behind which one more waits.
    for (given, written) in [(1, 1), (4, 3)] {
        let mut session = esme(start);
        session.handle(start, Input::Requests(requests((0..4).take(given))));
        assert_eq!(sent(&mut session, start).len(), written);
        let overdue = start + 30 * SECOND;
        come(&mut session, start + 29 * SECOND, deliver_sm(1));
        session.handle(overdue, Input::Tick);
        sent(&mut session, overdue);
        session.handle(overdue, Input::Unbind);
        let unbind = ok(CommandId::UNBIND, 2 + u32::try_from(written).unwrap());
        assert_eq!(sent(&mut session, overdue), [unbind]);
        let closed = session.finish();
        assert_eq!(closed.unanswered.len(), written);
        assert_eq!(closed.unsent.len(), given - written);
    }
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
    // Nothing depends on the answer to that.
    session.handle(late + 4 * SECOND, Input::Tick);
    assert_eq!(session.state(), State::Unbinding);
    session.handle(late + 5 * SECOND, Input::Tick);
    let closed = session.finish();
    assert_eq!(closed.reason, CloseReason::UnbindUnanswered);
    assert_eq!(
        (closed.unanswered, closed.unsent),
        (vec![10, 11, 12], vec![13])
    );
}

#[test]
fn unbind_of_the_smsc_is_answered_after_the_answers_that_are_under_way() {
    let now = t0();
    let mut session = esme(now);
    session.handle(now, Input::Requests(requests(10..15)));
    sent(&mut session, now);
    seen(&mut session);
    come(&mut session, now, bare(CommandId::UNBIND, Status::ROK, 77));
    assert_eq!(seen(&mut session), [Seen::PeerUnbinds]);
    session.handle(now, Input::Requests(requests([20])));
    let later = now + 4 * SECOND;
    come(&mut session, later, submit_sm_resp(2));
    come(&mut session, later, deliver_sm(5));
    answer(&mut session, later, CommandId::DELIVER_SM, 5, Status::ROK);
    assert_eq!(
        sent(&mut session, later),
        [ok(CommandId::DELIVER_SM_RESP, 5)],
        "and nothing else"
    );
    come(&mut session, later, submit_sm_resp(3));
    come(&mut session, later, submit_sm_resp(4));
    assert_eq!(sent(&mut session, later), [ok(CommandId::UNBIND_RESP, 77)]);
    let closed = session.finish();
    assert_eq!(closed.reason, CloseReason::PeerUnbound);
    assert_eq!(
        (closed.unanswered, closed.unsent),
        (vec![], vec![13, 14, 20])
    );
}

#[test]
fn answers_to_come_before_unbind_is_answered_have_five_seconds_and_no_more() {
    let start = t0();
    // As long as it stays; once it asks again; once it is gone.
    for (at, what, unbind_resp) in [
        (5, Input::Tick, Some(77)),
        (
            1,
            Input::Frame(bare(CommandId::UNBIND, Status::ROK, 78)),
            Some(78),
        ),
        (1, Input::Lost(CloseReason::PeerClosed), None),
    ] {
        let mut session = esme(start);
        session.handle(start, Input::Requests(requests(10..12)));
        sent(&mut session, start);
        come(
            &mut session,
            start,
            bare(CommandId::UNBIND, Status::ROK, 77),
        );
        let now = start + at * SECOND;
        assert_eq!(session.deadline(), Some(start + 5 * SECOND));
        assert_eq!(sent(&mut session, now), []);
        session.handle(now, what);
        let expected: Vec<_> = unbind_resp
            .map(|n| ok(CommandId::UNBIND_RESP, n))
            .into_iter()
            .collect();
        assert_eq!(sent(&mut session, now), expected);
        assert_eq!(session.finish().unanswered, [10, 11]);
    }
}

#[test]
fn an_smsc_that_unbinds_makes_no_drain_longer() {
    let now = t0();
    for (drain, end) in [(2, 2), (20, 5)] {
        let settings = Settings {
            drain_timeout: drain * SECOND,
            ..settings()
        };
        let mut session = esme_with(settings, now);
        session.handle(now, Input::Requests(requests([10])));
        sent(&mut session, now);
        session.handle(now, Input::Unbind);
        come(&mut session, now, bare(CommandId::UNBIND, Status::ROK, 77));
        assert_eq!(session.deadline(), Some(now + end * SECOND));
        session.handle(now + end * SECOND, Input::Tick);
        let answered = sent(&mut session, now + end * SECOND);
        assert_eq!(answered, [ok(CommandId::UNBIND_RESP, 77)]);
    }
}

#[test]
fn unbind_of_an_esme_is_obeyed_at_once_and_the_unanswered_are_told() {
    let now = t0();
    let mut session = smsc(now);
    session.handle(now, Input::Requests(requests(10..15)));
    assert_eq!(sent(&mut session, now).len(), 3);
    come(&mut session, now, bare(CommandId::UNBIND, Status::ROK, 77));
    assert_eq!(sent(&mut session, now), [ok(CommandId::UNBIND_RESP, 77)]);
    session.handle(now, Input::Requests(requests([20])));
    let closed = session.finish();
    assert_eq!(closed.reason, CloseReason::PeerUnbound);
    assert_eq!(
        (closed.unanswered, closed.unsent),
        (vec![10, 11, 12], vec![13, 14, 20])
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
