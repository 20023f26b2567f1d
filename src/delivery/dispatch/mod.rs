//! Which submission goes out on which session, and when.
//!
//! A pure state machine for one operator: committed submissions, the sessions' states and the
//! time go in; (session, submission) pairs come out. It also says how many more submissions the
//! pipeline may commit: no more than will be written soon, so that what comes later but is
//! more urgent does not wait behind them, and so that a crash leaves little uncertain.

mod answers;
mod held;
mod kept;
mod queries;
mod rates;
mod rests;
mod retries;
mod rooms;
mod screens;
mod signs;
mod stubborn;
#[cfg(test)]
mod tests;
mod waiting;

use std::time::{Duration, Instant};

pub(super) use self::answers::Heard;
use self::held::Held;
use self::kept::Kept;
use self::queries::Queries;
use self::rates::Rates;
use self::rests::Rests;
pub(super) use self::rests::{Switched, Verdict};
use self::retries::Retries;
pub(super) use self::rooms::Room;
use self::rooms::{Rooms, Session};
use self::screens::{SOON, Screens, Written};
use self::signs::Signs;
use self::stubborn::Stubborn;
use self::waiting::Waiting;
use super::binds::Line;
use super::occupancy::{Meter, Obstacle};
use super::rate::Rate;
use super::screen::{Screen, ScreenToken};
use super::submission::{Query, Submission, Token};
use super::tuning::{Configured, Tuning};
use super::window::Window;
use super::{LONGEST_LAG, LinkState, Offer, OperatorSettings};
use crate::journal::MessageId;

/// How much paced work is committed ahead of being written: longer than a commit takes.
const AHEAD: Duration = Duration::from_millis(200);

/// What was decided longer ago is given back unwritten: limits and quiet hours count from the decision.
const STALE: Duration = LONGEST_LAG.saturating_sub(Duration::from_millis(100));

#[derive(Debug)]
pub(super) struct Dispatch {
    waiting: Waiting,
    kept: Kept,
    stubborn: Stubborn,
    held: Held,
    retries: Retries,
    queries: Queries,
    screens: Screens,
    rooms: Rooms,
    rests: Rests,
    /// How many addresses each login has.
    addresses: Vec<usize>,
    window: Window,
    rates: Rates,
    signs: Signs,
    /// Submissions ever taken.
    taken: u64,
    /// Submissions ever asked for; never falls.
    granted: u64,
    /// Submissions ever given to sessions.
    written: u64,
    /// PDUs of any kind ever given to sessions.
    pdus: u64,
    /// Answers that said they came too fast.
    throttled: u64,
    meter: Meter,
    configured: Bounds,
}

/// What bounds a link, by its configuration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Per session.
    pub(super) window: usize,
    pub(super) tps: Option<u32>,
    /// What of it is for urgent messages and answers only, in percent.
    pub(super) kept: u32,
    /// After so long without an answer a submission is uncertain.
    pub(super) response: Duration,
}

impl Bounds {
    /// Of an operator with these connections.
    pub(super) fn of(settings: &OperatorSettings, lines: &[Line<'_>]) -> Self {
        let windows = lines.iter().map(|line| line.room.window);
        Self {
            window: windows.max().unwrap_or_default(),
            tps: settings.tps,
            kept: settings.kept,
            response: settings.response,
        }
    }
}

impl Dispatch {
    /// Sessions of one login.
    #[cfg(test)]
    pub(super) fn new(sessions: usize, bounds: Bounds, now: Instant) -> Self {
        let window = bounds.window;
        let rooms = std::iter::repeat_n(Room::of(0, window), sessions);
        Self::of_logins(rooms, &[None], bounds, now)
    }

    /// The bounds hold for all sessions together, each of `logins` for those of that login.
    pub(super) fn of_logins(
        rooms: impl IntoIterator<Item = Room>,
        logins: &[Option<u32>],
        bounds: Bounds,
        now: Instant,
    ) -> Self {
        Self {
            waiting: Waiting::default(),
            kept: Kept::new(bounds.kept),
            stubborn: Stubborn::default(),
            held: Held::default(),
            retries: Retries::default(),
            queries: Queries::new(now),
            screens: Screens::new(bounds.response),
            rooms: Rooms::new(rooms),
            rests: Rests::new(logins.len() > 1, now),
            addresses: Vec::new(),
            window: Window::new(bounds.window, now),
            rates: Rates::new(bounds.tps, logins, now),
            signs: Signs::new(bounds.response),
            taken: 0,
            granted: 0,
            written: 0,
            pdus: 0,
            throttled: 0,
            meter: Meter::new(now),
            configured: bounds,
        }
    }

