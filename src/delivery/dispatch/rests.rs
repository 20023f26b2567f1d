//! Which of an operator's SMSCs get nothing for a while, since they do not do their work while another of the operator's does.
//!
//! An SMSC is known by its login and by which of that login's addresses it is at. Each has a [`Circuit`] of its own, as the operator
//! has: one that trips rests as long as another is bound that did not, and gets single probes after ever longer pauses. What it
//! answers meanwhile says nothing of the operator, nor of the messages: what it refuses goes to another one at once. Of an operator
//! with one login at one address all of this is the operator's.

use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;

use super::Dispatch;
use super::rooms::{Rooms, Session};
use crate::clock::UnixMillis;
use crate::delivery::class::Class;
use crate::delivery::submission::Token;
use crate::delivery::{Answers, Circuit, Logins, Switch};
use crate::journal::MessageId;

/// After so many refusals in a row an SMSC may be sick; one or two are a message's own more often.
const SUSPICIOUS: u32 = 3;

/// Something that was taken since then shows that an SMSC is well.
const LATELY: Duration = Duration::from_secs(60);

/// Of so many segments it is remembered where they were refused; of more, that begins anew.
const MOST_REFUSED: usize = 1000;

/// Where an SMSC is: a login, and the place of its address among those of that login.
pub(in crate::delivery) type Place = (usize, usize);

/// What an answer, or a missing one, is to be taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::delivery) enum Verdict {
    /// For what it says.
    Counts,
    /// It says nothing of the operator, whose other SMSC is well.
    Apart,
    /// Nor of the message: that goes there as if it had not been tried.
    Elsewhere,
}

/// What became of an SMSC's circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::delivery) struct Switched {
    pub(in crate::delivery) login: usize,
    pub(in crate::delivery) switch: Switch,
    /// Whether it rests now.
    pub(in crate::delivery) rests: bool,
}

#[derive(Debug)]
pub(super) struct Rests {
    /// Whether there may be more than one SMSC.
    watches: bool,
    start: Instant,
    smscs: Vec<Smsc>,
    /// At which of them each session is, or was.
    of: Vec<Option<usize>>,
    /// Where segments were refused that are to go to another one.
    refused: FxHashMap<Key, usize>,
}

/// A segment, whichever the attempt.
type Key = (MessageId, u8);

#[derive(Debug)]
struct Smsc {
    place: Place,
    /// How many sessions on which messages are submitted.
    bound: usize,
    circuit: Circuit,
    refused_in_a_row: u32,
    /// When something was taken last.
    taken: Option<UnixMillis>,
}

impl Smsc {
    fn is_sick(&self) -> bool {
        self.circuit.tripped().is_some()
    }

    fn is_suspect(&self) -> bool {
        self.is_sick() || self.refused_in_a_row >= SUSPICIOUS
    }

    fn has_taken_lately(&self, time: UnixMillis) -> bool {
        self.taken.is_some_and(|at| time.since(at) <= LATELY)
    }
}

impl Rests {
    pub(super) fn new(watches: bool, now: Instant) -> Self {
        Self {
            watches,
            start: now,
            smscs: Vec::new(),
            of: Vec::new(),
            refused: FxHashMap::default(),
        }
    }

    fn time(&self, now: Instant) -> UnixMillis {
        UnixMillis(0).after(now.saturating_duration_since(self.start))
    }

    /// A session on which messages are submitted is bound there.
    fn bound(&mut self, session: usize, place: Place) {
        let known = self.smscs.iter().position(|it| it.place == place);
        let smsc = known.unwrap_or(self.smscs.len());
        if known.is_none() {
            self.smscs.push(Smsc {
                place,
                bound: 0,
                circuit: Circuit::default(),
                refused_in_a_row: 0,
                taken: None,
            });
        }
        if self.of.len() <= session {
            self.of.resize(session + 1, None);
        }
        if let Some(of) = self.of.get_mut(session) {
            *of = Some(smsc);
        }
    }

