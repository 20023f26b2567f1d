//! Backlogs: what does not fit into memory waits in the journal, and everything goes out once, in its turn.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use xabar_events::{Event as Incoming, Notification, Priority};
use xabar_smpp::Status;

use super::world::*;
use crate::journal::AgencyKey;
use crate::pipeline::Order;

/// Answers all that was submitted since it was asked last, and gives it.
fn answer_all(world: &mut World) -> Vec<Sent> {
    let sent = world.sent();
    for sent in &sent {
        world.answer(sent, Status::ROK, &format!("{:X}", sent.message()));
    }
    sent
}

/// Beats until nothing more comes out.
fn drain(world: &mut World) -> Vec<Sent> {
    let mut all = Vec::new();
    loop {
        world.advance(SECOND / 100);
        let sent = answer_all(world);
        if sent.is_empty() {
            return all;
        }
        all.extend(sent);
    }
}

#[test]
fn a_backlog_goes_out_once_and_in_order_and_memory_stays_bounded() {
    let mut world = World::new();
    world.smsc(UCELL).sessions = 0;
    for batch in 0..20 {
        world.publish_all((batch * 1000 + 1..=batch * 1000 + 1000).map(apart));
    }
    assert!(world.held() <= 2000, "{}", world.held());
    world.publish(Notification {
        msisdn: other_phone(1),
        ..status("other")
    });
    assert_eq!(world.one_sent().operator, BEELINE);
    world.smsc(UCELL).sessions = 1;
    world.smsc(UCELL).room = 700;
    let sent = drain(&mut world);
    assert!(sent.iter().map(Sent::message).eq(1..=20_000));
}

#[test]
fn what_comes_during_a_backlog_does_not_jump_over_what_stands_in_the_journal() {
    let mut world = World::new();
    world.smsc(UCELL).room = 0;
    for batch in 0..4 {
        world.publish_all((batch * 1000 + 1..=batch * 1000 + 1000).map(apart));
    }
    world.smsc(UCELL).room = 300;
    world.beat();
    let mut sent = answer_all(&mut world);
    world.publish_all((5001..=5100).map(apart));
    sent.extend(answer_all(&mut world));
    sent.extend(drain(&mut world));
    assert!(sent.iter().map(Sent::message).eq(1..=4100));
}

/// Publishes ten thousand messages, which go nowhere meanwhile.
fn pile_up(world: &mut World) {
    world.smsc(UCELL).room = 0;
    for batch in 1..=10 {
        world.publish_all((batch * 1000..batch * 1000 + 1000).map(apart));
    }
}

/// How many messages go out before the last of these has gone.
fn place_of_last(world: &mut World, is_one: impl Fn(&Sent) -> bool) -> usize {
    world.smsc(UCELL).room = 700;
    let sent = drain(world);
    assert!(sent.len() >= 10_000, "{}", sent.len());
    sent.iter().rposition(is_one).unwrap()
}

#[test]
fn what_has_to_be_sent_again_does_not_wait_behind_all_that_stands_in_the_journal() {
    let ends: [End; 4] = [
        World::give_back,
        World::lose,
        |world, sent| world.refuse(sent, Status::RTHROTTLED),
        |world, sent| world.refuse(sent, Status::RSYSERR),
    ];
    for end in ends {
        let mut world = World::new();
        pile_up(&mut world);
        world.smsc(UCELL).room = 10;
        world.beat();
        let oldest = world.sent();
        world.smsc(UCELL).room = 0;
        oldest.iter().for_each(|sent| end(&mut world, sent));
        world.advance(2 * MINUTE);
        world.advance(2 * MINUTE);
        let last = place_of_last(&mut world, |sent| sent.message() <= 10);
        assert!(last < 2000, "behind {last}");
    }
}

#[test]
fn what_was_deferred_goes_when_it_may_and_not_behind_all_that_stands_in_the_journal() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(1, 10 * MINUTE)]);
    world.publish_all([
        apart(1),
        Notification {
            msisdn: phone(1),
            ..apart(2)
        },
    ]);
    assert_eq!(answer_all(&mut world).len(), 1);
    pile_up(&mut world);
    world.advance(11 * MINUTE);
    let last = place_of_last(&mut world, |sent| sent.message() == 2);
    assert!(last <= 2000, "behind {last}");
}

