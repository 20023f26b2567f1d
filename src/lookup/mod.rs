//! Asks a service over HTTP who carries a number, for messages on their way from intake to the pipeline.
//!
//! In: batches, in order. Out: the same batches in the same order, each with the operators of its numbers as far as they
//! are known by then. A batch waits no longer than one answer may take, and for a service that does not answer, not at
//! all. It is not yet in the journal meanwhile, nor acknowledged.

mod answer;
mod breaker;
mod cache;
mod client;
mod counts;
mod desk;
mod stage;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use answer::Naming;
pub use client::{Client, Url};
pub use counts::Counts;
pub use stage::run;

/// What the lookup goes by.
#[derive(Debug)]
pub struct Lookup {
    pub client: Client,
    pub naming: Naming,
    /// How long a batch waits for answers, and an answer may take.
    pub timeout: Duration,
    /// How many answers are remembered.
    pub cache: usize,
    /// For how long.
    pub keep: Duration,
}

/// Questions under way at once, each on a connection of its own.
const MOST_QUESTIONS: usize = 64;
