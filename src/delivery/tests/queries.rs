//! An operator that is asked where messages stand.

use std::time::Duration;

use xabar_smpp::pdu::{Body, HeaderOnly, Pdu, QuerySmResp};
use xabar_smpp::values::{MessageState, Ton};
use xabar_smpp::{CommandId, Frame, Status};

use super::rig::{Esme, Peer, Smsc, serves, token};
use crate::delivery::{Directive, Event, OperatorSettings, Query, SentAs};

fn query(message: u64) -> Query {
    Query {
        token: token(message),
        smsc_id: format!("00ab-{message}").into(),
        sender: SentAs::default(),
    }
}

async fn ask(esme: &Esme, messages: impl IntoIterator<Item = u64>) {
    let directive = Directive {
        queries: messages.into_iter().map(query).collect(),
        ..Directive::default()
    };
    esme.direct(directive).await;
}

async fn answer(peer: &Peer, request: &Frame, status: Status, body: Body<'_>) {
    let pdu = Pdu {
        status,
        sequence_number: request.header().sequence_number,
        body,
    };
    peer.send(&pdu).await;
}

/// Who was asked for, and what came of it.
async fn told(esme: &mut Esme) -> (u64, Option<(MessageState, u8)>) {
    match esme.event().await {
        Event::Queried { token, told } => (token.message.0, told),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_operator_is_asked_by_its_own_name_of_a_message_and_as_the_sender_of_it() {
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&Esme::settings(&smsc.address()));
    let mut peer = smsc.session().await;
    ask(&esme, [7]).await;
    let request = peer.request().await;
    match request.decode().unwrap().body {
        Body::QuerySm(query) => {
            assert_eq!(query.message_id, "00ab-7");
            assert_eq!(query.source_addr, "MyGov");
            assert_eq!(query.source_addr_ton, Ton::ALPHANUMERIC);
        }
        other => panic!("{other:?}"),
    }
    let body = Body::QuerySmResp(QuerySmResp {
        message_id: Some("00ab-7".into()),
        message_state: MessageState::UNDELIVERABLE,
        error_code: 27,
        ..QuerySmResp::default()
    });
    answer(&peer, &request, Status::ROK, body).await;
    let expected = Some((MessageState::UNDELIVERABLE, 27));
    assert_eq!(told(&mut esme).await, (7, expected));
    serves(&mut esme, &mut peer, 8).await;
    esme.stop().await;
}

#[tokio::test]
async fn a_refusal_or_a_session_that_ends_says_nothing_of_the_message() {
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&Esme::settings(&smsc.address()));
    let mut peer = smsc.session().await;
    for status in [Status::RQUERYFAIL, Status::RINVMSGID, Status::RSYSERR] {
        ask(&esme, [1]).await;
        let request = peer.request().await;
        let none = Body::QuerySmResp(QuerySmResp::default());
        answer(&peer, &request, status, none).await;
        assert_eq!(told(&mut esme).await, (1, None), "{status}");
    }
    ask(&esme, [2]).await;
    peer.request().await;
    drop(peer);
    assert_eq!(told(&mut esme).await, (2, None));
    let mut peer = smsc.session().await;
    serves(&mut esme, &mut peer, 2).await;
    esme.stop().await;
}

#[tokio::test]
async fn an_operator_that_does_not_know_the_command_is_not_asked_again() {
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&Esme::settings(&smsc.address()));
    let mut peer = smsc.session().await;
    ask(&esme, [1, 2]).await;
    let request = peer.request().await;
    assert_eq!(request.header().command_id, CommandId::QUERY_SM);
    let nack = Body::GenericNack(HeaderOnly::default());
    answer(&peer, &request, Status::RINVCMDID, nack).await;
    assert_eq!(told(&mut esme).await, (1, None));
    assert_eq!(told(&mut esme).await, (2, None));
    ask(&esme, [3]).await;
    assert_eq!(told(&mut esme).await, (3, None));
    serves(&mut esme, &mut peer, 4).await;
    esme.stop().await;
}

#[tokio::test]
async fn an_operator_that_never_answers_is_not_asked_for_ever_and_goes_on_serving() {
    let smsc = Smsc::listen().await;
    let mut settings = Esme::settings(&smsc.address());
    settings.binds[0].window = 10;
    let mut esme = Esme::start(&OperatorSettings {
        response: Duration::from_millis(100),
        ..settings
    });
    let mut peer = smsc.session().await;
    ask(&esme, 1..=9).await;
    let mut all: Vec<u64> = Vec::new();
    while all.len() < 9 {
        let (message, answer) = told(&mut esme).await;
        assert_eq!(answer, None);
        all.push(message);
    }
    all.sort_unstable();
    assert_eq!(all, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    // A tenth of the window at a time, and three times.
    for _ in 0..3 {
        let request = peer.request().await;
        assert_eq!(request.header().command_id, CommandId::QUERY_SM);
    }
    serves(&mut esme, &mut peer, 10).await;
    esme.stop().await;
}

#[tokio::test]
async fn a_session_on_which_only_questions_are_not_answered_stays() {
    let smsc = Smsc::listen().await;
    let moment = Duration::from_millis(100);
    let mut esme = Esme::start(&OperatorSettings {
        response: moment,
        uncertain: moment,
        ..Esme::settings(&smsc.address())
    });
    let mut peer = smsc.session().await;
    for message in 1..=3 {
        ask(&esme, [message]).await;
        peer.request().await;
        assert_eq!(told(&mut esme).await, (message, None));
    }
    tokio::time::sleep(5 * moment).await;
    serves(&mut esme, &mut peer, 9).await;
    esme.stop().await;
}
