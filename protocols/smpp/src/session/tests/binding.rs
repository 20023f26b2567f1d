//! How a session is bound, and by whom.

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
fn a_receiver_that_is_already_bound_is_refused_since_nothing_would_tell_that_it_is_not() {
    let now = t0();
    let bind = frame(1, Body::BindReceiver(bind_body(InterfaceVersion::V3_4)));
    let mut session = Session::new(Opening::Bind(bind), settings(), now);
    let status = Status::RALYBND;
    let already = bare(CommandId::BIND_RECEIVER_RESP, status, 1);
    come(&mut session, now, already);
    let refused = CloseReason::BindRefused { status };
    assert_eq!(session.close_reason(), Some(refused));
}

#[test]
fn what_answers_another_request_than_our_bind_binds_nothing() {
    let now = t0();
    for command_id in [
        CommandId::BIND_RECEIVER_RESP,
        CommandId::BIND_TRANSMITTER_RESP,
        CommandId::SUBMIT_SM_RESP,
        CommandId::UNBIND_RESP,
        CommandId::ENQUIRE_LINK_RESP,
    ] {
        for status in [Status::ROK, Status::RALYBND] {
            let mut session = Session::new(Opening::Bind(bind()), settings(), now);
            come(&mut session, now, bare(command_id, status, 1));
            assert_eq!(session.state(), State::Open, "{command_id}");
            come(
                &mut session,
                now,
                bare(CommandId::BIND_TRANSCEIVER_RESP, Status::ROK, 1),
            );
            assert_eq!(session.state(), State::BoundTrx, "{command_id}");
        }
    }
    let mut session = Session::new(Opening::Bind(bind()), settings(), now);
    let status = Status::RINVPASWD;
    come(
        &mut session,
        now,
        bare(CommandId::BIND_RECEIVER_RESP, status, 1),
    );
    let refused = CloseReason::BindRefused { status };
    assert_eq!(session.close_reason(), Some(refused), "a refusal is one");
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

/// An ESME that binds to an SMSC which introduces itself as `SMSC` with `secret`.
fn waiting(now: Instant) -> Session {
    let smsc = SmscLogin {
        system_id: "SMSC".into(),
        password: "secret".into(),
    };
    let opening = Opening::AwaitOutbind { bind: bind(), smsc };
    Session::new(opening, settings(), now)
}

fn outbind(system_id: &str, password: &str) -> Frame {
    let outbind = Outbind {
        system_id: Octets(system_id.as_bytes()),
        password: Octets(password.as_bytes()),
        ..Outbind::default()
    };
    frame(0, Body::Outbind(outbind))
}

#[test]
fn an_outbind_makes_a_waiting_client_bind() {
    let now = t0();
    let opening = Opening::Outbind(outbind("SMSC", "secret"));
    let mut smsc = Session::new(opening, settings(), now);
    let mut esme = waiting(now);
    assert_eq!(smsc.state(), State::Outbound);
    assert_eq!(sent(&mut esme, now), []);
    for frame in frames(&mut std::mem::take(smsc.output(now))) {
        come(&mut esme, now, frame);
    }
    assert_eq!(seen(&mut esme), []);
    for frame in frames(&mut std::mem::take(esme.output(now))) {
        come(&mut smsc, now, frame);
    }
    let bind = Seen::Request(CommandId::BIND_TRANSCEIVER, 1);
    assert_eq!(seen(&mut smsc), [bind]);
    come(&mut esme, now, bind_resp(1, Status::ROK));
    assert_eq!(esme.state(), State::BoundTrx);
}

#[test]
fn a_waiting_client_sends_no_bind_to_a_stranger() {
    let now = t0();
    let unreadable = b"\0\0\0\x14\0\0\0\x0b\0\0\0\0\0\0\0\x01SMSC";
    for stranger in [
        outbind("SMSC", "secreT"),
        outbind("smsc", "secret"),
        outbind("SMSC", ""),
        outbind("", ""),
        Frame::new(unreadable.to_vec().into()).unwrap(),
    ] {
        let mut session = waiting(now);
        come(&mut session, now, stranger);
        assert_eq!(session.close_reason(), Some(CloseReason::WrongOutbind));
        come(&mut session, now, outbind("SMSC", "secret"));
        assert_eq!(sent(&mut session, now), []);
    }
}

#[test]
fn a_waiting_client_leaves_a_peer_that_does_not_introduce_itself_in_time() {
    let now = t0();
    let mut session = waiting(now);
    come(&mut session, now, bind());
    let enquire_link = bare(CommandId::ENQUIRE_LINK, Status::ROK, 5);
    come(&mut session, now + 9 * SECOND, enquire_link);
    let answers = [
        (CommandId::BIND_TRANSCEIVER_RESP, Status::RINVBNDSTS, 0),
        ok(CommandId::ENQUIRE_LINK_RESP, 5),
    ];
    assert_eq!(sent(&mut session, now + 9 * SECOND), answers);
    assert_eq!(session.deadline(), Some(now + 10 * SECOND));
    session.handle(now + 10 * SECOND, Input::Tick);
    assert_eq!(session.close_reason(), Some(CloseReason::NoOutbind));
}

#[test]
fn the_password_of_an_smsc_is_not_shown() {
    let shown = format!("{:?}", waiting(t0()).awaited);
    assert!(
        shown.contains("SMSC") && !shown.contains("secret"),
        "{shown}"
    );
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
