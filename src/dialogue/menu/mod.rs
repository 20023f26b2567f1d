//! The USSD menus: what a screen says, and where each answer leads.
//!
//! In: what was dialled or typed, and what the journal knows. Out: a [`Step`]: a screen, the last one, or a
//! [`Question`] to be answered first. What is kept between two steps is a [`Place`]. No IO, no clock, and no
//! journal.

mod place;
mod step;

pub use place::Place;
pub use step::{About, Application, Facts, Question, Sms, Step};
