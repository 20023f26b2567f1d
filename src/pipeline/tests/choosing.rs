//! What citizens choose while messages to them are under way.

use xabar_events::{Language, Notification};
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

#[test]
fn a_text_that_was_refused_whole_is_made_anew_and_one_of_which_a_part_may_have_arrived_is_not() {
    let refused: End = |world, sent| world.refuse(sent, Status::RTHROTTLED);
    let ends: [(End, bool); 3] = [
        (refused, true),
        (|world, sent| world.accept(sent, "1"), false),
        (World::time_out, false),
    ];
    for (end, anew) in ends {
        let mut world = World::new();
        world.publish(Notification {
            language: Some(Language::UzLatn),
            ..long_status("long")
        });
        let before = world.sent();
        end(&mut world, &before[0]);
        before[1..]
            .iter()
            .for_each(|sent| refused(&mut world, sent));
        world.writes(phone(0), "RU");
        world.advance(2 * MINUTE);
        let mut again = world.sent();
        again.retain(|sent| sent.message() == 1);
        let last = |sent: &[Sent]| sent.last().unwrap().submission.clone();
        let is_another = last(&again).octets != last(&before).octets;
        assert_eq!(is_another, anew);
        again
            .iter()
            .for_each(|sent| world.accept(sent, &format!("{:?}", sent.token())));
        world.beat();
        assert!(world.story("long").contains(&"submitted".to_owned()));
    }
}
