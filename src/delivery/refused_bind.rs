//! What a refused bind says of us.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use xabar_smpp::Status;
use xabar_smpp::session::Bind;

/// How many sessions of a login are bound at one address, by their kinds: for the log alone.
#[derive(Debug, Default)]
pub(super) struct Bound {
    transmitters: AtomicUsize,
    receivers: AtomicUsize,
    transceivers: AtomicUsize,
}

impl Bound {
    pub(super) fn add(&self, bind: Bind) {
        self.of(bind).fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn remove(&self, bind: Bind) {
        self.of(bind).fetch_sub(1, Ordering::Relaxed);
    }

    /// How many are bound in the same way, and in another.
    pub(super) fn beside(&self, bind: Bind) -> (usize, usize) {
        let count = |bind| self.of(bind).load(Ordering::Relaxed);
        let all = count(Bind::Transmitter) + count(Bind::Receiver) + count(Bind::Transceiver);
        let same = count(bind);
        (same, all.saturating_sub(same))
    }

    fn of(&self, bind: Bind) -> &AtomicUsize {
        match bind {
            Bind::Transmitter => &self.transmitters,
            Bind::Receiver => &self.receivers,
            Bind::Transceiver => &self.transceivers,
        }
    }
}

/// For about so long an SMSC may count a session as bound whose line was cut.
const OLD_SESSIONS: Duration = Duration::from_secs(120);

/// How the binds of one session were answered until now.
#[derive(Debug, Default)]
pub(super) struct Before {
    was_bound: bool,
    /// Since then none was taken.
    refused_since: Option<Instant>,
}

impl Before {
    pub(super) fn bound(&mut self) {
        *self = Self {
            was_bound: true,
            refused_since: None,
        };
    }

    /// A bind is refused; whether it may be for the sake of the session before it, which the SMSC still counts.
    pub(super) fn refused(&mut self, now: Instant) -> bool {
        let since = *self.refused_since.get_or_insert(now);
        self.was_bound && now.duration_since(since) < OLD_SESSIONS
    }
}

/// Why an SMSC refuses a bind, as far as it can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The `system_id` or the password is wrong.
    Login,
    SystemType,
    /// The session was bound before, and the SMSC may count it so still, as after a cut line: it passes.
    OldSessions,
    /// The login is right, but has as many sessions as the SMSC lets it have.
    TooManySessions,
    /// The login is bound the other way and not this: of a pair the SMSC takes the transmitter and not the receiver, or the reverse.
    OneWay,
    /// Any of these, or an address that is not allowed: `ESME_RBINDFAIL` is all that many SMSCs say.
    Unclear,
    /// Nothing that our settings could mend.
    Passing,
}

impl Refusal {
    /// How many sessions of the same login are bound at the same address in the same way, and in another; and whether it may be
    /// for the sake of [old sessions](Before::refused).
    pub(super) fn of(status: Status, (same, others): (usize, usize), may_be_old: bool) -> Self {
        let is_of_login = matches!(
            status,
            Status::RINVPASWD | Status::RINVSYSID | Status::RBINDFAIL
        );
        match status {
            Status::RBINDFAIL if may_be_old => Self::OldSessions,
            _ if is_of_login && same == 0 && others > 0 => Self::OneWay,
            Status::RINVPASWD | Status::RINVSYSID => Self::Login,
            Status::RINVSYSTYP => Self::SystemType,
            Status::RBINDFAIL if same > 0 => Self::TooManySessions,
            Status::RBINDFAIL => Self::Unclear,
            _ => Self::Passing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_of_which_other_sessions_are_bound_is_right_for_their_kind() {
        let one_way = Refusal::OneWay;
        for (status, alone, beside_others, beside_the_other_way) in [
            (Status::RINVPASWD, Refusal::Login, Refusal::Login, one_way),
            (Status::RINVSYSID, Refusal::Login, Refusal::Login, one_way),
            (
                Status::RINVSYSTYP,
                Refusal::SystemType,
                Refusal::SystemType,
                Refusal::SystemType,
            ),
            (
                Status::RBINDFAIL,
                Refusal::Unclear,
                Refusal::TooManySessions,
                one_way,
            ),
            (
                Status::RSYSERR,
                Refusal::Passing,
                Refusal::Passing,
                Refusal::Passing,
            ),
        ] {
            assert_eq!(Refusal::of(status, (0, 0), false), alone, "{status}");
            assert_eq!(
                Refusal::of(status, (1, 1), false),
                beside_others,
                "{status}"
            );
            assert_eq!(
                Refusal::of(status, (0, 2), false),
                beside_the_other_way,
                "{status}"
            );
        }
    }

    #[test]
    fn the_old_session_of_a_cut_line_is_waited_for_before_anything_is_thought_wrong() {
        let start = crate::clock::instant();
        let mut before = Before::default();
        assert!(!before.refused(start), "there is no old one");
        before.bound();
        let refusals = [(10, true), (100, true), (129, true), (130, false)];
        for (second, may_be_old) in refusals {
            let now = start + Duration::from_secs(second);
            assert_eq!(before.refused(now), may_be_old, "{second}");
        }
        before.bound();
        assert!(before.refused(start + Duration::from_secs(500)));
        for beside in [(0, 0), (0, 1), (1, 1)] {
            let refusal = Refusal::of(Status::RBINDFAIL, beside, true);
            assert_eq!(refusal, Refusal::OldSessions);
        }
        let wrong = Refusal::of(Status::RINVPASWD, (0, 0), true);
        assert_eq!(wrong, Refusal::Login);
    }

    #[test]
    fn a_session_counts_for_its_own_kind() {
        let bound = Bound::default();
        for bind in [Bind::Transmitter, Bind::Transmitter, Bind::Receiver] {
            bound.add(bind);
        }
        assert_eq!(bound.beside(Bind::Transmitter), (2, 1));
        bound.remove(Bind::Receiver);
        assert_eq!(bound.beside(Bind::Receiver), (0, 2));
    }
}
