//! An operator that refuses TLVs.

use xabar_smpp::Status;
use xabar_smpp::pdu::{BindResp, Body};
use xabar_smpp::values::InterfaceVersion;

use super::rig::{Esme, Smsc, submit_sm, token};
use crate::delivery::{Event, OperatorSettings};

const NOT_ALLOWED: Status = Status(0xC1);

#[tokio::test]
async fn a_message_refused_for_its_tlvs_comes_back_and_goes_without() {
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&Esme::settings(&smsc.address()));
    let mut peer = smsc.session().await;
    esme.submit([token(1)]).await;
    let submit = peer.request().await;
    assert!(submit_sm(&submit).tlvs.user_message_reference().is_ok());
    peer.answer_submit(&submit, NOT_ALLOWED, "").await;
    assert!(matches!(esme.event().await, Event::NotTaken(it) if it == token(1)));

    for status in [Status::ROK, NOT_ALLOWED] {
        esme.submit([token(1)]).await;
        let submit = peer.request().await;
        assert!(submit_sm(&submit).tlvs.is_empty());
        peer.answer_submit(&submit, status, "7").await;
        // Without TLVs, what is refused is the message.
        let answered = esme.event().await;
        assert!(
            matches!(answered, Event::Answered { token: it, status: told, .. } if it == token(1) && told == status),
            "{answered:?}"
        );
    }
    esme.stop().await;
}

#[tokio::test]
async fn a_message_that_is_refused_without_tlvs_as_well_is_refused_and_others_carry_them_again() {
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&Esme::settings(&smsc.address()));
    let mut peer = smsc.session().await;
    for carried in [true, false, true, true] {
        esme.submit([token(1)]).await;
        let submit = peer.request().await;
        assert_eq!(submit_sm(&submit).tlvs.is_empty(), !carried);
        peer.answer_submit(&submit, NOT_ALLOWED, "").await;
        esme.event().await;
    }
    esme.stop().await;
}

#[tokio::test]
async fn who_misses_a_tlv_refuses_the_message() {
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&Esme::settings(&smsc.address()));
    let mut peer = smsc.session().await;
    esme.submit([token(1)]).await;
    let submit = peer.request().await;
    peer.answer_submit(&submit, Status::RMISSINGTLV, "").await;
    assert!(matches!(esme.event().await, Event::Answered { .. }));
    esme.stop().await;
}

#[tokio::test]
async fn an_smsc_that_does_not_say_its_version_gets_tlvs_all_the_same() {
    let smsc = Smsc::listen().await;
    let esme = Esme::start(&Esme::settings(&smsc.address()));
    let (mut peer, bind) = smsc.binding().await;
    let nothing = BindResp::default();
    peer.answer(&bind, Status::ROK, Body::BindTransceiverResp(nothing))
        .await;
    esme.submit([token(1)]).await;
    let submit = peer.request().await;
    let reference = submit_sm(&submit).tlvs.user_message_reference();
    assert!(matches!(reference, Ok(Some(_))));
    peer.answer_submit(&submit, Status::ROK, "7").await;
    esme.stop().await;
}

#[tokio::test]
async fn an_operator_configured_without_tlvs_or_for_a_version_without_them_gets_none() {
    for (tlvs, interface_version) in [
        (false, InterfaceVersion::V3_4),
        (true, InterfaceVersion::V3_3),
    ] {
        let smsc = Smsc::listen().await;
        let esme = Esme::start(&OperatorSettings {
            tlvs,
            interface_version,
            ..Esme::settings(&smsc.address())
        });
        let mut peer = smsc.session().await;
        esme.submit([token(1)]).await;
        let submit = peer.request().await;
        assert!(submit_sm(&submit).tlvs.is_empty(), "{interface_version}");
        peer.answer_submit(&submit, Status::ROK, "7").await;
        esme.stop().await;
    }
}
