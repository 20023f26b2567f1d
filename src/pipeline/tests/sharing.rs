//! How operators that share numbers share them, in virtual time.

use std::time::Duration;

use xabar_events::Notification;
use xabar_smpp::Status;

use super::world::*;
use crate::delivery::{Setting, Tuning};
use crate::journal::OperatorId;
use crate::pipeline::{Order, Refusal};

/// The first operator's numbers are the second's, too.
pub(super) fn sharing(ucell: u32, beeline: u32) -> World {
    let mut world = World::with(|settings| {
        for (operator, weight) in settings.operators.iter_mut().zip([ucell, beeline]) {
            operator.prefixes = vec!["99893".into()];
            operator.weight = weight;
        }
    });
    world.advance(2 * SECOND);
    world
}

/// Messages of subscribers that had none yet, all accepted; gives how many of a hundred the first operator got.
pub(super) fn part_of_ucell(world: &mut World, from: &mut u32, count: u32) -> u32 {
    world.publish_all((*from..*from + count).map(apart));
    *from += count;
    let sent = world.sent();
    assert_eq!(sent.len(), count as usize, "nothing waits");
    let mut ucell = 0;
    for sent in &sent {
        world.answer(sent, Status::ROK, "");
        ucell += u32::from(sent.operator == UCELL);
    }
    world.beat();
    ucell * 100 / count
}

fn weigh(world: &mut World, operator: &str, weight: Setting<u32>) -> Result<(), Refusal> {
    let (operator, tuning) = (operator.to_owned(), Tuning::default());
    let order = Order::Tune {
        operator,
        tuning,
        weight,
    };
    world.order(order).map(drop)
}

#[test]
fn a_weight_that_staff_sets_holds_over_a_reload_until_it_is_the_configured_one_again() {
    let (mut world, mut from) = (sharing(1, 1), 100);
    weigh(&mut world, "ucell", Setting::To(3)).unwrap();
    world.reload(|_| ());
    let percent = part_of_ucell(&mut world, &mut from, 1900);
    assert!((71..=79).contains(&percent), "{percent}");

    weigh(&mut world, "ucell", Setting::To(0)).unwrap();
    assert_eq!(part_of_ucell(&mut world, &mut from, 500), 0);
    let refused = weigh(&mut world, "beeline", Setting::To(0));
    assert_eq!(refused, Err(Refusal::NobodyLeft));
    assert_eq!(part_of_ucell(&mut world, &mut from, 500), 0, "as before");

    weigh(&mut world, "ucell", Setting::Configured).unwrap();
    let percent = part_of_ucell(&mut world, &mut from, 1900);
    assert!((46..=54).contains(&percent), "{percent}");
}

#[test]
fn what_waits_stays_where_it_waits_whatever_its_operators_weight_becomes() {
    let mut world = sharing(1, 0);
    world.smsc(UCELL).room = 0;
    world.publish_all((0..3000).map(apart));
    assert!(world.sent().is_empty());
    weigh(&mut world, "beeline", Setting::To(1)).unwrap();
    weigh(&mut world, "ucell", Setting::To(0)).unwrap();
    world.reload(|settings| {
        (settings.operators[0].weight, settings.operators[1].weight) = (0, 1);
    });
    world.advance(SECOND);
    assert!(world.sent().is_empty());
    world.publish(apart(3000));
    assert_eq!(world.one_sent().operator, BEELINE);
    world.smsc(UCELL).room = 1_000_000;
    world.advance(SECOND);
    let sent = world.sent();
    assert_eq!(sent.len(), 3000);
    assert!(sent.iter().all(|sent| sent.operator == UCELL));
}

#[test]
fn who_shares_no_numbers_has_no_weight() {
    let refused = weigh(&mut World::new(), "ucell", Setting::To(2));
    assert_eq!(refused, Err(Refusal::SharesNothing));
}

fn whose(world: &mut World, event: Notification) -> OperatorId {
    world.publish(event);
    let sent = world.one_sent();
    world.accept(&sent, "");
    sent.operator
}

#[test]
fn new_messages_are_split_by_weight_and_a_subscriber_keeps_the_operator() {
    let mut world = sharing(3, 1);
    let percent = part_of_ucell(&mut world, &mut 100, 1900);
    assert!((71..=79).contains(&percent), "{percent}");
    for subscriber in 0..20 {
        let first = whose(&mut world, apart(subscriber));
        world.restart();
        world.advance(2 * SECOND);
        let second = Notification {
            key: key("kadastr", &format!("second-{subscriber}")),
            ..apart(subscriber)
        };
        assert_eq!(whose(&mut world, second), first);
    }
}

#[test]
fn an_operator_that_was_down_gets_its_part_back_slowly() {
    let mut world = sharing(1, 1);
    let mut from = 0;
    world.smsc(UCELL).sessions = 0;
    world.advance(SECOND);
    assert_eq!(part_of_ucell(&mut world, &mut from, 500), 0, "at once");
    for _ in 0..10 {
        world.advance(MINUTE);
    }
    world.smsc(UCELL).sessions = 1;
    world.beat();
    let mut percents = Vec::new();
    for _ in 0..60 {
        percents.push(part_of_ucell(&mut world, &mut from, 500));
        for _ in 0..5 {
            world.advance(SECOND);
        }
    }
    // Of its weight it has a sixtieth more every time, so of all messages the n-th part of n + 60.
    for (n, percent) in (0_u32..).zip(&percents) {
        let expected = n * 100 / (n + 60);
        assert!(expected.abs_diff(*percent) <= 7, "{n}: {percents:?}");
    }
    assert_eq!(percents[0], 0);
    world.advance(10 * SECOND);
    assert!((43..=57).contains(&part_of_ucell(&mut world, &mut from, 500)));
}

