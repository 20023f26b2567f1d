//! Receipts that come again, or are of what was refused, while another submission to the subscriber has no answer.

use xabar_smpp::Status;

use super::receipts::ids_known;
use super::unnamed::second;
use super::world::*;

/// One message that is delivered under the id 1, and another one to the same subscriber whose answer never comes.
fn one_delivered_and_one_uncertain(restart: bool) -> (World, Sent, Sent) {
    let mut world = ids_known();
    world.publish(status("e1"));
    let delivered = world.one_sent();
    world.accept(&delivered, "1");
    world.receipt(&delivered, "1", "DELIVRD");
    if restart {
        world.restart();
    }
    world.publish(second());
    let uncertain = world.one_sent();
    world.lose(&uncertain);
    (world, delivered, uncertain)
}

#[test]
fn a_receipt_that_comes_again_settles_nothing_else_and_is_not_kept() {
    for restart in [false, true] {
        let (mut world, delivered, uncertain) = one_delivered_and_one_uncertain(restart);
        for stat in ["DELIVRD", "UNDELIV"] {
            world.receipt(&delivered, "1", stat);
            world.receipt_by_reference(&delivered, "1", stat);
            world.receipt_by_reference(&uncertain, "1", stat);
            let without_date = format!("id:1 stat:{stat}");
            world.receipt_in_words(&delivered, &without_date, false);
        }
        assert_eq!(world.story("e1"), ["accepted", "submitted", "delivered"]);
        assert_eq!(world.story("apart-7"), ["accepted"]);
        assert_eq!(world.held_receipts(), 0);
        world.advance(31 * SECOND);
        assert_eq!(world.one_sent().message(), uncertain.message());
    }
}

#[test]
fn a_receipt_of_an_unknown_id_settles_no_submission_while_something_else_fits_its_date() {
    let (mut world, _, uncertain) = one_delivered_and_one_uncertain(false);
    world.receipt(&uncertain, "77", "DELIVRD");
    assert_eq!(world.story("apart-7"), ["accepted"]);
    assert_eq!(world.held_receipts(), 1);
}

#[test]
fn a_receipt_without_a_date_settles_no_submission_by_its_subscriber() {
    let mut world = ids_known();
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.lose(&sent);
    world.receipt_in_words(&sent, "id:77 stat:DELIVRD", false);
    assert_eq!(world.story("e1"), ["accepted"]);
    world.receipt(&sent, "78", "DELIVRD");
    assert_eq!(world.story("e1"), ["accepted", "submitted", "delivered"]);
}

#[test]
fn a_failure_of_what_was_refused_does_not_end_its_retry_that_has_no_answer() {
    let mut world = ids_known();
    world.publish(status("e1"));
    let refused = world.one_sent();
    world.refuse(&refused, Status::RSYSERR);
    world.advance(10 * SECOND);
    let retry = world.one_sent();
    world.lose(&retry);
    world.receipt(&refused, "66", "REJECTD");
    assert_eq!(world.story("e1"), ["accepted"]);
    world.receipt(&retry, "77", "DELIVRD");
    assert_eq!(world.story("e1"), ["accepted", "submitted", "delivered"]);
}

#[test]
fn an_id_that_comes_again_for_another_message_is_told_apart_by_the_date() {
    let mut world = ids_known();
    world.publish(status("e1"));
    let first = world.one_sent();
    world.accept(&first, "1");
    world.receipt(&first, "1", "DELIVRD");
    world.advance(HOUR + 5 * MINUTE);
    world.publish(second());
    let second = world.one_sent();
    let words = "id:1 submit date:2611231020 done date:2611231020 stat:DELIVRD";
    world.receipt_in_words(&second, words, false);
    world.accept(&second, "1");
    let story = world.story("apart-7");
    assert_eq!(story, ["accepted", "submitted", "delivered"]);
    assert_eq!(world.held_receipts(), 0);
}

/// As with an operator that gives all messages one id.
#[test]
fn of_an_id_that_many_messages_have_the_number_says_which_is_meant() {
    let mut world = ids_known();
    let sent: Vec<_> = (0..100)
        .map(|number| {
            world.publish(apart(number));
            let sent = world.one_sent();
            world.accept(&sent, "1");
            sent
        })
        .collect();
    for (number, sent) in (0..).zip(&sent) {
        world.receipt(sent, "1", "DELIVRD");
        let story = world.story(&format!("apart-{number}"));
        assert_eq!(story, ["accepted", "submitted", "delivered"], "{number}");
    }
    assert_eq!(world.held_receipts(), 0);
}
