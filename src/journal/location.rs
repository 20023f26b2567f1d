//! Where a journal is kept, as the configuration says it.

use std::path::PathBuf;

/// Why a text names no journal. It does not repeat the text, which may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not the URL of a journal: {0}")]
pub struct NoLocation(&'static str);

/// The place of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A SQLite database in this file.
    Sqlite(PathBuf),
}

impl std::str::FromStr for Location {
    type Err = NoLocation;

    /// Reads `sqlite:PATH`, relative to the working directory; `sqlite://PATH` as other programs write it
    /// is taken too.
    fn from_str(url: &str) -> Result<Self, NoLocation> {
        let path = match url.split_once(':') {
            Some(("sqlite", path)) => path.strip_prefix("//").unwrap_or(path),
            Some(("postgres" | "postgresql", _)) => return Err(NoLocation(POSTGRES)),
            _ => return Err(NoLocation("it does not begin with sqlite:")),
        };
        if path.is_empty() {
            return Err(NoLocation("it names no file"));
        }
        Ok(Self::Sqlite(path.into()))
    }
}

const POSTGRES: &str = "this version does not keep a journal in PostgreSQL yet";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_urls_name_a_file() {
        for (url, path) in [
            ("sqlite:data/xabar.db", "data/xabar.db"),
            ("sqlite:/var/lib/xabar.db", "/var/lib/xabar.db"),
            ("sqlite:///var/lib/xabar.db", "/var/lib/xabar.db"),
        ] {
            assert_eq!(
                url.parse::<Location>().unwrap(),
                Location::Sqlite(path.into()),
                "{url}"
            );
        }
    }

    #[test]
    fn other_urls_are_refused_without_showing_their_password() {
        for (url, problem) in [
            ("postgres://xabar:geheim@db/xabar", POSTGRES),
            ("postgresql://xabar:geheim@db/xabar", POSTGRES),
            ("mysql://xabar:geheim@db/xabar", "sqlite:"),
            ("data/xabar.db", "sqlite:"),
            ("sqlite:", "it names no file"),
            ("", "sqlite:"),
        ] {
            let error = url.parse::<Location>().unwrap_err().to_string();
            assert!(error.contains(problem), "{url}: {error}");
            assert!(!error.contains("geheim"), "{error}");
        }
    }
}
