//! Realistic notifications for demonstrations, benchmarks and tests, the same for the same seed.

use crate::{
    Agency, ApplicationNumber, EventId, EventKey, Language, Msisdn, Notification, Priority, Slug,
    TextMap, Trace, UnixMillis,
};

/// An agency's service with the statuses that its applications go through.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    /// The agency's name.
    pub agency: &'static str,
    /// `data.service`
    pub service: &'static str,
    /// `data.status`, in the usual order.
    pub statuses: &'static [&'static str],
}

/// Every service that samples are of, so that whoever has texts can check that none is missing.
pub const SERVICES: &[Service] = &[
    Service {
        agency: "kadastr",
        service: "land-registration",
        statuses: &["received", "in-review", "approved", "rejected"],
    },
    Service {
        agency: "kadastr",
        service: "property-extract",
        statuses: &["received", "ready"],
    },
    Service {
        agency: "adliya",
        service: "birth-certificate",
        statuses: &["received", "ready", "rejected"],
    },
    Service {
        agency: "adliya",
        service: "marriage-registration",
        statuses: &["received", "approved", "documents-needed"],
    },
    Service {
        agency: "soliq",
        service: "tax-certificate",
        statuses: &["received", "ready"],
    },
    Service {
        agency: "soliq",
        service: "business-registration",
        statuses: &["received", "approved", "rejected"],
    },
    Service {
        agency: "ijara",
        service: "rental-contract",
        statuses: &["received", "registered", "rejected"],
    },
    Service {
        agency: "iiv",
        service: "passport",
        statuses: &["received", "ready", "documents-needed"],
    },
    Service {
        agency: "mehnat",
        service: "unemployment-benefit",
        statuses: &["received", "approved", "rejected"],
    },
];

/// The mobile operators' prefixes in Uzbekistan, each followed by seven digits.
pub const PREFIXES: &[u32] = &[
    99890, 99891, 99893, 99894, 99895, 99897, 99898, 99899, 99888, 99833, 99850,
];

const OFFICES: &[&str] = &[
    "Yunusobod DXM",
    "Chilonzor DXM",
    "Mirzo Ulug‘bek DXM",
    "Samarqand shahar DXM",
    "Buxoro DXM",
    "Nukus DXM",
    "Farg‘ona DXM",
    "Андижон ДХМ",
    "ЦГУ Яшнабадского района",
];
const DEADLINES: &[&str] = &["2026-12-01", "2026-12-15", "2027-01-10", "2027-02-28"];

/// An endless row of notifications, each of another event and another application.
///
/// Event ids look like ULIDs and differ within a seed; for runs that meet in one journal give
/// each another start or seed.
#[derive(Debug, Clone)]
pub struct Sample {
    random: SplitMix64,
    start: UnixMillis,
    count: u64,
}

impl Sample {
    /// The row that belongs to `seed`, beginning on 2026-11-23 at 09:15 in Tashkent, an event
    /// a millisecond.
    pub fn new(seed: u64) -> Self {
        Self {
            random: SplitMix64(seed),
            start: UnixMillis(1_795_407_300_000),
            count: 0,
        }
    }

    /// The same row beginning at another time, which also makes other event ids.
    #[must_use]
    pub fn starting_at(self, start: UnixMillis) -> Self {
        Self { start, ..self }
    }

    fn notification(&mut self) -> Notification {
        let time = UnixMillis(self.start.0.saturating_add_unsigned(self.count));
        let random = &mut self.random;
        let service = random.pick(SERVICES);
        Notification {
            key: EventKey {
                agency: Agency::from_name(service.agency)
                    .expect("the table's agencies are well-formed"),
                id: valid::<EventId>(&ulid(time, random.next(), self.count)),
            },
            application: valid::<ApplicationNumber>(&format!("{}", 10_000_000 + self.count)),
            time,
            service: valid::<Slug>(service.service),
            status: valid::<Slug>(random.pick::<&str>(service.statuses)),
            msisdn: msisdn(random),
            language: language(random),
            priority: priority(random),
            params: params(random),
            not_before: None,
            expires: random
                .one_in(3)
                .then(|| UnixMillis(time.0.saturating_add(24 * 3600 * 1000))),
            legal: random.one_in(50),
            trace: trace(random),
            extensions: TextMap::default(),
        }
    }
}

