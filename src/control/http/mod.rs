//! The gateway's HTTP: events in, questions answered, USSD of aggregators, health.
//!
//! Every error is a problem document. Query strings, which may hold numbers, are never logged.

mod connections;
mod desk;
mod events;
mod guard;
mod headers;
mod health;
mod messages;
mod metrics;
mod name;
mod orders;
mod patience;
mod problem;
mod reload;
mod status;
mod ussd;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn_with_state, map_response_with_state};
use axum::response::IntoResponse;
use axum::routing::{get, patch, post};
use tokio::sync::{mpsc, watch};

pub use connections::serve;
pub use desk::Desk;
pub use messages::Archive;
pub use ussd::{Aggregator, Aggregators};

use super::access::{Access, Right};
use super::metrics::Metrics;
use super::readiness::Readiness;
use super::reload::Wish;
use super::status::Status;
use crate::intake::http::HttpIntake;
use problem::ProblemDocument;

/// What requests are answered from.
#[derive(Clone)]
pub struct Api {
    /// Whether connections are under TLS.
    pub under_tls: bool,
    pub access: Access,
    pub intake: HttpIntake,
    pub archive: Archive,
    pub aggregators: Aggregators,
    pub readiness: Readiness,
    /// How the gateway does, once it was looked at.
    pub status: watch::Receiver<Option<Arc<Status>>>,
    pub metrics: Metrics,
    pub desk: Desk,
    /// Who wants the configuration to be read again.
    pub wishes: mpsc::Sender<Wish>,
}

/// All paths, each with the right that it takes.
pub fn router(api: Api) -> Router {
    let access = api.access.clone();
    let whoever_may = |right| from_fn_with_state((access.clone(), right), guard::authorize);
    let look = Router::new()
        .route("/v1/status", get(status::all))
        .route("/v1/operators", get(status::operators))
        .route("/v1/operators/{name}", get(status::operator))
        .route("/metrics", get(metrics::page))
        .route_layer(whoever_may(Right::Look));
    let messages = Router::new()
        .route("/v1/messages", get(messages::many))
        .route("/v1/messages/{id}", get(messages::one))
        .route_layer(whoever_may(Right::ReadMessages));
    let orders = Router::new()
        .route("/v1/operators/{name}", patch(orders::tune))
        .route("/v1/pause", post(orders::pause))
        .route("/v1/resume", post(orders::resume))
        .route("/v1/drain", post(orders::drain))
        .route("/v1/cancel", post(orders::cancel))
        .route("/v1/reload", post(reload::post))
        .route_layer(whoever_may(Right::Order));
    let events = Router::new()
        .route("/v1/events", post(events::post))
        .route_layer(whoever_may(Right::Publish));
    let open = Router::new()
        .route("/v1/ussd/{operator}", post(ussd::post))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready));
    open.merge(look)
        .merge(messages)
        .merge(orders)
        .merge(events)
        .fallback(no_such_path)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(access, guard::identify))
        .layer(map_response_with_state(api.under_tls, headers::add))
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
