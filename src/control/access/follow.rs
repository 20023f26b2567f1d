//! Follows the file of tokens: one that is added or revoked counts some seconds later.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::Tokens;
use crate::clock::{instant, wall};
use crate::control::audit::{Audit, By, Came, ReadAgain};
use crate::control::settings::Problem;
use crate::watched_file::{Sight, Stamp, Watched};

/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// The tokens of a file, as they were at the start.
#[derive(Debug)]
pub struct TokensFile {
    path: PathBuf,
    watched: Watched,
    tokens: watch::Sender<Arc<Tokens>>,
}

/// What is told of the file.
#[derive(Debug)]
enum News {
    ReadAgain,
    Wrong(Vec<Problem>),
    /// It is not there; what it said holds on.
    Gone,
    Back,
}

impl News {
    /// What came of reading it, if it was read.
    fn came(&self) -> Option<Came<'_>> {
        match self {
            Self::ReadAgain => Some(Came::Taken),
            Self::Wrong(problems) => Some(Came::refused(problems)),
            Self::Gone | Self::Back => None,
        }
    }
}

impl TokensFile {
    /// # Errors
    /// What is wrong with the file, with its lines.
    pub fn read(path: PathBuf) -> Result<Self, Vec<Problem>> {
        let stamp = Stamp::of(&path);
        let tokens = Tokens::read(&path)?;
        if tokens.entries().is_empty() {
            warn!(path = %path.display(), "there is no token yet: nobody may use HTTP before `xabar token add` made one");
        }
        Ok(Self {
            path,
            watched: Watched::new(stamp),
            tokens: watch::Sender::new(Arc::new(tokens)),
        })
    }

    /// Follows its changes until stopped, and notes them.
    pub fn follow(mut self, stop: CancellationToken, audit: Audit) -> watch::Receiver<Arc<Tokens>> {
        let tokens = self.tokens.subscribe();
        tokio::spawn(async move {
            while stop.run_until_cancelled(sleep(LOOK)).await.is_some() {
                // A file of that size is read in no time.
                if let Some(news) = self.look(instant()) {
                    self.tell(&news);
                    if let Some(came) = news.came() {
                        audit.read_again(&ReadAgain {
                            at: wall().into(),
                            read: "tokens",
                            by: By::Change,
                            files: std::slice::from_ref(&self.path),
                            came,
                        });
                    }
                }
            }
        });
        tokens
    }

    fn look(&mut self, now: Instant) -> Option<News> {
        let stamp = Stamp::of(&self.path);
        match self.watched.look(stamp, now) {
            Sight::Nothing => None,
            // None was made yet, or what it said holds on.
            Sight::Gone => (!self.tokens.borrow().entries().is_empty()).then_some(News::Gone),
            Sight::Back => Some(News::Back),
            Sight::Changed => {
                self.watched.was_read(stamp);
                Some(match Tokens::read(&self.path) {
                    Ok(tokens) => {
                        self.tokens.send_replace(Arc::new(tokens));
                        News::ReadAgain
                    }
                    Err(problems) => News::Wrong(problems),
                })
            }
        }
    }

    fn tell(&self, news: &News) {
        let (path, tokens) = (self.path.display(), self.tokens.borrow().entries().len());
        match news {
            News::ReadAgain => info!(%path, tokens, "tokens read again"),
            News::Wrong(problems) => {
                let first = problems.first().map(ToString::to_string);
                warn!(
                    first,
                    tokens, "the file of tokens is wrong: nothing changed"
                );
            }
            News::Gone => warn!(%path, tokens, "the file of tokens is gone: what it said holds on"),
            News::Back => info!(%path, tokens, "the file of tokens is back, as it was"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Change, Entry, Grant, Role, Token, change};
    use super::*;
    use crate::scratch::Folder;

    #[test]
    fn what_is_added_or_revoked_counts_and_a_broken_file_changes_nothing() {
        let folder = Folder::new();
        let path = folder.path("tokens.toml");
        let mut file = TokensFile::read(path.clone()).unwrap();
        let mut now = instant();
        let mut news = |file: &mut TokensFile| {
            let told: Vec<News> = (0..5)
                .filter_map(|_| {
                    now += Duration::from_secs(1);
                    file.look(now)
                })
                .collect();
            told
        };
        let named = |file: &TokensFile| file.tokens.borrow().entries().len();
        assert!(news(&mut file).is_empty(), "none was made yet");
        let entry = Entry::new(
            "anna",
            Grant::Role(Role::Admin),
            &Token::new().unwrap(),
            "2026",
        );
        change(&path, Change::Add(entry), |_| Ok(())).unwrap();
        assert!(matches!(news(&mut file)[..], [News::ReadAgain]));
        assert_eq!(named(&file), 1);
        let good = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, good.clone() + "nonsense").unwrap();
        assert!(matches!(news(&mut file)[..], [News::Wrong(_)]));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(news(&mut file)[..], [News::Gone]));
        assert_eq!(named(&file), 1);
        std::fs::write(&path, &good).unwrap();
        news(&mut file);
        change(&path, Change::Revoke("anna".to_owned()), |_| Ok(())).unwrap();
        assert!(matches!(news(&mut file)[..], [News::ReadAgain]));
        assert_eq!(named(&file), 0);
    }
}
