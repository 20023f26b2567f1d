//! `POST /v1/events`: what intake says, in HTTP's words.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use xabar_events::{RejectReason, Rejection};

use super::Api;
use super::guard::Peer;
use super::openapi::EventOrCancellation;
use super::problem::ProblemDocument;
use crate::clock::instant;
use crate::control::access::{Caller, Why};
use crate::control::story::EventName;
use crate::intake::Verdict;
use crate::intake::http::{Accepted, Refused, Taken};

/// Hands in events
///
/// Structured, in a batch, or in binary mode: then the attributes are headers that begin with `ce-`, and the body is
/// the data. A batch is taken as a whole or not at all. What is answered with 202 is in the journal.
#[utoipa::path(post, path = "/v1/events", operation_id = "publish", tag = "events", request_body(content(
    (EventOrCancellation = "application/cloudevents+json"),
    (Vec<EventOrCancellation> = "application/cloudevents-batch+json"),
    (Value = "application/json"),
)), responses(
    (status = 202, description = "it is in the journal; of a batch an array in its order", body = Receipts),
    (status = 400, description = "what is wrong; `reason` names its kind, `errors` lists the wrong ones of a batch"),
    (status = 403, description = "the token is for something else, or the source is another agency's"),
    (status = 408, description = "the body did not come whole within 10 s"),
    (status = 413, description = "the event or the batch is too large"),
    (status = 415, description = "the content type is none of these"),
    (status = 503, description = "the journal does not take at present: send the same again"),
))]
pub(super) async fn post(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    if let Some(why) = api.readiness.draining() {
        api.intake.decline(&head.headers, body).await;
        return later(why).into_response();
    }
    let only = caller.grant.only();
    match api.intake.take(&head.headers, body, only).await {
        Ok(taken) => (StatusCode::ACCEPTED, Json(Receipts::of(&taken))).into_response(),
        Err(refused) => {
            if refused.is_foreign() {
                let from = Peer::of(&head.extensions);
                api.access
                    .refuse(Why::Source, Some(&caller), from, instant());
            }
            problem(refused).into_response()
        }
    }
}

/// What it was answered with that events are in the journal.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Receipts {
    One(Receipt),
    Batch(Vec<Receipt>),
}

#[derive(Serialize, ToSchema)]
struct Receipt {
    /// The message's; null for a cancellation, which is none.
    id: Option<String>,
    event: EventName,
    /// It was in the journal before.
    duplicate: bool,
}

impl Receipts {
    fn of(taken: &Taken) -> Self {
        match taken {
            Taken::One(accepted) => Self::One(Receipt::of(accepted)),
            Taken::Batch(all) => Self::Batch(all.iter().map(Receipt::of).collect()),
        }
    }
}

impl Receipt {
    fn of(accepted: &Accepted) -> Self {
        let (id, duplicate) = match accepted.verdict {
            Verdict::Accepted { id, duplicate } => (Some(id.to_string()), duplicate),
            Verdict::Cancelled => (None, false),
        };
        let event = EventName {
            source: accepted.key.agency.source().to_owned(),
            id: accepted.key.id.to_string(),
        };
        Self {
            id,
            event,
            duplicate,
        }
    }
}

fn problem(refused: Refused) -> ProblemDocument {
    let foreign = refused.is_foreign();
    match refused {
        Refused::Rejected(rejection) => {
            let Rejection { reason, detail } = rejection;
            ProblemDocument::new(status(reason), detail).with("reason", reason.as_str())
        }
        Refused::Events { errors, of } => {
            let detail = format!(
                "{} of {of} events are wrong, so none was taken",
                errors.len()
            );
            let status = match foreign {
                true => StatusCode::FORBIDDEN,
                false => StatusCode::BAD_REQUEST,
            };
            ProblemDocument::new(status, detail)
                .with("errors", errors.iter().map(batch_error).collect::<Value>())
        }
        Refused::Unread => ProblemDocument::new(
            StatusCode::REQUEST_TIMEOUT,
            "the body did not come whole within 10 seconds",
        ),
        Refused::Later => later("the journal does not take at present; send the same again"),
    }
}

fn batch_error((index, rejection): &(usize, Rejection)) -> Value {
    json!({ "index": index, "reason": rejection.reason.as_str(), "detail": rejection.detail })
}

fn later(why: impl Into<String>) -> ProblemDocument {
    ProblemDocument::new(StatusCode::SERVICE_UNAVAILABLE, why).retry_after(RETRY_AFTER_S)
}

const RETRY_AFTER_S: u32 = 5;

fn status(reason: RejectReason) -> StatusCode {
    match reason {
        RejectReason::UnsupportedContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        RejectReason::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        RejectReason::SourceNotAllowed => StatusCode::FORBIDDEN,
        _ => StatusCode::BAD_REQUEST,
    }
}
