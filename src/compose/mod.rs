//! Decides what goes out: the words, their language and their spelling.
//!
//! In: the [`News`] of an application. Out: the [`Text`] that the citizen reads, in the
//! cheapest spelling that reads the same. No IO, but for reading the templates at the start.

mod budget;
mod catalog;
mod fallback;
mod news;
mod selection;
mod spelling;
mod template;
mod texts;
mod value;

#[cfg(test)]
mod tests;

pub use catalog::{Catalog, NoTemplate, Text};
pub use news::News;
pub use texts::{LONGEST_NUMBER, Listed, LongestAnswer};
pub use value::Unfit;
#[cfg(test)]
pub(crate) use value::is_nothing;
pub(crate) use value::{application, without_doubled_sign, without_sign};
