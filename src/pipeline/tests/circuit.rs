//! Operators that are bound and do not do their work.

use xabar_events::{Notification, State};
use xabar_smpp::Status;

use super::routing::moving;
use super::world::*;
use crate::clock::Now;
use crate::delivery::Event;
use crate::log_lines::LogLines;
use crate::pipeline::Inputs;

pub(super) fn refused(world: &mut World, sent: &Sent) {
    world.answer(sent, Status::RSYSERR, "");
}

fn refused_in_doubt(world: &mut World, sent: &Sent) {
    world.answer(sent, Status::from(0x0432), "");
}

fn throttled(world: &mut World, sent: &Sent) {
    world.answer(sent, Status::RTHROTTLED, "");
}

fn full(world: &mut World, sent: &Sent) {
    world.answer(sent, Status::RMSGQFUL, "");
}

fn not_bound(world: &mut World, sent: &Sent) {
    world.answer(sent, Status::RINVBNDSTS, "");
}

fn lost(world: &mut World, sent: &Sent) {
    world.hear(sent.operator, Event::Lost(sent.token()));
}

fn silent(world: &mut World, sent: &Sent) {
    world.hear(sent.operator, Event::TimedOut(sent.token()));
}

/// Its window is full of what it does not answer.
fn nothing(world: &mut World, _: &Sent) {
    world.smsc(UCELL).room = 0;
}

/// The first operator's answers are such until it is left alone.
pub(super) fn trip(world: &mut World, end: End) {
    world.publish_all((0..40).map(apart));
    for sent in world.sent() {
        end(world, &sent);
    }
    world.beat();
}

/// Lets seconds pass in which the first operator's answers are such; gives how many submissions others got.
pub(super) fn live(world: &mut World, seconds: u32, end: End) -> usize {
    let mut others = 0;
    for _ in 0..seconds {
        world.advance(SECOND);
        for sent in world.sent() {
            match sent.operator == UCELL {
                true => end(world, &sent),
                false => others += 1,
            }
        }
    }
    others
}

#[test]
fn what_a_stop_loses_says_nothing_of_an_operator() {
    let log = LogLines::listen(tracing::Level::INFO);
    let mut world = World::new();
    world.publish_all((0..40).map(apart));
    let sent = world.sent();
    world.stopping = true;
    for sent in sent {
        lost(&mut world, &sent);
    }
    world.beat();
    let log = log.take();
    assert!(!log.contains("left alone"), "{log}");
}

#[test]
fn an_operator_that_fails_is_left_alone_until_a_few_probes_are_answered_well() {
    let mut world = World::new();
    trip(&mut world, refused);
    world.publish_all((100..200).map(apart));
    assert!(world.sent().is_empty(), "half of its answers were bad");
    world.advance(6 * SECOND);
    let probes = world.sent();
    assert_eq!(probes.len(), 5);
    for probe in &probes {
        world.answer(probe, Status::ROK, "");
    }
    world.calm();
    assert_eq!(world.sent().len(), 135, "and nothing was given up");
}

#[test]
fn an_operator_that_fails_and_then_is_down_has_no_probes_to_wait_for() {
    let mut world = moving();
    trip(&mut world, refused);
    world.smsc(UCELL).sessions = 0;
    world.advance(2 * MINUTE);
    world.sent();
    world.publish(apart(100));
    assert_eq!(world.one_sent().operator, BEELINE);
}

#[test]
fn an_operator_that_is_bound_and_of_no_use_is_left_alone_and_its_messages_go_to_its_fallback() {
    for end in [refused, not_bound, lost, silent] {
        let mut world = moving();
        trip(&mut world, end);
        world.publish_all((100..200).map(apart));
        assert!(world.sent().is_empty(), "half of its answers were bad");
        let moved = live(&mut world, 70, end);
        assert!(moved >= 80, "{moved}, and a few tried it");
    }
}

#[test]
fn while_an_operator_does_not_do_its_work_what_another_carries_goes_at_once() {
    let ends: [(End, bool); 7] = [
        (refused, true),
        (throttled, true),
        (full, true),
        (not_bound, true),
        (lost, true),
        (silent, true),
        (nothing, false),
    ];
    for (which, (end, is_left_alone)) in ends.into_iter().enumerate() {
        let log = LogLines::listen(tracing::Level::INFO);
        let mut world = World::new();
        world.smsc(UCELL).room = 50;
        // More than memory holds for it.
        world.publish_all((0..3000).map(apart));
        for second in 0..30 {
            world.publish(Notification {
                msisdn: other_phone(second),
                ..apart(10_000 + second)
            });
            let (sick, well): (Vec<_>, Vec<_>) = world
                .sent()
                .into_iter()
                .partition(|sent| sent.operator == UCELL);
            assert_eq!(well.len(), 1, "{which} at {second}");
            world.answer(&well[0], Status::ROK, &second.to_string());
            for sent in sick {
                end(&mut world, &sent);
            }
            world.advance(SECOND);
        }
        assert_eq!(log.take().contains("left alone"), is_left_alone, "{which}");
    }
}

