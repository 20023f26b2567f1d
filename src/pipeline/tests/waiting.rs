//! Waiting: for a time, for the morning, for a limit, for an operator.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use xabar_events::{Notification, Priority};
use xabar_smpp::Status;

use super::world::*;
use crate::pacing::QuietHours;

fn night() -> QuietHours {
    QuietHours {
        from: Time::constant(22, 0, 0, 0),
        to: Time::constant(8, 0, 0, 0),
        timezone: TimeZone::get("Asia/Tashkent").unwrap(),
    }
}

/// From the start at 09:15 to 23:00.
const TO_NIGHT: std::time::Duration = std::time::Duration::from_secs((13 * 60 + 45) * 60);

/// The n-th status for the first subscriber, each of an application of its own.
fn nth(n: u32) -> Notification {
    Notification {
        application: format!("{n}").parse().unwrap(),
        ..status(&format!("e{n}"))
    }
}

#[test]
fn what_is_scheduled_waits_for_its_time_and_not_longer() {
    let mut world = World::new();
    let scheduled = Notification {
        not_before: Some(START.after(HOUR).into()),
        ..status("e1")
    };
    world.publish(scheduled);
    world.advance(HOUR - SECOND);
    assert!(world.sent().is_empty());
    world.advance(SECOND);
    world.one_sent();
    assert_eq!(world.story("e1"), ["accepted", "deferred scheduled"]);
    assert_eq!(world.last("e1").until, Some(START.after(HOUR).into()));
}

#[test]
fn a_longer_wait_for_the_same_reason_is_no_news_and_the_history_has_its_end() {
    let mut world = World::with(|settings| settings.retry.first = 2 * MINUTE);
    world.publish(status("e1"));
    let mut ends = Vec::new();
    for _ in 0..2 {
        let sent = world.one_sent();
        world.refuse(&sent, Status::RSYSERR);
        let history = world.journalled(sent.token().message).progress.history;
        let until = history.last().unwrap().until.expect("it is known");
        assert!(until > world.wall(), "{history:?}");
        ends.push(until);
        world.advance(until.since(world.wall()));
    }
    assert!(ends[0] < ends[1], "{ends:?}");
    assert_eq!(world.story("e1"), ["accepted", "deferred retry"]);
    assert_eq!(world.last("e1").until, Some(ends[0].into()));
}

#[test]
fn a_short_wait_is_not_told() {
    let mut world = World::new();
    world.publish(Notification {
        not_before: Some(START.after(MINUTE).into()),
        ..status("e1")
    });
    world.advance(MINUTE);
    let sent = world.one_sent();
    world.refuse(&sent, Status::RTHROTTLED);
    world.advance(2 * SECOND);
    let sent = world.one_sent();
    world.refuse(&sent, Status::RSYSERR);
    assert_eq!(world.story("e1"), ["accepted"]);
}

#[test]
fn a_wall_clock_set_back_does_not_bring_a_schedule_forward() {
    let mut world = World::new();
    let scheduled = Notification {
        not_before: Some(START.after(HOUR).into()),
        ..status("e1")
    };
    world.publish(scheduled);
    world.wall_ahead = -600_000;
    world.advance(HOUR);
    assert!(world.sent().is_empty());
    world.advance(10 * MINUTE);
    world.one_sent();
}

#[test]
fn what_waits_for_a_wall_time_goes_by_the_wall_clock_when_that_is_set_forward() {
    let mut world = World::with(|settings| settings.rules.quiet_hours = Some(night()));
    world.publish(Notification {
        not_before: Some(START.after(4 * HOUR).into()),
        ..status("scheduled")
    });
    world.wall_ahead = 2 * 3_600_000;
    world.advance(2 * HOUR - SECOND);
    assert!(world.sent().is_empty());
    world.advance(SECOND);
    let sent = world.one_sent();
    world.accept(&sent, "1");
    // It is 13:15 now.
    world.advance(TO_NIGHT - 4 * HOUR);
    world.publish(nth(1));
    assert_eq!(world.story("e1"), ["accepted", "deferred quiet-hours"]);
    // The machine slept from 23:00 to 07:59:50.
    world.wall_ahead += 9 * 3_600_000 - 10_000;
    world.advance(9 * SECOND);
    assert!(world.sent().is_empty());
    world.advance(SECOND);
    world.one_sent();
}

