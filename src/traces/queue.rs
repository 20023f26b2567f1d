//! What waits for the collector, and when the next request is due.
//!
//! In: stages, what came of the request under way, the time. Out: what to send now, and what has turned.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{Counts, Fate, Stage};

/// More find no room: some seconds' worth, of a collector that takes its time.
pub(super) const MOST: usize = 10_000;

/// So many go at once.
pub(super) const FULL: usize = 512;

/// How long fewer wait for others.
const LINGER: Duration = Duration::from_secs(1);

/// How soon what was not taken goes again at first, and at the latest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Queue {
    stages: VecDeque<Stage>,
    /// Since when the first of them waits.
    since: Option<Instant>,
    /// A request that was not taken, and when it goes again.
    again: Option<(Parcel, Instant)>,
    /// How long that takes.
    pause: Duration,
    under_way: bool,
    /// Whether the last request came to nothing.
    fails: bool,
    /// Nothing more comes.
    over: bool,
    counts: Counts,
}

/// What to send.
#[derive(Debug, PartialEq)]
pub(super) enum Due {
    /// For the first time.
    Stages(Vec<Stage>),
    /// Once more.
    Again(Parcel),
}

/// A request as it was written, and how many spans are in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parcel {
    pub(super) body: Bytes,
    pub(super) spans: usize,
}

/// What came of a request.
#[derive(Debug)]
pub(super) enum Sent {
    /// All but so many spans.
    Taken {
        refused: usize,
    },
    Refused,
    /// Not taken now; how long to wait, if that was said.
    Not(Option<Duration>),
}

/// What is news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Fails,
    Works,
}

impl Queue {
    pub(super) fn new(counts: Counts) -> Self {
        Self {
            stages: VecDeque::new(),
            since: None,
            again: None,
            pause: FIRST_PAUSE,
            under_way: false,
            fails: false,
            over: false,
            counts,
        }
    }

    /// Takes as many as there is room for.
    pub(super) fn put(&mut self, now: Instant, mut stages: Vec<Stage>) {
        let room = MOST.saturating_sub(self.stages.len());
        let beyond = stages.len().saturating_sub(room);
        self.counts.add(Fate::Dropped, beyond);
        stages.truncate(room);
        self.stages.extend(stages);
        self.since = self.since.or(Some(now));
    }

    /// Nothing more comes: what is there goes at once.
    pub(super) fn end(&mut self, now: Instant) {
        self.over = true;
        if let Some((_, at)) = &mut self.again {
            *at = now;
        }
    }

    /// Whether all is sent, or has come to nothing.
    pub(super) fn is_done(&self) -> bool {
        self.over && !self.under_way && self.left() == 0
    }

    /// How many spans wait, besides those under way.
    pub(super) fn left(&self) -> usize {
        self.stages.len() + self.again.as_ref().map_or(0, |(parcel, _)| parcel.spans)
    }

    /// What to send now, if anything. Until it is settled there is nothing else.
    pub(super) fn take(&mut self, now: Instant) -> Option<Due> {
        if self.deadline().is_none_or(|at| at > now) {
            return None;
        }
        self.under_way = true;
        if let Some((parcel, _)) = self.again.take() {
            return Some(Due::Again(parcel));
        }
        let some = self.stages.len().min(FULL);
        let stages = self.stages.drain(..some).collect();
        self.since = (!self.stages.is_empty()).then_some(now);
        Some(Due::Stages(stages))
    }

    /// When something is to be sent, if nothing else comes.
    pub(super) fn deadline(&self) -> Option<Instant> {
        if self.under_way {
            return None;
        }
        if let Some((_, at)) = &self.again {
            return Some(*at);
        }
        let linger = match self.over || self.stages.len() >= FULL {
            true => Duration::ZERO,
            false => LINGER,
        };
        self.since.map(|since| since + linger)
    }

