//! What waits to be repeated while its operator cannot be heard.

use std::time::Duration;

use xabar_events::Notification;

use super::world::*;

/// One message, cut off without an answer from its operator, which is back after so long.
fn cut_off(event: Notification, outage: Duration) -> (World, Sent) {
    let mut world = World::new();
    world.publish(event);
    let sent = world.one_sent();
    world.advance(MINUTE);
    world.lose(&sent);
    world.smsc(UCELL).sessions = 0;
    world.beat();
    world.advance(outage);
    world.smsc(UCELL).sessions = 1;
    world.advance(SECOND);
    (world, sent)
}

#[test]
fn what_a_cut_left_unanswered_is_repeated_a_grace_after_its_operator_is_back() {
    for outage in [10 * SECOND, HOUR] {
        let (mut world, _) = cut_off(status("e1"), outage);
        world.advance(29 * SECOND);
        assert!(world.sent().is_empty(), "a receipt may come yet");
        world.advance(2 * SECOND);
        let again = world.one_sent();
        world.accept(&again, "1");
        assert_eq!(world.last("e1").repeats, 1);
    }
}

#[test]
fn a_receipt_that_an_operator_brings_once_it_is_back_spares_the_repeat() {
    let (mut world, sent) = cut_off(status("e1"), HOUR);
    world.advance(20 * SECOND);
    world.receipt_by_reference(&sent, "7", "DELIVRD");
    world.advance(HOUR);
    assert!(world.sent().is_empty());
    assert_eq!(world.story("e1").last().unwrap(), "delivered");
    assert_eq!(world.last("e1").repeats, 0);
}

#[test]
fn a_start_is_an_outage_too() {
    let mut world = World::new();
    world.publish(status("e1"));
    world.one_sent();
    world.advance(SECOND);
    world.crash();
    world.smsc(UCELL).sessions = 0;
    world.start();
    world.advance(10 * MINUTE);
    world.smsc(UCELL).sessions = 1;
    world.advance(SECOND);
    world.advance(29 * SECOND);
    assert!(world.sent().is_empty());
    world.advance(2 * SECOND);
    world.one_sent();
}

#[test]
fn a_newer_status_waits_for_no_repeat_and_goes_instead_of_it() {
    let (mut world, _) = cut_off(status("e1"), HOUR);
    let newer = Notification {
        key: key("kadastr", "e2"),
        time: START.after(SECOND).into(),
        ..status("e1")
    };
    world.publish(newer);
    let sent = world.one_sent();
    world.accept(&sent, "2");
    world.advance(HOUR);
    assert!(world.sent().is_empty());
    assert_eq!(world.story("e1").last().unwrap(), "unknown uncertain");
    assert_eq!(world.story("e2").last().unwrap(), "submitted");
}

#[test]
fn what_is_of_no_use_any_more_waits_for_no_receipt() {
    let event = Notification {
        expires: Some(START.after(HOUR + 70 * SECOND).into()),
        ..status("e1")
    };
    let (mut world, _) = cut_off(event, HOUR);
    world.advance(15 * SECOND);
    assert!(world.sent().is_empty());
    assert_eq!(world.story("e1").last().unwrap(), "unknown uncertain");
}
