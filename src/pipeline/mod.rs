//! Carries messages from room to room, in beats: gather what came in, decide, commit, act.
//!
//! All that came in while the last beat was committed is decided on together and becomes one transaction.
//! Events are acknowledged, PDUs written and receipts answered only once it is committed. So there is one
//! writer, one order, and no added delay at low load; under load the beats grow by themselves.
//!
//! [`Core`] decides and is driven by the time it is given; [`run`] is its driver, a thread of its own.

mod admission;
mod answering;
mod appetite;
mod asking;
mod beat;
mod cancelling;
mod copies;
mod core;
mod deadlines;
mod dialogue;
mod earlier;
mod early;
mod elsewhere;
mod facts;
mod full_disk;
mod hearing;
mod held;
mod homeward;
mod in_flight;
mod inbound;
mod left_out;
mod links;
mod load;
mod looks;
mod moving;
mod operator;
mod orders;
mod outage;
mod posted;
mod push;
mod queues;
mod reading;
mod receipts;
mod reload;
pub mod replay;
mod rerouting;
mod results;
mod review;
mod seldom;
mod sending;
mod settings;
mod sharing;
mod taken_late;
mod tally;
mod telling;
#[cfg(test)]
mod tests;
mod texts;
mod time_up;
mod traced;
mod unanswered;
mod unnamed;
mod ussd;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

pub use self::core::{Core, Inputs};
pub use admission::Right;
pub use beat::Effects;
pub use cancelling::{Cancelled, Unwanted};
pub use load::Load;
pub use orders::{Done, Order, Ordered, Pause, Refusal, Scope};
pub use posted::{NotShown, Posted, PostedReply};
pub use reload::{NewRules, OfOperator};
pub use review::Judging;
pub use settings::{DialogueRules, OperatorRules, Settings};
pub use tally::{Carried, Published, Tally};
pub use ussd::UssdRules;

use full_disk::FullDisk;
use load::Stopwatch;

use crate::clock::{Clock, Now, instant};
use crate::delivery::{Directive, Event, Offer, Report};
use crate::intake::Batch;
use crate::journal::{Changes, JournalError, OperatorId, Outgoing};
use crate::numbers::Numbers;
use crate::traces::Sink;

/// No more events are taken into a beat that has so many octets of them: it is written in one piece.
const OCTETS_A_BEAT: usize = 4 << 20;

/// Reports taken into one beat.
const REPORTS_A_BEAT: usize = 64;

/// Steps over HTTP taken into one beat.
const POSTED_A_BEAT: usize = 256;

/// How soon a commit is tried again that found the disk full.
const FULL_PAUSE: Duration = Duration::from_secs(2);

/// How soon to ask again whether more is to be taken in.
const PATIENCE: Duration = Duration::from_millis(100);

/// How often settled messages are forgotten, and what came often is told.
const FORGET: Duration = Duration::from_secs(10);

/// The ends of the channels between the pipeline and the other rooms.
#[derive(Debug)]
pub struct Channels {
    pub batches: mpsc::Receiver<Batch>,
    pub reports: mpsc::Receiver<Report>,
    /// Steps of USSD dialogues over HTTP.
    pub posted: mpsc::Receiver<Posted>,
    /// What staff orders.
    pub orders: mpsc::Receiver<Ordered>,
    /// What to go by from then on.
    pub rules: mpsc::Receiver<Box<NewRules>>,
    /// Numbers up to which outcomes are published.
    pub published: mpsc::Receiver<u64>,
    /// The lists of numbers; looked at with every beat, since nothing hurries them.
    pub ported: watch::Receiver<Arc<Numbers>>,
    pub blocked: watch::Receiver<Arc<Numbers>>,
    pub reassigned: watch::Receiver<Arc<Numbers>>,
    pub operators: HashMap<OperatorId, mpsc::Sender<Directive>>,
    /// What a commit put into the outbox. While it is full, the outcome room reads the outbox itself.
    pub outgoing: mpsc::Sender<Vec<Outgoing>>,
    /// The last number in the outbox.
    pub last_outgoing: watch::Sender<u64>,
    /// Stages of messages that are traced; those that it does not take are lost.
    pub traces: Option<Sink>,
    /// What the pipeline spends its time with.
    pub load: watch::Sender<Load>,
    /// Why the journal does not take, while it does not.
    pub trouble: watch::Sender<Option<String>>,
    /// No new submissions from now on.
    pub stopping: CancellationToken,
    /// The last beat is to come.
    pub stop: CancellationToken,
}

