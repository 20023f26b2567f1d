//! Orders that stand: what staff paused and set, and what of that holds beyond a restart.
//!
//! All of it ends with the gateway, except what was ordered to be kept: that stands in a file beside the journal, and
//! a start takes it up again as far as the configuration allows.

mod kept;
mod pace;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::OwnedMutexGuard;
use tracing::info;
use utoipa::ToSchema;

use self::kept::Kept;
pub use self::pace::{MOST_WEIGHTS, Pace, SetLimits};
use super::settings::{
    Bind, MOST_SESSIONS, MOST_TPS, MOST_WEIGHT, MOST_WINDOW, Operator, Settings,
};
use super::status::Paused;
use crate::delivery::{Setting, Tuning};
use crate::pipeline::{Pause, Scope};

/// What can be set of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Key {
    Tps,
    Window,
    /// Of each login.
    Sessions,
    /// Among those that share its numbers.
    Weight,
}

/// A value that is set, and the one that holds after a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Set {
    pub to: u32,
    /// `None`: the configured one.
    pub kept: Option<u32>,
}

/// What is set of one operator.
pub type Values = BTreeMap<Key, Set>;

/// Shared by who gives orders, who reads the configuration again, and who shows how the gateway does.
#[derive(Clone, Debug)]
pub struct Standing(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    file: PathBuf,
    /// Whose order has its turn, or whose configuration.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// What the file holds; locked for as long as it is written.
    written: Mutex<Kept>,
    book: Mutex<Book>,
}

/// Of an operator, by key.
type Numbers = BTreeMap<Key, u32>;

/// All that stands.
#[derive(Debug, Default)]
struct Book {
    paused: Vec<Paused>,
    set: BTreeMap<String, Values>,
    /// What is configured, by operator; of keys without a value there is none.
    configured: BTreeMap<String, Numbers>,
    /// What is the most that can be set, where that is less than any operator may have.
    most: BTreeMap<String, Numbers>,
    /// What is set of how messages are paced.
    pace: Pace,
    /// What is configured of that.
    pace_configured: pace::Configured,
}

impl Key {
    pub const ALL: [Self; 4] = [Self::Tps, Self::Window, Self::Sessions, Self::Weight];

    pub fn name(self) -> &'static str {
        match self {
            Self::Tps => "tps",
            Self::Window => "window",
            Self::Sessions => "sessions",
            Self::Weight => "weight",
        }
    }

    /// The smallest value.
    pub fn least(self) -> u32 {
        match self {
            Self::Tps | Self::Window | Self::Sessions => 1,
            Self::Weight => 0,
        }
    }

    /// The largest value.
    pub fn most(self) -> u32 {
        match self {
            Self::Weight => MOST_WEIGHT,
            Self::Tps => MOST_TPS,
            Self::Window => MOST_WINDOW.into(),
            Self::Sessions => MOST_SESSIONS.into(),
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }

    fn configured(self, operator: &Operator) -> Option<u32> {
        match self {
            Self::Tps => operator.tps,
            Self::Window => {
                let shared = operator.binds.iter().find(|bind| !bind.is_own_window);
                let shared = shared.map(|bind| bind.window.into());
                shared.or_else(|| Self::Window.most_of(operator))
            }
            Self::Sessions => Self::Sessions.most_of(operator),
            Self::Weight => Some(operator.weight),
        }
    }

    /// The largest value that makes a difference to an operator, if that is less than any may have: there are no more
    /// sessions than are configured, and a login that has a window of its own gets no larger one.
    fn most_of(self, operator: &Operator) -> Option<u32> {
        let binds = operator.binds.iter();
        match self {
            Self::Sessions => binds.map(|bind| bind.sessions.into()).max(),
            Self::Window => {
                let own = |bind: &Bind| bind.is_own_window.then(|| u32::from(bind.window));
                let windows: Option<Vec<u32>> = binds.map(own).collect();
                windows?.into_iter().max()
            }
            Self::Tps | Self::Weight => None,
        }
    }
}

impl Standing {
    /// What was kept beside this journal; what the configuration no longer allows is told and left out.
    ///
    /// # Errors
    /// If the file cannot be read. To begin without it would send what staff stopped.
    pub fn beside(journal: &Path, settings: &Settings) -> io::Result<Self> {
        let file = Self::file_beside(journal);
        let written = kept::read(&file)?;
        let configured = of_each(settings, Key::configured);
        let pace_configured = pace::Configured::of(settings);
        let book = Book {
            paused: written.pauses(&configured),
            set: written.values(&configured),
            configured,
            most: of_each(settings, Key::most_of),
            pace: written.pace(&pace_configured),
            pace_configured,
        };
        let standing = Self(Arc::new(Shared {
            file,
            turn: Arc::default(),
            written: Mutex::new(written),
            book: Mutex::new(book),
        }));
        // What was left out stays out, though the configuration should be the old one some day.
        standing.change(|_| ())?;
        Ok(standing)
    }

    /// The pauses to begin with.
    pub fn pauses(&self) -> Vec<Pause> {
        let paused = self.paused();
        let pauses = paused.iter().map(Pause::try_from);
        pauses.filter_map(Result::ok).collect()
    }

    /// Nothing, and a file that cannot be there.
    #[cfg(test)]
    pub fn nothing(file: &Path) -> Self {
        Self(Arc::new(Shared {
            file: file.to_owned(),
            turn: Arc::default(),
            written: Mutex::default(),
            book: Mutex::default(),
        }))
    }

