//! The contracts as documents: JSON Schema 2020-12 and AsyncAPI 3.0.
//!
//! They stand beside this crate's code as files for other languages to use; tests hold them
//! against the types. Where they differ the code is right in what a schema cannot say: sizes in
//! octets, and a field given twice.

/// Schema of a status change in structured mode.
pub const EVENT: &str = include_str!("../schema/event.schema.json");
/// Schema of a cancellation in structured mode.
pub const CANCEL: &str = include_str!("../schema/cancel.schema.json");
/// Schema of one outcome.
pub const OUTCOME: &str = include_str!("../schema/outcome.schema.json");
/// Exchanges, routing keys, headers and messages. It refers to the schemas by file name.
pub const ASYNCAPI: &str = include_str!("../asyncapi.json");
