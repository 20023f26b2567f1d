//! Tests of the test: for each rule a gateway that breaks it, and a day that notices.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use xabar_events::{Event as Incoming, EventKey, Priority};
use xabar_smpp::receipt::Detection;
use xabar_smpp::{Frame, Status};
use xabar_ussd::is_ussd;

use super::super::campaigns::Haste;
use super::super::laws::Laws;
use super::super::random::night;
use super::super::world::*;
use super::agencies::{AGENCIES, CAMPAIGNING, FAVOURED, INSISTENT, LIMITED, name, subscriber};
use super::rules::list;
use super::{DAY, Day};
use crate::clock::{Now, UnixMillis};
use crate::delivery::receipt::{Inbound, inbound};
use crate::delivery::{Answer, Directive, Event, SessionKey, Submission, Token};
use crate::journal::{Changes, Lane, Message, MessageId, OperatorId};
use crate::numbers::Lists;
use crate::pacing::{Rules, UrgentRight};
use crate::pipeline::{Effects, Inputs, Settings};

pub(super) fn day(saboteur: impl Saboteur + 'static) {
    let mut day = Day::new(7, 2_000);
    day.world.saboteur = Some(Box::new(saboteur));
    day.run();
}

/// A day on which the gateway goes by other rules than it should.
fn day_under(rules: impl FnOnce(&mut Rules)) {
    day_of(Day::new(7, 2_000), rules);
}

/// The same, with much that one agency has to say.
fn busy_day_under(agency: u64, priority: Priority, rules: impl FnOnce(&mut Rules)) {
    let mut day = Day::new(7, 2_000);
    day.agencies.soon(agency, priority, 300);
    day_of(day, rules);
}

fn day_of(mut day: Day, rules: impl FnOnce(&mut Rules)) {
    let mut settings = day.world.settings.clone();
    rules(&mut settings.rules);
    day.world.laws = Laws::new(&settings);
    day.run();
}

