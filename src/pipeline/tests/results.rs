//! What operators answer, or do not.

use std::collections::HashSet;
use std::time::Duration;

use xabar_events::Notification;
use xabar_smpp::Status;

use super::world::*;
use crate::delivery::{Class, Event, retry};

#[test]
fn throttling_uses_up_no_attempt_and_is_retried_within_seconds_unless_it_goes_on() {
    let mut world = World::new();
    world.publish(status("e1"));
    for again in 0..20 {
        let sent = world.one_sent();
        world.refuse(&sent, Status::RTHROTTLED);
        assert!(world.sent().is_empty());
        let pause = if again < 3 { 2 } else { 75 };
        world.advance(pause * SECOND);
    }
    let sent = world.one_sent();
    world.accept(&sent, "1");
    assert_eq!(world.story("e1"), ["accepted", "submitted"]);
    assert_eq!(world.last("e1").repeats, 0);
}

#[test]
fn a_system_error_is_retried_with_growing_pauses_and_given_up_at_last() {
    let mut world = World::new();
    world.publish(status("e1"));
    let mut pauses = Vec::new();
    for _ in 1..8 {
        let sent = world.one_sent();
        let refused = world.steady;
        world.refuse(&sent, Status::RSYSERR);
        while world.smsc(UCELL).sent.is_empty() {
            world.advance(SECOND);
        }
        pauses.push(world.steady.since(refused).as_secs());
    }
    assert!(
        pauses.is_sorted() && pauses[0] >= 3 && pauses[6] >= 240,
        "{pauses:?}"
    );
    let sent = world.one_sent();
    world.refuse(&sent, Status::RSYSERR);
    world.advance(HOUR);
    assert!(world.sent().is_empty());
    assert_eq!(world.story("e1").last().unwrap(), "failed attempts");
    assert_eq!(world.last("e1").attempts, 8);
}

#[test]
fn what_was_answered_to_attempts_is_known_though_the_waits_between_them_are_told_to_nobody() {
    let mut world = World::new();
    let message = id(world.publish(status("e1")));
    let sent = world.one_sent();
    world.refuse(&sent, Status::RSYSERR);
    world.advance(30 * SECOND);
    let sent = world.one_sent();
    world.time_out(&sent);
    world.advance(2 * MINUTE);
    assert_eq!(world.story("e1"), ["accepted"]);
    world.restart();
    let known = world.journalled(message).progress.attempt.fruitless;
    let known = known.iter().map(|it| (it.attempt, it.operator, it.status));
    let expected = [(1, UCELL, Some(Status::RSYSERR.0)), (2, UCELL, None)];
    assert_eq!(known.collect::<Vec<_>>(), expected);
    // Of very many the last ones are known.
    for _ in 0..12 {
        let sent = world.one_sent();
        world.refuse(&sent, Status::RTHROTTLED);
        world.advance(20 * MINUTE);
    }
    let known = world.journalled(message).progress.attempt.fruitless;
    let attempts = known.iter().map(|it| it.attempt);
    assert_eq!(attempts.collect::<Vec<_>>(), (7..15).collect::<Vec<_>>());
}

#[test]
fn refusals_that_someone_must_look_into_are_counted_by_operator_and_status() {
    let mut world = World::new();
    let ids: Vec<_> = (1..=3).map(|it| id(world.publish(apart(it))).0).collect();
    let statuses = [Status::RINVSRCTON, Status::RINVSRCADR, Status::RINVSRCADR];
    for (sent, status) in world.sent().iter().zip(statuses) {
        world.refuse(sent, status);
    }
    let of = |status, first, count| ("ucell".to_owned(), status, first, count);
    assert_eq!(
        world.refusals(),
        [
            of(Status::RINVSRCADR, ids[1], 2),
            of(Status::RINVSRCTON, ids[0], 1),
        ]
    );
    world.publish(apart(4));
    let sent = world.one_sent();
    world.refuse(&sent, Status::RINVSRCADR);
    assert_eq!(world.refusals(), [], "told a moment ago");
    world.advance(MINUTE);
    assert_eq!(
        world.refusals(),
        [of(Status::RINVSRCADR, sent.message(), 1)]
    );
    assert_eq!(world.refusals(), []);
}

