//! How far each queue of the journal was read, and which are to be read now.
//!
//! A lane's agencies share what memory has for it by their weights, so that each of them has something to send when
//! its turn comes, however much of another's stands before it.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::clock::UnixMillis;
use crate::journal::{AgencyKey, Cursor, Lane, OperatorId, Queue};

/// Most messages of one operator's lane held in memory, if they are of one agency. Where there are more agencies it may
/// become a few times as many while one after another joins.
const WINDOW: u64 = 2000;

/// Fewer would be read one by one.
const SMALLEST_WINDOW: u64 = 16;

/// Messages whose turn had come once, and that are read out of turn; of more, those that are due last wait in turn.
const MOST_AGAIN: usize = 10_000;

/// How many of these are read in one beat, one by one.
const AGAIN_A_BEAT: usize = 500;

/// The queues in which something may wait.
#[derive(Debug, Default)]
pub(super) struct Queues {
    states: FxHashMap<Queue, State>,
    /// Of these, those with something that may be due in the journal behind the cursor.
    behind: BTreeSet<Queue>,
    /// When the next one behind the cursor is due, where it is not yet.
    next_due: BTreeSet<(UnixMillis, Queue)>,
    /// Messages whose turn had come once, by when they are due again.
    again: BTreeSet<(Cursor, Queue)>,
    /// The weights of each lane's agencies together.
    weights: FxHashMap<(OperatorId, Lane), u64>,
    /// Of those agencies whose weight is not 1.
    weight_of: BTreeMap<AgencyKey, u32>,
}

/// How far a queue was read.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    cursor: Cursor,
    behind: bool,
    next_due: Option<UnixMillis>,
}

impl Queues {
    /// For agencies of these weights, and others of 1.
    pub(super) fn new(weight_of: BTreeMap<AgencyKey, u32>) -> Self {
        Self {
            weight_of,
            ..Self::default()
        }
    }

    /// Agencies have these weights from now on, and others 1.
    pub(super) fn weigh(&mut self, weight_of: BTreeMap<AgencyKey, u32>) {
        self.weight_of = weight_of;
        self.weights.clear();
        for queue in self.states.keys() {
            let lane = self.weights.entry((queue.operator, queue.lane));
            *lane.or_default() += weight(&self.weight_of, queue.agency);
        }
    }

    /// Those that are to be read, if they want to.
    pub(super) fn ready(&self, now: UnixMillis) -> Vec<Queue> {
        let due = self.next_due.iter().take_while(|(due, _)| *due <= now);
        let due = due.map(|(_, queue)| *queue);
        self.behind.iter().copied().chain(due).collect()
    }

    /// Whether a queue that is ready is to be read while so many of its messages are held.
    pub(super) fn wants(&self, queue: Queue, held: usize) -> bool {
        !self.behind.contains(&queue) || held <= self.window(queue) / 2
    }

    /// When the next queue is to be read, given how many messages of each are held.
    pub(super) fn wakes(&self, held: impl Fn(Queue) -> usize) -> Option<UnixMillis> {
        let mut behind = self.behind.iter();
        if behind.any(|queue| self.wants(*queue, held(*queue))) {
            return Some(UnixMillis(0));
        }
        let next_due = self.next_due.first().map(|(due, _)| *due);
        let again = self.again.first().map(|(place, _)| place.due);
        next_due.into_iter().chain(again).min()
    }

    /// How many messages of a queue may be held.
    pub(super) fn window(&self, queue: Queue) -> usize {
        let own = self.weight(queue.agency);
        let lane = self.weights.get(&(queue.operator, queue.lane));
        let all = lane.copied().unwrap_or(own).max(own);
        usize::try_from((WINDOW * own / all).max(SMALLEST_WINDOW)).unwrap_or(usize::MAX)
    }

    pub(super) fn cursor(&self, queue: Queue) -> Cursor {
        let state = self.states.get(&queue);
        state.map_or(Cursor::default(), |state| state.cursor)
    }

    /// Whether a message that is due now may be held at once while so many of its queue are.
    pub(super) fn takes(&self, queue: Queue, held: usize) -> bool {
        let behind = self.states.get(&queue).is_some_and(|state| state.behind);
        !behind && held < self.window(queue)
    }

