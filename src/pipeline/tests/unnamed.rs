//! Receipts without an id.

use xabar_events::Notification;
use xabar_smpp::Status;
use xabar_smpp::message_id::Spelling;

use super::receipts::{SETTLED, delivered_by_ids, ids_known, spelt};
use super::world::*;

/// What a receipt says that gives no id.
const DELIVERED: &str = "submit date:2611230915 done date:2611230916 stat:DELIVRD err:000";
const UNDELIVERED: &str = "submit date:2611230915 done date:2611230916 stat:UNDELIV err:001";
const NO_DATE: &str = "stat:DELIVRD";

fn submitted(world: &mut World, event: Notification) -> Sent {
    world.publish(event);
    let sent = world.one_sent();
    world.accept(&sent, "A1");
    sent
}

/// Another message to the same subscriber.
pub(super) fn second() -> Notification {
    Notification {
        msisdn: phone(0),
        ..apart(7)
    }
}

#[test]
fn a_receipt_without_an_id_settles_the_message_whose_reference_it_returns() {
    // Their references follow each other, as if the second message were one more segment of the first.
    for [one, other] in [["e1", "apart-7"], ["apart-7", "e1"]] {
        let mut world = World::new();
        let first = submitted(&mut world, status("e1"));
        let second = submitted(&mut world, second());
        let sent = if one == "e1" { first } else { second };
        world.receipt_in_words(&sent, NO_DATE, true);
        assert_eq!(world.story(one), SETTLED);
        assert_eq!(world.story(other), ["accepted", "submitted"]);
        assert_eq!(world.unnamed_receipts(), []);
    }
}

#[test]
fn a_receipt_without_an_id_settles_the_message_of_a_number_that_it_writes_without_its_country() {
    for number in ["930000000", "0930000000"] {
        let mut world = World::new();
        let sent = submitted(&mut world, status("e1"));
        submitted(&mut world, second());
        world.receipt_from_number(&sent, number, "DELIVRD");
        assert_eq!(world.story("e1"), SETTLED, "{number}");
        assert_eq!(world.story("apart-7"), ["accepted", "submitted"]);
    }
}

#[test]
fn a_number_without_its_country_may_begin_like_a_whole_one_of_an_operators() {
    let mut world = World::with(|settings| {
        settings.operators[0].prefixes.push("99899".into());
    });
    let event = Notification {
        msisdn: "998998931234".parse().unwrap(),
        ..status("e1")
    };
    let sent = submitted(&mut world, event);
    world.receipt_from_number(&sent, "998931234", "DELIVRD");
    assert_eq!(world.story("e1"), SETTLED);
}

#[test]
fn a_receipt_under_an_id_that_nobody_gave_settles_the_message_whose_reference_it_returns() {
    for (stat, told) in [("DELIVRD", "delivered"), ("UNDELIV", "failed undelivered")] {
        let mut world = World::new();
        let sent = submitted(&mut world, status("e1"));
        submitted(&mut world, second());
        world.receipt_by_reference(&sent, "something-else", stat);
        assert_eq!(world.story("e1").last().unwrap(), told);
        assert_eq!(world.story("apart-7"), ["accepted", "submitted"]);
        assert_eq!(world.held_receipts(), 0);
    }
}

#[test]
fn a_reference_that_comes_again_after_a_start_is_that_of_the_message_that_had_it_last() {
    let mut world = World::new();
    world.publish(long_status("e1"));
    let first = world.sent();
    for (sent, id) in first.iter().zip(["1", "2", "3"]) {
        world.accept(sent, id);
    }
    world.restart();
    world.advance(SECOND);
    let sent = submitted(&mut world, second());
    let again = |it: &Sent| it.submission.reference == sent.submission.reference;
    assert!(first.iter().any(again));
    world.receipt_in_words(&sent, NO_DATE, true);
    assert_eq!(world.story("apart-7"), SETTLED);
    assert_eq!(world.story("e1"), SETTLED[..2]);
}

#[test]
fn a_receipt_without_an_id_is_also_of_what_went_before_hundreds_of_others_to_its_subscriber() {
    for returns in [true, false] {
        let mut world = World::new();
        let sent = submitted(&mut world, status("e1"));
        world.smsc(UCELL).room = 0;
        world.publish_all((1..=300).map(|n| Notification {
            msisdn: phone(0),
            ..apart(n)
        }));
        world.receipt_in_words(&sent, DELIVERED, returns);
        assert_eq!(world.story("e1"), SETTLED, "{returns}");
    }
}

