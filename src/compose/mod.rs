//! Decides what goes out: the words, their language and their spelling.
//!
//! In: what an event says of an application. Out: the [`Text`] that the citizen reads, in the
//! cheapest spelling that reads the same. No IO, but for reading the templates at the start.

mod catalog;
mod fallback;
mod template;
mod texts;
mod value;

#[cfg(test)]
mod tests;

pub use catalog::{Catalog, NoTemplate, Text};
pub use texts::Listed;
