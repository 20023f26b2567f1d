//! What the intake needs at the broker.

use lapin::{
    Connection,
    types::{AMQPValue, FieldTable, ShortString},
};

use super::Source;
use crate::broker::{Queue, ensure_bound_queue, ensure_topic_exchange};

/// The exchange and queue that events come through, and those for refused ones.
pub(crate) async fn ensure(connection: &Connection, source: &Source) -> lapin::Result<()> {
    ensure_dead_letters(connection, source).await?;
    ensure_topic_exchange(connection, &source.exchange).await?;
    let events = Queue {
        name: &source.queue,
        arguments: events_arguments(&source.dead_letter_exchange),
        exchange: &source.exchange,
        binding: &source.binding,
    };
    ensure_bound_queue(connection, events).await?;
    Ok(())
}

/// The dead-letter exchange, and a queue of its name that keeps whatever nobody else takes.
pub(super) async fn ensure_dead_letters(
    connection: &Connection,
    source: &Source,
) -> lapin::Result<()> {
    ensure_topic_exchange(connection, &source.dead_letter_exchange).await?;
    let everything = [ShortString::from("#")];
    let rejected = Queue {
        name: &source.dead_letter_exchange,
        arguments: arguments([("x-queue-type", text("quorum"))]),
        exchange: &source.dead_letter_exchange,
        binding: &everything,
    };
    ensure_bound_queue(connection, rejected).await?;
    Ok(())
}

/// A restart brings everything un-acked again, so the limit is far above what RabbitMQ 4 takes by
/// default (20); and what goes over it is not lost on its way to the dead letters.
fn events_arguments(dead_letter_exchange: &ShortString) -> FieldTable {
    arguments([
        ("x-queue-type", text("quorum")),
        ("x-delivery-limit", AMQPValue::LongInt(100_000)),
        (
            "x-dead-letter-exchange",
            text(dead_letter_exchange.as_str()),
        ),
        ("x-dead-letter-strategy", text("at-least-once")),
        ("x-overflow", text("reject-publish")),
    ])
}

fn arguments<const N: usize>(pairs: [(&str, AMQPValue); N]) -> FieldTable {
    let mut table = FieldTable::default();
    for (key, value) in pairs {
        table.insert(key.into(), value);
    }
    table
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}
