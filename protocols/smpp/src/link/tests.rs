//! Claims about a session over real streams.
