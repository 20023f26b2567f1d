//! Whether an operator that answers badly is left alone for a while.
//!
//! In: how it answered, and the time. Out: how many submissions it may get.

mod refused;
#[cfg(test)]
mod tests;

use std::time::Duration;

use self::refused::{Refused, Weight};
use crate::clock::UnixMillis;
use crate::delivery::{Class, Token};
use crate::journal::MessageId;

/// Answers are counted over this time, and the half of it before.
const WINDOW: Duration = Duration::from_secs(30);

/// Fewer answers say nothing.
const FEWEST: u32 = 20;

/// So many without an answer in time say enough, however long they took, if nothing was answered well among them.
const UNANSWERED: u32 = 5;

/// So many messages in a row that are refused, each for the first time, for what may be their subscribers' fault, or because they
/// come too fast, are so for the operator's, if that goes on for as long as [`NOTHING_TAKEN`].
const DOUBTFUL_IN_A_ROW: u32 = 20;

/// For so long nothing is taken by an operator that refuses all. One agency's list of dead numbers fills the time between the
/// messages of others; and the third attempt of a message, its last one, comes later than that. One that throttles all is asked
/// for fewer and fewer meanwhile, and only what takes none of those is found.
const NOTHING_TAKEN: Duration = Duration::from_secs(10);

/// Submissions that try whether it is well again.
const PROBES: u32 = 5;

const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How long the answers to probes are waited for before others are sent.
const PATIENCE: Duration = Duration::from_secs(60);

/// How an operator answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// It did its work, whatever it said of a subscriber.
    pub good: u32,
    /// It could not, or did not answer, for the first time for this message.
    pub bad: u32,
    /// The same, for a message of which it could not before. A few phones that are out of reach are so each time: it counts where
    /// nothing is answered well.
    pub again: u32,
    /// What came says nothing of it.
    pub vague: u32,
    /// It refused what it may refuse whatever it is sent, or for the subscriber's fault; or said that it came too fast.
    pub doubtful: u32,
    /// Of these, the messages that it refused for the first time since the last good answer: what stands on a blacklist, or is for a
    /// phone that is full, is refused each time that it is tried.
    pub in_a_row: u32,
    /// Of the bad ones, how many are missing after the time that an answer may take.
    pub unanswered: u32,
}

/// What became of a circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    Opened,
    OpenedAgain,
    Closed,
}

/// Opens when half of an operator's answers are bad, none comes any more, or nothing is taken; then a few probes decide, after ever longer
/// pauses.
#[derive(Debug, Default)]
pub struct Circuit {
    state: State,
    refused: Refused,
    silence: Silence,
    doubt: Doubt,
    /// Since when it has not been closed.
    tripped: Option<UnixMillis>,
}

/// What was not answered in time since the last good answer. Where a session lets little be written before it is given up for
/// that, it takes some of them in a row to see it.
#[derive(Debug, Default)]
struct Silence {
    since: Option<UnixMillis>,
    unanswered: u32,
}

impl Silence {
    fn note(&mut self, time: UnixMillis, new: Answers) {
        if new.good > 0 {
            *self = Self::default();
        } else if new.unanswered > 0 {
            self.since.get_or_insert(time);
            self.unanswered = self.unanswered.saturating_add(new.unanswered);
        }
    }

    /// Whether that is more than one pause of the operator's.
    fn is_long(&self, time: UnixMillis) -> bool {
        let long = self.since.is_some_and(|since| time.since(since) >= WINDOW);
        long && self.unanswered >= UNANSWERED
    }
}

/// What was refused in doubt since the last good answer.
#[derive(Debug, Default)]
struct Doubt {
    taken: Option<UnixMillis>,
    since: Option<UnixMillis>,
    last: Option<UnixMillis>,
    in_a_row: u32,
}

