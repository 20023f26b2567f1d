//! Outcomes as AMQP messages: one each, or the outcomes of one agency together.

use std::collections::BTreeMap;

use bytes::Bytes;
use lapin::{BasicProperties, types::ShortString};
use xabar_events::{BATCH_JSON, STRUCTURED_JSON, batch_routing_key, join_batch};

use crate::{broker::Publication, journal::Outgoing};

/// The messages for a run of outcomes, at most `batch` in each. Nothing waits for a batch
/// to fill: what the run has of an agency goes.
pub(super) fn messages(run: &[Outgoing], batch: usize) -> Vec<Publication> {
    if batch <= 1 {
        return run.iter().map(single).collect();
    }
    let mut agencies = BTreeMap::<&str, Vec<&[u8]>>::new();
    for outgoing in run {
        agencies
            .entry(&outgoing.agency)
            .or_default()
            .push(&outgoing.body);
    }
    let batches = agencies
        .iter()
        .flat_map(|(agency, bodies)| bodies.chunks(batch).map(|bodies| joined(agency, bodies)));
    batches.collect()
}

fn single(outgoing: &Outgoing) -> Publication {
    let key = format!("{}.{}", outgoing.agency, outgoing.state);
    publication(key, STRUCTURED_JSON, outgoing.body.clone())
}

fn joined(agency: &str, bodies: &[&[u8]]) -> Publication {
    let mut body = Vec::with_capacity(bodies.iter().map(|body| body.len() + 1).sum::<usize>() + 1);
    join_batch(bodies.iter().copied(), &mut body);
    publication(batch_routing_key(agency), BATCH_JSON, body.into())
}

fn publication(key: String, content_type: &str, body: Bytes) -> Publication {
    let properties = BasicProperties::default()
        .with_content_type(content_type.into())
        .with_delivery_mode(PERSISTENT);
    let routing_key = ShortString::try_new(key).expect("an agency's name has at most 64 octets");
    Publication {
        routing_key,
        properties,
        body,
    }
}

const PERSISTENT: u8 = 2;

#[cfg(test)]
mod tests {
    use xabar_events::State;

    use super::*;

    fn outgoing(number: u64, agency: &str, state: State) -> Outgoing {
        Outgoing {
            number,
            agency: agency.into(),
            state,
            body: format!("{{\"n\":{number}}}").into(),
        }
    }

    fn run() -> Vec<Outgoing> {
        vec![
            outgoing(1, "kadastr", State::Accepted),
            outgoing(2, "adliya", State::Accepted),
            outgoing(3, "kadastr", State::Submitted),
            outgoing(4, "kadastr", State::Delivered),
        ]
    }

    fn shown(messages: &[Publication]) -> Vec<(&str, &str)> {
        let shown = |message| {
            let Publication {
                routing_key, body, ..
            }: &Publication = message;
            (routing_key.as_str(), str::from_utf8(body).unwrap())
        };
        messages.iter().map(shown).collect()
    }

    #[test]
    fn single_outcomes_keep_their_order() {
        let messages = messages(&run(), 1);
        let expected = [
            ("kadastr.accepted", r#"{"n":1}"#),
            ("adliya.accepted", r#"{"n":2}"#),
            ("kadastr.submitted", r#"{"n":3}"#),
            ("kadastr.delivered", r#"{"n":4}"#),
        ];
        assert_eq!(shown(&messages), expected);
        assert_eq!(
            messages[0].properties.content_type(),
            &Some(STRUCTURED_JSON.into())
        );
        assert_eq!(messages[0].properties.delivery_mode(), &Some(2));
    }

    #[test]
    fn batches_are_of_one_agency_and_bounded() {
        let messages = messages(&run(), 2);
        let expected = [
            ("adliya.batch", r#"[{"n":2}]"#),
            ("kadastr.batch", r#"[{"n":1},{"n":3}]"#),
            ("kadastr.batch", r#"[{"n":4}]"#),
        ];
        assert_eq!(shown(&messages), expected);
        assert_eq!(
            messages[0].properties.content_type(),
            &Some(BATCH_JSON.into())
        );
    }
}
