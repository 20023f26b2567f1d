//! What arrived as an earlier submission than the last one, or though it was refused: its receipt settles it.

use xabar_smpp::{Frame, Status};

use super::unnamed::second;
use super::world::*;
use crate::clock::Now;
use crate::delivery::Event;
use crate::pipeline::Inputs;

/// Refused for a reason of the operator's, so that another one is to try it.
const ELSEWHERE: Status = Status(0x102);

/// What is told of the event last, by which operator, and how many repeats.
fn last(world: &World) -> (String, Option<&str>, u32) {
    let told = world.last("e1");
    let state = world.story("e1").pop().unwrap();
    (state, told.operator.as_deref(), told.repeats)
}

fn delivered(operator: &str, repeats: u32) -> (String, Option<&str>, u32) {
    ("delivered".into(), Some(operator), repeats)
}

fn with_a_fallback() -> World {
    World::with(|settings| settings.operators[0].fallback = vec!["beeline".into()])
}

/// A receipt of the very date of a submission, under an id that nobody gave and without our reference.
fn receipt_by_date(world: &mut World, sent: &Sent) {
    world.bring_receipt(sent, "something", "DELIVRD");
    world.beat();
}

#[test]
fn what_arrived_though_it_was_refused_is_not_sent_again_and_counts_for_its_subscriber() {
    for status in [Status::RSYSERR, Status::RTHROTTLED, Status::RSUBMITFAIL] {
        for restart in [false, true] {
            let mut world = World::with(|settings| settings.rules.limits = vec![limit(1, HOUR)]);
            world.publish(self::status("e1"));
            let sent = world.one_sent();
            world.refuse(&sent, status);
            if restart {
                world.restart();
            }
            world.receipt_by_reference(&sent, "something", "DELIVRD");
            assert_eq!(last(&world), delivered("ucell", 0), "{status}");
            world.publish(second());
            world.advance(30 * MINUTE);
            assert!(world.sent().is_empty(), "{status}, restart: {restart}");
        }
    }
}

#[test]
fn a_failure_or_a_date_alone_says_less_than_a_refusal() {
    let receipts: [fn(&mut World, &Sent); 2] = [receipt_by_date, |world, sent| {
        world.receipt_by_reference(sent, "something", "UNDELIV");
    }];
    for receipt in receipts {
        let mut world = World::new();
        world.publish(status("e1"));
        let sent = world.one_sent();
        world.refuse(&sent, Status::RSYSERR);
        receipt(&mut world, &sent);
        world.advance(10 * SECOND);
        world.one_sent();
    }
}

#[test]
fn what_arrived_though_it_was_refused_is_not_superseded_by_the_newer_status_that_goes_next() {
    let mut world = World::new();
    world.publish(status("e1"));
    let first = world.one_sent();
    world.refuse(&first, Status::RSYSERR);
    world.smsc(UCELL).room = 0;
    world.publish(status("e2"));
    world.receipt_by_reference(&first, "something", "DELIVRD");
    world.smsc(UCELL).room = 10;
    world.advance(SECOND);
    let next = world.one_sent();
    world.accept(&next, "B");
    assert_eq!(last(&world), delivered("ucell", 0));
}

#[test]
fn a_segment_that_arrived_though_it_was_refused_is_not_sent_with_the_others_which_go_no_sooner() {
    for in_flight in [false, true] {
        let mut world = World::new();
        world.publish(long_status("e1"));
        let sent = world.sent();
        world.refuse(&sent[1], Status::RSYSERR);
        if in_flight {
            world.receipt_by_reference(&sent[1], "something", "DELIVRD");
        }
        world.refuse(&sent[0], Status::RSYSERR);
        world.refuse(&sent[2], Status::RSYSERR);
        if !in_flight {
            world.receipt_by_reference(&sent[1], "something", "DELIVRD");
        }
        world.advance(SECOND);
        assert!(world.sent().is_empty(), "in flight: {in_flight}");
        world.advance(10 * SECOND);
        let again = world.sent();
        let segments: Vec<_> = again.iter().map(|it| it.token().segment).collect();
        assert_eq!(segments, [0, 2], "in flight: {in_flight}");
        for segment in &again {
            world.accept(segment, "B");
            world.receipt_by_reference(segment, "B", "DELIVRD");
        }
        assert_eq!(last(&world), delivered("ucell", 0));
    }
}

#[test]
fn a_segment_that_arrived_though_it_was_refused_is_no_message_more_while_another_has_no_answer() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(2, HOUR)]);
    world.publish(long_status("e1"));
    let sent = world.sent();
    world.smsc(UCELL).room = 0;
    world.refuse(&sent[1], Status::RSYSERR);
    world.lose(&sent[0]);
    world.lose(&sent[2]);
    world.advance(31 * SECOND);
    world.receipt_by_reference(&sent[1], "something", "DELIVRD");
    world.smsc(UCELL).room = 10;
    world.publish(second());
    let next = world.sent();
    assert!(next.iter().any(|it| it.message() != sent[0].message()));
}

