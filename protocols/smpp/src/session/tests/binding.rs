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
