//! Leaves a service alone that mostly does not answer, and tries it again after a while.
//!
//! In: what came of each question, the time. Out: whether one more is to be asked, and what has turned. Of what is asked
//! together the slow answers come last, so some failures in a row say little. What decides is their part over a while,
//! or that nothing asked since the first of them was answered.

use std::time::{Duration, Instant};

/// Fewer failures are no reason to leave it alone,
const LEAST_FAILURES: u64 = 20;

/// nor is a smaller part of what was asked, in percent.
const LEAST_PART: u64 = 40;

/// Questions count for so long, and at most twice as long: longer than an answer may take.
const SPAN: Duration = Duration::from_secs(20);

/// If so many failed that were asked after another one had, and none was answered, it is gone.
const MOST_SINCE: u32 = 10;

/// For how long it is left alone at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Questions that try it, and how many of them have to be answered.
const TRIED_BY: u32 = 10;
const ANSWERED: u32 = 8;

#[derive(Debug)]
pub(super) struct Breaker {
    /// How long an answer may take.
    timeout: Duration,
    state: State,
}

#[derive(Debug)]
enum State {
    Closed(Recent),
    Open {
        until: Instant,
        pause: Duration,
        /// The questions by which it is tried, once the pause is over.
        trial: Option<Trial>,
    },
}

/// What an answer changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is left alone from now on.
    LeftAlone,
    /// It answers again.
    Back,
}

/// What came of the last questions.
#[derive(Debug, Default)]
struct Recent {
    /// When the counting began anew.
    since: Option<Instant>,
    now: Tally,
    before: Tally,
    /// The failures since the last answer.
    row: Option<Row>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    answered: u64,
    failed: u64,
}

#[derive(Debug)]
struct Row {
    since: Instant,
    /// How many of them were certainly asked after that.
    asked_since: u32,
}

#[derive(Debug, Default)]
struct Trial {
    asked: u32,
    answered: u32,
    failed: u32,
}

impl Breaker {
    pub(super) fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            state: State::Closed(Recent::default()),
        }
    }

    /// Whether one more question may be asked; while it is left alone, that is one of those that try it.
    pub(super) fn lets(&mut self, now: Instant) -> bool {
        let State::Open { until, trial, .. } = &mut self.state else {
            return true;
        };
        if *until > now {
            return false;
        }
        let trial = trial.get_or_insert_default();
        let lets = trial.asked < TRIED_BY;
        trial.asked += u32::from(lets);
        lets
    }

    /// A question that it let is not asked after all.
    pub(super) fn withdraw(&mut self) {
        if let State::Open {
            trial: Some(trial), ..
        } = &mut self.state
        {
            trial.asked = trial.asked.saturating_sub(1);
        }
    }

    pub(super) fn answered(&mut self, now: Instant) -> Option<Turn> {
        match &mut self.state {
            State::Closed(recent) => {
                recent.answered(now);
                None
            }
            // One that was asked before it was left alone.
            State::Open { trial: None, .. } => None,
            State::Open {
                trial: Some(trial), ..
            } => {
                trial.answered += 1;
                let back = trial.answered >= ANSWERED;
                if back {
                    self.state = State::Closed(Recent::default());
                }
                back.then_some(Turn::Back)
            }
        }
    }

    pub(super) fn failed(&mut self, now: Instant) -> Option<Turn> {
        match &mut self.state {
            State::Closed(recent) => {
                let fails = recent.failed(now, self.timeout);
                if fails {
                    self.open(now, FIRST_PAUSE);
                }
                fails.then_some(Turn::LeftAlone)
            }
            // As above.
            State::Open { trial: None, .. } => None,
            State::Open {
                pause,
                trial: Some(trial),
                ..
            } => {
                trial.failed += 1;
                if trial.failed > TRIED_BY - ANSWERED {
                    let pause = LONGEST_PAUSE.min(*pause * 2);
                    self.open(now, pause);
                }
                None
            }
        }
    }

    fn open(&mut self, now: Instant, pause: Duration) {
        self.state = State::Open {
            until: now + pause,
            pause,
            trial: None,
        };
    }
}

impl Recent {
    fn answered(&mut self, now: Instant) {
        self.pass(now);
        self.now.answered += 1;
        self.row = None;
    }

    /// Says whether that is too many.
    fn failed(&mut self, now: Instant, timeout: Duration) -> bool {
        self.pass(now);
        self.now.failed += 1;
        let row = self.row.get_or_insert(Row {
            since: now,
            asked_since: 0,
        });
        // Twice as long as it may take: the time at which it was asked is known no better.
        if now.duration_since(row.since) >= 2 * timeout {
            row.asked_since += 1;
        }
        row.asked_since >= MOST_SINCE || self.mostly_fails()
    }

    fn mostly_fails(&self) -> bool {
        let failed = self.now.failed + self.before.failed;
        let asked = failed + self.now.answered + self.before.answered;
        failed >= LEAST_FAILURES && failed * 100 >= asked * LEAST_PART
    }

    /// Forgets what is long ago.
    fn pass(&mut self, now: Instant) {
        let age = self.since.map(|since| now.duration_since(since));
        if age.is_some_and(|age| age < SPAN) {
            return;
        }
        let last = std::mem::take(&mut self.now);
        let recent = age.is_some_and(|age| age < 2 * SPAN);
        self.before = if recent { last } else { Tally::default() };
        self.since = Some(now);
    }
}
