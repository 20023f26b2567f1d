//! The requests that await a response, and when each has waited too long.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::time::Instant;

use crate::{CommandId, Header};

/// Requests awaiting a response, by sequence number.
///
/// All wait equally long, so the order of sending is the order of expiry and a queue serves as
/// timer. A request that timed out stays in until its late response or the end of the session:
/// the peer may still be busy with it, so it takes up a place in the window.
#[derive(Default)]
pub(super) struct InFlight {
    pending: HashMap<u32, Pending, BuildHasherDefault<SequenceHasher>>,
    timers: VecDeque<(Instant, u32)>,
}

pub(super) struct Pending {
    pub(super) token: u64,
    pub(super) request: CommandId,
    pub(super) timed_out: bool,
}

impl Pending {
    /// Whether this is said of it: by its own response, or by a nack.
    fn is_answered_by(&self, command_id: CommandId) -> bool {
        command_id == self.request.response() || command_id == CommandId::GENERIC_NACK
    }
}

/// Answered requests that may stand in the timer queue before it is swept, besides as many as
/// are in flight. Keeps the queue short behind one request that is never answered.
const SWEEP_SLACK: usize = 64;

impl InFlight {
    pub(super) fn len(&self) -> usize {
        self.pending.len()
    }

    /// Whether none may still be answered in time.
    pub(super) fn is_overdue(&self) -> bool {
        self.timers.is_empty()
    }

    pub(super) fn contains(&self, sequence: u32) -> bool {
        self.pending.contains_key(&sequence)
    }

    pub(super) fn insert(
        &mut self,
        sequence: u32,
        request: CommandId,
        token: u64,
        deadline: Instant,
    ) {
        let pending = Pending {
            token,
            request,
            timed_out: false,
        };
        self.pending.insert(sequence, pending);
        self.timers.push_back((deadline, sequence));
    }

    /// Takes out what a response answers: the request of its number, if it is of that one's kind.
    pub(super) fn answered(&mut self, response: Header) -> Option<Pending> {
        let Entry::Occupied(pending) = self.pending.entry(response.sequence_number) else {
            return None;
        };
        if !pending.get().is_answered_by(response.command_id) {
            return None;
        }
        let answered = pending.remove();
        self.drop_answered_timers();
        Some(answered)
    }

    /// When the oldest request will have waited too long.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.timers.front().map(|(deadline, _)| *deadline)
    }

    /// The token of one more request that has waited until now, each one once.
    pub(super) fn expire(&mut self, now: Instant) -> Option<u64> {
        let (_, sequence) = *self
            .timers
            .front()
            .filter(|(deadline, _)| *deadline <= now)?;
        self.timers.pop_front();
        let expired = self.pending.get_mut(&sequence).map(|pending| {
            pending.timed_out = true;
            pending.token
        });
        self.drop_answered_timers();
        expired
    }

    /// Tokens of all that were never answered, oldest first; `next` is the next sequence number.
    pub(super) fn into_tokens(self, next: u32) -> Vec<u64> {
        let mut pending: Vec<_> = self.pending.into_iter().collect();
        // Sequence numbers wrap, so age is the distance to the next one.
        pending.sort_unstable_by_key(|(sequence, _)| {
            std::cmp::Reverse(next.wrapping_sub(*sequence) & super::MAX_SEQUENCE)
        });
        pending
            .into_iter()
            .map(|(_, pending)| pending.token)
            .collect()
    }

    /// Keeps a live request at the front, and the queue at most about twice as long as needed.
    fn drop_answered_timers(&mut self) {
        let pending = &self.pending;
        while let Some((_, sequence)) = self.timers.front()
            && !pending.contains_key(sequence)
        {
            self.timers.pop_front();
        }
        if self.timers.len() > 2 * pending.len() + SWEEP_SLACK {
            self.timers
                .retain(|(_, sequence)| pending.contains_key(sequence));
        }
    }
}

/// Spreads sequence numbers, which we choose ourselves, by one multiplication.
#[derive(Default)]
struct SequenceHasher(u64);

impl Hasher for SequenceHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, octets: &[u8]) {
        for octet in octets {
            self.write_u32(u32::from(*octet));
        }
    }

    fn write_u32(&mut self, number: u32) {
        const GOLDEN_RATIO: u64 = 0x9E37_79B9_7F4A_7C15;
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(GOLDEN_RATIO);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Status;

    fn submit_sm_resp(sequence_number: u32) -> Header {
        Header {
            command_length: 16,
            command_id: CommandId::SUBMIT_SM_RESP,
            status: Status::ROK,
            sequence_number,
        }
    }

    #[test]
    fn the_timer_queue_stays_short_behind_an_unanswered_request() {
        let now = super::super::tests::t0();
        let mut in_flight = InFlight::default();
        in_flight.insert(1, CommandId::SUBMIT_SM, 1, now);
        for sequence in 2..10_000 {
            let deadline = now + Duration::from_secs(1);
            in_flight.insert(sequence, CommandId::SUBMIT_SM, 0, deadline);
            assert!(in_flight.answered(submit_sm_resp(sequence)).is_some());
            assert!(in_flight.timers.len() <= 2 + SWEEP_SLACK + 1);
        }
        assert_eq!(in_flight.expire(now), Some(1));
        assert_eq!(in_flight.expire(now + Duration::from_secs(9)), None);
        assert_eq!(in_flight.len(), 1, "a timed-out request keeps its place");
    }

    #[test]
    fn unanswered_tokens_come_oldest_first_across_the_wrap() {
        let now = super::super::tests::t0();
        let mut in_flight = InFlight::default();
        for (sequence, token) in [(0x7FFF_FFFE, 1), (0x7FFF_FFFF, 2), (1, 3), (2, 4)] {
            in_flight.insert(sequence, CommandId::SUBMIT_SM, token, now);
        }
        assert_eq!(in_flight.into_tokens(3), [1, 2, 3, 4]);
    }
}
