//! Whose turn it is among the agencies that wait for the limits of one subscriber.
//!
//! All of them are due at the moment at which one more message may go. If that were the first to be read, an agency
//! that publishes without end would leave nothing to the others. So what was put off is known here by its subscriber while it is
//! held, and goes by start-time fair queueing (Goyal, Vin and Cheng, 1996): an agency's next turn is as much later as its weight is
//! small, and who was not there meanwhile saved nothing up. Turns are remembered while some wait in the journal; after a restart,
//! and where very many subscribers are waited for, they begin anew, with the oldest message.

use std::collections::{BTreeMap, BTreeSet};

use xabar_events::Msisdn;

use super::HashMap;
use crate::journal::{AgencyKey, Lane, Message, MessageId, OperatorId};

/// How many contests are remembered at least of which nothing is held; at most it is twice as many.
const REMEMBERED: usize = 8_000;

/// Of an agency's messages no more are looked at for one that may have a turn, from the oldest on.
const LOOKS: usize = 16;

/// From one turn to the next of an agency with a weight of 1.
const TURN: u64 = 1 << 32;

/// The subscribers for whom something is held that was put off.
#[derive(Debug, Default)]
pub(super) struct Contests {
    known: HashMap<Place, Contest>,
    /// Ends when agencies met in so many contests; those in which none met since are dropped then.
    epoch: u32,
    met: usize,
}

/// Agencies share within a lane, and of each operator's link.
type Place = (Msisdn, OperatorId, Lane);

#[derive(Debug, Default)]
pub(super) struct Contest {
    agencies: BTreeMap<AgencyKey, Contender>,
    /// The turn that was taken last.
    now: u64,
    /// The epoch in which its agencies met last.
    met: Option<u32>,
}

#[derive(Debug, Default)]
struct Contender {
    held: BTreeSet<MessageId>,
    /// Its next turn.
    next: u64,
}

impl Contests {
    /// A message that was put off is held from now on.
    pub(super) fn enter(&mut self, message: &Message) {
        let contest = self.known.entry(place(message)).or_default();
        let contender = contest.agencies.entry(message.agency()).or_default();
        contender.held.insert(message.id);
        if contest.meet(self.epoch) {
            self.count();
        }
    }

    /// A message is no longer held.
    pub(super) fn leave(&mut self, message: &Message) {
        let place = place(message);
        let Some(contest) = self.known.get_mut(&place) else {
            return;
        };
        if let Some(contender) = contest.agencies.get_mut(&message.agency()) {
            contender.held.remove(&message.id);
        }
        // Of one agency alone there is nothing to remember.
        if contest.agencies.len() < 2 && !contest.is_held() {
            self.known.remove(&place);
        }
    }

    /// What waits where this message is to go, if anything is held there, or was not long ago.
    pub(super) fn of(&self, message: &Message) -> Option<&Contest> {
        if self.known.is_empty() {
            return None;
        }
        self.known.get(&place(message))
    }

    /// A message goes, of an agency of this weight.
    pub(super) fn went(&mut self, message: &Message, weight: u32) {
        if self.known.is_empty() {
            return;
        }
        if let Some(contest) = self.known.get_mut(&place(message)) {
            contest.went(message.agency(), weight);
            // It may be the only other one, and never be put off.
            if contest.meet(self.epoch) {
                self.count();
            }
        }
    }

    /// Agencies met in one more contest.
    fn count(&mut self) {
        self.met += 1;
        if self.met >= REMEMBERED {
            self.sweep();
        }
    }

    fn sweep(&mut self) {
        let epoch = self.epoch;
        self.known
            .retain(|_, contest| contest.met == Some(epoch) || contest.is_held());
        self.epoch = epoch.wrapping_add(1);
        self.met = 0;
    }
}

impl Contest {
    /// Which goes first of this message and those held, among those that may have a turn: of the agency whose turn it is the
    /// oldest. Between agencies whose turns are one it is the oldest, too.
    pub(super) fn first(
        &self,
        message: &Message,
        may_have_turn: impl Fn(MessageId) -> bool,
    ) -> MessageId {
        let own = self.agencies.get(&message.agency());
        let own = own.map_or(self.now, |it| it.next.max(self.now));
        let held = self.agencies.values().filter_map(|it| {
            let mut oldest = it.held.iter().take(LOOKS);
            let oldest = oldest.find(|id| may_have_turn(**id))?;
            Some((it.next.max(self.now), *oldest))
        });
        let (_, first) = held.fold((own, message.id), Ord::min);
        first
    }

    fn went(&mut self, agency: AgencyKey, weight: u32) {
        let contender = self.agencies.entry(agency).or_default();
        let turn = contender.next.max(self.now);
        contender.next = turn.saturating_add(TURN.div_ceil(u64::from(weight.max(1))));
        self.now = turn;
    }

    /// Whether agencies meet in it, for the first time in this epoch.
    fn meet(&mut self, epoch: u32) -> bool {
        self.agencies.len() > 1 && self.met.replace(epoch) != Some(epoch)
    }

    fn is_held(&self) -> bool {
        self.agencies.values().any(|it| !it.held.is_empty())
    }
}

fn place(message: &Message) -> Place {
    (message.msisdn, message.progress.operator, message.lane)
}

#[cfg(test)]
mod tests;
