//! How the gateway does at the moment: for `xabar ctl status`, HTTP and metrics.
//!
//! In: what links and pipeline counted, four times a second. Out: a [`Status`], which serde writes for scripts.

pub mod bottleneck;
mod recent;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use xabar_events::{Reason, UnixMillis};

use bottleneck::Use;
pub use bottleneck::{Bottleneck, Limit};
pub use recent::Configured;
use recent::{Recent, business, looked_up, rate};
pub(super) use recent::{SPAN, Sample, used};

use super::readiness::{Part, Readiness};
use super::schema::moment;
use super::standing::{Key, Standing, Values};
use crate::broker::BrokerState;
use crate::clock::instant;
use crate::delivery::LinkState;
use crate::durations::Durations;
use crate::intake::amqp::Queued;
use crate::journal::{Backlog, Lane, Reader};
use crate::lookup::Counts;
use crate::pipeline::{Load, Pause, Scope};

/// How the gateway does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    pub state: State,
    /// Messages a second that go to links, over five seconds.
    pub rate: f64,
    /// Messages that wait to be submitted.
    pub backlog: u64,
    /// Those of them that were deferred, by the reason that was told last.
    pub deferred: BTreeMap<String, u64>,
    pub bottleneck: Bottleneck,
    /// What staff stopped from being sent.
    pub paused: Vec<Paused>,
    /// While nothing is taken in: how far it is with the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain: Option<Draining>,
    /// What came of numbers that were to be looked up, where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookup: Option<LookupStatus>,
    /// What waits to be taken in, as the broker said last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueStatus>,
    /// What is to be told to agencies.
    #[serde(default)]
    pub outcomes: OutcomesStatus,
    pub operators: Vec<OperatorStatus>,
}

/// What is under way yet when nothing is taken in any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Draining {
    /// Requests that await a response.
    pub in_flight: usize,
    /// Sessions that are bound.
    pub sessions: usize,
    /// Outcomes that are to be published.
    pub outcomes: u64,
    /// Whether that is all over.
    pub done: bool,
}

/// Numbers that were to be looked up, in five seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LookupStatus {
    pub numbers: u64,
    /// Those of them that went by prefix, since there was no answer in time.
    pub missed: u64,
}

impl From<Counts> for LookupStatus {
    fn from(counts: Counts) -> Self {
        Self {
            numbers: counts.each().iter().map(|(_, count)| count).sum(),
            missed: counts.missed(),
        }
    }
}

/// Events that wait in the broker's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QueueStatus {
    pub events: u64,
    /// Of seconds ago while events are taken in; otherwise of when that ended.
    #[schema(schema_with = moment)]
    pub at: UnixMillis,
}

/// Outcomes that are to be published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutcomesStatus {
    /// Those that are not confirmed yet.
    pub waiting: u64,
    /// Why none can be published at present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<String>,
}

impl From<Queued> for QueueStatus {
    fn from(queued: Queued) -> Self {
        Self {
            events: queued.events,
            at: queued.at.into(),
        }
    }
}

/// A pause: it covers all that agrees with what it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Paused {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
    #[schema(schema_with = moment)]
    pub since: UnixMillis,
    /// Whether it outlives a restart.
    #[serde(default)]
    pub kept: bool,
}

impl Paused {
    /// Whether both cover the same.
    pub fn is_same(&self, other: &Self) -> bool {
        let covers = |it: &Self| (it.operator.clone(), it.agency.clone(), it.lane.clone());
        covers(self) == covers(other)
    }
}

/// What a pause that outlived a restart covers; nothing if it names what is no lane.
impl TryFrom<&Paused> for Pause {
    type Error = ();

    fn try_from(paused: &Paused) -> Result<Self, ()> {
        let lane = paused.lane.as_deref().map(|name| {
            let mut lanes = Lane::ALL.into_iter();
            lanes.find(|lane| lane.name() == name).ok_or(())
        });
        Ok(Self {
            scope: Scope {
                operator: paused.operator.clone(),
                agency: paused.agency.clone(),
                lane: lane.transpose()?,
            },
            since: paused.since.into(),
        })
    }
}

