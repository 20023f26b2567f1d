//! Which operator carries a message, and as whom it goes out.

use std::sync::Arc;

use xabar_events::{Notification, Priority};
use xabar_smpp::Status;

use super::world::*;
use crate::clock::UnixMillis;
use crate::delivery::{Assignment, Event, SenderIndex, Senders, SentAs};
use crate::numbers::Numbers;

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
    let urgent = kadastr.of("kadastr", crate::journal::Lane::Urgent);
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
        let sender = SentAs::Listed(sender);
        assert_eq!(world.one_sent().submission.sender, sender, "{agency}");
    }
}

/// Ported numbers that went to the second operator.
pub(super) fn to_beeline(numbers: &[u32]) -> Arc<Numbers> {
    let rows = numbers.iter().map(|number| (phone(*number), 0));
    Arc::new(Numbers::from_sorted(["beeline"], numbers.len(), rows))
}

#[test]
fn a_ported_number_is_carried_by_the_operator_it_went_to() {
    let mut world = World::with(|settings| settings.lists.ported = to_beeline(&[1]));
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

#[test]
fn what_is_held_for_an_operator_that_is_down_follows_a_new_list_and_what_was_begun_stays() {
    let mut world = World::new();
    world.publish(apart(0));
    let begun = world.one_sent();
    world.refuse(&begun, Status::RSYSERR);
    world.smsc(UCELL).sessions = 0;
    world.publish_all((1..3000).map(apart));
    world.advance(MINUTE);
    world.ported = Some(to_beeline(&(0..2800).collect::<Vec<_>>()));
    world.advance(SECOND);
    let sent = world.sent();
    assert_eq!(sent.len(), 2799);
    assert!(sent.iter().all(|sent| sent.operator == BEELINE));
    world.smsc(UCELL).sessions = 1;
    world.advance(SECOND);
    assert_eq!(world.sent().len(), 201);
}

#[test]
fn what_stands_in_the_journal_behind_what_stays_with_an_operator_that_is_down_follows_a_new_list() {
    let mut world = World::new();
    world.smsc(UCELL).sessions = 0;
    world.publish_all((0..3000).map(apart));
    world.publish(Notification {
        not_before: Some(START.after(HOUR).into()),
        ..apart(3000)
    });
    world.advance(MINUTE);
    world.ported = Some(to_beeline(&(2500..3001).collect::<Vec<_>>()));
    world.advance(SECOND);
    let sent = world.sent();
    assert_eq!(sent.len(), 500);
    assert!(sent.iter().all(|sent| sent.operator == BEELINE));
    world.advance(HOUR);
    assert_eq!(world.one_sent().operator, BEELINE);
}

#[test]
fn a_number_goes_where_a_lookup_says_and_still_does_after_it_waited_in_the_journal() {
    let mut world = World::with(|settings| settings.looked_up = true);
    world.carriers = [(phone(1), BEELINE), (phone(2), BEELINE)]
        .into_iter()
        .collect();
    world.publish(Notification {
        not_before: Some(START.after(HOUR).into()),
        ..apart(2)
    });
    world.restart();
    world.advance(HOUR);
    assert_eq!(world.one_sent().operator, BEELINE);
    world.publish_all([apart(0), apart(1)]);
    let operators: Vec<_> = world.sent().iter().map(|sent| sent.operator).collect();
    assert_eq!(operators, [UCELL, BEELINE]);
}

/// The first operator's messages move to the second after a minute.
pub(super) fn moving() -> World {
    World::with(|settings| {
        settings.operators[0].fallback = vec!["beeline".into()];
        settings.operators[0].move_after = Some(MINUTE);
    })
}

#[test]
fn what_waits_for_an_operator_that_is_down_moves_after_a_while_and_new_messages_go_round_it() {
    let mut world = moving();
    world.advance(SECOND);
    world.smsc(UCELL).sessions = 0;
    world.publish_all((0..3000).map(apart));
    world.advance(MINUTE - SECOND);
    assert!(world.sent().is_empty(), "it may come back");
    world.advance(2 * SECOND);
    world.advance(2 * SECOND);
    let moved = world.sent();
    assert_eq!(moved.len(), 3000, "those held and those in the journal");
    assert!(moved.iter().all(|sent| sent.operator == BEELINE));
    world.publish(apart(3000));
    assert_eq!(world.one_sent().operator, BEELINE);
    world.smsc(UCELL).sessions = 1;
    world.beat();
    world.advance(5 * SECOND);
    world.publish(apart(3001));
    assert_eq!(world.one_sent().operator, UCELL);
    for sent in moved {
        world.answer(&sent, Status::ROK, "");
    }
    world.calm();
}

#[test]
fn a_message_that_will_move_is_told_until_when_it_waits_for_its_operator() {
    for fallback_is_down in [false, true] {
        let mut world = moving();
        world.settings.operators[0].move_after = Some(HOUR);
        world.restart();
        world.smsc(BEELINE).sessions = usize::from(!fallback_is_down);
        world.smsc(UCELL).sessions = 0;
        let moves = world.steady.after(SECOND + HOUR);
        world.advance(SECOND);
        world.publish(apart(1));
        world.advance(2 * MINUTE);
        world.publish(apart(2));
        for event in ["apart-1", "apart-2"] {
            let told = world.last(event);
            assert_eq!(told.reason.unwrap().as_str(), "operator-down");
            let until = (!fallback_is_down).then_some(moves.into());
            assert_eq!(told.until, until, "{event}");
        }
        pass_to(&mut world, moves);
        world.advance(SECOND);
        assert_eq!(world.sent().len(), if fallback_is_down { 0 } else { 2 });
    }
}

/// A message of the second operator's own.
pub(super) fn of_beeline(number: u32) -> Notification {
    Notification {
        msisdn: other_phone(number),
        ..apart(number)
    }
}

/// Lets the first operator come back, and stay; gives what is sent meanwhile, beat by beat.
fn comes_back(world: &mut World) -> Vec<Vec<Sent>> {
    world.smsc(UCELL).sessions = 1;
    world.beat();
    world.steady = world.steady.after(5 * SECOND);
    let beats = (0..60).map(|_| {
        world.steady = world.steady.after(SECOND / 100);
        world.beat();
        world.sent()
    });
    beats.collect()
}

#[test]
fn what_a_fallback_has_not_begun_goes_home_once_its_operator_is_back() {
    let all = [(false, false), (false, true), (true, false), (true, true)];
    for (fallback_is_down, is_behind) in all {
        let mut world = moving();
        world.publish(apart(0));
        let refused = world.one_sent();
        world.smsc(BEELINE).room = 0;
        world.smsc(UCELL).sessions = 0;
        world.refuse(&refused, Status::RSYSERR);
        // More than is held of a queue.
        let own = || (5000..8000).map(of_beeline);
        if is_behind {
            world.publish_all(own());
        }
        world.publish_all((1..3000).map(apart));
        world.advance(MINUTE);
        world.advance(SECOND);
        if !is_behind {
            world.publish_all(own());
        }
        world.smsc(BEELINE).sessions = usize::from(!fallback_is_down);
        world.advance(SECOND);
        assert!(world.sent().is_empty());
        let beats = comes_back(&mut world);
        let home = beats.concat();
        assert_eq!(home.len(), 3000);
        assert!(home.iter().all(|sent| sent.operator == UCELL));
        assert!(home.is_sorted_by_key(Sent::message), "in their order");
        let most = if is_behind { 500 } else { 2500 };
        assert!(beats.iter().all(|sent| sent.len() <= most), "bit by bit");
    }
}

#[test]
fn what_a_fallback_has_begun_stays_there_when_its_operator_is_back() {
    let mut world = moving();
    world.smsc(UCELL).sessions = 0;
    world.publish(apart(1));
    world.advance(MINUTE);
    world.advance(SECOND);
    let begun = world.one_sent();
    world.refuse(&begun, Status::RSYSERR);
    let sent = comes_back(&mut world).concat();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].operator, BEELINE);
}

