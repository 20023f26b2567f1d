//! The file of tokens: whose they are, and their hashes.

use std::fs::File;
use std::io;
use std::path::Path;

use xabar_events::Agency;

use super::role::{Grant, Role};
use super::token::Hash;
use super::{ANYBODY, Caller, LOOPBACK, Token};
use crate::control::private_file;
use crate::control::settings::reading::{Cell, Table, read_document};
use crate::control::settings::values::{Unique, list, matching, parsed, some_text};
use crate::control::settings::{Place, Problem, agency};

/// All tokens.
#[derive(Clone, Debug, Default)]
pub struct Tokens(Vec<Entry>);

/// What is kept of one token.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: String,
    pub grant: Grant,
    /// When it was made, for people.
    pub made: String,
    hash: Hash,
}

impl Entry {
    pub fn new(name: &str, grant: Grant, token: &Token, made: &str) -> Self {
        Self {
            name: name.to_owned(),
            grant,
            made: made.to_owned(),
            hash: Hash::of(token.text().as_bytes()),
        }
    }

    pub(super) fn caller(&self) -> Caller {
        Caller {
            name: self.name.as_str().into(),
            grant: self.grant.clone(),
        }
    }

    fn to_toml(&self) -> String {
        let Self { name, made, .. } = self;
        let (key, value) = match &self.grant {
            Grant::Role(role) => ("role", role.name()),
            Grant::Agency(agency) => ("agency", agency.name()),
        };
        let hash = self.hash.to_hex();
        format!(
            "\n[[token]]\nname = \"{name}\"\n{key} = \"{value}\"\nmade = \"{made}\"\nsha256 = \"{hash}\"\n"
        )
    }
}

impl From<Vec<Entry>> for Tokens {
    fn from(entries: Vec<Entry>) -> Self {
        Self(entries)
    }
}

const HEAD: &str = "# Who may do what over HTTP. Made by `xabar token`, and read again when it changes. Tokens themselves\n\
     # are not here, only their hashes.\n";

/// More than anybody needs; each request is compared with all of them.
const MOST: usize = 1000;

/// No file of tokens is that long.
const MOST_OCTETS: u64 = 1 << 20;

impl Tokens {
    /// What a file says; one that is not there says that there are none.
    ///
    /// # Errors
    /// What is wrong with it, with its lines.
    pub fn read(path: &Path) -> Result<Self, Vec<Problem>> {
        let unreadable = |error: io::Error| {
            vec![Problem {
                place: Place::File(path.to_owned()),
                key: String::new(),
                what: format!("cannot be read: {error}"),
                right: "let the gateway read it; `xabar token` makes it".to_owned(),
            }]
        };
        let text = private_file::read(path, MOST_OCTETS).map_err(unreadable)?;
        read_document(&text.unwrap_or_default(), path, |root| root.table(tokens))
    }

    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// Whose token this is. All are looked at, so that how long it takes says nothing.
    pub(super) fn owner(&self, shown: &[u8]) -> Option<&Entry> {
        let hash = Hash::of(shown);
        let all = self.0.iter();
        all.fold(None, |found, entry| match entry.hash.is(&hash) {
            true => Some(entry),
            false => found,
        })
    }

    fn to_toml(&self) -> String {
        let entries = self.0.iter().map(Entry::to_toml);
        HEAD.to_owned() + &entries.collect::<String>()
    }
}

fn tokens(table: &mut Table<'_>) -> Option<Tokens> {
    let names = Unique::default();
    let entries = table.or("token", Vec::new(), |cell: &Cell<'_>| {
        let entries = list(|cell: &Cell<'_>| cell.table(|table| token(table, &names)))(cell)?;
        match entries.len() > MOST {
            true => cell.wrong(
                format!("has {} tokens", entries.len()),
                format!("keep at most {MOST}"),
            ),
            false => Some(entries),
        }
    });
    Some(Tokens(entries))
}

fn token(table: &mut Table<'_>, names: &Unique) -> Option<Entry> {
    let name = table.required("name", "name its owner", |cell| {
        names.check(cell, token_name(cell)?)
    });
    let role = table.optional("role", |cell: &Cell<'_>| {
        parsed("choose from viewer, support, operator and admin", |text| {
            text.parse::<Role>().ok()
        })(cell)
    });
    let agency = table.optional("agency", |cell: &Cell<'_>| {
        Agency::from_name(&agency::name(cell)?).ok()
    });
    let made = table.or("made", String::new(), some_text);
    let right = "make the token by `xabar token add`, which writes its hash";
    let hash = table.required("sha256", right, |cell: &Cell<'_>| {
        // Not shown: somebody may have put the token itself there.
        let read = some_text(cell).and_then(|text| Hash::from_hex(&text));
        read.or_else(|| cell.wrong("is no hash of a token", right))
    });
    let grant = match (table.has("role"), table.has("agency")) {
        (true, false) => role.map(Grant::Role),
        (false, true) => agency.map(Grant::Agency),
        _ => table.wrong(
            "needs either `role` or `agency`",
            "say what the token is for",
        ),
    };
    Some(Entry {
        name: name?,
        grant: grant?,
        made,
        hash: hash?,
    })
}

fn token_name(cell: &Cell<'_>) -> Option<String> {
    matching(NAME, is_name)(cell)
}

const NAME: &str = "write 1 to 64 of the characters a-z, A-Z, 0-9, `.`, `_` and `-`, and neither loopback nor anybody";

fn is_name(name: &str) -> bool {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"._-".contains(&octet);
    (1..=64).contains(&name.len())
        && name.bytes().all(plain)
        && ![LOOPBACK, ANYBODY].contains(&name)
}

