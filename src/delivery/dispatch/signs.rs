//! Signs that an operator is near its limit, before it refuses anything.

use std::time::{Duration, Instant};

use super::super::response_time::ResponseTime;
use super::super::submission::Token;
use crate::durations::Durations;

/// From this `congestion_state` on an operator is near its limit (SMPP 5.0, 4.8.4.18).
const NEARLY_CONGESTED: u8 = 90;

/// How long a hint that the operator is near its limit keeps rate and window from growing.
const HINTED: Duration = Duration::from_secs(2);

/// How long responses have to take too long without a break before the window shrinks: one slow moment of
/// either end says nothing.
const PERSISTENT: Duration = Duration::from_secs(3);

/// What the operator's responses tell beside their status.
#[derive(Debug)]
pub(super) struct Signs {
    response_time: ResponseTime,
    /// Since when responses take too long.
    too_long_since: Option<Instant>,
    /// When the operator last said that it is near its limit.
    hinted: Option<Instant>,
}

impl Signs {
    /// After `response` without an answer a submission is uncertain.
    pub(super) fn new(response: Duration) -> Self {
        Self {
            response_time: ResponseTime::new(response),
            too_long_since: None,
            hinted: None,
        }
    }

    /// A submission is being written, while so many await an answer.
    pub(super) fn written(&mut self, token: Token, in_flight: usize, now: Instant) {
        self.response_time.written(token, in_flight, now);
    }

    /// A submission is answered; `congestion` is 0 (idle) to 100 (congested).
    pub(super) fn answered(&mut self, token: Token, congestion: u8, now: Instant) {
        self.response_time.answered(token, now);
        if congestion >= NEARLY_CONGESTED {
            self.hinted = Some(now);
        }
    }

    /// How long responses take, if any was measured.
    pub(super) fn response_time(&self, now: Instant) -> Option<Duration> {
        self.response_time.known(now)
    }

    /// How long they took, since the start.
    pub(super) fn response_times(&self) -> Durations {
        self.response_time.all()
    }

    /// A session is gone: what it did not answer says nothing of the others and the next.
    pub(super) fn session_gone(&mut self) {
        self.response_time.measure_anew();
    }

    /// Whether something speaks against writing faster.
    pub(super) fn speak_against_more(&self, now: Instant) -> bool {
        let hinted = self.hinted.is_some_and(|at| now < at + HINTED);
        hinted || self.response_time.is_inflated()
    }

    /// Whether the last responses took too long.
    pub(super) fn are_late(&self, now: Instant) -> bool {
        self.response_time.current(now) > self.response_time.longest()
    }

    /// How long responses should take at most, if they have taken longer for a while though they keep coming, so that
    /// it is no pause.
    pub(super) fn persistently_late(&mut self, now: Instant) -> Option<Duration> {
        if !self.are_late(now) {
            self.too_long_since = None;
            return None;
        }
        let since = *self.too_long_since.get_or_insert(now);
        (now >= since + PERSISTENT).then(|| self.response_time.longest())
    }
}
