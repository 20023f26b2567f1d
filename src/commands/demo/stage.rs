//! Where the demo is seen: a terminal's live picture, or plain lines.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};

use super::plain;
use super::screen::Screen;
use super::state::{Noteworthy, State};
use super::view;
use crate::clock::UnixMillis;
use crate::control::settings::Environment;

pub(super) enum Stage {
    Live(Screen),
    Plain {
        /// When figures were told last.
        figures_at: UnixMillis,
    },
}

/// How often plain lines tell the figures.
const FIGURES_MS: i64 = 1_000;

impl Stage {
    /// Whether standard output is a terminal that can show pictures.
    pub(super) fn can_be_live(environment: &Environment) -> bool {
        io::stdout().is_terminal() && environment.get("TERM") != Some("dumb")
    }

    pub(super) fn live() -> io::Result<Self> {
        let colours = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
        Screen::enter(colours).map(Self::Live)
    }

    pub(super) fn plain() -> Self {
        Self::Plain {
            figures_at: UnixMillis::default(),
        }
    }

    /// Something deserves a look.
    pub(super) fn point_at(&self, state: &State, noteworthy: &Noteworthy) -> io::Result<()> {
        match self {
            Self::Live(_) => Ok(()),
            Self::Plain { .. } => say(&plain::line(state, noteworthy)),
        }
    }

    /// Some time has passed.
    pub(super) fn pass(&mut self, state: &State) -> io::Result<()> {
        match self {
            Self::Live(screen) => screen.show(&view::picture(state, Screen::size())),
            Self::Plain { figures_at } => {
                if state.now.0 - figures_at.0 < FIGURES_MS {
                    return Ok(());
                }
                *figures_at = state.now;
                say(&plain::figures(state))
            }
        }
    }
}

fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}
