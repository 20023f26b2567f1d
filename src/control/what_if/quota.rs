//! How much of their daily quotas agencies had used when a replay begins.

use std::collections::BTreeMap;
use std::ops::Range;

use xabar_events::{Reason, State};

use super::traffic::Arrived;
use crate::clock::{Now, UnixMillis};
use crate::journal::{AgencyKey, Lane, Message, Used};
use crate::pacing::Rules;

/// The days that agencies with a quota are in at one moment.
#[derive(Debug, Default)]
pub(super) struct Quotas {
    /// Wall time.
    at: UnixMillis,
    days: BTreeMap<AgencyKey, Day>,
}

#[derive(Debug)]
struct Day {
    day: Range<UnixMillis>,
    messages: u32,
}

impl Quotas {
    pub(super) fn at(at: UnixMillis, rules: &Rules) -> Self {
        let days = rules.daily.iter().map(|(agency, quota)| {
            let (day, messages) = (quota.day_of(at), 0);
            (*agency, Day { day, messages })
        });
        Self {
            at,
            days: days.collect(),
        }
    }

    /// When the first of these days began.
    pub(super) fn since(&self) -> Option<UnixMillis> {
        self.days.values().map(|it| it.day.start).min()
    }

    /// Counts a message if it was submitted by then on that day.
    pub(super) fn count(&mut self, message: &Message) {
        if message.is_answer() {
            return;
        }
        let Some(day) = self.days.get_mut(&message.agency()) else {
            return;
        };
        let mut history = message.progress.history.iter();
        let submitted = history.find(|told| told.state == State::Submitted);
        if submitted.is_some_and(|told| told.at < self.at && day.day.contains(&told.at)) {
            day.messages = day.messages.saturating_add(1);
        }
    }

    /// What the journal would say then, with the places of those that wait since they were put off.
    pub(super) fn used<'a>(
        &self,
        waiting: impl Iterator<Item = &'a Arrived>,
        now: &Now,
    ) -> Vec<(AgencyKey, Used)> {
        let mut all: BTreeMap<AgencyKey, Used> = BTreeMap::new();
        for (agency, Day { day, messages }) in &self.days {
            let used = all.entry(*agency).or_default();
            (used.day, used.messages) = (day.start, *messages);
        }
        for arrived in waiting {
            let agency = AgencyKey::of(arrived.origin.key.agency.name());
            let stands = arrived.stands.as_ref().filter(|stands| {
                let told = stands.history.last();
                told.is_some_and(|told| told.reason == Some(Reason::AgencyQuota))
            });
            let (Some(stands), Some(Day { day, .. })) = (stands, self.days.get(&agency)) else {
                continue;
            };
            let used = all.entry(agency).or_default();
            let places = match arrived.origin.lane {
                Lane::Bulk => &mut used.bulk,
                _ => &mut used.normal,
            };
            let day = match stands.due < now.steady_at(day.end) {
                true => &mut places.today,
                false => &mut places.next,
            };
            day.last = stands.due.max(day.last);
            day.waiting = day.waiting.saturating_add(1);
        }
        all.into_iter().collect()
    }
}
