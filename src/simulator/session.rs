//! One connection, as the SMSC sees it.

use bytes::BytesMut;
use xabar_smpp::session::Requests;

/// What the SMSC knows of a connection, and what it has for it.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// Place of its ESME in the list, once bound.
    pub(super) esme: Option<usize>,
    /// Requests of the ESME that we shall answer later.
    pub(super) unanswered: usize,
    /// deliver_sm that await a response.
    pub(super) in_flight: usize,
    /// deliver_sm whose response did not come in time.
    pub(super) timed_out: usize,
    /// It gets no more deliver_sm: we have said that we leave.
    pub(super) leaving: bool,
    /// Nothing that is said now arrives: it is cut, or mute.
    pub(super) is_lost: bool,
    /// Messages that came.
    pub(super) submits: u64,
    pub(super) output: Output,
}

/// What the driver is to do with a connection.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) responses: BytesMut,
    pub(super) requests: Requests,
    /// Whether to stop or to resume reading.
    pub(super) stall: Option<bool>,
    /// Say nothing more, but read on.
    pub(super) mute: bool,
    /// Leave it in good order.
    pub(super) unbind: bool,
    /// Cut it, at once and whatever is left to say.
    pub(super) cut: bool,
}

/// Unanswered deliver_sm after which a session gets no more of them: the link remembers each
/// until the session ends.
const MOST_TIMED_OUT: usize = 10_000;

impl Session {
    /// Whether one more `deliver_sm` may be sent.
    pub(super) fn takes_deliveries(&self, window: usize) -> bool {
        self.in_flight < window
            && self.timed_out < MOST_TIMED_OUT
            && !self.output.cut
            && !self.leaving
    }
}
