//! Questions beside submissions.

use std::collections::VecDeque;

use super::*;

fn queries(ids: std::ops::Range<u64>) -> Vec<Query> {
    let query = |id| Query {
        token: token(1_000_000 + id),
        smsc_id: "1".into(),
        sender: crate::delivery::SentAs::default(),
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
            dispatch.query_answered(token);
            dispatch.answered(session, heard, now);
        }
        let wanted = dispatch.offer(now).granted - dispatch.taken;
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
        assert!(dispatch.query_answered(query.token));
        dispatch.answered(session, heard, now);
        now = dispatch.deadline(now).unwrap_or(now + SECOND);
    }
    assert_eq!(
        now,
        start + 2 * SECOND + Duration::from_millis(200) + SECOND
    );
    assert!(dispatch.next_query(now).is_none());
}

#[test]
fn a_question_without_an_answer_makes_way_for_the_next_and_three_in_a_row_are_the_last() {
    let now = t0();
    let mut dispatch = Dispatch::new(1, bounds(10, None), now);
    dispatch.bound(0);
    dispatch.ask(queries(0..9));
    let ask = |dispatch: &mut Dispatch| {
        let (_, query) = dispatch.next_query(now).expect("a question");
        assert!(dispatch.next_query(now).is_none(), "one of ten places");
        query.token
    };
    let lost = ask(&mut dispatch);
    assert_eq!(dispatch.query_timed_out(lost), None);
    let next = ask(&mut dispatch);
    assert!(dispatch.query_answered(next));
    for _ in 0..2 {
        let lost = ask(&mut dispatch);
        assert_eq!(dispatch.query_timed_out(lost), None);
    }
    assert!(
        dispatch.asks(lost) && !dispatch.query_answered(lost),
        "late"
    );
    for last in [false, false, true] {
        let lost = ask(&mut dispatch);
        let given_back = dispatch.query_timed_out(lost);
        assert_eq!(given_back.map(|rest| rest.len()), last.then_some(2));
    }
    assert_eq!(dispatch.unasked(0), [], "told already");
}

/// Asks as many as may be asked.
fn all_that_may(dispatch: &mut Dispatch, now: Instant) -> Vec<Token> {
    std::iter::from_fn(|| dispatch.next_query(now))
        .map(|(_, query)| query.token)
        .collect()
}

#[test]
fn what_one_stall_left_unanswered_counts_once_and_then_one_is_asked_at_a_time() {
    let now = t0();
    let mut dispatch = Dispatch::new(1, bounds(100, None), now);
    dispatch.bound(0);
    assert_eq!(dispatch.ask(queries(0..100)), []);
    let stalled = all_that_may(&mut dispatch, now);
    assert_eq!(stalled.len(), 10);
    for token in stalled {
        assert_eq!(dispatch.query_timed_out(token), None);
    }
    let one = all_that_may(&mut dispatch, now);
    assert_eq!(one.len(), 1);
    assert!(dispatch.query_answered(one[0]));
    assert_eq!(all_that_may(&mut dispatch, now).len(), 10);
}

/// Asks, one after the other, until no more are taken.
fn ask_in_vain(dispatch: &mut Dispatch, now: Instant) -> Vec<Token> {
    assert_eq!(dispatch.ask(queries(0..20)), []);
    let mut lost = Vec::new();
    loop {
        let (_, query) = dispatch.next_query(now).expect("it is asked still");
        lost.push(query.token);
        if dispatch.query_timed_out(query.token).is_some() {
            assert_ne!(dispatch.ask(queries(0..1)), [], "not asked any more");
            return lost;
        }
    }
}

#[test]
fn who_is_known_to_answer_is_asked_again_on_new_sessions_and_after_a_late_answer() {
    let now = t0();
    let mut dispatch = Dispatch::new(2, bounds(10, None), now);
    (0..2).for_each(|session| dispatch.bound(session));
    let lost = ask_in_vain(&mut dispatch, now);
    dispatch.unasked(0);
    dispatch.unasked(1);
    assert_ne!(dispatch.ask(queries(0..1)), [], "it never answered any");
    let mut dispatch = Dispatch::new(2, bounds(10, None), now);
    (0..2).for_each(|session| dispatch.bound(session));
    ask_in_vain(&mut dispatch, now);
    dispatch.query_answered(lost[0]);
    ask_in_vain(&mut dispatch, now);
    dispatch.unasked(0);
    assert_ne!(dispatch.ask(queries(0..1)), [], "the other owes answers");
    dispatch.unasked(1);
    assert_eq!(dispatch.ask(queries(0..1)), []);
    assert!(dispatch.ask_no_more().is_some() && dispatch.ask_no_more().is_none());
    dispatch.unasked(0);
    assert_ne!(dispatch.ask(queries(0..1)), [], "it does not know them");
}
