//! Connections that stall, fall silent or are left, and what comes over them unasked.

use std::time::Duration;

use super::{Carried, LONG, carry, carry_with, end, finish, start};
use crate::support::broker;
use crate::support::events::{samples, stories};
use crate::support::world::World;
use tokio::time::sleep;
use xabar::simulator::{Behaviour, Dialect, Faults, Numbering, Receipts};
use xabar_events::State;

fn faults(faults: Faults) -> Behaviour {
    Behaviour {
        faults,
        ..Behaviour::default()
    }
}

fn dialect(dialect: Dialect) -> Behaviour {
    Behaviour {
        dialect,
        ..Behaviour::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_smsc_that_stops_reading_again_and_again_loses_nothing() {
    let behaviour = faults(Faults {
        stall_after: Some(Duration::from_secs(1)),
        // Long enough to be noticed, also where the first messages are late.
        stall_for: Some(Duration::from_secs(6)),
        ..Faults::default()
    });
    let behaviour = Behaviour {
        latency: "5ms".parse().unwrap(),
        ..behaviour
    };
    let (mut world, gateway) = start(behaviour, |config| {
        // So few that a window which is read at once is no more than a part of what a second takes.
        (config.tps, config.window) = (Some(60), 4);
    })
    .await;
    // At once, so that there is something to write whenever it stops; and each of another application, since what is read
    // only then knows no order.
    world.publish(samples(7, 100)).await;
    let Carried {
        world,
        tally,
        figures,
        log,
    } = end(world, gateway).await;
    assert!(!log.containing("session given up").is_empty());
    // No session leaves more behind than its window holds.
    let most = usize::try_from(figures.binds).unwrap() * world.config.window;
    assert!(tally.repeated <= most, "{tally:?} {figures:?}");
    assert_eq!(tally.ended(State::Failed), 0, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_are_half_open_are_given_up_and_bound_anew() {
    let behaviour = faults(Faults {
        mute_after: Some(Duration::from_secs(2)),
        ..Faults::default()
    });
    let Carried {
        world,
        tally,
        figures,
        log,
    } = carry_with(behaviour, stories(7, 100, 80), |config| {
        (config.tps, config.window) = (Some(60), 10);
        // With nothing left to send, only this shows that no receipt can come.
        config.enquire_link = Some(Duration::from_secs(3));
    })
    .await;
    assert!(figures.binds > 2, "{figures:?}");
    assert!(!log.containing("session given up").is_empty());
    // No session leaves more behind than its window holds.
    let most = usize::try_from(figures.binds).unwrap() * world.config.window;
    assert!(tally.repeated <= most, "{tally:?} {figures:?}");
    assert_eq!(tally.ended(State::Failed), tally.partial, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_on_which_nothing_is_answered_is_left_though_its_window_has_room() {
    let mute = Behaviour {
        unanswered: "100%".parse().unwrap(),
        receipts: Receipts {
            lost: "100%".parse().unwrap(),
            ..Receipts::default()
        },
        ..Behaviour::default()
    };
    let mut world = World::new(broker::shared(), mute, |config| {
        (config.sessions, config.window) = (1, 50);
        config.tps = Some(400);
    })
    .await;
    let gateway = world.ready().await;
    let handle = world.smsc.handle();
    world.publish(samples(7, 6)).await;
    let bound_anew = async {
        while handle.figures().await.unwrap().binds < 2 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    crate::support::soon("another session", bound_anew).await;
    handle.set_behaviour(Behaviour::default()).await.unwrap();
    world.until_all_ended(LONG).await;
    let log = gateway.stop_within(world.config.shutdown).await;
    assert!(!log.containing("session given up").is_empty());
    let tally = world.check().await;
    assert_eq!(tally.ended(State::Delivered), 6, "{tally:?}");
    let unanswered = handle.figures().await.unwrap().unanswered;
    assert!(tally.repeated as u64 <= unanswered, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_smsc_that_unbinds_again_and_again_gets_all_in_order() {
    let behaviour = Behaviour {
        latency: "20ms+20ms".parse().unwrap(),
        ..faults(Faults {
            unbind_after: Some(Duration::from_secs(1)),
            ..Faults::default()
        })
    };
    let Carried {
        world,
        tally,
        figures,
        ..
    } = carry_with(behaviour, stories(7, 200, 100), |config| {
        (config.tps, config.window) = (Some(80), 5);
    })
    .await;
    assert!(figures.binds > 4, "{figures:?}");
    let most = usize::try_from(figures.binds).unwrap() * world.config.window;
    assert!(tally.repeated <= most, "{tally:?} {figures:?}");
    assert_eq!(tally.ended(State::Failed), tally.partial, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_smsc_that_cuts_sessions_of_some_age_gets_all_in_order() {
    let behaviour = Behaviour {
        latency: "20ms+20ms".parse().unwrap(),
        ..faults(Faults {
            disconnect_after: Some(Duration::from_secs(1)),
            ..Faults::default()
        })
    };
    let Carried {
        world,
        tally,
        figures,
        ..
    } = carry_with(behaviour, stories(7, 150, 100), |config| {
        (config.tps, config.window) = (Some(80), 5);
    })
    .await;
    assert!(figures.disconnects > 2, "{figures:?}");
    let cuts = usize::try_from(figures.disconnects).unwrap();
    assert!(tally.repeated <= cuts * world.config.window, "{tally:?}");
    assert_eq!(tally.ended(State::Failed), tally.partial, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_smsc_that_refuses_binds_for_a_while_after_each_cut_gets_all_in_order() {
    let behaviour = Behaviour {
        latency: "10ms+10ms".parse().unwrap(),
        ..faults(Faults {
            disconnect_every: Some(40),
            refuse_binds: Some(Duration::from_millis(700)),
            ..Faults::default()
        })
    };
    let Carried {
        world,
        tally,
        figures,
        log,
    } = carry_with(behaviour, stories(7, 150, 100), |config| {
        config.window = 5;
    })
    .await;
    assert!(figures.disconnects > 2, "{figures:?}");
    assert!(figures.binds_refused > 2, "{figures:?}");
    assert!(!log.containing("bind refused").is_empty());
    let cuts = usize::try_from(figures.disconnects).unwrap();
    assert!(tally.repeated <= cuts * world.config.window, "{tally:?}");
    assert_eq!(tally.ended(State::Failed), tally.partial, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_smsc_that_asks_whether_we_live_is_answered() {
    let behaviour = Behaviour {
        receipts: Receipts {
            // So long it waits for an answer, to enquire_link too.
            repeat: Duration::from_secs(1),
            ..Receipts::default()
        },
        ..dialect(Dialect {
            enquire_link: Duration::from_millis(50),
            ..Dialect::default()
        })
    };
    let (mut world, gateway) = start(behaviour, |_| ()).await;
    let events = stories(7, 20, 15);
    let published = events.len();
    world.publish_in_turn(events).await;
    world.until_all_ended(LONG).await;
    // It is asked often in that time, and whoever does not answer is cut.
    sleep(Duration::from_secs(3)).await;
    let figures = world.smsc.handle().figures().await.unwrap();
    assert_eq!((figures.sessions, figures.binds), (2, 2), "{figures:?}");
    let Carried { tally, .. } = finish(world, gateway).await;
    assert_eq!(tally.arrived(), published, "{tally:?}");
    assert!(tally.successors > 0, "{tally:?}");
    assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_smsc_says_unasked_is_answered_and_disturbs_nothing() {
    let behaviour = dialect(Dialect {
        outbind: true,
        alerts: "20%".parse().unwrap(),
        unknown_pdus: "20%".parse().unwrap(),
        ..Dialect::default()
    });
    let Carried {
        tally,
        figures,
        log,
        ..
    } = carry(behaviour, stories(7, 100, 80)).await;
    assert_eq!(tally.ended(State::Failed), tally.partial, "{tally:?}");
    assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
    assert_eq!(figures.binds, 2, "no session was lost over it: {figures:?}");
    assert!(!log.containing("the SMSC did something odd").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_are_answered_by_the_number_they_came_with_whatever_it_is() {
    for numbering in [Numbering::FromZero, Numbering::High, Numbering::Same] {
        let behaviour = dialect(Dialect {
            numbering,
            ..Dialect::default()
        });
        let Carried { tally, figures, .. } = carry(behaviour, stories(7, 50, 40)).await;
        let deliveries = &figures.deliveries;
        assert_eq!(deliveries.repeated, 0, "{numbering:?}: {figures:?}");
        assert_eq!(deliveries.pending, 0, "{numbering:?}: {figures:?}");
        assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
        assert_eq!(tally.ended(State::Failed), tally.partial, "{tally:?}");
    }
}
