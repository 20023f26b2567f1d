//! Screens of USSD dialogues: written, and never heard of by the pipeline.

use std::time::Duration;

use xabar_smpp::pdu::{Body, Pdu, SubmitSm};
use xabar_smpp::session::CloseReason;
use xabar_smpp::{Frame, Status};

use super::rig::{Esme, Peer, Smsc, serves, submit_sm};
use crate::clock::instant;
use crate::delivery::{Answer, Directive, Event, OperatorSettings, Screen, SessionKey};

/// Brings a step, and answers it with a screen on the session that brought it.
async fn answer_a_step(esme: &mut Esme, peer: &Peer) {
    show(esme, peer, true).await;
}

async fn show(esme: &mut Esme, peer: &Peer, awaited: bool) {
    peer.deliver(7);
    let Event::Inbound { session, .. } = esme.event().await else {
        panic!("no step")
    };
    let directive = Directive {
        screens: vec![screen_on(session, awaited)],
        ..Directive::default()
    };
    esme.direct(directive).await;
}

fn screen_on(session: SessionKey, awaited: bool) -> Screen {
    screen_of(session, awaited, "1. Holat")
}

fn screen_of(session: SessionKey, awaited: bool, text: &str) -> Screen {
    let pdu = SubmitSm {
        service_type: "USSD".into(),
        short_message: text.into(),
        ..SubmitSm::default()
    };
    let frame = Pdu::new(0, Body::SubmitSm(pdu)).to_frame().unwrap();
    Screen {
        decided: instant(),
        session,
        step: None,
        awaited,
        frame,
    }
}

async fn screen(peer: &mut Peer) -> Frame {
    let frame = peer.request().await;
    assert_eq!(submit_sm(&frame).service_type, "USSD");
    frame
}

#[tokio::test]
async fn a_screen_is_written_as_it_is_and_nothing_is_reported_of_it() {
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&Esme::settings(&smsc.address()));
    let mut peer = smsc.session().await;
    for status in [Status::ROK, Status::RSYSERR, Status(0xC1)] {
        answer_a_step(&mut esme, &peer).await;
        let shown = screen(&mut peer).await;
        assert_eq!(submit_sm(&shown).short_message, "1. Holat");
        peer.answer_submit(&shown, status, "").await;
    }
    // Its refusal says nothing of messages, nor of their TLVs.
    serves(&mut esme, &mut peer, 1).await;
    esme.stop().await;
}

#[tokio::test]
async fn a_step_that_is_to_come_again_is_shown_nothing() {
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&Esme::settings(&smsc.address()));
    let mut peer = smsc.session().await;
    let mut decided = Directive::default();
    for (number, text) in [(7, "too late"), (8, "in time")] {
        peer.deliver(number);
        let Event::Inbound { session, frame, .. } = esme.event().await else {
            panic!("no step")
        };
        let answers = vec![Answer::to(&frame, Status::ROK)];
        decided.answers.push((session, answers));
        decided.screens.push(Screen {
            step: Some(frame.header().sequence_number),
            ..screen_of(session, true, text)
        });
        if number == 7 {
            assert_eq!(peer.response().await, (7, Status::RX_T_APPN));
        }
    }
    esme.direct(decided).await;
    let shown = screen(&mut peer).await;
    assert_eq!(submit_sm(&shown).short_message, "in time");
    esme.stop().await;
}

#[tokio::test]
async fn whatever_refuses_a_screen_that_no_phone_may_wait_for_says_nothing_of_the_session() {
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&Esme::settings(&smsc.address()));
    let mut peer = smsc.session().await;
    for status in [Status::RINVBNDSTS, Status::RINVDSTADR, Status::RSYSERR] {
        show(&mut esme, &peer, false).await;
        let shown = screen(&mut peer).await;
        peer.answer_submit(&shown, status, "").await;
        serves(&mut esme, &mut peer, 1).await;
    }
    esme.stop().await;
}

#[tokio::test]
async fn a_screen_without_a_response_or_whose_session_ends_is_lost_and_nothing_else() {
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&OperatorSettings {
        response: Duration::from_secs(2),
        ..Esme::settings(&smsc.address())
    });
    let mut peer = smsc.session().await;
    answer_a_step(&mut esme, &peer).await;
    screen(&mut peer).await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    serves(&mut esme, &mut peer, 1).await;
    answer_a_step(&mut esme, &peer).await;
    screen(&mut peer).await;
    drop(peer);
    let mut peer = smsc.session().await;
    serves(&mut esme, &mut peer, 2).await;
    esme.stop().await;
}

#[tokio::test]
async fn a_screen_that_is_throttled_slows_the_whole_link() {
    let smsc = Smsc::listen().await;
    let settings = Esme::settings(&smsc.address());
    let mut esme = Esme::start(&OperatorSettings {
        tps: Some(10),
        ..settings
    });
    let mut peer = smsc.session().await;
    answer_a_step(&mut esme, &peer).await;
    let shown = screen(&mut peer).await;
    // One alone would not be throttled for the rate's sake.
    answer_a_step(&mut esme, &peer).await;
    screen(&mut peer).await;
    peer.answer_submit(&shown, Status::RTHROTTLED, "").await;
    esme.until_slower_than(10.0).await;
    esme.stop().await;
}

#[tokio::test]
async fn when_the_gateway_stops_whoever_was_promised_a_screen_is_shown_it_before_the_session_unbinds()
 {
    let smsc = Smsc::listen().await;
    let mut settings = Esme::settings(&smsc.address());
    settings.binds[0].window = 1;
    let mut esme = Esme::start(&settings);
    let mut peer = smsc.session().await;
    let mut steps = Vec::new();
    for number in 1..=3 {
        peer.deliver(number);
        match esme.event().await {
            Event::Inbound { session, frame, .. } => steps.push((session, frame)),
            other => panic!("{other:?}"),
        }
    }
    // The pipeline took two of them before it heard of the end, and shows the second something after it.
    let answer = |(session, frame): &(SessionKey, Frame), status, screens| Directive {
        answers: vec![(*session, vec![Answer::to(frame, status)])],
        screens: vec![screen_on(*session, true); screens],
        ..Directive::default()
    };
    esme.direct(answer(&steps[0], Status::ROK, 2)).await;
    let first = screen(&mut peer).await;
    esme.told_to_stop();
    // Nothing tells that it has heard of the stop: were this too short, the test would hold less, and not fail.
    tokio::time::sleep(Duration::from_millis(100)).await;
    esme.direct(answer(&steps[1], Status::ROK, 1)).await;
    esme.direct(answer(&steps[2], Status::RX_T_APPN, 0)).await;
    peer.answer_submit(&first, Status::ROK, "1").await;
    for _ in 0..2 {
        let next = screen(&mut peer).await;
        peer.answer_submit(&next, Status::ROK, "2").await;
    }
    assert_eq!(peer.end().await, CloseReason::PeerUnbound);
    esme.stop().await;
}
