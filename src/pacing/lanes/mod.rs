//! Whose turn it is on one operator: an earlier lane first, agencies by weight within a lane.
//!
//! What a turn costs is known once it is taken: a text of several segments takes several of the link's
//! PDUs. So [`Lanes::pop`] only chooses, and [`Lanes::charge`] counts what was submitted. A message that is
//! put off, or ends, costs nothing and gives its turn to the next.

use std::collections::{BTreeMap, VecDeque};

use super::HashMap;
use crate::journal::{AgencyKey, Lane, MessageId};

/// How the links are shared.
#[derive(Clone, Debug)]
pub struct Sharing {
    /// What each lane keeps while earlier ones fill the link, in percent; at most 100 in all.
    pub shares: [u32; 4],
    /// How much agencies get of their lane, beside one another; those not named have 1.
    pub weights: BTreeMap<AgencyKey, u32>,
}

impl Default for Sharing {
    fn default() -> Self {
        Self {
            shares: [10, 10, 5, 5],
            weights: BTreeMap::new(),
        }
    }
}

impl Sharing {
    pub(super) fn weight(&self, agency: AgencyKey) -> u32 {
        self.weights.get(&agency).copied().unwrap_or(1)
    }
}

/// Which lanes may have a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    All,
    /// Answers and urgent messages: what is left of the link is kept for them.
    Urgent,
}

impl Among {
    /// The number of lanes, from the first one on.
    fn lanes(self) -> usize {
        match self {
            Self::All => Lane::ALL.len(),
            Self::Urgent => 2,
        }
    }
}

/// One PDU, in the unit that lanes are owed.
const PDU: i64 = 100;

/// The messages that wait for one operator.
#[derive(Debug)]
pub(super) struct Lanes {
    lanes: [Waiting; 4],
}

/// The messages of one lane.
#[derive(Debug)]
struct Waiting {
    share: i64,
    /// What the lane is owed of its share, in hundredths of a PDU. Below zero: what it got beyond it.
    owed: i64,
    /// The agencies that have something waiting and are not paused, the next one first.
    turns: VecDeque<AgencyKey>,
    agencies: HashMap<AgencyKey, Agency>,
    /// How many messages of agencies that are not paused.
    len: usize,
}

#[derive(Debug)]
struct Agency {
    messages: VecDeque<MessageId>,
    weight: i64,
    /// PDUs that are left to it in this round. Below zero: what it took beyond.
    left: i64,
    /// It has no turns.
    paused: bool,
}

impl Lanes {
    pub(super) fn new(sharing: &Sharing) -> Self {
        Self {
            lanes: sharing.shares.map(|share| Waiting {
                share: share.into(),
                owed: 0,
                turns: VecDeque::new(),
                agencies: HashMap::default(),
                len: 0,
            }),
        }
    }

    /// From now on the lanes are shared so.
    pub(super) fn share(&mut self, sharing: &Sharing) {
        for (lane, share) in self.lanes.iter_mut().zip(sharing.shares) {
            lane.share = share.into();
            for (key, agency) in &mut lane.agencies {
                agency.weight = sharing.weight(*key).into();
            }
        }
    }

    /// `paused`: the agency has no turns in this lane now.
    pub(super) fn push(
        &mut self,
        lane: Lane,
        (agency, paused): (AgencyKey, bool),
        id: MessageId,
        sharing: &Sharing,
    ) {
        self.lane(lane).push((agency, paused), id, sharing);
    }

    /// Takes back the message that was popped last, another one going instead: its turn is the next.
    pub(super) fn put_back(
        &mut self,
        lane: Lane,
        agency: AgencyKey,
        id: MessageId,
        sharing: &Sharing,
    ) {
        self.lane(lane).put_back(agency, id, sharing);
    }

    /// From now on these have no turns, and all others have.
    pub(super) fn pause(&mut self, is_paused: impl Fn(Lane, AgencyKey) -> bool) {
        for (lane, waiting) in Lane::ALL.iter().zip(&mut self.lanes) {
            for (key, agency) in &mut waiting.agencies {
                agency.paused = is_paused(*lane, *key);
            }
            waiting.count();
        }
    }

    /// How many of an agency's messages wait in a lane.
    pub(super) fn len(&self, lane: Lane, agency: AgencyKey) -> usize {
        let lane = self.lanes.get(lane as usize);
        let agency = lane.and_then(|lane| lane.agencies.get(&agency));
        agency.map_or(0, |agency| agency.messages.len())
    }

    pub(super) fn is_empty(&self, among: Among) -> bool {
        let mut lanes = self.lanes.iter().take(among.lanes());
        lanes.all(|lane| lane.len == 0)
    }

    /// Keeps the places of these messages only.
    pub(super) fn retain(&mut self, stays: impl Fn(MessageId) -> bool) {
        for lane in &mut self.lanes {
            lane.retain(&stays);
        }
    }

