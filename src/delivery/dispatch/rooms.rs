//! An operator's sessions, and how much more each may be given.

use std::cmp::Reverse;

use crate::delivery::Logins;

/// What one session is given.
#[derive(Clone, Copy, Debug)]
pub(in crate::delivery) struct Room {
    /// Which login it is of.
    pub(in crate::delivery) login: usize,
    /// Requests that may await a response; 0 for a session on which nothing is submitted.
    pub(in crate::delivery) window: usize,
    /// Whether that is the login's own, and the most that its account allows whatever is set.
    pub(in crate::delivery) is_own: bool,
    /// Whether receipts and texts come on it.
    pub(in crate::delivery) receives: bool,
}

#[cfg(test)]
impl Room {
    /// With the operator's window.
    pub(super) fn of(login: usize, window: usize) -> Self {
        Self {
            login,
            window,
            is_own: false,
            receives: true,
        }
    }
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) room: Room,
    /// Its configured window.
    configured: usize,
    in_flight: usize,
    bound: bool,
    /// Whether it is given nothing as a matter of course, since its SMSC does not do its work.
    rests: bool,
    /// Which of the PDUs of all sessions it was given last.
    turn: u64,
}

impl Session {
    fn works(&self) -> bool {
        self.bound && !self.rests
    }

    /// How much of a window it has.
    fn window(&self, window: usize) -> usize {
        window.min(self.room.window)
    }

    /// How much more of a window has room.
    pub(super) fn free(&self, window: usize) -> usize {
        if self.works() {
            self.window(window).saturating_sub(self.in_flight)
        } else {
            0
        }
    }
}

/// The sessions, by their number.
#[derive(Debug)]
pub(super) struct Rooms {
    sessions: Vec<Session>,
    /// How many PDUs they were given in all.
    turn: u64,
    /// The window that is set.
    set: Option<usize>,
}

impl Rooms {
    pub(super) fn new(rooms: impl IntoIterator<Item = Room>) -> Self {
        let session = |room: Room| Session {
            room,
            configured: room.window,
            in_flight: 0,
            bound: false,
            rests: false,
            turn: 0,
        };
        Self {
            sessions: rooms.into_iter().map(session).collect(),
            turn: 0,
            set: None,
        }
    }

    /// From now on this is the configured window of those whose login has none of its own; what they have they keep until
    /// they are tuned. Gives the widest of all.
    pub(super) fn configure(&mut self, window: usize) -> usize {
        for session in &mut self.sessions {
            if session.configured > 0 && !session.room.is_own {
                session.configured = window;
            }
        }
        let configured = self.sessions.iter().map(|session| session.configured);
        configured.max().unwrap_or_default()
    }

    /// From now on each on which anything is submitted has this window, though no larger one than is its login's own;
    /// `None`: its configured one.
    pub(super) fn tune(&mut self, window: Option<usize>) {
        self.set = window;
        for session in &mut self.sessions {
            let configured = session.configured;
            session.room.window = match window {
                Some(window) if configured > 0 && session.room.is_own => window.min(configured),
                Some(window) if configured > 0 => window,
                _ => configured,
            };
        }
    }

    /// The window that is set, if any.
    pub(super) fn set(&self) -> Option<usize> {
        self.set
    }

    /// A session is bound; on one without a window nothing is submitted.
    pub(super) fn bound(&mut self, session: usize) {
        if let Some(session) = self.sessions.get_mut(session) {
            session.bound = true;
        }
    }

    /// Nothing more is given to a session; what it has still awaits a response.
    pub(super) fn leave(&mut self, session: usize) {
        if let Some(session) = self.sessions.get_mut(session) {
            session.bound = false;
        }
    }

    /// A session is gone, with all that awaits a response on it.
    pub(super) fn unbound(&mut self, session: usize) {
        if let Some(session) = self.sessions.get_mut(session) {
            (session.bound, session.in_flight) = (false, 0);
        }
    }

    /// One more request awaits a response.
    pub(super) fn take(&mut self, session: usize) {
        self.turn += 1;
        if let Some(session) = self.sessions.get_mut(session) {
            session.in_flight += 1;
            session.turn = self.turn;
        }
    }

    /// One request less awaits a response.
    pub(super) fn give_back(&mut self, session: usize) {
        if let Some(session) = self.sessions.get_mut(session) {
            session.in_flight = session.in_flight.saturating_sub(1);
        }
    }

