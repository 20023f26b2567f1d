//! `POST /v1/pause`, `/v1/resume`, `/v1/drain` and `/v1/cancel`, `PATCH /v1/operators/{name}`: what staff orders.

use std::net::IpAddr;
use std::time::Duration;

use axum::Json;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::timeout;
use xabar_events::{Agency, UnixMillis};

use super::Api;
use super::desk::Given;
use super::guard::Peer;
use super::name::Name;
use super::problem::ProblemDocument;
use crate::control::access::Caller;
use crate::control::standing::Key;
use crate::delivery::{Setting, Tuning};
use crate::journal::Lane;
use crate::pipeline::{Cancelled, Order, Scope, Unwanted};

/// No order is that long.
const MOST_OCTETS: usize = 4096;

/// For an order to come whole.
const PATIENCE: Duration = Duration::from_secs(5);

/// What an order is about; nothing named: everything.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    operator: Option<String>,
    agency: Option<String>,
    lane: Option<String>,
    /// Whether it is to outlive a restart.
    #[serde(default)]
    keep: bool,
}

/// Stops sending what the body names; events are taken in all the same.
pub(super) async fn pause(
    State(api): State<Api>,
    request: Request,
) -> Result<Json<Value>, ProblemDocument> {
    let from = Orderer::of(&request)?;
    let body = body(request).await?;
    let named = named(&body)?;
    let keep = named.keep;
    from.order(&api, Order::Pause(scope(named)?), keep).await
}

/// Ends every pause that lies within what the body names.
pub(super) async fn resume(
    State(api): State<Api>,
    request: Request,
) -> Result<Json<Value>, ProblemDocument> {
    let from = Orderer::of(&request)?;
    let body = body(request).await?;
    let named = named(&body)?;
    if named.keep {
        return Err(bad(
            "what goes on goes on after a restart, too: leave keep out",
        ));
    }
    from.order(&api, Order::Resume(scope(named)?), false).await
}

/// Takes nothing more in, lets what is under way end, and unbinds; goes on when everything is resumed.
pub(super) async fn drain(
    State(api): State<Api>,
    request: Request,
) -> Result<Json<Value>, ProblemDocument> {
    let from = Orderer::of(&request)?;
    body(request).await?;
    from.order(&api, Order::Drain, false).await
}

/// What is to be withdrawn.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cancel {
    agency: String,
    service: Option<String>,
    before: Option<UnixMillis>,
    /// Whether it is only to be counted.
    #[serde(default)]
    dry_run: bool,
}

/// Withdraws what waits of an agency, or counts it.
pub(super) async fn cancel(
    State(api): State<Api>,
    request: Request,
) -> Result<Json<Value>, ProblemDocument> {
    let from = Orderer::of(&request)?;
    let body = body(request).await?;
    let Cancel {
        agency,
        service,
        before,
        dry_run,
    } = serde_json::from_slice(&body).map_err(|_| {
        bad("the body should be a JSON object with agency and any of service, before, a time such as 2026-11-29T12:00:00+05:00, and dry_run, true or false")
    })?;
    known(&agency)?;
    let order = Order::Cancel(Unwanted {
        agency,
        service,
        before: before.map(Into::into),
        dry_run,
    });
    let Cancelled {
        cancelled,
        too_late,
        done,
    } = api.desk.cancel(from.given(order, false)).await?;
    Ok(Json(json!({
        "cancelled": cancelled, "too_late": too_late, "done": done, "dry_run": dry_run,
    })))
}

/// Sets something of an operator's link.
pub(super) async fn tune(
    State(api): State<Api>,
    Name(operator): Name,
    request: Request,
) -> Result<Json<Value>, ProblemDocument> {
    let from = Orderer::of(&request)?;
    let body = body(request).await?;
    let mut values: Map<String, Value> = serde_json::from_slice(&body).map_err(|_| {
        bad("the body should be a JSON object with any of tps, window and sessions, and keep")
    })?;
    let keep = match values.remove("keep") {
        None => false,
        Some(Value::Bool(keep)) => keep,
        Some(_) => return Err(bad("keep should be true or false")),
    };
    let most = |key| api.desk.standing().most(&operator, key);
    let mut tuning = Tuning::default();
    for (key, value) in &values {
        match key.as_str() {
            "tps" => tuning.tps = setting(value, Key::Tps, most(Key::Tps))?,
            "window" => tuning.window = setting(value, Key::Window, most(Key::Window))?,
            "sessions" => tuning.sessions = setting(value, Key::Sessions, most(Key::Sessions))?,
            _ => return Err(bad("only tps, window and sessions can be set")),
        }
    }
    if tuning == Tuning::default() {
        return Err(bad("the body should say tps, window or sessions"));
    }
    let name = operator.clone();
    let order = Order::Tune { operator, tuning };
    let mut answer = values.clone();
    let given = Given {
        values,
        ..from.given(order, keep)
    };
    api.desk.give(given).await?;
    let set = api.desk.standing().set(&name);
    answer.extend([
        ("name".to_owned(), json!(name)),
        ("set".to_owned(), json!(set)),
    ]);
    Ok(Json(Value::Object(answer)))
}

