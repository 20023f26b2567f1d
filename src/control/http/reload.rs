//! `POST /v1/reload`: the configuration is read again.

use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Api;
use super::orders;
use super::problem::ProblemDocument;
use crate::control::reload::{Reloaded, Wish};
use crate::control::settings::Problem;

/// Texts and menus take a moment to read.
const PATIENCE: Duration = Duration::from_secs(8);

/// Reads the configuration again
///
/// What is wrong in it changes nothing.
#[utoipa::path(post, path = "/v1/reload", operation_id = "reload", tag = "orders", request_body = Option<Value>, responses(
    (status = 200, description = "what changed, by key", body = Reloaded),
    (status = 409, description = "the gateway has no configuration file"),
    (status = 422, description = "the configuration is wrong; `errors` says all that is"),
))]
pub(super) async fn post(
    State(api): State<Api>,
    request: Request,
) -> Result<Json<Reloaded>, ProblemDocument> {
    let orderer = orders::Orderer::of(&request)?;
    orders::body(request).await?;
    let orders::Orderer { who, address } = orderer;
    let name = who.name.to_string();
    api.desk.note_reload(who, address).await?;
    let (reply, reloaded) = oneshot::channel();
    let wish = Wish { who: name, reply };
    if api.wishes.send(wish).await.is_err() {
        return Err(ProblemDocument::new(
            StatusCode::CONFLICT,
            "this gateway was started without a configuration file",
        ));
    }
    match timeout(PATIENCE, reloaded).await {
        Ok(Ok(Ok(reloaded))) => Ok(Json(reloaded)),
        Ok(Ok(Err(problems))) => Err(wrong(&problems)),
        Ok(Err(_)) | Err(_) => Err(ProblemDocument::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the configuration is still being read: its log says what came of it",
        )
        .retry_after(5)),
    }
}

fn wrong(problems: &[Problem]) -> ProblemDocument {
    let errors = problems.iter().map(|problem| json!(problem.to_string()));
    ProblemDocument::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "the configuration is wrong: nothing changed",
    )
    .with("errors", errors.collect::<Value>())
}
