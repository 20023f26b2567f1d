//! Which submission goes out on which session, and when.
//!
//! A pure state machine for one operator: committed submissions, the sessions' states and the
//! time go in; (session, submission) pairs come out. It also says how many more submissions the
//! pipeline may commit: no more than will be written soon, so that what comes later but is
//! more urgent does not wait behind them, and so that a crash leaves little uncertain.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::LONGEST_LAG;
use super::LinkState;
use super::class::Class;
use super::rate::Rate;
use super::submission::{Submission, Token};

/// How much paced work is committed ahead of being written: longer than a commit takes.
const AHEAD: Duration = Duration::from_millis(200);

/// What was decided longer ago is given back unwritten: limits and quiet hours count from the decision.
const STALE: Duration = LONGEST_LAG.saturating_sub(Duration::from_millis(100));

#[derive(Debug)]
pub(super) struct Dispatch {
    queue: VecDeque<Submission>,
    sessions: Vec<Window>,
    rate: Rate,
    /// Submissions ever taken.
    taken: u64,
    /// Submissions ever asked for; never falls.
    granted: u64,
    /// Submissions ever given to sessions.
    written: u64,
    /// Answers that said they came too fast.
    throttled: u64,
}

/// The room of one session.
#[derive(Debug)]
struct Window {
    size: usize,
    in_flight: usize,
    bound: bool,
}

impl Window {
    fn free(&self) -> usize {
        if self.bound {
            self.size.saturating_sub(self.in_flight)
        } else {
            0
        }
    }
}

impl Dispatch {
    pub(super) fn new(sessions: usize, window: usize, tps: Option<u32>, now: Instant) -> Self {
        let sessions = (0..sessions)
            .map(|_| Window {
                size: window,
                in_flight: 0,
                bound: false,
            })
            .collect();
        Self {
            queue: VecDeque::new(),
            sessions,
            rate: Rate::new(tps, now),
            taken: 0,
            granted: 0,
            written: 0,
            throttled: 0,
        }
    }

    /// Takes what was committed.
    pub(super) fn submit(&mut self, submissions: Vec<Submission>) {
        self.taken += submissions.len() as u64;
        self.queue.extend(submissions);
    }

    /// The next submission to write, and the session to write it on.
    pub(super) fn next(&mut self, now: Instant) -> Option<(usize, Submission)> {
        if self.queue.is_empty() || self.rate.ready_at(now) > now {
            return None;
        }
        let (index, session) = self
            .sessions
            .iter_mut()
            .enumerate()
            .max_by_key(|(_, session)| session.free())?;
        if session.free() == 0 {
            return None;
        }
        session.in_flight += 1;
        self.rate.spend(now);
        let submission = self.queue.pop_front()?;
        self.written += 1;
        Some((index, submission))
    }

    /// Gives back what waited too long to be written.
    pub(super) fn stale(&mut self, now: Instant) -> Vec<Token> {
        let stale = self
            .queue
            .iter()
            .take_while(|submission| submission.decided + STALE < now)
            .count();
        let stale = self.queue.drain(..stale);
        stale.map(|submission| submission.token).collect()
    }

    /// When to ask [`next`](Self::next), [`stale`](Self::stale) and [`granted`](Self::granted) again
    /// if nothing else happens.
    pub(super) fn deadline(&self, now: Instant) -> Option<Instant> {
        let room = self.sessions.iter().any(|session| session.free() > 0);
        let ready = self.rate.ready_at(now);
        match self.queue.front().map(|first| first.decided + STALE) {
            Some(stale) if room => Some(ready.min(stale)),
            Some(stale) => Some(stale),
            None => room.then(|| ready.checked_sub(AHEAD)).flatten(),
        }
        .filter(|at| *at > now || !self.queue.is_empty())
    }

    pub(super) fn bound(&mut self, session: usize) {
        if let Some(session) = self.sessions.get_mut(session) {
            session.bound = true;
        }
    }

    /// The session is gone. With the last one, what was not written is given back.
    pub(super) fn unbound(&mut self, session: usize) -> Vec<Token> {
        if let Some(session) = self.sessions.get_mut(session) {
            (session.bound, session.in_flight) = (false, 0);
        }
        if self.sessions.iter().any(|session| session.bound) {
            return Vec::new();
        }
        self.unwritten()
    }

    /// Gives back all that was not written.
    pub(super) fn unwritten(&mut self) -> Vec<Token> {
        let queue = self.queue.drain(..);
        queue.map(|submission| submission.token).collect()
    }

    /// Something written is answered; says whether the rate was cut because of it.
    pub(super) fn answered(&mut self, session: usize, class: Class, now: Instant) -> bool {
        self.unused(session);
        let throttled = class == Class::Throttled;
        self.throttled += u64::from(throttled);
        throttled && self.rate.throttled(now)
    }

    /// Something given to a session was never written.
    pub(super) fn unused(&mut self, session: usize) {
        if let Some(session) = self.sessions.get_mut(session) {
            session.in_flight = session.in_flight.saturating_sub(1);
        }
    }