#[test]
fn an_application_that_is_under_way_at_a_fallback_is_not_overtaken_at_home() {
    let mut world = moving();
    world.smsc(UCELL).sessions = 0;
    world.publish(status("e1"));
    world.advance(MINUTE);
    world.advance(SECOND);
    let begun = world.one_sent();
    world.publish(Notification {
        time: START.after(SECOND).into(),
        ..status("e2")
    });
    assert!(comes_back(&mut world).concat().is_empty());
    world.accept(&begun, "1");
    world.advance(SECOND);
    assert_eq!(world.one_sent().operator, UCELL);
}

#[test]
fn an_operator_that_drops_every_session_is_down_and_its_messages_go_to_its_fallback() {
    for window in [0, 1] {
        let mut world = moving();
        world.smsc(UCELL).room = 0;
        world.publish_all((0..200).map(apart));
        let mut moved = 0;
        for _ in 0..10 {
            (world.smsc(UCELL).sessions, world.smsc(UCELL).room) = (1, window);
            world.beat();
            for sent in world.sent() {
                match sent.operator == UCELL {
                    true => world.hear(UCELL, Event::Lost(sent.token())),
                    false => moved += 1,
                }
            }
            world.smsc(UCELL).sessions = 0;
            world.beat();
            assert!(world.is_gone(UCELL));
            world.advance(10 * SECOND);
        }
        moved += world.sent().len();
        assert!(moved >= 190, "{moved}");
        world.publish(apart(200));
        assert_eq!(world.one_sent().operator, BEELINE);
    }
}

