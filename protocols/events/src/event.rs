//! What an agency says, once every field has been checked.

use crate::{
    Agency, ApplicationNumber, EventId, Language, Msisdn, Priority, Slug, TextMap, Trace,
    UnixMillis,
};

/// An event that was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An application has a new status, and a citizen is to hear of it.
    StatusChanged(Notification),
    /// An earlier event is withdrawn.
    Cancel(Cancel),
}

impl Event {
    /// The key of the event itself (for a [`Cancel`] not that of the withdrawn one).
    pub fn key(&self) -> &EventKey {
        match self {
            Self::StatusChanged(notification) => &notification.key,
            Self::Cancel(cancel) => &cancel.key,
        }
    }

    /// Of one that says nothing of a trace, what brought it may: the headers `traceparent` and `tracestate`.
    pub fn brought_with(&mut self, traceparent: Option<&str>, tracestate: Option<&str>) {
        if let Self::StatusChanged(notification) = self
            && notification.trace == Trace::None
        {
            notification.trace = Trace::read(traceparent, tracestate);
        }
    }
}

/// The idempotency key: an event with the key of another is the same event once more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey {
    /// Who published it.
    pub agency: Agency,
    /// The agency's name for it.
    pub id: EventId,
}

/// A citizen is to be told of an application's new status.
///
/// [`Debug`] shows no full number and none of the texts, so it may be logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Idempotency key.
    pub key: EventKey,
    /// `subject`: which of the citizen's requests it is about.
    pub application: ApplicationNumber,
    /// `time`: when the status changed, by the agency's clock; see
    /// [`UnixMillis::clamp_to_arrival`].
    pub time: UnixMillis,
    /// `data.service`
    pub service: Slug,
    /// `data.status`
    pub status: Slug,
    /// `data.msisdn`
    pub msisdn: Msisdn,
    /// `data.language`, where the agency knows it.
    pub language: Option<Language>,
    /// `data.priority`
    pub priority: Priority,
    /// `data.params`: texts for the placeholders of the message.
    pub params: TextMap,
    /// `data.notBefore`: not to be sent earlier.
    pub not_before: Option<UnixMillis>,
    /// `data.expires`: of no use later; later than `not_before`.
    pub expires: Option<UnixMillis>,
    /// `data.legal`: required by law.
    pub legal: bool,
    /// `traceparent` and `tracestate`, to be handed on.
    pub trace: Trace,
    /// Attributes of other CloudEvents extensions, such as `partitionkey`.
    pub extensions: TextMap,
}

/// An earlier event of the same agency is withdrawn. It may overtake the event it withdraws.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancel {
    /// Key of the cancelling event itself.
    pub key: EventKey,
    /// `data.event`: the id of the withdrawn one.
    pub event: EventId,
}

impl Cancel {
    /// The key of the withdrawn event.
    pub fn target(&self) -> EventKey {
        EventKey {
            agency: self.key.agency.clone(),
            id: self.event.clone(),
        }
    }
}
