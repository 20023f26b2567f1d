//! A screen of a USSD dialogue on its way to a phone.
//!
//! It stands in no journal: a phone waits for it now, and a lost one is lost. Whoever dials again is where they
//! were.

use std::time::{Duration, Instant};

use xabar_smpp::Frame;

use super::SessionKey;

/// The `submit_sm` that answers a step of a dialogue.
#[derive(Clone, Debug)]
pub struct Screen {
    /// When it was decided on.
    pub decided: Instant,
    /// The session that brought the step, on which it goes back if there is room.
    pub session: SessionKey,
    pub frame: Frame,
}

/// Nobody looks at a phone for longer: what could not be written by then is dropped.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How an SMPP session knows a screen. No message has so high a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ScreenToken(u64);

impl ScreenToken {
    const MARK: u64 = 1 << 63;

    pub(super) fn new(number: u64) -> Self {
        Self(number | Self::MARK)
    }

    /// Whether a request's token is that of a screen.
    pub(super) fn is(token: impl Into<u64>) -> bool {
        token.into() & Self::MARK != 0
    }
}

impl From<ScreenToken> for u64 {
    fn from(token: ScreenToken) -> Self {
        token.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::Token;
    use super::*;
    use crate::journal::MessageId;

    #[test]
    fn no_segment_of_a_message_is_taken_for_a_screen() {
        let token = Token {
            message: MessageId((1 << 47) - 1),
            segment: u8::MAX,
            attempt: u8::MAX,
        };
        assert!(!ScreenToken::is(token));
        let screen: u64 = ScreenToken::new(7).into();
        assert!(ScreenToken::is(screen) && ScreenToken::is(Token::from(screen)));
    }
}
