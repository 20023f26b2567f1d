//! A journal that already holds many messages, made once and copied for each run.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::ProgressBar;
use tokio_util::sync::CancellationToken;
use xabar_events::{Agency, EventKey, State};

use super::events::{agencies, subscriber};
use super::folder::Folder;
use super::gateway;
use super::{Failure, progress};
use crate::clock::{Clock, UnixMillis};
use crate::journal::{
    self, Attempt, Attempted, Changes, Content, Identity, Journal, JournalError, Lane, Location,
    Message, MessageId, OperatorId, Origin, Phase, Progress, Segment, SubscriberFacts, ThreadFacts,
    ThreadKey, Told,
};

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

/// Messages in one commit.
const BEAT: u64 = 2000;
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
        let filled = tokio::task::spawn_blocking(move || fill(&journal, preload, &stop, &progress));
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

fn fill(
    path: &Path,
    preload: Preload,
    stop: &CancellationToken,
    progress: &ProgressBar,
) -> Result<(), JournalError> {
    let mut journal = journal::open(&Location::Sqlite(path.to_owned()))?;
    let operator = journal.operator("bench")?;
    let agency = agencies(1).swap_remove(0);
    let clock = Clock::starting_after(journal.start()?.latest);
    let messages = preload.messages();
    for first in (1..=messages).step_by(usize::try_from(BEAT).unwrap_or(usize::MAX)) {
        if stop.is_cancelled() {
            break;
        }
        let numbers = first..(first + BEAT).min(messages + 1);
        let count = numbers.end - numbers.start;
        let known = preload.known_by(numbers.start - 1)..preload.known_by(numbers.end - 1);
        let at = clock.now().steady;
        let made = |number: u64| {
            let progress = match number <= preload.settled {
                true => settled(operator, at),
                false => waiting(operator, at),
            };
            Message::new(origin(number, &agency, at), progress)
        };
        commit(&mut *journal, numbers.map(made).collect(), known, at)?;
        progress.inc(count);
    }
    Ok(())
}

/// Messages that came within one beat, each the first to its subscriber. Those that are settled went, too.
fn commit(
    journal: &mut dyn Journal,
    accepted: Vec<Message>,
    known: Range<u64>,
    at: UnixMillis,
) -> Result<(), JournalError> {
    let went = |message: &&Message| message.progress.phase == Phase::Settled;
    let facts = |message: &Message| match went(&message) {
        true => ThreadFacts {
            attempted: Some(message.order()),
            waiting: 0,
        },
        false => ThreadFacts {
            attempted: None,
            waiting: 1,
        },
    };
    journal.commit(&mut Changes {
        at,
        threads: accepted
            .iter()
            .map(|message| (message.thread, facts(message)))
            .collect(),
        subscribers: accepted
            .iter()
            .filter(went)
            .map(|message| message.msisdn)
            .chain(known.map(subscriber))
            .map(|msisdn| {
                let submitted = vec![at];
                (msisdn, SubscriberFacts { submitted })
            })
            .collect(),
        accepted,
        ..Changes::default()
    })
}

fn origin(number: u64, agency: &Agency, at: UnixMillis) -> Origin {
    // Keys come in no order.
    let scattered = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let id = format!("00{scattered:024X}").parse();
    let identity = Identity {
        id: MessageId(number),
        key: EventKey {
            agency: agency.clone(),
            id: id.expect("letters and digits make an id"),
        },
        application: format!("P{number}").into(),
        trace: None,
    };
    Origin {
        identity: identity.into(),
        msisdn: subscriber(number),
        thread: ThreadKey(scattered.rotate_left(32)),
        lane: Lane::Normal,
        time: at,
        accepted_at: at,
        not_before: None,
        expires: at.after(Duration::from_secs(72 * 3600)),
        content: Content {
            service: "land-registration".into(),
            status: "approved".into(),
            language: None,
            params: vec![
                ("office".into(), "Yunusobod DXM".into()),
                ("deadline".into(), "2026-12-01".into()),
            ],
            legal: false,
            extensions: Vec::new(),
        },
    }
}

fn settled(operator: OperatorId, at: UnixMillis) -> Progress {
    Progress {
        phase: Phase::Settled,
        operator,
        due: at,
        dealt: None,
        attempt: Attempt {
            attempts: 1,
            at,
            segments: vec![Segment::Delivered],
            ..Attempt::default()
        },
        history: [State::Accepted, State::Submitted, State::Delivered]
            .map(|state| told(state, operator, at))
            .into(),
    }
}

fn waiting(operator: OperatorId, at: UnixMillis) -> Progress {
    Progress {
        phase: Phase::Waiting,
        operator,
        due: at.after(HALF_A_DAY),
        dealt: None,
        attempt: Attempt::default(),
        history: vec![told(State::Accepted, operator, at)],
    }
}

fn told(state: State, operator: OperatorId, at: UnixMillis) -> Told {
    let attempted = Attempted {
        operator,
        segments: 1,
        attempts: 1,
        repeats: 0,
    };
    Told {
        state,
        reason: None,
        at,
        until: None,
        code: (state == State::Delivered).then(|| "DELIVRD".into()),
        by: None,
        attempted: (state != State::Accepted).then_some(attempted),
        limit: None,
    }
}

const HALF_A_DAY: Duration = Duration::from_secs(12 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_copy_holds_all_messages() {
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
        for (id, phase) in [(4500, Phase::Settled), (4501, Phase::Waiting)] {
            let message = reader.message(MessageId(id)).unwrap().unwrap();
            assert_eq!(message.progress.phase, phase);
        }
    }
}
