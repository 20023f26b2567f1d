//! Pauses: what staff stopped from being sent, and lets go on.

use xabar_events::{Notification, Priority};

use super::circuit::{live, refused, trip};
use super::routing::moving;
use super::sharing::{part_of_ucell, sharing};
use super::world::*;
use crate::journal::Lane;
use crate::pipeline::{Order, Refusal, Scope};

fn of_operator(name: &str) -> Scope {
    Scope {
        operator: Some(name.to_owned()),
        ..Scope::default()
    }
}

fn pause(world: &mut World, scope: Scope) {
    world.order(Order::Pause(scope)).unwrap();
}

fn resume(world: &mut World, scope: Scope) {
    world.order(Order::Resume(scope)).unwrap();
}

#[test]
fn what_is_paused_is_taken_in_and_goes_when_that_ends() {
    let mut world = World::new();
    pause(&mut world, Scope::default());
    world.publish(status("e1"));
    world.advance(HOUR);
    assert!(world.sent().is_empty());
    resume(&mut world, Scope::default());
    let sent = world.one_sent();
    world.accept(&sent, "1");
    world.receipt(&sent, "1", "DELIVRD");
    assert_eq!(
        world.story("e1"),
        ["accepted", "deferred paused", "submitted", "delivered"]
    );
}

#[test]
fn a_pause_is_told_once_it_has_lasted_a_minute_also_to_those_that_come_then() {
    let mut world = World::new();
    pause(&mut world, Scope::default());
    world.publish(status("e1"));
    world.advance(MINUTE - SECOND);
    assert_eq!(world.story("e1"), ["accepted"]);
    world.advance(2 * SECOND);
    world.publish(apart(2));
    let told = ["accepted", "deferred paused"];
    assert_eq!(world.story("e1"), told);
    assert_eq!(world.story(apart(2).key.id.as_str()), told);
    assert_eq!(world.last("e1").until, None);
}

#[test]
fn what_is_drained_sends_nothing_and_tells_what_it_hears_until_everything_is_resumed() {
    let mut world = World::new();
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.order(Order::Drain).unwrap();
    world.publish(apart(2));
    world.accept(&sent, "1");
    world.advance(HOUR);
    assert!(world.sent().is_empty());
    assert_eq!(world.story("e1"), ["accepted", "submitted"]);
    // A part of it is not all.
    resume(&mut world, of_operator("ucell"));
    assert!(world.sent().is_empty());
    resume(&mut world, Scope::default());
    assert_eq!(world.sent().len(), 1);
    let told = ["accepted", "deferred paused"];
    assert_eq!(world.story(apart(2).key.id.as_str()), told);
}

#[test]
fn a_drain_is_no_outage() {
    let mut world = World::with(|settings| {
        settings.operators[0].fallback = vec!["beeline".into()];
        settings.operators[0].move_after = Some(5 * SECOND);
    });
    pause(&mut world, Scope::default());
    world.publish(status("e1"));
    world.order(Order::Drain).unwrap();
    let bind = |world: &mut World, sessions| {
        let smscs = world.smscs.values_mut();
        smscs.for_each(|smsc| smsc.sessions = sessions);
    };
    bind(&mut world, 0);
    world.advance(MINUTE);
    world.advance(HOUR);
    assert!(!world.is_gone(UCELL));
    let done = world.give(Order::Resume(Scope::default()));
    world.beat();
    assert!(done().is_some() && world.is_gone(UCELL), "from now on");
    world.smsc(BEELINE).sessions = 1;
    world.advance(4 * SECOND);
    assert!(world.sent().is_empty(), "its own operator is not bound yet");
    bind(&mut world, 1);
    world.advance(SECOND);
    assert_eq!(world.one_sent().operator, UCELL);
    assert_eq!(world.story("e1"), ["accepted", "deferred paused"]);
}

#[test]
fn what_expires_meanwhile_is_told_so() {
    let mut world = World::new();
    pause(&mut world, Scope::default());
    world.publish(Notification {
        expires: Some(START.after(HOUR).into()),
        ..status("e1")
    });
    world.advance(2 * MINUTE);
    world.advance(2 * HOUR);
    assert_eq!(
        world.story("e1"),
        ["accepted", "deferred paused", "expired deadline"]
    );
    resume(&mut world, Scope::default());
    assert!(world.sent().is_empty());
}

