//! Campaigns of agencies that have a quota of the day: each message is told the day on which it goes when it gets its time.

use std::collections::BTreeMap;
use std::time::Duration;

use xabar_events::{Notification, Reason, State};

use super::line::{at_night, bulk, due, in_order, quota, spread, take};
use super::random::Random;
use super::routing::to_beeline;
use super::world::*;
use crate::clock::{Now, UnixMillis};
use crate::journal::{AgencyKey, Changes, MessageId};
use crate::pipeline::{Effects, Order, Scope, Settings};

const MIDNIGHT: UnixMillis = UnixMillis(START.0 - 555 * 60_000);

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Days by message, that of the start being the first one.
type Days = BTreeMap<u64, u64>;

fn day(at: UnixMillis) -> u64 {
    at.since(MIDNIGHT).as_secs() / DAY.as_secs()
}

/// Twenty messages an hour at most, of so many a day.
fn twenty_an_hour_of(messages: u32) -> impl FnOnce(&mut Settings) {
    move |settings| {
        at_night(settings);
        quota(settings, "kadastr", messages);
        spread(settings, 20);
    }
}

fn take_on_this_day(world: &mut World, gone: &mut Days) {
    let day = day(world.steady);
    gone.extend(take(world).into_iter().map(|id| (id, day)));
}

/// Lets so many days pass, with a close look at the first hours of each, and notes what goes.
fn pass(world: &mut World, days: u64, gone: &mut Days) {
    let first = day(world.steady);
    for day in first..=first + days {
        let mut at = MIDNIGHT.after(DAY * u32::try_from(day).unwrap() + 8 * HOUR);
        let evening = at.after(13 * HOUR);
        for _ in 0..240 {
            at = at.max(world.steady).after(30 * SECOND).min(evening);
            world.advance(at.since(world.steady));
            take_on_this_day(world, gone);
        }
        world.advance(evening.since(world.steady));
        take_on_this_day(world, gone);
    }
}

/// The day that each was told that was put off, at first.
fn told(world: &World) -> Days {
    let told = world.outcomes.iter().rev();
    let deferred = told.filter(|it| it.state == State::Deferred);
    let days = deferred.filter_map(|it| Some((it.message.parse().unwrap(), day(it.until?.into()))));
    days.collect()
}

/// What is true of each of these.
fn days(of: &[(std::ops::RangeInclusive<u64>, u64)]) -> Days {
    let all = of.iter().cloned();
    all.flat_map(|(ids, day)| ids.map(move |id| (id, day)))
        .collect()
}

#[test]
fn each_of_a_campaign_is_told_the_day_that_has_room_for_it() {
    let mut world = World::with(twenty_an_hour_of(7));
    let mut gone = Days::new();
    world.publish_all((1..=18).map(bulk));
    take_on_this_day(&mut world, &mut gone);
    assert_eq!(gone, days(&[(1..=1, 0)]));
    assert_eq!(told(&world), days(&[(2..=7, 0), (8..=14, 1), (15..=18, 2)]));
    assert!(in_order(&due(&mut world, 2..=18)));
    pass(&mut world, 3, &mut gone);
    gone.remove(&1);
    assert_eq!(gone, told(&world));
    assert_eq!(world.story("apart-15").len(), 3, "put off once");
}

#[test]
fn a_campaign_that_comes_at_night_has_its_days_and_times_at_once() {
    let mut world = World::with(twenty_an_hour_of(7));
    world.advance(14 * HOUR);
    world.publish_all((1..=10).map(bulk));
    let expected = days(&[(1..=7, 1), (8..=10, 2)]);
    assert_eq!(told(&world), expected);
    assert_eq!(
        world.last_deferral(1).until,
        Some(MIDNIGHT.after(32 * HOUR).into())
    );
    assert_eq!(world.last_deferral(1).reason, Some(Reason::AgencyQuota));
    let mut gone = Days::new();
    pass(&mut world, 2, &mut gone);
    assert_eq!(gone, expected);
}

