//! The gateway from end to end: a real RabbitMQ, real sockets, faults.
//!
//! All of it is one binary, whose tests share one RabbitMQ node and run side by side.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod access;
mod api;
mod binds;
mod broker_restart;
mod dialogue;
mod intake;
mod limits;
mod links;
mod main_job;
mod metrics;
mod misbehaviour;
mod outage;
mod outcome;
mod peers;
mod privacy;
mod publish;
mod reload;
mod restart;
mod routing;
mod startup;
mod steering;
mod support;
mod suppressed;
mod tls;
mod traces;
mod tuning;
mod ussd;
mod wire;
