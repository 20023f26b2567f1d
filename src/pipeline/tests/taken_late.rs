//! An answer that takes what an earlier one refused: it is not tried again, or the subscriber gets two copies.

use xabar_events::Notification;
use xabar_smpp::Status;

use super::world::*;
use crate::clock::Now;
use crate::delivery::Event;
use crate::pipeline::Inputs;

fn last(world: &World) -> String {
    world.story("e1").last().unwrap().clone()
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

/// A text of several segments that was refused and is sent once more: both times all of it.
fn refused_and_sent_again(world: &mut World) -> (Vec<Sent>, Vec<Sent>) {
    world.publish(long_status("e1"));
    let first = world.sent();
    for segment in &first {
        world.refuse(segment, Status::RTHROTTLED);
    }
    world.advance(5 * SECOND);
    let second = world.sent();
    assert_eq!(second.len(), first.len());
    (first, second)
}

/// Accepts segments by ids that begin so.
fn accept_all(world: &mut World, sent: &[Sent], ids: &str) {
    for segment in sent {
        world.accept(segment, &format!("{ids}{}", segment.token().segment));
    }
}

#[test]
fn a_copy_of_a_segment_that_has_its_answer_is_a_repeat_of_which_one_has_to_arrive() {
    for waits in [false, true] {
        for held in [false, true] {
            let mut world = World::new();
            let (first, second) = refused_and_sent_again(&mut world);
            world.accept(&second[0], "B0");
            let mut rest = second[1..].to_vec();
            if waits {
                rest.iter()
                    .for_each(|it| world.refuse(it, Status::RTHROTTLED));
                // It is held when its turn has come, and else in the journal alone.
                if held {
                    world.smsc(UCELL).room = 0;
                    world.advance(5 * SECOND);
                }
            }
            take_after_all(&mut world, &first[0], "A0");
            if waits {
                world.smsc(UCELL).room = 10;
                world.advance(5 * SECOND);
                rest = world.sent();
                assert_eq!(rest.len(), first.len() - 1);
            }
            accept_all(&mut world, &rest, "B");
            assert_eq!(last(&world), "submitted");
            world.receipt(&first[0], "A0", "UNDELIV");
            for (number, segment) in second.iter().enumerate() {
                world.receipt(segment, &format!("B{number}"), "DELIVRD");
            }
            let how = format!("waits: {waits}, held: {held}");
            assert_eq!(last(&world), "delivered", "{how}");
            assert_eq!(world.last("e1").repeats, 1, "{how}");
        }
    }
}

#[test]
fn what_had_no_answer_when_an_earlier_refusal_is_taken_back_is_a_repeat() {
    let mut world = World::new();
    world.publish(status("e1"));
    let first = world.one_sent();
    world.refuse(&first, Status::RTHROTTLED);
    world.advance(5 * SECOND);
    let second = world.one_sent();
    world.smsc(UCELL).room = 0;
    world.lose(&second);
    world.advance(31 * SECOND);
    take_after_all(&mut world, &first, "A");
    assert_eq!(last(&world), "submitted");
    assert_eq!(world.last("e1").repeats, 1);
    assert_eq!(world.left_uncertain(), 0);
    world.smsc(UCELL).room = 10;
    world.advance(HOUR);
    assert!(world.sent().is_empty());
}

#[test]
fn a_repeat_that_is_heard_of_after_the_end_stands_in_the_journal() {
    let mut world = World::with(|settings| settings.operators[0].receipts = false);
    world.publish(status("e1"));
    let first = world.one_sent();
    world.refuse(&first, Status::RTHROTTLED);
    world.advance(5 * SECOND);
    let second = world.one_sent();
    world.accept(&second, "B");
    assert_eq!(last(&world), "unknown no-receipts");
    take_after_all(&mut world, &first, "A");
    let journalled = world.journalled(first.token().message);
    assert_eq!(journalled.progress.attempt.repeats, 1);
    assert_eq!(last(&world), "unknown no-receipts");
}

#[test]
fn what_is_taken_after_it_was_refused_for_good_has_failed_and_counts_for_its_subscriber() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(1, HOUR)]);
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.refuse(&sent, Status::RINVDSTADR);
    take_after_all(&mut world, &sent, "A");
    world.receipt(&sent, "A", "DELIVRD");
    assert_eq!(last(&world), "failed refused");
    world.publish(Notification {
        application: "2".parse().unwrap(),
        ..status("e2")
    });
    world.advance(30 * MINUTE);
    assert!(world.sent().is_empty(), "it counts");
    world.advance(HOUR);
    world.one_sent();
}