#[test]
fn a_receipt_without_an_id_settles_the_only_message_of_its_subscriber_and_date() {
    for (words, told) in [
        (DELIVERED, "delivered"),
        (UNDELIVERED, "failed undelivered"),
    ] {
        let mut world = World::new();
        let sent = submitted(&mut world, status("e1"));
        world.receipt_in_words(&sent, words, false);
        assert_eq!(world.story("e1").last().unwrap(), told);
        assert_eq!(world.unsettled(), 0);
    }
}

#[test]
fn a_receipt_without_an_id_answers_for_a_response_that_never_came() {
    for returns in [true, false] {
        for wait in [false, true] {
            let mut world = World::new();
            world.publish(status("e1"));
            let sent = world.one_sent();
            world.lose(&sent);
            if wait {
                world.smsc(UCELL).room = 0;
                world.advance(31 * SECOND);
            }
            world.receipt_in_words(&sent, DELIVERED, returns);
            let story = world.story("e1");
            assert_eq!(story[story.len() - 2..], SETTLED[1..]);
            assert_eq!(world.unnamed_receipts(), [], "it fits");
            world.smsc(UCELL).room = 10;
            world.advance(HOUR);
            assert!(world.sent().is_empty(), "it is not repeated");
        }
    }
}

#[test]
fn while_its_answer_may_come_a_receipt_without_an_id_settles_a_submission_by_its_reference_only() {
    for returns in [true, false] {
        let mut world = World::new();
        world.publish(status("e1"));
        let sent = world.one_sent();
        world.receipt_in_words(&sent, DELIVERED, returns);
        assert_eq!(world.story("e1").len(), if returns { 3 } else { 1 });
    }
}

#[test]
fn a_receipt_without_an_id_that_fits_nothing_or_several_is_acknowledged_and_counted() {
    // Neither an id, nor a reference, nor a date.
    let mut world = World::new();
    let sent = submitted(&mut world, status("e1"));
    assert_eq!(world.receipt_in_words(&sent, NO_DATE, false), Status::ROK);
    assert_eq!(world.story("e1"), SETTLED[..2]);
    assert_eq!(world.unnamed_receipts(), [("ucell".to_owned(), 1)]);

    // Another date.
    let other = DELIVERED.replace("0915", "0920");
    assert_eq!(world.receipt_in_words(&sent, &other, false), Status::ROK);
    assert_eq!(world.story("e1"), SETTLED[..2]);

    // Two fit.
    submitted(&mut world, second());
    world.receipt_in_words(&sent, DELIVERED, false);
    assert_eq!(world.story("e1"), SETTLED[..2]);
    assert_eq!(world.unnamed_receipts(), [], "not so soon again");
    world.advance(HOUR);
    assert_eq!(world.unnamed_receipts(), [("ucell".to_owned(), 3)]);
}

#[test]
fn a_receipt_that_is_brought_again_is_not_taken_for_that_of_the_next_message() {
    let mut world = World::new();
    let sent = submitted(&mut world, status("e1"));
    world.receipt_in_words(&sent, DELIVERED, false);
    submitted(&mut world, second());
    world.receipt_in_words(&sent, DELIVERED, false);
    assert_eq!(world.story("apart-7"), SETTLED[..2]);
}

#[test]
fn a_receipt_of_what_was_repeated_since_is_not_taken_for_that_of_another_message() {
    for words in [DELIVERED, &format!("id:77 {DELIVERED}")] {
        let mut world = ids_known();
        world.publish(status("e1"));
        let first = world.one_sent();
        world.smsc(UCELL).room = 0;
        world.lose(&first);
        world.advance(5 * MINUTE);
        world.smsc(UCELL).room = 10;
        world.beat();
        let again = world.one_sent();
        world.accept(&again, "A1");
        world.advance(10 * MINUTE);
        world.publish(second());
        let other = world.one_sent();
        world.lose(&other);
        // In some time zone it is the date of the other one.
        world.receipt_in_words(&first, words, false);
        assert_eq!(world.story("apart-7"), SETTLED[..1], "{words}");
    }
}

