//! Another operator for what one took and did not deliver.

use xabar_events::Notification;
use xabar_smpp::Status;

use super::world::*;
use crate::pipeline::{Order, Scope, Settings};

/// The second operator tries what the first one did not deliver.
fn elsewhere_with(set: impl FnOnce(&mut Settings)) -> World {
    World::with(|settings| {
        settings.operators[0].fallback = vec!["beeline".into()];
        settings.retry.undelivered_elsewhere = true;
        set(settings);
    })
}

fn elsewhere() -> World {
    elsewhere_with(|_| {})
}

/// The first operator takes the one segment that was sent and does not deliver it.
fn undelivered(world: &mut World) -> Sent {
    let sent = world.one_sent();
    assert_eq!(sent.operator, UCELL);
    world.accept(&sent, "7");
    world.receipt(&sent, "7", "UNDELIV");
    world.calm();
    sent
}

fn last(world: &World, event: &str) -> String {
    world.story(event).pop().unwrap()
}

/// The operator that an event's last outcome names, and its word.
fn word<'a>(world: &'a World, event: &str) -> [&'a str; 2] {
    let last = world.last(event);
    [&last.operator, &last.code].map(|told| told.as_deref().unwrap_or_default())
}

#[test]
fn what_one_operator_did_not_deliver_another_delivers_and_the_repeat_is_told() {
    let mut world = elsewhere();
    world.publish(apart(1));
    let first = undelivered(&mut world);
    let again = world.one_sent();
    assert_eq!(
        (again.operator, again.message()),
        (BEELINE, first.message())
    );
    world.accept(&again, "9");
    // Its first operator says it once more, under the same id.
    world.receipt(&first, "7", "UNDELIV");
    world.receipt(&again, "9", "DELIVRD");
    let expected = ["accepted", "submitted", "submitted", "delivered"];
    assert_eq!(world.story("apart-1"), expected);
    let delivered = world.last("apart-1");
    assert_eq!(delivered.operator.as_deref(), Some("beeline"));
    assert_eq!((delivered.attempts, delivered.repeats), (2, 1));
    assert_eq!(world.unsettled(), 0);
}

#[test]
fn an_answer_to_a_citizen_comes_from_the_number_that_was_written_to_or_not_at_all() {
    let mut world = elsewhere();
    world.writes(phone(0), "status");
    undelivered(&mut world);
    world.advance(HOUR);
    assert!(world.sent().is_empty());
}

#[test]
fn it_goes_to_one_other_operator_and_no_further() {
    let mut world = elsewhere_with(|settings| {
        settings.operators[1].fallback = vec!["ucell".into()];
    });
    world.publish(apart(1));
    undelivered(&mut world);
    let again = world.one_sent();
    world.accept(&again, "9");
    world.receipt(&again, "9", "UNDELIV");
    world.advance(HOUR);
    assert!(world.sent().is_empty());
    let expected = ["accepted", "submitted", "submitted", "failed undelivered"];
    assert_eq!(world.story("apart-1"), expected);
    assert_eq!(world.last("apart-1").repeats, 1);
}

#[test]
fn what_the_other_operator_refuses_stays_undelivered_and_was_no_repeat_after_all() {
    let mut world = elsewhere();
    world.publish(apart(1));
    undelivered(&mut world);
    let again = world.one_sent();
    world.refuse(&again, Status::RINVDSTADR);
    assert_eq!(last(&world, "apart-1"), "failed undelivered");
    let failed = world.last("apart-1");
    assert_eq!((failed.attempts, failed.repeats), (2, 0));
}

