//! Operators that hold less at once than we would have await a response, and others that only seem to.

use std::time::Duration;

use xabar_smpp::Status;

use super::smsc::Limit;
use super::{Figures, MINUTES, RESPONSE, SECOND, Texts, WARM_UP, bounds, run, run_texts};

#[test]
fn an_operators_own_window_is_found() {
    let latency = Duration::from_millis(200);
    // Eleven on each of the sessions, of which the operator knows the sum only.
    let figures = run(bounds(None, 64), latency, MINUTES, false, |_| {
        Limit::Window(22)
    });
    println!("{figures:?}");
    assert!((5..=13).contains(&figures.window), "{figures:?}");
    assert!(figures.throttled < 0.02, "{figures:?}");
    assert!(figures.rate > 0.7 * 110.0, "{figures:?}");
}

#[test]
fn a_window_far_below_ours_is_soon_found_and_leaves_the_rate_as_it_is() {
    let latency = SECOND / 10;
    for (limit, tps) in [(2, 100), (5, 200), (20, 500)] {
        let figures = run(bounds(Some(tps), 50), latency, MINUTES, false, |_| {
            Limit::EachWindow(limit, Status::RMSGQFUL)
        });
        println!("{limit}: {figures:?}");
        let possible = 2.0 * 10.0 * limit as f64;
        assert!(figures.rate > 0.9 * possible, "{limit}: {figures:?}");
        assert!(figures.throttled < 0.02, "{limit}: {figures:?}");
        let found = limit..=limit + limit.div_ceil(10);
        assert!(found.contains(&figures.window), "{limit}: {figures:?}");
        assert_eq!(figures.tps, Some(f64::from(tps)), "{limit}");
        let soon = &figures.seconds[3..];
        let is_near = |taken: &u32| f64::from(*taken) > 0.65 * possible;
        assert!(soon.iter().all(is_near), "{limit}: {figures:?}");
    }
}

#[test]
fn nothing_fails_because_a_window_is_full_though_the_operator_calls_it_a_failure() {
    for (limit, tps, window) in [(2, 100, 10), (2, 200, 50), (20, 500, 50)] {
        let latency = SECOND / 10;
        let figures = run(bounds(Some(tps), window), latency, MINUTES, false, |_| {
            Limit::EachWindow(limit, Status::RSUBMITFAIL)
        });
        println!("{limit} of {window}: {figures:?}");
        assert_eq!(figures.failed, 0, "{limit} of {window}: {figures:?}");
        let possible = 2.0 * 10.0 * limit as f64;
        assert!(figures.rate > 0.9 * possible, "{limit}: {figures:?}");
        assert!(figures.throttled < 0.06, "{limit}: {figures:?}");
    }
}

#[test]
fn nothing_fails_because_a_window_is_full_that_has_room_again_before_its_answers_are_read() {
    for (limit, window, ahead) in [(2, 3, 30), (2, 10, 30), (2, 50, 60), (20, 50, 30)] {
        let ahead = Duration::from_millis(ahead);
        let figures = run(bounds(None, window), SECOND / 10, MINUTES, false, |_| {
            Limit::AheadWindow(limit, ahead)
        });
        println!("{limit} of {window}, {ahead:?}: {figures:?}");
        assert_eq!(figures.failed, 0, "{limit} {ahead:?}: {figures:?}");
        let possible = 2.0 * 10.0 * limit as f64;
        assert!(figures.rate > 0.9 * possible, "{limit}: {figures:?}");
        assert!(figures.throttled < 0.25, "{limit} {ahead:?}: {figures:?}");
    }
}

#[test]
fn a_blacklist_makes_no_window_smaller_and_uses_up_attempts() {
    let figures = run(bounds(None, 50), SECOND / 4, MINUTES, false, |_| {
        Limit::Blacklist(50)
    });
    println!("{figures:?}");
    assert!(figures.rate > 0.9 * 400.0, "{figures:?}");
    assert!(figures.window >= 40, "{figures:?}");
    assert!(figures.failed > 1200, "{figures:?}");
}

#[test]
fn failures_that_come_by_chance_or_to_the_same_numbers_leave_window_and_rate_about_as_they_are() {
    for (limit, least) in [
        (Limit::MoodyFailure(10), 0.9),
        (Limit::MoodyFailure(5), 0.85),
        (Limit::Blacklist(7), 0.6),
    ] {
        for (tps, window) in [(Some(300), 64), (None, 10)] {
            let figures = run(bounds(tps, window), SECOND / 20, MINUTES, false, |_| limit);
            println!("{limit:?} at {tps:?}: {figures:?}");
            let all = tps.map_or(2.0 * 20.0 * window as f64, f64::from);
            // What is refused takes its turn as well.
            let answered = figures.rate / (1.0 - figures.throttled);
            assert!(answered > least * all, "{limit:?} {tps:?}: {figures:?}");
            assert_eq!(figures.tps, tps.map(f64::from), "{limit:?}");
        }
    }
}

