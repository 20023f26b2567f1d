//! What the gateway of a day goes by: every rule that it has for subscribers, agencies and hours.

use std::sync::Arc;

use jiff::civil::Time;
use xabar_events::Msisdn;

use super::super::random::night;
use super::super::world::*;
use super::agencies::{
    AGENCIES, BLOCKED, CAMPAIGNING, FAVOURED, HASTY, LIMITED, REASSIGNED, name, subscriber,
};
use crate::journal::AgencyKey;
use crate::numbers::Numbers;
use crate::pacing::{DailyQuota, QuietHours, Spread, UrgentRight};
use crate::pipeline::Settings;

/// Of a day with so many events.
pub(super) fn set(settings: &mut Settings, events: u64) {
    let rules = &mut settings.rules;
    rules.limits = vec![limit(3, 10 * MINUTE), limit(10, 24 * HOUR)];
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
    settings.lists.blocked = list(subscriber(BLOCKED));
    settings.lists.reassigned = list(subscriber(REASSIGNED));
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

fn list(number: Msisdn) -> Arc<Numbers> {
    Arc::new(Numbers::from_sorted([""], 1, [(number, 0)].into_iter()))
}
