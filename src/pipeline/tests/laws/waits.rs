//! What holds for waits: what its agency's quota, its campaign, its subscriber's limits or some hours hold up waits no longer
//! than the rules of now ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rustc_hash::{FxHashMap, FxHashSet};
use xabar_events::{Msisdn, Outcome, Reason, State};

use super::agencies::{day, of_whole_agency};
use super::{Fate, Laws};
use crate::clock::{Now, UnixMillis};
use crate::journal::{AgencyKey, Lane, Message, MessageId};
use crate::pacing::Rules;

const MINUTE: Duration = Duration::from_secs(60);

/// How long a message that nothing holds up may take to go, where its link has room.
const GRACE: Duration = Duration::from_secs(3 * 60);

/// The messages that wait for one of these reasons.
#[derive(Default)]
pub(super) struct Waits {
    messages: FxHashMap<MessageId, (AgencyKey, Lane, Wait)>,
    /// How many of them are normal ones, of each agency.
    normal: BTreeMap<AgencyKey, usize>,
    /// Those of them that were told to wait for the morning.
    of_night: FxHashSet<MessageId>,
    /// Until then they may go one by one, the last night having been ended by other rules.
    night_let_go: UnixMillis,
    /// Until then all of them may, the gateway having been down.
    pub(super) start_let_go: UnixMillis,
    /// What time it was last.
    now: UnixMillis,
    campaigns: BTreeMap<AgencyKey, Campaign>,
    /// When a link last had no room, or its operator was in trouble.
    pub(super) trouble: UnixMillis,
    /// When they were last looked at.
    looked: UnixMillis,
}

/// What is known of one of them.
#[derive(Clone, Copy)]
enum Wait {
    HeldUntil(UnixMillis),
    FreeSince(UnixMillis),
}

/// What waits for the times of a campaign.
#[derive(Default)]
struct Campaign {
    waiting: BTreeSet<MessageId>,
    /// What its subscriber's limit holds up: each has a time all the same when all are dealt anew.
    limited: BTreeSet<MessageId>,
    /// Minutes in which many waited that might go, and to how many their turn came in them.
    minutes: u32,
    turns: u32,
}

impl Waits {
    /// It has its end, or other rules.
    fn forget(&mut self, id: MessageId) -> Option<&mut Campaign> {
        if let Some((agency, Lane::Normal, _)) = self.messages.remove(&id)
            && let Some(normal) = self.normal.get_mut(&agency)
        {
            *normal -= 1;
        }
        self.of_night.remove(&id);
        for campaign in self.campaigns.values_mut() {
            campaign.limited.remove(&id);
        }
        let mut campaigns = self.campaigns.values_mut();
        campaigns.find_map(|campaign| campaign.waiting.remove(&id).then_some(campaign))
    }

    /// Something holds it up.
    fn wait(&mut self, id: MessageId, (agency, lane): (AgencyKey, Lane)) {
        let wait = Wait::HeldUntil(UnixMillis(0));
        let before = self.messages.insert(id, (agency, lane, wait));
        if before.is_none() && lane == Lane::Normal {
            *self.normal.entry(agency).or_default() += 1;
        }
    }

    /// It is begun, or something else holds it up now: where it waited for its campaign, its turn came.
    pub(super) fn waits_no_more(&mut self, id: MessageId) {
        if let Some(campaign) = self.forget(id) {
            campaign.turns += 1;
        }
    }

    /// The gateway starts, and was down since time passed last.
    pub(super) fn started(&mut self, now: UnixMillis, release: Duration) {
        if now.since(self.now) > MINUTE {
            self.start_let_go = now.after(release.max(30 * MINUTE) + MINUTE);
        }
    }

    /// Some link cannot take what may go.
    pub(super) fn trouble(&mut self, now: UnixMillis) {
        self.trouble = now;
    }
}

