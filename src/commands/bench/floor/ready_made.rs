//! Octets made once: the bind, a typical `submit_sm`, and outcomes of typical size.

use std::borrow::Cow;
use std::io;

use bytes::Bytes;
use lapin::BasicProperties;
use lapin::types::ShortString;
use xabar_events::{
    BATCH_JSON, Outcome, STRUCTURED_JSON, State, UnixMillis, batch_routing_key, write_batch,
};
use xabar_smpp::pdu::{Bind, SubmitSm};
use xabar_smpp::values::{InterfaceVersion, Npi, RegisteredDelivery, Ton};
use xabar_smpp::{Body, Octets, Pdu, Tag, TlvBuffer};

use super::Progress;
use crate::broker::Publication;

pub(super) fn bind() -> io::Result<Vec<u8>> {
    octets(Body::BindTransceiver(Bind {
        system_id: Octets(b"xabar"),
        password: Octets(b"secret"),
        interface_version: InterfaceVersion::V3_4,
        ..Bind::default()
    }))
}

/// With the fields that the gateway's have, so that it is as long.
pub(super) fn submit_sm(text: &str) -> io::Result<Vec<u8>> {
    let mut tlvs = TlvBuffer::new();
    tlvs.push_two_octets(Tag::USER_MESSAGE_REFERENCE, 1);
    octets(Body::SubmitSm(SubmitSm {
        source_addr_ton: Ton::ALPHANUMERIC,
        source_addr: Octets(b"MyGov"),
        dest_addr_ton: Ton::INTERNATIONAL,
        dest_addr_npi: Npi::ISDN,
        destination_addr: Octets(b"998901234567"),
        validity_period: Octets(b"000003000000000R"),
        registered_delivery: RegisteredDelivery::FINAL,
        short_message: Octets(text.as_bytes()),
        tlvs: tlvs.as_tlvs(),
        ..SubmitSm::default()
    }))
}

fn octets(body: Body<'_>) -> io::Result<Vec<u8>> {
    let frame = Pdu::new(1, body).to_frame().map_err(io::Error::other)?;
    Ok(frame.octets().to_vec())
}

/// Outcomes of every state, one by one or in batches.
pub(super) struct Outcomes {
    agencies: Vec<Agency>,
    batch: usize,
    /// By state, or by how many are in the batch, less one.
    bodies: Vec<Bytes>,
    /// Whose turn it is.
    turn: usize,
}

/// The routing keys of an agency's outcomes.
struct Agency {
    states: Vec<ShortString>,
    batch: ShortString,
}

const STATES: [State; 3] = [State::Accepted, State::Submitted, State::Delivered];

impl Outcomes {
    pub(super) fn make(agencies: &[String], batch: usize) -> Self {
        let name = agencies.first().map_or("kadastr", String::as_str);
        let each: Vec<Outcome<'_>> = (1..)
            .zip(STATES)
            .map(|(sequence, state)| outcome(name, sequence, state))
            .collect();
        let bodies = match batch {
            ..=1 => each.iter().map(single).collect(),
            _ => (1..=batch).map(|size| array(&each, size)).collect(),
        };
        let keys = |name: &String| Agency {
            states: each
                .iter()
                .map(|outcome| ShortString::from(format!("{name}.{}", outcome.state)))
                .collect(),
            batch: ShortString::from(batch_routing_key(name)),
        };
        Self {
            agencies: agencies.iter().map(keys).collect(),
            batch,
            bodies,
            turn: 0,
        }
    }

    /// The messages that tell of some progress, of the agencies in turn.
    pub(super) fn messages(&mut self, progress: Progress) -> Vec<Publication> {
        let mut messages = Vec::new();
        if self.batch > 1 {
            self.batches(progress.outcomes(), &mut messages);
            return messages;
        }
        let counts = [progress.accepted, progress.submitted, progress.delivered];
        for (state, count) in counts.into_iter().enumerate() {
            for _ in 0..count {
                let agency = self.next_agency();
                let key = agency.and_then(|agency| agency.states.get(state)).cloned();
                messages.extend(self.message(key, state, STRUCTURED_JSON));
            }
        }
        messages
    }

