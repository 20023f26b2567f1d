//! Answers that are none, since they answer another command, and second answers.

use std::time::Duration;

use xabar_smpp::pdu::{Body, HeaderOnly, Pdu};
use xabar_smpp::{CommandId, Octets, Status};

use super::rig::{Esme, Smsc, serves, token};
use crate::delivery::{Class, Event};

#[tokio::test]
async fn of_a_submission_answered_by_another_commands_response_nothing_is_known_until_its_own_comes()
 {
    let smsc = Smsc::listen().await;
    let mut settings = Esme::settings(&smsc.address());
    settings.response = Duration::from_millis(300);
    let mut esme = Esme::start(&settings);
    let mut peer = smsc.session().await;
    let kinds = [
        CommandId::DELIVER_SM_RESP,
        CommandId::BIND_TRANSCEIVER_RESP,
        CommandId(0x8100_0002),
    ];
    for (message, command_id) in (1..).zip(kinds) {
        esme.submit([token(message)]).await;
        let submit = peer.request().await;
        for status in [Status::ROK, Status::RSYSERR] {
            peer.send(&Pdu {
                status,
                sequence_number: submit.header().sequence_number,
                body: Body::Unknown {
                    command_id,
                    octets: Octets(b"7\0"),
                },
            })
            .await;
        }
        let event = esme.event().await;
        assert!(
            matches!(event, Event::TimedOut(it) if it == token(message)),
            "{command_id}: {event:?}"
        );
        peer.answer_submit(&submit, Status::ROK, "7").await;
        let event = esme.event().await;
        assert!(
            matches!(event, Event::Answered { token: it, class: Class::Accepted, .. } if it == token(message)),
            "{command_id}: {event:?}"
        );
    }
    serves(&mut esme, &mut peer, 9).await;
    esme.stop().await;
}

#[tokio::test]
async fn a_nack_refuses_a_submission_though_its_status_says_that_all_is_well() {
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&Esme::settings(&smsc.address()));
    let mut peer = smsc.session().await;
    esme.submit([token(1)]).await;
    let submit = peer.request().await;
    let nack = Body::GenericNack(HeaderOnly::default());
    peer.send(&Pdu::new(submit.header().sequence_number, nack))
        .await;
    let event = esme.event().await;
    assert!(
        matches!(
            event,
            Event::Answered {
                class: Class::RetryTwice,
                ..
            }
        ),
        "{event:?}"
    );
    esme.stop().await;
}

#[tokio::test]
async fn an_operator_that_refuses_and_then_takes_a_submission_has_it() {
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&Esme::settings(&smsc.address()));
    let mut peer = smsc.session().await;
    esme.submit([token(1)]).await;
    let submit = peer.request().await;
    for (status, id) in [(Status::RTHROTTLED, ""), (Status::ROK, "7")] {
        peer.answer_submit(&submit, status, id).await;
    }
    let refused = esme.event().await;
    assert!(
        matches!(
            refused,
            Event::Answered {
                class: Class::Throttled,
                ..
            }
        ),
        "{refused:?}"
    );
    let taken = esme.event().await;
    assert!(
        matches!(&taken, Event::TakenAfterAll { token: it, smsc_id } if *it == token(1) && **smsc_id == *"7"),
        "{taken:?}"
    );
    esme.stop().await;
}
