//! What was committed and is not written yet: urgent messages and answers first, the others in their order.

use std::collections::VecDeque;
use std::time::Instant;

use super::super::submission::{Submission, Token};
use crate::journal::MessageId;

#[derive(Debug, Default)]
pub(super) struct Waiting {
    urgent: VecDeque<Submission>,
    others: VecDeque<Submission>,
}

impl Waiting {
    pub(super) fn extend(&mut self, submissions: Vec<Submission>) {
        for submission in submissions {
            match submission.urgent {
                true => self.urgent.push_back(submission),
                false => self.others.push_back(submission),
            }
        }
    }

    pub(super) fn pop(&mut self) -> Option<Submission> {
        self.urgent.pop_front().or_else(|| self.others.pop_front())
    }

    /// What comes out next.
    pub(super) fn first(&self) -> Option<&Submission> {
        self.urgent.front().or_else(|| self.others.front())
    }

    pub(super) fn len(&self) -> usize {
        self.urgent.len() + self.others.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.urgent.is_empty() && self.others.is_empty()
    }

    /// How many of them are urgent.
    pub(super) fn urgent(&self) -> usize {
        self.urgent.len()
    }

    /// When the first of them was decided on.
    pub(super) fn oldest(&self) -> Option<Instant> {
        let firsts = self.urgent.front().into_iter().chain(self.others.front());
        firsts.map(|first| first.decided).min()
    }

    /// Takes out what was decided on before then.
    pub(super) fn older_than(&mut self, then: Instant) -> Vec<Token> {
        let mut older = Vec::new();
        for queue in [&mut self.urgent, &mut self.others] {
            let is_older = |submission: &&Submission| submission.decided < then;
            let count = queue.iter().take_while(is_older).count();
            older.extend(queue.drain(..count).map(|submission| submission.token));
        }
        older
    }

    /// Takes out what is of these messages.
    pub(super) fn take_back(&mut self, messages: &[MessageId]) -> Vec<Token> {
        let mut taken = Vec::new();
        if messages.is_empty() {
            return taken;
        }
        for queue in [&mut self.urgent, &mut self.others] {
            queue.retain(|Submission { token, .. }| {
                let is_of_them = messages.contains(&token.message);
                taken.extend(is_of_them.then_some(*token));
                !is_of_them
            });
        }
        taken
    }

    /// Takes out everything.
    pub(super) fn drain(&mut self) -> Vec<Token> {
        let all = self.urgent.drain(..).chain(self.others.drain(..));
        all.map(|submission| submission.token).collect()
    }
}
