//! Takes events in from the broker, unless the gateway is drained.

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::broker::BrokerState;
use crate::control::readiness::{Part, Readiness};
use crate::intake::amqp::Source;
use crate::intake::{self, Refusals};

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