impl From<&Pause> for Paused {
    fn from(pause: &Pause) -> Self {
        let scope = &pause.scope;
        Self {
            operator: scope.operator.clone(),
            agency: scope.agency.clone(),
            lane: scope.lane.map(|lane| lane.name().to_owned()),
            since: pause.since.into(),
            kept: false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = GatewayState)]
pub enum State {
    /// Something stands in the way of taking events in.
    NotReady,
    Running,
    /// It takes nothing more in.
    Draining,
}

impl State {
    /// As contracts name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotReady => "not-ready",
            Self::Running => "running",
            Self::Draining => "draining",
        }
    }
}

/// How one operator's link does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OperatorStatus {
    pub name: String,
    pub state: LinkStanding,
    /// Bound ones: a pair of a transmitter and a receiver is two.
    pub sessions: usize,
    /// Those of them on which receipts and texts come.
    #[serde(default)]
    pub receiving: usize,
    pub sessions_configured: usize,
    /// As many as staff wants, if that is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions_wanted: Option<usize>,
    /// As configured or set; nothing if no TPS is.
    pub tps: Option<u32>,
    /// What it is held to now, if to anything: less than `tps` after the operator throttled.
    pub allowed: Option<f64>,
    /// submit_sm a second, over five seconds: a message has as many as segments.
    pub rate: f64,
    /// Per session, as configured or set.
    pub window: usize,
    /// The same at the moment: less where the operator takes less.
    pub window_now: usize,
    /// By login, as configured or set, where one has a window of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<usize>,
    pub in_flight: usize,
    /// Over five seconds; nothing if nothing was answered.
    pub response_ms: Option<ResponseMillis>,
    /// Half of its answers are bad, and it is left alone for a while.
    pub failing: bool,
    /// What staff has set, and whether that outlives a restart.
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    pub set: Values,
    pub limit: Limit,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ResponseMillis {
    pub p50: f64,
    pub p99: f64,
    /// On average.
    #[serde(default)]
    pub mean: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LinkStanding {
    Bound,
    PartlyBound,
    /// None is bound on which messages are submitted.
    Connecting,
    Paused,
}

impl LinkStanding {
    /// As contracts name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bound => "bound",
            Self::PartlyBound => "partly-bound",
            Self::Connecting => "connecting",
            Self::Paused => "paused",
        }
    }
}

/// How often everything is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// How often the backlog is read, in looks.
const BACKLOG: u32 = 4;

/// An operator, and where its link shows itself.
#[derive(Clone, Debug)]
pub struct Observed {
    pub operator: Configured,
    pub link: watch::Receiver<LinkState>,
}

/// What is observed.
pub struct Sources {
    pub operators: Vec<Observed>,
    pub load: watch::Receiver<Load>,
    pub readiness: Readiness,
    pub looked_up: Option<watch::Receiver<Counts>>,
    /// What waits in the broker's queue, where there is one.
    pub queued: Option<watch::Receiver<Option<Queued>>>,
    /// Whether outcomes can be published.
    pub outcomes: watch::Receiver<BrokerState>,
    pub reader: Box<dyn Reader>,
    /// What staff ordered, and what of that is kept.
    pub standing: Standing,
}

/// Looks at everything until stopped, and shows how the gateway does.
pub async fn observe(
    sources: Sources,
    shown: watch::Sender<Option<Arc<Status>>>,
    stop: CancellationToken,
) {
    let Sources {
        operators,
        load,
        readiness,
        looked_up,
        queued,
        outcomes,
        mut reader,
        standing,
    } = sources;
    let mut recent = Recent::default();
    let mut backlog = Backlog::default();
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for look in (0..BACKLOG).cycle() {
        tokio::select! {
            _ = looks.tick() => {}
            () = stop.cancelled() => return,
        }
        recent.add(Sample {
            at: instant(),
            load: load.borrow().clone(),
            links: operators.iter().map(|it| *it.link.borrow()).collect(),
            looked_up: looked_up.as_ref().map(|counts| *counts.borrow()),
        });
        if look == 0 {
            let read = tokio::task::spawn_blocking(move || (reader.backlog(), reader)).await;
            let Ok((read, same)) = read else {
                return;
            };
            reader = same;
            // One that cannot be read at the moment is the one of before.
            backlog = read.unwrap_or(backlog);
        }
        let mut status = status(&operators, &recent, &backlog, &readiness);
        tell_what_is_queued(&mut status, queued.as_ref().and_then(|it| *it.borrow()));
        tell_what_holds_outcomes(&mut status, &outcomes.borrow());
        tell_what_stands(&mut status, &operators, &standing);
        shown.send_replace(Some(Arc::new(status)));
    }
}

