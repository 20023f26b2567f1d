//! Whose turn it is on one operator: an earlier lane first, agencies in turn within a lane.

use std::collections::VecDeque;

use xabar_events::Priority;

use super::HashMap;
use crate::journal::MessageId;

/// A waiting lane is passed over at most this many times in a row, and once more if another lane
/// starves as well: so each keeps a share of 5%.
const PASSES: u32 = 18;

const ORDER: [Priority; 3] = [Priority::Urgent, Priority::Normal, Priority::Bulk];

/// The messages that wait for one operator.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    lanes: [Lane; 3],
}

#[derive(Debug, Default)]
struct Lane {
    /// The agencies that have something waiting, the next one first.
    turns: VecDeque<Box<str>>,
    waiting: HashMap<Box<str>, VecDeque<MessageId>>,
    len: usize,
    passed_over: u32,
}

impl Lanes {
    pub(super) fn push(&mut self, priority: Priority, agency: &str, id: MessageId) {
        if let Some(lane) = self.lanes.get_mut(position(priority)) {
            lane.push(agency, id);
        }
    }

    pub(super) fn len(&self, priority: Priority) -> usize {
        self.lanes
            .get(position(priority))
            .map_or(0, |lane| lane.len)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lanes.iter().all(|lane| lane.len == 0)
    }

    /// Keeps the places of these messages only.
    pub(super) fn retain(&mut self, stays: impl Fn(MessageId) -> bool) {
        for lane in &mut self.lanes {
            lane.retain(&stays);
        }
    }

    /// The message whose turn it is.
    pub(super) fn pop(&mut self) -> Option<MessageId> {
        let first = self.lanes.iter().position(|lane| lane.len > 0)?;
        let starving = self
            .lanes
            .iter()
            .position(|lane| lane.len > 0 && lane.passed_over >= PASSES);
        let turn = starving.unwrap_or(first);
        for (position, lane) in self.lanes.iter_mut().enumerate() {
            let passed = position != turn && lane.len > 0;
            lane.passed_over = if passed { lane.passed_over + 1 } else { 0 };
        }
        self.lanes.get_mut(turn)?.pop()
    }
}

impl Lane {
    fn push(&mut self, agency: &str, id: MessageId) {
        self.len += 1;
        if let Some(queue) = self.waiting.get_mut(agency) {
            queue.push_back(id);
            return;
        }
        self.turns.push_back(agency.into());
        self.waiting.insert(agency.into(), VecDeque::from([id]));
    }

    fn retain(&mut self, stays: impl Fn(MessageId) -> bool) {
        for queue in self.waiting.values_mut() {
            queue.retain(|id| stays(*id));
        }
        self.waiting.retain(|_, queue| !queue.is_empty());
        let waiting = &self.waiting;
        self.turns.retain(|agency| waiting.contains_key(agency));
        self.len = self.waiting.values().map(VecDeque::len).sum();
    }

    fn pop(&mut self) -> Option<MessageId> {
        let agency = self.turns.pop_front()?;
        let queue = self.waiting.get_mut(&agency)?;
        let id = queue.pop_front()?;
        self.len -= 1;
        if queue.is_empty() {
            self.waiting.remove(&agency);
        } else {
            self.turns.push_back(agency);
        }
        Some(id)
    }
}

fn position(priority: Priority) -> usize {
    ORDER.iter().position(|lane| *lane == priority).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(lanes: &mut Lanes, count: usize) -> Vec<u64> {
        (0..count)
            .filter_map(|_| lanes.pop())
            .map(|id| id.0)
            .collect()
    }

    #[test]
    fn an_earlier_lane_goes_first_but_a_later_one_keeps_a_share() {
        let mut lanes = Lanes::default();
        for id in 0..1000 {
            lanes.push(Priority::Urgent, "adliya", MessageId(id));
            lanes.push(Priority::Normal, "kadastr", MessageId(10_000 + id));
            lanes.push(Priority::Bulk, "soliq", MessageId(20_000 + id));
        }
        let first = drain(&mut lanes, 400);
        let share = |from: u64| {
            first
                .iter()
                .filter(|id| (from..from + 10_000).contains(*id))
                .count()
        };
        assert_eq!((share(0), share(10_000), share(20_000)), (358, 21, 21));
    }

    #[test]
    fn places_that_are_given_up_take_up_no_room_and_no_turn() {
        let mut lanes = Lanes::default();
        for id in 0..4 {
            lanes.push(Priority::Normal, "kadastr", MessageId(id));
            lanes.push(Priority::Normal, "adliya", MessageId(10 + id));
        }
        lanes.retain(|id| id.0 % 2 == 1 && id.0 < 10);
        assert_eq!(lanes.len(Priority::Normal), 2);
        assert_eq!(drain(&mut lanes, 10), [1, 3]);
    }

    #[test]
    fn agencies_take_turns_within_a_lane_and_each_keeps_its_order() {
        let mut lanes = Lanes::default();
        for id in 0..4 {
            lanes.push(Priority::Normal, "kadastr", MessageId(id));
        }
        lanes.push(Priority::Normal, "adliya", MessageId(10));
        lanes.push(Priority::Normal, "adliya", MessageId(11));
        assert_eq!(drain(&mut lanes, 10), [0, 10, 1, 11, 2, 3]);
        assert_eq!(lanes.pop(), None);
        assert_eq!(lanes.len(Priority::Normal), 0);
    }
}
