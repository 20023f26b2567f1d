//! An SMSC is served while the pipeline takes nothing, as when the journal is slow.

use std::collections::BTreeMap;

use tokio::net::TcpStream;
use xabar_smpp::pdu::{Body, DeliverSm, HeaderOnly, MessageIdResp};
use xabar_smpp::{CommandId, Octets, Status};

use super::raw::{bind, read_pdu, write_pdu};
use super::rig::{Esme, Smsc, token};
use crate::delivery::{Answer, Directive, Event};

/// An SMSC that takes what is submitted and counts how its own requests are answered.
struct Taking {
    stream: TcpStream,
    /// How many messages it took.
    taken: usize,
    /// How each of its requests was answered, in order.
    answers: Vec<(CommandId, u32, Status)>,
}

impl Taking {
    /// Serves until so many of its requests are answered.
    async fn until_answered(&mut self, answers: usize) {
        while self.answers.len() < answers {
            self.serve().await;
        }
    }

    async fn serve(&mut self) {
        let (command, number, pdu) = read_pdu(&mut self.stream).await;
        if command == CommandId::SUBMIT_SM {
            self.taken += 1;
            let taken = MessageIdResp {
                message_id: Some(Octets(b"7")),
                ..MessageIdResp::default()
            };
            write_pdu(&mut self.stream, Body::SubmitSmResp(taken), number).await;
        } else {
            let status = u32::from_be_bytes(pdu[8..12].try_into().unwrap());
            self.answers.push((command, number, Status::from(status)));
        }
    }

    async fn deliver(&mut self, number: u32) {
        let request = Body::DeliverSm(DeliverSm::default());
        write_pdu(&mut self.stream, request, number).await;
    }
}

#[tokio::test]
async fn while_the_pipeline_takes_nothing_an_smsc_is_served_and_then_all_results_come() {
    const MANY: u32 = 100;
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start_behind(&Esme::settings(&smsc.address()), 1);
    let mut smsc = Taking {
        stream: smsc.stream().await,
        taken: 0,
        answers: Vec::new(),
    };
    bind(&mut smsc.stream).await;
    esme.until_behind().await;
    esme.submit((1..=MANY.into()).map(token)).await;

    // It is asked whether it is there after each request, so that each is a read of its own.
    for number in 1..=MANY {
        smsc.deliver(number).await;
        let enquire_link = Body::EnquireLink(HeaderOnly::default());
        write_pdu(&mut smsc.stream, enquire_link, 1000 + number).await;
        let before = smsc.answers.len();
        smsc.until_answered(before + 1).await;
    }
    // On a slow machine the first of them have waited long enough before the last one came.
    smsc.until_answered(2 * MANY as usize).await;
    let (alive, again): (Vec<_>, Vec<_>) = smsc
        .answers
        .drain(..)
        .partition(|(command, ..)| *command == CommandId::ENQUIRE_LINK_RESP);
    let expected = (1001..=1000 + MANY).map(|it| (CommandId::ENQUIRE_LINK_RESP, it, Status::ROK));
    assert_eq!(alive, expected.collect::<Vec<_>>());
    let expected = (1..=MANY).map(|it| (CommandId::DELIVER_SM_RESP, it, Status::RX_T_APPN));
    assert_eq!(again, expected.collect::<Vec<_>>());

    let mut results = BTreeMap::new();
    while results.len() < MANY as usize {
        let (token, answered) = match esme.event().await {
            Event::Answered { token, .. } => (token, true),
            // On a slow machine some may have waited too long to be written.
            Event::Returned(token) => (token, false),
            other => panic!("no result: {other:?}"),
        };
        assert_eq!(results.insert(token.message.0, answered), None);
    }
    let answered = results.values().filter(|answered| **answered).count();
    assert_eq!(answered, smsc.taken);

    smsc.deliver(7).await;
    let Event::Inbound { session, frame, .. } = esme.event().await else {
        panic!("no request");
    };
    esme.direct(Directive {
        answers: vec![(session, vec![Answer::to(&frame, Status::ROK)])],
        ..Directive::default()
    })
    .await;
    smsc.answers.clear();
    smsc.until_answered(1).await;
    assert_eq!(smsc.answers, [(CommandId::DELIVER_SM_RESP, 7, Status::ROK)]);
    esme.stop().await;
}
