//! What a session does with an SMSC that is quiet, leaves, or says what nobody asked for.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use xabar_smpp::pdu::{AlertNotification, Body, HeaderOnly, Outbind, Pdu};
use xabar_smpp::session::{CloseReason, Event as SmppEvent, Fault};
use xabar_smpp::{CommandId, Octets, Status};

use super::rig::{Esme, Smsc, serves, soon, token};
use crate::delivery::{Answer, Directive, Event, OperatorSettings};

#[tokio::test]
async fn an_smsc_that_unbinds_is_answered_and_bound_again() {
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&Esme::settings(&smsc.address()));
    let mut peer = smsc.session().await;
    esme.submit([token(1)]).await;
    peer.request().await;
    peer.link.unbind().await.unwrap();
    let closed = loop {
        if let SmppEvent::Closed(closed) = peer.event().await {
            break closed;
        }
    };
    assert_eq!(closed.reason, CloseReason::Unbound);
    let event = esme.event().await;
    assert!(
        matches!(event, Event::Lost(it) if it == token(1)),
        "{event:?}"
    );
    let mut peer = smsc.session().await;
    serves(&mut esme, &mut peer, 2).await;
    esme.stop().await;
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
async fn an_alert_notification_is_no_business_of_the_pipelines() {
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
}

/// The header of the next PDU, and the PDU.
async fn read_pdu(stream: &mut TcpStream) -> (CommandId, u32, Vec<u8>) {
    let number = |octets: &[u8]| u32::from_be_bytes(octets.try_into().unwrap());
    let mut pdu = vec![0; 16];
    soon("a PDU", stream.read_exact(&mut pdu)).await.unwrap();
    let length = usize::try_from(number(&pdu[..4])).unwrap();
    pdu.resize(length, 0);
    soon("its body", stream.read_exact(&mut pdu[16..]))
        .await
        .unwrap();
    (CommandId(number(&pdu[4..8])), number(&pdu[12..16]), pdu)
}

/// Sends a PDU.
async fn write_pdu(stream: &mut TcpStream, body: Body<'_>, sequence: u32) {
    let frame = Pdu::new(sequence, body).to_frame().unwrap();
    stream.write_all(frame.octets()).await.unwrap();
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
    let (_, bind, _) = read_pdu(&mut stream).await;
    let unknown = Body::Unknown {
        command_id: CommandId::BIND_TRANSCEIVER_RESP,
        octets: Octets(b"smsc\0"),
    };
    write_pdu(&mut stream, unknown, bind).await;
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
        let Event::Inbound { session, frame } = esme.event().await else {
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
