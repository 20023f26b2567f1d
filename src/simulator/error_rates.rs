//! Which errors the SMSC answers with, and how often.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use xabar_smpp::Status;

use super::share::Share;

/// Shares of messages refused with a status: `0x08=0.01,ESME_RTHROTTLED=2%`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ErrorRates {
    rates: Vec<(Status, Share)>,
}

/// What is wrong with the text of error rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoErrorRates {
    /// One part is no status with a share.
    #[error("an error rate is written as 0x08=0.01 or ESME_RSYSERR=1%, several with commas")]
    Form,
    /// More errors than messages.
    #[error("the error rates add up to more than 1")]
    Sum,
}

impl ErrorRates {
    /// The status that a number drawn evenly from 0 to 1 falls on; none if the message is taken.
    pub(super) fn pick(&self, drawn: f64) -> Option<Status> {
        let mut below = 0.0;
        self.rates.iter().find_map(|(status, share)| {
            below += share.value();
            (drawn < below).then_some(*status)
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rates.is_empty()
    }
}

impl FromStr for ErrorRates {
    type Err = NoErrorRates;

    fn from_str(text: &str) -> Result<Self, NoErrorRates> {
        let parts = text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        let rates: Vec<_> = parts.map(rate).collect::<Result<_, _>>()?;
        let sum: f64 = rates.iter().map(|(_, share)| share.value()).sum();
        if sum > 1.0 {
            return Err(NoErrorRates::Sum);
        }
        Ok(Self { rates })
    }
}

fn rate(text: &str) -> Result<(Status, Share), NoErrorRates> {
    let (code, share) = text.split_once('=').ok_or(NoErrorRates::Form)?;
    let status = status(code.trim()).ok_or(NoErrorRates::Form)?;
    let share = share.parse().map_err(|_| NoErrorRates::Form)?;
    Ok((status, share))
}

/// A status by its name, or by its number in hexadecimal after `0x` or in decimal; never ROK.
fn status(text: &str) -> Option<Status> {
    let number = || match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    };
    let status = Status::from_name(text).or_else(|| number().map(Status))?;
    (!status.is_ok()).then_some(status)
}

impl TryFrom<String> for ErrorRates {
    type Error = NoErrorRates;

    fn try_from(text: String) -> Result<Self, NoErrorRates> {
        text.parse()
    }
}

impl From<ErrorRates> for String {
    fn from(rates: ErrorRates) -> Self {
        rates.to_string()
    }
}

impl fmt::Display for ErrorRates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (status, share)) in self.rates.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{status}={share}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_by_number_and_by_name() {
        let rates: ErrorRates = "0x08=0.01, ESME_RTHROTTLED=2%,1025=0.5".parse().unwrap();
        assert_eq!(
            rates.to_string(),
            "ESME_RSYSERR=0.01,ESME_RTHROTTLED=0.02,0x00000401=0.5"
        );
        assert_eq!(rates.to_string().parse(), Ok(rates.clone()));
        assert_eq!(rates.pick(0.009), Some(Status::RSYSERR));
        assert_eq!(rates.pick(0.02), Some(Status::RTHROTTLED));
        assert_eq!(rates.pick(0.52), Some(Status(0x401)));
        assert_eq!(rates.pick(0.54), None);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for wrong in ["0x08", "0x08=2", "0=0.1", "ESME_ROK=0.1", "soon=0.1"] {
            assert_eq!(
                wrong.parse::<ErrorRates>(),
                Err(NoErrorRates::Form),
                "{wrong}"
            );
        }
        assert_eq!("8=0.6,9=0.6".parse::<ErrorRates>(), Err(NoErrorRates::Sum));
        assert!("".parse::<ErrorRates>().unwrap().is_empty());
    }
}
