//! Screens of USSD dialogues: written, and never heard of by the pipeline.

use std::time::Duration;

use xabar_smpp::pdu::{Body, Pdu, SubmitSm};
use xabar_smpp::{Frame, Status};

use super::rig::{Esme, Peer, Smsc, serves, submit_sm};
use crate::clock::instant;
use crate::delivery::{Directive, Event, OperatorSettings, Screen};

/// Brings a step, and answers it with a screen on the session that brought it.
async fn answer_a_step(esme: &mut Esme, peer: &Peer) {
    show(esme, peer, true).await;
}

async fn show(esme: &mut Esme, peer: &Peer, awaited: bool) {
    peer.deliver(7);
    let Event::Inbound { session, .. } = esme.event().await else {
        panic!("no step")
    };
    let pdu = SubmitSm {
        service_type: "USSD".into(),
        short_message: "1. Holat".into(),
        ..SubmitSm::default()
    };
    let frame = Pdu::new(0, Body::SubmitSm(pdu)).to_frame().unwrap();
    let screen = Screen {
        decided: instant(),
        session,
        awaited,
        frame,
    };
    let directive = Directive {
        screens: vec![screen],
        ..Directive::default()
    };
    esme.direct(directive).await;
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
