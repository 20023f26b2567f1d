//! Urgent statuses on the phone's screen first, and as an SMS where they are not shown.

use tokio::time::sleep;
use xabar::simulator::{Behaviour, Dialect, Receipts, Share, Ussd};
use xabar_events::{Notification, Priority, State};

use super::dialects::{DIALECTS, speaking};
use super::{LONG, PHONE, approved, phone_of};
use crate::support::events::samples;
use crate::support::gateway::Gateway;
use crate::support::phone::Phone;
use crate::support::soon;
use crate::support::world::World;

/// A gateway that has an urgent status for the phone, and an operator that behaves so.
async fn urgent_status(
    dialect: &str,
    behaviour: Behaviour,
) -> (World, Phone, Gateway, Notification) {
    let keys = format!("dialect = \"{dialect}\"\npush = {{ from = \"555\" }}");
    let mut world = super::world(&keys, behaviour).await;
    let phone = phone_of(&world);
    let gateway = world.ready().await;
    let event = Notification {
        priority: Priority::Urgent,
        ..approved(samples(7, 1).remove(0), PHONE)
    };
    world.publish(vec![event.clone()]).await;
    (world, phone, gateway, event)
}

fn receiving(receipts: Receipts) -> Behaviour {
    Behaviour {
        receipts,
        ..Behaviour::default()
    }
}

fn states(world: &World, event: &Notification) -> Vec<State> {
    let story = world.told_of(event);
    story.values().map(|told| told.state).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_urgent_status_is_on_the_screen_at_once_in_each_dialect() {
    for (name, dialect) in DIALECTS {
        let (world, mut phone, gateway, event) = urgent_status(name, speaking(dialect)).await;
        let shown = phone.text().await;
        assert_eq!(
            (shown.ussd, shown.from.as_str()),
            (Some(Ussd::Notice), "555"),
            "{name}"
        );
        assert!(shown.text.contains("48120973"), "{name}: {}", shown.text);
        world.until_all_ended(LONG).await;
        let told = states(&world, &event);
        let expected = [State::Accepted, State::Submitted, State::Delivered];
        assert_eq!(told, expected, "{name}");
        assert_eq!(phone.smsc().texts(PHONE).await.unwrap().len(), 1, "{name}");
        gateway.stop_within(world.config.shutdown).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_is_refused_goes_as_an_sms_and_repeats_nothing() {
    let behaviour = Behaviour {
        dialect: Dialect {
            tlv_errors: "0xC1=1".parse().unwrap(),
            ..Dialect::default()
        },
        ..Behaviour::default()
    };
    let (world, mut phone, gateway, event) = urgent_status("generic", behaviour).await;
    let sms = phone.text().await;
    assert_eq!((sms.ussd, sms.from.as_str()), (None, "MyGov"));
    world.until_all_ended(LONG).await;
    let story = world.told_of(&event);
    let end = story.values().last().unwrap();
    assert_eq!((end.state, end.repeats), (State::Delivered, 0));
    gateway
        .until_told("the operator refuses a push to a screen", 1)
        .await;
    assert_eq!(phone.smsc().texts(PHONE).await.unwrap().len(), 1);
    gateway.stop_within(world.config.shutdown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_to_a_phone_that_is_off_goes_as_an_sms_and_repeats_nothing() {
    let off = receiving(Receipts {
        undelivered: Share::ALWAYS,
        ..Receipts::default()
    });
    let (world, _, gateway, event) = urgent_status("generic", off).await;
    world.until_all_ended(LONG).await;
    let story = world.told_of(&event);
    let end = story.values().last().unwrap();
    let told = (end.state, end.attempts, end.repeats);
    assert_eq!(told, (State::Failed, 2, 0));
    gateway.stop_within(world.config.shutdown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_of_which_the_phone_says_nothing_goes_as_an_sms_too_and_is_a_repeat() {
    let silent = receiving(Receipts {
        lost: Share::ALWAYS,
        ..Receipts::default()
    });
    let (world, mut phone, gateway, event) = urgent_status("generic", silent).await;
    let shown = phone.text().await;
    assert_eq!(shown.ussd, Some(Ussd::Notice));
    let sms = phone.sms().await;
    assert_eq!(sms.text, shown.text);
    let submitted = async {
        while states(&world, &event) != [State::Accepted, State::Submitted] {
            sleep(LONG / 1_000).await;
        }
    };
    soon("its submission", submitted).await;
    let story = world.told_of(&event);
    assert_eq!(story.values().last().unwrap().repeats, 1);
    gateway.stop_within(world.config.shutdown).await;
}
