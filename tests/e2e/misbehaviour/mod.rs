//! An operator's SMSC misbehaves in every way that the simulator knows, and the promises hold.
//!
//! Each test ends with `World::check`: nothing is lost, only what was uncertain is repeated and each
//! repeat is told, threads keep their order, and no sliding second has more than the TPS.

mod answers;
mod connections;
mod mixed;
mod receipts;

use std::time::Duration;

use crate::support::broker;
use crate::support::config::Config;
use crate::support::events::samples;
use crate::support::gateway::{Gateway, Log};
use crate::support::world::{Tally, World};
use tokio::time::sleep;
use xabar::simulator::{Behaviour, Figures};
use xabar_events::{Notification, State};

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
    world.publish(events).await;
    world.until_all_ended(LONG).await;
    world.until_acknowledged().await;
    finish(world, gateway).await
}

/// Lets one gateway meet one behaviour after the other, so many messages each: all are delivered,
/// and none is sent twice.
async fn all_delivered_once(behaviours: Vec<Behaviour>, messages: usize) -> Carried {
    let (mut world, gateway) = start(Behaviour::default(), |_| ()).await;
    let handle = world.smsc.handle();
    let mut published = 0;
    for (seed, behaviour) in (7..).zip(behaviours) {
        handle.set_behaviour(behaviour.clone()).await.unwrap();
        world.publish(samples(seed, messages)).await;
        published += messages;
        until_settled(&world, published, &behaviour).await;
    }
    let carried = finish(world, gateway).await;
    let tally = &carried.tally;
    assert_eq!(tally.ended(State::Delivered), published, "{tally:?}");
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
