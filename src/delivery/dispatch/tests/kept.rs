//! What is kept of a link for urgent messages and answers.

use super::*;

fn with_a_tenth_kept(sessions: usize, window: usize, tps: Option<u32>, now: Instant) -> Dispatch {
    let bounds = Bounds {
        kept: 10,
        ..bounds(window, tps)
    };
    let mut dispatch = Dispatch::new(sessions, bounds, now);
    (0..sessions).for_each(|session| dispatch.bound(session));
    dispatch
}

fn urgent(id: u64, decided: Instant) -> Submission {
    Submission {
        urgent: true,
        ..submission(token(id), decided)
    }
}

fn answered(dispatch: &mut Dispatch, id: u64, now: Instant) {
    let heard = Heard {
        token: token(id),
        ..heard(Status::ROK, None)
    };
    dispatch.answered(0, heard, now);
}

#[test]
fn a_full_window_of_others_leaves_room_for_urgent_ones_at_once() {
    let now = t0();
    let mut dispatch = with_a_tenth_kept(2, 10, None, now);
    assert_eq!(
        (dispatch.offer(now).granted, dispatch.offer(now).kept),
        (20, 2)
    );
    dispatch.submit(submissions(20, now));
    assert_eq!(written(&mut dispatch, now).len(), 18);
    let deadline = dispatch.deadline(now).unwrap();
    assert!(deadline >= now + STALE, "nothing to do until then");
    dispatch.submit((100..103).map(|id| urgent(id, now)).collect());
    assert_eq!(written(&mut dispatch, now).len(), 2);
    // The next place is an urgent one's too, and only then others'.
    answered(&mut dispatch, 0, now);
    let (_, next) = dispatch.next(now).unwrap();
    assert_eq!(next.token, token(102));
    answered(&mut dispatch, 1, now);
    let (_, next) = dispatch.next(now).unwrap();
    assert_eq!(next.token, token(18));
}

#[test]
fn what_urgent_ones_have_is_not_kept_beside_it() {
    let now = t0();
    let mut dispatch = with_a_tenth_kept(1, 20, None, now);
    dispatch.submit(vec![urgent(100, now), urgent(101, now)]);
    assert_eq!(written(&mut dispatch, now).len(), 2);
    assert_eq!(dispatch.offer(now).kept, 0);
    dispatch.submit(submissions(20, now));
    assert_eq!(written(&mut dispatch, now).len(), 18);
    answered(&mut dispatch, 100, now);
    assert!(dispatch.next(now).is_none(), "it is kept for the next one");
    assert_eq!(
        (dispatch.offer(now).granted, dispatch.offer(now).kept),
        (22, 1)
    );
    dispatch.unbound(0);
    dispatch.bound(0);
    assert_eq!(dispatch.offer(now).kept, 2);
}

#[test]
fn an_urgent_one_goes_before_all_that_waits_for_the_rate() {
    let now = t0();
    let mut dispatch = with_a_tenth_kept(1, 1000, Some(500), now);
    let now = dispatch.deadline(now).unwrap();
    assert_eq!(
        (dispatch.offer(now).granted, dispatch.offer(now).kept),
        (100, 10)
    );
    dispatch.submit(submissions(90, now));
    assert_eq!(
        (dispatch.offer(now).granted, dispatch.offer(now).kept),
        (100, 10)
    );
    dispatch.submit(vec![urgent(100, now)]);
    assert_eq!(
        (dispatch.offer(now).granted, dispatch.offer(now).kept),
        (100, 9)
    );
    let soon = dispatch.deadline(now).unwrap();
    let (_, next) = dispatch.next(soon).unwrap();
    assert_eq!(next.token, token(100));
}

#[test]
fn of_a_small_window_nothing_is_kept() {
    let now = t0();
    for (window, kept) in [(1, 0), (4, 0), (5, 1), (10, 1), (11, 2)] {
        let mut dispatch = with_a_tenth_kept(1, window, None, now);
        assert_eq!(dispatch.offer(now).kept, kept, "of {window}");
    }
}

#[test]
fn others_fill_of_each_session_what_is_told_to_be_theirs() {
    let now = t0();
    for (sessions, window, theirs) in [(1, 10, 9), (2, 10, 9), (2, 3, 2), (1, 4, 4), (30, 10, 9)] {
        let mut dispatch = with_a_tenth_kept(sessions, window, None, now);
        dispatch.submit(submissions(sessions as u64 * window as u64, now));
        written(&mut dispatch, now);
        for session in 0..sessions {
            assert_eq!(
                dispatch.window_of_others(session),
                theirs,
                "{sessions} of {window}"
            );
            assert!(
                dispatch.in_flight_on(session) >= theirs,
                "{sessions} of {window}"
            );
        }
    }
}
