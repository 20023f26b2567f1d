//! What the names of events look like in the API's description: their own crate describes them for AsyncAPI alone.

use utoipa::openapi::schema::{Schema, SchemaType, Type};
use utoipa::openapi::{KnownFormat, ObjectBuilder, SchemaFormat};
use xabar_events::{Reason, State};

/// A state of a message.
pub(super) fn state() -> Schema {
    one_of(State::ALL.iter().map(|state| state.as_str()))
}

/// Why a message came to its state, where that says it.
pub(super) fn reason() -> Schema {
    let names = Reason::ALL.iter().map(|reason| Some(reason.as_str()));
    let text_or_null = SchemaType::from_iter([Type::String, Type::Null]);
    let schema = ObjectBuilder::new().schema_type(text_or_null);
    schema.enum_values(Some(names.chain([None]))).build().into()
}

/// A moment, as RFC 3339 writes it.
pub(super) fn moment() -> Schema {
    let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
    let text = ObjectBuilder::new().schema_type(Type::String);
    text.format(Some(format)).build().into()
}

fn one_of<'a>(names: impl Iterator<Item = &'a str>) -> Schema {
    let text = ObjectBuilder::new().schema_type(Type::String);
    text.enum_values(Some(names)).build().into()
}
