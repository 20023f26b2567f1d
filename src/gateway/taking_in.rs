//! Takes events in from the broker, unless the gateway is drained.

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::broker::BrokerState;
use crate::clock::{instant, wall};
use crate::control::access::Why;
use crate::control::audit::{Audit, Refused, Way};
use crate::control::readiness::{Part, Readiness};
use crate::intake::amqp::{Foreign, Source};
use crate::intake::{self, Refusals};

/// Of those who publish for other agencies so many at once are told; the audit log has fewer.
const FOREIGN: usize = 64;

/// Has it noted in the audit log who publishes for other agencies than their own.
pub(super) fn noting(source: Source, audit: &Audit) -> Source {
    let (foreign, told) = mpsc::channel(FOREIGN);
    tokio::spawn(note(told, audit.clone()));
    source.telling(foreign)
}

async fn note(mut told: mpsc::Receiver<Foreign>, audit: Audit) {
    while let Some(Foreign { user }) = told.recv().await {
        let refused = Refused {
            at: wall().into(),
            who: user.as_deref(),
            way: Way::Amqp,
            refused: Why::Source,
            detail: None,
        };
        audit.refuse(refused, instant());
    }
}

/// Takes events in from the broker, if there is one.
pub(super) fn start(
    source: Option<Source>,
    (door, refusals): (intake::Door, &Refusals),
    readiness: &Readiness,
    stop: &CancellationToken,
) -> Vec<JoinHandle<()>> {
    let mut tasks = Vec::new();
    if let Some(source) = source {
        let state = watch::Sender::new(BrokerState::default());
        tokio::spawn(follow_broker(state.subscribe(), readiness.clone()));
        let (refusals, readiness) = (refusals.clone(), readiness.clone());
        tasks.push(tokio::spawn(take_in(
            source,
            (door, refusals),
            state,
            readiness,
            stop.clone(),
        )));
    }
    tasks
}

/// Takes events in from the broker until stopped, except while the gateway is drained.
async fn take_in(
    source: Source,
    (door, refusals): (intake::Door, Refusals),
    state: watch::Sender<BrokerState>,
    readiness: Readiness,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        let until = stop.child_token();
        let (door, refusals) = (door.clone(), refusals.clone());
        let taking =
            intake::amqp::run(source.clone(), door, refusals, state.clone(), until.clone());
        tokio::pin!(taking);
        tokio::select! {
            // The pipeline is gone.
            () = &mut taking => return,
            () = readiness.until_draining(true) => until.cancel(),
        }
        taking.await;
        tokio::select! {
            () = stop.cancelled() => return,
            () = readiness.until_draining(false) => {}
        }
    }
}

/// Tells readiness how intake stands with the broker.
async fn follow_broker(mut state: watch::Receiver<BrokerState>, readiness: Readiness) {
    loop {
        match &*state.borrow_and_update() {
            BrokerState::Ready => readiness.ready(Part::Broker),
            BrokerState::Waiting(why) => readiness.not_ready(Part::Broker, why.clone()),
        }
        if state.changed().await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;
    use crate::scratch::Folder;

    #[tokio::test]
    async fn who_publishes_for_another_agency_is_in_the_audit_log() {
        let folder = Folder::new();
        let audit = Audit::new(folder.path("audit.jsonl"));
        let (foreign, told) = mpsc::channel(4);
        for user in [Some("soliq".into()), None] {
            foreign.try_send(Foreign { user }).unwrap();
        }
        drop(foreign);
        note(told, audit.clone()).await;
        // Lines are written aside.
        let lines = async {
            loop {
                let text = std::fs::read_to_string(audit.path()).unwrap_or_default();
                if text.lines().count() == 2 {
                    return text;
                }
                tokio::task::yield_now().await;
            }
        };
        let lines = timeout(Duration::from_secs(10), lines).await.unwrap();
        for line in [
            r#""who":"soliq","way":"amqp","refused":"source"}"#,
            r#"Z","way":"amqp","refused":"source"}"#,
        ] {
            assert!(lines.contains(line), "{lines}");
        }
    }
}
