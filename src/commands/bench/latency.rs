//! From publish to submit, at a rate that leaves the gateway idle most of the time.
//!
//! Time counts from the moment at which an event was due, whenever it was published: a publisher that is held up would
//! otherwise hide how long what it had to publish meanwhile waited.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use xabar_events::Notification;

use super::check::accept;
use super::commits::{self, Commits};
use super::events::{Load, publication};
use super::preload::Preloaded;
use super::process::Watched;
use super::scenario::Scenario;
use super::stage::{Stage, failed};
use super::statistics::Percentiles;
use super::{Failure, course, disk, gateway, harvest, progress, publishing};
use crate::broker;
use crate::clock::{Clock, UnixMillis, instant};
use crate::simulator::Handle;

/// What was measured.
pub(super) struct Latency {
    /// Events a second that were published.
    pub(super) rate: u32,
    /// Milliseconds from when an event is due to be published until the SMSC has its submit_sm.
    pub(super) publish_to_submit: Percentiles,
    /// What the journal took to make something durable.
    pub(super) commits: Commits,
    /// Milliseconds to write and fdatasync, in the folder of the journal, before and after.
    pub(super) disk: Percentiles,
}

/// What comes first, until connections are made and caches are warm, does not count.
const WARM_UP: Duration = Duration::from_secs(1);
/// Within that a gateway that has bound asks for events, too.
const SUBSCRIBED: Duration = Duration::from_millis(500);
/// How long the last ones may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// A publisher that is so far behind does not reach the rate.
const FAR_BEHIND: Duration = Duration::from_secs(1);

pub(super) async fn measure(
    setup: &Scenario<'_>,
    preloaded: Option<&Preloaded>,
    rate: u32,
    seconds: u32,
) -> Result<Latency, Failure> {
    let warm_up = u64::from(rate) * WARM_UP.as_secs();
    let messages = warm_up + u64::from(rate) * u64::from(seconds);
    let load = Load {
        messages,
        subscribers: messages,
        ..setup.load
    };
    let setup = Scenario { load, ..*setup };
    let folder = setup.folder.fresh("latency")?;
    if let Some(preloaded) = preloaded {
        preloaded.copy_to(&folder)?;
    }
    let stage = Stage::open(setup.url).await?;
    let simulator = setup.simulator().await?;
    let mut disk = writes(&folder)?;
    let (names, smsc) = (&stage.names, simulator.address());
    let http = commits::listener()?;
    let mut child = gateway::start(&setup, names, smsc, Some(http), &folder)?;
    let bar = progress::bar(format!("publish to submit at {rate} a second"), messages);
    let handle = simulator.handle();
    gateway::until_bound(&handle, &mut child).await?;
    sleep(SUBSCRIBED).await;
    let (pace, subscribers) = tokio::select! {
        published = publishing::unless_blocked(&stage, publish(&stage, &setup, rate, &bar)) => published?,
        over = child.until_over() => return Err(over),
    };
    until_delivered(&handle, &stage, messages, &mut child).await?;
    bar.finish_and_clear();
    let commits = Commits::of(http).await;
    child.ensure_runs()?;
    disk.extend(writes(&folder)?);
    child.terminate()?;
    child.ended_well()?;
    let (tape, started) = (handle.tape().await?, simulator.started());
    let aftermath = harvest::aftermath(stage, simulator, true).await?;
    accept("gateway", &aftermath.faults_of_gateway(messages))?;
    let came = tape.entries().iter();
    let came = came.map(|entry| (entry.to, started + entry.at)).collect();
    let counted = times(pace, &subscribers, &came)
        .into_iter()
        .skip(usize::try_from(warm_up).unwrap_or(0));
    Ok(Latency {
        rate,
        publish_to_submit: Percentiles::of(counted),
        commits: commits?,
        disk: Percentiles::of(disk),
    })
}

fn writes(folder: &std::path::Path) -> Result<Vec<f64>, Failure> {
    disk::writes(folder).map_err(|error| Failure::caused("cannot measure the disk", error))
}

