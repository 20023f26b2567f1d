//! Drives the desk: batches in, questions to the service, batches out.

use std::collections::HashSet;
use std::error::Error;
use std::sync::Arc;

use axum::http::StatusCode;
use bytes::Bytes;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::sleep_until;
use tracing::{info, warn};
use xabar_events::{Event, Msisdn};

use super::answer::Answer;
use super::breaker::Turn;
use super::cache::Cache;
use super::client::{Client, Connection, Unanswered};
use super::counts::{Counts, Telling};
use super::desk::{Desk, Outcome};
use super::{Lookup, Naming};
use crate::clock::instant;
use crate::intake::{Batch, Door};
use crate::numbers::Numbers;

/// Passes batches on until no more come, and the last is through. Numbers in the file are not asked for. What came of the
/// others is shown as `counts`.
pub async fn run(
    lookup: Lookup,
    mut batches: mpsc::Receiver<Batch>,
    door: Door,
    file: watch::Receiver<Arc<Numbers>>,
    counts: watch::Sender<Counts>,
) {
    let mut desk = Desk::new(Cache::new(lookup.cache, lookup.keep), lookup.timeout);
    let mut service = Service {
        client: Arc::new(lookup.client),
        naming: lookup.naming,
        idle: Vec::new(),
        strangers: HashSet::new(),
        unclear: false,
    };
    let mut questions = JoinSet::new();
    let mut telling = Telling::default();
    let mut over = false;
    while !(over && desk.is_empty()) {
        while let Some(msisdn) = desk.question() {
            let (client, kept) = (Arc::clone(&service.client), service.idle.pop());
            questions.spawn(async move {
                let answer = client.ask(msisdn, kept, lookup.timeout).await;
                (msisdn, answer)
            });
        }
        while let Some((batch, carriers)) = desk.ready(instant()) {
            if door.send(Batch { carriers, ..batch }).await.is_err() {
                return;
            }
        }
        counts.send_replace(*desk.counts());
        telling
            .due(desk.counts(), instant())
            .inspect(tell_of_missed);
        let deadlines = [desk.deadline(), telling.deadline()];
        let deadline = deadlines.into_iter().flatten().min();
        tokio::select! {
            batch = batches.recv(), if !over && desk.has_room() => match batch {
                Some(batch) => {
                    let numbers = unlisted(&batch, &file.borrow());
                    desk.take(instant(), batch, numbers);
                }
                None => over = true,
            },
            Some(Ok((msisdn, answer))) = questions.join_next() => {
                let (outcome, why) = service.hear(answer);
                let turn = desk.settle(instant(), msisdn, outcome);
                tell(turn, why);
            }
            () = sleep_until(deadline.unwrap_or_else(instant).into()), if deadline.is_some() => {}
        }
    }
    telling.news(desk.counts()).inspect(tell_of_missed);
}

/// The numbers of a batch that the file of ported numbers does not have.
fn unlisted(batch: &Batch, file: &Numbers) -> Vec<Msisdn> {
    let numbers = batch.events.iter().filter_map(|event| match event {
        Event::StatusChanged(notification) => Some(notification.msisdn),
        Event::Cancel(_) => None,
    });
    numbers
        .filter(|number| file.label_of(*number).is_none())
        .collect()
}

/// The service as the stage sees it.
struct Service {
    client: Arc<Client>,
    naming: Naming,
    /// Connections to ask over.
    idle: Vec<Connection>,
    /// Names that nobody here knows, as far as they were told.
    strangers: HashSet<String>,
    /// An answer named nobody, and that was told.
    unclear: bool,
}

/// Names that are told, so that a service that says anything at all does not fill the log.
const MOST_STRANGERS: usize = 32;

impl Service {
    /// What an answer means, and why it is none.
    fn hear(
        &mut self,
        answer: Result<(StatusCode, Bytes, Connection), Unanswered>,
    ) -> (Outcome, Option<Unanswered>) {
        let (status, body, connection) = match answer {
            Ok(answer) => answer,
            Err(why @ Unanswered::Late(_)) => return (Outcome::Late, Some(why)),
            Err(why) => return (Outcome::Failed, Some(why)),
        };
        self.idle.push(connection);
        match self.naming.read(status, &body) {
            Some(Answer::Carrier(carrier)) => (Outcome::Known(Some(carrier)), None),
            Some(Answer::Unported) => (Outcome::Known(None), None),
            Some(Answer::Stranger(name)) => {
                self.note_stranger(name);
                (Outcome::Useless, None)
            }
            None if status == StatusCode::OK => {
                self.note_unclear();
                (Outcome::Failed, Some(Unanswered::Unclear))
            }
            None => (Outcome::Failed, Some(Unanswered::Refused(status))),
        }
    }

    /// The answer is not shown: it may hold the number.
    fn note_unclear(&mut self) {
        if !std::mem::replace(&mut self.unclear, true) {
            warn!("the lookup's answers name no operator: their numbers go by prefix");
        }
    }

    fn note_stranger(&mut self, name: String) {
        if self.strangers.len() >= MOST_STRANGERS || self.strangers.contains(&name) {
            return;
        }
        warn!(
            name,
            "the lookup names an operator that is not known by that name: its numbers go by prefix"
        );
        self.strangers.insert(name);
    }
}

fn tell_of_missed(counts: &Counts) {
    let Counts {
        late,
        unasked,
        failed,
        left_alone,
        ..
    } = counts;
    warn!(
        late,
        unasked, failed, left_alone, "numbers went by prefix, without an answer of the lookup"
    );
}

fn tell(turn: Option<Turn>, why: Option<Unanswered>) {
    match turn {
        Some(Turn::LeftAlone) => {
            let why: Option<&(dyn Error + 'static)> =
                why.as_ref().map(|why| why as &(dyn Error + 'static));
            warn!(
                why,
                "the lookup does not answer: it is left alone for a while, numbers go by file and prefix"
            );
        }
        Some(Turn::Back) => info!("the lookup answers again"),
        None => {}
    }
}
