//! What people set, see and ask: configuration, logs, HTTP, who may do what there, how the gateway does, the story of a message, and what would be if
//! something were set otherwise.

pub mod access;
pub mod audit;
pub mod books;
pub mod check;
pub mod http;
pub mod known;
pub mod log;
pub mod metrics;
mod private_file;
pub mod readiness;
pub mod reload;
mod schema;
pub mod settings;
pub mod standing;
pub mod status;
pub mod story;
mod terminal;
pub mod what_if;

pub use terminal::colour_wanted;
