//! Follows a file of numbers: reads it again when it has changed and stands still.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::file::{List, Listing, read};
use super::packed::Numbers;
use crate::clock::{instant, wall};
use crate::control::audit::{Audit, By, Came, ReadAgain};
use crate::control::settings::Problem;
use crate::watched_file::{Sight, Stamp, Watched};

/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(1);

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
            Some(path) => read(path, &list)?.numbers.into(),
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

    /// Follows its changes until stopped, and notes them. Without a file there will be none.
    pub fn follow(self, stop: CancellationToken, audit: Audit) -> watch::Receiver<Arc<Numbers>> {
        let (changed, changes) = watch::channel(self.numbers);
        if let Some(path) = self.path {
            let watched = Watched::new(self.stamp);
            let list = self.list;
            let followed = Followed {
                path,
                list,
                watched,
                changed,
                emptied: false,
            };
            tokio::spawn(followed.run(stop, audit));
        }
        changes
    }
}

/// A file whose changes are followed.
struct Followed {
    path: PathBuf,
    list: List,
    watched: Watched,
    changed: watch::Sender<Arc<Numbers>>,
    /// It lost its numbers, and that is known.
    emptied: bool,
}

/// What is told of a file.
#[derive(Debug)]
enum News {
    ReadAgain(Arc<Numbers>),
    Wrong(Vec<Problem>),
    /// It had numbers, and has none; what it said holds on.
    Emptied,
    /// It is not there; what it said holds on.
    Gone,
    Back,
}

impl News {
    /// What came of reading it, if it was read.
    fn came(&self) -> Option<Came<'_>> {
        match self {
            Self::ReadAgain(_) => Some(Came::Taken),
            Self::Wrong(problems) => Some(Came::refused(problems)),
            Self::Emptied => Some(Came::Refused {
                failed: "it is empty".to_owned(),
            }),
            Self::Gone | Self::Back => None,
        }
    }
}

impl Followed {
    async fn run(mut self, stop: CancellationToken, audit: Audit) {
        while stop.run_until_cancelled(sleep(LOOK)).await.is_some() {
            if let Some(news) = self.look(instant()).await {
                self.tell(&news);
                if let Some(came) = news.came() {
                    audit.read_again(&ReadAgain {
                        at: wall().into(),
                        read: self.list.name,
                        by: By::Change,
                        files: std::slice::from_ref(&self.path),
                        came,
                    });
                }
            }
        }
    }

    /// Looks at the file, reads it if it is time, and keeps what it said last if it is of no use.
    async fn look(&mut self, now: Instant) -> Option<News> {
        let stamp = tokio::fs::metadata(&self.path).await;
        let stamp = stamp.ok().as_ref().map(Stamp::from);
        match self.watched.look(stamp, now) {
            Sight::Nothing => None,
            Sight::Gone => Some(News::Gone),
            Sight::Back => Some(News::Back),
            Sight::Changed => self.read(stamp).await,
        }
    }

    async fn read(&mut self, stamp: Option<Stamp>) -> Option<News> {
        let (path, list) = (self.path.clone(), self.list.clone());
        let read = aside(move || (read(&path, &list), Stamp::of(&path)));
        let (read, after) = read.await.ok()?;
        // What was written meanwhile may be half of it.
        if after != stamp {
            return None;
        }
        self.watched.was_read(stamp);
        match read {
            Ok(listing) => self.take(listing),
            Err(problems) => Some(News::Wrong(problems)),
        }
    }

    /// A list that lost all its numbers, and does not say so in a comment, was rather cut off than meant.
    fn take(&mut self, listing: Listing) -> Option<News> {
        let Listing { numbers, commented } = listing;
        if numbers.is_empty() && !commented && !self.changed.borrow().is_empty() {
            let known = std::mem::replace(&mut self.emptied, true);
            return (!known).then_some(News::Emptied);
        }
        self.emptied = false;
        let numbers = Arc::new(numbers);
        self.changed.send_replace(Arc::clone(&numbers));
        Some(News::ReadAgain(numbers))
    }

    fn tell(&self, news: &News) {
        let (list, path) = (self.list.name, self.path.display());
        match news {
            News::ReadAgain(read) => {
                let (numbers, octets) = (read.len(), read.len_octets());
                info!(list, %path, numbers, octets, "list of numbers read again");
            }
            News::Wrong(problems) => {
                let first = problems.first().map(ToString::to_string);
                let count = problems.len();
                warn!(
                    list,
                    first, count, "a list of numbers is wrong: nothing changed"
                );
            }
            News::Emptied => {
                let numbers = self.changed.borrow().len();
                warn!(list, %path, numbers, "a list of numbers is empty: what it said before holds on");
            }
            News::Gone => {
                let numbers = self.changed.borrow().len();
                warn!(list, %path, numbers, "the file of a list of numbers is gone: what it said holds on");
            }
            News::Back => info!(list, %path, "the file of a list of numbers is back, as it was"),
        }
    }
}

