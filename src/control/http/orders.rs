//! `POST /v1/pause` and `/v1/resume`: what staff orders.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::time::timeout;
use xabar_events::Agency;

use super::Api;
use super::problem::ProblemDocument;
use crate::control::status::Paused;
use crate::journal::Lane;
use crate::pipeline::{NoSuchOperator, Order, Ordered, Pause, Scope};

/// For an answer: a beat takes milliseconds, unless the journal does not take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What an order is about; nothing named: everything.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    operator: Option<String>,
    agency: Option<String>,
    lane: Option<String>,
}

/// Stops sending what the body names; events are taken in all the same.
pub(super) async fn pause(
    State(api): State<Api>,
    body: Bytes,
) -> Result<Json<Value>, ProblemDocument> {
    order(&api, Order::Pause(scope(&body)?)).await
}

/// Ends every pause that lies within what the body names.
pub(super) async fn resume(
    State(api): State<Api>,
    body: Bytes,
) -> Result<Json<Value>, ProblemDocument> {
    order(&api, Order::Resume(scope(&body)?)).await
}

fn scope(body: &[u8]) -> Result<Scope, ProblemDocument> {
    let named: Named = match body {
        [] => Named::default(),
        body => serde_json::from_slice(body).map_err(|_| {
            bad("the body should be empty, or a JSON object with any of operator, agency and lane, each a string")
        })?,
    };
    if let Some(agency) = &named.agency
        && Agency::from_name(agency).is_err()
    {
        return Err(bad("agency should be the name of one, such as kadastr"));
    }
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

async fn order(api: &Api, order: Order) -> Result<Json<Value>, ProblemDocument> {
    let (reply, answer) = oneshot::channel();
    let ordered = async {
        // Where the pipeline is gone, so is the other end of the answer.
        drop(api.orders.send(Ordered { order, reply }).await);
        answer.await
    };
    match timeout(PATIENCE, ordered).await {
        Ok(Ok(Ok(paused))) => Ok(Json(told(&paused))),
        Ok(Ok(Err(error @ NoSuchOperator { .. }))) => {
            Err(ProblemDocument::new(StatusCode::NOT_FOUND, error.to_string()))
        }
        Ok(Err(_)) | Err(_) => Err(ProblemDocument::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the gateway does not take orders at the moment: it stops, or its journal does not take",
        )
        .retry_after(5)),
    }
}

fn told(paused: &[Pause]) -> Value {
    let paused: Vec<Paused> = paused.iter().map(Paused::from).collect();
    json!({ "paused": paused })
}

fn bad(detail: &str) -> ProblemDocument {
    ProblemDocument::new(StatusCode::BAD_REQUEST, detail)
}
