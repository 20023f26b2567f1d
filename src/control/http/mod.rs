//! The gateway's HTTP: events in, questions answered, USSD of aggregators, health.
//!
//! Every error is a problem document. Query strings, which may hold numbers, are never logged.

mod connections;
mod events;
mod health;
mod messages;
mod metrics;
mod orders;
mod patience;
mod problem;
mod status;
mod ussd;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use tokio::sync::{mpsc, watch};

pub use connections::serve;
pub use messages::Archive;
pub use ussd::{Aggregator, Aggregators};

use super::metrics::Metrics;
use super::readiness::Readiness;
use super::status::Status;
use crate::intake::http::HttpIntake;
use crate::pipeline::Ordered;
use problem::ProblemDocument;

/// What requests are answered from.
#[derive(Clone)]
pub struct Api {
    pub intake: HttpIntake,
    pub archive: Archive,
    pub aggregators: Aggregators,
    pub readiness: Readiness,
    /// How the gateway does, once it was looked at.
    pub status: watch::Receiver<Option<Arc<Status>>>,
    pub metrics: Metrics,
    pub orders: mpsc::Sender<Ordered>,
}

/// All paths.
pub fn router(api: Api) -> Router {
    Router::new()
        .route("/v1/events", post(events::post))
        .route("/v1/messages", get(messages::many))
        .route("/v1/messages/{id}", get(messages::one))
        .route("/v1/status", get(status::all))
        .route("/v1/operators", get(status::operators))
        .route(
            "/v1/operators/{name}",
            get(status::operator).patch(orders::tune),
        )
        .route("/v1/pause", post(orders::pause))
        .route("/v1/resume", post(orders::resume))
        .route("/v1/ussd/{operator}", post(ussd::post))
        .route("/metrics", get(metrics::page))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback(no_such_path)
        .method_not_allowed_fallback(wrong_method)
        .with_state(api)
}

async fn no_such_path() -> impl IntoResponse {
    ProblemDocument::new(StatusCode::NOT_FOUND, "there is nothing under this path")
}

async fn wrong_method() -> impl IntoResponse {
    ProblemDocument::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this path takes the methods that `Allow` lists",
    )
}
