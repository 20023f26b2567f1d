//! What the sample agencies publish, and when: the same for the same seed.
//!
//! An endless row of [`Publication`]s in the order of their times. Besides everyday traffic
//! it makes happen what is to be seen: a subscriber who meets the limit, an event that is published
//! twice, a status that is overtaken by a newer one, and a campaign that an operator cannot take
//! at once.

use std::time::Duration;

use xabar_events::sample::Sample;
use xabar_events::{Notification, Priority, UnixMillis};

use super::cast::{self, Citizen};

/// What one agency publishes in one request.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Publication {
    /// Counted from the start.
    pub(super) at: Duration,
    /// All of one agency.
    pub(super) events: Vec<Notification>,
    /// They were published before: the agency did not note the answer.
    pub(super) again: bool,
}

/// The endless row.
#[derive(Debug)]
pub(super) struct Scenario {
    start: UnixMillis,
    rate: u32,
    sample: Sample,
    applications: u64,
    cast: u64,
    published: Option<Notification>,
    turns: Vec<(Duration, Act)>,
}

/// What happens from time to time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    /// To anybody.
    Everyday,
    /// To the next of the cast.
    Cast,
    /// To the citizen who meets the limit.
    Eager,
    /// The last one once more.
    Again,
    /// A status and the one that follows it, both before the first could go.
    Overtaken,
    /// Many at once to one operator.
    Campaign,
}

/// When each act is to be seen first.
const FIRST: [(Duration, Act); 6] = [
    (Duration::from_millis(100), Act::Everyday),
    (Duration::from_millis(150), Act::Cast),
    (Duration::from_millis(300), Act::Eager),
    (Duration::from_millis(500), Act::Overtaken),
    (Duration::from_millis(1400), Act::Again),
    (Duration::from_millis(2000), Act::Campaign),
];

/// A campaign goes to numbers that begin so: those of the operator that throttles.
pub(super) const CAMPAIGN_PREFIX: u64 = 99898;

impl Scenario {
    /// `rate` events a second of everyday traffic, from `start` on.
    pub(super) fn new(seed: u64, rate: u32, start: UnixMillis) -> Self {
        Self {
            start,
            rate: rate.max(1),
            sample: Sample::new(seed).starting_at(start),
            applications: 48_120_000,
            cast: seed % 5,
            published: None,
            turns: FIRST.to_vec(),
        }
    }

    fn perform(&mut self, act: Act, at: Duration) -> (Vec<Notification>, bool) {
        let events = match act {
            Act::Everyday => vec![self.notification(at)],
            Act::Cast => {
                self.cast += 1;
                vec![self.to(cast::citizen(self.cast), at)]
            }
            Act::Eager => vec![self.to(cast::eager(), at)],
            Act::Again => return (self.published.iter().cloned().collect(), true),
            Act::Overtaken => self.overtaken(at),
            Act::Campaign => self.campaign(at),
        };
        self.published = events.last().cloned();
        (events, false)
    }

    fn to(&mut self, citizen: Citizen, at: Duration) -> Notification {
        let event = self.notification_of(at, |event| {
            let office = event.params.get("office").unwrap_or_default();
            office.contains(is_cyrillic) == citizen.reads_cyrillic()
        });
        Notification {
            msisdn: citizen.msisdn,
            language: Some(citizen.language),
            priority: Priority::Normal,
            ..event
        }
    }

    fn overtaken(&mut self, at: Duration) -> Vec<Notification> {
        let newer = self.notification_of(at, |event| event.status.as_str() == "ready");
        let before = newer.time.0.saturating_sub(1_000);
        let older = Notification {
            time: UnixMillis(before),
            status: "received".parse().expect("every service has it"),
            key: self
                .notification_of(at, |event| event.key.agency == newer.key.agency)
                .key,
            ..newer.clone()
        };
        vec![older, newer]
    }

    fn campaign(&mut self, at: Duration) -> Vec<Notification> {
        let benefit = |event: &Notification| {
            event.service.as_str() == "unemployment-benefit" && event.status.as_str() == "approved"
        };
        (0..campaign_size(self.rate))
            .map(|place| {
                let event = self.notification_of(at, benefit);
                let subscriber = event.msisdn.as_u64() % 10_000_000;
                let prefix = CAMPAIGN_PREFIX * 10_000_000;
                Notification {
                    msisdn: xabar_events::Msisdn::from_u64(prefix + subscriber)
                        .unwrap_or(event.msisdn),
                    // Equal times go by arrival; these are told apart anyway.
                    time: UnixMillis(event.time.0.saturating_add(place)),
                    priority: Priority::Bulk,
                    ..event
                }
            })
            .collect()
    }