#[test]
fn what_had_no_answer_and_was_not_delivered_is_certain_at_the_other_operator() {
    for answered in [false, true] {
        let mut world = elsewhere();
        world.publish(apart(1));
        let sent = world.one_sent();
        world.smsc(UCELL).sessions = 0;
        world.smsc(BEELINE).room = 0;
        world.lose(&sent);
        world.advance(MINUTE);
        assert_eq!(world.left_uncertain(), 1);
        world.smsc(UCELL).sessions = 1;
        if answered {
            world.accept(&sent, "7");
        }
        world.receipt_by_reference(&sent, "7", "UNDELIV");
        assert_eq!(world.left_uncertain(), 0);
        world.smsc(BEELINE).room = 10;
        world.calm();
        let again = world.one_sent();
        assert_eq!(again.operator, BEELINE);
        world.refuse(&again, Status::RINVDSTADR);
        assert_eq!(last(&world, "apart-1"), "failed undelivered");
    }
}

#[test]
fn a_restart_forgets_neither_the_other_operator_nor_the_repeat() {
    let mut world = elsewhere_with(|settings| {
        settings.rules.limits = vec![limit(1, 10 * MINUTE)];
    });
    world.publish(apart(1));
    undelivered(&mut world);
    assert!(
        world.sent().is_empty(),
        "it counts for the subscriber's limit"
    );
    world.restart();
    world.advance(11 * MINUTE);
    let again = world.one_sent();
    assert_eq!(again.operator, BEELINE);
    world.restart();
    world.advance(MINUTE);
    world.advance(10 * MINUTE);
    let once_more = world.one_sent();
    assert_eq!(once_more.operator, BEELINE);
    world.accept(&once_more, "9");
    world.receipt(&once_more, "9", "DELIVRD");
    let delivered = world.last("apart-1");
    assert_eq!((delivered.attempts, delivered.repeats), (3, 2));
}

#[test]
fn it_ends_as_before_without_the_policy_another_operator_or_attempts() {
    let ends = |world: &mut World, event: Notification| {
        let id = event.key.id.as_str().to_owned();
        world.publish(event);
        undelivered(world);
        world.advance(HOUR);
        assert!(world.sent().is_empty());
        assert_eq!(last(world, &id), "failed undelivered");
    };
    let mut never = elsewhere_with(|settings| settings.retry.undelivered_elsewhere = false);
    ends(&mut never, apart(1));
    let mut alone = elsewhere_with(|settings| settings.operators[0].fallback.clear());
    ends(&mut alone, apart(1));
    let mut once = elsewhere_with(|settings| settings.retry.attempts = 1);
    ends(&mut once, apart(1));
    let mut gone = elsewhere_with(moves_after_a_minute);
    gone.smsc(BEELINE).sessions = 0;
    gone.advance(2 * MINUTE);
    ends(&mut gone, apart(1));
    let mut paused = elsewhere();
    let beeline = Scope {
        operator: Some("beeline".to_owned()),
        ..Scope::default()
    };
    paused.order(Order::Pause(beeline)).unwrap();
    ends(&mut paused, apart(1));
}

/// The second operator's own messages do not wait for it for long.
fn moves_after_a_minute(settings: &mut Settings) {
    settings.operators[1].move_after = Some(MINUTE);
}

#[test]
fn one_that_is_not_bound_yet_is_waited_for_as_after_a_restart() {
    let mut world = elsewhere();
    world.publish(apart(1));
    let first = world.one_sent();
    world.accept(&first, "7");
    world.smsc(BEELINE).sessions = 0;
    world.restart();
    world.receipt(&first, "7", "UNDELIV");
    world.advance(10 * SECOND);
    assert!(world.sent().is_empty());
    world.smsc(BEELINE).sessions = 1;
    world.calm();
    let again = world.one_sent();
    assert_eq!(again.operator, BEELINE);
    world.accept(&again, "9");
    world.receipt(&again, "9", "DELIVRD");
    let expected = ["accepted", "submitted", "submitted", "delivered"];
    assert_eq!(world.story("apart-1"), expected);
}

