//! One operator's sessions in virtual time.

mod kept;
mod logins;
mod queries;
mod rests;
mod screens;
mod tuning;

use xabar_smpp::Status;

use super::answers::CONGESTED;
use super::*;
use crate::delivery::Class;
use crate::delivery::sample::{submission, token};

#[expect(
    clippy::disallowed_methods,
    reason = "only where the simulation starts"
)]
fn t0() -> Instant {
    Instant::now()
}

fn bounds(window: usize, tps: Option<u32>) -> Bounds {
    Bounds {
        window,
        tps,
        kept: 0,
        response: Duration::from_secs(30),
    }
}

fn heard(status: Status, congestion: Option<u8>) -> Heard {
    Heard {
        token: submissions(1, t0())[0].token,
        class: super::super::usual(status),
        status,
        congestion,
    }
}

fn submissions(count: u64, decided: Instant) -> Vec<Submission> {
    let make = |id| submission(token(id), decided);
    (0..count).map(make).collect()
}

fn written(dispatch: &mut Dispatch, now: Instant) -> Vec<usize> {
    std::iter::from_fn(|| dispatch.next(now))
        .map(|(session, _)| session)
        .collect()
}

/// Fills the window; when that is done.
fn busy(dispatch: &mut Dispatch, start: Instant) -> Instant {
    let mut now = start + SECOND;
    while dispatch.in_flight_on(0) < dispatch.window(0) {
        dispatch.submit(submissions(1, now));
        if dispatch.next(now).is_none() {
            dispatch.unwritten();
            now += Duration::from_millis(10);
        }
    }
    now
}

#[test]
fn no_session_gets_more_than_its_window_and_both_share_the_work() {
    let now = t0();
    let mut dispatch = Dispatch::new(2, bounds(3, None), now);
    dispatch.bound(0);
    dispatch.bound(1);
    assert_eq!(dispatch.offer(now).granted, 6);
    dispatch.submit(submissions(10, now));
    let sessions = written(&mut dispatch, now);
    assert_eq!(sessions.iter().filter(|session| **session == 0).count(), 3);
    assert_eq!(sessions.len(), 6);
    assert!(!dispatch.answered(1, heard(Status::ROK, None), now));
    assert_eq!(written(&mut dispatch, now), [1]);
}

#[test]
fn nothing_is_asked_for_while_no_session_is_bound() {
    let now = t0();
    assert_eq!(Dispatch::new(2, bounds(3, None), now).offer(now).granted, 0);
}

#[test]
fn what_was_not_written_comes_back_with_the_last_session() {
    let now = t0();
    let mut dispatch = Dispatch::new(2, bounds(1, None), now);
    dispatch.bound(0);
    dispatch.bound(1);
    dispatch.submit(submissions(5, now));
    assert_eq!(written(&mut dispatch, now).len(), 2);
    assert_eq!(dispatch.unbound(0), []);
    assert_eq!(dispatch.unbound(1).len(), 3);
}

#[test]
fn what_is_taken_back_is_what_was_not_written() {
    let now = t0();
    let mut dispatch = Dispatch::new(1, bounds(1, None), now);
    dispatch.bound(0);
    dispatch.submit(submissions(4, now));
    assert_eq!(written(&mut dispatch, now).len(), 1);
    let unwanted = [MessageId(0), MessageId(1), MessageId(3)];
    assert_eq!(dispatch.take_back(&unwanted), [token(1), token(3)]);
    assert_eq!(dispatch.unwritten(), [token(2)]);
}

#[test]
fn a_session_that_leaves_gets_nothing_more_and_what_it_has_is_still_awaited() {
    let now = t0();
    let mut dispatch = Dispatch::new(2, bounds(3, None), now);
    dispatch.bound(0);
    dispatch.bound(1);
    dispatch.submit(submissions(2, now));
    written(&mut dispatch, now);
    assert_eq!(dispatch.leave(0), []);
    assert_eq!(
        (dispatch.submitting(), dispatch.offer(now).granted),
        (1, 2 + 2)
    );
    dispatch.submit(submissions(5, now));
    assert_eq!(written(&mut dispatch, now), [1, 1]);
    assert_eq!(dispatch.in_flight_on(0), 1);
    dispatch.answered(0, heard(Status::ROK, None), now);
    assert_eq!(dispatch.in_flight_on(0), 0);
    assert_eq!(dispatch.leave(1).len(), 3);
}

