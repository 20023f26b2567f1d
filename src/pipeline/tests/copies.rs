//! An answer that comes after its message was repeated, or beside a refusal: the operator has two copies, or one after all.

use xabar_smpp::Status;

use super::world::*;
use crate::delivery::Event;

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

/// The operator answers once more: it took what it had refused.
fn take_after_all(world: &mut World, sent: &Sent, smsc_id: &str) {
    let (token, smsc_id) = (sent.submission.token, smsc_id.into());
    let smsc = world.smsc(sent.operator);
    smsc.events.push(Event::TakenAfterAll { token, smsc_id });
    world.calm();
}

#[test]
fn what_an_operator_took_after_refusing_it_is_not_tried_again() {
    for status in [Status::RTHROTTLED, Status::RSYSERR, Status::RINVDCS] {
        let mut world = World::with(|settings| {
            settings.rules.limits = vec![limit(1, HOUR)];
        });
        world.publish(self::status("e1"));
        let sent = world.one_sent();
        world.smsc(UCELL).room = 0;
        world.refuse(&sent, status);
        take_after_all(&mut world, &sent, "A");
        world.smsc(UCELL).room = 10;
        world.publish(self::status("e2"));
        world.advance(10 * MINUTE);
        assert!(world.sent().is_empty(), "{status}, and it counts");
        world.receipt(&sent, "A", "DELIVRD");
        assert_eq!(last(&world), "delivered");
        assert_eq!(world.last("e1").repeats, 0);
    }
}

#[test]
fn a_retry_that_overtook_such_an_answer_is_a_repeat_that_is_counted_unless_it_is_refused() {
    let ends: [(End, u32); 3] = [
        (|world, sent| world.accept(sent, "B"), 1),
        (|world, sent| world.refuse(sent, Status::RTHROTTLED), 0),
        (|world, sent| world.give_back(sent), 0),
    ];
    for (end, repeats) in ends {
        for before in [false, true] {
            let mut world = World::new();
            world.publish(status("e1"));
            let first = world.one_sent();
            world.refuse(&first, Status::RTHROTTLED);
            world.advance(5 * SECOND);
            let second = world.one_sent();
            if before && repeats == 1 {
                end(&mut world, &second);
            }
            take_after_all(&mut world, &first, "A");
            if !before || repeats == 0 {
                end(&mut world, &second);
            }
            world.advance(HOUR);
            assert!(world.sent().is_empty());
            world.receipt(&second, "B", "UNDELIV");
            world.receipt(&first, "A", "DELIVRD");
            assert_eq!(last(&world), "delivered");
            assert_eq!(world.last("e1").repeats, repeats);
        }
    }
}

#[test]
fn of_a_text_of_several_segments_only_what_stays_refused_is_tried_again() {
    let mut world = World::new();
    world.publish(long_status("e1"));
    let sent = world.sent();
    for segment in &sent {
        world.refuse(segment, Status::RTHROTTLED);
    }
    take_after_all(&mut world, &sent[1], "A");
    world.advance(5 * SECOND);
    let again = world.sent();
    let segments: Vec<_> = again.iter().map(|it| it.submission.token.segment).collect();
    assert_eq!(segments, [0, 2]);
    for segment in &again {
        world.accept(segment, &segment.submission.token.segment.to_string());
    }
    assert_eq!(last(&world), "submitted");
    assert_eq!(world.last("e1").repeats, 0);
}
