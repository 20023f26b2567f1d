//! The way in: bytes from RabbitMQ and HTTP become notifications, or a reason to reject them.
//!
//! Both sources hand [`Batch`]es to the pipeline and answer their peers only when the reply
//! says that the journal has them.

pub mod amqp;
mod counts;
pub mod http;

use std::time::Instant;

use tokio::sync::{mpsc, oneshot};
use xabar_events::{Event, Msisdn, RejectReason, Rejection};

pub use counts::{Refusals, Way};

use crate::clock::instant;
use crate::journal::{MessageId, OperatorId};

/// Events that were read together and are to be committed together.
#[derive(Debug)]
pub struct Batch {
    pub events: Vec<Event>,
    /// As long is what they were read from.
    pub octets: usize,
    /// Whose the numbers are, as far as they were looked up.
    pub carriers: Carriers,
    /// When they were read.
    pub read: Instant,
    /// Answered once the batch is in the journal, one verdict an event, in order.
    /// Dropped without an answer if the gateway stops first: then nothing was taken.
    pub reply: oneshot::Sender<Vec<Verdict>>,
}

/// Operators by the numbers that they carry.
pub type Carriers = foldhash::HashMap<Msisdn, OperatorId>;

impl Batch {
    /// As it comes in, of events that are read now and are short.
    pub fn new(events: Vec<Event>, reply: oneshot::Sender<Vec<Verdict>>) -> Self {
        Self {
            events,
            octets: 0,
            carriers: Carriers::default(),
            read: instant(),
            reply,
        }
    }
}

/// What became of an event at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is in the journal under this id; `duplicate` if it was there before.
    Accepted { id: MessageId, duplicate: bool },
    /// A cancellation is noted.
    Cancelled,
}

/// Of an event whose publisher may not speak for its `source`.
fn foreign() -> Rejection {
    let detail = "source should be that of the agency that publishes it";
    Rejection::new(RejectReason::SourceNotAllowed, detail)
}

/// Where intake sends batches. Bounded: while it is full, the sources read no more.
pub type Door = mpsc::Sender<Batch>;