/// Adds what waits at the broker, to what is advised if that is the limit, too.
fn tell_what_is_queued(status: &mut Status, queued: Option<Queued>) {
    status.queue = queued.map(QueueStatus::from);
    let Some(QueueStatus { events, at }) = status.queue else {
        return;
    };
    if status.bottleneck.limit == Limit::Broker {
        let advice = &mut status.bottleneck.advice;
        *advice = format!("{advice}; {events} events waited in its queue at {at}");
    }
}

/// Adds why no outcomes are published. Messages go on meanwhile, so that is no limit.
fn tell_what_holds_outcomes(status: &mut Status, broker: &BrokerState) {
    status.outcomes.held_by = match broker {
        BrokerState::Ready => None,
        BrokerState::Waiting(why) => Some(why.clone()),
    };
}

/// Adds what is set, and which of it is kept.
fn tell_what_stands(status: &mut Status, observed: &[Observed], standing: &Standing) {
    let kept = standing.paused();
    for paused in &mut status.paused {
        paused.kept = kept.iter().any(|it| it.kept && it.is_same(paused));
    }
    for operator in &mut status.operators {
        operator.set = standing.set(&operator.name);
        let Some(set) = operator.set.get(&Key::Sessions) else {
            continue;
        };
        let mut observed = observed.iter().map(|it| &it.operator);
        let of_each = usize::try_from(set.to).unwrap_or(usize::MAX);
        if let Some(configured) = observed.find(|it| it.name == operator.name) {
            operator.sessions_wanted = Some(configured.sessions(of_each));
        }
        let is_there = operator.sessions_wanted <= Some(operator.sessions);
        if operator.state == LinkStanding::PartlyBound && is_there {
            operator.state = LinkStanding::Bound;
        }
    }
}

/// How the gateway does, by what was measured lately.
fn status(
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
        Some(Measured {
            operator: entry.1,
            used: used(oldest, newest, entry)?,
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
            tps: self.used.tps,
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
            set: Values::new(),
            limit: match self.used.limit() {
                Some(limit) => limit,
                None if self.is_unheard() => Limit::LinkDown,
                None => Limit::Idle,
            },
        }
    }

    /// Whether messages go out and nothing can come back.
    fn is_unheard(&self) -> bool {
        self.link.submitting > 0 && self.link.receiving == 0
    }

    fn standing(&self) -> LinkStanding {
        if self.used.paused {
            LinkStanding::Paused
        } else if self.link.submitting == 0 {
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
    let passes = measured.iter().all(|it| it.used.limit().is_none());
    let why = reasons.remove(&Part::Broker).filter(|_| passes)?;
    Some(all(Limit::Broker, why))
}

/// The link for which messages wait most of the time.
fn link_limit(measured: &[Measured<'_>]) -> Option<Bottleneck> {
    let held = measured
        .iter()
        .filter_map(|it| Some((it, it.used.limit()?)));
    let (worst, limit) =
        held.max_by(|(one, _), (other, _)| one.used.pressure.total_cmp(&other.used.pressure))?;
    Some(Bottleneck {
        limit,
        operator: Some(worst.operator.name.clone()),
        advice: worst.used.advice(limit),
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
                "{} messages wait, and some is paused: `xabar ctl resume` lets it go on",
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::OperatorId;

    /// How the operator of one login, a pair, is shown while its link is so.
    fn of_pair(link: LinkState) -> Status {
        let operator = Configured {
            id: OperatorId(1),
            name: "ucell".to_owned(),
            logins: vec![(1, 2)],
            tps: None,
            kept: 0.0,
            windows: vec![(10, false)],
        };
        let mut recent = Recent::default();
        recent.add(Sample {
            at: instant(),
            load: Load::default(),
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
    fn while_the_broker_is_away_it_is_told_what_waited_in_its_queue() {
        let mut status = of_pair(LinkState::default());
        let queued = Queued {
            events: 1234,
            at: crate::clock::UnixMillis(0),
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
}
