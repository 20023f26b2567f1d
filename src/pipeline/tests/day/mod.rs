//! A day of a nation in virtual time: agencies with their bursts, citizens who opt out and in, phones that show urgent
//! statuses or do not, operators with limits and outages, a gateway that dies now and then; every beat under the eyes of the [`Laws`](super::laws::Laws).
//!
//! `XABAR_DAY_EVENTS=1000000 cargo test --release --lib pipeline::tests::day::a_day_keeps -- --nocapture` has a million events
//! and takes some forty seconds on two cores; `XABAR_DAY_SEED` repeats a day that went wrong, and with commas there are several.

mod agencies;
mod citizens;
mod excuses;
mod later;
mod operators;
mod promises;
mod rules;
mod sabotage;
mod staff;

use std::fmt;
use std::time::Duration;

use xabar_events::{Event as Incoming, Priority};

use super::random::Random;
use super::world::*;
use crate::clock::UnixMillis;
use crate::journal::model::Model;
use crate::scratch::Folder;
use agencies::{AGENCIES, Agencies, name};
use citizens::Citizens;
use operators::Operators;
use promises::Promises;
use staff::Staff;

/// Events of a day where nothing else is said: enough for every kind of trouble, few enough for every run.
const EVENTS: u64 = 2_000;

/// A day of so many events has regions, each with a gateway of its own on a core of the machine. Its journals are models,
/// which SQLite's is held to: SQLite's would take as long as all else.
const LARGE: u64 = 100_000;

/// As many on every machine, so that a seed is the same day everywhere.
const REGIONS: u64 = 2;

/// Between the seeds of a nation's regions; its own is smaller.
const APART: u64 = 1_000_000;

/// What happens within it happens at once.
const STEP: Duration = SECOND;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// While nothing comes, the gateway is looked at so often.
const IDLE: Duration = Duration::from_secs(10);

/// A receipt may be waited for for three days, and a message may wait as long before it is sent.
const PATIENCE: Duration = Duration::from_secs(14 * 24 * 3600);

/// The gateway dies so often a day.
const DEATHS: u64 = 8;

/// The rules change so often on a day on which they do.
const CHANGES: u64 = 60;

/// By how much the wall clock is set forward at most, in milliseconds.
const MOST_SET: u64 = 20 * 60 * 1000;

/// How much each of two agencies has to say to one subscriber: their limits are those of two days.
const INSISTED: u32 = 10;

#[test]
fn a_day_keeps_every_rule_whatever_goes_wrong() {
    let events = from_outside("XABAR_DAY_EVENTS");
    let events = events.first().copied().unwrap_or(EVENTS);
    let mut seeds = from_outside("XABAR_DAY_SEED");
    if seeds.is_empty() {
        seeds = vec![1, 2, by_chance()];
    }
    let regions = if events < LARGE { 1 } else { REGIONS };
    let all = seeds.into_iter();
    let all = all.flat_map(|seed| (0..regions).map(move |region| seed + region * APART));
    let days = all.map(|seed| {
        std::thread::spawn(move || {
            let mut day = match events {
                ..LARGE => Day::new(seed, events),
                _ => Day::on(Disk::Model(Model::default()), seed, events / regions),
            };
            day.agencies.insist(INSISTED);
            day.run();
            println!("{}", day.summary());
        })
    });
    let days: Vec<_> = days.collect();
    for day in days {
        day.join().expect("the day's rules hold");
    }
}

/// So what is shown with the model holds for SQLite's.
#[test]
fn a_day_is_the_same_whichever_journal_keeps_it() {
    let told = |disk| {
        let mut day = Day::on(disk, 5, 400);
        day.run();
        day.summary().to_string()
    };
    let on_sqlite = told(Disk::Folder(Folder::in_memory()));
    assert_eq!(told(Disk::Model(Model::default())), on_sqlite);
}

