//! What a refused bind says of us.

use xabar_smpp::Status;

/// Why an SMSC refuses a bind, as far as it can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The `system_id` or the password is wrong.
    Login,
    SystemType,
    /// The login is right, but has as many sessions as the SMSC lets it have.
    TooManySessions,
    /// Any of these, or an address that is not allowed: `ESME_RBINDFAIL` is all that many SMSCs say.
    Unclear,
    /// Nothing that our settings could mend.
    Passing,
}

impl Refusal {
    /// `bound`: how many sessions of the same login are bound.
    pub(super) fn of(status: Status, bound: usize) -> Self {
        match status {
            Status::RINVPASWD | Status::RINVSYSID => Self::Login,
            Status::RINVSYSTYP => Self::SystemType,
            Status::RBINDFAIL if bound > 0 => Self::TooManySessions,
            Status::RBINDFAIL => Self::Unclear,
            _ => Self::Passing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_of_which_other_sessions_are_bound_is_right() {
        for (status, alone, beside_others) in [
            (Status::RINVPASWD, Refusal::Login, Refusal::Login),
            (Status::RINVSYSID, Refusal::Login, Refusal::Login),
            (Status::RINVSYSTYP, Refusal::SystemType, Refusal::SystemType),
            (
                Status::RBINDFAIL,
                Refusal::Unclear,
                Refusal::TooManySessions,
            ),
            (Status::RSYSERR, Refusal::Passing, Refusal::Passing),
        ] {
            assert_eq!(Refusal::of(status, 0), alone, "{status}");
            assert_eq!(Refusal::of(status, 1), beside_others, "{status}");
        }
    }
}