    /// The configuration says something else: `=default` means that from now on. What holds, holds on.
    pub(super) fn configure(&mut self, configured: Configured) {
        self.configured.tps = configured.tps;
        if let Some(window) = configured.window {
            self.configured.window = self.rooms.configure(window);
        }
    }

    /// Staff sets something of it.
    pub(super) fn tune(&mut self, tuning: Tuning, now: Instant) {
        let Bounds { tps, window, .. } = self.configured;
        if let Some(tps) = tuning.tps.of(tps, Some) {
            self.rates.whole_mut().tune(tps, now);
        }
        if let Some(set) = tuning.window.of(None, Some) {
            self.rooms.tune(set);
            self.window.tune(set.unwrap_or(window), now);
        }
    }

    /// Takes what was committed.
    pub(super) fn submit(&mut self, submissions: Vec<Submission>) {
        self.taken += submissions.len() as u64;
        self.waiting.extend(submissions);
    }

    /// Gives back what of these messages was not written.
    pub(super) fn take_back(&mut self, messages: &[MessageId]) -> Vec<Token> {
        self.waiting.take_back(messages)
    }

    /// The next submission to write, and the session to write it on.
    pub(super) fn next(&mut self, now: Instant) -> Option<(usize, Submission)> {
        if self.waiting.is_empty() || self.rates.whole().ready_at(now) > now {
            return None;
        }
        let crowded = self.waiting.urgent() == 0 && !self.has_room_for_others();
        let session = if crowded {
            None
        } else {
            self.session_of_next(now)
        };
        let Some((index, login)) = session else {
            if crowded {
                self.window.note_full();
            }
            return None;
        };
        let submission = self.waiting.pop()?;
        let before = self.rooms.in_flight();
        self.spend(index, login, submission.token, now);
        self.screens.message_written();
        self.kept.written(index, &submission);
        if submission.stubborn {
            self.stubborn.written(index, submission.token);
        }
        self.signs.written(submission.token, before, now);
        self.rests.written(index, submission.token);
        self.written += 1;
        Some((index, submission))
    }

    /// Whether something that is not urgent may be written, as far as the window is concerned.
    fn has_room_for_others(&self) -> bool {
        let window = self.window.size();
        self.rooms.free(window) > self.kept_of(window)
    }

    /// Whether a submission waits that is to have its share beside screens: they leave it a place, be it the last that is
    /// kept for urgent ones.
    fn messages_wait(&self) -> bool {
        let window = self.window.size();
        let may_ever = || self.kept_of(window) < self.rooms.of_window(window);
        self.waiting.urgent() > 0 || !self.waiting.is_empty() && may_ever()
    }

    /// How many submissions are to wait beside screens though no place is free: one that gets free would go to a screen
    /// before another submission is granted.
    fn beside_screens(&self, now: Instant) -> usize {
        let is_soon = self.rates.whole().ready_at(now) <= now + AHEAD;
        usize::from(is_soon && self.has_screens())
    }

    /// How much of a window is kept for urgent submissions.
    fn kept_of(&self, window: usize) -> usize {
        let places = self.rooms.of_window(window);
        self.kept.of_window(places, self.waiting.urgent())
    }

    /// The session to write the next PDU on, and its login.
    fn session(&self, now: Instant) -> Option<(usize, usize)> {
        let window = self.window.size();
        let room = |session: &Session| match self.rates.ready_at(session.room.login, now) {
            at if at > now => 0,
            _ => session.free(window),
        };
        self.rooms.roomiest(room)
    }

    fn spend(&mut self, session: usize, login: usize, token: Token, now: Instant) {
        self.pdus += 1;
        self.rooms.take(session);
        let in_flight = self.rooms.in_flight_on(session);
        self.held.written(session, token, in_flight);
        if self.rooms.free(self.window.size()) == 0 {
            self.window.note_full();
        }
        self.rates.each(login, |rate| rate.spend(now));
    }

    /// Takes screens of USSD dialogues; how many that phones wait for there was no room for.
    pub(super) fn show(&mut self, screens: Vec<Screen>) -> usize {
        self.screens.take(screens)
    }

