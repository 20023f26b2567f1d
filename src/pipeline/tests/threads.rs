//! A thread speaks once at a time, and never goes back.

use xabar_events::{Notification, Priority};
use xabar_smpp::Status;

use super::world::*;

/// A status of the thread so many minutes after the first.
fn minute(n: u32, id: &str) -> Notification {
    Notification {
        time: START.after(n * MINUTE).before(HOUR).into(),
        ..status(id)
    }
}

fn scheduled(n: u32, id: &str, wait: std::time::Duration) -> Notification {
    Notification {
        not_before: Some(START.after(wait).into()),
        ..minute(n, id)
    }
}

#[test]
fn the_newest_goes_and_the_older_ones_are_superseded_by_it() {
    let mut world = World::new();
    world.publish_all([minute(2, "second"), minute(3, "third"), minute(1, "first")]);
    let newer = world.one_sent();
    assert_eq!(newer.message(), 2);
    world.accept(&newer, "newer");
    for id in ["first", "second"] {
        assert_eq!(world.story(id), ["accepted", "superseded newer-status"]);
        assert_eq!(world.last(id).by.as_deref(), Some("third"));
    }
}

#[test]
fn what_goes_instead_of_an_urgent_one_goes_in_its_place() {
    let mut world = World::new();
    // All that is not kept for urgent ones is taken.
    (world.smsc(UCELL).room, world.smsc(UCELL).kept) = (2, 2);
    let urgent = Notification {
        priority: Priority::Urgent,
        ..minute(1, "older")
    };
    world.publish_all([urgent, minute(2, "newer")]);
    let newer = world.one_sent();
    assert_eq!(newer.message(), 2);
    // Its link loses its sessions before it is written.
    world.steady = world.steady.after(SECOND);
    world.give_back(&newer);
    let again = world.one_sent();
    assert_eq!(again.message(), 2);
    assert_eq!(world.story("older"), ["accepted"]);
    world.accept(&again, "1");
    assert_eq!(
        world.story("older"),
        ["accepted", "superseded newer-status"]
    );
}

#[test]
fn a_newer_one_that_is_withdrawn_before_it_was_written_does_not_silence_the_citizen() {
    for restarts in [false, true] {
        let mut world = World::new();
        world.publish_all([minute(1, "older"), minute(2, "newer")]);
        let newer = world.one_sent();
        world.cancel("newer");
        world.give_back(&newer);
        assert_eq!(world.story("newer"), ["accepted", "cancelled event"]);
        let older = world.one_sent();
        assert_eq!(older.message(), 1);
        if restarts {
            world.give_back(&older);
            world.sent();
            world.restart();
            world.advance(MINUTE);
        }
        world.accept(&older, "1");
        assert_eq!(world.story("older").last().unwrap(), "submitted");
    }
}

#[test]
fn what_is_older_than_one_that_went_stays_so_when_a_newer_one_was_not_written() {
    let mut world = World::new();
    world.publish(minute(2, "went"));
    let went = world.one_sent();
    world.accept(&went, "1");
    world.publish(minute(3, "newer"));
    let newer = world.one_sent();
    world.cancel("newer");
    world.give_back(&newer);
    world.publish(minute(1, "older"));
    assert_eq!(world.story("older"), ["accepted", "suppressed stale"]);
}

#[test]
fn nothing_is_superseded_before_a_newer_one_goes() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(1, HOUR)]);
    world.publish(Notification {
        application: "1".parse().unwrap(),
        ..status("other")
    });
    let other = world.one_sent();
    world.accept(&other, "1");
    world.publish_all([minute(1, "older"), minute(2, "newer")]);
    assert!(world.sent().is_empty());
    assert_eq!(
        world.story("older"),
        ["accepted", "deferred subscriber-limit"]
    );
    world.cancel("newer");
    world.advance(HOUR);
    assert_eq!(world.one_sent().message(), 2);
    assert_eq!(
        world.story("older"),
        ["accepted", "deferred subscriber-limit"]
    );
}

