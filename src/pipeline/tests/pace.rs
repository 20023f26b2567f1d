//! When messages go: the morning, the hours of bulk messages, quotas, and who may be urgent.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use xabar_events::{Notification, Priority};
use xabar_smpp::Status;

use super::world::*;
use crate::clock::UnixMillis;
use crate::journal::AgencyKey;
use crate::numbers::Numbers;
use crate::pacing::{DailyQuota, QuietHours, Spread, UrgentRight};
use crate::pipeline::Right;

fn tashkent() -> TimeZone {
    TimeZone::get("Asia/Tashkent").unwrap()
}

fn closed(from: i8, to: i8) -> QuietHours {
    QuietHours {
        from: Time::constant(from, 0, 0, 0),
        to: Time::constant(to, 0, 0, 0),
        timezone: tashkent(),
    }
}

/// An hour of the day on which the worlds start, at 09:15; 24 is midnight.
fn at(hour: u32) -> UnixMillis {
    UnixMillis(START.0 - 555 * 60_000).after(hour * HOUR)
}

fn pass_to(world: &mut World, time: UnixMillis) {
    let wait = time.since(world.steady);
    world.advance(wait);
}

/// Takes all that is submitted.
fn take(world: &mut World) -> Vec<u64> {
    let sent = world.sent();
    for sent in &sent {
        world.accept(sent, &format!("{:X}", sent.message()));
    }
    sent.iter().map(Sent::message).collect()
}

fn with_priority(priority: Priority, n: u32) -> Notification {
    Notification {
        priority,
        ..apart(n)
    }
}

#[test]
fn limits_hold_urgent_messages_where_that_is_configured_and_the_night_never_does() {
    let urgent = |id: &str, application: &str| Notification {
        priority: Priority::Urgent,
        application: application.parse().unwrap(),
        ..status(id)
    };
    for (limited, at_once) in [(false, 2), (true, 1)] {
        let mut world = World::with(|settings| {
            settings.rules.limits = vec![limit(1, 10 * MINUTE)];
            settings.rules.urgent_limited = limited;
            settings.rules.quiet_hours = Some(closed(22, 8));
        });
        pass_to(&mut world, at(23));
        world.publish(urgent("a", "10000001"));
        world.publish(urgent("b", "10000002"));
        assert_eq!(take(&mut world).len(), at_once);
        if limited {
            assert_eq!(world.story("b"), ["accepted", "deferred subscriber-limit"]);
            world.advance(10 * MINUTE - SECOND);
            assert!(take(&mut world).is_empty());
            world.advance(SECOND);
            assert_eq!(take(&mut world), [2], "at night");
        }
    }
}

#[test]
fn the_morning_is_no_herd_and_every_message_goes_when_it_was_told_to() {
    let mut world = World::with(|settings| {
        settings.rules.quiet_hours = Some(closed(22, 8));
        settings.rules.release = 30 * MINUTE;
    });
    pass_to(&mut world, at(23));
    world.publish_all((1..=600).map(apart));
    world.publish(with_priority(Priority::Urgent, 601));
    assert_eq!(take(&mut world), [601]);
    world.restart();
    pass_to(&mut world, at(24 + 8).before(SECOND));
    assert!(take(&mut world).is_empty());
    let mut gone = 0;
    for minute in 1..=30 {
        pass_to(&mut world, at(24 + 8).after(minute * MINUTE));
        let sent = take(&mut world);
        gone += sent.len();
        assert!((5..40).contains(&sent.len()), "{} in a minute", sent.len());
        for id in sent {
            let until = world.last_deferral(id).until.unwrap();
            let late = world.steady.since(until.into());
            assert!(late <= MINUTE, "{late:?}");
        }
    }
    assert_eq!(gone, 600);
}

