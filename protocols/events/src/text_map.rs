//! A few named texts, in the order in which they came.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// A small map that keeps its order: the `params` of an event, or its extension attributes.
///
/// Numbers and booleans are kept as the text they were written in. What an event may bring is
/// bounded where it is read; a map that the program collects itself is not. [`Debug`] tells how
/// many there are and nothing else, since they end up in citizens' messages.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TextMap(Vec<(Box<str>, Box<str>)>);

impl TextMap {
    /// The text of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(other, _)| *other == name)
            .map(|(_, text)| text)
    }

    /// Names and texts, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (&**name, &**text))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<Box<str>> {
        let at = self.0.iter().position(|(other, _)| **other == *name)?;
        Some(self.0.remove(at).1)
    }

    pub(crate) fn push(&mut self, name: &str, text: &str) {
        self.0.push((name.into(), text.into()));
    }

    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }
}

/// Names and texts, in order.
impl From<TextMap> for Vec<(Box<str>, Box<str>)> {
    fn from(map: TextMap) -> Self {
        map.0
    }
}

impl<N: Into<Box<str>>, T: Into<Box<str>>> FromIterator<(N, T)> for TextMap {
    fn from_iter<I: IntoIterator<Item = (N, T)>>(pairs: I) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, text)| (name.into(), text.into()))
                .collect(),
        )
    }
}

impl fmt::Debug for TextMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TextMap({} texts)", self.len())
    }
}

/// As an object of strings.
impl Serialize for TextMap {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.iter())
    }
}

/// Reads back what was serialised; events come in by another door, which has bounds.
impl<'de> Deserialize<'de> for TextMap {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = TextMap;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TextMap, A::Error> {
                let mut pairs = TextMap::default();
                while let Some((name, text)) = map.next_entry::<Cow<str>, Cow<str>>()? {
                    pairs.push(&name, &text);
                }
                Ok(pairs)
            }
        }

        from.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_its_order_through_json() {
        let map: TextMap = [("office", "Yunusobod \"DXM\""), ("deadline", "2026-12-01")]
            .into_iter()
            .collect();
        let json = serde_json::to_string(&map).unwrap();
        assert_eq!(
            json,
            r#"{"office":"Yunusobod \"DXM\"","deadline":"2026-12-01"}"#
        );
        assert_eq!(serde_json::from_str::<TextMap>(&json).unwrap(), map);
        assert_eq!(
            (map.get("deadline"), map.get("no")),
            (Some("2026-12-01"), None)
        );
        assert_eq!(format!("{map:?}"), "TextMap(2 texts)");
    }
}
