//! What people set, see and ask: configuration, logs, HTTP.

pub mod settings;
