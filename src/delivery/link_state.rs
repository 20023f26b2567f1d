//! What an operator's link shows of itself while it runs.

use super::{Logins, Occupancy};
use crate::durations::Durations;

/// How a link does at the moment, and what it counted since it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LinkState {
    pub sessions_bound: usize,
    /// Those of them on which messages are submitted, and those on which receipts and texts come: transceivers are both.
    pub submitting: usize,
    pub receiving: usize,
    /// The logins of which an SMSC gets nothing but single messages that try it, since it does not do its work while another does.
    pub resting: Logins,
    /// Requests that await a response, all sessions together.
    pub in_flight: usize,
    /// The PDUs a second it is held to: less than the configured TPS after the operator
    /// throttled. `None`: as fast as the window allows.
    pub rate: Option<f64>,
    /// submit_sm that may await a response on one session: less than configured where the
    /// operator takes less.
    pub window: usize,
    /// The TPS and the window that configuration or staff allow.
    pub tps: Option<u32>,
    pub most_window: usize,
    /// The window that staff set, if any; logins with a smaller one of their own keep that.
    pub set_window: Option<usize>,
    /// Submissions given to sessions.
    pub written: u64,
    /// Requests of any kind given to sessions: submissions, screens, questions.
    pub pdus: u64,
    /// Submissions that the operator refused because they came too fast.
    pub throttled: u64,
    /// What held it for how long.
    pub occupancy: Occupancy,
    /// How long messages' responses took.
    pub response_times: Durations,
}
