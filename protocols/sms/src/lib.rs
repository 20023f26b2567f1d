//! The text of a short message: what it costs, and how it travels.
//!
//! - [`gsm7`] and [`ucs2`]: the two encodings, both ways.
//! - [`Encoding`]: which of them a text needs, and which characters force it ([`forced_by`]).
//! - [`DataCoding`] and [`decode`]: reading what came in.
//! - [`count`] and [`segments`]: what a text costs, and its segments on the wire.
//! - [`udh`] and [`Reassembly`]: the header of a segment, and long texts put together again.
//! - [`fold`], [`latin`] and [`candidates`]: cheaper spellings that read the same.
//!
//! Everything is pure: no sockets, no clocks, and nothing that is received can panic.
//!
//! ```
//! use xabar_sms::{Encoding, LanguageRules, cheapest, count};
//!
//! let text = "Arizangiz ko‘rib chiqildi. Javob: my.gov.uz saytida, 5 kun ichida.";
//! assert_eq!(count(text).encoding, Encoding::Ucs2);
//! let long = text.repeat(2);
//! assert_eq!(count(&long).segments, 2);
//! let sent = cheapest(&long, LanguageRules::default());
//! assert_eq!((sent.cost.encoding, sent.cost.segments), (Encoding::Gsm7, 1));
//! ```

#![warn(missing_docs)]

mod change;
mod cost;
mod data_coding;
mod encoding;
pub mod fold;
pub mod gsm7;
pub mod latin;
mod reassembly;
mod segment;
mod spelling;
mod style;
pub mod ucs2;
pub mod udh;

pub use change::Change;
pub use cost::{Cost, count};
pub use data_coding::{Alphabet, Class, DataCoding, DefaultAlphabet, Reading, decode};
pub use encoding::{Encoding, forced_by};
pub use reassembly::{Incomplete, Key, Reassembly, Received};
pub use segment::{
    Concatenation, Header, MAX_SEGMENTS, Segment, SegmentError, Segments, USER_DATA_OCTETS,
    segments,
};
pub use spelling::{
    Candidate, CyrillicAsLatin, How, LanguageRules, candidates, cheapest, in_latin,
};
pub use style::{SeptetForm, Style};
pub use udh::{Concat, UserDataHeader};
