//! `POST /v1/subscribers/export` and `/v1/subscribers/erase`: what is known of one subscriber, told or erased, for the law on
//! personal data.

use axum::Json;
use axum::extract::{Request, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xabar_events::Msisdn;

use super::Api;
use super::desk::not_now;
use super::orders::{Orderer, bad, body};
use super::problem::ProblemDocument;
use crate::control::known::{Known, known};
use crate::pipeline::{Done, Order};

/// Whose data it is; in the body, since addresses stand in the logs of proxies.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Subscriber {
    /// E.164, with or without `+`.
    msisdn: String,
}

/// Tells all that is known of a subscriber
///
/// The number in full, what was chosen, and every message with its values and, where it was kept, its text. Each time is a line in
/// the audit log, with the number masked.
#[utoipa::path(post, path = "/v1/subscribers/export", operation_id = "export", tag = "subscribers", request_body = Subscriber, responses(
    (status = 200, description = "all that the journal knows", body = Known),
    (status = 400, description = "the body does not name a number"),
))]
pub(super) async fn export(
    State(api): State<Api>,
    request: Request,
) -> Result<Json<Known>, ProblemDocument> {
    let Orderer { who, address } = Orderer::of(&request)?;
    let msisdn = named(&body(request).await?)?;
    let known = api.archive.ask(move |reader| known(reader, msisdn)).await?;
    // Nothing is handed out unseen.
    api.desk.note_export(who, address, msisdn).await?;
    Ok(Json(known))
}

/// What it came to.
#[derive(Serialize, ToSchema)]
pub(super) struct Erased {
    /// Messages of which nothing is left by which the subscriber could be called.
    messages: usize,
}

/// Erases a subscriber's number and what was said to it
///
/// What was chosen by STOP holds on: without it there would be messages again. Refused while a message to this number waits, or
/// awaits its receipt.
#[utoipa::path(post, path = "/v1/subscribers/erase", operation_id = "erase", tag = "subscribers", request_body = Subscriber, responses(
    (status = 200, description = "of how many messages it was erased", body = Erased),
    (status = 400, description = "the body does not name a number"),
))]
pub(super) async fn erase(
    State(api): State<Api>,
    request: Request,
) -> Result<Json<Erased>, ProblemDocument> {
    let from = Orderer::of(&request)?;
    let msisdn = named(&body(request).await?)?;
    let given = from.given(Order::Erase(msisdn), false);
    match api.desk.give(given).await? {
        Done::Erased(messages) => Ok(Json(Erased { messages })),
        Done::Paused(_) | Done::Limited { .. } | Done::Cancelling(_) => Err(not_now()),
    }
}

fn named(body: &[u8]) -> Result<Msisdn, ProblemDocument> {
    let Subscriber { msisdn } = serde_json::from_slice(body)
        .map_err(|_| bad("the body should be a JSON object with msisdn, a string"))?;
    msisdn
        .parse()
        .map_err(|wrong| bad(&format!("msisdn {wrong}")))
}
