//! Ready-made outcomes, published in bursts with confirms as the gateway publishes its own.

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt, StreamExt};
use lapin::types::ShortString;
use lapin::{Channel, Connection, PublisherConfirm};
use tokio::sync::mpsc;

use super::ready_made::Outcomes;
use super::{Failure, Progress, Way, failed};
use crate::broker;
use crate::outcome::{BURST, BURSTS_UNDER_WAY};

type Confirming = FuturesOrdered<BoxFuture<'static, Result<(), Failure>>>;

/// Tells of all progress until there is no more, and all of it is confirmed.
pub(super) async fn tell(
    connection: &Connection,
    way: &Way,
    mut progress: mpsc::Receiver<Progress>,
) -> Result<(), Failure> {
    let channel = broker::confirming_channel(connection)
        .await
        .map_err(failed)?;
    let exchange = ShortString::from(way.outcomes.as_str());
    let mut outcomes = Outcomes::make(&way.agencies, way.batch);
    let mut confirming = Confirming::new();
    let mut open = true;
    while open || !confirming.is_empty() {
        tokio::select! {
            biased;
            Some(confirmed) = confirming.next() => confirmed?,
            made = progress.recv(), if open && confirming.len() < BURSTS_UNDER_WAY => match made {
                Some(made) => {
                    let burst = together(made, &mut progress);
                    let begun = publish(&channel, &exchange, &mut outcomes, burst).await?;
                    confirming.push_back(confirmed(begun).boxed());
                }
                None => open = false,
            },
        }
    }
    Ok(())
}

/// What came meanwhile goes along.
fn together(mut burst: Progress, progress: &mut mpsc::Receiver<Progress>) -> Progress {
    while burst.outcomes() < BURST
        && let Ok(more) = progress.try_recv()
    {
        burst.accepted += more.accepted;
        burst.submitted += more.submitted;
        burst.delivered += more.delivered;
    }
    burst
}

async fn publish(
    channel: &Channel,
    exchange: &ShortString,
    outcomes: &mut Outcomes,
    burst: Progress,
) -> Result<Vec<PublisherConfirm>, Failure> {
    let messages = outcomes.messages(burst);
    let begun = broker::publish(channel, exchange, &messages).await;
    begun.map_err(failed)
}

async fn confirmed(begun: Vec<PublisherConfirm>) -> Result<(), Failure> {
    let settled = broker::settle(begun).await.map_err(failed)?;
    match settled.taken.contains(&false) {
        true => Err(Failure::because("the broker refused an outcome")),
        false => Ok(()),
    }
}
