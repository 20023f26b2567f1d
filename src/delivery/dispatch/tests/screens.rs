//! Screens of USSD dialogues beside messages.

use xabar_smpp::pdu::{Body, Pdu, SubmitSm};

use super::*;
use crate::delivery::SessionKey;
use crate::delivery::dispatch::screens::{FULL, MOST};
use crate::delivery::screen::PATIENCE;

fn screens(count: usize, session: usize, decided: Instant) -> Vec<Screen> {
    let pdu = Pdu::new(0, Body::SubmitSm(SubmitSm::default()));
    let screen = Screen {
        decided,
        session: SessionKey {
            index: session,
            generation: 1,
        },
        frame: pdu.to_frame().unwrap(),
    };
    vec![screen; count]
}

/// What is written, in its order: `Some` is the session of a screen.
fn written(dispatch: &mut Dispatch, now: Instant) -> Vec<Option<usize>> {
    let next = || match dispatch.next_screen(now) {
        Some((session, _)) => Some(Some(session)),
        None => dispatch.next(now).map(|_| None),
    };
    std::iter::from_fn(next).collect()
}

#[test]
fn screens_go_first_and_leave_a_share_to_messages() {
    let now = t0();
    let mut dispatch = Dispatch::new(1, bounds(100, None), now);
    dispatch.bound(0);
    dispatch.show(screens(8, 0, now));
    assert_eq!(
        written(&mut dispatch, now),
        [Some(0); 8],
        "nothing else waits"
    );
    dispatch.submit(submissions(3, now));
    assert_eq!(written(&mut dispatch, now), [None; 3]);
    dispatch.submit(submissions(2, now));
    dispatch.show(screens(8, 0, now));
    let (screen, message) = (Some(0), None);
    let order = [
        screen, screen, screen, message, screen, screen, screen, message, screen, screen,
    ];
    assert_eq!(written(&mut dispatch, now), order);
}

#[test]
fn a_screen_goes_back_where_its_step_came_from_if_there_is_room() {
    let now = t0();
    let mut dispatch = Dispatch::new(2, bounds(2, None), now);
    dispatch.bound(0);
    dispatch.bound(1);
    dispatch.show(screens(3, 1, now));
    assert_eq!(written(&mut dispatch, now), [Some(1), Some(1), Some(0)]);
    dispatch.unbound(1);
    dispatch.show(screens(1, 1, now));
    assert_eq!(written(&mut dispatch, now), [Some(0)]);
}

#[test]
fn screens_and_messages_share_one_rate() {
    let mut now = t0();
    let mut dispatch = Dispatch::new(1, bounds(1_000, Some(50)), now);
    dispatch.bound(0);
    now += Duration::from_secs(2);
    dispatch.show(screens(200, 0, now));
    let mut count = 0;
    let end = now + Duration::from_secs(1);
    while now < end {
        count += written(&mut dispatch, now).len();
        let next = dispatch.deadline(now).unwrap();
        now = next.max(now + Duration::from_millis(1));
    }
    assert!((45..=50).contains(&count), "{count}");
}

#[test]
fn what_nobody_looks_at_any_more_is_not_written() {
    let now = t0();
    let mut dispatch = Dispatch::new(1, bounds(1, None), now);
    dispatch.bound(0);
    dispatch.show(screens(3, 0, now));
    assert_eq!(written(&mut dispatch, now), [Some(0)]);
    assert_eq!(dispatch.stale_screens(now + PATIENCE), 0);
    let later = now + PATIENCE + Duration::from_millis(1);
    assert_eq!(dispatch.stale_screens(later), 2);
    dispatch.unused(0, token(1));
    assert_eq!(written(&mut dispatch, later), []);
}

#[test]
fn so_many_screens_wait_and_no_more() {
    let now = t0();
    let mut dispatch = Dispatch::new(1, bounds(1, None), now);
    dispatch.bound(0);
    assert_eq!(dispatch.show(screens(FULL - 1, 0, now)), 0);
    assert!(!dispatch.offer(now).screens_full);
    assert_eq!(dispatch.show(screens(1, 0, now)), 0);
    assert!(
        dispatch.offer(now).screens_full,
        "steps are to wait from now on"
    );
    assert_eq!(dispatch.show(screens(MOST, 0, now)), FULL, "not kept");
    let later = now + PATIENCE + Duration::from_millis(1);
    assert_eq!(dispatch.stale_screens(later), MOST);
    assert!(!dispatch.offer(now).screens_full);
}

#[test]
fn however_many_dial_messages_are_committed_too() {
    let now = t0();
    for (tps, messages) in [(50, 3), (1000, 50)] {
        let mut dispatch = Dispatch::new(1, bounds(1_000, Some(tps)), now);
        dispatch.bound(0);
        let now = now + Duration::from_secs(2);
        dispatch.show(screens(500, 0, now));
        assert_eq!(dispatch.offer(now).granted, messages, "{tps}");
    }
}
