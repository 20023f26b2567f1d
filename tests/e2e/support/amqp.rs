//! A publisher and reader of our own, to stand at the other side of the broker.

use std::time::Duration;

use futures_util::{StreamExt, future::try_join_all};
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties, Consumer, ExchangeKind,
    message::{BasicGetMessage, Delivery},
    options::{
        BasicConsumeOptions, BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions,
        ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
    },
    types::{AMQPValue, FieldTable},
};

use super::broker::Broker;

/// A connection with one confirming channel.
pub struct Peer {
    pub connection: Connection,
    pub channel: Channel,
}

impl Peer {
    pub async fn connect(broker: &Broker) -> Self {
        let properties = ConnectionProperties::default();
        let connection = Connection::connect(&broker.url(), properties)
            .await
            .unwrap();
        let channel = connection.create_channel().await.unwrap();
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await
            .unwrap();
        Self {
            connection,
            channel,
        }
    }

    /// Publishes in one burst, and waits until the broker has all of them.
    pub async fn publish(
        &self,
        exchange: &str,
        key: &str,
        properties: &BasicProperties,
        bodies: &[Vec<u8>],
    ) {
        let options = BasicPublishOptions::default();
        let begun = bodies.iter().map(|body| {
            let (exchange, key) = (exchange.into(), key.into());
            self.channel
                .basic_publish(exchange, key, options, body, properties.clone())
        });
        let confirms = try_join_all(try_join_all(begun).await.unwrap())
            .await
            .unwrap();
        assert!(
            confirms.iter().all(|confirm| confirm.is_ack()),
            "the broker takes all"
        );
    }

    /// Whether a queue is there, and how many messages are ready in it.
    pub async fn ready(&self, queue: &str) -> u32 {
        let options = QueueDeclareOptions {
            passive: true,
            ..Default::default()
        };
        let channel = self.connection.create_channel().await.unwrap();
        let queue = channel
            .queue_declare(queue.into(), options, FieldTable::default())
            .await;
        queue.expect("the queue exists").message_count()
    }

    /// Waits until so many messages are ready.
    pub async fn until_ready(&self, queue: &str, count: u32) {
        let counted = async {
            while self.ready(queue).await != count {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        super::soon(&format!("{count} messages in {queue}"), counted).await;
    }

    /// Takes the next message off a queue, waiting for it.
    pub async fn take(&self, queue: &str) -> BasicGetMessage {
        let options = BasicGetOptions { no_ack: true };
        let coming = async {
            loop {
                if let Some(message) = self.channel.basic_get(queue.into(), options).await.unwrap()
                {
                    return message;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        super::soon(&format!("a message in {queue}"), coming).await
    }

    /// Reads a queue from its head on: of thousands, each costs far less than with [`Peer::take`].
    pub async fn read(&self, queue: &str) -> Reader {
        let options = BasicConsumeOptions {
            no_ack: true,
            ..Default::default()
        };
        let coming = self
            .channel
            .basic_consume(queue.into(), "".into(), options, FieldTable::default())
            .await
            .unwrap();
        Reader {
            queue: queue.to_owned(),
            coming,
            read: 0,
        }
    }

    pub async fn declare_exchange(&self, name: &str) {
        let options = ExchangeDeclareOptions {
            durable: true,
            ..Default::default()
        };
        let (kind, arguments) = (ExchangeKind::Topic, FieldTable::default());
        self.channel
            .exchange_declare(name.into(), kind, options, arguments)
            .await
            .unwrap();
    }

    /// A durable queue, bound by `key`.
    pub async fn declare_queue(
        &self,
        name: &str,
        exchange: &str,
        key: &str,
        arguments: &[(&str, AMQPValue)],
    ) {
        let mut table = FieldTable::default();
        for (key, value) in arguments {
            table.insert((*key).into(), value.clone());
        }
        let options = QueueDeclareOptions {
            durable: true,
            ..Default::default()
        };
        self.channel
            .queue_declare(name.into(), options, table)
            .await
            .unwrap();
        let (options, table) = (QueueBindOptions::default(), FieldTable::default());
        self.channel
            .queue_bind(name.into(), exchange.into(), key.into(), options, table)
            .await
            .unwrap();
    }
}

pub fn quorum() -> (&'static str, AMQPValue) {
    ("x-queue-type", text("quorum"))
}

pub fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

/// What comes out of a queue, in order.
pub struct Reader {
    queue: String,
    coming: Consumer,
    read: usize,
}

impl Reader {
    /// The next message, waiting for it.
    pub async fn next(&mut self) -> Delivery {
        let what = format!("a message in {} after {}", self.queue, self.read);
        let message = super::soon(&what, self.coming.next()).await;
        self.read += 1;
        message.expect("the queue is there").unwrap()
    }
}