    /// The next screen to write, and the session to write it on: that which brought what it answers, if there is
    /// room. To be asked before each [`next`](Self::next).
    pub(super) fn next_screen(&mut self, now: Instant) -> Option<(usize, ScreenToken, Screen)> {
        let asked_on = self.screens.first()?.session.index;
        if !self.screens.are_next(self.messages_wait()) || self.rates.whole().ready_at(now) > now {
            return None;
        }
        let window = self.window.size();
        let login = self.rooms.login(asked_on);
        let has_room = self.rooms.free_on(asked_on, window) > 0;
        let (index, login) = match has_room && self.rates.ready_at(login, now) <= now {
            true => (asked_on, login),
            false => self.session(now)?,
        };
        let in_flight = self.rooms.in_flight();
        let Written {
            token,
            screen,
            stubborn,
        } = self.screens.next(index, in_flight, now)?;
        self.spend(index, login, u64::from(token).into(), now);
        if stubborn {
            self.stubborn.written(index, u64::from(token).into());
        }
        Some((index, token, screen))
    }

    /// A screen is throttled: takes it to be written again, if a phone may still wait for it; whether it does. To be told
    /// before [`answered`](Self::answered).
    pub(super) fn show_again(&mut self, token: Token, now: Instant) -> bool {
        self.screens.again(token, now)
    }

    /// Drops the screens that nobody waits for any more; how many phones waited for.
    pub(super) fn stale_screens(&mut self, now: Instant) -> usize {
        self.screens.drop_stale(now)
    }

    /// Drops all screens; how many phones waited for.
    pub(super) fn drop_screens(&mut self) -> usize {
        self.screens.drop_all()
    }

    /// Whether a screen waits that can be written as soon as there is room.
    pub(super) fn has_screens(&self) -> bool {
        self.screens.len() > 0 && self.submitting() > 0
    }

    /// Takes questions; gives back those of an operator that does not answer any.
    pub(super) fn ask(&mut self, queries: Vec<Query>) -> Vec<Query> {
        self.queries.take(queries)
    }

    /// The next question to write, and the session to write it on. To be asked before [`next`](Self::next): it is
    /// questions that are few.
    pub(super) fn next_query(&mut self, now: Instant) -> Option<(usize, Query)> {
        let window = self.rooms.of_window(self.window.size());
        let ready_at = self.queries.ready_at(window)?;
        if ready_at.max(self.rates.whole().ready_at(now)) > now || !self.has_room_for_others() {
            return None;
        }
        let (index, login) = self.session(now)?;
        let query = self
            .queries
            .next(index, self.rates.whole().current(), now)?;
        self.spend(index, login, query.token, now);
        Some((index, query))
    }

    /// Whether a token is that of a question that was written.
    pub(super) fn asks(&self, token: Token) -> bool {
        self.queries.asks(token)
    }

    /// A question is answered; whether that came in time. What it says of pace goes to [`answered`](Self::answered).
    pub(super) fn query_answered(&mut self, token: Token) -> bool {
        self.queries.answered(token)
    }

    /// A question given to a session was never written.
    pub(super) fn query_unwritten(&mut self, session: usize, token: Token) {
        self.unused(session, token);
        self.queries.unwritten(token);
    }

    /// A question has no answer in time. Gives back those that wait, if that was once too often.
    pub(super) fn query_timed_out(&mut self, token: Token) -> Option<Vec<Token>> {
        self.queries.timed_out(token)
    }

    /// The operator does not know such questions: gives back those that wait, the first time.
    pub(super) fn ask_no_more(&mut self) -> Option<Vec<Token>> {
        self.queries.unknown()
    }

    /// The questions that awaited an answer on a session that is gone.
    pub(super) fn unasked(&mut self, session: usize) -> Vec<Token> {
        self.queries.unbound(session)
    }

    /// Gives back what waited too long to be written.
    pub(super) fn stale(&mut self, now: Instant) -> Vec<Token> {
        match now.checked_sub(STALE) {
            Some(then) => self.waiting.older_than(then),
            None => Vec::new(),
        }
    }