#[test]
fn of_a_text_of_several_segments_a_receipt_without_an_id_settles_the_one_whose_reference_it_returns()
 {
    for returns in [true, false] {
        let mut world = World::new();
        world.publish(long_status("e1"));
        let segments = world.sent();
        let (first, others) = segments.split_first().unwrap();
        world.accept(first, "1");
        // While its other segments have no answer yet, and afterwards.
        world.receipt_in_words(first, DELIVERED, returns);
        for (sent, id) in others.iter().zip(["2", "3"]) {
            world.accept(sent, id);
            world.receipt_in_words(sent, DELIVERED, returns);
        }
        let story = if returns { &SETTLED[..] } else { &SETTLED[..2] };
        assert_eq!(world.story("e1"), story);
        assert_eq!(world.unnamed_receipts().is_empty(), returns);
    }
}

#[test]
fn a_failure_without_an_id_is_not_taken_for_that_of_a_retry() {
    for returns in [true, false] {
        let mut world = World::new();
        world.publish(status("e1"));
        let sent = world.one_sent();
        world.refuse(&sent, Status::RSYSERR);
        world.advance(10 * SECOND);
        let again = world.one_sent();
        world.accept(&again, "A1");
        world.receipt_in_words(&again, UNDELIVERED, returns);
        assert_eq!(world.story("e1"), SETTLED[..2]);
        world.receipt_in_words(&again, DELIVERED, returns);
        assert_eq!(world.story("e1"), SETTLED);
    }
}

#[test]
fn receipts_without_an_id_wait_for_a_look_and_only_those_that_find_no_room_are_to_come_again() {
    let mut world = World::new();
    let sent = submitted(&mut world, status("e1"));
    for _ in 0..1000 {
        world.bring_receipt(&sent, "", "ENROUTE");
    }
    world.beat();
    let brought = (0..32 + 5_000).map(|_| world.bring_receipt(&sent, "", "DELIVRD"));
    let brought: Vec<_> = brought.collect();
    let told = world.receipt_in_words(&sent, NO_DATE, false);
    assert_eq!(told, Status::RX_T_APPN);
    assert_eq!(world.story("e1"), SETTLED);
    for _ in 0..5_000 / 32 + 1 {
        assert!(world.wait() < SECOND, "nothing else is due");
        world.beat();
    }
    let answers = &world.smsc(UCELL).answers;
    assert!(brought.iter().all(|answer| answers.contains(answer)));
}

#[test]
fn a_number_that_may_be_of_several_countries_takes_a_look_for_each() {
    let countries = ["7", "37", "38", "39", "40", "41", "42", "43"];
    let mut world = World::with(|settings| {
        settings.operators[0].prefixes = countries.map(String::from).into();
    });
    let event = Notification {
        msisdn: "7998931234".parse().unwrap(),
        ..status("e1")
    };
    let sent = submitted(&mut world, event);
    let before = world.smsc(UCELL).answers.len();
    for _ in 0..5 {
        world.bring_receipt_from(&sent, "998931234", NO_DATE);
    }
    world.beat();
    let answered = world.smsc(UCELL).answers.len() - before;
    assert_eq!(answered, 4, "nine looks each, of which a beat has 32");
}

#[test]
fn an_id_that_does_not_fit_the_configured_spelling_is_taken_as_it_is_written() {
    // The response, and how it is written in the receipt.
    let cases = [
        (Spelling::Same, "00ab", "AB"),
        (Spelling::DecimalInReceipt, "38601fa", "0059113978"),
        (Spelling::DecimalInReceipt, "SAR-1-2", "SAR-1-2"),
        (Spelling::DecimalInReceipt, "38601FA", "38601fa"),
        (Spelling::HexInReceipt, "59113978", "38601fa"),
        (Spelling::HexInReceipt, "SAR-1-2", "sar-1-2"),
    ];
    for (spelling, response, receipt) in cases {
        for early in [false, true] {
            let story = delivered_by_ids(spelt(spelling), response, receipt, early);
            let case = format!("{spelling:?} {response} {receipt}, early: {early}");
            assert_eq!(story, SETTLED, "{case}");
        }
    }
}

#[test]
fn an_id_that_fits_the_configured_spelling_is_not_taken_as_it_is_written() {
    for (spelling, id) in [
        (Spelling::DecimalInReceipt, "59113978"),
        (Spelling::HexInReceipt, "38601"),
    ] {
        for early in [false, true] {
            let story = delivered_by_ids(spelt(spelling), id, id, early);
            assert_eq!(story, SETTLED[..2], "{spelling:?}, early: {early}");
        }
    }
}
