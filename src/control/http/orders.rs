//! `POST /v1/pause`, `/v1/resume`, `/v1/drain` and `/v1/cancel`, `PATCH /v1/operators/{name}`: what staff orders. What it sets
//! of how messages are paced is in `pace.rs`.

#![expect(
    unused_qualifications,
    reason = "the description of an optional body is written so"
)]

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use axum::Json;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::time::timeout;
use utoipa::ToSchema;
use utoipa::openapi::ObjectBuilder;
use utoipa::openapi::schema::{OneOfBuilder, Schema, Type};
use xabar_events::{Agency, UnixMillis};

use super::Api;
use super::desk::Given;
use super::guard::Peer;
use super::name::Name;
use super::problem::ProblemDocument;
use crate::control::access::Caller;
use crate::control::schema::moment;
use crate::control::settings::reading::suggestion;
use crate::control::settings::{MOST_TPS, MOST_WEIGHT, MOST_WINDOW};
use crate::control::standing::Key;
use crate::control::status::Paused;
use crate::delivery::{Setting, Tuning};
use crate::journal::Lane;
use crate::pipeline::{Cancelled, Order, Scope, Unwanted};

/// No order is that long.
const MOST_OCTETS: usize = 4096;

/// For an order to come whole.
const PATIENCE: Duration = Duration::from_secs(5);

/// What an order is about; nothing named: everything.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Scope)]
pub(super) struct Named {
    operator: Option<String>,
    agency: Option<String>,
    lane: Option<String>,
    /// Whether it is to outlive a restart.
    #[serde(default)]
    keep: bool,
}

/// Stops sending
///
/// What the body names, or everything. Events are taken in all the same.
#[utoipa::path(post, path = "/v1/pause", operation_id = "pause", tag = "orders", request_body = Option<Named>, responses(
    (status = 200, description = "what is paused from now on", body = Pauses),
    (status = 400, description = "the body does not say what to do"),
    (status = 404, description = "there is no such operator"),
    (status = 409, description = "there are too many pauses already"),
))]
pub(super) async fn pause(
    State(api): State<Api>,
    request: Request,
) -> Result<Json<Pauses>, ProblemDocument> {
    let from = Orderer::of(&request)?;
    let body = body(request).await?;
    let named = named(&body)?;
    let keep = named.keep;
    let agency = named.agency.clone();
    let Json(paused) = from.order(&api, Order::Pause(scope(named)?), keep).await?;
    let note = match agency {
        Some(agency) => is_unseen(&api, &agency).await.then(|| {
            format!("no event of {agency} was ever accepted: see whether it is spelled so")
        }),
        None => None,
    };
    Ok(Json(Pauses { note, ..paused }))
}

/// Whether the journal knows of no event of an agency. What it cannot say at present is no reason to doubt.
async fn is_unseen(api: &Api, agency: &str) -> bool {
    let books = api.archive.ask(|reader| reader.books()).await;
    books.is_ok_and(|books| books.iter().all(|it| it.agency != agency))
}

/// Sends again
///
/// Ends every pause that lies within what the body names, or all of them.
#[utoipa::path(post, path = "/v1/resume", operation_id = "resume", tag = "orders", request_body = Option<Named>, responses(
    (status = 200, description = "what is still paused", body = Pauses),
    (status = 400, description = "the body does not say what to do"),
    (status = 404, description = "there is no such operator"),
))]
pub(super) async fn resume(
    State(api): State<Api>,
    request: Request,
) -> Result<Json<Pauses>, ProblemDocument> {
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

/// Takes nothing more in
///
/// Lets what is under way end, and unbinds. It goes on when everything is resumed.
#[utoipa::path(post, path = "/v1/drain", operation_id = "drain", tag = "orders", request_body = Option<Value>, responses(
    (status = 200, description = "what is paused from now on: everything", body = Pauses),
    (status = 409, description = "there are too many pauses already: then nothing changed"),
))]
pub(super) async fn drain(
    State(api): State<Api>,
    request: Request,
) -> Result<Json<Pauses>, ProblemDocument> {
    let from = Orderer::of(&request)?;
    body(request).await?;
    from.order(&api, Order::Drain, false).await
}

