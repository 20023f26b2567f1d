//! The citizens whose phones are watched.

use xabar_events::{Language, Msisdn};

/// A citizen with a phone that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Citizen {
    pub(super) msisdn: Msisdn,
    pub(super) language: Language,
}

impl Citizen {
    /// So an office is named in the letters that the rest of the text is in.
    pub(super) fn reads_cyrillic(self) -> bool {
        matches!(self.language, Language::UzCyrl | Language::Ru)
    }
}

/// So many that none of them meets the subscriber's limit.
const CITIZENS: u64 = 45;

/// Every operator has some of them.
const PREFIXES: &[u64] = &[99893, 99890, 99894, 99897, 99891, 99898, 99895];

const LANGUAGES: &[Language] = &[
    Language::UzLatn,
    Language::Ru,
    Language::UzCyrl,
    Language::Kaa,
    Language::En,
];

/// The citizen whose turn it is, over and over again.
pub(super) fn citizen(turn: u64) -> Citizen {
    let number = turn % CITIZENS;
    let subscriber = (number * 7_919_317 + 1_234_567) % 10_000_000;
    Citizen {
        msisdn: msisdn(*at(PREFIXES, number), subscriber),
        language: *at(LANGUAGES, number),
    }
}

/// The one citizen who is written to more often than anybody wants to be.
pub(super) fn eager() -> Citizen {
    Citizen {
        msisdn: msisdn(99893, 5_557_007),
        language: Language::UzLatn,
    }
}

/// All numbers that are watched.
pub(super) fn watched() -> impl Iterator<Item = Msisdn> {
    let citizens = (0..CITIZENS).map(citizen).chain([eager()]);
    citizens.map(|citizen| citizen.msisdn)
}

fn msisdn(prefix: u64, subscriber: u64) -> Msisdn {
    Msisdn::from_u64(prefix * 10_000_000 + subscriber).expect("five and seven digits make a number")
}

fn at<T>(table: &[T], turn: u64) -> &T {
    let place = usize::try_from(turn % table.len() as u64).unwrap_or_default();
    table.get(place).expect("no table is empty")
}