    fn notification_of(
        &mut self,
        at: Duration,
        wanted: impl Fn(&Notification) -> bool,
    ) -> Notification {
        loop {
            let event = self.notification(at);
            if wanted(&event) {
                return event;
            }
        }
    }

    fn notification(&mut self, at: Duration) -> Notification {
        let event = self.sample.next().expect("the row is endless");
        self.applications += 1;
        let since = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
        Notification {
            application: self.applications.to_string().parse().expect("a number"),
            time: UnixMillis(self.start.0.saturating_add(since)),
            expires: None,
            ..event
        }
    }

    /// How long after a turn the same comes again.
    fn pause(&self, act: Act, at: Duration) -> Duration {
        match act {
            Act::Everyday => Duration::from_secs(1) / self.rate,
            Act::Cast => Duration::from_millis(1_500),
            Act::Eager if at < Duration::from_secs(1) => Duration::from_millis(300),
            Act::Eager => Duration::from_secs(40),
            Act::Again => Duration::from_secs(5),
            Act::Overtaken => Duration::from_secs(7),
            Act::Campaign => Duration::from_secs(30),
        }
    }
}

fn is_cyrillic(letter: char) -> bool {
    ('\u{400}'..='\u{4ff}').contains(&letter)
}

/// How many events a campaign has: more than its operator takes in two seconds.
pub(super) fn campaign_size(rate: u32) -> i64 {
    i64::from(rate.max(5)) * 2
}

impl Iterator for Scenario {
    type Item = Publication;

    fn next(&mut self) -> Option<Publication> {
        let place = (0..self.turns.len()).min_by_key(|place| self.turns.get(*place))?;
        let (at, act) = *self.turns.get(place)?;
        let pause = self.pause(act, at);
        if let Some(turn) = self.turns.get_mut(place) {
            turn.0 = at + pause;
        }
        let (events, again) = self.perform(act, at);
        Some(Publication { at, events, again })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(seed: u64) -> Vec<Publication> {
        Scenario::new(seed, 30, UnixMillis(1_795_407_300_000))
            .take_while(|publication| publication.at < Duration::from_secs(10))
            .collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_row_in_order() {
        let publications = row(7);
        assert_eq!(publications, row(7));
        assert_ne!(publications, row(8));
        assert!(publications.is_sorted_by_key(|publication| publication.at));
        assert!((300..330).contains(&publications.len()));
    }

    #[test]
    fn a_request_holds_events_of_one_agency() {
        for publication in row(7) {
            let first = &publication.events[0].key.agency;
            assert!(
                publication
                    .events
                    .iter()
                    .all(|event| event.key.agency == *first)
            );
        }
    }

    #[test]
    fn an_event_comes_again_as_it_was() {
        let publications = row(7);
        let again = publications
            .iter()
            .position(|publication| publication.again)
            .unwrap();
        let repeated = publications[again].events.last();
        assert_eq!(publications[again - 1].events.last(), repeated);
    }

    #[test]
    fn the_eager_citizen_gets_more_than_the_limit_within_seconds() {
        let publications = row(7);
        let events = publications
            .iter()
            .flat_map(|publication| &publication.events);
        let eager = events.filter(|event| event.msisdn == cast::eager().msisdn);
        assert_eq!(eager.count(), 4);
    }

    #[test]
    fn the_newer_of_two_statuses_stands_last_and_is_of_the_same_application() {
        let publications = row(7);
        let overtaken = publications
            .iter()
            .find(|publication| publication.events.len() == 2);
        let [older, newer] = &overtaken.unwrap().events[..] else {
            panic!()
        };
        assert!(older.time < newer.time);
        assert_eq!(older.application, newer.application);
        assert_ne!(older.key, newer.key);
    }

    #[test]
    fn the_cast_reads_of_offices_in_its_own_letters() {
        for publication in row(7) {
            for event in &publication.events {
                let cast = cast::watched().any(|msisdn| msisdn == event.msisdn);
                let office = event.params.get("office").unwrap().contains(is_cyrillic);
                let reads = event.language.map(|language| Citizen {
                    msisdn: event.msisdn,
                    language,
                });
                assert!(!cast || Some(office) == reads.map(Citizen::reads_cyrillic));
            }
        }
    }
}
