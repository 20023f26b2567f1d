//! A campaign's messages, spread over hours.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::clock::UnixMillis;
use crate::journal::{AgencyKey, Dealt, Message, SpreadKey};

/// How many bulk messages of an agency, or of one of its services, go in an hour.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    pub agency: AgencyKey,
    /// `None`: all its services together that are not named.
    pub service: Option<Box<str>>,
    pub an_hour: u32,
}

/// How late a message may go and the next still in its own time.
const TOLERANCE: Duration = Duration::from_secs(60);

const HOUR: Duration = Duration::from_secs(3600);

/// So many runs of free times are remembered; a restart forgets them.
const MOST_FREE: usize = 10_000;

/// By how much times that are dealt out one after the other may be off, since they are told in whole ones.
const MILLISECOND: Duration = Duration::from_millis(1);

/// How a message comes to be given a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// It is new.
    Joins,
    /// It has this time, which came; others may be before it.
    Late(UnixMillis),
    /// All times are dealt out once more, and it is its turn, which may have had a time before.
    Anew(Option<UnixMillis>),
}

/// A GCRA over messages that also deals out times to those that have to wait, each its own.
#[derive(Debug)]
pub(super) struct Spreading {
    spread: Spread,
    emission_interval: Duration,
    /// Since 1970 on the steady clock: an interval may be shorter than a millisecond.
    theoretical_arrival: Duration,
    /// The last time that was dealt out, likewise.
    dealt: Duration,
    /// The last one that was dealt to a message whose own had passed when others had gone.
    late: Duration,
    /// That message's own: whose own is later comes after it.
    own: Duration,
    /// While times are dealt out anew: the last one of before, or of those that have joined since.
    before: Option<Duration>,
    /// Times to come of messages that will never go, in runs at even distances: the first of each, and its last.
    free: BTreeMap<Duration, Duration>,
    /// Whether the journal does not know yet how far it is.
    changed: bool,
}

impl Spreading {
    pub(super) fn new(spread: Spread) -> Self {
        // So that no hour has more than its number, though some may come late.
        let emission_interval = (HOUR + TOLERANCE) / spread.an_hour.max(1);
        Self {
            spread,
            emission_interval,
            theoretical_arrival: Duration::ZERO,
            dealt: Duration::ZERO,
            late: Duration::ZERO,
            own: Duration::ZERO,
            before: None,
            free: BTreeMap::new(),
            changed: false,
        }
    }

    pub(super) fn spread(&self) -> &Spread {
        &self.spread
    }

    /// Goes on where another one of the same campaign stood, with as many messages to its debit.
    pub(super) fn go_on(&mut self, before: &Self, now: UnixMillis) {
        let now = since_1970(now);
        let debit = before.theoretical_arrival.saturating_sub(now);
        let messages = debit.as_secs_f64() / before.emission_interval.as_secs_f64();
        self.theoretical_arrival = match self.spread == before.spread {
            true => before.theoretical_arrival,
            false => self.at_most(now, now + self.emission_interval.mul_f64(messages)),
        };
        (self.dealt, self.before) = (before.dealt, before.before);
        (self.late, self.own) = (before.late, before.own);
        self.changed = true;
        if self.spread == before.spread {
            self.free.clone_from(&before.free);
        }
    }

    /// Its times are dealt out anew, until [`end_anew`](Self::end_anew). Who joins meanwhile comes after all that had one.
    pub(super) fn begin_anew(&mut self) {
        self.before = Some(self.last());
        (self.dealt, self.late, self.own) = Default::default();
        self.free.clear();
        self.changed = true;
    }

    /// All that wait have their times.
    pub(super) fn end_anew(&mut self) {
        self.changed |= self.before.take().is_some();
    }

    /// Its name in the journal.
    pub(super) fn key(&self) -> SpreadKey {
        SpreadKey::of(self.spread.agency, self.spread.service.as_deref())
    }

