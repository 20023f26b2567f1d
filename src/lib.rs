//! Xabar: a citizen's application changes status, and one short message reaches their phone.
//!
//! The rooms stand in the order in which a message flows through them. Each hands on to the
//! next; the pipeline carries messages between them, and the gateway puts it all together.

pub mod intake;

pub mod lookup;

pub mod journal;

pub mod numbers;
pub mod pacing;

pub mod compose;

pub mod delivery;
pub mod dialogue;

pub mod outcome;

// What crosses the rooms.
pub mod broker;
pub mod clock;
pub mod control;
pub mod durations;
pub mod gateway;
mod host;
mod http_client;
pub mod pipeline;
pub mod tls;
pub mod traces;
mod watched_file;

#[cfg(test)]
mod log_lines;
#[cfg(test)]
mod scratch;

/// As the program has: a day of a million events is simulated with what it is to run with.
#[cfg(test)]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

// What people start.
pub mod commands;
pub mod private_broker;
pub mod simulator;
