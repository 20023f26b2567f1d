//! Events over HTTP: structured, binary (`ce-` headers) and in batches.
//!
//! In: headers and body of a request. Out: what was [`Taken`], once it is in the journal, or why
//! it was [`Refused`]; `control::http` puts both into words. A batch is taken as a whole or not at all.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;
use tracing::info;
use xabar_events::{
    Agency, Event, EventKey, MAX_BATCH_OCTETS, MAX_EVENT_OCTETS, Mode, RejectReason, Rejection,
    TRACEPARENT, TRACESTATE,
};

use super::{Batch, Door, Refusals, Verdict, Way, foreign};

/// Takes events out of requests and hands them to the pipeline.
#[derive(Clone, Debug)]
pub struct HttpIntake {
    door: Door,
    refusals: Refusals,
    /// Octets of bodies that may be in memory at once; a request waits for its share.
    room: Arc<Semaphore>,
}

/// What became of a request whose events are in the journal.
#[derive(Debug)]
pub enum Taken {
    One(Accepted),
    Batch(Vec<Accepted>),
}

/// One event with its verdict.
#[derive(Debug)]
pub struct Accepted {
    pub key: EventKey,
    pub verdict: Verdict,
}

/// Why nothing of a request was taken.
#[derive(Debug)]
pub enum Refused {
    /// The request as a whole, or its only event, is wrong.
    Rejected(Rejection),
    /// Some of a batch are wrong: each with its place, counted from 0.
    Events {
        errors: Vec<(usize, Rejection)>,
        of: usize,
    },
    /// The body did not come in time, or broke off.
    Unread,
    /// The journal does not take at present. What was sent may be in it all the same; sent
    /// again, it is recognized.
    Later,
}

impl Refused {
    /// What its sender has to mend.
    fn rejections(&self) -> impl Iterator<Item = &Rejection> {
        let (whole, errors) = match self {
            Self::Rejected(rejection) => (Some(rejection), &[][..]),
            Self::Events { errors, .. } => (None, &errors[..]),
            Self::Unread | Self::Later => (None, &[][..]),
        };
        let errors = errors.iter().map(|(_, rejection)| rejection);
        whole.into_iter().chain(errors)
    }

    /// Whether some of it is of an agency that its sender may not speak for.
    pub fn is_foreign(&self) -> bool {
        self.rejections()
            .any(|rejection| rejection.reason == RejectReason::SourceNotAllowed)
    }

    /// Tells it in one line a request.
    fn log(&self) {
        if let Some(Rejection { reason, detail }) = self.rejections().next() {
            let count = self.rejections().count();
            info!(count, %reason, detail, "events refused over HTTP; the first one's reason is told");
        }
    }
}

/// For the whole body to come.
const BODY: Duration = Duration::from_secs(10);
/// For the pipeline to have room.
const DOOR: Duration = Duration::from_secs(2);
/// For the journal to commit.
const COMMIT: Duration = Duration::from_secs(5);
/// Of a body that is not wanted, so much is read and dropped.
const MOST_SPILT: usize = 4 * MAX_BATCH_OCTETS;
/// Sixteen of the largest batches.
const ROOM_OCTETS: usize = 16 * MAX_BATCH_OCTETS;

impl HttpIntake {
    pub fn new(door: Door, refusals: Refusals) -> Self {
        Self {
            door,
            refusals,
            room: Arc::new(Semaphore::new(ROOM_OCTETS)),
        }
    }

    /// Takes what one request holds, and returns once it is in the journal.
    ///
    /// `only`: the agency that alone its sender may speak for.
    pub async fn take(
        &self,
        headers: &HeaderMap,
        body: Body,
        only: Option<&Agency>,
    ) -> Result<Taken, Refused> {
        let mut body = body.into_data_stream();
        let taken = self.taken(headers, &mut body, only).await;
        if let Err(refused) = &taken {
            refused.log();
            for rejection in refused.rejections() {
                self.refusals.count(Way::Http, rejection.reason);
            }
        }
        if matches!(taken, Err(Refused::Rejected(_) | Refused::Later)) {
            spill(headers, body).await;
        }
        taken
    }

    /// Takes nothing of a request, so that its client may be told why.
    pub async fn decline(&self, headers: &HeaderMap, body: Body) {
        spill(headers, body.into_data_stream()).await;
    }

    async fn taken(
        &self,
        headers: &HeaderMap,
        body: &mut BodyDataStream,
        only: Option<&Agency>,
    ) -> Result<Taken, Refused> {
        let mode = mode(headers).map_err(Refused::Rejected)?;
        // Held until the answer: the events live as long as the octets they were read from.
        let (octets, _share) = self.read(mode, headers, body).await?;
        let events = events(mode, headers, &octets, only)?;
        let keys: Vec<EventKey> = events.iter().map(|event| event.key().clone()).collect();
        let verdicts = self.hand_on(events, octets.len()).await?;
        let accepted = keys.into_iter().zip(verdicts);
        let mut accepted = accepted.map(|(key, verdict)| Accepted { key, verdict });
        match mode {
            Mode::Batch => Ok(Taken::Batch(accepted.collect())),
            Mode::Structured | Mode::Binary => {
                accepted.next().map(Taken::One).ok_or(Refused::Later)
            }
        }
    }

