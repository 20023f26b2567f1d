//! What counts for a subscriber's limits, as the gateway and the laws have it.

use std::time::Duration;

use xabar_events::Notification;
use xabar_smpp::Status;

use super::world::*;
use crate::pipeline::{Order, Scope};

#[test]
fn which_limit_holds_a_message_is_known_also_by_new_rules() {
    let mut world = World::with(|settings| {
        settings.rules.limits = vec![limit(1, 2 * MINUTE), limit(5, HOUR)];
    });
    let of_thread = |number: u32| Notification {
        application: format!("1000000{number}").parse().unwrap(),
        ..status(&format!("e{number}"))
    };
    world.publish(of_thread(1));
    let sent = world.one_sent();
    world.accept(&sent, "1");
    let held = id(world.publish(of_thread(2)));
    world.beat();
    let named = |world: &mut World| {
        let message = world.journalled(held);
        let told = message.progress.history.last().cloned().unwrap();
        told.limit.map(|it| (it.messages, it.per))
    };
    assert_eq!(named(&mut world), Some((1, 2 * MINUTE)));
    world.reload(|settings| settings.rules.limits = vec![limit(1, HOUR)]);
    world.calm();
    assert_eq!(named(&mut world), Some((1, HOUR)));
}

#[test]
fn a_text_that_is_repeated_whole_counts_again_whatever_its_receipts_said() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(2, HOUR)]);
    world.publish(long_status("long"));
    let sent = world.sent();
    world.refuse(&sent[0], Status::RTHROTTLED);
    sent[1..].iter().for_each(|sent| world.time_out(sent));
    // It is of a segment without an answer, and says neither of which text nor of which segment.
    world.bring_receipt(&sent[1], "1", "DELIVRD");
    world.advance(2 * MINUTE);
    let again = world.sent();
    assert_eq!(again.len(), sent.len(), "all of it");
    again.iter().for_each(|sent| world.accept(sent, "2"));
    world.publish(Notification {
        application: "10000001".parse().unwrap(),
        ..status("other")
    });
    for minute in 3..60 {
        world.steady = START.after(minute * MINUTE);
        world.calm();
        let now = world.now();
        world.laws.pass(&now, true);
    }
    assert_eq!(world.sent().len(), 0);
    world.steady = START.after(HOUR);
    world.calm();
    assert_eq!(world.one_sent().message(), 2);
}

/// A text of which the operator takes all but the last segment; there is no room for that.
fn all_but_the_last_segment(world: &mut World) -> Sent {
    world.publish(long_status("e1"));
    let mut sent = world.sent();
    let last = sent.pop().unwrap();
    sent.iter().for_each(|it| world.accept(it, "A"));
    world.smsc(UCELL).room = 0;
    world.refuse(&last, Status::RTHROTTLED);
    world.advance(10 * SECOND);
    last
}

#[test]
fn the_rest_of_a_text_is_no_message_more() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(2, HOUR)]);
    all_but_the_last_segment(&mut world);
    world.smsc(UCELL).room = 10;
    world.calm();
    let rest = world.one_sent();
    world.accept(&rest, "B");
    world.publish(super::unnamed::second());
    world.one_sent();
}

#[test]
fn the_refusal_of_the_rest_of_a_text_takes_back_nothing_that_went_in_the_same_millisecond() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(2, HOUR)]);
    let last = all_but_the_last_segment(&mut world);
    world.publish(super::unnamed::second());
    world.smsc(UCELL).room = 10;
    world.beat();
    let sent = world.sent();
    assert_eq!(sent.len(), 2);
    let rest = sent.iter().find(|it| it.message() == last.message());
    world.refuse(rest.unwrap(), Status::RTHROTTLED);
    world.publish(Notification {
        application: "3".parse().unwrap(),
        ..status("e3")
    });
    assert!(world.sent().is_empty());
}

#[test]
fn limits_that_staff_sets_hold_for_what_waits_and_for_what_comes() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(1, HOUR)]);
    for number in 1..=3 {
        world.publish(of(number));
    }
    assert_eq!(goes(&mut world), 1);
    world.limit(vec![limit(2, HOUR)]);
    assert_eq!(goes(&mut world), 1, "one of those that wait");
    world.publish(of(4));
    assert_eq!(goes(&mut world), 0);
    world.restart();
    world.advance(SECOND);
    assert_eq!(goes(&mut world), 0, "what counted counts");
    world.limit(Vec::new());
    assert_eq!(goes(&mut world), 2);
}