#[test]
fn whoever_normal_messages_take_the_day_from_goes_on_the_next_and_who_joins_is_told_after_that() {
    let mut world = World::with(twenty_an_hour_of(10));
    let mut gone = Days::new();
    world.publish_all((1..=30).map(bulk));
    assert_eq!(told(&world)[&30], 2);
    world.publish_all((31..=34).map(apart));
    world.restart();
    world.publish(bulk(35));
    assert_eq!(told(&world)[&35], 3, "four of the campaign are before it");
    take_on_this_day(&mut world, &mut gone);
    pass(&mut world, 4, &mut gone);
    let first = [(1..=6, 0), (31..=34, 0), (7..=16, 1)];
    let then = [(17..=26, 2), (27..=30, 3), (35..=35, 3)];
    assert_eq!(gone, days(&[&first[..], &then].concat()));
}

#[test]
fn what_a_campaign_does_not_send_on_a_day_leaves_its_room_there() {
    let mut world = World::with(twenty_an_hour_of(10));
    let mut gone = Days::new();
    world.publish_all((1..=10).map(bulk));
    world.cancel("apart-5");
    world.cancel("apart-6");
    world.restart();
    world.publish_all((11..=13).map(bulk));
    take_on_this_day(&mut world, &mut gone);
    assert_eq!(told(&world)[&12], 0);
    assert_eq!(told(&world)[&13], 1);
    pass(&mut world, 1, &mut gone);
    let expected = [(1..=4, 0), (7..=12, 0), (13..=13, 1)];
    assert_eq!(gone, days(&expected));
}

#[test]
fn a_time_that_got_free_is_given_only_if_its_day_has_room() {
    let mut world = World::with(twenty_an_hour_of(10));
    world.publish_all((1..=10).map(bulk));
    world.cancel("apart-5");
    world.publish(apart(11));
    world.publish(bulk(12));
    assert_eq!(told(&world)[&12], 1);
}

#[test]
fn a_day_that_some_of_a_campaign_leave_is_for_those_that_it_had_no_room_for() {
    let mut world = World::with(twenty_an_hour_of(10));
    let mut gone = Days::new();
    world.publish_all((1..=12).map(bulk));
    take_on_this_day(&mut world, &mut gone);
    world.cancel("apart-5");
    world.advance(MINUTE);
    let due_on = due(&mut world, 11..=12).into_iter().map(day);
    assert_eq!(due_on.collect::<Vec<_>>(), [0, 1]);
    pass(&mut world, 1, &mut gone);
    assert_eq!(gone, days(&[(1..=4, 0), (6..=11, 0), (12..=12, 1)]));
}

#[test]
fn a_day_that_normal_messages_give_up_is_the_campaigns() {
    for restarts in [true, false] {
        let mut world = World::with(twenty_an_hour_of(10));
        let mut gone = Days::new();
        // Tomorrow is for the last ten, and the day after for the campaign, of which some end before.
        world.publish_all((1..=20).map(apart));
        world.publish_all((21..=24).map(bulk));
        world.publish_all((25..=26).map(|number| Notification {
            expires: Some(START.after(30 * HOUR).into()),
            ..bulk(number)
        }));
        take_on_this_day(&mut world, &mut gone);
        assert_eq!(told(&world)[&24], 2);
        (11..=20).for_each(|number| world.cancel(&format!("apart-{number}")));
        if restarts {
            world.restart();
        }
        pass(&mut world, 2, &mut gone);
        let expected = days(&[(1..=10, 0), (21..=26, 1)]);
        assert_eq!(gone, expected, "restarts: {restarts}");
    }
}

