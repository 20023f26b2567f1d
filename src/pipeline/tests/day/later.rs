//! What messages of the later lanes may count on: they are never shut out, and agencies share what there is for them (R8).

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::agencies::{AGENCIES, name, number};
use super::rules::weight;
use crate::journal::Message;

/// So many waiting messages: at least one of them may go now.
const MANY: usize = 20;

/// Those of one operator and one lane that are due.
#[derive(Default)]
pub(super) struct Later {
    /// The agency of each.
    waiting: FxHashMap<u64, u64>,
    agencies: BTreeMap<u64, Agency>,
    /// Seconds in which many waited without a break.
    seconds: u32,
    /// What was submitted in them, and how much of that was of this lane.
    submitted: (u32, u32),
}

/// What one agency has of it.
#[derive(Default)]
struct Agency {
    waiting: usize,
    /// Seconds in which many of its own waited without a break.
    seconds: u32,
    /// Messages of the lane that went in them, and how many of these were its own.
    gone: (u32, u32),
    /// The agencies that had some, or waited, meanwhile: a bit each.
    sharing: u64,
}

impl Later {
    pub(super) fn wait(&mut self, message: u64, agency: u64) {
        if self.waiting.insert(message, agency).is_none() {
            self.agencies.entry(agency).or_default().waiting += 1;
        }
    }

    /// It waits no more, or for something else than its turn.
    pub(super) fn forget(&mut self, message: u64) {
        if let Some(agency) = self.waiting.remove(&message) {
            self.agencies.entry(agency).or_default().waiting -= 1;
        }
    }

    /// Something goes, in a turn of this lane or of another. What was put off before goes in its lane's share as well,
    /// and in its agency's.
    pub(super) fn submitted(&mut self, message: &Message, in_its_turn: bool) {
        self.submitted.0 += 1;
        self.forget(message.id.0);
        if !in_its_turn {
            return;
        }
        self.submitted.1 += 1;
        let whose = number(message.key.agency.name());
        for (agency, known) in &mut self.agencies {
            known.gone.0 += 1;
            known.gone.1 += u32::from(*agency == whose);
            known.sharing |= 1 << whose;
        }
    }

    /// A second is over.
    pub(super) fn pass(&mut self, lane: &str) {
        self.check_lane(lane);
        let waiting = self.agencies.iter().filter(|(_, it)| it.waiting > 0);
        let waiting = waiting.fold(0, |all, (agency, _)| all | 1 << agency);
        for (agency, known) in &mut self.agencies {
            known.sharing |= waiting;
            known.pass(lane, *agency);
        }
        self.agencies.retain(|_, agency| agency.waiting > 0);
    }

    /// Nothing of it may go in this second, whosever turn it is.
    pub(super) fn shut(&mut self) {
        (self.seconds, self.submitted) = (0, (0, 0));
        for agency in self.agencies.values_mut() {
            agency.begin_anew();
        }
    }

    fn check_lane(&mut self, lane: &str) {
        if self.waiting.len() < MANY {
            (self.seconds, self.submitted) = (0, (0, 0));
            return;
        }
        self.seconds += 1;
        if self.seconds == 60 {
            let (all, own) = std::mem::take(&mut self.submitted);
            assert!(
                own * 25 >= all,
                "of {all} in a minute only {own} are {lane}"
            );
            self.seconds = 0;
        }
    }
}

impl Agency {
    fn begin_anew(&mut self) {
        (self.seconds, self.gone) = (0, (0, 0));
        self.sharing = 0;
    }

    fn pass(&mut self, lane: &str, number: u64) {
        if self.waiting < MANY {
            self.begin_anew();
            return;
        }
        self.seconds += 1;
        if self.seconds == 60 {
            self.seconds = 0;
            let (all, own) = std::mem::take(&mut self.gone);
            let sharing = std::mem::take(&mut self.sharing);
            let sharing_it = (0..AGENCIES).filter(|it| sharing & 1 << it != 0);
            let weights: u32 = sharing_it.map(weight).sum();
            let agencies = sharing.count_ones();
            let (weight, name) = (weight(number), name(number));
            // They share by PDUs, of which a long text has three: in as many rounds each may have two more or less than its
            // weight, and this one's turn of a round may be to come. And others may have come and gone.
            assert!(
                ((own + 2 + weight) * weights + 2 * agencies * weight) * 3 >= all * weight * 2,
                "of {all} {lane} messages in a minute only {own} are of {name}, one of {agencies} agencies, with {weight} of {weights}"
            );
        }
    }
}
