//! What was put off, when its rules are others or the clock is.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use xabar_events::{Notification, Priority};

use super::random::night;
use super::world::*;
use crate::clock::UnixMillis;
use crate::journal::{AgencyKey, MessageId};
use crate::pacing::{DailyQuota, QuietHours, Spread};
use crate::pipeline::Settings;

fn bulk(number: u32) -> Notification {
    Notification {
        priority: Priority::Bulk,
        ..apart(number)
    }
}

fn spread(an_hour: u32) -> Vec<Spread> {
    vec![Spread {
        agency: AgencyKey::of("kadastr"),
        service: None,
        an_hour,
    }]
}

fn closed(from: i8, to: i8) -> QuietHours {
    QuietHours {
        from: Time::constant(from, 0, 0, 0),
        to: Time::constant(to, 0, 0, 0),
        ..night()
    }
}

fn quota(settings: &mut Settings, agency: &str, messages: u32) {
    let timezone = TimeZone::get("Asia/Tashkent").unwrap();
    let quota = DailyQuota { messages, timezone };
    let daily = &mut settings.rules.daily;
    daily.insert(AgencyKey::of(agency), quota);
}

/// Messages of another agency.
fn of_soliq(number: u32) -> Notification {
    Notification {
        key: key("soliq", &format!("s{number}")),
        ..apart(number)
    }
}

/// Takes all that is submitted; how many that were.
fn take(world: &mut World) -> usize {
    let sent = world.sent();
    for sent in &sent {
        world.accept(sent, &format!("{:X}", sent.message()));
    }
    sent.len()
}

/// How many go in so many steps.
fn take_in(world: &mut World, steps: u32, step: std::time::Duration) -> usize {
    let mut taken = 0;
    for _ in 0..steps {
        world.advance(step);
        taken += take(world);
    }
    taken
}

/// When each of so many messages is due.
fn due(world: &mut World, messages: u64) -> Vec<UnixMillis> {
    let ids = 1..=messages;
    ids.map(|id| world.journalled(MessageId(id)).progress.due)
        .collect()
}

#[test]
fn a_campaign_that_was_too_slow_for_its_messages_goes_when_its_pace_is_mended_or_there_is_none() {
    for mended in [spread(36_000), Vec::new()] {
        let mut world = World::with(|settings| settings.rules.spreads = spread(5));
        world.publish_all((0..40).map(|number| Notification {
            expires: Some(START.after(100 * SECOND).into()),
            ..bulk(number)
        }));
        assert_eq!(take(&mut world), 1);
        world.reload(|settings| settings.rules.spreads = mended);
        assert_eq!(take_in(&mut world, 5, SECOND), 39);
    }
}

#[test]
fn who_has_no_time_of_a_campaign_gets_one_that_gets_free() {
    let mut world = World::with(|settings| settings.rules.spreads = spread(60));
    world.publish_all((0..20).map(|number| Notification {
        expires: Some(START.after(10 * MINUTE).into()),
        ..bulk(number)
    }));
    assert_eq!(take(&mut world), 1);
    for number in 1..=8 {
        world.cancel(&format!("apart-{number}"));
    }
    assert_eq!(take_in(&mut world, 20, 30 * SECOND), 4);
}

#[test]
fn a_slower_campaign_puts_all_of_it_off_once_and_in_its_order() {
    let mut world = World::with(|settings| settings.rules.spreads = spread(36_000));
    world.publish_all((0..3000).map(bulk));
    let gone = u64::try_from(take(&mut world)).unwrap();
    let waiting = |world: &mut World| due(world, 3000).split_off(usize::try_from(gone).unwrap());
    let before = waiting(&mut world);
    world.reload(|settings| settings.rules.spreads = spread(3600));
    let after = waiting(&mut world);
    assert!(after.is_sorted());
    let spans = [&before, &after].map(|due| due[due.len() - 1].since(due[0]).as_secs());
    assert!(spans[1].abs_diff(spans[0] * 10) < 20, "{spans:?}");
    let last = world.journalled(MessageId(3000)).progress;
    let told = last.history.last().unwrap().until.unwrap();
    assert!(told.0.abs_diff(last.due.0) < 5, "{told:?} {last:?}");
}

#[test]
fn longer_hours_for_bulk_bring_a_campaign_forward() {
    let mut world = World::with(|settings| {
        settings.rules.spreads = spread(6);
        settings.rules.no_bulk = Some(closed(10, 9));
    });
    world.publish_all((0..20).map(bulk));
    assert_eq!(take(&mut world) + take_in(&mut world, 60, MINUTE), 4);
    world.reload(|settings| settings.rules.no_bulk = None);
    assert_eq!(take_in(&mut world, 21, 10 * MINUTE), 16);
}

