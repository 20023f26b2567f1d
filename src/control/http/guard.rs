//! Lets requests in by what they show, and says to others what would do.

use std::net::{IpAddr, Ipv4Addr};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::openapi;
use super::problem::ProblemDocument;
use crate::clock::instant;
use crate::control::access::{Access, Caller, Denied, Right, Why};
use crate::intake::http::spill;

/// Where a request comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) IpAddr);

impl Peer {
    pub(super) fn of(request: &axum::http::Extensions) -> IpAddr {
        let peer = request.get::<Self>();
        peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.0)
    }
}

/// Finds out who asks; without that there is nothing but health, what the API is, and USSD, which has secrets of its own.
pub(super) async fn identify(
    State(access): State<Access>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let asks_nobody = ["/healthz", "/readyz"].contains(&path) || openapi::PATHS.contains(&path);
    if asks_nobody || path.starts_with("/v1/ussd/") {
        return next.run(request).await;
    }
    let from = Peer::of(request.extensions());
    match access.caller(bearer(request.headers()), from, instant()) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(denied) => {
            access.refuse(denied.why(), None, from, instant());
            refuse(request, unidentified(denied)).await
        }
    }
}

/// Lets those through who have the right.
pub(super) async fn authorize(
    State((access, right)): State<(Access, Right)>,
    request: Request,
    next: Next,
) -> Response {
    let caller = request.extensions().get::<Caller>();
    if caller.is_some_and(|caller| right.is_of(&caller.grant)) {
        return next.run(request).await;
    }
    let from = Peer::of(request.extensions());
    access.refuse(Why::Role, caller, from, instant());
    refuse(request, not_entitled(right)).await
}

/// What was sent is read all the same: who is cut off while it writes never reads why.
async fn refuse(request: Request<Body>, problem: ProblemDocument) -> Response {
    let (head, body) = request.into_parts();
    spill(&head.headers, body.into_data_stream()).await;
    problem.into_response()
}

/// The token of a request.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let (kind, token) = headers
        .get(header::AUTHORIZATION)?
        .as_bytes()
        .split_at_checked("Bearer ".len())?;
    kind.eq_ignore_ascii_case(b"Bearer ").then_some(token)
}

/// Says what to show.
pub(super) fn unidentified(denied: Denied) -> ProblemDocument {
    match denied {
        Denied::NoToken => unauthorized(
            "show a token, as `Authorization: Bearer xbr_…`",
            r#"Bearer realm="xabar""#,
        ),
        Denied::WrongToken => unauthorized(
            "this token is not known, or not any more; `xabar token list` tells which are",
            r#"Bearer realm="xabar", error="invalid_token""#,
        ),
        Denied::TooOften(wait) => {
            let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX);
            let why = "what was shown from this address was wrong too often: come again later";
            ProblemDocument::new(StatusCode::TOO_MANY_REQUESTS, why)
                .retry_after(seconds.saturating_add(1))
        }
    }
}

pub(super) fn unauthorized(detail: &str, challenge: &'static str) -> ProblemDocument {
    ProblemDocument::new(StatusCode::UNAUTHORIZED, detail).challenge(challenge)
}

fn not_entitled(right: Right) -> ProblemDocument {
    let roles: Vec<&str> = right.roles().map(|role| role.name()).collect();
    let agencies = if right.is_agencies() {
        ", or of an agency"
    } else {
        ""
    };
    let detail = format!(
        "this takes a token of the role {}{agencies}",
        roles.join(" or ")
    );
    ProblemDocument::new(StatusCode::FORBIDDEN, detail)
        .with(
            "roles",
            roles.into_iter().map(Value::from).collect::<Value>(),
        )
        .challenge(r#"Bearer realm="xabar", error="insufficient_scope""#)
}
