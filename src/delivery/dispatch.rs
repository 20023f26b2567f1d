//! Which submission goes out on which session, and when.
//!
//! A pure state machine for one operator: committed submissions, the sessions' states and the
//! time go in; (session, submission) pairs come out. It also says how many more submissions the
//! pipeline may commit: no more than will be written soon, so that what comes later but is
//! more urgent does not wait behind them, and so that a crash leaves little uncertain.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use xabar_smpp::Status;

use super::class::Class;
use super::rate::Rate;
use super::response_time::ResponseTime;
use super::submission::{Submission, Token};
use super::window::Window;
use super::{LONGEST_LAG, LinkState};

/// How much paced work is committed ahead of being written: longer than a commit takes.
const AHEAD: Duration = Duration::from_millis(200);

/// What was decided longer ago is given back unwritten: limits and quiet hours count from the decision.
const STALE: Duration = LONGEST_LAG.saturating_sub(Duration::from_millis(100));

/// From this `congestion_state` on an operator is near its limit, and at this one beyond it (SMPP 5.0, 4.8.4.18).
const NEARLY_CONGESTED: u8 = 90;
const CONGESTED: u8 = 100;

/// How long responses have to take too long without a break before the window shrinks: one slow moment of
/// either end says nothing.
const PERSISTENT: Duration = Duration::from_secs(3);

/// How long a hint that the operator is near its limit keeps rate and window from growing.
const HINTED: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Dispatch {
    queue: VecDeque<Submission>,
    sessions: Vec<Session>,
    window: Window,
    /// Of all sessions together.
    rate: Rate,
    /// Of the sessions of one login, by its number; empty where no login has one.
    logins: Vec<Option<Rate>>,
    response_time: ResponseTime,
    /// Since when responses take too long.
    too_long_since: Option<Instant>,
    /// When the operator last said that it is near its limit.
    hinted: Option<Instant>,
    /// Submissions ever taken.
    taken: u64,
    /// Submissions ever asked for; never falls.
    granted: u64,
    /// Submissions ever given to sessions.
    written: u64,
    /// Answers that said they came too fast.
    throttled: u64,
}

/// What one session is given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Which login it is of.
    pub(super) login: usize,
    /// Requests that may await a response; 0 for a session on which nothing is submitted.
    pub(super) window: usize,
}

#[derive(Debug)]
struct Session {
    room: Room,
    in_flight: usize,
    bound: bool,
}

impl Session {
    /// How much more of a window has room.
    fn free(&self, window: usize) -> usize {
        if self.bound {
            window.min(self.room.window).saturating_sub(self.in_flight)
        } else {
            0
        }
    }
}

/// What bounds a link, by its configuration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) sessions: usize,
    /// Per session.
    pub(super) window: usize,
    pub(super) tps: Option<u32>,
    /// After so long without an answer a submission is uncertain.
    pub(super) response: Duration,
}

/// An answer, as far as pace is concerned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    pub(super) token: Token,
    pub(super) class: Class,
    pub(super) status: Status,
    /// 0 (idle) to 100 (congested), if the operator says.
    pub(super) congestion: Option<u8>,
}

impl Dispatch {
    /// Sessions of one login.
    #[cfg(test)]
    pub(super) fn new(bounds: Bounds, now: Instant) -> Self {
        let window = bounds.window;
        let rooms = std::iter::repeat_n(Room { login: 0, window }, bounds.sessions);
        Self::of_logins(rooms, &[None], bounds, now)
    }

