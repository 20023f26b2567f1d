//! Links and a pipeline that were used in known ways.

use super::*;

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// A link under pressure whose window is full: 5 s of 55 a second at 180 ms.
fn crowded() -> Use {
    Use {
        paused: false,
        failing: false,
        sessions: 1,
        receiving: 0,
        sessions_bound: 1,
        tps: Some(Tps::OfAll(300)),
        rate_now: Some(300.0),
        window: 10,
        window_now: 10,
        windows: Vec::new(),
        rate: 55.0,
        pdus: 55.0,
        filled: 0.0,
        kept: 0.0,
        occupancy: Occupancy {
            window: seconds(4.9),
            free: seconds(0.1),
            in_flight: seconds(49.5),
            places: seconds(50.0),
            ..Occupancy::default()
        },
        answered_in: Some(seconds(0.18)),
        pressure: 1.0,
    }
}

#[test]
fn a_full_window_is_told_with_the_one_that_the_tps_needs() {
    let used = crowded();
    assert_eq!(used.limit(), Some(Limit::Window));
    assert_eq!(
        used.advice(Limit::Window),
        "window 10 at 180 ms gives 55/s of the 300/s allowed: raise window to 54"
    );
    // Of those that were submitted in the first second of a link, ten have had no answer yet.
    let early = Use {
        pdus: 55.0,
        filled: 10.0,
        occupancy: Occupancy {
            window: seconds(1.0),
            in_flight: seconds(9.0),
            places: seconds(10.0),
            ..Occupancy::default()
        },
        ..crowded()
    };
    assert_eq!(early.response_time(), Some(seconds(0.18)));
    let both = Use {
        sessions: 2,
        sessions_bound: 2,
        rate: 110.0,
        pdus: 110.0,
        occupancy: Occupancy {
            in_flight: seconds(99.0),
            ..used.occupancy
        },
        ..used
    };
    assert_eq!(
        both.advice(Limit::Window),
        "window 10 on each of 2 sessions at 180 ms gives 110/s of the 300/s allowed: raise window to 27"
    );
}

#[test]
fn a_window_that_a_login_has_of_its_own_is_said_to_be_raised_in_the_file() {
    let own = Use {
        windows: vec![10],
        ..crowded()
    };
    assert_eq!(
        own.advice(Limit::Window),
        "windows 10 at 180 ms give 55/s of the 300/s allowed: raise window to 54, in the file where an [[operator.bind]] has its own"
    );
    let both = Use {
        sessions: 2,
        sessions_bound: 2,
        window: 60,
        window_now: 60,
        windows: vec![10, 60],
        tps: None,
        ..crowded()
    };
    assert_eq!(
        both.advice(Limit::Window),
        "windows 10+60 at 180 ms give 55/s: raise window, in the file where an [[operator.bind]] has its own, or sessions"
    );
}

#[test]
fn the_tps_of_logins_is_no_throttling_and_is_what_is_said_to_be_raised() {
    let paced = Use {
        occupancy: Occupancy {
            rate: seconds(5.0),
            ..Occupancy::default()
        },
        pdus: 46.0,
        tps: Some(Tps::OfLogins(50)),
        rate_now: Some(50.0),
        ..crowded()
    };
    assert_eq!(paced.limit(), Some(Limit::OperatorTps));
    assert_eq!(
        paced.advice(Limit::OperatorTps),
        "46/s of the 50/s allowed are used: raise the tps of its [[operator.bind]] if the operator allows more"
    );
}

#[test]
fn screens_count_for_the_response_time_and_what_is_kept_for_the_window_that_is_needed() {
    let dialling = Use {
        rate: 10.0,
        ..crowded()
    };
    assert_eq!(
        dialling.response_time(),
        crowded().response_time(),
        "55 requests a second were answered"
    );
    let kept = Use {
        kept: 0.1,
        ..crowded()
    };
    let advice = kept.advice(Limit::Window);
    assert!(advice.ends_with("raise window to 60"), "{advice}");
}

#[test]
fn limits_are_called_the_same_everywhere() {
    for limit in [Limit::Idle, Limit::OperatorTps, Limit::LinkDown] {
        assert_eq!(serde_json::to_value(limit).unwrap(), limit.name());
    }
}

#[test]
fn without_pressure_no_link_is_a_limit() {
    let used = Use {
        pressure: 0.4,
        ..crowded()
    };
    assert_eq!(used.limit(), None);
}

#[test]
fn an_operator_that_answers_badly_is_as_good_as_down_while_messages_wait_for_it() {
    let failing = Use {
        failing: true,
        occupancy: Occupancy {
            free: seconds(5.0),
            ..Occupancy::default()
        },
        ..crowded()
    };
    assert_eq!(failing.limit(), Some(Limit::LinkDown));
    assert!(
        failing
            .advice(Limit::LinkDown)
            .starts_with("half of its answers are bad, or it throttles all")
    );
    let unused = Use {
        pressure: 0.0,
        ..failing
    };
    assert_eq!(unused.limit(), None);
}

#[test]
fn of_a_pair_that_receives_and_does_not_submit_it_is_said_which_sessions_are_missing() {
    let deaf = Use {
        sessions: 2,
        sessions_bound: 0,
        ..crowded()
    };
    let advice = deaf.advice(Limit::LinkDown);
    assert!(
        advice.starts_with("none of 2 sessions is bound"),
        "{advice}"
    );
    let mute = Use {
        receiving: 2,
        ..deaf
    };
    let advice = mute.advice(Limit::LinkDown);
    let told = "none of 2 sessions on which messages go out is bound, and receipts come in";
    assert!(advice.starts_with(told), "{advice}");
}