#[test]
fn what_arrived_by_an_operator_that_refused_it_is_not_sent_by_the_next_one() {
    for in_flight in [false, true] {
        let mut world = with_a_fallback();
        world.publish(status("e1"));
        let first = world.one_sent();
        world.smsc(BEELINE).room = u64::from(in_flight);
        world.refuse(&first, ELSEWHERE);
        world.calm();
        let second = world.sent();
        assert_eq!(second.len(), usize::from(in_flight));
        world.receipt_by_reference(&first, "something", "DELIVRD");
        // What is on its way is a copy.
        assert_eq!(last(&world), delivered("ucell", u32::from(in_flight)));
        world.smsc(BEELINE).room = 10;
        for sent in second {
            world.accept(&sent, "B");
            world.receipt(&sent, "B", "DELIVRD");
        }
        world.advance(HOUR);
        assert!(world.sent().is_empty(), "in flight: {in_flight}");
        assert_eq!(world.unsettled(), 0);
    }
}

#[test]
fn what_arrived_by_an_operator_that_refused_it_counts_though_the_next_one_refuses_the_rest() {
    let mut world = World::with(|settings| {
        settings.operators[0].fallback = vec!["beeline".into()];
        settings.rules.limits = vec![limit(1, HOUR)];
    });
    world.publish(long_status("e1"));
    let first = world.sent();
    first.iter().for_each(|it| world.refuse(it, ELSEWHERE));
    world.calm();
    let second = world.sent();
    assert_eq!(second[0].operator, BEELINE);
    world.receipt_by_reference(&first[0], "something", "DELIVRD");
    let rest = &second[1..];
    rest.iter()
        .for_each(|it| world.refuse(it, Status::RINVDSTADR));
    assert_eq!(world.story("e1").pop().unwrap(), "failed partial");
    assert_eq!(world.last("e1").operator.as_deref(), Some("ucell"));
    world.publish(super::unnamed::second());
    world.advance(30 * MINUTE);
    assert!(world.sent().is_empty(), "it counts");
}

#[test]
fn the_receipt_of_what_had_no_answer_settles_it_though_its_repeat_was_refused_since() {
    let receipts: [fn(&mut World, &Sent); 2] = [receipt_by_date, |world, sent| {
        world.receipt_by_reference(sent, "something", "DELIVRD");
    }];
    for receipt in receipts {
        for restart in [false, true] {
            let mut world = World::new();
            world.publish(status("e1"));
            let first = world.one_sent();
            refused_much_later(&mut world, &first);
            if restart {
                world.restart();
                world.smsc(UCELL).room = 0;
            }
            receipt(&mut world, &first);
            world.smsc(UCELL).room = 10;
            world.advance(HOUR);
            assert!(world.sent().is_empty(), "restart: {restart}");
            assert_eq!(last(&world), delivered("ucell", 0));
            assert_eq!(world.left_uncertain(), 0);
        }
    }
}

/// What was sent first has no answer, and is repeated ten minutes later, which is refused; there is no room then.
fn refused_much_later(world: &mut World, first: &Sent) {
    world.lose(first);
    world.smsc(UCELL).room = 0;
    world.advance(31 * SECOND);
    world.advance(10 * MINUTE);
    world.smsc(UCELL).room = 10;
    world.beat();
    let again = world.one_sent();
    world.smsc(UCELL).room = 0;
    world.refuse(&again, Status::RTHROTTLED);
}

#[test]
fn nobody_tells_by_a_date_what_may_have_been_begun_at_any_time_or_two_that_may_have_been_then() {
    for two in [false, true] {
        let mut world = World::new();
        world.smsc(UCELL).room = 0;
        world.publish(status("e1"));
        world.advance(if two { SECOND } else { 20 * MINUTE });
        world.smsc(UCELL).room = 10;
        world.beat();
        let first = world.one_sent();
        if two {
            world.publish(second());
            let other = world.one_sent();
            world.accept(&other, "A1");
        }
        refused_much_later(&mut world, &first);
        receipt_by_date(&mut world, &first);
        assert_eq!(world.left_uncertain(), 1, "two: {two}");
    }
}

#[test]
#[should_panic(expected = "which arrived")]
fn a_retry_of_what_arrived_though_it_was_refused_is_noticed() {
    /// Has the pipeline read that nothing arrives.
    struct Liar;
    impl Saboteur for Liar {
        fn inputs(&mut self, _: &Now, inputs: &mut Inputs) {
            for event in inputs.reports.iter_mut().flat_map(|it| &mut it.events) {
                if let Event::Inbound { frame, .. } = event {
                    let mut octets = frame.octets().to_vec();
                    let words = octets.windows(7).position(|it| it == b"DELIVRD").unwrap();
                    octets[words..words + 7].copy_from_slice(b"REJECTD");
                    *frame = Frame::new(octets.into()).unwrap();
                }
            }
        }
    }
    let mut world = World::new();
    world.saboteur = Some(Box::new(Liar));
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.refuse(&sent, Status::RSYSERR);
    let acknowledged = world.bring_receipt_by_reference(&sent, "something", "DELIVRD");
    world
        .laws
        .arrival_brought(UCELL, acknowledged, sent.token());
    world.advance(HOUR);
}
