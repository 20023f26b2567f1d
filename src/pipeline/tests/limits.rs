//! What counts for a subscriber's limits, as the gateway and the laws have it.

use xabar_events::Notification;
use xabar_smpp::Status;

use super::world::*;

#[test]
fn a_text_that_is_repeated_whole_counts_again_whatever_its_receipts_said() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(2, HOUR)]);
    world.publish(long_status("long"));
    let sent = world.sent();
    world.refuse(&sent[0], Status::RTHROTTLED);
    sent[1..].iter().for_each(|sent| world.time_out(sent));
    // It is of a segment without an answer, and says neither of which text nor of which segment.
    world.bring_receipt(&sent[1], "1", "DELIVRD");
    world.advance(2 * MINUTE);
    let again = world.sent();
    assert_eq!(again.len(), sent.len(), "all of it");
    again.iter().for_each(|sent| world.accept(sent, "2"));
    world.publish(Notification {
        application: "10000001".parse().unwrap(),
        ..status("other")
    });
    for minute in 3..60 {
        world.steady = START.after(minute * MINUTE);
        world.calm();
        let now = world.now();
        world.laws.pass(&now, true);
    }
    assert_eq!(world.sent().len(), 0);
    world.steady = START.after(HOUR);
    world.calm();
    assert_eq!(world.one_sent().message(), 2);
}
