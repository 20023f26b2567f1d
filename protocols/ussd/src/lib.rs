//! USSD: the limits of a screen, and longer text in pages.
//!
//! USSD has no segments: a text that does not fit on one screen is shown page by page, each but
//! the last ending in a line such as `0. Next`. Over SMPP the text is encoded as for SMS, see
//! [`xabar_sms`]. Pure: no sockets, no clocks.

#![warn(missing_docs)]

mod screen;

pub use screen::{NoRoom, Pages, Screen};
