//! An operator's SMSC misbehaves in every way that the simulator knows, and the promises hold.
//!
//! Each test but that of alphabets ends with `World::check`: nothing is lost, only what was uncertain is repeated and each
//! repeat is told, threads keep their order, and no sliding second has more than the TPS.

mod alphabets;
mod answers;
mod connections;
mod mixed;
mod receipts;

use std::time::Duration;

use crate::support::broker;
use crate::support::config::Config;
use crate::support::events::stories;
use crate::support::gateway::{Gateway, Log};
use crate::support::world::{Tally, World};
use tokio::time::sleep;
use xabar::simulator::{Behaviour, Figures};
use xabar_events::Notification;

const LONG: Duration = Duration::from_secs(60);

/// What is there once a gateway has carried its events and stopped.
struct Carried {
    world: World,
    tally: Tally,
    figures: Figures,
    log: Log,
}

/// Publishes events to a gateway whose SMSC behaves so, and holds the promises.
async fn carry(behaviour: Behaviour, events: Vec<Notification>) -> Carried {
    carry_with(behaviour, events, |_| ()).await
}

/// The same with another configuration.
async fn carry_with(
    behaviour: Behaviour,
    events: Vec<Notification>,
    change: impl FnOnce(&mut Config),
) -> Carried {
    let (mut world, gateway) = start(behaviour, change).await;
    let are_stories = events.iter().any(is_second);
    world.publish_in_turn(events).await;
    let carried = end(world, gateway).await;
    let tally = &carried.tally;
    assert!(tally.successors > 0 || !are_stories, "{tally:?}");
    carried
}

/// Whether it is the second status of a story.
fn is_second(event: &Notification) -> bool {
    event.key.id.as_str().ends_with("-1")
}

/// Lets one gateway meet one behaviour after the other, so many applications each with all their statuses: all arrive, and
/// none is sent twice.
async fn all_arrive_once(behaviours: Vec<Behaviour>, applications: usize) -> Carried {
    let (mut world, gateway) = start(Behaviour::default(), |_| ()).await;
    let handle = world.smsc.handle();
    let mut published = 0;
    for (seed, behaviour) in (7..).zip(behaviours) {
        handle.set_behaviour(behaviour.clone()).await.unwrap();
        let events = stories(seed, applications, applications);
        published += events.len();
        world.publish_in_turn(events).await;
        until_settled(&world, published, &behaviour).await;
    }
    let carried = finish(world, gateway).await;
    let tally = &carried.tally;
    assert_eq!(tally.arrived(), published, "{tally:?}");
    assert!(tally.successors > 0, "{tally:?}");
    assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
    carried
}

/// A gateway that is ready, held to 400 PDUs a second.
async fn start(behaviour: Behaviour, change: impl FnOnce(&mut Config)) -> (World, Gateway) {
    let world = World::new(broker::shared(), behaviour, |config| {
        config.tps = Some(400);
        change(config);
    });
    let world = world.await;
    let gateway = world.ready().await;
    (world, gateway)
}

/// Waits for all ends and all receipts, stops the gateway and holds the promises.
async fn end(world: World, gateway: Gateway) -> Carried {
    world.until_all_ended(LONG).await;
    world.until_acknowledged().await;
    finish(world, gateway).await
}

/// Stops the gateway and holds the promises.
async fn finish(world: World, gateway: Gateway) -> Carried {
    let log = gateway.stop_within(world.config.shutdown).await;
    let tally = world.check().await;
    let figures = world.smsc.handle().figures().await.unwrap();
    Carried {
        world,
        tally,
        figures,
        log,
    }
}

/// Waits until so many messages have ended and no receipt is under way, or says what they met.
async fn until_settled(world: &World, published: usize, behaviour: &Behaviour) {
    for _ in 0..1_200 {
        let figures = world.smsc.handle().figures().await.unwrap();
        if world.ended() >= published && figures.deliveries.pending == 0 {
            return;
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("{} of {published} ended; {behaviour:?}", world.ended());
}
