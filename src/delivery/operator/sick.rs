//! SMSCs that do not do their work while another of the operator's may: they rest, or are left.

use std::sync::atomic::Ordering;

use tracing::{info, warn};

use super::Operator;
use super::slots::Leaving;
use super::unreported::Unreported;
use crate::clock::instant as now;
use crate::delivery::dispatch::{Switched, Verdict};
use crate::delivery::{Class, Event, Switch, Token};

impl Operator {
    /// Notes how a session's SMSC answered, or that it was too much for it. Gives whether the answer says anything of how fast
    /// the operator may be given something; nothing, if the submission is given back to go elsewhere.
    pub(super) fn judged(
        &mut self,
        index: usize,
        token: Token,
        (class, too_much): (Class, bool),
        events: &mut Unreported,
    ) -> Option<bool> {
        let class = if too_much { Class::Throttled } else { class };
        let (verdict, switched) = self.dispatch.judge(index, (token, Some(class)), now());
        if let Some(switched) = switched {
            self.switched(index, switched);
            if switched.switch != Switch::Closed {
                self.leave_refusing(index, events);
            }
        }
        match verdict {
            Verdict::Counts => Some(false),
            Verdict::Apart => {
                events.set_apart(token);
                Some(true)
            }
            Verdict::Elsewhere => {
                events.push(Event::NotTaken(token));
                None
            }
        }
    }

    /// The answer to a submission is missing.
    pub(super) fn missed(&mut self, index: usize, token: Token, events: &mut Unreported) {
        // What a stop cuts off is nobody's fault.
        if self.stopped.is_some() {
            return;
        }
        let (verdict, switched) = self.dispatch.judge(index, (token, None), now());
        if let Some(switched) = switched {
            self.switched(index, switched);
        }
        if verdict != Verdict::Counts {
            events.set_apart(token);
        }
    }

    fn switched(&self, index: usize, switched: Switched) {
        let (operator, login) = (&*self.name, self.logins.get(switched.login));
        match switched.switch {
            Switch::Opened if switched.rests => warn!(
                operator,
                login,
                session = index,
                "a login does not do its work while another does: it rests, but for single messages that try it"
            ),
            Switch::Closed => info!(operator, login, "the login answers well again"),
            Switch::Opened | Switch::OpenedAgain => {}
        }
    }

    /// Where its login has other addresses, the sessions at one that refuses all are given up for these.
    fn leave_refusing(&mut self, index: usize, events: &mut Unreported) {
        if !self.dispatch.has_other_addresses(index) {
            return;
        }
        let until = now() + self.last_answers;
        for index in self.dispatch.beside(index) {
            let slot = self.slots.get(index);
            let Some(slot) = slot.filter(|it| it.is_up() && it.leaving == Leaving::No) else {
                continue;
            };
            slot.leaving = Leaving::GivenUp(until);
            slot.refusing.store(true, Ordering::Relaxed);
            self.leave(index, events);
            self.warn_of_giving_up(index, "its SMSC takes nothing, and the login has another");
        }
    }
}