    /// Notes which sessions are bound now, and which of them rest.
    fn settle(&mut self, rooms: &mut Rooms) {
        for (number, smsc) in self.smscs.iter_mut().enumerate() {
            let here = |session: &usize| self.of.get(*session) == Some(&Some(number));
            smsc.bound = rooms.submitting().filter(here).count();
        }
        rooms.rest(|session| self.smsc(session).is_some_and(|it| self.rests(it)));
    }

    fn smsc(&self, session: usize) -> Option<usize> {
        self.of.get(session).copied().flatten()
    }

    /// Whether another one is bound, and such.
    fn another_is(&self, smsc: usize, such: impl Fn(&Smsc) -> bool) -> bool {
        let others = self.smscs.iter().enumerate().filter(|(it, _)| *it != smsc);
        let mut bound = others.filter(|(_, other)| other.bound > 0);
        bound.any(|(_, other)| such(other))
    }

    fn rests(&self, smsc: usize) -> bool {
        let is_sick = self.smscs.get(smsc).is_some_and(Smsc::is_sick);
        is_sick && self.another_is(smsc, |other| !other.is_suspect())
    }

    /// The logins of which an SMSC rests.
    pub(super) fn resting(&self) -> Logins {
        let all = self.smscs.iter().enumerate();
        let resting = all.filter(|(number, smsc)| smsc.bound > 0 && self.rests(*number));
        resting.map(|(_, smsc)| smsc.place.0).collect()
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, now: Instant) {
        let time = self.time(now);
        self.smscs.iter_mut().for_each(|it| it.circuit.pass(time));
    }

    /// Whether a session's SMSC rests and is to be tried: by one message at a time.
    fn wants_probe(&self, session: usize, in_flight: usize) -> bool {
        let smsc = self.smsc(session).and_then(|it| self.smscs.get(it));
        let takes = |smsc: &Smsc| smsc.circuit.is_half_open() && smsc.circuit.takes() > 0;
        in_flight == 0 && smsc.is_some_and(takes)
    }

    /// Whether a segment was refused where a session is, and is to go elsewhere if that can be.
    fn avoids(&self, token: Token, session: usize) -> bool {
        let refused = self.refused.get(&key(token));
        refused.is_some_and(|it| self.smsc(session) == Some(*it))
    }

    /// Whether any segment is to go elsewhere.
    fn avoid_any(&self) -> bool {
        !self.refused.is_empty()
    }

    /// A submission is written.
    pub(super) fn written(&mut self, session: usize, token: Token) {
        let Some(number) = self.smsc(session) else {
            return;
        };
        if !self.refused.is_empty() && !self.avoids(token, session) {
            self.refused.remove(&key(token));
        }
        if let Some(smsc) = self.smscs.get_mut(number) {
            smsc.circuit.begin();
        }
    }

    /// A submission is answered, or its answer is missing.
    fn heard(
        &mut self,
        session: usize,
        (token, class): (Token, Option<Class>),
        now: Instant,
    ) -> (Verdict, Option<Switched>) {
        let time = self.time(now);
        let Some((number, smsc)) = self
            .smsc(session)
            .and_then(|it| Some((it, self.smscs.get_mut(it)?)))
        else {
            return (Verdict::Counts, None);
        };
        let mut answers = Answers::default();
        match class {
            // Another part of it takes pushes.
            _ if token.is_push() => answers.vague = 1,
            Some(class) => answers.add(&mut smsc.circuit, time, token, class),
            None => answers.add_unanswered(&mut smsc.circuit, time, token),
        }
        let is_bad = match class {
            _ if token.is_push() => false,
            None | Some(Class::RetrySoon | Class::RetryElsewhere | Class::RetryTwice) => true,
            Some(Class::Accepted | Class::Permanent) => {
                (smsc.taken, smsc.refused_in_a_row) = (Some(time), 0);
                false
            }
            Some(Class::Throttled | Class::Session | Class::OurBug) => false,
        };
        smsc.refused_in_a_row = smsc.refused_in_a_row.saturating_add(is_bad.into());
        let switch = smsc.circuit.note(time, answers);
        // That everything is too fast is believed of one that takes nothing.
        let is_suspect = match is_bad {
            true => smsc.is_suspect(),
            false => class == Some(Class::Throttled) && smsc.is_sick(),
        };
        let login = smsc.place.0;
        let is_well = |other: &Smsc| !other.is_suspect() && other.has_taken_lately(time);
        let verdict = match is_suspect && self.another_is(number, is_well) {
            false => Verdict::Counts,
            true if self.turn_away(token, number) && class.is_some() => Verdict::Elsewhere,
            true => Verdict::Apart,
        };
        let rests = self.rests(number);
        let switched = switch.map(|switch| Switched {
            login,
            switch,
            rests,
        });
        (verdict, switched)
    }

