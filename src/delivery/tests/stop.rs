//! What is under way when the gateway stops: of each submission it is told what became of it.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use xabar_smpp::Status;

use super::rig::{Esme, Silent, Smsc, token};
use crate::clock::instant;
use crate::delivery::operator::Operator;
use crate::delivery::sample::submission;
use crate::delivery::{Directive, Event, Tuning};
use crate::journal::OperatorId;

#[tokio::test]
async fn what_no_session_could_write_is_given_back_however_soon_the_sessions_end() {
    let address = Silent::address().await;
    let settings = Esme::settings(&address.get());
    // Which of all that is ready is looked at first is left to chance.
    for _ in 0..50 {
        let (directives, directives_out) = mpsc::channel(16);
        let (reports_in, mut reports) = mpsc::channel(16);
        let stop = CancellationToken::new();
        let id = OperatorId(1);
        let operator = Operator::start(
            id,
            (&settings, Tuning::default()),
            directives_out,
            reports_in,
            stop.clone(),
        );
        let given = [1, 2].map(token);
        let directive = Directive {
            submissions: given.map(|it| submission(it, instant())).into(),
            ..Directive::default()
        };
        directives.send(directive).await.unwrap();
        stop.cancel();
        // The session's task ends before its operator's begins.
        tokio::task::yield_now().await;
        operator.unwrap().run().await;
        let mut returned = Vec::new();
        while let Ok(report) = reports.try_recv() {
            returned.extend(report.events.into_iter().map(|event| match event {
                Event::Returned(token) => token,
                other => panic!("{other:?}"),
            }));
        }
        assert_eq!(returned, given);
    }
}

#[tokio::test]
async fn what_is_not_written_yet_can_be_taken_back() {
    let smsc = Smsc::listen().await;
    let mut settings = Esme::settings(&smsc.address());
    settings.binds[0].window = 1;
    let mut esme = Esme::start(&settings);
    let mut peer = smsc.session().await;
    esme.until_bound(1).await;
    esme.submit([1, 2, 3].map(token)).await;
    let submit = peer.request().await;
    let directive = Directive {
        take_back: vec![token(1).message, token(2).message],
        ..Directive::default()
    };
    esme.direct(directive).await;
    assert!(matches!(esme.event().await, Event::Returned(it) if it == token(2)));
    peer.answer_submit(&submit, Status::ROK, "7").await;
    let submit = peer.request().await;
    peer.answer_submit(&submit, Status::ROK, "8").await;
    for number in [1, 3] {
        let answered = esme.event().await;
        assert!(matches!(answered, Event::Answered { token: it, .. } if it == token(number)));
    }
}

#[tokio::test]
async fn what_was_answered_while_the_pipeline_was_behind_is_told_at_the_end() {
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start_behind(&Esme::settings(&smsc.address()), 1);
    let mut peer = smsc.session().await;
    esme.until_behind().await;
    esme.submit([1, 2].map(token)).await;
    for _ in 0..2 {
        let submit = peer.request().await;
        peer.answer_submit(&submit, Status::ROK, "7").await;
    }
    let events = esme.last_events().await;
    let answered = events.iter().filter_map(|event| match event {
        Event::Answered { token, .. } => Some(*token),
        _ => None,
    });
    assert_eq!(answered.collect::<Vec<_>>(), [1, 2].map(token));
}