impl Laws {
    /// Whether a message may have to wait for a campaign.
    pub(super) fn is_spread(&self, message: &Message) -> bool {
        let mut spreads = self.rules.spreads.iter();
        message.lane == Lane::Bulk && spreads.any(|it| it.agency == message.agency())
    }

    pub(super) fn note_wait(&mut self, id: MessageId, outcome: &Outcome<'_>) {
        let message = &self.messages[&id].message;
        let (agency, lane) = (message.agency(), message.lane);
        let is_spread = self.is_spread(message);
        let told = (outcome.state, outcome.reason);
        if is_spread && told == (State::Deferred, Some(Reason::AgencyQuota)) {
            let campaign = self.waits.campaigns.entry(agency).or_default();
            campaign.waiting.insert(id);
            return;
        }
        match outcome.state {
            State::Deferred => self.waits.waits_no_more(id),
            _ => _ = self.waits.forget(id),
        }
        if is_spread && told == (State::Deferred, Some(Reason::SubscriberLimit)) {
            let campaign = self.waits.campaigns.entry(agency).or_default();
            campaign.limited.insert(id);
        }
        match told {
            (
                State::Deferred,
                Some(
                    Reason::AgencyQuota
                    | Reason::SubscriberLimit
                    | Reason::QuietHours
                    | Reason::BulkWindow,
                ),
            ) if !is_spread => {
                self.waits.wait(id, (agency, lane));
                if outcome.reason == Some(Reason::QuietHours) {
                    self.waits.of_night.insert(id);
                }
            }
            _ => {}
        }
    }

    /// What waits does so by other rules from now on. Whether it is a campaign that it waits for is told only where that is news.
    pub(super) fn wait_by_other_rules(&mut self, before: &Rules) {
        let now = self.waits.now;
        let is_night = |rules: &Rules| {
            let hours = rules.quiet_hours.as_ref();
            let times = [now, now.before(rules.release)];
            times
                .iter()
                .any(|at| hours.is_some_and(|it| it.end(*at).is_some()))
        };
        if is_night(before) {
            // Without a night it is that of before, which is not known after a restart.
            let release = match self.rules.quiet_hours {
                Some(_) => self.rules.release,
                None => before.release.max(30 * MINUTE),
            };
            let last = now.after(release + MINUTE);
            self.waits.night_let_go = self.waits.night_let_go.max(last);
        }
        let campaigns = self.waits.campaigns.values_mut();
        let of_campaigns = campaigns.flat_map(|it| {
            (it.minutes, it.turns) = (0, 0);
            std::mem::take(&mut it.waiting)
        });
        let waiting: Vec<_> = of_campaigns
            .map(|id| (id, true))
            .chain(self.waits.messages.keys().map(|id| (*id, false)))
            .collect();
        for (id, was_spread) in waiting {
            let of_night = self.waits.of_night.contains(&id);
            self.waits.forget(id);
            let message = &self.messages[&id].message;
            let (agency, lane) = (message.agency(), message.lane);
            if !self.is_spread(message) {
                self.waits.wait(id, (agency, lane));
                if of_night {
                    self.waits.of_night.insert(id);
                }
            } else if was_spread {
                let campaign = self.waits.campaigns.entry(agency).or_default();
                campaign.waiting.insert(id);
            }
        }
    }

