//! Which operator carries a message, and as whom it goes out.

use xabar_events::{Notification, Priority};

use super::world::*;
use crate::delivery::{Assignment, SenderIndex, Senders};

#[test]
fn a_message_goes_out_as_its_agency_and_priority_say() {
    let kadastr = Senders::new(
        "MyGov",
        [Assignment {
            name: "Kadastr",
            agency: "kadastr",
            priorities: &[Priority::Urgent],
        }],
    );
    let urgent = kadastr.of("kadastr", Priority::Urgent);
    assert_ne!(urgent, SenderIndex::default());
    let mut world = World::with(|settings| settings.operators[0].senders = kadastr);
    let cases = [
        ("kadastr", Priority::Urgent, urgent),
        ("kadastr", Priority::Normal, SenderIndex::default()),
        ("soliq", Priority::Urgent, SenderIndex::default()),
    ];
    for (number, (agency, priority, sender)) in (0..).zip(cases) {
        let event = apart(number);
        world.publish(Notification {
            key: key(agency, &format!("e{number}")),
            priority,
            ..event
        });
        assert_eq!(world.one_sent().submission.sender, sender, "{agency}");
    }
}
