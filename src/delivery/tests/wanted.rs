//! Fewer sessions than are configured, and none.

use xabar_smpp::Status;

use super::rig::{Esme, Smsc, token};
use crate::delivery::{Directive, Event, Setting, Tuning};

fn rest(rest: bool) -> Directive {
    Directive {
        rest: Some(rest),
        ..Directive::default()
    }
}

#[tokio::test]
async fn a_link_that_rests_waits_for_its_answers_unbinds_and_binds_again() {
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&Esme::settings(&smsc.address()));
    let mut peer = smsc.session().await;
    esme.until_bound(1).await;
    esme.submit([token(1)]).await;
    let submit = peer.request().await;
    esme.direct(rest(true)).await;
    peer.answer_submit(&submit, Status::ROK, "7").await;
    let Event::Answered { status, .. } = esme.event().await else {
        panic!("it is not answered");
    };
    assert_eq!(status, Status::ROK);
    esme.until_bound(0).await;
    esme.direct(rest(false)).await;
    let _peer = smsc.session().await;
    esme.until_bound(1).await;
}

#[tokio::test]
async fn of_two_sessions_the_one_too_many_unbinds_until_both_are_wanted() {
    let smsc = Smsc::listen().await;
    let mut settings = Esme::settings(&smsc.address());
    settings.binds[0].sessions = 2;
    let mut esme = Esme::start(&settings);
    let _peers = (smsc.session().await, smsc.session().await);
    esme.until_bound(2).await;
    let sessions = |sessions| Directive {
        tuning: Tuning {
            sessions,
            ..Tuning::default()
        },
        ..Directive::default()
    };
    esme.direct(sessions(Setting::To(1))).await;
    esme.until_bound(1).await;
    esme.direct(sessions(Setting::Configured)).await;
    let _peer = smsc.session().await;
    esme.until_bound(2).await;
}

#[tokio::test]
async fn what_is_set_before_the_start_is_never_exceeded() {
    let smsc = Smsc::listen().await;
    let mut settings = Esme::settings(&smsc.address());
    settings.binds[0].sessions = 2;
    let tuning = Tuning {
        sessions: Setting::To(1),
        ..Tuning::default()
    };
    let mut esme = Esme::start_tuned((&settings, tuning), 256);
    let _peer = smsc.session().await;
    esme.until_bound(1).await;
    assert!(!smsc.is_connected_to().await);
}
