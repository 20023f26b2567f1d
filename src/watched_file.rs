//! A file that people change while the gateway runs: when it is to be read again.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::fs::Metadata;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// A file that has changed is read once it has stood still for so long: whoever writes it is done by then.
const STILL: Duration = Duration::from_secs(2);

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stamp {
    modified: Option<SystemTime>,
    len_octets: u64,
    /// A hash of how others stand that belong to it.
    others: u64,
}

impl Stamp {
    /// Of a file and the TOML files of some folders, as if they were one; `None`: the file is not there.
    pub(crate) fn with_folders(file: &Path, folders: &[PathBuf]) -> Option<Self> {
        let one = Self::of(file)?;
        let mut hasher = DefaultHasher::new();
        for (path, stamp) in each(folders) {
            (path, stamp).hash(&mut hasher);
        }
        Some(Self {
            others: hasher.finish(),
            ..one
        })
    }

    /// Of a file as it stands now, if it can be looked at.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().as_ref().map(Self::from)
    }
}

/// The TOML files of some folders, each as it stands.
pub(crate) fn each(folders: &[PathBuf]) -> BTreeMap<PathBuf, Option<Stamp>> {
    let folders = folders
        .iter()
        .filter_map(|path| std::fs::read_dir(path).ok());
    let within = folders.flatten().flatten().map(|entry| entry.path());
    let within = within.filter(|path| is_toml(path));
    within
        .map(|path| (path.clone(), Stamp::of(&path)))
        .collect()
}

/// Whether a file is one that is read, and not what an editor leaves beside it.
fn is_toml(path: &Path) -> bool {
    let name = path.file_name().map(std::ffi::OsStr::to_string_lossy);
    name.is_some_and(|name| name.ends_with(".toml") && !name.starts_with('.'))
}

impl From<&Metadata> for Stamp {
    fn from(metadata: &Metadata) -> Self {
        Self {
            modified: metadata.modified().ok(),
            len_octets: metadata.len(),
            others: 0,
        }
    }
}

/// Decides when a file is to be read again, and when it is missed.
#[derive(Debug)]
pub(crate) struct Watched {
    read: Option<Stamp>,
    /// What was seen last, if it is not what was read, and since when it has been so.
    seen: Option<(Option<Stamp>, Instant)>,
    /// It is not there, and that is known.
    gone: bool,
}

/// What the sight of a file comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    Nothing,
    /// It has changed and stands still: it is to be read.
    Changed,
    /// It has not been there for a while.
    Gone,
    /// It is there again, as it was.
    Back,
}

impl Watched {
    pub(crate) fn new(read: Option<Stamp>) -> Self {
        Self {
            read,
            seen: None,
            gone: false,
        }
    }

    /// The file is seen like this; `None`: it is not there.
    pub(crate) fn look(&mut self, stamp: Option<Stamp>, now: Instant) -> Sight {
        if stamp.is_some() && stamp == self.read {
            self.seen = None;
            return match std::mem::take(&mut self.gone) {
                true => Sight::Back,
                false => Sight::Nothing,
            };
        }
        match self.seen {
            Some((seen, since)) if seen == stamp => {
                if now.duration_since(since) < STILL {
                    return Sight::Nothing;
                }
            }
            _ => {
                self.seen = Some((stamp, now));
                return Sight::Nothing;
            }
        }
        match stamp {
            Some(_) => Sight::Changed,
            None if std::mem::replace(&mut self.gone, true) => Sight::Nothing,
            None => Sight::Gone,
        }
    }

    /// It was read when it stood like this.
    pub(crate) fn was_read(&mut self, stamp: Option<Stamp>) {
        *self = Self::new(stamp);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::instant;
    use crate::scratch::Folder;

    #[test]
    fn a_file_is_read_again_once_it_has_changed_and_stands_still() {
        let stamp = |len_octets| {
            Some(Stamp {
                modified: None,
                len_octets,
                others: 0,
            })
        };
        let (changed, nothing) = (Sight::Changed, Sight::Nothing);
        let start = instant();
        let mut watched = Watched::new(stamp(10));
        let mut look = |seconds, stamp| watched.look(stamp, start + Duration::from_secs(seconds));
        assert_eq!(look(0, stamp(10)), nothing);
        assert_eq!(look(5, stamp(10)), nothing);
        assert_eq!(look(6, stamp(20)), nothing);
        assert_eq!(look(7, stamp(20)), nothing);
        assert_eq!(look(8, stamp(30)), nothing, "it is being written");
        assert_eq!(look(9, stamp(30)), nothing);
        assert_eq!(look(10, None), nothing, "it is being replaced");
        assert_eq!(look(11, stamp(30)), nothing);
        assert_eq!(look(13, stamp(30)), changed);
        watched.was_read(stamp(30));
        let mut look = |seconds, stamp| watched.look(stamp, start + Duration::from_secs(seconds));
        assert_eq!(look(20, stamp(30)), nothing);
    }

    #[test]
    fn a_file_that_is_gone_is_missed_once_and_welcomed_once() {
        let stamp = Some(Stamp {
            modified: None,
            len_octets: 10,
            others: 0,
        });
        let start = instant();
        let mut watched = Watched::new(stamp);
        let sights = (0..10).map(|second| {
            let there = !(1..6).contains(&second);
            watched.look(stamp.filter(|_| there), start + Duration::from_secs(second))
        });
        let sights: Vec<_> = sights.enumerate().collect();
        let told = sights.iter().filter(|(_, sight)| *sight != Sight::Nothing);
        let told: Vec<_> = told.copied().collect();
        assert_eq!(told, [(3, Sight::Gone), (6, Sight::Back)]);
    }

    #[test]
    fn files_in_folders_count_whatever_becomes_of_them_and_what_editors_leave_does_not() {
        let folder = Folder::with([("xabar.toml", "a"), ("one.toml", "aa"), ("two.toml", "bbb")]);
        let stamp = || {
            let folders = [folder.path("")];
            Stamp::with_folders(&folder.path("xabar.toml"), &folders).unwrap()
        };
        let before = stamp();
        std::fs::write(folder.path(".one.toml"), "x").unwrap();
        std::fs::write(folder.path("one.toml~"), "x").unwrap();
        assert_eq!(stamp(), before);
        // The same octets in all, in files as old.
        for name in ["one.toml", "two.toml"] {
            std::fs::rename(folder.path(name), folder.path("was.toml")).unwrap();
            assert_ne!(stamp(), before, "{name}");
            std::fs::rename(folder.path("was.toml"), folder.path(name)).unwrap();
        }
        assert_eq!(stamp(), before);
    }
}
