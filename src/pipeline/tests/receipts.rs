//! Receipts: early, late, twice, under another name, or never.

use xabar_events::Notification;
use xabar_smpp::message_id::Spelling;
use xabar_smpp::values::MessageState;
use xabar_smpp::{Status, Tag, TlvBuffer, Tlvs};

use super::unnamed::second;
use super::world::*;
use crate::delivery::receipt::ENOUGH;
use crate::log_lines::LogLines;

#[test]
fn a_receipt_before_its_response_is_held_and_matched() {
    for restart in [false, true] {
        let mut world = World::new();
        world.publish(status("e1"));
        let sent = world.one_sent();
        // Without a date, so that it tells nothing before its id is known.
        world.receipt_in_words(&sent, "id:00ab stat:DELIVRD", false);
        if restart {
            world.restart();
            world.advance(30 * SECOND);
            let again = world.one_sent();
            world.accept(&again, "00AB");
        } else {
            world.accept(&sent, "00AB");
        }
        assert_eq!(world.story("e1"), ["accepted", "submitted", "delivered"]);
        assert_eq!(world.unsettled(), 0);
    }
}

#[test]
fn a_receipt_that_comes_with_its_response_settles() {
    let mut world = World::new();
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.bring_receipt(&sent, "1", "DELIVRD");
    world.answer(&sent, Status::ROK, "1");
    world.beat();
    assert_eq!(world.story("e1"), ["accepted", "submitted", "delivered"]);
}

pub(super) const SETTLED: [&str; 3] = ["accepted", "submitted", "delivered"];

/// What became of a message that was accepted by one id and is reported delivered by another, its receipt early or not.
pub(super) fn delivered_by_ids(
    mut world: World,
    response: &str,
    receipt: &str,
    early: bool,
) -> Vec<String> {
    world.publish(status("e1"));
    let sent = world.one_sent();
    if early {
        world.receipt(&sent, receipt, "DELIVRD");
        world.accept(&sent, response);
    } else {
        world.accept(&sent, response);
        world.receipt(&sent, receipt, "DELIVRD");
    }
    world.story("e1")
}

#[test]
fn an_id_in_decimal_here_and_hexadecimal_there_is_recognised() {
    let cases = [
        ("38601FA", "0059113978"),
        ("59113978", "38601fa"),
        ("00c0FFEE", "C0FFEE"),
    ];
    for (response, receipt) in cases {
        for early in [false, true] {
            let story = delivered_by_ids(World::new(), response, receipt, early);
            assert_eq!(story, SETTLED, "{response} {receipt}, early: {early}");
        }
    }
}

/// Two messages to one subscriber, accepted under ids of which one is the other in hexadecimal: what was submitted of them.
fn alike(world: &mut World, number: u32) -> Vec<Sent> {
    let event = |which: u32| Notification {
        msisdn: phone(0),
        ..apart(10 * number + which)
    };
    world.publish_all([event(0), event(1)]);
    let sent = world.sent();
    world.accept(&sent[0], &format!("{number:X}"));
    world.accept(&sent[1], &format!("{number}"));
    sent
}

