//! Where a journal is kept, as the configuration says it.

use std::path::PathBuf;

use super::JournalError;

/// The place of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A SQLite database in this file.
    Sqlite(PathBuf),
}

impl std::str::FromStr for Location {
    type Err = JournalError;

    /// Reads `sqlite:PATH`; `sqlite://PATH` as other programs write it, and a bare path are taken too.
    fn from_str(url: &str) -> Result<Self, JournalError> {
        let path = match url.split_once(':') {
            Some(("sqlite", path)) => path.strip_prefix("//").unwrap_or(path),
            Some(("postgres" | "postgresql", _)) => return Err(JournalError::Url(POSTGRES)),
            Some((scheme, rest)) if rest.starts_with("//") && !scheme.is_empty() => {
                return Err(JournalError::Url("its scheme is not known"));
            }
            _ => url,
        };
        if path.is_empty() {
            return Err(JournalError::Url("it names no file"));
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
            ("data/xabar.db", "data/xabar.db"),
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
            ("mysql://xabar:geheim@db/xabar", "its scheme is not known"),
            ("sqlite:", "it names no file"),
            ("", "it names no file"),
        ] {
            let error = url.parse::<Location>().unwrap_err().to_string();
            assert!(error.contains(problem), "{url}: {error}");
            assert!(!error.contains("geheim"), "{error}");
        }
    }
}