#[test]
fn whose_time_is_to_come_again_by_a_clock_that_was_set_back_has_no_place_until_then() {
    let mut world = World::with(twenty_an_hour_of(10));
    let mut gone = Days::new();
    world.publish_all((1..=4).map(|number| Notification {
        not_before: Some(START.after(HOUR).into()),
        ..bulk(number)
    }));
    world.advance(HOUR + SECOND);
    take_on_this_day(&mut world, &mut gone);
    assert_eq!(gone, days(&[(1..=1, 0)]));
    world.wall_ahead -= 50 * 60_000;
    world.calm();
    let dealt = (2..=4).map(|id| world.journalled(MessageId(id)).progress.dealt);
    assert_eq!(dealt.collect::<Vec<_>>(), [None; 3]);
    world.publish_all((5..=12).map(bulk));
    take_on_this_day(&mut world, &mut gone);
    pass(&mut world, 1, &mut gone);
    let those = [(1..=2, 0), (3..=4, 1), (5..=12, 0)];
    assert_eq!(gone, days(&those));
}

#[test]
fn for_a_hundredth_of_a_day_no_campaign_is_dealt_out_anew() {
    for (cancelled, moves_up) in [(2, false), (3, true)] {
        let mut world = World::with(twenty_an_hour_of(200));
        world.settings.rules.quiet_hours = None;
        world.restart();
        world.publish_all((1..=210).map(bulk));
        assert_eq!(told(&world)[&201], 1);
        (2..2 + cancelled).for_each(|number| world.cancel(&format!("apart-{number}")));
        world.advance(MINUTE);
        let is_today = due(&mut world, [201]).into_iter().all(|at| day(at) == 0);
        assert_eq!(is_today, moves_up, "{cancelled} cancelled");
    }
}

#[test]
fn what_was_not_written_has_its_room_again() {
    let mut world = World::with(twenty_an_hour_of(2));
    world.publish_all((1..=2).map(bulk));
    let sent = world.one_sent();
    world.give_back(&sent);
    world.beat();
    world.publish(bulk(3));
    assert_eq!(told(&world)[&3], 1);
}

#[test]
fn what_is_judged_anew_has_its_day_by_the_quota_of_now() {
    let mut world = World::with(twenty_an_hour_of(3));
    let mut gone = Days::new();
    world.publish_all((1..=20).map(bulk));
    take_on_this_day(&mut world, &mut gone);
    world.reload(|settings| quota(settings, "kadastr", 8));
    world.publish(bulk(21));
    assert_eq!(told(&world)[&21], 2);
    pass(&mut world, 2, &mut gone);
    assert_eq!(gone, days(&[(1..=8, 0), (9..=16, 1), (17..=21, 2)]));
}

#[test]
fn whom_normal_messages_took_the_day_from_waits_for_the_next_when_its_time_comes() {
    let mut world = World::with(twenty_an_hour_of(3));
    world.publish_all((1..=3).map(bulk));
    assert_eq!(take(&mut world), [1]);
    world.publish_all((4..=5).map(apart));
    assert_eq!(take(&mut world), [4, 5]);
    world.advance(7 * MINUTE);
    assert_eq!(take(&mut world), [0; 0]);
    let due_on = due(&mut world, [2, 3]).into_iter().map(day);
    assert_eq!(due_on.collect::<Vec<_>>(), [1, 0], "called in vain once");
}

#[test]
fn whom_a_limit_puts_off_to_another_day_counts_on_that_one() {
    let changes: [(&str, Change); 2] = [
        ("called", |world| world.advance(7 * MINUTE)),
        ("judged anew", |world| {
            world.wall_ahead += 5000;
            world.calm();
        }),
    ];
    for (of, change) in changes {
        let mut world = World::with(|settings| {
            twenty_an_hour_of(4)(settings);
            settings.rules.limits = vec![limit(1, 20 * HOUR)];
        });
        world.publish_all((1..=3).map(bulk));
        assert_eq!(take(&mut world), [1]);
        world.publish(Notification {
            msisdn: phone(2),
            ..apart(4)
        });
        assert_eq!(take(&mut world), [4]);
        change(&mut world);
        let due_on = due(&mut world, [2, 3]).into_iter().map(day);
        assert_eq!(due_on.collect::<Vec<_>>(), [1, 0], "{of}");
        world.publish_all((5..=9).map(bulk));
        let mut told = told(&world);
        told.retain(|id, _| *id > 4);
        let expected = days(&[(5..=5, 0), (6..=8, 1), (9..=9, 2)]);
        assert_eq!(told, expected, "{of}");
    }
}

