//! Errors over HTTP as problem documents (RFC 9457).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// An error as a client reads it. It quotes nothing of the request.
#[derive(Debug)]
pub(super) struct ProblemDocument {
    status: StatusCode,
    detail: String,
    more: Map<String, Value>,
    retry_after_s: Option<u32>,
    challenge: Option<&'static str>,
}

/// What stands in it.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Members {
    /// Always `about:blank`: the status says the kind.
    r#type: &'static str,
    title: Option<&'static str>,
    status: u16,
    /// What would be right, in a sentence.
    detail: String,
    #[serde(flatten)]
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    more: Map<String, Value>,
}

/// Its media type.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

impl ProblemDocument {
    /// `detail` is a sentence that says what would be right.
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            more: Map::new(),
            retry_after_s: None,
            challenge: None,
        }
    }

    pub(super) fn detail(&self) -> &str {
        &self.detail
    }

    /// Adds a member of our own.
    pub(super) fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.more.insert(member.to_owned(), value.into());
        self
    }

    pub(super) fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// Says what would be let in, as `WWW-Authenticate` (RFC 6750, 3).
    pub(super) fn challenge(mut self, challenge: &'static str) -> Self {
        self.challenge = Some(challenge);
        self
    }
}

impl IntoResponse for ProblemDocument {
    fn into_response(self) -> Response {
        let members = Members {
            r#type: "about:blank",
            title: self.status.canonical_reason(),
            status: self.status.as_u16(),
            detail: self.detail,
            more: self.more,
        };
        let mut response = (self.status, axum::Json(members)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(challenge) = self.challenge {
            let challenge = HeaderValue::from_static(challenge);
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