    /// The message whose turn it is: of the lane that is owed most, if that is a PDU, else of the first one.
    pub(super) fn pop(&mut self, among: Among) -> Option<MessageId> {
        let lanes = self.lanes.iter_mut().take(among.lanes());
        let mut waiting = lanes.filter(|lane| lane.len > 0);
        let mut turn = waiting.next()?;
        for lane in waiting {
            if lane.owed >= PDU && lane.owed > turn.owed {
                turn = lane;
            }
        }
        turn.pop()
    }

    /// Counts what was submitted: every lane that waits meanwhile is owed its share of that.
    pub(super) fn charge(&mut self, lane: Lane, agency: AgencyKey, pdus: usize) {
        let pdus = i64::try_from(pdus).unwrap_or(i64::MAX / 1000);
        let mut earlier_waits = false;
        for (at, waiting) in Lane::ALL.iter().zip(&mut self.lanes) {
            let charged = *at == lane;
            if charged {
                waiting.charge(agency, pdus);
                waiting.owed += (waiting.share - PDU) * pdus;
                // Nobody was held up by it.
                if !earlier_waits {
                    waiting.owed = waiting.owed.max(0);
                }
            } else if waiting.len > 0 {
                waiting.owed += waiting.share * pdus;
            }
            if waiting.len == 0 {
                // What a lane is owed it does not keep for later.
                waiting.owed = waiting.owed.min(0);
            }
            earlier_waits |= waiting.len > 0;
        }
    }

    fn lane(&mut self, lane: Lane) -> &mut Waiting {
        let [answers, urgent, normal, bulk] = &mut self.lanes;
        match lane {
            Lane::Answers => answers,
            Lane::Urgent => urgent,
            Lane::Normal => normal,
            Lane::Bulk => bulk,
        }
    }
}

impl Agency {
    fn with(id: MessageId, paused: bool, weight: u32) -> Self {
        let weight = weight.into();
        Self {
            messages: VecDeque::from([id]),
            weight,
            left: weight,
            paused,
        }
    }
}

/// Deficit round robin (Shreedhar and Varghese, 1995): in each round an agency has as many PDUs as its
/// weight says. What it takes beyond, for the last segments of a text, it lacks in the next round.
impl Waiting {
    fn push(&mut self, (agency, paused): (AgencyKey, bool), id: MessageId, sharing: &Sharing) {
        self.len += usize::from(!paused);
        if let Some(agency) = self.agencies.get_mut(&agency) {
            agency.messages.push_back(id);
            return;
        }
        if !paused {
            self.turns.push_back(agency);
        }
        let entry = Agency::with(id, paused, sharing.weight(agency));
        self.agencies.insert(agency, entry);
    }

    fn put_back(&mut self, agency: AgencyKey, id: MessageId, sharing: &Sharing) {
        self.len += 1;
        if let Some(agency) = self.agencies.get_mut(&agency) {
            agency.messages.push_front(id);
            return;
        }
        self.turns.push_front(agency);
        let entry = Agency::with(id, false, sharing.weight(agency));
        self.agencies.insert(agency, entry);
    }

    fn retain(&mut self, stays: impl Fn(MessageId) -> bool) {
        for agency in self.agencies.values_mut() {
            agency.messages.retain(|id| stays(*id));
        }
        self.agencies
            .retain(|_, agency| !agency.messages.is_empty());
        self.count();
    }

    /// Gives turns to those that have something waiting and are not paused: in the order that they had, newcomers last.
    fn count(&mut self) {
        let mut ready: Vec<AgencyKey> = self
            .agencies
            .iter()
            .filter(|(_, it)| !it.paused)
            .map(|(key, _)| *key)
            .collect();
        ready.sort_unstable();
        self.turns
            .retain(|agency| ready.binary_search(agency).is_ok());
        for agency in ready {
            if !self.turns.contains(&agency) {
                self.turns.push_back(agency);
            }
        }
        let agencies = self.agencies.values().filter(|agency| !agency.paused);
        self.len = agencies.map(|agency| agency.messages.len()).sum();
    }

    fn pop(&mut self) -> Option<MessageId> {
        loop {
            let agency = self.agencies.get_mut(self.turns.front()?)?;
            if agency.left > 0 {
                break;
            }
            agency.left += agency.weight;
            self.turns.rotate_left(1);
        }
        let agency = self.agencies.get_mut(self.turns.front()?)?;
        let id = agency.messages.pop_front()?;
        self.len -= 1;
        if agency.messages.is_empty()
            && let Some(agency) = self.turns.pop_front()
        {
            self.agencies.remove(&agency);
        }
        Some(id)
    }

    fn charge(&mut self, agency: AgencyKey, pdus: i64) {
        if let Some(agency) = self.agencies.get_mut(&agency) {
            agency.left -= pdus;
        }
    }
}

#[cfg(test)]
mod tests;
