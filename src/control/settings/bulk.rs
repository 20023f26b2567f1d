//! `[bulk]`: when bulk messages go, and how fast.

use xabar_events::Slug;

use super::agency;
use super::hours::{Hours, hours};
use super::reading::{Cell, Table};
use super::values::{Unique, list, matching, whole};

/// `[bulk]`
#[derive(Clone, Debug, Default)]
pub struct Bulk {
    /// When they go; `None`: at any hour.
    pub window: Option<Hours>,
    pub spread: Vec<Spread>,
}

/// `[[bulk.spread]]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spread {
    pub agency: String,
    /// `None`: all its services that have no row of their own.
    pub service: Option<String>,
    pub an_hour: u32,
}

pub(super) fn bulk(root: &mut Table<'_>) -> Bulk {
    root.or("bulk", Bulk::default(), |cell: &Cell<'_>| cell.table(read))
}

fn read(table: &mut Table<'_>) -> Option<Bulk> {
    let whose = Unique::default();
    Some(Bulk {
        window: table.optional("window", |cell: &Cell<'_>| cell.table(hours)),
        spread: table.or("spread", Vec::new(), |cell| {
            list(|cell| spread(cell, &whose))(cell)
        }),
    })
}

fn spread(cell: &Cell<'_>, whose: &Unique) -> Option<Spread> {
    let spread = cell.table(|table| {
        let agency = table.required("agency", "name the agency that sends them", agency::name);
        let service = table.optional("service", service);
        let an_hour = table.required(
            "an_hour",
            "say how many may go in an hour",
            whole(1..=100_000_000),
        );
        Some(Spread {
            agency: agency?,
            service,
            an_hour: an_hour?,
        })
    })?;
    let service = spread.service.as_deref().unwrap_or("every service");
    whose.check(cell, format!("{} {service}", spread.agency))?;
    Some(spread)
}

/// The name of a service.
pub(super) fn service(cell: &Cell<'_>) -> Option<String> {
    matching(
        "write the service as in `data.service` of its events",
        |name| name.parse::<Slug>().is_ok(),
    )(cell)
}
