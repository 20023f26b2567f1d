//! Exchanges and queues: made if missing, used as they stand if not.
//!
//! A refused declaration closes its channel, so each question gets a channel of its own.

use lapin::{
    Connection, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    types::{FieldTable, ShortString},
};
use tracing::{info, warn};

use super::{ACCESS_REFUSED, NOT_FOUND, PRECONDITION_FAILED, refusal, why};

/// How something that is wanted stands at the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// As wanted, made now or before.
    AsWanted,
    /// There, but made by somebody who wanted it otherwise, or not ours to look into.
    AsItWas,
}

/// Makes sure that there is an exchange of this name; a durable topic exchange if it has to be made.
pub(crate) async fn ensure_topic_exchange(
    connection: &Connection,
    name: &ShortString,
) -> lapin::Result<()> {
    ensure(connection, Wanted::TopicExchange(name)).await?;
    Ok(())
}

/// A durable queue and where its messages come from.
pub(crate) struct Queue<'a> {
    pub(crate) name: &'a ShortString,
    pub(crate) arguments: FieldTable,
    pub(crate) exchange: &'a ShortString,
    pub(crate) binding: &'a [ShortString],
}

/// Makes sure that there is a queue of this name. It is bound if it is as wanted; somebody
/// else's queue keeps the bindings that it has.
pub(crate) async fn ensure_bound_queue(
    connection: &Connection,
    queue: Queue<'_>,
) -> lapin::Result<()> {
    if ensure(connection, Wanted::Queue(&queue)).await? == Standing::AsItWas {
        return Ok(());
    }
    match bind(connection, &queue).await {
        Err(error) if refusal(&error) == Some(ACCESS_REFUSED) => {
            warn!(name = %queue.name, "not ours to bind; used with the bindings that it has");
            Ok(())
        }
        bound => bound,
    }
}

async fn bind(connection: &Connection, queue: &Queue<'_>) -> lapin::Result<()> {
    let channel = connection.create_channel().await?;
    for key in queue.binding {
        let (name, exchange) = (queue.name.clone(), queue.exchange.clone());
        let (options, arguments) = (QueueBindOptions::default(), FieldTable::default());
        channel
            .queue_bind(name, exchange, key.clone(), options, arguments)
            .await?;
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Wanted<'a> {
    TopicExchange(&'a ShortString),
    Queue(&'a Queue<'a>),
}

impl Wanted<'_> {
    fn what(self) -> &'static str {
        match self {
            Self::TopicExchange(_) => "exchange",
            Self::Queue(_) => "queue",
        }
    }

    fn name(self) -> ShortString {
        match self {
            Self::TopicExchange(name) => name.clone(),
            Self::Queue(queue) => queue.name.clone(),
        }
    }

    /// Declares it on a channel of its own; `passive` only looks whether it is there.
    async fn declare(self, connection: &Connection, passive: bool) -> lapin::Result<()> {
        let channel = connection.create_channel().await?;
        match self {
            Self::TopicExchange(name) => {
                let options = ExchangeDeclareOptions {
                    passive,
                    durable: true,
                    ..Default::default()
                };
                let (kind, arguments) = (ExchangeKind::Topic, FieldTable::default());
                channel
                    .exchange_declare(name.clone(), kind, options, arguments)
                    .await
            }
            Self::Queue(Queue {
                name, arguments, ..
            }) => {
                let options = QueueDeclareOptions {
                    passive,
                    durable: true,
                    ..Default::default()
                };
                let name = ShortString::clone(name);
                channel
                    .queue_declare(name, options, arguments.clone())
                    .await
                    .map(drop)
            }
        }
    }
}

/// Looks first, makes it if nothing is there, and otherwise finds out how it differs: declaring
/// what exists changes nothing, and the refusal names the difference.
async fn ensure(connection: &Connection, wanted: Wanted<'_>) -> lapin::Result<Standing> {
    const PASSIVE: bool = true;
    match wanted.declare(connection, PASSIVE).await {
        Ok(()) => compare(wanted, wanted.declare(connection, !PASSIVE).await),
        Err(error) if refusal(&error) == Some(NOT_FOUND) => {
            wanted.declare(connection, !PASSIVE).await?;
            info!(what = wanted.what(), name = %wanted.name(), "declared");
            Ok(Standing::AsWanted)
        }
        Err(error) => Err(error),
    }
}

fn compare(wanted: Wanted<'_>, declared: lapin::Result<()>) -> lapin::Result<Standing> {
    let (what, name) = (wanted.what(), wanted.name());
    match declared {
        Ok(()) => Ok(Standing::AsWanted),
        Err(error) if refusal(&error) == Some(PRECONDITION_FAILED) => {
            warn!(what, %name, difference = why(&error), "exists otherwise than we would make it; used as it stands");
            Ok(Standing::AsItWas)
        }
        Err(error) if refusal(&error) == Some(ACCESS_REFUSED) => {
            info!(what, %name, "exists and is not ours to declare; used as it stands");
            Ok(Standing::AsItWas)
        }
        Err(error) => Err(error),
    }
}