#[test]
fn agencies_take_turns_at_a_subscribers_limit_whatever_they_are_called() {
    for (many, one) in [("kadastr", "soliq"), ("soliq", "kadastr")] {
        let mut world = World::with(|settings| {
            settings.rules.limits = vec![limit(1, 2 * MINUTE)];
        });
        let from = |agency: &str, number| Notification {
            key: key(agency, &format!("{agency}-{number}")),
            ..of(number)
        };
        world.publish_all((1..=10).map(|number| from(many, number)));
        world.publish(from(one, 11));
        assert_eq!(goes(&mut world), 1);
        for _ in 0..2 {
            world.advance(2 * MINUTE);
            assert_eq!(goes(&mut world), 1);
        }
        let story = world.story(&format!("{one}-11"));
        assert_eq!(story.last().unwrap(), "submitted", "{one}");
        // After a restart turns begin anew, with the oldest.
        world.publish_all((12..=15).map(|number| from(one, number)));
        world.restart();
        for _ in 0..8 {
            world.advance(2 * MINUTE);
            assert_eq!(goes(&mut world), 1);
        }
        let of_one = |it: &&xabar_events::Outcome<'_>| {
            it.state == xabar_events::State::Submitted && it.event.starts_with(one)
        };
        let gone = world.outcomes.iter().filter(of_one).count();
        assert_eq!(gone, 5, "{one}");
    }
}

#[test]
fn what_was_put_off_goes_in_the_turn_of_another_agency_that_tries_again() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(1, HOUR)]);
    // Too soon for anybody to be told.
    world.publish(Notification {
        not_before: Some(START.after(MINUTE / 2).into()),
        ..of(1)
    });
    world.publish(Notification {
        key: key("soliq", "tried"),
        ..of(2)
    });
    let tried = world.one_sent();
    world.smsc(UCELL).room = 0;
    world.refuse(&tried, Status::RTHROTTLED);
    world.advance(20 * SECOND);
    world.publish(apart(1));
    world.advance(MINUTE);
    world.smsc(UCELL).room = 1;
    world.beat();
    assert_eq!(world.one_sent().message(), 1, "the oldest of the two");
}

/// To the same subscriber, each of another application.
fn of(number: u32) -> Notification {
    Notification {
        application: (10_000_000 + number).to_string().parse().unwrap(),
        ..status(&format!("of-{number}"))
    }
}

/// How many go by now.
fn goes(world: &mut World) -> usize {
    let sent = world.sent();
    sent.iter()
        .for_each(|sent| world.accept(sent, &sent.message().to_string()));
    sent.len()
}

#[test]
fn what_went_under_the_configured_limits_counts_when_they_come_back_whatever_was_set_meanwhile() {
    let configured = vec![limit(3, 10 * MINUTE)];
    let meanwhile = [vec![limit(5, SECOND)], Vec::new()];
    for (set, restarts) in meanwhile
        .into_iter()
        .flat_map(|set| [(set.clone(), false), (set, true)])
    {
        let mut world = World::with(|settings| {
            settings.rules.limits.clone_from(&configured);
            settings.rules.configured_limits.clone_from(&configured);
        });
        world.publish_all((1..=2).map(of));
        assert_eq!(goes(&mut world), 2);
        assert_eq!(world.limit(set.clone()), None);
        world.advance(2 * SECOND);
        if restarts {
            world.restart();
            world.advance(SECOND);
        }
        world.publish(of(3));
        assert_eq!(goes(&mut world), 1);
        assert_eq!(world.limit(configured.clone()), None);
        world.publish_all((4..=5).map(of));
        world.advance(MINUTE);
        assert_eq!(goes(&mut world), 0, "{set:?}, restarts: {restarts}");
        world.restart();
        world.advance(MINUTE);
        assert_eq!(
            goes(&mut world),
            0,
            "{set:?}, restarts: {restarts}, and once more"
        );
    }
}

#[test]
fn what_is_set_after_there_was_no_limit_counts_what_the_journal_knows_also_for_what_waits() {
    let limits = vec![limit(1, HOUR)];
    let mut world = World::with(|settings| settings.rules.limits.clone_from(&limits));
    world.publish(of(1));
    assert_eq!(goes(&mut world), 1);
    world.limit(Vec::new());
    // By the file, which has no limits.
    world.restart();
    world.order(Order::Pause(Scope::default())).unwrap();
    world.publish(of(2));
    assert_eq!(world.limit(limits), Some(limit(0, Duration::ZERO)));
    world.order(Order::Resume(Scope::default())).unwrap();
    world.advance(MINUTE);
    assert_eq!(goes(&mut world), 0);
}

#[test]
fn limits_that_look_further_back_than_what_is_remembered_say_how_far_that_is() {
    let mut world = World::with(|settings| {
        settings.rules.limits = vec![limit(3, 10 * MINUTE)];
        settings.rules.lag = SECOND;
    });
    let day = vec![limit(10, 24 * HOUR)];
    assert_eq!(world.limit(vec![limit(5, SECOND)]), None);
    let remembered = world.limit(day.clone());
    assert_eq!(remembered.map(|it| it.per), Some(10 * MINUTE));
    assert_eq!(world.limit(day), None, "from now on it does");
}
