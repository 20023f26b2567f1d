//! What time does: silence, `enquire_link`, and sessions that nobody uses.

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
