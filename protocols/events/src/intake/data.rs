//! The `data` of an event, unchecked.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::Rejection;

use super::malformed;
use super::slot::{Scalar, Slot, Text};

/// `data` of a status change.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct StatusData<'a> {
    #[serde(borrow)]
    pub(super) service: Slot<'a>,
    #[serde(borrow)]
    pub(super) status: Slot<'a>,
    #[serde(borrow)]
    pub(super) msisdn: Slot<'a>,
    #[serde(borrow)]
    pub(super) language: Slot<'a>,
    #[serde(borrow)]
    pub(super) priority: Slot<'a>,
    #[serde(borrow)]
    pub(super) params: Params<'a>,
    #[serde(borrow)]
    pub(super) not_before: Slot<'a>,
    #[serde(borrow)]
    pub(super) expires: Slot<'a>,
    #[serde(borrow)]
    pub(super) legal: Slot<'a>,
}

/// `data` of a cancellation.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct CancelData<'a> {
    #[serde(borrow)]
    pub(super) event: Slot<'a>,
}

/// Reads `data` as one of the above.
pub(super) fn read<'a, T: Deserialize<'a>>(data: &'a str) -> Result<T, Rejection> {
    let json = |error| malformed("data", &error);
    // serde would fill a struct from an array as well.
    if !data.starts_with('{') {
        serde_json::from_str::<IgnoredAny>(data).map_err(json)?;
        return Err(Rejection::invalid("data", "a JSON object"));
    }
    serde_json::from_str(data).map_err(json)
}

/// `params`, unchecked.
#[derive(Default)]
pub(super) enum Params<'a> {
    #[default]
    Absent,
    /// Those that are no `null`; one more than allowed at the most.
    Texts(Vec<(Cow<'a, str>, Cow<'a, str>)>),
    /// Not an object, or one that holds arrays or objects.
    Other,
}

impl<'de: 'a, 'a> Deserialize<'de> for Params<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ParamsVisitor)
    }
}

struct ParamsVisitor;

impl<'de> Visitor<'de> for ParamsVisitor {
    type Value = Params<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut texts = Vec::new();
        let mut nested = false;
        while let Some((Text(name), raw)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
            match Scalar::read(raw).map_err(A::Error::custom)? {
                Scalar::Text(text) if texts.len() <= super::check::MAX_PARAMS => {
                    texts.push((name, text))
                }
                Scalar::Nested => nested = true,
                _ => {}
            }
        }
        Ok(if nested {
            Params::Other
        } else {
            Params::Texts(texts)
        })
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Params::Absent)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Params::Other)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Params::Other)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Params::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Params::Other)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Params::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Params::Other)
    }
}
