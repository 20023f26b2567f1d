//! Fills a journal as a gateway would: each message is accepted in one beat, taken by its operator in the next, and
//! delivered in the one after that, each state told and published.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use indicatif::ProgressBar;
use tokio_util::sync::CancellationToken;
use xabar_events::{Agency, EventKey, State};

use super::super::events::{agencies, subscriber};
use super::Preload;
use crate::clock::{Clock, UnixMillis};
use crate::journal::{
    self, Attempt, Attempted, Awaiting, Changes, Content, Identity, Journal, JournalError, Lane,
    Location, Message, MessageId, OperatorId, Origin, Outgoing, Phase, Progress, Segment,
    SubscriberFacts, ThreadFacts, ThreadKey, Told,
};

/// As it is called in the configuration of the gateway under test.
pub(super) const OPERATOR: &str = "bench";

/// Messages that come within one beat, as under load: so a chapter of the log has its states of a message together.
const BEAT: usize = 150;

pub(super) fn fill(
    path: &Path,
    preload: Preload,
    stop: &CancellationToken,
    progress: &ProgressBar,
) -> Result<(), JournalError> {
    let mut filling = Filling::begin(path)?;
    let messages = preload.messages();
    for first in (1..=messages).step_by(BEAT) {
        if stop.is_cancelled() {
            return Ok(());
        }
        let numbers = first..(first + BEAT as u64).min(messages + 1);
        let kept = numbers.end - 1;
        let known = preload.known_by(numbers.start - 1)..preload.known_by(kept);
        let waits = |number| number > preload.settled;
        let accepted = numbers.map(|number| filling.accept(number, waits(number)));
        let accepted = accepted.collect();
        filling.beat(accepted, known)?;
        progress.set_position(kept);
    }
    filling.end()
}

/// A journal on its way.
struct Filling {
    journal: Box<dyn Journal>,
    clock: Clock,
    operator: OperatorId,
    agency: Agency,
    /// The last outcome that there was.
    told: u64,
    /// Messages of the last beat that the operator has to answer.
    in_flight: Vec<Message>,
    /// Those whose receipts are to come.
    submitted: Vec<Message>,
}

impl Filling {
    fn begin(path: &Path) -> Result<Self, JournalError> {
        let mut journal = journal::open(&Location::Sqlite(path.to_owned()))?;
        Ok(Self {
            operator: journal.operator(OPERATOR)?,
            clock: Clock::starting_after(journal.start()?.latest),
            agency: agencies(1).swap_remove(0),
            told: 0,
            in_flight: Vec::new(),
            submitted: Vec::new(),
            journal,
        })
    }

    fn accept(&self, number: u64, waits: bool) -> Message {
        let at = self.clock.now().steady;
        let (phase, due, attempt) = match waits {
            true => (Phase::Waiting, at.after(HALF_A_DAY), Attempt::default()),
            false => (Phase::InFlight, at, begun(at)),
        };
        let progress = Progress {
            phase,
            operator: self.operator,
            due,
            dealt: None,
            attempt,
            history: vec![told(State::Accepted, self.operator, at)],
        };
        Message::new(origin(number, &self.agency, at), progress)
    }

    /// These come, some of them to go at once; those of the last beat are answered, those of the one before are delivered.
    fn beat(&mut self, accepted: Vec<Message>, known: Range<u64>) -> Result<(), JournalError> {
        let at = self.clock.now().steady;
        let mut settled = std::mem::take(&mut self.submitted);
        for message in &mut settled {
            step(message, Phase::Settled, Segment::Delivered);
            self.tell(message, State::Delivered, at);
        }
        let mut submitted = std::mem::take(&mut self.in_flight);
        for message in &mut submitted {
            step(message, Phase::Submitted, Segment::Accepted);
            self.tell(message, State::Submitted, at);
        }
        let awaiting = submitted.iter().map(|message| self.awaiting(message, at));
        let awaiting = awaiting.collect();
        let goes = |message: &&Message| message.progress.phase == Phase::InFlight;
        self.in_flight = accepted.iter().filter(goes).cloned().collect();
        self.submitted = submitted.clone();
        let went = self.in_flight.iter().map(|message| message.msisdn);
        let subscribers = went.chain(known.map(subscriber)).map(|msisdn| {
            let submitted = vec![at];
            (msisdn, SubscriberFacts { submitted })
        });
        let subscribers = subscribers.collect();
        let before = self.told;
        let all = settled.iter().chain(&submitted).chain(&accepted);
        let outgoing: Vec<Outgoing> = (before + 1..).zip(all).filter_map(outgoing).collect();
        self.told += outgoing.len() as u64;
        self.journal.commit(&mut Changes {
            at,
            threads: accepted.iter().map(thread).collect(),
            subscribers,
            awaiting,
            outgoing,
            // Those of the beat before.
            published: Some(before),
            progressed: settled.into_iter().chain(submitted).collect(),
            accepted,
            ..Changes::default()
        })
    }

    /// What is under way comes to its end, and all that was told is published.
    fn end(mut self) -> Result<(), JournalError> {
        while !(self.in_flight.is_empty() && self.submitted.is_empty()) {
            self.beat(Vec::new(), 0..0)?;
        }
        self.journal.commit(&mut Changes {
            at: self.clock.now().steady,
            published: Some(self.told),
            ..Changes::default()
        })
    }

    fn tell(&self, message: &mut Message, state: State, at: UnixMillis) {
        let told = told(state, self.operator, at);
        message.progress.history.push(told);
    }

    fn awaiting(&self, message: &Message, at: UnixMillis) -> Awaiting {
        Awaiting {
            operator: self.operator,
            smsc_id: smsc_id(message.id),
            message: message.id,
            segment: 0,
            at,
        }
    }
}

/// How the operator calls it: below all ids that the simulated one gives in a run.
pub(super) fn smsc_id(id: MessageId) -> Box<str> {
    const BEFORE: u64 = 1 << 38;
    format!("{:X}", BEFORE + id.0).into()
}

fn begun(at: UnixMillis) -> Attempt {
    Attempt {
        attempts: 1,
        at,
        segments: vec![Segment::Sent],
        ..Attempt::default()
    }
}

fn step(message: &mut Message, phase: Phase, segment: Segment) {
    message.progress.phase = phase;
    message.progress.attempt.segments = vec![segment];
}

fn outgoing((number, message): (u64, &Message)) -> Option<Outgoing> {
    let last = u32::try_from(message.progress.history.len()).ok()?;
    Outgoing::of(message, number, last)
}

/// Each is the first of its thread.
fn thread(message: &Message) -> (ThreadKey, ThreadFacts) {
    let waits = message.progress.phase == Phase::Waiting;
    let facts = ThreadFacts {
        attempted: (!waits).then(|| message.order()),
        waiting: waits.into(),
    };
    (message.thread, facts)
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
