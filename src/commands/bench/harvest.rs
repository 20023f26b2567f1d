//! What a run left behind: the outcomes that it published, what the operator got, and what should not be left.

use std::time::Duration;

use futures_util::StreamExt;
use lapin::options::BasicConsumeOptions;
use lapin::types::FieldTable;
use xabar_events::read_outcomes;

use super::Failure;
use super::check::{Aftermath, Told};
use super::stage::{Stage, failed};
use crate::simulator::Simulator;

/// How long the broker may take for one message that it has.
const PATIENCE: Duration = Duration::from_secs(30);

/// Looks at what the run left, and clears it away.
pub(super) async fn aftermath(
    stage: Stage,
    simulator: Simulator,
    of_gateway: bool,
) -> Result<Aftermath, Failure> {
    let handle = simulator.handle();
    let tape = handle.tape().await?;
    let aftermath = Aftermath {
        figures: handle.figures().await?,
        repeated: tape.repeats() as u64,
        told: outcomes(&stage, of_gateway).await?,
        events_left: stage.ready(&stage.names.queue).await?,
        dead_letters: stage.ready(&stage.names.rejected).await?,
    };
    // Its sessions are over, and nothing else is lost.
    drop(simulator);
    stage.close().await;
    Ok(aftermath)
}

/// Takes all outcomes out of their queue; those of the floor are only counted.
async fn outcomes(stage: &Stage, of_gateway: bool) -> Result<Told, Failure> {
    let queue = &stage.names.outcomes;
    let mut told = Told::default();
    let bodies = stage.ready(queue).await?;
    let options = BasicConsumeOptions {
        no_ack: true,
        ..Default::default()
    };
    let channel = stage.channel();
    let consumer = channel
        .basic_consume(
            queue.clone(),
            "xabar-bench".into(),
            options,
            FieldTable::default(),
        )
        .await;
    let mut consumer = consumer.map_err(failed)?;
    for _ in 0..bodies {
        let next = tokio::time::timeout(PATIENCE, consumer.next()).await;
        let Ok(Some(delivery)) = next else {
            return Err(Failure::because(
                "the broker does not give the outcomes back",
            ));
        };
        let body = delivery.map_err(failed)?.data;
        let outcomes = read_outcomes(&body)
            .map_err(|error| Failure::caused("an outcome cannot be read", error))?;
        match of_gateway {
            true => outcomes.iter().for_each(|outcome| told.note(outcome)),
            false => told.count(outcomes.len() as u64),
        }
    }
    Ok(told)
}
