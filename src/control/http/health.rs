//! `/healthz` and `/readyz`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Api;
use super::problem::ProblemDocument;

/// The process lives and answers.
pub(super) async fn alive() -> Json<Value> {
    Json(json!({ "alive": true }))
}

/// Traffic may come, or why not.
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
