//! An operator with several addresses.

use std::time::Duration;

use xabar_smpp::Status;
use xabar_smpp::pdu::{Body, DeliverSm, Pdu};
use xabar_smpp::session::CloseReason;

use super::rig::{Esme, Silent, Smsc, serves, token};
use crate::delivery::{Event, OperatorSettings, Reach};
use crate::log_lines::LogLines;

fn at(addresses: [String; 2]) -> OperatorSettings {
    let mut settings = Esme::settings("");
    settings.binds[0].reach = Reach::Connect(addresses.into());
    settings
}

#[tokio::test]
async fn an_address_that_refuses_the_bind_is_followed_by_the_next() {
    let (first, second) = (Smsc::listen().await, Smsc::listen().await);
    let esme = Esme::start(&at([first.address(), second.address()]));
    let (refusing, bind) = first.binding().await;
    refusing.refuse_bind(&bind).await;
    second.session().await;
    esme.stop().await;
}

#[tokio::test]
async fn an_address_at_which_nothing_is_bound_though_it_says_so_is_followed_by_the_next() {
    let (first, second) = (Smsc::listen().await, Smsc::listen().await);
    let mut esme = Esme::start(&at([first.address(), second.address()]));
    let mut unbound = first.session().await;
    esme.submit([token(1)]).await;
    let submit = unbound.request().await;
    unbound.answer_submit(&submit, Status::RINVBNDSTS, "").await;
    let mut stand_in = tokio::select! {
        stand_in = second.session() => stand_in,
        _ = first.binding() => panic!("it was of no use"),
    };
    assert!(matches!(esme.event().await, Event::Answered { .. }));
    serves(&mut esme, &mut stand_in, 2).await;
    esme.stop().await;
}

#[tokio::test]
async fn a_session_on_which_only_receipts_came_was_of_use() {
    let (first, second) = (Smsc::listen().await, Smsc::listen().await);
    let mut esme = Esme::start(&at([first.address(), second.address()]));
    let peer = first.session().await;
    peer.send(&Pdu::new(7, Body::DeliverSm(DeliverSm::default())))
        .await;
    assert!(matches!(esme.event().await, Event::Inbound { .. }));
    drop(peer);
    tokio::select! {
        _ = first.session() => {}
        _ = second.binding() => panic!("it was of use"),
    }
    esme.stop().await;
}

#[tokio::test]
async fn a_session_that_was_of_use_is_renewed_at_the_preferred_address() {
    let (first, second) = (Silent::address().await, Smsc::listen().await);
    let mut esme = Esme::start(&at([first.get(), second.address()]));
    let mut stand_in = second.session().await;
    serves(&mut esme, &mut stand_in, 1).await;
    let first = first.listen().await;
    drop(stand_in);
    first.session().await;
    esme.stop().await;
}

#[tokio::test]
async fn sessions_go_back_one_at_a_time_and_what_they_have_is_answered_first() {
    let (first, second) = (Silent::address().await, Smsc::listen().await);
    let mut settings = OperatorSettings {
        return_after: Duration::from_millis(300),
        ..at([first.get(), second.address()])
    };
    (settings.binds[0].sessions, settings.binds[0].window) = (2, 1);
    let mut esme = Esme::start(&settings);
    let (mut one, mut other) = (second.session().await, second.session().await);
    esme.submit([token(1), token(2)]).await;
    let (submit, another) = (one.request().await, other.request().await);

    let first = first.listen().await;
    // Somebody only looks whether it can be reached, and then waits for an answer at the second address.
    first.stream().await;
    one.answer_submit(&submit, Status::ROK, "7").await;
    other.answer_submit(&another, Status::ROK, "8").await;
    for _ in 0..2 {
        let event = esme.event().await;
        assert!(matches!(event, Event::Answered { .. }), "{event:?}");
    }
    let (reason, mut left) = tokio::select! {
        reason = one.end() => (reason, other),
        reason = other.end() => (reason, one),
    };
    assert_eq!(reason, CloseReason::PeerUnbound);

    // While the first is not bound at its new address, the other one stays.
    let (returned, bind) = first.binding().await;
    serves(&mut esme, &mut left, 3).await;
    returned.accept_bind(&bind).await;
    assert_eq!(left.end().await, CloseReason::PeerUnbound);
    first.session().await;
    esme.stop().await;
}

#[tokio::test]
async fn where_one_returned_in_vain_the_others_stay() {
    let log = LogLines::listen(tracing::Level::WARN);
    let (first, second) = (Silent::address().await, Smsc::listen().await);
    let mut settings = OperatorSettings {
        return_after: Duration::from_millis(800),
        ..at([first.get(), second.address()])
    };
    settings.binds[0].sessions = 2;
    let mut esme = Esme::start(&settings);
    let (mut one, mut other) = (second.session().await, second.session().await);
    let first = first.listen().await;
    // Somebody only looks whether it can be reached.
    drop(first.stream().await);
    let mut left = tokio::select! {
        _ = one.end() => other,
        _ = other.end() => one,
    };
    let (refusing, bind) = first.binding().await;
    refusing.refuse_bind(&bind).await;
    let _renewed = second.session().await;
    esme.until_bound(2).await;
    // It waited for its turn, and would leave now.
    let stays = tokio::time::timeout(Duration::from_millis(400), left.end());
    assert!(stays.await.is_err());
    let log = log.take();
    assert!(log.contains("was of no use there"), "{log}");
    esme.stop().await;
}

#[tokio::test]
async fn a_bind_refused_at_one_address_says_nothing_of_sessions_at_another() {
    let log = LogLines::listen(tracing::Level::WARN);
    let (first, second) = (Smsc::listen().await, Smsc::listen().await);
    let mut settings = at([first.address(), second.address()]);
    settings.binds[0].sessions = 2;
    let esme = Esme::start(&settings);
    let mut bound = Vec::new();
    for _ in 0..2 {
        let (refusing, bind) = first.binding().await;
        refusing.refuse_bind(&bind).await;
        bound.push(second.session().await);
    }
    let log = log.take();
    assert_eq!(
        log.matches("bind refused without a reason").count(),
        2,
        "{log}"
    );
    esme.stop().await;
}

#[tokio::test]
async fn an_address_that_takes_nothing_is_left_for_the_next_though_it_answers() {
    let (first, second) = (Smsc::listen().await, Smsc::listen().await);
    let mut settings = at([first.address(), second.address()]);
    settings.binds[0].sessions = 2;
    let mut esme = Esme::start(&settings);
    let (mut one, mut other) = (first.session().await, first.session().await);
    // It was of use before.
    esme.until_bound(2).await;
    for message in 1..=20 {
        esme.submit([token(message)]).await;
        tokio::select! {
            submit = one.request() => one.answer_submit(&submit, Status::RSYSERR, "").await,
            submit = other.request() => other.answer_submit(&submit, Status::RSYSERR, "").await,
        }
        assert!(matches!(esme.event().await, Event::Answered { .. }));
    }
    let elsewhere = async { (second.session().await, second.session().await) };
    let mut stand_in = tokio::select! {
        (stand_in, _other) = elsewhere => stand_in,
        _ = first.binding() => panic!("it is of no use"),
    };
    esme.stop().await;
    stand_in.end().await;
}