/// The second message to one phone waits for a limit that ends at 23:15, and then for the morning.
fn limited_into_the_night() -> World {
    let mut world = World::with(|settings| {
        settings.rules.limits = vec![limit(1, 14 * HOUR)];
        settings.rules.quiet_hours = Some(night());
    });
    world.publish_all((0..2).map(|number| Notification {
        msisdn: phone(0),
        ..apart(number)
    }));
    assert_eq!(take(&mut world), 1);
    world
}

#[test]
fn what_a_limit_put_into_the_morning_goes_at_its_end_when_there_is_no_night() {
    let mut world = limited_into_the_night();
    world.reload(|settings| settings.rules.quiet_hours = None);
    world.advance(14 * HOUR - SECOND);
    assert_eq!(take(&mut world), 0);
    world.advance(SECOND);
    assert_eq!(take(&mut world), 1);
}

#[test]
fn what_a_limit_put_into_the_morning_follows_the_wall_clock() {
    let mut world = limited_into_the_night();
    world.wall_ahead = 9 * 3_600_000;
    world.advance(14 * HOUR - SECOND);
    assert_eq!(take(&mut world), 0);
    world.advance(SECOND);
    assert_eq!(take(&mut world), 1);
}

#[test]
fn urgent_messages_go_at_once_when_limits_hold_them_no_more() {
    let mut world = World::with(|settings| {
        settings.rules.limits = vec![limit(1, 24 * HOUR)];
        settings.rules.urgent_limited = true;
    });
    world.publish_all((0..3).map(|number| Notification {
        msisdn: phone(0),
        priority: Priority::Urgent,
        ..apart(number)
    }));
    assert_eq!(take(&mut world), 1);
    world.reload(|settings| settings.rules.urgent_limited = false);
    world.advance(SECOND);
    assert_eq!(take(&mut world), 2);
}

#[test]
fn a_rule_for_one_agency_changes_no_time_of_another() {
    let mut world = World::with(|settings| {
        settings.rules.quiet_hours = Some(night());
        settings.rules.release = 30 * MINUTE;
        settings.rules.spreads = spread(60);
        quota(settings, "soliq", 40);
    });
    let of_both_operators = |number| Notification {
        msisdn: match number % 2 {
            0 => phone(number),
            _ => other_phone(number),
        },
        ..of_soliq(number)
    };
    world.publish_all((0..80).map(of_both_operators));
    world.publish_all((80..600).map(bulk));
    take(&mut world);
    let before = due(&mut world, 600);
    let told = world.outcomes.len();
    world.reload(|settings| quota(settings, "adliya", 7));
    let after = due(&mut world, 600);
    let moved = before
        .iter()
        .zip(&after)
        .position(|(one, other)| one != other);
    assert_eq!(moved, None);
    assert_eq!(world.outcomes.len(), told);
}

#[test]
fn amid_a_morning_that_is_spread_nothing_goes_earlier_since_a_rule_is_another() {
    let mut world = World::with(|settings| {
        settings.rules.quiet_hours = Some(night());
        settings.rules.release = 30 * MINUTE;
        quota(settings, "soliq", 40);
    });
    world.publish_all((0..80).map(of_soliq));
    assert_eq!(take(&mut world), 40);
    world.advance(13 * HOUR);
    world.publish_all((100..300).map(apart));
    // 05:15, and then 08:15.
    for (agency, wait) in [("adliya", 7 * HOUR), ("mehnat", 3 * HOUR)] {
        world.advance(wait);
        take(&mut world);
        let before = due(&mut world, 280);
        world.reload(|settings| quota(settings, agency, 7));
        assert_eq!(take(&mut world), 0);
        assert_eq!(due(&mut world, 280), before);
    }
}

#[test]
fn amid_the_opening_of_the_hours_of_bulk_nothing_goes_earlier_since_a_rule_or_the_clock_is_another()
{
    for quiet_hours in [Some(night()), None] {
        let mut world = World::with(|settings| {
            settings.rules.quiet_hours = quiet_hours;
            settings.rules.no_bulk = Some(closed(20, 9));
            settings.rules.release = 30 * MINUTE;
        });
        world.advance(11 * HOUR);
        world.publish_all((0..200).map(bulk));
        // 09:10.
        world.advance(13 * HOUR - 5 * MINUTE);
        take(&mut world);
        let before = due(&mut world, 200);
        world.reload(|settings| settings.rules.limits = vec![limit(3, HOUR)]);
        assert_eq!(take(&mut world), 0);
        assert_eq!(due(&mut world, 200), before);
        // 09:15, and then 09:12: what waits is told the same as before.
        world.wall_ahead = 5 * 60_000;
        let gone = take_in(&mut world, 1, SECOND);
        assert!((10..60).contains(&gone), "{gone} of the five minutes");
        world.wall_ahead = 2 * 60_000;
        assert_eq!(take_in(&mut world, 1, SECOND), 0);
        world.reload(|settings| settings.rules.no_bulk = None);
        assert!(take_in(&mut world, 1, SECOND) > 60, "none waits any more");
        assert_eq!(world.laws.waiting(), 0);
    }
}