#[test]
fn what_waits_for_an_operator_that_is_down_stays_and_with_the_policy_moves_to_who_shares_its_numbers()
 {
    for move_after in [None, Some(MINUTE)] {
        let mut world = sharing(1, 0);
        world.settings.operators[0].move_after = move_after;
        world.restart();
        world.advance(2 * SECOND);
        world.smsc(UCELL).room = 0;
        world.publish_all((0..3000).map(apart));
        assert!(world.sent().is_empty());
        world.smsc(UCELL).sessions = 0;
        for _ in 0..70 {
            world.advance(SECOND);
        }
        let moved = world.sent();
        assert_eq!(moved.len(), if move_after.is_some() { 3000 } else { 0 });
        assert!(moved.iter().all(|sent| sent.operator == BEELINE));
        assert_eq!(whose(&mut world, apart(3000)), BEELINE);
        world.smsc(UCELL).sessions = 1;
        world.smsc(UCELL).room = 1_000_000;
        world.advance(SECOND);
        let stayed = world.sent();
        assert_eq!(stayed.len(), 3000 - moved.len());
        assert!(stayed.iter().all(|sent| sent.operator == UCELL));
    }
}

#[test]
fn an_operator_that_failed_is_tried_by_a_few_new_messages_and_then_gets_more_from_minute_to_minute()
{
    let mut world = sharing(1, 0);
    world.publish_all((0..40).map(apart));
    for sent in world.sent() {
        // Given up, so that nothing of it is left to try the operator with.
        world.cancel(&format!("apart-{}", sent.message() - 1));
        world.answer(&sent, Status::RSYSERR, "");
    }
    world.beat();
    let mut from = 100;
    assert_eq!(part_of_ucell(&mut world, &mut from, 100), 0);
    world.advance(6 * SECOND);
    world.publish_all((from..from + 100).map(apart));
    from += 100;
    let (probes, others): (Vec<_>, Vec<_>) =
        (world.sent().into_iter()).partition(|sent| sent.operator == UCELL);
    assert_eq!((probes.len(), others.len()), (5, 95));
    for probe in &probes {
        world.answer(probe, Status::ROK, "");
    }
    world.beat();
    let mut part_after = |wait: Duration| {
        for _ in 0..wait.as_secs() {
            world.advance(SECOND);
        }
        part_of_ucell(&mut world, &mut from, 1000)
    };
    assert!(part_after(SECOND) <= 4);
    assert!((40..=60).contains(&part_after(29 * SECOND)));
    assert_eq!(part_after(35 * SECOND), 100);
}

#[test]
fn an_operator_that_often_answers_badly_gets_less_and_not_nothing() {
    let mut world = sharing(1, 1);
    world.publish_all((0..1000).map(apart));
    let sent = world.sent();
    for (number, sent) in (0..).zip(&sent) {
        let bad = sent.operator == UCELL && number % 4 == 0;
        let status = if bad { Status::RSYSERR } else { Status::ROK };
        world.answer(sent, status, "");
    }
    world.advance(SECOND);
    world.sent();
    // A quarter of its answers was bad: half of its weight, so a third of all.
    let percent = part_of_ucell(&mut world, &mut 2000, 500);
    assert!((25..=42).contains(&percent), "{percent}");
}

#[test]
fn the_statuses_of_an_application_stay_in_order_though_its_operators_change() {
    let mut world = sharing(1, 1);
    let status = |number: u64| Notification {
        key: key("kadastr", &format!("s{number}")),
        time: START.after(Duration::from_secs(number)).into(),
        ..apart(1)
    };
    world.publish(status(0));
    let first = world.one_sent();
    let other = if first.operator == UCELL {
        BEELINE
    } else {
        UCELL
    };
    world.smsc(first.operator).sessions = 0;
    world.publish(status(1));
    world.publish(status(2));
    world.advance(2 * SECOND);
    assert!(world.sent().is_empty(), "the first one is still under way");
    world.lose(&first);
    world.advance(31 * SECOND);
    let next = world.one_sent();
    assert_eq!(next.operator, other);
    world.accept(&next, "7");
    assert_eq!(
        world.story("s1").last().map(String::as_str),
        Some("superseded newer-status")
    );
    assert_eq!(
        world.story("s2").last().map(String::as_str),
        Some("submitted")
    );
    world.smsc(first.operator).sessions = 1;
    world.advance(HOUR);
    assert!(
        world.sent().is_empty(),
        "the laws would tell of one that goes back"
    );
}

#[test]
fn what_one_operator_cannot_take_goes_to_one_that_shares_the_number() {
    let mut world = sharing(1, 0);
    world.publish(apart(1));
    let refused = world.one_sent();
    world.refuse(&refused, Status::from(0x0103));
    world.advance(SECOND);
    assert_eq!(world.one_sent().operator, BEELINE);
}

#[test]
fn what_nobody_else_carries_does_not_hold_up_what_can_move() {
    let mut world = World::with(|settings| {
        settings.operators[0].prefixes.push("99890".into());
        settings.operators[0].move_after = Some(MINUTE);
        settings.operators[1].weight = 0;
    });
    world.advance(2 * SECOND);
    world.smsc(UCELL).room = 0;
    world.publish_all((0..1500).map(apart));
    let shared = (1500..1600).map(|number| Notification {
        msisdn: other_phone(number),
        ..apart(number)
    });
    world.publish_all(shared);
    world.smsc(UCELL).sessions = 0;
    for _ in 0..70 {
        world.advance(SECOND);
    }
    let moved = world.sent();
    assert_eq!(moved.len(), 100);
    assert!(moved.iter().all(|sent| sent.operator == BEELINE));
}
