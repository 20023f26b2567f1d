//! What leads elsewhere, and what only looks so.

use super::*;

mod by_right;
mod calls;
mod letters;
mod links;
