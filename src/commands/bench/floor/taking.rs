//! Events off the queue, unread.

use futures_util::StreamExt;
use futures_util::stream::ReadyChunks;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, Consumer};
use tokio::sync::mpsc;

use super::{Failure, Progress, Way, failed};
use crate::intake::amqp::CHUNK;

/// As the gateway has it by default.
const PREFETCH: u16 = 2000;

/// Takes so many events and hands their number to the sessions in turn.
pub(super) async fn take(
    connection: &Connection,
    way: &Way,
    mut messages: u64,
    sessions: Vec<mpsc::Sender<usize>>,
    progress: mpsc::Sender<Progress>,
) -> Result<(), Failure> {
    let (channel, mut chunks) = consume(connection, way).await.map_err(failed)?;
    let mut turns = sessions.iter().cycle();
    while messages > 0 {
        let Some(chunk) = chunks.next().await else {
            break;
        };
        let mut last = None;
        let mut accepted = 0;
        for delivery in chunk {
            last = Some(delivery.map_err(failed)?.delivery_tag);
            accepted += 1;
        }
        messages = messages.saturating_sub(accepted as u64);
        if let Some(tag) = last {
            let multiple = BasicAckOptions { multiple: true };
            channel.basic_ack(tag, multiple).await.map_err(failed)?;
        }
        let told = Progress {
            accepted,
            ..Progress::default()
        };
        progress.send(told).await.ok();
        if let Some(session) = turns.next() {
            session.send(accepted).await.ok();
        }
    }
    Ok(())
}

async fn consume(
    connection: &Connection,
    way: &Way,
) -> lapin::Result<(Channel, ReadyChunks<Consumer>)> {
    let channel = connection.create_channel().await?;
    channel
        .basic_qos(PREFETCH, BasicQosOptions::default())
        .await?;
    let (queue, options) = (way.queue.as_str().into(), BasicConsumeOptions::default());
    let consumer = channel
        .basic_consume(queue, "xabar-bench".into(), options, FieldTable::default())
        .await?;
    Ok((channel, consumer.ready_chunks(CHUNK)))
}

/// The same without a queue.
pub(super) async fn invent(mut messages: u64, sessions: Vec<mpsc::Sender<usize>>) {
    for session in sessions.iter().cycle() {
        let chunk = messages.min(CHUNK as u64);
        if chunk == 0 {
            return;
        }
        messages -= chunk;
        session
            .send(usize::try_from(chunk).unwrap_or(CHUNK))
            .await
            .ok();
    }
}
