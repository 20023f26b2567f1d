//! How long the SMSC takes for something.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// A fixed time and, evenly spread, up to the jitter more: `20ms`, or `20ms+5ms`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Delay {
    /// What it takes at least.
    pub fixed: Duration,
    /// What it may take on top.
    pub jitter: Duration,
}

/// A delay has to be one time, or two with a plus sign between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a delay is written as 20ms, or as 20ms+5ms for up to 5ms more")]
pub struct NoDelay;

impl Delay {
    /// It takes no time.
    pub const NONE: Self = Self::fixed(Duration::ZERO);

    /// It always takes this long.
    pub const fn fixed(fixed: Duration) -> Self {
        Self {
            fixed,
            jitter: Duration::ZERO,
        }
    }
}

impl FromStr for Delay {
    type Err = NoDelay;

    fn from_str(text: &str) -> Result<Self, NoDelay> {
        let (fixed, jitter) = text.split_once('+').unwrap_or((text, "0s"));
        let time = |text| parse_duration(text).map_err(|_| NoDelay);
        Ok(Self {
            fixed: time(fixed)?,
            jitter: time(jitter)?,
        })
    }
}

impl TryFrom<String> for Delay {
    type Error = NoDelay;

    fn try_from(text: String) -> Result<Self, NoDelay> {
        text.parse()
    }
}

impl From<Delay> for String {
    fn from(delay: Delay) -> Self {
        delay.to_string()
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&show_duration(&self.fixed))?;
        if self.jitter.is_zero() {
            return Ok(());
        }
        write!(f, "+{}", show_duration(&self.jitter))
    }
}

/// Reads `150ms`, `2s`, `1m 30s`.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = "a time is written as 150ms, 2s or 1m 30s";
    let time: SignedDuration = text.trim().parse().map_err(|_| wrong.to_owned())?;
    Duration::try_from(time).map_err(|_| wrong.to_owned())
}

/// Writes a time as [`parse_duration`] reads it.
fn show_duration(duration: &Duration) -> String {
    let time = SignedDuration::try_from(*duration).unwrap_or(SignedDuration::MAX);
    format!("{time:#}")
}

/// A time, in serde's data formats.
pub(super) mod plain {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::show_duration(duration))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::parse_duration(&text).map_err(serde::de::Error::custom)
    }
}

/// A time that may be left out, in serde's data formats.
pub(super) mod optional {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let text = duration.as_ref().map(super::show_duration);
        text.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let duration = text.map(|text| super::parse_duration(&text)).transpose();
        duration.map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_written_as_it_is_read() {
        let table = [
            ("20ms", 20, 0),
            ("20ms+5ms", 20, 5),
            ("1m 30s + 1s", 90_000, 1_000),
            ("0s", 0, 0),
        ];
        for (text, fixed, jitter) in table {
            let delay = Delay {
                fixed: Duration::from_millis(fixed),
                jitter: Duration::from_millis(jitter),
            };
            assert_eq!(text.parse(), Ok(delay), "{text}");
            assert_eq!(delay.to_string().parse(), Ok(delay));
        }
        for wrong in ["", "20", "-1s", "1s+", "soon"] {
            assert_eq!(wrong.parse::<Delay>(), Err(NoDelay), "{wrong}");
        }
    }
}
