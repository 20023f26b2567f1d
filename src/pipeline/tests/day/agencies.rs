//! What agencies publish in a day.

use std::collections::VecDeque;
use std::time::Duration;

use xabar_events::{Event as Incoming, Language, Msisdn, Notification, Priority};

use super::super::random::Random;
use super::super::world::*;
use super::{DAY, some_time};
use crate::clock::{Now, UnixMillis};

/// In tenths of the mean, by hour from 09:15.
const BY_HOUR: [u64; 24] = [
    25, 30, 28, 22, 18, 24, 22, 18, 12, 8, 6, 5, 4, 2, 1, 1, 1, 1, 1, 1, 2, 4, 10, 14,
];

/// One in so many events is of a burst.
const OF_BURSTS: u64 = 4;
const BURSTS: u64 = 4;

/// Applications that may go on.
const LIVE: usize = 2_000;

pub(super) const AGENCIES: u64 = 40;

/// One that may send only so many a day, one whose bulk goes out over hours, one that calls its messages urgent
/// without a right to it, and one with a greater weight than the others.
pub(super) const LIMITED: u64 = 1;
pub(super) const CAMPAIGNING: u64 = 30;
pub(super) const HASTY: u64 = 2;
pub(super) const FAVOURED: u64 = 5;

/// Two of which much goes to one subscriber, who is not among the others.
pub(super) const INSISTENT: [u64; 2] = [8, 9];
pub(super) const SOUGHT: u64 = 9_000_000;

/// Subscribers with many messages who are on a list of those that get none.
pub(super) const BLOCKED: u64 = 4;
pub(super) const REASSIGNED: u64 = 7;

pub(super) struct Agencies {
    /// Of the whole day.
    events: u64,
    /// Events an hour, at the mean.
    an_hour: u64,
    bursts: Vec<Burst>,
    /// Thousandths of an event that are due.
    owed: u64,
    live: VecDeque<Notification>,
    published: u64,
    /// How much each of those that insist has to say in the first minute.
    insisting: u32,
    /// What the gateway may not have acknowledged.
    last: Vec<Incoming>,
}

/// Somebody has much to say at once.
struct Burst {
    at: UnixMillis,
    left: u64,
    a_second: u64,
    agency: u64,
    priority: Priority,
}

impl Agencies {
    pub(super) fn new(events: u64, random: &mut Random) -> Self {
        let of_burst = events / OF_BURSTS / BURSTS;
        let bursts = (0..BURSTS).map(|number| Burst {
            at: some_time(random),
            left: of_burst,
            a_second: (of_burst / 60).max(1),
            agency: match (random.below(AGENCIES), number) {
                (_, 3) => CAMPAIGNING,
                (any, _) => any,
            },
            priority: [Priority::Bulk, Priority::Normal][usize::from(number == 0)],
        });
        Self {
            events,
            an_hour: (events - of_burst * BURSTS) / 24,
            bursts: bursts.collect(),
            owed: 0,
            live: VecDeque::new(),
            published: 0,
            insisting: 0,
            last: Vec::new(),
        }
    }

    /// Lets one of them have much to say in a minute.
    pub(super) fn soon(&mut self, agency: u64, priority: Priority, left: u64) {
        self.soon_at(left, agency, priority, left);
    }

    /// The same, so many a second.
    pub(super) fn soon_at(&mut self, a_second: u64, agency: u64, priority: Priority, left: u64) {
        self.bursts.push(Burst {
            at: START.after(MINUTE),
            left,
            a_second,
            agency,
            priority,
        });
    }

    /// Lets those that insist have so much to say to one subscriber, the first one before the other.
    pub(super) fn insist(&mut self, many: u32) {
        self.insisting = many;
    }

    pub(super) fn published(&self) -> u64 {
        self.published
    }

    /// What comes again after the gateway died.
    pub(super) fn again(&self) -> Vec<Incoming> {
        self.last.clone()
    }

    /// What is published in this second.
    pub(super) fn publish(&mut self, now: Now, random: &mut Random) -> Vec<Incoming> {
        let since = now.steady.since(START);
        if since >= DAY {
            return Vec::new();
        }
        let hour = usize::try_from(since.as_secs() / 3600).unwrap();
        self.owed += self.an_hour * BY_HOUR[hour] * 100 / 3600;
        // At most a thousandth of an event is lost a second by dividing; chance makes up for it.
        self.owed += u64::from(random.below(3600) < self.an_hour * BY_HOUR[hour] * 100 % 3600);
        let mut events = self.of_the_insistent(now);
        while self.owed >= 1000 {
            self.owed -= 1000;
            events.push(self.event(now, random));
            if random.below(20) == 0 {
                // An application that passes two steps at once.
                let last = self.live.back().cloned();
                events.extend(last.map(|last| self.next_of(last, now, random)));
            }
        }
        for index in 0..self.bursts.len() {
            let burst = &mut self.bursts[index];
            if burst.at > now.steady {
                continue;
            }
            let many = burst.left.min(burst.a_second);
            burst.left -= many;
            let (agency, priority) = (burst.agency, burst.priority);
            events.extend((0..many).map(|_| {
                let mut event = self.first(now, random, agency);
                event.priority = priority;
                Incoming::StatusChanged(event)
            }));
        }
        if !events.is_empty() {
            self.last.clone_from(&events);
        }
        events
    }

