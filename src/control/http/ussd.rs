//! `POST /v1/ussd/{operator}`: USSD as aggregators send it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Query, Request, State};
use axum::http::{Extensions, HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout_at};
use xabar_ussd::form::{Form, answer};

use super::Api;
use super::guard::{Peer, bearer, unauthorized, unidentified};
use super::name::Name;
use super::openapi::Posting;
use super::problem::ProblemDocument;
use crate::clock::instant;
use crate::control::access::{Access, Denied, Grant, Role, is_same};
use crate::control::settings::Secret;
use crate::journal::OperatorId;
use crate::pipeline::{NotShown, Posted};

/// The operators whose USSD may come over HTTP, and the way to the dialogues.
#[derive(Clone)]
pub struct Aggregators {
    operators: Arc<HashMap<String, Aggregator>>,
    door: mpsc::Sender<Posted>,
}

/// What is known of one of them.
#[derive(Clone, Debug)]
pub struct Aggregator {
    pub operator: OperatorId,
    /// What it has to show; `None`: nothing.
    pub secret: Option<Secret>,
}

/// Octets of a form.
const MOST: usize = 8 * 1024;
/// For a form to come and to be answered: a phone shows nothing meanwhile.
const PATIENCE: Duration = Duration::from_secs(8);

impl Aggregators {
    /// Those of these operators, by name.
    pub fn new(
        operators: impl IntoIterator<Item = (String, Aggregator)>,
        door: mpsc::Sender<Posted>,
    ) -> Self {
        Self {
            operators: Arc::new(operators.into_iter().collect()),
            door,
        }
    }

    /// Whose USSD may be posted by who shows this.
    fn admit(
        &self,
        name: &str,
        access: &Access,
        shown: &Shows<'_>,
    ) -> Result<OperatorId, ProblemDocument> {
        let aggregator = self.operators.get(name);
        let secret = aggregator.and_then(|aggregator| aggregator.secret.as_ref());
        let denied = match secret {
            // One that is right is let in whatever else comes from there: many share the address of a proxy.
            Some(secret) if shown.is(secret) => None,
            Some(_) => Some(access.failed(shown.from, instant())),
            // Where tokens are asked for, a stranger is not told which operators there are, nor let in.
            None => shown.is_no_admin(access),
        };
        if let Some(denied) = denied {
            access.refuse(denied.why(), None, shown.from, instant());
            return Err(match denied {
                Denied::TooOften(_) => unidentified(denied),
                Denied::NoToken | Denied::WrongToken => secret_wanted(),
            });
        }
        aggregator
            .map(|aggregator| aggregator.operator)
            .ok_or_else(|| {
                let why = "no operator of this name has [operator.ussd] in the configuration";
                ProblemDocument::new(StatusCode::NOT_FOUND, why)
            })
    }
}

fn secret_wanted() -> ProblemDocument {
    unauthorized(
        "show the secret of this operator, or an admin's token if it has none, as `Authorization: Bearer …` or `?secret=…`",
        r#"Bearer realm="xabar-ussd""#,
    )
}

/// What a request shows, and from where.
struct Shows<'a> {
    secret: Option<&'a [u8]>,
    from: IpAddr,
}

impl<'a> Shows<'a> {
    fn of(headers: &'a HeaderMap, query: &'a [(String, String)], extensions: &Extensions) -> Self {
        let queried = query.iter().find(|(name, _)| name == "secret");
        let queried = queried.map(|(_, value)| value.as_bytes());
        Self {
            secret: bearer(headers).or(queried),
            from: Peer::of(extensions),
        }
    }

    fn is(&self, secret: &Secret) -> bool {
        let secret = secret.expose().as_bytes();
        self.secret.is_some_and(|shown| is_same(shown, secret))
    }

    /// Why it is not an admin's token; where none are asked for, everybody is one.
    fn is_no_admin(&self, access: &Access) -> Option<Denied> {
        match access.caller(self.secret, self.from, instant()) {
            Ok(caller) if caller.grant == Grant::Role(Role::Admin) => None,
            Ok(_) => Some(Denied::WrongToken),
            Err(denied) => Some(denied),
        }
    }
}