#[test]
fn a_window_that_becomes_larger_is_soon_used() {
    let change = |at: Duration| match at < WARM_UP {
        true => Limit::EachWindow(2, Status::RMSGQFUL),
        false => Limit::EachWindow(40, Status::RMSGQFUL),
    };
    let length = WARM_UP + Duration::from_secs(60);
    let figures = run(bounds(None, 40), SECOND / 10, length, false, change);
    println!("{figures:?}");
    assert!(figures.rate > 0.6 * 800.0, "{figures:?}");
    assert_eq!((figures.window, figures.tps), (40, None));
}

#[test]
fn a_full_queue_may_mean_the_rate_or_nothing_as_well() {
    for (tps, latency) in [
        (Some(300), SECOND / 50),
        (Some(300), SECOND / 2),
        (None, SECOND / 20),
    ] {
        let figures = run(bounds(tps, 100), latency, MINUTES, false, |_| {
            Limit::FullQueue(100.0)
        });
        println!("{tps:?} {latency:?}: {figures:?}");
        assert!(figures.rate > 88.0, "{tps:?} {latency:?}: {figures:?}");
        assert!(figures.throttled < 0.03, "{tps:?} {latency:?}: {figures:?}");
    }
    for (one_in, latency) in [(50, SECOND / 50), (50, SECOND / 4), (100, SECOND / 4)] {
        let figures = run(bounds(Some(300), 100), latency, MINUTES, false, |_| {
            Limit::MoodyQueue(one_in)
        });
        println!("one in {one_in}, {latency:?}: {figures:?}");
        assert!(figures.rate > 0.8 * 300.0, "one in {one_in}: {figures:?}");
    }
}

#[test]
fn an_operator_that_lets_everything_queue_is_not_driven_into_timeouts() {
    let latency = Duration::from_millis(50);
    let figures = run(bounds(None, 2000), latency, MINUTES, false, |_| {
        Limit::Queue(40.0)
    });
    println!("{figures:?}");
    assert!(figures.rate > 39.0, "{figures:?}");
    assert!(figures.longest_response < RESPONSE / 4, "{figures:?}");
}

/// Texts of so many segments over one session with a window.
fn with_window(window: usize, segments: u8, latency: Duration, limit: Limit) -> Figures {
    let texts = Texts {
        segments,
        sessions: 1,
    };
    let bounds = bounds(Some(300), window);
    run_texts(texts, bounds, latency, MINUTES, false, |_| limit)
}

#[test]
fn failures_by_chance_leave_also_a_small_window_as_it_is() {
    for window in 1..=6 {
        for segments in [1, 4] {
            let figures = with_window(window, segments, SECOND / 20, Limit::MoodyFailure(10));
            println!("{window}, {segments} segments: {figures:?}");
            assert_eq!(figures.window, window, "{segments}: {figures:?}");
            let all = 20.0 * window as f64;
            assert!(figures.rate > 0.85 * all, "{window} {segments} {figures:?}");
        }
    }
}

#[test]
fn texts_of_several_segments_do_not_fail_because_a_small_window_is_full() {
    for (limit, window) in [(1, 2), (1, 3), (2, 3), (2, 4), (4, 6)] {
        for segments in [1, 2, 4] {
            for ahead in [0, 30] {
                let limited = match ahead {
                    0 => Limit::EachWindow(limit, Status::RSUBMITFAIL),
                    _ => Limit::AheadWindow(limit, Duration::from_millis(ahead)),
                };
                let figures = with_window(window, segments, SECOND / 10, limited);
                println!("{limit} of {window}, {segments} segments, {ahead} ms: {figures:?}");
                assert_eq!(figures.failed, 0, "{limit} of {window}: {figures:?}");
                let possible = 10.0 * limit as f64;
                assert!(figures.rate > 0.95 * possible, "{limit}: {figures:?}");
                assert!(figures.throttled < 0.3, "{limit} {ahead}: {figures:?}");
            }
        }
    }
}

#[test]
fn what_is_always_refused_ends_also_where_the_window_is_small() {
    for window in 1..=6 {
        for segments in [1, 4] {
            let figures = with_window(window, segments, SECOND / 20, Limit::Blacklist(10));
            println!("{window}, {segments} segments: {figures:?}");
            let messages = 240.0 * figures.rate / f64::from(segments);
            let refused = messages / 9.0;
            let failed = f64::from(figures.failed);
            assert!(failed > 0.6 * refused, "{window} {segments} {figures:?}");
        }
    }
}