#[test]
fn one_that_does_not_come_is_waited_for_until_the_message_expires() {
    let mut world = elsewhere();
    world.smsc(BEELINE).sessions = 0;
    world.publish(apart(1));
    undelivered(&mut world);
    world.advance(71 * HOUR);
    assert_eq!(last(&world, "apart-1"), "deferred operator-down");
    assert_eq!(word(&world, "apart-1"), ["ucell", "UNDELIV 000"]);
    world.restart();
    world.advance(2 * HOUR);
    assert_eq!(last(&world, "apart-1"), "failed undelivered");
    assert_eq!(word(&world, "apart-1"), ["ucell", "UNDELIV 000"]);
    world.smsc(BEELINE).sessions = 1;
    world.advance(MINUTE);
    assert!(world.sent().is_empty());
    assert_eq!(world.unsettled(), 0);
}

#[test]
fn the_operator_that_did_not_deliver_it_is_named_until_another_was_given_something_of_it() {
    let mut world = elsewhere();
    world.publish(apart(1));
    undelivered(&mut world);
    let again = world.one_sent();
    world.smsc(BEELINE).sessions = 0;
    world.give_back(&again);
    world.advance(2 * MINUTE);
    assert_eq!(last(&world, "apart-1"), "deferred operator-down");
    assert_eq!(word(&world, "apart-1"), ["ucell", "UNDELIV 000"]);
    world.smsc(BEELINE).sessions = 1;
    world.calm();
    let again = world.one_sent();
    world.refuse(&again, Status::RINVDSTADR);
    let code = Status::RINVDSTADR.to_string();
    assert_eq!(word(&world, "apart-1"), ["beeline", &*code]);
}

#[test]
fn one_whose_own_messages_move_is_waited_for_no_longer_than_they_do() {
    for restarts in [false, true] {
        let mut world = elsewhere_with(moves_after_a_minute);
        world.smsc(BEELINE).sessions = 0;
        world.publish(apart(1));
        undelivered(&mut world);
        world.advance(50 * SECOND);
        assert_eq!(last(&world, "apart-1"), "submitted");
        if restarts {
            world.restart();
        }
        world.advance(MINUTE + SECOND);
        assert_eq!(last(&world, "apart-1"), "failed undelivered");
        assert_eq!(world.unsettled(), 0);
    }
}

#[test]
fn what_its_operator_delivered_after_all_goes_to_no_other() {
    let with_id: Tell = |world, sent| world.receipt(sent, "7", "DELIVRD");
    let by_reference: Tell = |world, sent| {
        let status = world.receipt_in_words(sent, "stat:DELIVRD err:000", true);
        assert_eq!(status, Status::ROK);
    };
    for (tell, restarts) in [(with_id, false), (with_id, true), (by_reference, false)] {
        let mut world = elsewhere();
        world.smsc(BEELINE).sessions = 0;
        world.publish(apart(1));
        let first = undelivered(&mut world);
        world.advance(2 * MINUTE);
        if restarts {
            world.restart();
        }
        tell(&mut world, &first);
        assert_eq!(last(&world, "apart-1"), "delivered");
        assert_eq!(word(&world, "apart-1"), ["ucell", "DELIVRD 000"]);
        assert_eq!(world.unsettled(), 0);
        // Once is enough.
        tell(&mut world, &first);
        world.smsc(BEELINE).sessions = 1;
        world.advance(HOUR);
        assert!(world.sent().is_empty());
        assert_eq!(last(&world, "apart-1"), "delivered");
    }
}

type Tell = fn(&mut World, &Sent);

#[test]
fn what_its_operator_says_to_have_delivered_after_all_in_the_same_beat_goes_to_no_other() {
    let mut world = elsewhere();
    world.publish(apart(1));
    let sent = world.one_sent();
    world.accept(&sent, "7");
    world.bring_receipt(&sent, "7", "UNDELIV");
    world.bring_receipt(&sent, "7", "DELIVRD");
    world.advance(HOUR);
    assert!(world.sent().is_empty());
    assert_eq!(
        world.story("apart-1"),
        ["accepted", "submitted", "delivered"]
    );
}

