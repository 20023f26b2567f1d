//! How much of their daily quotas agencies had used when a replay begins.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use xabar_events::{Reason, State};

use super::traffic::Arrived;
use crate::clock::{Now, UnixMillis};
use crate::journal::{AgencyKey, Lane, Message, Origin, Used};
use crate::pacing::{Rules, Spread};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// No campaign that is replayed is longer.
const MOST_DAYS: usize = 400;

/// The days that agencies with a quota are in at one moment.
#[derive(Debug, Default)]
pub(super) struct Quotas {
    /// Wall time.
    at: UnixMillis,
    days: BTreeMap<AgencyKey, Day>,
    spreads: Vec<Spread>,
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
            spreads: rules.spreads.clone(),
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
            if self.is_of_campaign(&arrived.origin, agency) {
                let after = now.wall_at(stands.due).since(day.start).as_secs() / DAY.as_secs();
                let after = usize::try_from(after).unwrap_or(0).min(MOST_DAYS);
                let days = &mut used.campaigns;
                days.resize(days.len().max(after + 1), 0);
                if let Some(on) = days.get_mut(after).filter(|_| stands.dealt.is_some()) {
                    *on = on.saturating_add(1);
                }
                continue;
            }
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

    fn is_of_campaign(&self, origin: &Origin, agency: AgencyKey) -> bool {
        let service = &*origin.content.service;
        let mut spreads = self.spreads.iter();
        origin.lane == Lane::Bulk
            && spreads.any(|it| {
                it.agency == agency && it.service.as_deref().is_none_or(|own| own == service)
            })
    }
}
