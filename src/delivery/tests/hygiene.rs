//! What a session does with an SMSC that is quiet, leaves, or says what nobody asked for.

use std::time::Duration;

use xabar_smpp::pdu::{AlertNotification, Body, HeaderOnly, MessageIdResp, Outbind, Pdu};
use xabar_smpp::session::{CloseReason, Event as SmppEvent, Fault};
use xabar_smpp::{CommandId, Octets, Status, Tag, TlvBuffer};

use super::raw::{bind, read_pdu, write_pdu};
use super::rig::{Esme, Smsc, serves, token};
use crate::delivery::{Answer, Directive, Event, OperatorSettings};
use crate::log_lines::LogLines;

#[tokio::test]
async fn an_smsc_that_unbinds_is_answered_and_bound_again() {
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&Esme::settings(&smsc.address()));
    let mut peer = smsc.session().await;
    peer.link.unbind().await.unwrap();
    assert_eq!(peer.end().await, CloseReason::Unbound);
    let mut peer = smsc.session().await;
    serves(&mut esme, &mut peer, 2).await;
    esme.stop().await;
}

#[tokio::test]
async fn a_session_that_never_was_bound_is_not_said_to_be_unbound() {
    let log = LogLines::listen(tracing::Level::INFO);
    let smsc = Smsc::listen().await;
    let esme = Esme::start(&Esme::settings(&smsc.address()));
    let (_peer, _bind) = smsc.binding().await;
    esme.stop().await;
    let log = log.take();
    assert!(log.contains("left before it was bound"), "{log}");
    assert!(!log.contains("unbound"), "{log}");
}

#[tokio::test]
async fn an_operator_that_calls_itself_congested_is_not_said_to_throttle() {
    let log = LogLines::listen(tracing::Level::INFO);
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&Esme::settings(&smsc.address()));
    let mut peer = smsc.session().await;
    esme.submit([token(1)]).await;
    let submit = peer.request().await;
    let mut tlvs = TlvBuffer::new();
    tlvs.push_octet(Tag::CONGESTION_STATE, 100);
    let response = Body::SubmitSmResp(MessageIdResp {
        message_id: Some(Octets(b"7")),
        tlvs: tlvs.as_tlvs(),
    });
    peer.answer(&submit, Status::ROK, response).await;
    esme.event().await;
    esme.stop().await;
    let log = log.take();
    let said = "the operator is congested: rate lowered";
    assert!(
        log.contains(said) && log.contains("congestion=100"),
        "{log}"
    );
    assert!(!log.contains("throttles"), "{log}");
}

#[tokio::test]
async fn an_outbind_and_an_unknown_command_are_refused_and_the_session_goes_on() {
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&Esme::settings(&smsc.address()));
    let mut peer = smsc.session().await;
    let unknown = Body::Unknown {
        command_id: CommandId(0x0100_0001),
        octets: Octets::EMPTY,
    };
    let refused = [
        (
            Body::Outbind(Outbind::default()),
            CommandId::OUTBIND,
            Status::RINVBNDSTS,
        ),
        (unknown, CommandId(0x0100_0001), Status::RINVCMDID),
    ];
    for (body, command, expected) in refused {
        peer.send(&Pdu::new(77, body)).await;
        let fault = loop {
            if let SmppEvent::Fault(fault) = peer.event().await {
                break fault;
            }
        };
        let Fault::StrayNack {
            status,
            sequence_number: 77,
        } = fault
        else {
            panic!("{command}: {fault:?}");
        };
        assert_eq!(status, expected, "{command}");
    }
    serves(&mut esme, &mut peer, 1).await;
    esme.stop().await;
}

#[tokio::test]
async fn an_alert_notification_is_noted_and_no_business_of_the_pipelines() {
    let log = LogLines::listen(tracing::Level::DEBUG);
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&Esme::settings(&smsc.address()));
    let mut peer = smsc.session().await;
    let alert = AlertNotification {
        source_addr: Octets(b"998901234567"),
        ..AlertNotification::default()
    };
    let alert = Pdu::new(77, Body::AlertNotification(alert));
    peer.send(&alert).await;
    // The first thing that the pipeline hears of.
    serves(&mut esme, &mut peer, 1).await;
    esme.stop().await;
    let told = log.take();
    let line = told
        .lines()
        .find(|line| line.contains("a phone can be reached again"));
    let line = line.expect("it is noted");
    for part in ["DEBUG", "operator=\"ucell\"", "998*****4567"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(!told.contains("998901234567"), "{told}");
}

#[tokio::test]
async fn enquire_link_goes_both_ways_and_a_peer_that_answers_nothing_is_left() {
    let smsc = Smsc::listen().await;
    let esme = Esme::start(&OperatorSettings {
        enquire_link: Duration::from_millis(300),
        response: Duration::from_millis(300),
        ..Esme::settings(&smsc.address())
    });
    let mut stream = smsc.stream().await;
    bind(&mut stream).await;
    write_pdu(&mut stream, Body::EnquireLink(HeaderOnly::default()), 77).await;
    let (answer, sequence, _) = read_pdu(&mut stream).await;
    assert_eq!((answer, sequence), (CommandId::ENQUIRE_LINK_RESP, 77));

    // Answered, it asks again; unanswered, it leaves and comes anew.
    for _ in 0..2 {
        let (asked, sequence, _) = read_pdu(&mut stream).await;
        assert_eq!(asked, CommandId::ENQUIRE_LINK);
        write_pdu(
            &mut stream,
            Body::EnquireLinkResp(HeaderOnly::default()),
            sequence,
        )
        .await;
    }
    smsc.session().await;
    esme.stop().await;
}