#[test]
fn what_stood_in_the_way_for_longest_is_the_limit() {
    let with = |occupancy| Use {
        occupancy,
        ..crowded()
    };
    let paced = Occupancy {
        rate: seconds(4.0),
        free: seconds(1.0),
        ..Occupancy::default()
    };
    assert_eq!(with(paced).limit(), Some(Limit::OperatorTps));
    let unbound = Occupancy {
        unbound: seconds(5.0),
        ..Occupancy::default()
    };
    assert_eq!(with(unbound).limit(), Some(Limit::LinkDown));
    let free = Occupancy {
        rate: seconds(1.0),
        free: seconds(4.0),
        ..Occupancy::default()
    };
    assert_eq!(with(free).limit(), None, "it is not the link");
}

/// Near both limits: a window of 54, of which 48 places are for what is not urgent, at 180 ms and 300 a second.
fn near_both(in_flight: f64, pdus: f64, [window, rate, free]: [f64; 3]) -> Use {
    Use {
        rate: pdus,
        pdus,
        rate_now: Some(291.0),
        window: 54,
        window_now: 54,
        kept: 0.1,
        occupancy: Occupancy {
            window: seconds(window),
            rate: seconds(rate),
            free: seconds(free),
            in_flight: seconds(5.0 * in_flight),
            places: seconds(5.0 * 48.0),
            ..Occupancy::default()
        },
        ..crowded()
    }
}

#[test]
fn near_both_limits_it_is_the_one_that_is_more_used_up() {
    // A machine that is busy brings the next message late: the rate is in the way for longer, and mostly nothing is.
    for times in [[1.5, 3.5, 0.0], [1.0, 0.5, 3.5]] {
        let late = near_both(45.0, 226.0, times);
        assert_eq!(late.limit(), Some(Limit::Window));
        assert_eq!(
            late.advice(Limit::Window),
            "window 54 at 199 ms gives 226/s of the 300/s allowed: raise window to 67"
        );
    }
    let paced = near_both(30.0, 290.0, [0.5, 2.0, 2.5]);
    assert_eq!(paced.limit(), Some(Limit::OperatorTps));
    let unused = near_both(30.0, 200.0, [1.0, 1.0, 3.0]);
    assert_eq!(unused.limit(), None, "neither is used up");
}

#[test]
fn where_both_are_used_up_the_advice_names_both() {
    let paced = near_both(46.0, 288.0, [1.0, 3.0, 1.0]);
    assert_eq!(paced.limit(), Some(Limit::OperatorTps));
    assert_eq!(
        paced.advice(Limit::OperatorTps),
        "288/s of the 300/s allowed are used: raise tps if the operator allows more, and with it window, which gives no more than 301/s"
    );
    let full = near_both(47.5, 280.0, [3.0, 1.0, 1.0]);
    assert_eq!(full.limit(), Some(Limit::Window));
    let advice = full.advice(Limit::Window);
    assert!(
        advice.ends_with("raise window to 57, and with it tps if the operator allows more"),
        "{advice}"
    );
}

#[test]
fn an_operator_that_takes_less_than_configured_throttles() {
    let paced = Use {
        occupancy: Occupancy {
            rate: seconds(5.0),
            ..Occupancy::default()
        },
        rate: 40.0,
        pdus: 40.0,
        rate_now: Some(42.0),
        ..crowded()
    };
    assert_eq!(paced.limit(), Some(Limit::Throttled));
    assert_eq!(
        paced.advice(Limit::Throttled),
        "the operator asks for fewer and takes 40/s of the 300/s configured: ask it why, or lower tps"
    );
    let unknown = Use {
        tps: None,
        ..paced.clone()
    };
    assert_eq!(unknown.limit(), Some(Limit::Throttled));
    let shrunk = Use {
        window_now: 4,
        ..crowded()
    };
    assert_eq!(shrunk.limit(), Some(Limit::Throttled));
}

#[test]
fn an_operator_that_stops_answering_is_not_given_a_wider_window() {
    // 10 places were full all the time, and 10 a second went before that.
    let stalling = Use {
        pdus: 8.0,
        ..crowded()
    };
    let stalls = "window 10 is full and little or nothing is answered: the operator stalls";
    assert_eq!(stalling.advice(Limit::Window), stalls);
    let slow = Use {
        answered_in: Some(seconds(1.2)),
        ..stalling.clone()
    };
    let advice = slow.advice(Limit::Window);
    assert!(advice.contains("at 1238 ms gives 8/s"), "{advice}");
    let mute = Use {
        pdus: 1.0,
        answered_in: None,
        ..stalling
    };
    assert_eq!(mute.advice(Limit::Window), stalls);
}

#[test]
fn what_is_paused_is_held_by_that_alone() {
    let paused = Use {
        paused: true,
        pressure: 0.0,
        ..crowded()
    };
    assert_eq!(paused.limit(), Some(Limit::Paused));
}

#[test]
fn an_operator_that_answers_nothing_is_said_to_stall() {
    let stalled = Use {
        rate: 0.0,
        pdus: 0.0,
        ..crowded()
    };
    assert!(
        stalled
            .advice(Limit::Window)
            .ends_with("the operator stalls")
    );
}

#[test]
fn a_busy_pipeline_is_held_by_what_takes_most_of_its_time() {
    let business = |deciding, committing| Business {
        deciding,
        committing,
    };
    assert_eq!(business(0.3, 0.5).limit(), None);
    assert_eq!(business(0.3, 0.65).limit(), Some(Limit::Journal));
    assert_eq!(business(0.8, 0.15).limit(), Some(Limit::Cpu));
}