#[test]
fn a_step_of_the_wall_clock_within_a_long_queue_brings_all_of_it_forward() {
    let mut world = World::new();
    for n in 0..1000 {
        world.publish(Notification {
            not_before: Some(START.after(2 * HOUR + n * SECOND).into()),
            ..apart(n)
        });
    }
    world.wall_ahead = 3_600_000;
    world.advance(HOUR + 999 * SECOND);
    assert_eq!(world.sent().len(), 1000);
}

#[test]
fn what_waits_for_anything_else_does_not_go_by_the_wall_clock() {
    let mut world = World::with(|settings| {
        settings.retry.first = 5 * MINUTE;
        settings.rules.limits = vec![limit(2, HOUR)];
    });
    world.publish(nth(1));
    let sent = world.one_sent();
    world.accept(&sent, "1");
    world.publish(nth(2));
    let sent = world.one_sent();
    world.accept(&sent, "2");
    world.publish(nth(3));
    // Of another subscriber, whom no limit holds.
    world.publish(apart(1));
    let sent = world.one_sent();
    world.refuse(&sent, Status::RSYSERR);
    assert_eq!(world.story("e3"), ["accepted", "deferred subscriber-limit"]);
    assert_eq!(world.story("apart-1"), ["accepted", "deferred retry"]);
    world.wall_ahead = 2 * 3_600_000;
    world.advance(3 * MINUTE);
    assert!(world.sent().is_empty());
    world.advance(4 * MINUTE);
    let sent = world.one_sent();
    world.accept(&sent, "3");
    world.advance(52 * MINUTE);
    assert!(world.sent().is_empty());
    world.advance(2 * MINUTE);
    world.one_sent();
}

#[test]
fn a_short_pause_after_the_night_does_not_go_by_the_wall_clock() {
    let mut world = World::with(|settings| {
        settings.retry.first = 30 * SECOND;
        settings.rules.quiet_hours = Some(night());
    });
    world.advance(TO_NIGHT);
    world.publish(status("e1"));
    world.advance(9 * HOUR);
    let sent = world.one_sent();
    world.refuse(&sent, Status::RSYSERR);
    assert_eq!(world.story("e1"), ["accepted", "deferred quiet-hours"]);
    world.wall_ahead = 2 * 3_600_000;
    world.advance(20 * SECOND);
    assert!(world.sent().is_empty());
    world.advance(20 * SECOND);
    world.one_sent();
}

#[test]
fn what_waits_beyond_its_deadline_expires_even_if_its_operator_is_gone() {
    let mut world = World::new();
    world.smsc(UCELL).sessions = 0;
    let soon = |id| Notification {
        expires: Some(START.after(HOUR).into()),
        ..status(id)
    };
    world.publish(soon("held"));
    let later = Some(START.after(2 * HOUR).into());
    world.publish(Notification {
        not_before: later,
        application: "1".parse().unwrap(),
        ..soon("scheduled")
    });
    world.advance(HOUR + SECOND);
    assert_eq!(world.story("held"), ["accepted", "expired deadline"]);
    assert_eq!(
        world.story("scheduled"),
        ["accepted", "deferred scheduled", "expired deadline"]
    );
    world.smsc(UCELL).sessions = 1;
    world.advance(HOUR);
    assert!(world.sent().is_empty());
    assert_eq!(world.unsettled(), 0);
}

#[test]
fn no_wait_is_told_to_be_longer_than_the_message_is_of_use() {
    let mut world = World::with(|settings| settings.rules.quiet_hours = Some(night()));
    world.advance(TO_NIGHT);
    let expires = START.after(TO_NIGHT + 2 * HOUR);
    world.publish(Notification {
        expires: Some(expires.into()),
        ..nth(1)
    });
    assert_eq!(world.story("e1"), ["accepted", "deferred quiet-hours"]);
    assert_eq!(world.last("e1").until, Some(expires.into()));
}

