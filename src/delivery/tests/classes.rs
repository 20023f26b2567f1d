//! An operator that uses statuses in a way of its own.

use xabar_smpp::Status;

use super::rig::{Esme, Smsc, serves, token};
use crate::delivery::{Class, Classes, Event, OperatorSettings};

#[tokio::test]
async fn an_answer_has_the_class_that_its_operator_gives_it() {
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&OperatorSettings {
        classes: Classes::new([
            (0x45..=0x45, Class::Permanent),
            (0x401..=0x401, Class::Session),
        ]),
        ..Esme::settings(&smsc.address())
    });
    let mut peer = smsc.session().await;
    let cases = [
        (Status::RSUBMITFAIL, Class::Permanent),
        (Status::RSYSERR, Class::RetrySoon),
    ];
    for (status, expected) in cases {
        esme.submit([token(1)]).await;
        let submit = peer.request().await;
        peer.answer_submit(&submit, status, "").await;
        let answered = esme.event().await;
        assert!(
            matches!(answered, Event::Answered { class, .. } if class == expected),
            "{answered:?}"
        );
    }
    esme.submit([token(2)]).await;
    let submit = peer.request().await;
    peer.answer_submit(&submit, Status(0x401), "").await;
    let answered = esme.event().await;
    assert!(
        matches!(answered, Event::Answered { token: it, class: Class::Session, .. } if it == token(2)),
        "{answered:?}"
    );
    // It is bound anew.
    let mut peer = smsc.session().await;
    serves(&mut esme, &mut peer, 3).await;
    esme.stop().await;
}