/// USSD of an aggregator
///
/// It posts what a phone dialled or typed, and shows the phone what is answered: `CON` and what is asked, or `END` and
/// what is said last.
#[utoipa::path(post, path = "/v1/ussd/{operator}", operation_id = "ussd", tag = "ussd", params(
    ("operator" = String, Path),
    ("secret" = Option<String>, Query, description = "the operator's, unless it comes as `Authorization: Bearer`"),
), request_body(content = Posting, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 200, description = "what the phone shows", body = String, content_type = "text/plain"),
    (status = 400, description = "the form cannot be read"),
    (status = 401, description = "the secret is missing or wrong"),
    (status = 404, description = "no such operator has USSD"),
    (status = 413, description = "the form is too long"),
    (status = 415, description = "the body is no form"),
    (status = 429, description = "wrong secrets came from this address too often"),
    (status = 503, description = "no dialogue can be led at present"),
))]
pub(super) async fn post(
    State(api): State<Api>,
    Name(operator): Name,
    Query(query): Query<Vec<(String, String)>>,
    request: Request,
) -> Result<Response, ProblemDocument> {
    let deadline = sleep(PATIENCE).deadline();
    let bad = |why: String| ProblemDocument::new(StatusCode::BAD_REQUEST, why);
    let (head, body) = request.into_parts();
    let headers = head.headers;
    let shown = Shows::of(&headers, &query, &head.extensions);
    let operator = api.aggregators.admit(&operator, &api.access, &shown)?;
    if let Some(kind) = no_form(&headers) {
        let why =
            format!("the body should be a form, application/x-www-form-urlencoded, not {kind}");
        return Err(ProblemDocument::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            why,
        ));
    }
    let body = timeout_at(deadline, to_bytes(body, MOST)).await;
    let Ok(body) = body else {
        return Err(bad("the form should come whole within 8 s".to_owned()));
    };
    let body = body.map_err(|_| {
        let why = format!("the form should have at most {MOST} octets");
        ProblemDocument::new(StatusCode::PAYLOAD_TOO_LARGE, why)
    })?;
    let form = Form::read(&body).map_err(|why| bad(why.to_string()))?;
    let msisdn = form.phone.parse();
    let msisdn = msisdn.map_err(|why| bad(format!("`phoneNumber` {why}")))?;
    let (reply, shown) = oneshot::channel();
    let posted = Posted {
        operator,
        msisdn,
        form,
        reply,
    };
    let handed_on = timeout_at(deadline, api.aggregators.door.send(posted)).await;
    let Ok(Ok(())) = handed_on else {
        return Err(busy());
    };
    match timeout_at(deadline, shown).await {
        Ok(Ok(Ok(shown))) => Ok(plain(answer(&shown))),
        Ok(Ok(Err(NotShown::Ended))) => Ok(plain(String::new())),
        Ok(Ok(Err(why @ NotShown::NoCountry))) => Err(bad(format!("`phoneNumber` {why}"))),
        _ => Err(busy()),
    }
}

/// What a body is said to be, if that is certainly no form.
fn no_form(headers: &HeaderMap) -> Option<&'static str> {
    let said = headers.get(header::CONTENT_TYPE)?.as_bytes();
    ["application/json", "multipart/form-data"]
        .into_iter()
        .find(|kind| starts_with(said, kind).is_some())
}

/// What follows a name, in whichever case that is written.
fn starts_with<'a>(value: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let (start, rest) = value.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name.as_bytes()).then_some(rest)
}

fn plain(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

fn busy() -> ProblemDocument {
    let why = "no dialogue can be led at present";
    ProblemDocument::new(StatusCode::SERVICE_UNAVAILABLE, why).retry_after(5)
}

#[cfg(test)]
pub(super) mod tests {
    use xabar_ussd::Shown;

    use super::*;

    /// Who types this is never answered.
    pub(in crate::control::http) const UNANSWERED: &str = "77";

    /// Who types this is to do so again.
    pub(in crate::control::http) const REFUSED: &str = "78";

    /// One with a secret and one without, and dialogues with phones of 998 that show what they were told.
    pub(in crate::control::http) fn aggregators() -> Aggregators {
        let (door, mut posted) = mpsc::channel::<Posted>(4);
        tokio::spawn(async move {
            let mut unanswered = Vec::new();
            while let Some(Posted {
                operator,
                msisdn,
                form,
                reply,
            }) = posted.recv().await
            {
                if form.text == UNANSWERED {
                    unanswered.push(reply);
                } else if form.text == REFUSED {
                    drop(reply);
                } else if form.over {
                    reply.send(Err(NotShown::Ended)).unwrap();
                } else {
                    let text = form.text;
                    let digits = msisdn.digits();
                    let shown = Shown::asking(format!("{} {digits} {text}", operator.0));
                    let whole = digits.starts_with("998");
                    reply
                        .send(whole.then_some(shown).ok_or(NotShown::NoCountry))
                        .unwrap();
                }
            }
        });
        let aggregator = |id, secret: Option<&str>| Aggregator {
            operator: OperatorId(id),
            secret: secret.map(Secret::new),
        };
        let open = ("ucell".to_owned(), aggregator(1, None));
        let guarded = ("beeline".to_owned(), aggregator(2, Some("geheim")));
        Aggregators::new([open, guarded], door)
    }
}
