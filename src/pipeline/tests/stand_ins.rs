//! Operators that stand in for another one, and go as well.

use xabar_smpp::Status;

use super::routing::of_beeline;
use super::world::*;
use crate::journal::OperatorId;
use crate::pipeline::OperatorRules;

const MOBIUZ: OperatorId = OperatorId(3);

/// Two operators, one after the other, stand in for the first; neither moves anything of its own.
fn two_stand_ins() -> World {
    let mut world = World::with(|settings| {
        settings.operators.push(OperatorRules {
            name: "mobiuz".into(),
            prefixes: Vec::new(),
            logins: vec!["xabar at mobiuz".into()],
            ..settings.operators[0].clone()
        });
        settings.operators[0].fallback = vec!["beeline".into(), "mobiuz".into()];
        settings.operators[0].move_after = Some(MINUTE);
    });
    world.advance(SECOND);
    world.smsc(UCELL).sessions = 0;
    world.advance(SECOND);
    world
}

fn live(world: &mut World, seconds: usize) {
    (0..seconds).for_each(|_| world.advance(SECOND));
}

#[test]
fn what_waits_for_one_that_stands_in_goes_on_to_another_when_that_is_gone_as_well() {
    for third_comes_later in [false, true] {
        let mut world = two_stand_ins();
        world.smsc(BEELINE).room = 0;
        world.smsc(MOBIUZ).sessions = usize::from(!third_comes_later);
        // More than is held of a queue, and one of its own.
        world.publish_all((0..3000).map(apart));
        live(&mut world, 62);
        world.publish(of_beeline(5000));
        world.smsc(BEELINE).sessions = 0;
        live(&mut world, 58);
        assert!(world.sent().is_empty(), "it may come back");
        live(&mut world, 60);
        world.smsc(MOBIUZ).sessions = 1;
        live(&mut world, 10);
        let sent = world.sent();
        assert_eq!(sent.len(), 3000);
        assert!(sent.iter().all(|sent| sent.operator == MOBIUZ));
        assert!(sent.is_sorted_by_key(Sent::message), "in their order");
    }
}

#[test]
fn what_one_that_stands_in_has_refused_goes_on_to_another_as_well() {
    let mut world = two_stand_ins();
    live(&mut world, 62);
    world.publish_all((0..100).map(apart));
    let mut taken = 0;
    for _ in 0..240 {
        for sent in world.sent() {
            match sent.operator == MOBIUZ {
                true => taken += 1,
                false => world.answer(&sent, Status::RSYSERR, ""),
            }
        }
        world.advance(SECOND);
    }
    assert_eq!(taken, 100);
}

#[test]
fn after_a_restart_amid_an_outage_what_moved_stays_with_who_stands_in() {
    let mut world = two_stand_ins();
    world.smsc(BEELINE).room = 0;
    world.publish_all((0..3000).map(apart));
    live(&mut world, 70);
    world.crash();
    world.start();
    world.smsc(UCELL).sessions = 0;
    world.smsc(BEELINE).room = 1_000_000;
    live(&mut world, 10);
    let sent = world.sent();
    assert_eq!(sent.len(), 3000);
    for sent in sent {
        assert_eq!(sent.operator, BEELINE);
        world.answer(&sent, Status::ROK, &sent.message().to_string());
    }
}
