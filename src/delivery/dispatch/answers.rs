//! What an answer says of pace: whether the rate is too high, or the window too large, or neither.

use std::time::Instant;

use xabar_smpp::Status;

use super::Dispatch;
use super::held::Beyond;
use crate::delivery::class::Class;
use crate::delivery::rate::Rate;
use crate::delivery::screen::ScreenToken;
use crate::delivery::submission::Token;

/// At this `congestion_state` an operator is beyond its limit (SMPP 5.0, 4.8.4.18).
pub(super) const CONGESTED: u8 = 100;

/// An answer, as far as pace is concerned.
#[derive(Clone, Copy, Debug)]
pub(in crate::delivery) struct Heard {
    pub(in crate::delivery) token: Token,
    pub(in crate::delivery) class: Class,
    pub(in crate::delivery) status: Status,
    /// 0 (idle) to 100 (congested), if the operator says.
    pub(in crate::delivery) congestion: Option<u8>,
}

impl Heard {
    /// Whether a full window may hide behind it, or anything else, and the operator's configuration does not say what. A screen
    /// is refused for its dialogue's sake, and never comes again.
    fn is_vague(&self) -> bool {
        let is_screen = ScreenToken::is(self.token);
        self.status == Status::RSUBMITFAIL && self.class == Class::RetryTwice && !is_screen
    }

    /// The same of an SMSC that rests: how fast the others may be given something it does not say.
    pub(in crate::delivery) fn of_nothing(self) -> Self {
        Self {
            class: Class::Permanent,
            congestion: None,
            ..self
        }
    }

    /// The same as far as messages are concerned. That a push is refused says nothing of them, neither how fast they may
    /// go nor whether the session is of use: another part of the operator's takes pushes, and it may take none at all.
    pub(in crate::delivery) fn of_messages(self) -> Self {
        match self.token.is_push() && self.class != Class::Accepted {
            true => Self {
                class: Class::Permanent,
                congestion: None,
                ..self
            },
            false => self,
        }
    }
}

impl Dispatch {
    /// Something written is answered; says whether the rate was cut because of it, for the first time since
    /// something was taken.
    pub(in crate::delivery) fn answered(
        &mut self,
        session: usize,
        heard: Heard,
        now: Instant,
    ) -> bool {
        let beyond = self.beyond(&heard);
        let class = self.of_pace(&heard, beyond);
        let beside = self.beside_others(&heard, beyond);
        let stubborn = self.stubborn.answered(heard.token);
        if heard.class == Class::Accepted {
            self.held.taken(heard.token);
            self.retries.taken(heard.token);
        } else if heard.is_vague() && !is_clear(beyond) {
            self.retries.refused(heard.token, beside.is_some());
        }
        self.unused(session, heard.token);
        let congestion = heard.congestion.unwrap_or_default();
        self.signs.answered(heard.token, congestion, now);
        self.screens.answered(heard.token, now);
        self.fit_window(now);
        let beside = beside.filter(|_| self.retries.help());
        match beyond {
            Some(beyond) => self.shrink_window(beyond, heard.is_vague(), now),
            None if beside.is_some() => {}
            None => self.window.answered(),
        }
        if let Some(beside) = beside {
            self.note_beside_others(beside, now);
        }
        let login = self.rooms.login(session);
        match class {
            Class::Accepted => self.rates.each(login, |rate| rate.accepted(now)),
            Class::Throttled => {
                self.throttled += 1;
                if self.rates.of(login).is_some() {
                    // It is the login's own rate that is cut; the other one awaits this answer no more.
                    self.rates.whole_mut().refused();
                }
            }
            _ => self.rates.each(login, Rate::refused),
        }
        let throttled = class == Class::Throttled;
        if throttled && beyond.is_some() {
            // The other rate awaits this answer no more, if there is one.
            self.rates.throttled_mut(login).refused();
            return false;
        }
        let in_flight = self.in_flight_beside(login);
        let rate = self.rates.throttled_mut(login);
        let again = rate.is_overloaded();
        let cut = match throttled {
            true if stubborn && rate.throttled_for_itself(now) => false,
            true => rate.throttled(in_flight, now),
            false => congestion >= CONGESTED && rate.congested(in_flight, now),
        };
        cut && !again
    }

    /// Whether it is the window that is too large, if something is refused. ESME_RTHROTTLED speaks of the rate alone.
    fn beyond(&self, heard: &Heard) -> Option<Beyond> {
        let throttled = heard.class == Class::Throttled && heard.status != Status::RTHROTTLED;
        let may_mean_window = throttled || heard.is_vague();
        may_mean_window.then(|| self.held.beyond(heard.token))?
    }

    /// The class of an answer that is not heard yet, as far as its message is concerned: it is not the message's fault if too
    /// much awaited a response. That may be so of any that had others beside it, as long as trying again helps: an SMSC that has
    /// room again before its answer is read seems to hold more than it does. As it may be chance, it says little of pace.
    pub(in crate::delivery) fn charged(&self, heard: &Heard) -> Class {
        let beyond = self.beyond(heard);
        let may_be_window = self.beside_others(heard, beyond).is_some() && self.retries.help();
        match may_be_window && !self.stubborn.contains(heard.token) {
            true => Class::Throttled,
            false => self.of_pace(heard, beyond),
        }
    }

    /// What was refused vaguely beside others, though as much, or nearly, was held before.
    fn beside_others(&self, heard: &Heard, beyond: Option<Beyond>) -> Option<Beyond> {
        let is_unclear = heard.is_vague() && !is_clear(beyond);
        is_unclear.then(|| self.held.beside_others(heard.token))?
    }

    /// The class of an answer to what was too much at once, or not. Of one that is refused again and again a vague refusal is
    /// believed in the end: its attempts are to end.
    fn of_pace(&self, heard: &Heard, beyond: Option<Beyond>) -> Class {
        let is_window = match heard.is_vague() {
            true => is_clear(beyond) && !self.stubborn.contains(heard.token),
            false => beyond.is_some(),
        };
        if is_window {
            Class::Throttled
        } else {
            heard.class
        }
    }

    /// Too much awaited a response.
    fn shrink_window(&mut self, beyond: Beyond, vague: bool, now: Instant) {
        let Beyond {
            in_flight,
            held,
            is_known,
            ..
        } = beyond;
        if !is_known && self.window.refused(in_flight, held, vague, now) {
            self.held.window_shrank();
        }
    }

    /// The window may be why, if many are refused so.
    fn note_beside_others(&mut self, beside: Beyond, now: Instant) {
        if !beside.is_known && self.window.refused_beside(beside.in_flight, now) {
            self.held.window_shrank();
        }
    }

    /// What awaits a response on the sessions that share their rate with those of a login.
    fn in_flight_beside(&self, login: usize) -> usize {
        match self.rates.of(login) {
            Some(_) => self.rooms.in_flight_of(login),
            None => self.rooms.in_flight(),
        }
    }

    /// Where responses take too long the window shrinks to what is answered in time.
    fn fit_window(&mut self, now: Instant) {
        let Some(longest) = self.signs.persistently_late(now) else {
            return;
        };
        let a_second = self.rates.whole_mut().accepted_in_the_second_before(now);
        if a_second > 0.0 {
            let sessions = u32::try_from(self.submitting().max(1)).unwrap_or(u32::MAX);
            let fitting = a_second * longest.as_secs_f64() / f64::from(sessions);
            self.window.crowded(fitting, now);
        }
    }
}

/// Whether something was too much at once, whatever else the operator refuses.
fn is_clear(beyond: Option<Beyond>) -> bool {
    beyond.is_some_and(|beyond| beyond.is_clear)
}
