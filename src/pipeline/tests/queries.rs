//! Operators that are asked for messages whose receipts do not come.

use xabar_smpp::values::MessageState;

use super::world::*;

/// Just before a message is asked for, by the usual 72 hours.
const NEARLY: std::time::Duration = std::time::Duration::from_secs(64 * 3600);

/// A world whose first operator is asked.
fn asking() -> World {
    World::with(|settings| settings.operators[0].query = true)
}

/// Submitted under this id, and asked for.
fn asked(world: &mut World, smsc_id: &str) -> crate::delivery::Query {
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.accept(&sent, smsc_id);
    world.advance(NEARLY);
    assert_eq!(world.queries(UCELL), [], "its receipt may come");
    world.advance(HOUR);
    let mut queries = world.queries(UCELL);
    assert_eq!(queries.len(), 1);
    queries.remove(0)
}

#[test]
fn a_message_without_a_receipt_is_asked_for_once_under_its_id_as_the_operator_gave_it() {
    let mut world = asking();
    let query = asked(&mut world, "00ab");
    assert_eq!(&*query.smsc_id, "00ab");
    world.advance(HOUR);
    assert_eq!(world.queries(UCELL), []);
    assert_eq!(world.story("e1"), ["accepted", "submitted"]);
}

#[test]
fn where_accepted_is_the_last_word_an_answer_that_says_so_settles() {
    for (last_word, told) in [(true, "delivered"), (false, "submitted")] {
        let mut world = World::with(|settings| {
            settings.operators[0].query = true;
            settings.operators[0].accepted_is_delivered = last_word;
        });
        let query = asked(&mut world, "1");
        world.tell_fate(&query, Some((MessageState::ACCEPTED, 0)));
        assert_eq!(world.story("e1").last().unwrap(), told);
    }
}

#[test]
fn what_the_operator_says_settles_as_a_receipt_would() {
    for (state, reason, told, code) in [
        (MessageState::DELIVERED, 0, "delivered", "DELIVERED"),
        (
            MessageState::UNDELIVERABLE,
            27,
            "failed undelivered",
            "UNDELIVERABLE 27",
        ),
        (MessageState::EXPIRED, 0, "expired operator", "EXPIRED"),
    ] {
        let mut world = asking();
        let query = asked(&mut world, "1");
        world.tell_fate(&query, Some((state, reason)));
        assert_eq!(world.story("e1"), ["accepted", "submitted", told]);
        assert_eq!(world.last("e1").code.as_deref(), Some(code));
        world.advance(10 * HOUR);
        assert_eq!(world.unsettled(), 0);
        assert_eq!(world.story("e1").len(), 3);
    }
}

#[test]
fn an_operator_that_does_not_know_leaves_the_fate_unknown_when_the_wait_is_over() {
    for told in [
        None,
        Some((MessageState::ENROUTE, 0)),
        Some((MessageState::ACCEPTED, 0)),
        Some((MessageState::UNKNOWN, 0)),
        Some((MessageState(77), 0)),
    ] {
        let mut world = asking();
        let query = asked(&mut world, "1");
        world.tell_fate(&query, told);
        assert_eq!(world.story("e1"), ["accepted", "submitted"], "{told:?}");
        world.advance(8 * HOUR);
        let unknown = ["accepted", "submitted", "unknown no-receipt"];
        assert_eq!(world.story("e1"), unknown, "{told:?}");
    }
}

#[test]
fn an_answer_after_the_wait_is_over_is_told_after_unknown() {
    let mut world = asking();
    let query = asked(&mut world, "1");
    world.advance(8 * HOUR);
    world.tell_fate(&query, Some((MessageState::DELIVERED, 0)));
    assert_eq!(
        world.story("e1"),
        ["accepted", "submitted", "unknown no-receipt", "delivered"]
    );
    world.tell_fate(&query, Some((MessageState::UNDELIVERABLE, 0)));
    assert_eq!(world.story("e1").len(), 4, "it never goes back");
}

#[test]
fn of_a_text_in_segments_those_without_a_receipt_are_asked_for() {
    let mut world = asking();
    world.publish(long_status("e1"));
    let segments = world.sent();
    for (sent, id) in segments.iter().zip(["1", "2", "3"]) {
        world.accept(sent, id);
    }
    world.receipt(&segments[1], "2", "DELIVRD");
    world.restart();
    world.advance(NEARLY + HOUR);
    let queries = world.queries(UCELL);
    let ids: Vec<&str> = queries.iter().map(|query| &*query.smsc_id).collect();
    assert_eq!(ids, ["1", "3"]);
    for query in &queries {
        world.tell_fate(query, Some((MessageState::DELIVERED, 0)));
    }
    assert_eq!(world.story("e1"), ["accepted", "submitted", "delivered"]);
}

#[test]
fn after_a_restart_what_is_still_open_is_asked_for_again() {
    let mut world = asking();
    asked(&mut world, "1");
    world.restart();
    world.advance(SECOND);
    let query = world.queries(UCELL).pop().expect("a question");
    world.tell_fate(&query, Some((MessageState::DELIVERED, 0)));
    assert_eq!(world.story("e1"), ["accepted", "submitted", "delivered"]);
    world.restart();
    world.advance(SECOND);
    assert_eq!(world.queries(UCELL), []);
}

#[test]
fn a_night_of_missing_receipts_is_asked_for_bit_by_bit_and_ends_in_time() {
    let mut world = asking();
    world.publish_all((0..1500).map(apart));
    for (sent, id) in world.sent().iter().zip(1..) {
        world.answer(sent, xabar_smpp::Status::ROK, &format!("{id}"));
    }
    world.beat();
    world.advance(NEARLY + HOUR);
    let first = world.queries(UCELL);
    assert_eq!(first.len(), 1000);
    world.advance(MINUTE);
    assert_eq!(world.queries(UCELL), [], "as long as none is answered");
    for query in &first {
        let (token, told) = (query.token, None);
        world.hear(UCELL, crate::delivery::Event::Queried { token, told });
    }
    world.advance(SECOND);
    let second = world.queries(UCELL);
    assert_eq!(second.len(), 500);
    assert!(second.iter().all(|query| !first.contains(query)));
    world.advance(8 * HOUR);
    assert_eq!(world.unsettled(), 0, "whether they are answered or not");
}

#[test]
fn who_is_not_to_be_asked_or_cannot_be_reached_is_not_asked() {
    let mut world = asking();
    let elsewhere = xabar_events::Notification {
        msisdn: other_phone(7),
        ..apart(7)
    };
    world.publish_all([status("e1"), elsewhere]);
    for sent in world.sent() {
        world.accept(&sent, "1");
    }
    world.smsc(UCELL).sessions = 0;
    world.advance(NEARLY + HOUR);
    assert_eq!(
        (world.queries(UCELL), world.queries(BEELINE)),
        (vec![], vec![])
    );
    world.smsc(UCELL).sessions = 1;
    world.advance(MINUTE);
    assert_eq!(world.queries(UCELL).len(), 1);
    assert_eq!(world.queries(BEELINE), []);
}