    /// A message of the queue is held without having been read.
    pub(super) fn pass(&mut self, queue: Queue, cursor: Cursor) {
        let state = self.state(queue);
        state.cursor = state.cursor.max(cursor);
    }

    /// The queue was read up to here, and there is more.
    pub(super) fn read_on(&mut self, queue: Queue, cursor: Cursor) {
        self.state(queue).cursor = cursor;
        self.fall_behind(queue);
    }

    /// The queue was read up to here, and no more is due until then.
    pub(super) fn read_to_its_end(
        &mut self,
        queue: Queue,
        cursor: Cursor,
        next_due: Option<UnixMillis>,
    ) {
        let state = self.state(queue);
        state.cursor = cursor;
        state.behind = false;
        let before = std::mem::replace(&mut state.next_due, next_due);
        self.behind.remove(&queue);
        self.plan(queue, before, next_due);
    }

    /// A message waits that is due then.
    pub(super) fn note(&mut self, queue: Queue, due: UnixMillis) {
        let state = self.state(queue);
        let before = state.next_due;
        if state.behind || before.is_some_and(|before| before <= due) {
            return;
        }
        state.next_due = Some(due);
        self.plan(queue, before, Some(due));
    }

    /// A message waits whose turn had come once: it is due later than all that stood behind it, which may be hours of
    /// messages, and is not to wait for these.
    pub(super) fn note_again(&mut self, queue: Queue, place: Cursor) {
        self.note(queue, place.due);
        self.again.insert((place, queue));
        if self.again.len() > MOST_AGAIN {
            self.again.pop_last();
        }
    }

    /// The places of those that are due now and that their queues would come to later.
    pub(super) fn take_again(&mut self, now: UnixMillis) -> Vec<(Queue, Cursor)> {
        let mut due = Vec::new();
        while due.len() < AGAIN_A_BEAT
            && let Some((place, queue)) = self.again.first().copied()
            && place.due <= now
        {
            self.again.pop_first();
            if self.behind.contains(&queue) {
                due.push((queue, place));
            }
        }
        due
    }

    /// Something that may be due stands in the journal only.
    pub(super) fn fall_behind(&mut self, queue: Queue) {
        let state = self.state(queue);
        state.behind = true;
        let before = state.next_due.take();
        self.behind.insert(queue);
        self.plan(queue, before, None);
    }

    /// Whether something that may be due, and is not paused, stands in the journal only.
    pub(super) fn is_behind(&self, is_paused: impl Fn(Queue) -> bool) -> bool {
        self.behind.iter().any(|queue| !is_paused(*queue))
    }

    /// Forgets the queues in which nothing waits, given how many messages of each are held.
    pub(super) fn forget_idle(&mut self, held: impl Fn(Queue) -> usize) {
        let (weight_of, weights) = (&self.weight_of, &mut self.weights);
        self.states.retain(|queue, state| {
            let stays = state.behind || state.next_due.is_some() || held(*queue) > 0;
            if !stays && let Some(lane) = weights.get_mut(&(queue.operator, queue.lane)) {
                *lane = lane.saturating_sub(weight(weight_of, queue.agency));
            }
            stays
        });
    }

    fn plan(&mut self, queue: Queue, before: Option<UnixMillis>, now: Option<UnixMillis>) {
        if before == now {
            return;
        }
        if let Some(before) = before {
            self.next_due.remove(&(before, queue));
        }
        if let Some(now) = now {
            self.next_due.insert((now, queue));
        }
    }

    fn state(&mut self, queue: Queue) -> &mut State {
        let (weight_of, weights) = (&self.weight_of, &mut self.weights);
        self.states.entry(queue).or_insert_with(|| {
            let lane = weights.entry((queue.operator, queue.lane));
            *lane.or_default() += weight(weight_of, queue.agency);
            State::default()
        })
    }

    fn weight(&self, agency: AgencyKey) -> u64 {
        weight(&self.weight_of, agency)
    }
}