#[test]
fn what_waits_for_the_hours_of_bulk_is_no_herd_when_they_begin() {
    for quiet_hours in [Some(closed(22, 8)), None] {
        let mut world = World::with(|settings| {
            settings.rules.quiet_hours = quiet_hours;
            settings.rules.no_bulk = Some(closed(20, 9));
            settings.rules.release = 30 * MINUTE;
        });
        pass_to(&mut world, at(21));
        world.publish_all((1..=600).map(|n| with_priority(Priority::Bulk, n)));
        pass_to(&mut world, at(24 + 9).before(SECOND));
        assert!(take(&mut world).is_empty());
        for minute in 1..=30 {
            pass_to(&mut world, at(24 + 9).after(minute * MINUTE));
            let sent = take(&mut world);
            assert!((5..40).contains(&sent.len()), "{} in a minute", sent.len());
            for id in sent {
                let told = world.last_deferral(id);
                assert_eq!(told.reason, Some(xabar_events::Reason::BulkWindow));
                let late = world.steady.since(told.until.unwrap().into());
                assert!(late <= MINUTE, "{late:?}");
            }
        }
        assert_eq!(world.laws.waiting(), 0);
    }
}

#[test]
fn the_morning_is_not_spread_beyond_the_end_of_a_message() {
    let mut world = World::with(|settings| {
        settings.rules.quiet_hours = Some(closed(22, 8));
        settings.rules.release = 4 * HOUR;
    });
    pass_to(&mut world, at(23));
    let expires = Some(at(24 + 8).after(MINUTE).into());
    world.publish_all((1..=50).map(|n| Notification {
        expires,
        ..apart(n)
    }));
    pass_to(&mut world, at(24 + 8).after(MINUTE / 2));
    assert!(take(&mut world).len() > 45);
    world.advance(HOUR);
    assert_eq!(world.laws.waiting(), 0);
}

#[test]
fn the_morning_is_not_spread_into_hours_that_hold_a_message_back() {
    let night = |quiet, no_bulk| {
        World::with(move |settings| {
            settings.rules.quiet_hours = Some(quiet);
            settings.rules.no_bulk = no_bulk;
            settings.rules.release = 4 * HOUR;
        })
    };
    for (mut world, priority) in [
        (night(closed(22, 8), Some(closed(9, 23))), Priority::Bulk),
        (night(closed(9, 8), None), Priority::Normal),
    ] {
        pass_to(&mut world, at(23));
        world.publish_all((1..=10).map(|n| with_priority(priority, n)));
        assert!(take(&mut world).is_empty());
        for n in 1..=10 {
            let until = UnixMillis::from(world.last_deferral(n).until.unwrap());
            assert!((at(24 + 8)..at(24 + 9)).contains(&until), "{until:?}");
        }
        let gone = (0..60).map(|minute| {
            pass_to(&mut world, at(24 + 8).after(minute * MINUTE));
            take(&mut world).len()
        });
        assert_eq!(gone.sum::<usize>(), 10);
    }
}

#[test]
fn bulk_messages_go_in_their_hours_and_not_at_night() {
    let mut world = World::with(|settings| {
        settings.rules.no_bulk = Some(closed(20, 7));
        settings.rules.quiet_hours = Some(closed(22, 8));
    });
    pass_to(&mut world, at(21));
    world.publish(with_priority(Priority::Bulk, 1));
    world.publish(with_priority(Priority::Normal, 2));
    assert_eq!(take(&mut world), [2]);
    let told = world.last_deferral(1);
    assert_eq!(told.reason.unwrap().as_str(), "bulk-window");
    assert_eq!(
        told.until,
        Some(at(24 + 8).into()),
        "the night lasts longer"
    );
    pass_to(&mut world, at(24 + 8).before(SECOND));
    assert!(take(&mut world).is_empty());
    pass_to(&mut world, at(24 + 8));
    assert_eq!(take(&mut world), [1]);
    assert_eq!(world.story("apart-1").len(), 3, "put off once");
}

