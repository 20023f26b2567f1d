//! Values of events that their texts do not take, or have no room for.

use xabar_events::Notification;
use xabar_smpp::Status;

use super::world::*;

fn with_office(number: u32, office: &str) -> Notification {
    Notification {
        status: "ready".parse().unwrap(),
        params: [("office", office)].into_iter().collect(),
        ..apart(number)
    }
}

#[test]
fn a_value_that_a_text_does_not_take_is_counted_once_a_message_and_never_shown() {
    let mut world = World::new();
    world.publish(with_office(1, "Yunusobod DXM"));
    world.publish(with_office(2, "evil.uz/pay"));
    world.publish(with_office(3, "call 90 123-45-67"));
    assert_eq!(
        world.left_out(),
        ["kadastr land-registration ready office 2"]
    );
    for sent in world.sent() {
        world.answer(&sent, Status::RTHROTTLED, "");
    }
    world.beat();
    world.advance(10 * MINUTE);
    assert_eq!(world.sent().len(), 3, "they go without it, and again");
    assert_eq!(world.left_out(), [""; 0], "told already");
}

#[test]
fn news_without_a_text_are_counted_with_what_would_need_one() {
    let mut world = World::new();
    let without = |number| Notification {
        status: "lost-in-the-post".parse().unwrap(),
        ..apart(number)
    };
    for number in 1..=3 {
        world.publish(without(number));
    }
    assert!(world.sent().is_empty());
    let news = "kadastr land-registration lost-in-the-post";
    assert_eq!(world.without_text(), [(news.to_owned(), 1, 3)]);
}
