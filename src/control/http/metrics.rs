//! `/metrics`, for Prometheus.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::Api;
use crate::control::metrics::CONTENT_TYPE;

/// Metrics for Prometheus
#[utoipa::path(get, path = "/metrics", operation_id = "metrics", tag = "state", responses(
    (status = 200, description = "as they are now, in Prometheus' text format", body = String, content_type = "text/plain"),
))]
pub(super) async fn page(State(api): State<Api>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], api.metrics.page())
}
