//! The order of those that stand in line, for their agency's quota or their campaign: whatever is judged anew, who came first
//! goes first.

use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use xabar_events::{Event as Incoming, Notification, Priority};

use super::random::night;
use super::routing::to_beeline;
use super::world::*;
use crate::clock::UnixMillis;
use crate::journal::{AgencyKey, MessageId};
use crate::pacing::{DailyQuota, Spread};
use crate::pipeline::{Order, Scope, Settings};

pub(super) fn bulk(number: u32) -> Notification {
    Notification {
        priority: Priority::Bulk,
        ..apart(number)
    }
}

pub(super) fn spread(settings: &mut Settings, an_hour: u32) {
    settings.rules.spreads = vec![Spread {
        agency: AgencyKey::of("kadastr"),
        service: None,
        an_hour,
    }];
}

pub(super) fn quota(settings: &mut Settings, agency: &str, messages: u32) {
    let timezone = TimeZone::get("Asia/Tashkent").unwrap();
    let quota = DailyQuota { messages, timezone };
    let daily = &mut settings.rules.daily;
    daily.insert(AgencyKey::of(agency), quota);
}

/// The night is from 22:00 to 08:00, and its messages go until 08:30.
pub(super) fn at_night(settings: &mut Settings) {
    settings.rules.quiet_hours = Some(night());
    settings.rules.release = 30 * MINUTE;
}

/// Midnight and so much; 24 hours are that after the day on which the worlds start, at 09:15.
fn pass_to(world: &mut World, since_midnight: Duration) {
    let at = UnixMillis(START.0 - 555 * 60_000).after(since_midnight);
    let wait = at.since(world.steady);
    world.advance(wait);
}

/// Takes all that is submitted.
pub(super) fn take(world: &mut World) -> Vec<u64> {
    let sent = world.sent();
    for sent in &sent {
        world.accept(sent, &format!("{:X}", sent.message()));
    }
    sent.iter().map(Sent::message).collect()
}

/// When these are due.
pub(super) fn due(world: &mut World, messages: impl IntoIterator<Item = u64>) -> Vec<UnixMillis> {
    let messages = messages.into_iter();
    messages
        .map(|id| world.journalled(MessageId(id)).progress.due)
        .collect()
}

pub(super) fn in_order(due: &[UnixMillis]) -> bool {
    due.is_sorted_by(|one, next| one < next)
}

/// A campaign of 3000, of which all but a minute's worth wait, by the time that they are judged by another pace.
fn amid_a_review() -> World {
    let mut world = World::with(|settings| spread(settings, 36_000));
    world.publish_all((1..=3000).map(bulk));
    assert_eq!(take(&mut world).len(), 591);
    world.read_again(|settings| spread(settings, 3600));
    for _ in 0..20 {
        world.beat();
    }
    let due = due(&mut world, 592..=3000);
    assert!(!due.is_sorted(), "some have their new times, some have not");
    world
}

#[test]
fn a_review_that_is_cut_short_turns_nothing() {
    for by_a_crash in [true, false] {
        let mut world = amid_a_review();
        if by_a_crash {
            world.restart();
        } else {
            world.read_again(|settings| spread(settings, 1800));
        }
        world.advance(SECOND);
        assert!(in_order(&due(&mut world, 592..=3000)));
    }
}

#[test]
fn what_is_published_amid_a_review_comes_after_all_that_waits() {
    let mut world = amid_a_review();
    let joining = (3001..=3003).map(|number| Incoming::StatusChanged(bulk(number)));
    world.bring(joining.collect());
    world.beat();
    world.advance(SECOND);
    assert!(in_order(&due(&mut world, 592..=3003)));
}

#[test]
fn whoever_joins_amid_a_review_leaves_nobody_out_of_it() {
    let mut world = World::with(|settings| spread(settings, 36_000));
    world.publish_all((1..=3000).map(bulk));
    take(&mut world);
    world.read_again(|settings| spread(settings, 3600));
    for number in 3001..=3040 {
        world.bring(vec![Incoming::StatusChanged(bulk(number))]);
        world.beat();
    }
    world.advance(SECOND);
    assert!(in_order(&due(&mut world, 592..=3040)));
}

