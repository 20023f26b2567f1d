//! Follows a file of numbers: reads it again when it has changed and stands still.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::file::{List, read};
use super::packed::Numbers;
use crate::clock::instant;
use crate::control::settings::Problem;

/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// A file that has changed is read once it has stood still for so long: whoever writes it is done by then.
const STILL: Duration = Duration::from_secs(2);

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    len_octets: u64,
}

impl Stamp {
    /// Of a file as it stands now, if it can be looked at.
    fn of(path: &Path) -> Option<Self> {
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

/// Decides when a file is to be read again.
#[derive(Debug)]
struct Watched {
    read: Option<Stamp>,
    /// What was seen last, and since when it has stood like that.
    seen: Option<(Stamp, Instant)>,
}

impl Watched {
    /// Whether the file, seen like this, is to be read now. While it is not there nothing changes.
    fn is_news(&mut self, stamp: Option<Stamp>, now: Instant) -> bool {
        let Some(stamp) = stamp.filter(|stamp| self.read != Some(*stamp)) else {
            self.seen = None;
            return false;
        };
        match self.seen {
            Some((seen, since)) if seen == stamp => now.duration_since(since) >= STILL,
            _ => {
                self.seen = Some((stamp, now));
                false
            }
        }
    }

    /// It was read when it stood like this.
    fn was_read(&mut self, stamp: Option<Stamp>) {
        self.read = stamp;
        self.seen = None;
    }
}

/// A file of numbers, or that there is none, as it was read at the start.
#[derive(Debug)]
pub struct NumbersFile {
    list: List,
    path: Option<PathBuf>,
    stamp: Option<Stamp>,
    numbers: Arc<Numbers>,
}

impl NumbersFile {
    /// Reads the file, if there is to be one.
    ///
    /// # Errors
    /// What is wrong with it, with its lines.
    pub fn read(list: List, path: Option<PathBuf>) -> Result<Self, Vec<Problem>> {
        let stamp = path.as_deref().and_then(Stamp::of);
        let numbers = match &path {
            Some(path) => read(path, &list)?.into(),
            None => Arc::default(),
        };
        Ok(Self {
            list,
            path,
            stamp,
            numbers,
        })
    }

    /// What it says.
    pub fn numbers(&self) -> Arc<Numbers> {
        Arc::clone(&self.numbers)
    }

    /// Follows its changes until stopped. Without a file there will be none.
    pub fn follow(self, stop: CancellationToken) -> watch::Receiver<Arc<Numbers>> {
        let (changed, changes) = watch::channel(self.numbers);
        if let Some(path) = self.path {
            tokio::spawn(follow(path, self.list, self.stamp, changed, stop));
        }
        changes
    }
}

/// Follows the file, which was read when it stood as `stamp` says, until stopped. One that is wrong changes nothing.
async fn follow(
    path: PathBuf,
    list: List,
    stamp: Option<Stamp>,
    changed: watch::Sender<Arc<Numbers>>,
    stop: CancellationToken,
) {
    let mut watched = Watched {
        read: stamp,
        seen: None,
    };
    while stop.run_until_cancelled(sleep(LOOK)).await.is_some() {
        let stamp = tokio::fs::metadata(&path).await;
        let stamp = stamp.ok().as_ref().map(Stamp::from);
        if !watched.is_news(stamp, instant()) {
            continue;
        }
        let (file, what) = (path.clone(), list.clone());
        let read = tokio::task::spawn_blocking(move || (read(&file, &what), Stamp::of(&file)));
        let Ok((read, after)) = read.await else {
            continue;
        };
        // What was written meanwhile may be half of it.
        if after == stamp {
            watched.was_read(stamp);
            let read = read.map(Arc::new);
            if let Ok(numbers) = &read {
                changed.send_replace(Arc::clone(numbers));
            }
            tell(&path, list.name, &read);
        }
    }
}

fn tell(path: &Path, list: &str, read: &Result<Arc<Numbers>, Vec<Problem>>) {
    match read {
        Ok(read) => {
            let (numbers, octets) = (read.len(), read.len_octets());
            info!(list, path = %path.display(), numbers, octets, "list of numbers read again");
        }
        Err(problems) => {
            let first = problems.first().map(ToString::to_string);
            let count = problems.len();
            warn!(
                list,
                first, count, "a list of numbers is wrong: nothing changed"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_again_once_it_has_changed_and_stands_still() {
        let stamp = |len_octets| {
            Some(Stamp {
                modified: None,
                len_octets,
            })
        };
        #[expect(clippy::disallowed_methods, reason = "only where the time line starts")]
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut watched = Watched {
            read: stamp(10),
            seen: None,
        };
        assert!(!watched.is_news(stamp(10), at(0)));
        assert!(!watched.is_news(stamp(10), at(5)), "nothing changed");
        assert!(!watched.is_news(stamp(20), at(6)));
        assert!(!watched.is_news(stamp(20), at(7)));
        assert!(!watched.is_news(stamp(30), at(8)), "it is being written");
        assert!(!watched.is_news(stamp(30), at(9)));
        assert!(!watched.is_news(None, at(10)), "it is being replaced");
        assert!(!watched.is_news(stamp(30), at(11)));
        assert!(watched.is_news(stamp(30), at(13)));
        watched.was_read(stamp(30));
        assert!(!watched.is_news(stamp(30), at(20)));
    }
}
