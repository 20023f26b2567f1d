//! What holds for the morning: what waited for the end of the quiet hours goes bit by bit.

use std::collections::{BTreeMap, HashMap};

use xabar_events::{Outcome, Reason, State};

use super::{Known, Laws};
use crate::clock::{Now, UnixMillis};
use crate::journal::{Lane, MessageId};
use crate::pacing::{QuietHours, Rules};

/// What waits, or waited, for a morning.
#[derive(Default)]
pub(super) struct Mornings {
    /// For which each message waits.
    waiting: HashMap<MessageId, UnixMillis>,
    /// For each, how many waited for it, and how many of these were begun in its first tenth.
    counts: BTreeMap<UnixMillis, (u32, u32)>,
}

/// Of a few, chance may choose any number.
const FEW: u32 = 10;

impl Mornings {
    /// What waits for an end that other rules do not know has no morning.
    pub(super) fn go_by(&mut self, rules: &Rules, before: &Rules) {
        if rules.quiet_hours != before.quiet_hours {
            *self = Self::default();
        }
    }
}

impl Laws {
    /// A message is told that it waits for the morning, and could wait for all of it.
    pub(super) fn note_morning(&mut self, id: MessageId, outcome: &Outcome<'_>) {
        let told = (outcome.state, outcome.reason);
        if told != (State::Deferred, Some(Reason::QuietHours)) {
            return;
        }
        let Rules {
            quiet_hours,
            no_bulk,
            release,
            ..
        } = &self.rules;
        let end_at = |hours: &Option<QuietHours>, wall| hours.as_ref().and_then(|it| it.end(wall));
        let Some(end) = end_at(quiet_hours, outcome.at.into()) else {
            return;
        };
        let Known { message, .. } = &self.messages[&id];
        let last = end.after(*release);
        let held = end_at(quiet_hours, last).is_some()
            || (message.lane == Lane::Bulk && end_at(no_bulk, last).is_some());
        let all = message.expires > last && !held;
        if all && self.mornings.waiting.insert(id, end).is_none() {
            self.mornings.counts.entry(end).or_default().0 += 1;
        }
    }

    /// A message is begun. In a tenth of the morning a tenth should go, and by chance some more.
    pub(super) fn check_morning(&mut self, now: &Now, id: MessageId) {
        let Some(end) = self.mornings.waiting.remove(&id) else {
            return;
        };
        let first_tenth = end.after(self.rules.release / 10);
        if !(end..first_tenth).contains(&now.wall) {
            return;
        }
        let (waited, early) = self.mornings.counts.entry(end).or_default();
        *early += 1;
        assert!(
            *early <= FEW + *waited / 5,
            "{early} of {waited} go as soon as the morning begins"
        );
    }
}
