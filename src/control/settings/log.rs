//! `[log]`: how much the gateway tells, and in which form.

use tracing_subscriber::EnvFilter;

use super::reading::{Cell, Table};
use super::values::{matching, named};

/// `[log]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// `error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,xabar::delivery=debug`.
    pub level: String,
    pub format: LogFormat,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for a log collector.
    Json,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            level: "info".to_owned(),
            format: LogFormat::default(),
        }
    }
}

pub(super) fn log(root: &mut Table<'_>) -> LogSettings {
    root.or("log", LogSettings::default(), |cell: &Cell<'_>| {
        cell.table(read)
    })
}

fn read(table: &mut Table<'_>) -> Option<LogSettings> {
    let default = LogSettings::default();
    Some(LogSettings {
        level: table.or("level", default.level, level),
        format: table.or("format", default.format, format),
    })
}

fn level(cell: &Cell<'_>) -> Option<String> {
    let right = "choose from error, warn, info, debug and trace, for a part of the program as in \"info,xabar::delivery=debug\"";
    matching(right, |text| !text.is_empty() && filter(text).is_some())(cell)
}

/// What a level lets through, if it is one. The parser panics on some texts beyond ASCII, which no level has.
pub fn filter(level: &str) -> Option<EnvFilter> {
    let level = Some(level).filter(|level| level.is_ascii());
    level.and_then(|level| EnvFilter::try_new(level).ok())
}

fn format(cell: &Cell<'_>) -> Option<LogFormat> {
    named(&[("text", LogFormat::Text), ("json", LogFormat::Json)])(cell)
}