#[test]
fn a_part_that_arrived_after_all_is_no_text() {
    let mut world = elsewhere();
    world.smsc(BEELINE).sessions = 0;
    world.publish(long_status("long"));
    let segments = world.sent();
    let ids: Vec<String> = (0..segments.len()).map(|id| format!("{id}")).collect();
    for (segment, id) in segments.iter().zip(&ids) {
        world.accept(segment, id);
    }
    for (segment, id) in segments.iter().zip(&ids) {
        world.receipt(segment, id, "UNDELIV");
    }
    world.receipt(&segments[0], &ids[0], "DELIVRD");
    assert_eq!(last(&world, "long"), "submitted");
    world.smsc(BEELINE).sessions = 1;
    world.calm();
    assert_eq!(world.sent().len(), segments.len());
}

#[test]
fn one_that_is_tried_by_a_few_messages_may_be_tried_by_these() {
    let mut world = elsewhere_with(moves_after_a_minute);
    let others = (100..140).map(|n| Notification {
        msisdn: other_phone(n),
        ..apart(n)
    });
    world.publish_all(others);
    for sent in world.sent() {
        world.refuse(&sent, Status::RSYSERR);
    }
    (100..140).for_each(|n| world.cancel(&format!("apart-{n}")));
    world.advance(2 * MINUTE);
    // It would take what tries it, and has no room yet.
    world.smsc(BEELINE).room = 0;
    world.publish(apart(1));
    undelivered(&mut world);
    world.advance(MINUTE);
    assert_eq!(last(&world, "apart-1"), "deferred operator-down");
    world.smsc(BEELINE).room = 1;
    world.calm();
    assert_eq!(world.one_sent().operator, BEELINE);
}

#[test]
fn those_whose_second_operator_does_not_come_end_some_at_a_time() {
    let mut world = elsewhere_with(moves_after_a_minute);
    world.smsc(BEELINE).sessions = 0;
    world.publish_all((0..1500).map(apart));
    for sent in world.sent() {
        let id = format!("{:X}", sent.message());
        world.answer(&sent, Status::ROK, &id);
        world.bring_receipt(&sent, &id, "UNDELIV");
    }
    world.calm();
    assert_eq!(world.unsettled(), 1500);
    world.steady = world.steady.after(MINUTE + SECOND);
    let mut left = vec![1500];
    while left.last() > Some(&0) {
        world.beat();
        left.push(world.unsettled());
        assert!(left.windows(2).all(|it| it[0] - it[1] <= 1000), "{left:?}");
        world.steady = world.steady.after(SECOND / 100);
    }
}

#[test]
fn nothing_is_repeated_that_was_withdrawn_expired_or_is_older_than_what_went_out() {
    let mut world = elsewhere();
    world.publish(apart(1));
    let withdrawn = world.one_sent();
    world.accept(&withdrawn, "1");
    world.cancel("apart-1");
    world.receipt(&withdrawn, "1", "UNDELIV");
    assert_eq!(last(&world, "apart-1"), "failed undelivered");

    world.publish(apart(2));
    let expired = world.one_sent();
    world.accept(&expired, "2");
    world.receipt(&expired, "2", "EXPIRED");
    assert_eq!(last(&world, "apart-2"), "expired operator");

    world.publish(status("older"));
    let older = world.one_sent();
    world.accept(&older, "3");
    world.publish(Notification {
        time: START.after(SECOND).into(),
        ..status("newer")
    });
    let newer = world.one_sent();
    world.receipt(&older, "3", "UNDELIV");
    assert_eq!(last(&world, "older"), "failed undelivered");
    world.accept(&newer, "4");
    world.advance(HOUR);
    assert!(world.sent().is_empty());
}

