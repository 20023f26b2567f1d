//! Which operator carries a message, and as whom it goes out.

use std::sync::Arc;

use xabar_events::{Notification, Priority};
use xabar_smpp::Status;

use super::world::*;
use crate::delivery::{Assignment, Ported, SenderIndex, Senders};

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

/// Ported numbers that went to the second operator.
fn to_beeline(numbers: &[u32]) -> Arc<Ported> {
    let rows = numbers.iter().map(|number| (phone(*number), 0));
    Arc::new(Ported::from_sorted(["beeline"], numbers.len(), rows))
}

#[test]
fn a_ported_number_is_carried_by_the_operator_it_went_to() {
    let mut world = World::with(|settings| settings.ported = to_beeline(&[1]));
    world.publish_all([apart(0), apart(1)]);
    let operators: Vec<_> = world.sent().iter().map(|sent| sent.operator).collect();
    assert_eq!(operators, [UCELL, BEELINE]);
    world.ported = Some(to_beeline(&[2]));
    world.publish_all([apart(2)]);
    assert_eq!(world.one_sent().operator, BEELINE);
}

#[test]
fn what_waits_in_the_journal_follows_a_new_list_and_what_was_begun_stays() {
    let mut world = World::new();
    world.publish(apart(1));
    let begun = world.one_sent();
    world.refuse(&begun, Status::RSYSERR);
    world.publish(Notification {
        not_before: Some(START.after(HOUR).into()),
        ..apart(2)
    });
    world.ported = Some(to_beeline(&[1, 2]));
    world.advance(MINUTE);
    assert_eq!(world.one_sent().operator, UCELL);
    world.advance(HOUR);
    assert_eq!(world.one_sent().operator, BEELINE);
}