/// Runs the pipeline until it is told to stop, on the calling thread, which belongs to it.
///
/// # Errors
/// If the journal fails for good. What was not committed was not acknowledged, either.
pub fn run(
    mut core: Core,
    clock: &Clock,
    mut channels: Channels,
    runtime: &tokio::runtime::Handle,
) -> Result<Core, JournalError> {
    let mut undelivered: HashMap<OperatorId, Directive> = HashMap::new();
    let mut returned: Vec<Report> = Vec::new();
    let mut forget_at = clock.now().instant + FORGET;
    let mut stopwatch = Stopwatch::new(instant());
    let mut full_disk = FullDisk::default();
    loop {
        let now = clock.now();
        let deadline = core.deadline(&now).min(forget_at);
        let retry = !undelivered.is_empty() || !returned.is_empty();
        let mut inputs = runtime.block_on(gather(
            &mut channels,
            deadline,
            retry,
            core.events_wanted(&now),
        ));
        inputs.reports.append(&mut returned);
        let last = channels.stop.is_cancelled() && inputs.reports.is_empty();
        let now = clock.now();
        stopwatch.gathered(now.instant);
        let (mut changes, effects) = core.decide(now, inputs)?;
        stopwatch.decided(instant());
        let anything = !changes.is_empty();
        commit(&mut core, &mut changes, &channels, &mut full_disk)?;
        stopwatch.committed(anything, instant());
        if let Some(load) = stopwatch.due(&core, now.instant) {
            channels.load.send_replace(load);
        }
        returned = act(&mut channels, &mut undelivered, changes, effects);
        if last && returned.is_empty() {
            tell(&mut core, &now);
            return publish_the_rest(core, clock, channels, runtime);
        }
        if now.instant >= forget_at {
            // At the end some may be there whose responses were to come yet.
            if let Some(held) = core.more_held() {
                warn!(held, "receipts match no message");
            }
            tell(&mut core, &now);
            forget_at = forget(&mut core, &now, &mut full_disk)?;
        }
    }
}

/// Lets the outcome room publish what the last beats put into the outbox, and notes how far it came.
fn publish_the_rest(
    mut core: Core,
    clock: &Clock,
    channels: Channels,
    runtime: &tokio::runtime::Handle,
) -> Result<Core, JournalError> {
    let Channels {
        mut published,
        outgoing,
        last_outgoing,
        ..
    } = channels;
    drop((outgoing, last_outgoing));
    let mut inputs = Inputs {
        stopping: true,
        ..Inputs::default()
    };
    while let Some(number) = runtime.block_on(published.recv()) {
        inputs.published = Some(number);
    }
    let (mut changes, _) = core.decide(clock.now(), inputs)?;
    core.commit(&mut changes)?;
    Ok(core)
}

/// Waits for the first thing that comes in, and takes what else is there.
async fn gather(
    channels: &mut Channels,
    deadline: Instant,
    retry: bool,
    events_wanted: usize,
) -> Inputs {
    let mut inputs = Inputs {
        stopping: channels.stopping.is_cancelled(),
        ..Inputs::default()
    };
    let retry_soon = Duration::from_millis(if retry { 5 } else { 3_600_000 });
    tokio::select! {
        biased;
        () = channels.stop.cancelled() => {}
        Some(report) = channels.reports.recv() => inputs.reports.push(report),
        Some(batch) = channels.batches.recv(), if events_wanted > 0 => inputs.batches.push(batch),
        () = tokio::time::sleep(PATIENCE), if events_wanted == 0 => {}
        Some(posted) = channels.posted.recv() => inputs.posted.push(posted),
        Some(order) = channels.orders.recv() => inputs.orders.push(order),
        Some(rules) = channels.rules.recv() => inputs.rules = Some(rules),
        Some(published) = channels.published.recv() => inputs.published = Some(published),
        () = tokio::time::sleep_until(deadline.into()) => {}
        () = tokio::time::sleep(retry_soon) => {}
    }
    while inputs.reports.len() < REPORTS_A_BEAT
        && let Ok(report) = channels.reports.try_recv()
    {
        inputs.reports.push(report);
    }
    while size(&inputs.batches, |batch| batch.events.len()) < events_wanted
        && size(&inputs.batches, |batch| batch.octets) < OCTETS_A_BEAT
        && let Ok(batch) = channels.batches.try_recv()
    {
        inputs.batches.push(batch);
    }
    while inputs.posted.len() < POSTED_A_BEAT
        && let Ok(posted) = channels.posted.try_recv()
    {
        inputs.posted.push(posted);
    }
    while let Ok(order) = channels.orders.try_recv() {
        inputs.orders.push(order);
    }
    // Each says what changed since the one before: one a beat.
    if inputs.rules.is_none() {
        inputs.rules = channels.rules.try_recv().ok();
    }
    while let Ok(published) = channels.published.try_recv() {
        inputs.published = Some(published);
    }
    inputs.ported = news(&mut channels.ported);
    inputs.blocked = news(&mut channels.blocked);
    inputs.reassigned = news(&mut channels.reassigned);
    inputs
}