fn pass_to(world: &mut World, time: UnixMillis) {
    let wait = time.since(world.steady);
    world.advance(wait);
}

#[test]
fn without_the_policy_or_a_fallback_that_is_well_they_wait() {
    for fallback_is_down in [false, true] {
        let mut world = moving();
        if fallback_is_down {
            world.smsc(BEELINE).sessions = 0;
        } else {
            world = World::with(|settings| {
                settings.operators[0].fallback = vec!["beeline".into()];
            });
        }
        world.smsc(UCELL).sessions = 0;
        world.publish(apart(1));
        world.advance(HOUR);
        assert!(world.sent().is_empty());
        world.smsc(UCELL).sessions = 1;
        world.advance(SECOND);
        assert_eq!(world.one_sent().operator, UCELL);
    }
}

#[test]
fn nothing_moves_of_which_the_operator_has_or_may_have_a_part() {
    let mut world = moving();
    world.publish(long_status("partly"));
    let segments = world.sent();
    world.answer(&segments[0], Status::ROK, "1");
    for segment in &segments[1..] {
        world.answer(segment, Status::RSYSERR, "");
    }
    world.publish(apart(1));
    let unsure = world.one_sent();
    world.lose(&unsure);
    world.publish(apart(2));
    let refused = world.one_sent();
    world.refuse(&refused, Status::RSYSERR);
    world.smsc(UCELL).sessions = 0;
    world.beat();
    world.advance(5 * MINUTE);
    let moved = world.sent();
    assert_eq!(moved.len(), 1);
    assert_eq!(
        (moved[0].operator, moved[0].message()),
        (BEELINE, refused.message())
    );
    world.smsc(UCELL).sessions = 1;
    world.advance(SECOND);
    let mut stayed = world.sent();
    assert_eq!(stayed.len(), segments.len() - 1);
    world.advance(30 * SECOND);
    stayed.push(world.one_sent());
    assert_eq!(stayed.last().unwrap().message(), unsure.message());
    assert!(stayed.iter().all(|sent| sent.operator == UCELL));
}

#[test]
fn what_an_operator_cannot_take_goes_to_its_fallback_at_once() {
    let mut world = moving();
    world.publish(apart(1));
    let refused = world.one_sent();
    assert_eq!(refused.operator, UCELL);
    world.refuse(&refused, Status::from(0x0103));
    world.advance(SECOND);
    let again = world.one_sent();
    assert_eq!(
        (again.operator, again.message()),
        (BEELINE, refused.message())
    );
    world.accept(&again, "7");
    world.receipt(&again, "7", "DELIVRD");
    let delivered = world.last("apart-1");
    assert_eq!(delivered.operator.as_deref(), Some("beeline"));
    assert_eq!((delivered.attempts, delivered.repeats), (2, 0));
}