/// Does something on a thread for which nobody waits at the end: a disk may never answer.
fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> oneshot::Receiver<T> {
    let (done, result) = oneshot::channel();
    // At the end nobody hears of it any more.
    std::thread::spawn(move || drop(done.send(work())));
    result
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::file::Column;
    use super::*;
    use crate::scratch::Folder;

    /// A list on disk, followed in virtual time.
    struct List {
        folder: Folder,
        followed: Followed,
        now: Instant,
    }

    impl List {
        fn new(text: &str) -> Self {
            let folder = Folder::with([("ported.csv", text)]);
            let list = super::List {
                name: "ported",
                key: "routing.ported",
                column: Some(Column {
                    header: "operator",
                    names: vec!["ucell".to_owned()],
                }),
            };
            let file = NumbersFile::read(list, Some(folder.path("ported.csv"))).unwrap();
            let followed = Followed {
                path: folder.path("ported.csv"),
                list: file.list,
                watched: Watched::new(file.stamp),
                changed: watch::Sender::new(file.numbers),
                emptied: false,
            };
            Self {
                folder,
                followed,
                now: instant(),
            }
        }

        /// A new list, written beside the old one and renamed over it.
        fn replace(&self, text: &str) {
            fs::write(self.folder.path("new.csv"), text).unwrap();
            fs::rename(self.folder.path("new.csv"), self.folder.path("ported.csv")).unwrap();
        }

        /// What is told in ten seconds.
        async fn told(&mut self) -> Vec<News> {
            let mut told = Vec::new();
            for _ in 0..10 {
                self.now += LOOK;
                told.extend(self.followed.look(self.now).await);
            }
            told
        }

        fn has(&self, number: &str) -> bool {
            self.followed.changed.borrow().has(number.parse().unwrap())
        }
    }

    const ONE: &str = "998901234567,ucell\n";
    const TWO: &str = "998901234567,ucell\n998901234568,ucell\n";

    #[tokio::test]
    async fn a_file_that_goes_away_is_missed_once_and_its_list_holds_on() {
        let mut list = List::new(ONE);
        assert!(list.told().await.is_empty());
        let (path, away) = (list.folder.path("ported.csv"), list.folder.path("away.csv"));
        fs::rename(&path, &away).unwrap();
        assert!(matches!(list.told().await[..], [News::Gone]));
        assert!(list.told().await.is_empty() && list.has("998901234567"));
        fs::rename(&away, &path).unwrap();
        assert!(matches!(list.told().await[..], [News::Back]));
        fs::remove_file(&path).unwrap();
        assert!(matches!(list.told().await[..], [News::Gone]));
        list.replace(TWO);
        assert!(matches!(list.told().await[..], [News::ReadAgain(_)]));
        assert!(list.has("998901234568"));
    }

    #[tokio::test]
    async fn what_is_no_regular_file_is_wrong_and_the_next_list_is_read() {
        let mut list = List::new(ONE);
        let path = list.folder.path("ported.csv");
        fs::remove_file(&path).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        let told = list.told().await;
        assert!(matches!(told[..], [News::Wrong(_)]), "{told:?}");
        assert!(list.has("998901234567"));
        list.replace(TWO);
        assert!(matches!(list.told().await[..], [News::ReadAgain(_)]));
    }

    #[test]
    fn the_end_does_not_wait_for_a_disk_that_never_answers() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (_never, answer) = std::sync::mpsc::channel::<()>();
        let mut read = aside(move || answer.recv());
        runtime.block_on(tokio::task::yield_now());
        drop(runtime);
        assert!(read.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_list_that_is_cut_off_holds_on_and_one_that_is_emptied_on_purpose_does_not() {
        let mut list = List::new(TWO);
        for cut_off in ["", "msisdn,operator\n"] {
            list.replace(cut_off);
            let told = list.told().await;
            let first = cut_off.is_empty();
            assert_eq!(first, matches!(told[..], [News::Emptied]), "{told:?}");
            assert!(list.has("998901234568"));
        }
        list.replace(ONE);
        assert!(matches!(list.told().await[..], [News::ReadAgain(_)]));
        assert!(!list.has("998901234568"));
        list.replace("# nobody is left\n");
        assert!(matches!(list.told().await[..], [News::ReadAgain(_)]));
        assert!(!list.has("998901234567"));
        list.replace("what is this");
        assert!(matches!(list.told().await[..], [News::Wrong(_)]));
    }
}
