//! Receipts that nothing but their words tells from what a phone writes.

use xabar_smpp::Status;
use xabar_smpp::message_id::Spelling;
use xabar_smpp::receipt::Detection;

use super::receipts::{SETTLED, ids_known};
use super::world::*;

/// As a phone might write it.
const RECEIPT: &str =
    "id:A1 submit date:2611230915 done date:2611230916 stat:DELIVRD err:000 text:";

fn marks_nothing() -> World {
    World::with(|settings| {
        for operator in &mut settings.operators {
            operator.detection = Detection::AlsoByText;
        }
    })
}

#[test]
fn a_receipt_that_nothing_marks_settles_its_message_before_and_after_the_response() {
    for early in [false, true] {
        let mut world = marks_nothing();
        world.publish(status("e1"));
        let sent = world.one_sent();
        if early {
            assert_eq!(world.writes(phone(0), RECEIPT), Status::ROK);
            world.accept(&sent, "A1");
        } else {
            world.accept(&sent, "A1");
            assert_eq!(world.writes(phone(0), RECEIPT), Status::ROK);
        }
        assert_eq!(world.story("e1"), SETTLED, "early: {early}");
        assert!(world.sent().is_empty(), "it is no text to be answered");
    }
}

#[test]
fn a_receipt_that_nothing_marks_answers_by_its_date_for_a_response_that_never_came() {
    let mut world = World::with(|settings| {
        for operator in &mut settings.operators {
            operator.receipt_ids = Some(Spelling::Same);
            operator.detection = Detection::AlsoByText;
        }
    });
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.lose(&sent);
    assert_eq!(world.writes(phone(0), RECEIPT), Status::ROK);
    assert_eq!(world.story("e1"), SETTLED);
}

#[test]
fn what_a_citizen_writes_in_the_words_of_a_receipt_is_answered_where_receipts_are_marked() {
    let mut world = ids_known();
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.accept(&sent, "A1");
    assert_eq!(world.writes(phone(0), RECEIPT), Status::ROK);
    assert_eq!(world.story("e1"), ["accepted", "submitted"]);
    assert_eq!(world.one_sent().submission.msisdn, phone(0));
}

#[test]
fn what_has_a_label_of_a_receipt_and_no_known_state_is_answered_whatever_is_marked() {
    let mut world = marks_nothing();
    for (citizen, words) in (0..).zip(["id:48120973 stat: qachon?", "id:48120973", "stat:DELIVRD"])
    {
        assert_eq!(world.writes(phone(citizen), words), Status::ROK);
        let answer = world.one_sent();
        assert_eq!(answer.submission.msisdn, phone(citizen), "{words}");
    }
}
