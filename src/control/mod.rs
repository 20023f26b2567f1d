//! What people set, see and ask: configuration, logs, HTTP, how the gateway does, and the story of a message.

pub mod check;
pub mod http;
pub mod log;
pub mod metrics;
pub mod readiness;
pub mod settings;
pub mod status;
pub mod story;
mod terminal;

pub use terminal::colour_wanted;
