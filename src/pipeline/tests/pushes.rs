//! Urgent statuses on the screen first, and as an SMS where they are not shown.

use xabar_events::{Notification, Priority, State};
use xabar_smpp::pdu::{Body, DeliverSm, Pdu};
use xabar_smpp::{Frame, Octets, Status};
use xabar_ussd::Dialect;

use super::ussd::{ABORT, ANSWER, BEGIN, CONFIRM, step};
use super::world::*;
use crate::pacing::UrgentRight;

fn world() -> World {
    World::with(|settings| settings.operators[0].push = Some(UrgentRight::Everyone))
}

fn urgent(id: &str) -> Notification {
    Notification {
        priority: Priority::Urgent,
        ..status(id)
    }
}

/// An urgent status that is pushed.
fn pushed(world: &mut World) -> Sent {
    world.publish(urgent("a"));
    let push = world.one_sent();
    assert!(push.token().is_push());
    push
}

/// The phone, or the network for it, says this of a push.
fn says(world: &mut World, push: &Sent, op: u8) {
    world.phone_says(push, op);
    world.beat();
}

fn says_shown(world: &mut World, push: &Sent) {
    world.bring_word(push, true);
    world.beat();
}

fn says_not_shown(world: &mut World, push: &Sent) {
    world.bring_word(push, false);
    world.beat();
}

#[test]
fn the_sms_after_a_push_goes_as_soon_as_its_operator_is_back() {
    let mut world = world();
    let push = pushed(&mut world);
    world.smsc(UCELL).sessions = 0;
    world.lose(&push);
    world.advance(HOUR);
    assert_eq!(world.sent().len(), 0, "nothing is bound");
    world.smsc(UCELL).sessions = 1;
    world.beat();
    assert!(!world.one_sent().token().is_push());
}

/// The message goes as one SMS, which arrives, and nothing else does.
fn arrives_as_sms(world: &mut World) {
    let sms = world.one_sent();
    assert!(!sms.token().is_push());
    world.accept(&sms, "7");
    world.receipt(&sms, "7", "DELIVRD");
    world.advance(HOUR);
    assert_eq!(world.sent().len(), 0);
    assert_eq!(world.story("a"), ["accepted", "submitted", "delivered"]);
    assert_eq!(world.unsettled(), 0);
}

#[test]
fn an_urgent_status_is_delivered_once_its_phone_shows_it() {
    for receipts in [true, false] {
        let mut world = world();
        world.settings.operators[0].receipts = receipts;
        world.restart();
        let push = pushed(&mut world);
        world.accept(&push, "1");
        assert_eq!(world.story("a"), ["accepted"], "nobody has seen it yet");
        says_shown(&mut world, &push);
        world.advance(HOUR);
        assert_eq!(world.story("a"), ["accepted", "submitted", "delivered"]);
        let last = world.last("a");
        assert_eq!(
            (last.attempts, last.repeats, last.segments),
            (1, 0, Some(1))
        );
        assert_eq!((world.sent().len(), world.unsettled()), (0, 0));
    }
}

#[test]
fn what_is_known_not_to_be_shown_goes_as_an_sms_at_once_and_repeats_nothing() {
    let ways: [End; 5] = [
        |world, push| world.refuse(push, Status::RINVDSTADR),
        |world, push| world.refuse(push, Status::RTHROTTLED),
        |world, push| world.refuse(push, Status::RINVSRCADR),
        |world, push| {
            world.accept(push, "1");
            says_not_shown(world, push);
        },
        |world, push| says_not_shown(world, push),
    ];
    for end in ways {
        let mut world = world();
        let push = pushed(&mut world);
        end(&mut world, &push);
        world.calm();
        arrives_as_sms(&mut world);
        let last = world.last("a");
        assert_eq!((last.attempts, last.repeats), (2, 0));
    }
}

#[test]
fn what_nobody_says_is_shown_goes_as_an_sms_after_its_grace_and_is_a_repeat() {
    let ways: [End; 4] = [
        |world, push| world.accept(push, "1"),
        |world, push| world.time_out(push),
        |world, push| world.lose(push),
        |world, _| world.restart(),
    ];
    for end in ways {
        let mut world = world();
        let push = pushed(&mut world);
        end(&mut world, &push);
        world.advance(29 * SECOND);
        assert_eq!(world.sent().len(), 0, "its grace");
        world.advance(2 * SECOND);
        arrives_as_sms(&mut world);
        assert_eq!(world.last("a").repeats, 1);
    }
}

#[test]
fn a_push_that_a_late_word_on_another_could_be_taken_for_goes_as_an_sms() {
    let mut world = world();
    let silent = pushed(&mut world);
    world.accept(&silent, "1");
    world.advance(31 * SECOND);
    arrives_as_sms(&mut world);

    world.publish(urgent("b"));
    let next = world.one_sent();
    assert!(next.token().is_push(), "its number is another");
    says_shown(&mut world, &next);
    let others = (next.message() + 1)..(silent.message() + 256);
    world.publish_all(others.map(|number| apart(u32::try_from(number).unwrap())));
    world.sent();
    world.publish(urgent("c"));
    let same = world.one_sent();
    assert_eq!(same.message(), silent.message() + 256);
    assert!(!same.token().is_push());
}

