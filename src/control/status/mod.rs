//! How the gateway does at the moment: for `xabar ctl status`, HTTP and metrics.
//!
//! In: what links and pipeline counted, four times a second. Out: a [`Status`], which serde writes for scripts.

pub mod bottleneck;
mod measured;
mod night;
mod recent;
mod shown;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use xabar_events::Reason;

pub use bottleneck::{Bottleneck, Limit};
use measured::status;
pub use recent::Configured;
use recent::Recent;
pub(super) use recent::{SPAN, Sample, used};
pub use shown::{
    Draining, LinkStanding, LookupStatus, OperatorStatus, OutcomesStatus, Paused, QueueStatus,
    ResponseMillis, State, Status,
};

use super::readiness::Readiness;
use super::settings::{QuietHours, Settings};
use super::standing::{Key, Standing};
use crate::broker::BrokerState;
use crate::clock::{Clock, UnixMillis, instant};
use crate::delivery::LinkState;
use crate::intake::amqp::Queued;
use crate::journal::{Backlog, Reader};
use crate::lookup::Counts;
use crate::pipeline::{Judging, Load};

/// How often everything is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// How often the backlog is read, in looks.
const BACKLOG: u32 = 4;

/// An operator, and where its link shows itself.
#[derive(Clone, Debug)]
pub struct Observed {
    pub operator: Configured,
    pub link: watch::Receiver<LinkState>,
}

/// What is observed.
pub struct Sources {
    pub operators: Vec<Observed>,
    pub load: watch::Receiver<Load>,
    pub readiness: Readiness,
    pub looked_up: Option<watch::Receiver<Counts>>,
    /// What waits in the broker's queue, where there is one.
    pub queued: Option<watch::Receiver<Option<Queued>>>,
    /// Whether outcomes can be published.
    pub outcomes: watch::Receiver<BrokerState>,
    pub reader: Box<dyn Reader>,
    /// What staff ordered, and what of that is kept.
    pub standing: Standing,
    pub settings: watch::Receiver<Arc<Settings>>,
    pub clock: Clock,
}

/// Looks at everything until stopped, and shows how the gateway does.
pub async fn observe(
    sources: Sources,
    shown: watch::Sender<Option<Arc<Status>>>,
    stop: CancellationToken,
) {
    let Sources {
        operators,
        load,
        readiness,
        looked_up,
        queued,
        outcomes,
        mut reader,
        standing,
        settings,
        clock,
    } = sources;
    let mut recent = Recent::default();
    let mut backlog = Backlog::default();
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for look in (0..BACKLOG).cycle() {
        tokio::select! {
            _ = looks.tick() => {}
            () = stop.cancelled() => return,
        }
        recent.add(Sample {
            at: instant(),
            load: load.borrow().clone(),
            links: operators.iter().map(|it| *it.link.borrow()).collect(),
            looked_up: looked_up.as_ref().map(|counts| *counts.borrow()),
        });
        if look == 0 {
            let read = tokio::task::spawn_blocking(move || (reader.backlog(), reader)).await;
            let Ok((read, same)) = read else {
                return;
            };
            reader = same;
            // One that cannot be read at the moment is the one of before.
            backlog = read.unwrap_or(backlog);
        }
        let mut status = status(&operators, &recent, &backlog, &readiness);
        let judging = load.borrow().judging;
        let night = settings.borrow().subscriber.quiet_hours.clone();
        tell_of_the_night(&mut status, night.as_ref(), clock.now().wall);
        tell_what_is_judged_anew(&mut status, judging);
        tell_what_is_queued(&mut status, queued.as_ref().and_then(|it| *it.borrow()));
        tell_what_holds_outcomes(&mut status, &outcomes.borrow());
        tell_what_stands(&mut status, &operators, &standing);
        shown.send_replace(Some(Arc::new(status)));
    }
}

/// Adds the times of the night if that is the limit.
fn tell_of_the_night(status: &mut Status, night: Option<&QuietHours>, now: UnixMillis) {
    let waits = status.deferred.get(Reason::QuietHours.as_str());
    if let Some(count) = waits.filter(|_| status.bottleneck.limit == Limit::QuietHours) {
        status.bottleneck.advice = night::advice(*count, night, now);
    }
}

/// Adds how far what waits is judged anew; where messages that are due wait for that, it is the limit unless there is another.
fn tell_what_is_judged_anew(status: &mut Status, judging: Option<Judging>) {
    let Some(Judging { judged, holds_up }) = judging else {
        return;
    };
    let told = format!(
        "what waits is judged anew by the rules and the clock of now, {judged} of {} messages so far",
        status.backlog
    );
    let Bottleneck { limit, advice, .. } = &mut status.bottleneck;
    match *limit {
        Limit::Idle | Limit::QuietHours | Limit::SubscriberLimits if holds_up => {
            *limit = Limit::Cpu;
            *advice = format!("{told}; normal and bulk ones that are due go after that");
        }
        _ => *advice = format!("{advice}; {told}"),
    }
}

/// Adds what waits at the broker, to what is advised if that is the limit, too.
fn tell_what_is_queued(status: &mut Status, queued: Option<Queued>) {
    status.queue = queued.map(QueueStatus::from);
    let Some(QueueStatus { events, at }) = status.queue else {
        return;
    };
    if status.bottleneck.limit == Limit::Broker {
        let advice = &mut status.bottleneck.advice;
        *advice = format!("{advice}; {events} events waited in its queue at {at}");
    }
}

/// Adds why no outcomes are published. Messages go on meanwhile, so that is no limit.
fn tell_what_holds_outcomes(status: &mut Status, broker: &BrokerState) {
    status.outcomes.held_by = match broker {
        BrokerState::Ready => None,
        BrokerState::Waiting(why) => Some(why.clone()),
    };
}

/// Adds what is set, and which of it is kept.
fn tell_what_stands(status: &mut Status, observed: &[Observed], standing: &Standing) {
    status.set = standing.pace();
    let kept = standing.paused();
    for paused in &mut status.paused {
        paused.kept = kept.iter().any(|it| it.kept && it.is_same(paused));
    }
    for operator in &mut status.operators {
        operator.set = standing.set(&operator.name);
        let Some(set) = operator.set.get(&Key::Sessions) else {
            continue;
        };
        let mut observed = observed.iter().map(|it| &it.operator);
        let of_each = usize::try_from(set.to).unwrap_or(usize::MAX);
        if let Some(configured) = observed.find(|it| it.name == operator.name) {
            operator.sessions_wanted = Some(configured.sessions(of_each));
        }
        let is_there = operator.sessions_wanted <= Some(operator.sessions);
        if operator.state == LinkStanding::PartlyBound && is_there {
            operator.state = LinkStanding::Bound;
        }
    }
}
