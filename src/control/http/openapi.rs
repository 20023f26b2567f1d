//! The API's description as OpenAPI 3.1: of the paths as they are served, the types that answer, and the rights asked for.

use serde_json::Value;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{OneOfBuilder, Schema};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, Content, Ref, RefOr, Response, SecurityRequirement};
use utoipa::{OpenApi, PartialSchema, ToSchema};

use super::problem::{MEDIA_TYPE, Members};
use crate::control::access::{Right, Role};

/// Where it is served.
pub(super) const PATHS: [&str; 2] = ["/openapi.json", "/v1/openapi.json"];

/// What all that asks for a token calls it.
const TOKEN: &str = "token";

/// The contract of events, which are schemas already.
const EVENTS: [(&str, &str); 2] = [
    ("Event", xabar_events::schema::EVENT),
    ("Cancellation", xabar_events::schema::CANCEL),
];

#[derive(OpenApi)]
#[openapi(info(
    title = "Xabar",
    description = "Events in, what became of messages, and the gateway's state and orders. Where no tokens are configured, all of it is open to this machine alone."
))]
struct Described;

/// The description of no path yet.
pub(super) fn begun() -> utoipa::openapi::OpenApi {
    let mut document = Described::openapi();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
    let bearer = bearer.description(Some("What `xabar token add` showed."));
    let components = document.components.get_or_insert_with(Components::new);
    components
        .schemas
        .insert(Members::name().into(), Members::schema());
    components.add_security_scheme(TOKEN, SecurityScheme::Http(bearer.build()));
    document
}

/// Says of all its paths that they take a token with a right.
pub(super) fn guard(document: &mut utoipa::openapi::OpenApi, right: Right) {
    let roles: Vec<&str> = right.roles().map(Role::name).collect();
    let agencies = if right.is_agencies() {
        ", or of an agency, for what is its own"
    } else {
        ""
    };
    let takes = format!(
        "Takes a token of the role {}{agencies}.",
        roles.join(" or ")
    );
    for operation in operations(document) {
        operation.security = Some(vec![SecurityRequirement::new(TOKEN, [""; 0])]);
        let said = operation.description.get_or_insert_default();
        *said = format!("{said}\n\n{takes}").trim().to_owned();
        add(operation, DENIED);
        if matches!(right, Right::Order | Right::PersonalData) {
            add(operation, NOT_CARRIED_OUT);
        }
    }
}

/// How whoever may not is answered.
const DENIED: &[(&str, &str)] = &[
    ("401", "no token, or one that is not known"),
    ("403", "the token is for something else"),
    ("429", "wrong tokens came from this address too often"),
];

/// How any order may be answered beside what it says itself.
const NOT_CARRIED_OUT: &[(&str, &str)] = &[
    ("408", "the body did not come in time"),
    ("409", "it cannot be, as things stand"),
    ("413", "the body is too long"),
    ("415", "the content type is not application/json"),
    (
        "503",
        "it cannot be carried out now, or is not noted in the audit log",
    ),
];

/// Adds answers to an operation that does not describe them itself.
fn add(operation: &mut Operation, answers: &[(&str, &str)]) {
    let responses = &mut operation.responses.responses;
    for (status, why) in answers {
        let response = || Response::new(*why).into();
        responses
            .entry((*status).to_owned())
            .or_insert_with(response);
    }
}

/// The whole description as JSON.
pub(super) fn finished(mut document: utoipa::openapi::OpenApi) -> String {
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    for operation in operations(&mut document) {
        for (status, response) in &mut operation.responses.responses {
            let is_error = status.starts_with(['4', '5']);
            if let RefOr::T(response) = response
                && is_error
                && response.content.is_empty()
            {
                let problem = Content::new(Some(Ref::from_schema_name(Members::name())));
                response
                    .content
                    .insert(MEDIA_TYPE.to_owned(), problem.into());
            }
        }
    }
    let mut document = serde_json::to_value(document).unwrap_or_default();
    let schemas = document.pointer_mut("/components/schemas");
    if let Some(schemas) = schemas.and_then(Value::as_object_mut) {
        let events = EVENTS.map(|(name, schema)| (name.to_owned(), within(schema, name)));
        schemas.extend(events);
    }
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

fn operations(document: &mut utoipa::openapi::OpenApi) -> impl Iterator<Item = &mut Operation> {
    let items = document.paths.paths.values_mut();
    items.flat_map(|item| {
        [
            &mut item.get,
            &mut item.post,
            &mut item.patch,
            &mut item.delete,
        ]
        .into_iter()
        .flatten()
    })
}

/// A schema as a part of the description, where its references begin at the top.
fn within(schema: &str, name: &str) -> Value {
    let here = format!("#/components/schemas/{name}/$defs/");
    let mut schema: Value =
        serde_json::from_str(&schema.replace("#/$defs/", &here)).unwrap_or_default();
    if let Some(schema) = schema.as_object_mut() {
        schema.retain(|key, _| key != "$schema" && key != "$id");
    }
    schema
}

/// An event or its cancellation: by their own schemas.
pub(super) struct EventOrCancellation;

impl PartialSchema for EventOrCancellation {
    fn schema() -> RefOr<Schema> {
        let either = EVENTS
            .into_iter()
            .fold(OneOfBuilder::new(), |either, (name, _)| {
                either.item(Ref::from_schema_name(name))
            });
        Schema::from(either.build()).into()
    }
}

impl ToSchema for EventOrCancellation {
    fn name() -> std::borrow::Cow<'static, str> {
        "EventOrCancellation".into()
    }
}

/// The form of an aggregator, which `xabar_ussd::form` reads.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it is only described")]
pub(super) struct Posting {
    /// The same for all steps of a dialogue.
    session_id: String,
    /// The code that was dialled.
    #[schema(example = "*555#")]
    service_code: String,
    phone_number: String,
    /// All inputs so far, joined by `*`; empty at first. It may be missing in a report of the end alone.
    text: Option<String>,
    /// Reports that the dialogue is over.
    status: Option<String>,
}