/// What is to be withdrawn.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Cancel {
    agency: String,
    service: Option<String>,
    /// What came before that time only.
    #[schema(schema_with = moment, required = false)]
    before: Option<UnixMillis>,
    /// Whether it is only to be counted.
    #[serde(default)]
    dry_run: bool,
}

/// What it came to.
#[derive(Serialize, ToSchema)]
pub(super) struct Withdrawn {
    cancelled: u64,
    /// Those that had an attempt: they are not repeated.
    too_late: u64,
    /// Whether all was looked at; if not, it goes on.
    done: bool,
    dry_run: bool,
}

/// Withdraws what waits of an agency, or counts it
#[utoipa::path(post, path = "/v1/cancel", operation_id = "cancel", tag = "orders", request_body = Cancel, responses(
    (status = 200, description = "how many", body = Withdrawn),
    (status = 400, description = "the body does not say what to do"),
))]
pub(super) async fn cancel(
    State(api): State<Api>,
    request: Request,
) -> Result<Json<Withdrawn>, ProblemDocument> {
    let from = Orderer::of(&request)?;
    let body = body(request).await?;
    let Cancel {
        agency,
        service,
        before,
        dry_run,
    } = object(
        &body,
        &["agency", "service", "before", "dry_run"],
        "the body should be a JSON object with agency and any of service, before, a time such as 2026-11-29T12:00:00+05:00, and dry_run, true or false",
    )?;
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
    Ok(Json(Withdrawn {
        cancelled,
        too_late,
        done,
        dry_run,
    }))
}

/// What is set of an operator, each to a number or back to `default`: as configured.
#[derive(ToSchema)]
#[schema(as = Settings)]
#[expect(
    dead_code,
    reason = "it is only described: `tune` says of each key what is wrong with it"
)]
pub(super) struct Wanted {
    /// PDUs a second, all sessions together.
    #[schema(schema_with = up_to::<MOST_TPS>, required = false)]
    tps: (),
    /// `submit_sm` awaiting a response, per session.
    #[schema(schema_with = up_to::<{ MOST_WINDOW as u32 }>, required = false)]
    window: (),
    /// At most as configured.
    #[schema(schema_with = up_to::<{ u16::MAX as u32 }>, required = false)]
    sessions: (),
    /// Among the operators that share its numbers.
    #[schema(schema_with = between::<0, MOST_WEIGHT>, required = false)]
    weight: (),
    /// Whether it is to outlive a restart.
    #[schema(default = false)]
    keep: bool,
}

/// A number from 1 on, or `default`.
pub(super) fn up_to<const MOST: u32>() -> Schema {
    between::<1, MOST>()
}

pub(super) fn between<const LEAST: u32, const MOST: u32>() -> Schema {
    let number = ObjectBuilder::new().schema_type(Type::Integer);
    let number = number.minimum(Some(LEAST)).maximum(Some(MOST));
    let word = ObjectBuilder::new().schema_type(Type::String);
    let word = word.enum_values(Some(["default"]));
    OneOfBuilder::new().item(number).item(word).into()
}

