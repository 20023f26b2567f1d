//! What the pipeline spends its time with, and for which operators messages wait: what says which limit holds it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::core::Core;
use super::operator::Operator;
use super::orders::Pause;
use super::review::Judging;
use super::tally::Tally;
use crate::clock::UnixMillis;
use crate::durations::Durations;
use crate::journal::OperatorId;
use crate::pacing::Among;

/// How often it is told.
const TOLD: Duration = Duration::from_millis(100);

/// What the pipeline did since the start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Load {
    /// Waiting for something to do.
    pub gathering: Duration,
    pub deciding: Duration,
    /// Waiting for the journal.
    pub committing: Duration,
    /// What it took each time that there was anything to be made durable.
    pub commits: Durations,
    /// For how long messages that were due waited for each operator's link to take them.
    pub pressed: BTreeMap<OperatorId, Duration>,
    /// Messages that went to operators' links, each attempt counted.
    pub sent: u64,
    /// Outcomes that are to be published yet.
    pub unpublished: u64,
    /// What is paused.
    pub paused: Vec<Pause>,
    /// The operators that are left alone for a while, since half of their answers are bad.
    pub failing: Vec<OperatorId>,
    /// Those that are down, be it that one session is dropped after the other.
    pub down: Vec<OperatorId>,
    /// How far what waits is judged anew, while it is.
    pub judging: Option<Judging>,
    /// What became of messages.
    pub tally: Arc<Tally>,
}

impl Load {
    /// All the time that was looked at.
    pub fn elapsed(&self) -> Duration {
        self.gathering + self.deciding + self.committing
    }

    /// What came to it since it was `earlier`.
    pub fn since(&self, earlier: &Self) -> Self {
        let before = |id: &OperatorId| earlier.pressed.get(id).copied().unwrap_or_default();
        let pressed = self.pressed.iter();
        Self {
            gathering: self.gathering.saturating_sub(earlier.gathering),
            deciding: self.deciding.saturating_sub(earlier.deciding),
            committing: self.committing.saturating_sub(earlier.committing),
            commits: self.commits.since(&earlier.commits),
            pressed: pressed
                .map(|(id, time)| (*id, time.saturating_sub(before(id))))
                .collect(),
            sent: self.sent.saturating_sub(earlier.sent),
            unpublished: self.unpublished,
            paused: self.paused.clone(),
            failing: self.failing.clone(),
            down: self.down.clone(),
            judging: self.judging,
            tally: self.tally.clone(),
        }
    }
}

/// Keeps the account of the driver's time.
#[derive(Debug)]
pub(super) struct Stopwatch {
    load: Load,
    since: Instant,
    tell_at: Instant,
}

impl Stopwatch {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            load: Load::default(),
            since: now,
            tell_at: now,
        }
    }

    pub(super) fn gathered(&mut self, now: Instant) {
        self.load.gathering += lap(&mut self.since, now);
    }

    pub(super) fn decided(&mut self, now: Instant) {
        self.load.deciding += lap(&mut self.since, now);
    }

    /// `anything` was made durable, or there was nothing.
    pub(super) fn committed(&mut self, anything: bool, now: Instant) {
        let took = lap(&mut self.since, now);
        self.load.committing += took;
        if anything {
            self.load.commits.add(took);
        }
    }

    /// The account so far, if it is time to tell it.
    pub(super) fn due(&mut self, core: &Core, now: Instant) -> Option<Load> {
        (now >= self.tell_at).then(|| {
            self.tell_at = now + TOLD;
            Load {
                gathering: self.load.gathering,
                deciding: self.load.deciding,
                committing: self.load.committing,
                commits: self.load.commits,
                ..core.load()
            }
        })
    }
}

fn lap(since: &mut Instant, now: Instant) -> Duration {
    let passed = now.saturating_duration_since(*since);
    *since = now;
    passed
}

/// For how long messages waited for a link.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pressure {
    total: Duration,
    since: Option<UnixMillis>,
}

impl Pressure {
    /// From now on some wait, or none.
    fn note(&mut self, waits: bool, now: UnixMillis) {
        if let Some(since) = self.since {
            self.total += now.since(since);
        }
        self.since = waits.then_some(now);
    }
}

impl Core {
    /// What it did, but for its driver's time.
    pub(super) fn load(&self) -> Load {
        Load {
            pressed: self.pressed().collect(),
            sent: self.sent,
            unpublished: self.unpublished(),
            paused: self.pauses().collect(),
            failing: self.those(|it| it.circuit.tripped().is_some()),
            down: self.those(|it| it.outage.since().is_some()),
            judging: self.review.progress(),
            tally: self.tally().clone().into(),
            ..Load::default()
        }
    }

    /// Notes for which links messages wait, at the end of a beat.
    pub(super) fn note_pressure(&mut self, now: UnixMillis) {
        for (id, operator) in &mut self.operators {
            let waits = self.pacer.has_turns(*id, Among::All);
            operator.pressure.note(waits, now);
        }
    }

    fn those(&self, are_such: impl Fn(&Operator) -> bool) -> Vec<OperatorId> {
        let operators = self.operators.iter();
        let such = operators.filter(|(_, operator)| are_such(operator));
        such.map(|(id, _)| *id).collect()
    }

    fn pressed(&self) -> impl Iterator<Item = (OperatorId, Duration)> {
        let operators = self.operators.iter();
        operators.map(|(id, operator)| (*id, operator.pressure.total))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pressure_lasts_from_when_some_wait_until_none_does() {
        let at = UnixMillis;
        let mut pressure = Pressure::default();
        pressure.note(false, at(1000));
        pressure.note(true, at(2000));
        pressure.note(true, at(2500));
        pressure.note(false, at(2600));
        pressure.note(false, at(9000));
        assert_eq!(pressure.total, Duration::from_millis(600));
    }

    #[test]
    fn a_commit_of_nothing_takes_time_and_is_none() {
        let start = crate::clock::instant();
        let mut stopwatch = Stopwatch::new(start);
        for (anything, at) in [(true, 3), (false, 4), (true, 9)] {
            stopwatch.committed(anything, start + Duration::from_millis(at));
        }
        let load = stopwatch.load;
        assert_eq!(load.committing, Duration::from_millis(9));
        let commits = (load.commits.len(), load.commits.sum());
        assert_eq!(commits, (2, Duration::from_millis(8)));
    }

    #[test]
    fn what_came_since_is_told_apart() {
        let of = |gathering, pressed| Load {
            gathering: Duration::from_secs(gathering),
            commits: {
                let mut commits = Durations::default();
                (0..pressed).for_each(|_| commits.add(Duration::from_millis(2)));
                commits
            },
            pressed: BTreeMap::from([(OperatorId(1), Duration::from_secs(pressed))]),
            ..Load::default()
        };
        assert_eq!(of(9, 5).since(&of(2, 1)), of(7, 4));
        assert_eq!(of(9, 5).since(&Load::default()), of(9, 5));
    }
}