impl Iterator for Sample {
    type Item = Notification;

    fn next(&mut self) -> Option<Notification> {
        let notification = self.notification();
        self.count += 1;
        Some(notification)
    }
}

fn valid<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().expect("samples are well-formed")
}

fn msisdn(random: &mut SplitMix64) -> Msisdn {
    let prefix = u64::from(*random.pick(PREFIXES));
    Msisdn::from_u64(prefix * 10_000_000 + random.below(10_000_000))
        .expect("five and seven digits make a number")
}

fn language(random: &mut SplitMix64) -> Option<Language> {
    match random.below(20) {
        0..9 => Some(Language::UzLatn),
        9..11 => Some(Language::UzCyrl),
        11..16 => Some(Language::Ru),
        16 => Some(Language::Kaa),
        17 => Some(Language::En),
        _ => None,
    }
}

fn priority(random: &mut SplitMix64) -> Priority {
    match random.below(20) {
        0 => Priority::Urgent,
        1..4 => Priority::Bulk,
        _ => Priority::Normal,
    }
}

fn params(random: &mut SplitMix64) -> TextMap {
    [
        ("office", *random.pick(OFFICES)),
        ("deadline", *random.pick(DEADLINES)),
    ]
    .into_iter()
    .collect()
}

fn trace(random: &mut SplitMix64) -> Trace {
    let (high, low, span) = (random.next(), random.next(), random.next());
    let text = format!("00-{high:016x}{low:016x}-{span:016x}-01");
    match random.one_in(4) {
        true => Trace::read(Some(&text), None),
        false => Trace::None,
    }
}

/// Ten characters of time, six of chance and ten of the count, in Crockford's base 32.
fn ulid(time: UnixMillis, random: u64, count: u64) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let base32 = |value: u64, len: u32| {
        (0..len).rev().filter_map(move |at| {
            let digit = usize::try_from(value >> (5 * at) & 31).ok()?;
            ALPHABET.get(digit).copied().map(char::from)
        })
    };
    let millis = time.0.unsigned_abs() & ((1 << 48) - 1);
    base32(millis, 10)
        .chain(base32(random, 6))
        .chain(base32(count, 10))
        .collect()
}

/// Sebastiano Vigna's SplitMix64: enough chance for samples, and the same everywhere.
#[derive(Debug, Clone)]
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = usize::try_from(self.next() % from.len() as u64).unwrap_or_default();
        from.get(at).expect("no table is empty")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_row() {
        let row = |seed| Sample::new(seed).take(100).collect::<Vec<_>>();
        assert_eq!(row(7), row(7));
        assert_ne!(row(7), row(8));
    }

    #[test]
    fn ids_look_like_ulids_and_never_repeat() {
        let other_start = Sample::new(7).starting_at(UnixMillis(1_800_000_000_000));
        let samples = Sample::new(7)
            .take(5000)
            .chain(Sample::new(8).take(5000))
            .chain(other_start.take(5000));
        let ids: HashSet<_> = samples.map(|sample| sample.key.id).collect();
        assert_eq!(ids.len(), 15_000);
        for id in ids {
            assert_eq!(id.as_str().len(), 26);
            assert!(id.as_str().starts_with("01"), "{id}");
        }
    }

    #[test]
    fn every_service_language_and_priority_appears() {
        let samples: Vec<_> = Sample::new(1).take(2000).collect();
        for service in SERVICES {
            for status in service.statuses {
                assert!(
                    samples
                        .iter()
                        .any(|sample| sample.service.as_str() == service.service
                            && sample.status.as_str() == *status)
                );
            }
        }
        for language in Language::ALL {
            assert!(
                samples
                    .iter()
                    .any(|sample| sample.language == Some(*language))
            );
        }
        for priority in Priority::ALL {
            assert!(samples.iter().any(|sample| sample.priority == *priority));
        }
    }
}
