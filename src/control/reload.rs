//! Reads the configuration again while the gateway runs: on SIGHUP, when staff asks, or when its files have changed.
//!
//! What is wrong changes nothing. What takes effect at the next start only is named.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::signal::unix::Signal;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};
use utoipa::ToSchema;

use super::audit::{Audit, By, Came, ReadAgain};
use super::log::LogLevel;
use super::settings::{Changes, Environment, Problem, Settings, Written};
use crate::clock::{instant, wall};
use crate::watched_file::{Sight, Stamp, Watched, each};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// What a reload changed, by key, and what is to be told of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reloaded {
    /// In effect now; texts and menus are read again in any case.
    pub changed: Vec<String>,
    /// In effect after the next start.
    pub at_restart: Vec<String>,
    /// What works now, but perhaps not as it was meant, a sentence each.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// Somebody who wants a reload, and hears what came of it.
pub struct Wish {
    pub who: String,
    pub reply: oneshot::Sender<Result<Reloaded, Vec<Problem>>>,
}

/// Goes by new settings, or says what is wrong with their texts.
pub trait Apply {
    /// Of the keys, these changed. Gives what works, but perhaps not as it was meant.
    fn apply(
        &self,
        settings: &Settings,
        changed: &[String],
    ) -> impl Future<Output = Result<Vec<String>, Vec<Problem>>> + Send;
}

/// Where the configuration comes from, and what of it holds.
pub struct Reloading {
    config: PathBuf,
    environment: Environment,
    start: Written,
    /// As it was read last.
    held: Settings,
    /// How its files stood then.
    files: Files,
    log: LogLevel,
    audit: Audit,
}

type Files = BTreeMap<PathBuf, Option<Stamp>>;

impl Reloading {
    /// Of what was read at the start.
    pub fn new(
        config: PathBuf,
        environment: Environment,
        settings: Settings,
        log: LogLevel,
    ) -> Self {
        Self {
            files: files(&config, &settings),
            audit: Audit::new(settings.audit.file.clone()),
            config,
            environment,
            start: settings.written.clone(),
            held: settings,
            log,
        }
    }

    /// Reloads whenever it is time to, as long as the program runs.
    pub async fn run(
        mut self,
        apply: impl Apply,
        mut hangups: Signal,
        mut wishes: mpsc::Receiver<Wish>,
    ) {
        let mut watched = Watched::new(self.stamp());
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let (by, wish) = tokio::select! {
                Some(()) = hangups.recv() => (By::Signal, None),
                Some(Wish { who, reply }) = wishes.recv() => (By::Order { who }, Some(reply)),
                _ = looks.tick() => match watched.look(self.stamp(), instant()) {
                    Sight::Changed => (By::Change, None),
                    Sight::Gone => {
                        warn!("the configuration is gone: what it said holds on");
                        continue;
                    }
                    Sight::Nothing | Sight::Back => continue,
                },
            };
            let stamp = self.stamp();
            let reloaded = self.reload(&apply, by).await;
            watched.was_read(stamp);
            if let Some(wish) = wish {
                // Whoever asked may have gone.
                drop(wish.send(reloaded));
            }
        }
    }

    /// How the configuration and the folders of texts and menus stand.
    fn stamp(&self) -> Option<Stamp> {
        Stamp::with_folders(&self.config, &folders(&self.held))
    }

    async fn reload(&mut self, apply: &impl Apply, by: By) -> Result<Reloaded, Vec<Problem>> {
        let (seen, within) = (files(&self.config, &self.held), folders(&self.held));
        let reloaded = self.try_reload(apply).await;
        self.note(by, seen, &reloaded);
        if folders(&self.held) != within {
            self.files = files(&self.config, &self.held);
        }
        match &reloaded {
            Ok(Reloaded {
                changed,
                at_restart,
                ..
            }) => {
                let changed = changed.join(", ");
                info!(changed, "the configuration is read again");
                if !at_restart.is_empty() {
                    let at_restart = at_restart.join(", ");
                    warn!(
                        at_restart,
                        "what changed here takes effect at the next start"
                    );
                }
            }
            Err(problems) => {
                let first = problems.first().map(ToString::to_string);
                let count = problems.len();
                warn!(first, count, "the configuration is wrong: nothing changed");
            }
        }
        reloaded
    }

    /// Notes in the audit log what came of it, with the files that are others than when they were read last.
    fn note(&mut self, by: By, seen: Files, reloaded: &Result<Reloaded, Vec<Problem>>) {
        let changed: Vec<PathBuf> = differing(&self.files, &seen).cloned().collect();
        self.files = seen;
        let came = match reloaded {
            Ok(Reloaded {
                changed,
                at_restart,
                ..
            }) => Came::Changed {
                changed,
                at_restart,
            },
            Err(problems) => Came::refused(problems),
        };
        self.audit.read_again(&ReadAgain {
            at: wall().into(),
            read: "configuration",
            by,
            files: &changed,
            came,
        });
    }

    async fn try_reload(&mut self, apply: &impl Apply) -> Result<Reloaded, Vec<Problem>> {
        let settings = Settings::load(&self.config, &self.environment)?;
        let Changes { live, at_restart } = settings.written.since(&self.held.written, &self.start);
        let doubts = apply.apply(&settings, &live).await?;
        warn_of(&settings.warnings, &doubts);
        let warnings = settings.warnings.iter().map(Problem::to_string);
        let warnings = warnings.chain(doubts).collect();
        if self.environment.get("XABAR_LOG").is_none() {
            // It was checked with all else, and the log is there as long as the program.
            drop(self.log.set(&settings.log.level));
        }
        self.held = settings;
        Ok(Reloaded {
            changed: live,
            at_restart,
            warnings,
        })
    }
}

/// The folders of texts and menus.
fn folders(settings: &Settings) -> Vec<PathBuf> {
    let folders = [&settings.messages, &settings.menus];
    folders.into_iter().flatten().cloned().collect()
}

/// How the configuration, and each file of texts and menus, stands.
fn files(config: &Path, settings: &Settings) -> Files {
    let mut files = each(&folders(settings));
    files.insert(config.to_owned(), Stamp::of(config));
    files
}

/// Those that came, went, or are others.
fn differing<'a>(before: &'a Files, now: &'a Files) -> impl Iterator<Item = &'a PathBuf> {
    let gone = before.keys().filter(|path| !now.contains_key(*path));
    let others = now
        .iter()
        .filter(|(path, stamp)| before.get(*path) != Some(*stamp));
    gone.chain(others.map(|(path, _)| path))
}

/// What `xabar check` warns of as well, for whoever reads the log only.
pub fn warn_of(settings: &[Problem], others: &[String]) {
    const DOUBTFUL: &str = "a setting works, but perhaps not as it was meant";
    for Problem {
        place,
        key,
        what,
        right,
    } in settings
    {
        warn!(%place, key, what, right, "{DOUBTFUL}");
    }
    for what in others {
        warn!(what, "{DOUBTFUL}");
    }
}
