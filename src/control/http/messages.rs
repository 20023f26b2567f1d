//! `GET /v1/messages`: what became of messages.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::Api;
use super::name::Name;
use super::problem::ProblemDocument;
use crate::clock::WallTimes;
use crate::control::access::Caller;
use crate::control::story::{Story, story};
use crate::journal::{JournalError, Message, MessageId, Question, Reader};
use crate::traces::Sampling;

/// Reads the journal for those who ask, one question at a time, off the async threads.
#[derive(Clone)]
pub struct Archive {
    reader: Arc<Mutex<Box<dyn Reader>>>,
    /// Which messages are traced that bring no trace, if any are.
    sampling: Option<Sampling>,
}

/// For a turn; more people asking than the journal answers get a 503.
const TURN: Duration = Duration::from_secs(5);

impl Archive {
    pub fn new(reader: Box<dyn Reader>, sampling: Option<Sampling>) -> Self {
        Self {
            reader: Arc::new(Mutex::new(reader)),
            sampling,
        }
    }

    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut dyn Reader) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, ProblemDocument> {
        let turn = timeout(TURN, Arc::clone(&self.reader).lock_owned()).await;
        let mut reader = turn.map_err(|_| busy())?;
        let answer = tokio::task::spawn_blocking(move || question(reader.as_mut())).await;
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the journal cannot be read"
                );
                Err(busy())
            }
            Err(_) => Err(busy()),
        }
    }
}

/// What became of one message
///
/// By the id that taking its event in was answered with. To an agency those of others are not there.
#[utoipa::path(get, path = "/v1/messages/{id}", operation_id = "message", tag = "messages", params(("id" = String, Path)), responses(
    (status = 200, description = "every state with its time and reason", body = Story),
    (status = 400, description = "the path is not UTF-8"),
    (status = 404, description = "the journal holds no such message"),
    (status = 503, description = "the journal does not answer at present"),
))]
pub(super) async fn one(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    Name(id): Name,
) -> Result<Json<Story>, ProblemDocument> {
    let missing = || {
        ProblemDocument::new(
            StatusCode::NOT_FOUND,
            "the journal holds no message of this id",
        )
    };
    let id = MessageId(id.parse().map_err(|_| missing())?);
    let sampling = api.archive.sampling;
    let found = api.archive.ask(move |reader| {
        let message = reader.message(id)?;
        // To an agency others' messages are not there.
        let only = caller.grant.only();
        let message = message.filter(|it| only.is_none_or(|only| *only == it.key.agency));
        let wall_times = reader.wall_times()?;
        message
            .map(|message| told(reader, &wall_times, &message, sampling))
            .transpose()
    });
    found.await?.map(Json).ok_or_else(missing)
}

/// What became of messages
///
/// Of a subscriber, an application, an event, or in a state: one of these at least.
#[utoipa::path(get, path = "/v1/messages", operation_id = "messages", tag = "messages", params(
    ("msisdn" = Option<String>, Query, description = "E.164, with or without +"),
    ("application" = Option<String>, Query, description = "its number"),
    ("event" = Option<String>, Query, description = "its id, as the agency gave it"),
    ("state" = Option<String>, Query, description = "such as `deferred`"),
    ("limit" = Option<usize>, Query, description = "100 unless given", minimum = 1, maximum = 1000),
), responses(
    (status = 200, description = "oldest first; none: an empty array", body = Vec<Story>),
    (status = 400, description = "the question is none"),
    (status = 503, description = "the journal does not answer at present"),
))]
pub(super) async fn many(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Json<Vec<Story>>, ProblemDocument> {
    let Ok(Query(parameters)) = query else {
        return Err(bad("the query should be percent-encoded parameters"));
    };
    let (mut question, limit) = question(&parameters)?;
    question.agency = caller.grant.only().cloned();
    let sampling = api.archive.sampling;
    let found = api.archive.ask(move |reader| {
        let messages = reader.find(&question, limit)?;
        let wall_times = reader.wall_times()?;
        messages
            .iter()
            .map(|message| told(reader, &wall_times, message, sampling))
            .collect()
    });
    found.await.map(Json)
}

fn told(
    reader: &mut dyn Reader,
    wall_times: &WallTimes,
    message: &Message,
    sampling: Option<Sampling>,
) -> Result<Story, JournalError> {
    story(message, wall_times, sampling, |operator| {
        reader.operator_name(operator)
    })
}

const USUAL_LIMIT: usize = 100;
const MOST: usize = 1000;

fn question(parameters: &[(String, String)]) -> Result<(Question, usize), ProblemDocument> {
    let mut question = Question::default();
    let mut limit = USUAL_LIMIT;
    // Forms send what was left empty too.
    for (name, value) in parameters.iter().filter(|(_, value)| !value.is_empty()) {
        match name.as_str() {
            "msisdn" => question.msisdn = Some(msisdn(value)?),
            "application" => question.application = Some(value.clone()),
            "event" => question.event = Some(value.clone()),
            "state" => {
                question.state = Some(
                    value
                        .parse()
                        .map_err(|wrong| bad(format!("state {wrong}")))?,
                )
            }
            "limit" => limit = limit_of(value)?,
            _ => {
                return Err(bad(
                    "the query may have msisdn, application, event, state and limit",
                ));
            }
        }
    }
    let Question {
        event,
        application,
        msisdn,
        state,
        agency: _,
    } = &question;
    if event.is_none() && application.is_none() && msisdn.is_none() && state.is_none() {
        return Err(bad(
            "the query should have one of msisdn, application, event and state",
        ));
    }
    Ok((question, limit))
}

/// A `+` that was not percent-encoded comes as a space.
fn msisdn(value: &str) -> Result<xabar_events::Msisdn, ProblemDocument> {
    value
        .trim_start()
        .parse()
        .map_err(|wrong| bad(format!("msisdn {wrong}")))
}

fn limit_of(value: &str) -> Result<usize, ProblemDocument> {
    let limit = value
        .parse()
        .ok()
        .filter(|limit| (1..=MOST).contains(limit));
    limit.ok_or_else(|| bad(format!("limit should be a whole number from 1 to {MOST}")))
}

fn bad(detail: impl Into<String>) -> ProblemDocument {
    ProblemDocument::new(StatusCode::BAD_REQUEST, detail)
}

fn busy() -> ProblemDocument {
    ProblemDocument::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "the journal does not answer at present",
    )
    .retry_after(5)
}
