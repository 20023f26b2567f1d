//! Subscribers' limits hold at the SMSC, whatever happens between a decision and its PDU.

use std::time::Duration;

use crate::support::broker;
use crate::support::events::samples;
use crate::support::world::World;
use xabar::simulator::Behaviour;
use xabar_events::{Notification, Priority, State};

const LONG: Duration = Duration::from_secs(60);

/// Two events for each of so many people, of different applications.
pub(crate) fn twice_to_each(people: usize) -> Vec<Notification> {
    let mut events = samples(7, 2 * people);
    for event in &mut events {
        event.priority = Priority::Normal;
    }
    for place in 0..people {
        events[people + place].msisdn = events[place].msisdn;
    }
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_waited_for_its_turn_on_the_link_still_counts_for_the_whole_window() {
    let mut world = World::new(broker::shared(), Behaviour::default(), |config| {
        config.tps = Some(60);
        config.limits = vec![(1, 3)];
    })
    .await;
    let gateway = world.ready().await;
    // The first ones wait for the rate behind each other; their successors meet an idle link.
    for event in twice_to_each(12).chunks(12) {
        world.publish(event.to_vec()).await;
    }
    world.until_all_ended(LONG).await;
    gateway.stop_within(world.config.shutdown).await;
    let tally = world.check().await;
    assert_eq!(tally.ended(State::Delivered), 24, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_outlives_a_kill() {
    let mut world = World::new(broker::shared(), Behaviour::default(), |config| {
        config.limits = vec![(1, 8)];
    })
    .await;
    let mut gateway = world.ready().await;
    let events = twice_to_each(100);
    world.publish(events[..100].to_vec()).await;
    world.until_ended(100, LONG).await;
    gateway.kill();
    gateway = world.ready().await;
    world.publish(events[100..].to_vec()).await;
    world.until_all_ended(LONG).await;
    gateway.stop_within(world.config.shutdown).await;
    world.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_throttles_counts_once_it_is_taken() {
    let behaviour = Behaviour {
        tps: Some(40),
        ..Behaviour::default()
    };
    let mut world = World::new(broker::shared(), behaviour, |config| {
        config.tps = Some(200);
        config.limits = vec![(1, 2)];
    })
    .await;
    let gateway = world.ready().await;
    world.publish(twice_to_each(60)).await;
    world.until_all_ended(LONG).await;
    gateway.stop_within(world.config.shutdown).await;
    let figures = world.smsc.handle().figures().await.unwrap();
    assert!(figures.throttled > 0, "{figures:?}");
    world.check().await;
}
