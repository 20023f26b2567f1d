//! How operators that share numbers share them now.

use tracing::info;
use xabar_events::Msisdn;

use super::beat::Beat;
use super::core::Core;
use super::operator::Operator;
use super::orders::Refusal;
use crate::delivery::{Health, Setting, Standing};
use crate::journal::{Message, OperatorId};

impl Operator {
    /// What part of its weight it has now, from 0 to 1.
    fn part(&self) -> f64 {
        if self.paused {
            return 0.0;
        }
        let Some(share) = &self.share else {
            return 1.0;
        };
        if self.gone_since().is_none() {
            return share.part();
        }
        if self.probes > 0 { 1.0 } else { 0.0 }
    }

    fn health(&self) -> Health {
        Health {
            gone_since: self.gone_since(),
            failing: self.circuit.tripped().is_some(),
            bad: self.circuit.bad(),
        }
    }
}

impl Core {
    /// Has operators begin with the weights that staff set before; what is of one that is not there is left out.
    pub fn weigh_from_the_start(&mut self, weights: Vec<(String, u32)>) {
        let named = weights.iter();
        let named = named.filter_map(|(name, weight)| Some((self.named(name).ok()?, *weight)));
        self.weights = named.collect();
        self.route_by(self.settings.operators.clone());
    }

    /// Sets an operator's weight among those that share its numbers, which are shared by that from now on.
    pub(super) fn weigh(
        &mut self,
        operator: OperatorId,
        weight: Setting<u32>,
    ) -> Result<(), Refusal> {
        let before = self.weights.clone();
        match weight {
            Setting::Keep => return Ok(()),
            Setting::To(_) if !self.routes.is_shared(operator) => {
                return Err(Refusal::SharesNothing);
            }
            Setting::To(weight) => self.weights.insert(operator, weight),
            Setting::Configured => self.weights.remove(&operator),
        };
        self.route_by(self.settings.operators.clone());
        if self.routes.is_any_nobodys() {
            self.weights = before;
            self.route_by(self.settings.operators.clone());
            return Err(Refusal::NobodyLeft);
        }
        self.routes_changed();
        Ok(())
    }

    /// Whose number it is now, be that one well or not.
    pub(super) fn home(&self, msisdn: Msisdn, looked_up: Option<OperatorId>) -> Option<OperatorId> {
        self.routes
            .route(msisdn, looked_up, |operator| self.part(operator))
    }

    /// Whose number it would be now were it not for one operator; only one that is well.
    pub(super) fn home_without(&self, operator: OperatorId, msisdn: Msisdn) -> Option<OperatorId> {
        let part = |it| match self.is_well(it) && it != operator {
            true => self.part(it),
            false => 0.0,
        };
        self.home_among(msisdn, part)
    }

    /// Whose number it is by these parts of the weights; nobody's whose part is nothing.
    pub(super) fn home_among(
        &self,
        msisdn: Msisdn,
        part: impl Fn(OperatorId) -> f64,
    ) -> Option<OperatorId> {
        let home = self.routes.route(msisdn, None, &part);
        home.filter(|home| part(*home) > 0.0)
    }

    fn part(&self, operator: OperatorId) -> f64 {
        let operator = self.operators.get(&operator);
        operator.map_or(0.0, Operator::part)
    }

    /// Notes what part of its weight each operator has now.
    pub(super) fn note_shares(&mut self, beat: &Beat) {
        self.probing = false;
        for (id, operator) in &mut self.operators {
            // What waits for it will do as probes.
            operator.probes = match operator.probes_left() {
                0 => 0,
                left if !self.pacer.holds_some_to_go(*id) => left,
                _ => 0,
            };
            self.probing |= operator.probes > 0;
            let health = operator.health();
            let Some(share) = &mut operator.share else {
                continue;
            };
            if let Some(standing) = share.pass(beat.now.steady, health) {
                let (percent, whole_after_s) =
                    ((share.part() * 100.0).round(), share.way().as_secs());
                let operator = &*operator.name;
                match standing {
                    Standing::Nothing => info!(
                        operator,
                        "new messages for its numbers go to those that share them"
                    ),
                    Standing::Less => info!(
                        operator,
                        percent,
                        whole_after_s,
                        "it has a part of its weight, which grows while it is well"
                    ),
                    Standing::Whole => info!(operator, "it has its whole weight"),
                }
            }
        }
    }

    /// A message is to be carried by an operator, which may be tried by it, unless staff holds it up.
    pub(super) fn note_probe(&mut self, message: &Message) {
        if self.probing
            && !self.pacer.is_paused(message.queue())
            && let Some(operator) = self.operators.get_mut(&message.progress.operator)
        {
            operator.probes = operator.probes.saturating_sub(1);
        }
    }
}