#[test]
fn who_missed_their_time_in_a_pause_go_before_those_that_come_after_it() {
    let mut world = World::with(|settings| spread(settings, 12_000));
    world.publish_all((1..=600).map(bulk));
    let mut gone = take(&mut world);
    world.order(Order::Pause(Scope::default())).unwrap();
    world.advance(10 * MINUTE);
    world.order(Order::Resume(Scope::default())).unwrap();
    world.publish_all((601..=620).map(bulk));
    for _ in 0..200 {
        gone.extend(take(&mut world));
        world.advance(SECOND);
    }
    assert_eq!(gone, (1..=620).collect::<Vec<_>>());
}

#[test]
fn those_in_time_go_after_those_that_missed_theirs() {
    let mut world = World::with(|settings| spread(settings, 3660));
    world.publish_all((1..=600).map(bulk));
    let mut gone = take(&mut world);
    world.order(Order::Pause(Scope::default())).unwrap();
    world.advance(4 * MINUTE);
    world.order(Order::Resume(Scope::default())).unwrap();
    for _ in 0..600 {
        gone.extend(take(&mut world));
        world.advance(SECOND);
    }
    assert_eq!(gone, (1..=600).collect::<Vec<_>>());
}

#[test]
fn who_was_put_off_to_a_day_goes_before_those_that_come_on_it() {
    let mut world = World::with(|settings| {
        at_night(settings);
        quota(settings, "kadastr", 3);
    });
    world.publish_all((1..=3).map(apart));
    assert_eq!(take(&mut world), [1, 2, 3]);
    world.publish_all((4..=9).map(apart));
    world.restart();
    pass_to(&mut world, 32 * HOUR + 5 * SECOND);
    world.publish_all((10..=12).map(apart));
    let mut gone = take(&mut world);
    for day in [32, 56, 80] {
        pass_to(&mut world, day * HOUR + 31 * MINUTE);
        gone.extend(take(&mut world));
    }
    assert_eq!(gone, (4..=12).collect::<Vec<_>>());
}

/// Past midnight those wait in line that the day before had no room for.
fn past_midnight() -> World {
    let mut world = World::with(|settings| {
        at_night(settings);
        quota(settings, "kadastr", 3);
    });
    world.publish_all((1..=11).map(apart));
    assert_eq!(take(&mut world).len(), 3);
    pass_to(&mut world, 25 * HOUR);
    world
}

#[test]
fn whatever_changes_at_night_those_in_line_for_the_morning_keep_their_order() {
    let changes: [fn(&mut World); 4] = [
        |world| world.reload(|settings| settings.rules.release = 5 * MINUTE),
        |world| {
            world.reload(|settings| {
                let night = settings.rules.quiet_hours.as_mut().unwrap();
                night.to = Time::constant(8, 10, 0, 0);
            });
        },
        |world| {
            world.wall_ahead = 900_000;
            world.advance(SECOND);
        },
        |world| {
            quota(&mut world.settings, "adliya", 7);
            world.restart();
            world.advance(SECOND);
        },
    ];
    for change in changes {
        let mut world = past_midnight();
        change(&mut world);
        let line = due(&mut world, 4..=11);
        assert!(in_order(&line), "{line:?}");
        world.publish(apart(12));
        pass_to(&mut world, 34 * HOUR);
        assert_eq!(take(&mut world), [4, 5, 6]);
    }
}

#[test]
fn a_day_whose_quota_is_spent_moves_its_campaign_on_in_its_order() {
    let mut world = World::with(|settings| {
        quota(settings, "kadastr", 3);
        spread(settings, 20);
    });
    let in_time = |number| Notification {
        expires: Some(START.after(20 * 24 * HOUR).into()),
        ..bulk(number)
    };
    world.publish_all((1..=30).map(in_time));
    world.publish_all((31..=32).map(apart));
    assert_eq!(take(&mut world), [1, 31, 32]);
    world.settings.rules.daily.clear();
    quota(&mut world.settings, "kadastr", 3);
    quota(&mut world.settings, "adliya", 3);
    world.restart();
    pass_to(&mut world, 24 * HOUR + SECOND);
    world.publish_all((33..=35).map(in_time));
    assert!(in_order(&due(&mut world, (3..=30).chain(33..=35))));
    assert_eq!(take(&mut world), [2]);
}