    /// The session with the most room, and of those the one that was given nothing for longest, by what `room` makes of each, and its login.
    pub(super) fn roomiest(&self, room: impl Fn(&Session) -> usize) -> Option<(usize, usize)> {
        self.roomiest_of(|_, session| room(session))
    }

    /// The same by the sessions' numbers, too.
    pub(super) fn roomiest_of(
        &self,
        room: impl Fn(usize, &Session) -> usize,
    ) -> Option<(usize, usize)> {
        let sessions = self.sessions.iter().enumerate();
        let (index, session) = sessions
            .max_by_key(|(index, session)| (room(*index, session), Reverse(session.turn)))?;
        (room(index, session) > 0).then_some((index, session.room.login))
    }

    /// From now on these rest.
    pub(super) fn rest(&mut self, rests: impl Fn(usize) -> bool) {
        for (index, session) in self.sessions.iter_mut().enumerate() {
            session.rests = rests(index);
        }
    }

    /// The bound ones that rest, and their logins.
    pub(super) fn resting(&self) -> impl Iterator<Item = (usize, usize)> {
        let sessions = self.sessions.iter().enumerate();
        let resting = sessions.filter(|(_, session)| session.bound && session.rests);
        resting.map(|(index, session)| (index, session.room.login))
    }

    /// The numbers of the bound ones on which messages are submitted.
    pub(super) fn submitting(&self) -> impl Iterator<Item = usize> {
        let sessions = self.sessions.iter().enumerate();
        let submitting = sessions.filter(|(_, it)| it.bound && it.room.window > 0);
        submitting.map(|(index, _)| index)
    }

    /// The logins of the sessions with room, one for each session.
    pub(super) fn free_logins(&self, window: usize) -> impl Iterator<Item = usize> {
        let free = self.sessions.iter().filter(move |it| it.free(window) > 0);
        free.map(|session| session.room.login)
    }

    /// How much of a window each has room for, together.
    pub(super) fn free(&self, window: usize) -> usize {
        self.sessions
            .iter()
            .map(|session| session.free(window))
            .sum()
    }

    /// How much of a window one session has room for, be it one that rests: of messages.
    pub(super) fn free_on(&self, session: usize, window: usize) -> usize {
        let session = self.sessions.get(session).filter(|it| it.bound);
        session.map_or(0, |it| it.window(window).saturating_sub(it.in_flight))
    }

    /// How much the sessions of one login have room for.
    pub(super) fn free_of(&self, login: usize, window: usize) -> usize {
        self.of(login).map(|session| session.free(window)).sum()
    }

    /// What they take together, if each has this window at most.
    pub(super) fn of_window(&self, window: usize) -> usize {
        let working = self.sessions.iter().filter(|session| session.works());
        working.map(|session| session.window(window)).sum()
    }

    pub(super) fn in_flight(&self) -> usize {
        self.sessions.iter().map(|session| session.in_flight).sum()
    }

    /// What awaits a response on one session.
    pub(super) fn in_flight_on(&self, session: usize) -> usize {
        self.sessions
            .get(session)
            .map_or(0, |session| session.in_flight)
    }

    /// What awaits a response on the sessions of one login.
    pub(super) fn in_flight_of(&self, login: usize) -> usize {
        self.of(login).map(|session| session.in_flight).sum()
    }

    /// How many of the bound ones are such.
    pub(super) fn bound_ones(&self, are: impl Fn(&Room) -> bool) -> usize {
        let bound = self.sessions.iter().filter(|session| session.bound);
        bound.filter(|session| are(&session.room)).count()
    }

    /// The logins of all sessions.
    pub(super) fn logins(&self) -> Logins {
        let logins = self.sessions.iter().map(|session| session.room.login);
        logins.collect()
    }

    /// The logins of those bound ones that are such.
    pub(super) fn bound_logins(&self, are: impl Fn(&Room) -> bool) -> Logins {
        let bound = self.sessions.iter().filter(|session| session.bound);
        let such = bound.map(|session| &session.room).filter(|room| are(room));
        such.map(|room| room.login).collect()
    }

    /// The login of a session; one beyond all of them for a session that does not exist.
    pub(super) fn login(&self, session: usize) -> usize {
        self.sessions
            .get(session)
            .map_or(usize::MAX, |it| it.room.login)
    }

    /// The largest window of a session.
    pub(super) fn window(&self, session: usize) -> usize {
        self.sessions.get(session).map_or(0, |it| it.room.window)
    }

    fn of(&self, login: usize) -> impl Iterator<Item = &Session> {
        self.sessions
            .iter()
            .filter(move |it| it.room.login == login)
    }
}
