//! A message's turn: offered, its turn come, begun and ended, among a thousand that wait, with two
//! limits a subscriber and quiet hours.
//!
//! Beside: the same message put into a hash map and taken out again.

use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;
use std::time::Duration;

use xabar::journal::{Arrival, Message, SubscriberFacts, ThreadFacts};
use xabar::pacing::{Among, Limit, Pacer, QuietHours, Rules, Turn};

use super::{Part, Room, Run, sample};

pub(crate) const ROOM: Room = Room {
    name: "pacing",
    parts: &[Part::new("offer, next, begin, end", turn)],
    beside: &[Part::new("into a map and out", map)],
};

const WAITING: u64 = 1000;

fn turn() -> Run {
    let mut pacer = Pacer::new(&rules(), &BTreeMap::new());
    (1..=WAITING).for_each(|number| offer(&mut pacer, sample::message(number)));
    let mut now = sample::after(Duration::ZERO);
    Box::new(move || {
        // Each subscriber's turn comes once in more than a day.
        now.steady = now.steady.after(Duration::from_secs(100));
        let Some(Turn::Go(message)) = pacer.next(sample::OPERATOR, Among::All, &now) else {
            panic!("every message may go");
        };
        black_box(pacer.begin(&message, message.lane, &now));
        pacer.end(&message);
        offer(&mut pacer, message);
    })
}

fn map() -> Run {
    let messages = (1..=WAITING).map(sample::message);
    let mut waiting: HashMap<_, _> = messages.map(|message| (message.id, message)).collect();
    let ids: Vec<_> = waiting.keys().copied().collect();
    let mut ids = ids.into_iter().cycle();
    Box::new(move || {
        let message = ids.next().and_then(|id| waiting.remove(&id));
        let message = message.expect("all are there");
        waiting.insert(message.id, black_box(message));
    })
}

fn offer(pacer: &mut Pacer, message: Message) {
    pacer.offer(Arrival {
        message,
        thread: ThreadFacts::default(),
        subscriber: SubscriberFacts::default(),
    });
}

/// Those of the sample configuration.
fn rules() -> Rules {
    let limit = |messages, minutes: u64| Limit {
        messages,
        per: Duration::from_secs(60 * minutes),
    };
    let quiet_hours = QuietHours {
        from: jiff::civil::time(22, 0, 0, 0),
        to: jiff::civil::time(8, 0, 0, 0),
        timezone: jiff::tz::TimeZone::fixed(jiff::tz::offset(5)),
    };
    Rules {
        limits: vec![limit(3, 10), limit(10, 24 * 60)],
        quiet_hours: Some(quiet_hours),
        ..Rules::default()
    }
}