    /// When to ask [`next`](Self::next), [`stale`](Self::stale) and [`granted`](Self::granted) again
    /// if nothing else happens.
    pub(super) fn deadline(&self, now: Instant) -> Option<Instant> {
        let ready = self.rates.whole().ready_at(now);
        let (room, ready) = match self.room_at(now) {
            Some(at) => (true, at.max(ready)),
            None => (false, ready),
        };
        let room_for_others = room && self.has_room_for_others();
        let room_for_next = room_for_others || room && self.waiting.urgent() > 0;
        let submissions = match self.waiting.oldest().map(|decided| decided + STALE) {
            Some(stale) if room_for_next => Some(ready.min(stale)),
            Some(stale) => Some(stale),
            None => room.then(|| ready.checked_sub(AHEAD)).flatten(),
        }
        .filter(|at| *at > now || !self.waiting.is_empty());
        let window = self.rooms.of_window(self.window.size());
        let query = self.queries.ready_at(window);
        let query = query.filter(|_| room_for_others);
        let query = query.map(|at| at.max(ready));
        let is_screen_next = room && self.screens.are_next(self.messages_wait());
        let screen = is_screen_next.then_some(ready);
        submissions.into_iter().chain(query).chain(screen).min()
    }

    /// When a session with room may be given something, as far as its login is concerned.
    fn room_at(&self, now: Instant) -> Option<Instant> {
        let mut free = self.rooms.free_logins(self.window.size());
        if self.rates.are_one() {
            return free.next().map(|_| now);
        }
        free.map(|login| self.rates.ready_at(login, now)).min()
    }

    /// A session is bound; on one without a window nothing is submitted.
    pub(super) fn bound(&mut self, session: usize) {
        self.rooms.bound(session);
    }

    /// Nothing more is to be given to a session, though what it has may be answered. With the last one, what was not
    /// written is given back.
    pub(super) fn leave(&mut self, session: usize) -> Vec<Token> {
        self.rooms.leave(session);
        self.settle_rests();
        self.unwritten_if_unbound()
    }

    /// The session is gone. With the last one, what was not written is given back.
    pub(super) fn unbound(&mut self, session: usize) -> Vec<Token> {
        self.rooms.unbound(session);
        self.kept.unbound(session);
        self.stubborn.unbound(session);
        self.held.unbound(session);
        self.signs.session_gone();
        self.screens.session_gone(session);
        self.settle_rests();
        self.unwritten_if_unbound()
    }

    fn unwritten_if_unbound(&mut self) -> Vec<Token> {
        if self.submitting() > 0 {
            return Vec::new();
        }
        self.unwritten()
    }

    /// Gives back all that was not written.
    pub(super) fn unwritten(&mut self) -> Vec<Token> {
        self.waiting.drain()
    }

    /// Something given to a session was never written, or awaits no response any more.
    pub(super) fn unused(&mut self, session: usize, token: Token) {
        self.rooms.give_back(session);
        self.kept.answered(token);
        self.stubborn.answered(token);
        self.held.answered(token);
    }

    /// What the pipeline may give from now on.
    pub(super) fn offer(&mut self, now: Instant) -> Offer {
        self.rests.pass(now);
        self.settle_rests();
        let signs = self.signs.speak_against_more(now);
        self.rates.climb(signs, now);
        if !signs && !self.signs.are_late(now) {
            self.window.grow(now);
        }
        let ahead = soon(self.rates.whole(), self.free_soon(now), now);
        let screens = self.screens.of_next(ahead);
        let ahead_of_screens = ahead.saturating_sub(screens).max(self.beside_screens(now));
        let room = ahead_of_screens.saturating_sub(self.waiting.len()) as u64;
        self.granted = self.granted.max(self.taken + room);
        let kept = self.kept(ahead);
        self.measure(kept, now);
        Offer {
            granted: self.granted,
            kept,
            submitting: self.submitting(),
            logins: self.rooms.logins(),
            carrying: self.rooms.bound_logins(|room| room.window > 0),
            heard: self.rooms.bound_logins(|room| room.receives),
            dialogues: self
                .screens
                .dialogues(self.soon_by_rate(), self.soon_by_windows(now), now),
            screens_full: self.screens.are_full(),
        }
    }

    /// How many PDUs the rate lets out within [`SOON`], if there is one.
    fn soon_by_rate(&self) -> Option<usize> {
        let rate = self.rates.whole().current()?;
        Some(whole(rate * SOON.as_secs_f64()))
    }

    /// How many the windows let out in that time, once it is known how long they await their responses.
    fn soon_by_windows(&self, now: Instant) -> Option<usize> {
        let of_screens = self.screens.response_time(now);
        let response_time = of_screens.or_else(|| self.signs.response_time(now))?;
        let window = u32::try_from(self.rooms.of_window(self.window.size())).unwrap_or(u32::MAX);
        let times = SOON.as_secs_f64() / response_time.as_secs_f64();
        Some(whole(f64::from(window) * times))
    }

