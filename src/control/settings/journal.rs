//! `[journal]`: where the gateway remembers.

use std::path::PathBuf;

use super::reading::{Cell, Table};
use super::secret::{SecretUrl, secret};

/// `[journal]`
#[derive(Clone, Debug)]
pub struct JournalSettings {
    pub url: JournalUrl,
}

/// Which database, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalUrl {
    /// A file, relative to the working directory.
    Sqlite(PathBuf),
    Postgres(SecretUrl),
}

impl Default for JournalSettings {
    fn default() -> Self {
        Self {
            url: JournalUrl::Sqlite("data/xabar.db".into()),
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

/// Never shown: the URL of a PostgreSQL holds a password.
fn url(cell: &Cell<'_>) -> Option<JournalUrl> {
    let url = secret(cell)?;
    let text = url.expose();
    match text.split_once(':') {
        Some(("sqlite", path)) if !path.trim_start_matches('/').is_empty() => Some(
            JournalUrl::Sqlite(path.strip_prefix("//").unwrap_or(path).into()),
        ),
        Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
            Some(JournalUrl::Postgres(SecretUrl::new(text)))
        }
        _ => cell.wrong(
            "is not the URL of a journal",
            "write sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE",
        ),
    }
}
