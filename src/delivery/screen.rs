//! A screen of a USSD dialogue on its way to a phone.
//!
//! It stands in no journal: a phone waits for it now, and a lost one is lost. Whoever dials again is where they
//! were.

use std::time::{Duration, Instant};

use xabar_smpp::Frame;

use super::{Answer, SessionKey};

/// The `submit_sm` that answers a step of a dialogue.
#[derive(Clone, Debug)]
pub struct Screen {
    /// When it was decided on.
    pub decided: Instant,
    /// The session that brought the step, on which it goes back if there is room.
    pub session: SessionKey,
    /// The number of that step; `None`: it was answered before.
    pub step: Option<u32>,
    /// Whether a phone waits for it. That of a citizen who did not answer may have been left by the network long ago:
    /// that it is not shown is nothing to tell.
    pub awaited: bool,
    pub frame: Frame,
}

impl Screen {
    /// Whether it is for one of the steps that these answers are to.
    pub(super) fn answers_any(&self, answers: &[Answer]) -> bool {
        let is_of = |it: &Answer| Some(it.sequence_number) == self.step;
        answers.iter().any(is_of)
    }
}

/// Nobody looks at a phone for longer: what could not be written by then is dropped.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How an SMPP session knows a screen. No message has so high a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ScreenToken(u64);

impl ScreenToken {
    const MARK: u64 = 1 << 63;
    /// Of one that a phone waits for.
    const AWAITED: u64 = 1 << 62;

    pub(super) fn new(number: u64, awaited: bool) -> Self {
        let awaited = if awaited { Self::AWAITED } else { 0 };
        Self(number & !Self::AWAITED | awaited | Self::MARK)
    }

    /// Whether a request's token is that of a screen.
    pub(super) fn is(token: impl Into<u64>) -> bool {
        token.into() & Self::MARK != 0
    }

    /// Whether it is that of a screen that a phone waits for.
    pub(super) fn is_awaited(token: impl Into<u64>) -> bool {
        let both = Self::MARK | Self::AWAITED;
        token.into() & both == both
    }
}

impl From<ScreenToken> for u64 {
    fn from(token: ScreenToken) -> Self {
        token.0
    }
}

#[cfg(test)]
mod tests {
    use xabar_smpp::Status;
    use xabar_smpp::pdu::{Body, Pdu, SubmitSm};

    use super::super::Token;
    use super::*;
    use crate::journal::MessageId;

    #[test]
    fn a_screen_of_no_step_answers_none_even_if_its_number_is_0() {
        let numbered = |number| {
            let pdu = Pdu::new(number, Body::DeliverSm(SubmitSm::default()));
            pdu.to_frame().unwrap()
        };
        let answers = |step, number| {
            let screen = Screen {
                decided: crate::clock::instant(),
                session: SessionKey::default(),
                step,
                awaited: true,
                frame: numbered(1),
            };
            screen.answers_any(&[Answer::to(&numbered(number), Status::ROK)])
        };
        assert!(answers(Some(0), 0) && answers(Some(7), 7));
        assert!(!answers(None, 0) && !answers(Some(7), 0));
    }

    #[test]
    fn no_segment_of_a_message_is_taken_for_a_screen() {
        let token = Token {
            message: MessageId((1 << 47) - 1),
            segment: u8::MAX,
            attempt: u8::MAX,
        };
        assert!(!ScreenToken::is(token) && !ScreenToken::is_awaited(token));
        for awaited in [true, false] {
            let screen: u64 = ScreenToken::new(7, awaited).into();
            assert!(ScreenToken::is(screen) && ScreenToken::is(Token::from(screen)));
            assert_eq!(ScreenToken::is_awaited(Token::from(screen)), awaited);
        }
    }
}