#[test]
fn who_ends_before_its_limit_lets_it_go_takes_no_room_of_later_days() {
    let mut world = World::with(|settings| {
        twenty_an_hour_of(3)(settings);
        settings.rules.limits = vec![limit(1, 40 * HOUR)];
    });
    world.publish(bulk(1));
    world.publish(Notification {
        expires: Some(START.after(27 * HOUR).into()),
        ..bulk(2)
    });
    assert_eq!(take(&mut world), [1]);
    world.publish(Notification {
        msisdn: phone(2),
        ..apart(3)
    });
    assert_eq!(take(&mut world), [3]);
    world.advance(7 * MINUTE);
    world.advance(28 * HOUR);
    assert_eq!(world.story("apart-2").last().unwrap(), "expired deadline");
    world.publish_all((4..=10).map(bulk));
    let expected = [(5..=6, 1), (7..=9, 2), (10..=10, 3)];
    let mut told = told(&world);
    told.retain(|id, _| *id > 3);
    assert_eq!(told, days(&expected));
}

/// Others of whom something waits, so that their agencies are judged before and after another one.
fn others_wait(world: &mut World, agencies: &[&str]) {
    for (number, agency) in (50..).zip(agencies) {
        world.publish(Notification {
            key: key(agency, "later"),
            not_before: Some(START.after(60 * HOUR).into()),
            ..apart(number)
        });
    }
}

#[test]
fn what_moves_to_another_operator_amid_a_review_counts_on_its_day() {
    for beats in 0..13 {
        let mut world = World::with(twenty_an_hour_of(10));
        others_wait(&mut world, &["adliya", "soliq", "yhxbb", "xtv"]);
        world.publish_all((1..=10).map(bulk));
        assert_eq!(take(&mut world), [5]);
        world.order(Order::Pause(Scope::default())).unwrap();
        world.advance(HOUR);
        assert_eq!(world.held(), 9);
        world.wall_ahead += 5000;
        (0..beats).for_each(|_| _ = world.beat());
        world.ported = Some(to_beeline(&(1..=10).collect::<Vec<_>>()));
        world.calm();
        world.publish_all((11..=14).map(bulk));
        world.order(Order::Resume(Scope::default())).unwrap();
        let mut gone = Days::new();
        pass(&mut world, 1, &mut gone);
        assert_eq!(gone, days(&[(6..=14, 0), (15..=18, 1)]), "{beats} beats");
        let mut told = told(&world);
        told.retain(|id, _| *id > 14);
        assert_eq!(told, days(&[(15..=18, 1)]), "{beats} beats");
    }
}

#[test]
fn what_comes_back_unwritten_amid_a_review_counts_on_its_day() {
    for beats in 0..13 {
        let mut world = World::with(twenty_an_hour_of(10));
        others_wait(&mut world, &["adliya", "soliq", "yhxbb", "xtv"]);
        world.publish_all((1..=10).map(bulk));
        let sent = world.one_sent();
        world.wall_ahead += 5000;
        (0..beats).for_each(|_| _ = world.beat());
        world.give_back(&sent);
        world.calm();
        let mut gone = Days::new();
        take_on_this_day(&mut world, &mut gone);
        world.publish_all((11..=13).map(bulk));
        let mut told = told(&world);
        told.retain(|id, _| *id > 14);
        assert_eq!(told, days(&[(15..=17, 1)]), "{beats} beats");
    }
}

