//! Drives the queue: stages in, requests to the collector out.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, OptionFuture};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep_until, timeout};
use tracing::{info, warn};

use super::collector::{Collector, Verdict};
use super::queue::{Due, Parcel, Queue, Sent, Turn};
use super::span::Wording;
use super::{Counts, Fate, Stage};
use crate::clock::instant;
use crate::http_client::Connection;
use crate::journal::OperatorId;

/// Beats whose stages wait for the exporter, which only sorts them in; beyond, they are dropped.
const BEATS: usize = 16;

/// How long a gateway that stops waits for the collector.
const LAST: Duration = Duration::from_secs(2);

/// What the exporter goes by.
#[derive(Debug)]
pub struct Export {
    pub collector: Collector,
    /// As which the gateway shows among the services of a trace.
    pub service: String,
    pub operators: BTreeMap<OperatorId, Box<str>>,
}

/// Where stages go; never waits.
#[derive(Clone, Debug)]
pub struct Sink {
    beats: mpsc::Sender<Vec<Stage>>,
    counts: Counts,
}

impl Sink {
    pub fn send(&self, stages: Vec<Stage>) {
        let spans = stages.len();
        if spans > 0 && self.beats.try_send(stages).is_err() {
            self.counts.add(Fate::Dropped, spans);
        }
    }
}

/// Exports until every [`Sink`] is gone, and what is left then for a little while.
pub fn start(export: Export) -> (Sink, Counts, JoinHandle<()>) {
    let (beats, stages) = mpsc::channel(BEATS);
    let counts = Counts::default();
    let sink = Sink {
        beats,
        counts: counts.clone(),
    };
    let task = tokio::spawn(run(export, stages, counts.clone()));
    (sink, counts, task)
}

async fn run(export: Export, mut beats: mpsc::Receiver<Vec<Stage>>, counts: Counts) {
    let Export {
        collector,
        service,
        operators,
    } = export;
    let mut exporter = Exporter {
        queue: Queue::new(counts.clone()),
        wording: Wording { service, operators },
        collector: &collector,
        under_way: None,
        kept: None,
    };
    while let Some(stages) = exporter.until(beats.recv()).await {
        exporter.queue.put(instant(), stages);
    }
    exporter.queue.end(instant());
    if timeout(LAST, exporter.finish()).await.is_err() {
        let spans = exporter.queue.left() + exporter.under_way.map_or(0, |it| it.parcel.spans);
        counts.add(Fate::Dropped, spans);
        warn!(spans, "the collector did not take the last traces");
    }
}

struct Exporter<'a> {
    queue: Queue,
    wording: Wording,
    collector: &'a Collector,
    under_way: Option<UnderWay<'a>>,
    /// A connection for the next request.
    kept: Option<Connection>,
}

struct UnderWay<'a> {
    parcel: Parcel,
    answer: BoxFuture<'a, (Verdict, Option<Connection>)>,
}

impl Exporter<'_> {
    /// Waits for `next`, and meanwhile sends what is due.
    async fn until<T>(&mut self, next: impl Future<Output = T>) -> T {
        let mut next = std::pin::pin!(next);
        loop {
            self.send();
            tokio::select! {
                biased;
                next = &mut next => return next,
                () = self.step() => {}
            }
        }
    }

    async fn finish(&mut self) {
        while !self.queue.is_done() {
            self.send();
            self.step().await;
        }
    }

    /// Begins the next request, if one is due.
    fn send(&mut self) {
        let parcel = match self.queue.take(instant()) {
            None => return,
            Some(Due::Again(parcel)) => parcel,
            Some(Due::Stages(stages)) => Parcel {
                body: self.wording.request(&stages).into(),
                spans: stages.len(),
            },
        };
        let answer = self.collector.send(parcel.body.clone(), self.kept.take());
        self.under_way = Some(UnderWay {
            answer: answer.boxed(),
            parcel,
        });
    }

    /// Waits until the request under way is answered, or another one is due. May be given up at any time.
    async fn step(&mut self) {
        let deadline = self.queue.deadline();
        let answer = self.under_way.as_mut().map(|it| &mut it.answer);
        tokio::select! {
            Some((verdict, kept)) = OptionFuture::from(answer) => {
                self.kept = kept;
                if let Some(UnderWay { parcel, .. }) = self.under_way.take() {
                    self.hear(parcel, verdict);
                }
            }
            () = sleep_until(deadline.unwrap_or_else(instant).into()), if deadline.is_some() => {}
            else => std::future::pending().await,
        }
    }

    fn hear(&mut self, parcel: Parcel, verdict: Verdict) {
        let sent = match &verdict {
            Verdict::Taken { refused } => Sent::Taken { refused: *refused },
            Verdict::Refused(_) => Sent::Refused,
            Verdict::Later(_, after) => Sent::Not(*after),
        };
        match (self.queue.settle(instant(), parcel, &sent), verdict) {
            (Some(Turn::Works), _) => info!("the collector takes traces again"),
            (Some(Turn::Fails), Verdict::Later(why, _)) => {
                let error = &why as &dyn Error;
                warn!(
                    error,
                    "the collector takes no traces; beyond 10,000 spans they are dropped"
                );
            }
            (Some(Turn::Fails), Verdict::Refused(status)) => {
                let status = status.as_u16();
                warn!(status, "the collector refuses traces: they are dropped");
            }
            _ => {}
        }
    }
}
