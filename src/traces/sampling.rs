//! Which messages are traced, and under which ids.
//!
//! All of it follows from what a message is called: so it is the same after a restart, nothing has to be kept, and the
//! core needs no chance.

use std::num::NonZeroU64;

use xabar_events::Traceparent;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use crate::journal::Identity;

/// Traced is what its agency traces, and a part of the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sampling {
    /// Of events that bring no trace, one in so many begins one; `None`: none does.
    pub one_in: Option<NonZeroU64>,
}

/// The trace that a message is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceId {
    pub trace: [u8; 16],
    /// The span of the agency's that comes before, if there is one.
    pub before: Option<[u8; 8]>,
    /// The span of the message as a whole.
    pub message: [u8; 8],
}

impl Sampling {
    /// The trace that a message is recorded in, if it is.
    pub fn trace_of(&self, identity: &Identity) -> Option<TraceId> {
        if let Some(context) = &identity.trace {
            let parent = context.parent;
            return parent.is_sampled().then(|| TraceId {
                trace: parent.trace_id(),
                before: Some(parent.parent_id()),
                message: span_of(hash(identity)),
            });
        }
        let (one_in, hash) = (self.one_in?, hash(identity));
        (hash % u128::from(one_in.get()) == 0).then(|| TraceId {
            // Not what it was chosen by: who chooses by a trace's id expects chance in it.
            trace: xxh3_128(&hash.to_be_bytes()).max(1).to_be_bytes(),
            before: None,
            message: span_of(hash),
        })
    }

    /// What the outcomes of a message hand on: where it is traced, they come after its span.
    pub fn handed_on(&self, identity: &Identity) -> Option<Traceparent> {
        let parent = identity.trace.as_ref().map(|context| context.parent);
        match (self.trace_of(identity), parent) {
            (Some(id), Some(parent)) => Some(parent.below(id.message)),
            (Some(id), None) => Traceparent::new(id.trace, id.message, true),
            (None, parent) => parent,
        }
    }
}

fn hash(identity: &Identity) -> u128 {
    let mut hash = Xxh3::new();
    hash.update(identity.key.agency.source().as_bytes());
    hash.update(&[0]);
    hash.update(identity.key.id.as_str().as_bytes());
    hash.update(&identity.id.0.to_be_bytes());
    hash.digest128()
}

fn span_of(hash: u128) -> [u8; 8] {
    ((hash >> 64) as u64).max(1).to_be_bytes()
}
