//! What a replay came to, for scripts and people.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xabar_events::UnixMillis;

use crate::control::schema::moment;
use crate::control::status::Limit;

/// What would be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = WhatIf)]
pub struct Answer {
    /// As many as were asked for.
    pub hours: u32,
    /// What was accepted from then on, until now, goes once more.
    #[schema(schema_with = moment)]
    pub from: UnixMillis,
    #[schema(schema_with = moment)]
    pub to: UnixMillis,
    /// How many messages that is, with those that waited when it begins.
    pub messages: u64,
    /// Whether it begins later than asked for, or not all that waited then goes with it, since there are too many.
    pub cut: bool,
    /// Messages that wait now.
    pub backlog: u64,
    /// What was asked about, such as `ucell.tps=600`.
    pub changes: Vec<String>,
    /// What is taken for granted, a sentence each.
    pub assumed: Vec<String>,
    /// What became of them in fact.
    pub really: Course,
    /// The same, replayed with everything as it is: how far that is from the facts is how far to trust the rest.
    pub as_is: Course,
    /// With the changes, if there are any.
    pub changed: Option<Course>,
}

/// What became of the messages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = WhatIfCourse)]
pub struct Course {
    pub operators: Vec<OperatorCourse>,
    /// Of all.
    pub waits: Option<Waits>,
    pub lanes: Vec<Group>,
    /// Those with the most messages.
    pub agencies: Vec<Group>,
    /// Messages by the state that ended their wait.
    pub ended: BTreeMap<String, u64>,
    /// Messages that still wait at the end.
    pub left: u64,
    /// Messages that were put off for over a minute, by the reason; for several reasons in turn, counted with each.
    pub deferred: BTreeMap<String, u64>,
    /// What becomes of those that wait now; of what was in fact, nothing is said.
    pub drain: Option<Drain>,
}

/// How one operator's link did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = WhatIfOperator)]
pub struct OperatorCourse {
    pub name: String,
    /// `submit_sm` a second while messages waited for it; nothing if none did.
    pub rate: Option<f64>,
    /// The same in its busiest five seconds.
    pub busiest: Option<f64>,
    /// What held it for most of that time.
    pub limit: Option<Limit>,
    /// What would lift that.
    pub advice: Option<String>,
    pub waits: Option<Waits>,
}

/// Messages that have something in common.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = WhatIfGroup)]
pub struct Group {
    pub name: String,
    pub waits: Waits,
}

/// From when messages might go until their operator took them whole, or until the end for those that still wait.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = WhatIfWaits)]
pub struct Waits {
    pub messages: u64,
    pub p50_s: f64,
    pub p95_s: f64,
    pub max_s: f64,
}

/// How what waits now goes out, while the traffic of the last hours comes again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = WhatIfDrain)]
pub struct Drain {
    /// How many wait whose own time has come.
    pub messages: u64,
    /// In how long they are gone; nothing if they are not by the end.
    pub drain_s: Option<f64>,
    /// Of those that were replayed, how many still wait then.
    pub left: u64,
    /// For how long it was replayed.
    pub replayed_s: f64,
    /// Whether more wait than were replayed, and the time is worked out from those that were.
    pub estimated: bool,
    pub operators: Vec<DrainOf>,
}

/// One operator's part of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = WhatIfDrainOf)]
pub struct DrainOf {
    pub name: String,
    pub messages: u64,
    pub drain_s: Option<f64>,
    /// `submit_sm` a second while messages waited for it; nothing if none did.
    pub rate: Option<f64>,
    pub limit: Limit,
}
