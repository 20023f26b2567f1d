//! Drives a session over tokio.
