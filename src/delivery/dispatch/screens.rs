//! Screens of USSD dialogues: before all else, but for a share that is left to messages.
//!
//! While a screen would be late, the pipeline lets no dialogue begin: a phone that gets none in time is told so by its
//! network, and dials again. Those under way go on: they bring no more steps than they are shown screens.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::super::screen::{PATIENCE, Screen};

/// While messages wait, of so many PDUs one is theirs: more than their lanes are promised together.
const SHARE: usize = 4;

/// A screen that waits for longer is late: far less than nobody waits for, since others may be on their way to here.
pub(super) const SOON: Duration = Duration::from_secs(3);

/// With so many waiting there is no room for more.
pub(super) const FULL: usize = 5_000;

/// The most that wait: some are decided on before it is heard that there is no room. What goes beyond is not shown.
pub(super) const MOST: usize = 2 * FULL;

#[derive(Debug, Default)]
pub(super) struct Screens {
    waiting: VecDeque<Screen>,
    /// Written since the last message was.
    in_a_row: usize,
}

impl Screens {
    /// Takes as many as may wait; how many more there are that phones wait for.
    pub(super) fn take(&mut self, screens: Vec<Screen>) -> usize {
        let room = MOST.saturating_sub(self.waiting.len());
        let mut screens = screens.into_iter();
        self.waiting.extend(screens.by_ref().take(room));
        screens.filter(|screen| screen.awaited).count()
    }

    /// How many dialogues may begin in one beat, where so many PDUs go out [`SOON`]; `None`: who knows how many.
    pub(super) fn dialogues(&self, pdus: Option<usize>, now: Instant) -> usize {
        let soon = pdus.map_or(FULL, |pdus| (pdus - pdus.div_ceil(SHARE)).clamp(1, FULL));
        let first = self.waiting.front();
        let is_late = first.is_some_and(|first| first.decided + SOON <= now);
        match is_late || self.waiting.len() >= soon {
            true => 0,
            false => soon,
        }
    }

    /// Whether phones' steps are to wait.
    pub(super) fn are_full(&self) -> bool {
        self.waiting.len() >= FULL
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// How many of the next PDUs are screens, if messages have their share.
    pub(super) fn of_next(&self, pdus: usize) -> usize {
        self.waiting.len().min(pdus - pdus.div_ceil(SHARE))
    }

    /// Whether one is to be written before the messages that wait.
    pub(super) fn are_next(&self, messages_wait: bool) -> bool {
        !self.waiting.is_empty() && (self.in_a_row < SHARE - 1 || !messages_wait)
    }

    /// The next one.
    pub(super) fn first(&self) -> Option<&Screen> {
        self.waiting.front()
    }

    /// The next one, which is being written.
    pub(super) fn next(&mut self) -> Option<Screen> {
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.waiting.pop_front()
    }

    /// A message is written.
    pub(super) fn message_written(&mut self) {
        self.in_a_row = 0;
    }

    /// Drops what nobody waits for any more; how many phones waited for.
    pub(super) fn drop_stale(&mut self, now: Instant) -> usize {
        let is_stale = |screen: &&Screen| screen.decided + PATIENCE < now;
        let stale = self.waiting.iter().take_while(is_stale).count();
        let stale = self.waiting.drain(..stale);
        stale.filter(|screen| screen.awaited).count()
    }
}
