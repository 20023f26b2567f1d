//! What holds for what agencies may: urgent by right, so many a day, campaigns over hours.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use rustc_hash::FxHashMap;

use super::{Known, Laws};
use crate::clock::{Now, UnixMillis};
use crate::journal::{AgencyKey, Lane, Message, MessageId};
use crate::pacing::{DailyQuota, Rules, Spread};

/// What agencies have begun.
#[derive(Default)]
pub(super) struct Begun {
    pub(super) days: HashMap<(AgencyKey, Date), Vec<MessageId>>,
    /// Bulk messages of the last hour, by time.
    bulk: HashMap<AgencyKey, VecDeque<(UnixMillis, MessageId)>>,
}

impl Begun {
    /// By another pace the hour begins anew.
    pub(super) fn go_by(&mut self, rules: &Rules, before: &Rules) {
        let of = |rules: &Rules, agency| {
            let mut spreads = rules.spreads.iter();
            spreads.find(|it| of_whole_agency(it, agency)).cloned()
        };
        self.bulk
            .retain(|agency, _| of(rules, *agency) == of(before, *agency));
    }
}

impl Laws {
    /// A message is urgent only by right.
    pub(super) fn check_right(&self, message: &Message) {
        let agency = message.key.agency.name();
        assert!(
            message.lane != Lane::Urgent || self.urgent.allows(agency, &message.content.service),
            "urgent without a right to it: {message:?}"
        );
        assert!(
            !message.content.legal || self.legal.contains(agency),
            "legal without a right to it: {message:?}"
        );
    }

    /// A message is begun: within its agency's quota, and its campaign's hour.
    pub(super) fn check_agency(&mut self, now: &Now, id: MessageId) {
        let known = &self.messages[&id];
        let message = &known.message;
        if !known.attempts.is_empty() || message.is_answer() {
            return;
        }
        let (agency, lane) = (message.agency(), message.lane);
        if let Some(quota) = self.rules.daily.get(&agency) {
            let begun = self.begun.days.entry((agency, day(quota, now)));
            let begun = begun.or_default();
            let most = quota.messages as usize;
            if lane != Lane::Urgent && begun.len() >= most && is_counted(most, id) {
                let gone = gone(&self.messages, begun.iter());
                assert!(gone < most, "{gone} of the agency on this day before {id}");
            }
            begun.push(id);
        }
        let mut spreads = self.rules.spreads.iter();
        if lane == Lane::Bulk
            && let Some(spread) = spreads.find(|it| of_whole_agency(it, agency))
        {
            let begun = self.begun.bulk.entry(agency).or_default();
            let an_hour_ago = now.steady.before(Duration::from_secs(3600));
            while begun.front().is_some_and(|(at, _)| *at <= an_hour_ago) {
                begun.pop_front();
            }
            let most = spread.an_hour as usize;
            if begun.len() >= most && is_counted(most, id) {
                begun.retain(|(_, id)| may_have_gone(&self.messages[id]));
                let gone = gone(&self.messages, begun.iter().map(|(_, id)| id));
                assert!(gone < most, "{gone} of the campaign in an hour before {id}");
            }
            begun.push_back((now.steady, id));
        }
    }
}

pub(super) fn of_whole_agency(spread: &Spread, agency: AgencyKey) -> bool {
    spread.agency == agency && spread.service.is_none()
}

/// Whether so many are counted anew before this one: more than a few thousand only now and then.
pub(super) fn is_counted(most: usize, id: MessageId) -> bool {
    id.0.is_multiple_of(1 + most as u64 / 1000)
}

/// How many of these an operator has, or may have. There may be many: asked only where it matters.
pub(super) fn gone<'a>(
    messages: &FxHashMap<MessageId, Known>,
    ids: impl Iterator<Item = &'a MessageId>,
) -> usize {
    ids.filter(|id| went(&messages[*id])).count()
}

fn went(known: &Known) -> bool {
    let mut fates = known.attempts.iter().flat_map(|it| it.segments.values());
    fates.any(|fate| !fate.is_nothing())
}

/// What came to its end without having gone counts no more, and is not looked at again.
fn may_have_gone(known: &Known) -> bool {
    known.first_end.is_none() || went(known)
}

pub(super) fn day(quota: &DailyQuota, now: &Now) -> Date {
    let wall = Timestamp::from_millisecond(now.wall.0).unwrap();
    quota.timezone.to_datetime(wall).date()
}