    /// What came of the request under way.
    pub(super) fn settle(&mut self, now: Instant, parcel: Parcel, sent: &Sent) -> Option<Turn> {
        self.under_way = false;
        let spans = parcel.spans;
        match sent {
            Sent::Taken { refused } => {
                let refused = spans.min(*refused);
                self.counts.add(Fate::Exported, spans - refused);
                self.counts.add(Fate::Refused, refused);
            }
            Sent::Refused => self.counts.add(Fate::Refused, spans),
            // There will be no other time.
            Sent::Not(_) if self.over => self.counts.add(Fate::Dropped, spans),
            Sent::Not(after) => {
                let pause = after.unwrap_or(self.pause);
                // Whatever it says: a collector that says 0 would be asked without a pause.
                let pause = pause.clamp(FIRST_PAUSE, LONGEST_PAUSE);
                self.pause = LONGEST_PAUSE.min(2 * self.pause);
                self.again = Some((parcel, now + pause));
            }
        }
        let fails = !matches!(sent, Sent::Taken { .. });
        if !matches!(sent, Sent::Not(_)) {
            self.pause = FIRST_PAUSE;
        }
        let before = std::mem::replace(&mut self.fails, fails);
        match (before, fails) {
            (false, true) => Some(Turn::Fails),
            (true, false) => Some(Turn::Works),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{UnixMillis, instant};
    use crate::journal::sample;
    use crate::traces::{TraceId, What};

    const SECOND: Duration = Duration::from_secs(1);
    const TAKEN: Sent = Sent::Taken { refused: 0 };

    fn stages(count: usize) -> Vec<Stage> {
        let stage = Stage {
            trace: TraceId {
                trace: [1; 16],
                before: None,
                message: [2; 8],
            },
            origin: sample::waiting(1).origin().clone(),
            from: UnixMillis(0),
            to: UnixMillis(0),
            what: What::Intake,
        };
        vec![stage; count]
    }

    fn parcel(spans: usize) -> Parcel {
        Parcel {
            body: Bytes::new(),
            spans,
        }
    }

    /// How many spans are to be sent for the first time.
    fn first(queue: &mut Queue, now: Instant) -> Option<usize> {
        match queue.take(now)? {
            Due::Stages(stages) => Some(stages.len()),
            Due::Again(parcel) => panic!("{parcel:?}"),
        }
    }

    fn counted(queue: &Queue) -> [u64; 3] {
        let counts: Vec<u64> = queue.counts.read().map(|(_, count)| count).collect();
        counts.try_into().unwrap()
    }

    #[test]
    fn a_few_wait_for_others_and_many_go_at_once_one_request_at_a_time() {
        let (mut queue, now) = (Queue::new(Counts::default()), instant());
        assert_eq!((queue.deadline(), first(&mut queue, now)), (None, None));
        queue.put(now, stages(2));
        queue.put(now + SECOND / 2, stages(1));
        assert_eq!(first(&mut queue, now + SECOND / 2), None);
        assert_eq!(queue.deadline(), Some(now + SECOND));
        assert_eq!(first(&mut queue, now + SECOND), Some(3));
        queue.put(now + SECOND, stages(FULL + 1));
        assert_eq!(
            (queue.deadline(), first(&mut queue, now + 9 * SECOND)),
            (None, None)
        );
        assert_eq!(queue.settle(now + 2 * SECOND, parcel(3), &TAKEN), None);
        assert_eq!(first(&mut queue, now + 2 * SECOND), Some(FULL));
        queue.settle(now + 2 * SECOND, parcel(FULL), &TAKEN);
        assert_eq!(queue.deadline(), Some(now + 3 * SECOND));
        assert_eq!(counted(&queue), [3 + FULL as u64, 0, 0]);
    }

    #[test]
    fn what_is_not_taken_goes_again_ever_later_and_its_turns_are_told_once() {
        let (mut queue, mut now) = (Queue::new(Counts::default()), instant());
        queue.put(now, stages(FULL));
        assert_eq!(first(&mut queue, now), Some(FULL));
        let mut turn = Some(Turn::Fails);
        for pause in [1, 2, 4, 8, 16, 30, 30] {
            assert_eq!(
                queue.settle(now, parcel(FULL), &Sent::Not(None)),
                turn.take()
            );
            let due = now + pause * SECOND;
            assert_eq!(queue.deadline(), Some(due));
            assert_eq!(queue.take(due - SECOND / 2), None);
            assert_eq!(queue.take(due), Some(Due::Again(parcel(FULL))));
            now = due;
        }
        for (told, pause) in [(7, 7), (0, 1)] {
            let told = Sent::Not(Some(told * SECOND));
            assert_eq!(queue.settle(now, parcel(FULL), &told), None);
            now += pause * SECOND;
            assert_eq!(queue.deadline(), Some(now));
            assert_eq!(queue.take(now), Some(Due::Again(parcel(FULL))));
        }
        assert_eq!(queue.settle(now, parcel(FULL), &TAKEN), Some(Turn::Works));
        queue.put(now, stages(1));
        assert_eq!(first(&mut queue, now + SECOND), Some(1));
        assert_eq!(
            queue.settle(now, parcel(1), &Sent::Refused),
            Some(Turn::Fails)
        );
        assert_eq!(queue.deadline(), None, "it would be refused again");
        assert_eq!(counted(&queue), [FULL as u64, 0, 1]);
    }

    #[test]
    fn what_has_no_room_is_dropped_and_counted() {
        let (mut queue, now) = (Queue::new(Counts::default()), instant());
        queue.put(now, stages(MOST - 1));
        queue.put(now, stages(3));
        assert_eq!(queue.left(), MOST);
        assert_eq!(counted(&queue), [0, 2, 0]);
    }

    #[test]
    fn at_the_end_all_goes_at_once_and_nothing_twice() {
        let (mut queue, now) = (Queue::new(Counts::default()), instant());
        queue.put(now, stages(FULL));
        assert_eq!(first(&mut queue, now), Some(FULL));
        queue.settle(now, parcel(FULL), &Sent::Not(None));
        queue.put(now, stages(1));
        queue.end(now);
        assert_eq!(queue.take(now), Some(Due::Again(parcel(FULL))));
        queue.settle(now, parcel(FULL), &Sent::Not(None));
        assert_eq!(first(&mut queue, now), Some(1));
        assert!(!queue.is_done());
        queue.put(now, stages(3));
        queue.settle(now, parcel(1), &TAKEN);
        assert_eq!(first(&mut queue, now), Some(3));
        queue.settle(now, parcel(3), &Sent::Taken { refused: 2 });
        assert!(queue.is_done());
        assert_eq!(counted(&queue), [2, FULL as u64, 2]);
    }
}
