//! `[urgent]`: who may call messages urgent, and what these may do.

use xabar_events::{Agency, Slug};

use super::reading::{Cell, Table};
use super::values::{list, parsed, switch};

/// `[urgent]`
#[derive(Clone, Debug, Default)]
pub struct Urgent {
    /// `None`: everyone.
    pub allowed: Option<Vec<Entitled>>,
    /// Whether the limits of subscribers hold urgent messages, too.
    pub limited: bool,
}

/// An agency, or one of its services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entitled {
    pub agency: String,
    pub service: Option<String>,
}

pub(super) fn urgent(root: &mut Table<'_>) -> Urgent {
    root.or("urgent", Urgent::default(), |cell: &Cell<'_>| {
        cell.table(|table| {
            Some(Urgent {
                allowed: table.optional("allowed", list(entitled)),
                limited: table.or("limited", false, switch),
            })
        })
    })
}

pub(super) fn entitled(cell: &Cell<'_>) -> Option<Entitled> {
    let entitled = parsed(
        "write an agency, or one of its services, such as \"kadastr\" or \"kadastr/land-registration\"",
        |text| {
            let (agency, service) = match text.split_once('/') {
                Some((agency, service)) => (agency, Some(service)),
                None => (text, None),
            };
            Agency::from_name(agency).ok()?;
            if let Some(service) = service {
                service.parse::<Slug>().ok()?;
            }
            Some(Entitled {
                agency: agency.to_owned(),
                service: service.map(str::to_owned),
            })
        },
    )(cell);
    let service = entitled.as_ref().and_then(|it| it.service.as_deref());
    service.inspect(|service| cell.names_service(service));
    entitled
}
