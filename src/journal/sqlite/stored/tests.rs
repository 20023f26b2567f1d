//! How short values are, and that those of older journals are read.

use std::time::Duration;

use proptest::prelude::*;
use xabar_events::{Reason, State};

use super::progress::DEALT;
use super::*;
use crate::clock::UnixMillis;
use crate::journal::{Attempt, Limited, OperatorId, Phase, Progress, Segment, Told, sample};

#[test]
fn a_message_is_short() {
    let message = sample::waiting(1_000_000);
    assert_eq!(to_octets(&**message.origin()).len(), 91);
    assert_eq!(to_octets(&message.progress).len(), 20);
}

#[test]
fn an_attempt_of_a_journal_that_did_not_know_of_undelivered_is_read() {
    // Two attempts, one repeated, none uncounted; certain; withdrawn or not; at 17, reference 5, no text.
    let octets = |marks: u8| [2, 1, 0, 0, marks, 34, 5, 0, 1, Segment::Waiting as u8];
    for withdrawn in [false, true] {
        let attempt = Attempt {
            attempts: 2,
            repeats: 1,
            withdrawn,
            at: UnixMillis(17),
            reference: 5,
            segments: vec![Segment::Waiting],
            ..Attempt::default()
        };
        let octets = octets(withdrawn.into());
        assert_eq!(
            from_octets::<Attempt>(&octets, "an attempt").unwrap(),
            attempt
        );
        assert_eq!(to_octets(&attempt), octets);
    }
    // What the mark says is not there.
    assert!(from_octets::<Attempt>(&octets(128), "an attempt").is_err());
}

#[test]
fn an_attempt_of_a_journal_that_did_not_know_which_segment_has_no_answer_is_read() {
    // Two attempts, four repeats, none uncounted; in doubt, nothing else of note; at 17, reference 5, no text; four segments.
    let octets = |doubt: u8| [2, 4, 0, doubt, 0, 34, 5, 0, 4, 2, 0, 0, 3];
    let read = |doubt| from_octets::<Attempt>(&octets(doubt), "an attempt");
    let unanswered = |doubt| read(doubt).unwrap().unanswered;
    assert_eq!(unanswered(1), [0, 2, 2, 0]);
    assert_eq!(unanswered(0), Vec::<u8>::new());
    assert!(read(3).is_err());
    let attempt = Attempt {
        unanswered: vec![0, 3],
        ..read(0).unwrap()
    };
    let octets = to_octets(&attempt);
    assert_eq!(
        from_octets::<Attempt>(&octets, "an attempt").unwrap(),
        attempt
    );
}

#[test]
fn an_attempt_that_came_to_nothing_is_short_and_a_state_takes_no_more_for_a_limit_that_it_has_not()
{
    let mut attempt = Attempt::default();
    let before = to_octets(&attempt).len();
    attempt.was_fruitless(Fruitless {
        operator: OperatorId(1),
        attempt: 1,
        at: UnixMillis(1_795_000_000_000),
        status: Some(0x58),
    });
    assert_eq!(to_octets(&attempt).len(), before + 11);
    let told = sample::told(State::Deferred);
    // State, no reason, time, and what else there is not: as before there were limits.
    assert_eq!(to_octets(&told), [told.state.code(), 0, 8, 0, 0, 0, 0]);
    let limited = Told {
        reason: Some(Reason::SubscriberLimit),
        limit: Some(Box::new(Limited {
            messages: 5,
            per: Duration::from_secs(3600),
        })),
        ..told
    };
    let octets = to_octets(&limited);
    assert_eq!(from_octets::<Told>(&octets, "a state").unwrap(), limited);
}

#[test]
fn the_progress_of_a_journal_that_did_not_know_of_dealt_times_is_read() {
    // Waits; of operator 1; due at 17; no attempt, its segments unknown; nothing told.
    let octets = |phase: u8| [phase, 1, 34, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut progress = Progress {
        phase: Phase::Waiting,
        operator: OperatorId(1),
        due: UnixMillis(17),
        dealt: None,
        attempt: Attempt::default(),
        history: Vec::new(),
    };
    let read = from_octets::<Progress>(&octets(0), "a progress").unwrap();
    assert_eq!(read, progress);
    assert_eq!(to_octets(&progress), octets(0));
    progress.dealt = Some(UnixMillis(17));
    let mut with_time = octets(DEALT).to_vec();
    with_time.push(34);
    assert_eq!(to_octets(&progress), with_time);
    let read = from_octets::<Progress>(&with_time, "a progress").unwrap();
    assert_eq!(read, progress);
    assert!(from_octets::<Progress>(&octets(64), "a progress").is_err());
}

#[test]
fn a_subscriber_is_short() {
    let submitted = |count| SubscriberFacts {
        submitted: vec![UnixMillis(1_795_000_000_000); count],
    };
    assert_eq!(to_octets(&submitted(1)).len(), 7);
    assert_eq!(to_octets(&submitted(10)).len(), 61);
}

proptest! {
    #[test]
    fn numbers_and_times_come_back(number: u64, time: i64) {
        prop_assert_eq!(from_octets::<u64>(&to_octets(&number), "a number").unwrap(), number);
        let time = UnixMillis(time);
        prop_assert_eq!(from_octets::<UnixMillis>(&to_octets(&time), "a time").unwrap(), time);
    }

    #[test]
    fn damage_is_an_error(octets in proptest::collection::vec(any::<u8>(), 0..200), at: usize, with: u8) {
        drop(from_octets::<Origin>(&octets, "an origin"));
        drop(from_octets::<Progress>(&octets, "a progress"));
        drop(from_octets::<Outgoing>(&octets, "an outcome"));
        let mut damaged = to_octets(&**sample::waiting(7).origin());
        let at = at % damaged.len();
        damaged[at] = with;
        drop(from_octets::<Origin>(&damaged, "an origin"));
        damaged.truncate(at);
        prop_assert!(from_octets::<Origin>(&damaged, "an origin").is_err());
    }
}
