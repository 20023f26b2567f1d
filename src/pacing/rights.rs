//! Who may call a message urgent, which passes limits and the night.

use std::collections::{BTreeMap, BTreeSet};

/// Who may publish urgent messages.
#[derive(Clone, Debug, Default)]
pub enum UrgentRight {
    #[default]
    Everyone,
    /// These agencies.
    Only(BTreeMap<Box<str>, Services>),
}

/// For which of its services an agency may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Services {
    All,
    These(BTreeSet<Box<str>>),
}

impl UrgentRight {
    /// Of agencies, each with a service or `None` for all of them.
    pub fn only<'a>(list: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> Self {
        let mut agencies: BTreeMap<Box<str>, Services> = BTreeMap::new();
        for (agency, service) in list {
            let services = agencies
                .entry(agency.into())
                .or_insert_with(|| Services::These(BTreeSet::new()));
            match (service, services) {
                (Some(_), Services::All) => {}
                (Some(service), Services::These(these)) => {
                    these.insert(service.into());
                }
                (None, services) => *services = Services::All,
            }
        }
        Self::Only(agencies)
    }

    /// Whether an agency may for this service.
    pub fn allows(&self, agency: &str, service: &str) -> bool {
        match self {
            Self::Everyone => true,
            Self::Only(agencies) => match agencies.get(agency) {
                None => false,
                Some(Services::All) => true,
                Some(Services::These(services)) => services.contains(service),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_is_an_agencys_or_one_of_its_services() {
        let list = [
            ("adliya", None),
            ("kadastr", Some("fines")),
            ("soliq", Some("debts")),
            ("soliq", None),
            ("soliq", Some("refunds")),
        ];
        let right = UrgentRight::only(list);
        assert!(right.allows("adliya", "anything"));
        assert!(right.allows("kadastr", "fines") && !right.allows("kadastr", "land"));
        assert!(right.allows("soliq", "anything"));
        assert!(!right.allows("ichki-ishlar", "fines"));
        assert!(!UrgentRight::only([]).allows("adliya", "anything"));
        assert!(UrgentRight::default().allows("adliya", "anything"));
    }
}
