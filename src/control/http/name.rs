//! The name in a path, such as that of an operator.

use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;

use super::problem::ProblemDocument;

/// What stands in the place of a path's only parameter, decoded.
pub(super) struct Name(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = ProblemDocument;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let name = Path::from_request_parts(parts, state).await;
        name.map(|Path(name)| Self(name)).map_err(|_| {
            let why = "the path should be UTF-8, percent-encoded";
            ProblemDocument::new(StatusCode::BAD_REQUEST, why)
        })
    }
}