#[test]
fn the_deadline_of_an_event_that_names_none_is_the_configured_one() {
    let mut world = World::with(|settings| settings.expires = 2 * HOUR);
    world.smsc(UCELL).sessions = 0;
    world.publish(status("e1"));
    world.advance(2 * HOUR + SECOND);
    assert_eq!(world.story("e1").last().unwrap(), "expired deadline");
}

#[test]
fn a_limit_defers_until_the_first_leaves_the_window_across_restarts() {
    let mut world = World::with(|settings| {
        settings.rules.limits = vec![limit(3, 10 * MINUTE), limit(4, 24 * HOUR)];
    });
    for n in 1..=5 {
        world.publish(nth(n));
        for sent in world.sent() {
            world.accept(&sent, &n.to_string());
        }
        world.advance(MINUTE);
    }
    assert_eq!(world.story("e4"), ["accepted", "deferred subscriber-limit"]);
    assert_eq!(
        world.last("e4").until,
        Some(START.after(10 * MINUTE).into())
    );
    world.restart();
    world.advance(5 * MINUTE - SECOND);
    assert!(world.sent().is_empty());
    world.advance(SECOND);
    let fourth = world.one_sent();
    world.accept(&fourth, "4");
    world.advance(23 * HOUR);
    world.restart();
    assert!(world.sent().is_empty(), "four in 24 hours");
    world.advance(HOUR);
    world.one_sent();
}

#[test]
fn urgent_messages_pass_the_limit_but_count() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(1, HOUR)]);
    let urgent = |n| Notification {
        priority: Priority::Urgent,
        ..nth(n)
    };
    world.publish_all([urgent(1), urgent(2), nth(3)]);
    let sent = world.sent();
    assert_eq!(sent.iter().map(Sent::message).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(world.story("e3"), ["accepted", "deferred subscriber-limit"]);
}

#[test]
fn what_the_operator_refused_or_never_got_does_not_count() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(1, HOUR)]);
    world.publish(nth(1));
    let first = world.one_sent();
    world.refuse(&first, Status::RINVDSTADR);
    world.publish(nth(2));
    let second = world.one_sent();
    world.give_back(&second);
    world.advance(SECOND);
    let second = world.one_sent();
    assert_eq!(second.message(), 2);
    world.accept(&second, "2");
    world.publish(nth(3));
    assert!(world.sent().is_empty());
}

#[test]
fn a_refused_urgent_message_does_not_make_room_for_a_normal_one() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(1, HOUR)]);
    world.publish(nth(1));
    let first = world.one_sent();
    world.accept(&first, "1");
    world.publish(Notification {
        priority: Priority::Urgent,
        ..nth(2)
    });
    let second = world.one_sent();
    world.refuse(&second, Status::RINVDSTADR);
    world.publish(nth(3));
    assert!(world.sent().is_empty(), "the first is still in the window");
}

#[test]
fn uncertain_attempts_count() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(1, HOUR)]);
    world.publish(nth(1));
    let first = world.one_sent();
    world.lose(&first);
    world.publish(nth(2));
    world.advance(HOUR - SECOND);
    assert!(world.sent().is_empty());
}

#[test]
fn the_night_holds_all_but_urgent_messages_until_the_morning() {
    let mut world = World::with(|settings| settings.rules.quiet_hours = Some(night()));
    world.advance(TO_NIGHT);
    world.publish(nth(1));
    world.publish(Notification {
        priority: Priority::Bulk,
        ..nth(2)
    });
    world.publish(Notification {
        priority: Priority::Urgent,
        ..nth(3)
    });
    assert_eq!(world.one_sent().message(), 3);
    assert_eq!(world.story("e1"), ["accepted", "deferred quiet-hours"]);
    world.restart();
    world.advance(9 * HOUR - 10 * SECOND);
    let urgent_again = world.one_sent();
    assert_eq!(
        (urgent_again.message(), world.last("e1").until),
        (3, Some(START.after(TO_NIGHT + 9 * HOUR).into()))
    );
    world.advance(10 * SECOND);
    assert_eq!(world.sent().len(), 2);
}

