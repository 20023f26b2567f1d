//! An answer that comes after its message was repeated: the operator has two copies.

use xabar_smpp::Status;

use super::world::*;

/// A message that was repeated since its first answer did not come: both submissions.
fn repeated(world: &mut World) -> (Sent, Sent) {
    world.publish(status("e1"));
    let first = world.one_sent();
    world.time_out(&first);
    world.advance(30 * SECOND);
    (first, world.one_sent())
}

fn last(world: &World) -> String {
    world.story("e1").last().unwrap().clone()
}

#[test]
fn of_two_copies_that_the_operator_took_one_that_arrives_is_enough() {
    for late in [false, true] {
        for restart in [false, true] {
            let mut world = World::new();
            let (first, second) = repeated(&mut world);
            if late {
                world.accept(&second, "B");
                world.accept(&first, "A");
            } else {
                world.accept(&first, "A");
                world.accept(&second, "B");
            }
            if restart {
                world.restart();
            }
            for _ in 0..2 {
                world.receipt(&second, "B", "REJECTD");
                assert_eq!(last(&world), "submitted");
            }
            world.receipt(&first, "A", "DELIVRD");
            assert_eq!(last(&world), "delivered");
            assert_eq!(world.unsettled(), 0);
        }
    }
}

#[test]
fn of_two_copies_that_do_not_arrive_the_last_receipt_tells_of_failure() {
    for receipt_between in [false, true] {
        let mut world = World::new();
        let (first, second) = repeated(&mut world);
        world.accept(&first, "A");
        if receipt_between {
            world.receipt(&first, "A", "UNDELIV");
            world.accept(&second, "B");
        } else {
            world.accept(&second, "B");
            world.receipt(&first, "A", "UNDELIV");
        }
        assert_eq!(last(&world), "submitted");
        world.receipt(&second, "B", "UNDELIV");
        assert_eq!(last(&world), "failed undelivered");
    }
}

#[test]
fn a_copy_that_did_not_arrive_has_failed_once_its_repeat_is_refused_or_not_written() {
    let ends: [End; 2] = [
        |world, sent| world.refuse(sent, Status::RTHROTTLED),
        |world, sent| world.give_back(sent),
    ];
    for end in ends {
        let mut world = World::new();
        let (first, second) = repeated(&mut world);
        world.accept(&first, "A");
        world.receipt(&first, "A", "UNDELIV");
        end(&mut world, &second);
        world.advance(HOUR);
        assert!(world.sent().is_empty());
        assert_eq!(last(&world), "failed undelivered");
    }
}

#[test]
fn what_did_not_arrive_is_sent_once_more_if_its_repeat_has_no_answer() {
    let mut world = World::new();
    let (first, second) = repeated(&mut world);
    world.accept(&first, "A");
    world.receipt(&first, "A", "UNDELIV");
    world.lose(&second);
    world.advance(31 * SECOND);
    world.advance(3 * MINUTE);
    let third = world.one_sent();
    world.accept(&third, "C");
    world.receipt(&third, "C", "DELIVRD");
    assert_eq!(last(&world), "delivered");
    assert_eq!(world.last("e1").repeats, 2);
}

#[test]
fn what_the_operator_took_after_all_is_not_repeated_when_its_copy_comes_to_nothing() {
    let ends: [(End, &str); 4] = [
        (
            |world, sent| world.refuse(sent, Status::RTHROTTLED),
            "throttled",
        ),
        (
            |world, sent| world.refuse(sent, Status::RINVDSTADR),
            "refused",
        ),
        (|world, sent| world.give_back(sent), "not written"),
        (|world, sent| world.lose(sent), "a cut link"),
    ];
    for (end, name) in ends {
        for after in [false, true] {
            let mut world = World::new();
            let (first, second) = repeated(&mut world);
            if after {
                world.smsc(UCELL).room = 0;
                end(&mut world, &second);
                if name == "refused" {
                    continue;
                }
                world.accept(&first, "A");
            } else {
                world.accept(&first, "A");
                end(&mut world, &second);
            }
            world.smsc(UCELL).room = 10;
            world.advance(31 * SECOND);
            assert!(world.sent().is_empty(), "{name}, after: {after}");
            assert_eq!(last(&world), "submitted", "{name}, after: {after}");
            world.receipt(&first, "A", "DELIVRD");
            assert_eq!(last(&world), "delivered", "{name}, after: {after}");
        }
    }
}

#[test]
fn the_only_copy_that_is_left_has_failed_if_it_did_not_arrive() {
    let ends: [End; 2] = [
        |world, sent| world.refuse(sent, Status::RTHROTTLED),
        |world, sent| world.give_back(sent),
    ];
    for end in ends {
        let mut world = World::new();
        let (first, second) = repeated(&mut world);
        world.accept(&first, "A");
        end(&mut world, &second);
        world.receipt(&first, "A", "UNDELIV");
        assert_eq!(last(&world), "failed undelivered");
    }
}

