//! The USSD dialogues under way: which phone is where in the menus, and for how long that is remembered.
//!
//! In: what phones say, the time. Out: the [`Turn`] that it is: begin, answer, show again, or nothing; and the phones
//! that were not answered on in time. Where a menu leads is not known here: a dialogue's place in it is kept as it is
//! given. No IO and no clock.
//!
//! A phone shows one dialogue at a time, so one is kept of each phone and operator. What a phone says of another
//! is of one that is forgotten.

mod counts;
mod dialogue;
mod looks;
mod sessions;
#[cfg(test)]
mod tests;

pub use counts::{Allowance, Counts};
pub use sessions::{Phone, Sessions, Times, Turn};