    /// The bounds hold for all sessions together, each of `logins` for those of that login.
    pub(super) fn of_logins(
        rooms: impl IntoIterator<Item = Room>,
        logins: &[Option<u32>],
        bounds: Bounds,
        now: Instant,
    ) -> Self {
        let rate = |tps: &Option<u32>| tps.map(|tps| Rate::new(Some(tps), now));
        let logins = match logins.iter().any(Option::is_some) {
            true => logins.iter().map(rate).collect(),
            false => Vec::new(),
        };
        let session = |room| Session {
            room,
            in_flight: 0,
            bound: false,
        };
        let mut sessions = Vec::with_capacity(bounds.sessions);
        sessions.extend(rooms.into_iter().map(session));
        Self {
            queue: VecDeque::new(),
            sessions,
            window: Window::new(bounds.window, now),
            rate: Rate::new(bounds.tps, now),
            logins,
            response_time: ResponseTime::new(bounds.response),
            too_long_since: None,
            hinted: None,
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
        let window = self.window.size();
        let logins = &mut self.logins;
        let room = |session: &Session| match rate_of(logins, session.room.login) {
            Some(rate) if rate.ready_at(now) > now => 0,
            _ => session.free(window),
        };
        let (index, session) = self
            .sessions
            .iter_mut()
            .enumerate()
            .max_by_key(|(_, session)| room(session))?;
        if room(session) == 0 {
            if logins.is_empty() || self.free() == 0 {
                self.window.note_full();
            }
            return None;
        }
        session.in_flight += 1;
        self.rate.spend(now);
        if let Some(Some(rate)) = logins.get_mut(session.room.login) {
            rate.spend(now);
        }
        let submission = self.queue.pop_front()?;
        let before = self.in_flight() - 1;
        self.response_time.written(submission.token, before, now);
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
        let (room, ready) = match self.room_at(now) {
            Some(at) => (true, at.max(self.rate.ready_at(now))),
            None => (false, self.rate.ready_at(now)),
        };
        match self.queue.front().map(|first| first.decided + STALE) {
            Some(stale) if room => Some(ready.min(stale)),
            Some(stale) => Some(stale),
            None => room.then(|| ready.checked_sub(AHEAD)).flatten(),
        }
        .filter(|at| *at > now || !self.queue.is_empty())
    }

    /// When a session with room may be given something, as far as its login is concerned.
    fn room_at(&self, now: Instant) -> Option<Instant> {
        let window = self.window.size();
        let mut free = self.sessions.iter().filter(|it| it.free(window) > 0);
        if self.logins.is_empty() {
            return free.next().map(|_| now);
        }
        let ready = |session: &Session| {
            let rate = rate_of(&self.logins, session.room.login);
            rate.map_or(now, |rate| rate.ready_at(now))
        };
        free.map(ready).min()
    }

    /// A session is bound; one without a window counts for receiving only.
    pub(super) fn bound(&mut self, session: usize) {
        if let Some(session) = self.sessions.get_mut(session) {
            session.bound = session.room.window > 0;
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

    /// Something written is answered; says whether rate or window were cut because of it.
    pub(super) fn answered(&mut self, session: usize, heard: Heard, now: Instant) -> bool {
        self.unused(session);
        self.response_time.answered(heard.token, now);
        self.fit_window(now);
        let congestion = heard.congestion.unwrap_or_default();
        if congestion >= NEARLY_CONGESTED {
            self.hinted = Some(now);
        }
        match heard.class {
            Class::Accepted => self.each_rate(session, |rate| rate.accepted(now)),
            Class::Throttled => self.throttled += 1,
            _ => self.each_rate(session, Rate::refused),
        }
        let throttled = heard.class == Class::Throttled;
        let cut = (throttled || congestion >= CONGESTED) && {
            let in_flight = self.in_flight_beside(session);
            self.rate_for(session).throttled(in_flight, now)
        };
        // ESME_RTHROTTLED speaks of the rate alone; others may mean that too much awaits a response.
        if cut && throttled && heard.status != Status::RTHROTTLED {
            self.window.refused(now);
        }
        cut
    }

    /// Where responses take too long though they keep coming, so that it is no pause, the window shrinks to what is
    /// answered in time.
    fn fit_window(&mut self, now: Instant) {
        let longest = self.response_time.longest();
        if self.response_time.current(now) <= longest {
            self.too_long_since = None;
            return;
        }
        let since = *self.too_long_since.get_or_insert(now);
        if now < since + PERSISTENT {
            return;
        }
        let a_second = self.rate.accepted_in_the_second_before(now);
        if a_second > 0.0 {
            let sessions = u32::try_from(self.sessions_bound().max(1)).unwrap_or(u32::MAX);
            let fitting = a_second * longest.as_secs_f64() / f64::from(sessions);
            self.window.crowded(fitting, now);
        }
    }

    /// Something given to a session was never written.
    pub(super) fn unused(&mut self, session: usize) {
        if let Some(session) = self.sessions.get_mut(session) {
            session.in_flight = session.in_flight.saturating_sub(1);
        }
    }

    /// How many submissions the pipeline may have given in all.
    pub(super) fn granted(&mut self, now: Instant) -> u64 {
        let hinted = self.hinted.is_some_and(|at| now < at + HINTED);
        let signs = hinted || self.response_time.is_inflated();
        self.rate.climb(signs, now);
        if !signs && self.response_time.current(now) <= self.response_time.longest() {
            self.window.grow(now);
        }
        let free = if self.logins.is_empty() {
            self.free()
        } else {
            self.free_by_login(signs, now)
        };
        let ahead = soon(&self.rate, free, now);
        let room = ahead.saturating_sub(self.queue.len()) as u64;
        self.granted = self.granted.max(self.taken + room);
        self.granted
    }

    /// Of this session, at the moment.
    pub(super) fn window(&self, session: usize) -> usize {
        let session = self.sessions.get(session);
        let most = session.map_or(0, |session| session.room.window);
        self.window.size().min(most)
    }

    /// What may be written soon where logins have rates of their own.
    fn free_by_login(&mut self, signs: bool, now: Instant) -> usize {
        let window = self.window.size();
        let mut sum = 0;
        for (login, rate) in self.logins.iter_mut().enumerate() {
            let own = self.sessions.iter().filter(|it| it.room.login == login);
            let free = own.map(|session| session.free(window)).sum();
            sum += rate.as_mut().map_or(free, |rate| {
                rate.climb(signs, now);
                soon(rate, free, now)
            });
        }
        sum
    }

    /// The rate of a session's login, if that has its own.
    fn own_rate(&mut self, session: usize) -> Option<&mut Rate> {
        let login = self.sessions.get(session)?.room.login;
        self.logins.get_mut(login)?.as_mut()
    }

    /// The rate that an operator throttles on a session: of its login, if that has its own.
    fn rate_for(&mut self, session: usize) -> &mut Rate {
        let login = self.sessions.get(session).map(|it| it.room.login);
        let own = login.and_then(|login| self.logins.get_mut(login)?.as_mut());
        own.unwrap_or(&mut self.rate)
    }

    fn each_rate(&mut self, session: usize, note: impl Fn(&mut Rate)) {
        note(&mut self.rate);
        if let Some(own) = self.own_rate(session) {
            note(own);
        }
    }

    /// What awaits a response on the sessions that share their rate with this one.
    fn in_flight_beside(&mut self, session: usize) -> usize {
        if self.own_rate(session).is_none() {
            return self.in_flight();
        }
        let login = self.sessions.get(session).map(|it| it.room.login);
        let beside = self
            .sessions
            .iter()
            .filter(|it| Some(it.room.login) == login);
        beside.map(|session| session.in_flight).sum()
    }

    pub(super) fn sessions_bound(&self) -> usize {
        self.sessions.iter().filter(|session| session.bound).count()
    }

    fn free(&self) -> usize {
        let window = self.window.size();
        let free = self.sessions.iter().map(|session| session.free(window));
        free.sum()
    }

    fn in_flight(&self) -> usize {
        self.sessions.iter().map(|session| session.in_flight).sum()
    }

    pub(super) fn state(&self) -> LinkState {
        LinkState {
            sessions_bound: self.sessions_bound(),
            in_flight: self.in_flight(),
            rate: self.rate.current(),
            window: self.window.size(),
            written: self.written,
            throttled: self.throttled,
        }
    }

    /// PDUs a second at the moment that a session shares with others, if they are limited.
    pub(super) fn rate(&mut self, session: usize) -> Option<f64> {
        self.rate_for(session).current()
    }
}

fn rate_of(logins: &[Option<Rate>], login: usize) -> Option<&Rate> {
    logins.get(login)?.as_ref()
}

/// How much of the free room may be written soon at a rate.
fn soon(rate: &Rate, free: usize, now: Instant) -> usize {
    match rate.current() {
        Some(_) if rate.ready_at(now) > now + AHEAD => 0,
        Some(rate) => free.min(whole(rate * AHEAD.as_secs_f64()).max(1)),
        None => free,
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
    use super::*;
    use crate::delivery::sample::{submission, token};

    #[expect(
        clippy::disallowed_methods,
        reason = "only where the simulation starts"
    )]
    fn t0() -> Instant {
        Instant::now()
    }

    fn bounds(sessions: usize, window: usize, tps: Option<u32>) -> Bounds {
        Bounds {
            sessions,
            window,
            tps,
            response: Duration::from_secs(30),
        }
    }

    fn heard(status: Status, congestion: Option<u8>) -> Heard {
        Heard {
            token: submissions(1, t0())[0].token,
            class: super::super::usual(status),
            status,
            congestion,
        }
    }

    fn submissions(count: u64, decided: Instant) -> Vec<Submission> {
        let make = |id| submission(token(id), decided);
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
        let mut dispatch = Dispatch::new(bounds(2, 3, None), now);
        dispatch.bound(0);
        dispatch.bound(1);
        assert_eq!(dispatch.granted(now), 6);
        dispatch.submit(submissions(10, now));
        let sessions = written(&mut dispatch, now);
        assert_eq!(sessions.iter().filter(|session| **session == 0).count(), 3);
        assert_eq!(sessions.len(), 6);
        assert!(!dispatch.answered(1, heard(Status::ROK, None), now));
        assert_eq!(written(&mut dispatch, now), [1]);
    }

    #[test]
    fn nothing_is_asked_for_while_no_session_is_bound() {
        let now = t0();
        assert_eq!(Dispatch::new(bounds(2, 3, None), now).granted(now), 0);
    }

    #[test]
    fn what_was_not_written_comes_back_with_the_last_session() {
        let now = t0();
        let mut dispatch = Dispatch::new(bounds(2, 1, None), now);
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
        let mut dispatch = Dispatch::new(bounds(1, 1000, Some(50)), now);
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
        let mut dispatch = Dispatch::new(bounds(1, 1, None), now);
        dispatch.bound(0);
        dispatch.submit(submissions(3, now));
        assert_eq!(written(&mut dispatch, now).len(), 1);
        assert_eq!(dispatch.stale(now), []);
        let later = dispatch.deadline(now).expect("something waits");
        assert!(later < now + LONGEST_LAG);
        assert_eq!(dispatch.stale(later + Duration::from_millis(50)).len(), 2);
        assert_eq!(dispatch.deadline(later), None);
    }

    #[test]
    fn a_refusal_for_the_windows_sake_makes_it_smaller_and_one_for_the_rates_does_not() {
        let now = t0();
        for (status, window) in [(Status::RTHROTTLED, 20), (Status::RMSGQFUL, 14)] {
            let mut dispatch = Dispatch::new(bounds(1, 20, None), now);
            dispatch.bound(0);
            dispatch.submit(submissions(20, now));
            assert_eq!(written(&mut dispatch, now).len(), 20);
            let cuts = (0..20).filter(|_| dispatch.answered(0, heard(status, None), now));
            assert_eq!(cuts.count(), 1, "the rest of the window is one overload");
            assert_eq!(dispatch.state().window, window);
            assert_eq!(dispatch.state().throttled, 20);
        }
    }

    #[test]
    fn a_congested_operator_is_not_pressed() {
        let now = t0();
        for (congestion, cut) in [(None, false), (Some(99), false), (Some(100), true)] {
            let mut dispatch = Dispatch::new(bounds(1, 20, Some(100)), now);
            dispatch.bound(0);
            let heard = heard(Status::ROK, congestion);
            assert_eq!(dispatch.answered(0, heard, now), cut);
            assert_eq!(dispatch.state().rate == Some(100.0), !cut);
        }
    }

    #[test]
    fn what_was_learned_stays_when_all_sessions_are_bound_anew() {
        let now = t0();
        let mut dispatch = Dispatch::new(bounds(1, 20, Some(100)), now);
        dispatch.bound(0);
        dispatch.answered(0, heard(Status::RMSGQFUL, None), now);
        let learned = dispatch.state();
        dispatch.unbound(0);
        dispatch.bound(0);
        let state = dispatch.state();
        assert_eq!((state.rate, state.window), (learned.rate, learned.window));
        assert_eq!((state.rate, state.window), (Some(50.0), 14));
    }

    #[test]
    fn a_pause_of_the_operators_leaves_the_window_as_it_is() {
        let start = t0();
        let mut dispatch = Dispatch::new(bounds(1, 20, None), start);
        dispatch.bound(0);
        for second in [0, 1, 20, 21] {
            let now = start + Duration::from_secs(second);
            dispatch.submit(submissions(20, now));
            let (mut sent, later) = (Vec::new(), now + Duration::from_millis(50));
            while let Some((_, submission)) = dispatch.next(now) {
                sent.push(submission.token);
            }
            // What is written in the second second is answered 18 s later.
            let at = if second == 1 {
                start + Duration::from_secs(19)
            } else {
                later
            };
            for token in sent {
                let heard = Heard {
                    token,
                    ..heard(Status::ROK, None)
                };
                dispatch.answered(0, heard, at);
            }
            assert_eq!(dispatch.window(0), 20, "{second}");
        }
    }

    const SECOND: Duration = Duration::from_secs(1);

    /// Two logins with a session each, held to 10 and 40 a second.
    fn two_logins(tps: Option<u32>, now: Instant) -> Dispatch {
        let rooms = [0, 1].map(|login| Room {
            login,
            window: 1000,
        });
        let logins = [Some(10), Some(40)];
        let mut dispatch = Dispatch::of_logins(rooms, &logins, bounds(2, 1000, tps), now);
        dispatch.bound(0);
        dispatch.bound(1);
        dispatch
    }

    /// How much each session was given in the ten seconds after the first, with work for more.
    fn in_ten_seconds(dispatch: &mut Dispatch, start: Instant) -> [usize; 2] {
        let mut given = [0, 0];
        let mut now = start + SECOND;
        while now < start + 11 * SECOND {
            let wanted = dispatch.granted(now) - dispatch.taken;
            dispatch.submit(submissions(wanted, now));
            for session in written(dispatch, now) {
                given[session] += 1;
                dispatch.answered(session, heard(Status::ROK, None), now);
            }
            now = dispatch.deadline(now).map_or(now, |at| at.max(now)) + Duration::from_millis(1);
        }
        given
    }

    #[test]
    fn the_tps_of_each_login_holds_and_is_nearly_reached() {
        let start = t0();
        let [one, other] = in_ten_seconds(&mut two_logins(None, start), start);
        assert!((85..=100).contains(&one), "{one}");
        assert!((350..=400).contains(&other), "{other}");
    }

    #[test]
    fn the_tps_of_the_operator_holds_over_those_of_its_logins() {
        let start = t0();
        let given = in_ten_seconds(&mut two_logins(Some(20), start), start);
        let sum: usize = given.iter().sum();
        assert!((170..=200).contains(&sum), "{given:?}");
    }

    #[test]
    fn who_throttles_one_login_slows_that_one_down() {
        let start = t0();
        let mut dispatch = two_logins(None, start);
        let now = start + 2 * SECOND;
        assert!(dispatch.answered(1, heard(Status::RTHROTTLED, None), now));
        assert_eq!(dispatch.rate(0), Some(10.0));
        assert!(dispatch.rate(1).is_some_and(|rate| rate < 40.0));
    }

    #[test]
    fn a_session_for_receiving_is_given_nothing_and_does_not_count_as_bound() {
        let now = t0();
        let rooms = [0, 3].map(|window| Room { login: 0, window });
        let mut dispatch = Dispatch::of_logins(rooms, &[None], bounds(2, 3, None), now);
        dispatch.bound(0);
        assert_eq!((dispatch.sessions_bound(), dispatch.granted(now)), (0, 0));
        dispatch.bound(1);
        dispatch.submit(submissions(3, now));
        assert_eq!(written(&mut dispatch, now), [1, 1, 1]);
        assert_eq!(dispatch.sessions_bound(), 1);
    }
}