#[test]
fn of_several_segments_all_have_to_be_undelivered() {
    for fates in [
        ["UNDELIV", "UNDELIV"],
        ["UNDELIV", "DELIVRD"],
        ["DELIVRD", "UNDELIV"],
    ] {
        let mut world = elsewhere();
        world.publish(long_status("long"));
        let segments = world.sent();
        for (id, segment) in segments.iter().enumerate() {
            world.accept(segment, &format!("{id}"));
        }
        for (id, segment) in segments.iter().enumerate() {
            world.receipt(segment, &format!("{id}"), fates[id % 2]);
        }
        world.calm();
        let again = world.sent();
        if fates == ["UNDELIV", "UNDELIV"] {
            assert_eq!(again.len(), segments.len());
            assert!(again.iter().all(|sent| sent.operator == BEELINE));
            assert_eq!(last(&world, "long"), "submitted");
        } else {
            assert!(again.is_empty());
            assert_eq!(last(&world, "long"), "failed partial");
            // The word of a part that did not arrive, or none.
            let code = world.last("long").code.as_deref().unwrap_or_default();
            assert!(!code.contains("DELIVRD"), "{code}");
        }
    }
}

#[test]
fn a_segment_that_did_not_arrive_waits_for_the_others_no_longer_than_for_receipts() {
    let mut world = elsewhere();
    // Its end is not looked after by a gateway that started since.
    one_segment_undelivered(&mut world, long_status("long"));
    world.restart();
    world.advance(73 * HOUR);
    assert_eq!(last(&world, "long"), "failed partial");
    assert_eq!(word(&world, "long"), ["ucell", "UNDELIV 000"]);
}

/// The first operator takes all segments and does not deliver one; of the others it says nothing.
fn one_segment_undelivered(world: &mut World, event: Notification) -> Vec<Sent> {
    let id = event.key.id.as_str().to_owned();
    world.publish(event);
    let segments = world.sent();
    for (id, segment) in segments.iter().enumerate() {
        world.accept(segment, &format!("{id}"));
    }
    world.receipt(&segments[0], "0", "UNDELIV");
    world.advance(MINUTE / 2);
    assert_eq!(last(world, &id), "submitted");
    segments
}

#[test]
fn a_segment_that_did_not_arrive_waits_for_the_others_only_while_another_operator_may_try() {
    let expires: fn(&mut World) = |world| world.advance(HOUR);
    let withdrawn: fn(&mut World) = |world| world.cancel("long");
    let no_other: fn(&mut World) = |world| {
        world.smsc(BEELINE).sessions = 0;
        world.advance(SECOND);
        world.advance(MINUTE);
    };
    for over in [expires, withdrawn, no_other] {
        let mut world = elsewhere_with(moves_after_a_minute);
        let event = Notification {
            expires: Some(START.after(HOUR).into()),
            ..long_status("long")
        };
        let segments = one_segment_undelivered(&mut world, event);
        over(&mut world);
        assert_eq!(last(&world, "long"), "failed partial");
        assert_eq!(word(&world, "long"), ["ucell", "UNDELIV 000"]);
        assert_eq!(world.unsettled(), 0);
        world.smsc(BEELINE).sessions = 1;
        for (id, segment) in segments.iter().enumerate().skip(1) {
            world.receipt(segment, &format!("{id}"), "UNDELIV");
        }
        world.advance(HOUR);
        assert!(world.sent().is_empty());
        assert_eq!(last(&world, "long"), "failed partial");
    }
}

#[test]
fn why_a_segment_did_not_arrive_is_told_although_the_receipt_of_another_came_last() {
    for fates in [["UNDELIV", "DELIVRD"], ["DELIVRD", "UNDELIV"]] {
        let mut world = World::new();
        world.publish(long_status("long"));
        let segments = world.sent();
        // They overtake the responses.
        for (id, segment) in segments.iter().enumerate() {
            world.receipt_by_reference(segment, &format!("{id}"), fates[id % 2]);
        }
        for (id, segment) in segments.iter().enumerate() {
            world.accept(segment, &format!("{id}"));
        }
        assert_eq!(last(&world, "long"), "failed partial");
        assert_eq!(word(&world, "long"), ["ucell", "UNDELIV 000"]);
    }
}
