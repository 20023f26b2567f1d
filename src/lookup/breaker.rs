//! Leaves a service alone that does not answer, and tries it again after a while.

use std::time::{Duration, Instant};

/// Failures in a row after which it is left alone.
const MOST_FAILURES: u32 = 10;

/// For how long at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) enum Breaker {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
        pause: Duration,
        /// One question is being asked to see whether it answers again.
        probing: bool,
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

impl Default for Breaker {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

impl Breaker {
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }

    /// Whether one more question may be asked; while it is left alone, that is the one that tries it.
    pub(super) fn lets(&mut self, now: Instant) -> bool {
        match self {
            Self::Closed { .. } => true,
            Self::Open { until, probing, .. } => {
                let lets = !*probing && *until <= now;
                *probing |= lets;
                lets
            }
        }
    }

    /// The question that was to try it is not asked any more.
    pub(super) fn withdraw(&mut self) {
        if let Self::Open { probing, .. } = self {
            *probing = false;
        }
    }

    pub(super) fn answered(&mut self) -> Option<Turn> {
        let turn = self.is_open().then_some(Turn::Back);
        *self = Self::default();
        turn
    }

    pub(super) fn failed(&mut self, now: Instant) -> Option<Turn> {
        match self {
            Self::Closed { failures } => {
                *failures += 1;
                if *failures < MOST_FAILURES {
                    return None;
                }
                *self = Self::Open {
                    until: now + FIRST_PAUSE,
                    pause: FIRST_PAUSE,
                    probing: false,
                };
                Some(Turn::LeftAlone)
            }
            // One that was asked before.
            Self::Open { probing: false, .. } => None,
            Self::Open { pause, .. } => {
                let pause = LONGEST_PAUSE.min(*pause * 2);
                *self = Self::Open {
                    until: now + pause,
                    pause,
                    probing: false,
                };
                None
            }
        }
    }
}
