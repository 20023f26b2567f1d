//! `PATCH /v1/subscriber` and `/v1/agencies/{name}`: what staff sets of how messages are paced.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{Ref, RefOr};

use super::Api;
use super::desk::Given;
use super::name::Name;
use super::orders::{Orderer, bad, between, body, is_kept, known, number};
use super::problem::ProblemDocument;
use crate::control::settings::subscriber::read_limits;
use crate::control::settings::{Limit, MOST_AGENCY_WEIGHT};
use crate::control::standing::MOST_WEIGHTS;
use crate::delivery::Setting;
use crate::pacing;
use crate::pipeline::{Done, Order};

/// What is set of every subscriber.
#[derive(ToSchema)]
#[schema(as = SubscriberSettings)]
#[expect(
    dead_code,
    reason = "it is only described: `limit` says what is wrong with it"
)]
pub(super) struct WantedLimits {
    /// At most so many messages in any window of that length; none: `[]`; as configured: `default`.
    #[schema(schema_with = limits_or_default)]
    limits: (),
    /// Whether it is to outlive a restart.
    #[schema(default = false)]
    keep: bool,
}

pub(super) fn limits_or_default() -> Schema {
    let limit = RefOr::Ref(Ref::from_schema_name("SubscriberLimit"));
    let limits = ArrayBuilder::new().items(limit).max_items(Some(4));
    let word = ObjectBuilder::new().schema_type(Type::String);
    let word = word.enum_values(Some(["default"]));
    OneOfBuilder::new().item(limits).item(word).into()
}

/// Sets what any subscriber gets at most
///
/// At once, for what waits as well, and until it is set to `default`, until the configuration says something else of it, or until a
/// restart if it is not to be kept. What was counted counts on; of limits that look further back than what was remembered of
/// subscribers `warnings` says what does not count.
#[utoipa::path(patch, path = "/v1/subscriber", operation_id = "limit", tag = "orders", request_body = WantedLimits, responses(
    (status = 200, description = "what was set", body = Value),
    (status = 400, description = "the body does not say what to do; `errors` says what would be right"),
))]
pub(super) async fn limit(
    State(api): State<Api>,
    request: Request,
) -> Result<Json<Value>, ProblemDocument> {
    let from = Orderer::of(&request)?;
    let (values, keep) = one(&body(request).await?, "limits")?;
    let asked = values.get("limits").unwrap_or(&Value::Null);
    let limits = match asked.as_str() {
        Some("default") => Setting::Configured,
        _ => Setting::To(read_limits(asked).map_err(|problems| {
            let errors: Vec<String> = problems.iter().map(|it| it.sentence()).collect();
            bad("limits should be a list such as [{\"messages\": 3, \"per\": \"10m\"}], or \"default\": as configured")
                .with("errors", errors)
        })?),
    };
    // As the configuration has them: sorted, and each length in its shortest form.
    let told = match &limits {
        Setting::To(limits) => json!(limits),
        _ => json!("default"),
    };
    let values: Map<String, Value> = [("limits".to_owned(), told)].into_iter().collect();
    let mut answer = values.clone();
    let order = move |limits: Vec<Limit>| {
        let limits = limits.into_iter().map(pacing::Limit::from);
        let given = from.given(Order::Limit(limits.collect()), keep);
        Given { values, ..given }
    };
    let given = api.desk.give_by(move |standing| match limits {
        Setting::To(limits) => order(limits),
        _ => order(standing.configured_limits()),
    });
    let done = given.await?;
    let set = json!({ "limits": api.desk.standing().pace().limits });
    answer.insert("set".to_owned(), set);
    if let Done::Limited {
        remembered: Some(remembered),
    } = done
    {
        answer.insert("warnings".to_owned(), json!([not_counted(remembered)]));
    }
    Ok(Json(Value::Object(answer)))
}

/// What limits cannot hold that look further back than what is remembered.
fn not_counted(remembered: pacing::Limit) -> String {
    match remembered.messages {
        0 => "there was no limit, so nobody was remembered: what went out before does not count"
            .to_owned(),
        _ => format!(
            "these look further back than what was remembered of subscribers, which is enough for {}: what went out before that does not count",
            Limit::from(remembered)
        ),
    }
}

/// What is set of an agency.
#[derive(ToSchema)]
#[schema(as = AgencySettings)]
#[expect(
    dead_code,
    reason = "it is only described: `weigh` says what is wrong with it"
)]
pub(super) struct WantedWeight {
    /// Beside other agencies in its lanes.
    #[schema(schema_with = between::<1, MOST_AGENCY_WEIGHT>)]
    weight: (),
    /// Whether it is to outlive a restart.
    #[schema(default = false)]
    keep: bool,
}

/// Sets something of an agency
///
/// At once, for what waits as well, and until it is set to `default`, until the configuration says something else of it, or until a
/// restart if it is not to be kept.
#[utoipa::path(patch, path = "/v1/agencies/{name}", operation_id = "weigh", tag = "orders", params(("name" = String, Path)),
    request_body = WantedWeight, responses(
    (status = 200, description = "what was set", body = Value),
    (status = 400, description = "the body does not say what to do, or the path names no agency"),
    (status = 409, description = "too many agencies have a weight by order already"),
))]
pub(super) async fn weigh(
    State(api): State<Api>,
    Name(agency): Name,
    request: Request,
) -> Result<Json<Value>, ProblemDocument> {
    let from = Orderer::of(&request)?;
    let (values, keep) = one(&body(request).await?, "weight")?;
    known(&agency)?;
    let asked = values.get("weight").unwrap_or(&Value::Null);
    let weight = number::<u32>(asked, "weight", 1..=MOST_AGENCY_WEIGHT)?;
    let set = api.desk.standing().pace().weights;
    if set.len() >= MOST_WEIGHTS && !set.contains_key(&agency) && weight != Setting::Configured {
        let why = format!("{MOST_WEIGHTS} agencies have a weight by order: set some to default");
        return Err(ProblemDocument::new(StatusCode::CONFLICT, why));
    }
    let (mut answer, name) = (values.clone(), agency.clone());
    let given = api.desk.give_by(move |standing| {
        let weight = match weight {
            Setting::To(weight) => weight,
            _ => standing.configured_weight(&agency),
        };
        let given = from.given(Order::Weigh { agency, weight }, keep);
        Given { values, ..given }
    });
    given.await?;
    let set = api.desk.standing().pace().weights.get(&name).copied();
    answer.extend([
        ("name".to_owned(), json!(name)),
        ("set".to_owned(), json!({ "weight": set })),
    ]);
    Ok(Json(Value::Object(answer)))
}

/// What a body sets, which is this key alone, and whether it is to be kept.
fn one(body: &[u8], key: &str) -> Result<(Map<String, Value>, bool), ProblemDocument> {
    let right = || {
        bad(&format!(
            "the body should be a JSON object with {key}, and keep"
        ))
    };
    let mut values: Map<String, Value> = serde_json::from_slice(body).map_err(|_| right())?;
    let keep = is_kept(&mut values)?;
    match values.len() == 1 && values.contains_key(key) {
        true => Ok((values, keep)),
        false => Err(right()),
    }
}