    /// A segment is to go elsewhere; whether that is news.
    fn turn_away(&mut self, token: Token, smsc: usize) -> bool {
        if self.refused.len() >= MOST_REFUSED {
            self.refused.clear();
        }
        self.refused.insert(key(token), smsc) != Some(smsc)
    }

    /// The sessions at the SMSC of one of them.
    fn beside(&self, session: usize) -> Vec<usize> {
        let smsc = self.smsc(session);
        let at_same = self.of.iter().enumerate();
        let at_same = at_same.filter(|(_, of)| smsc.is_some() && **of == smsc);
        at_same.map(|(session, _)| session).collect()
    }
}

impl Dispatch {
    /// The same dispatch, each login with so many addresses.
    pub(in crate::delivery) fn at_addresses(mut self, addresses: Vec<usize>, now: Instant) -> Self {
        let several = self.rests.watches || addresses.iter().any(|it| *it > 1);
        self.rests = Rests::new(several, now);
        self.addresses = addresses;
        self
    }

    /// A session is bound, at this one of its login's addresses.
    pub(in crate::delivery) fn bound_at(&mut self, session: usize, place: usize) {
        self.bound(session);
        if self.rests.watches && self.rooms.window(session) > 0 {
            self.rests
                .bound(session, (self.rooms.login(session), place));
            self.settle_rests();
        }
    }

    /// The session to write the next submission on: one that rests if that is to be tried, none at an SMSC that refused it if
    /// there is another.
    pub(super) fn session_of_next(&self, now: Instant) -> Option<(usize, usize)> {
        if !self.rests.watches {
            return self.session(now);
        }
        let next = self.waiting.first()?.token;
        let is_ready = |login| self.rates.ready_at(login, now) <= now;
        let probed = self.rooms.resting().find(|(index, login)| {
            let in_flight = self.rooms.in_flight_of(*login);
            !next.is_push()
                && is_ready(*login)
                && self.rests.wants_probe(*index, in_flight)
                && !self.rests.avoids(next, *index)
        });
        if probed.is_some() || !self.rests.avoid_any() {
            return probed.or_else(|| self.session(now));
        }
        let window = self.window.size();
        let room = |index, session: &Session| match is_ready(session.room.login) {
            true if !self.rests.avoids(next, index) => session.free(window),
            _ => 0,
        };
        self.rooms.roomiest_of(room).or_else(|| self.session(now))
    }

    /// A submission is answered by this session's SMSC, or its answer is missing: what that says.
    pub(in crate::delivery) fn judge(
        &mut self,
        session: usize,
        heard: (Token, Option<Class>),
        now: Instant,
    ) -> (Verdict, Option<Switched>) {
        if !self.rests.watches {
            return (Verdict::Counts, None);
        }
        let judged = self.rests.heard(session, heard, now);
        self.settle_rests();
        judged
    }

    /// Whether a session's login has more addresses than one.
    pub(in crate::delivery) fn has_other_addresses(&self, session: usize) -> bool {
        let addresses = self.addresses.get(self.rooms.login(session));
        addresses.is_some_and(|addresses| *addresses > 1)
    }

    /// The sessions at the SMSC of one of them, on which messages are submitted.
    pub(in crate::delivery) fn beside(&self, session: usize) -> Vec<usize> {
        self.rests.beside(session)
    }

    /// Notes which sessions rest now.
    pub(super) fn settle_rests(&mut self) {
        if self.rests.watches {
            self.rests.settle(&mut self.rooms);
        }
    }
}

fn key(token: Token) -> Key {
    (token.message, token.segment)
}