#[tokio::test]
async fn a_request_that_the_journal_does_not_take_in_time_is_to_come_again() {
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&Esme::settings(&smsc.address()));
    let mut peer = smsc.session().await;
    let mut answers = Vec::new();
    for number in [7, 8] {
        peer.deliver(number);
        let Event::Inbound { session, frame, .. } = esme.event().await else {
            panic!("no request");
        };
        answers.push((session, vec![Answer::to(&frame, Status::ROK)]));
        if number == 7 {
            assert_eq!(peer.response().await, (7, Status::RX_T_APPN));
        }
    }
    let late = Directive {
        answers,
        ..Directive::default()
    };
    esme.direct(late).await;
    // A second answer to the first would be a fault.
    assert_eq!(peer.response().await, (8, Status::ROK));
    esme.stop().await;
}

/// Which message has a result, and whether the operator took it; else it is as if it had not been tried.
async fn result(esme: &mut Esme) -> (u64, bool) {
    match esme.event().await {
        Event::Answered { token, status, .. } => (token.message.0, status.is_ok()),
        Event::Returned(token) => (token.message.0, false),
        other => panic!("no result: {other:?}"),
    }
}

#[tokio::test]
async fn a_session_that_is_told_to_be_unbound_is_left_once_the_others_are_answered() {
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&Esme::settings(&smsc.address()));
    let mut peer = smsc.session().await;
    esme.submit([1, 2, 3].map(token)).await;
    let submits = [
        peer.request().await,
        peer.request().await,
        peer.request().await,
    ];
    peer.answer_submit(&submits[1], Status::RINVBNDSTS, "")
        .await;
    assert_eq!(
        result(&mut esme).await,
        (2, false),
        "as if it had not been tried"
    );
    esme.until_bound(0).await;
    esme.submit([token(4)]).await;
    assert_eq!(result(&mut esme).await, (4, false), "it gets nothing more");
    for (message, submit) in [(1, &submits[0]), (3, &submits[2])] {
        peer.answer_submit(submit, Status::ROK, "7").await;
        assert_eq!(result(&mut esme).await, (message, true));
    }
    assert_eq!(peer.end().await, CloseReason::PeerUnbound);
    let mut peer = smsc.session().await;
    serves(&mut esme, &mut peer, 5).await;
    esme.stop().await;
}

#[tokio::test]
async fn a_session_that_is_told_to_be_unbound_is_not_waited_for_when_it_answers_no_more() {
    let smsc = Smsc::listen().await;
    let mut settings = Esme::settings(&smsc.address());
    settings.response = Duration::from_millis(300);
    let mut esme = Esme::start(&settings);
    let mut peer = smsc.session().await;
    esme.submit([1, 2].map(token)).await;
    let submit = peer.request().await;
    peer.answer_submit(&submit, Status::RINVBNDSTS, "").await;
    assert_eq!(result(&mut esme).await, (1, false));
    let event = esme.event().await;
    assert!(
        matches!(event, Event::TimedOut(it) | Event::Lost(it) if it == token(2)),
        "{event:?}"
    );
    let mut peer = smsc.session().await;
    serves(&mut esme, &mut peer, 3).await;
    esme.stop().await;
}

#[tokio::test]
async fn an_smsc_that_unbinds_may_answer_first_what_is_under_way_and_gets_nothing_more() {
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&Esme::settings(&smsc.address()));
    let mut stream = smsc.stream().await;
    bind(&mut stream).await;
    esme.until_bound(1).await;
    esme.submit([token(1)]).await;
    let (_, submit, _) = read_pdu(&mut stream).await;
    write_pdu(&mut stream, Body::Unbind(HeaderOnly::default()), 77).await;
    esme.until_bound(0).await;
    esme.submit([token(2)]).await;
    assert_eq!(result(&mut esme).await, (2, false), "given back at once");
    let taken = Body::SubmitSmResp(MessageIdResp {
        message_id: Some(Octets(b"7")),
        ..MessageIdResp::default()
    });
    write_pdu(&mut stream, taken, submit).await;
    assert_eq!(result(&mut esme).await, (1, true));
    let (answer, sequence, _) = read_pdu(&mut stream).await;
    assert_eq!((answer, sequence), (CommandId::UNBIND_RESP, 77));
    drop(stream);
    smsc.session().await;
    esme.stop().await;
}

#[tokio::test]
async fn an_smsc_that_unbinds_and_does_not_answer_had_its_time() {
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&Esme::settings(&smsc.address()));
    let mut stream = smsc.stream().await;
    bind(&mut stream).await;
    esme.submit([token(1)]).await;
    read_pdu(&mut stream).await;
    for sequence in [77, 78] {
        write_pdu(&mut stream, Body::Unbind(HeaderOnly::default()), sequence).await;
    }
    let event = esme.event().await;
    assert!(
        matches!(event, Event::TimedOut(it) if it == token(1)),
        "{event:?}"
    );
    esme.stop().await;
}
