//! Colour for people who want it.

use std::fmt::Display;
use std::io::IsTerminal;

use super::settings::Environment;

/// Whether what is written there is seen by a person who did not say `NO_COLOR`.
pub fn colour_wanted(stream: &impl IsTerminal, environment: &Environment) -> bool {
    // https://no-color.org: any value counts, unless it is empty.
    let refused = environment
        .get("NO_COLOR")
        .is_some_and(|value| !value.is_empty());
    stream.is_terminal() && !refused
}

/// How a word is to stand out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Bold,
    Dim,
    Green,
    Yellow,
    Red,
}

/// A word in a style, or plain.
pub(super) fn styled(word: impl Display, style: Style, colour: bool) -> String {
    let code = match style {
        Style::Bold => 1,
        Style::Dim => 2,
        Style::Green => 32,
        Style::Yellow => 33,
        Style::Red => 31,
    };
    if colour {
        format!("\x1b[{code}m{word}\x1b[0m")
    } else {
        word.to_string()
    }
}
