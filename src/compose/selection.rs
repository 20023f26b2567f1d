//! Which text is for an agency's service in a status: the most special one.

use std::collections::BTreeMap;

use super::template::Template;
use crate::control::settings::Place;

/// The templates of one language.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    pub(super) of_all: Messages,
    /// Those of agencies that have their own words.
    pub(super) of_agency: BTreeMap<String, Messages>,
}

/// Templates by status.
#[derive(Clone, Debug, Default)]
pub(super) struct Messages {
    pub(super) of_all: Templates,
    /// By service, for those of which more is to be said than of others.
    pub(super) of_service: BTreeMap<String, Templates>,
}

pub(super) type Templates = BTreeMap<String, Wording>;

/// A text, and what it may cost.
#[derive(Clone, Debug)]
pub(super) struct Wording {
    pub(super) template: Template,
    /// The most segments; `None`: as many as others in the language.
    pub(super) segments: Option<usize>,
    pub(super) place: Place,
}

/// Where a template stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub(super) agency: Option<&'a str>,
    pub(super) service: Option<&'a str>,
    pub(super) status: &'a str,
    pub(super) wording: &'a Wording,
}

impl Selection {
    /// The agency's text for this service, else anyone's for this service, else the agency's for
    /// all services, else the one for all.
    pub(super) fn find(&self, agency: &str, service: &str, status: &str) -> Option<&Wording> {
        let own = self.of_agency.get(agency);
        own.and_then(|own| own.of_service(service, status))
            .or_else(|| self.of_all.of_service(service, status))
            .or_else(|| own?.of_all.get(status))
            .or_else(|| self.of_all.of_all.get(status))
    }

    /// Every template, those for all agencies first, and of each those for all services first.
    pub(super) fn iter(&self) -> impl Iterator<Item = Entry<'_>> {
        let of_agency = self.of_agency.iter();
        let of_agency = of_agency.flat_map(|(agency, own)| own.iter(Some(agency)));
        self.of_all.iter(None).chain(of_agency)
    }
}

impl Messages {
    fn of_service(&self, service: &str, status: &str) -> Option<&Wording> {
        self.of_service.get(service)?.get(status)
    }

    fn iter<'a>(&'a self, agency: Option<&'a str>) -> impl Iterator<Item = Entry<'a>> {
        let of_all = std::iter::once((None, &self.of_all));
        let of_service = self.of_service.iter();
        let of_service = of_service.map(|(service, own)| (Some(service.as_str()), own));
        of_all.chain(of_service).flat_map(move |(service, own)| {
            own.iter().map(move |(status, wording)| Entry {
                agency,
                service,
                status,
                wording,
            })
        })
    }
}
