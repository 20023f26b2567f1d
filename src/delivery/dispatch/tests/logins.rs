//! Sessions of several logins, each with what it is given.

use super::*;

/// Two logins with a session each, held to 10 and 40 a second.
fn two_logins(tps: Option<u32>, now: Instant) -> Dispatch {
    let rooms = [0, 1].map(|login| Room::of(login, 1000));
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
        let wanted = dispatch.offer(now).granted - dispatch.taken;
        dispatch.submit(submissions(wanted, now));
        for session in written(dispatch, now) {
            given[session] += 1;
            dispatch.answered(session, heard(Status::ROK, None), now);
        }
        now = dispatch.deadline(now).map_or(now, |at| at.max(now)) + Duration::from_micros(100);
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

/// Logins with a session each.
fn logins(limits: &[Option<u32>], tps: Option<u32>, now: Instant) -> Dispatch {
    let rooms = (0..limits.len()).map(|login| Room::of(login, 10));
    let mut dispatch = Dispatch::of_logins(rooms, limits, bounds(10, tps), now);
    (0..limits.len()).for_each(|session| dispatch.bound(session));
    dispatch
}

#[test]
fn what_one_login_cannot_take_now_another_does() {
    let start = t0();
    for (tps, limits, possible) in [
        (100, [30, 70], [30, 70]),
        (100, [50, 50], [50, 50]),
        (100, [30, 72], [30, 72]),
        (100, [60, 60], [50, 50]),
        (20, [8, 12], [8, 12]),
        (20, [2, 18], [2, 18]),
        (5, [4, 4], [3, 3]),
    ] {
        let mut dispatch = logins(&limits.map(Some), u32::try_from(tps).ok(), start);
        let given = in_ten_seconds(&mut dispatch, start);
        let sum: usize = given.iter().sum();
        assert!(sum >= tps * 93 / 10, "{tps} {limits:?}: {given:?}");
        let is_busy = |(given, possible): (usize, usize)| given >= possible * 8;
        assert!(
            given.into_iter().zip(possible).all(is_busy),
            "{tps} {limits:?}: {given:?}"
        );
    }
}

#[test]
fn a_login_without_a_limit_leaves_to_the_others_what_they_can_take() {
    let start = t0();
    for (limits, least) in [
        ([Some(2), None], [17, 150]),
        ([None, Some(2)], [150, 17]),
        ([None, None], [80, 80]),
    ] {
        let given = in_ten_seconds(&mut logins(&limits, Some(20), start), start);
        let is_busy = |(given, least): (usize, usize)| given >= least;
        assert!(
            given.into_iter().zip(least).all(is_busy),
            "{limits:?}: {given:?}"
        );
    }
}

#[test]
fn who_throttles_one_login_slows_that_one_down() {
    let start = t0();
    let mut dispatch = two_logins(None, start);
    in_ten_seconds(&mut dispatch, start);
    let now = start + 11 * SECOND;
    assert!(dispatch.answered(1, heard(Status::RTHROTTLED, None), now));
    let named = [0, 1].map(|session| dispatch.limited_login(session));
    assert_eq!(named, [Some(0), Some(1)]);
    assert_eq!(dispatch.rate(0), Some(10.0));
    assert!(dispatch.rate(1).is_some_and(|rate| rate < 40.0));
}

#[test]
fn a_session_for_receiving_is_given_nothing_and_counts_as_bound_for_that_only() {
    let now = t0();
    let rooms = [(0, true), (3, false)].map(|(window, receives)| Room {
        receives,
        ..Room::of(0, window)
    });
    let mut dispatch = Dispatch::of_logins(rooms, &[None], bounds(3, None), now);
    dispatch.bound(0);
    let bound = |dispatch: &Dispatch| {
        let state = dispatch.state();
        (state.sessions_bound, state.submitting, state.receiving)
    };
    assert_eq!(bound(&dispatch), (1, 0, 1));
    assert_eq!(dispatch.offer(now).granted, 0);
    dispatch.bound(1);
    dispatch.submit(submissions(3, now));
    assert_eq!(written(&mut dispatch, now), [1, 1, 1]);
    assert_eq!(bound(&dispatch), (2, 1, 1));
    dispatch.unbound(0);
    assert_eq!(bound(&dispatch), (1, 1, 0));
}

#[test]
fn each_session_keeps_the_window_of_its_login() {
    let now = t0();
    let rooms = [(0, 2), (1, 5)].map(|(login, window)| Room::of(login, window));
    let mut dispatch = Dispatch::of_logins(rooms, &[None, None], bounds(5, None), now);
    dispatch.bound(0);
    dispatch.bound(1);
    assert_eq!(dispatch.offer(now).granted, 7);
    dispatch.submit(submissions(10, now));
    let given = written(&mut dispatch, now);
    let to = |session| given.iter().filter(|it| **it == session).count();
    assert_eq!((to(0), to(1)), (2, 5));
    assert_eq!((dispatch.window(0), dispatch.window(1)), (2, 5));
}

#[test]
fn what_was_throttled_on_one_login_comes_back_while_it_is_used() {
    let start = t0();
    let mut dispatch = two_logins(None, start);
    in_ten_seconds(&mut dispatch, start);
    let now = start + 11 * SECOND;
    dispatch.answered(1, heard(Status::RTHROTTLED, None), now);
    assert!(dispatch.rate(1).is_some_and(|rate| rate < 40.0));
    for ten_seconds in 0..6 {
        in_ten_seconds(&mut dispatch, now + ten_seconds * 10 * SECOND);
    }
    assert_eq!(dispatch.rate(1), Some(40.0));
}

#[test]
fn an_overload_of_one_login_is_over_once_its_own_answers_are_there() {
    let start = t0();
    let mut dispatch = two_logins(None, start);
    in_ten_seconds(&mut dispatch, start);
    let now = start + 12 * SECOND;
    dispatch.submit(submissions(2, now));
    assert_eq!(written(&mut dispatch, now).len(), 2, "one on each");
    let throttled = heard(Status::RTHROTTLED, None);
    assert!(dispatch.answered(1, throttled, now));
    dispatch.answered(1, heard(Status::ROK, None), now);
    // What the other login awaits says nothing of this one.
    assert!(dispatch.answered(1, throttled, now + SECOND / 2));
}

#[test]
fn an_overload_of_the_whole_link_is_over_once_the_answers_of_all_logins_are_there() {
    let now = t0();
    let rooms = [0, 1].map(|login| Room::of(login, 20));
    let mut dispatch = Dispatch::of_logins(rooms, &[None, Some(1000)], bounds(20, None), now);
    dispatch.bound(0);
    dispatch.bound(1);
    let later = now + 5 * SECOND;
    let mut sessions = Vec::new();
    for millisecond in 0..100 {
        let now = later + Duration::from_millis(millisecond);
        dispatch.submit(submissions(40 - sessions.len() as u64, now));
        sessions.extend(written(&mut dispatch, now));
        dispatch.unwritten();
    }
    assert_eq!(sessions.len(), 40, "20 on each");
    let later = later + SECOND;
    for session in [0, 1] {
        for _ in 0..20 {
            dispatch.answered(session, heard(Status::RTHROTTLED, None), later);
        }
    }
    assert!(dispatch.rates.whole().is_overloaded());
    dispatch.answered(0, heard(Status::ROK, None), later + SECOND);
    assert!(!dispatch.rates.whole().is_overloaded());
}

#[test]
fn a_login_that_is_slow_beside_its_window_keeps_a_part_of_its_rate_for_urgent_ones_and_not_all() {
    let start = t0();
    let rooms = [0, 0].map(|login| Room::of(login, 50));
    let bounds = Bounds {
        kept: 10,
        ..bounds(50, None)
    };
    let mut dispatch = Dispatch::of_logins(rooms, &[Some(40)], bounds, start);
    dispatch.bound(0);
    dispatch.bound(1);
    let now = start + 2 * SECOND;
    assert_eq!(dispatch.offer(now).granted, 8, "a fifth of a second's");
    assert!(
        (1..=2).contains(&dispatch.offer(now).kept),
        "{}",
        dispatch.offer(now).kept
    );
}

#[test]
fn a_login_is_heard_by_any_session_on_which_receipts_come() {
    let now = t0();
    let receiver = |login| Room {
        window: 0,
        ..Room::of(login, 10)
    };
    let transmitter = |login| Room {
        receives: false,
        ..Room::of(login, 10)
    };
    let rooms = [receiver(0), transmitter(0), Room::of(1, 10)];
    let mut dispatch = Dispatch::of_logins(rooms, &[None, None], bounds(10, None), now);
    let mut heard = |bound: &[usize]| {
        (0..3).for_each(|session| drop(dispatch.leave(session)));
        bound.iter().for_each(|session| dispatch.bound(*session));
        let offer = dispatch.offer(now);
        [offer.logins, offer.carrying, offer.heard].map(|logins| logins.0)
    };
    assert_eq!(heard(&[]), [0b11, 0, 0]);
    assert_eq!(heard(&[1, 2]), [0b11, 0b11, 0b10]);
    assert_eq!(heard(&[0, 1]), [0b11, 0b01, 0b01]);
}