#[test]
fn a_push_that_was_not_written_is_pushed_again() {
    let mut world = world();
    let push = pushed(&mut world);
    world.give_back(&push);
    world.calm();
    let push = world.one_sent();
    assert!(push.token().is_push());
    says_shown(&mut world, &push);
    let last = world.last("a");
    assert_eq!((last.state, last.attempts), (State::Delivered, 1));
}

#[test]
fn the_word_of_a_phone_may_come_before_the_response_and_after_a_restart() {
    let mut world = world();
    let push = pushed(&mut world);
    says_shown(&mut world, &push);
    world.accept(&push, "1");
    world.advance(HOUR);
    assert_eq!(world.story("a"), ["accepted", "submitted", "delivered"]);

    let mut world = self::world();
    let push = pushed(&mut world);
    world.restart();
    says_shown(&mut world, &push);
    world.advance(HOUR);
    assert_eq!(world.story("a"), ["accepted", "submitted", "delivered"]);
    assert_eq!(world.sent().len(), 0);
}

#[test]
fn a_response_that_comes_when_the_sms_is_on_its_way_changes_nothing() {
    let mut world = world();
    let push = pushed(&mut world);
    world.time_out(&push);
    world.advance(31 * SECOND);
    let sms = world.one_sent();
    world.answer(&push, Status::ROK, "1");
    world.beat();
    says(&mut world, &push, CONFIRM);
    world.accept(&sms, "7");
    world.receipt(&sms, "7", "UNDELIV");
    world.advance(HOUR);
    assert_eq!(world.last("a").state, State::Failed);
}

#[test]
fn what_is_typed_confirms_a_push_unless_it_is_of_a_dialogue() {
    let mut world = world();
    let push = pushed(&mut world);
    world.accept(&push, "1");
    let [_, session] = push.submission.reference.to_be_bytes();
    let msisdn = push.submission.msisdn;
    world.brings(step(msisdn, BEGIN, session, "*555#"));
    says(&mut world, &push, ANSWER);
    says(&mut world, &push, ABORT);
    assert_eq!(world.story("a"), ["accepted"], "of the dialogue");
    says(&mut world, &push, CONFIRM);
    assert_eq!(world.last("a").state, State::Delivered);

    let mut world = self::world();
    let push = pushed(&mut world);
    says(&mut world, &push, ANSWER);
    assert_eq!(world.last("a").state, State::Delivered);
}

#[test]
fn a_phone_in_a_dialogue_is_sent_an_sms_and_no_push_that_it_could_not_show() {
    let mut world = world();
    let msisdn = phone(0);
    world.brings(step(msisdn, BEGIN, 200, "*555#"));
    world.publish(urgent("a"));
    arrives_as_sms(&mut world);
    assert_eq!(world.last("a").repeats, 0);

    let mut world = self::world();
    world.brings(step(msisdn, BEGIN, 200, "*555#"));
    world.brings(step(msisdn, ABORT, 200, ""));
    pushed(&mut world);
}

#[test]
fn a_dialogue_that_its_phone_left_has_no_word_of_a_push() {
    let mut world = World::with(|settings| {
        let ucell = &mut settings.operators[0];
        ucell.push = Some(UrgentRight::Everyone);
        ucell.ussd.as_mut().unwrap().dialect = Dialect::SERVICE_TYPE;
    });
    world.brings(lettered("BR", "*555#"));
    world.brings(lettered("AF", ""));
    world.advance(10 * SECOND);
    let push = pushed(&mut world);
    world.accept(&push, "1");
    world.laws.push_told(push.token(), false);
    world.brings(lettered("AF", ""));
    world.calm();
    arrives_as_sms(&mut world);
    assert_eq!(world.last("a").repeats, 0);
}

#[test]
fn what_is_typed_when_the_time_is_up_is_no_word_of_a_push() {
    let mut world = World::with(|settings| {
        let ucell = &mut settings.operators[0];
        ucell.push = Some(UrgentRight::Everyone);
        ucell.ussd.as_mut().unwrap().dialect = Dialect::SERVICE_TYPE;
    });
    world.brings(lettered("BR", "*555#"));
    world.advance(MINUTE);
    let push = pushed(&mut world);
    world.accept(&push, "1");
    world.brings(lettered("CA", "1"));
    assert_eq!(world.story("a"), ["accepted"], "it may not be shown");
}

/// A step of the first phone in the dialect of two letters.
fn lettered(service_type: &str, text: &str) -> Frame {
    let digits = phone(0).digits();
    let pdu = DeliverSm {
        service_type: service_type.into(),
        source_addr: Octets(digits.as_bytes()),
        destination_addr: "555".into(),
        short_message: text.into(),
        ..DeliverSm::default()
    };
    Pdu::new(1, Body::DeliverSm(pdu)).to_frame().unwrap()
}

