//! What waited for the morning goes bit by bit, whatever becomes of the night and the gateway.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use xabar_events::{Notification, Priority};

use super::random::night;
use super::world::*;
use crate::clock::UnixMillis;
use crate::journal::{AgencyKey, MessageId};
use crate::pacing::{DailyQuota, QuietHours};
use crate::pipeline::Settings;

/// The night is from 22:00 to 08:00, and its messages go until 08:30.
fn at_night(settings: &mut Settings) {
    settings.rules.quiet_hours = Some(night());
    settings.rules.release = 30 * MINUTE;
}

/// Midnight and so much; 24 hours are that after the day on which the worlds start, at 09:15.
fn since_midnight(wait: Duration) -> UnixMillis {
    UnixMillis(START.0 - 555 * 60_000).after(wait)
}

fn pass_to(world: &mut World, at: Duration) {
    let wait = since_midnight(at).since(world.steady);
    world.advance(wait);
}

/// The gateway is down from now on until then.
fn down_until(world: &mut World, at: Duration) {
    world.crash();
    world.steady = since_midnight(at);
    world.start();
}

/// Takes all that is submitted.
fn take(world: &mut World) -> Vec<u64> {
    let sent = world.sent();
    for sent in &sent {
        world.accept(sent, &format!("{:X}", sent.message()));
    }
    sent.iter().map(Sent::message).collect()
}

/// How many go in each of these minutes.
fn by_the_minute(world: &mut World, minutes: u32) -> Vec<usize> {
    let minutes = 0..minutes;
    minutes
        .map(|_| {
            world.advance(MINUTE);
            take(world).len()
        })
        .collect()
}

/// At 23:00 so many wait for the morning.
fn night_of(messages: u32) -> World {
    let mut world = World::with(at_night);
    pass_to(&mut world, 23 * HOUR);
    world.publish_all((1..=messages).map(apart));
    world
}

fn quota(settings: &mut Settings, messages: u32) {
    let timezone = TimeZone::get("Asia/Tashkent").unwrap();
    let quota = DailyQuota { messages, timezone };
    let daily = &mut settings.rules.daily;
    daily.insert(AgencyKey::of("kadastr"), quota);
}

#[test]
fn after_a_start_that_comes_after_the_morning_the_night_goes_over_a_release_from_then_on() {
    // From the night on; from within the release on; over two mornings.
    for (from, until) in [(29, 33), (23, 57)] {
        let mut world = night_of(600);
        pass_to(&mut world, from * HOUR);
        down_until(&mut world, until * HOUR + 10 * MINUTE);
        world.publish(Notification {
            priority: Priority::Urgent,
            ..apart(601)
        });
        assert_eq!(take(&mut world), [601], "urgent ones wait for nothing");
        world.publish(apart(602));
        world.calm();
        assert!(take(&mut world).contains(&602), "nor do new ones");
        let gone = by_the_minute(&mut world, 31);
        assert_eq!(gone.iter().sum::<usize>(), 600);
        assert!(gone[..30].iter().all(|it| (5..40).contains(it)), "{gone:?}");
    }
}

#[test]
fn what_a_gateway_missed_that_was_down_amid_the_release_goes_beside_the_rest() {
    let mut world = night_of(600);
    pass_to(&mut world, 32 * HOUR + 5 * MINUTE);
    let before = take(&mut world).len();
    down_until(&mut world, 32 * HOUR + 15 * MINUTE);
    let gone = by_the_minute(&mut world, 16);
    assert_eq!(before + gone.iter().sum::<usize>(), 600);
    assert!(
        gone[..10].iter().all(|it| (20..70).contains(it)),
        "{gone:?}"
    );
}

#[test]
fn each_goes_at_the_moment_after_the_start_that_it_was_told_also_after_another_start() {
    let mut world = night_of(50);
    down_until(&mut world, 33 * HOUR + 10 * MINUTE);
    world.advance(SECOND);
    let mut gone = BTreeMap::new();
    let ids = 1..=50;
    let due = |world: &mut World, id| world.journalled(MessageId(id)).progress.due;
    let told: BTreeMap<_, _> = ids.map(|id| (id, due(&mut world, id))).collect();
    world.restart();
    for _ in 0..1800 {
        gone.extend(take(&mut world).into_iter().map(|id| (id, world.steady)));
        world.advance(SECOND);
    }
    assert_eq!(gone.len(), 50);
    assert!(gone.iter().all(|(id, at)| at.since(told[id]) <= SECOND));
}

#[test]
fn what_came_to_be_due_in_the_night_while_the_gateway_was_down_is_of_the_morning_too() {
    let mut world = World::with(at_night);
    let not_before = |number: u32, at| Notification {
        not_before: Some(since_midnight(at).into()),
        ..apart(number)
    };
    world.publish_all((1..=300).map(|number| not_before(number, 27 * HOUR)));
    world.publish_all((301..=303).map(|number| not_before(number, 32 * HOUR + 10 * MINUTE)));
    down_until(&mut world, 33 * HOUR);
    world.advance(SECOND);
    let at_once = take(&mut world);
    let of_the_day = 301..=303;
    assert!(of_the_day.clone().all(|it| at_once.contains(&it)));
    assert!(at_once.len() < 10, "{at_once:?}");
    let gone = by_the_minute(&mut world, 30);
    assert!(gone.iter().all(|it| *it < 25), "{gone:?}");
}

