//! How many events wait in the broker's queue.

use std::time::Duration;

use lapin::options::QueueDeclareOptions;
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, Connection};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::clock::{UnixMillis, wall};

/// What the broker said last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Those that it has not handed out.
    pub events: u64,
    pub at: UnixMillis,
}

/// How often it is asked.
const EVERY: Duration = Duration::from_secs(3);

/// Asks as long as the connection lasts, on a channel of its own: a refusal closes no other one.
pub(super) async fn ask(
    connection: &Connection,
    queue: ShortString,
    shown: watch::Sender<Option<Queued>>,
) -> lapin::Result<JoinHandle<()>> {
    let channel = connection.create_channel().await?;
    Ok(tokio::spawn(async move {
        if let Err(error) = ask_on(channel, queue, shown).await {
            tracing::debug!(%error, "the broker does not tell any more how many events wait");
        }
    }))
}

async fn ask_on(
    channel: Channel,
    queue: ShortString,
    shown: watch::Sender<Option<Queued>>,
) -> lapin::Result<()> {
    // It makes nothing, and so asks for no right.
    let options = QueueDeclareOptions {
        passive: true,
        ..QueueDeclareOptions::default()
    };
    loop {
        let found = channel.queue_declare(queue.clone(), options, FieldTable::default());
        shown.send_replace(Some(Queued {
            events: found.await?.message_count().into(),
            at: wall(),
        }));
        sleep(EVERY).await;
    }
}
