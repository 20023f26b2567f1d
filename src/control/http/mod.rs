//! The gateway's HTTP: events in, questions answered, USSD of aggregators, health.
//!
//! Every error is a problem document. Query strings, which may hold numbers, are never logged.

mod addresses;
mod connections;
mod desk;
mod events;
mod guard;
mod headers;
mod health;
mod messages;
mod metrics;
mod name;
mod openapi;
mod orders;
mod pace;
mod patience;
mod problem;
mod reload;
mod status;
mod subscribers;
mod ussd;
mod what_if;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::middleware::{from_fn_with_state, map_response_with_state};
use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;
use tokio::sync::{mpsc, watch};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use connections::serve;
pub use desk::Desk;
pub use messages::Archive;
pub use ussd::{Aggregator, Aggregators};
pub use what_if::WhatIf;

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
    pub what_if: WhatIf,
    /// Who wants the configuration to be read again.
    pub wishes: mpsc::Sender<Wish>,
}

/// All paths, and under one of their own what they are.
pub fn router(api: Api) -> Router {
    let (paths, description) = paths(&api.access).split_for_parts();
    let description = Bytes::from(openapi::finished(description));
    let described = || async move { ([(header::CONTENT_TYPE, "application/json")], description) };
    let [path, versioned] = openapi::PATHS;
    paths
        .route(path, get(described.clone()))
        .route(versioned, get(described))
        .fallback(no_such_path)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(api.access.clone(), guard::identify))
        .layer(map_response_with_state(api.under_tls, headers::add))
        .with_state(api)
}

/// Those that answer from the gateway, each with the right that it takes, and their description.
fn paths(access: &Access) -> OpenApiRouter<Api> {
    let taking = |right, paths: OpenApiRouter<Api>| {
        let whoever_may = from_fn_with_state((access.clone(), right), guard::authorize);
        let mut paths = paths.route_layer(whoever_may);
        openapi::guard(paths.get_openapi_mut(), right);
        paths
    };
    let none = OpenApiRouter::new;
    let look = none()
        .routes(routes!(status::all))
        .routes(routes!(status::operators))
        .routes(routes!(status::operator))
        .routes(routes!(metrics::page))
        .routes(routes!(what_if::post));
    let messages = none()
        .routes(routes!(messages::many))
        .routes(routes!(messages::one));
    let orders = none()
        .routes(routes!(orders::tune))
        .routes(routes!(pace::limit))
        .routes(routes!(pace::weigh))
        .routes(routes!(orders::pause))
        .routes(routes!(orders::resume))
        .routes(routes!(orders::drain))
        .routes(routes!(orders::cancel))
        .routes(routes!(reload::post));
    let subscribers = none()
        .routes(routes!(subscribers::export))
        .routes(routes!(subscribers::erase));
    OpenApiRouter::with_openapi(openapi::begun())
        .merge(taking(Right::Publish, none().routes(routes!(events::post))))
        .merge(taking(Right::ReadMessages, messages))
        .merge(taking(Right::Look, look))
        .merge(taking(Right::Order, orders))
        .merge(taking(Right::PersonalData, subscribers))
        .routes(routes!(ussd::post))
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
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