#[test]
fn a_rule_of_another_agency_fills_no_time_that_got_free() {
    let mut world = World::with(|settings| spread(settings, 61));
    world.publish_all((1..=20).map(bulk));
    assert_eq!(take(&mut world), [1, 2]);
    (5..=7).for_each(|number| world.cancel(&format!("apart-{number}")));
    let before = due(&mut world, 8..=20);
    world.reload(|settings| quota(settings, "adliya", 7));
    assert_eq!(due(&mut world, 8..=20), before);
    world.publish(bulk(21));
    assert!(
        due(&mut world, [21]) < before,
        "in the place of one of them"
    );
}

#[test]
fn of_a_quota_that_is_raised_who_joins_takes_nothing_from_those_that_wait() {
    let mut world = World::with(|settings| quota(settings, "kadastr", 10));
    world.publish_all((1..=3000).map(apart));
    let mut gone = take(&mut world);
    world.read_again(|settings| quota(settings, "kadastr", 500));
    for number in 3001..=3100 {
        world.bring(vec![Incoming::StatusChanged(apart(number))]);
        world.beat();
        gone.extend(take(&mut world));
    }
    world.advance(SECOND);
    gone.extend(take(&mut world));
    assert_eq!(gone, (1..=500).collect::<Vec<_>>());
    assert!(in_order(&due(&mut world, 501..=3100)));
}

#[test]
fn who_ends_within_the_morning_goes_before_nobody_whom_that_costs_the_day() {
    let mut world = past_midnight();
    let soon = world.wall().after(7 * HOUR + 10 * MINUTE);
    world.publish_all((12..=14).map(|number| Notification {
        expires: Some(soon.into()),
        ..apart(number)
    }));
    let mut gone = Vec::new();
    for minute in 0..32 {
        pass_to(&mut world, 32 * HOUR + minute * MINUTE);
        gone.extend(take(&mut world));
    }
    assert_eq!(gone, [4, 5, 6]);
}

#[test]
fn who_waits_for_the_morning_stands_in_line_as_soon_as_the_day_has_no_room_for_all() {
    // With others in line before, and without.
    for before in [4, 0] {
        let mut world = World::with(|settings| {
            at_night(settings);
            quota(settings, "kadastr", 6);
        });
        world.publish_all((1..=6 + before).map(apart));
        let mut gone = take(&mut world);
        for (hour, number) in [(23, 6), (25, 6), (32, 2)] {
            pass_to(&mut world, hour * HOUR + 5 * SECOND);
            let last = u32::try_from(world.laws.accepted()).unwrap();
            world.publish_all((last + 1..=last + number).map(apart));
            gone.extend(take(&mut world));
            world.restart();
        }
        let days = u32::div_ceil(before + 14, 6);
        for day in 0..days {
            pass_to(&mut world, (32 + 24 * day) * HOUR + 31 * MINUTE);
            let mut of_day = take(&mut world);
            if before == 0 {
                of_day.sort_unstable();
            }
            gone.extend(of_day);
        }
        assert_eq!(gone, (1..=u64::from(20 + before)).collect::<Vec<_>>());
    }
}

#[test]
fn of_a_day_that_has_room_after_all_those_get_it_that_wait_for_the_next() {
    for amid_slow_beats in [false, true] {
        let mut world = World::with(|settings| quota(settings, "kadastr", 2));
        world.publish_all((1..=4).map(apart));
        let sent = world.sent();
        world.accept(&sent[0], "1");
        if amid_slow_beats {
            world.read_again(|settings| settings.rules.release = HOUR);
            for _ in 0..6 {
                world.beat();
                world.steady = world.steady.after(10 * SECOND);
            }
        }
        world.order(Order::Pause(Scope::default())).unwrap();
        world.give_back(&sent[1]);
        world.cancel("apart-2");
        world.order(Order::Resume(Scope::default())).unwrap();
        world.publish(apart(5));
        assert_eq!(take(&mut world), [0; 0]);
        world.advance(MINUTE);
        assert_eq!(take(&mut world), [3]);
    }
}

#[test]
fn who_goes_in_the_turn_of_an_older_one_leaves_its_own_place() {
    let mut world = World::with(|settings| {
        at_night(settings);
        quota(settings, "kadastr", 3);
    });
    world.publish_all((1..=4).map(apart));
    world.publish(apart(5));
    let newer = Notification {
        application: apart(4).application,
        msisdn: apart(4).msisdn,
        ..apart(6)
    };
    world.publish(newer);
    assert_eq!(take(&mut world), [1, 2, 3]);
    pass_to(&mut world, 32 * HOUR + SECOND);
    assert_eq!(take(&mut world), [6]);
    pass_to(&mut world, 32 * HOUR + 11 * MINUTE);
    assert_eq!(take(&mut world), [5]);
    world.publish(apart(7));
    assert_eq!(take(&mut world), [7], "nobody waits any more");
}