/// Ten minutes in which the first operator refuses some of 2500 messages, each always or never; says how many went to the
/// other one, and how many failed.
fn ten_minutes(end: End, refuses: impl Fn(&Sent) -> bool) -> (usize, usize) {
    let mut world = moving();
    let mut elsewhere = 0;
    for second in 0..600 {
        if second < 500 {
            world.publish_all((5 * second..5 * second + 5).map(apart));
        }
        world.advance(SECOND);
        for sent in world.sent() {
            elsewhere += usize::from(sent.operator == BEELINE);
            match sent.operator == UCELL && refuses(&sent) {
                true => end(&mut world, &sent),
                false => world.answer(&sent, Status::ROK, &sent.message().to_string()),
            }
        }
    }
    let failed = world.outcomes.iter().filter(|it| it.state == State::Failed);
    (elsewhere, failed.count())
}

#[test]
fn an_operator_that_takes_nothing_and_does_not_say_why_is_left_alone_and_a_blacklist_is_no_reason()
{
    let (elsewhere, failed) = ten_minutes(refused_in_doubt, |_| true);
    assert!(elsewhere > 2400 && failed < 20, "{elsewhere} {failed}");
    let some = |sent: &Sent| sent.message() * 2_654_435_761 % 1000 < 300;
    let (elsewhere, failed) = ten_minutes(refused_in_doubt, some);
    assert_eq!(elsewhere, 0);
    assert!((700..800).contains(&failed), "{failed}");
}

#[test]
fn an_operator_that_throttles_all_is_left_alone_and_one_that_takes_a_few_is_not() {
    for end in [throttled, full] {
        let (elsewhere, failed) = ten_minutes(end, |_| true);
        assert!(elsewhere > 2400 && failed == 0, "{elsewhere} {failed}");
        let at_first = |sent: &Sent| !sent.token().attempt.is_multiple_of(3);
        let (elsewhere, failed) = ten_minutes(end, at_first);
        assert_eq!((elsewhere, failed), (0, 0));
    }
}

#[test]
fn a_few_phones_that_are_full_are_no_reason_however_often_they_are_tried() {
    let log = LogLines::listen(tracing::Level::INFO);
    let mut world = World::new();
    world.publish(long_status("e1"));
    world.publish_all((1..15).map(apart));
    live(&mut world, 180, full);
    let log = log.take();
    assert!(!log.contains("left alone"), "{log}");
}

#[test]
fn a_restart_of_an_smsc_that_leaves_some_without_an_answer_is_no_reason() {
    let log = LogLines::listen(tracing::Level::INFO);
    let mut world = World::new();
    world.publish_all((0..15).map(apart));
    let sent = world.sent();
    sent.iter().for_each(|sent| lost(&mut world, sent));
    world.smsc(UCELL).sessions = 0;
    world.beat();
    world.advance(40 * SECOND);
    world.smsc(UCELL).sessions = 1;
    for second in 0..60 {
        world.publish(apart(100 + second));
        for sent in world.sent() {
            world.answer(&sent, Status::ROK, &sent.message().to_string());
        }
        world.advance(SECOND);
    }
    assert!(!log.take().contains("left alone"));
}

#[test]
fn one_agencys_list_of_dead_numbers_beside_anothers_few_messages_is_no_reason() {
    let log = LogLines::listen(tracing::Level::INFO);
    let mut world = World::new();
    world.publish_all((0..4000).map(apart));
    let mut taken = 0;
    // Ten submissions a tenth of a second, of which one in fifty is to a living number.
    for tenth in 0..600 {
        if tenth % 5 == 0 {
            world.publish(Notification {
                key: key("soliq", &format!("{tenth}")),
                ..apart(10_000 + tenth)
            });
        }
        world.smsc(UCELL).room = 10;
        world.beat();
        world.smsc(UCELL).room = 0;
        for sent in world.sent() {
            match sent.submission.msisdn < phone(10_000) {
                true => refused_in_doubt(&mut world, &sent),
                false => {
                    world.answer(&sent, Status::ROK, "1");
                    taken += 1;
                }
            }
        }
        world.advance(SECOND / 10);
    }
    assert!(!log.take().contains("left alone"));
    assert_eq!(taken, 120);
}

#[test]
fn a_few_phones_out_of_reach_do_not_stop_an_operator_that_takes_the_others() {
    for end in [refused, not_bound, lost] {
        let log = LogLines::listen(tracing::Level::INFO);
        let mut world = World::new();
        world.publish_all((0..8).map(apart));
        for second in 0..300 {
            if second % 3 == 0 {
                world.publish(apart(100 + second));
            }
            for sent in world.sent() {
                match sent.submission.msisdn < phone(100) {
                    true => end(&mut world, &sent),
                    false => world.answer(&sent, Status::ROK, "1"),
                }
            }
            world.advance(SECOND);
        }
        assert!(!log.take().contains("left alone"));
    }
}