impl Doubt {
    fn note(&mut self, time: UnixMillis, new: Answers) {
        if new.good > 0 {
            *self = Self {
                taken: Some(time),
                ..Self::default()
            };
        }
        if new.doubtful > 0 {
            let before = self.last.replace(time);
            if before.is_some_and(|before| time.since(before) >= NOTHING_TAKEN) {
                // Nothing was tried meanwhile.
                (self.since, self.in_a_row) = (None, 0);
            }
        }
        if new.in_a_row > 0 {
            self.since.get_or_insert(time);
            self.in_a_row = self.in_a_row.saturating_add(new.in_a_row);
        }
    }

    /// Whether so many were refused, and for so long, that it is not for their subscribers.
    fn is_long(&self, time: UnixMillis) -> bool {
        let long = self
            .since
            .is_some_and(|since| time.since(since) >= NOTHING_TAKEN);
        long && self.in_a_row >= DOUBTFUL_IN_A_ROW
    }

    fn took_lately(&self, time: UnixMillis) -> bool {
        self.taken
            .is_some_and(|taken| time.since(taken) < NOTHING_TAKEN)
    }
}

#[derive(Debug)]
enum State {
    Closed {
        since: UnixMillis,
        now: Answers,
        before: Answers,
    },
    Open {
        until: UnixMillis,
        pause: Duration,
    },
    HalfOpen {
        since: UnixMillis,
        pause: Duration,
        /// Probes that may still be sent.
        left: u32,
        answers: Answers,
    },
}

impl Default for State {
    fn default() -> Self {
        Self::closed(UnixMillis(0))
    }
}

impl State {
    fn closed(since: UnixMillis) -> Self {
        Self::Closed {
            since,
            now: Answers::default(),
            before: Answers::default(),
        }
    }

    fn half_open(since: UnixMillis, pause: Duration) -> Self {
        Self::HalfOpen {
            since,
            pause,
            left: PROBES,
            answers: Answers::default(),
        }
    }
}

impl Answers {
    fn join(&mut self, other: Self) {
        self.good = self.good.saturating_add(other.good);
        self.bad = self.bad.saturating_add(other.bad);
        self.again = self.again.saturating_add(other.again);
        self.doubtful = self.doubtful.saturating_add(other.doubtful);
    }

    /// Counts an answer of this class. Throttling is answered by going slower, and what may be a subscriber's fault says little: that
    /// counts where nothing else comes. A wrong PDU is ours. A message counts once, however many segments it has and however often
    /// it is tried.
    pub fn add(&mut self, circuit: &mut Circuit, time: UnixMillis, token: Token, class: Class) {
        match class {
            Class::Accepted | Class::Permanent => {
                match token.segment {
                    0 => self.good += 1,
                    _ => self.vague += 1,
                }
                self.in_a_row = 0;
            }
            Class::RetrySoon | Class::RetryElsewhere | Class::Session => {
                self.add_bad(circuit.weigh(time, token.message));
            }
            // One that takes nothing, however slowly it is asked, is of no more use than one that is broken. A few phones that are full
            // are so each time.
            Class::RetryTwice | Class::Throttled => {
                self.doubtful += 1;
                let is_new = token.segment == 0 && token.attempt == 1;
                self.in_a_row += u32::from(is_new);
            }
            Class::OurBug => self.vague += 1,
        }
    }

    /// Counts an answer that did not come in time.
    pub fn add_unanswered(&mut self, circuit: &mut Circuit, time: UnixMillis, token: Token) {
        self.add_bad(circuit.weigh(time, token.message));
        self.unanswered += 1;
    }

    /// Counts a bad answer.
    pub fn add_bad(&mut self, weight: Weight) {
        match weight {
            Weight::First => self.bad += 1,
            Weight::Again => self.again += 1,
            Weight::Counted => self.vague += 1,
        }
    }

    /// How many are bad, and of how many.
    fn bad_of_all(self) -> (u32, u32) {
        let again = if self.good == 0 { self.again } else { 0 };
        let bad = self.bad.saturating_add(again);
        (bad, self.good.saturating_add(bad))
    }

    fn are_bad(self) -> bool {
        let (bad, all) = self.bad_of_all();
        all >= FEWEST && bad >= all.div_ceil(2)
    }
}

