//! Where a message stands, as the SMSC says (SMPP 5.0, 4.7.15).

use crate::named::named;

named! {
    /// The `message_state` of a receipt or of a `query_sm_resp`.
    pub struct MessageState(u8);

    /// Since 5.0.
    SCHEDULED = 0, "SCHEDULED";
    ENROUTE = 1, "ENROUTE";
    DELIVERED = 2, "DELIVERED";
    EXPIRED = 3, "EXPIRED";
    DELETED = 4, "DELETED";
    UNDELIVERABLE = 5, "UNDELIVERABLE";
    ACCEPTED = 6, "ACCEPTED";
    UNKNOWN = 7, "UNKNOWN";
    REJECTED = 8, "REJECTED";
    /// Since 5.0.
    SKIPPED = 9, "SKIPPED";
}
