//! What a state and its reason mean, in a sentence for the person at the phone.

use xabar_events::{Reason, State};

/// Why the message is in this state; without a reason, what the state means.
pub(super) fn sentence(state: State, reason: Option<Reason>) -> &'static str {
    match reason {
        Some(Reason::Uncertain) if state == State::Unknown => {
            "It was sent, no answer came, and it was not sent again."
        }
        Some(reason) => of_reason(reason),
        None => of_state(state),
    }
}

fn of_state(state: State) -> &'static str {
    match state {
        State::Accepted => "It is in the journal: it will not be lost.",
        State::Deferred => "It waits.",
        State::Submitted => "The operator accepted all of it.",
        State::Delivered => "It is on the subscriber's phone.",
        State::Failed => "It did not reach the subscriber.",
        State::Expired => "Its time ran out.",
        State::Cancelled => "It was withdrawn.",
        State::Superseded => "A newer status of the application went instead.",
        State::Suppressed => "A rule says not to send it.",
        State::Unknown => "Nobody told what became of it.",
    }
}

fn of_reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Scheduled => "The agency wants it sent later (`notBefore`).",
        Reason::SubscriberLimit => "The subscriber got as many messages as the limit allows.",
        Reason::QuietHours => {
            "It waits for the subscriber's night to end, and then for its own moment of the `release` after it."
        }
        Reason::OperatorDown => "No session with the operator is up, or none that works.",
        Reason::Throttled => "The operator asked for fewer messages.",
        Reason::Retry => "The operator could not take it, so it is tried again.",
        Reason::Uncertain => {
            "It was sent and no answer came: a late answer or a receipt may still settle it."
        }
        Reason::AgencyQuota => "The agency sent as much as its quota allows.",
        Reason::BulkWindow => {
            "Bulk messages go at other hours; then it waits for its own moment of the `release`."
        }
        Reason::Paused => "Staff paused sending.",
        Reason::NoRoute => "No configured operator carries numbers with this prefix.",
        Reason::Refused => "The operator refused it for good.",
        Reason::Undelivered => "The operator could not deliver it.",
        Reason::Attempts => "It was tried as often as allowed.",
        Reason::Partial => "A part of the text failed after another was accepted.",
        Reason::Deadline => "It could not be sent before it expired.",
        Reason::Operator => "The operator held it until it expired.",
        Reason::Event => "The agency withdrew it.",
        Reason::Staff => "Staff withdrew it.",
        Reason::Erased => "The subscriber's data was erased.",
        Reason::NewerStatus => "A newer status of the application went instead.",
        Reason::OptedOut => "The subscriber asked for no messages.",
        Reason::Blocked => "The number is on the list of those that get none.",
        Reason::Reassigned => "The number belongs to somebody else now.",
        Reason::Stale => "A newer status of the application had already been sent.",
        Reason::NoTemplate => "There is no text for this service and status.",
        Reason::NoReceipt => "The operator accepted it, and its receipt never came.",
        Reason::NoReceipts => "The operator accepted it, and gives no receipts.",
    }
}