impl Circuit {
    /// What a bad answer for this message counts, which it does once: among the answers of half a minute, or of the probes.
    pub fn weigh(&mut self, time: UnixMillis, message: MessageId) -> Weight {
        let counted_since = match self.state {
            State::HalfOpen { since, .. } => since,
            _ => time.before(WINDOW),
        };
        self.refused.weigh(time, message, counted_since)
    }

    /// Counts answers; says whether it opened or closed because of them.
    pub fn note(&mut self, time: UnixMillis, new: Answers) -> Option<Switch> {
        self.pass(time);
        self.silence.note(time, new);
        self.doubt.note(time, new);
        match &mut self.state {
            State::Closed { now, before, .. } => {
                now.join(new);
                let mut all = *now;
                all.join(*before);
                let is_silent = new.unanswered > 0 && self.silence.is_long(time);
                let takes_nothing = new.doubtful > 0 && self.doubt.is_long(time);
                if !is_silent && !takes_nothing && !all.are_bad() {
                    return None;
                }
                self.tripped = Some(time);
                self.open(time, FIRST_PAUSE);
                Some(Switch::Opened)
            }
            State::Open { .. } => None,
            State::HalfOpen {
                answers,
                pause,
                left,
                ..
            } => {
                answers.join(new);
                let takes_nothing = answers.doubtful >= PROBES && !self.doubt.took_lately(time);
                if answers.bad.saturating_add(answers.again) > PROBES / 2 || takes_nothing {
                    let pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
                    self.open(time, pause);
                    return Some(Switch::OpenedAgain);
                }
                if answers.good > PROBES / 2 {
                    self.state = State::closed(time);
                    self.tripped = None;
                    return Some(Switch::Closed);
                }
                // Others are to say what these did not.
                let unclear = new.vague.saturating_add(new.doubtful);
                *left = left.saturating_add(unclear).min(PROBES);
                None
            }
        }
    }

    fn open(&mut self, time: UnixMillis, pause: Duration) {
        let until = time.after(pause);
        self.state = State::Open { until, pause };
    }

    /// Lets time pass: old answers are forgotten, after a pause come probes, and after probes without an answer other
    /// ones.
    pub fn pass(&mut self, time: UnixMillis) {
        match self.state {
            State::Closed { since, now, .. } if time.since(since) >= WINDOW / 2 => {
                let before = if time.since(since) < WINDOW {
                    now
                } else {
                    Answers::default()
                };
                self.state = State::Closed {
                    since: time,
                    now: Answers::default(),
                    before,
                };
            }
            State::Open { until, pause } if time >= until => {
                self.state = State::half_open(time, pause);
            }
            State::HalfOpen {
                since,
                pause,
                left: 0,
                ..
            } if time.since(since) >= PATIENCE => {
                self.state = State::half_open(time, pause);
            }
            _ => {}
        }
    }

    /// What part of its answers was bad lately, from 0 to 1; few say nothing.
    pub fn bad(&self) -> f64 {
        let State::Closed { now, before, .. } = self.state else {
            return 1.0;
        };
        let mut lately = now;
        lately.join(before);
        let (bad, all) = lately.bad_of_all();
        if all < FEWEST {
            return 0.0;
        }
        f64::from(bad) / f64::from(all)
    }

    /// How many more submissions the operator may get.
    pub fn takes(&self) -> u64 {
        match self.state {
            State::Closed { .. } => u64::MAX,
            State::Open { .. } => 0,
            State::HalfOpen { left, .. } => left.into(),
        }
    }

    /// A submission is on its way.
    pub fn begin(&mut self) {
        if let State::HalfOpen { left, .. } = &mut self.state {
            *left = left.saturating_sub(1);
        }
    }

    /// Whether probes are to show how it does.
    pub fn is_half_open(&self) -> bool {
        matches!(self.state, State::HalfOpen { .. })
    }

    /// Since when it has not been closed.
    pub fn tripped(&self) -> Option<UnixMillis> {
        self.tripped
    }
}