    /// Some time has passed; `links_have_room`: whatever may go could have gone.
    pub(crate) fn pass(&mut self, now: &Now, links_have_room: bool) {
        self.waits.now = now.steady;
        if !links_have_room {
            self.waits.trouble(now.steady);
        }
        if self.waits.looked.after(MINUTE) > now.steady {
            return;
        }
        self.waits.looked = now.steady;
        let mut waits = std::mem::take(&mut self.waits);
        let spent = self.spent(now);
        let last_of_night = self.last_of_night(&waits, now);
        let left_to_normal = self.left_to_normal(&waits, now);
        for (id, (agency, lane, wait)) in &mut waits.messages {
            let lane = *lane;
            match *wait {
                Wait::HeldUntil(until) if until > now.steady || spent.contains(agency) => continue,
                Wait::HeldUntil(_) | Wait::FreeSince(_) => {}
            }
            let last = last_of_night.get(&(*agency, lane));
            let is_after_night = waits.of_night.contains(id) || last.is_some_and(|it| it < id);
            let let_go = Some(waits.night_let_go);
            let let_go = let_go.filter(|it| *it > now.steady && is_after_night);
            let late = Some(waits.start_let_go).filter(|it| *it > now.steady);
            let is_left = lane == Lane::Bulk && left_to_normal.contains(agency);
            let left = is_left.then(|| now.steady.after(MINUTE));
            let held = self.held(*id, &spent, now).max(let_go).max(late).max(left);
            let since = match *wait {
                Wait::FreeSince(since) => since,
                Wait::HeldUntil(_) => now.steady,
            };
            *wait = held.map_or(Wait::FreeSince(since), Wait::HeldUntil);
            let waited = now.steady.since(since.max(waits.trouble));
            assert!(
                held.is_some() || waited <= GRACE,
                "{id} waits longer than its rules ask for, by {waited:?}: {:?}",
                self.messages[id].message
            );
        }
        self.check_campaigns(&mut waits, now);
        self.waits = waits;
    }

    /// A campaign goes as fast as it may. Some of its times are those of messages that never go, or that others hold up.
    fn check_campaigns(&self, waits: &mut Waits, now: &Now) {
        let hours = [&self.rules.quiet_hours, &self.rules.no_bulk];
        let mut hours = hours.into_iter().flatten();
        let may_go = hours.all(|hours| hours.end(now.wall).is_none())
            && waits.trouble.after(MINUTE) <= now.steady;
        for (agency, campaign) in &mut waits.campaigns {
            let mut spreads = self.rules.spreads.iter();
            let Some(spread) = spreads.find(|it| of_whole_agency(it, *agency)) else {
                continue;
            };
            // The rest of a day that a quota leaves may be that of normal ones that wait, or of messages that never go.
            let quota = self.rules.daily.get(agency);
            let is_nearly_spent = quota.is_some_and(|quota| {
                let begun = self.begun.days.get(&(*agency, day(quota, now)));
                let normal = waits.normal.get(agency).copied().unwrap_or(0);
                begun.map_or(0, Vec::len) + normal >= quota.messages as usize * 3 / 4
            });
            if !may_go || is_nearly_spent || campaign.waiting.len() < spread.an_hour as usize / 2 {
                (campaign.minutes, campaign.turns) = (0, 0);
                continue;
            }
            campaign.minutes += 1;
            if campaign.minutes == 60 {
                let turns = std::mem::take(&mut campaign.turns);
                campaign.minutes = 0;
                let limited = u32::try_from(campaign.limited.len()).unwrap();
                assert!(
                    (turns + limited) * 3 >= spread.an_hour,
                    "only {turns} turns of the campaign in an hour, for which {} wait",
                    campaign.waiting.len()
                );
            }
        }
    }

    /// The agencies that may begin no bulk message today besides all normal ones that wait, as far as may be that it is this day.
    fn left_to_normal(&self, waits: &Waits, now: &Now) -> BTreeSet<AgencyKey> {
        let normal = waits.normal.iter().filter(|(_, waiting)| **waiting > 0);
        let left = normal.filter(|(agency, waiting)| {
            let quota = self.rules.daily.get(agency);
            quota.is_some_and(|quota| {
                let begun = self.begun.days.get(&(**agency, day(quota, now)));
                begun.map_or(0, Vec::len) + **waiting >= quota.messages as usize
            })
        });
        left.map(|(agency, _)| *agency).collect()
    }

