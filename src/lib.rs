//! Xabar: a citizen's application changes status, and one short message reaches their phone.
//!
//! The rooms stand in the order in which a message flows through them. Each hands on to the
//! next; `pipeline` carries messages between them.

pub mod compose;
pub mod delivery;
pub mod intake;
pub mod journal;
pub mod outcome;
pub mod pacing;

pub mod clock;
pub mod commands;
pub mod control;
pub mod pipeline;
pub mod simulator;