#[test]
fn pauses_and_attempts_are_as_configured_and_the_count_outlives_a_restart() {
    let mut world = World::with(|settings| {
        settings.retry = retry::Policy {
            first: MINUTE,
            longest: MINUTE,
            attempts: 3,
            ..retry::Policy::default()
        };
    });
    world.publish(status("e1"));
    for _ in 0..2 {
        let sent = world.one_sent();
        world.refuse(&sent, Status::RSYSERR);
        world.restart();
        world.advance(40 * SECOND);
        assert!(world.sent().is_empty());
        world.advance(40 * SECOND);
    }
    let sent = world.one_sent();
    world.refuse(&sent, Status::RSYSERR);
    assert_eq!(world.story("e1").last().unwrap(), "failed attempts");
}

#[test]
fn a_long_wait_after_a_refusal_is_told_with_the_operators_status() {
    let mut world = World::with(|settings| settings.retry.first = 10 * MINUTE);
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.refuse(&sent, Status::RSYSERR);
    assert_eq!(world.story("e1"), ["accepted", "deferred retry"]);
    assert_eq!(world.last("e1").code.as_deref(), Some("ESME_RSYSERR"));
}

#[test]
fn what_is_wrong_with_the_bind_uses_up_no_attempt_of_a_message() {
    let mut world = World::new();
    world.publish(status("e1"));
    for _ in 0..40 {
        let sent = world.one_sent();
        world.refuse(&sent, Status::RINVBNDSTS);
        assert!(world.sent().is_empty(), "not at once");
        world.advance(20 * MINUTE);
    }
    // It is told why it waits, once the pauses are long.
    assert_eq!(world.story("e1"), ["accepted", "deferred retry"]);
    assert_eq!(world.last("e1").code.as_deref(), Some("ESME_RINVBNDSTS"));
    let sent = world.one_sent();
    world.refuse(&sent, Status::RSYSERR);
    world.advance(10 * SECOND);
    let sent = world.one_sent();
    world.accept(&sent, "1");
    assert_eq!(world.story("e1").last().unwrap(), "submitted");
    assert_eq!(world.last("e1").repeats, 0);
}

/// Refuses the one message as often, and lets so long a pause pass each time.
fn refuse_again(world: &mut World, status: Status, times: u32, pause: Duration) {
    for _ in 0..times {
        let sent = world.one_sent();
        world.refuse(&sent, status);
        world.advance(pause);
    }
}

#[test]
fn throttling_is_not_charged_as_lost_binds_nor_these_as_throttling() {
    let mut world = World::new();
    world.publish(status("e1"));
    refuse_again(&mut world, Status::RTHROTTLED, 20, 75 * SECOND);
    refuse_again(&mut world, Status::RINVBNDSTS, 9, 2 * SECOND);
    refuse_again(&mut world, Status::RTHROTTLED, 1, 2 * SECOND);
    refuse_again(&mut world, Status::RINVBNDSTS, 9, 2 * SECOND);
    let sent = world.one_sent();
    world.accept(&sent, "1");
    assert_eq!(world.story("e1").last().unwrap(), "submitted");
}

#[test]
fn only_what_was_throttled_again_and_again_goes_out_as_such() {
    let mut world = World::new();
    world.publish(status("e1"));
    let next_is = |world: &mut World| {
        let next = &world.smsc(UCELL).sent[0];
        next.submission.stubborn
    };
    refuse_again(&mut world, Status::RSYSERR, 3, MINUTE);
    refuse_again(&mut world, Status::RINVBNDSTS, 3, 2 * SECOND);
    refuse_again(&mut world, Status::RTHROTTLED, 2, 2 * SECOND);
    assert!(!next_is(&mut world), "throttled twice");
    let sent = world.one_sent();
    world.refuse(&sent, Status::RTHROTTLED);
    world.restart();
    world.advance(2 * SECOND);
    assert!(next_is(&mut world), "throttled three times");
    refuse_again(&mut world, Status::RSYSERR, 1, 5 * MINUTE);
    assert!(!next_is(&mut world), "refused for another reason");
}