#[test]
fn a_limit_that_ends_after_the_hours_of_bulk_messages_holds_until_they_open() {
    let mut world = World::with(|settings| {
        settings.rules.limits = vec![limit(1, 10 * MINUTE)];
        settings.rules.no_bulk = Some(closed(20, 9));
    });
    pass_to(&mut world, at(20).before(5 * MINUTE));
    world.publish(with_priority(Priority::Bulk, 1));
    world.publish(Notification {
        msisdn: phone(1),
        ..with_priority(Priority::Bulk, 2)
    });
    assert_eq!(take(&mut world), [1]);
    let told = world.last_deferral(2);
    assert_eq!(told.reason.unwrap().as_str(), "subscriber-limit");
    assert_eq!(told.until, Some(at(24 + 9).into()));
    pass_to(&mut world, at(24 + 9));
    assert_eq!(take(&mut world), [2]);
}

#[test]
fn a_daily_quota_holds_across_restarts_and_fills_one_day_after_another() {
    let mut world = World::with(|settings| {
        let quota = DailyQuota {
            messages: 3,
            timezone: tashkent(),
        };
        settings.rules.daily.insert(AgencyKey::of("kadastr"), quota);
    });
    world.publish_all((1..=2).map(apart));
    assert_eq!(take(&mut world), [1, 2]);
    world.restart();
    world.publish(with_priority(Priority::Urgent, 3));
    assert_eq!(take(&mut world), [3]);
    world.publish_all((4..=10).map(apart));
    world.publish(with_priority(Priority::Urgent, 11));
    world.publish(Notification {
        key: key("adliya", "e1"),
        ..apart(12)
    });
    assert_eq!(
        take(&mut world),
        [11, 12],
        "urgent ones count but do not wait"
    );
    let told = world.last_deferral(4);
    assert_eq!(told.reason.unwrap().as_str(), "agency-quota");
    assert_eq!(told.until, Some(at(24).into()));
    assert_eq!(
        world.last_deferral(10).until,
        Some(at(72).into()),
        "the day that has room for it"
    );
    world.restart();
    pass_to(&mut world, at(24).before(SECOND));
    assert!(take(&mut world).is_empty());
    for (day, expected) in [(24, vec![4, 5, 6]), (48, vec![7, 8, 9]), (72, vec![10])] {
        pass_to(&mut world, at(day));
        world.restart();
        assert_eq!(take(&mut world), expected);
    }
}

#[test]
fn a_quota_keeps_no_room_for_what_never_goes() {
    let mut world = World::with(|settings| {
        let quota = DailyQuota {
            messages: 2,
            timezone: tashkent(),
        };
        settings.rules.daily.insert(AgencyKey::of("kadastr"), quota);
        settings.rules.quiet_hours = Some(closed(22, 8));
        settings.rules.release = 30 * MINUTE;
    });
    world.publish_all((1..=8).map(apart));
    assert_eq!(take(&mut world), [1, 2]);
    (4..=8).for_each(|n| world.cancel(&format!("apart-{n}")));
    world.publish_all((9..=12).map(apart));
    pass_to(&mut world, at(32).after(31 * MINUTE));
    assert_eq!(take(&mut world), [3, 9], "what waited longest");
    world.publish(apart(13));
    pass_to(&mut world, at(56).after(31 * MINUTE));
    assert_eq!(take(&mut world), [10, 11]);
    pass_to(&mut world, at(80).after(31 * MINUTE));
    assert_eq!(take(&mut world), [12, 13]);
}

#[test]
fn what_a_quota_put_off_goes_over_the_release_of_the_morning() {
    let mut world = World::with(|settings| {
        let quota = DailyQuota {
            messages: 30,
            timezone: tashkent(),
        };
        settings.rules.daily.insert(AgencyKey::of("kadastr"), quota);
        settings.rules.quiet_hours = Some(closed(22, 8));
        settings.rules.release = 30 * MINUTE;
    });
    world.publish_all((1..=60).map(apart));
    assert_eq!(take(&mut world).len(), 30);
    pass_to(&mut world, at(24 + 8).before(SECOND));
    assert!(take(&mut world).is_empty());
    let mut gone = Vec::new();
    for minute in 0..=30 {
        pass_to(&mut world, at(24 + 8).after(minute * MINUTE));
        let sent = take(&mut world);
        assert!(sent.len() <= 2, "a herd: {sent:?}");
        gone.extend(sent);
    }
    assert_eq!(gone, (31..=60).collect::<Vec<_>>());
}