    /// The body, with a permit for the memory it takes.
    async fn read(
        &self,
        mode: Mode,
        headers: &HeaderMap,
        body: &mut BodyDataStream,
    ) -> Result<(Bytes, OwnedSemaphorePermit), Refused> {
        let limit = match mode {
            Mode::Batch => MAX_BATCH_OCTETS,
            Mode::Structured | Mode::Binary => MAX_EVENT_OCTETS,
        };
        let declared = declared_length(headers).unwrap_or(limit);
        if declared > limit {
            return Err(too_large(limit));
        }
        let share = u32::try_from(declared).unwrap_or(u32::MAX);
        let share = timeout(DOOR, Arc::clone(&self.room).acquire_many_owned(share)).await;
        let share = share
            .map_err(|_| Refused::Later)?
            .map_err(|_| Refused::Later)?;
        let octets = timeout(BODY, whole(body, limit)).await;
        Ok((octets.map_err(|_| Refused::Unread)??, share))
    }

    async fn hand_on(&self, events: Vec<Event>, octets: usize) -> Result<Vec<Verdict>, Refused> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let (reply, verdicts) = oneshot::channel();
        let batch = Batch {
            octets,
            ..Batch::new(events, reply)
        };
        let handed_on = self.door.send_timeout(batch, DOOR).await;
        handed_on.map_err(|_| Refused::Later)?;
        match timeout(COMMIT, verdicts).await {
            Ok(Ok(verdicts)) => Ok(verdicts),
            Ok(Err(_)) | Err(_) => Err(Refused::Later),
        }
    }
}

/// All of a body that is no longer than it may be.
async fn whole(chunks: &mut BodyDataStream, limit: usize) -> Result<Bytes, Refused> {
    let mut octets = BytesMut::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Refused::Unread)?;
        if octets.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        octets.extend_from_slice(&chunk);
    }
    Ok(octets.freeze())
}

/// Lets a client finish what it is sending: one that is cut off while it writes never reads why.
pub(crate) async fn spill(headers: &HeaderMap, mut chunks: BodyDataStream) {
    // One that asked first whether to send (`100-continue`) has not begun.
    if headers.contains_key(header::EXPECT) {
        return;
    }
    let spilling = async {
        let mut spilt = 0;
        while let Some(Ok(chunk)) = chunks.next().await {
            spilt += chunk.len();
            if spilt > MOST_SPILT {
                break;
            }
        }
    };
    // Whoever has not finished by then is cut off after all.
    timeout(BODY, spilling).await.unwrap_or_default();
}

fn mode(headers: &HeaderMap) -> Result<Mode, Rejection> {
    let content_type = headers.get(header::CONTENT_TYPE);
    let content_type = content_type.map(|value| value.to_str().unwrap_or("unreadable"));
    Mode::detect(content_type, headers.keys())
}

fn declared_length(headers: &HeaderMap) -> Option<usize> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

fn events(
    mode: Mode,
    headers: &HeaderMap,
    octets: &[u8],
    only: Option<&Agency>,
) -> Result<Vec<Event>, Refused> {
    let text = |name| headers.get(name)?.to_str().ok();
    let (parent, state) = (text(TRACEPARENT), text(TRACESTATE));
    let own = |mut event: Event| match only {
        Some(agency) if *agency != event.key().agency => Err(foreign()),
        _ => {
            event.brought_with(parent, state);
            Ok(event)
        }
    };
    let one = |event: Result<Event, Rejection>| {
        let event = event.and_then(own).map_err(Refused::Rejected)?;
        Ok(vec![event])
    };
    match mode {
        Mode::Structured => one(Event::from_structured(octets)),
        Mode::Binary => {
            let headers = headers.iter().map(|(name, value)| (name, value.as_bytes()));
            one(Event::from_binary(headers, octets))
        }
        Mode::Batch => {
            let read = Event::from_batch(octets).map_err(Refused::Rejected)?;
            all_or_none(read.into_iter().map(|event| event.and_then(own)))
        }
    }
}

fn all_or_none(
    read: impl ExactSizeIterator<Item = Result<Event, Rejection>>,
) -> Result<Vec<Event>, Refused> {
    let of = read.len();
    let mut events = Vec::with_capacity(of);
    let mut errors = Vec::new();
    for (index, event) in read.enumerate() {
        match event {
            Ok(event) => events.push(event),
            Err(rejection) => errors.push((index, rejection)),
        }
    }
    if errors.is_empty() {
        Ok(events)
    } else {
        Err(Refused::Events { errors, of })
    }
}

fn too_large(limit: usize) -> Refused {
    let detail = format!("the body should be at most {} KiB", limit / 1024);
    Refused::Rejected(Rejection::new(RejectReason::TooLarge, detail))
}
