//! The stages of messages that are traced.

use std::num::NonZeroU64;

use xabar_events::{Notification, Reason, State, Trace, Traceparent};
use xabar_smpp::Status;

use super::world::*;
use crate::pipeline::Settings;
use crate::traces::{Answer, Sampling, Stage, What};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A gateway that traces what its agencies trace.
fn tracing_with(set: impl FnOnce(&mut Settings)) -> World {
    World::with(|settings| {
        settings.traced = Some(Sampling::default());
        set(settings);
    })
}

fn traced(id: &str) -> Notification {
    Notification {
        trace: Trace::read(Some(PARENT), None),
        ..status(id)
    }
}

/// What each stage was, and the milliseconds from the start to its beginning and its end.
fn stages(world: &World) -> Vec<(String, i64, i64)> {
    let of = |stage: &Stage| {
        let what = match &stage.what {
            What::Message { state, reason, .. } => format!("message {state} {reason:?}"),
            What::Intake => "intake".to_owned(),
            What::Wait { reason } => format!("wait {reason:?}"),
            What::Submit {
                attempt, answer, ..
            } => format!("submit {attempt} {answer:?}"),
            What::Receipt { state, .. } => format!("receipt {state}"),
        };
        (what, stage.from.0 - START.0, stage.to.0 - START.0)
    };
    world.stages.iter().map(of).collect()
}

fn expected(stages: &[(&str, i64, i64)]) -> Vec<(String, i64, i64)> {
    let owned = |(what, from, to): &(&str, i64, i64)| ((*what).to_owned(), *from, *to);
    stages.iter().map(owned).collect()
}

#[test]
fn a_life_is_its_stages_from_the_intake_to_the_receipt() {
    let mut world = tracing_with(|_| {});
    world.publish(traced("e1"));
    let sent = world.one_sent();
    world.steady = world.steady.after(SECOND);
    world.accept(&sent, "a1");
    world.steady = world.steady.after(2 * SECOND);
    world.receipt(&sent, "a1", "DELIVRD");
    assert_eq!(
        stages(&world),
        expected(&[
            ("intake", 0, 0),
            ("wait None", 0, 0),
            ("submit 1 Accepted", 0, 1000),
            ("receipt delivered", 1000, 3000),
            ("message delivered None", 0, 3000),
        ])
    );
    let parent: Traceparent = PARENT.parse().unwrap();
    for stage in &world.stages {
        assert_eq!(stage.trace.trace, parent.trace_id());
        assert_eq!(stage.trace.before, Some(parent.parent_id()));
        for outcome in &world.outcomes {
            let below = parent.below(stage.trace.message);
            assert_eq!(outcome.traceparent, Some(below));
        }
    }
}

#[test]
fn what_was_refused_waits_with_its_reason_and_a_restart_loses_no_stage() {
    let mut world = tracing_with(|settings| settings.retry.first = 5 * MINUTE);
    world.publish(traced("e1"));
    let sent = world.one_sent();
    world.refuse(&sent, Status::RSYSERR);
    world.restart();
    world.advance(HOUR);
    world.one_sent();
    world.restart();
    world.advance(HOUR);
    let names: Vec<_> = stages(&world).into_iter().map(|(what, ..)| what).collect();
    let refused = format!("submit 1 {:?}", Answer::Refused(Status::RSYSERR));
    let waited = format!("wait {:?}", Some(Reason::Retry));
    let expected = ["intake", "wait None", &refused, &waited, "submit 2 Missing"];
    assert_eq!(names[..5], expected);
}

#[test]
fn a_pause_that_is_not_told_is_no_wait() {
    let mut world = tracing_with(|_| {});
    world.publish(traced("e1"));
    let sent = world.one_sent();
    world.refuse(&sent, Status::RSYSERR);
    world.advance(MINUTE);
    let again = world.one_sent();
    world.accept(&again, "a1");
    let names: Vec<_> = stages(&world).into_iter().map(|(what, ..)| what).collect();
    let refused = format!("submit 1 {:?}", Answer::Refused(Status::RSYSERR));
    assert_eq!(
        names,
        ["intake", "wait None", &refused, "submit 2 Accepted"]
    );
}

#[test]
fn an_answer_to_a_citizen_is_in_no_trace() {
    let mut world = tracing_with(|settings| {
        settings.traced = Some(Sampling {
            one_in: NonZeroU64::new(1),
        });
    });
    world.writes(phone(0), "help");
    world.calm();
    world.one_sent();
    assert_eq!(stages(&world), []);
}

#[test]
fn what_never_goes_out_is_traced_to_its_end() {
    let mut world = tracing_with(|_| {});
    world.publish(Notification {
        not_before: Some(START.after(HOUR).into()),
        ..traced("e1")
    });
    world.advance(MINUTE);
    world.cancel("e1");
    let last: Vec<_> = stages(&world).split_off(2);
    assert_eq!(
        last,
        expected(&[
            ("wait Some(Scheduled)", 0, 60_000),
            ("message cancelled Some(Event)", 0, 60_000),
        ])
    );
}

#[test]
fn a_message_that_another_operator_delivers_has_a_receipt_of_each() {
    let mut world = tracing_with(|settings| {
        settings.operators[0].fallback = vec!["beeline".into()];
        settings.retry.undelivered_elsewhere = true;
    });
    world.publish(traced("e1"));
    for (id, stat) in [("7", "UNDELIV"), ("9", "DELIVRD")] {
        let sent = world.one_sent();
        world.accept(&sent, id);
        world.receipt(&sent, id, stat);
        world.calm();
    }
    let receipts: Vec<_> = world
        .stages
        .iter()
        .filter_map(|stage| match &stage.what {
            What::Receipt {
                operator, state, ..
            } => Some((*operator, *state)),
            _ => None,
        })
        .collect();
    assert_eq!(
        receipts,
        [(UCELL, State::Failed), (BEELINE, State::Delivered)]
    );
}

#[test]
fn only_what_is_sampled_is_traced_and_the_rest_hands_its_trace_on_as_it_came() {
    let not_sampled = PARENT.replace("-01", "-00");
    let mut world = tracing_with(|_| {});
    world.publish(Notification {
        trace: Trace::read(Some(&not_sampled), None),
        ..status("e1")
    });
    world.publish(status("e2"));
    world.writes(phone(0), "help");
    world.calm();
    assert_eq!(stages(&world), []);
    let [first, second, ..] = &world.outcomes[..] else {
        panic!("two were accepted")
    };
    assert_eq!(first.traceparent, not_sampled.parse().ok());
    assert_eq!(second.traceparent, None);
}

#[test]
fn a_part_of_those_without_a_trace_begins_one_that_their_outcomes_tell() {
    let mut world = tracing_with(|settings| {
        settings.traced = Some(Sampling {
            one_in: NonZeroU64::new(4),
        });
    });
    world.publish_all((0..400).map(apart));
    let began: Vec<_> = world
        .outcomes
        .iter()
        .filter(|outcome| outcome.state == State::Accepted)
        .filter_map(|outcome| outcome.traceparent)
        .collect();
    assert!((60..140).contains(&began.len()), "{}", began.len());
    let taken_in = world.stages.iter().filter(|it| it.what == What::Intake);
    let ids = taken_in.map(|stage| (stage.trace.trace, stage.trace.message));
    let told = began.iter().map(|it| (it.trace_id(), it.parent_id()));
    assert_eq!(ids.collect::<Vec<_>>(), told.collect::<Vec<_>>());
}
