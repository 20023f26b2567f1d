//! What citizens choose while messages to them are under way.

use xabar_events::Notification;
use xabar_smpp::Status;

use super::world::*;
use crate::journal::MessageId;

#[test]
fn what_is_not_written_when_its_citizen_opts_out_is_taken_back_and_goes_no_more() {
    let mut world = World::new();
    world.publish(status("a"));
    world.publish(Notification {
        application: "10000001".parse().unwrap(),
        legal: true,
        ..status("by law")
    });
    world.publish(apart(1));
    let sent = world.sent();
    assert_eq!(sent.len(), 3);
    assert_eq!(world.writes(phone(0), "STOP"), Status::ROK);
    assert_eq!(world.smsc(UCELL).take_back, [MessageId(1)]);
    world.give_back(&sent[0]);
    world.advance(MINUTE);
    assert_eq!(world.story("a"), ["accepted", "suppressed opted-out"]);
}

#[test]
fn of_a_text_that_an_operator_has_a_part_of_nothing_is_taken_back() {
    let mut world = World::new();
    world.publish(long_status("a"));
    let sent = world.sent();
    world.accept(&sent[0], "1");
    world.beat();
    world.writes(phone(0), "STOP");
    assert_eq!(world.smsc(UCELL).take_back, []);
}
