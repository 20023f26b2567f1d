//! From publish to submit, at a rate that leaves the gateway idle most of the time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use tokio::time::{sleep, sleep_until, timeout};
use xabar_events::Notification;

use super::events::{Load, publication};
use super::preload::Preloaded;
use super::process::Watched;
use super::scenario::Scenario;
use super::stage::{Stage, failed};
use super::statistics::Percentiles;
use super::{Failure, disk, gateway, progress, publishing};
use crate::broker;
use crate::clock::{Clock, UnixMillis, instant};
use crate::simulator::{Handle, Simulator, Tape};

/// What was measured.
pub(super) struct Latency {
    /// Events a second that were to be published.
    pub(super) rate: u32,
    /// Milliseconds from just before an event is published until the SMSC has its submit_sm.
    pub(super) publish_to_submit: Percentiles,
    /// Milliseconds to write and fdatasync, in the folder of the journal, before and after.
    pub(super) disk: Percentiles,
}

/// What comes first, until connections are made and caches are warm, does not count.
const WARM_UP: Duration = Duration::from_secs(1);
/// Within that a gateway that has bound asks for events, too.
const SUBSCRIBED: Duration = Duration::from_millis(500);
/// How long the last ones may take.
const PATIENCE: Duration = Duration::from_secs(30);

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
    let mut child = gateway::start(&setup, &stage.names, simulator.address(), &folder)?;
    let bar = progress::bar(format!("publish to submit at {rate} a second"), messages);
    let handle = simulator.handle();
    gateway::until_bound(&handle, &mut child).await?;
    sleep(SUBSCRIBED).await;
    let sent = publish(&stage, &setup, rate, &bar).await?;
    let tape = submitted(&handle, messages, &mut child).await?;
    bar.finish_and_clear();
    disk.extend(writes(&folder)?);
    child.terminate()?;
    child.ended_well()?;
    stage.close().await;
    let times = times(&sent, &tape, &simulator);
    if times.len() as u64 != messages {
        let submitted = times.len();
        let what = format!("submitted {submitted} of {messages} events, so it has no figures");
        return Err(child.failure(&what));
    }
    let counted = times
        .into_iter()
        .skip(usize::try_from(warm_up).unwrap_or(0));
    Ok(Latency {
        rate,
        publish_to_submit: Percentiles::of(counted),
        disk: Percentiles::of(disk),
    })
}

fn writes(folder: &std::path::Path) -> Result<Vec<f64>, Failure> {
    disk::writes(folder).map_err(|error| Failure::caused("cannot measure the disk", error))
}

/// Publishes at the rate; when each event was begun.
async fn publish(
    stage: &Stage,
    setup: &Scenario<'_>,
    rate: u32,
    bar: &ProgressBar,
) -> Result<Vec<(u64, Instant)>, Failure> {
    let channel = stage.confirming_channel().await?;
    let now = Clock::starting_after(UnixMillis::default()).now().wall;
    // Made before, so that nothing but publishing takes time then.
    let events: Vec<Notification> = setup.load.events(now).collect();
    let made: Vec<_> = events.iter().map(publication).collect();
    let (mut sent, mut confirms) = (Vec::with_capacity(events.len()), Vec::new());
    let start = instant();
    for ((event, publication), number) in events.iter().zip(&made).zip(0_u32..) {
        sleep_until((start + Duration::from_secs(1) * number / rate).into()).await;
        sent.push((event.msisdn.as_u64(), instant()));
        let begun = broker::publish(&channel, &stage.names.exchange, [publication]).await;
        confirms.extend(begun.map_err(failed)?);
        bar.inc(1);
    }
    publishing::settle(confirms, &ProgressBar::hidden()).await?;
    Ok(sent)
}

/// Waits until all were submitted.
async fn submitted(handle: &Handle, messages: u64, child: &mut Watched) -> Result<Tape, Failure> {
    let all = async {
        while handle.figures().await?.submits < messages {
            sleep(Duration::from_millis(20)).await;
        }
        handle.tape().await
    };
    match timeout(PATIENCE, all).await {
        Ok(tape) => Ok(tape?),
        Err(_) => Err(child.failure("does not submit everything")),
    }
}

/// In the order of publishing, in milliseconds.
fn times(sent: &[(u64, Instant)], tape: &Tape, simulator: &Simulator) -> Vec<f64> {
    let came: HashMap<u64, Duration> = tape
        .entries()
        .iter()
        .map(|entry| (entry.to, entry.at))
        .collect();
    let times = sent.iter().filter_map(|(to, at)| {
        let came = simulator.started() + *came.get(to)?;
        Some(came.saturating_duration_since(*at).as_secs_f64() * 1000.0)
    });
    times.collect()
}
