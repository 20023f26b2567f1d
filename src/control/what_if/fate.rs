//! What became of messages, few octets each, and what that comes to.

use std::collections::BTreeMap;

use xabar_events::{Reason, State};

use super::answer::Waits;
use crate::clock::UnixMillis;
use crate::journal::{OperatorId, Told};

/// What became of a message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fate {
    /// Who took it whole, by its place among the operators.
    pub(super) operator: Option<u16>,
    /// The state that ended its wait, and when, wall time.
    pub(super) ended: Option<(State, UnixMillis)>,
    /// Until when it was put off last, wall time.
    pub(super) until: Option<UnixMillis>,
    /// A bit for each reason for which it was put off.
    deferred: u32,
}

impl Fate {
    /// One more state of it, in their order.
    pub(super) fn tell(&mut self, told: &Told, place: impl Fn(OperatorId) -> Option<u16>) {
        match told.state {
            State::Deferred => {
                let mut all = bits();
                let bit = all.find(|(reason, _)| Some(*reason) == told.reason);
                self.deferred |= bit.map_or(0, |(_, bit)| bit);
                self.until = told.until;
            }
            State::Submitted if self.ended.is_none() => {
                self.operator = told.attempted.and_then(|it| place(it.operator));
                self.ended = Some((State::Submitted, told.at));
            }
            state if state.is_terminal() && self.ended.is_none() => {
                self.ended = Some((state, told.at));
            }
            _ => {}
        }
    }

    /// For how long it waited, until this moment if it still does; nothing if it ended otherwise than by being taken.
    pub(super) fn waited(&self, since: UnixMillis, until: UnixMillis) -> Option<u32> {
        let end = match self.ended {
            Some((State::Submitted, at)) => at,
            Some(_) => return None,
            None => until,
        };
        Some(u32::try_from(end.since(since).as_millis()).unwrap_or(u32::MAX))
    }

    pub(super) fn reasons(&self) -> impl Iterator<Item = Reason> {
        let deferred = self.deferred;
        let mine = bits().filter(move |(_, bit)| deferred & bit > 0);
        mine.map(|(reason, _)| reason)
    }
}

/// Every reason with its bit.
fn bits() -> impl Iterator<Item = (Reason, u32)> {
    let bits = std::iter::successors(Some(1_u32), |bit| bit.checked_shl(1));
    Reason::ALL.iter().copied().zip(bits)
}

/// Waits in milliseconds, of which quantiles are exact.
#[derive(Debug, Default)]
pub(super) struct Waited(Vec<u32>);

impl Waited {
    pub(super) fn add(&mut self, millis: u32) {
        self.0.push(millis);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// `None`: there was none.
    pub(super) fn told(mut self) -> Option<Waits> {
        self.0.sort_unstable();
        let all = self.0.len();
        let quantile = |percent: usize| {
            let place = (all * percent).div_ceil(100).max(1);
            self.0
                .get(place - 1)
                .map(|millis| f64::from(*millis) / 1000.0)
        };
        Some(Waits {
            messages: all as u64,
            p50_s: quantile(50)?,
            p95_s: quantile(95)?,
            max_s: quantile(100)?,
        })
    }
}

/// Counts by name.
pub(super) fn count<T: ToString>(names: impl Iterator<Item = T>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for name in names {
        *counts.entry(name.to_string()).or_default() += 1;
    }
    counts
}