#[test]
fn what_expires_in_the_night_expires_then() {
    let mut world = World::with(|settings| settings.rules.quiet_hours = Some(night()));
    world.advance(TO_NIGHT);
    let expires = Some(START.after(TO_NIGHT + HOUR).into());
    world.publish(Notification { expires, ..nth(1) });
    world.advance(HOUR + 2 * SECOND);
    assert_eq!(
        world.story("e1"),
        ["accepted", "deferred quiet-hours", "expired deadline"]
    );
}

#[test]
fn an_operator_gone_for_a_minute_is_told_once_and_its_messages_go_when_it_is_back() {
    let mut world = World::new();
    world.smsc(UCELL).sessions = 0;
    world.publish(nth(1));
    world.advance(59 * SECOND);
    assert_eq!(world.story("e1"), ["accepted"]);
    world.advance(2 * SECOND);
    world.publish(nth(2));
    world.advance(HOUR);
    for id in ["e1", "e2"] {
        assert_eq!(world.story(id), ["accepted", "deferred operator-down"]);
    }
    world.smsc(UCELL).sessions = 1;
    world.beat();
    assert_eq!(world.sent().len(), 2);
}

#[test]
fn what_becomes_due_while_its_operator_is_gone_is_told_too() {
    let mut world = World::new();
    world.smsc(UCELL).sessions = 0;
    world.publish(Notification {
        not_before: Some(START.after(HOUR).into()),
        ..nth(1)
    });
    world.advance(HOUR + MINUTE);
    assert_eq!(
        world.story("e1"),
        ["accepted", "deferred scheduled", "deferred operator-down"]
    );
}

#[test]
fn another_operator_is_not_held_up_by_one_that_is_gone() {
    let mut world = World::new();
    world.smsc(UCELL).sessions = 0;
    world.publish_all([
        nth(1),
        Notification {
            msisdn: other_phone(1),
            ..nth(2)
        },
    ]);
    assert_eq!(world.one_sent().operator, BEELINE);
}

#[test]
fn the_messages_of_an_operator_that_is_no_longer_configured_move_or_find_no_route() {
    let mut world = World::new();
    world.smsc(UCELL).sessions = 0;
    let scheduled = Some(START.after(HOUR).into());
    world.publish_all((1..=500).map(nth));
    world.publish(Notification {
        not_before: scheduled,
        ..nth(1000)
    });
    world.crash();
    world.settings.operators.remove(0);
    world.settings.operators[0].prefixes = vec!["998".into()];
    world.start();
    world.calm();
    let sent = world.sent();
    assert_eq!(sent.len(), 500);
    assert!(sent.iter().all(|sent| sent.operator == BEELINE));
    world.advance(HOUR);
    assert!(world.sent().iter().any(|sent| sent.message() == 501));
}

#[test]
fn what_waits_for_a_number_that_nobody_carries_any_more_finds_no_route() {
    let mut world = World::new();
    world.smsc(UCELL).sessions = 0;
    world.publish(nth(1));
    world.crash();
    world.settings.operators.remove(0);
    world.start();
    world.calm();
    assert_eq!(world.story("e1"), ["accepted", "failed no-route"]);
}

#[test]
fn a_text_half_with_an_operator_that_is_gone_for_good_does_not_move() {
    let mut world = World::new();
    world.publish(long_status("e1"));
    let segments = world.sent();
    world.accept(&segments[0], "1");
    world.refuse(&segments[1], Status::RSYSERR);
    world.refuse(&segments[2], Status::RSYSERR);
    world.crash();
    world.settings.operators.remove(0);
    world.settings.operators[0].prefixes = vec!["998".into()];
    world.start();
    world.advance(MINUTE);
    assert!(world.sent().is_empty());
    assert_eq!(world.story("e1"), ["accepted", "failed partial"]);
}
