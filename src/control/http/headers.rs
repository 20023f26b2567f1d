//! What browsers are told with every answer.

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;

const ALWAYS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
];

/// Of a year.
const UNDER_TLS: (HeaderName, &str) = (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");

/// Adds them, unless the answer has its own.
pub(super) async fn add(State(under_tls): State<bool>, mut response: Response) -> Response {
    let under_tls = under_tls.then_some(UNDER_TLS);
    for (name, value) in ALWAYS.into_iter().chain(under_tls) {
        let headers = response.headers_mut().entry(name);
        headers.or_insert(HeaderValue::from_static(value));
    }
    response
}
