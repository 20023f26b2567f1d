//! Questions for the fate of messages whose receipts did not come: a few at a time, whatever waits.
//!
//! They take at most a tenth of the rate and of the window, so that a night's worth of missing receipts does
//! not crowd out messages.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;

use super::super::submission::{Query, Token};

/// One of so many PDUs, and of so many places in the window, may be a question's.
const SHARE: u32 = 10;

/// After so many questions in a row without an answer an operator is not asked any more. What was asked before one of them
/// was found unanswered is silenced by the same stall, and does not count.
const PATIENCE: u32 = 3;

#[derive(Debug)]
pub(super) struct Queries {
    waiting: VecDeque<Query>,
    /// What was written and may be answered in time.
    asked: FxHashMap<Token, Asked>,
    /// What was not, and may be answered yet: no more than the windows hold.
    late: FxHashMap<Token, usize>,
    /// When the next may be written.
    next_at: Instant,
    /// How many were ever written, and were when the last one that counts was found unanswered.
    written: u64,
    written_then: u64,
    /// In a row.
    unanswered: u32,
    /// The operator is known to answer questions.
    answers: bool,
    /// The operator does not answer questions.
    refused: bool,
}

#[derive(Debug)]
struct Asked {
    session: usize,
    /// How many were written before.
    number: u64,
}

impl Queries {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            waiting: VecDeque::new(),
            asked: FxHashMap::default(),
            late: FxHashMap::default(),
            next_at: now,
            written: 0,
            written_then: 0,
            unanswered: 0,
            answers: false,
            refused: false,
        }
    }

    /// Takes questions; gives back those of an operator that does not answer any.
    pub(super) fn take(&mut self, queries: Vec<Query>) -> Vec<Query> {
        if self.refused {
            return queries;
        }
        self.waiting.extend(queries);
        Vec::new()
    }

    /// When the next is to be written, as far as the share of questions goes, if there is one.
    pub(super) fn ready_at(&self, window: usize) -> Option<Instant> {
        // Whether it answers again, one will show: those without an answer keep their places in the window.
        let most = match self.unanswered {
            0 => (window / SHARE as usize).max(1),
            _ => 1,
        };
        (!self.waiting.is_empty() && self.asked.len() < most).then_some(self.next_at)
    }

    /// The next, which is being written on a session at a rate of so many PDUs a second.
    pub(super) fn next(
        &mut self,
        session: usize,
        rate: Option<f64>,
        now: Instant,
    ) -> Option<Query> {
        let query = self.waiting.pop_front()?;
        let number = self.written;
        self.written += 1;
        self.asked.insert(query.token, Asked { session, number });
        let pause = rate.map(|rate| Duration::from_secs_f64(f64::from(SHARE) / rate));
        self.next_at = now + pause.unwrap_or_default();
        Some(query)
    }

    /// Whether a token is that of a question.
    pub(super) fn asks(&self, token: Token) -> bool {
        // There are none for most messages' answers: then nothing is hashed.
        !self.asked.is_empty() && self.asked.contains_key(&token)
            || !self.late.is_empty() && self.late.contains_key(&token)
    }

    /// A question was never written.
    pub(super) fn unwritten(&mut self, token: Token) {
        self.asked.remove(&token);
    }

    /// A question has its answer; whether that came in time. If it is late, the operator answers after all.
    pub(super) fn answered(&mut self, token: Token) -> bool {
        (self.unanswered, self.answers) = (0, true);
        let in_time = self.asked.remove(&token).is_some();
        if !in_time && self.late.remove(&token).is_some() {
            self.refused = false;
        }
        in_time
    }

    /// A question has no answer in time: another may be asked. If that was once too often, no more are taken: gives back those
    /// that wait.
    pub(super) fn timed_out(&mut self, token: Token) -> Option<Vec<Token>> {
        let Asked { session, number } = self.asked.remove(&token)?;
        self.late.insert(token, session);
        if number >= self.written_then {
            self.written_then = self.written;
            self.unanswered += 1;
        }
        (self.unanswered >= PATIENCE)
            .then(|| self.refuse())
            .flatten()
    }

    /// A session is gone; gives back the questions that await an answer on it. Who is known to answer is asked anew once none
    /// is owed on any: it may have been the sessions.
    pub(super) fn unbound(&mut self, session: usize) -> Vec<Token> {
        self.late.retain(|_, other| *other != session);
        if self.answers && self.late.is_empty() {
            (self.unanswered, self.refused) = (0, false);
        }
        let gone = self.asked.extract_if(|_, asked| asked.session == session);
        gone.map(|(token, _)| token).collect()
    }

    /// The operator does not know such questions, and no new session will: no more are taken. Gives back those that wait, the
    /// first time.
    pub(super) fn unknown(&mut self) -> Option<Vec<Token>> {
        self.answers = false;
        self.refuse()
    }

    fn refuse(&mut self) -> Option<Vec<Token>> {
        if std::mem::replace(&mut self.refused, true) {
            return None;
        }
        let waiting = self.waiting.drain(..);
        Some(waiting.map(|query| query.token).collect())
    }
}
