//! Events into the queue, in bursts, each confirmed.

use std::collections::VecDeque;
use std::time::Duration;

use indicatif::ProgressBar;
use lapin::{Channel, Confirmation, PublisherConfirm};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::Failure;
use super::events::{Load, publication};
use super::stage::{Stage, failed};
use crate::broker::{self, Publication};
use crate::clock::{UnixMillis, instant};

/// The most events that are begun at once, and the most bursts that await their confirmations.
const BURST: usize = 500;
const BURSTS_UNDER_WAY: usize = 8;

/// Publishes all of them; how long that took.
pub(super) async fn fill(
    stage: &Stage,
    load: Load,
    now: UnixMillis,
    progress: &ProgressBar,
) -> Result<Duration, Failure> {
    unless_blocked(stage, publish(stage, load, now, progress)).await
}

/// What is published, unless the broker takes no more of it: then nothing that is begun comes to an end.
pub(super) async fn unless_blocked<T>(
    stage: &Stage,
    published: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        published = published => published,
        why = blocked(stage) => Err(why),
    }
}

async fn blocked(stage: &Stage) -> Failure {
    loop {
        let was_blocked = stage.is_blocked();
        sleep(SHORT).await;
        if was_blocked && stage.is_blocked() {
            return Failure::because(
                "the broker blocks who publishes: it is short of disk or memory, as its log says",
            );
        }
    }
}

async fn publish(
    stage: &Stage,
    load: Load,
    now: UnixMillis,
    progress: &ProgressBar,
) -> Result<Duration, Failure> {
    let channel = stage.confirming_channel().await?;
    let mut made = make(load, now);
    let started = instant();
    let mut under_way = VecDeque::new();
    let mut burst = Vec::new();
    while made.recv_many(&mut burst, BURST).await > 0 {
        let begun = broker::publish(&channel, &stage.names.exchange, &burst).await;
        under_way.push_back(begun.map_err(failed)?);
        burst.clear();
        if under_way.len() > BURSTS_UNDER_WAY
            && let Some(oldest) = under_way.pop_front()
        {
            settle(oldest, progress).await?;
        }
    }
    for rest in under_way {
        settle(rest, progress).await?;
    }
    let took = instant().saturating_duration_since(started);
    close(&channel).await;
    Ok(took)
}

/// How long the broker may take for one burst.
const PATIENCE: Duration = Duration::from_secs(60);

/// For how long it has to be short of disk or memory.
const SHORT: Duration = Duration::from_secs(5);

/// Every event has to be in the queue.
pub(super) async fn settle(
    burst: Vec<PublisherConfirm>,
    progress: &ProgressBar,
) -> Result<(), Failure> {
    let number = burst.len() as u64;
    let all = async {
        for confirm in burst {
            if !matches!(confirm.await.map_err(failed)?, Confirmation::Ack(None)) {
                return Err(Failure::because("the broker did not take an event"));
            }
        }
        Ok(())
    };
    let Ok(taken) = timeout(PATIENCE, all).await else {
        return Err(Failure::because(
            "the broker did not take all of a burst of events within a minute",
        ));
    };
    taken?;
    progress.inc(number);
    Ok(())
}

/// It would go with the connection as well.
async fn close(channel: &Channel) {
    channel.close(200, "done".into()).await.ok();
}

/// Events are made on a thread of their own, a few bursts ahead.
fn make(load: Load, now: UnixMillis) -> mpsc::Receiver<Publication> {
    let (made, coming) = mpsc::channel(4 * BURST);
    std::thread::spawn(move || {
        for event in load.events(now) {
            if made.blocking_send(publication(&event)).is_err() {
                break;
            }
        }
    });
    coming
}