#[test]
fn a_class_of_the_operators_own_decides() {
    let mut world = World::new();
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.hear(
        sent.operator,
        Event::Answered {
            token: sent.token(),
            class: Class::Permanent,
            status: Status::RSYSERR,
            smsc_id: "".into(),
        },
    );
    world.beat();
    assert_eq!(world.story("e1"), ["accepted", "failed refused"]);
    assert_eq!(world.last("e1").code.as_deref(), Some("ESME_RSYSERR"));
}

#[test]
fn what_cannot_get_better_is_refused_at_once() {
    let mut world = World::new();
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.refuse(&sent, Status::RINVDSTADR);
    world.advance(HOUR);
    assert!(world.sent().is_empty());
    assert_eq!(world.story("e1"), ["accepted", "failed refused"]);
    assert_eq!(world.last("e1").code.as_deref(), Some("ESME_RINVDSTADR"));
}

#[test]
fn a_retry_does_not_wait_beyond_the_deadline() {
    let mut world = World::new();
    world.publish(Notification {
        expires: Some(START.after(3 * SECOND).into()),
        ..status("e1")
    });
    let sent = world.one_sent();
    world.refuse(&sent, Status::RSYSERR);
    world.advance(4 * SECOND);
    assert!(world.sent().is_empty());
    assert_eq!(world.story("e1"), ["accepted", "expired deadline"]);
}

#[test]
fn only_the_segments_that_were_not_accepted_are_retried_with_the_same_reference() {
    let mut world = World::new();
    world.publish(long_status("e1"));
    let first = world.sent();
    assert!(first.len() >= 3);
    for sent in &first {
        let status = if sent.token().segment == 1 {
            Status::RSYSERR
        } else {
            Status::ROK
        };
        world.answer(sent, status, &format!("{}", sent.token().segment + 1));
    }
    world.beat();
    world.restart();
    world.advance(10 * SECOND);
    let again = world.one_sent();
    assert_eq!(again.token().segment, 1);
    assert_eq!(again.submission.reference, first[1].submission.reference);
    assert_eq!(again.submission.octets, first[1].submission.octets);
    world.accept(&again, "2");
    assert_eq!(world.story("e1"), ["accepted", "submitted"]);
    for sent in &first {
        world.receipt(sent, &format!("{}", sent.token().segment + 1), "DELIVRD");
    }
    assert_eq!(world.story("e1"), ["accepted", "submitted", "delivered"]);
}

#[test]
fn a_text_of_which_a_segment_is_refused_for_good_fails_in_part() {
    let mut world = World::new();
    world.publish(long_status("e1"));
    let segments = world.sent();
    world.accept(&segments[0], "1");
    for sent in &segments[1..] {
        world.refuse(sent, Status::RINVDSTADR);
    }
    assert_eq!(world.story("e1"), ["accepted", "failed partial"]);
    world.receipt(&segments[0], "1", "DELIVRD");
    world.advance(73 * HOUR);
    assert_eq!(world.story("e1"), ["accepted", "failed partial"]);
}

#[test]
fn a_half_accepted_text_that_expires_fails_in_part() {
    let mut world = World::new();
    world.publish(Notification {
        expires: Some(START.after(3 * SECOND).into()),
        ..long_status("e1")
    });
    let segments = world.sent();
    world.accept(&segments[0], "1");
    for sent in &segments[1..] {
        world.refuse(sent, Status::RSYSERR);
    }
    world.advance(5 * SECOND);
    assert_eq!(world.story("e1"), ["accepted", "failed partial"]);
}

#[test]
fn a_late_answer_settles_within_the_grace() {
    let mut world = World::new();
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.time_out(&sent);
    world.advance(20 * SECOND);
    world.answer(&sent, Status::ROK, "1");
    world.advance(HOUR);
    assert!(world.sent().is_empty());
    world.receipt(&sent, "1", "DELIVRD");
    assert_eq!(world.story("e1"), ["accepted", "submitted", "delivered"]);
    assert_eq!(world.last("e1").repeats, 0);
}

