//! `POST /v1/what-if`: what would be if something were set otherwise.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde_json::{Map, Value};
use tokio::sync::{Mutex, mpsc, oneshot};
use utoipa::ToSchema;

use super::Api;
use super::orders::{bad, between, body, up_to};
use super::pace::limits_or_default;
use super::problem::ProblemDocument;
use crate::control::settings::{
    MOST_AGENCY_WEIGHT, MOST_SESSIONS, MOST_TPS, MOST_WEIGHT, MOST_WINDOW,
};
use crate::control::what_if::{Answer, Asked, MOST_HOURS, Refused};

/// Where questions go, one at a time.
#[derive(Clone)]
pub struct WhatIf {
    questions: mpsc::Sender<Asked>,
    turn: Arc<Mutex<()>>,
}

impl WhatIf {
    pub fn new(questions: mpsc::Sender<Asked>) -> Self {
        Self {
            questions,
            turn: Arc::default(),
        }
    }
}

/// What is asked about; nothing said: how it goes with everything as it is.
#[derive(ToSchema)]
#[schema(as = WhatIfQuestion)]
#[expect(
    dead_code,
    reason = "it is only described: `Question` says of each key what is wrong with it"
)]
pub(super) struct Described {
    /// How much of the past goes once more.
    #[schema(minimum = 1, maximum = 24, default = 4)]
    hours: Option<u32>,
    /// By their names.
    operators: Option<std::collections::HashMap<String, DescribedLink>>,
    /// By their names.
    agencies: Option<std::collections::HashMap<String, DescribedAgency>>,
    subscriber: Option<DescribedSubscriber>,
}

/// What is to be other of a link; `default`: as configured.
#[derive(ToSchema)]
#[schema(as = WhatIfLink)]
#[expect(dead_code, reason = "it is only described")]
struct DescribedLink {
    /// PDUs a second, all sessions together.
    #[schema(schema_with = up_to::<MOST_TPS>, required = false)]
    tps: (),
    /// `submit_sm` awaiting a response, per session.
    #[schema(schema_with = up_to::<{ MOST_WINDOW as u32 }>, required = false)]
    window: (),
    /// Of each login, also more than are configured.
    #[schema(schema_with = up_to::<{ MOST_SESSIONS as u32 }>, required = false)]
    sessions: (),
    /// Among the operators that share its numbers.
    #[schema(schema_with = between::<0, MOST_WEIGHT>, required = false)]
    weight: (),
}

/// What is to be other of an agency; `default`: as configured.
#[derive(ToSchema)]
#[schema(as = WhatIfAgency)]
#[expect(dead_code, reason = "it is only described")]
struct DescribedAgency {
    /// Beside other agencies in its lanes.
    #[schema(schema_with = between::<1, MOST_AGENCY_WEIGHT>, required = false)]
    weight: (),
}

/// What is to be other of `[subscriber]`, as the configuration has it.
#[derive(ToSchema)]
#[schema(as = WhatIfSubscriber)]
#[expect(dead_code, reason = "it is only described")]
struct DescribedSubscriber {
    /// At most so many messages in any window of that length; none: `[]`; as configured: `default`.
    #[schema(schema_with = limits_or_default, required = false)]
    limits: (),
    /// A table of from, to and timezone, which may be left out where there are some now; none: `none`.
    #[schema(value_type = Option<Value>)]
    quiet_hours: Option<Value>,
}

const _: () = assert!(MOST_HOURS == 24, "as described");

/// What would be if something were set otherwise
///
/// The traffic of the last hours goes once more, in virtual time, as everything is and with what the body says; nothing is changed by
/// it. That may take a minute or two, and one question is answered at a time.
#[utoipa::path(post, path = "/v1/what-if", operation_id = "whatIf", tag = "state", request_body = Described, responses(
    (status = 200, description = "what became of the messages, and what would have", body = Answer),
    (status = 400, description = "what is asked about cannot be; `errors` says of each key what would be right"),
    (status = 408, description = "the body did not come in time"),
    (status = 409, description = "another question is being answered"),
    (status = 413, description = "the body is too long"),
    (status = 415, description = "the content type is not application/json"),
    (status = 503, description = "the gateway stops, or its journal cannot be read"),
))]
pub(super) async fn post(
    State(api): State<Api>,
    request: Request,
) -> Result<Json<Answer>, ProblemDocument> {
    let body = body(request).await?;
    let body = match &body[..] {
        [] => Value::Object(Map::new()),
        body => serde_json::from_slice(body).map_err(|_| {
            bad("the body should be a JSON object with any of hours, operators, agencies and subscriber")
        })?,
    };
    let Ok(_turn) = api.what_if.turn.try_lock() else {
        let why = "another question is being answered; ask again when that is done";
        return Err(ProblemDocument::new(StatusCode::CONFLICT, why).retry_after(10));
    };
    let (reply, answer) = oneshot::channel();
    // Where nobody takes it, nobody answers.
    drop(api.what_if.questions.send(Asked { body, reply }).await);
    match answer.await {
        Ok(Ok(answer)) => Ok(Json(*answer)),
        Ok(Err(Refused::Wrong(problems))) => {
            let errors: Vec<String> = problems.iter().map(|it| it.sentence()).collect();
            Err(bad("what is asked about cannot be").with("errors", errors))
        }
        Ok(Err(Refused::Failed)) | Err(_) => {
            let why =
                "it cannot be found out now: the gateway stops, or its journal cannot be read";
            Err(ProblemDocument::new(StatusCode::SERVICE_UNAVAILABLE, why).retry_after(10))
        }
    }
}