#[test]
fn who_joins_a_campaign_goes_after_those_that_wait_and_in_the_place_of_those_that_never_go() {
    let mut world = World::with(|settings| {
        settings.rules.spreads = vec![Spread {
            agency: AgencyKey::of("kadastr"),
            service: None,
            an_hour: 61,
        }];
    });
    let bulk = |n| with_priority(Priority::Bulk, n);
    world.publish_all((1..=10).map(bulk));
    assert_eq!(take(&mut world), [1, 2]);
    let mut gone = Vec::new();
    for minute in 0..4 {
        world.advance(MINUTE);
        world.publish(bulk(11 + minute));
        gone.extend(take(&mut world));
    }
    assert_eq!(gone, [3, 4], "each in its turn");
    (7..=10).for_each(|n| world.cancel(&format!("apart-{n}")));
    world.publish_all((15..=17).map(bulk));
    let gone: Vec<Vec<u64>> = (0..8)
        .map(|_| {
            world.advance(MINUTE);
            take(&mut world)
        })
        .collect();
    let expected: [&[u64]; 8] = [&[5], &[6], &[15], &[16], &[17], &[], &[11], &[12]];
    assert_eq!(gone, expected);
}

#[test]
fn a_campaign_goes_evenly_over_the_hours_in_which_it_may() {
    let mut world = World::with(|settings| {
        settings.rules.no_bulk = Some(closed(20, 9));
        settings.rules.spreads = vec![Spread {
            agency: AgencyKey::of("kadastr"),
            service: Some("land-registration".into()),
            an_hour: 61,
        }];
    });
    pass_to(&mut world, at(19));
    world.publish_all((1..=200).map(|n| with_priority(Priority::Bulk, n)));
    world.publish(Notification {
        service: "passport".parse().unwrap(),
        ..with_priority(Priority::Bulk, 201)
    });
    let at_once = take(&mut world);
    assert_eq!(
        at_once,
        [1, 2, 201],
        "a minute's worth, and what is no part of it"
    );
    let hours = [19, 24 + 9, 24 + 10, 24 + 11].map(|hour| {
        let minutes = (0..60).map(|minute| {
            pass_to(&mut world, at(hour).after(minute * MINUTE + MINUTE / 2));
            take(&mut world).len()
        });
        minutes.sum::<usize>()
    });
    assert_eq!(hours, [57, 60, 60, 21]);
    assert_eq!(world.story("apart-150").len(), 3, "put off once");
}

#[test]
fn a_campaign_goes_on_evenly_and_in_its_order_after_a_restart() {
    let mut world = World::with(|settings| {
        settings.rules.spreads = vec![Spread {
            agency: AgencyKey::of("kadastr"),
            service: None,
            an_hour: 61,
        }];
    });
    world.publish_all((1..=31).map(|n| with_priority(Priority::Bulk, n)));
    assert_eq!(take(&mut world), [1, 2]);
    world.restart();
    world.publish_all((32..=60).map(|n| with_priority(Priority::Bulk, n)));
    assert_eq!(take(&mut world), [0; 0], "no more than without the restart");
    let mut gone = Vec::new();
    for _ in 0..62 {
        world.advance(MINUTE);
        let sent = take(&mut world);
        assert!(sent.len() <= 2, "a herd: {sent:?}");
        gone.extend(sent);
    }
    assert_eq!(gone, (3..=60).collect::<Vec<_>>());
}

#[test]
fn what_was_given_back_unwritten_takes_its_part_of_a_quota_once() {
    let mut world = World::with(|settings| {
        let quota = DailyQuota {
            messages: 2,
            timezone: tashkent(),
        };
        settings.rules.daily.insert(AgencyKey::of("kadastr"), quota);
    });
    world.publish(apart(1));
    for _ in 0..3 {
        let sent = world.one_sent();
        world.give_back(&sent);
        world.calm();
    }
    assert_eq!(take(&mut world), [1]);
    world.publish(apart(2));
    assert_eq!(take(&mut world), [2]);
    world.publish(apart(3));
    assert_eq!(take(&mut world), [0; 0], "the quota is used up");
}

