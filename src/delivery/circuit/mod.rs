//! Whether an operator that answers badly is left alone for a while.
//!
//! In: how it answered, and the time. Out: how many submissions it may get.

use std::time::Duration;

use crate::clock::UnixMillis;

/// Answers are counted over this time, and the half of it before.
const WINDOW: Duration = Duration::from_secs(30);

/// Fewer answers say nothing.
const FEWEST: u32 = 20;

/// Submissions that try whether it is well again.
const PROBES: u32 = 5;

const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How long the answers to probes are waited for before others are sent.
const PATIENCE: Duration = Duration::from_secs(60);

/// How an operator answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// It did its work, whatever it said of a subscriber.
    pub good: u32,
    /// It could not, or did not answer in time.
    pub bad: u32,
}

/// Opens when half of an operator's answers are bad; then a few probes decide, after ever longer pauses.
#[derive(Debug, Default)]
pub struct Circuit {
    state: State,
    /// Since when it has not been closed.
    tripped: Option<UnixMillis>,
}

#[derive(Debug)]
enum State {
    Closed {
        since: UnixMillis,
        now: Answers,
        before: Answers,
    },
    Open {
        until: UnixMillis,
        pause: Duration,
    },
    HalfOpen {
        since: UnixMillis,
        pause: Duration,
        /// Probes that may still be sent.
        left: u32,
        answers: Answers,
    },
}

impl Default for State {
    fn default() -> Self {
        Self::closed(UnixMillis(0))
    }
}

impl State {
    fn closed(since: UnixMillis) -> Self {
        Self::Closed {
            since,
            now: Answers::default(),
            before: Answers::default(),
        }
    }

    fn half_open(since: UnixMillis, pause: Duration) -> Self {
        Self::HalfOpen {
            since,
            pause,
            left: PROBES,
            answers: Answers::default(),
        }
    }
}

impl Answers {
    fn add(&mut self, other: Self) {
        self.good = self.good.saturating_add(other.good);
        self.bad = self.bad.saturating_add(other.bad);
    }

    fn are_bad(self) -> bool {
        let all = self.good.saturating_add(self.bad);
        all >= FEWEST && self.bad >= all.div_ceil(2)
    }
}

impl Circuit {
    /// Counts answers; says whether it opened because of them.
    pub fn note(&mut self, time: UnixMillis, new: Answers) -> bool {
        self.pass(time);
        match &mut self.state {
            State::Closed { now, before, .. } => {
                now.add(new);
                let mut all = *now;
                all.add(*before);
                if !all.are_bad() {
                    return false;
                }
                self.tripped = Some(time);
                self.open(time, FIRST_PAUSE);
                true
            }
            State::Open { .. } => false,
            State::HalfOpen { answers, pause, .. } => {
                answers.add(new);
                if answers.bad * 2 > PROBES {
                    let pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
                    self.open(time, pause);
                } else if answers.good * 2 > PROBES {
                    self.state = State::closed(time);
                    self.tripped = None;
                }
                false
            }
        }
    }

    fn open(&mut self, time: UnixMillis, pause: Duration) {
        let until = time.after(pause);
        self.state = State::Open { until, pause };
    }

    /// Lets time pass: old answers are forgotten, after a pause come probes, and after probes without an answer other
    /// ones.
    pub fn pass(&mut self, time: UnixMillis) {
        match self.state {
            State::Closed { since, now, .. } if time.since(since) >= WINDOW / 2 => {
                let before = if time.since(since) < WINDOW {
                    now
                } else {
                    Answers::default()
                };
                self.state = State::Closed {
                    since: time,
                    now: Answers::default(),
                    before,
                };
            }
            State::Open { until, pause } if time >= until => {
                self.state = State::half_open(time, pause);
            }
            State::HalfOpen {
                since,
                pause,
                left: 0,
                ..
            } if time.since(since) >= PATIENCE => {
                self.state = State::half_open(time, pause);
            }
            _ => {}
        }
    }