    /// The agencies that may begin no more today.
    pub(super) fn spent(&self, now: &Now) -> BTreeSet<AgencyKey> {
        let daily = self.rules.daily.iter();
        let spent = daily.filter(|(agency, quota)| {
            let begun = self.begun.days.get(&(**agency, day(quota, now)));
            begun.map_or(0, Vec::len) >= quota.messages as usize
        });
        spent.map(|(agency, _)| *agency).collect()
    }

    /// Of a lane of an agency whose day has room only for those of the night that go one by one now: the last that it has room for.
    /// What came in after that one waits for the next day, until it shows that some of these do not go.
    fn last_of_night(&self, waits: &Waits, now: &Now) -> BTreeMap<(AgencyKey, Lane), MessageId> {
        let mut of_night = BTreeMap::<_, BTreeSet<_>>::new();
        for id in &waits.of_night {
            let message = &self.messages[id].message;
            let waiting = of_night.entry((message.agency(), message.lane));
            waiting.or_default().insert(*id);
        }
        let last = of_night.iter().filter_map(|(whose, waiting)| {
            let (agency, lane) = *whose;
            let quota = self.rules.daily.get(&agency)?;
            let begun = self.begun.days.get(&(agency, day(quota, now)));
            let room = (quota.messages as usize).checked_sub(begun.map_or(0, Vec::len))?;
            // Bulk ones have what normal ones leave.
            let first = of_night.get(&(agency, Lane::Normal));
            let first = first.filter(|_| lane == Lane::Bulk);
            let last = match room.saturating_sub(first.map_or(0, BTreeSet::len)) {
                0 => MessageId(0),
                room => *waiting.iter().nth(room - 1)?,
            };
            Some((*whose, last))
        });
        last.collect()
    }

    /// Until when something may hold a message up, as far as is known now.
    fn held(&self, id: MessageId, spent: &BTreeSet<AgencyKey>, now: &Now) -> Option<UnixMillis> {
        let message = &self.messages[&id].message;
        if spent.contains(&message.agency()) || self.thread_is_busy(id) {
            return Some(now.steady.after(MINUTE));
        }
        let hours = self.hours_hold(message.lane, now);
        hours.max(self.limited_until(message.msisdn, now))
    }

    /// Until when some hours may hold up what is of this lane: what waited for their end goes bit by bit then.
    pub(super) fn hours_hold(&self, lane: Lane, now: &Now) -> Option<UnixMillis> {
        let bulk = self.rules.no_bulk.as_ref();
        let bulk = bulk.filter(|_| lane == Lane::Bulk);
        let release = self.rules.release;
        let hours = self.rules.quiet_hours.iter().chain(bulk);
        let ends = hours.filter_map(|hours| {
            let end = hours.end(now.wall);
            let end = end.or_else(|| hours.end(now.wall.before(release)));
            Some(now.steady_at(end?.after(release)))
        });
        ends.max()
    }

    /// Until when some limit may let a subscriber get no more, if one does.
    fn limited_until(&self, msisdn: Msisdn, now: &Now) -> Option<UnixMillis> {
        // What came to nothing counted when the wait was decided on, and so did what turned out to be the rest of a text.
        let mut times = self.times_to(msisdn, |it| !it.was_rest);
        times.sort_unstable();
        let limits = self.rules.limits.iter().filter_map(|limit| {
            let nth_last = times.len().checked_sub(limit.messages as usize)?;
            let until = times.get(nth_last)?.after(limit.per);
            (until > now.steady).then_some(until)
        });
        limits.max()
    }

    pub(super) fn thread_is_busy(&self, id: MessageId) -> bool {
        let thread = self.messages[&id].message.thread;
        let mut last = self.threads[&thread]
            .iter()
            .filter_map(|it| self.messages[it].attempts.last());
        let mut fates = last.by_ref().flat_map(|it| it.segments.values());
        fates.any(|fate| matches!(fate, Fate::Sent | Fate::Unanswered(_)))
    }
}