/// How large batches are in all, by a measure.
fn size(batches: &[Batch], of: impl Fn(&Batch) -> usize) -> usize {
    batches.iter().map(of).sum()
}

/// What a channel has that was not seen yet.
fn news<T>(channel: &mut watch::Receiver<Arc<T>>) -> Option<Arc<T>> {
    let changed = channel.has_changed().unwrap_or(false);
    changed.then(|| Arc::clone(&channel.borrow_and_update()))
}

/// Commits; while the disk is full, again and again: everything waits, and nothing is lost.
///
/// # Errors
/// If the journal fails for good, or is still full when the gateway is to stop.
fn commit(
    core: &mut Core,
    changes: &mut Changes,
    channels: &Channels,
    full_disk: &mut FullDisk,
) -> Result<(), JournalError> {
    loop {
        match core.commit(changes) {
            Err(error @ JournalError::Full(_)) if !channels.stopping.is_cancelled() => {
                if let Some(count) = full_disk.found(instant()) {
                    let retry_s = FULL_PAUSE.as_secs();
                    error!(%error, retry_s, count, "nothing is accepted until there is space again");
                }
                channels.trouble.send_replace(Some(error.to_string()));
                std::thread::sleep(FULL_PAUSE);
            }
            done => {
                if done.is_ok() && full_disk.is_over(instant()) {
                    info!("there is space again");
                }
                channels
                    .trouble
                    .send_if_modified(|trouble| trouble.take().is_some());
                return done;
            }
        }
    }
}

/// Does what was decided, now that it is committed; gives back what operators whose tasks have ended do
/// not take.
fn act(
    channels: &mut Channels,
    undelivered: &mut HashMap<OperatorId, Directive>,
    changes: Changes,
    effects: Effects,
) -> Vec<Report> {
    for (reply, verdicts) in effects.replies {
        // Nobody waits any more if its connection went away; the events will come again, as duplicates.
        drop(reply.send(verdicts));
    }
    for (operator, directive) in effects.directives {
        let waiting = undelivered.entry(operator).or_default();
        waiting.submissions.extend(directive.submissions);
        waiting.take_back.extend(directive.take_back);
        waiting.queries.extend(directive.queries);
        waiting.screens.extend(directive.screens);
        waiting.answers.extend(directive.answers);
        waiting.tuning = directive.tuning.after(waiting.tuning);
        waiting.configured = directive.configured.or(waiting.configured);
        waiting.rest = directive.rest.or(waiting.rest);
    }
    for (reply, shown) in effects.shown {
        // Nobody waits any more if the aggregator hung up.
        drop(reply.send(Ok(shown)));
    }
    let mut returned = Vec::new();
    undelivered
        .retain(|operator, directive| !hand_over(channels, *operator, directive, &mut returned));
    if let Some(last) = changes.outgoing.last().map(|outgoing| outgoing.number) {
        // While the channel is full, the outcome room reads the outbox.
        drop(channels.outgoing.try_send(changes.outgoing));
        channels.last_outgoing.send_replace(last);
    }
    if let Some(traces) = &channels.traces {
        traces.send(effects.stages);
    }
    returned
}