#[test]
fn what_took_its_part_of_a_quota_or_a_campaign_is_tried_again_without_waiting_for_another() {
    let in_kadastr = || AgencyKey::of("kadastr");
    for priority in [Priority::Normal, Priority::Bulk] {
        let mut world = World::with(|settings| {
            if priority == Priority::Bulk {
                settings.rules.spreads = vec![Spread {
                    agency: in_kadastr(),
                    service: None,
                    an_hour: 61,
                }];
                return;
            }
            let quota = DailyQuota {
                messages: 2,
                timezone: tashkent(),
            };
            settings.rules.daily.insert(in_kadastr(), quota);
        });
        world.publish_all((1..=3).map(|n| with_priority(priority, n)));
        let sent = world.sent();
        assert_eq!(sent.len(), 2, "as many as may go at once");
        world.refuse(&sent[0], Status::RTHROTTLED);
        world.lose(&sent[1]);
        world.advance(2 * SECOND);
        assert_eq!(take(&mut world), [1], "refused for a while");
        world.advance(30 * SECOND);
        assert_eq!(take(&mut world), [2], "without an answer");
        let told = world.last_deferral(3);
        assert_eq!(told.reason.unwrap().as_str(), "agency-quota");
    }
}

#[test]
fn the_rest_of_a_text_waits_for_no_limit_and_is_no_message_more() {
    let mut world = World::with(|settings| {
        settings.rules.limits = vec![limit(1, 10 * MINUTE)];
    });
    world.publish(long_status("long"));
    let sent = world.sent();
    let (last, others) = sent.split_last().unwrap();
    assert!(!others.is_empty(), "a text of several segments");
    others.iter().for_each(|sent| world.accept(sent, "1"));
    world.refuse(last, Status::RTHROTTLED);
    world.advance(2 * SECOND);
    let again = world.one_sent();
    world.refuse(&again, Status::RTHROTTLED);
    world.advance(2 * SECOND);
    assert_eq!(take(&mut world), [1]);
    world.publish(Notification {
        application: "10000001".parse().unwrap(),
        ..status("other")
    });
    let told = world.last_deferral(2);
    assert_eq!(told.reason.unwrap().as_str(), "subscriber-limit");
    assert_eq!(told.until, Some(START.after(10 * MINUTE).into()));
    pass_to(&mut world, START.after(10 * MINUTE));
    assert_eq!(take(&mut world), [2]);
}

/// So many an hour of an agency.
fn spread(an_hour: u32) -> Spread {
    Spread {
        agency: AgencyKey::of("kadastr"),
        service: None,
        an_hour,
    }
}

#[test]
fn nobody_waits_for_those_of_a_campaign_that_end_before_their_time() {
    let mut world = World::with(|settings| settings.rules.spreads = vec![spread(61)]);
    let end = START.after(10 * MINUTE);
    world.publish_all((1..=100).map(|n| Notification {
        expires: Some(end.into()),
        ..with_priority(Priority::Bulk, n)
    }));
    let mut gone = take(&mut world).len();
    for _ in 0..11 {
        world.advance(MINUTE);
        gone += take(&mut world).len();
    }
    assert_eq!(
        gone, 10,
        "one a minute, after two at once, and one that looked again when no other waited"
    );
    assert_eq!(world.last_deferral(100).until, Some(end.into()));
    assert_eq!(world.laws.waiting(), 0);
    world.publish(with_priority(Priority::Bulk, 101));
    assert_eq!(take(&mut world), [101]);
}

