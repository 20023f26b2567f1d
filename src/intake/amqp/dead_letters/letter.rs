//! A refused event as it is published: as it came, and why it was refused.

use lapin::{
    BasicProperties,
    message::{BasicReturnMessage, Delivery},
    types::{AMQPValue, FieldTable},
};
use xabar_events::{RejectReason, Rejection};

use crate::broker::Publication;

/// A refused event.
#[derive(Debug)]
pub(in crate::intake::amqp) struct Rejected {
    publication: Publication,
    why: Rejection,
}

impl Rejected {
    pub(in crate::intake::amqp) fn new(delivery: Delivery, why: Rejection) -> Self {
        let publication = Publication {
            routing_key: delivery.routing_key,
            properties: with_reason(&delivery.properties, &why),
            body: delivery.data.into(),
        };
        Self { publication, why }
    }

    pub(super) fn publication(&self) -> &Publication {
        &self.publication
    }

    pub(super) fn reason(&self) -> RejectReason {
        self.why.reason
    }

    pub(super) fn detail(&self) -> &str {
        &self.why.detail
    }
}

/// Keeps those that no queue has.
///
/// The client library hands a returned message over with *some* confirmation, so it is known
/// by what it holds; of two that are the same in all, it does not matter which is published again.
pub(super) fn keep_not_taken(
    letters: &mut Vec<Rejected>,
    confirmed: &[bool],
    returned: &[BasicReturnMessage],
) {
    let mut returned: Vec<_> = returned.iter().collect();
    let mut confirmed = confirmed.iter();
    letters.retain(|letter| {
        let confirmed = confirmed.next().is_some_and(|confirmed| *confirmed);
        let came_back = returned.iter().position(|message| {
            let Publication {
                routing_key, body, ..
            } = &letter.publication;
            message.routing_key == *routing_key && message.data == *body
        });
        if let Some(index) = came_back {
            returned.swap_remove(index);
        }
        !confirmed || came_back.is_some()
    });
}

/// The properties as they came, with the reason among the headers.
fn with_reason(came: &BasicProperties, why: &Rejection) -> BasicProperties {
    let mut headers = came.headers().clone().unwrap_or_default();
    if size(&headers) > MOST_HEADERS {
        headers = FieldTable::default();
        headers.insert(
            "x-xabar-headers".into(),
            text("left out: too large to be published again"),
        );
    }
    headers.insert("x-xabar-reason".into(), text(why.reason.as_str()));
    headers.insert("x-xabar-detail".into(), text(&why.detail));
    match came.user_id() {
        None => came.clone().with_headers(headers),
        Some(user) => {
            headers.insert("x-xabar-user-id".into(), text(user.as_str()));
            without_user_id(came).with_headers(headers)
        }
    }
}

/// Headers have to fit into one frame, with ours. A frame has 128 KiB unless configured otherwise.
const MOST_HEADERS: usize = 120 * 1024;

fn size(headers: &FieldTable) -> usize {
    headers
        .inner()
        .iter()
        .map(|(name, value)| 2 + name.as_str().len() + value_size(value))
        .sum()
}

fn value_size(value: &AMQPValue) -> usize {
    match value {
        AMQPValue::ShortString(text) => 1 + text.as_str().len(),
        AMQPValue::LongString(text) => 4 + text.len(),
        AMQPValue::ByteArray(octets) => 4 + octets.len(),
        AMQPValue::FieldArray(values) => {
            4 + values
                .as_slice()
                .iter()
                .map(|value| 1 + value_size(value))
                .sum::<usize>()
        }
        AMQPValue::FieldTable(table) => 4 + size(table),
        _ => 8,
    }
}

/// RabbitMQ closes the channel of whoever publishes in another user's name.
fn without_user_id(came: &BasicProperties) -> BasicProperties {
    macro_rules! copy {
        ($($property:ident $with:ident),+ $(,)?) => {{
            let mut copy = BasicProperties::default();
            $(if let Some(value) = came.$property().clone() {
                copy = copy.$with(value);
            })+
            copy
        }};
    }
    copy!(
        content_type with_content_type,
        content_encoding with_content_encoding,
        delivery_mode with_delivery_mode,
        priority with_priority,
        correlation_id with_correlation_id,
        reply_to with_reply_to,
        expiration with_expiration,
        message_id with_message_id,
        timestamp with_timestamp,
        kind with_type,
        app_id with_app_id,
        cluster_id with_cluster_id,
    )
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(body: &str, properties: BasicProperties) -> Rejected {
        let mut delivery = Delivery::mock(1, "in".into(), "a.b".into(), false, body.into());
        delivery.properties = properties;
        Rejected::new(delivery, Rejection::new(RejectReason::Malformed, "why"))
    }

    fn header<'a>(letter: &'a Rejected, name: &str) -> Option<&'a AMQPValue> {
        letter
            .publication
            .properties
            .headers()
            .as_ref()?
            .inner()
            .get(name)
    }

    #[test]
    fn properties_stay_and_the_reason_is_added() {
        let mut headers = FieldTable::default();
        headers.insert("traceparent".into(), text("00-1"));
        let came = BasicProperties::default()
            .with_headers(headers)
            .with_message_id("m-1".into());
        let letter = letter("{", came);
        assert_eq!(header(&letter, "traceparent"), Some(&text("00-1")));
        assert_eq!(header(&letter, "x-xabar-reason"), Some(&text("malformed")));
        assert_eq!(header(&letter, "x-xabar-detail"), Some(&text("why")));
        assert_eq!(
            letter.publication.properties.message_id(),
            &Some("m-1".into())
        );
    }

    #[test]
    fn what_the_broker_would_refuse_is_told_in_headers() {
        let mut headers = FieldTable::default();
        headers.insert("huge".into(), text(&"x".repeat(MOST_HEADERS)));
        let came = BasicProperties::default()
            .with_headers(headers)
            .with_user_id("kadastr".into())
            .with_type("event".into());
        let letter = letter("{", came);
        assert_eq!(header(&letter, "huge"), None);
        assert!(header(&letter, "x-xabar-headers").is_some());
        assert_eq!(header(&letter, "x-xabar-user-id"), Some(&text("kadastr")));
        assert_eq!(letter.publication.properties.user_id(), &None);
        assert_eq!(letter.publication.properties.kind(), &Some("event".into()));
    }

    #[test]
    fn a_refused_confirmation_is_published_again() {
        let letters = || ["1", "2", "3"].map(|body| letter(body, BasicProperties::default()));
        let left = |confirmed: &[bool]| {
            let mut letters = Vec::from(letters());
            keep_not_taken(&mut letters, confirmed, &[]);
            letters
                .into_iter()
                .map(|letter| letter.publication.body)
                .collect::<Vec<_>>()
        };
        assert!(left(&[true, true, true]).is_empty());
        assert_eq!(left(&[true, false, true]), [b"2".as_slice()]);
        assert_eq!(left(&[true]), [b"2".as_slice(), b"3"]);
    }
}