#[test]
fn the_first_of_a_campaign_that_come_amid_a_review_count_on_their_day() {
    for beats in 0..13 {
        let mut world = World::with(twenty_an_hour_of(5));
        others_wait(&mut world, &["adliya", "soliq", "yhxbb", "xtv", "kadastr"]);
        world.wall_ahead += 5000;
        (0..beats).for_each(|_| _ = world.beat());
        world.publish_all((1..=5).map(bulk));
        world.calm();
        let first = world.laws.accepted() as u64;
        world.publish(bulk(6));
        world.calm();
        let until = world.last_deferral(first + 1).until.unwrap();
        assert_eq!(day(until.into()), 1, "{beats} beats");
    }
}

/// What staff or time does to a world.
type Change = fn(&mut World);

/// Ways in which all that waits comes to be judged anew.
fn reviews() -> [(&'static str, Change); 5] {
    fn limited(settings: &mut Settings) {
        settings.rules.limits = vec![limit(3, 10 * MINUTE)];
    }
    [
        ("quota", |world| {
            world.reload(|settings| quota(settings, "kadastr", 11));
        }),
        ("limits", |world| world.reload(limited)),
        ("pace", |world| {
            world.reload(|settings| spread(settings, 30));
        }),
        ("clock", |world| {
            world.wall_ahead += 5000;
            world.calm();
        }),
        ("restart", |world| {
            world.read_again(limited);
            world.forget_rules();
            world.restart();
            world.calm();
        }),
    ]
}

#[test]
fn what_is_due_and_held_counts_on_its_day_whatever_is_judged_anew_meanwhile() {
    for by_a_pause in [true, false] {
        for (of, review) in reviews() {
            let mut world = World::with(twenty_an_hour_of(10));
            let mut gone = Days::new();
            world.publish_all((1..=10).map(bulk));
            take_on_this_day(&mut world, &mut gone);
            hold(&mut world, by_a_pause, true);
            world.advance(16 * MINUTE);
            assert_eq!(world.held(), 4, "{of}");
            review(&mut world);
            hold(&mut world, by_a_pause, false);
            world.calm();
            let messages = world.settings.rules.daily[&AgencyKey::of("kadastr")].messages;
            world.publish_all((11..=14).map(bulk));
            take_on_this_day(&mut world, &mut gone);
            let today = u64::from(messages);
            let expected = days(&[(1..=today, 0), (today + 1..=14, 1)]);
            pass(&mut world, 1, &mut gone);
            assert_eq!(gone, expected, "{of}, {by_a_pause}");
            gone.remove(&1);
            assert_eq!(told(&world), gone, "{of}, {by_a_pause}");
        }
    }
}

/// Nothing goes, as staff or the operator has it.
fn hold(world: &mut World, by_a_pause: bool, holds: bool) {
    match (by_a_pause, holds) {
        (true, true) => _ = world.order(Order::Pause(Scope::default())).unwrap(),
        (true, false) => _ = world.order(Order::Resume(Scope::default())).unwrap(),
        (false, holds) => world.smsc(UCELL).sessions = usize::from(!holds),
    }
}

/// Bulk messages of a campaign, and others of its agency, after some normal ones.
#[test]
fn whichever_bulk_messages_wait_for_a_day_go_on_the_one_that_they_are_told() {
    for seed in 0..8 {
        let mut random = Random(seed);
        let mut below = |most| random.below(most);
        let messages = u32::try_from(4 + below(8)).unwrap();
        let mut world = World::with(|settings| {
            twenty_an_hour_of(messages)(settings);
            settings.rules.spreads[0].service = Some("land-registration".into());
        });
        world.advance([Duration::ZERO, 14 * HOUR, 19 * HOUR][usize::try_from(below(3)).unwrap()]);
        let mut gone = Days::new();
        let normal = 1 + u32::try_from(below(8)).unwrap();
        world.publish_all((1..normal).map(apart));
        let mut last = normal;
        for _ in 0..6 {
            let more = u32::try_from(below(6)).unwrap();
            let service = ["land-registration", "passport"][usize::try_from(below(2)).unwrap()];
            world.publish_all((last..last + more).map(|number| Notification {
                service: service.parse().unwrap(),
                expires: Some(START.after(20 * DAY).into()),
                ..bulk(number)
            }));
            last += more;
            take_on_this_day(&mut world, &mut gone);
            if below(3) == 0 {
                world.restart();
            }
        }
        let at_once = gone.clone();
        pass(&mut world, 12, &mut gone);
        assert_eq!(gone.len(), usize::try_from(last).unwrap() - 1, "{seed}");
        gone.retain(|id, _| !at_once.contains_key(id));
        assert_eq!(gone, told(&world), "{seed}: {messages} a day");
    }
}

#[test]
fn a_restart_changes_no_time_of_a_campaign_that_has_a_quota_either() {
    for with_quota in [false, true] {
        let mut world = World::with(|settings| {
            if with_quota {
                quota(settings, "kadastr", 10_000);
            }
            spread(settings, 20);
        });
        world.publish_all((1..=10).map(bulk));
        take(&mut world);
        world.cancel("apart-5");
        let before = due(&mut world, 6..=10);
        world.restart();
        world.advance(MINUTE);
        assert_eq!(due(&mut world, 6..=10), before, "quota: {with_quota}");
    }
}

#[test]
fn times_that_got_free_are_given_to_who_joins_where_the_pace_alone_holds_up() {
    for with_quota in [false, true] {
        let mut world = World::with(|settings| {
            at_night(settings);
            if with_quota {
                quota(settings, "kadastr", 10_000);
            }
            spread(settings, 20);
        });
        world.publish_all((1..=300).map(bulk));
        take(&mut world);
        let free = due(&mut world, [100, 290]);
        assert_eq!([day(free[0]), day(free[1])], [0, 1]);
        world.cancel("apart-100");
        world.cancel("apart-290");
        world.publish(Notification {
            expires: Some(START.after(12 * HOUR).into()),
            ..bulk(301)
        });
        world.publish(bulk(302));
        world.advance(MINUTE);
        assert_eq!(due(&mut world, 301..=302), free, "quota: {with_quota}");
    }
}

#[test]
fn who_ends_today_has_a_time_of_today_that_nobody_else_gets() {
    let mut world = World::with(twenty_an_hour_of(200));
    world.settings.rules.quiet_hours = None;
    world.restart();
    world.publish_all((1..=201).map(bulk));
    let mut gone = take(&mut world);
    assert_eq!(told(&world)[&201], 1);
    world.publish(Notification {
        expires: Some(START.after(12 * HOUR).into()),
        ..bulk(202)
    });
    world.cancel("apart-150");
    for _ in 0..13 * 60 {
        world.advance(MINUTE);
        gone.extend(take(&mut world));
    }
    assert_eq!(gone.len(), 200, "{:?}", world.story("apart-202"));
}

#[test]
fn a_clock_set_back_over_midnight_lets_nobody_who_waits_go_on_a_day_that_is_used_up() {
    for make in [apart, bulk] {
        let mut world = World::with(|settings| {
            quota(settings, "kadastr", 5);
            spread(settings, 120);
        });
        world.publish_all((1..=14).map(make));
        for _ in 0..60 {
            take(&mut world);
            world.advance(MINUTE);
        }
        let midnight = MIDNIGHT.after(DAY).after(20 * SECOND);
        world.advance(midnight.since(world.steady));
        take(&mut world);
        world.wall_ahead -= 3_600_000;
        for _ in 0..50 {
            world.advance(MINUTE);
            assert_eq!(take(&mut world), [0; 0], "five went on that day");
        }
    }
}

#[test]
fn a_newer_status_goes_in_the_turn_of_an_older_one_of_a_campaign_that_is_late() {
    let mut world = World::with(|settings| spread(settings, 60));
    world.publish_all((1..=30).map(bulk));
    take(&mut world);
    let mut gone = Vec::new();
    world.order(Order::Pause(Scope::default())).unwrap();
    world.advance(10 * MINUTE);
    // Of one whose time has passed, and of one whose time is to come.
    for number in [8, 20] {
        world.publish(Notification {
            key: key("kadastr", &format!("newer-{number}")),
            time: world.now().wall.into(),
            ..bulk(number)
        });
    }
    world.order(Order::Resume(Scope::default())).unwrap();
    for _ in 0..35 {
        world.advance(MINUTE);
        gone.extend(take(&mut world));
    }
    let in_their_turns = (2..=30).map(|id| match id {
        8 => 31,
        20 => 32,
        id => id,
    });
    assert_eq!(gone, in_their_turns.collect::<Vec<_>>());
}

/// Tells of what waits for its agency's quota or its campaign that it goes within three hours.
pub(super) struct Haste;

impl Saboteur for Haste {
    fn effects(&mut self, now: &Now, changes: &mut Changes, _: &mut Effects) {
        let told = changes.outgoing.iter_mut().map(|it| &mut it.told);
        let told = told.filter(|it| it.reason == Some(Reason::AgencyQuota));
        for until in told.filter_map(|told| told.until.as_mut()) {
            *until = now.wall.after(3 * HOUR).min(*until);
        }
    }
}

/// A test of the test: a law that every simulated day is under, too.
#[test]
#[should_panic(expected = "goes on another day than it is told")]
fn a_day_on_which_a_campaign_does_not_go_is_noticed() {
    let mut world = World::with(twenty_an_hour_of(7));
    world.saboteur = Some(Box::new(Haste));
    world.publish_all((1..=18).map(bulk));
    take(&mut world);
    pass(&mut world, 3, &mut Days::new());
}

/// How many of a thousand with one `notBefore`, of which a day has room for 400, went or are due on each day after a review in which
/// the clocks come so many milliseconds apart after so many beats.
fn days_after(beats: u32, apart: i64) -> Vec<usize> {
    let mut world = World::with(|settings| {
        quota(settings, "kadastr", 400);
        spread(settings, 3600);
    });
    world.publish_all((1..=1000).map(|number| Notification {
        not_before: Some(START.after(HOUR).into()),
        expires: Some(START.after(20 * DAY).into()),
        ..bulk(number)
    }));
    world.advance(HOUR + SECOND);
    world.wall_ahead += 5000;
    for _ in 0..beats {
        world.beat();
        world.steady = world.steady.after(Duration::from_millis(5));
    }
    world.wall_ahead += apart;
    world.calm();
    let mut on = vec![take(&mut world).len()];
    for id in 1..=1000 {
        let progress = world.journalled(MessageId(id)).progress;
        if progress.attempt.attempts == 0 {
            let due = UnixMillis(progress.due.0 + world.wall_ahead);
            let day = usize::try_from(day(due)).unwrap();
            on.resize(on.len().max(day + 1), 0);
            on[day] += 1;
        }
    }
    on
}

#[test]
fn clocks_that_come_a_little_apart_amid_a_review_leave_each_day_its_room() {
    for apart in [0, 3, 500] {
        for beats in 0..12 {
            let on = days_after(beats, apart);
            assert_eq!(on, [400, 400, 200], "{apart} ms after {beats} beats");
        }
    }
}

#[test]
fn what_came_back_unwritten_is_before_a_campaign_on_its_day() {
    let mut world = World::with(|settings| {
        quota(settings, "kadastr", 5);
        spread(settings, 20);
        settings.rules.spreads[0].service = Some("passport".into());
    });
    world.publish_all((1..=5).map(bulk));
    let sent = world.sent();
    assert_eq!(sent.len(), 5);
    world.smsc(UCELL).room = 0;
    sent.iter().for_each(|it| world.give_back(it));
    world.advance(SECOND);
    world.publish(Notification {
        service: "passport".parse().unwrap(),
        msisdn: other_phone(6),
        ..bulk(6)
    });
    world.advance(SECOND);
    assert_eq!(
        take(&mut world),
        [0; 0],
        "the day is for those that came back"
    );
    assert_eq!(told(&world)[&6], 1);
}
