//! A file that people change while the gateway runs: when it is to be read again.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// A file that has changed is read once it has stood still for so long: whoever writes it is done by then.
const STILL: Duration = Duration::from_secs(2);

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    modified: Option<SystemTime>,
    len_octets: u64,
}

impl Stamp {
    /// Of several files as if they were one, and of those in folders among them; `None`: the first of them is not there.
    pub(crate) fn of_all(paths: &[PathBuf]) -> Option<Self> {
        let mut all = paths.first().and_then(|path| Self::of(path))?;
        let folders = paths.iter().filter_map(|path| std::fs::read_dir(path).ok());
        let within = folders.flatten().flatten().map(|entry| entry.path());
        let others: Vec<PathBuf> = paths.iter().skip(1).cloned().chain(within).collect();
        for stamp in others.iter().filter_map(|path| Self::of(path)) {
            all.modified = all.modified.max(stamp.modified);
            all.len_octets = all.len_octets.wrapping_add(stamp.len_octets);
        }
        Some(all)
    }

    /// Of a file as it stands now, if it can be looked at.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().as_ref().map(Self::from)
    }
}

impl From<&Metadata> for Stamp {
    fn from(metadata: &Metadata) -> Self {
        Self {
            modified: metadata.modified().ok(),
            len_octets: metadata.len(),
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

    #[test]
    fn a_file_is_read_again_once_it_has_changed_and_stands_still() {
        let stamp = |len_octets| {
            Some(Stamp {
                modified: None,
                len_octets,
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
}
