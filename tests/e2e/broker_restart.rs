//! The broker may die in mid-run: whatever it had confirmed, and whatever the gateway had taken, is told to its end.

use std::time::Duration;

use crate::support::broker;
use crate::support::events::samples;
use crate::support::soon;
use crate::support::world::World;
use tokio::time::sleep;
use xabar::simulator::Behaviour;
use xabar_events::Notification;

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_killed_in_mid_run_loses_neither_events_nor_outcomes() {
    let behaviour = Behaviour {
        latency: "20ms+20ms".parse().unwrap(),
        ..Behaviour::default()
    };
    let broker = broker::own();
    let mut world = World::new(broker, behaviour, |config| config.tps = Some(100)).await;
    let gateway = world.ready().await;
    for seed in [7, 8] {
        // Enough that some are left to send once the broker is dead, however long that takes.
        let part = &apart(seed, samples(seed, 1_000));
        world.publish(part.to_vec()).await;
        world.until_some_ended(part, 100).await;
        let killed = tokio::task::spawn_blocking(|| broker.kill());
        killed.await.unwrap();
        let meanwhile = world.tape().await.entries().len();
        // What the journal has goes out though no broker is there.
        let goes_on = async {
            while world.tape().await.entries().len() < meanwhile + 50 {
                sleep(Duration::from_millis(20)).await;
            }
        };
        soon("submissions without a broker", goes_on).await;
        let resumed = tokio::task::spawn_blocking(|| broker.resume());
        resumed.await.unwrap();
    }
    world.publish(apart(9, samples(9, 100))).await;
    world.until_all_ended(Duration::from_secs(60)).await;
    gateway.stop_within(world.config.shutdown).await;
    let tally = world.check().await;
    assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
}

/// Other applications than those of another seed.
fn apart(seed: u64, mut events: Vec<Notification>) -> Vec<Notification> {
    for event in &mut events {
        let application = format!("{seed}-{}", event.application.as_str());
        event.application = application.parse().expect("a number with two more letters");
    }
    events
}