#[test]
fn after_a_line_that_was_cancelled_nobody_waits_for_its_places() {
    let mut world = World::with(|settings| {
        at_night(settings);
        quota(settings, "kadastr", 3);
    });
    world.publish_all((1..=12).map(apart));
    assert_eq!(take(&mut world).len(), 3);
    (4..=12).for_each(|number| world.cancel(&format!("apart-{number}")));
    pass_to(&mut world, 32 * HOUR + SECOND);
    world.publish_all((13..=15).map(apart));
    assert_eq!(take(&mut world), [13, 14, 15]);
}

/// Of a quota of three a day so many stand in line for the morning, after those that are gone; it is a minute before that.
fn before_the_morning(last: u32) -> World {
    let mut world = World::with(|settings| {
        at_night(settings);
        quota(settings, "kadastr", 3);
    });
    world.publish_all((1..=last).map(apart));
    assert_eq!(take(&mut world), [1, 2, 3]);
    pass_to(&mut world, 32 * HOUR - MINUTE);
    world
}

/// Nobody is counted as in line any more: who comes goes at once.
fn nobody_waits(world: &mut World) {
    let number = u32::try_from(world.laws.accepted()).unwrap() + 1;
    world.publish(Notification {
        msisdn: other_phone(number),
        ..apart(number)
    });
    assert_eq!(take(world), [u64::from(number)], "nobody is before it");
}

#[test]
fn the_place_of_one_that_moves_to_another_operator_goes_with_it() {
    let mut world = before_the_morning(6);
    world.ported = Some(to_beeline(&[4]));
    (5..=6).for_each(|number| world.cancel(&format!("apart-{number}")));
    pass_to(&mut world, 32 * HOUR + SECOND);
    assert_eq!(take(&mut world), [4]);
    nobody_waits(&mut world);
}

#[test]
fn one_that_is_cancelled_when_its_turn_has_come_leaves_its_place() {
    let mut world = before_the_morning(6);
    world.smsc(UCELL).room = 0;
    pass_to(&mut world, 32 * HOUR + SECOND);
    (4..=6).for_each(|number| world.cancel(&format!("apart-{number}")));
    nobody_waits(&mut world);
}

#[test]
fn those_that_are_cancelled_amid_a_review_leave_their_own_places_only() {
    let mut world = World::with(|settings| {
        at_night(settings);
        quota(settings, "kadastr", 3);
    });
    world.publish_all((1..=1503).map(apart));
    assert_eq!(take(&mut world), [1, 2, 3]);
    pass_to(&mut world, 31 * HOUR);
    let before = due(&mut world, 4..=1503);
    world.read_again(|settings| settings.rules.release = 20 * MINUTE);
    while due(&mut world, [203]) == before[199..200] {
        world.beat();
    }
    assert_eq!(due(&mut world, [1503]), before[1499..], "amid it");
    world.bring(
        (100..=1503)
            .map(|number| cancel("kadastr", &format!("apart-{number}")))
            .collect(),
    );
    world.advance(SECOND);
    pass_to(&mut world, 32 * HOUR + 5 * SECOND);
    world.publish(apart(2000));
    assert_eq!(take(&mut world), [4], "the others are before who comes");
}

#[test]
fn a_day_is_for_normal_messages_first_and_each_goes_on_the_day_that_it_is_told() {
    let mut world = World::with(|settings| quota(settings, "kadastr", 10));
    world.publish_all((1..=10).map(apart));
    assert_eq!(take(&mut world).len(), 10);
    world.publish_all((11..=20).map(bulk));
    world.publish_all((21..=32).map(apart));
    world.publish_all((33..=40).map(bulk));
    let told = [(11..=30, 24), (31..=32, 48), (33..=40, 72)];
    for (ids, day) in told {
        let midnight = UnixMillis(START.0 - 555 * 60_000).after(day * HOUR);
        for id in ids {
            let until = UnixMillis::from(world.last_deferral(id).until.unwrap());
            assert!((midnight..midnight.after(SECOND)).contains(&until), "{id}");
        }
    }
    let days = [
        (24, (21..=30).collect::<Vec<_>>()),
        // Those that were told before normal ones joined go after these.
        (48, (11..=18).chain(31..=32).collect()),
        (72, (19..=20).chain(33..=40).collect()),
    ];
    for (day, expected) in days {
        pass_to(&mut world, day * HOUR + SECOND);
        let mut gone = take(&mut world);
        gone.sort_unstable();
        assert_eq!(gone, expected);
    }
}

