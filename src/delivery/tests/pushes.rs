//! Texts for the screens of phones that did not dial, as they are written.

use xabar_smpp::Status;
use xabar_smpp::values::RegisteredDelivery;
use xabar_ussd::Dialect;

use super::rig::{Esme, Smsc, submit_sm, token};
use crate::delivery::{Event, OperatorSettings, Push, Token};

#[tokio::test]
async fn a_push_is_marked_comes_from_its_code_and_is_refused_alone() {
    let smsc = Smsc::listen().await;
    let push = Push {
        from: "555".into(),
        dialect: Dialect::GENERIC,
    };
    let mut esme = Esme::start(&OperatorSettings {
        push: Some(push),
        ..Esme::settings(&smsc.address())
    });
    let mut peer = smsc.session().await;
    let push = Token {
        segment: Token::PUSH,
        ..token(1)
    };
    let refused = [0xC1, 0x58, 0x14, 0x04].map(Status);
    for status in [Status::ROK].into_iter().chain(refused) {
        esme.submit([push]).await;
        let frame = peer.request().await;
        let pdu = submit_sm(&frame);
        assert_eq!(
            (pdu.source_addr, pdu.service_type),
            ("555".into(), "USSD".into())
        );
        assert_eq!(pdu.tlvs.ussd_service_op(), Ok(Some(3)));
        assert_eq!(pdu.registered_delivery, RegisteredDelivery::NONE);
        peer.answer_submit(&frame, status, "7").await;
        let answered = esme.event().await;
        assert!(
            matches!(answered, Event::Answered { token: it, status: told, .. } if it == push && told == status),
            "{answered:?}"
        );
    }
    // A gateway that refuses it for its TLVs says nothing of those of messages.
    esme.submit([token(2)]).await;
    let frame = peer.request().await;
    let pdu = submit_sm(&frame);
    assert_eq!(
        (pdu.source_addr, pdu.service_type),
        ("MyGov".into(), "".into())
    );
    assert_eq!(pdu.tlvs.user_message_reference(), Ok(Some(1)));
    assert_eq!(pdu.registered_delivery, RegisteredDelivery::FINAL);
    peer.answer_submit(&frame, Status::ROK, "8").await;
    esme.stop().await;
}
