//! Outcomes as AMQP messages: one each, or the outcomes of one agency together.

use std::collections::BTreeMap;

use bytes::Bytes;
use lapin::{BasicProperties, types::ShortString};
use xabar_events::{BATCH_JSON, STRUCTURED_JSON, batch_routing_key, write_batch};

use super::Wording;
use crate::{broker::Publication, journal::Outgoing};

/// The messages for a run of outcomes, at most `batch` in each. Nothing waits for a batch
/// to fill: what the run has of an agency goes.
pub fn messages(run: &[Outgoing], wording: &Wording, batch: usize) -> Vec<Publication> {
    if batch <= 1 {
        return run.iter().map(|one| single(one, wording)).collect();
    }
    let mut agencies = BTreeMap::<&str, Vec<&Outgoing>>::new();
    for outgoing in run {
        agencies
            .entry(outgoing.agency())
            .or_default()
            .push(outgoing);
    }
    let batches = agencies.iter().flat_map(|(agency, outcomes)| {
        let batches = outcomes.chunks(batch);
        batches.map(|batch| joined(agency, batch, wording))
    });
    batches.collect()
}

fn single(outgoing: &Outgoing, wording: &Wording) -> Publication {
    let key = format!("{}.{}", outgoing.agency(), outgoing.told.state);
    let mut body = Vec::with_capacity(OUTCOME_OCTETS);
    wording.write(outgoing, &mut body);
    publication(key, STRUCTURED_JSON, body.into())
}

fn joined(agency: &str, batch: &[&Outgoing], wording: &Wording) -> Publication {
    let mut body = Vec::with_capacity(batch.len() * OUTCOME_OCTETS);
    write_batch(batch.iter().map(|one| wording.outcome(one)), &mut body);
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

/// Room for one outcome; most have some 550 octets.
const OUTCOME_OCTETS: usize = 640;

#[cfg(test)]
mod tests {
    use xabar_events::{Agency, State, read_outcomes};

    use super::*;
    use crate::journal::sample;

    fn outgoing(number: u64, agency: &str, state: State) -> Outgoing {
        let mut message = sample::waiting(number);
        message.identity_mut().key.agency = Agency::from_name(agency).unwrap();
        message.progress.history = vec![sample::told(state)];
        Outgoing::of(&message, number, 1).unwrap()
    }

    fn run() -> Vec<Outgoing> {
        vec![
            outgoing(1, "kadastr", State::Accepted),
            outgoing(2, "adliya", State::Accepted),
            outgoing(3, "kadastr", State::Submitted),
            outgoing(4, "kadastr", State::Delivered),
        ]
    }

    /// Routing keys, and the messages that each body tells of.
    fn shown(messages: &[Publication]) -> Vec<(String, Vec<String>)> {
        let shown = |message: &Publication| {
            let outcomes = read_outcomes(&message.body).unwrap();
            let told = outcomes.into_iter().map(|outcome| outcome.message.into());
            (message.routing_key.to_string(), told.collect())
        };
        messages.iter().map(shown).collect()
    }

    fn expected(messages: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
        let owned = |(key, told): &(&str, &[&str])| {
            let told = told.iter().map(ToString::to_string);
            (key.to_string(), told.collect())
        };
        messages.iter().map(owned).collect()
    }

    #[test]
    fn single_outcomes_keep_their_order() {
        let messages = messages(&run(), &Wording::default(), 1);
        let expected = expected(&[
            ("kadastr.accepted", &["1"]),
            ("adliya.accepted", &["2"]),
            ("kadastr.submitted", &["3"]),
            ("kadastr.delivered", &["4"]),
        ]);
        assert_eq!(shown(&messages), expected);
        assert_eq!(
            messages[0].properties.content_type(),
            &Some(STRUCTURED_JSON.into())
        );
        assert_eq!(messages[0].properties.delivery_mode(), &Some(2));
    }

    #[test]
    fn batches_are_of_one_agency_and_bounded() {
        let messages = messages(&run(), &Wording::default(), 2);
        let expected = expected(&[
            ("adliya.batch", &["2"]),
            ("kadastr.batch", &["1", "3"]),
            ("kadastr.batch", &["4"]),
        ]);
        assert_eq!(shown(&messages), expected);
        assert_eq!(
            messages[0].properties.content_type(),
            &Some(BATCH_JSON.into())
        );
    }
}
