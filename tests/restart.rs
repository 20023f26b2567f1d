//! A gateway that is killed loses nothing, and sends hardly anything twice.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod support;

use std::time::Duration;

use support::broker;
use support::events::stories;
use support::world::World;
use xabar::simulator::Behaviour;
use xabar_events::State;

/// How often the gateway is killed in one test.
const KILLS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn kill_dash_nine_loses_nothing_and_repeats_only_what_was_in_flight() {
    let behaviour = Behaviour {
        latency: "30ms+20ms".parse().unwrap(),
        ..Behaviour::default()
    };
    let mut world = World::new(broker::shared(), behaviour, |config| {
        config.tps = Some(400);
        config.limits = vec![(2, 2), (4, 6)];
    })
    .await;
    let mut gateway = world.ready().await;
    let events = stories(7, 1000, 600);
    let per_life = events.len() / KILLS;
    let mut lives = events.chunks(per_life);
    for _ in 0..KILLS {
        world.publish(lives.next().unwrap().to_vec()).await;
        let (ended, half) = (world.ended(), per_life / 3);
        world
            .until_ended(ended + half, Duration::from_secs(30))
            .await;
        gateway.kill();
        gateway = world.ready().await;
    }
    for rest in lives {
        world.publish(rest.to_vec()).await;
    }
    world.until_all_ended(Duration::from_secs(60)).await;
    gateway.stop_within(Duration::from_secs(10)).await;

    let tally = world.check().await;
    assert!(tally.repeated <= world.repeats_allowed(KILLS), "{tally:?}");
    assert_eq!(tally.ended(State::Failed), 0, "{tally:?}");
}
