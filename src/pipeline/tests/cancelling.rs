//! What staff withdraws.

use tokio::sync::watch;
use xabar_events::Notification;
use xabar_smpp::Status;

use super::world::*;
use crate::pipeline::{Cancelled, Done, Order, Scope, Unwanted};

fn all() -> Unwanted {
    Unwanted {
        agency: "kadastr".to_owned(),
        service: None,
        before: None,
        dry_run: false,
    }
}

/// Staff wants no more of this; it is gone through with the beats that follow.
fn begin(world: &mut World, unwanted: Unwanted) -> watch::Receiver<Cancelled> {
    let done = world.give(Order::Cancel(unwanted));
    world.beat();
    match done() {
        Some(Ok(Done::Cancelling(cancelled))) => cancelled,
        other => panic!("{other:?}"),
    }
}

/// What was cancelled, and for what it was too late.
fn cancel(world: &mut World, unwanted: Unwanted) -> (u64, u64) {
    let cancelled = begin(world, unwanted);
    world.calm();
    let cancelled = *cancelled.borrow();
    assert!(cancelled.done);
    (cancelled.cancelled, cancelled.too_late)
}

#[test]
fn what_waits_is_cancelled_and_what_went_out_is_not() {
    let mut world = World::new();
    world.publish(status("e1"));
    let sent = world.one_sent();
    for id in 2..5 {
        world.publish(Notification {
            not_before: Some(world.wall().after(HOUR).into()),
            ..apart(id)
        });
    }
    assert_eq!(cancel(&mut world, all()), (3, 1));
    let last = apart(4).key.id;
    assert_eq!(
        world.story(last.as_str()).last().unwrap(),
        "cancelled staff"
    );
    world.accept(&sent, "1");
    world.receipt(&sent, "1", "DELIVRD");
    world.advance(2 * HOUR);
    assert!(world.sent().is_empty());
    assert_eq!(world.story("e1"), ["accepted", "submitted", "delivered"]);
    assert_eq!(cancel(&mut world, all()), (0, 0));
}

#[test]
fn of_an_agency_only_what_agrees_with_all_that_is_named_is_cancelled() {
    let mut world = World::new();
    world.order(Order::Pause(Scope::default())).unwrap();
    let of_another = Notification {
        key: key("tax", "e0"),
        ..apart(1)
    };
    world.publish(of_another);
    world.publish(apart(2));
    world.advance(MINUTE);
    let before = Some(world.wall());
    world.publish(apart(3));
    world.publish(Notification {
        service: "passport".parse().unwrap(),
        ..apart(4)
    });
    let passports = Unwanted {
        service: Some("passport".to_owned()),
        ..all()
    };
    let counted = Unwanted {
        dry_run: true,
        ..all()
    };
    assert_eq!(cancel(&mut world, counted), (3, 0));
    assert_eq!(cancel(&mut world, passports), (1, 0));
    assert_eq!(cancel(&mut world, Unwanted { before, ..all() }), (1, 0));
    assert_eq!(world.order(Order::Resume(Scope::default())), Ok(Vec::new()));
    assert_eq!(world.sent().len(), 2);
}

#[test]
fn what_comes_after_the_order_is_not_meant() {
    let mut world = World::new();
    world.order(Order::Pause(Scope::default())).unwrap();
    let events = (1..=1200).map(apart);
    world.publish_all(events);
    let cancelled = begin(&mut world, all());
    assert!(!cancelled.borrow().done);
    world.publish(apart(2000));
    world.calm();
    let cancelled = *cancelled.borrow();
    assert_eq!((cancelled.cancelled, cancelled.done), (1200, true));
    let later = world.story(apart(2000).key.id.as_str());
    assert_eq!(later[0], "accepted");
    assert!(!later.contains(&"cancelled staff".to_owned()));
}

#[test]
fn what_is_under_way_is_not_tried_again() {
    let mut world = World::new();
    world.publish(status("e1"));
    let unwritten = world.one_sent();
    assert_eq!(cancel(&mut world, all()), (0, 1));
    world.give_back(&unwritten);
    assert_eq!(world.story("e1"), ["accepted", "cancelled staff"]);

    world.publish(apart(2));
    let throttled = world.one_sent();
    assert_eq!(cancel(&mut world, all()), (0, 1));
    world.refuse(&throttled, Status::RTHROTTLED);
    world.advance(HOUR);
    assert!(world.sent().is_empty());
    let told = world.story(apart(2).key.id.as_str());
    assert_eq!(told, ["accepted", "failed refused"]);
}
