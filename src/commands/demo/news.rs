//! What the demo hears of, from all sides.

use xabar_events::{Notification, Outcome};

use crate::delivery::LinkState;
use crate::simulator::Text;

/// Something happened.
#[derive(Debug)]
pub(super) enum News {
    /// An agency is about to publish these.
    Published {
        events: Vec<Notification>,
        again: bool,
    },
    /// The gateway answered a request: so many events are new to it, these ids it knew.
    Answered { new: u64, known: Vec<Box<str>> },
    /// The gateway did not take so many events, or did not say so.
    Unanswered { events: u64, why: String },
    /// An agency is told what became of its event.
    Outcome(Outcome<'static>),
    /// A text appeared on a phone.
    Arrived { operator: String, text: Text },
    /// How an operator's link does, by its place among the operators.
    Link {
        operator: usize,
        state: Box<LinkState>,
    },
    /// The gateway has something to say.
    Logged(String),
}
