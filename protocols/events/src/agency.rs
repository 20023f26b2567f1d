//! Who publishes.

use std::fmt;

use crate::field::{Expected, Field};

/// An agency, named by the `source` of its events: `/agencies/` and 1 to 64 of `a-z`, `0-9`, `-`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Agency {
    source: Box<str>,
}

impl Agency {
    pub(crate) const PREFIX: &'static str = "/agencies/";
    const MAX_NAME: usize = 64;

    /// The name that no agency has: under it the gateway keeps its own answers to citizens.
    pub const GATEWAY: &'static str = "xabar";

    /// The agency, or the gateway, of this `source`.
    pub fn from_source(source: &str) -> Result<Self, Expected> {
        Self::of(source).ok_or(Expected(Self::EXPECTED))
    }

    /// The agency of this name, as it stands in configuration and routing keys.
    pub fn from_name(name: &str) -> Result<Self, Expected> {
        Self::read(&format!("{}{name}", Self::PREFIX)).ok_or(Expected(
            "1 to 64 of the characters a-z, 0-9 and -, and not xabar, the gateway's own name",
        ))
    }

    /// The gateway itself, where an agency would stand.
    pub fn gateway() -> Self {
        Self {
            source: format!("{}{}", Self::PREFIX, Self::GATEWAY).into(),
        }
    }

    /// Whether it is the gateway itself.
    pub fn is_gateway(&self) -> bool {
        self.name() == Self::GATEWAY
    }

    fn of(source: &str) -> Option<Self> {
        let name = source.strip_prefix(Self::PREFIX)?;
        let plain =
            |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-';
        let fits = (1..=Self::MAX_NAME).contains(&name.len());
        (fits && name.bytes().all(plain)).then(|| Self {
            source: source.into(),
        })
    }

    /// The name: `kadastr`.
    pub fn name(&self) -> &str {
        self.source.strip_prefix(Self::PREFIX).unwrap_or_default()
    }

    /// The `source` of its events: `/agencies/kadastr`.
    pub fn source(&self) -> &str {
        &self.source
    }
}

/// Of an event, which the gateway does not publish.
impl Field for Agency {
    const EXPECTED: &'static str = "/agencies/ and the agency's name: 1 to 64 of the characters a-z, 0-9 and -, and not xabar, the gateway's own name";

    fn read(source: &str) -> Option<Self> {
        Self::of(source).filter(|agency| !agency.is_gateway())
    }
}

impl fmt::Display for Agency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for Agency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Agency({})", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_a_name_and_a_source() {
        let agency = Agency::from_source("/agencies/kadastr").unwrap();
        assert_eq!(
            (agency.name(), agency.source()),
            ("kadastr", "/agencies/kadastr")
        );
        assert_eq!(Agency::from_name("kadastr"), Ok(agency));
    }

    #[test]
    fn other_sources_are_nobody() {
        let long = format!("/agencies/{}", "a".repeat(65));
        for source in [
            "",
            "kadastr",
            "/agencies/",
            "/agencies/Kadastr",
            "/agencies/a/b",
            "/agencies/a b",
            &long,
        ] {
            assert!(Agency::from_source(source).is_err(), "{source}");
        }
        assert!(Agency::from_name("/agencies/kadastr").is_err());
    }

    #[test]
    fn no_agency_has_the_gateways_name() {
        let gateway = Agency::gateway();
        assert_eq!(Agency::from_source(gateway.source()), Ok(gateway.clone()));
        assert!(Agency::read(gateway.source()).is_none());
        assert!(Agency::from_name(gateway.name()).is_err());
        assert!(gateway.is_gateway() && Agency::from_name("xabar-2").is_ok());
    }
}