#[test]
fn a_backlog_survives_a_restart_in_the_midst() {
    let mut world = World::new();
    world.smsc(UCELL).room = 500;
    for batch in 0..5 {
        world.publish_all((batch * 1000 + 1..=batch * 1000 + 1000).map(apart));
    }
    let before = answer_all(&mut world);
    world.restart();
    let after = drain(&mut world);
    world.advance(MINUTE);
    let repeated = drain(&mut world);
    let all: HashSet<u64> = before
        .iter()
        .chain(&after)
        .chain(&repeated)
        .map(Sent::message)
        .collect();
    assert_eq!(all.len(), 5000);
    assert!(repeated.len() <= before.len(), "{}", repeated.len());
}

#[test]
fn urgent_messages_pass_a_backlog() {
    let mut world = World::new();
    world.smsc(UCELL).room = 0;
    for batch in 0..5 {
        world.publish_all((batch * 1000 + 1..=batch * 1000 + 1000).map(apart));
    }
    world.publish(Notification {
        priority: Priority::Urgent,
        ..status("urgent")
    });
    world.smsc(UCELL).room = 1;
    world.beat();
    assert_eq!(world.one_sent().message(), 5001);
}

#[test]
fn agencies_take_turns_however_much_one_of_them_sends() {
    let mut world = World::new();
    world.smsc(UCELL).room = 0;
    world.publish_all((1..=1000).map(apart));
    world.publish_all((2000..2010).map(|n| Notification {
        key: key("adliya", &format!("{n}")),
        ..apart(n)
    }));
    world.smsc(UCELL).room = 20;
    world.beat();
    let of_adliya = world
        .sent()
        .iter()
        .filter(|sent| sent.message() > 1000)
        .count();
    assert_eq!(of_adliya, 10);
}

/// The n-th message of an agency.
fn of(agency: &str, n: u32) -> Notification {
    Notification {
        key: key(agency, &format!("{agency}-{n}")),
        ..apart(n)
    }
}

/// How many of these are of an agency whose messages' numbers are in this range.
fn among(sent: &[Sent], numbers: std::ops::RangeInclusive<u64>) -> usize {
    let of = |it: &&Sent| numbers.contains(&it.message());
    sent.iter().filter(of).count()
}

#[test]
fn what_stands_in_the_journal_of_one_agency_does_not_hold_up_another() {
    let mut world = World::new();
    world.smsc(UCELL).room = 0;
    for batch in 0..6 {
        let numbers = batch * 1000 + 1..=batch * 1000 + 1000;
        world.publish_all(numbers.map(|n| of("kadastr", n)));
    }
    world.publish_all((7001..=7010).map(|n| of("adliya", n)));
    world.restart();
    world.smsc(UCELL).room = 20;
    world.beat();
    let sent = world.sent();
    assert_eq!(among(&sent, 1..=6000), 10);
    assert_eq!(among(&sent, 6001..=6010), 10);
    assert!(world.held() < 5000, "{}", world.held());
}

/// Of kadastr and of adliya wait 4,000 each, and a hundred go each round.
fn backlogs_of_two(world: &mut World) {
    world.smsc(UCELL).room = 0;
    for batch in 0..4 {
        let numbers = batch * 1000 + 1..=batch * 1000 + 1000;
        world.publish_all(numbers.clone().map(|n| of("kadastr", n)));
        world.publish_all(numbers.map(|n| of("adliya", 10_000 + n)));
    }
    world.smsc(UCELL).room = 100;
}

/// How many of each go in a round.
fn round(world: &mut World) -> [u32; 2] {
    world.steady = world.steady.after(SECOND / 100);
    world.beat();
    let mut got = [0; 2];
    for sent in answer_all(world) {
        let of_adliya = (sent.message() - 1) / 1000 % 2;
        got[usize::try_from(of_adliya).unwrap()] += 1;
    }
    got
}

#[test]
fn agencies_share_a_lane_by_weight_as_long_as_both_have_a_backlog() {
    let mut world = World::with(|settings| {
        let weights = &mut settings.rules.sharing.weights;
        weights.insert(AgencyKey::of("adliya"), 3);
    });
    backlogs_of_two(&mut world);
    for _ in 0..50 {
        assert_eq!(round(&mut world), [25, 75]);
    }
}

#[test]
fn a_weight_that_staff_sets_holds_at_once_for_what_waits() {
    let mut world = World::new();
    backlogs_of_two(&mut world);
    let weigh = |world: &mut World, weight| {
        let agency = "adliya".to_owned();
        let done = world.give(Order::Weigh { agency, weight });
        // What was given turns before goes by the weight of then.
        round(world);
        assert!(done().is_some_and(|done| done.is_ok()));
    };
    assert_eq!(round(&mut world), [50, 50]);
    for (weight, shares) in [(3, [25, 75]), (9, [10, 90]), (1, [50, 50])] {
        weigh(&mut world, weight);
        for _ in 0..10 {
            assert_eq!(round(&mut world), shares);
        }
    }
}

