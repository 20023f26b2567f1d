//! How large a part of all messages something happens to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// From 0, never, to 1, always. Written as `0.01` or as `1%`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "f64")]
pub struct Share(f64);

/// As it stands in JSON.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "a share is written as 0.01 or \"1%\", between 0 and 1"
)]
enum Written {
    Number(f64),
    Text(String),
}

impl TryFrom<Written> for Share {
    type Error = NoShare;

    fn try_from(written: Written) -> Result<Self, NoShare> {
        match written {
            Written::Number(share) => share.try_into(),
            Written::Text(share) => share.parse(),
        }
    }
}

/// A share has to lie between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a share is written as 0.01 or 1%, between 0 and 1")]
pub struct NoShare;

impl Share {
    /// It never happens.
    pub const NEVER: Self = Self(0.0);
    /// It always happens.
    pub const ALWAYS: Self = Self(1.0);

    pub(super) fn value(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Share {
    type Error = NoShare;

    fn try_from(share: f64) -> Result<Self, NoShare> {
        if (0.0..=1.0).contains(&share) {
            Ok(Self(share))
        } else {
            Err(NoShare)
        }
    }
}

impl From<Share> for f64 {
    fn from(share: Share) -> Self {
        share.0
    }
}

impl FromStr for Share {
    type Err = NoShare;

    fn from_str(text: &str) -> Result<Self, NoShare> {
        let (number, unit) = match text.trim().strip_suffix('%') {
            Some(percent) => (percent, 0.01),
            None => (text.trim(), 1.0),
        };
        let number: f64 = number.trim().parse().map_err(|_| NoShare)?;
        Self::try_from(number * unit)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_fraction_or_a_percentage() {
        assert_eq!("0.25".parse(), Ok(Share(0.25)));
        assert_eq!("25%".parse(), Ok(Share(0.25)));
        assert_eq!("100 %".parse(), Ok(Share::ALWAYS));
        for wrong in ["", "1.1", "-0.1", "101%", "NaN", "half"] {
            assert_eq!(wrong.parse::<Share>(), Err(NoShare), "{wrong}");
        }
    }

    #[test]
    fn json_may_write_it_as_flags_do() {
        for json in ["0.25", r#""0.25""#, r#""25%""#] {
            assert_eq!(serde_json::from_str::<Share>(json).unwrap(), Share(0.25));
        }
        assert_eq!(serde_json::to_string(&Share(0.25)).unwrap(), "0.25");
        for json in ["2", r#""101%""#, "true"] {
            let error = serde_json::from_str::<Share>(json).unwrap_err();
            assert!(
                error.to_string().starts_with("a share is written as"),
                "{error}"
            );
        }
    }
}