#[test]
fn only_what_a_pause_names_is_held() {
    let bulk = || Notification {
        priority: Priority::Bulk,
        ..apart(3)
    };
    let scopes = [
        (of_operator("ucell"), 0),
        (of_operator("beeline"), 2),
        (
            Scope {
                agency: Some("kadastr".to_owned()),
                ..Scope::default()
            },
            0,
        ),
        (
            Scope {
                agency: Some("soliq".to_owned()),
                ..Scope::default()
            },
            2,
        ),
        (
            Scope {
                lane: Some(Lane::Bulk),
                ..Scope::default()
            },
            1,
        ),
        (
            Scope {
                lane: Some(Lane::Bulk),
                ..of_operator("beeline")
            },
            2,
        ),
    ];
    for (scope, sent) in scopes {
        let mut world = World::new();
        pause(&mut world, scope.clone());
        world.publish_all([apart(2), bulk()]);
        assert_eq!(world.sent().len(), sent, "{scope}");
        resume(&mut world, scope.clone());
        assert_eq!(world.sent().len(), 2 - sent, "{scope}");
    }
}

#[test]
fn to_go_on_ends_the_pauses_that_lie_within_and_no_others() {
    let mut world = World::new();
    pause(&mut world, of_operator("ucell"));
    let paused = world.order(Order::Pause(Scope {
        lane: Some(Lane::Bulk),
        ..Scope::default()
    }));
    assert_eq!(paused.unwrap().len(), 2);
    let paused = world.order(Order::Resume(of_operator("beeline"))).unwrap();
    assert_eq!(paused.len(), 2, "neither lies within it");
    let paused = world.order(Order::Resume(of_operator("ucell"))).unwrap();
    let left: Vec<Option<Lane>> = paused.iter().map(|it| it.scope.lane).collect();
    assert_eq!(left, [Some(Lane::Bulk)]);
    assert_eq!(world.order(Order::Resume(Scope::default())), Ok(Vec::new()));
}

#[test]
fn an_order_for_an_operator_that_is_none_is_refused_with_those_that_are() {
    let mut world = World::new();
    let Err(Refusal::NoSuchOperator { known }) = world.order(Order::Pause(of_operator("ucel")))
    else {
        panic!("it is none");
    };
    assert!(known.contains(&"ucell".to_owned()), "{known:?}");
    world.publish(status("e1"));
    world.one_sent();
}

#[test]
fn what_waits_in_the_journal_behind_a_pause_goes_when_that_ends() {
    let mut world = World::new();
    pause(&mut world, of_operator("ucell"));
    let many = 3000;
    world.publish_all((1..=many).map(apart));
    assert!(world.sent().is_empty());
    resume(&mut world, Scope::default());
    let mut sent = 0;
    for _ in 0..many {
        for one in world.sent() {
            sent += 1;
            world.accept(&one, &format!("{}", one.message()));
        }
        world.advance(SECOND / 10);
        if sent == many {
            return;
        }
    }
    panic!("{sent} of {many} went");
}

#[test]
fn what_is_paused_goes_in_no_turn_of_an_older_status_either() {
    let mut world = World::new();
    world.smsc(UCELL).room = 0;
    pause(
        &mut world,
        Scope {
            lane: Some(Lane::Bulk),
            ..Scope::default()
        },
    );
    world.publish(status("e1"));
    world.publish(Notification {
        priority: Priority::Bulk,
        time: START.after(SECOND).into(),
        ..status("e2")
    });
    world.smsc(UCELL).room = 10;
    world.advance(SECOND);
    let sent = world.one_sent();
    world.accept(&sent, "1");
    assert_eq!(world.story("e1"), ["accepted", "submitted"]);
    assert_eq!(world.story("e2"), ["accepted"]);
}