#[test]
fn what_its_receipt_had_settled_counts_once_though_it_is_refused_then_and_taken_after_all() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(2, HOUR)]);
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.receipt_by_reference(&sent, "A", "DELIVRD");
    assert_eq!(last(&world), "delivered");
    world.refuse(&sent, Status::RSYSERR);
    take_after_all(&mut world, &sent, "A");
    let journalled = world.journalled(sent.token().message);
    assert_eq!(journalled.progress.attempt.repeats, 0);
    world.publish(Notification {
        application: "2".parse().unwrap(),
        ..status("e2")
    });
    world.one_sent();
}

#[test]
fn a_segment_whose_receipt_was_faster_than_its_refusal_has_no_say_in_what_becomes_of_the_others() {
    let mut world = World::new();
    world.publish(long_status("e1"));
    let sent = world.sent();
    world.receipt_by_reference(&sent[0], "A0", "DELIVRD");
    world.refuse(&sent[0], Status::RINVDSTADR);
    take_after_all(&mut world, &sent[0], "A0");
    world.give_back(&sent[1]);
    world.accept(&sent[2], "A2");
    world.advance(SECOND);
    let again = world.one_sent();
    world.accept(&again, "A1");
    assert_eq!(last(&world), "submitted");
    assert_eq!(world.last("e1").repeats, 0);
}

#[test]
fn what_was_repeated_before_its_late_refusal_is_one_repeat_if_it_is_taken_after_all() {
    let mut world = World::new();
    world.publish(status("e1"));
    let first = world.one_sent();
    world.time_out(&first);
    world.advance(31 * SECOND);
    let second = world.one_sent();
    world.refuse(&first, Status::RTHROTTLED);
    take_after_all(&mut world, &first, "A");
    world.accept(&second, "B");
    assert_eq!(last(&world), "submitted");
    assert_eq!(world.last("e1").repeats, 1);
    world.receipt(&second, "B", "UNDELIV");
    world.receipt(&first, "A", "DELIVRD");
    assert_eq!(last(&world), "delivered");
}

#[test]
fn segments_that_are_taken_after_all_make_one_message_more_at_most_for_their_subscriber() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(3, HOUR)]);
    let (first, _second) = refused_and_sent_again(&mut world);
    for segment in &first {
        take_after_all(&mut world, segment, &segment.token().segment.to_string());
    }
    world.publish(Notification {
        application: "2".parse().unwrap(),
        ..status("e2")
    });
    world.one_sent();
}

#[test]
fn what_is_refused_once_more_counts_no_more_though_an_earlier_copy_of_it_is_there() {
    for taken in [1, 3] {
        let mut world = World::with(|settings| settings.rules.limits = vec![limit(2, HOUR)]);
        let (first, second) = refused_and_sent_again(&mut world);
        for segment in &first[..taken] {
            take_after_all(&mut world, segment, &segment.token().segment.to_string());
        }
        for segment in &second {
            world.refuse(segment, Status::RTHROTTLED);
        }
        world.advance(5 * SECOND);
        let rest = world.sent();
        assert_eq!(rest.len(), first.len() - taken);
        accept_all(&mut world, &rest, "C");
        assert_eq!(last(&world), "submitted");
        world.publish(Notification {
            application: "2".parse().unwrap(),
            ..status("e2")
        });
        world.one_sent();
    }
}