    /// Goes on where the journal says that it stood.
    pub(super) fn take_up(&mut self, dealt: Dealt, now: UnixMillis) {
        // Its pace may have been another.
        self.theoretical_arrival = self.at_most(since_1970(now), since_1970(dealt.arrival));
        self.dealt = since_1970(dealt.last);
        self.late = since_1970(dealt.late);
        self.own = since_1970(dealt.own);
    }

    /// What the journal is to know, if it does not.
    pub(super) fn change(&mut self) -> Option<Dealt> {
        std::mem::take(&mut self.changed).then(|| Dealt {
            arrival: until(self.theoretical_arrival),
            last: until(self.dealt.max(self.before.unwrap_or_default())),
            late: until(self.late),
            own: until(self.own),
        })
    }

    /// How well it fits a message: 2 by its service, 1 by its agency, else 0.
    pub(super) fn fits(&self, message: &Message) -> u8 {
        if self.spread.agency != message.agency() {
            return 0;
        }
        match &self.spread.service {
            Some(service) if *service == message.content.service => 2,
            Some(_) => 0,
            None => 1,
        }
    }

    /// Until when one more has to wait; `None` if it may go now. One that joins waits for all that stand in line.
    pub(super) fn wait(&self, now: UnixMillis, line: Line) -> Option<UnixMillis> {
        let others_wait = self.before(line) > since_1970(now);
        (!self.is_free(now) || others_wait).then(|| until(self.next(now, line)))
    }

    fn is_free(&self, now: UnixMillis) -> bool {
        self.theoretical_arrival.saturating_sub(TOLERANCE) <= since_1970(now)
    }

    /// Counts a message that is submitted.
    pub(super) fn count(&mut self, now: UnixMillis) {
        let from = self.theoretical_arrival.max(since_1970(now));
        self.theoretical_arrival = from + self.emission_interval;
        self.changed = true;
    }

    /// Takes back a message that was counted and did not go.
    pub(super) fn uncount(&mut self) {
        let earlier = self.theoretical_arrival;
        self.theoretical_arrival = earlier.saturating_sub(self.emission_interval);
    }

    /// Deals the next time out, which is not before `open` says that it may be; none to one that ends by then, or others
    /// would wait for it in vain. One whose time came and that others were before gets the next, and does not go behind all.
    pub(super) fn deal(
        &mut self,
        now: UnixMillis,
        line: Line,
        end: UnixMillis,
        mut open: impl FnMut(UnixMillis) -> UnixMillis,
    ) -> Option<UnixMillis> {
        if line == Line::Joins
            && self.before.is_none()
            && let Some((first, last)) = self.pop_free(now)
        {
            let is_in_time = until(first) < end;
            // What was to go then may have left its day no room.
            let is_open = open(until(first)) == until(first);
            let left = if is_in_time && is_open {
                first + self.emission_interval
            } else {
                first
            };
            self.note_free(left, last);
            if is_open || !is_in_time {
                return is_in_time.then(|| until(first));
            }
        }
        let next = self.next(now, line);
        let opens = open(until(next));
        if opens >= end {
            return None;
        }
        let dealt = if opens > until(next) {
            since_1970(opens)
        } else {
            next
        };
        self.changed = true;
        match (line, &mut self.before) {
            (Line::Late(own), _) => {
                self.late = dealt;
                self.own = self.own.max(since_1970(own));
            }
            (Line::Joins, Some(before)) => *before = dealt,
            (Line::Joins, None) | (Line::Anew(_), _) => self.dealt = dealt,
        }
        Some(opens)
    }