#[test]
fn what_waits_for_an_operator_that_is_down_is_told_so_again_once_a_pause_ends() {
    let mut world = World::new();
    world.smsc(UCELL).sessions = 0;
    world.publish(status("e1"));
    world.advance(2 * MINUTE);
    pause(&mut world, Scope::default());
    world.advance(2 * MINUTE);
    resume(&mut world, Scope::default());
    world.advance(2 * SECOND);
    assert_eq!(
        world.story("e1"),
        [
            "accepted",
            "deferred operator-down",
            "deferred paused",
            "deferred operator-down"
        ]
    );
}

#[test]
fn there_may_be_a_hundred_pauses() {
    let mut world = World::new();
    let of_agency = |n: usize| Scope {
        agency: Some(format!("a{n}")),
        ..Scope::default()
    };
    for n in 0..100 {
        assert!(world.order(Order::Pause(of_agency(n))).is_ok());
    }
    let more = world.order(Order::Pause(of_agency(100)));
    assert_eq!(more, Err(Refusal::TooManyPauses));
    assert!(
        world.order(Order::Pause(of_agency(7))).is_ok(),
        "it is there"
    );
    resume(&mut world, Scope::default());
    assert!(world.order(Order::Pause(of_agency(100))).is_ok());
}

#[test]
fn what_waits_for_a_paused_operator_waits_there_though_it_is_down() {
    let mut world = moving();
    pause(&mut world, of_operator("ucell"));
    world.smsc(UCELL).sessions = 0;
    world.publish(apart(1));
    world.advance(5 * MINUTE);
    world.publish(apart(2));
    world.advance(5 * MINUTE);
    assert!(world.sent().is_empty());
    assert_eq!(world.last("apart-1").until, None, "nobody knows");
    resume(&mut world, of_operator("ucell"));
    world.advance(2 * SECOND);
    let moved: Vec<_> = world.sent().iter().map(|sent| sent.operator).collect();
    assert_eq!(moved, [BEELINE, BEELINE]);
    pause(&mut world, of_operator("ucell"));
    world.publish(apart(3));
    world.advance(MINUTE);
    assert!(world.sent().is_empty(), "it waits at once");
}

#[test]
fn nothing_goes_to_a_paused_operator_that_is_anothers() {
    let mut world = moving();
    pause(&mut world, of_operator("beeline"));
    world.smsc(UCELL).sessions = 0;
    world.publish(apart(1));
    world.advance(5 * MINUTE);
    world.smsc(UCELL).sessions = 1;
    world.advance(SECOND);
    assert_eq!(world.one_sent().operator, UCELL, "it stayed");
}

#[test]
fn of_operators_that_share_numbers_a_paused_one_gets_no_new_ones_and_then_its_part_again() {
    let mut world = sharing(1, 1);
    let mut from = 0;
    pause(&mut world, of_operator("ucell"));
    assert_eq!(part_of_ucell(&mut world, &mut from, 100), 0);
    resume(&mut world, of_operator("ucell"));
    let part = part_of_ucell(&mut world, &mut from, 400);
    assert!((40..=60).contains(&part), "{part}");
    pause(&mut world, of_operator("ucell"));
    pause(&mut world, of_operator("beeline"));
    world.publish_all((9000..9100).map(apart));
    resume(&mut world, of_operator("ucell"));
    let waited = world.sent().len();
    assert!(
        (30..70).contains(&waited),
        "{waited} of those that share them equally"
    );
}

#[test]
fn what_is_paused_does_not_keep_an_operator_from_being_tried() {
    let mut world = moving();
    trip(&mut world, refused);
    let bulk = Scope {
        lane: Some(Lane::Bulk),
        ..of_operator("ucell")
    };
    pause(&mut world, bulk);
    live(&mut world, 70, refused);
    let mut home = 0;
    for number in 1000..1090 {
        world.publish(Notification {
            priority: Priority::Bulk,
            ..apart(2 * number)
        });
        world.publish(apart(2 * number + 1));
        for sent in world.sent() {
            home += usize::from(sent.operator == UCELL);
            world.accept(&sent, &sent.message().to_string());
        }
        world.advance(SECOND);
    }
    assert!(home > 20, "{home} at an operator that is well");
}
