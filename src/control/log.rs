//! What the gateway tells while it runs: lines for people, or JSON for a collector, on standard error.
//!
//! Keeps the promise that no log shows a full number: an [`xabar_events::Msisdn`] masks itself, and
//! digits that come as text are logged through [`Masked`].

use std::fmt;
use std::io;

use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt as lines, reload};
use xabar_events::Msisdn;

use super::settings::{Environment, LogFormat, LogSettings, filter};
use super::terminal::colour_wanted;
use crate::broker::may_be_logged;

/// Changes the level of a running log.
#[derive(Clone, Debug)]
pub struct LogLevel(reload::Handle<EnvFilter, Registry>);

/// Why a log cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The level is written wrong.
    #[error(
        "XABAR_LOG should be error, warn, info, debug, trace or such as \"info,xabar::delivery=debug\""
    )]
    Level,
    /// This process logs already.
    #[error("the log is started already")]
    Started(#[from] TryInitError),
    /// The log is gone.
    #[error("the level of the log cannot be changed")]
    Gone(#[from] reload::Error),
}

/// Starts the log. `XABAR_LOG` goes before the configured level.
pub fn start(settings: &LogSettings, environment: &Environment) -> Result<LogLevel, LogError> {
    let level = environment.get("XABAR_LOG").unwrap_or(&settings.level);
    let (filter, handle) = reload::Layer::new(filter(level).ok_or(LogError::Level)?);
    let colour = colour_wanted(&io::stderr(), environment);
    let lines = match settings.format {
        LogFormat::Text => lines::layer()
            .with_ansi(colour)
            .with_target(false)
            .with_writer(io::stderr)
            .boxed(),
        LogFormat::Json => lines::layer()
            .json()
            .flatten_event(true)
            .with_writer(io::stderr)
            .boxed(),
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(lines.with_filter(filter_fn(may_be_logged)))
        .try_init()?;
    Ok(LogLevel(handle))
}

impl LogLevel {
    /// Logs by this level from now on.
    pub fn set(&self, level: &str) -> Result<(), LogError> {
        Ok(self.0.reload(filter(level).ok_or(LogError::Level)?)?)
    }
}

/// An address as a peer sent it, shown so that nobody can be called: `998*****4567`, or `***` for
/// what is no international number.
#[derive(Clone, Copy)]
pub struct Masked<'a>(pub &'a str);

impl fmt::Display for Masked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.parse::<Msisdn>() {
            Ok(msisdn) => msisdn.fmt(f),
            Err(_) => f.write_str("***"),
        }
    }
}

impl fmt::Debug for Masked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_masked() {
        for (address, shown) in [
            ("998901234567", "998*****4567"),
            ("+998901234567", "998*****4567"),
            ("0998901234567", "***"),
            ("MyGov", "***"),
            ("", "***"),
        ] {
            assert_eq!(Masked(address).to_string(), shown);
            assert_eq!(format!("{:?}", Masked(address)), shown);
        }
    }

    #[test]
    fn a_wrong_level_is_refused_before_anything_starts() {
        let environment = [("XABAR_LOG", "loud=very")].into_iter().collect();
        let refused = start(&LogSettings::default(), &environment);
        assert!(matches!(refused, Err(LogError::Level)));
    }
}
