//! What the gateway of a day goes by: every rule that it has for subscribers, agencies and hours.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Time;
use xabar_events::Msisdn;

use super::super::random::{Random, night};
use super::super::world::*;
use super::agencies::{
    AGENCIES, BLOCKED, CAMPAIGNING, FAVOURED, HASTY, LIMITED, REASSIGNED, name, subscriber,
};
use crate::journal::AgencyKey;
use crate::numbers::Numbers;
use crate::pacing::{DailyQuota, Limit, QuietHours, Rules, Spread, UrgentRight};
use crate::pipeline::Settings;

/// Of a day with so many events.
pub(super) fn set(settings: &mut Settings, events: u64) {
    let rules = &mut settings.rules;
    rules.limits = vec![limit(3, 10 * MINUTE), limit(10, 24 * HOUR)];
    rules.configured_limits.clone_from(&rules.limits);
    rules.quiet_hours = Some(night());
    rules.release = 30 * MINUTE;
    rules.no_bulk = Some(QuietHours {
        from: Time::constant(20, 0, 0, 0),
        to: Time::constant(9, 0, 0, 0),
        ..night()
    });
    let quota = DailyQuota {
        messages: at_least_ten(events / 25),
        timezone: night().timezone,
    };
    rules.daily.insert(AgencyKey::of(&name(LIMITED)), quota);
    let quota = DailyQuota {
        messages: at_least_ten(events / 20),
        timezone: night().timezone,
    };
    rules.daily.insert(AgencyKey::of(&name(CAMPAIGNING)), quota);
    rules.spreads = vec![Spread {
        agency: AgencyKey::of(&name(CAMPAIGNING)),
        service: None,
        an_hour: at_least_ten(events / 64),
    }];
    settings.dialogue.answers = vec![limit(2, HOUR)];
    let weights = &mut rules.sharing.weights;
    weights.insert(AgencyKey::of(&name(FAVOURED)), WEIGHT);
    let names: Vec<_> = (0..AGENCIES).filter(|it| *it != HASTY).map(name).collect();
    settings.urgent = UrgentRight::only(names.iter().map(|name| (&**name, None)));
    let pushing = names.iter().take(names.len() / 2);
    let pushing = UrgentRight::only(pushing.map(|name| (&**name, None)));
    settings.operators[0].push = Some(pushing);
    let legal = names.iter().take(names.len() / 2);
    settings.legal = legal.map(|name| name.as_str().into()).collect();
    settings.lists.blocked = list(subscriber(BLOCKED));
    settings.lists.reassigned = list(subscriber(REASSIGNED));
}

/// Nor is there a quota then that is for it.
pub(super) fn leave_the_campaign_out(rules: &mut Rules) {
    rules.spreads.clear();
    rules.daily.remove(&AgencyKey::of(&name(CAMPAIGNING)));
}

/// Changes one rule.
pub(super) fn change(rules: &mut Rules, random: &mut Random) {
    let closed = |from, to| QuietHours {
        from: Time::constant(from, 0, 0, 0),
        to: Time::constant(to, 0, 0, 0),
        ..night()
    };
    let mut pick = |number| usize::try_from(random.below(number)).unwrap();
    match pick(6) {
        0 => {
            rules.quiet_hours = [
                None,
                Some(night()),
                Some(closed(23, 6)),
                Some(closed(11, 13)),
            ][pick(4)]
            .clone()
        }
        1 => rules.release = [Duration::ZERO, 10 * MINUTE, HOUR][pick(3)],
        2 => {
            rules.no_bulk = [
                None,
                Some(closed(20, 9)),
                Some(closed(15, 14)),
                Some(closed(2, 3)),
            ][pick(4)]
            .clone()
        }
        3 => {
            // One that is new counts from now on; one that went and came back would count what nobody saw.
            let agency = AgencyKey::of(&name([LIMITED, FAVOURED][pick(2)]));
            let messages = [10, 40, 160][pick(3)];
            let timezone = night().timezone;
            rules
                .daily
                .insert(agency, DailyQuota { messages, timezone });
        }
        4 => {
            // They hold instead of those that staff set.
            let per = [MINUTE, 10 * MINUTE, HOUR][pick(3)];
            rules.configured_limits[0] = limit([2, 3, 5][pick(3)], per);
            rules.limits.clone_from(&rules.configured_limits);
        }
        _ => {
            let an_hour = [10, 40, 160, 0][pick(4)];
            let spread = Spread {
                agency: AgencyKey::of(&name(CAMPAIGNING)),
                service: None,
                an_hour,
            };
            rules.spreads = [spread].into_iter().filter(|it| it.an_hour > 0).collect();
        }
    }
}

/// Limits that staff sets: fewer messages or more, for a shorter time, none, or as configured. What went out before counts for all
/// of them: none looks further back than those that are configured.
pub(super) fn other_limits(rules: &Rules, random: &mut Random) -> Vec<Limit> {
    match random.below(4) {
        0 => vec![limit(5, SECOND)],
        1 => vec![limit(1, HOUR)],
        2 => Vec::new(),
        _ => rules.configured_limits.clone(),
    }
}

/// Of the one that has more than the others.
const WEIGHT: u32 = 8;

/// How much an agency gets of a lane, beside others.
pub(super) fn weight(agency: u64) -> u32 {
    match agency {
        FAVOURED => WEIGHT,
        _ => 1,
    }
}

fn at_least_ten(number: u64) -> u32 {
    u32::try_from(number.max(10)).unwrap()
}

pub(super) fn list(number: Msisdn) -> Arc<Numbers> {
    Arc::new(Numbers::from_sorted([""], 1, [(number, 0)].into_iter()))
}
