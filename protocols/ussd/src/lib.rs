//! USSD: what phones and services say to each other, over SMPP and over HTTP.
//!
//! - [`Said`] and [`Shown`]: one step of a dialogue, from either side.
//! - [`Dialect`]: how one operator's gateway writes a step into a `deliver_sm`, and wants the answer as a
//!   `submit_sm`.
//! - [`form`]: the same as aggregators send it over HTTP.
//! - [`Screen`]: what a phone shows at once. USSD has no segments: a text that does not fit is shown page by page,
//!   and [`break_page`] says where one ends.
//!
//! Texts are encoded as for SMS, see [`xabar_sms`]. Pure: no sockets, no clocks; nothing that is received can
//! panic.

#![warn(missing_docs)]

mod dialect;
mod dialogue;
pub mod form;
mod screen;

pub use dialect::{
    CodePlace, Dialect, Marks, NAMES, OtherOps, SessionPlace, Step, Unfit, is_ussd,
    with_code_dialled, with_code_of,
};
pub use dialogue::{Said, SessionKey, Shown, Wanted};
pub use screen::{Screen, break_page, len_that_fits};
