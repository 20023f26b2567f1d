//! Receipts that came while their answer might still come, and those that nothing ever fits.

use xabar_events::{Msisdn, Notification};
use xabar_smpp::Status;
use xabar_smpp::message_id::Spelling;

use super::receipts::ids_known;
use super::unnamed::second;
use super::world::*;
use crate::delivery::receipt::last_digits;

#[test]
fn a_receipt_that_came_before_its_answer_was_given_up_prevents_the_repeat() {
    let ends: [(End, &str); 3] = [
        (|world, sent| world.time_out(sent), "a timeout"),
        (|world, sent| world.lose(sent), "a cut link"),
        (|world, _| world.restart(), "a crash"),
    ];
    for (end, name) in ends {
        for (stat, told) in [
            ("DELIVRD", "delivered"),
            ("UNDELIV", "failed undelivered"),
            ("EXPIRED", "expired operator"),
        ] {
            let mut world = ids_known();
            world.publish(status("e1"));
            let sent = world.one_sent();
            world.advance(5 * SECOND);
            world.receipt(&sent, "77", stat);
            world.receipt(&sent, "77", stat);
            assert_eq!(world.held_receipts(), 2, "{name}");
            end(&mut world, &sent);
            world.advance(30 * SECOND);
            assert!(world.sent().is_empty(), "{name}");
            let story = world.story("e1");
            assert_eq!(story, ["accepted", "submitted", told], "{name}");
            assert_eq!(world.held_receipts(), 0, "{name}");
            assert_eq!(world.unsettled(), 0, "{name}");
        }
    }
}

#[test]
fn a_held_receipt_that_may_be_another_messages_does_not_settle_what_has_no_answer() {
    // Another message fits as well.
    let mut world = ids_known();
    world.publish_all([status("e1"), second()]);
    let sent = world.sent();
    world.receipt(&sent[0], "77", "DELIVRD");
    world.lose(&sent[0]);
    assert_eq!(world.story("e1"), ["accepted"]);

    // It says another date.
    let mut world = ids_known();
    world.publish(status("e1"));
    let sent = world.one_sent();
    let words = "id:77 submit date:2611230920 stat:DELIVRD";
    world.receipt_in_words(&sent, words, false);
    world.lose(&sent);
    assert_eq!(world.story("e1"), ["accepted"]);

    // It was there before the message.
    let mut world = ids_known();
    world.publish(second());
    let before = world.one_sent();
    world.accept(&before, "1");
    world.receipt(&before, "77", "DELIVRD");
    world.advance(SECOND);
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.lose(&sent);
    assert_eq!(world.story("e1"), ["accepted"]);
}

#[test]
fn a_held_receipt_that_came_before_a_message_went_does_not_settle_it_whatever_its_date() {
    let mut world = ids_known();
    let words = "id:77 submit date:2611230922 stat:DELIVRD";
    world.publish(second());
    let before = world.one_sent();
    world.accept(&before, "1");
    world.smsc(UCELL).room = 0;
    world.publish(status("e1"));
    world.receipt_in_words(&before, words, false);
    world.advance(7 * MINUTE);
    world.smsc(UCELL).room = 10;
    world.beat();
    let sent = world.one_sent();
    world.lose(&sent);
    assert_eq!(world.story("e1"), ["accepted"]);
}

#[test]
fn a_held_receipt_settles_one_of_two_that_are_answered_under_its_id_at_once_and_counts_once() {
    let mut world = World::new();
    world.publish_all([status("e1"), second()]);
    let sent = world.sent();
    world.receipt(&sent[0], "77", "DELIVRD");
    world.receipt(&sent[1], "88", "DELIVRD");
    sent.iter()
        .for_each(|sent| world.answer(sent, Status::ROK, "77"));
    world.beat();
    let delivered =
        ["e1", "apart-7"].map(|event| world.story(event).contains(&"delivered".to_owned()));
    assert_eq!(delivered.iter().filter(|it| **it).count(), 1);
    assert_eq!(world.held_receipts(), 1, "the other one is still there");
}