fn weight(weight_of: &BTreeMap<AgencyKey, u32>, agency: AgencyKey) -> u64 {
    weight_of.get(&agency).copied().unwrap_or(1).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_795_000_000_000);
    const SOON: UnixMillis = UnixMillis(NOW.0 + 1000);

    fn queue(agency: u32) -> Queue {
        Queue {
            operator: OperatorId(1),
            lane: Lane::Bulk,
            agency: AgencyKey(agency),
        }
    }

    fn cursor(id: u64) -> Cursor {
        Cursor { due: NOW, id }
    }

    #[test]
    fn agencies_share_the_memory_of_a_lane_by_weight() {
        let mut queues = Queues::new(BTreeMap::from([(AgencyKey(2), 3)]));
        assert_eq!(queues.window(queue(1)), 2000);
        queues.pass(queue(1), cursor(1));
        assert_eq!(queues.window(queue(1)), 2000);
        queues.fall_behind(queue(2));
        assert_eq!(
            (queues.window(queue(1)), queues.window(queue(2))),
            (500, 1500)
        );
        let elsewhere = Queue {
            lane: Lane::Normal,
            ..queue(1)
        };
        assert_eq!(queues.window(elsewhere), 2000);
        (3..3000).for_each(|agency| queues.fall_behind(queue(agency)));
        assert_eq!(queues.window(queue(1)), 16);
        queues.read_to_its_end(queue(2), cursor(2), None);
        queues.forget_idle(|it| usize::from(it == queue(1)));
        assert_eq!(queues.weights[&(OperatorId(1), Lane::Bulk)], 2998);
    }

    #[test]
    fn a_message_whose_turn_had_come_is_read_when_it_is_due_where_others_are_before_it() {
        let mut queues = Queues::default();
        queues.fall_behind(queue(1));
        let place = |id| Cursor { due: SOON, id };
        for agency in [1, 2] {
            queues.note_again(queue(agency), place(agency.into()));
        }
        assert_eq!(queues.wakes(|_| 2000), Some(SOON));
        assert_eq!(queues.take_again(NOW), []);
        // The other queue comes to it at once.
        assert_eq!(queues.take_again(SOON), [(queue(1), place(1))]);
        assert_eq!(queues.take_again(SOON), []);
        for id in 0..20_000 {
            queues.note_again(queue(1), place(id));
        }
        let read = std::iter::repeat_with(|| queues.take_again(SOON));
        let read: Vec<_> = read.take_while(|read| !read.is_empty()).collect();
        assert!(read.iter().all(|read| read.len() == AGAIN_A_BEAT));
        assert_eq!(read.len() * AGAIN_A_BEAT, MOST_AGAIN);
        assert_eq!(
            read.last().and_then(|it| it.last()),
            Some(&(queue(1), place(9_999)))
        );
    }

    #[test]
    fn a_queue_is_read_when_it_is_behind_and_little_is_held_or_when_its_next_is_due() {
        let mut queues = Queues::default();
        assert_eq!(queues.wakes(|_| 0), None);
        queues.note(queue(1), SOON);
        queues.note(queue(1), SOON.after(std::time::Duration::from_secs(1)));
        assert_eq!(
            (queues.wakes(|_| 0), queues.ready(NOW)),
            (Some(SOON), vec![])
        );
        assert_eq!(queues.ready(SOON), [queue(1)]);
        queues.fall_behind(queue(1));
        assert_eq!(queues.ready(NOW), [queue(1)]);
        assert_eq!(queues.wakes(|_| 1000), Some(UnixMillis(0)));
        assert_eq!(queues.wakes(|_| 1001), None);
        queues.read_on(queue(1), cursor(7));
        assert!(!queues.takes(queue(1), 0) && queues.is_behind(|_| false));
        queues.read_to_its_end(queue(1), cursor(9), Some(SOON));
        assert!(queues.takes(queue(1), 1999) && !queues.takes(queue(1), 2000));
        assert_eq!(
            (queues.wakes(|_| 0), queues.cursor(queue(1))),
            (Some(SOON), cursor(9))
        );
    }

    #[test]
    fn what_is_idle_is_forgotten_and_only_that() {
        let mut queues = Queues::default();
        queues.pass(queue(1), cursor(1));
        queues.pass(queue(2), cursor(2));
        queues.note(queue(3), SOON);
        queues.fall_behind(queue(4));
        queues.forget_idle(|it| usize::from(it == queue(2)));
        let known = |agency| queues.states.contains_key(&queue(agency));
        assert_eq!([1, 2, 3, 4].map(known), [false, true, true, true]);
    }
}
