//! A journal that already holds many messages, made once and copied for each run.

mod filling;

use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::folder::Folder;
use super::{Failure, gateway, progress};

/// What is in the journal before a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Preload {
    /// Messages that came and went.
    pub(super) settled: u64,
    /// Messages that wait for the next half day, as over night.
    pub(super) waiting: u64,
    /// Subscribers that got one lately.
    pub(super) known: u64,
}

impl Preload {
    fn messages(self) -> u64 {
        self.settled + self.waiting
    }

    /// How many subscribers are known by when so many messages were kept. The last messages bring nobody new, so that
    /// no more of them stand in the log at the end than ever do.
    fn known_by(self, kept: u64) -> u64 {
        let bringing = self.messages().saturating_sub(IN_LOG).max(1);
        let share = u128::from(self.known) * u128::from(kept.min(bringing)) / u128::from(bringing);
        u64::try_from(share).unwrap_or(self.known)
    }
}

/// The folder of the journal.
pub(super) struct Preloaded(PathBuf);

/// More messages than the log ever holds.
const IN_LOG: u64 = 50_000;

impl Preloaded {
    /// None if there is nothing to be in it.
    pub(super) async fn make(preload: Preload, folder: &Folder) -> Result<Option<Self>, Failure> {
        let messages = preload.messages();
        if messages == 0 {
            return Ok(None);
        }
        let path = folder.fresh("preloaded")?;
        let bar = progress::bar("filling a journal".into(), messages);
        // A thread cannot be dropped; it looks whether anyone still waits for it.
        let stop = CancellationToken::new();
        let _stop = stop.clone().drop_guard();
        let (journal, progress) = (gateway::journal(&path), bar.clone());
        let filled =
            tokio::task::spawn_blocking(move || filling::fill(&journal, preload, &stop, &progress));
        let filled = filled.await;
        bar.finish_and_clear();
        let filled = filled.map_err(|error| Failure::caused("cannot fill a journal", error))?;
        filled.map_err(|error| Failure::caused("cannot fill a journal", error))?;
        Ok(Some(Self(path)))
    }

    /// Puts a copy of the journal where a gateway in `folder` has its own.
    pub(super) fn copy_to(&self, folder: &Path) -> Result<(), Failure> {
        let (from, to) = (gateway::journal(&self.0), gateway::journal(folder));
        let copied = from
            .parent()
            .zip(to.parent())
            .map(|(from, to)| copy(from, to));
        let copied = copied.unwrap_or(Ok(()));
        copied.map_err(|error| Failure::caused("cannot copy the filled journal", error))
    }
}

/// All files of a folder.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for file in from.read_dir()? {
        let file = file?;
        let copy = to.join(file.file_name());
        std::fs::copy(file.path(), &copy)?;
        // Writing it out is none of the run's business.
        std::fs::File::open(copy)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use xabar_events::State;

    use super::*;
    use crate::journal::{self, Location, Meant, MessageId, Phase};

    #[tokio::test]
    async fn a_copy_holds_all_messages_and_the_receipts_of_those_that_went_find_them() {
        let folder = Folder::make(None).unwrap();
        let preload = Preload {
            settled: 4500,
            waiting: 2500,
            known: 9000,
        };
        let preloaded = Preloaded::make(preload, &folder).await.unwrap().unwrap();
        let copy = folder.fresh("copy").unwrap();
        preloaded.copy_to(&copy).unwrap();
        let location = Location::Sqlite(gateway::journal(&copy));
        let mut reader = journal::open_reader(&location).unwrap();
        let books = reader.books().unwrap();
        assert_eq!(books.len(), 1);
        assert_eq!((books[0].accepted, books[0].waiting), (7000, 2500));
        assert_eq!(books[0].settled, [(State::Delivered, 4500)]);
        assert_eq!(reader.outbox(0, 1).unwrap(), [], "all are published");
        let mut journal = journal::open(&location).unwrap();
        let operator = journal.operator(filling::OPERATOR).unwrap();
        for (id, phase) in [
            (1, Phase::Settled),
            (4500, Phase::Settled),
            (4501, Phase::Waiting),
            (7000, Phase::Waiting),
        ] {
            let id = MessageId(id);
            let message = journal.message(id).unwrap().unwrap();
            assert_eq!(message.progress.phase, phase);
            let found = journal.awaiting(operator, &[&*filling::smsc_id(id)], &Meant::ANY);
            let found = found.unwrap().into_iter().map(|(_, message)| message.id);
            let went = (phase == Phase::Settled).then_some(id);
            assert_eq!(found.collect::<Vec<_>>(), Vec::from_iter(went));
        }
    }
}