#[test]
fn a_start_after_the_morning_keeps_the_order_of_those_in_line() {
    for until in [32 * HOUR + 29 * MINUTE, 33 * HOUR + 10 * MINUTE, 57 * HOUR] {
        let mut world = World::with(|settings| {
            at_night(settings);
            quota(settings, 40);
        });
        world.publish_all((1..=110).map(apart));
        assert_eq!(take(&mut world).len(), 40);
        pass_to(&mut world, 25 * HOUR);
        down_until(&mut world, until);
        world.advance(SECOND);
        world.publish_all((111..=113).map(apart));
        let gone = by_the_minute(&mut world, 32);
        assert!(gone.iter().all(|it| *it < 4), "{gone:?}");
        assert_eq!(gone.iter().sum::<usize>(), 40);
        let days = u32::try_from(until.as_secs() / 86_400).unwrap();
        pass_to(&mut world, (24 * days + 32) * HOUR + 31 * MINUTE);
        assert_eq!(take(&mut world), (81..=113).collect::<Vec<_>>());
    }
}

#[test]
fn what_waited_for_the_hours_of_bulk_goes_over_a_release_after_a_start_that_comes_later() {
    // From before they open on, and from ten minutes after it.
    for from in [32 * HOUR + 50 * MINUTE, 33 * HOUR + 10 * MINUTE] {
        let mut world = World::with(|settings| {
            at_night(settings);
            settings.rules.no_bulk = Some(QuietHours {
                from: Time::constant(20, 0, 0, 0),
                to: Time::constant(9, 0, 0, 0),
                ..night()
            });
        });
        pass_to(&mut world, 23 * HOUR);
        world.publish_all((1..=600).map(|number| Notification {
            priority: Priority::Bulk,
            ..apart(number)
        }));
        pass_to(&mut world, from);
        let before = take(&mut world).len();
        down_until(&mut world, 33 * HOUR + 45 * MINUTE);
        let gone = by_the_minute(&mut world, 31);
        assert_eq!(before + gone.iter().sum::<usize>(), 600);
        assert!(gone.iter().all(|it| *it < 40), "{gone:?}");
    }
}

#[test]
fn bulk_in_line_for_a_quota_goes_over_a_release_too_after_a_start_that_comes_later() {
    let mut world = World::with(|settings| {
        settings.rules.release = 30 * MINUTE;
        settings.rules.no_bulk = Some(QuietHours {
            from: Time::constant(20, 0, 0, 0),
            to: Time::constant(9, 0, 0, 0),
            ..night()
        });
        quota(settings, 40);
    });
    world.publish_all((1..=110).map(|number| Notification {
        priority: Priority::Bulk,
        ..apart(number)
    }));
    assert_eq!(take(&mut world).len(), 40);
    pass_to(&mut world, 25 * HOUR);
    down_until(&mut world, 33 * HOUR + 45 * MINUTE);
    let gone = by_the_minute(&mut world, 32);
    assert!(gone.iter().all(|it| *it < 4), "{gone:?}");
    assert_eq!(gone.iter().sum::<usize>(), 40);
}

#[test]
fn a_restart_amid_the_release_goes_through_nothing() {
    let mut world = night_of(600);
    pass_to(&mut world, 32 * HOUR + 5 * MINUTE);
    take(&mut world);
    let beats = world.beats;
    down_until(&mut world, 32 * HOUR + 5 * MINUTE + 20 * SECOND);
    world.advance(SECOND);
    assert!(world.beats < beats + 5);
}

#[test]
fn a_night_that_is_left_out_while_the_gateway_is_down_lets_its_messages_go_one_by_one() {
    let mut world = World::with(at_night);
    pass_to(&mut world, 23 * HOUR);
    world.publish_all((1..=600).map(apart));
    world.crash();
    (
        world.settings.rules.quiet_hours,
        world.settings.rules.release,
    ) = (None, Duration::ZERO);
    world.laws.go_by(&world.settings);
    world.start();
    let mut gone = 0;
    for _ in 0..31 {
        world.advance(MINUTE);
        let now = take(&mut world).len();
        assert!(now < 40, "{now} in a minute");
        gone += now;
    }
    assert_eq!(gone, 600);
}

#[test]
fn a_night_that_a_rule_ends_lets_its_messages_go_one_by_one() {
    let mut world = World::with(at_night);
    pass_to(&mut world, 23 * HOUR);
    world.publish_all((1..=600).map(apart));
    world.reload(|settings| {
        let night = settings.rules.quiet_hours.as_mut().unwrap();
        night.from = Time::constant(1, 0, 0, 0);
    });
    let mut gone = 0;
    for _ in 0..30 {
        world.advance(MINUTE);
        let now = take(&mut world).len();
        assert!((5..40).contains(&now), "{now} in a minute");
        gone += now;
    }
    assert_eq!(gone, 600);
}
