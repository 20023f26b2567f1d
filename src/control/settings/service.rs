//! The services that a configuration names.

use std::collections::BTreeSet;

use xabar_events::Slug;

use super::problem::{Place, Problem};
use super::reading::Cell;
use super::values::matching;

/// A service by its name in events, and where it is named.
#[derive(Clone, Debug)]
pub struct NamedService {
    pub service: String,
    pub key: String,
    pub place: Place,
}

impl NamedService {
    /// A warning, unless it is one of these. No configuration knows them all, so it may be right.
    pub fn unless_known(&self, known: &BTreeSet<&str>) -> Option<Problem> {
        let service = self.service.as_str();
        (!known.contains(service)).then(|| Problem {
            place: self.place.clone(),
            key: self.key.clone(),
            what: format!("names the service \"{service}\", which no file of texts knows"),
            right:
                "write it as in `data.service` of its events, or give it a name in [services] there"
                    .to_owned(),
        })
    }
}

/// The name of a service.
pub(super) fn service(cell: &Cell<'_>) -> Option<String> {
    let right = "write the service as in `data.service` of its events";
    let service = matching(right, |name| name.parse::<Slug>().is_ok())(cell)?;
    cell.names_service(&service);
    Some(service)
}