#[test]
fn an_urgent_message_waits_for_a_turn_of_the_others_at_most_however_much_of_them_waits() {
    let mut world = World::new();
    world.smsc(UCELL).room = 0;
    for batch in 0..6 {
        let numbers = batch * 1000 + 1..=batch * 1000 + 1000;
        world.publish_all(numbers.map(|n| Notification {
            priority: [Priority::Normal, Priority::Bulk][n as usize % 2],
            ..apart(n)
        }));
    }
    // A link of 100 messages a second.
    let turn = SECOND / 100;
    let mut longest = Duration::ZERO;
    let mut published = VecDeque::new();
    for n in 0..700_u32 {
        if n % 7 == 0 {
            world.bring(vec![Incoming::StatusChanged(Notification {
                priority: Priority::Urgent,
                ..apart(100_000 + n)
            })]);
            published.push_back(world.steady);
        }
        world.steady = world.steady.after(turn);
        world.smsc(UCELL).room = 1;
        world.beat();
        let sent = answer_all(&mut world);
        assert_eq!(sent.len(), 1);
        if sent[0].submission.urgent {
            longest = longest.max(world.steady.since(published.pop_front().unwrap()));
        }
    }
    assert!(published.len() <= 1 && longest <= 2 * turn, "{longest:?}");
}

#[test]
fn a_thread_that_is_held_up_neither_fills_memory_nor_keeps_the_pipeline_awake() {
    let mut world = World::new();
    world.publish(status("first"));
    let first = world.one_sent();
    world.time_out(&first);
    for batch in 0..5 {
        world.publish_all((0..1000).map(|n| status(&format!("{batch}-{n}"))));
        world.calm();
    }
    assert!(world.held() <= 2001, "{}", world.held());
    assert!(world.wait() > SECOND / 2, "{:?}", world.wait());
    world.advance(30 * SECOND);
    let newest = world.one_sent();
    assert_eq!(newest.message(), 5001, "the newest of the thread");
    world.accept(&newest, "A");
    world.calm();
    assert_eq!(world.unsettled(), 1);
}

#[test]
fn a_whole_window_that_expires_makes_room_for_what_comes_after() {
    let mut world = World::new();
    world.smsc(UCELL).sessions = 0;
    let soon = Some(START.after(MINUTE).into());
    for batch in 0..4 {
        let numbers = batch * 1000 + 1..=batch * 1000 + 1000;
        world.publish_all(numbers.map(|n| Notification {
            expires: soon,
            ..apart(n)
        }));
    }
    world.publish_all((5001..=5010).map(apart));
    world.advance(2 * MINUTE);
    assert_eq!(world.unsettled(), 10);
    world.smsc(UCELL).sessions = 1;
    assert_eq!(drain(&mut world).len(), 10);
}

#[test]
fn a_retry_noted_in_a_beat_that_reads_the_queue_is_not_forgotten() {
    let mut world = World::new();
    world.publish_all([
        apart(1),
        Notification {
            not_before: Some(START.after(10 * SECOND).into()),
            ..apart(2)
        },
    ]);
    let sent = world.one_sent();
    world.steady = world.steady.after(10 * SECOND);
    world.refuse(&sent, Status::RSYSERR);
    assert_eq!(world.one_sent().message(), 2);
    world.advance(10 * SECOND);
    assert_eq!(world.one_sent().message(), 1);
}

#[test]
fn more_deferrals_than_a_beat_takes_do_not_wait_for_the_next_second() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(1, HOUR)]);
    world.publish(Notification {
        application: "1".parse().unwrap(),
        ..status("only")
    });
    world.one_sent();
    let limited = |n: u32, priority| Notification {
        priority,
        msisdn: phone(0),
        ..apart(n)
    };
    world.smsc(UCELL).room = 0;
    world.publish_all((1..=1999).map(|n| limited(n, Priority::Normal)));
    world.publish_all((2001..=3999).map(|n| limited(n, Priority::Bulk)));
    world.publish_all((5001..=5100).map(|n| Notification {
        priority: Priority::Bulk,
        ..apart(n)
    }));
    world.smsc(UCELL).room = 1000;
    let start = world.steady;
    world.calm();
    assert!(!world.sent().is_empty());
    assert!(world.steady.since(start) < SECOND / 10);
}
