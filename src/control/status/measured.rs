//! How it does, made of what was measured: states, rates, and which limit it is.

use std::collections::BTreeMap;
use std::time::Duration;

use xabar_events::Reason;

use super::Observed;
use super::bottleneck::{Bottleneck, Limit, Use};
use super::recent::{Configured, Recent, business, looked_up, rate, used};
use super::shown::{
    Draining, LinkStanding, OperatorStatus, OutcomesStatus, Paused, ResponseMillis, State, Status,
};
use crate::control::readiness::{Part, Readiness};
use crate::control::standing::{Pace, Values};
use crate::delivery::LinkState;
use crate::durations::Durations;
use crate::journal::Backlog;

/// How the gateway does, by what was measured lately.
pub(super) fn status(
    operators: &[Observed],
    recent: &Recent,
    backlog: &Backlog,
    readiness: &Readiness,
) -> Status {
    let operators = operators.iter().map(|it| &it.operator);
    let measured: Vec<Measured<'_>> = measure(operators, recent).collect();
    let bottleneck = drained(readiness)
        .or_else(|| gateway_limit(&measured, recent, readiness))
        .or_else(|| link_limit(&measured))
        .or_else(|| unheard(&measured))
        .unwrap_or_else(|| held_back(backlog, paused(recent).len()));
    let state = state(readiness);
    let operators: Vec<OperatorStatus> = measured.iter().map(Measured::status).collect();
    Status {
        state,
        drain: (state == State::Draining).then(|| draining(&operators, recent)),
        rate: recent
            .ends()
            .map_or(0.0, |(oldest, newest)| rate(oldest, newest)),
        backlog: backlog.messages,
        deferred: deferred(backlog),
        bottleneck,
        paused: paused(recent),
        set: Pace::default(),
        lookup: recent
            .ends()
            .and_then(|(oldest, newest)| looked_up(oldest, newest)),
        queue: None,
        outcomes: OutcomesStatus {
            waiting: unpublished(recent),
            held_by: None,
        },
        operators,
    }
}

/// How many outcomes are to be published yet.
fn unpublished(recent: &Recent) -> u64 {
    recent
        .ends()
        .map_or(0, |(_, newest)| newest.load.unpublished)
}

fn draining(operators: &[OperatorStatus], recent: &Recent) -> Draining {
    let in_flight = operators.iter().map(|it| it.in_flight).sum();
    let sessions = operators.iter().map(|it| it.sessions).sum();
    let outcomes = unpublished(recent);
    Draining {
        in_flight,
        sessions,
        outcomes,
        done: (in_flight, sessions, outcomes) == (0, 0, 0),
    }
}

fn deferred(backlog: &Backlog) -> BTreeMap<String, u64> {
    let deferred = backlog.deferred.iter();
    deferred
        .map(|(reason, count)| (reason.to_string(), *count))
        .collect()
}

fn paused(recent: &Recent) -> Vec<Paused> {
    let paused = recent.ends().map(|(_, newest)| &newest.load.paused);
    paused.into_iter().flatten().map(Paused::from).collect()
}

fn state(readiness: &Readiness) -> State {
    let reasons = readiness.reasons();
    if reasons.contains_key(&Part::Intake) {
        State::Draining
    } else if reasons.is_empty() {
        State::Running
    } else {
        State::NotReady
    }
}

/// One operator as it was lately, and as it is.
struct Measured<'a> {
    operator: &'a Configured,
    used: Use,
    /// The same since anything of it was set last: what holds it is judged by that.
    judged: Use,
    /// Whether it counts as down, though a session may be bound at the moment.
    is_down: bool,
    link: LinkState,
    response_times: Durations,
}

fn measure<'a>(
    operators: impl Iterator<Item = &'a Configured>,
    recent: &Recent,
) -> impl Iterator<Item = Measured<'a>> {
    let ends = recent.ends();
    let measured = move |entry: (usize, &'a Configured)| {
        let (oldest, newest) = ends?;
        let (before, now) = (oldest.links.get(entry.0)?, newest.links.get(entry.0)?);
        let all = used(oldest, newest, entry)?;
        let is_down = newest.load.down.contains(&entry.1.id);
        let (oldest, newest) = recent.settled(entry.0)?;
        Some(Measured {
            operator: entry.1,
            judged: Use {
                paused: all.paused,
                failing: all.failing,
                ..used(oldest, newest, entry)?
            },
            used: all,
            is_down,
            link: *now,
            response_times: now.response_times.since(&before.response_times),
        })
    };
    operators.enumerate().filter_map(measured)
}

