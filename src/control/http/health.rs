//! `/healthz` and `/readyz`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Api;
use super::problem::ProblemDocument;

/// Whether the process lives
#[utoipa::path(get, path = "/healthz", operation_id = "alive", tag = "health", responses(
    (status = 200, description = "it does", body = Value),
))]
pub(super) async fn alive() -> Json<Value> {
    Json(json!({ "alive": true }))
}

/// Whether traffic may come
#[utoipa::path(get, path = "/readyz", operation_id = "ready", tag = "health", responses(
    (status = 200, description = "it may", body = Value),
    (status = 503, description = "not now; `reasons` says why, part by part"),
))]
pub(super) async fn ready(State(api): State<Api>) -> Response {
    let reasons = api.readiness.reasons();
    if reasons.is_empty() {
        return Json(json!({ "ready": true })).into_response();
    }
    let sentences: Vec<&str> = reasons.values().map(String::as_str).collect();
    let listed = reasons
        .iter()
        .map(|(part, why)| json!({ "part": part.to_string(), "detail": why }));
    ProblemDocument::new(StatusCode::SERVICE_UNAVAILABLE, sentences.join("; "))
        .with("ready", false)
        .with("reasons", listed.collect::<Value>())
        .retry_after(5)
        .into_response()
}