    /// How many of those that may be given ahead of being written have to be urgent ones.
    fn kept(&self, ahead: usize) -> u64 {
        let window = self.window.size();
        let free = self.rooms.free(window);
        let for_others = free.saturating_sub(self.kept_of(window));
        let of_window = ahead.saturating_sub(for_others);
        let of_ahead = match ahead < free {
            true => self.kept.of_ahead(ahead, self.waiting.urgent()),
            false => 0,
        };
        of_window.max(of_ahead) as u64
    }

    /// How much room the sessions have, as far as their logins let it be used soon.
    fn free_soon(&self, now: Instant) -> usize {
        let window = self.window.size();
        if self.rates.are_one() {
            return self.rooms.free(window);
        }
        let of_login = |(login, rate): (usize, Option<&Rate>)| {
            let free = self.rooms.free_of(login, window);
            rate.map_or(free, |rate| soon(rate, free, now))
        };
        self.rates.logins().map(of_login).sum()
    }

    /// Of this session, at the moment.
    pub(super) fn window(&self, session: usize) -> usize {
        self.window.size().min(self.rooms.window(session))
    }

    /// How much of its window is for others than urgent submissions.
    pub(super) fn window_of_others(&self, session: usize) -> usize {
        let kept = self.kept.of(self.rooms.of_window(self.window.size()));
        let kept_of_each = kept.div_ceil(self.submitting().max(1));
        self.window(session).saturating_sub(kept_of_each)
    }

    /// What awaits a response on this session.
    pub(super) fn in_flight_on(&self, session: usize) -> usize {
        self.rooms.in_flight_on(session)
    }

    /// How many of the bound sessions messages are submitted on.
    pub(super) fn submitting(&self) -> usize {
        self.rooms.bound_ones(|room| room.window > 0)
    }

    /// How many of them receipts come on.
    fn receiving(&self) -> usize {
        self.rooms.bound_ones(|room| room.receives)
    }

    pub(super) fn state(&self) -> LinkState {
        LinkState {
            sessions_bound: self.rooms.bound_ones(|_| true),
            submitting: self.submitting(),
            receiving: self.receiving(),
            resting: self.rests.resting(),
            in_flight: self.rooms.in_flight(),
            rate: self.rates.current(),
            window: self.window.size(),
            tps: self.rates.whole().tps(),
            most_window: self.window.ceiling(),
            set_window: self.rooms.set(),
            written: self.written,
            pdus: self.pdus,
            throttled: self.throttled,
            occupancy: self.meter.occupancy(),
            response_times: self.signs.response_times(),
        }
    }

    /// Keeps account of the time, of what is granted so many being for urgent submissions only.
    fn measure(&mut self, kept: u64, now: Instant) {
        let window = self.window.size();
        let of_window = self.rooms.of_window(window);
        let places = of_window.saturating_sub(self.kept_of(window));
        let obstacle = self.obstacle(kept, now);
        let in_flight = self.rooms.in_flight();
        self.meter.note(obstacle, (in_flight, places), now);
    }

    /// What stands in the way of the next submission that is not urgent. While none is here that was asked for, that is
    /// nothing of the link's: the rate holds up what is ready to go.
    fn obstacle(&self, kept: u64, now: Instant) -> Obstacle {
        if self.submitting() == 0 {
            return Obstacle::Unbound;
        }
        let is_asked = self.waiting.is_empty() && self.granted - self.taken > kept;
        let room_at = self.room_at(now).filter(|_| self.has_room_for_others());
        match room_at.map(|at| at.max(self.rates.whole().ready_at(now))) {
            None => Obstacle::Window,
            Some(at) if at > now && !is_asked => Obstacle::Rate,
            Some(_) => Obstacle::None,
        }
    }

    /// The login of a session, if that has a rate of its own.
    pub(super) fn limited_login(&self, session: usize) -> Option<usize> {
        let login = self.rooms.login(session);
        self.rates.of(login).map(|_| login)
    }

    /// PDUs a second at the moment that a session shares with others, if they are limited.
    pub(super) fn rate(&mut self, session: usize) -> Option<f64> {
        let login = self.rooms.login(session);
        self.rates.throttled_mut(login).current()
    }
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