    /// Takes back a time that was dealt out to a message that will never go. What was dealt last is dealt out anew.
    pub(super) fn give_back(&mut self, at: UnixMillis, now: UnixMillis) {
        let (is_past, at) = (at <= now, since_1970(at));
        let interval = self.emission_interval;
        let before = self.free.range(..=at).next_back().map(|(a, z)| (*a, *z));
        let is_free = before.is_some_and(|(_, last)| last >= at);
        // While times are dealt out anew it may be one of before.
        if is_past || is_free || self.before.is_some() || at > self.dealt + MILLISECOND {
            return;
        }
        let follows = |one: Duration, next: Duration| next.abs_diff(one + interval) <= MILLISECOND;
        let before = before.filter(|(_, last)| follows(*last, at));
        let after = self.free.range(at..).next().map(|(a, z)| (*a, *z));
        let after = after.filter(|(first, _)| follows(at, *first));
        if let Some((first, _)) = after {
            self.free.remove(&first);
        }
        let first = before.map_or(at, |(first, _)| first);
        let last = after.map_or(at, |(_, last)| last);
        if last + MILLISECOND >= self.dealt {
            self.free.remove(&first);
            (self.dealt, self.changed) = (first.saturating_sub(interval), true);
            return;
        }
        self.note_free(first, last);
    }

    /// Takes the first run of free times out, without those that have passed.
    fn pop_free(&mut self, now: UnixMillis) -> Option<(Duration, Duration)> {
        while let Some((mut first, last)) = self.free.pop_first() {
            while until(first) <= now && first <= last {
                first += self.emission_interval;
            }
            if until(first) > now && self.is_run(first, last) {
                return Some((first, last));
            }
        }
        None
    }

    fn note_free(&mut self, first: Duration, last: Duration) {
        if self.is_run(first, last) {
            self.free.insert(first, last);
        }
        if self.free.len() > MOST_FREE {
            self.free.pop_last();
        }
    }

    /// Whether there are times from the first to the last, which is off by less than a millisecond.
    fn is_run(&self, first: Duration, last: Duration) -> bool {
        first < last + self.emission_interval.min(2 * MILLISECOND) / 2
    }

    /// Where times are dealt out anew none is left out. What is the first keeps its time if that is the next one, or the one
    /// after that, so that nothing moves where nothing has changed; else it goes now if it may.
    fn next_anew(&self, now: UnixMillis, before: Option<Duration>) -> Duration {
        let next = self.dealt + self.emission_interval;
        let next = next.max(self.theoretical_arrival).max(since_1970(now));
        let last = next + self.emission_interval + MILLISECOND;
        if !self.dealt.is_zero() {
            return next;
        }
        let kept = before.filter(|before| (next..=last).contains(before));
        kept.unwrap_or(if self.is_free(now) {
            since_1970(now)
        } else {
            next
        })
    }

    /// The last time of all that wait.
    fn last(&self) -> Duration {
        let before = self.before.unwrap_or_default();
        self.dealt.max(self.late).max(before)
    }

    /// No message that counted leaves more to its debit.
    fn at_most(&self, now: Duration, arrival: Duration) -> Duration {
        arrival.min(now + TOLERANCE + self.emission_interval)
    }

    /// The last time of those that a message waits for. One whose own has come waits for those that missed theirs before.
    fn before(&self, line: Line) -> Duration {
        match line {
            Line::Joins => self.last(),
            Line::Late(own) if since_1970(own) <= self.own => Duration::ZERO,
            Line::Late(_) => self.late,
            Line::Anew(_) => self.dealt,
        }
    }

    /// The next time; as soon as it may be for one whose own has come, or those in time after it would go first.
    fn next(&self, now: UnixMillis, line: Line) -> Duration {
        match line {
            Line::Late(_) => {
                let earliest = self.theoretical_arrival.saturating_sub(TOLERANCE);
                let after = self.late + self.emission_interval;
                after.max(earliest).max(since_1970(now))
            }
            Line::Joins => {
                let last = self.last().max(self.theoretical_arrival);
                last.max(since_1970(now)) + self.emission_interval
            }
            Line::Anew(before) => self.next_anew(now, before.map(since_1970)),
        }
    }
}

fn since_1970(at: UnixMillis) -> Duration {
    at.since(UnixMillis(0))
}

/// The first whole millisecond that is not earlier.
fn until(at: Duration) -> UnixMillis {
    let millis = at.as_nanos().div_ceil(1_000_000);
    UnixMillis(i64::try_from(millis).unwrap_or(i64::MAX))
}
