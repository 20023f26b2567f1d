//! What publisher and simulator can do by themselves, to see that they hold nothing up.

use std::time::Duration;

use super::check::{accept, differs, faults_of_submitting};
use super::course::{Cost, Course};
use super::events::Load;
use super::scenario::Scenario;
use super::stage::Stage;
use super::{Failure, floor, progress, publishing};
use crate::clock::{Clock, UnixMillis};
use crate::simulator::Figures;

/// It is so quick that a run's messages would be over before there is much to measure.
const TIMES: u64 = 3;
const LEAST: u64 = 30_000;
const MOST: u64 = 1_000_000;

/// Messages a second that the floor's SMPP end alone, without a broker, gets submitted and hears
/// of by receipt.
pub(super) async fn simulator(setup: &Scenario<'_>) -> Result<f64, Failure> {
    let load = Load {
        messages: (setup.load.messages * TIMES).clamp(LEAST, MOST),
        ..setup.load
    };
    let setup = Scenario { load, ..*setup };
    let simulator = setup.simulator().await?;
    let handle = simulator.handle();
    let progress = progress::bar("the simulated operator alone".into(), setup.load.messages);
    let mut child = floor::start(&setup.plan(&simulator, None))?;
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
    simulators_rate(&cost, &handle.figures().await?, setup.load.messages)
}

/// None, if it did not get and tell of every message.
fn simulators_rate(cost: &Cost, figures: &Figures, messages: u64) -> Result<f64, Failure> {
    accept(
        "simulated operator",
        &faults_of_submitting(figures, messages),
    )?;
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
    publishers_rate(took, there, setup.load.messages)
}

/// None, if not all of its events are in the queue.
fn publishers_rate(took: Duration, there: u64, messages: u64) -> Result<f64, Failure> {
    let fault = differs(there, messages, "events are in the queue");
    accept("publisher", fault.as_slice())?;
    Ok(messages as f64 / took.as_secs_f64().max(f64::MIN_POSITIVE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(rate: Result<f64, Failure>, why: &str) -> bool {
        matches!(rate, Err(Failure::Failed(told, None)) if told.contains(why))
    }

    #[test]
    fn a_simulator_that_did_not_get_everything_has_no_rate() {
        let cost = Cost {
            rate: 400_000.0,
            cpu_us: 3.0,
            rss_kib: 20_000,
            broker_us: None,
        };
        let mut figures = Figures {
            submits: 1000,
            accepted: 1000,
            ..Figures::default()
        };
        figures.deliveries.acked = 1000;
        assert_eq!(simulators_rate(&cost, &figures, 1000).unwrap(), 400_000.0);
        let lost = simulators_rate(&cost, &figures, 1001);
        assert!(is_refused(lost, "1000 submit_sm came, not 1001"));
    }

    #[test]
    fn a_publisher_whose_events_are_not_all_there_has_no_rate() {
        let two = Duration::from_secs(2);
        assert_eq!(publishers_rate(two, 1000, 1000).unwrap(), 500.0);
        let lost = publishers_rate(two, 999, 1000);
        assert!(is_refused(lost, "999 events are in the queue, not 1000"));
    }
}
