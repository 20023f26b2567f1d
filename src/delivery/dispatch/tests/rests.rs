//! Logins of one operator of which one does not do its work.

use super::super::rests::{Switched, Verdict};
use super::*;
use crate::delivery::{Logins, Switch};

/// Logins with a session each.
fn logins(count: usize, now: Instant) -> Dispatch {
    let rooms = (0..count).map(|login| Room::of(login, 10));
    let mut dispatch = Dispatch::of_logins(rooms, &vec![None; count], bounds(10, None), now);
    (0..count).for_each(|session| dispatch.bound_at(session, 0));
    dispatch
}

/// What became of a message, and where.
type Tried = (usize, Verdict, Option<Switched>);

/// A message goes out, and is answered by its session so.
fn tried(
    dispatch: &mut Dispatch,
    message: u64,
    class: impl Fn(usize) -> Class,
    now: Instant,
) -> Tried {
    dispatch.offer(now);
    dispatch.submit(vec![submission(token(message), now)]);
    let (session, submission) = dispatch.next(now).expect("room");
    let heard = (submission.token, Some(class(session)));
    let (verdict, switched) = dispatch.judge(session, heard, now);
    dispatch.unused(session, submission.token);
    (session, verdict, switched)
}

/// The first login cannot.
fn first_is_sick(session: usize) -> Class {
    match session {
        0 => Class::RetrySoon,
        _ => Class::Accepted,
    }
}

/// Two logins of which the first rests.
fn resting(now: Instant) -> Dispatch {
    let mut dispatch = logins(2, now);
    let messages = 1..=40;
    let switched = messages.filter_map(|it| tried(&mut dispatch, it, first_is_sick, now).2);
    let switched: Vec<Switched> = switched.collect();
    let rests = Switched {
        login: 0,
        switch: Switch::Opened,
        rests: true,
    };
    assert_eq!(switched, [rests]);
    dispatch
}

#[test]
fn one_that_refuses_all_gets_nothing_while_another_takes_and_all_once_that_is_gone() {
    let now = t0();
    let mut dispatch = resting(now);
    assert_eq!(dispatch.state().resting, Logins(1));
    for message in 100..150 {
        assert_eq!(tried(&mut dispatch, message, first_is_sick, now).0, 1);
    }
    dispatch.submit(submissions(30, now));
    assert_eq!(written(&mut dispatch, now).len(), 10, "one window");
    dispatch.unbound(1);
    assert_eq!(dispatch.state().resting, Logins(0));
    let (session, verdict, _) = tried(&mut dispatch, 200, first_is_sick, now);
    assert_eq!((session, verdict), (0, Verdict::Counts), "no other is well");
}

#[test]
fn it_is_tried_by_single_messages_after_ever_longer_pauses_until_it_takes_some() {
    let start = t0();
    let mut dispatch = resting(start);
    let probes = |dispatch: &mut Dispatch, from: u64, until: u64| {
        let mut probes = Vec::new();
        for second in from..until {
            let now = start + Duration::from_secs(second);
            dispatch.offer(now);
            dispatch.submit(
                (0..3)
                    .map(|it| submission(token(1000 + second * 10 + it), now))
                    .collect(),
            );
            let given: Vec<_> = std::iter::from_fn(|| dispatch.next(now)).collect();
            for (session, submission) in given {
                if session == 0 {
                    probes.push(second);
                }
                let heard = (submission.token, Some(first_is_sick(session)));
                dispatch.judge(session, heard, now);
                dispatch.unused(session, submission.token);
            }
        }
        probes
    };
    let first = probes(&mut dispatch, 0, 40);
    assert_eq!(first, [5, 6, 7, 17, 18, 19, 39], "after 5 s, 10 s and 20 s");
    let now = start + Duration::from_secs(100);
    let well = |_| Class::Accepted;
    let switches: Vec<_> = (0..8)
        .map(|it| tried(&mut dispatch, 5000 + it, well, now))
        .collect();
    let closed = switches.iter().filter_map(|it| it.2).map(|it| it.switch);
    assert_eq!(closed.collect::<Vec<_>>(), [Switch::Closed]);
    assert_eq!(dispatch.state().resting, Logins(0));
}

#[test]
fn what_a_sick_one_refuses_goes_to_another_at_once_and_there_it_counts() {
    let now = t0();
    let mut dispatch = logins(2, now);
    let all = (1..=40).map(|it| tried(&mut dispatch, it, first_is_sick, now));
    let refused: Vec<_> = all.filter(|it| it.0 == 0).map(|it| it.1).collect();
    let (counted, elsewhere) = refused.split_at(2);
    assert_eq!(
        counted,
        [Verdict::Counts; 2],
        "may be the messages' own fault"
    );
    assert!(elsewhere.iter().all(|it| *it == Verdict::Elsewhere));

    let mut dispatch = logins(2, now);
    for message in 1..=8 {
        tried(&mut dispatch, message, first_is_sick, now);
    }
    let refuse = |_| Class::RetrySoon;
    while tried(&mut dispatch, 9, refuse, now).1 != Verdict::Elsewhere {}
    let (session, verdict, _) = tried(&mut dispatch, 9, refuse, now);
    assert_eq!((session, verdict), (1, Verdict::Counts));
}

#[test]
fn what_is_missing_at_a_sick_one_says_nothing_of_the_operator() {
    let now = t0();
    let mut dispatch = resting(now);
    let missing = dispatch.judge(0, (token(1), None), now).0;
    assert_eq!(missing, Verdict::Apart);
    assert_eq!(dispatch.judge(1, (token(2), None), now).0, Verdict::Counts);
}

#[test]
fn where_none_is_well_all_counts() {
    let now = t0();
    let mut dispatch = logins(2, now);
    for message in 1..=60 {
        let (_, verdict, _) = tried(&mut dispatch, message, |_| Class::RetrySoon, now);
        assert_eq!(verdict, Verdict::Counts);
    }
}

#[test]
fn one_that_throttles_all_for_long_rests_too_and_one_that_throttles_some_does_not() {
    let start = t0();
    for (takes_some, rests) in [(false, Logins(1)), (true, Logins(0))] {
        let mut dispatch = logins(2, start);
        for tenth in 0..150_u64 {
            let now = start + Duration::from_millis(tenth * 100);
            let class = |session| match session {
                0 if !takes_some || tenth % 10 > 1 => Class::Throttled,
                _ => Class::Accepted,
            };
            tried(&mut dispatch, tenth, class, now);
        }
        assert_eq!(dispatch.state().resting, rests);
    }
}