    /// How many submissions the pipeline may have given in all.
    pub(super) fn granted(&mut self, now: Instant) -> u64 {
        self.rate.climb(now);
        let free: usize = self.sessions.iter().map(Window::free).sum();
        let ahead = match self.rate.current() {
            Some(_) if self.rate.ready_at(now) > now + AHEAD => 0,
            Some(rate) => free.min(whole(rate * AHEAD.as_secs_f64()).max(1)),
            None => free,
        };
        let room = ahead.saturating_sub(self.queue.len()) as u64;
        self.granted = self.granted.max(self.taken + room);
        self.granted
    }

    pub(super) fn sessions_bound(&self) -> usize {
        self.sessions.iter().filter(|session| session.bound).count()
    }

    pub(super) fn state(&self) -> LinkState {
        LinkState {
            sessions_bound: self.sessions_bound(),
            in_flight: self.sessions.iter().map(|session| session.in_flight).sum(),
            rate: self.rate.current(),
            written: self.written,
            throttled: self.throttled,
        }
    }

    /// PDUs a second at the moment, if they are limited.
    pub(super) fn rate(&self) -> Option<f64> {
        self.rate.current()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive number below 2^32; `as` saturates"
)]
fn whole(number: f64) -> usize {
    number as usize
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use xabar_smpp::values::DataCoding;

    use super::*;
    use crate::delivery::SenderIndex;
    use crate::journal::MessageId;

    #[expect(
        clippy::disallowed_methods,
        reason = "only where the simulation starts"
    )]
    fn t0() -> Instant {
        Instant::now()
    }

    fn submissions(count: u64, decided: Instant) -> Vec<Submission> {
        let make = |id| Submission {
            decided,
            token: Token {
                message: MessageId(id),
                segment: 0,
                attempt: 1,
            },
            msisdn: "998901234567".parse().expect("a number"),
            octets: Bytes::from_static(b"Salom"),
            has_udh: false,
            data_coding: DataCoding::SMSC_DEFAULT,
            reference: 1,
            validity: Duration::from_secs(60),
            urgent: false,
            sender: SenderIndex::default(),
        };
        (0..count).map(make).collect()
    }

    fn written(dispatch: &mut Dispatch, now: Instant) -> Vec<usize> {
        std::iter::from_fn(|| dispatch.next(now))
            .map(|(session, _)| session)
            .collect()
    }

    #[test]
    fn no_session_gets_more_than_its_window_and_both_share_the_work() {
        let now = t0();
        let mut dispatch = Dispatch::new(2, 3, None, now);
        dispatch.bound(0);
        dispatch.bound(1);
        assert_eq!(dispatch.granted(now), 6);
        dispatch.submit(submissions(10, now));
        let sessions = written(&mut dispatch, now);
        assert_eq!(sessions.iter().filter(|session| **session == 0).count(), 3);
        assert_eq!(sessions.len(), 6);
        assert!(!dispatch.answered(1, Class::Accepted, now));
        assert_eq!(written(&mut dispatch, now), [1]);
    }

    #[test]
    fn nothing_is_asked_for_while_no_session_is_bound() {
        let now = t0();
        assert_eq!(Dispatch::new(2, 3, None, now).granted(now), 0);
    }

    #[test]
    fn what_was_not_written_comes_back_with_the_last_session() {
        let now = t0();
        let mut dispatch = Dispatch::new(2, 1, None, now);
        dispatch.bound(0);
        dispatch.bound(1);
        dispatch.submit(submissions(5, now));
        assert_eq!(written(&mut dispatch, now).len(), 2);
        assert_eq!(dispatch.unbound(0), []);
        assert_eq!(dispatch.unbound(1).len(), 3);
    }

    #[test]
    fn little_more_is_committed_than_the_rate_lets_out_soon() {
        let now = t0();
        let mut dispatch = Dispatch::new(1, 1000, Some(50), now);
        dispatch.bound(0);
        assert_eq!(dispatch.granted(now), 0, "the first second counts as spent");
        let now = dispatch.deadline(now).expect("then it asks for some");
        assert_eq!(dispatch.granted(now), 10);
        dispatch.submit(submissions(10, now));
        assert_eq!(dispatch.granted(now), 10);
        assert!(written(&mut dispatch, now).is_empty());
        let later = dispatch
            .deadline(now)
            .expect("something waits for its turn");
        assert_eq!(written(&mut dispatch, later).len(), 1);
        assert_eq!(dispatch.granted(later), 11);
    }
    #[test]
    fn what_is_not_written_soon_after_its_decision_comes_back() {
        let now = t0();
        let mut dispatch = Dispatch::new(1, 1, None, now);
        dispatch.bound(0);
        dispatch.submit(submissions(3, now));
        assert_eq!(written(&mut dispatch, now).len(), 1);
        assert_eq!(dispatch.stale(now), []);
        let later = dispatch.deadline(now).expect("something waits");
        assert!(later < now + LONGEST_LAG);
        assert_eq!(dispatch.stale(later + Duration::from_millis(50)).len(), 2);
        assert_eq!(dispatch.deadline(later), None);
    }
}
