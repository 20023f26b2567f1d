//! What is known of a subscriber, erased by order while the gateway runs.

use super::world::*;
use crate::pipeline::{Done, Order, Refusal};

/// Staff has the subscriber of the events erased with the next beat.
fn erase(world: &mut World) -> Result<usize, Refusal> {
    let done = world.give(Order::Erase(status("e1").msisdn));
    world.beat();
    match done().unwrap()? {
        Done::Erased(messages) => Ok(messages),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_subscriber_is_erased_once_nothing_is_under_way_and_nothing_brings_the_number_back() {
    let mut world = World::new();
    let id = id(world.publish(status("e1")));
    let sent = world.one_sent();
    assert_eq!(erase(&mut world), Err(Refusal::UnderWay(1)));
    world.accept(&sent, "1");
    assert_eq!(erase(&mut world), Err(Refusal::UnderWay(1)));
    world.advance(72 * HOUR + MINUTE);
    let known = world.journalled(id);
    assert_eq!(known.msisdn, status("e1").msisdn);

    // A receipt that comes late, and with the very beat.
    world.bring_receipt(&sent, "1", "DELIVRD");
    assert_eq!(erase(&mut world), Ok(1));
    world.receipt(&sent, "1", "DELIVRD");
    assert_eq!(world.journalled(id).msisdn, known.veiled().msisdn);
    assert!(world.journalled(id).content.params.is_empty());
}