    /// What part of its answers was bad lately, from 0 to 1; few say nothing.
    pub fn bad(&self) -> f64 {
        let State::Closed { now, before, .. } = self.state else {
            return 1.0;
        };
        let mut lately = now;
        lately.add(before);
        let all = lately.good.saturating_add(lately.bad);
        if all < FEWEST {
            return 0.0;
        }
        f64::from(lately.bad) / f64::from(all)
    }

    /// How many more submissions the operator may get.
    pub fn takes(&self) -> u64 {
        match self.state {
            State::Closed { .. } => u64::MAX,
            State::Open { .. } => 0,
            State::HalfOpen { left, .. } => left.into(),
        }
    }

    /// A submission is on its way.
    pub fn begin(&mut self) {
        if let State::HalfOpen { left, .. } = &mut self.state {
            *left = left.saturating_sub(1);
        }
    }

    /// Whether probes are to show how it does.
    pub fn is_half_open(&self) -> bool {
        matches!(self.state, State::HalfOpen { .. })
    }

    /// Since when it has not been closed.
    pub fn tripped(&self) -> Option<UnixMillis> {
        self.tripped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixMillis = UnixMillis(1_795_407_300_000);
    const GOOD: Answers = Answers { good: 1, bad: 0 };
    const BAD: Answers = Answers { good: 0, bad: 1 };

    fn at(seconds: u64) -> UnixMillis {
        START.after(Duration::from_secs(seconds))
    }

    fn tripped() -> Circuit {
        let mut circuit = Circuit::default();
        assert!(!circuit.note(at(0), Answers { good: 0, bad: 19 }));
        assert!(circuit.note(at(0), BAD));
        circuit
    }

    #[test]
    fn few_answers_or_fewer_than_half_bad_ones_do_not_open_it() {
        let mut circuit = Circuit::default();
        assert!(!circuit.note(at(0), Answers { good: 0, bad: 19 }));
        assert!(!circuit.note(at(1), Answers { good: 21, bad: 0 }));
        assert_eq!(circuit.takes(), u64::MAX);
        assert!(circuit.note(at(2), Answers { good: 0, bad: 2 }));
        assert_eq!(circuit.takes(), 0);
        assert_eq!(circuit.tripped(), Some(at(2)));
    }

    #[test]
    fn what_was_answered_long_ago_does_not_count() {
        let mut circuit = Circuit::default();
        circuit.note(at(0), Answers { good: 0, bad: 19 });
        circuit.note(at(20), GOOD);
        circuit.note(at(40), GOOD);
        assert!(!circuit.note(at(41), BAD));
    }

    #[test]
    fn after_a_pause_a_few_probes_close_it() {
        let mut circuit = tripped();
        circuit.pass(at(4));
        assert_eq!(circuit.takes(), 0);
        circuit.pass(at(5));
        assert_eq!(circuit.takes(), 5);
        for left in [4, 3, 2] {
            circuit.begin();
            assert_eq!(circuit.takes(), left);
            circuit.note(at(6), GOOD);
        }
        circuit.pass(at(7));
        assert_eq!((circuit.takes(), circuit.tripped()), (u64::MAX, None));
    }

    #[test]
    fn bad_probes_open_it_for_twice_as_long_up_to_a_minute() {
        let mut circuit = tripped();
        let mut time = 5;
        for pause in [10, 20, 40, 60, 60] {
            circuit.pass(at(time));
            assert!(circuit.is_half_open());
            circuit.note(at(time), Answers { good: 2, bad: 3 });
            circuit.pass(at(time + pause - 1));
            assert_eq!(circuit.takes(), 0, "{pause}");
            time += pause;
        }
        assert_eq!(circuit.tripped(), Some(at(0)));
    }

    #[test]
    fn probes_without_an_answer_are_followed_by_others() {
        let mut circuit = tripped();
        circuit.pass(at(5));
        for _ in 0..PROBES {
            circuit.begin();
        }
        circuit.pass(at(64));
        assert_eq!(circuit.takes(), 0);
        circuit.pass(at(65));
        assert_eq!(circuit.takes(), 5);
    }
}
