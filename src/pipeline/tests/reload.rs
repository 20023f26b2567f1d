//! Other rules while it runs.

use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use xabar_events::{Language, Notification, Priority, State};

use super::world::*;
use crate::clock::UnixMillis;
use crate::intake::Verdict;
use crate::journal::{AgencyKey, MessageId};
use crate::pacing::{DailyQuota, QuietHours, Spread};

fn always() -> QuietHours {
    QuietHours {
        from: Time::constant(9, 0, 0, 0),
        to: Time::constant(8, 0, 0, 0),
        timezone: TimeZone::get("Asia/Tashkent").unwrap(),
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

/// Messages to one phone, each of an application of its own.
fn to_one(numbers: std::ops::Range<u32>) -> impl Iterator<Item = Notification> {
    numbers.map(|number| Notification {
        msisdn: phone(0),
        ..apart(number)
    })
}

#[test]
fn a_wider_limit_lets_those_go_at_once_that_the_narrower_one_held_and_counts_what_went_before() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(1, 24 * HOUR)]);
    world.publish_all(to_one(0..5));
    assert_eq!(take(&mut world), 1);
    world.advance(HOUR);
    world.reload(|settings| settings.rules.limits = vec![limit(3, 24 * HOUR)]);
    world.advance(SECOND);
    assert_eq!(take(&mut world), 2);
    world.advance(23 * HOUR - 2 * SECOND);
    assert_eq!(take(&mut world), 0);
    world.advance(2 * SECOND);
    assert_eq!(take(&mut world), 1, "the first one left the window");
}

#[test]
fn a_narrower_limit_holds_from_then_on() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(3, 24 * HOUR)]);
    world.publish_all(to_one(0..2));
    assert_eq!(take(&mut world), 2);
    world.reload(|settings| settings.rules.limits = vec![limit(2, 24 * HOUR)]);
    world.publish_all(to_one(2..3));
    assert_eq!(take(&mut world), 0);
}

#[test]
fn what_waits_for_the_night_to_end_goes_when_there_is_none_and_keeps_its_own_schedule() {
    let mut world = World::with(|settings| settings.rules.quiet_hours = Some(always()));
    world.publish(status("e1"));
    world.publish(Notification {
        not_before: Some(START.after(4 * HOUR).into()),
        ..apart(1)
    });
    assert_eq!(world.story("e1"), ["accepted", "deferred quiet-hours"]);
    world.reload(|settings| settings.rules.quiet_hours = None);
    world.advance(SECOND);
    assert_eq!(take(&mut world), 1);
    world.advance(4 * HOUR);
    assert_eq!(take(&mut world), 1);
}

#[test]
fn a_night_that_is_left_out_is_no_herd() {
    let mut world = World::with(|settings| {
        settings.rules.quiet_hours = Some(always());
        settings.rules.release = 30 * MINUTE;
    });
    world.publish_all((0..60).map(apart));
    world.reload(|settings| {
        // As a configuration without them has it.
        settings.rules.quiet_hours = None;
        settings.rules.release = Duration::ZERO;
    });
    world.advance(SECOND);
    let at_once = take(&mut world);
    assert!(at_once < 5);
    world.reload(|settings| settings.rules.limits = vec![limit(3, HOUR)]);
    world.advance(14 * MINUTE);
    let by_half = take(&mut world);
    assert!((15..45).contains(&by_half));
    world.advance(16 * MINUTE);
    assert_eq!(at_once + by_half + take(&mut world), 60);
}

#[test]
fn a_quota_goes_on_counting_the_day() {
    let quota = |messages| {
        let timezone = TimeZone::get("Asia/Tashkent").unwrap();
        [(AgencyKey::of("kadastr"), DailyQuota { messages, timezone })].into()
    };
    let mut world = World::with(|settings| settings.rules.daily = quota(2));
    world.publish_all((0..5).map(apart));
    assert_eq!(take(&mut world), 2);
    world.reload(|settings| settings.rules.daily = quota(3));
    world.advance(SECOND);
    assert_eq!(take(&mut world), 1);
}

fn spread(an_hour: u32) -> Vec<Spread> {
    vec![Spread {
        agency: AgencyKey::of("kadastr"),
        service: None,
        an_hour,
    }]
}

fn bulk(number: u32) -> Notification {
    Notification {
        priority: Priority::Bulk,
        ..apart(number)
    }
}

#[test]
fn a_campaign_whose_pace_is_mended_goes_at_that_one_and_no_faster() {
    let mut world = World::with(|settings| settings.rules.spreads = spread(1));
    world.publish_all((0..4).map(bulk));
    assert_eq!(take(&mut world), 1);
    world.reload(|settings| settings.rules.spreads = spread(60));
    world.publish_all((4..6).map(bulk));
    let mut went = Vec::new();
    for _ in 0..8 {
        world.advance(MINUTE + SECOND);
        went.push(take(&mut world));
    }
    assert_eq!(went, [1, 1, 1, 1, 1, 0, 0, 0]);
}

