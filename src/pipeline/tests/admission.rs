//! What happens at the door, and what agencies are told.

use xabar_events::{Event as Incoming, Notification, Priority, Trace};
use xabar_smpp::Status;

use super::world::*;
use crate::intake::Verdict;

#[test]
fn an_event_becomes_one_submission_and_is_told_delivered_by_its_receipt() {
    let mut world = World::new();
    world.publish(status("e1"));
    let sent = world.one_sent();
    assert_eq!(sent.submission.validity, 72 * HOUR);
    world.accept(&sent, "7F");
    world.receipt(&sent, "7F", "DELIVRD");
    assert_eq!(world.story("e1"), ["accepted", "submitted", "delivered"]);
    let delivered = world.last("e1");
    assert_eq!(delivered.code.as_deref(), Some("DELIVRD 000"));
    assert_eq!(delivered.operator.as_deref(), Some("ucell"));
    assert_eq!(
        (delivered.attempts, delivered.repeats, delivered.segments),
        (1, 0, Some(1))
    );
    world.advance(HOUR);
    assert!(world.sent().is_empty());
    assert_eq!(world.unsettled(), 0);
}

#[test]
fn a_duplicate_is_swallowed_in_one_batch_across_batches_and_after_a_restart() {
    let mut world = World::new();
    let event = || Incoming::StatusChanged(status("e1"));
    world.bring(vec![event(), event()]);
    world.bring(vec![event()]);
    let verdicts = world.beat();
    let first = id(verdicts[0]);
    let duplicate = Verdict::Accepted {
        id: first,
        duplicate: true,
    };
    assert_eq!(verdicts[1..], [duplicate, duplicate]);
    assert_eq!(world.publish(status("e1")), duplicate);
    world.restart();
    assert_eq!(world.publish(status("e1")), duplicate);
    world.one_sent();
    assert_eq!(world.story("e1"), ["accepted"]);
}

#[test]
fn the_same_id_of_another_agency_is_another_event() {
    let mut world = World::new();
    let other = Notification {
        key: key("adliya", "e1"),
        ..status("e1")
    };
    world.publish_all([status("e1"), other]);
    assert_eq!(world.sent().len(), 2);
}

#[test]
fn every_outcome_hands_the_trace_on_and_other_extensions_are_kept() {
    let mut world = World::new();
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let accepted = world.publish(Notification {
        trace: Trace::read(Some(trace), Some("rojo=1")),
        extensions: [("partitionkey", "7")].into_iter().collect(),
        ..status("e1")
    });
    world.restart();
    let sent = world.one_sent();
    world.accept(&sent, "a1");
    world.receipt(&sent, "a1", "DELIVRD");
    assert_eq!(world.story("e1"), ["accepted", "submitted", "delivered"]);
    for outcome in &world.outcomes {
        let parent = outcome.traceparent.map(|it| it.to_string());
        assert_eq!(parent.as_deref(), Some(trace), "{outcome:?}");
        assert_eq!(outcome.tracestate.as_deref(), Some("rojo=1"));
    }
    assert_eq!(
        world.journalled(id(accepted)).content.extensions,
        [("partitionkey".into(), "7".into())]
    );
}

#[test]
fn what_is_no_trace_is_counted_and_its_event_taken_without_it() {
    let mut world = World::new();
    let trace = Trace::read(Some("00-ab-cd-01"), Some("rojo=1"));
    world.publish(Notification {
        trace,
        ..status("e1")
    });
    world.publish(status("e2"));
    assert_eq!(world.tally().malformed_traces, 1);
    assert_eq!(world.story("e1"), ["accepted"]);
    assert_eq!(world.outcomes[0].traceparent, None);
    assert_eq!(world.outcomes[0].tracestate, None);
}

#[test]
fn what_is_to_go_long_after_its_event_has_the_usual_time_from_then_on() {
    let mut world = World::new();
    let begin = START.after(100 * HOUR);
    let accepted = world.publish(Notification {
        not_before: Some(begin.into()),
        expires: None,
        ..status("a")
    });
    let message = world.journalled(id(accepted));
    assert_eq!(message.expires, begin.after(72 * HOUR));
}