#[test]
fn little_more_is_committed_than_the_rate_lets_out_soon() {
    let now = t0();
    let mut dispatch = Dispatch::new(1, bounds(1000, Some(50)), now);
    dispatch.bound(0);
    assert_eq!(
        dispatch.offer(now).granted,
        0,
        "the first second counts as spent"
    );
    let now = dispatch.deadline(now).expect("then it asks for some");
    assert_eq!(dispatch.offer(now).granted, 10);
    dispatch.submit(submissions(10, now));
    assert_eq!(dispatch.offer(now).granted, 10);
    assert!(written(&mut dispatch, now).is_empty());
    let later = dispatch
        .deadline(now)
        .expect("something waits for its turn");
    assert_eq!(written(&mut dispatch, later).len(), 1);
    assert_eq!(dispatch.offer(later).granted, 11);
}
#[test]
fn what_is_not_written_soon_after_its_decision_comes_back() {
    let now = t0();
    let mut dispatch = Dispatch::new(1, bounds(1, None), now);
    dispatch.bound(0);
    dispatch.submit(submissions(3, now));
    assert_eq!(written(&mut dispatch, now).len(), 1);
    assert_eq!(dispatch.stale(now), []);
    let later = dispatch.deadline(now).expect("something waits");
    assert!(later < now + LONGEST_LAG);
    assert_eq!(dispatch.stale(later + Duration::from_millis(50)).len(), 2);
    assert_eq!(dispatch.deadline(later), None);
}

#[test]
fn it_is_told_how_many_sessions_submit_and_on_how_many_receipts_come() {
    let room = |window, receives| Room {
        receives,
        ..Room::of(0, window)
    };
    // A pair and a transceiver.
    let rooms = [room(5, false), room(0, true), room(5, true)];
    let mut dispatch = Dispatch::of_logins(rooms, &[None], bounds(5, None), t0());
    let bound = |dispatch: &mut Dispatch| {
        let state = dispatch.state();
        (state.submitting, state.receiving)
    };
    assert_eq!(bound(&mut dispatch), (0, 0));
    for (session, submitting, receiving) in [(0, 1, 0), (1, 1, 1), (2, 2, 2)] {
        dispatch.bound(session);
        assert_eq!(bound(&mut dispatch), (submitting, receiving));
    }
    dispatch.unbound(1);
    assert_eq!(bound(&mut dispatch), (2, 1));
    dispatch.leave(2);
    assert_eq!(bound(&mut dispatch), (1, 0));
}

#[test]
fn a_refusal_for_the_windows_sake_makes_it_smaller_and_one_for_the_rates_does_not() {
    let now = t0();
    for (status, window) in [(Status::RTHROTTLED, 20), (Status::RMSGQFUL, 14)] {
        let mut dispatch = Dispatch::new(1, bounds(20, None), now);
        dispatch.bound(0);
        dispatch.submit(submissions(20, now));
        assert_eq!(written(&mut dispatch, now).len(), 20);
        let all = submissions(20, now).into_iter().skip(1).rev();
        let refused = all.map(|it| Heard {
            token: it.token,
            ..heard(status, None)
        });
        let cuts = refused.filter(|refused| dispatch.answered(0, *refused, now));
        let of_rate = usize::from(status == Status::RTHROTTLED);
        assert_eq!(cuts.count(), of_rate, "all of the window is one overload");
        assert_eq!(dispatch.state().window, window);
        assert_eq!(dispatch.state().rate.is_some(), of_rate == 1);
        assert_eq!(dispatch.state().throttled, 19);
    }
}

#[test]
fn failures_of_too_much_at_once_use_up_no_attempt_and_make_the_window_smaller_unless_they_mean_something_else()
 {
    for (status, class, taken, charged, window) in [
        (
            Status::RSUBMITFAIL,
            Class::RetryTwice,
            2,
            Class::Throttled,
            7,
        ),
        (
            Status::RSUBMITFAIL,
            Class::RetryTwice,
            19,
            Class::Throttled,
            20,
        ),
        (
            Status::RSUBMITFAIL,
            Class::Permanent,
            2,
            Class::Permanent,
            20,
        ),
        (
            Status::RUNKNOWNERR,
            Class::RetryTwice,
            2,
            Class::RetryTwice,
            20,
        ),
    ] {
        let now = t0();
        let mut dispatch = Dispatch::new(1, bounds(20, None), now);
        dispatch.bound(0);
        let all = submissions(20, now);
        dispatch.submit(all.clone());
        assert_eq!(written(&mut dispatch, now).len(), 20);
        for (number, submission) in all.iter().enumerate() {
            let is_refused = number >= taken;
            let answer = Heard {
                token: submission.token,
                ..heard(Status::ROK, None)
            };
            let failed = Heard {
                class,
                status,
                ..answer
            };
            if is_refused {
                assert_eq!(dispatch.charged(&failed), charged, "{number} {status}");
            }
            let answer = if is_refused { failed } else { answer };
            assert!(!dispatch.answered(0, answer, now));
        }
        assert_eq!(
            dispatch.state().window,
            window,
            "{status} {class:?} {taken}"
        );
        assert_eq!(dispatch.state().rate, None);
    }
}