#[test]
fn what_a_quota_that_is_raised_has_room_for_is_normal_first() {
    let mut world = World::with(|settings| quota(settings, "kadastr", 3));
    world.publish_all((1..=3).map(apart));
    world.publish_all((4..=6).map(bulk));
    world.publish_all((7..=9).map(apart));
    assert_eq!(take(&mut world), [1, 2, 3]);
    world.reload(|settings| quota(settings, "kadastr", 5));
    assert_eq!(take(&mut world), [7, 8]);
    world.reload(|settings| quota(settings, "kadastr", 7));
    assert_eq!(take(&mut world), [9, 4]);
}

#[test]
fn normal_messages_wait_for_no_bulk_ones_that_have_the_room_of_the_morning() {
    let mut world = World::with(|settings| {
        at_night(settings);
        quota(settings, "kadastr", 3);
    });
    world.publish_all((1..=3).map(apart));
    world.publish_all((4..=9).map(bulk));
    assert_eq!(take(&mut world), [1, 2, 3]);
    pass_to(&mut world, 32 * HOUR + SECOND);
    assert_eq!(take(&mut world), [4]);
    world.publish_all((10..=11).map(apart));
    assert_eq!(take(&mut world), [10, 11]);
    pass_to(&mut world, 56 * HOUR + 31 * MINUTE);
    assert_eq!(take(&mut world), [5, 6, 7]);
}

#[test]
fn a_clock_that_is_set_back_across_midnight_leaves_those_in_line_to_their_day() {
    let mut world = past_midnight();
    world.wall_ahead = -10 * 3_600_000;
    world.advance(SECOND);
    let line = due(&mut world, 4..=11);
    assert!(in_order(&line), "{line:?}");
    let morning = UnixMillis(START.0 - 555 * 60_000).after(32 * HOUR);
    assert_eq!(line[0], morning.after(10 * HOUR));
    pass_to(&mut world, 42 * HOUR + 31 * MINUTE);
    assert_eq!(take(&mut world), [4, 5, 6]);
}

#[test]
fn what_comes_back_unwritten_keeps_its_day() {
    let mut world = World::with(|settings| {
        at_night(settings);
        quota(settings, "kadastr", 10);
    });
    world.publish_all((1..=30).map(bulk));
    assert_eq!(take(&mut world).len(), 10);
    pass_to(&mut world, 33 * HOUR);
    let sent = world.sent();
    assert_eq!(sent.len(), 10);
    world.smsc(UCELL).room = 0;
    for some in sent.chunks(5) {
        some.iter().for_each(|sent| world.give_back(sent));
        world.advance(MINUTE);
    }
    let mut gone = Vec::new();
    for _ in 0..30 {
        world.smsc(UCELL).room = 1;
        world.advance(MINUTE);
        gone.extend(take(&mut world));
    }
    gone.sort_unstable();
    assert_eq!(gone, Vec::from_iter(11..=20));
}

#[test]
fn clocks_that_come_a_little_apart_amid_a_review_leave_a_line_its_order() {
    for apart in [0, 3] {
        for beats in 0..10 {
            let mut world = World::with(|settings| quota(settings, "kadastr", 10));
            world.publish_all((1..=600).map(|number| Notification {
                not_before: Some(START.after(HOUR).into()),
                ..super::world::apart(number)
            }));
            world.advance(HOUR + SECOND);
            assert_eq!(take(&mut world).len(), 10);
            world.wall_ahead += 5000;
            for _ in 0..beats {
                world.beat();
                world.steady = world.steady.after(Duration::from_millis(5));
            }
            world.wall_ahead += apart;
            world.advance(SECOND);
            let line = due(&mut world, 11..=600);
            assert!(in_order(&line), "{apart} ms after {beats} beats");
        }
    }
}
