//! What the end-to-end tests share.
//!
//! Each test binary includes all of it and uses a part.
#![allow(dead_code, reason = "every test binary uses a part of this")]
#![allow(unreachable_pub, reason = "the module is private to each test binary")]

pub mod amqp;
pub mod broker;
pub mod certificates;
pub mod collector;
pub mod config;
pub mod events;
pub mod foreign;
pub mod gateway;
pub mod kept;
pub mod listener;
pub mod phone;
pub mod screen;
pub mod stalls;
pub mod world;

use std::time::Duration;

/// Waits for what should come soon, and fails if it does not.
pub async fn soon<T>(what: &str, coming: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), coming)
        .await
        .unwrap_or_else(|_| panic!("{what} did not come within 30 s"))
}