#[test]
fn of_held_receipts_whose_ids_differ_in_case_or_zeros_alone_the_one_as_it_is_given_counts() {
    for [one, other] in [["AB", "ab"], ["0010", "10"]] {
        for order in [[0, 1], [1, 0]] {
            let mut world = World::new();
            world.publish_all([status("e1"), second()]);
            let sent = world.sent();
            world.receipt(&sent[0], one, "UNDELIV");
            world.receipt(&sent[1], other, "DELIVRD");
            assert_eq!(world.held_receipts(), 2);
            for of in order {
                world.accept(&sent[of], [one, other][of]);
            }
            assert_eq!(world.story("e1").last().unwrap(), "failed undelivered");
            assert_eq!(world.story("apart-7").last().unwrap(), "delivered");
            assert_eq!(world.held_receipts(), 0);
        }
    }
}

#[test]
fn what_ended_is_veiled_after_its_retention_and_known_for_longer() {
    let mut world = World::with(|settings| settings.retention = 24 * HOUR);
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.accept(&sent, "A1");
    world.bring_receipt(&sent, "A1", "DELIVRD");
    world.beat();
    assert_eq!(world.story("e1").last().unwrap(), "delivered");
    let whole = world.journalled(sent.token().message);
    world.advance(23 * HOUR);
    while world.forget() {}
    assert_eq!(world.journalled(sent.token().message), whole);
    world.advance(2 * HOUR);
    while world.forget() {}
    assert_eq!(world.journalled(sent.token().message), whole.veiled());
    assert_ne!(whole.veiled(), whole);
}

#[test]
fn receipts_that_nothing_fits_are_kept_as_long_as_receipts_are_waited_for() {
    let mut world = World::new();
    world.publish(status("e1"));
    let sent = world.one_sent();
    for number in 1000..2200 {
        world.bring_receipt(&sent, &number.to_string(), "DELIVRD");
    }
    world.beat();
    world.advance(71 * HOUR);
    assert!(!world.forget());
    assert_eq!(world.held_receipts(), 1200);
    world.advance(2 * HOUR);
    assert!(world.forget(), "there may be more");
    assert!(world.forget(), "there may be more");
    assert!(!world.forget());
    assert_eq!(world.held_receipts(), 0);
    world.restart();
    assert_eq!(world.held_receipts(), 0, "nor are any in the journal");
}

#[test]
fn receipts_that_were_not_asked_for_are_kept_only_while_they_may_answer_for_something() {
    let mut world = World::with(|settings| settings.operators[0].receipts = false);
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.receipt(&sent, "1", "DELIVRD");
    assert_eq!(world.held_receipts(), 1, "its answer may never come");
    world.accept(&sent, "1");
    assert_eq!(world.story("e1").last().unwrap(), "unknown no-receipts");
    for _ in 0..3 {
        world.receipt(&sent, "1", "DELIVRD");
    }
    assert_eq!(world.held_receipts(), 1);
    assert_eq!(world.unnamed_receipts(), [("ucell".to_owned(), 3)]);

    world.publish(apart(7));
    let sent = world.one_sent();
    world.lose(&sent);
    world.receipt_by_reference(&sent, "2", "DELIVRD");
    world.advance(MINUTE);
    assert!(world.sent().is_empty(), "it is not repeated");
}

#[test]
fn a_held_receipt_settles_nobody_else_whose_number_ends_alike() {
    let mut world = World::with(|settings| {
        for operator in &mut settings.operators {
            operator.receipt_ids = Some(Spelling::Same);
        }
        let [ucell, ..] = settings.operators.as_mut_slice() else {
            unreachable!("the world has operators");
        };
        ucell.prefixes.push("99894".into());
    });
    let alike = Notification {
        msisdn: Msisdn::from_u64(998_940_000_000).unwrap(),
        ..apart(7)
    };
    assert_eq!(last_digits(alike.msisdn), last_digits(phone(0)));
    world.publish_all([status("e1"), alike]);
    let sent = world.sent();
    world.receipt(&sent[1], "77", "DELIVRD");
    world.restart();
    world.advance(31 * SECOND);
    assert_eq!(
        world.story("apart-7"),
        ["accepted", "submitted", "delivered"]
    );
    let again = world.one_sent();
    assert_eq!(
        again.submission.token.message,
        sent[0].submission.token.message
    );
    world.accept(&again, "78");
    assert_eq!(world.story("e1"), ["accepted", "submitted"]);
}
