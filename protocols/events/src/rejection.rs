//! Why an event is not taken in.

use crate::named::named;

named! {
    /// Why an event is not taken in, as agencies see it.
    pub enum RejectReason {
        /// Not JSON, or not an object, or a field, a value of `params` or an extension attribute given twice.
        Malformed = 1, "malformed";
        /// Neither a CloudEvent in structured nor in binary mode.
        UnsupportedContentType = 2, "unsupported-content-type";
        /// A field that every event needs is not there.
        MissingField = 3, "missing-field";
        /// A field is there and wrong.
        InvalidField = 4, "invalid-field";
        /// The `type` is not one of ours.
        UnknownType = 5, "unknown-type";
        /// The `source` does not name an agency.
        InvalidSource = 6, "invalid-source";
        /// The publisher may not speak for this `source`.
        SourceNotAllowed = 7, "source-not-allowed";
        /// Too many octets, or too many events in a batch.
        TooLarge = 8, "too-large";
    }
}

/// An event refused: the reason for machines, and a sentence for people that names the field and
/// what would be right, never what came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct Rejection {
    /// Why.
    pub reason: RejectReason,
    /// Which field, and what would be right. It holds nothing that the peer wrote.
    pub detail: String,
}

impl Rejection {
    /// A rejection; `detail` must not quote the event.
    pub fn new(reason: RejectReason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
        }
    }

    /// The publisher, known by its login, is not the agency that `source` names.
    pub fn source_not_allowed() -> Self {
        Self::new(
            RejectReason::SourceNotAllowed,
            "source should be one that this publisher may use",
        )
    }

    pub(crate) fn missing(field: &str, expected: &str) -> Self {
        let detail = format!("{field} is missing; it should be {expected}");
        Self::new(RejectReason::MissingField, detail)
    }

    pub(crate) fn invalid(field: &str, expected: &str) -> Self {
        Self::new(
            RejectReason::InvalidField,
            format!("{field} should be {expected}"),
        )
    }
}
