//! What publisher and simulator can do by themselves, to see that they hold nothing up.

use super::check::{accept, differs, faults_of_submitting};
use super::course::Course;
use super::events::Load;
use super::scenario::Scenario;
use super::stage::Stage;
use super::{Failure, floor, progress, publishing};
use crate::clock::{Clock, UnixMillis};

/// It is so quick that a run's messages would be over before there is much to measure.
const TIMES: u64 = 3;
const MOST: u64 = 1_000_000;

/// Messages a second that the floor's SMPP end alone, without a broker, gets submitted and hears
/// of by receipt.
pub(super) async fn simulator(setup: &Scenario<'_>) -> Result<f64, Failure> {
    let load = Load {
        messages: (setup.load.messages * TIMES).min(MOST),
        ..setup.load
    };
    let setup = Scenario { load, ..*setup };
    let simulator = setup.simulator().await?;
    let handle = simulator.handle();
    let progress = progress::bar("the simulated operator alone".into(), setup.load.messages);
    let mut child = floor::start(&setup.plan(&simulator, None), setup.folder.path())?;
    let course = Course {
        child: &mut child,
        simulator: &handle,
        stage: None,
        broker: None,
        messages: setup.load.messages,
        progress: &progress,
    };
    let cost = course.follow(false).await?;
    progress.finish_and_clear();
    let faults = faults_of_submitting(&handle.figures().await?, setup.load.messages);
    accept("simulated operator", &faults)?;
    Ok(cost.rate)
}

/// Events a second that go into a queue that nobody reads.
pub(super) async fn publisher(setup: &Scenario<'_>) -> Result<f64, Failure> {
    let stage = Stage::open(setup.url).await?;
    let progress = progress::bar("the publisher alone".into(), setup.load.messages);
    let now = Clock::starting_after(UnixMillis::default()).now().wall;
    let took = publishing::fill(&stage, setup.load, now, &progress).await?;
    progress.finish_and_clear();
    let there = stage.ready(&stage.names.queue).await?;
    stage.close().await;
    let fault = differs(there, setup.load.messages, "events are in the queue");
    accept("publisher", fault.as_slice())?;
    Ok(setup.load.messages as f64 / took.as_secs_f64().max(f64::MIN_POSITIVE))
}