#[test]
fn one_that_was_not_told_of_its_short_wait_keeps_its_time_when_others_join() {
    let mut world = World::with(|settings| {
        settings.rules.limits = vec![limit(1, 30 * MINUTE)];
        settings.rules.spreads = vec![spread(3660)];
    });
    let bulk = |n| with_priority(Priority::Bulk, n);
    world.publish(Notification {
        msisdn: phone(2),
        ..with_priority(Priority::Urgent, 1)
    });
    world.publish(bulk(2));
    assert_eq!(take(&mut world), [1]);
    let its_moment = UnixMillis::from(world.last_deferral(2).until.unwrap());
    pass_to(&mut world, its_moment.before(30 * SECOND));
    world.publish_all((3..=72).map(bulk));
    assert_eq!(take(&mut world).len(), 61);
    pass_to(&mut world, its_moment);
    take(&mut world);
    assert_eq!(
        world.story("apart-2"),
        ["accepted", "deferred subscriber-limit"],
        "its time comes soon"
    );
    world.publish_all((73..=572).map(bulk));
    let mut gone = Vec::new();
    for _ in 0..42 {
        world.advance(SECOND);
        gone.extend(take(&mut world));
    }
    assert!(gone.contains(&2), "{gone:?}");
}

#[test]
fn who_waits_for_something_else_has_no_time_of_the_campaign_to_give_back() {
    let mut world = World::with(|settings| {
        settings.rules.limits = vec![limit(1, 10 * MINUTE)];
        settings.rules.spreads = vec![spread(61)];
    });
    let bulk = |n| with_priority(Priority::Bulk, n);
    world.publish(bulk(1));
    assert_eq!(take(&mut world), [1]);
    world.publish(Notification {
        msisdn: phone(1),
        ..bulk(2)
    });
    let told = world.last_deferral(2);
    assert_eq!(told.reason.unwrap().as_str(), "subscriber-limit");
    world.publish_all((3..=20).map(bulk));
    assert_eq!(take(&mut world), [3]);
    world.cancel("apart-2");
    world.publish(bulk(21));
    let after_all = START.after(20 * MINUTE);
    assert_eq!(world.last_deferral(21).until, Some(after_all.into()));
}

#[test]
fn a_campaigns_message_that_waits_for_the_next_day_follows_the_wall_clock() {
    let mut world = World::with(|settings| {
        settings.rules.spreads = vec![spread(61)];
        let quota = DailyQuota {
            messages: 1,
            timezone: tashkent(),
        };
        settings.rules.daily.insert(AgencyKey::of("kadastr"), quota);
    });
    world.publish_all((1..=2).map(|n| with_priority(Priority::Bulk, n)));
    assert_eq!(take(&mut world), [1]);
    assert_eq!(world.last_deferral(2).until, Some(at(24).into()));
    world.wall_ahead = 15 * 3_600_000;
    world.advance(SECOND);
    assert_eq!(take(&mut world), [2]);
}

#[test]
fn a_wait_that_ends_soon_since_its_message_does_is_not_told() {
    let mut world = World::with(|settings| {
        settings.rules.quiet_hours = Some(closed(22, 8));
    });
    pass_to(&mut world, at(23));
    for (id, left) in [("minute", MINUTE), ("more", MINUTE + SECOND)] {
        world.publish(Notification {
            expires: Some(world.wall().after(left).into()),
            ..status(id)
        });
    }
    assert_eq!(world.story("minute"), ["accepted"]);
    assert_eq!(world.story("more"), ["accepted", "deferred quiet-hours"]);
}

#[test]
fn what_is_urgent_without_a_right_to_it_is_normal_and_counted() {
    let mut world = World::with(|settings| {
        settings.rules.quiet_hours = Some(closed(22, 8));
        settings.urgent = UrgentRight::only([("adliya", None), ("kadastr", Some("fines"))]);
    });
    pass_to(&mut world, at(23));
    world.publish(with_priority(Priority::Urgent, 1));
    world.publish(Notification {
        service: "fines".parse().unwrap(),
        status: "approved".parse().unwrap(),
        ..with_priority(Priority::Urgent, 2)
    });
    world.publish(Notification {
        key: key("adliya", "e3"),
        ..with_priority(Priority::Urgent, 3)
    });
    assert_eq!(take(&mut world), [2, 3]);
    assert_eq!(
        world.last_deferral(1).reason.unwrap().as_str(),
        "quiet-hours"
    );
    assert_eq!(world.not_entitled(), [(Right::Urgent, "kadastr".into(), 1)]);
    world.advance(Duration::from_secs(9 * 3600));
    assert_eq!(take(&mut world), [1]);
}

