//! What staff sets holds at once.

use super::*;
use crate::delivery::{Configured, Setting, Tuning};

/// Keeps more waiting than goes for so long, with an answer to each at once if `answered`; how many go.
fn go(dispatch: &mut Dispatch, from: Instant, time: Duration, answered: bool) -> usize {
    let mut gone = 0;
    for millis in 0..time.as_millis() {
        let now = from + Duration::from_millis(u64::try_from(millis).unwrap());
        dispatch.unwritten();
        dispatch.submit(submissions(50, now));
        for session in written(dispatch, now) {
            gone += 1;
            if answered {
                dispatch.unused(session, token(0));
            }
        }
        dispatch.offer(now);
    }
    gone
}

fn bound(window: usize, tps: Option<u32>) -> (Dispatch, Instant) {
    let start = t0();
    let mut dispatch = Dispatch::new(1, bounds(window, tps), start);
    dispatch.bound(0);
    (dispatch, start + 3 * SECOND)
}

fn tps(tps: u32) -> Tuning {
    Tuning {
        tps: Setting::To(tps),
        ..Tuning::default()
    }
}

#[test]
fn a_window_is_as_wide_as_it_is_set_until_it_is_the_configured_one_again() {
    let (mut dispatch, now) = bound(5, None);
    let set = |window| Tuning {
        window,
        ..Tuning::default()
    };
    let mut in_flight = |setting| {
        dispatch.tune(set(setting), now);
        go(&mut dispatch, now, Duration::from_millis(5), false);
        (dispatch.in_flight_on(0), dispatch.state().most_window)
    };
    assert_eq!(in_flight(Setting::Keep), (5, 5));
    assert_eq!(in_flight(Setting::To(20)), (20, 20));
    assert_eq!(
        in_flight(Setting::Configured),
        (20, 5),
        "it is answered first"
    );
}

#[test]
fn a_window_that_is_set_is_no_larger_than_a_logins_own() {
    let now = t0();
    let own = |login, window| Room {
        is_own: true,
        ..Room::of(login, window)
    };
    let rooms = [own(0, 5), Room::of(1, 10)];
    let mut dispatch = Dispatch::of_logins(rooms, &[None, None], bounds(10, None), now);
    let mut windows = |window| {
        let tuning = Tuning {
            window,
            ..Tuning::default()
        };
        dispatch.tune(tuning, now);
        (dispatch.window(0), dispatch.window(1))
    };
    assert_eq!(windows(Setting::To(20)), (5, 20));
    assert_eq!(windows(Setting::To(3)), (3, 3));
    assert_eq!(windows(Setting::Configured), (5, 10));
}

#[test]
fn what_is_set_stands_when_something_else_is_configured_and_default_is_that_then() {
    let now = t0();
    let own = Room {
        is_own: true,
        ..Room::of(0, 5)
    };
    let rooms = [own, Room::of(1, 10)];
    let mut dispatch = Dispatch::of_logins(rooms, &[None, None], bounds(10, Some(100)), now);
    dispatch.tune(tps(50), now);
    dispatch.configure(Configured {
        tps: Some(200),
        window: Some(20),
    });
    assert_eq!(dispatch.state().tps, Some(50));
    assert_eq!((dispatch.window(0), dispatch.window(1)), (5, 10));
    let configured = Tuning {
        tps: Setting::Configured,
        window: Setting::Configured,
        ..Tuning::default()
    };
    dispatch.tune(configured, now);
    let state = dispatch.state();
    assert_eq!((state.tps, state.most_window), (Some(200), 20));
    assert_eq!((dispatch.window(0), dispatch.window(1)), (5, 20));
}

#[test]
fn a_tps_is_kept_from_the_second_in_which_it_is_set() {
    let (mut dispatch, start) = bound(10, Some(100));
    let mut seconds = (0..).map(|n| start + n * SECOND);
    let mut in_a_second = |tuning| {
        let from = seconds.next().unwrap();
        dispatch.tune(tuning, from);
        go(&mut dispatch, from, SECOND, true)
    };
    let configured = Tuning {
        tps: Setting::Configured,
        ..Tuning::default()
    };
    let gone = [
        Tuning::default(),
        tps(500),
        tps(20),
        Tuning::default(),
        configured,
    ]
    .map(&mut in_a_second);
    let about = |gone: usize, tps: usize| (tps * 8 / 10..=tps).contains(&gone);
    // Of a lower one, what was written just before counts, too.
    let [usual, faster, first, slower, again] = gone;
    assert!(
        about(usual, 100) && about(faster, 500) && first <= 1,
        "{gone:?}"
    );
    assert!(about(slower, 20) && about(again, 100), "{gone:?}");
    assert_eq!(dispatch.state().tps, Some(100));
}

#[test]
fn a_link_without_a_tps_gets_one_and_is_rid_of_it() {
    let (mut dispatch, start) = bound(10, None);
    let unlimited = go(&mut dispatch, start, SECOND / 10, true);
    assert!(unlimited >= 1000, "{unlimited}");
    dispatch.tune(tps(50), start + SECOND);
    go(&mut dispatch, start + SECOND, SECOND, true);
    let paced = go(&mut dispatch, start + 2 * SECOND, SECOND, true);
    assert!((45..=50).contains(&paced), "{paced}");
    let none = Tuning {
        tps: Setting::Configured,
        ..Tuning::default()
    };
    dispatch.tune(none, start + 3 * SECOND);
    assert!(go(&mut dispatch, start + 3 * SECOND, SECOND / 10, true) >= 1000);
}

#[test]
fn what_was_set_for_a_while_says_nothing_of_what_the_operator_takes() {
    let (mut dispatch, start) = bound(10, None);
    dispatch.tune(tps(5000), start);
    let none = Tuning {
        tps: Setting::Configured,
        ..Tuning::default()
    };
    dispatch.tune(none, start + SECOND);
    let mut now = start + 2 * SECOND;
    for _ in 0..200 {
        dispatch.submit(submissions(1, now));
        let (session, submission) = dispatch.next(now).unwrap();
        let throttled = Heard {
            token: submission.token,
            ..heard(Status::RTHROTTLED, None)
        };
        if dispatch.answered(session, throttled, now) {
            return;
        }
        now += Duration::from_millis(10);
    }
    panic!("the rate was never cut, though all was throttled");
}
