//! A list of numbers that get nothing holds from the moment when it is written, over a real broker and sockets.

use std::time::Duration;

use crate::support::broker;
use crate::support::events::samples;
use crate::support::world::World;
use xabar::simulator::Behaviour;
use xabar_events::State;

const LONG: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_comes_on_a_list_gets_nothing_from_then_on() {
    let mut world = World::new(broker::shared(), Behaviour::default(), |_| {}).await;
    let toml = world.config.to_toml() + "\n[numbers]\nblocked = \"blocked.csv\"\n";
    world.home.configure(&toml);
    let list = world.home.path("blocked.csv");
    std::fs::write(&list, "msisdn\n").unwrap();
    let gateway = world.ready().await;
    let mut events = samples(7, 2);
    events[1].msisdn = events[0].msisdn;
    world.publish(vec![events[0].clone()]).await;
    world.until_all_ended(LONG).await;
    std::fs::write(&list, format!("{}\n", events[0].msisdn.digits())).unwrap();
    gateway.until_told("list of numbers read again", 1).await;
    world.publish(vec![events[1].clone()]).await;
    world.until_all_ended(LONG).await;
    gateway.stop_within(world.config.shutdown).await;
    let tally = world.check().await;
    assert_eq!(tally.ended(State::Delivered), 1, "{tally:?}");
    assert_eq!(tally.ended(State::Suppressed), 1, "{tally:?}");
}
