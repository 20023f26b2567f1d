//! Sessions that go one way, and several logins.

use xabar_smpp::CommandId;
use xabar_smpp::Status;
use xabar_smpp::pdu::{Body, DeliverSm, Pdu};
use xabar_smpp::session::Event as SmppEvent;

use super::rig::{Esme, Peer, Smsc, serves, token};
use crate::delivery::{Answer, Directions, Directive, Event};

/// The two sessions of a pair, in whichever order they came: the transmitter, and the receiver.
async fn pair(smsc: &Smsc) -> (Peer, Peer) {
    let ((one, bind), (other, another)) = (smsc.binding().await, smsc.binding().await);
    let commands = [&bind, &another].map(|bind| bind.header().command_id);
    let (transmitter, receiver) = match commands {
        [CommandId::BIND_TRANSMITTER, CommandId::BIND_RECEIVER] => ((one, bind), (other, another)),
        [CommandId::BIND_RECEIVER, CommandId::BIND_TRANSMITTER] => ((other, another), (one, bind)),
        _ => panic!("no pair: {commands:?}"),
    };
    receiver.0.accept_bind(&receiver.1).await;
    transmitter.0.accept_bind(&transmitter.1).await;
    (transmitter.0, receiver.0)
}

#[tokio::test]
async fn of_a_pair_one_submits_and_both_take_receipts() {
    let smsc = Smsc::listen().await;
    let mut settings = Esme::settings(&smsc.address());
    settings.binds[0].directions = Directions::TransmitterReceiver;
    let mut esme = Esme::start(&settings);
    let (mut transmitter, mut receiver) = pair(&smsc).await;
    for message in 1..=3 {
        serves(&mut esme, &mut transmitter, message).await;
    }
    // Some SMSCs send receipts to where the message came from (node-smpp #175).
    for peer in [&mut receiver, &mut transmitter] {
        let receipt = Pdu::new(77, Body::DeliverSm(DeliverSm::default()));
        peer.send(&receipt).await;
        let Event::Inbound { session, frame, .. } = esme.event().await else {
            panic!("the receipt did not come");
        };
        let answers = vec![(session, vec![Answer::to(&frame, Status::ROK)])];
        esme.direct(Directive {
            answers,
            ..Directive::default()
        })
        .await;
        let answered = peer
            .event_of(|event| matches!(event, SmppEvent::Fault(_)))
            .await;
        assert!(format!("{answered:?}").contains("77"), "{answered:?}");
    }
    esme.stop().await;
}

#[tokio::test]
async fn a_receiver_alone_is_no_bound_operator() {
    let smsc = Smsc::listen().await;
    let mut settings = Esme::settings(&smsc.address());
    settings.binds[0].directions = Directions::TransmitterReceiver;
    let mut esme = Esme::start(&settings);
    let (transmitter, receiver) = pair(&smsc).await;
    esme.until_bound(1).await;
    drop(transmitter);
    // Until the transmitter is bound again, what is given comes back.
    esme.until_bound(0).await;
    esme.submit([token(1)]).await;
    let event = esme.event().await;
    assert!(
        matches!(event, Event::Returned(it) if it == token(1)),
        "{event:?}"
    );
    drop(receiver);
    esme.stop().await;
}

#[tokio::test]
async fn each_login_is_bound_as_itself_and_both_serve() {
    let smsc = Smsc::listen().await;
    let mut settings = Esme::settings(&smsc.address());
    let mut second = settings.binds[0].clone();
    second.system_id = "xabar-2".into();
    settings.binds.push(second);
    for bind in &mut settings.binds {
        bind.window = 1;
    }
    let mut esme = Esme::start(&settings);
    let mut peers = Vec::new();
    let mut names = Vec::new();
    for _ in 0..2 {
        let (peer, bind) = smsc.binding().await;
        if let Body::BindTransceiver(login) = bind.decode().unwrap().body {
            names.push(String::from_utf8_lossy(login.system_id.0).into_owned());
        }
        peer.accept_bind(&bind).await;
        peers.push(peer);
    }
    names.sort();
    assert_eq!(names, ["xabar", "xabar-2"]);
    esme.until_bound(2).await;
    esme.submit([token(1), token(2)]).await;
    for peer in &mut peers {
        let submit = peer.request().await;
        peer.answer_submit(&submit, Status::ROK, "7").await;
    }
    for _ in 0..2 {
        assert!(matches!(esme.event().await, Event::Answered { .. }));
    }
    esme.stop().await;
}
