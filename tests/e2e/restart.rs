//! A gateway that is killed loses nothing, and sends hardly anything twice.

use std::time::Duration;

use crate::support::broker;
use crate::support::events::stories;
use crate::support::world::World;
use tokio::time::sleep;
use xabar::simulator::Behaviour;
use xabar_events::State;

/// How often the gateway is killed in one test.
const KILLS: usize = 4;

const MILLISECOND: Duration = Duration::from_millis(1);

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
    let mut parts = events.chunks(events.len().div_ceil(2 * KILLS));
    for life in 1..=KILLS {
        let [in_peace, in_haste] = [(); 2].map(|()| parts.next().unwrap());
        world.publish(in_peace.to_vec()).await;
        world.until_some_ended(in_peace, in_peace.len() / 3).await;
        // This time while events come in, too.
        world.expect(in_haste.to_vec());
        let killed = async {
            // Each time at another moment.
            sleep(30 * u32::try_from(life).unwrap() * MILLISECOND).await;
            gateway.kill();
        };
        tokio::join!(world.repeat(in_haste), killed);
        gateway = world.ready().await;
    }
    world.until_all_ended(Duration::from_secs(60)).await;
    gateway.stop_within(Duration::from_secs(10)).await;

    let tally = world.check().await;
    assert!(tally.repeated <= world.repeats_allowed(KILLS), "{tally:?}");
    assert_eq!(tally.ended(State::Failed), 0, "{tally:?}");
}