#[test]
fn a_number_that_is_blocked_or_reassigned_gets_nothing_new_and_nothing_that_waits() {
    let list = |n| {
        let rows = [(phone(n), 0)].into_iter();
        Some(Arc::new(Numbers::from_sorted([""], 1, rows)))
    };
    let mut world = World::with(|settings| settings.rules.quiet_hours = Some(closed(22, 8)));
    pass_to(&mut world, at(23));
    world.publish_all((1..=3).map(apart));
    (world.blocked, world.reassigned) = (list(1), list(2));
    world.beat();
    world.publish_all((1..=2).map(|n| Notification {
        key: key("adliya", &format!("urgent-{n}")),
        ..with_priority(Priority::Urgent, n)
    }));
    assert_eq!(world.story("urgent-1"), ["accepted", "suppressed blocked"]);
    assert_eq!(
        world.story("urgent-2"),
        ["accepted", "suppressed reassigned"]
    );
    pass_to(&mut world, at(24 + 8));
    assert_eq!(take(&mut world), [3]);
    assert_eq!(world.story("apart-1").last().unwrap(), "suppressed blocked");
    assert_eq!(
        world.story("apart-2").last().unwrap(),
        "suppressed reassigned"
    );
    world.blocked = Some(Arc::default());
    world.beat();
    world.publish(Notification {
        key: key("adliya", "again"),
        ..with_priority(Priority::Normal, 1)
    });
    assert_eq!(take(&mut world).len(), 1);
}

#[test]
fn urgent_messages_go_at_once_while_others_have_all_of_a_link_that_they_may() {
    let mut world = World::new();
    (world.smsc(UCELL).room, world.smsc(UCELL).kept) = (20, 2);
    world.publish_all((1..=200).map(|n| with_priority(Priority::Bulk, n)));
    assert_eq!(world.sent().len(), 18);
    // A slow SMSC: nothing is answered.
    world.smsc(UCELL).room = 2;
    world.publish_all((201..=203).map(|n| with_priority(Priority::Urgent, n)));
    let sent = world.sent();
    assert_eq!(
        sent.iter().map(Sent::message).collect::<Vec<_>>(),
        [201, 202]
    );
    // They have their share now: the next place is whose turn it is.
    for next in [203, 19] {
        (world.smsc(UCELL).room, world.smsc(UCELL).kept) = (1, 0);
        world.beat();
        assert_eq!(world.one_sent().message(), next);
    }
    (world.smsc(UCELL).room, world.smsc(UCELL).kept) = (2, 2);
    world.beat();
    assert_eq!(world.sent().len(), 0);
    assert!(world.wait() > SECOND / 2, "there is nothing to do");
}

#[test]
fn of_a_thread_the_newer_one_goes_in_the_turn_of_the_older_only_in_the_same_campaign() {
    for is_older_of_it in [false, true] {
        let mut world = World::with(|settings| settings.rules.spreads = vec![spread(60)]);
        let bulk = |n| with_priority(Priority::Bulk, n);
        world.publish_all((1..=3).map(bulk));
        assert_eq!(take(&mut world), [1]);
        let older = match is_older_of_it {
            true => bulk(4),
            false => Notification {
                not_before: Some(world.wall().after(MINUTE / 2).into()),
                ..apart(4)
            },
        };
        world.publish(older);
        world.publish(Notification {
            application: apart(4).application,
            msisdn: apart(4).msisdn,
            ..bulk(5)
        });
        let gone: Vec<Vec<u64>> = (0..6)
            .map(|_| {
                world.advance(MINUTE + SECOND);
                take(&mut world)
            })
            .collect();
        let expected: [&[u64]; 6] = match is_older_of_it {
            true => [&[], &[2], &[3], &[5], &[], &[]],
            false => [&[4], &[2], &[3], &[5], &[], &[]],
        };
        assert_eq!(gone, expected);
    }
}
