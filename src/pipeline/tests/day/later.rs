//! What messages of the later lanes may count on: they are never shut out, and agencies share what there is for them (R8).

use std::collections::{BTreeMap, HashMap};

use crate::journal::Message;

/// So many waiting messages: at least one of them may go now.
const MANY: usize = 20;

/// Those of one operator and one lane that are due.
#[derive(Default)]
pub(super) struct Later {
    /// The agency of each.
    waiting: HashMap<u64, Box<str>>,
    agencies: BTreeMap<Box<str>, Agency>,
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
}

impl Later {
    pub(super) fn wait(&mut self, message: u64, agency: &str) {
        if self.waiting.insert(message, agency.into()).is_none() {
            self.agencies.entry(agency.into()).or_default().waiting += 1;
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
        for (agency, known) in &mut self.agencies {
            known.gone.0 += 1;
            known.gone.1 += u32::from(**agency == *message.key.agency.name());
        }
    }

    /// A second is over.
    pub(super) fn pass(&mut self, lane: &str) {
        self.check_lane(lane);
        let sharing = self.agencies.values().filter(|it| it.waiting > 0);
        let sharing = u32::try_from(sharing.count()).unwrap();
        for (name, agency) in &mut self.agencies {
            agency.pass(lane, name, sharing);
        }
        self.agencies.retain(|_, agency| agency.waiting > 0);
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
    /// `sharing`: how many agencies have messages of the lane waiting.
    fn pass(&mut self, lane: &str, name: &str, sharing: u32) {
        if self.waiting < MANY {
            (self.seconds, self.gone) = (0, (0, 0));
            return;
        }
        self.seconds += 1;
        if self.seconds == 60 {
            let (all, own) = std::mem::take(&mut self.gone);
            // They share by PDUs, of which a long text has three: who had one waits for three rounds, in which each of the
            // others may have as many and two beyond. And others may have come and gone.
            assert!(
                (own + 1) * 5 * sharing >= all,
                "of {all} {lane} messages in a minute only {own} are of {name}, one of {sharing} agencies"
            );
            self.seconds = 0;
        }
    }
}
