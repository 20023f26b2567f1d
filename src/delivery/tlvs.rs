//! Whether submissions to an operator carry TLVs.
//!
//! An SMSC should pass over a TLV that it does not know (SMPP 3.4, 3.3), but some refuse the message
//! for it, with one of the statuses 0xC0 to 0xC4. That says nothing of the message: it goes
//! again without, and so does all that follows. Which version it says that it speaks, or that it says none, decides
//! nothing: many take TLVs all the same.

use rustc_hash::FxHashSet;
use xabar_smpp::Status;

/// What is known of an operator.
#[derive(Debug)]
pub(super) struct Tlvs {
    /// Nobody said that it takes none: neither the configuration nor the operator itself.
    used: bool,
}

/// What the submissions of one session carry.
#[derive(Debug, Default)]
pub(super) struct Carried {
    /// TLVs, unless the operator has refused them meanwhile.
    tlvs: bool,
    /// Written without since then and not answered: what the operator says of these, it says of the message.
    without: FxHashSet<u64>,
}

impl Tlvs {
    pub(super) fn new(used: bool) -> Self {
        Self { used }
    }

    /// What a session carries from its bind on.
    pub(super) fn bound(&self) -> Carried {
        Carried {
            tlvs: self.used,
            without: FxHashSet::default(),
        }
    }

    /// Whether the submission that is written now carries TLVs.
    pub(super) fn written(&self, session: &mut Carried, token: u64) -> bool {
        if session.tlvs && !self.used {
            session.without.insert(token);
        }
        session.tlvs && self.used
    }

    /// Notes that submissions were refused for their TLVs; whether that is new.
    pub(super) fn refused(&mut self) -> bool {
        std::mem::replace(&mut self.used, false)
    }
}

impl Carried {
    /// Whether an answer refuses the TLVs of a submission rather than the submission.
    pub(super) fn refuses_tlvs(&mut self, token: u64, status: Status) -> bool {
        let without = !self.without.is_empty() && self.without.remove(&token);
        self.tlvs && !without && matches!(status.0, 0xC0..=0xC4)
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
        assert!(session.refuses_tlvs(1, REFUSED));
        assert!(tlvs.refused());
        assert!(!tlvs.written(&mut session, 1));
        assert!(session.refuses_tlvs(2, Status(0xC4)), "it carried some");
        assert!(!tlvs.refused(), "that is known");
        assert!(!session.refuses_tlvs(1, REFUSED), "now it is the message");
    }

    #[test]
    fn other_statuses_and_sessions_without_tlvs_are_left_alone() {
        let (with, without) = (Tlvs::new(true), Tlvs::new(false));
        let mut session = without.bound();
        assert!(!without.written(&mut session, 1));
        assert!(!session.refuses_tlvs(1, REFUSED));
        let mut session = with.bound();
        assert!(with.written(&mut session, 1));
        for status in [Status::ROK, Status(0xBF), Status(0xC5), Status::RTHROTTLED] {
            assert!(!session.refuses_tlvs(1, status), "{status}");
        }
    }

    #[test]
    fn a_session_bound_after_the_refusal_carries_none() {
        let mut tlvs = Tlvs::new(true);
        tlvs.refused();
        let mut session = tlvs.bound();
        assert!(!tlvs.written(&mut session, 1));
        assert!(!session.refuses_tlvs(1, REFUSED));
    }
}