/// A day whose gateway does not know of all that it should go by.
pub(super) fn day_without(forget: impl FnOnce(&mut Settings)) {
    let mut day = Day::new(7, 2_000);
    forget(&mut day.world.settings);
    day.world.restart();
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
#[should_panic(expected = "some messages never come to their end")]
fn a_message_that_is_forgotten_is_noticed() {
    /// Never writes the first message, though the gateway thinks so.
    #[derive(Default)]
    struct Oblivion(Option<MessageId>);
    impl Saboteur for Oblivion {
        fn effects(&mut self, _: &Now, changes: &mut Changes, effects: &mut Effects) {
            let mut of_agencies = changes.accepted.iter().filter(|it| !it.is_answer());
            self.0 = self.0.or_else(|| Some(of_agencies.next()?.id));
            for directive in effects.directives.values_mut() {
                let submissions = &mut directive.submissions;
                submissions.retain(|it| self.0 != Some(it.token.message));
            }
        }
    }
    let mut day = Day::new(7, 100);
    day.deaths.clear();
    // Receipts are waited for for three days.
    day.patience = 4 * DAY;
    day.world.saboteur = Some(Box::new(Oblivion::default()));
    day.run();
}

#[test]
#[should_panic(expected = " again")]
fn a_repeat_without_need_is_noticed() {
    /// Says that what was written was not.
    #[derive(Default)]
    struct Denial(Vec<(OperatorId, Token)>);
    impl Saboteur for Denial {
        fn inputs(&mut self, _: &Now, inputs: &mut Inputs) {
            for report in &mut inputs.reports {
                let of_it = |it: &mut (OperatorId, Token)| it.0 == report.operator;
                let denied = self.0.extract_if(.., of_it);
                report
                    .events
                    .extend(denied.map(|(_, token)| Event::Returned(token)));
            }
        }

        fn effects(&mut self, _: &Now, _: &mut Changes, effects: &mut Effects) {
            for (operator, directive) in &effects.directives {
                let tokens = directive.submissions.iter().map(|it| it.token);
                self.0.extend(tokens.map(|token| (*operator, token)));
            }
        }
    }
    day(Denial::default());
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
#[should_panic(expected = "00s before")]
fn an_urgent_message_too_many_is_noticed_where_limits_hold_those_too() {
    let mut day = Day::new(7, 2_000);
    day.agencies.soon(0, Priority::Urgent, 100);
    let mut settings = day.world.settings.clone();
    settings.rules.urgent_limited = true;
    day.world.laws = Laws::new(&settings);
    day.run();
}

#[test]
#[should_panic(expected = "go as soon as the morning begins")]
fn a_herd_in_the_morning_is_noticed() {
    day_without(|settings| settings.rules.release = Duration::ZERO);
}

#[test]
#[should_panic(expected = "bulk outside of its hours")]
fn bulk_outside_of_its_hours_is_noticed() {
    day_without(|settings| settings.rules.no_bulk = None);
}

#[test]
#[should_panic(expected = "of the campaign in an hour")]
fn a_campaign_that_goes_at_once_is_noticed() {
    day_without(|settings| settings.rules.spreads.clear());
}

#[test]
#[should_panic(expected = "of the agency on this day")]
fn a_quota_that_does_not_hold_is_noticed() {
    let mut day = Day::new(7, 2_000);
    day.agencies.soon(LIMITED, Priority::Normal, 200);
    day.world.settings.rules.daily.clear();
    day.world.restart();
    day.run();
}

#[test]
#[should_panic(expected = "waits longer than its rules ask for")]
fn a_message_that_its_subscribers_limits_hold_up_for_too_long_is_noticed() {
    day_under(|rules| rules.limits = vec![limit(3, 5 * MINUTE)]);
}

#[test]
#[should_panic(expected = "waits longer than its rules ask for")]
fn a_message_that_its_agencys_quota_holds_up_for_too_long_is_noticed() {
    busy_day_under(LIMITED, Priority::Normal, |rules| {
        rules
            .daily
            .values_mut()
            .for_each(|quota| quota.messages *= 2);
    });
}

#[test]
#[should_panic(expected = "waits longer than its rules ask for")]
fn a_night_that_holds_messages_though_there_is_none_is_noticed() {
    day_under(|rules| rules.quiet_hours = None);
}

#[test]
#[should_panic(expected = "waits longer than its rules ask for")]
fn hours_that_hold_bulk_messages_though_it_has_none_are_noticed() {
    day_under(|rules| rules.no_bulk = None);
}

/// A gateway that looks at nothing that waits when its rules change.
#[test]
#[should_panic(expected = "waits longer than its rules ask for")]
fn what_waits_by_the_rules_of_before_is_noticed() {
    let mut day = Day::new(7, 2_000);
    let mut settings = day.world.settings.clone();
    settings.rules.quiet_hours = None;
    while day.world.steady < START.after(14 * HOUR) {
        day.step();
    }
    day.world.laws.go_by(&settings);
    day.run();
}

#[test]
#[should_panic(expected = "turns of the campaign in an hour")]
fn a_campaign_that_goes_too_slowly_is_noticed() {
    busy_day_under(CAMPAIGNING, Priority::Bulk, |rules| {
        rules
            .spreads
            .iter_mut()
            .for_each(|spread| spread.an_hour *= 4);
    });
}

#[test]
#[should_panic(expected = "urgent without a right to it")]
fn an_urgent_message_without_a_right_to_it_is_noticed() {
    day_without(|settings| settings.urgent = UrgentRight::Everyone);
}

#[test]
#[should_panic(expected = "legal without a right to it")]
fn a_legal_message_without_a_right_to_it_is_noticed() {
    day_without(|settings| settings.legal = (0..AGENCIES).map(|it| name(it).into()).collect());
}

#[test]
#[should_panic(expected = "a message to a number that gets nothing")]
fn a_message_to_a_number_that_is_blocked_is_noticed() {
    day_without(|settings| settings.lists = Lists::default());
}

#[test]
#[should_panic(expected = "an answer to a number that gets nothing")]
fn an_answer_to_a_number_that_is_blocked_is_noticed() {
    let mut day = Day::new(7, 2_000);
    day.citizens.soon(1);
    let mut settings = day.world.settings.clone();
    settings.lists.blocked = list(subscriber(100));
    day.world.laws = Laws::new(&settings);
    day.run();
}

#[test]
#[should_panic(expected = "is worth trying")]
fn a_message_that_its_operator_tries_for_too_long_is_noticed() {
    struct Persistence;
    impl Saboteur for Persistence {
        fn effects(&mut self, _: &Now, _: &mut Changes, effects: &mut Effects) {
            for directive in effects.directives.values_mut() {
                for submission in &mut directive.submissions {
                    submission.validity += SECOND;
                }
            }
        }
    }
    day(Persistence);
}

/// Submits a message that is not to go now, as soon as another one goes.
struct Intrusion {
    is_wrong: fn(&Intrusion, &Message, &Now) -> bool,
    accepted: Vec<Message>,
    withdrawn: HashSet<EventKey>,
    submitted: HashMap<MessageId, UnixMillis>,
}

impl Intrusion {
    fn of(is_wrong: fn(&Self, &Message, &Now) -> bool) -> Self {
        Self {
            is_wrong,
            accepted: Vec::new(),
            withdrawn: HashSet::new(),
            submitted: HashMap::new(),
        }
    }

    /// Whether a newer one of its thread went so long ago.
    fn went(&self, newer_than: &Message, now: &Now, ago: fn(Duration) -> bool) -> bool {
        let message = newer_than;
        let newer = self.accepted.iter().filter(|other| {
            other.thread == message.thread
                && other.order() > message.order()
                && message.expires > now.wall
        });
        let mut went = newer.filter_map(|other| self.submitted.get(&other.id));
        went.any(|at| ago(now.steady.since(*at)))
    }
}

impl Saboteur for Intrusion {
    fn inputs(&mut self, _: &Now, inputs: &mut Inputs) {
        for event in inputs.batches.iter().flat_map(|batch| &batch.events) {
            if let Incoming::Cancel(cancel) = event {
                self.withdrawn.insert(cancel.target());
            }
        }
    }

    fn effects(&mut self, now: &Now, changes: &mut Changes, effects: &mut Effects) {
        self.accepted.extend(changes.accepted.iter().cloned());
        for directive in effects.directives.values_mut() {
            let submitted = directive.submissions.iter();
            let submitted = submitted.map(|it| (it.token.message, now.steady));
            self.submitted.extend(submitted);
            let Some(mut intruder) = directive.submissions.first().cloned() else {
                continue;
            };
            let mut accepted = self.accepted.iter();
            let Some(message) = accepted.find(|it| (self.is_wrong)(self, it, now)) else {
                continue;
            };
            intruder.token = Token {
                message: message.id,
                segment: 0,
                attempt: 1,
            };
            intruder.validity = message.expires.since(now.wall).max(MINUTE);
            directive.submissions.push(intruder);
        }
    }
}

#[test]
#[should_panic(expected = "normal ones are to have the rest of the day")]
fn bulk_that_takes_a_day_from_normal_messages_is_noticed() {
    let mut day = Day::new(7, 2_000);
    day.agencies.soon(LIMITED, Priority::Normal, 500);
    day.agencies.soon(LIMITED, Priority::Bulk, 20);
    day.world.settings.rules.no_bulk = None;
    day.world.laws = Laws::new(&day.world.settings);
    day.world.restart();
    day.world.saboteur = Some(Box::new(Intrusion::of(|it, message, now| {
        // The morning after.
        now.steady >= START.after(22 * HOUR + 45 * MINUTE)
            && message.lane == Lane::Bulk
            && message.key.agency.name() == name(LIMITED)
            && message.expires > now.wall
            && !it.submitted.contains_key(&message.id)
            && !it.withdrawn.contains(&message.key)
    })));
    day.run();
}

#[test]
#[should_panic(expected = "before its time")]
fn a_message_that_goes_before_its_time_is_noticed() {
    day(Intrusion::of(|_, it, now| {
        it.not_before.is_some_and(|at| at > now.wall)
    }));
}

#[test]
#[should_panic(expected = "too late")]
fn a_message_that_goes_after_its_deadline_is_noticed() {
    day(Intrusion::of(|_, it, now| it.expires <= now.wall));
}

#[test]
#[should_panic(expected = "withdrawn")]
fn a_message_that_goes_though_it_was_cancelled_is_noticed() {
    day(Intrusion::of(|it, message, _| {
        it.withdrawn.contains(&message.key)
    }));
}

#[test]
#[should_panic(expected = "after a newer one")]
fn an_older_status_after_a_newer_one_is_noticed() {
    day(Intrusion::of(|it, message, now| {
        it.went(message, now, |ago| ago >= 5 * MINUTE)
    }));
}

#[test]
#[should_panic(expected = "is under way")]
fn a_status_that_does_not_wait_for_another_is_noticed() {
    day(Intrusion::of(|it, message, now| {
        it.went(message, now, |ago| ago.is_zero())
    }));
}

/// Keeps some messages for a while.
struct Neglect {
    of: fn(&Message) -> bool,
    lasts: Duration,
    neglected: HashSet<MessageId>,
    kept: Vec<(UnixMillis, OperatorId, Submission)>,
}

impl Neglect {
    fn of(of: fn(&Message) -> bool, lasts: Duration) -> Self {
        Self {
            of,
            lasts,
            neglected: HashSet::new(),
            kept: Vec::new(),
        }
    }
}

impl Saboteur for Neglect {
    fn effects(&mut self, now: &Now, changes: &mut Changes, effects: &mut Effects) {
        let of_these = changes.accepted.iter().filter(|it| (self.of)(it));
        self.neglected.extend(of_these.map(|it| it.id));
        let neglected = |it: &Submission| self.neglected.contains(&it.token.message);
        for (operator, directive) in &mut effects.directives {
            let kept = directive.submissions.extract_if(.., |it| neglected(it));
            self.kept.extend(kept.map(|it| (now.steady, *operator, it)));
        }
        let due = self
            .kept
            .extract_if(.., |(since, ..)| since.after(self.lasts) <= now.steady);
        for (since, operator, mut submission) in due {
            if !submission.token.is_push() {
                submission.validity -= now.steady.since(since);
            }
            let directive: &mut Directive = effects.directives.entry(operator).or_default();
            directive.submissions.push(submission);
        }
    }
}

#[test]
#[should_panic(expected = "Urgent that wait")]
fn an_urgent_message_that_is_kept_waiting_is_noticed() {
    let mut day = Day::new(7, 2_000);
    day.deaths.clear();
    for priority in [Priority::Urgent, Priority::Normal] {
        day.agencies.soon(0, priority, 400);
    }
    day.world.saboteur = Some(Box::new(Neglect::of(|it| it.lane == Lane::Urgent, MINUTE)));
    day.run();
}

#[test]
#[should_panic(expected = "goes before one that was due earlier")]
fn a_message_that_goes_before_an_earlier_one_is_noticed() {
    let mut day = Day::new(7, 2_000);
    day.agencies.soon_at(20, 0, Priority::Normal, 400);
    // Those that are kept would come too close to others.
    day.world.settings.rules.limits.clear();
    day.world.laws = Laws::new(&day.world.settings);
    day.world.restart();
    let of = |it: &Message| it.lane == Lane::Normal && it.id.0.is_multiple_of(2);
    day.world.saboteur = Some(Box::new(Neglect::of(of, 20 * SECOND)));
    day.run();
}

#[test]
#[should_panic(expected = "are bulk")]
fn bulk_that_is_shut_out_is_noticed() {
    let mut day = Day::new(7, 2_000);
    day.agencies.soon(0, Priority::Bulk, 400);
    day.world.saboteur = Some(Box::new(Neglect::of(|it| it.lane == Lane::Bulk, 24 * HOUR)));
    day.run();
}

#[test]
#[should_panic(expected = "are normal")]
fn normal_messages_that_are_shut_out_are_noticed() {
    let mut day = Day::new(7, 2_000);
    for priority in [Priority::Normal, Priority::Bulk] {
        day.agencies.soon(0, priority, 400);
    }
    day.world.saboteur = Some(Box::new(Neglect::of(
        |it| it.lane == Lane::Normal,
        24 * HOUR,
    )));
    day.run();
}

#[test]
#[should_panic(expected = "are of agency-")]
fn an_agency_whose_bulk_waits_for_that_of_another_is_noticed() {
    let mut day = Day::new(7, 2_000);
    for agency in [0, 3] {
        day.agencies.soon(agency, Priority::Bulk, 400);
    }
    let of = |it: &Message| it.lane == Lane::Bulk && it.key.agency.name() == name(3);
    day.world.saboteur = Some(Box::new(Neglect::of(of, 24 * HOUR)));
    day.run();
}

#[test]
#[should_panic(expected = "before the turn of another agency")]
fn an_agency_that_leaves_no_turn_at_a_subscribers_limit_is_noticed() {
    let mut day = Day::new(7, 2_000);
    day.agencies.insist(10);
    day.world.settings.rules.limits = vec![limit(1, 2 * MINUTE)];
    day.world.restart();
    let of = |it: &Message| it.key.agency.name() == name(INSISTENT[1]);
    day.world.saboteur = Some(Box::new(Neglect::of(of, 24 * HOUR)));
    day.run();
}

#[test]
#[should_panic(expected = "with 8 of 12")]
fn an_agency_that_gets_less_than_its_weight_is_noticed() {
    let mut day = Day::new(7, 2_000);
    for agency in FAVOURED..FAVOURED + 5 {
        day.agencies.soon(agency, Priority::Bulk, 200);
    }
    day.world.settings.rules.sharing.weights.clear();
    day.world.restart();
    day.run();
}

#[test]
#[should_panic(expected = "Answers that wait")]
fn an_answer_that_is_kept_waiting_is_noticed() {
    let mut day = Day::new(7, 2_000);
    day.deaths.clear();
    day.agencies.soon(0, Priority::Normal, 2_000);
    day.citizens.soon(10);
    day.world.saboteur = Some(Box::new(Neglect::of(|it| it.is_answer(), MINUTE)));
    day.run();
}

#[test]
#[should_panic(expected = "after an opt-out")]
fn an_opt_out_that_is_acknowledged_and_not_kept_is_noticed() {
    day(Deaf::to(text));
}

#[test]
#[should_panic(expected = "is on the screen already")]
fn an_sms_after_its_phone_has_shown_the_push_is_noticed() {
    let mut day = Day::new(7, 2_000);
    day.agencies.soon(0, Priority::Urgent, 100);
    day.world.saboteur = Some(Box::new(Deaf::to(word)));
    day.run();
}

#[test]
#[should_panic(expected = "0 repeats of 1")]
fn a_repeat_that_is_not_told_is_noticed() {
    struct Modesty;
    impl Saboteur for Modesty {
        fn effects(&mut self, _: &Now, changes: &mut Changes, _: &mut Effects) {
            let told = changes.outgoing.iter_mut();
            for attempted in told.filter_map(|it| it.told.attempted.as_mut()) {
                attempted.repeats = 0;
            }
        }
    }
    day(Modesty);
}

#[test]
#[should_panic(expected = "1 repeats of 0")]
fn a_repeat_that_there_was_not_is_noticed() {
    struct Boast;
    impl Saboteur for Boast {
        fn effects(&mut self, _: &Now, changes: &mut Changes, _: &mut Effects) {
            let told = changes.outgoing.iter_mut();
            for attempted in told.filter_map(|it| it.told.attempted.as_mut()) {
                attempted.repeats += 1;
            }
        }
    }
    day(Boast);
}

#[test]
#[should_panic(expected = "pushed without a right to it")]
fn a_push_without_a_right_to_it_is_noticed() {
    let mut day = Day::new(7, 2_000);
    day.agencies.soon(AGENCIES - 1, Priority::Urgent, 100);
    day.world.settings.operators[0].push = Some(UrgentRight::Everyone);
    day.world.restart();
    day.run();
}

/// Acknowledges some of what operators bring, and does not read it.
struct Deaf {
    to: fn(&Event) -> Option<&Frame>,
    unheard: Vec<(OperatorId, Answer)>,
}

impl Deaf {
    fn to(to: fn(&Event) -> Option<&Frame>) -> Self {
        let unheard = Vec::new();
        Self { to, unheard }
    }
}

impl Saboteur for Deaf {
    fn inputs(&mut self, _: &Now, inputs: &mut Inputs) {
        for report in &mut inputs.reports {
            let frames = report.events.iter().filter_map(self.to);
            let answers = frames.map(|frame| Answer::to(frame, Status::ROK));
            self.unheard
                .extend(answers.map(|answer| (report.operator, answer)));
            report.events.retain(|event| (self.to)(event).is_none());
        }
    }

    fn effects(&mut self, _: &Now, _: &mut Changes, effects: &mut Effects) {
        for (operator, answer) in self.unheard.drain(..) {
            let directive: &mut Directive = effects.directives.entry(operator).or_default();
            directive
                .answers
                .push((SessionKey::default(), vec![answer]));
        }
    }
}

#[test]
#[should_panic(expected = "an opt-out")]
fn a_text_that_is_acted_on_twice_is_noticed() {
    /// Reads what citizens wrote again when it is taken for a new text, and they have opted in again.
    #[derive(Default)]
    struct Relapse(Vec<(UnixMillis, OperatorId, Frame)>);
    impl Saboteur for Relapse {
        fn inputs(&mut self, now: &Now, inputs: &mut Inputs) {
            for report in &mut inputs.reports {
                let again = now.steady.after(3 * HOUR);
                let frames = report.events.iter().filter_map(text).cloned();
                let frames = frames.map(|frame| (again, report.operator, frame));
                self.0.extend(frames);
                let due = |it: &mut (UnixMillis, OperatorId, Frame)| {
                    it.0 <= now.steady && it.1 == report.operator
                };
                let session = SessionKey::default();
                let due = self.0.extract_if(.., due);
                let until = now.instant + MINUTE;
                let events = due.map(|(_, _, frame)| Event::Inbound {
                    session,
                    frame,
                    until,
                });
                report.events.extend(events);
            }
        }
    }
    day(Relapse::default());
}

/// What a citizen wrote, if it is that.
fn text(event: &Event) -> Option<&Frame> {
    from_a_phone(event, false)
}

/// What a phone says of a push, if it is that.
fn word(event: &Event) -> Option<&Frame> {
    from_a_phone(event, true)
}

fn from_a_phone(event: &Event, by_ussd: bool) -> Option<&Frame> {
    let Event::Inbound { frame, .. } = event else {
        return None;
    };
    let Inbound::Message(pdu) = inbound(frame, Detection::Marked) else {
        return None;
    };
    (is_ussd(&pdu) == by_ussd).then_some(frame)
}

#[test]
#[should_panic(expected = "goes on a later day than it is told")]
fn a_line_that_goes_on_a_later_day_than_it_is_told_is_noticed() {
    let mut day = Day::new(7, 2_000);
    day.agencies.soon(LIMITED, Priority::Normal, 300);
    day.world.saboteur = Some(Box::new(Haste));
    day.run();
}
