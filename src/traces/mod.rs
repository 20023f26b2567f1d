//! Traces: the stages of some messages' lives, told to a collector over OpenTelemetry's protocol (OTLP/HTTP).
//!
//! In: [`Stage`]s that are over, of messages that [`Sampling`] chooses, after the commit that made them true. Out: spans,
//! in requests of binary Protobuf. A stage that finds no room is dropped and counted: nothing waits for a collector.
//! No number and no text is in a span.

mod collector;
mod counts;
mod export;
mod protobuf;
mod queue;
mod sampling;
mod span;
mod stage;
#[cfg(test)]
mod tests;

pub use collector::{Collector, Url};
pub use counts::{Counts, Fate};
pub use export::{Export, Sink, start};
pub use sampling::{Sampling, TraceId};
pub use stage::{Answer, Stage, What};