    fn of_the_insistent(&mut self, now: Now) -> Vec<Incoming> {
        let many = std::mem::take(&mut self.insisting);
        let events = INSISTENT.into_iter().flat_map(|agency| {
            (0..many).map(move |n| {
                let id = format!("insistent-{n}");
                let mut event = status(&id);
                event.msisdn = subscriber(SOUGHT);
                event.application = format!("{}", 99_000_000 + n).parse().unwrap();
                event.key = key(&name(agency), &id);
                event.time = now.wall.into();
                event.expires = Some(now.wall.after(10 * DAY).into());
                Incoming::StatusChanged(event)
            })
        });
        events.collect()
    }

    fn event(&mut self, now: Now, random: &mut Random) -> Incoming {
        let few = random.below(AGENCIES);
        let agency = random.below(few + 1);
        match random.below(100) {
            0 => self.again_or(now, random, agency),
            1 => self.cancel_or(now, random, agency),
            2..6 => {
                let mut event = self.first(now, random, agency);
                event.priority = Priority::Urgent;
                Incoming::StatusChanged(event)
            }
            6..9 => {
                let mut event = self.first(now, random, agency);
                let later = Duration::from_secs(random.below(12 * 3600));
                event.not_before = Some(now.wall.after(later).into());
                Incoming::StatusChanged(event)
            }
            9..60 => Incoming::StatusChanged(self.first(now, random, agency)),
            _ => self.go_on(now, random, agency),
        }
    }

    /// The first status of an application.
    fn first(&mut self, now: Now, random: &mut Random, agency: u64) -> Notification {
        self.published += 1;
        let id = format!("e{}", self.published);
        let mut event = match random.below(8) {
            0 => long_status(&id),
            _ => status(&id),
        };
        event.msisdn = somebody(self.events, random);
        event.application = format!("{}", 10_000_000 + self.published).parse().unwrap();
        event.key = key(&name(agency), &id);
        event.time = now.wall.into();
        if random.below(20) == 0 {
            event.expires = Some(now.wall.after(4 * HOUR).into());
        }
        event.legal = random.below(30) == 0;
        event.language = Some(Language::ALL[usize::try_from(random.below(5)).unwrap()]);
        self.live.push_back(event.clone());
        if self.live.len() > LIVE {
            self.live.pop_front();
        }
        event
    }

    /// The next status of an application, now and then an older one that comes late.
    fn go_on(&mut self, now: Now, random: &mut Random, agency: u64) -> Incoming {
        let known = self.known(random);
        let known = known.unwrap_or_else(|| self.first(now, random, agency));
        self.next_of(known, now, random)
    }

    fn next_of(&mut self, mut event: Notification, now: Now, random: &mut Random) -> Incoming {
        self.published += 1;
        event.key = key(event.key.agency.name(), &format!("e{}", self.published));
        event.status = ["approved", "documents-needed", "rejected", "ready"]
            [usize::try_from(random.below(4)).unwrap()]
        .parse()
        .unwrap();
        let late = Duration::from_secs(random.below(20) / 19 * 3600);
        event.time = now.wall.before(late).into();
        (event.not_before, event.expires) = (None, None);
        Incoming::StatusChanged(event)
    }

    fn again_or(&mut self, now: Now, random: &mut Random, agency: u64) -> Incoming {
        let known = self.known(random);
        Incoming::StatusChanged(known.unwrap_or_else(|| self.first(now, random, agency)))
    }

    fn cancel_or(&mut self, now: Now, random: &mut Random, agency: u64) -> Incoming {
        match self.known(random) {
            Some(event) => cancel(event.key.agency.name(), event.key.id.as_str()),
            None => Incoming::StatusChanged(self.first(now, random, agency)),
        }
    }

    fn known(&self, random: &mut Random) -> Option<Notification> {
        let of = self.live.len().max(1) as u64;
        // One that has just begun, now and then.
        let of_late = if random.below(4) == 0 { of.min(3) } else { of };
        let at = of - 1 - random.below(of_late);
        self.live.get(usize::try_from(at).unwrap()).cloned()
    }
}

/// An agency's name.
pub(super) fn name(agency: u64) -> String {
    format!("agency-{agency}")
}

/// The agency of this name.
pub(super) fn number(name: &str) -> u64 {
    let number = name.strip_prefix("agency-");
    number.and_then(|it| it.parse().ok()).expect("of the day")
}

/// A subscriber of a nation with so many events a day: few get much, and most get little.
pub(super) fn somebody(events: u64, random: &mut Random) -> Msisdn {
    let subscribers = (events / 5).max(100);
    let below = random.below(subscribers) + 1;
    subscriber(random.below(below))
}

/// Of one of the two operators.
pub(super) fn subscriber(number: u64) -> Msisdn {
    let number = u32::try_from(number).unwrap();
    match number % 2 {
        0 => phone(number),
        _ => other_phone(number),
    }
}
