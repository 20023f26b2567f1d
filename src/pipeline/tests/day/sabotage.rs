//! Tests of the test: for each rule a gateway that breaks it, and a day that notices.

use std::collections::HashMap;
use std::time::Duration;

use xabar_events::{Notification, Priority};
use xabar_smpp::Status;

use super::super::laws::Laws;
use super::super::random::night;
use super::super::world::*;
use super::Day;
use crate::clock::{Now, UnixMillis};
use crate::delivery::{Directive, Event, Submission};
use crate::journal::{Changes, Lane, OperatorId};
use crate::pacing::Rules;
use crate::pipeline::{Effects, Inputs};

fn day(saboteur: impl Saboteur + 'static) {
    let mut day = Day::new(7, 2_000);
    day.world.saboteur = Some(Box::new(saboteur));
    day.run();
}

/// A day on which the gateway goes by other rules than it should.
fn day_under(rules: impl FnOnce(&mut Rules)) {
    let mut day = Day::new(7, 2_000);
    let mut settings = day.world.settings.clone();
    rules(&mut settings.rules);
    day.world.laws = Laws::new(&settings);
    day.run();
}

#[test]
#[should_panic(expected = "an outcome is left out")]
fn an_outcome_that_is_never_told_is_noticed() {
    struct Silence(u64);
    impl Saboteur for Silence {
        fn effects(&mut self, _: &Now, changes: &mut Changes, _: &mut Effects) {
            changes.outgoing.retain(|_| {
                self.0 += 1;
                self.0 != 100
            });
        }
    }
    day(Silence(0));
}

#[test]
#[should_panic(expected = "a segment is submitted once an attempt")]
fn a_submission_that_goes_out_twice_is_noticed() {
    struct Echo;
    impl Saboteur for Echo {
        fn effects(&mut self, _: &Now, _: &mut Changes, effects: &mut Effects) {
            for directive in effects.directives.values_mut() {
                directive
                    .submissions
                    .extend(directive.submissions.first().cloned());
            }
        }
    }
    day(Echo);
}

#[test]
#[should_panic(expected = "in 600s before")]
fn one_message_too_many_for_a_subscriber_is_noticed() {
    day_under(|rules| rules.limits = vec![limit(2, 10 * MINUTE)]);
}

#[test]
#[should_panic(expected = "at night")]
fn a_message_in_quiet_hours_is_noticed() {
    day_under(|rules| {
        let mut earlier = night();
        earlier.from = jiff::civil::Time::constant(9, 30, 0, 0);
        rules.quiet_hours = Some(earlier);
    });
}

#[test]
#[should_panic(expected = "is under way")]
fn a_status_that_does_not_wait_for_the_one_before_is_noticed() {
    /// Says that all is answered as soon as it is submitted.
    #[derive(Default)]
    struct Haste(Vec<(OperatorId, Event)>);
    impl Saboteur for Haste {
        fn inputs(&mut self, inputs: &mut Inputs) {
            for report in &mut inputs.reports {
                let (now, others) = std::mem::take(&mut self.0)
                    .into_iter()
                    .partition(|it| it.0 == report.operator);
                self.0 = others;
                let now: Vec<(OperatorId, Event)> = now;
                report
                    .events
                    .extend(now.into_iter().map(|(_, event)| event));
            }
        }

        fn effects(&mut self, _: &Now, _: &mut Changes, effects: &mut Effects) {
            for (operator, directive) in &effects.directives {
                let answers = directive
                    .submissions
                    .iter()
                    .map(|submission| Event::Answered {
                        token: submission.token,
                        class: crate::delivery::usual(Status::ROK),
                        status: Status::ROK,
                        smsc_id: Box::default(),
                    });
                self.0.extend(answers.map(|answer| (*operator, answer)));
            }
        }
    }
    let mut world = World::new();
    world.saboteur = Some(Box::new(Haste::default()));
    world.publish(status("first"));
    world.publish(Notification {
        time: world.wall().after(SECOND).into(),
        ..status("second")
    });
}

/// Keeps what is of one lane for a while.
struct Neglect {
    of: Lane,
    lasts: Duration,
    lanes: HashMap<u64, Lane>,
    kept: Vec<(UnixMillis, OperatorId, Submission)>,
}

impl Neglect {
    fn of(of: Lane, lasts: Duration) -> Self {
        Self {
            of,
            lasts,
            lanes: HashMap::new(),
            kept: Vec::new(),
        }
    }
}

impl Saboteur for Neglect {
    fn effects(&mut self, now: &Now, changes: &mut Changes, effects: &mut Effects) {
        for message in &changes.accepted {
            self.lanes.insert(message.id.0, message.lane);
        }
        let neglected =
            |submission: &Submission| self.lanes.get(&submission.token.message.0) == Some(&self.of);
        for (operator, directive) in &mut effects.directives {
            let kept = directive.submissions.extract_if(.., |it| neglected(it));
            self.kept.extend(kept.map(|it| (now.steady, *operator, it)));
        }
        let due = self
            .kept
            .extract_if(.., |(since, ..)| since.after(self.lasts) <= now.steady);
        for (since, operator, mut submission) in due {
            submission.validity -= now.steady.since(since);
            let directive: &mut Directive = effects.directives.entry(operator).or_default();
            directive.submissions.push(submission);
        }
    }
}

#[test]
#[should_panic(expected = "go before an urgent one")]
fn an_urgent_message_that_is_kept_waiting_is_noticed() {
    day(Neglect::of(Lane::Urgent, MINUTE));
}

#[test]
#[should_panic(expected = "are bulk")]
fn bulk_that_is_shut_out_is_noticed() {
    let mut day = Day::new(7, 2_000);
    day.agencies.soon(Priority::Bulk, 400);
    day.world.saboteur = Some(Box::new(Neglect::of(Lane::Bulk, 24 * HOUR)));
    day.run();
}