    /// Where that is kept.
    pub fn file_beside(journal: &Path) -> PathBuf {
        journal.with_extension("kept.json")
    }

    pub fn file(&self) -> &Path {
        &self.0.file
    }

    /// Waits for the turn of an order or of another configuration: what one changes, no other does meanwhile.
    pub async fn turn(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.0.turn).lock_owned().await
    }

    /// What is paused.
    pub fn paused(&self) -> Vec<Paused> {
        self.book().paused.clone()
    }

    /// What is set of an operator.
    pub fn set(&self, operator: &str) -> Values {
        self.book().set.get(operator).cloned().unwrap_or_default()
    }

    /// The value that holds of an operator: as set, or else as configured.
    pub fn now(&self, operator: &str, key: Key) -> Option<u32> {
        let book = self.book();
        let set = book.set.get(operator).and_then(|values| values.get(&key));
        let set = set.map(|set| set.to);
        drop(book);
        set.or_else(|| self.configured(operator, key))
    }

    fn configured(&self, operator: &str, key: Key) -> Option<u32> {
        let book = self.book();
        book.configured.get(operator)?.get(&key).copied()
    }

    /// The largest value that can be set of an operator.
    pub fn most(&self, operator: &str, key: Key) -> u32 {
        let book = self.book();
        let most = book.most.get(operator).and_then(|most| most.get(&key));
        most.copied().unwrap_or(key.most())
    }

    /// What is set of an operator's link.
    pub fn tuning(&self, operator: &str) -> Tuning {
        let values = self.set(operator);
        let to = |key| values.get(&key).map(|set| set.to);
        let count = |key| to(key).and_then(|to| usize::try_from(to).ok());
        Tuning {
            tps: to(Key::Tps).map_or(Setting::Keep, Setting::To),
            window: count(Key::Window).map_or(Setting::Keep, Setting::To),
            sessions: count(Key::Sessions).map_or(Setting::Keep, Setting::To),
        }
    }

    /// The weights that are set, by operator.
    pub fn weights(&self) -> Vec<(String, u32)> {
        let book = self.book();
        let set = book.set.iter();
        set.filter_map(|(operator, values)| Some((operator.clone(), values.get(&Key::Weight)?.to)))
            .collect()
    }

    /// Notes what is paused from now on, and that one of these is to be kept.
    ///
    /// # Errors
    /// If it cannot be kept.
    pub fn note_paused(&self, paused: &[Pause], keep: Option<&Scope>) -> io::Result<()> {
        self.change(|book| {
            let before = std::mem::take(&mut book.paused);
            let shown = paused.iter().map(|pause| {
                let shown = Paused::from(pause);
                let was_kept = before.iter().any(|it| it.kept && it.is_same(&shown));
                let kept = was_kept || keep == Some(&pause.scope);
                Paused { kept, ..shown }
            });
            book.paused = shown.collect();
        })
    }

    /// Notes what was set of an operator, numbers or `"default"`.
    ///
    /// # Errors
    /// If it cannot be kept.
    pub fn note_set(
        &self,
        operator: &str,
        values: &Map<String, Value>,
        keep: bool,
    ) -> io::Result<()> {
        self.change(|book| {
            let set = book.set.entry(operator.to_owned()).or_default();
            for key in Key::ALL {
                let Some(value) = values.get(key.name()) else {
                    continue;
                };
                let Some(to) = value.as_u64().and_then(|to| u32::try_from(to).ok()) else {
                    set.remove(&key);
                    continue;
                };
                let before = set.get(&key).and_then(|set| set.kept);
                let kept = if keep { Some(to) } else { before };
                set.insert(key, Set { to, kept });
            }
            book.set.retain(|_, values| !values.is_empty());
        })
    }

    /// The configuration that holds is another: of the keys that changed its values hold again. What waits for the next start is in
    /// `settings` as it was.
    ///
    /// # Errors
    /// If the file cannot be written, which keeps some of them yet.
    pub fn reconfigure(&self, settings: &Settings, changed: &[String]) -> io::Result<()> {
        self.change(|book| {
            book.configured = of_each(settings, Key::configured);
            book.most = of_each(settings, Key::most_of);
            for (operator, values) in &mut book.set {
                let changed =
                    |key: &Key| changed.contains(&format!("operator.{operator}.{}", key.name()));
                values.retain(|key, _| !changed(key));
            }
            book.set.retain(|_, values| !values.is_empty());
            book.pace_configured = book.pace.reconfigured(&book.pace_configured, settings);
        })
    }

    /// Changes what stands, and the file where that is kept.
    fn change(&self, change: impl FnOnce(&mut Book)) -> io::Result<()> {
        let written = self.0.written.lock();
        let mut written = written.unwrap_or_else(PoisonError::into_inner);
        let kept = {
            let mut book = self.book();
            change(&mut book);
            Kept::of(&book)
        };
        if *written == kept {
            return Ok(());
        }
        if let Err(error) = kept.write(&self.0.file) {
            written.limit(&mut self.book());
            return Err(error);
        }
        info!(file = %self.0.file.display(), "what is to outlive a restart is written");
        *written = kept;
        Ok(())
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn of_each(
    settings: &Settings,
    number: fn(Key, &Operator) -> Option<u32>,
) -> BTreeMap<String, Numbers> {
    let of = |operator: &Operator| {
        let keys = Key::ALL.into_iter();
        keys.filter_map(|key| Some((key, number(key, operator)?)))
            .collect()
    };
    let operators = settings.operators.iter();
    operators.map(|it| (it.name.clone(), of(it))).collect()
}