/// When each event is due.
#[derive(Clone, Copy)]
struct Pace {
    start: Instant,
    rate: u32,
}

impl Pace {
    fn due(self, number: u32) -> Instant {
        self.start + Duration::from_secs(1) * number / self.rate
    }

    /// At this moment the event of this number is begun: is that still the rate?
    fn ensure_kept(self, number: u32, now: Instant) -> Result<(), Failure> {
        let behind = now.saturating_duration_since(self.due(number));
        match behind <= FAR_BEHIND {
            true => Ok(()),
            false => Err(Failure::because(format!(
                "the publisher cannot make {} events a second: after {number} it is {} ms behind",
                self.rate,
                behind.as_millis()
            ))),
        }
    }

    /// A number whenever one is due. On a thread of its own, since the runtime's timers are late by up to a millisecond.
    fn beat(self, numbers: u32) -> mpsc::Receiver<u32> {
        let (due, coming) = mpsc::channel(1);
        std::thread::spawn(move || {
            for number in 0..numbers {
                std::thread::sleep(self.due(number).saturating_duration_since(instant()));
                if due.blocking_send(number).is_err() {
                    break;
                }
            }
        });
        coming
    }
}

/// Publishes at a pace; to whom, in order.
async fn publish(
    stage: &Stage,
    setup: &Scenario<'_>,
    rate: u32,
    bar: &ProgressBar,
) -> Result<(Pace, Vec<u64>), Failure> {
    let channel = stage.confirming_channel().await?;
    let now = Clock::starting_after(UnixMillis::default()).now().wall;
    // Made before, so that nothing but publishing takes time then.
    let events: Vec<Notification> = setup.load.events(now).collect();
    let made: Vec<_> = events.iter().map(publication).collect();
    let mut confirms = Vec::with_capacity(made.len());
    let start = instant();
    let pace = Pace { start, rate };
    let mut due = pace.beat(u32::try_from(made.len()).unwrap_or(u32::MAX));
    for publication in &made {
        let Some(number) = due.recv().await else {
            break;
        };
        pace.ensure_kept(number, instant())?;
        let begun = broker::publish(&channel, &stage.names.exchange, [publication]).await;
        confirms.extend(begun.map_err(failed)?);
        bar.inc(1);
    }
    publishing::settle(confirms, &ProgressBar::hidden()).await?;
    let subscribers = events.iter().map(|event| event.msisdn.as_u64());
    Ok((pace, subscribers.collect()))
}

/// Waits until all were submitted and their receipts answered.
async fn until_delivered(
    handle: &Handle,
    stage: &Stage,
    messages: u64,
    child: &mut Watched,
) -> Result<(), Failure> {
    let all = async {
        while handle.figures().await?.deliveries.acked < messages {
            child.ensure_runs()?;
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    };
    if let Ok(done) = timeout(PATIENCE, all).await {
        return done;
    }
    let so_far = course::so_far(handle, Some(stage), messages).await;
    Err(child.failure(&format!("does not submit everything: {so_far}")))
}

/// In milliseconds, in the order in which they were due. Each goes to another subscriber.
fn times(pace: Pace, subscribers: &[u64], came: &HashMap<u64, Instant>) -> Vec<f64> {
    let times = (0..).zip(subscribers).filter_map(|(number, to)| {
        let waited = came.get(to)?.saturating_duration_since(pace.due(number));
        Some(waited.as_secs_f64() * 1000.0)
    });
    times.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_counts_from_when_an_event_was_due_and_a_late_publisher_is_refused() {
        let start = instant();
        let pace = Pace { start, rate: 500 };
        let after = |ms| start + Duration::from_millis(ms);
        // A publisher that slept for 10 ms lets the first six go out together.
        let came = (0..6).map(|number| (number, after(11))).collect();
        let waited = [11.0, 9.0, 7.0, 5.0, 3.0, 1.0];
        assert_eq!(times(pace, &[0, 1, 2, 3, 4, 5], &came), waited);
        assert!(pace.ensure_kept(500, after(2000)).is_ok());
        assert!(pace.ensure_kept(500, after(2001)).is_err());
    }
}