/// Why the tokens stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum NotChanged {
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Broken(Vec<Problem>),
    #[error("the name of a token should have {}", NAME.trim_start_matches("write "))]
    Name,
    #[error("there is a token named {0} already; revoke it first, or choose another name")]
    Taken(String),
    #[error("there is no token named {0}")]
    Missing(String),
    #[error("there are {MOST} tokens already")]
    TooMany,
    #[error("it cannot be written")]
    Io(#[from] io::Error),
}

/// What is to become of the tokens.
#[derive(Debug)]
pub enum Change {
    Add(Entry),
    Revoke(String),
}

/// Changes the file as one step, one program at a time; `before` it is asked whether that may be. What was revoked.
///
/// # Errors
/// If nothing changed.
pub fn change(
    path: &Path,
    change: Change,
    before: impl FnOnce(&Tokens) -> io::Result<()>,
) -> Result<Option<Entry>, NotChanged> {
    let folder = private_file::folder(path)?;
    // Held until the file is replaced.
    let lock = File::open(&folder)?;
    lock.lock()?;
    let mut tokens = Tokens::read(path).map_err(NotChanged::Broken)?;
    let position = |name: &str| tokens.0.iter().position(|entry| entry.name == name);
    let mut changed = tokens.0.clone();
    let revoked = match change {
        Change::Add(entry) if !is_name(&entry.name) => return Err(NotChanged::Name),
        Change::Add(entry) if position(&entry.name).is_some() => {
            return Err(NotChanged::Taken(entry.name));
        }
        Change::Add(_) if tokens.0.len() >= MOST => return Err(NotChanged::TooMany),
        Change::Add(entry) => {
            changed.push(entry);
            None
        }
        Change::Revoke(name) => match position(&name) {
            Some(at) => Some(changed.remove(at)),
            None => return Err(NotChanged::Missing(name)),
        },
    };
    before(&tokens)?;
    tokens.0 = changed;
    private_file::replace(path, tokens.to_toml().as_bytes())?;
    drop(lock);
    Ok(revoked)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::scratch::Folder;

    fn entry(name: &str, grant: Grant) -> Entry {
        Entry::new(name, grant, &Token::new().unwrap(), "2026-11-29")
    }

    #[test]
    fn what_is_added_is_read_again_by_its_owner_alone_and_revoked_for_good() {
        let folder = Folder::new();
        let path = folder.path("data/tokens.toml");
        let kadastr = Grant::Agency(Agency::from_name("kadastr").unwrap());
        let token = Token::new().unwrap();
        let anna = Entry::new("anna", Grant::Role(Role::Admin), &token, "2026-11-29");
        for entry in [anna, entry("kadastr-1", kadastr.clone())] {
            change(&path, Change::Add(entry), |_| Ok(())).unwrap();
        }
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let tokens = Tokens::read(&path).unwrap();
        let owner = tokens.owner(token.text().as_bytes()).unwrap();
        assert_eq!(
            (&*owner.name, &owner.grant),
            ("anna", &Grant::Role(Role::Admin))
        );
        assert_eq!(tokens.entries()[1].grant, kadastr);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains(token.text().trim_start_matches("xbr_")));

        let revoked = change(&path, Change::Revoke("anna".to_owned()), |_| Ok(()));
        assert_eq!(revoked.unwrap().unwrap().name, "anna");
        let tokens = Tokens::read(&path).unwrap();
        assert!(tokens.owner(token.text().as_bytes()).is_none());
        assert_eq!(tokens.entries().len(), 1);
    }

    #[test]
    fn what_cannot_be_changed_stays_as_it_was() {
        let folder = Folder::new();
        let path = folder.path("tokens.toml");
        let add = |name: &str| {
            change(
                &path,
                Change::Add(entry(name, Grant::Role(Role::Viewer))),
                |_| Ok(()),
            )
        };
        add("anna").unwrap();
        let before = std::fs::read_to_string(&path).unwrap();
        let long = "a".repeat(65);
        for name in ["anna", "", "loopback", "an na", "a\"b", &long] {
            assert!(add(name).is_err(), "{name}");
        }
        let unknown = change(&path, Change::Revoke("bob".to_owned()), |_| Ok(()));
        assert!(matches!(unknown, Err(NotChanged::Missing(_))));
        let entry = entry("bob", Grant::Role(Role::Viewer));
        let unasked = change(&path, Change::Add(entry), |_| Err(io::Error::other("no")));
        assert!(matches!(unasked, Err(NotChanged::Io(_))));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
    }

    #[test]
    fn what_is_wrong_in_the_file_is_told_with_its_line() {
        let hash = format!("sha256 = \"{}\"\n", "0".repeat(64));
        let token = |lines: &str| format!("[[token]]\n{lines}\n{hash}");
        for (text, expected) in [
            (
                token("name = \"a\"\nrole = \"boss\""),
                "3:8: `token[0].role` is \"boss\"; choose from viewer",
            ),
            (
                token("name = \"a\""),
                "1:1: `token[0]` needs either `role` or `agency`",
            ),
            (
                token("name = \"a\"\nrole = \"admin\"\nagency = \"kadastr\""),
                "1:1: `token[0]` needs either",
            ),
            (
                token("name = \"a b\"\nrole = \"admin\""),
                "2:8: `token[0].name` is \"a b\"",
            ),
            (
                "[[token]]\nname = \"a\"\nrole = \"admin\"".to_owned(),
                "1:1: `token[0].sha256` is missing",
            ),
            ("nonsense".to_owned(), "is not TOML here"),
        ] {
            let folder = Folder::with([("tokens.toml", text.as_str())]);
            let problems = Tokens::read(&folder.path("tokens.toml")).unwrap_err();
            let told = folder.within(&problems[0]);
            assert!(told.contains(expected), "{told}");
        }
    }
}