/// As a day is, with rules that change all the time, by reloads, restarts and orders.
#[test]
fn a_day_whose_rules_change_keeps_those_that_hold() {
    let mut seeds = from_outside("XABAR_DAY_SEED");
    if seeds.is_empty() {
        seeds = vec![1, 3];
    }
    for seed in seeds {
        let mut day = Day::new(seed, EVENTS);
        day.changes = (0..CHANGES).map(|_| some_time(&mut day.random)).collect();
        day.changes
            .sort_unstable_by_key(|at| std::cmp::Reverse(*at));
        for agency in [agencies::LIMITED, agencies::CAMPAIGNING] {
            day.agencies.soon(agency, Priority::Bulk, 100);
        }
        day.agencies.insist(INSISTED);
        day.run();
    }
}

/// As a day is, with a wall clock that is set forward all the time. Without its campaign: how much of that goes within an
/// hour in which the clock is set has no law.
#[test]
fn a_day_whose_clock_is_set_forward_keeps_every_rule() {
    let mut seeds = from_outside("XABAR_DAY_SEED");
    if seeds.is_empty() {
        seeds = vec![1, 2];
    }
    for seed in seeds {
        let mut day = Day::new(seed, EVENTS);
        day.clock_is_set = (0..CHANGES).map(|_| some_time(&mut day.random)).collect();
        day.clock_is_set
            .sort_unstable_by_key(|at| std::cmp::Reverse(*at));
        day.world
            .read_again(|settings| rules::leave_the_campaign_out(&mut settings.rules));
        day.run();
    }
}

fn from_outside(name: &str) -> Vec<u64> {
    let given = std::env::var(name).unwrap_or_default();
    let numbers = given.split(',').filter_map(|it| it.parse().ok());
    numbers.collect()
}

fn by_chance() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish() % APART
}

struct Day {
    seed: u64,
    world: World,
    random: Random,
    agencies: Agencies,
    citizens: Citizens,
    operators: Operators,
    promises: Promises,
    staff: Staff,
    /// When the gateway dies, the next one last.
    deaths: Vec<UnixMillis>,
    deaths_in_all: usize,
    /// When the rules change, the next time last.
    changes: Vec<UnixMillis>,
    /// When the wall clock is set, likewise.
    clock_is_set: Vec<UnixMillis>,
    /// How long after the day every message has come to its end.
    patience: Duration,
    /// Whether something came or went in the last second.
    busy: bool,
}

/// Tells which day it was when a rule is broken.
impl Drop for Day {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let at = self.world.steady.since(START).as_secs();
            let (hour, minute, second) = (at / 3600, at / 60 % 60, at % 60);
            let (seed, region) = (self.seed % APART, self.seed / APART);
            eprintln!(
                "seed {seed}, region {region}, {hour:02}:{minute:02}:{second:02} after its start: XABAR_DAY_SEED={seed} repeats it"
            );
        }
    }
}

impl Day {
    fn new(seed: u64, events: u64) -> Self {
        Self::on(Disk::Folder(Folder::in_memory()), seed, events)
    }

    fn on(disk: Disk, seed: u64, events: u64) -> Self {
        let world = World::on(disk, |settings| {
            rules::set(settings, events);
            settings.operators[0].fallback = vec!["beeline".into()];
            settings.operators[0].move_after = Some(10 * MINUTE);
            settings.dialogue.agencies = (0..AGENCIES).map(|it| name(it).into()).collect();
        });
        let mut random = Random(seed);
        let mut deaths: Vec<_> = (0..DEATHS).map(|_| some_time(&mut random)).collect();
        deaths.sort_unstable_by_key(|at| std::cmp::Reverse(*at));
        Self {
            seed,
            agencies: Agencies::new(events, &mut random),
            operators: Operators::new(events, &mut random),
            citizens: Citizens::new(events, &mut random),
            promises: Promises::default(),
            staff: Staff::new(seed),
            world,
            random,
            deaths_in_all: deaths.len(),
            deaths,
            changes: Vec::new(),
            clock_is_set: Vec::new(),
            patience: PATIENCE,
            busy: true,
        }
    }

    /// The day, and as long after it as the last message takes.
    fn run(&mut self) {
        while self.world.steady < START.after(DAY) {
            self.step();
        }
        let end = self.world.steady.after(self.patience);
        while self.world.unsettled() > 0 {
            let steady = self.world.steady;
            assert!(steady < end, "some messages never come to their end");
            for _ in 0..100 {
                self.step();
            }
        }
        self.operators.check(&self.promises);
    }