/// Writes these and answers them in order, each alike; gives what is charged for each.
fn round(
    dispatch: &mut Dispatch,
    submissions: Vec<Submission>,
    statuses: &[Status],
    now: Instant,
) -> Vec<Class> {
    dispatch.submit(submissions);
    let written: Vec<_> = std::iter::from_fn(|| dispatch.next(now)).collect();
    assert_eq!(written.len(), statuses.len());
    let answered = written
        .iter()
        .zip(statuses)
        .map(|((session, submission), status)| {
            let heard = Heard {
                token: submission.token,
                class: crate::delivery::usual(*status),
                ..heard(*status, None)
            };
            let class = dispatch.charged(&heard);
            dispatch.answered(*session, heard, now);
            class
        });
    answered.collect()
}

/// Two that are taken, and a third beside them that is refused vaguely though three were held at once before; what that is
/// charged as.
fn third(dispatch: &mut Dispatch, id: u64, stubborn: bool, now: Instant) -> Class {
    let of = |id, stubborn| Submission {
        stubborn,
        ..submission(token(id), now)
    };
    let full = [Status::ROK, Status::ROK, Status::RSUBMITFAIL];
    let three = vec![of(1000 + id, false), of(2000 + id, false), of(id, stubborn)];
    round(dispatch, three, &full, now)[2]
}

/// A window of three, all of which was taken.
fn three_at_once(now: Instant) -> Dispatch {
    let mut dispatch = Dispatch::new(1, bounds(6, None), now);
    dispatch.bound(0);
    round(&mut dispatch, submissions(3, now), &[Status::ROK; 3], now);
    dispatch
}

#[test]
fn what_is_refused_vaguely_beside_others_uses_up_no_attempt_as_long_as_trying_again_helps() {
    let now = t0();
    let again = |dispatch: &mut Dispatch, id, status| {
        round(dispatch, vec![submission(token(id), now)], &[status], now)[0]
    };
    let mut dispatch = three_at_once(now);
    let alone = again(&mut dispatch, 50, Status::RSUBMITFAIL);
    assert_eq!(alone, Class::RetryTwice, "nothing was beside it");
    let stubborn = third(&mut dispatch, 60, true, now);
    assert_eq!(stubborn, Class::RetryTwice, "attempts are to end");
    for id in 100..130 {
        if id % 5 == 0 {
            round(&mut dispatch, submissions(3, now), &[Status::ROK; 3], now);
        }
        assert_eq!(third(&mut dispatch, id, false, now), Class::Throttled);
        again(&mut dispatch, id, Status::ROK);
    }
    let state = dispatch.state();
    assert_eq!((state.window, state.rate), (6, None), "it may be chance");

    let mut blacklisted = three_at_once(now);
    for id in 100..108 {
        third(&mut blacklisted, id, false, now);
        again(&mut blacklisted, id, Status::RSUBMITFAIL);
    }
    let class = third(&mut blacklisted, 200, false, now);
    assert_eq!((class, blacklisted.window(0)), (Class::RetryTwice, 6));
}

#[test]
fn a_congested_operator_is_not_pressed() {
    let now = t0();
    for (congestion, cut) in [(None, false), (Some(99), false), (Some(100), true)] {
        let mut dispatch = Dispatch::new(1, bounds(20, Some(100)), now);
        dispatch.bound(0);
        let heard = heard(Status::ROK, congestion);
        assert_eq!(dispatch.answered(0, heard, now), cut);
        assert_eq!(dispatch.state().rate == Some(100.0), !cut);
    }
}

#[test]
fn what_was_learned_stays_when_all_sessions_are_bound_anew() {
    let start = t0();
    let mut dispatch = Dispatch::new(1, bounds(20, Some(100)), start);
    dispatch.bound(0);
    let now = busy(&mut dispatch, start);
    dispatch.answered(0, heard(Status::RMSGQFUL, None), now);
    dispatch.answered(0, heard(Status::RTHROTTLED, None), now);
    let learned = dispatch.state();
    dispatch.unbound(0);
    dispatch.bound(0);
    let state = dispatch.state();
    assert_eq!((state.rate, state.window), (learned.rate, learned.window));
    assert_eq!((state.rate, state.window), (Some(50.0), 14));
}

