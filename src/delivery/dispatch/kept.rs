//! What of a link is kept free for urgent messages and answers.
//!
//! Who goes first helps little where everything is taken already: an SMSC that answers slowly holds a whole window for
//! seconds. So a share of the places is left to those that cannot wait, as far as they do not have it already.

use rustc_hash::FxHashMap;

use super::super::submission::{Submission, Token};

/// Of fewer places nothing is kept: one would be too many.
const LEAST: usize = 5;

#[derive(Debug)]
pub(super) struct Kept {
    /// In percent.
    share: usize,
    /// The urgent submissions that await a response, each with its session.
    in_flight: FxHashMap<Token, usize>,
}

impl Kept {
    pub(super) fn new(percent: u32) -> Self {
        Self {
            share: usize::try_from(percent).unwrap_or_default(),
            in_flight: FxHashMap::default(),
        }
    }

    pub(super) fn written(&mut self, session: usize, submission: &Submission) {
        if submission.urgent {
            self.in_flight.insert(submission.token, session);
        }
    }

    /// A submission awaits no response any more.
    pub(super) fn answered(&mut self, token: Token) {
        if !self.in_flight.is_empty() {
            self.in_flight.remove(&token);
        }
    }

    /// A session is gone, with all that awaits a response on it.
    pub(super) fn unbound(&mut self, session: usize) {
        self.in_flight.retain(|_, other| *other != session);
    }

    /// How many of the places of a window are not for others, while so many urgent submissions wait to be written.
    pub(super) fn of_window(&self, places: usize, waiting: usize) -> usize {
        self.of(places)
            .saturating_sub(self.in_flight.len() + waiting)
    }

    /// The same of what is committed ahead of being written.
    pub(super) fn of_ahead(&self, places: usize, waiting: usize) -> usize {
        self.of(places).saturating_sub(waiting)
    }

    /// Its share of so many places, whoever has them.
    pub(super) fn of(&self, places: usize) -> usize {
        if places < LEAST {
            return 0;
        }
        (places * self.share).div_ceil(100)
    }
}
