//! What citizens send in by SMS, and what is answered.
//!
//! In: messages from phones, what the journal knows of the subscriber, the time. Out: what the subscriber
//! chooses, and a [`Reply`]. No IO and no clock: the pipeline asks the journal, keeps the choices and sends
//! the answer. Keeps the promise on opt-outs (R9), and tells nobody of another's applications.

mod desk;
mod fold;
mod keywords;
pub mod menu;
mod mo;
mod numbers;
mod reply;
mod seen;
mod tally;
pub mod ussd;

pub use desk::{Desk, Heard, Written};
pub use fold::folded;
pub use keywords::{Asked, Keyword, Keywords, Named, Wish};
pub use mo::{Mo, is_international};
pub use numbers::of_own_applications;
pub use reply::{Known, Reply, Standing, TEMPLATES, respond, standing_of};