#[test]
fn an_overload_is_told_once_until_something_is_taken_again() {
    let start = t0();
    let mut dispatch = Dispatch::new(1, bounds(20, Some(100)), start);
    dispatch.bound(0);
    let mut now = start;
    for overload in ["one", "another"] {
        let mut told = Vec::new();
        let mut rates = Vec::new();
        for _ in 0..4 {
            now = busy(&mut dispatch, now);
            for _ in 0..20 {
                told.push(dispatch.answered(0, heard(Status::RTHROTTLED, None), now));
            }
            rates.extend(dispatch.state().rate);
        }
        assert_eq!(told.iter().filter(|told| **told).count(), 1, "{overload}");
        assert!(
            told[0] && rates.is_sorted_by(|one, next| one >= next),
            "{rates:?}"
        );
        now = busy(&mut dispatch, now);
        for _ in 0..20 {
            dispatch.answered(0, heard(Status::ROK, None), now);
        }
    }
}

#[test]
fn a_pause_of_the_operators_leaves_the_window_as_it_is() {
    let start = t0();
    let mut dispatch = Dispatch::new(1, bounds(20, None), start);
    dispatch.bound(0);
    for second in [0, 1, 20, 21] {
        let now = start + Duration::from_secs(second);
        dispatch.submit(submissions(20, now));
        let (mut sent, later) = (Vec::new(), now + Duration::from_millis(50));
        while let Some((_, submission)) = dispatch.next(now) {
            sent.push(submission.token);
        }
        // What is written in the second second is answered 18 s later.
        let at = if second == 1 {
            start + Duration::from_secs(19)
        } else {
            later
        };
        for token in sent {
            let heard = Heard {
                token,
                ..heard(Status::ROK, None)
            };
            dispatch.answered(0, heard, at);
        }
        assert_eq!(dispatch.window(0), 20, "{second}");
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_push_that_is_refused_lowers_neither_rate_nor_window() {
    let now = t0();
    let mut dispatch = Dispatch::new(1, bounds(8, Some(100)), now);
    dispatch.bound(0);
    let mut now = now;
    let mut answered = |dispatch: &mut Dispatch, status, is_push| {
        now += Duration::from_secs(1);
        dispatch.submit(submissions(1, now));
        let token = dispatch.next(now).unwrap().1.token;
        let segment = if is_push { Token::PUSH } else { token.segment };
        let heard = Heard {
            token: Token { segment, ..token },
            ..heard(status, Some(CONGESTED))
        };
        let heard = heard.of_messages();
        assert_eq!(
            heard.class == Class::Session,
            !is_push && status == Status::RINVBNDSTS
        );
        dispatch.answered(0, heard, now)
    };
    for status in [Status::RTHROTTLED, Status::RMSGQFUL, Status::RINVBNDSTS] {
        assert!(!answered(&mut dispatch, status, true), "{status}");
    }
    let state = dispatch.state();
    assert_eq!(
        (state.rate, state.window, state.throttled),
        (Some(100.0), 8, 0)
    );
    answered(&mut dispatch, Status::RINVBNDSTS, false);
    assert!(dispatch.rate(0) < Some(100.0), "a message does");
}

#[test]
fn the_rate_is_in_the_way_of_what_is_here_and_not_of_what_is_yet_to_come() {
    let start = t0();
    let mut dispatch = Dispatch::new(1, bounds(10, Some(10)), start);
    dispatch.bound(0);
    let mut now = start + SECOND;
    let mut spent = |dispatch: &mut Dispatch, waiting: u64| {
        dispatch.offer(now);
        let before = dispatch.state().occupancy;
        dispatch.submit(submissions(1 + waiting, now));
        assert_eq!(written(dispatch, now), [0]);
        dispatch.offer(now);
        now += Duration::from_millis(50);
        dispatch.offer(now);
        let spent = dispatch.state().occupancy.since(&before);
        dispatch.unwritten();
        now += SECOND;
        [spent.rate, spent.free, spent.places].map(|time| time.as_millis())
    };
    assert_eq!(spent(&mut dispatch, 1), [50, 0, 500]);
    assert_eq!(spent(&mut dispatch, 0), [0, 50, 500], "it was asked for");
}
