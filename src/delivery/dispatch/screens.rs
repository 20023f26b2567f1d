//! Screens of USSD dialogues: before all else, but for a share that is left to messages.
//!
//! While a screen would be late, by what rate, windows and response times let out, the pipeline lets no dialogue begin: a phone that gets none in time is told so by its
//! network, and dials again. Those under way go on: they bring no more steps than they are shown screens.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;

use super::super::response_time::ResponseTime;
use super::super::retry;
use super::super::screen::{PATIENCE, Screen, ScreenToken};
use super::super::submission::Token;

/// While messages wait, of so many PDUs one is theirs: more than their lanes are promised together.
const SHARE: usize = 4;

/// A screen that waits for longer is late: far less than nobody waits for, since others may be on their way to here.
pub(super) const SOON: Duration = Duration::from_millis(1_500);

/// With so many waiting there is no room for more.
pub(super) const FULL: usize = 5_000;

/// The most that wait: some are decided on before it is heard that there is no room. What goes beyond is not shown.
pub(super) const MOST: usize = 2 * FULL;

/// So many go out soon, it is assumed, as long as nothing was answered that would tell how many.
const START: usize = 500;

#[derive(Debug)]
pub(super) struct Screens {
    waiting: VecDeque<Waiting>,
    /// Those that await a response, each with its session: no more than the windows hold.
    unanswered: FxHashMap<Token, (usize, Waiting)>,
    /// Written since the last message was.
    in_a_row: usize,
    /// Ever taken.
    taken: u64,
    /// Ever written.
    written: u64,
    response_time: ResponseTime,
}

/// One that is to be written.
#[derive(Clone, Debug)]
struct Waiting {
    screen: Screen,
    /// How often the operator throttled it.
    throttled: u16,
}

/// One that is being written.
pub(super) struct Written {
    pub(super) token: ScreenToken,
    pub(super) screen: Screen,
    /// The operator throttled it again and again.
    pub(super) stubborn: bool,
}

impl Screens {
    /// After `response` without an answer a submission is uncertain.
    pub(super) fn new(response: Duration) -> Self {
        Self {
            waiting: VecDeque::new(),
            unanswered: FxHashMap::default(),
            in_a_row: 0,
            taken: 0,
            written: 0,
            response_time: ResponseTime::new(response),
        }
    }

    /// Takes as many as may wait; how many more there are that phones wait for.
    pub(super) fn take(&mut self, screens: Vec<Screen>) -> usize {
        self.taken += screens.len() as u64;
        let room = MOST.saturating_sub(self.waiting.len());
        let mut screens = screens.into_iter();
        let taken = screens.by_ref().take(room);
        self.waiting.extend(taken.map(|screen| Waiting {
            screen,
            throttled: 0,
        }));
        screens.filter(|screen| screen.awaited).count()
    }

    /// Up to how many screens in all a dialogue may begin, where its operator's rate and windows let out so many PDUs
    /// [`SOON`], if that is known.
    pub(super) fn dialogues(
        &self,
        by_rate: Option<usize>,
        by_windows: Option<usize>,
        now: Instant,
    ) -> u64 {
        let by_windows = by_windows.map_or(START, beside_messages);
        let soon = by_rate.map_or(by_windows, |pdus| beside_messages(pdus).min(by_windows));
        let first = self.first();
        let is_late = first.is_some_and(|first| first.decided + SOON <= now);
        let left = match is_late {
            true => 0,
            false => soon.clamp(1, FULL).saturating_sub(self.waiting.len()),
        };
        self.taken + left as u64
    }

    /// How long an operator takes to answer one, if any was measured.
    pub(super) fn response_time(&self, now: Instant) -> Option<Duration> {
        self.response_time.known(now)
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
        self.waiting.len().min(beside_messages(pdus))
    }

    /// Whether one is to be written before the messages that wait.
    pub(super) fn are_next(&self, messages_wait: bool) -> bool {
        !self.waiting.is_empty() && (self.in_a_row < SHARE - 1 || !messages_wait)
    }

    /// The next one.
    pub(super) fn first(&self) -> Option<&Screen> {
        self.waiting.front().map(|first| &first.screen)
    }

    /// The next one, which is being written on a session while so many PDUs await an answer.
    pub(super) fn next(
        &mut self,
        session: usize,
        in_flight: usize,
        now: Instant,
    ) -> Option<Written> {
        let next = self.waiting.pop_front()?;
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.written += 1;
        let token = ScreenToken::new(self.written, next.screen.awaited);
        let written = Written {
            token,
            screen: next.screen.clone(),
            stubborn: retry::is_throttled_again_and_again(next.throttled),
        };
        let token = Token::from(u64::from(token));
        self.response_time.written(token, in_flight, now);
        self.unanswered.insert(token, (session, next));
        Some(written)
    }

    /// The operator throttles one: it goes once more, before the others, unless nobody waits for it any more. One that
    /// is throttled again and again keeps none of the others waiting, and is given up if it is throttled even then: the
    /// operator may never take it, and whoever dials would be refused for it. Whether it goes.
    pub(super) fn again(&mut self, token: Token, now: Instant) -> bool {
        let Some((_, mut next)) = self.unanswered.remove(&token) else {
            return false;
        };
        let was_last = retry::is_throttled_again_and_again(next.throttled);
        next.throttled = next.throttled.saturating_add(1);
        let goes = !was_last && !next.is_stale(now);
        if goes {
            match retry::is_throttled_again_and_again(next.throttled) {
                true => self.waiting.push_back(next),
                false => self.waiting.push_front(next),
            }
        }
        goes
    }

    /// Something written is answered, a screen or another PDU.
    pub(super) fn answered(&mut self, token: Token, now: Instant) {
        self.unanswered.remove(&token);
        self.response_time.answered(token, now);
    }

    /// A session is gone: what it did not answer says nothing of the others and the next.
    pub(super) fn session_gone(&mut self, session: usize) {
        self.unanswered.retain(|_, (other, _)| *other != session);
        self.response_time.measure_anew();
    }

    /// A message is written.
    pub(super) fn message_written(&mut self) {
        self.in_a_row = 0;
    }

    /// Drops all; how many phones waited for.
    pub(super) fn drop_all(&mut self) -> usize {
        let all = self.waiting.drain(..);
        all.filter(|it| it.screen.awaited).count()
    }

    /// Drops what nobody waits for any more; how many phones waited for.
    pub(super) fn drop_stale(&mut self, now: Instant) -> usize {
        let mut stale = 0;
        // What was throttled stands before or behind others, whatever its age.
        self.waiting.retain(|it| {
            let is_stale = it.is_stale(now);
            stale += usize::from(is_stale && it.screen.awaited);
            !is_stale
        });
        stale
    }
}

impl Waiting {
    fn is_stale(&self, now: Instant) -> bool {
        self.screen.decided + PATIENCE < now
    }
}

/// How many of so many PDUs are not messages', which have their share.
fn beside_messages(pdus: usize) -> usize {
    pdus - pdus.div_ceil(SHARE)
}