/// Sets something of an operator
///
/// At once, and until it is set to `default`, until the configuration says something else of it, or until a restart if it is not
/// to be kept.
#[utoipa::path(patch, path = "/v1/operators/{name}", operation_id = "set", tag = "orders", params(("name" = String, Path)),
    request_body = Wanted, responses(
    (status = 200, description = "what was set, and all that is set of it", body = Value),
    (status = 400, description = "the body does not say what to do"),
    (status = 404, description = "there is no such operator"),
    (status = 409, description = "the operator shares no numbers, or nobody would take those that it shares"),
))]
pub(super) async fn tune(
    State(api): State<Api>,
    Name(operator): Name,
    request: Request,
) -> Result<Json<Value>, ProblemDocument> {
    let from = Orderer::of(&request)?;
    let body = body(request).await?;
    let mut values: Map<String, Value> = serde_json::from_slice(&body).map_err(|_| {
        bad("the body should be a JSON object with any of tps, window, sessions and weight, and keep")
    })?;
    let keep = is_kept(&mut values)?;
    let most = |key| api.desk.standing().most(&operator, key);
    let (mut tuning, mut weight) = (Tuning::default(), Setting::Keep);
    for (key, value) in &values {
        match key.as_str() {
            "tps" => tuning.tps = setting(value, Key::Tps, most(Key::Tps))?,
            "window" => tuning.window = setting(value, Key::Window, most(Key::Window))?,
            "sessions" => tuning.sessions = setting(value, Key::Sessions, most(Key::Sessions))?,
            "weight" => weight = setting(value, Key::Weight, most(Key::Weight))?,
            _ => return Err(bad("only tps, window, sessions and weight can be set")),
        }
    }
    if values.is_empty() {
        return Err(bad("the body should say tps, window, sessions or weight"));
    }
    let name = operator.clone();
    let order = Order::Tune {
        operator,
        tuning,
        weight,
    };
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

/// Whether what is set is to outlive a restart; takes that out of what is set.
pub(super) fn is_kept(values: &mut Map<String, Value>) -> Result<bool, ProblemDocument> {
    match values.remove("keep") {
        None => Ok(false),
        Some(Value::Bool(keep)) => Ok(keep),
        Some(_) => Err(bad("keep should be true or false")),
    }
}

fn setting<T: TryFrom<u32>>(
    value: &Value,
    key: Key,
    most: u32,
) -> Result<Setting<T>, ProblemDocument> {
    number(value, key.name(), key.least()..=most)
}

/// A number within bounds, or `default`.
pub(super) fn number<T: TryFrom<u32>>(
    value: &Value,
    key: &str,
    bounds: RangeInclusive<u32>,
) -> Result<Setting<T>, ProblemDocument> {
    if value.as_str() == Some("default") {
        return Ok(Setting::Configured);
    }
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    let number = number.filter(|number| bounds.contains(number));
    let set = number.and_then(|number| T::try_from(number).ok());
    set.map(Setting::To).ok_or_else(|| {
        let (least, most) = (bounds.start(), bounds.end());
        bad(&format!(
            "{key} should be a whole number from {least} to {most}, or \"default\": as configured"
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

    pub(super) fn given(self, order: Order, keep: bool) -> Given {
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
    ) -> Result<Json<Pauses>, ProblemDocument> {
        api.desk.give(self.given(order, keep)).await?;
        let paused = api.desk.standing().paused();
        Ok(Json(Pauses { paused, note: None }))
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
    let named: Option<Named> = match body {
        [] => None,
        body => object(
            body,
            &["operator", "agency", "lane", "keep"],
            "the body should be empty, or a JSON object with any of operator, agency and lane, each a string, and keep, true or false",
        )?,
    };
    Ok(named.unwrap_or_default())
}

/// Reads an object, or names a key that it should not have; of anything else that is wrong `right` says what would do.
fn object<T: DeserializeOwned>(
    body: &[u8],
    known: &[&str],
    right: &str,
) -> Result<T, ProblemDocument> {
    let value: Value = serde_json::from_slice(body).map_err(|_| bad(right))?;
    let mut keys = value.as_object().into_iter().flat_map(Map::keys);
    if let Some(strange) = keys.find(|key| !known.contains(&key.as_str())) {
        let right = suggestion(strange, known);
        return Err(bad(&format!("`{strange}` is not a key; {right}")));
    }
    T::deserialize(value).map_err(|_| bad(right))
}

/// What is paused.
#[derive(Serialize, ToSchema)]
pub(super) struct Pauses {
    paused: Vec<Paused>,
    /// What may not be as it was meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

pub(super) fn known(agency: &str) -> Result<(), ProblemDocument> {
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

pub(super) fn bad(detail: &str) -> ProblemDocument {
    ProblemDocument::new(StatusCode::BAD_REQUEST, detail)
}
