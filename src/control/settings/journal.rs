//! `[journal]`: where the gateway remembers.

use super::reading::{Cell, Table};
use super::secret::secret;
use crate::journal::Location;

/// `[journal]`
#[derive(Clone, Debug)]
pub struct JournalSettings {
    pub url: Location,
}

impl Default for JournalSettings {
    fn default() -> Self {
        Self {
            url: Location::Sqlite("data/xabar.db".into()),
        }
    }
}

pub(super) fn journal(root: &mut Table<'_>) -> JournalSettings {
    root.or("journal", JournalSettings::default(), |cell: &Cell<'_>| {
        cell.table(read)
    })
}

fn read(table: &mut Table<'_>) -> Option<JournalSettings> {
    Some(JournalSettings {
        url: table.or("url", JournalSettings::default().url, url),
    })
}

/// Never shown: the URL of another database would hold a password.
fn url(cell: &Cell<'_>) -> Option<Location> {
    let url = secret(cell)?;
    let location = url.expose().parse::<Location>();
    location.map_or_else(
        |problem| cell.wrong(problem.to_string(), "write sqlite:PATH"),
        Some,
    )
}
