//! A wall clock that is set while the gateway runs, which then is started anew: the journal's times stay as old as they are, and are
//! told as that clock read then.

use jiff::tz::TimeZone;
use xabar_events::{Notification, Priority, UnixMillis};

use super::random::night;
use super::world::*;
use crate::intake::Verdict;
use crate::journal::AgencyKey;
use crate::pacing::{DailyQuota, Spread};

/// Sets the wall clock so many hours ahead of the other.
fn set(world: &mut World, hours: i64) {
    world.wall_ahead = hours * 3_600_000;
    world.advance(SECOND);
}

/// Takes all that is submitted.
fn take(world: &mut World) -> usize {
    let sent = world.sent();
    for sent in &sent {
        world.accept(sent, &format!("{:X}", sent.message()));
    }
    sent.len()
}

/// The n-th status for the first subscriber, each of an application of its own.
fn nth(n: u32) -> Notification {
    Notification {
        application: format!("{n}").parse().unwrap(),
        ..status(&format!("e{n}"))
    }
}

#[test]
fn what_happened_is_told_as_the_wall_clock_read_then_whatever_it_is_set_to_afterwards() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(10, HOUR)]);
    let mut clock_read = Vec::new();
    for (n, hours) in (1..).zip([0, 26, 26, 1, -1, -1, 0]) {
        set(&mut world, hours);
        clock_read.push(world.wall());
        world.outcomes.clear();
        world.publish(nth(n));
        let sent = world.one_sent();
        world.accept(&sent, "A1");
        let told = world.outcomes.iter().map(|told| told.at);
        assert!(told.len() > 1 && told.eq([world.wall().into(); 2]));
        world.restart();
    }
    let known = world.known(phone(0));
    let messages = known.messages.iter().map(|it| &it.story);
    let attempts = messages.clone().map(|story| story.attempted_at.unwrap());
    let accepted = messages.map(|story| story.states[0].at);
    let submitted = known.submissions.iter().map(|it| it.at);
    let clock_read = clock_read.into_iter().map(UnixMillis::from);
    assert!(attempts.eq(clock_read.clone()));
    assert!(accepted.eq(clock_read.clone()));
    assert!(submitted.eq(clock_read));
}

#[test]
fn a_subscribers_limit_forgets_nothing_in_restarts_after_the_clock_was_set() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(2, 10 * MINUTE)]);
    world.publish(nth(1));
    set(&mut world, 1);
    world.publish_all((2..=4).map(nth));
    assert_eq!(take(&mut world), 2);
    for hours in [1, 1, 26, 0, -1, -1] {
        set(&mut world, hours);
        world.restart();
        world.advance(SECOND);
        assert_eq!(take(&mut world), 0, "{hours} hours ahead");
    }
    world.advance(10 * MINUTE);
    assert_eq!(take(&mut world), 2);
}

#[test]
fn the_limit_of_answers_forgets_nothing_in_a_restart_after_the_clock_was_set() {
    let mut world = World::with(|settings| {
        settings.dialogue.answers = vec![limit(2, 10 * MINUTE)];
    });
    set(&mut world, 1);
    for (question, answers) in [("1", 1), ("2", 1), ("3", 0)] {
        world.writes(phone(0), question);
        assert_eq!(take(&mut world), answers, "{question}");
    }
    world.restart();
    world.writes(phone(0), "4");
    assert_eq!(take(&mut world), 0);
    world.advance(10 * MINUTE);
    world.writes(phone(0), "5");
    assert_eq!(take(&mut world), 1);
}

#[test]
fn a_campaign_goes_on_evenly_in_a_restart_after_the_clock_was_set() {
    let mut world = World::with(|settings| {
        settings.rules.spreads = vec![Spread {
            agency: AgencyKey::of("kadastr"),
            service: None,
            an_hour: 61,
        }];
    });
    set(&mut world, 1);
    world.publish_all((1..=31).map(|n| Notification {
        priority: Priority::Bulk,
        ..apart(n)
    }));
    assert_eq!(take(&mut world), 2);
    world.restart();
    assert_eq!(take(&mut world), 0, "no more than without the restart");
    let gone = (0..31).map(|_| {
        world.advance(MINUTE);
        take(&mut world)
    });
    let gone: Vec<_> = gone.collect();
    assert!(gone.iter().all(|turns| *turns <= 1), "a herd: {gone:?}");
    assert_eq!(gone.iter().sum::<usize>(), 29);
}

#[test]
fn an_event_is_known_as_long_after_the_clock_was_set_forward() {
    let mut world = World::with(|settings| settings.retention = HOUR);
    world.publish(nth(1));
    let sent = world.one_sent();
    world.accept(&sent, "A1");
    world.receipt(&sent, "A1", "DELIVRD");
    set(&mut world, 8 * 24);
    world.restart();
    while world.forget() {}
    let duplicate = |world: &mut World| match world.publish(nth(1)) {
        Verdict::Accepted { duplicate, .. } => duplicate,
        _ => panic!("it is fine"),
    };
    assert!(duplicate(&mut world));
    assert_eq!(world.known(phone(0)).messages.len(), 1, "nor is it veiled");
    world.advance(7 * 24 * HOUR);
    while world.forget() {}
    assert_eq!(world.known(phone(0)).messages.len(), 0);
    assert!(!duplicate(&mut world));
}

#[test]
fn days_and_nights_are_those_of_the_wall_clock_after_restarts() {
    let timezone = TimeZone::get("Asia/Tashkent").unwrap();
    let mut world = World::with(|settings| {
        settings.rules.quiet_hours = Some(night());
        let quota = DailyQuota {
            messages: 1,
            timezone,
        };
        settings.rules.daily.insert(AgencyKey::of("kadastr"), quota);
    });
    // From a morning to the next one, into the night after that, back before it, and to the day after.
    let hours = [0, 0, 24, 34, 24, 48];
    for (n, (hours, goes)) in (1..).zip(hours.into_iter().zip([1, 0, 1, 0, 0, 1])) {
        set(&mut world, hours);
        let waited = take(&mut world);
        world.restart();
        world.publish(apart(n));
        world.advance(HOUR);
        let went = waited + take(&mut world);
        assert_eq!(went, goes, "{n}: {hours} hours ahead");
    }
}