#[test]
fn an_answer_later_than_the_grace_settles_as_long_as_it_was_not_repeated() {
    let mut world = World::new();
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.time_out(&sent);
    world.smsc(UCELL).sessions = 0;
    world.advance(50 * SECOND);
    world.answer(&sent, Status::ROK, "1");
    world.smsc(UCELL).sessions = 1;
    world.advance(HOUR);
    assert!(world.sent().is_empty());
    assert_eq!(world.story("e1"), ["accepted", "submitted"]);
}

#[test]
fn what_stays_unanswered_is_repeated_after_its_grace_and_counted() {
    let ends: [(End, &str); 3] = [
        (|world, sent| world.time_out(sent), "a timeout"),
        (|world, sent| world.lose(sent), "a cut link"),
        (|world, _| world.restart(), "a crash"),
    ];
    for (end, name) in ends {
        let mut world = World::new();
        world.publish(status("e1"));
        let sent = world.one_sent();
        end(&mut world, &sent);
        world.advance(29 * SECOND);
        assert!(world.sent().is_empty(), "{name}");
        world.advance(SECOND);
        let again = world.one_sent();
        assert_eq!(again.submission.reference, sent.submission.reference);
        world.accept(&again, "2");
        assert_eq!(
            (world.last("e1").attempts, world.last("e1").repeats),
            (2, 1),
            "{name}"
        );
    }
}

#[test]
fn a_refusal_is_an_answer_and_takes_nothing_from_the_repeats() {
    let mut world = World::new();
    world.publish(status("e1"));
    for _ in 0..3 {
        let sent = world.one_sent();
        world.refuse(&sent, Status::RTHROTTLED);
        world.advance(5 * MINUTE);
    }
    let sent = world.one_sent();
    world.lose(&sent);
    world.advance(30 * SECOND);
    world.one_sent();
}

#[test]
fn each_segment_without_an_answer_has_its_grace_before_any_is_repeated() {
    let mut world = World::new();
    world.publish(long_status("e1"));
    let sent = world.sent();
    assert!(sent.len() > 1);
    world.lose(&sent[0]);
    world.advance(29 * SECOND);
    for late in &sent[1..] {
        world.time_out(late);
    }
    world.advance(29 * SECOND);
    assert!(world.sent().is_empty(), "the second one has its grace, too");
    world.advance(SECOND);
    assert_eq!(world.sent().len(), sent.len());
}

#[test]
fn a_segment_that_may_still_be_answered_is_waited_for() {
    let mut world = World::new();
    world.publish(long_status("e1"));
    let sent = world.sent();
    world.lose(&sent[0]);
    world.advance(MINUTE);
    assert!(world.sent().is_empty());
    for (number, late) in sent[1..].iter().enumerate() {
        world.accept(late, &number.to_string());
    }
    world.advance(MINUTE);
    let again = world.one_sent();
    assert_eq!(again.token().segment, sent[0].token().segment);
}

#[test]
fn what_was_never_written_goes_again_and_is_no_repeat() {
    let mut world = World::new();
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.give_back(&sent);
    world.advance(SECOND);
    let again = world.one_sent();
    world.accept(&again, "1");
    let submitted = world.last("e1");
    assert_eq!((submitted.attempts, submitted.repeats), (1, 0));
}

#[test]
fn an_uncertain_message_whose_repetition_was_not_written_stays_uncertain() {
    let mut world = World::new();
    world.publish(Notification {
        expires: Some(START.after(MINUTE).into()),
        ..status("e1")
    });
    let sent = world.one_sent();
    world.lose(&sent);
    world.advance(30 * SECOND);
    let again = world.one_sent();
    world.smsc(UCELL).sessions = 0;
    world.give_back(&again);
    world.advance(HOUR);
    assert_eq!(world.story("e1"), ["accepted", "unknown uncertain"]);
    assert_eq!(world.last("e1").repeats, 0);
}

#[test]
fn a_crash_before_the_commit_forgets_the_beat_and_nothing_else() {
    let mut world = World::new();
    world.bring(vec![xabar_events::Event::StatusChanged(status("e1"))]);
    world.beat_and_crash(Crash::BeforeCommit);
    world.advance(MINUTE);
    assert!(world.sent().is_empty());
    world.publish(status("e1"));
    assert_eq!(world.one_sent().message(), 1);
    assert_eq!(world.story("e1"), ["accepted"]);
}

