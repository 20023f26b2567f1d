//! Receipts that say that something did not arrive, before the operator says whether it took it.

use xabar_smpp::Status;

use super::world::*;
use crate::delivery::Event;

fn last(world: &World) -> String {
    world.story("e1").last().unwrap().clone()
}

/// A message in flight of which a receipt with our reference says that it did not arrive.
fn told_early(world: &mut World) -> Sent {
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.receipt_by_reference(&sent, "A", "UNDELIV");
    assert_eq!(world.story("e1"), ["accepted"]);
    sent
}

#[test]
fn of_what_is_refused_then_it_says_nothing() {
    let ends: [End; 3] = [
        |world, sent| world.refuse(sent, Status::RSYSERR),
        |world, sent| {
            world.time_out(sent);
            world.advance(29 * SECOND);
            world.refuse(sent, Status::RSYSERR);
        },
        |world, sent| {
            world.hear(sent.operator, Event::NotTaken(sent.token()));
            world.beat();
        },
    ];
    for end in ends {
        let mut world = World::new();
        let sent = told_early(&mut world);
        end(&mut world, &sent);
        world.advance(10 * SECOND);
        let again = world.one_sent();
        world.receipt_by_reference(&sent, "A", "UNDELIV");
        world.accept(&again, "B");
        world.receipt_by_reference(&sent, "A", "UNDELIV");
        assert_eq!(last(&world), "submitted");
        world.receipt(&again, "B", "DELIVRD");
        assert_eq!(last(&world), "delivered");
        assert_eq!(world.last("e1").repeats, 0);
    }
}

#[test]
fn what_is_taken_then_it_settles_whatever_the_id() {
    for smsc_id in ["A", "another"] {
        let mut world = World::new();
        let sent = told_early(&mut world);
        world.accept(&sent, smsc_id);
        assert_eq!(last(&world), "failed undelivered");
        assert_eq!(world.held_receipts(), 0);
    }
}

#[test]
fn what_is_never_answered_it_settles_when_the_grace_is_over() {
    let ends: [End; 3] = [
        |world, sent| world.time_out(sent),
        |world, sent| world.lose(sent),
        |world, _| world.restart(),
    ];
    for end in ends {
        let mut world = World::new();
        let sent = told_early(&mut world);
        end(&mut world, &sent);
        world.advance(29 * SECOND);
        assert_ne!(last(&world), "failed undelivered");
        world.advance(2 * SECOND);
        assert!(world.sent().is_empty());
        assert_eq!(last(&world), "failed undelivered");
        assert_eq!(world.held_receipts(), 0);
    }
}

#[test]
fn what_is_never_answered_and_did_not_arrive_another_operator_may_try() {
    let mut world = World::with(|settings| {
        settings.operators[0].fallback = vec!["beeline".into()];
        settings.retry.undelivered_elsewhere = true;
    });
    let sent = told_early(&mut world);
    world.lose(&sent);
    world.advance(31 * SECOND);
    let elsewhere = world.one_sent();
    assert_eq!(elsewhere.operator, BEELINE);
    world.accept(&elsewhere, "B");
    world.receipt(&elsewhere, "B", "DELIVRD");
    assert_eq!(last(&world), "delivered");
}

#[test]
fn so_it_is_though_it_gives_no_id_or_comes_twice_or_within_the_grace() {
    let mut world = World::new();
    world.publish(status("e1"));
    let sent = world.one_sent();
    let digits = sent.submission.msisdn.digits();
    world.receipt_from_number(&sent, &digits, "UNDELIV");
    world.time_out(&sent);
    world.receipt_from_number(&sent, &digits, "UNDELIV");
    assert_eq!(world.held_receipts(), 1);
    world.refuse(&sent, Status::RSYSERR);
    world.advance(10 * SECOND);
    let again = world.one_sent();
    world.accept(&again, "B");
    assert_eq!(last(&world), "submitted");
}

#[test]
fn of_a_text_of_several_segments_it_is_the_one_that_it_names() {
    let mut world = World::new();
    world.publish(long_status("e1"));
    let sent = world.sent();
    world.receipt_by_reference(&sent[0], "A0", "UNDELIV");
    world.receipt_by_reference(&sent[1], "A1", "UNDELIV");
    world.refuse(&sent[0], Status::RTHROTTLED);
    world.accept(&sent[1], "A1");
    world.accept(&sent[2], "A2");
    world.advance(5 * SECOND);
    let again = world.one_sent();
    assert_eq!(again.token().segment, 0);
    world.accept(&again, "B");
    assert_eq!(last(&world), "failed partial");
}
