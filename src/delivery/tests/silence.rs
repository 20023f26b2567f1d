//! An SMSC that answers `enquire_link` and no submission.

use std::time::Duration;

use xabar_smpp::Status;

use super::rig::{Esme, Smsc, serves, token};
use crate::delivery::Event;

const SHORT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn a_session_that_answers_no_submission_is_left_long_before_its_window_is_full() {
    let smsc = Smsc::listen().await;
    let mut settings = Esme::settings(&smsc.address());
    (settings.response, settings.uncertain) = (SHORT, SHORT);
    let mut esme = Esme::start(&settings);
    let mut peer = smsc.session().await;
    serves(&mut esme, &mut peer, 1).await;
    esme.submit([2, 3, 4].map(token)).await;
    for message in [2, 3, 4] {
        let event = esme.event().await;
        assert!(
            matches!(event, Event::TimedOut(it) if it == token(message)),
            "{event:?}"
        );
    }
    let mut peer = smsc.session().await;
    serves(&mut esme, &mut peer, 5).await;
    esme.stop().await;
}

#[tokio::test]
async fn an_answer_within_the_grace_comes_and_keeps_the_session() {
    let smsc = Smsc::listen().await;
    let mut settings = Esme::settings(&smsc.address());
    settings.response = SHORT;
    let mut esme = Esme::start(&settings);
    let mut peer = smsc.session().await;
    // As many as the window has room for; the rest is for urgent ones.
    let messages = 1..=9;
    esme.submit(messages.clone().map(token)).await;
    let mut submits = Vec::new();
    for message in messages.clone() {
        submits.push(peer.request().await);
        let event = esme.event().await;
        assert!(
            matches!(event, Event::TimedOut(it) if it == token(message)),
            "{event:?}"
        );
    }
    for (message, submit) in messages.zip(&submits) {
        peer.answer_submit(submit, Status::ROK, "7").await;
        let event = esme.event().await;
        assert!(
            matches!(event, Event::Answered { token: it, .. } if it == token(message)),
            "{event:?}"
        );
    }
    serves(&mut esme, &mut peer, 11).await;
    esme.stop().await;
}