/// Gives an operator's task what is for it; says whether that is done with.
fn hand_over(
    channels: &Channels,
    operator: OperatorId,
    directive: &mut Directive,
    returned: &mut Vec<Report>,
) -> bool {
    let Some(channel) = channels.operators.get(&operator) else {
        return true;
    };
    match channel.try_send(std::mem::take(directive)) {
        Ok(()) => true,
        Err(mpsc::error::TrySendError::Full(back)) => {
            *directive = back;
            false
        }
        Err(mpsc::error::TrySendError::Closed(back)) => {
            // Answers that come too late are no loss: the operator brings its requests again.
            let unshown = back.screens.iter().filter(|screen| screen.awaited);
            match unshown.count() {
                0 => {}
                screens => warn!(screens, "USSD screens were not shown: the gateway stops"),
            }
            returned.extend(not_taken(operator, &back));
            true
        }
    }
}

/// What an operator's task would have said of these had it not ended: none was written.
fn not_taken(operator: OperatorId, directive: &Directive) -> Option<Report> {
    let tokens = directive.submissions.iter().map(|it| it.token);
    let events: Vec<_> = tokens.map(Event::Returned).collect();
    (!events.is_empty()).then_some(Report {
        operator,
        events,
        apart: Vec::new(),
        offer: Offer::default(),
    })
}

/// Warns of what came often since it was told last.
fn tell(core: &mut Core, now: &Now) {
    for (operator, count) in core.unnamed_receipts(now.steady) {
        let operator = &*operator;
        warn!(
            operator,
            count, "receipts name no message: neither by an id nor by what else they say"
        );
    }
    for (operator, word, count) in core.unclear_receipts(now.steady) {
        let (operator, word) = (&*operator, &*word);
        warn!(
            operator,
            word, count, "receipts in a word that means no known state: they settle nothing"
        );
    }
    for (operator, why, count) in core.unfit_steps(now.steady) {
        let operator = &*operator;
        warn!(
            operator,
            why,
            count,
            "USSD steps are not in the operator's dialect, or it has none: they are refused; see [operator.ussd]"
        );
    }
    for (operator, count) in core.crowded_steps(now.steady) {
        let operator = &*operator;
        warn!(
            operator,
            count,
            "more phones dial than can be shown anything: the operator is to bring their steps again"
        );
    }
    for (operator, count) in core.texts_put_off(now.steady) {
        let operator = &*operator;
        warn!(
            operator,
            count, "citizens' texts could not be read in time: the operator is to bring them again"
        );
    }
    for (operator, status, count) in core.refused_pushes(now.steady) {
        let operator = &*operator;
        warn!(operator, %status, count, "the operator refuses a push to a screen: it goes as an SMS; see push in [operator.ussd]");
    }
    for (operator, status, message, count) in core.refusals(now.steady) {
        let operator = &*operator;
        warn!(operator, %status, count, first = %message, "the operator refuses what we send: check the sender and the account's settings");
    }
    for ((right, agency), (), count) in core.not_entitled(now.steady) {
        let agency = &*agency;
        match right {
            Right::Urgent => warn!(
                agency,
                count, "urgent without a right to it: treated as normal"
            ),
            Right::Legal => warn!(
                agency,
                count, "legal without a right to it: opt-outs hold for it"
            ),
        }
    }
    for (agency, message, count) in core.clocks_ahead(now.steady) {
        let agency = &*agency;
        warn!(agency, count, first = %message, "events of a time more than five minutes ahead count as of now: check the agency's clock");
    }
    for (news, message, count) in core.without_text(now.steady) {
        let (agency, service, status) = (&*news.agency, &*news.service, &*news.status);
        warn!(agency, service, status, count, first = %message, "there is no text for this status: its citizens are not told");
    }
    for (place, why, count) in core.left_out(now.steady) {
        let (agency, service, status) = (&*place.agency, &*place.service, &*place.status);
        let parameter = &*place.parameter;
        warn!(agency, service, status, parameter, %why, count, "values that a text does not take, or has no room for, are left out of it");
    }
}

fn forget(core: &mut Core, now: &Now, full_disk: &mut FullDisk) -> Result<Instant, JournalError> {
    match core.forget(now) {
        Ok(true) => Ok(now.instant),
        Ok(false) => Ok(now.instant + FORGET),
        Err(JournalError::Full(path)) => {
            if let Some(count) = full_disk.found(now.instant) {
                info!(path = %path.display(), count, "nothing is forgotten while the disk is full");
            }
            Ok(now.instant + FORGET)
        }
        Err(error) => Err(error),
    }
}