#[test]
fn a_segment_that_is_taken_after_all_is_no_message_more_where_others_are_there() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(2, HOUR)]);
    world.publish(long_status("e1"));
    let sent = world.sent();
    world.accept(&sent[0], "A0");
    world.accept(&sent[1], "A1");
    world.smsc(UCELL).room = 0;
    world.refuse(&sent[2], Status::RTHROTTLED);
    take_after_all(&mut world, &sent[2], "A2");
    assert_eq!(last(&world), "submitted");
    world.smsc(UCELL).room = 10;
    world.publish(Notification {
        application: "2".parse().unwrap(),
        ..status("e2")
    });
    world.one_sent();
}

/// A message that its operator refused so that the other one is to try it, which it does; both submissions.
fn refused_and_sent_elsewhere(world: &mut World) -> (Sent, Sent) {
    world.publish(status("e1"));
    let first = world.one_sent();
    world.refuse(&first, Status::from(0x102));
    world.calm();
    let second = world.one_sent();
    assert_eq!((first.operator, second.operator), (UCELL, BEELINE));
    (first, second)
}

fn with_a_fallback() -> World {
    World::with(|settings| settings.operators[0].fallback = vec!["beeline".into()])
}

#[test]
fn what_one_operator_takes_while_another_tries_it_is_carried_by_whoever_has_it() {
    let ends: [(End, &str, u32); 5] = [
        (|world, sent| world.accept(sent, "B"), "beeline", 1),
        (
            |world, sent| world.refuse(sent, Status::RINVDSTADR),
            "ucell",
            0,
        ),
        (
            |world, sent| world.refuse(sent, Status::RTHROTTLED),
            "ucell",
            0,
        ),
        (|world, sent| world.give_back(sent), "ucell", 0),
        (|world, sent| world.lose(sent), "ucell", 1),
    ];
    for (end, carrier, repeats) in ends {
        let mut world = with_a_fallback();
        let (first, second) = refused_and_sent_elsewhere(&mut world);
        take_after_all(&mut world, &first, "A");
        end(&mut world, &second);
        world.advance(HOUR);
        assert!(world.sent().is_empty());
        assert_eq!(last(&world), "submitted");
        let submitted = world.last("e1");
        let told = (submitted.operator.as_deref(), submitted.repeats);
        assert_eq!(told, (Some(carrier), repeats));
        if carrier == "beeline" {
            world.receipt(&second, "B", "UNDELIV");
        }
        world.receipt(&first, "A", "DELIVRD");
        assert_eq!(last(&world), "delivered");
    }
}

#[test]
fn of_two_operators_that_took_it_one_that_delivers_it_is_enough() {
    for late in [false, true] {
        for restart in [false, true] {
            let mut world = with_a_fallback();
            let (first, second) = refused_and_sent_elsewhere(&mut world);
            if late {
                world.accept(&second, "B");
                take_after_all(&mut world, &first, "A");
            } else {
                take_after_all(&mut world, &first, "A");
                world.accept(&second, "B");
            }
            if restart {
                world.restart();
            }
            world.receipt(&first, "A", "UNDELIV");
            assert_eq!(last(&world), "submitted");
            world.receipt(&second, "B", "DELIVRD");
            assert_eq!(last(&world), "delivered");
            assert_eq!(world.last("e1").repeats, 1);
        }
    }
}

#[test]
fn of_two_operators_that_gave_one_id_each_has_to_say_that_it_did_not_arrive() {
    let mut world = with_a_fallback();
    let (first, second) = refused_and_sent_elsewhere(&mut world);
    world.accept(&second, "A");
    take_after_all(&mut world, &first, "A");
    for _ in 0..2 {
        world.receipt(&first, "A", "UNDELIV");
        assert_eq!(last(&world), "submitted");
    }
    world.receipt(&second, "A", "UNDELIV");
    assert_eq!(last(&world), "failed undelivered");
}