#[test]
fn only_what_is_urgent_by_right_and_fits_one_screen_is_pushed() {
    let long = Notification {
        priority: Priority::Urgent,
        ..long_status("b")
    };
    let everyone = Some(UrgentRight::Everyone);
    let of = |service| Some(UrgentRight::only([("kadastr", Some(service))]));
    for (right, event, expected) in [
        (everyone.clone(), urgent("a"), true),
        (everyone.clone(), status("a"), false),
        (everyone, long, false),
        (of("land-registration"), urgent("a"), true),
        (of("fines"), urgent("a"), false),
        (None, urgent("a"), false),
    ] {
        let mut world = World::with(|settings| settings.operators[0].push = right);
        world.publish(event);
        let is_push = world.sent().iter().all(|sent| sent.token().is_push());
        assert_eq!(is_push, expected);
    }
}

#[test]
fn a_phone_shows_one_push_at_a_time() {
    let other = |number: u32| Notification {
        application: format!("4812100{number}").parse().unwrap(),
        ..urgent(&format!("b{number}"))
    };
    let ways: [End; 4] = [
        |world, push| world.refuse(push, Status::RSYSERR),
        |world, push| says_shown(world, push),
        |world, push| says_not_shown(world, push),
        |world, _| world.advance(31 * SECOND),
    ];
    for end in ways {
        let mut world = world();
        let push = pushed(&mut world);
        world.publish(other(1));
        assert!(!world.one_sent().token().is_push());
        world.time_out(&push);
        end(&mut world, &push);
        world.calm();
        world.sent();
        world.publish(other(2));
        assert!(world.one_sent().token().is_push());
    }
}

#[test]
fn a_newer_status_waits_until_it_is_known_whether_the_older_one_is_shown() {
    let mut world = world();
    let push = pushed(&mut world);
    world.accept(&push, "1");
    world.publish(urgent("b"));
    assert_eq!(world.sent().len(), 0);
    says_not_shown(&mut world, &push);
    world.calm();
    let newer = world.one_sent();
    assert!(newer.token().is_push() && newer.message() != push.message());
    says_shown(&mut world, &newer);
    assert_eq!(world.story("a"), ["accepted", "superseded newer-status"]);
}

#[test]
fn a_receipt_that_nobody_asked_for_is_heeded() {
    for (stat, is_shown) in [("DELIVRD", true), ("UNDELIV", false)] {
        let mut world = world();
        let push = pushed(&mut world);
        world.accept(&push, "1");
        world.laws.push_told(push.token(), is_shown);
        world.receipt_by_reference(&push, "1", stat);
        world.calm();
        match is_shown {
            true => assert_eq!(world.last("a").state, State::Delivered),
            false => arrives_as_sms(&mut world),
        }
    }
}

#[test]
fn an_opt_out_after_a_push_keeps_its_sms_back() {
    let mut world = world();
    let push = pushed(&mut world);
    world.accept(&push, "1");
    world.writes(push.submission.msisdn, "STOP");
    world.sent();
    world.advance(31 * SECOND);
    assert_eq!(world.sent().len(), 0);
    assert_eq!(world.story("a"), ["accepted", "unknown uncertain"]);
}

#[test]
fn pushes_that_are_refused_say_nothing_of_messages() {
    let mut world = world();
    for number in 0..60 {
        world.publish(Notification {
            priority: Priority::Urgent,
            ..apart(number)
        });
        let push = world.one_sent();
        world.refuse(&push, Status::RSYSERR);
        world.calm();
        let sms = world.one_sent();
        world.accept(&sms, &format!("{number}"));
    }
    world.publish(status("a"));
    assert_eq!(world.sent().len(), 1, "the operator is not left alone");
}

#[test]
fn an_operator_that_would_take_no_push_is_sent_none_for_a_while_and_then_for_longer() {
    for status in [Status::RTHROTTLED, Status::RMSGQFUL, Status::RINVBNDSTS] {
        let mut world = world();
        let mut number = 0;
        let mut is_pushed = |world: &mut World, status: Status| {
            number += 1;
            world.publish(Notification {
                priority: Priority::Urgent,
                ..apart(number)
            });
            let sent = world.one_sent();
            let is_push = sent.token().is_push();
            match is_push {
                true => world.answer(&sent, status, "1"),
                false => world.accept(&sent, &format!("{number}")),
            }
            world.calm();
            if is_push && status != Status::ROK {
                let sms = world.one_sent();
                assert!(!sms.token().is_push(), "at once");
                world.accept(&sms, &format!("{number}"));
            }
            is_push
        };
        for minutes in [1, 2, 4, 8, 16, 16] {
            assert!(is_pushed(&mut world, status), "{minutes}");
            assert!(!is_pushed(&mut world, status), "{minutes}");
            world.advance(minutes * 60 * SECOND - 2 * SECOND);
            assert!(!is_pushed(&mut world, status), "{minutes}");
            world.advance(2 * SECOND);
        }
        assert!(is_pushed(&mut world, Status::ROK));
        assert!(is_pushed(&mut world, status));
        world.advance(60 * SECOND);
        // The one that it took, since no phone said that it shows it.
        assert!(!world.one_sent().token().is_push());
        assert!(is_pushed(&mut world, status), "it took one since");
    }
}