#[test]
fn a_receipt_of_the_first_copy_settles_whether_or_not_the_second_is_answered() {
    for answered in [false, true] {
        let mut world = World::new();
        let (first, second) = repeated(&mut world);
        world.accept(&first, "A");
        world.receipt(&first, "A", "DELIVRD");
        if answered {
            world.accept(&second, "B");
        } else {
            world.lose(&second);
            world.advance(31 * SECOND);
        }
        assert!(world.sent().is_empty());
        assert_eq!(last(&world), "delivered", "answered: {answered}");
        world.receipt(&second, "B", "UNDELIV");
        assert_eq!(last(&world), "delivered", "answered: {answered}");
    }
}

#[test]
fn what_is_said_of_a_copy_that_did_not_arrive_is_not_told_of_one_that_did() {
    let mut world = World::new();
    let (first, second) = repeated(&mut world);
    world.accept(&first, "A");
    world.receipt(&first, "A", "UNDELIV");
    world.receipt_by_reference(&second, "another", "DELIVRD");
    world.accept(&second, "B");
    assert_eq!(last(&world), "delivered");
    assert_eq!(world.last("e1").code, None);
}

#[test]
fn a_receipt_that_overtook_the_late_answer_of_the_first_copy_settles() {
    let mut world = World::new();
    let (first, second) = repeated(&mut world);
    world.accept(&second, "B");
    world.receipt(&first, "A", "DELIVRD");
    assert_eq!(last(&world), "submitted");
    world.accept(&first, "A");
    assert_eq!(last(&world), "delivered");
}

#[test]
fn a_copy_whose_answer_came_last_of_all_may_fail_without_harm_to_the_others() {
    let mut world = World::new();
    let (first, second) = repeated(&mut world);
    world.accept(&first, "A");
    world.lose(&second);
    world.advance(31 * SECOND);
    world.accept(&second, "B");
    world.receipt(&second, "B", "REJECTD");
    assert_eq!(last(&world), "submitted");
    world.receipt(&first, "A", "DELIVRD");
    assert_eq!(last(&world), "delivered");
}

#[test]
fn a_late_answer_for_a_part_that_another_copy_settled_is_one_more_copy_and_hurries_nothing() {
    for restart in [false, true] {
        let mut world = World::new();
        world.publish(long_status("e1"));
        let first = world.sent();
        assert!(first.len() > 1);
        first.iter().for_each(|sent| world.time_out(sent));
        world.advance(30 * SECOND);
        let second = world.sent();
        assert_eq!(second.len(), first.len());
        world.accept(&second[0], "B");
        second[1..].iter().for_each(|sent| world.lose(sent));
        world.advance(31 * SECOND);
        assert!(world.sent().is_empty(), "the others wait");
        world.accept(&first[0], "A");
        assert!(world.sent().is_empty(), "no sooner than without it");
        if restart {
            world.restart();
        }
        world.receipt(&first[0], "A", "REJECTD");
        world.advance(120 * SECOND);
        let third = world.sent();
        assert_eq!(third.len(), first.len() - 1);
        for (number, sent) in third.iter().enumerate() {
            world.accept(sent, &format!("C{number}"));
        }
        assert_eq!(last(&world), "submitted");
        for (number, sent) in third.iter().enumerate() {
            world.receipt(sent, &format!("C{number}"), "DELIVRD");
        }
        world.receipt(&second[0], "B", "DELIVRD");
        assert_eq!(last(&world), "delivered", "restart: {restart}");
    }
}

#[test]
fn a_segment_that_the_operator_has_after_all_is_not_repeated_with_those_that_have_no_answer() {
    for by_receipt in [false, true] {
        let mut world = World::new();
        world.publish(long_status("e1"));
        let first = world.sent();
        first.iter().for_each(|sent| world.time_out(sent));
        world.advance(30 * SECOND);
        let second = world.sent();
        world.refuse(&second[1], Status::RTHROTTLED);
        match by_receipt {
            true => world.receipt_by_reference(&second[1], "A", "DELIVRD"),
            false => world.accept(&first[1], "A"),
        }
        for sent in second.iter().filter(|it| it.token().segment != 1) {
            world.lose(sent);
        }
        world.advance(31 * SECOND);
        world.advance(3 * MINUTE);
        let third = world.sent();
        assert_eq!(third.len(), first.len() - 1, "by receipt: {by_receipt}");
        assert!(third.iter().all(|sent| sent.token().segment != 1));
    }
}

#[test]
fn what_an_operator_says_too_late_of_a_message_that_ended_unknown_is_not_lost() {
    let mut world = World::new();
    world.publish(status("e1"));
    let mut last_sent = None;
    for _ in 0..40 {
        for sent in world.sent() {
            world.time_out(&sent);
            last_sent = Some(sent);
        }
        world.advance(31 * SECOND);
    }
    let sent = last_sent.unwrap();
    assert_eq!(last(&world), "unknown uncertain");
    world.accept(&sent, "A");
    world.receipt(&sent, "A", "DELIVRD");
    assert_eq!(last(&world), "delivered");
}
