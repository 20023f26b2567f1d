//! How the steps of phones are written in each dialect of USSD.

use xabar_smpp::Tag;

use super::behaviour::UssdDialect;
use super::message::Message;

/// What a phone does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Dials,
    Answers,
    HangsUp,
    /// It shows what nobody dialled for.
    Shows,
}

impl UssdDialect {
    /// The `service_type` and the `ussd_service_op` of what a phone does.
    pub(super) fn marks(self, step: Step) -> (&'static str, Option<u8>) {
        let op = match (self, step) {
            (Self::ServiceType, Step::Dials) => return ("BR", None),
            (Self::ServiceType, Step::Answers) => return ("CA", None),
            (Self::ServiceType, Step::HangsUp) => return ("AF", None),
            (Self::ServiceType, Step::Shows) => return ("EA", None),
            (_, Step::Dials) => 0x01,
            (_, Step::Answers) => 0x12,
            (Self::Generic, Step::HangsUp) => 0x11,
            (Self::SixD | Self::Mica, Step::HangsUp) => 0x81,
            (_, Step::Shows) => 0x13,
        };
        ("USSD", Some(op))
    }

    /// What names the dialogue of this number.
    pub(super) fn session(self, number: u16) -> Option<(Tag, u16)> {
        match self {
            Self::Generic => Some((Tag::ITS_SESSION_INFO, number << 8)),
            Self::SixD => Some((Tag::ITS_SESSION_INFO, number << 1)),
            Self::Mica => Some((Tag::USER_MESSAGE_REFERENCE, number)),
            Self::ServiceType => None,
        }
    }

    /// What names the dialogue that a push began.
    pub(super) fn session_of(self, push: &Message<'_>) -> Option<(Tag, u16)> {
        let (tag, _) = self.session(0)?;
        Some((tag, push.tlvs.two_octets(tag).ok().flatten()?))
    }
}
