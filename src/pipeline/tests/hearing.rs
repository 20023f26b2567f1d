//! What waits to be repeated while its operator cannot be heard.

use std::time::Duration;

use xabar_events::Notification;

use super::world::*;
use crate::clock::{Now, UnixMillis};
use crate::delivery::Logins;
use crate::pipeline::Inputs;

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
fn without_a_grace_what_a_cut_left_unanswered_is_repeated_as_soon_as_its_operator_is_back() {
    let mut world = World::with(|settings| settings.uncertain = Duration::ZERO);
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.smsc(UCELL).sessions = 0;
    world.lose(&sent);
    world.advance(HOUR);
    assert!(world.sent().is_empty());
    world.smsc(UCELL).sessions = 1;
    world.advance(SECOND);
    let again = world.one_sent();
    world.accept(&again, "1");
    assert_eq!(world.story("e1").last().unwrap(), "submitted");
    assert_eq!(world.last("e1").repeats, 1);
}

#[test]
fn an_operator_that_gives_no_receipts_is_sent_the_repeat_as_soon_as_it_is_back() {
    let mut world = World::with(|settings| settings.operators[0].receipts = false);
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.smsc(UCELL).sessions = 0;
    world.lose(&sent);
    world.advance(HOUR);
    world.smsc(UCELL).sessions = 1;
    world.advance(SECOND);
    let again = world.one_sent();
    world.accept(&again, "1");
    assert_eq!(world.last("e1").repeats, 1);
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

#[test]
fn what_was_put_off_while_its_operator_was_bound_goes_to_none_that_is_gone_again() {
    let (mut world, _) = cut_off(status("e1"), HOUR);
    world.advance(20 * SECOND);
    world.smsc(UCELL).sessions = 0;
    world.beat();
    world.advance(HOUR);
    assert!(world.sent().is_empty(), "nothing is bound");
    world.smsc(UCELL).sessions = 1;
    world.advance(SECOND);
    world.advance(9 * SECOND);
    assert!(world.sent().is_empty(), "it was heard for 29 s");
    world.advance(2 * SECOND);
    world.one_sent();
}

#[test]
fn how_long_an_operator_was_bound_before_a_submission_counts_for_nothing() {
    let mut world = World::new();
    world.smsc(UCELL).sessions = 0;
    world.advance(MINUTE);
    world.smsc(UCELL).sessions = 1;
    world.advance(SECOND);
    world.advance(25 * SECOND);
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.smsc(UCELL).sessions = 0;
    world.lose(&sent);
    world.advance(HOUR);
    world.smsc(UCELL).sessions = 1;
    world.advance(SECOND);
    world.advance(28 * SECOND);
    assert!(world.sent().is_empty());
    world.advance(3 * SECOND);
    world.one_sent();
}

#[test]
fn what_is_left_uncertain_is_counted_wherever_it_waits() {
    let mut world = World::new();
    assert_eq!(world.left_uncertain(), 0);
    world.publish(status("e1"));
    let sent = world.one_sent();
    assert_eq!(world.left_uncertain(), 1, "in flight");
    world.smsc(UCELL).sessions = 0;
    world.lose(&sent);
    world.advance(HOUR);
    assert_eq!(world.left_uncertain(), 1, "it waits for an operator");
    world.smsc(UCELL).sessions = 1;
    world.advance(SECOND);
    assert_eq!(world.held(), 0, "it is put off");
    assert_eq!(world.left_uncertain(), 1);
    world.restart();
    assert_eq!(world.left_uncertain(), 1, "it is not read again yet");
    world.advance(MINUTE);
    let again = world.one_sent();
    world.accept(&again, "1");
    assert_eq!(world.left_uncertain(), 0);
}

#[test]
#[should_panic(expected = "though its operator is back for")]
fn a_repeat_before_its_operator_could_be_heard_is_noticed() {
    /// Hides that nothing is bound.
    struct Pretence;
    impl Saboteur for Pretence {
        fn inputs(&mut self, _: &Now, inputs: &mut Inputs) {
            for report in &mut inputs.reports {
                let all = report.offer.logins;
                report.offer.submitting = 1;
                (report.offer.carrying, report.offer.heard) = (all, all);
            }
        }
    }
    let mut world = World::new();
    world.saboteur = Some(Box::new(Pretence));
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.smsc(UCELL).sessions = 0;
    world.lose(&sent);
    world.advance(HOUR);
}

/// Whatever is bound, no receipts come.
struct Deaf;
impl Saboteur for Deaf {
    fn inputs(&mut self, _: &Now, inputs: &mut Inputs) {
        for report in &mut inputs.reports {
            report.offer.heard = Logins(0);
        }
    }
}

#[test]
fn a_wait_for_a_receiver_that_is_away_is_told_with_when_it_ends_at_most() {
    let mut world = World::new();
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.saboteur = Some(Box::new(Deaf));
    world.lose(&sent);
    world.advance(32 * SECOND);
    assert_eq!(world.story("e1").last().unwrap(), "deferred uncertain");
    let until = UnixMillis::from(world.last("e1").until.unwrap());
    let at_most = START.after(120 * SECOND);
    assert!(until.0.abs_diff(at_most.0) < 3000, "{until:?}");
}
