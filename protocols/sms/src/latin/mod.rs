//! The spellings in Latin letters of GSM 03.38 that readers of a language know.
//!
//! Unlike [`crate::fold`] these change how a text looks, so they serve only where a language asks
//! for them ([`crate::LanguageRules`]).

mod ascii;
mod karakalpak;
mod plain;
mod uzbek;

pub use ascii::{ASCII, in_ascii};
pub(crate) use karakalpak::is_karakalpak_cyrillic;
pub use karakalpak::karakalpak_apostrophes;
pub(crate) use plain::plain;
pub use plain::{PLAIN, plain_letters};
pub use uzbek::uzbek_latin;