#[test]
fn a_newer_one_without_a_text_does_not_silence_the_citizen() {
    let mut world = World::new();
    let wordless = Notification {
        status: "unheard-of".parse().unwrap(),
        ..minute(9, "wordless")
    };
    world.publish_all([minute(1, "older"), wordless]);
    let older = world.one_sent();
    assert_eq!(older.message(), 1);
    world.accept(&older, "1");
    assert_eq!(world.story("older"), ["accepted", "submitted"]);
    assert_eq!(
        world.story("wordless"),
        ["accepted", "suppressed no-template"]
    );
}

#[test]
fn a_wordless_one_does_not_bring_a_scheduled_one_forward() {
    let mut world = World::new();
    world.publish(scheduled(1, "scheduled", HOUR));
    world.advance(SECOND);
    let wordless = || Notification {
        status: "unheard-of".parse().unwrap(),
        ..minute(9, "wordless")
    };
    world.publish_all([
        wordless(),
        Notification {
            key: key("kadastr", "another"),
            ..wordless()
        },
    ]);
    world.calm();
    assert!(world.sent().is_empty());
    world.advance(HOUR);
    assert_eq!(world.one_sent().message(), 1);
}

#[test]
fn a_newer_one_that_is_scheduled_lets_the_older_go_and_comes_in_its_time() {
    let mut world = World::new();
    world.publish_all([scheduled(9, "newer", HOUR), minute(1, "older")]);
    let older = world.one_sent();
    assert_eq!(older.message(), 2);
    world.accept(&older, "1");
    world.advance(HOUR);
    assert_eq!(world.one_sent().message(), 1);
}

#[test]
fn an_older_scheduled_one_is_superseded_when_the_newer_goes() {
    let mut world = World::new();
    world.publish(scheduled(1, "older", HOUR));
    world.restart();
    world.publish(minute(9, "newer"));
    let newer = world.one_sent();
    assert_eq!(newer.message(), 2);
    world.accept(&newer, "newer");
    assert_eq!(
        world.story("older"),
        ["accepted", "deferred scheduled", "superseded newer-status"]
    );
}

#[test]
fn one_of_a_thread_is_under_way_at_a_time_until_it_is_answered() {
    let mut world = World::new();
    world.publish(minute(1, "older"));
    let older = world.one_sent();
    world.publish(Notification {
        priority: Priority::Urgent,
        ..minute(2, "newer")
    });
    world.advance(20 * SECOND);
    assert!(world.sent().is_empty());
    world.accept(&older, "1");
    assert_eq!(
        world.one_sent().message(),
        2,
        "its receipt is not waited for"
    );
    assert_eq!(world.story("older"), ["accepted", "submitted"]);
}

#[test]
fn the_newest_goes_when_the_older_one_under_way_is_refused() {
    let mut world = World::new();
    world.publish(minute(1, "older"));
    let older = world.one_sent();
    world.publish(minute(2, "newer"));
    world.refuse(&older, Status::RSYSERR);
    let newer = world.one_sent();
    assert_eq!(newer.message(), 2);
    world.accept(&newer, "newer");
    world.advance(10 * SECOND);
    assert_eq!(
        world.story("older"),
        ["accepted", "superseded newer-status"]
    );
    world.advance(HOUR);
    assert!(world.sent().is_empty());
}

#[test]
fn an_uncertain_older_one_ends_unknown_when_a_newer_one_went() {
    let mut world = World::new();
    world.publish(minute(1, "older"));
    let older = world.one_sent();
    world.publish(minute(2, "newer"));
    world.time_out(&older);
    world.advance(29 * SECOND);
    assert!(world.sent().is_empty());
    world.advance(SECOND);
    let newer = world.one_sent();
    assert_eq!(newer.message(), 2);
    world.accept(&newer, "newer");
    assert_eq!(world.story("older"), ["accepted", "unknown uncertain"]);
    world.answer(&older, Status::ROK, "1");
    world.advance(HOUR);
    assert!(world.sent().is_empty());
}

#[test]
fn a_newer_one_supersedes_what_waits_for_its_retry() {
    let mut world = World::new();
    world.publish(minute(1, "older"));
    let older = world.one_sent();
    world.refuse(&older, Status::RSYSERR);
    world.restart();
    world.publish(minute(2, "newer"));
    let newer = world.one_sent();
    assert_eq!(newer.message(), 2);
    world.accept(&newer, "newer");
    assert_eq!(
        world.story("older"),
        ["accepted", "superseded newer-status"]
    );
}

