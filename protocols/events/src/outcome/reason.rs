//! Why a message is where it is.

use crate::named::named;

named! {
    /// Why a message is where it is; [`State::reasons`](crate::State::reasons) tells which goes
    /// with which state.
    pub enum Reason {
        /// Its `notBefore` has not come.
        Scheduled = 1, "scheduled";
        /// The subscriber had enough messages for now.
        SubscriberLimit = 2, "subscriber-limit";
        /// It is night where the subscriber lives.
        QuietHours = 3, "quiet-hours";
        /// The operator has no link up.
        OperatorDown = 4, "operator-down";
        /// The operator asks for less.
        Throttled = 5, "throttled";
        /// Once more after a failure.
        Retry = 6, "retry";
        /// Sent, and no answer came.
        Uncertain = 7, "uncertain";
        /// The agency sent its share.
        AgencyQuota = 8, "agency-quota";
        /// Bulk messages have their hours.
        BulkWindow = 9, "bulk-window";
        /// Staff paused sending.
        Paused = 10, "paused";
        /// No operator carries this number.
        NoRoute = 11, "no-route";
        /// The operator refused it for good.
        Refused = 12, "refused";
        /// The operator's receipt says so.
        Undelivered = 13, "undelivered";
        /// It was tried as often as allowed.
        Attempts = 14, "attempts";
        /// A segment failed after another was accepted.
        Partial = 15, "partial";
        /// Its `expires` passed before it went out.
        Deadline = 16, "deadline";
        /// The operator held it until it was too late.
        Operator = 17, "operator";
        /// By the agency's own event.
        Event = 18, "event";
        /// By the gateway's staff.
        Staff = 19, "staff";
        /// The subscriber's data was erased.
        Erased = 20, "erased";
        /// A newer status of the application.
        NewerStatus = 21, "newer-status";
        /// The subscriber wants no messages.
        OptedOut = 22, "opted-out";
        /// The number is on the gateway's list.
        Blocked = 23, "blocked";
        /// The number has a new owner.
        Reassigned = 24, "reassigned";
        /// A newer status was known when it came.
        Stale = 25, "stale";
        /// No text for this service and status.
        NoTemplate = 26, "no-template";
        /// A receipt was asked for and did not come.
        NoReceipt = 27, "no-receipt";
        /// The operator gives no receipts.
        NoReceipts = 28, "no-receipts";
    }
}
