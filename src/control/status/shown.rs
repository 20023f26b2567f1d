//! What is shown of it, as serde writes it for scripts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xabar_events::UnixMillis;

use super::bottleneck::{Bottleneck, Limit};
use crate::control::schema::moment;
use crate::control::standing::{Pace, Values};
use crate::intake::amqp::Queued;
use crate::journal::Lane;
use crate::lookup::Counts;
use crate::pipeline::{Pause, Scope};

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
    /// What staff has set of how messages are paced, and whether that outlives a restart.
    #[serde(default, skip_serializing_if = "Pace::is_empty")]
    pub set: Pace,
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
    /// Half of its answers are bad, or it throttles all, and it is left alone for a while.
    pub failing: bool,
    /// The logins that do not do their work while another does: they are tried by single messages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resting: Vec<String>,
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
