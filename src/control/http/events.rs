//! `POST /v1/events`: what intake says, in HTTP's words.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::{Value, json};
use xabar_events::{RejectReason, Rejection};

use super::Api;
use super::guard::Peer;
use super::problem::ProblemDocument;
use crate::clock::instant;
use crate::control::access::{Caller, Why};
use crate::intake::Verdict;
use crate::intake::http::{Accepted, Refused, Taken};

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
        Ok(taken) => (StatusCode::ACCEPTED, Json(answer(&taken))).into_response(),
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

fn answer(taken: &Taken) -> Value {
    match taken {
        Taken::One(accepted) => receipt(accepted),
        Taken::Batch(all) => all.iter().map(receipt).collect(),
    }
}

/// `id` is null for a cancellation, which is no message.
fn receipt(accepted: &Accepted) -> Value {
    let (id, duplicate) = match accepted.verdict {
        Verdict::Accepted { id, duplicate } => (Some(id.to_string()), duplicate),
        Verdict::Cancelled => (None, false),
    };
    let event = json!({ "source": accepted.key.agency.source(), "id": accepted.key.id.as_str() });
    json!({ "id": id, "event": event, "duplicate": duplicate })
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