#[test]
fn an_older_one_half_with_the_operator_is_not_completed_after_a_newer_one() {
    let mut world = World::new();
    world.publish(Notification {
        time: START.before(HOUR).into(),
        ..long_status("older")
    });
    let segments = world.sent();
    world.accept(&segments[0], "1");
    world.refuse(&segments[1], Status::RSYSERR);
    world.refuse(&segments[2], Status::RSYSERR);
    world.publish(minute(2, "newer"));
    let newer = world.one_sent();
    assert_eq!(newer.message(), 2);
    world.accept(&newer, "newer");
    assert_eq!(world.story("older"), ["accepted", "failed partial"]);
}

#[test]
fn an_older_one_never_goes_after_a_newer_one_across_restarts() {
    let mut world = World::new();
    world.publish(scheduled(1, "older", HOUR));
    world.publish(minute(2, "newer"));
    world.one_sent();
    world.restart();
    world.advance(2 * HOUR);
    let repeated = world.one_sent();
    assert_eq!(repeated.message(), 2);
    assert_eq!(
        world.story("older").last().unwrap(),
        "superseded newer-status"
    );
}

#[test]
fn other_threads_of_the_subscriber_and_of_the_application_are_not_held_up() {
    let mut world = World::new();
    world.publish(status("e1"));
    world.publish_all([
        Notification {
            application: "1".parse().unwrap(),
            ..status("e2")
        },
        Notification {
            msisdn: phone(7),
            ..status("e3")
        },
        Notification {
            key: key("adliya", "e4"),
            ..status("e4")
        },
    ]);
    assert_eq!(world.sent().len(), 4);
}

#[test]
fn of_two_with_the_same_time_the_later_arrival_is_the_newer() {
    let mut world = World::new();
    world.publish_all([status("first"), status("second")]);
    let newer = world.one_sent();
    assert_eq!(newer.message(), 2);
    world.accept(&newer, "newer");
    assert_eq!(
        world.story("first"),
        ["accepted", "superseded newer-status"]
    );
}

#[test]
fn a_newer_one_in_another_lane_goes_instead() {
    let mut world = World::new();
    world.smsc(UCELL).room = 0;
    world.publish_all([
        Notification {
            priority: Priority::Urgent,
            ..minute(1, "older")
        },
        Notification {
            priority: Priority::Bulk,
            ..minute(2, "newer")
        },
    ]);
    world.smsc(UCELL).room = 10;
    world.calm();
    let newer = world.one_sent();
    assert_eq!(newer.message(), 2);
    world.accept(&newer, "newer");
    assert_eq!(
        world.story("older"),
        ["accepted", "superseded newer-status"]
    );
}

#[test]
fn a_newer_one_far_back_in_the_journal_goes_instead() {
    let mut world = World::new();
    world.smsc(UCELL).room = 0;
    world.publish(minute(1, "older"));
    world.publish_all((1..=2500).map(apart));
    world.publish(minute(2, "newer"));
    world.restart();
    world.smsc(UCELL).room = 1;
    world.beat();
    let newer = world.one_sent();
    assert_eq!(newer.message(), 2502);
    world.accept(&newer, "newer");
    assert_eq!(
        world.story("older"),
        ["accepted", "superseded newer-status"]
    );
}

#[test]
fn a_newer_one_goes_in_the_turn_of_one_that_is_tried_again_before_what_was_due_earlier() {
    let mut world = World::new();
    world.publish(minute(1, "older"));
    let older = world.one_sent();
    world.smsc(UCELL).room = 0;
    world.refuse(&older, Status::RTHROTTLED);
    world.advance(5 * SECOND);
    for next in [apart(1), minute(2, "newer")] {
        world.steady = world.steady.after(SECOND);
        world.publish(next);
    }
    world.smsc(UCELL).room = 1;
    world.beat();
    assert_eq!(world.one_sent().message(), 3);
}