#[test]
fn a_reload_that_changes_no_rule_lets_nothing_go_earlier_and_puts_nothing_off_further() {
    let quota = DailyQuota {
        messages: 2,
        timezone: TimeZone::get("Asia/Tashkent").unwrap(),
    };
    let mut world = World::with(|settings| {
        settings.rules.quiet_hours = Some(always());
        settings.rules.release = 30 * MINUTE;
        settings.rules.spreads = spread(6);
        settings.rules.daily = [(AgencyKey::of("soliq"), quota)].into();
    });
    world.publish_all((0..20).map(apart));
    world.publish_all((20..25).map(bulk));
    world.publish_all((25..30).map(|number| Notification {
        key: key("soliq", &format!("s{number}")),
        ..apart(number)
    }));
    let waits = |world: &mut World| -> Vec<UnixMillis> {
        let messages = 1..=30;
        messages
            .map(|id| world.journalled(MessageId(id)).progress.due)
            .collect()
    };
    let before = waits(&mut world);
    world.reload(|settings| settings.default_language = Language::Ru);
    world.advance(SECOND);
    assert_eq!(waits(&mut world), before);
    // The night of this world ends at 08:00, and it began at 09:15.
    world.advance(22 * HOUR + 50 * MINUTE);
    let early = take(&mut world);
    world.reload(|_| ());
    world.advance(SECOND);
    assert!(early + take(&mut world) < 20);
}

#[test]
fn numbers_go_by_the_routes_of_now_unless_operators_came_or_went() {
    let mut world = World::new();
    world.reload(|settings| {
        let moved = settings.operators[0].prefixes.pop();
        settings.operators[1].prefixes.extend(moved);
    });
    world.publish(apart(0));
    assert_eq!(world.one_sent().operator, BEELINE);
    world.reload(|settings| {
        let gone = settings.operators.pop().unwrap();
        settings.operators[0].prefixes = gone.prefixes;
    });
    world.publish(apart(1));
    assert_eq!(world.one_sent().operator, BEELINE);
}

#[test]
fn agencies_are_told_what_the_configuration_says_now() {
    let mut world = World::new();
    world.reload(|settings| settings.told = [State::Accepted, State::Submitted].into());
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.accept(&sent, "1");
    world.receipt(&sent, "1", "DELIVRD");
    assert_eq!(world.story("e1"), ["accepted", "submitted"]);
}

#[test]
fn texts_are_in_the_language_that_is_the_default_now() {
    let mut world = World::new();
    let event = |number| Notification {
        language: None,
        ..apart(number)
    };
    world.publish(event(0));
    let before = world.one_sent();
    world.reload(|settings| settings.default_language = Language::En);
    world.publish(event(1));
    let after = world.one_sent();
    assert_ne!(before.submission.octets, after.submission.octets);
}

#[test]
fn what_went_out_before_receipts_were_waited_for_for_less_is_waited_for_as_it_was_to_be() {
    let mut world = World::with(|settings| settings.receipt = 72 * HOUR);
    let publish = |world: &mut World, number| {
        world.publish(apart(number));
        take(world);
        world.advance(SECOND);
    };
    publish(&mut world, 0);
    world.reload(|settings| settings.receipt = MINUTE);
    publish(&mut world, 1);
    world.reload(|settings| settings.receipt = HOUR);
    publish(&mut world, 2);
    let is_told = |world: &mut World, after| {
        world.advance(after);
        [0, 1, 2].map(|number| world.last(&format!("apart-{number}")).state == State::Unknown)
    };
    assert_eq!(is_told(&mut world, 50 * MINUTE), [false; 3]);
    let mended_since = is_told(&mut world, 20 * MINUTE);
    assert_eq!(mended_since, [false, false, true]);
    assert_eq!(is_told(&mut world, 70 * HOUR), mended_since);
    assert_eq!(is_told(&mut world, HOUR), [true; 3]);
}

#[test]
fn what_ended_before_keys_were_remembered_for_less_is_known_as_long_as_it_was_to_be() {
    let mut world = World::with(|settings| settings.duplicates = 72 * HOUR);
    let is_known = |world: &mut World, after| {
        world.advance(after);
        while world.forget() {}
        let Verdict::Accepted { duplicate, .. } = world.publish(status("a")) else {
            panic!("an event");
        };
        duplicate
    };
    world.publish(status("a"));
    let sent = world.one_sent();
    world.accept(&sent, "1");
    world.receipt(&sent, "1", "DELIVRD");
    world.reload(|settings| settings.duplicates = SECOND);
    assert!(is_known(&mut world, 71 * HOUR));
    assert!(!is_known(&mut world, 2 * HOUR));
}