#[test]
fn what_is_refused_again_that_stands_on_a_blacklist_says_nothing_of_an_operator() {
    let mut world = moving();
    world.publish_all((0..100).map(apart));
    for sent in world.sent() {
        match sent.message() % 3 {
            0 => refused_in_doubt(&mut world, &sent),
            _ => world.answer(&sent, Status::ROK, "1"),
        }
    }
    live(&mut world, 40, refused_in_doubt);
    world.publish(apart(100));
    assert_eq!(world.one_sent().operator, UCELL);
}

#[test]
fn an_operator_that_binds_again_and_again_and_answers_nothing_loses_its_messages_to_its_fallback() {
    // Its session is given up for that, or dropped.
    for end in [silent, lost] {
        let mut world = moving();
        world.smsc(UCELL).room = 0;
        world.publish_all((0..200).map(apart));
        let mut moved = 0;
        for _ in 0..5 {
            // A window that nobody answers.
            world.smsc(UCELL).room = 9;
            world.beat();
            world.smsc(UCELL).room = 0;
            let (unanswered, elsewhere): (Vec<_>, Vec<_>) = world
                .sent()
                .into_iter()
                .partition(|sent| sent.operator == UCELL);
            moved += elsewhere.len();
            world.advance(30 * SECOND);
            for sent in unanswered {
                end(&mut world, &sent);
            }
            world.smsc(UCELL).sessions = 0;
            world.advance(SECOND);
            world.smsc(UCELL).sessions = 1;
            world.advance(29 * SECOND);
        }
        assert!(moved >= 160, "{moved}");
    }
}

#[test]
fn probes_that_are_answered_well_let_go_what_waits_in_the_same_beat() {
    let mut world = World::new();
    trip(&mut world, refused);
    world.publish_all((100..200).map(apart));
    world.advance(6 * SECOND);
    let probes = world.sent();
    for probe in &probes[..3] {
        world.answer(probe, Status::ROK, "");
    }
    world.beat();
    assert!(world.sent().len() >= 95);
}

#[test]
fn while_a_few_messages_try_an_operator_the_others_do_not_wait_for_what_comes_of_it() {
    let mut world = moving();
    trip(&mut world, refused);
    live(&mut world, 70, refused);
    let mut tried = 0;
    for first in (1000..).step_by(20).take(90) {
        world.publish_all((first..first + 20).map(apart));
        let sent = world.sent();
        assert_eq!(sent.len(), 20);
        tried += sent.iter().filter(|sent| sent.operator == UCELL).count();
        world.advance(SECOND);
    }
    assert!((5..=10).contains(&tried), "{tried}");
}

#[test]
fn what_waits_for_the_fallback_stays_in_its_turn_while_its_operator_is_tried() {
    let mut world = moving();
    trip(&mut world, refused);
    live(&mut world, 70, refused);
    world.smsc(BEELINE).room = 10;
    world.publish_all((1000..7000).map(apart));
    let mut last = 0;
    for _ in 0..600 {
        world.advance(SECOND);
        for sent in world.sent() {
            if sent.operator == UCELL {
                refused(&mut world, &sent);
                continue;
            }
            assert!(sent.message() > last, "{} after {last}", sent.message());
            last = sent.message();
            world.answer(&sent, Status::ROK, &last.to_string());
        }
    }
    assert!(last > 6000, "{last}");
}

#[test]
fn probes_that_are_answered_badly_let_new_messages_go_to_the_fallback_in_the_same_beat() {
    let mut world = moving();
    trip(&mut world, refused);
    live(&mut world, 70, refused);
    for first in (1000..).step_by(3).take(90) {
        world.publish_all((first..first + 3).map(apart));
        let sent = world.sent();
        assert_eq!(sent.len(), 3);
        if sent[0].operator == UCELL {
            sent.iter().for_each(|probe| refused(&mut world, probe));
            world.publish(apart(5000));
            assert_eq!(world.one_sent().operator, BEELINE);
            return;
        }
        world.advance(SECOND);
    }
    panic!("it was never tried");
}

/// What goes wrong is the fault of one SMSC while another of the operator's is well.
struct Apart;
impl Saboteur for Apart {
    fn inputs(&mut self, _: &Now, inputs: &mut Inputs) {
        for report in &mut inputs.reports {
            let tokens = report.events.iter().filter_map(|event| match event {
                Event::Answered { token, .. } | Event::TimedOut(token) | Event::Lost(token) => {
                    Some(*token)
                }
                _ => None,
            });
            report.apart = tokens.collect();
        }
    }
}

#[test]
fn what_is_one_smscs_fault_says_nothing_of_the_operator() {
    for end in [refused, lost, silent] {
        let log = LogLines::listen(tracing::Level::INFO);
        let mut world = World::new();
        world.saboteur = Some(Box::new(Apart));
        trip(&mut world, end);
        let log = log.take();
        assert!(!log.contains("left alone"), "{log}");
    }
}
