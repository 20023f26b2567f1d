//! A service of which a part of the answers is slow, in virtual time: when it is left alone, and when it is not.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use super::phone;
use crate::clock::instant;
use crate::lookup::breaker::Turn;
use crate::lookup::cache::Cache;
use crate::lookup::desk::{Desk, Outcome};

const TIMEOUT: Duration = Duration::from_millis(500);
const FAST: Duration = Duration::from_millis(10);
/// How long each run is.
const MINUTES: Duration = Duration::from_secs(180);

/// How numbers come: so many at once, and how often.
const TRAFFIC: [(u64, Duration); 5] = [
    (1_000, Duration::from_secs(10)),
    (200, Duration::from_secs(1)),
    (60, Duration::from_millis(300)),
    (1, Duration::from_millis(30)),
    (12, Duration::from_secs(4)),
];

/// What became of a run.
#[derive(Debug, Default)]
struct Figures {
    turns: Vec<Turn>,
    numbers: u64,
    asked: u64,
}

impl Figures {
    fn times(&self, turn: Turn) -> usize {
        self.turns.iter().filter(|it| **it == turn).count()
    }
}

/// A service of which so many answers in a hundred come too late.
struct Service {
    slow_percent: u64,
    random: u64,
    /// The next answer on top, with its number and whether it comes in time.
    coming: BinaryHeap<Reverse<(Instant, u64, bool)>>,
}

impl Service {
    fn new(slow_percent: u64, seed: u64) -> Self {
        Self {
            slow_percent,
            random: seed,
            coming: BinaryHeap::new(),
        }
    }

    fn ask(&mut self, number: u64, now: Instant) {
        // SplitMix64.
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let in_time = (mixed ^ (mixed >> 31)) % 100 >= self.slow_percent;
        let at = now + if in_time { FAST } else { TIMEOUT };
        self.coming.push(Reverse((at, number, in_time)));
    }
}

fn run(slow_percent: u64, (burst, every): (u64, Duration), seed: u64) -> Figures {
    let start = instant();
    let mut desk = Desk::new(Cache::new(100, MINUTES), TIMEOUT);
    let mut service = Service::new(slow_percent, seed);
    let mut figures = Figures::default();
    let mut next_burst = start;
    while next_burst < start + MINUTES {
        let answer = service.coming.peek().map(|Reverse((at, ..))| *at);
        let now = [answer, desk.deadline()].into_iter().flatten();
        let now = now.fold(next_burst, Instant::min);
        if now == next_burst {
            let first = figures.numbers;
            desk.take(now, (), (first..first + burst).map(phone));
            figures.numbers += burst;
            next_burst += every;
        }
        while let Some(Reverse((at, number, in_time))) = service.coming.peek().copied()
            && at <= now
        {
            service.coming.pop();
            let outcome = match in_time {
                true => Outcome::Known(None),
                false => Outcome::Late,
            };
            figures
                .turns
                .extend(desk.settle(now, phone(number), outcome));
        }
        while desk.ready(now).is_some() {}
        while let Some(msisdn) = desk.question() {
            figures.asked += 1;
            service.ask(msisdn.as_u64() - phone(0).as_u64(), now);
        }
    }
    figures
}

fn all(slow_percent: u64) -> impl Iterator<Item = Figures> {
    let traffic = TRAFFIC.into_iter();
    traffic.flat_map(move |traffic| (1..=2).map(move |seed| run(slow_percent, traffic, seed)))
}

#[test]
fn a_service_of_which_one_answer_in_ten_is_slow_is_never_left_alone() {
    for slow_percent in [1, 10] {
        for figures in all(slow_percent) {
            assert_eq!(figures.turns, [], "{slow_percent}%: {figures:?}");
        }
    }
}

#[test]
fn a_service_of_which_half_the_answers_are_slow_is_left_alone_and_seldom_taken_back() {
    for figures in all(50) {
        assert!(figures.times(Turn::LeftAlone) >= 1, "{figures:?}");
        assert!(figures.times(Turn::Back) <= 3, "{figures:?}");
    }
}

#[test]
fn a_service_that_answers_nothing_is_left_alone_at_once_and_for_good() {
    for figures in all(100) {
        assert_eq!(figures.turns, [Turn::LeftAlone], "{figures:?}");
        // Some before it is known, and ten in each of a few trials.
        assert!(figures.asked <= 250, "{figures:?}");
    }
}
