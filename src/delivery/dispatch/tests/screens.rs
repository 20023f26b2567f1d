//! Screens of USSD dialogues beside messages.

use std::collections::VecDeque;

use xabar_smpp::pdu::{Body, Pdu, SubmitSm};

use super::*;
use crate::delivery::SessionKey;
use crate::delivery::dispatch::screens::{FULL, MOST, SOON};
use crate::delivery::screen::{PATIENCE, ScreenToken};

fn screens(count: usize, session: usize, decided: Instant) -> Vec<Screen> {
    let pdu = Pdu::new(0, Body::SubmitSm(SubmitSm::default()));
    let screen = Screen {
        decided,
        session: SessionKey {
            index: session,
            generation: 1,
        },
        step: None,
        awaited: true,
        frame: pdu.to_frame().unwrap(),
    };
    vec![screen; count]
}

/// One screen for each of so many phones, which are told apart by the generation.
fn of_phones(count: u32, decided: Instant) -> Vec<Screen> {
    let mut all = screens(count as usize, 0, decided);
    for (phone, screen) in (0..).zip(&mut all) {
        screen.session.generation = phone;
    }
    all
}

/// What is written, in its order: `Some` is the session of a screen.
fn written(dispatch: &mut Dispatch, now: Instant) -> Vec<Option<usize>> {
    let next = || match dispatch.next_screen(now) {
        Some((session, ..)) => Some(Some(session)),
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

/// The operator throttles a screen; whether it goes again.
fn throttle(dispatch: &mut Dispatch, token: ScreenToken, now: Instant) -> bool {
    let token = Token::from(u64::from(token));
    let again = dispatch.show_again(token, now);
    let heard = heard(Status::RTHROTTLED, None);
    dispatch.answered(0, Heard { token, ..heard }, now);
    again
}

#[test]
fn a_screen_that_is_throttled_goes_again_before_the_others_while_its_phone_waits() {
    let start = t0();
    let mut dispatch = Dispatch::new(1, bounds(1, None), start);
    dispatch.bound(0);
    dispatch.show(of_phones(2, start));
    let mut now = start;
    for last in [false, false, true] {
        now = if last { start + PATIENCE } else { now + SECOND };
        let (_, token, screen) = dispatch.next_screen(now).unwrap();
        assert_eq!(screen.session.generation, 0);
        assert!(throttle(&mut dispatch, token, now));
        now += SECOND;
    }
    assert_eq!(dispatch.stale_screens(now), 2);

    dispatch.show(of_phones(1, now));
    now += SECOND;
    let (_, token, _) = dispatch.next_screen(now).unwrap();
    let late = now + PATIENCE;
    assert!(!throttle(&mut dispatch, token, late), "nobody waits");
    assert!(!dispatch.has_screens());
}

#[test]
fn none_that_nobody_waits_for_is_written_wherever_it_stands() {
    let start = t0();
    let mut dispatch = Dispatch::new(1, bounds(1, None), start);
    dispatch.bound(0);
    dispatch.show(of_phones(1, start));
    let mut now = start;
    // The third time it goes behind the others.
    for _ in 0..3 {
        dispatch.show(of_phones(1, start + PATIENCE));
        let (_, token, screen) = dispatch.next_screen(now).unwrap();
        assert_eq!(screen.decided, start);
        assert!(throttle(&mut dispatch, token, now));
        now += SECOND;
    }
    let late = start + PATIENCE + Duration::from_millis(1);
    assert_eq!(dispatch.stale_screens(late), 1);
    assert_eq!(dispatch.drop_screens(), 3);
}

#[test]
fn what_a_session_that_is_gone_was_given_does_not_go_again() {
    let now = t0();
    let mut dispatch = Dispatch::new(1, bounds(1, None), now);
    dispatch.bound(0);
    dispatch.show(of_phones(1, now));
    let (_, token, _) = dispatch.next_screen(now).unwrap();
    dispatch.unbound(0);
    assert!(!dispatch.show_again(u64::from(token).into(), now));
}

/// How long the phones that dial at once wait for their screens, of an SMSC that takes so many a second, and `never` that of
/// this one.
fn shown_under_a_cap(window: usize, phones: u32, cap: usize, never: Option<u32>) -> Vec<Duration> {
    const RESPONSE: Duration = Duration::from_millis(10);
    let start = t0();
    let mut dispatch = Dispatch::new(1, bounds(window, None), start);
    dispatch.bound(0);
    dispatch.show(of_phones(phones, start));
    let mut on_its_way: VecDeque<(Instant, _, bool)> = VecDeque::new();
    let mut shown = Vec::new();
    let mut now = start;
    while now <= start + PATIENCE {
        dispatch.offer(now);
        dispatch.stale_screens(now);
        while on_its_way.front().is_some_and(|(at, ..)| *at <= now) {
            let (_, token, is_shown) = on_its_way.pop_front().unwrap();
            if is_shown {
                let token = Token::from(u64::from(token));
                let heard = heard(Status::ROK, None);
                dispatch.answered(0, Heard { token, ..heard }, now);
            } else {
                throttle(&mut dispatch, token, now);
            }
        }
        while let Some((_, token, screen)) = dispatch.next_screen(now) {
            let second = shown.iter().rev().take_while(|at| **at + SECOND > now);
            let phone = Some(screen.session.generation);
            let is_shown = second.count() < cap && phone != never;
            if is_shown {
                shown.push(now);
            }
            on_its_way.push_back((now + RESPONSE, token, is_shown));
        }
        now += Duration::from_millis(1);
    }
    shown.into_iter().map(|at| at - start).collect()
}

#[test]
fn all_that_dial_at_once_are_shown_their_screens_though_the_smsc_throttles() {
    for (window, phones, cap) in [(10, 500, 100), (1, 300, 60), (64, 500, 200)] {
        let shown = shown_under_a_cap(window, phones, cap, None);
        assert_eq!(shown.len(), phones as usize, "{window} {cap}");
    }
}

#[test]
fn a_screen_that_is_never_taken_keeps_no_other_waiting() {
    for window in [1, 10] {
        let shown = shown_under_a_cap(window, 50, 1_000, Some(25));
        assert_eq!(shown.len(), 49);
        let longest = shown.iter().max().unwrap();
        assert!(*longest < PATIENCE / 2, "{window}: {longest:?}");
    }
}

#[test]
fn for_a_screen_that_is_never_taken_nobody_is_refused_who_dials_later() {
    for (window, tps) in [(1, None), (10, None), (1, Some(300)), (10, Some(300))] {
        let start = t0();
        let mut dispatch = Dispatch::new(1, bounds(window, tps), start);
        dispatch.bound(0);
        dispatch.show(of_phones(1, start));
        let (mut now, mut throttled) = (start, 0);
        while now <= start + PATIENCE {
            dispatch.stale_screens(now);
            if let Some((_, token, _)) = dispatch.next_screen(now) {
                now += Duration::from_millis(10);
                throttled += 1;
                let again = throttle(&mut dispatch, token, now);
                assert_eq!(again, throttled < 4, "{window} {tps:?}: {throttled}");
            }
            now += Duration::from_millis(1);
            if now >= start + 2 * SECOND {
                let offered = dispatch.offer(now).dialogues;
                assert!(offered > 1, "{window} {tps:?}: {:?}", now - start);
            }
        }
        if let Some(tps) = tps {
            assert_eq!(dispatch.rate(0), Some(f64::from(tps)), "{window}");
        }
    }
}

/// What phones saw of a minute in which they dial at an even rate.
#[derive(Debug, Default)]
struct Minute {
    dials: u32,
    refused: u32,
    shown: u32,
    longest: Duration,
    stale: usize,
}

/// A link of 300 TPS and phones that answer each screen but the last after five seconds. The pipeline knows how the link
/// stood at the end of the beat before.
fn minute(dials_a_beat: impl Fn(u32) -> u32, screens_each: u32, messages: u64) -> Minute {
    const BEAT: Duration = Duration::from_millis(50);
    const BEATS: u32 = 1_200;
    let (start, mut seen) = (t0(), Minute::default());
    let mut dispatch = Dispatch::new(1, bounds(1_000_000, Some(300)), start);
    dispatch.bound(0);
    dispatch.submit(submissions(messages, start));
    // How many screens each phone still wants, and who answers in which beat.
    let mut wanted: Vec<u32> = Vec::new();
    let mut answers = vec![Vec::new(); 3 * BEATS as usize];
    let (mut offer, mut given) = (dispatch.offer(start), 0);
    for beat in 0..2 * BEATS {
        let mut now = start + BEAT * (beat + 1);
        let screen = |phone: usize| {
            let mut screen = screens(1, 0, now).remove(0);
            screen.session.generation = u32::try_from(phone).unwrap();
            screen
        };
        let mut new: Vec<Screen> = answers[beat as usize].drain(..).map(screen).collect();
        for _ in 0..dials_a_beat(beat) {
            seen.dials += 1;
            if given + new.len() as u64 >= offer.dialogues {
                seen.refused += 1;
                continue;
            }
            new.push(screen(wanted.len()));
            wanted.push(screens_each);
        }
        given += new.len() as u64;
        assert_eq!(dispatch.show(new), 0);
        for _ in 0..50 {
            seen.stale += dispatch.stale_screens(now);
            while let Some((_, _, screen)) = dispatch.next_screen(now) {
                let phone = screen.session.generation as usize;
                seen.shown += 1;
                seen.longest = seen.longest.max(now - screen.decided);
                wanted[phone] -= 1;
                if wanted[phone] > 0 {
                    answers[beat as usize + 100].push(phone);
                }
            }
            dispatch.next(now);
            now += Duration::from_millis(1);
        }
        offer = dispatch.offer(now);
    }
    assert!(wanted.iter().all(|left| *left == 0), "{seen:?}");
    seen
}

#[test]
fn whoever_dials_is_shown_every_screen_in_time_or_refused_at_once() {
    let a_minute = |dials: u32| move |beat: u32| if beat < 1_200 { dials } else { 0 };
    for (screens_each, messages) in [(1, 0), (1, 100_000), (4, 0), (4, 100_000)] {
        // 400 dials a second.
        let seen = minute(a_minute(20), screens_each, messages);
        assert_eq!(seen.stale, 0, "{seen:?}");
        assert!(seen.longest <= PATIENCE / 2, "{seen:?}");
        assert_eq!(seen.shown, (seen.dials - seen.refused) * screens_each);
        assert!(seen.refused > 0 && seen.shown > 60 * 200, "{seen:?}");
    }
    // All at once.
    let seen = minute(|beat| if beat < 10 { 1_000 } else { 0 }, 4, 100_000);
    assert_eq!(seen.stale, 0, "{seen:?}");
    // As many as there is time for.
    let seen = minute(a_minute(14), 1, 0);
    assert_eq!(seen.refused, 0, "{seen:?}");
}

#[test]
fn where_nobody_knows_the_rate_no_dialogue_begins_while_the_first_screen_is_late() {
    let now = t0();
    let mut dispatch = Dispatch::new(1, bounds(1, None), now);
    dispatch.bound(0);
    dispatch.show(screens(3, 0, now));
    written(&mut dispatch, now);
    let late = now + SOON;
    assert!(dispatch.offer(late - Duration::from_millis(1)).dialogues > 3);
    let offer = dispatch.offer(late);
    assert_eq!((offer.dialogues, offer.screens_full), (3, false));
    dispatch.unused(0, token(1));
    dispatch.show(screens(1, 0, late));
    written(&mut dispatch, late);
    dispatch.unused(0, token(1));
    written(&mut dispatch, late);
    assert!(dispatch.offer(late).dialogues > 4, "the next one is not");
}

/// A link without `tps`, each of whose responses takes so long, and phones that dial at once, again and again. How many
/// began each time, how long the last screen took, and how many were never shown.
fn bursts(window: usize, response: Duration, dials: u64) -> Vec<(u64, Duration, usize)> {
    const BEAT: Duration = Duration::from_millis(5);
    let (mut now, mut given) = (t0(), 0);
    let mut dispatch = Dispatch::new(1, bounds(window, None), now);
    dispatch.bound(0);
    let mut offer = dispatch.offer(now);
    let mut on_its_way = VecDeque::new();
    let mut burst = || {
        let (mut begun, mut longest, mut stale) = (0, Duration::ZERO, 0);
        // Each beat brings some, and what it gives arrives after the next: the offer is behind.
        let mut given_before = Vec::new();
        for beat in 0..3_000 {
            let left = offer.dialogues.saturating_sub(given);
            let new = if beat < 10 { left.min(dials / 10) } else { 0 };
            (begun, given) = (begun + new, given + new);
            offer = dispatch.offer(now);
            let arrived = std::mem::replace(
                &mut given_before,
                screens(usize::try_from(new).unwrap(), 0, now),
            );
            assert_eq!(dispatch.show(arrived), 0);
            stale += dispatch.stale_screens(now);
            while on_its_way.front().is_some_and(|(at, _)| *at <= now) {
                let (_, token) = on_its_way.pop_front().unwrap();
                let heard = heard(Status::ROK, None);
                dispatch.answered(0, Heard { token, ..heard }, now);
            }
            while let Some((_, token, screen)) = dispatch.next_screen(now) {
                longest = longest.max(now - screen.decided);
                on_its_way.push_back((now + response, Token::from(u64::from(token))));
            }
            now += BEAT;
        }
        (begun, longest, stale)
    };
    (0..3).map(|_| burst()).collect()
}

#[test]
fn of_phones_that_dial_at_once_so_many_begin_as_window_and_response_time_let_be_shown_soon() {
    for (window, millis) in [(10, 100), (10, 20), (64, 200), (1, 10), (10, 500)] {
        let response = Duration::from_millis(millis);
        let a_second = window as f64 / response.as_secs_f64();
        let bursts = bursts(window, response, 3_000);
        for (begun, longest, stale) in &bursts[1..] {
            assert!(
                *longest <= SOON && *stale == 0,
                "{window} {millis}: {bursts:?}"
            );
            assert!(
                *begun as f64 >= a_second.min(1_000.0),
                "{window} {millis}: {bursts:?}"
            );
        }
    }
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

#[test]
fn screens_that_are_refused_say_nothing_of_messages() {
    let now = t0();
    let mut dispatch = Dispatch::new(1, bounds(20, None), now);
    dispatch.bound(0);
    for _ in 0..10 {
        dispatch.show(screens(20, 0, now));
        let all: Vec<_> = std::iter::from_fn(|| dispatch.next_screen(now)).collect();
        assert_eq!(all.len(), 20);
        for (session, token, _) in all {
            let refused = Heard {
                token: u64::from(token).into(),
                ..heard(Status::RSUBMITFAIL, None)
            };
            dispatch.answered(session, refused, now);
        }
    }
    let state = dispatch.state();
    assert_eq!((state.window, state.rate, state.throttled), (20, None, 0));
}

#[test]
fn messages_have_their_share_beside_screens_where_the_window_is_the_limit() {
    let now = t0();
    for (window, kept) in [(4, 0), (10, 0), (10, 20)] {
        let bounds = Bounds {
            kept,
            ..bounds(window, None)
        };
        let mut dispatch = Dispatch::new(1, bounds, now);
        dispatch.bound(0);
        let mut in_flight = VecDeque::new();
        let (mut shown, mut submitted) = (0, 0);
        for _ in 0..400 {
            // A place that gets free is filled before more is granted.
            if let Some(token) = in_flight.pop_front() {
                dispatch.unused(0, token);
            }
            dispatch.show(screens(2, 0, now));
            loop {
                if let Some((_, token, _)) = dispatch.next_screen(now) {
                    shown += 1;
                    in_flight.push_back(u64::from(token).into());
                } else if let Some((_, submission)) = dispatch.next(now) {
                    submitted += 1;
                    in_flight.push_back(submission.token);
                } else {
                    break;
                }
            }
            let is_busy = dispatch.deadline(now).is_some_and(|at| at <= now);
            assert!(!is_busy, "nothing is to be done now");
            let wanted = dispatch.offer(now).granted - dispatch.taken;
            dispatch.submit(submissions(wanted, now));
        }
        assert!(
            submitted * 4 >= shown,
            "{window}: {submitted} beside {shown}"
        );
    }
}