#[test]
fn what_waits_for_one_operator_is_taken_by_another_that_had_refused_it() {
    for uncertain in [false, true] {
        let mut world = with_a_fallback();
        let (first, second) = refused_and_sent_elsewhere(&mut world);
        world.smsc(BEELINE).room = 0;
        match uncertain {
            true => world.lose(&second),
            false => world.refuse(&second, Status::RTHROTTLED),
        }
        world.advance(31 * SECOND);
        take_after_all(&mut world, &first, "A");
        world.smsc(BEELINE).room = 10;
        world.advance(HOUR);
        assert!(world.sent().is_empty());
        world.receipt(&first, "A", "DELIVRD");
        assert_eq!(last(&world), "delivered");
        assert_eq!(world.last("e1").operator.as_deref(), Some("ucell"));
        assert_eq!(world.last("e1").repeats, u32::from(uncertain));
    }
}

#[test]
fn what_a_second_operator_takes_after_all_of_what_the_first_did_not_deliver_is_a_repeat() {
    let mut world = World::with(|settings| {
        settings.operators[0].fallback = vec!["beeline".into()];
        settings.retry.undelivered_elsewhere = true;
    });
    world.publish(status("e1"));
    let first = world.one_sent();
    world.accept(&first, "A");
    world.receipt(&first, "A", "UNDELIV");
    world.calm();
    let second = world.one_sent();
    world.refuse(&second, Status::RTHROTTLED);
    take_after_all(&mut world, &second, "B");
    world.advance(HOUR);
    assert!(world.sent().is_empty());
    world.receipt(&second, "B", "DELIVRD");
    assert_eq!(last(&world), "delivered");
    assert_eq!(world.last("e1").repeats, 1);
}

#[test]
fn what_the_first_operator_takes_while_a_second_one_tries_what_it_did_not_deliver_is_counted() {
    for waits in [false, true] {
        let mut world = World::with(|settings| {
            settings.operators[0].fallback = vec!["beeline".into()];
            settings.retry.undelivered_elsewhere = true;
        });
        world.publish(status("e1"));
        let first = world.one_sent();
        world.refuse(&first, Status::RTHROTTLED);
        world.advance(5 * SECOND);
        let second = world.one_sent();
        world.accept(&second, "B");
        if waits {
            world.smsc(BEELINE).room = 0;
        }
        world.receipt(&second, "B", "UNDELIV");
        world.calm();
        take_after_all(&mut world, &first, "A");
        world.smsc(BEELINE).room = 10;
        world.advance(SECOND);
        let elsewhere = world.one_sent();
        world.accept(&elsewhere, "C");
        world.receipt(&elsewhere, "C", "DELIVRD");
        assert_eq!(last(&world), "delivered");
        assert_eq!(world.last("e1").repeats, 2, "waits: {waits}");
    }
}

#[test]
fn what_arrives_by_the_first_operator_that_took_one_more_copy_is_not_tried_by_the_second_one() {
    let mut world = World::with(|settings| {
        settings.operators[0].fallback = vec!["beeline".into()];
        settings.retry.undelivered_elsewhere = true;
    });
    world.publish(status("e1"));
    let first = world.one_sent();
    world.refuse(&first, Status::RTHROTTLED);
    world.advance(5 * SECOND);
    let second = world.one_sent();
    world.accept(&second, "B");
    world.smsc(BEELINE).room = 0;
    world.receipt(&second, "B", "UNDELIV");
    take_after_all(&mut world, &first, "A");
    world.receipt(&first, "A", "DELIVRD");
    world.smsc(BEELINE).room = 10;
    world.advance(HOUR);
    assert!(world.sent().is_empty());
    assert_eq!(last(&world), "delivered");
    assert_eq!(world.last("e1").operator.as_deref(), Some("ucell"));
}

#[test]
#[should_panic(expected = "again")]
fn a_retry_of_what_was_taken_after_all_is_noticed() {
    /// Keeps second answers from the pipeline.
    struct Deaf;
    impl Saboteur for Deaf {
        fn inputs(&mut self, _: &Now, inputs: &mut Inputs) {
            for report in &mut inputs.reports {
                let events = &mut report.events;
                events.retain(|it| !matches!(it, Event::TakenAfterAll { .. }));
            }
        }
    }
    let mut world = World::new();
    world.saboteur = Some(Box::new(Deaf));
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.refuse(&sent, Status::RTHROTTLED);
    take_after_all(&mut world, &sent, "A");
    world.advance(HOUR);
}
