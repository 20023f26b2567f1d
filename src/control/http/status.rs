//! `GET /v1/status` and `/v1/operators`: how the gateway does.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::Api;
use super::name::Name;
use super::problem::ProblemDocument;
use crate::control::status::{OperatorStatus, Status};

/// How the gateway does
#[utoipa::path(get, path = "/v1/status", operation_id = "status", tag = "state", responses(
    (status = 200, description = "as it was up to a quarter of a second ago", body = Status),
    (status = 503, description = "nothing is measured yet"),
))]
pub(super) async fn all(State(api): State<Api>) -> Result<Json<Status>, ProblemDocument> {
    Ok(Json(Status::clone(&*now(&api)?)))
}

/// How every operator's link does
#[utoipa::path(get, path = "/v1/operators", operation_id = "operators", tag = "state", responses(
    (status = 200, description = "in the order of the configuration", body = Vec<OperatorStatus>),
    (status = 503, description = "nothing is measured yet"),
))]
pub(super) async fn operators(
    State(api): State<Api>,
) -> Result<Json<Vec<OperatorStatus>>, ProblemDocument> {
    Ok(Json(now(&api)?.operators.clone()))
}

/// How one operator's link does
#[utoipa::path(get, path = "/v1/operators/{name}", operation_id = "operator", tag = "state", params(("name" = String, Path)), responses(
    (status = 200, description = "as it was up to a quarter of a second ago", body = OperatorStatus),
    (status = 400, description = "the path is not UTF-8"),
    (status = 404, description = "there is no such operator"),
    (status = 503, description = "nothing is measured yet"),
))]
pub(super) async fn operator(
    State(api): State<Api>,
    Name(name): Name,
) -> Result<Json<OperatorStatus>, ProblemDocument> {
    let status = now(&api)?;
    let mut operators = status.operators.iter();
    let named = operators.find(|operator| operator.name == name);
    let known = || {
        let names: Vec<&str> = status.operators.iter().map(|it| &*it.name).collect();
        let detail = format!(
            "there is no such operator; known here: {}",
            names.join(", ")
        );
        ProblemDocument::new(StatusCode::NOT_FOUND, detail)
    };
    named.cloned().map(Json).ok_or_else(known)
}

fn now(api: &Api) -> Result<Arc<Status>, ProblemDocument> {
    let first = || {
        ProblemDocument::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the gateway has just started: nothing is measured yet",
        )
        .retry_after(1)
    };
    api.status.borrow().clone().ok_or_else(first)
}