#[test]
fn a_larger_quota_lets_as_many_more_go_today_and_the_rest_keep_their_order() {
    let mut world = World::with(|settings| {
        settings.rules.release = 30 * MINUTE;
        settings.rules.quiet_hours = Some(night());
        quota(settings, "soliq", 10);
    });
    world.publish_all((0..150).map(of_soliq));
    assert_eq!(take(&mut world), 10);
    world.reload(|settings| quota(settings, "soliq", 60));
    assert_eq!(take(&mut world), 50);
    let left = due(&mut world, 150).split_off(60);
    assert!(left.is_sorted_by(|one, next| one < next));
}

#[test]
fn what_changed_at_a_restart_holds_for_what_waits_also_if_another_cuts_it_short() {
    let mut world = World::with(|settings| settings.rules.quiet_hours = Some(closed(9, 8)));
    world.publish_all((0..1000).map(apart));
    world.crash();
    world.settings.rules.quiet_hours = None;
    world.laws.go_by(&world.settings);
    world.start();
    for _ in 0..2 {
        world.beat();
    }
    world.restart();
    assert_eq!(take_in(&mut world, 31, MINUTE), 1000);
    let beats = world.beats;
    world.restart();
    world.advance(SECOND);
    assert!(world.beats < beats + 5, "all was judged by these rules");
}

#[test]
fn a_wall_clock_that_is_set_right_while_the_gateway_is_down_is_followed() {
    // Or it was down for ten minutes, which the steady clock does not count while the other is behind.
    for right in [0, -3_000_000] {
        let mut world = World::new();
        world.wall_ahead = -3_600_000;
        world.advance(SECOND);
        world.publish(Notification {
            not_before: Some(world.wall().after(5 * MINUTE).into()),
            ..apart(1)
        });
        assert_eq!(take(&mut world), 0);
        world.crash();
        world.wall_ahead = right;
        world.start();
        world.advance(SECOND);
        assert_eq!(take(&mut world), 1);
    }
}

#[test]
fn amid_the_morning_that_a_clock_is_set_forward_in_nothing_waits_until_a_time_that_has_passed() {
    let mut world = World::with(|settings| {
        settings.rules.quiet_hours = Some(night());
        settings.rules.release = 30 * MINUTE;
    });
    world.advance(14 * HOUR);
    world.publish_all((0..40).map(apart));
    world.advance(8 * HOUR + 45 * MINUTE + 2 * SECOND);
    take(&mut world);
    world.wall_ahead = 10 * 60_000;
    world.advance(SECOND);
    take(&mut world);
    let wall = world.wall();
    for id in 1..=40 {
        let message = world.journalled(MessageId(id));
        let told = message.progress.history.last().unwrap();
        assert!(told.until.is_none_or(|until| until > wall), "{message:?}");
    }
}

#[test]
fn what_waits_is_told_by_the_right_clock_once_one_that_ran_ahead_is_set_back() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(1, 10 * HOUR)]);
    world.wall_ahead = 5 * 3_600_000;
    world.advance(SECOND);
    world.publish_all((0..2).map(|number| Notification {
        msisdn: phone(0),
        ..apart(number)
    }));
    assert_eq!(take(&mut world), 1);
    // For a little all that waits is not gone through.
    for (minutes, told) in [(300, 300), (298, 300), (296, 296), (10, 10), (-20, -20)] {
        world.wall_ahead = minutes * 60_000;
        if minutes < 0 {
            world.restart();
        }
        world.advance(SECOND);
        let progress = world.journalled(MessageId(2)).progress;
        let until = progress.history.last().unwrap().until.unwrap();
        let ahead = until.0 - progress.due.0;
        assert_eq!(ahead / 60_000, told, "{minutes}");
    }
}

#[test]
fn places_a_millisecond_apart_keep_their_order_when_some_get_free() {
    let mut world = World::with(|settings| quota(settings, "kadastr", 20));
    world.publish_all((1..=32).map(apart));
    assert_eq!(take(&mut world), 20);
    for number in [21, 22, 26, 27] {
        world.cancel(&format!("apart-{number}"));
    }
    world.reload(|settings| settings.rules.urgent_limited = true);
    let due = [23, 24, 25, 28, 29, 30].map(|id| world.journalled(MessageId(id)).progress.due);
    assert!(due.is_sorted_by(|one, next| one < next), "{due:?}");
}

#[test]
fn a_start_by_other_rules_holds_up_only_what_came_due_meanwhile() {
    for (down, holds_up) in [(HOUR, false), (16 * HOUR, true)] {
        let mut world = World::with(|settings| quota(settings, "kadastr", 10));
        world.publish_all((1..=600).map(apart));
        assert_eq!(take(&mut world), 10);
        world.crash();
        world.steady = world.steady.after(down);
        quota(&mut world.settings, "kadastr", 11);
        world.start();
        world.beat();
        assert_eq!(world.is_held_up(), holds_up);
    }
}
