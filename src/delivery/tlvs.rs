//! Whether submissions to an operator carry TLVs.
//!
//! An SMSC should pass over a TLV that it does not know (SMPP 3.4, 3.3), but some refuse the message
//! for it, with one of the statuses 0xC0 to 0xC4. That says nothing of the message: it goes
//! again without, and so does all that follows, unless it is refused just so without them: then it was not for them, and they
//! are put on again. `ESME_RMISSINGTLV` is never for those that are there. Which version it says that it speaks, or that it says none, decides
//! nothing: many take TLVs all the same.

use rustc_hash::FxHashSet;
use xabar_smpp::Status;

/// What is known of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tlvs {
    /// Nobody said that it takes none: neither the configuration nor the operator itself.
    Used,
    /// It refused a message for them, or so it seems: none was taken without yet.
    Refused,
    /// It takes none.
    Unused,
    /// It refuses messages without them as well: what it says of TLVs it says of the message.
    Kept,
}

/// What an answer says of TLVs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnTlvs {
    Nothing,
    /// They are refused rather than the submission, for the first time.
    Refused,
    /// The same, which is known.
    RefusedAsBefore,
    /// Going without changed nothing.
    InVain,
}

/// What the submissions of one session carry.
#[derive(Debug, Default)]
pub(super) struct Carried {
    /// TLVs, while the operator is not known to take none.
    tlvs: bool,
    /// Written without since then and not answered: what the operator says of these, it says of the message.
    without: FxHashSet<u64>,
}

impl Tlvs {
    pub(super) fn new(used: bool) -> Self {
        if used { Self::Used } else { Self::Unused }
    }

    /// What a session carries from its bind on.
    pub(super) fn bound(self) -> Carried {
        Carried {
            tlvs: self != Self::Unused,
            without: FxHashSet::default(),
        }
    }

    /// Whether the submission that is written now carries TLVs.
    pub(super) fn written(self, session: &mut Carried, token: u64) -> bool {
        let carries = session.tlvs && matches!(self, Self::Used | Self::Kept);
        if session.tlvs && !carries {
            session.without.insert(token);
        }
        carries
    }

    /// Notes what an answer to a submission of this session says.
    pub(super) fn answered(&mut self, session: &mut Carried, token: u64, status: Status) -> OnTlvs {
        let without = !session.without.is_empty() && session.without.remove(&token);
        let is_of_tlvs = matches!(status.0, 0xC0..=0xC4);
        match (without, is_of_tlvs) {
            (true, true) if *self == Self::Refused => {
                *self = Self::Kept;
                OnTlvs::InVain
            }
            (true, false) if *self == Self::Refused && status.is_ok() => {
                *self = Self::Unused;
                OnTlvs::Nothing
            }
            (false, true) if session.tlvs && status != Status::RMISSINGTLV => match self {
                Self::Used => {
                    *self = Self::Refused;
                    OnTlvs::Refused
                }
                Self::Refused | Self::Unused => OnTlvs::RefusedAsBefore,
                Self::Kept => OnTlvs::Nothing,
            },
            _ => OnTlvs::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: Status = Status(0xC1);

    #[test]
    fn what_was_refused_for_its_tlvs_goes_without_and_only_once() {
        let mut tlvs = Tlvs::new(true);
        let mut session = tlvs.bound();
        assert!(tlvs.written(&mut session, 1) && tlvs.written(&mut session, 2));
        assert_eq!(tlvs.answered(&mut session, 1, REFUSED), OnTlvs::Refused);
        assert!(!tlvs.written(&mut session, 1) && !tlvs.written(&mut session, 3));
        let carried_some = tlvs.answered(&mut session, 2, Status(0xC4));
        assert_eq!(carried_some, OnTlvs::RefusedAsBefore);
        assert_eq!(tlvs.answered(&mut session, 3, Status::ROK), OnTlvs::Nothing);
        let of_the_message = tlvs.answered(&mut session, 1, REFUSED);
        assert_eq!(of_the_message, OnTlvs::Nothing);
        assert!(!tlvs.written(&mut session, 4));
    }

    #[test]
    fn where_going_without_changes_nothing_they_are_put_on_again() {
        let mut tlvs = Tlvs::new(true);
        let mut session = tlvs.bound();
        assert!(tlvs.written(&mut session, 1) && tlvs.written(&mut session, 2));
        assert_eq!(tlvs.answered(&mut session, 1, REFUSED), OnTlvs::Refused);
        let mut another = tlvs.bound();
        assert!(!tlvs.written(&mut another, 1));
        assert_eq!(tlvs.answered(&mut another, 1, REFUSED), OnTlvs::InVain);
        assert_eq!(tlvs.answered(&mut session, 2, REFUSED), OnTlvs::Nothing);
        for session in [&mut session, &mut another] {
            assert!(tlvs.written(session, 3));
            let of_the_message = tlvs.answered(session, 3, REFUSED);
            assert_eq!(of_the_message, OnTlvs::Nothing);
        }
    }

    #[test]
    fn other_statuses_and_sessions_without_tlvs_are_left_alone() {
        let (mut with, mut without) = (Tlvs::new(true), Tlvs::new(false));
        let mut session = without.bound();
        assert!(!without.written(&mut session, 1));
        assert_eq!(without.answered(&mut session, 1, REFUSED), OnTlvs::Nothing);
        let mut session = with.bound();
        let statuses = [
            Status::ROK,
            Status(0xBF),
            Status(0xC5),
            Status::RTHROTTLED,
            Status::RMISSINGTLV,
        ];
        for status in statuses {
            assert!(with.written(&mut session, 1));
            let answered = with.answered(&mut session, 1, status);
            assert_eq!(answered, OnTlvs::Nothing, "{status}");
        }
    }
}
