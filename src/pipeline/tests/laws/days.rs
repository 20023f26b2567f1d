//! What holds for the days of quotas: each is for an agency's normal messages first, and who is told a day goes on it, be it in a
//! line or in a campaign, unless something happens that nobody could foresee.

use std::collections::BTreeMap;
use std::time::Duration;

use rustc_hash::FxHashMap;
use xabar_events::{Outcome, Reason, State};

use super::agencies::{day, gone, is_counted};
use super::{Known, Laws};
use crate::clock::{Now, UnixMillis};
use crate::journal::{AgencyKey, Lane, Message, MessageId};

/// How long what waited may take to go once its operator takes messages again.
const AFTER_TROUBLE: Duration = Duration::from_secs(4 * 3600);

#[derive(Default)]
pub(super) struct Days {
    /// The messages that wait for an agency's quota or campaign.
    told: FxHashMap<MessageId, Told>,
    /// When something last happened that moves others of the agency: a message came in that goes before bulk ones, one did not go,
    /// or one went that had waited for something else.
    unforeseen: BTreeMap<AgencyKey, UnixMillis>,
    /// The same of what moves normal ones to a later day: what stands in no line takes the room.
    overtaken: BTreeMap<AgencyKey, UnixMillis>,
    /// How far the wall clock is ahead.
    ahead: i64,
}

/// Until when one of them waits, by the wall clock, and when that was found.
struct Told {
    until: UnixMillis,
    at: UnixMillis,
}

impl Days {
    /// The rules are others, or the clock: all is judged anew.
    pub(super) fn forget(&mut self) {
        self.told.clear();
    }

    pub(super) fn unforeseen(&mut self, message: &Message, now: UnixMillis) {
        self.unforeseen.insert(message.agency(), now);
    }
}

impl Laws {
    /// These came in.
    pub(super) fn note_days(&mut self, now: &Now, accepted: &[Message]) {
        let ahead = now.wall.0 - now.steady.0;
        if std::mem::replace(&mut self.days.ahead, ahead) != ahead {
            self.days.forget();
        }
        for message in accepted.iter().filter(|it| it.lane != Lane::Bulk) {
            self.days.unforeseen(message, now.steady);
            if message.lane == Lane::Urgent {
                self.days.overtaken.insert(message.agency(), now.steady);
            }
        }
    }

    /// What waits is told a day, unless it ends before. Who ends without having gone leaves room to others.
    pub(super) fn note_day(&mut self, now: &Now, id: MessageId, outcome: &Outcome<'_>) {
        let message = &self.messages[&id].message;
        let until = outcome.until.map(UnixMillis::from);
        let until = until.filter(|until| *until < message.expires);
        match (outcome.state, outcome.reason, until) {
            (State::Deferred, Some(Reason::AgencyQuota), Some(until)) => {
                let at = now.steady;
                self.days.told.insert(id, Told { until, at });
            }
            (state, ..) => {
                self.days.told.remove(&id);
                let has_waited = outcome.sequence > 2;
                if state.is_terminal() && has_waited && self.messages[&id].attempts.is_empty() {
                    self.days.unforeseen(message, now.steady);
                }
            }
        }
    }

    /// A message of an agency with a quota is begun, the first time.
    pub(super) fn check_day(&mut self, now: &Now, id: MessageId) {
        let Known { message, told, .. } = &self.messages[&id];
        let agency = message.agency();
        let Some(quota) = self.rules.daily.get(&agency) else {
            return;
        };
        let day_of = |wall| day(quota, &Now { wall, ..*now });
        let today = day_of(now.wall);
        let begun = self.begun.days.get(&(agency, today));
        let most = quota.messages as usize;
        let may_be_full = begun.map_or(0, Vec::len) + self.days.told.len() >= most;
        if message.lane == Lane::Bulk && may_be_full && is_counted(most, id) {
            let waiting = self.days.told.iter().filter(|(id, told)| {
                let other = &self.messages[*id].message;
                let is_before = other.lane == Lane::Normal && other.agency() == agency;
                is_before && told.until > now.wall && day_of(told.until) == today
            });
            let waiting = waiting.count();
            let gone = gone(&self.messages, begun.into_iter().flatten());
            assert!(
                gone + waiting < most,
                "bulk {id} goes though {waiting} normal ones are to have the rest of the day, {gone} being gone"
            );
        }
        let stood_in_line = self.days.told.remove(&id);
        if let Some(Told { until, at }) = stood_in_line {
            let unforeseen = self.days.unforeseen.get(&agency);
            let is_foreseen = unforeseen.is_none_or(|it| *it < at);
            let is_late_by_trouble = now.steady_at(until) <= self.waits.trouble;
            // What another one of its phone or its thread holds up has a time of its own.
            let is_alone =
                self.phones[&message.msisdn].len() == 1 && self.threads[&message.thread].len() == 1;
            if message.lane == Lane::Normal && day_of(until) < today {
                self.check_later(now, id, (until, at), day_of);
            }
            if day_of(until) != today {
                assert!(
                    !is_foreseen || is_late_by_trouble || !is_alone,
                    "{id} goes on another day than it is told: {until:?}, now {:?}",
                    now.wall
                );
                let message = message.clone();
                self.days.unforeseen(&message, now.steady);
            }
        } else if told.1 == State::Deferred && message.lane != Lane::Urgent {
            let message = message.clone();
            self.days.unforeseen(&message, now.steady);
            self.days.overtaken.insert(agency, now.steady);
        }
    }

    /// A normal message that stood in line goes on a later day than it was told: something took its room, or kept it from going.
    fn check_later<Day: Ord>(
        &self,
        now: &Now,
        id: MessageId,
        (until, told_at): (UnixMillis, UnixMillis),
        day_of: impl Fn(UnixMillis) -> Day,
    ) {
        let message = &self.messages[&id].message;
        let overtaken = self.days.overtaken.get(&message.agency());
        let is_overtaken = overtaken.is_some_and(|it| *it >= told_at);
        // Another one of its thread may hold it up.
        let is_alone = self.threads[&message.thread].len() == 1;
        let trouble = now.wall_at(self.waits.trouble);
        let was_held_up = day_of(trouble.after(AFTER_TROUBLE)) > day_of(until);
        // For all of a day, which those before it have the next one for.
        let was_down = self.waits.start_let_go > told_at;
        assert!(
            is_overtaken || !is_alone || was_held_up || was_down,
            "{id} goes on a later day than it is told: {until:?}, now {:?}",
            now.wall
        );
    }
}