#[test]
fn what_was_committed_but_not_written_counts_as_uncertain() {
    let mut world = World::new();
    world.bring(vec![xabar_events::Event::StatusChanged(status("e1"))]);
    world.beat_and_crash(Crash::BeforeEffects);
    // Its operator is bound again.
    world.beat();
    world.advance(29 * SECOND);
    assert!(world.sent().is_empty());
    world.advance(SECOND);
    let sent = world.one_sent();
    world.accept(&sent, "1");
    assert_eq!(world.last("e1").repeats, 1);
}

#[test]
fn an_operator_without_receipts_settles_as_unknown_at_once() {
    let mut world = World::with(|settings| settings.operators[0].receipts = false);
    world.publish(status("e1"));
    let sent = world.one_sent();
    world.accept(&sent, "1");
    assert_eq!(
        world.story("e1"),
        ["accepted", "submitted", "unknown no-receipts"]
    );
    assert_eq!(world.unsettled(), 0);
}

#[test]
fn a_report_of_an_earlier_attempt_does_not_touch_the_current_one() {
    let mut world = World::new();
    world.publish(long_status("e1"));
    let first = world.sent();
    first.iter().for_each(|sent| world.lose(sent));
    world.advance(30 * SECOND);
    let second = world.sent();
    assert_eq!(second.len(), first.len());
    world.give_back(&first[1]);
    world.advance(MINUTE);
    assert!(world.sent().is_empty());
    for sent in &second {
        world.accept(sent, "1");
    }
    assert_eq!(world.story("e1"), ["accepted", "submitted"]);
}

#[test]
fn segments_that_come_back_unwritten_use_up_no_attempt_of_the_text() {
    let mut world = World::new();
    world.publish(long_status("e1"));
    let mut tokens = Vec::new();
    for number in 0.. {
        let sent = world.sent();
        tokens.extend(sent.iter().map(Sent::token));
        let [first, rest @ ..] = &sent[..] else {
            panic!("nothing was sent");
        };
        if rest.is_empty() {
            world.refuse(first, Status::RSUBMITFAIL);
            break;
        }
        rest.iter().for_each(|sent| world.give_back(sent));
        world.accept(first, &number.to_string());
        world.advance(SECOND);
    }
    assert!(tokens.len() > 5, "three segments at least: {tokens:?}");
    let different: HashSet<_> = tokens.iter().collect();
    assert_eq!(different.len(), tokens.len(), "{tokens:?}");
    world.advance(10 * SECOND);
    refuse_again(&mut world, Status::RSUBMITFAIL, 1, MINUTE);
    let last = world.one_sent();
    world.refuse(&last, Status::RSUBMITFAIL);
    assert_eq!(world.story("e1").last().unwrap(), "failed partial");
}

#[test]
fn a_repetition_that_was_not_written_counts_no_repeat() {
    let mut world = World::new();
    world.publish(long_status("e1"));
    let first = world.sent();
    assert!(first.len() > 1);
    first.iter().for_each(|sent| world.lose(sent));
    world.advance(31 * SECOND);
    let again = world.sent();
    assert_eq!(again.len(), first.len());
    again.iter().for_each(|sent| world.give_back(sent));
    world.advance(SECOND);
    let once_more = world.sent();
    for (number, sent) in once_more.iter().enumerate() {
        world.accept(sent, &number.to_string());
    }
    let repeats = usize::try_from(world.last("e1").repeats).unwrap();
    assert_eq!(repeats, first.len());
}

#[test]
fn what_is_never_answered_is_submitted_four_times_ever_later_and_ends_unknown() {
    let mut world = World::new();
    world.publish(status("e1"));
    let mut submissions = 0;
    for _ in 0..40 {
        for sent in world.sent() {
            submissions += 1;
            world.lose(&sent);
        }
        world.advance(31 * SECOND);
    }
    assert_eq!(submissions, 4);
    let story = world.story("e1");
    assert_eq!(story.last().unwrap(), "unknown uncertain", "{story:?}");
    assert!(
        story.contains(&"deferred uncertain".to_owned()),
        "{story:?}"
    );
    assert_eq!(world.last("e1").repeats, 3);
}