#[test]
fn a_withdrawn_event_never_goes_out_even_if_its_cancellation_comes_first() {
    let mut world = World::new();
    let later = |id| Notification {
        not_before: Some(START.after(HOUR).into()),
        ..status(id)
    };
    world.publish(later("after"));
    world.cancel("after");
    world.cancel("overtaken");
    world.publish(status("overtaken"));
    world.bring(vec![
        cancel("kadastr", "together"),
        Incoming::StatusChanged(status("together")),
    ]);
    world.bring(vec![
        Incoming::StatusChanged(status("at once")),
        cancel("kadastr", "at once"),
    ]);
    world.beat();
    world.cancel("remembered");
    world.restart();
    world.publish(status("remembered"));
    world.advance(2 * HOUR);
    assert!(world.sent().is_empty());
    assert_eq!(
        world.story("after"),
        ["accepted", "deferred scheduled", "cancelled event"]
    );
    for id in ["overtaken", "together", "at once", "remembered"] {
        assert_eq!(world.story(id), ["accepted", "cancelled event"], "{id}");
    }
    assert_eq!(world.unsettled(), 0);
}

#[test]
fn a_cancellation_of_what_was_submitted_changes_nothing() {
    let mut world = World::new();
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.cancel("e1");
    world.accept(&sent, "1");
    world.cancel("e1");
    world.receipt(&sent, "1", "DELIVRD");
    world.cancel("e1");
    assert_eq!(world.story("e1"), ["accepted", "submitted", "delivered"]);
}

#[test]
fn what_was_withdrawn_while_under_way_is_never_repeated() {
    let ends: [(End, &str); 4] = [
        (
            |world, sent| world.refuse(sent, Status::RTHROTTLED),
            "failed refused",
        ),
        (|world, sent| world.lose(sent), "unknown uncertain"),
        (|world, sent| world.give_back(sent), "cancelled event"),
        (|world, _| world.restart(), "unknown uncertain"),
    ];
    for (end, told) in ends {
        let mut world = World::new();
        world.publish(status("e1"));
        let sent = world.one_sent();
        world.cancel("e1");
        end(&mut world, &sent);
        world.advance(HOUR);
        assert!(world.sent().is_empty());
        assert_eq!(world.story("e1"), ["accepted", told]);
        assert_eq!(world.unsettled(), 0);
    }
}

#[test]
fn a_status_older_than_one_that_went_is_stale() {
    let mut world = World::new();
    let older = |id| Notification {
        time: START.before(HOUR).into(),
        ..status(id)
    };
    world.publish(status("newer"));
    world.one_sent();
    world.publish(older("stale"));
    world.restart();
    world.publish(older("stale after a restart"));
    assert!(world.sent().is_empty());
    for id in ["stale", "stale after a restart"] {
        assert_eq!(world.story(id), ["accepted", "suppressed stale"]);
    }
}

#[test]
fn a_clock_that_runs_ahead_does_not_make_later_statuses_stale() {
    let mut world = World::new();
    world.publish(Notification {
        time: START.after(24 * HOUR).into(),
        ..status("ahead")
    });
    let sent = world.one_sent();
    world.accept(&sent, "1");
    world.advance(10 * MINUTE);
    world.publish(Notification {
        time: START.after(9 * MINUTE).into(),
        ..status("later")
    });
    assert_eq!(world.one_sent().message(), 2);
    assert_eq!(world.clocks_ahead(), [("kadastr".to_owned(), 1, 1)]);
    assert_eq!(world.clocks_ahead(), []);
}

#[test]
fn what_no_operator_carries_or_nobody_can_word_ends_at_once() {
    let mut world = World::new();
    let foreign = "79031234567".parse().unwrap();
    world.publish(Notification {
        msisdn: foreign,
        ..status("foreign")
    });
    let status_without_text = "never-heard-of".parse().unwrap();
    world.publish(Notification {
        status: status_without_text,
        application: "1".parse().unwrap(),
        ..status("wordless")
    });
    world.publish(Notification {
        expires: Some(START.into()),
        ..status("late")
    });
    assert!(world.sent().is_empty());
    assert_eq!(world.story("foreign"), ["accepted", "failed no-route"]);
    assert_eq!(world.story("late"), ["accepted", "expired deadline"]);
    assert_eq!(world.unsettled(), 0);
    assert_eq!(
        world.story("wordless"),
        ["accepted", "suppressed no-template"]
    );
}

#[test]
fn only_the_configured_states_are_told() {
    let mut world = World::with(|settings| settings.told = [xabar_events::State::Delivered].into());
    world.publish(Notification {
        priority: Priority::Urgent,
        ..status("e1")
    });
    let sent = world.one_sent();
    assert!(world.outcomes.is_empty());
    world.accept(&sent, "1");
    assert!(world.outcomes.is_empty());
}