impl Measured<'_> {
    fn status(&self) -> OperatorStatus {
        let quantile = |part| self.response_times.quantile(part).map(millis);
        OperatorStatus {
            name: self.operator.name.clone(),
            state: self.standing(),
            sessions: self.link.sessions_bound,
            receiving: self.link.receiving,
            sessions_configured: self.operator.sessions(usize::MAX),
            sessions_wanted: None,
            tps: self.link.tps.or(self.operator.login_tps),
            allowed: self.link.rate,
            rate: self.used.rate,
            window: self.used.window,
            window_now: self.link.window,
            windows: self.operator.windows(self.link.set_window),
            in_flight: self.link.in_flight,
            response_ms: quantile(0.5).zip(quantile(0.99)).map(|(p50, p99)| {
                let mean = self.response_times.mean().map_or(p50, millis);
                ResponseMillis { p50, p99, mean }
            }),
            failing: self.used.failing,
            resting: self.operator.names(self.link.resting),
            set: Values::new(),
            limit: match self.judged.limit() {
                Some(limit) => limit,
                None if self.is_unheard() => Limit::LinkDown,
                None => Limit::Idle,
            },
        }
    }

    /// What holds messages that are due. Of what is paused it is not known whether anything waits for it.
    fn held_by(&self) -> Option<Limit> {
        self.judged.limit().filter(|limit| *limit != Limit::Paused)
    }

    /// Whether messages go out and nothing can come back.
    fn is_unheard(&self) -> bool {
        self.link.submitting > 0 && self.link.receiving == 0
    }

    fn standing(&self) -> LinkStanding {
        if self.used.paused {
            LinkStanding::Paused
        } else if self.link.submitting == 0 || self.is_down {
            LinkStanding::Connecting
        } else if self.link.sessions_bound < self.operator.sessions(usize::MAX) {
            LinkStanding::PartlyBound
        } else {
            LinkStanding::Bound
        }
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Whether staff wants nothing to go on.
fn drained(readiness: &Readiness) -> Option<Bottleneck> {
    let why = readiness.draining()?;
    Some(Bottleneck {
        limit: Limit::Paused,
        operator: None,
        advice: format!("{why}; `xabar ctl resume` lets it go on"),
    })
}

/// What holds everything: what is not there, or the gateway itself.
fn gateway_limit(
    measured: &[Measured<'_>],
    recent: &Recent,
    readiness: &Readiness,
) -> Option<Bottleneck> {
    let all = |limit, advice| Bottleneck {
        limit,
        operator: None,
        advice,
    };
    let mut reasons = readiness.reasons();
    if let Some(why) = reasons.remove(&Part::Journal) {
        return Some(all(Limit::Journal, why));
    }
    let (oldest, newest) = recent.ends()?;
    let business = business(oldest, newest);
    if let Some(limit) = business.limit() {
        return Some(all(limit, business.advice(limit)));
    }
    let passes = measured.iter().all(|it| it.held_by().is_none());
    let why = reasons.remove(&Part::Broker).filter(|_| passes)?;
    Some(all(Limit::Broker, why))
}

/// The link for which messages wait most of the time.
fn link_limit(measured: &[Measured<'_>]) -> Option<Bottleneck> {
    let held = measured.iter().filter_map(|it| Some((it, it.held_by()?)));
    let (worst, limit) =
        held.max_by(|(one, _), (other, _)| one.judged.pressure.total_cmp(&other.judged.pressure))?;
    Some(Bottleneck {
        limit,
        operator: Some(worst.operator.name.clone()),
        advice: worst.judged.advice(limit),
    })
}

/// A link that messages go out on and nothing comes in.
fn unheard(measured: &[Measured<'_>]) -> Option<Bottleneck> {
    let unheard = measured.iter().find(|it| it.is_unheard())?;
    Some(Bottleneck {
        limit: Limit::LinkDown,
        operator: Some(unheard.operator.name.clone()),
        advice: "no session is bound on which receipts and texts come in: the log says why; messages go out, and who writes STOP is not heard".to_owned(),
    })
}

/// What most of those wait for whose time has not come, if any do.
fn held_back(backlog: &Backlog, pauses: usize) -> Bottleneck {
    let most = backlog.deferred.iter().max_by_key(|(_, count)| **count);
    // What is paused is told as deferred after a while.
    let deferred: u64 = backlog.deferred.values().sum();
    let untold = backlog.messages.saturating_sub(deferred);
    let most = most.filter(|(_, count)| pauses == 0 || **count >= untold);
    let (limit, advice) = match most {
        Some((Reason::SubscriberLimit, count)) => (
            Limit::SubscriberLimits,
            format!(
                "{count} messages wait, since their subscribers got as many as [subscriber] limits allow"
            ),
        ),
        Some((Reason::QuietHours, count)) => (
            Limit::QuietHours,
            format!("{count} messages wait for the end of [subscriber] quiet_hours"),
        ),
        Some((Reason::Paused, count)) => (
            Limit::Paused,
            format!("{count} messages wait for what is paused: `xabar ctl resume` lets it go on"),
        ),
        Some((reason, count)) => (
            Limit::Idle,
            format!("nothing is due; {count} messages wait: {reason}"),
        ),
        None if backlog.messages > 0 && pauses > 0 => (
            Limit::Paused,
            format!(
                "{} messages wait, and some of the sending is paused: `xabar ctl resume` lets it go on",
                backlog.messages
            ),
        ),
        None if backlog.messages > 0 => (
            Limit::Idle,
            format!("{} messages wait for their turn", backlog.messages),
        ),
        None => (Limit::Idle, "nothing waits".to_owned()),
    };
    Bottleneck {
        limit,
        operator: None,
        advice,
    }
}
