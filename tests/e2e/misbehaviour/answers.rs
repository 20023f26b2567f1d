//! Answers that refuse, come late, twice, out of order or not at all.

use std::time::Duration;

use super::{Carried, LONG, all_arrive_once, carry, carry_with};
use crate::support::broker;
use crate::support::config::Config;
use crate::support::events::stories;
use crate::support::world::World;
use tokio::time::sleep;
use xabar::simulator::{Announced, Behaviour, Dialect, Receipts, RefusalForm};
use xabar_events::State;

#[tokio::test(flavor = "multi_thread")]
async fn an_smsc_that_throttles_gets_all_in_the_end_and_each_thread_in_order() {
    let behaviour = Behaviour {
        tps: Some(150),
        latency: "10ms+10ms".parse().unwrap(),
        ..Behaviour::default()
    };
    let Carried { tally, figures, .. } = carry(behaviour, stories(7, 250, 100)).await;
    assert!(figures.throttled > 0, "{figures:?}");
    assert_eq!(tally.ended(State::Failed), tally.partial, "{tally:?}");
    assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_smaller_than_ours_costs_time_and_no_message() {
    let behaviour = Behaviour {
        window: 5,
        latency: "50ms".parse().unwrap(),
        ..Behaviour::default()
    };
    let Carried { tally, figures, .. } = carry(behaviour, stories(7, 100, 80)).await;
    assert!(figures.refused["ESME_RMSGQFUL"] > 0, "{figures:?}");
    assert_eq!(tally.ended(State::Failed), tally.partial, "{tally:?}");
    assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_window_that_is_called_a_failure_fails_no_message() {
    let behaviour = Behaviour {
        window: 2,
        window_fails: true,
        latency: "5ms".parse().unwrap(),
        ..Behaviour::default()
    };
    let one_small_window = |config: &mut Config| (config.sessions, config.window) = (1, 3);
    let events = stories(7, 75, 75);
    let Carried { tally, figures, .. } = carry_with(behaviour, events, one_small_window).await;
    assert!(figures.refused["ESME_RSUBMITFAIL"] > 0, "{figures:?}");
    assert_eq!(tally.ended(State::Failed), tally.overtaken, "{tally:?}");
    assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_smsc_whose_queue_is_full_gets_all_in_the_end_and_each_thread_in_order() {
    let behaviour = Behaviour {
        queue: 20,
        receipts: Receipts {
            delay: "200ms".parse().unwrap(),
            ..Receipts::default()
        },
        ..Behaviour::default()
    };
    let Carried { tally, figures, .. } = carry(behaviour, stories(7, 150, 100)).await;
    assert!(figures.refused["ESME_RMSGQFUL"] > 0, "{figures:?}");
    assert_eq!(tally.ended(State::Failed), tally.partial, "{tally:?}");
    assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_understood_with_any_body_with_none_and_as_a_nack() {
    let refusing = |refusals| Behaviour {
        errors: "ESME_RSYSERR=10%".parse().unwrap(),
        dialect: Dialect {
            refusals,
            ..Dialect::default()
        },
        ..Behaviour::default()
    };
    let forms = [
        RefusalForm::Header,
        RefusalForm::Nul,
        RefusalForm::MessageId,
        RefusalForm::Nack,
    ];
    let mut world = World::new(broker::shared(), refusing(forms[0]), |config| {
        // Some are refused again and again.
        config.more = "[retry]\nfirst = \"1s\"\n".into();
        config.tps = Some(400);
    })
    .await;
    let gateway = world.ready().await;
    let handle = world.smsc.handle();
    let mut published = 0;
    for (seed, form) in (7..).zip(forms) {
        let before = handle.figures().await.unwrap();
        handle.set_behaviour(refusing(form)).await.unwrap();
        let events = stories(seed, 100, 100);
        published += events.len();
        world.publish_in_turn(events).await;
        // Their retries, some seconds later, may meet another form.
        let met = async {
            while handle.figures().await.unwrap().submits < before.submits + 100 {
                sleep(Duration::from_millis(10)).await;
            }
        };
        crate::support::soon("a hundred submissions", met).await;
        let after = handle.figures().await.unwrap();
        assert!(
            after.submits - after.accepted > before.submits - before.accepted,
            "{form:?}"
        );
    }
    world.until_all_ended(LONG).await;
    gateway.stop_within(world.config.shutdown).await;
    let tally = world.check().await;
    assert_eq!(tally.arrived() + tally.partial, published, "{tally:?}");
    assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_smsc_without_tlvs_is_sent_none_once_it_has_refused_one_whatever_version_it_says() {
    for interface_version in [Announced::V3_4, Announced::Nothing] {
        let behaviour = Behaviour {
            interface_version,
            dialect: Dialect {
                tlv_errors: "0xC1=100%".parse().unwrap(),
                ..Dialect::default()
            },
            ..Behaviour::default()
        };
        let Carried { tally, figures, .. } = carry(behaviour, stories(7, 50, 40)).await;
        assert!(!figures.refused.is_empty(), "{figures:?}");
        assert_eq!(tally.ended(State::Failed), tally.partial, "{tally:?}");
        assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn congestion_told_in_answers_loses_nothing() {
    let congested = |congestion| Behaviour {
        interface_version: Announced::V5_0,
        dialect: Dialect {
            congestion: Some(congestion),
            ..Dialect::default()
        },
        ..Behaviour::default()
    };
    // Where it stays at 100, the gateway goes down to the least rate there is.
    all_arrive_once([0, 85, 100].map(congested).into(), 10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_come_twice_or_overtake_each_other_count_once() {
    let twice = Behaviour {
        answered_twice: "30%".parse().unwrap(),
        ..Behaviour::default()
    };
    let disorder = Behaviour {
        latency: "5ms+20ms".parse().unwrap(),
        disorder: "30%".parse().unwrap(),
        ..Behaviour::default()
    };
    let Carried { log, .. } = all_arrive_once(vec![twice, disorder], 80).await;
    assert!(!log.containing("submit_sm_resp to no request").is_empty());
}

/// A tenth of the messages is refused and taken so much later; receipts come later still.
fn refused_first(late_by_millis: u64) -> Behaviour {
    Behaviour {
        refused_first: "10%".parse().unwrap(),
        late_by: Duration::from_millis(late_by_millis),
        receipts: Receipts {
            delay: format!("{}ms", late_by_millis + 2_000).parse().unwrap(),
            ..Receipts::default()
        },
        ..Behaviour::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_after_it_was_refused_is_not_sent_again() {
    let Carried { log, .. } = all_arrive_once(vec![refused_first(50)], 80).await;
    assert!(!log.containing("submit_sm_resp to no request").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_after_it_went_out_again_is_told_as_a_repeat() {
    let mut events = stories(7, 60, 60);
    // A newer status would go instead of a retry.
    events.truncate(60);
    let Carried { tally, .. } = carry(refused_first(8_000), events).await;
    assert!(tally.repeated > 0, "{tally:?}");
    assert_eq!(tally.arrived(), 60, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_of_another_command_refuses_nothing() {
    let behaviour = Behaviour {
        misnamed: "5%".parse().unwrap(),
        ..Behaviour::default()
    };
    let Carried { tally, log, .. } = carry(behaviour, stories(7, 100, 80)).await;
    let odd = log.containing("deliver_sm_resp to no request of that kind");
    assert!(!odd.is_empty());
    // What is taken so and has no receipt in time is uncertain.
    assert!(tally.repeated <= odd.len(), "{tally:?}");
    assert_eq!(tally.ended(State::Failed), tally.partial, "{tally:?}");
}

/// A receipt that comes later still cannot stand in for the answer that is late.
fn late(share: &str, by_millis: u64) -> Behaviour {
    Behaviour {
        late: share.parse().unwrap(),
        late_by: Duration::from_millis(by_millis),
        receipts: Receipts {
            delay: format!("{}ms", by_millis + 1_000).parse().unwrap(),
            no_reference: true,
            ..Receipts::default()
        },
        ..Behaviour::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_within_the_grace_settles_and_nothing_is_repeated() {
    let Carried { world, tally, .. } =
        carry_with(late("10%", 2_000), stories(7, 150, 120), |config| {
            // Of a shorter one agencies are not told.
            config.uncertain = Duration::from_secs(90);
        })
        .await;
    let uncertain = world.listener.look(|heard| {
        let told = heard.stories.values().flat_map(|story| story.values());
        told.filter(|told| told.reason.as_deref() == Some("uncertain"))
            .count()
    });
    assert!(uncertain > 5, "{uncertain}");
    assert_eq!(tally.ended(State::Failed), tally.partial, "{tally:?}");
    assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_after_the_grace_meets_a_repeat_that_was_told() {
    let Carried { tally, figures, .. } = carry(late("5%", 4_000), stories(7, 150, 120)).await;
    let late = u64::try_from(tally.repeated).unwrap();
    assert!(late > 0, "{tally:?}");
    assert!(late <= figures.accepted / 5, "{tally:?}");
    assert_eq!(tally.ended(State::Failed), tally.partial, "{tally:?}");
}
