use super::*;
use crate::journal::OperatorId;
use crate::pipeline::{Pause, Scope};

fn pair() -> Configured {
    Configured {
        id: OperatorId(1),
        name: "ucell".to_owned(),
        logins: vec![(1, 2)],
        login_names: vec!["xabar at smsc:2775".into()],
        login_tps: None,
        kept: 0.0,
        windows: vec![(10, false)],
    }
}

/// How the operator of one login, a pair, is shown while its link is so.
fn of_pair(link: LinkState) -> Status {
    of_loaded_pair(Load::default(), link)
}

fn of_loaded_pair(load: Load, link: LinkState) -> Status {
    let operator = pair();
    let mut recent = Recent::default();
    recent.add(Sample {
        at: instant(),
        load,
        links: vec![link],
        looked_up: None,
    });
    let observed = [Observed {
        operator,
        link: watch::channel(link).1,
    }];
    let readiness = Readiness::awaiting([]);
    status(&observed, &recent, &Backlog::default(), &readiness)
}

#[test]
fn a_pair_is_bound_with_both_its_sessions_and_connecting_while_nothing_can_be_submitted() {
    for (sessions_bound, submitting, expected) in [
        (2, 1, LinkStanding::Bound),
        (1, 1, LinkStanding::PartlyBound),
        (1, 0, LinkStanding::Connecting),
        (0, 0, LinkStanding::Connecting),
    ] {
        let status = of_pair(LinkState {
            sessions_bound,
            submitting,
            ..LinkState::default()
        });
        let ucell = &status.operators[0];
        let shown = (ucell.sessions, ucell.sessions_configured, ucell.state);
        assert_eq!(shown, (sessions_bound, 2, expected));
    }
}

#[test]
fn one_that_drops_every_session_is_connecting_though_one_is_bound_at_the_moment() {
    let load = Load {
        down: vec![pair().id],
        ..Load::default()
    };
    let link = LinkState {
        sessions_bound: 2,
        submitting: 1,
        ..LinkState::default()
    };
    let status = of_loaded_pair(load, link);
    assert_eq!(status.operators[0].state, LinkStanding::Connecting);
}

#[test]
fn while_the_broker_is_away_it_is_told_what_waited_in_its_queue() {
    let mut status = of_pair(LinkState::default());
    let queued = Queued {
        events: 1234,
        at: UnixMillis(0),
    };
    tell_what_is_queued(&mut status, Some(queued));
    assert_eq!(status.queue.map(|queue| queue.events), Some(1234));
    assert_eq!(status.bottleneck.advice, "nothing waits");
    status.bottleneck.limit = Limit::Broker;
    status.bottleneck.advice = "it is gone".to_owned();
    tell_what_is_queued(&mut status, Some(queued));
    let advice = "it is gone; 1234 events waited in its queue at 1970-01-01T00:00:00.000Z";
    assert_eq!(status.bottleneck.advice, advice);
}

#[test]
fn outcomes_that_wait_are_counted_and_why_none_goes_is_told() {
    let mut recent = Recent::default();
    recent.add(Sample {
        at: instant(),
        load: Load {
            unpublished: 7,
            ..Load::default()
        },
        links: Vec::new(),
        looked_up: None,
    });
    let readiness = Readiness::awaiting([]);
    let mut status = status(&[], &recent, &Backlog::default(), &readiness);
    let mut told = |broker| {
        tell_what_holds_outcomes(&mut status, &broker);
        (status.outcomes.waiting, status.outcomes.held_by.clone())
    };
    let why = "connection refused".to_owned();
    assert_eq!(told(BrokerState::Waiting(why.clone())), (7, Some(why)));
    assert_eq!(told(BrokerState::Ready), (7, None));
}

#[test]
fn an_operator_that_takes_messages_and_cannot_be_heard_is_not_idle() {
    for (submitting, receiving, limit) in [
        (1, 0, Limit::LinkDown),
        (1, 1, Limit::Idle),
        (0, 1, Limit::Idle),
        (0, 0, Limit::Idle),
    ] {
        let status = of_pair(LinkState {
            sessions_bound: submitting + receiving,
            submitting,
            receiving,
            ..LinkState::default()
        });
        let ucell = &status.operators[0];
        assert_eq!((ucell.receiving, ucell.limit), (receiving, limit));
        assert_eq!(status.bottleneck.limit, limit);
    }
}

#[test]
fn the_night_is_told_with_its_times_only_while_it_is_the_limit() {
    let hours = crate::control::settings::Hours {
        from: jiff::civil::Time::constant(22, 0, 0, 0),
        to: jiff::civil::Time::constant(8, 0, 0, 0),
        timezone: jiff::tz::TimeZone::UTC,
    };
    let night = QuietHours {
        hours,
        release: Duration::from_secs(30 * 60),
    };
    let mut status = of_pair(LinkState::default());
    status.deferred.insert("quiet-hours".to_owned(), 7);
    let morning = UnixMillis(8 * 3_600_000 + 1);
    tell_of_the_night(&mut status, Some(&night), morning);
    assert_eq!(status.bottleneck.advice, "nothing waits");
    status.bottleneck.limit = Limit::QuietHours;
    tell_of_the_night(&mut status, Some(&night), morning);
    let advice = &status.bottleneck.advice;
    let told = "quiet_hours ended at 08:00 (UTC), and 7 messages wait for their moments, spread until 08:30 (UTC) by its release";
    assert!(advice.ends_with(told), "{advice}");
}

#[test]
fn what_waits_for_all_to_be_judged_anew_is_not_idle() {
    let told = |holds_up| {
        let mut status = of_pair(LinkState {
            submitting: 1,
            receiving: 1,
            ..LinkState::default()
        });
        status.backlog = 160_000;
        let judging = Judging {
            judged: 42_000,
            holds_up,
        };
        tell_what_is_judged_anew(&mut status, Some(judging));
        (status.bottleneck.limit, status.bottleneck.advice)
    };
    let anew = "what waits is judged anew by the rules and the clock of now, 42000 of 160000 messages so far";
    let due = format!("{anew}; normal and bulk ones that are due go after that");
    assert_eq!(told(true), (Limit::Cpu, due));
    assert_eq!(told(false), (Limit::Idle, format!("nothing waits; {anew}")));
}

#[test]
fn what_is_paused_limits_only_if_something_waits() {
    let paused_while = |messages, deferred: &[(Reason, u64)]| {
        let mut recent = Recent::default();
        let paused = vec![Pause {
            scope: Scope::default(),
            since: UnixMillis(0),
        }];
        recent.add(Sample {
            at: instant(),
            load: Load {
                paused,
                ..Load::default()
            },
            links: vec![LinkState::default()],
            looked_up: None,
        });
        let backlog = Backlog {
            messages,
            deferred: deferred.iter().copied().collect(),
        };
        let operator = pair();
        let observed = [Observed {
            operator,
            link: watch::channel(LinkState::default()).1,
        }];
        let status = status(&observed, &recent, &backlog, &Readiness::awaiting([]));
        assert_eq!(status.operators[0].limit, Limit::Paused);
        status.bottleneck.limit
    };
    assert_eq!(paused_while(0, &[]), Limit::Idle);
    assert_eq!(paused_while(3, &[]), Limit::Paused);
    let night = [(Reason::QuietHours, 30)];
    assert_eq!(paused_while(30, &night), Limit::QuietHours);
    assert_eq!(paused_while(70, &night), Limit::Paused);
}
