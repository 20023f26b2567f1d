//! `[bulk]`: when bulk messages go, and how fast.

use super::agency;
use super::hours::{Hours, hours};
use super::reading::{Cell, Table};
use super::service::service;
use super::subscriber::QuietHours;
use super::values::{Unique, list, whole};

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

pub(super) fn bulk(root: &mut Table<'_>, quiet: Option<&QuietHours>) -> Bulk {
    root.or("bulk", Bulk::default(), |cell: &Cell<'_>| {
        cell.table(|table| read(table, quiet))
    })
}

fn read(table: &mut Table<'_>, quiet: Option<&QuietHours>) -> Option<Bulk> {
    let whose = Unique::default();
    Some(Bulk {
        window: table.optional("window", |cell| window(cell, quiet)),
        spread: table.or("spread", Vec::new(), |cell| {
            list(|cell| spread(cell, &whose))(cell)
        }),
    })
}

/// In quiet hours no bulk message goes: a window within them would never open.
fn window(cell: &Cell<'_>, quiet: Option<&QuietHours>) -> Option<Hours> {
    let window = cell.table(hours)?;
    if let Some(QuietHours { hours: quiet, .. }) = quiet
        && !window.reach_beyond(quiet)
    {
        let (from, to) = (quiet.from.strftime("%H:%M"), quiet.to.strftime("%H:%M"));
        return cell.wrong(
            "has no hour outside of `subscriber.quiet_hours`",
            format!("let it begin before {from} or end after {to}, or leave it out"),
        );
    }
    Some(window)
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
