//! One operator's sessions in virtual time.

use super::*;
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

#[test]
fn no_session_gets_more_than_its_window_and_both_share_the_work() {
    let now = t0();
    let mut dispatch = Dispatch::new(2, bounds(3, None), now);
    dispatch.bound(0);
    dispatch.bound(1);
    assert_eq!(dispatch.granted(now), 6);
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
    assert_eq!(Dispatch::new(2, bounds(3, None), now).granted(now), 0);
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
fn little_more_is_committed_than_the_rate_lets_out_soon() {
    let now = t0();
    let mut dispatch = Dispatch::new(1, bounds(1000, Some(50)), now);
    dispatch.bound(0);
    assert_eq!(dispatch.granted(now), 0, "the first second counts as spent");
    let now = dispatch.deadline(now).expect("then it asks for some");
    assert_eq!(dispatch.granted(now), 10);
    dispatch.submit(submissions(10, now));
    assert_eq!(dispatch.granted(now), 10);
    assert!(written(&mut dispatch, now).is_empty());
    let later = dispatch
        .deadline(now)
        .expect("something waits for its turn");
    assert_eq!(written(&mut dispatch, later).len(), 1);
    assert_eq!(dispatch.granted(later), 11);
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
fn a_refusal_for_the_windows_sake_makes_it_smaller_and_one_for_the_rates_does_not() {
    let now = t0();
    for (status, window) in [(Status::RTHROTTLED, 20), (Status::RMSGQFUL, 14)] {
        let mut dispatch = Dispatch::new(1, bounds(20, None), now);
        dispatch.bound(0);
        dispatch.submit(submissions(20, now));
        assert_eq!(written(&mut dispatch, now).len(), 20);
        let cuts = (0..20).filter(|_| dispatch.answered(0, heard(status, None), now));
        assert_eq!(cuts.count(), 1, "the rest of the window is one overload");
        assert_eq!(dispatch.state().window, window);
        assert_eq!(dispatch.state().throttled, 20);
    }
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
    let now = t0();
    let mut dispatch = Dispatch::new(1, bounds(20, Some(100)), now);
    dispatch.bound(0);
    dispatch.answered(0, heard(Status::RMSGQFUL, None), now);
    let learned = dispatch.state();
    dispatch.unbound(0);
    dispatch.bound(0);
    let state = dispatch.state();
    assert_eq!((state.rate, state.window), (learned.rate, learned.window));
    assert_eq!((state.rate, state.window), (Some(50.0), 14));
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

/// Two logins with a session each, held to 10 and 40 a second.
fn two_logins(tps: Option<u32>, now: Instant) -> Dispatch {
    let rooms = [0, 1].map(|login| Room {
        login,
        window: 1000,
    });
    let logins = [Some(10), Some(40)];
    let mut dispatch = Dispatch::of_logins(rooms, &logins, bounds(1000, tps), now);
    dispatch.bound(0);
    dispatch.bound(1);
    dispatch
}

/// How much each session was given in the ten seconds after the first, with work for more.
fn in_ten_seconds(dispatch: &mut Dispatch, start: Instant) -> [usize; 2] {
    let mut given = [0, 0];
    let mut now = start + SECOND;
    while now < start + 11 * SECOND {
        let wanted = dispatch.granted(now) - dispatch.taken;
        dispatch.submit(submissions(wanted, now));
        for session in written(dispatch, now) {
            given[session] += 1;
            dispatch.answered(session, heard(Status::ROK, None), now);
        }
        now = dispatch.deadline(now).map_or(now, |at| at.max(now)) + Duration::from_millis(1);
    }
    given
}

#[test]
fn the_tps_of_each_login_holds_and_is_nearly_reached() {
    let start = t0();
    let [one, other] = in_ten_seconds(&mut two_logins(None, start), start);
    assert!((85..=100).contains(&one), "{one}");
    assert!((350..=400).contains(&other), "{other}");
}

#[test]
fn the_tps_of_the_operator_holds_over_those_of_its_logins() {
    let start = t0();
    let given = in_ten_seconds(&mut two_logins(Some(20), start), start);
    let sum: usize = given.iter().sum();
    assert!((170..=200).contains(&sum), "{given:?}");
}

#[test]
fn who_throttles_one_login_slows_that_one_down() {
    let start = t0();
    let mut dispatch = two_logins(None, start);
    let now = start + 2 * SECOND;
    assert!(dispatch.answered(1, heard(Status::RTHROTTLED, None), now));
    assert_eq!(dispatch.rate(0), Some(10.0));
    assert!(dispatch.rate(1).is_some_and(|rate| rate < 40.0));
}

#[test]
fn a_session_for_receiving_is_given_nothing_and_does_not_count_as_bound() {
    let now = t0();
    let rooms = [0, 3].map(|window| Room { login: 0, window });
    let mut dispatch = Dispatch::of_logins(rooms, &[None], bounds(3, None), now);
    dispatch.bound(0);
    assert_eq!((dispatch.sessions_bound(), dispatch.granted(now)), (0, 0));
    dispatch.bound(1);
    dispatch.submit(submissions(3, now));
    assert_eq!(written(&mut dispatch, now), [1, 1, 1]);
    assert_eq!(dispatch.sessions_bound(), 1);
}

fn queries(ids: std::ops::Range<u64>) -> Vec<Query> {
    let query = |id| Query {
        token: token(1_000_000 + id),
        smsc_id: "1".into(),
        sender: crate::delivery::SenderIndex::default(),
    };
    ids.map(query).collect()
}

/// How many submissions and how many questions are written in ten seconds to an operator that answers each
/// after 50 ms, with work for more of both.
fn beside_questions(mut dispatch: Dispatch, asked: u64, start: Instant) -> [usize; 2] {
    assert_eq!(dispatch.ask(queries(0..asked)), []);
    let mut given = [0, 0];
    let mut answers = VecDeque::new();
    let mut now = start + SECOND;
    while now < start + 11 * SECOND {
        let due = |(at, ..): &(Instant, usize, Token)| *at <= now;
        while let Some((_, session, token)) = answers.pop_front_if(|answer| due(answer)) {
            let heard = Heard {
                token,
                ..heard(Status::ROK, None)
            };
            match dispatch.asks(token) {
                true => drop(dispatch.query_answered(session, heard, now)),
                false => drop(dispatch.answered(session, heard, now)),
            }
        }
        let wanted = dispatch.granted(now) - dispatch.taken;
        dispatch.submit(submissions(wanted, now));
        let at = now + Duration::from_millis(50);
        while let Some((session, query)) = dispatch.next_query(now) {
            given[1] += 1;
            answers.push_back((at, session, query.token));
        }
        while let Some((session, submission)) = dispatch.next(now) {
            given[0] += 1;
            answers.push_back((at, session, submission.token));
        }
        let answer = answers.front().map(|(at, ..)| *at);
        let next = dispatch.deadline(now).into_iter().chain(answer).min();
        now = next.map_or(now, |at| at.max(now)) + Duration::from_millis(1);
    }
    given
}

#[test]
fn questions_take_a_tenth_of_the_rate_and_of_the_window_and_what_they_take_counts() {
    let start = t0();
    let bound = |window, tps| {
        let mut dispatch = Dispatch::new(1, bounds(window, tps), start);
        dispatch.bound(0);
        dispatch
    };
    for (window, tps) in [(1000, Some(100)), (20, None)] {
        let [alone, none] = beside_questions(bound(window, tps), 0, start);
        assert_eq!(none, 0);
        let [submissions, questions] = beside_questions(bound(window, tps), 100_000, start);
        assert!(questions > alone / 20, "{questions} beside {submissions}");
        assert!(questions <= alone / 8, "{questions} beside {submissions}");
        assert!(submissions > alone * 8 / 10, "{submissions} of {alone}");
        if let Some(tps) = tps {
            assert!(submissions + questions <= 10 * tps as usize);
        }
    }
}

#[test]
fn with_nothing_else_to_do_questions_go_at_their_pace_and_the_link_wakes_for_them() {
    let start = t0();
    let mut dispatch = Dispatch::new(1, bounds(10, Some(100)), start);
    dispatch.bound(0);
    dispatch.ask(queries(0..3));
    let mut now = start + 2 * SECOND;
    for _ in 0..3 {
        let (session, query) = dispatch.next_query(now).expect("a question");
        assert!(dispatch.next_query(now).is_none());
        let heard = Heard {
            token: query.token,
            ..heard(Status::ROK, None)
        };
        assert!(dispatch.query_answered(session, heard, now));
        now = dispatch.deadline(now).unwrap_or(now + SECOND);
    }
    assert_eq!(
        now,
        start + 2 * SECOND + Duration::from_millis(200) + SECOND
    );
    assert!(dispatch.next_query(now).is_none());
}