fn setting<T: TryFrom<u32>>(
    value: &Value,
    key: Key,
    most: u32,
) -> Result<Setting<T>, ProblemDocument> {
    if value.as_str() == Some("default") {
        return Ok(Setting::Configured);
    }
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    let key = key.name();
    let number = number.filter(|number| (1..=most).contains(number));
    let set = number.and_then(|number| T::try_from(number).ok());
    set.map(Setting::To).ok_or_else(|| {
        bad(&format!(
            "{key} should be a whole number from 1 to {most}, or \"default\": as configured"
        ))
    })
}

/// Who gives an order, and from where.
pub(super) struct Orderer {
    pub(super) who: Caller,
    pub(super) address: IpAddr,
}

impl Orderer {
    pub(super) fn of(request: &Request) -> Result<Self, ProblemDocument> {
        let caller = request.extensions().get::<Caller>().cloned();
        let nobody = || ProblemDocument::new(StatusCode::UNAUTHORIZED, "show a token");
        Ok(Self {
            who: caller.ok_or_else(nobody)?,
            address: Peer::of(request.extensions()),
        })
    }

    fn given(self, order: Order, keep: bool) -> Given {
        Given {
            who: self.who,
            address: self.address,
            order,
            values: Map::new(),
            keep,
        }
    }

    /// Gives an order about what is paused, and tells what is from then on.
    async fn order(
        self,
        api: &Api,
        order: Order,
        keep: bool,
    ) -> Result<Json<Value>, ProblemDocument> {
        api.desk.give(self.given(order, keep)).await?;
        Ok(Json(json!({ "paused": api.desk.standing().paused() })))
    }
}

/// What an order says. Pages of others cannot have a browser send this type unasked.
pub(super) async fn body(request: Request) -> Result<Bytes, ProblemDocument> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let (kind, _) = kind.split_once(';').unwrap_or((kind, ""));
    if !kind.trim().eq_ignore_ascii_case("application/json") {
        return Err(ProblemDocument::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "the content type should be application/json",
        ));
    }
    let read = timeout(PATIENCE, to_bytes(request.into_body(), MOST_OCTETS)).await;
    let read = read.map_err(|_| {
        let why = format!("the body should come whole within {} s", PATIENCE.as_secs());
        ProblemDocument::new(StatusCode::REQUEST_TIMEOUT, why)
    })?;
    read.map_err(|_| {
        let why = format!("the body should have at most {MOST_OCTETS} octets");
        ProblemDocument::new(StatusCode::PAYLOAD_TOO_LARGE, why)
    })
}

fn named(body: &[u8]) -> Result<Named, ProblemDocument> {
    match body {
        [] => Ok(Named::default()),
        body => serde_json::from_slice(body).map_err(|_| {
            bad("the body should be empty, or a JSON object with any of operator, agency and lane, each a string, and keep, true or false")
        }),
    }
}

fn known(agency: &str) -> Result<(), ProblemDocument> {
    let known = Agency::from_name(agency).map(drop);
    known.map_err(|_| bad("agency should be the name of one, such as kadastr"))
}

fn scope(named: Named) -> Result<Scope, ProblemDocument> {
    named.agency.as_deref().map(known).transpose()?;
    let lane = named.lane.map(|name| {
        let mut lanes = Lane::ALL.into_iter();
        let lane = lanes.find(|lane| lane.name() == name);
        lane.ok_or_else(|| bad("lane should be answers, urgent, normal or bulk"))
    });
    Ok(Scope {
        operator: named.operator,
        agency: named.agency,
        lane: lane.transpose()?,
    })
}

fn bad(detail: &str) -> ProblemDocument {
    ProblemDocument::new(StatusCode::BAD_REQUEST, detail)
}
