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

/// After so many questions in a row without an answer an operator is not asked any more.
const PATIENCE: u32 = 3;

#[derive(Debug)]
pub(super) struct Queries {
    waiting: VecDeque<Query>,
    /// What was written and may be answered in time, each with its session.
    asked: FxHashMap<Token, usize>,
    /// What was not, and may be answered yet: no more than the windows hold.
    late: FxHashMap<Token, usize>,
    /// When the next may be written.
    next_at: Instant,
    /// In a row.
    unanswered: u32,
    /// The operator does not answer questions.
    refused: bool,
}

impl Queries {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            waiting: VecDeque::new(),
            asked: FxHashMap::default(),
            late: FxHashMap::default(),
            next_at: now,
            unanswered: 0,
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
        let most = (window / SHARE as usize).max(1);
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
        self.asked.insert(query.token, session);
        let pause = rate.map(|rate| Duration::from_secs_f64(f64::from(SHARE) / rate));
        self.next_at = now + pause.unwrap_or_default();
        Some(query)
    }

    /// Whether a token is that of a question.
    pub(super) fn asks(&self, token: Token) -> bool {
        let mut written = [&self.asked, &self.late].into_iter();
        written.any(|some| !some.is_empty() && some.contains_key(&token))
    }

    /// A question has its answer; whether that came in time.
    pub(super) fn answered(&mut self, token: Token) -> bool {
        self.unanswered = 0;
        let in_time = self.asked.remove(&token).is_some();
        if !in_time {
            self.late.remove(&token);
        }
        in_time
    }

    /// A question has no answer in time: another may be asked. Whether that was once too often.
    pub(super) fn timed_out(&mut self, token: Token) -> bool {
        if let Some(session) = self.asked.remove(&token) {
            self.late.insert(token, session);
        }
        self.unanswered += 1;
        self.unanswered >= PATIENCE && !self.refused
    }

    /// A session is gone; gives back the questions that await an answer on it.
    pub(super) fn unbound(&mut self, session: usize) -> Vec<Token> {
        self.late.retain(|_, other| *other != session);
        let gone = self.asked.extract_if(|_, other| *other == session);
        gone.map(|(token, _)| token).collect()
    }

    /// The operator does not answer questions: gives back those that wait, and takes no more.
    pub(super) fn refuse(&mut self) -> Vec<Token> {
        self.refused = true;
        let waiting = self.waiting.drain(..);
        waiting.map(|query| query.token).collect()
    }
}
