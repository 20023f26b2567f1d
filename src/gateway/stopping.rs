//! Stops the rooms in order.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Ended, Gateway, GatewayError};
use crate::broker::BrokerState;
use crate::clock::instant;
use crate::control::readiness::Part;

/// How long a stopping gateway waits for a broker that is out of reach.
const NO_BROKER: Duration = Duration::from_secs(1);

impl Gateway {
    /// Nothing more is taken in, responses are waited for, sessions unbound, outcomes published.
    pub(super) async fn stop(self) -> Result<Ended, GatewayError> {
        let deadline = Instant::from(instant()) + self.shutdown;
        info!(at_most_s = self.shutdown.as_secs(), "stopping");
        self.readiness
            .not_ready(Part::Intake, "the gateway is stopping");
        self.intake.cancel();
        let sessions = async {
            join(self.intake_tasks, deadline, "intake").await;
            self.stopping.cancel();
            self.operators.cancel();
            join(self.operator_tasks, deadline, "the operators' sessions").await;
        };
        // Beside them: no session waits for a client that stalls.
        tokio::join!(sessions, join(self.http_task, deadline, "HTTP"));
        self.pipeline.cancel();
        let patience = tokio::spawn(cancel_in_time(self.outcome, self.outcome_state, deadline));
        let mut core = self.ended.await.map_err(|_| GatewayError::Lost)??;
        patience.abort();
        drop(self.outcome_task.await);
        // Since the pipeline ended, with what is left.
        join(self.traces_task, deadline, "the export of traces").await;
        Ok(Ended {
            uncertain: core.left_uncertain()?,
        })
    }
}

/// Ends publishing at the deadline, and soon if there is no broker to publish to: the outbox keeps it.
async fn cancel_in_time(
    outcome: CancellationToken,
    state: watch::Sender<BrokerState>,
    deadline: Instant,
) {
    let no_broker = async {
        let mut state = state.subscribe();
        loop {
            let ready = state.wait_for(|state| *state == BrokerState::Ready);
            if tokio::time::timeout(NO_BROKER, ready).await.is_err() {
                return;
            }
            // The sender is held here, so waiting cannot fail.
            drop(state.wait_for(|state| *state != BrokerState::Ready).await);
        }
    };
    tokio::select! {
        () = tokio::time::sleep_until(deadline) => {}
        () = no_broker => {}
    }
    outcome.cancel();
}

async fn join(
    tasks: impl IntoIterator<Item = JoinHandle<()>>,
    deadline: Instant,
    what: &'static str,
) {
    for mut task in tasks {
        if timeout_at(deadline, &mut task).await.is_err() {
            warn!(what, "did not end in time");
            task.abort();
        }
    }
}