#[test]
fn of_two_that_a_receipt_may_mean_our_reference_decides_and_is_shown_as_evidence() {
    let log = LogLines::listen(tracing::Level::INFO);
    let mut world = World::new();
    for number in 100..116 {
        let sent = alike(&mut world, number);
        let [first, second] = [0, 1].map(|which| format!("apart-{}", 10 * number + which));
        if number == 100 {
            // Without it nobody knows.
            world.receipt(&sent[0], &format!("{number}"), "DELIVRD");
            assert_eq!(world.story(&first), SETTLED[..2]);
        }
        assert!(!log.take().contains("how it writes ids"));
        world.receipt_by_reference(&sent[0], &format!("{number}"), "DELIVRD");
        assert_eq!(world.story(&first), SETTLED);
        assert_eq!(world.story(&second), SETTLED[..2]);
    }
    let told = log.take();
    for part in [
        "the operator's receipts have shown how it writes ids",
        "operator=ucell",
        "spelling=decimal",
        "receipts=16",
        "by_reference=16",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn receipts_that_return_no_reference_are_no_evidence_by_it() {
    let log = LogLines::listen(tracing::Level::INFO);
    let mut world = World::new();
    for number in 100..116 {
        world.publish(apart(number));
        let sent = world.one_sent();
        world.accept(&sent, &format!("{number:X}"));
        world.receipt(&sent, &format!("{number}"), "DELIVRD");
    }
    let told = log.take();
    assert!(told.contains("by_reference=0"), "{told}");
}

/// Two messages to one subscriber that are accepted under these ids: what was submitted of them.
fn accepted_as(world: &mut World, ids: [&str; 2]) -> Vec<Sent> {
    let to_one = |number| Notification {
        msisdn: phone(0),
        ..apart(number)
    };
    world.publish_all([to_one(1), to_one(2)]);
    let sent = world.sent();
    world.accept(&sent[0], ids[0]);
    world.accept(&sent[1], ids[1]);
    sent
}

#[test]
fn of_ids_that_differ_in_case_or_zeros_alone_a_receipt_means_the_one_that_it_writes() {
    for ids in [
        ["ab", "AB"],
        ["AB", "ab"],
        ["0010", "10"],
        ["10", "0010"],
        ["0", "00"],
    ] {
        for restart in [false, true] {
            let mut world = World::new();
            let sent = accepted_as(&mut world, ids);
            if restart {
                world.restart();
            }
            world.receipt(&sent[1], ids[1], "UNDELIV");
            assert_eq!(world.story("apart-1"), SETTLED[..2], "{ids:?}");
            assert_eq!(world.story("apart-2").last().unwrap(), "failed undelivered");
            world.receipt(&sent[0], ids[0], "DELIVRD");
            assert_eq!(world.story("apart-1"), SETTLED, "{ids:?}");
        }
    }
}

#[test]
fn of_ids_that_a_receipt_writes_otherwise_than_both_none_is_meant() {
    let mut world = World::new();
    let sent = accepted_as(&mut world, ["ab", "aB"]);
    world.receipt(&sent[0], "AB", "DELIVRD");
    for event in ["apart-1", "apart-2"] {
        assert_eq!(world.story(event), SETTLED[..2]);
    }
}

#[test]
fn a_receipt_from_nobody_settles_what_has_its_id_but_not_what_only_might() {
    for (response, receipt, early, meant) in [
        ("ab", "ab", false, true),
        ("00ab", "AB", false, true),
        ("ab", "AB", true, true),
        ("10", "16", false, false),
        ("10", "16", true, false),
    ] {
        let mut world = World::new();
        world.publish(status("e1"));
        let sent = world.one_sent();
        if !early {
            world.accept(&sent, response);
        }
        assert_eq!(
            world.receipt_from_nobody(&sent, receipt, "DELIVRD"),
            Status::ROK
        );
        if early {
            world.accept(&sent, response);
        }
        let told = if meant { 3 } else { 2 };
        assert_eq!(
            world.story("e1"),
            SETTLED[..told],
            "{response} {receipt}, early: {early}"
        );
    }
    let mut world = spelt(Spelling::DecimalInReceipt);
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.accept(&sent, "10");
    world.receipt_from_nobody(&sent, "16", "DELIVRD");
    assert_eq!(world.story("e1"), SETTLED);
}

#[test]
fn a_receipt_that_overtakes_its_response_keeps_its_words() {
    for (stat, told) in [
        ("EXPIRED", "expired operator"),
        ("UNDELIV", "failed undelivered"),
    ] {
        let mut world = World::new();
        world.publish(status("e1"));
        let sent = world.one_sent();
        world.receipt(&sent, "1", stat);
        world.accept(&sent, "1");
        assert_eq!(world.story("e1"), ["accepted", "submitted", told]);
        let code = world.last("e1").code.clone().unwrap_or_default();
        assert!(code.starts_with(stat), "{code}");
    }
}

#[test]
fn a_receipt_that_returns_our_reference_answers_for_a_response_that_never_came() {
    let mut world = World::new();
    world.publish_all([status("e1"), apart(7)]);
    let sent = world.sent();
    world.lose(&sent[0]);
    world.lose(&sent[1]);
    world.receipt_by_reference(&sent[0], "77", "DELIVRD");
    assert_eq!(world.story("e1"), ["accepted", "submitted", "delivered"]);
    world.advance(31 * SECOND);
    let repeated = world.one_sent();
    assert_eq!(repeated.message(), sent[1].message());
    assert_eq!(world.last("e1").repeats, 0);
}

/// What may happen before a receipt comes.
type Wait = fn(&mut World);

#[test]
fn each_segment_of_a_text_is_settled_by_the_receipt_that_returns_its_own_reference() {
    let waits: [(Wait, &str); 5] = [
        (|_| {}, "in its grace"),
        (|world| world.restart(), "after a crash"),
        (|world| world.advance(31 * SECOND), "when its repeat is due"),
        (
            |world| {
                world.advance(31 * SECOND);
                world.restart();
            },
            "when its repeat is due, after a crash",
        ),
        (
            |world| {
                world.smsc(UCELL).room = 10;
                world.advance(31 * SECOND);
                for sent in world.sent() {
                    world.lose(&sent);
                }
                world.advance(31 * SECOND);
            },
            "in the pause before its next repeat",
        ),
    ];
    for (wait, name) in waits {
        let mut world = World::new();
        world.publish(long_status("e1"));
        let segments = world.sent();
        assert!(segments.len() > 1);
        for sent in &segments {
            world.lose(sent);
        }
        world.smsc(UCELL).room = 0;
        wait(&mut world);
        assert!(world.sent().is_empty(), "{name}");
        let (last, others) = segments.split_last().unwrap();
        for sent in others {
            world.receipt_by_reference(sent, "77", "DELIVRD");
            assert!(
                !world.story("e1").contains(&"submitted".to_owned()),
                "{name}"
            );
        }
        world.receipt_by_reference(last, "78", "DELIVRD");
        let story = world.story("e1");
        assert_eq!(story[story.len() - 2..], SETTLED[1..], "{name}");
        world.smsc(UCELL).room = 10;
        world.advance(HOUR);
        assert!(world.sent().is_empty(), "{name}");
        assert_eq!(world.unsettled(), 0, "{name}");
    }
}

#[test]
fn no_two_segments_in_flight_have_one_reference_across_a_restart_too() {
    let mut world = World::new();
    world.smsc(UCELL).room = 10_000;
    world.publish(long_status("e1"));
    world.publish_all((100..400).map(apart));
    let before = world.sent();
    world.restart();
    world.publish_all((400..700).map(apart));
    let mut references: Vec<_> = before
        .iter()
        .chain(&world.sent())
        .map(|sent| sent.submission.reference)
        .collect();
    assert!(references.len() > 600, "{}", references.len());
    let sent = references.len();
    references.sort_unstable();
    references.dedup();
    assert_eq!(references.len(), sent);
}

#[test]
fn only_the_segment_without_a_receipt_of_its_reference_repeats() {
    let mut world = World::new();
    world.publish(long_status("e1"));
    let segments = world.sent();
    for sent in &segments {
        world.lose(sent);
    }
    let (last, others) = segments.split_last().unwrap();
    for sent in others {
        world.receipt_by_reference(sent, "77", "DELIVRD");
    }
    world.advance(31 * SECOND);
    let again = world.one_sent();
    assert_eq!(again.submission.octets, last.submission.octets);
    assert_eq!(again.submission.reference, last.submission.reference);
    world.accept(&again, "78");
    world.receipt(&again, "78", "DELIVRD");
    assert_eq!(world.last("e1").repeats, 1);
    assert_eq!(world.story("e1").last().unwrap(), "delivered");
}

#[test]
fn a_failure_of_a_segment_that_was_refused_settles_nothing_while_another_has_no_answer() {
    let mut world = World::new();
    world.publish(long_status("long"));
    let segments = world.sent();
    world.refuse(&segments[0], Status::RSYSERR);
    world.receipt_by_reference(&segments[0], "x", "UNDELIV");
    for (id, segment) in segments.iter().enumerate().skip(1) {
        world.accept(segment, &format!("{id}"));
    }
    world.advance(10 * SECOND);
    assert_eq!(world.one_sent().submission.token.segment, 0);
}

#[test]
fn a_failure_of_a_segment_that_waits_may_be_that_of_a_refused_one_and_settles_nothing() {
    let mut world = World::new();
    world.publish(long_status("e1"));
    let segments = world.sent();
    let (last, others) = segments.split_last().unwrap();
    for sent in others {
        world.lose(sent);
    }
    world.refuse(last, Status::RSYSERR);
    world.smsc(UCELL).room = 0;
    world.advance(31 * SECOND);
    world.receipt_by_reference(last, "77", "REJECTD");
    world.smsc(UCELL).room = 10;
    world.advance(SECOND);
    assert_eq!(world.sent().len(), segments.len());
}

/// A text of three segments without answers, of which the first arrived all the same.
fn first_arrived(world: &mut World) -> Vec<Sent> {
    let mut segments = Vec::new();
    world.publish(long_status("e1"));
    for _ in 0..2 {
        segments = world.sent();
        for sent in &segments {
            world.lose(sent);
        }
        world.advance(31 * SECOND);
    }
    assert!(
        world.sent().is_empty(),
        "they wait before they are repeated once more"
    );
    world.receipt_by_reference(&segments[0], "77", "DELIVRD");
    segments
}

#[test]
fn a_receipt_for_one_segment_does_not_hurry_the_repeat_of_the_others() {
    let mut world = World::new();
    first_arrived(&mut world);
    world.advance(10 * SECOND);
    assert!(world.sent().is_empty());
    world.advance(2 * MINUTE);
    let again = world.sent();
    let numbers = again.iter().map(|sent| sent.submission.token.segment);
    assert_eq!(numbers.collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_segment_that_is_settled_while_the_others_wait_to_be_repeated_is_not_settled_again() {
    let mut world = World::new();
    let segments = first_arrived(&mut world);
    world.receipt_by_reference(&segments[0], "78", "DELIVRD");
    assert_eq!(
        world.held_receipts(),
        1,
        "it is of nothing that has no answer"
    );
}

#[test]
fn of_two_without_an_answer_a_receipt_that_returns_no_reference_settles_neither_though_its_date_tells()
 {
    let mut world = ids_known();
    world.publish(status("e1"));
    let first = world.one_sent();
    world.advance(5 * MINUTE);
    world.publish(second());
    let second = world.one_sent();
    world.smsc(UCELL).room = 0;
    world.lose(&second);
    world.lose(&first);
    world.advance(31 * SECOND);
    world.receipt_in_words(&first, "id:77 submit date:2611230915 stat:DELIVRD", false);
    for event in ["e1", "apart-7"] {
        assert!(
            !world.story(event).contains(&"delivered".to_owned()),
            "{event}"
        );
    }
}

#[test]
fn of_two_segments_that_a_receipt_may_mean_it_is_the_one_whose_reference_it_returns() {
    let mut world = World::new();
    world.publish(long_status("e1"));
    let segments = world.sent();
    for (sent, id) in segments.iter().zip(["16", "22", "33"]) {
        world.accept(sent, id);
    }
    // In hexadecimal the first one's is the same.
    world.receipt_by_reference(&segments[1], "22", "UNDELIV");
    world.receipt_by_reference(&segments[0], "22", "DELIVRD");
    world.receipt_by_reference(&segments[2], "33", "DELIVRD");
    assert_eq!(world.story("e1").last().unwrap(), "failed partial");
    assert_eq!(world.held_receipts(), 0);
}

#[test]
fn where_all_segments_have_one_id_each_receipt_settles_another_one() {
    for (last, told) in [("DELIVRD", "delivered"), ("UNDELIV", "failed partial")] {
        let mut world = World::new();
        world.publish(long_status("e1"));
        let segments = world.sent();
        for sent in &segments {
            world.accept(sent, "7");
        }
        world.receipt(&segments[0], "7", "DELIVRD");
        world.restart();
        world.receipt(&segments[0], "7", "DELIVRD");
        assert_eq!(world.story("e1").last().unwrap(), "submitted");
        world.receipt(&segments[0], "7", last);
        assert_eq!(world.story("e1").last().unwrap(), told);
        assert_eq!(world.held_receipts(), 0);
    }
}

#[test]
fn our_reference_settles_nothing_of_another_subscriber_or_operator() {
    let mut world = World::new();
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.lose(&sent);
    let mut to_another = sent.clone();
    to_another.submission.msisdn = phone(7);
    world.receipt_by_reference(&to_another, "77", "DELIVRD");
    let from_another = Sent {
        operator: BEELINE,
        submission: sent.submission.clone(),
    };
    world.receipt_by_reference(&from_another, "77", "DELIVRD");
    world.advance(31 * SECOND);
    assert_eq!(world.one_sent().message(), sent.message());
}

/// A world whose operators' ids are known to be written alike.
pub(super) fn ids_known() -> World {
    spelt(Spelling::Same)
}

/// A world whose operators are all configured to write the ids of receipts so.
pub(super) fn spelt(spelling: Spelling) -> World {
    World::with(|settings| {
        for operator in &mut settings.operators {
            operator.receipt_ids = Some(spelling);
        }
    })
}

#[test]
fn a_receipt_that_only_names_its_subscriber_answers_for_the_one_uncertain_submission() {
    let mut world = ids_known();
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.lose(&sent);
    world.receipt(&sent, "77", "DELIVRD");
    assert_eq!(
        world.story("e1"),
        ["accepted", "submitted", "delivered"],
        "not even deferred: its grace is short"
    );
    world.advance(HOUR);
    assert!(world.sent().is_empty());
}

#[test]
fn a_receipt_that_only_names_its_subscriber_settles_nothing_that_may_be_another() {
    // Its response may still come.
    let mut world = ids_known();
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.receipt(&sent, "77", "DELIVRD");
    assert_eq!(world.story("e1"), ["accepted"]);
    world.accept(&sent, "77");
    assert_eq!(world.story("e1"), ["accepted", "submitted", "delivered"]);

    // Two fit.
    let mut world = ids_known();
    world.publish_all([status("e1"), second()]);
    let sent = world.sent();
    assert_eq!(sent.len(), 2);
    world.lose(&sent[0]);
    world.receipt(&sent[0], "77", "DELIVRD");
    assert!(!world.story("e1").contains(&"delivered".to_owned()));

    // It was submitted at another time.
    let mut world = ids_known();
    world.advance(5 * MINUTE);
    world.publish(status("e1"));
    let mut sent = world.one_sent();
    world.lose(&sent);
    sent.submission.decided -= 5 * MINUTE;
    world.receipt(&sent, "77", "DELIVRD");
    assert!(!world.story("e1").contains(&"delivered".to_owned()));

    // The other one was taken, and nobody knows how this operator's receipts write its id.
    let mut world = World::new();
    world.publish_all([status("e1"), second()]);
    let sent = world.sent();
    world.lose(&sent[0]);
    world.accept(&sent[1], "SAR-1-2");
    world.receipt(&sent[1], "77", "DELIVRD");
    assert!(!world.story("e1").contains(&"delivered".to_owned()));
}

#[test]
fn a_receipt_that_only_names_its_subscriber_settles_what_a_crash_left_without_an_answer() {
    let mut world = World::new();
    for number in 1..=u32::try_from(ENOUGH).unwrap() {
        world.publish(apart(number));
        let sent = world.one_sent();
        world.accept(&sent, &format!("{number:X}"));
        world.receipt(&sent, &format!("{number}"), "DELIVRD");
    }
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.restart();
    world.receipt(&sent, "77", "DELIVRD");
    assert_eq!(world.story("e1"), SETTLED);
    world.advance(HOUR);
    assert!(world.sent().is_empty());
}

#[test]
fn receipts_that_fit_nothing_wait_for_a_look() {
    let mut world = ids_known();
    world.advance(5 * MINUTE);
    world.publish(status("e1"));
    let mut sent = world.one_sent();
    world.lose(&sent);
    // Theirs are the dates of something else.
    sent.submission.decided -= 5 * MINUTE;
    for id in 0..32 {
        world.bring_receipt(&sent, &id.to_string(), "DELIVRD");
    }
    let last = world.bring_receipt(&sent, "77", "DELIVRD");
    world.beat();
    assert!(!world.smsc(UCELL).answers.contains(&last));
    world.beat();
    assert!(world.smsc(UCELL).answers.contains(&last));
    assert_eq!(world.held_receipts(), 33);
}

#[test]
fn however_many_receipts_name_the_only_uncertain_submissions_of_their_subscribers_all_settle() {
    let mut world = ids_known();
    world.publish_all((0..100).map(apart));
    let sent = world.sent();
    for sent in &sent {
        world.lose(sent);
    }
    for (id, sent) in sent.iter().enumerate() {
        world.bring_receipt(sent, &format!("{}", 1_000 + id), "DELIVRD");
    }
    world.beat();
    for number in 0..100 {
        assert_eq!(world.story(&format!("apart-{number}")), SETTLED);
    }
}

#[test]
fn ids_written_otherwise_than_configured_are_of_other_messages() {
    let mut world = ids_known();
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.accept(&sent, "38601FA");
    world.receipt(&sent, "0059113978", "DELIVRD");
    assert_eq!(world.story("e1"), ["accepted", "submitted"]);
    world.receipt(&sent, "38601fa", "DELIVRD");
    assert_eq!(world.story("e1"), ["accepted", "submitted", "delivered"]);
}

#[test]
fn a_failure_under_our_reference_is_not_taken_for_that_of_a_retry() {
    for refused_before in [false, true] {
        let mut world = World::new();
        world.publish(status("e1"));
        let mut sent = world.one_sent();
        if refused_before {
            world.refuse(&sent, Status::RSYSERR);
            world.advance(10 * SECOND);
            sent = world.one_sent();
        }
        world.receipt_by_reference(&sent, "66", "REJECTD");
        world.accept(&sent, "77");
        if refused_before {
            world.receipt(&sent, "77", "DELIVRD");
            assert_eq!(world.story("e1"), ["accepted", "submitted", "delivered"]);
        } else {
            assert_eq!(world.story("e1").last().unwrap(), "failed undelivered");
        }
        assert_eq!(world.unsettled(), 0);
    }
}

#[test]
fn operators_of_one_login_hear_each_others_receipts_and_others_do_not() {
    for shared in [true, false] {
        for early in [false, true] {
            let mut world = World::with(|settings| {
                for operator in settings.operators.iter_mut().filter(|_| shared) {
                    operator.logins.push("xabar at smsc:2775".into());
                }
            });
            let elsewhere = Notification {
                msisdn: other_phone(7),
                ..apart(7)
            };
            world.publish_all([status("e1"), elsewhere]);
            let sent = world.sent();
            let over_the_other = Sent {
                operator: sent[1].operator,
                submission: sent[0].submission.clone(),
            };
            assert_ne!(sent[0].operator, sent[1].operator);
            if early {
                world.receipt(&over_the_other, "A1", "DELIVRD");
                world.accept(&sent[0], "A1");
            } else {
                world.accept(&sent[0], "A1");
                world.receipt(&over_the_other, "A1", "DELIVRD");
            }
            let told = if shared { "delivered" } else { "submitted" };
            assert_eq!(world.story("e1").last().unwrap(), told, "early: {early}");
        }
    }
}

#[test]
fn a_receipt_of_another_subscriber_or_of_nothing_known_is_acknowledged_and_changes_nothing() {
    let mut world = World::new();
    world.publish_all([status("e1"), apart(7)]);
    let sent = world.sent();
    world.accept(&sent[0], "1");
    world.receipt(&sent[1], "1", "UNDELIV");
    world.receipt(&sent[0], "999", "UNDELIV");
    assert_eq!(world.story("e1"), ["accepted", "submitted"]);
}

#[test]
fn a_receipt_that_is_not_final_changes_nothing() {
    let mut world = World::new();
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.accept(&sent, "1");
    for stat in ["ENROUTE", "ACCEPTD", "UNKNOWN", "BUFFRED", "WHATEVER"] {
        world.receipt(&sent, "1", stat);
        assert_eq!(world.story("e1"), ["accepted", "submitted"], "{stat}");
    }
    world.receipt(&sent, "1", "DELIVRD");
    assert_eq!(world.story("e1"), ["accepted", "submitted", "delivered"]);
}

#[test]
fn a_word_that_means_no_known_state_is_told_once_a_minute_of_each_operator() {
    let mut world = World::new();
    let elsewhere = Notification {
        msisdn: other_phone(7),
        ..apart(7)
    };
    world.publish_all([status("e1"), elsewhere]);
    let sent = world.sent();
    for sent in &sent {
        world.accept(sent, "1");
        world.receipt(sent, "1", "WHATEVER");
        world.receipt(sent, "1", "whatnot");
        world.receipt(sent, "1", "ENROUTE");
    }
    world.receipt(&sent[0], "1", "WHATEVER");
    let told = |operator: &str, word: &str, count| (operator.to_owned(), word.to_owned(), count);
    let mut words = world.unclear_receipts();
    words.sort();
    assert_eq!(
        words,
        [
            told("beeline", "WHATEVER", 1),
            told("beeline", "whatnot", 1),
            told("ucell", "WHATEVER", 2),
            told("ucell", "whatnot", 1)
        ]
    );
    world.receipt(&sent[0], "1", "WHATEVER");
    assert_eq!(world.unclear_receipts(), []);
    world.advance(MINUTE);
    assert_eq!(world.unclear_receipts(), [told("ucell", "WHATEVER", 1)]);
}

#[test]
fn where_accepted_is_the_last_word_it_means_delivered_and_is_told_as_it_came() {
    for early in [false, true] {
        let mut world = World::with(|settings| {
            settings.operators[0].accepted_is_delivered = true;
        });
        world.publish(status("e1"));
        let sent = world.one_sent();
        if early {
            world.receipt(&sent, "1", "ACCEPTD");
            world.accept(&sent, "1");
        } else {
            world.accept(&sent, "1");
            world.receipt(&sent, "1", "ENROUTE");
            assert_eq!(world.story("e1"), SETTLED[..2]);
            world.receipt(&sent, "1", "ACCEPTD");
        }
        assert_eq!(world.story("e1"), SETTLED, "early: {early}");
        assert_eq!(world.last("e1").code.as_deref(), Some("ACCEPTD 000"));
    }
}

#[test]
fn the_second_receipt_changes_nothing_whatever_it_says() {
    for (first, told) in [
        ("DELIVRD", "delivered"),
        ("UNDELIV", "failed undelivered"),
        ("EXPIRED", "expired operator"),
    ] {
        let mut world = World::new();
        world.publish(status("e1"));
        let sent = world.one_sent();
        world.accept(&sent, "1");
        world.bring_receipt(&sent, "1", first);
        world.bring_receipt(&sent, "1", "DELIVRD");
        world.beat();
        world.receipt(&sent, "1", "UNDELIV");
        world.receipt(&sent, "1", "DELIVRD");
        assert_eq!(world.story("e1"), ["accepted", "submitted", told]);
    }
}

#[test]
fn without_a_receipt_the_fate_is_told_as_unknown_once() {
    let mut world = World::new();
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.accept(&sent, "1");
    world.advance(71 * HOUR);
    assert_eq!(world.story("e1"), ["accepted", "submitted"]);
    for _ in 0..5 {
        world.advance(HOUR);
    }
    assert_eq!(
        world.story("e1"),
        ["accepted", "submitted", "unknown no-receipt"]
    );
    assert_eq!(world.unsettled(), 0);
}

#[test]
fn an_answer_without_an_id_does_not_wait_for_ever() {
    let mut world = World::new();
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.accept(&sent, "");
    assert_eq!(world.story("e1"), ["accepted", "submitted"]);
    world.advance(73 * HOUR);
    assert_eq!(
        world.story("e1"),
        ["accepted", "submitted", "unknown no-receipt"]
    );
}

#[test]
fn every_segment_has_to_arrive_for_a_text_to_be_delivered() {
    let mut world = World::new();
    world.publish(long_status("e1"));
    let segments = world.sent();
    for (sent, id) in segments.iter().zip(["1", "2", "3"]) {
        world.accept(sent, id);
    }
    let last = segments.len() - 1;
    for (sent, id) in segments[..last].iter().zip(["1", "2", "3"]) {
        world.receipt(sent, id, "DELIVRD");
    }
    assert_eq!(world.story("e1"), ["accepted", "submitted"]);
    world.receipt(&segments[last], "3", "UNDELIV");
    assert_eq!(
        world.story("e1"),
        ["accepted", "submitted", "failed partial"]
    );
}

#[test]
fn a_text_that_failed_in_part_is_not_told_again_when_other_receipts_do_not_come() {
    let mut world = World::new();
    world.publish(long_status("e1"));
    let segments = world.sent();
    for (sent, id) in segments.iter().zip(["1", "2", "3"]) {
        world.accept(sent, id);
    }
    world.receipt(&segments[0], "1", "UNDELIV");
    world.advance(80 * HOUR);
    assert_eq!(
        world.story("e1"),
        ["accepted", "submitted", "failed partial"]
    );
}

#[test]
fn a_receipt_of_one_segment_is_not_lost_while_another_waits_for_its_retry() {
    let mut world = World::new();
    world.publish(long_status("e1"));
    let segments = world.sent();
    let (last, others) = segments.split_last().unwrap();
    for (sent, id) in others.iter().zip(["1", "2"]) {
        world.accept(sent, id);
    }
    world.refuse(last, Status::RSYSERR);
    world.receipt(&segments[0], "1", "DELIVRD");
    world.smsc(UCELL).room = 0;
    world.advance(10 * SECOND);
    assert!(world.sent().is_empty(), "due, and held in memory");
    world.receipt(&segments[1], "2", "DELIVRD");
    world.smsc(UCELL).room = 10;
    world.beat();
    let again = world.one_sent();
    world.accept(&again, "3");
    world.receipt(&again, "3", "DELIVRD");
    assert_eq!(world.story("e1"), ["accepted", "submitted", "delivered"]);
}

#[test]
fn a_receipt_in_the_very_beat_in_which_a_retry_is_due_loses_nothing() {
    let mut world = World::new();
    world.publish(long_status("e1"));
    let segments = world.sent();
    let (last, others) = segments.split_last().unwrap();
    for (sent, id) in others.iter().zip(["1", "2"]) {
        world.accept(sent, id);
    }
    world.refuse(last, Status::RSYSERR);
    world.steady = world.steady.after(10 * SECOND);
    world.bring_receipt(&segments[0], "1", "DELIVRD");
    world.calm();
    let again = world.one_sent();
    world.accept(&again, "3");
    world.receipt(&segments[1], "2", "DELIVRD");
    world.receipt(&again, "3", "DELIVRD");
    assert_eq!(world.story("e1"), ["accepted", "submitted", "delivered"]);
}

#[test]
fn receipts_find_their_segments_after_a_restart() {
    let mut world = World::new();
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.accept(&sent, "1");
    world.restart();
    world.receipt(&sent, "1", "DELIVRD");
    assert_eq!(world.story("e1"), ["accepted", "submitted", "delivered"]);
}

#[test]
fn ids_as_long_as_allowed_and_longer_lead_to_their_message_after_a_restart_too() {
    for len in [64, 65, 200] {
        for in_text in [true, false] {
            for early in [true, false] {
                let mut world = World::new();
                world.publish_all([status("e1"), apart(7)]);
                let sent = world.sent();
                // They differ in the last character only.
                let [id, other] = ["a", "b"]
                    .map(|last| "k7W2".chars().cycle().take(len - 1).collect::<String>() + last);
                let mut tlvs = TlvBuffer::new();
                tlvs.push_c_octet_string(Tag::RECEIPTED_MESSAGE_ID, id.as_bytes())
                    .unwrap();
                tlvs.push_octet(Tag::MESSAGE_STATE, MessageState::DELIVERED.0);
                let (text, tlvs) = match in_text {
                    true => (format!("id:{id} stat:DELIVRD"), Tlvs::EMPTY),
                    false => (String::new(), tlvs.as_tlvs()),
                };
                world.accept(&sent[1], &other);
                if early {
                    world.receipt_saying(&sent[0], &text, tlvs);
                    world.accept(&sent[0], &id);
                } else {
                    world.accept(&sent[0], &id);
                    world.restart();
                    world.receipt_saying(&sent[0], &text, tlvs);
                }
                let case = format!("{len} {in_text} {early}");
                assert_eq!(world.story("e1").last().unwrap(), "delivered", "{case}");
                assert_eq!(
                    world.story("apart-7").last().unwrap(),
                    "submitted",
                    "{case}"
                );
            }
        }
    }
}

#[test]
fn after_unknown_a_receipt_may_tell_of_delivery_or_failure_but_of_nothing_else() {
    for (stat, told) in [
        ("DELIVRD", "delivered"),
        ("UNDELIV", "failed undelivered"),
        ("EXPIRED", "failed undelivered"),
    ] {
        let mut world = World::new();
        world.publish(status("e1"));
        let sent = world.one_sent();
        world.accept(&sent, "1");
        world.advance(72 * HOUR + SECOND);
        // As long as the message is remembered at all, and whatever happens meanwhile.
        world.advance(6 * 24 * HOUR);
        world.restart();
        world.receipt(&sent, "1", stat);
        let unknown = ["accepted", "submitted", "unknown no-receipt"];
        assert_eq!(world.story("e1")[..3], unknown);
        assert_eq!(world.story("e1")[3..], [told]);
        world.receipt(&sent, "1", "DELIVRD");
        assert_eq!(world.story("e1").len(), 4, "it never goes back");
        assert_eq!(world.unsettled(), 0);
    }
}

/// Messages whose first two submissions have no answer: they wait before they are repeated once more.
fn wait_to_be_repeated<const N: usize>(world: &mut World, events: [Notification; N]) -> Vec<Sent> {
    world.publish_all(events);
    let mut sent = Vec::new();
    for _ in 0..2 {
        sent = world.sent();
        assert_eq!(sent.len(), N);
        for sent in &sent {
            world.lose(sent);
        }
        world.advance(31 * SECOND);
    }
    assert!(world.sent().is_empty());
    sent
}

#[test]
fn a_receipt_for_a_message_that_waits_to_be_repeated_settles_it() {
    for by_reference in [true, false] {
        let mut world = ids_known();
        let sent = wait_to_be_repeated(&mut world, [status("e1")]).remove(0);
        match by_reference {
            true => world.receipt_by_reference(&sent, "77", "DELIVRD"),
            false => world.receipt(&sent, "77", "DELIVRD"),
        }
        let story = world.story("e1");
        assert_eq!(story[story.len() - 2..], ["submitted", "delivered"]);
        world.advance(HOUR);
        assert!(world.sent().is_empty());
        assert_eq!(world.unsettled(), 0);
    }
}

#[test]
fn a_receipt_for_a_message_whose_repeat_is_due_settles_it_after_a_restart_too() {
    for restart in [false, true] {
        let mut world = World::new();
        world.publish(status("e1"));
        let sent = world.one_sent();
        world.lose(&sent);
        world.smsc(UCELL).room = 0;
        world.advance(31 * SECOND);
        if restart {
            world.restart();
        }
        world.receipt_by_reference(&sent, "77", "UNDELIV");
        assert_eq!(world.story("e1").last().unwrap(), "failed undelivered");
        world.smsc(UCELL).room = 10;
        world.advance(HOUR);
        assert!(world.sent().is_empty());
        assert_eq!(world.unsettled(), 0);
    }
}

#[test]
fn a_receipt_that_came_before_its_message_was_read_spares_it_the_repeat() {
    let mut world = ids_known();
    world.smsc(UCELL).room = 50;
    let others = (0..5_000).map(|number| Notification {
        msisdn: phone(1 + number),
        ..apart(number)
    });
    world.publish_all([status("e1")].into_iter().chain(others));
    let sent = world.sent();
    for sent in &sent {
        world.lose(sent);
    }
    world.smsc(UCELL).room = 0;
    world.advance(31 * SECOND);
    world.restart();
    for sent in &sent {
        world.receipt(sent, "77", "DELIVRD");
    }
    world.smsc(UCELL).room = 10_000;
    for _ in 0..10 {
        world.advance(MINUTE);
    }
    let repeated = world.sent();
    let again = |it: &&Sent| sent.iter().any(|before| before.message() == it.message());
    assert_eq!(repeated.iter().filter(again).count(), 0);
    assert!(!repeated.is_empty());
}

#[test]
fn a_receipt_of_a_copy_without_an_answer_counts_once_the_next_copy_is_refused() {
    let mut world = ids_known();
    world.publish(status("e1"));
    let first = world.one_sent();
    world.lose(&first);
    world.advance(31 * SECOND);
    let second = world.one_sent();
    let mut receipt_of_the_first = second.clone();
    receipt_of_the_first.submission.decided -= 31 * SECOND;
    world.receipt(&receipt_of_the_first, "77", "DELIVRD");
    world.refuse(&second, Status::RTHROTTLED);
    world.advance(HOUR);
    assert!(world.sent().is_empty());
    assert_eq!(world.story("e1").last().unwrap(), "delivered");
}

#[test]
fn after_unknown_a_receipt_settles_what_had_no_answer() {
    for (stat, told) in [("DELIVRD", "delivered"), ("UNDELIV", "failed undelivered")] {
        let mut world = World::new();
        world.publish(Notification {
            expires: Some(START.after(MINUTE).into()),
            ..status("e1")
        });
        let sent = world.one_sent();
        world.lose(&sent);
        world.smsc(UCELL).room = 0;
        world.advance(31 * SECOND);
        world.advance(HOUR);
        assert_eq!(world.story("e1").last().unwrap(), "unknown uncertain");
        world.receipt_by_reference(&sent, "77", stat);
        assert_eq!(world.story("e1").last().unwrap(), told);
        world.receipt_by_reference(&sent, "78", "DELIVRD");
        assert_eq!(
            world.story("e1").last().unwrap(),
            told,
            "it never goes back"
        );
    }
}

#[test]
fn of_two_that_wait_to_be_repeated_a_receipt_that_fits_both_settles_none() {
    let mut world = ids_known();
    let other = Notification {
        msisdn: phone(0),
        ..apart(7)
    };
    let sent = wait_to_be_repeated(&mut world, [status("e1"), other]);
    world.receipt(&sent[0], "77", "DELIVRD");
    for event in ["e1", "apart-7"] {
        assert!(!world.story(event).contains(&"delivered".to_owned()));
    }
}
