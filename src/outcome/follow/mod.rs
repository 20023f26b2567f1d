//! All outcomes in their order, whether they come fresh from a commit or from the outbox.

mod cursor;

use std::time::Duration;

use tokio::{
    sync::{mpsc, watch},
    task, time,
};
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::Feed;
use crate::journal::{JournalError, Outgoing, Reader};
use cursor::Cursor;

/// The most outcomes handed on at once.
const RUN: usize = 500;

/// How long to wait after the journal could not be read.
const RETRY: Duration = Duration::from_secs(1);

/// Sends every outcome once, in order, until the feed ends, `stop` comes or nobody listens.
pub(super) async fn follow(feed: Feed, runs: mpsc::Sender<Vec<Outgoing>>, stop: CancellationToken) {
    let Feed {
        fresh,
        committed,
        reader,
        wording: _,
    } = feed;
    let mut follower = Follower {
        fresh,
        committed,
        reader: Some(reader),
        cursor: Cursor::default(),
    };
    tokio::select! {
        () = follower.run(&runs) => {}
        () = stop.cancelled() => {}
    }
}

struct Follower {
    fresh: mpsc::Receiver<Vec<Outgoing>>,
    committed: watch::Receiver<u64>,
    /// `None` only while a thread reads with it.
    reader: Option<Box<dyn Reader>>,
    cursor: Cursor,
}

impl Follower {
    async fn run(&mut self, runs: &mpsc::Sender<Vec<Outgoing>>) {
        // What is left of an earlier start is in the outbox.
        let mut more = self.catch_up(runs).await;
        while more {
            more = match self.next_fresh().await {
                Some(fresh) => match self.cursor.take(fresh) {
                    Ok(run) => send(runs, run).await,
                    Err(cursor::Gap) => self.catch_up(runs).await,
                },
                None => self.catch_up(runs).await && self.committed.has_changed().is_ok(),
            };
        }
    }

    /// What a commit made, or `None` if there is a commit of which nothing came.
    async fn next_fresh(&mut self) -> Option<Vec<Outgoing>> {
        tokio::select! {
            biased;
            Some(fresh) = self.fresh.recv() => Some(fresh),
            _ = self.committed.wait_for(|last| self.cursor.is_behind(*last)) => None,
        }
    }

    /// Sends what the outbox holds of all that is committed. Says whether anybody listens.
    async fn catch_up(&mut self, runs: &mpsc::Sender<Vec<Outgoing>>) -> bool {
        let mut first = true;
        loop {
            let committed = *self.committed.borrow();
            if !std::mem::take(&mut first) && !self.cursor.is_behind(committed) {
                return true;
            }
            let rows = match self.read().await {
                Ok(rows) => rows,
                Err(error) => {
                    error!(
                        error = &error as &dyn std::error::Error,
                        "the outbox cannot be read; outcomes wait"
                    );
                    time::sleep(RETRY).await;
                    continue;
                }
            };
            let run = self.cursor.pass(rows, RUN, committed);
            if !send(runs, run).await {
                return false;
            }
        }
    }

    async fn read(&mut self) -> Result<Vec<Outgoing>, JournalError> {
        let mut reader = self
            .reader
            .take()
            .expect("only one read at a time, and it gives it back");
        let after = self.cursor.passed();
        let reading = task::spawn_blocking(move || (reader.outbox(after, RUN), reader));
        let (rows, reader) = reading.await.expect("reading the outbox does not panic");
        self.reader = Some(reader);
        rows
    }
}

async fn send(runs: &mpsc::Sender<Vec<Outgoing>>, run: Vec<Outgoing>) -> bool {
    if run.len() <= RUN {
        return run.is_empty() || runs.send(run).await.is_ok();
    }
    let mut rest = run.into_iter();
    while rest.len() > 0 {
        let part = rest.by_ref().take(RUN).collect();
        if runs.send(part).await.is_err() {
            return false;
        }
    }
    true
}
