//! Decides which numbers are asked for, and when a batch goes on.
//!
//! In: batches with their numbers, answers, the time. Out: numbers to ask for, and batches in the order in which they
//! came; and counts of what came of the numbers. No sockets, no clock.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use foldhash::{HashMap, HashMapExt};
use xabar_events::Msisdn;

use super::MOST_QUESTIONS;
use super::breaker::{Breaker, Turn};
use super::cache::Cache;
use super::counts::Counts;
use crate::intake::Carriers;
use crate::journal::OperatorId;

/// Batches that wait for answers, and numbers that they wait for; behind them, no more are taken.
const MOST_BATCHES: usize = 2_000;
const MOST_NUMBERS: usize = 20_000;

#[derive(Debug)]
pub(super) struct Desk<B> {
    cache: Cache,
    breaker: Breaker,
    /// How long a batch waits.
    timeout: Duration,
    /// In the order in which they came.
    batches: VecDeque<Waiting<B>>,
    /// The number of the first of them, counted from the start.
    first: u64,
    wanted: HashMap<Msisdn, Wanted>,
    /// Not asked for yet.
    questions: VecDeque<Msisdn>,
    under_way: usize,
    counts: Counts,
}

/// A number that is asked for, or to be.
#[derive(Debug)]
struct Wanted {
    /// Those that have it.
    batches: Vec<u64>,
    asked: bool,
}

#[derive(Debug)]
struct Waiting<B> {
    batch: B,
    carriers: Carriers,
    /// Numbers without an answer, and those of them that are not asked for yet.
    open: u64,
    unasked: u64,
    until: Instant,
}

/// What came of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// `None`: nobody but its prefix's operator.
    Known(Option<OperatorId>),
    /// An answer that is of no use, and not to be remembered.
    Useless,
    /// There was none in time.
    Late,
    Failed,
}

impl<B> Desk<B> {
    pub(super) fn new(cache: Cache, timeout: Duration) -> Self {
        Self {
            cache,
            breaker: Breaker::new(timeout),
            timeout,
            batches: VecDeque::new(),
            first: 0,
            wanted: HashMap::new(),
            questions: VecDeque::new(),
            under_way: 0,
            counts: Counts::default(),
        }
    }

    /// Whether one more batch may come.
    pub(super) fn has_room(&self) -> bool {
        self.batches.len() < MOST_BATCHES && self.wanted.len() < MOST_NUMBERS
    }

    /// Whether no batch waits.
    pub(super) fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// What came of all numbers so far.
    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Takes a batch with numbers that may be ported.
    pub(super) fn take(
        &mut self,
        now: Instant,
        batch: B,
        numbers: impl IntoIterator<Item = Msisdn>,
    ) {
        let number = self.first + self.batches.len() as u64;
        let mut carriers = Carriers::default();
        let (mut open, mut unasked) = (0, 0);
        for msisdn in numbers {
            if let Some(known) = self.cache.get(msisdn, now) {
                self.counts.remembered += 1;
                carriers.extend(known.map(|carrier| (msisdn, carrier)));
            } else if let Some(wanted) = self.wanted.get_mut(&msisdn) {
                if wanted.batches.last() != Some(&number) {
                    wanted.batches.push(number);
                    open += 1;
                    unasked += u64::from(!wanted.asked);
                }
            } else if self.breaker.lets(now) {
                let wanted = Wanted {
                    batches: vec![number],
                    asked: false,
                };
                self.wanted.insert(msisdn, wanted);
                self.questions.push_back(msisdn);
                open += 1;
                unasked += 1;
            } else {
                self.counts.left_alone += 1;
            }
        }
        self.batches.push_back(Waiting {
            batch,
            carriers,
            open,
            unasked,
            until: now + self.timeout,
        });
    }

    /// A number to ask for. Its answer, or that there is none, is to be told.
    pub(super) fn question(&mut self) -> Option<Msisdn> {
        while self.under_way < MOST_QUESTIONS {
            let msisdn = self.questions.pop_front()?;
            let wanted = self.wanted.get_mut(&msisdn);
            let first = self.first;
            let is_waited_for = |wanted: &&mut Wanted| wanted.batches.last() >= Some(&first);
            if let Some(wanted) = wanted.filter(is_waited_for) {
                wanted.asked = true;
                note(&mut self.batches, first, &wanted.batches, |waiting| {
                    waiting.unasked = waiting.unasked.saturating_sub(1);
                });
                self.under_way += 1;
                return Some(msisdn);
            }
            // Those that wanted to know have gone on.
            self.wanted.remove(&msisdn);
            self.breaker.withdraw();
        }
        None
    }

    /// A question has its answer, or will have none.
    pub(super) fn settle(
        &mut self,
        now: Instant,
        msisdn: Msisdn,
        outcome: Outcome,
    ) -> Option<Turn> {
        self.under_way = self.under_way.saturating_sub(1);
        let carrier = match outcome {
            Outcome::Known(carrier) => {
                self.cache.put(msisdn, carrier, now);
                carrier
            }
            Outcome::Useless | Outcome::Late | Outcome::Failed => None,
        };
        let count = match outcome {
            Outcome::Known(_) => &mut self.counts.answered,
            Outcome::Late => &mut self.counts.late,
            Outcome::Useless | Outcome::Failed => &mut self.counts.failed,
        };
        let wanted = self.wanted.remove(&msisdn);
        let batches = wanted.map(|wanted| wanted.batches).unwrap_or_default();
        note(&mut self.batches, self.first, &batches, |waiting| {
            waiting.open = waiting.open.saturating_sub(1);
            waiting.carriers.extend(carrier.map(|it| (msisdn, it)));
            *count += 1;
        });
        let turn = match outcome {
            Outcome::Late | Outcome::Failed => self.breaker.failed(now),
            Outcome::Known(_) | Outcome::Useless => self.breaker.answered(now),
        };
        if turn == Some(Turn::LeftAlone) {
            self.ask_no_more();
        }
        turn
    }

    /// Nothing is waited for any more.
    fn ask_no_more(&mut self) {
        self.questions.clear();
        self.wanted.clear();
        for waiting in &mut self.batches {
            self.counts.left_alone += std::mem::take(&mut waiting.open);
            waiting.unasked = 0;
        }
    }

    /// The next batch that goes on, with the operators of its ported numbers.
    pub(super) fn ready(&mut self, now: Instant) -> Option<(B, Carriers)> {
        let front = self.batches.front()?;
        if front.open > 0 && now < front.until {
            return None;
        }
        self.first += 1;
        let Waiting {
            batch,
            carriers,
            open,
            unasked,
            ..
        } = self.batches.pop_front()?;
        self.counts.unasked += unasked;
        self.counts.late += open.saturating_sub(unasked);
        Some((batch, carriers))
    }

    /// When the first batch goes on at the latest.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.batches.front().map(|waiting| waiting.until)
    }
}

/// Notes something of those of these batches that wait still; `first` is the number of the first that does.
fn note<B>(
    batches: &mut VecDeque<Waiting<B>>,
    first: u64,
    numbers: &[u64],
    mut note: impl FnMut(&mut Waiting<B>),
) {
    for number in numbers {
        let at = number.checked_sub(first);
        let at = at.and_then(|at| usize::try_from(at).ok());
        if let Some(waiting) = at.and_then(|at| batches.get_mut(at)) {
            note(waiting);
        }
    }
}
