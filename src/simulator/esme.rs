//! One ESME, by its system_id: its sessions, its rate, and what waits for it.

use std::collections::VecDeque;

use super::slab::Key;
use super::throttle::Throttle;

#[derive(Debug)]
pub(super) struct Esme {
    pub(super) system_id: String,
    pub(super) throttle: Throttle,
    /// Sessions of any direction.
    pub(super) sessions: usize,
    /// Sessions that take `deliver_sm`, by turns.
    pub(super) receivers: VecDeque<Key>,
    /// Deliveries that are due, in order.
    pub(super) waiting: VecDeque<Key>,
    /// Deliveries planned, waiting or unanswered.
    pub(super) pending: usize,
}

impl Esme {
    pub(super) fn new(system_id: String) -> Self {
        Self {
            system_id,
            throttle: Throttle::default(),
            sessions: 0,
            receivers: VecDeque::new(),
            waiting: VecDeque::new(),
            pending: 0,
        }
    }
}
