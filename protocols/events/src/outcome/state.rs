//! Where a message stands, and which reasons it may have for that.

use crate::Reason;
use crate::named::named;

named! {
    /// Where a message stands.
    pub enum State {
        /// In the journal.
        Accepted = 1, "accepted";
        /// It waits.
        Deferred = 2, "deferred";
        /// The operator accepted every segment.
        Submitted = 3, "submitted";
        /// Every segment was delivered.
        Delivered = 4, "delivered";
        /// It did not reach the citizen.
        Failed = 5, "failed";
        /// Its time ran out.
        Expired = 6, "expired";
        /// It was withdrawn.
        Cancelled = 7, "cancelled";
        /// A newer status of its application went instead.
        Superseded = 8, "superseded";
        /// Not sent by rule.
        Suppressed = 9, "suppressed";
        /// Its fate was not told.
        Unknown = 10, "unknown";
    }
}

impl State {
    /// Whether this is the end; after [`State::Unknown`] alone one `delivered` or `failed` may
    /// still follow.
    pub const fn is_terminal(self) -> bool {
        !matches!(self, Self::Accepted | Self::Deferred | Self::Submitted)
    }

    /// The reasons that this state may have; where there are any, it has one of them.
    pub const fn reasons(self) -> &'static [Reason] {
        use Reason::*;
        match self {
            Self::Accepted | Self::Submitted | Self::Delivered => &[],
            Self::Deferred => &[
                Scheduled,
                SubscriberLimit,
                QuietHours,
                OperatorDown,
                Throttled,
                Retry,
                Uncertain,
                AgencyQuota,
                BulkWindow,
                Paused,
            ],
            Self::Failed => &[NoRoute, Refused, Undelivered, Attempts, Partial],
            Self::Expired => &[Deadline, Operator],
            Self::Cancelled => &[Event, Staff, Erased],
            Self::Superseded => &[NewerStatus],
            Self::Suppressed => &[OptedOut, Blocked, Reassigned, Stale, NoTemplate],
            Self::Unknown => &[NoReceipt, NoReceipts, Uncertain],
        }
    }

    /// Whether `reason` goes with this state.
    pub fn allows(self, reason: Option<Reason>) -> bool {
        match reason {
            Some(reason) => self.reasons().contains(&reason),
            None => self.reasons().is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_states_are_those_of_the_contract() {
        let terminal: Vec<_> = State::ALL
            .iter()
            .filter(|state| state.is_terminal())
            .map(|state| state.as_str())
            .collect();
        assert_eq!(
            terminal,
            [
                "delivered",
                "failed",
                "expired",
                "cancelled",
                "superseded",
                "suppressed",
                "unknown"
            ]
        );
    }

    #[test]
    fn every_reason_belongs_to_a_state_and_only_uncertain_to_two() {
        for &reason in Reason::ALL {
            let states = State::ALL
                .iter()
                .filter(|state| state.allows(Some(reason)))
                .count();
            assert_eq!(
                states,
                if reason == Reason::Uncertain { 2 } else { 1 },
                "{reason}"
            );
        }
    }

    #[test]
    fn a_state_with_reasons_has_one() {
        assert!(State::Delivered.allows(None));
        assert!(!State::Delivered.allows(Some(Reason::Paused)));
        assert!(!State::Failed.allows(None));
        assert!(State::Failed.allows(Some(Reason::Partial)));
    }
}