    /// As even as it goes, as events come from agencies in turn.
    fn batches(&mut self, outcomes: usize, messages: &mut Vec<Publication>) {
        let agencies = self.agencies.len();
        let (each, more) = (outcomes / agencies, outcomes % agencies);
        for at in 0..agencies.min(outcomes) {
            let key = self.next_agency().map(|agency| agency.batch.clone());
            let mut left = each + usize::from(at < more);
            while left > 0 {
                let size = left.min(self.batch);
                messages.extend(self.message(key.clone(), size - 1, BATCH_JSON));
                left -= size;
            }
        }
    }

    fn next_agency(&mut self) -> Option<&Agency> {
        let agency = self.agencies.get(self.turn);
        self.turn = (self.turn + 1) % self.agencies.len();
        agency
    }

    fn message(&self, key: Option<ShortString>, body: usize, kind: &str) -> Option<Publication> {
        let properties = BasicProperties::default()
            .with_content_type(kind.into())
            .with_delivery_mode(PERSISTENT);
        Some(Publication {
            routing_key: key?,
            properties,
            body: self.bodies.get(body)?.clone(),
        })
    }
}

impl Progress {
    /// Each is told.
    pub(super) fn outcomes(self) -> usize {
        self.accepted + self.submitted + self.delivered
    }
}

/// As the gateway would tell it.
fn outcome(agency: &str, sequence: u32, state: State) -> Outcome<'_> {
    let submitted = state != State::Accepted;
    Outcome {
        message: Cow::Borrowed("123456"),
        sequence,
        agency: Cow::Borrowed(agency),
        event: Cow::Borrowed("01JD8Z6Q4T0000000000000001"),
        application: Cow::Borrowed("48120973"),
        state,
        reason: None,
        until: None,
        code: (state == State::Delivered).then_some(Cow::Borrowed("DELIVRD")),
        by: None,
        operator: submitted.then_some(Cow::Borrowed("bench")),
        segments: submitted.then_some(1),
        attempts: u32::from(submitted),
        repeats: 0,
        at: UnixMillis(1_795_407_300_000),
        traceparent: None,
        tracestate: None,
    }
}

fn single(outcome: &Outcome<'_>) -> Bytes {
    let mut body = Vec::new();
    outcome.write(&mut body);
    body.into()
}

fn array(each: &[Outcome<'_>], size: usize) -> Bytes {
    let mut body = Vec::new();
    write_batch(each.iter().cycle().take(size), &mut body);
    body.into()
}

const PERSISTENT: u8 = 2;

#[cfg(test)]
mod tests {
    use xabar_events::read_outcomes;

    use super::*;

    fn outcomes(agencies: u32, batch: usize, progress: Progress) -> Vec<(String, usize)> {
        let agencies: Vec<String> = (0..agencies).map(|at| format!("a{at}")).collect();
        let messages = Outcomes::make(&agencies, batch).messages(progress);
        let told = |message: &Publication| read_outcomes(&message.body).unwrap().len();
        messages
            .iter()
            .map(|message| (message.routing_key.to_string(), told(message)))
            .collect()
    }

    const PROGRESS: Progress = Progress {
        accepted: 2,
        submitted: 1,
        delivered: 2,
    };

    #[test]
    fn outcomes_are_told_one_by_one_or_in_batches_of_an_agency() {
        let expected = [
            ("a0.accepted", 1),
            ("a1.accepted", 1),
            ("a0.submitted", 1),
            ("a1.delivered", 1),
            ("a0.delivered", 1),
        ];
        let expected = expected.map(|(key, count)| (key.to_owned(), count));
        assert_eq!(outcomes(2, 1, PROGRESS), expected);
        let expected = [("a0.batch", 2), ("a0.batch", 1), ("a1.batch", 2)];
        let expected = expected.map(|(key, count)| (key.to_owned(), count));
        assert_eq!(outcomes(2, 2, PROGRESS), expected);
        assert_eq!(outcomes(100, 100, PROGRESS).len(), 5);
        assert_eq!(outcomes(1, 100, PROGRESS).len(), 1);
    }

    /// A header, 50 octets of mandatory fields besides the text, and `user_message_reference`.
    #[test]
    fn a_submit_sm_is_as_long_as_the_gateways() {
        let octets = submit_sm(&"x".repeat(100)).unwrap();
        assert_eq!(octets.len(), 16 + 50 + 100 + 6);
    }
}