    fn step(&mut self) {
        let events = self.pass();
        let now = self.world.steady;
        self.promises.published(now, &events);
        self.busy = !events.is_empty();
        if self.busy {
            self.world.bring(events);
        }
        self.operators.begin(&mut self.world);
        self.citizens.write(&mut self.world);
        self.staff.order(&mut self.world);
        self.change_rules();
        self.set_clock();
        self.die();
        for _ in 0..20 {
            self.world.beat();
            self.promises
                .told(&mut self.world.outcomes, &self.operators);
            let answers = self.world.laws.new_answers();
            self.promises.answered(now, &answers, &self.world.laws);
            let sent = self.world.sent();
            self.promises.submitted(&sent, &self.world.laws);
            self.busy |= !sent.is_empty();
            self.operators.take(&mut self.world, sent, &mut self.random);
            if self.world.wait() >= Duration::from_millis(20) {
                break;
            }
        }
        self.operators.hear(&mut self.world);
        self.citizens.hear(&mut self.world, &mut self.random);
        let no_bulk = self.world.settings.rules.no_bulk.as_ref();
        let bulk_may_go = no_bulk.is_none_or(|hours| hours.end(self.world.now().wall).is_none());
        self.promises.pass(now, &self.operators, bulk_may_go);
        let mut smscs = self.world.smscs.iter();
        let links_have_room =
            smscs.all(|(id, smsc)| smsc.room > smsc.kept && self.operators.well_since(*id) < now);
        self.world.laws.pass(&self.world.now(), links_have_room);
    }

    /// Goes on to the next second, or to a later one while nothing comes.
    fn pass(&mut self) -> Vec<Incoming> {
        let since = self.world.steady;
        loop {
            self.world.steady = self.world.steady.after(STEP);
            let now = self.world.now();
            let events = self.agencies.publish(now, &mut self.random);
            let idle = !self.busy && events.is_empty() && self.operators.next() > now.steady;
            if !idle || now.steady.since(since) >= IDLE {
                return events;
            }
        }
    }

    fn change_rules(&mut self) {
        if self.changes.pop_if(|at| *at <= self.world.steady).is_some() {
            let random = &mut self.random;
            if random.below(3) == 0 {
                let limits = rules::other_limits(&self.world.settings.rules, random);
                self.staff.limit(&mut self.world, limits);
                return;
            }
            self.world
                .read_again(|settings| rules::change(&mut settings.rules, random));
            if self.random.below(4) == 0 {
                // The gateway learns it from its start only, before which it does nothing more by the rules of before.
                self.world.forget_rules();
                self.world.crash();
                self.world.start();
                self.take_up_again();
            }
        }
    }

    fn set_clock(&mut self) {
        let now = self.world.steady;
        if self.clock_is_set.pop_if(|at| *at <= now).is_some() {
            let forward = self.random.below(MOST_SET);
            self.world.wall_ahead += i64::try_from(forward).unwrap();
        }
    }

    fn die(&mut self) {
        let Some(at) = self.deaths.last().copied() else {
            return;
        };
        if at > self.world.steady {
            return;
        }
        self.deaths.pop();
        match self.random.below(3) {
            0 => self.world.beat_and_crash(Crash::BeforeCommit),
            1 => self.world.beat_and_crash(Crash::BeforeEffects),
            _ => {
                self.world.crash();
                self.world.start();
            }
        }
        self.take_up_again();
    }

    /// After a death of the gateway.
    fn take_up_again(&mut self) {
        self.operators.gateway_died(&mut self.world);
        self.promises.gateway_died();
        self.promises
            .told(&mut self.world.outcomes, &self.operators);
        // What was not acknowledged comes again.
        self.world.bring(self.agencies.again());
    }

    fn summary(&self) -> impl fmt::Display {
        format!(
            "seed {}, region {}: {} events, {} beats, {} submitted, {} shown on screens, {} deaths; every rule kept",
            self.seed % APART,
            self.seed / APART,
            self.agencies.published(),
            self.world.beats,
            self.operators.taken(),
            self.operators.shown(),
            self.deaths_in_all
        )
    }
}

fn some_time(random: &mut Random) -> UnixMillis {
    START.after(Duration::from_secs(random.below(DAY.as_secs())))
}
