//! Brings the gateway's warnings into the picture, which they would tear on standard error.

use std::io;

use tokio::sync::mpsc;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use super::news::News;
use crate::broker::may_be_logged;
use crate::commands::Failure;
use crate::control::log::{self, LogError};
use crate::control::settings::{Environment, LogSettings, filter};

/// What is said unless `XABAR_LOG` asks for more.
const LEVEL: &str = "warn";

/// Warnings go to standard error.
pub(super) fn to_standard_error(environment: &Environment) -> Result<(), Failure> {
    let settings = LogSettings {
        level: LEVEL.to_owned(),
        ..LogSettings::default()
    };
    let started = log::start(&settings, environment);
    started.map(drop).map_err(not_started)
}

/// Warnings become news.
pub(super) fn to_news(environment: &Environment, news: mpsc::Sender<News>) -> Result<(), Failure> {
    let level = environment.get("XABAR_LOG").unwrap_or(LEVEL);
    let filter = filter(level).ok_or_else(|| not_started(LogError::Level))?;
    let lines = fmt::layer()
        .with_ansi(false)
        .with_target(false)
        .without_time()
        .with_writer(Lines(news));
    tracing_subscriber::registry()
        .with(filter)
        .with(lines.with_filter(filter_fn(may_be_logged)))
        .try_init()
        .map_err(not_started)
}

fn not_started(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
    Failure::caused("cannot start the log", cause)
}

#[derive(Clone)]
struct Lines(mpsc::Sender<News>);

/// Each event of the log is written at once.
impl io::Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let text = text.trim().replace(char::is_control, " ");
        // Whoever logs is not held up: while the picture is behind, lines are left out.
        drop(self.0.try_send(News::Logged(text)));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
