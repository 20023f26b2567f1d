//! Other operators for what one cannot carry.

use super::beat::Beat;
use super::core::Core;
use super::elsewhere::awaits_second;
use super::operator::Operator;
use crate::clock::UnixMillis;
use crate::delivery::{Answers, Circuit, Class, Event, Report, Switch};
use crate::journal::{Message, MessageId, OperatorId, Queue, Segment};
use tracing::{info, warn};
use xabar_events::Msisdn;

/// Messages held for an operator that is away, moved in one beat.
const MOVED_AT_ONCE: usize = 1000;

impl Operator {
    /// Since when it has been down or failing.
    pub(super) fn gone_since(&self) -> Option<UnixMillis> {
        match (self.outage.since(), self.circuit.tripped()) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    /// How many submissions are to try whether it is well again.
    pub(super) fn probes_left(&self) -> u64 {
        let tries = self.offer.submitting > 0 && self.circuit.is_half_open();
        if tries { self.circuit.takes() } else { 0 }
    }

    /// Whether it takes messages as a matter of course.
    fn is_well(&self) -> bool {
        self.offer.submitting > 0 && self.gone_since().is_none() && !self.paused
    }
}

impl Core {
    /// Who carries a number now: its operator, or while that is away another that is well.
    pub(super) fn carrier(
        &self,
        msisdn: Msisdn,
        looked_up: Option<OperatorId>,
    ) -> Option<OperatorId> {
        let home = self.home(msisdn, looked_up)?;
        if self.away == 0 || !self.is_away(home) {
            return Some(home);
        }
        Some(self.another(home, msisdn).unwrap_or(home))
    }

    /// Who carries a number now whose message waits for this operator. Of those that share the number it stays there;
    /// where numbers are looked up, that one was found out when the message came in.
    pub(super) fn carrier_of_waiting(
        &self,
        msisdn: Msisdn,
        operator: OperatorId,
    ) -> Option<OperatorId> {
        if self.routes.carries(operator, msisdn) && !self.is_away(operator) {
            return Some(operator);
        }
        let found = self.settings.looked_up && self.operators.contains_key(&operator);
        let home = self.home(msisdn, found.then_some(operator))?;
        if self.is_well(home) {
            return Some(home);
        }
        let is_left = self.is_left(home);
        let stands_in = self.stands_in(operator, home);
        // What was begun to be carried elsewhere neither tries whether its own operator is well, nor waits for that after a restart.
        let moves = is_left && (!stands_in || self.is_relieved(operator));
        let another = moves.then(|| self.another(home, msisdn)).flatten();
        Some(another.unwrap_or(if stands_in { operator } else { home }))
    }

    /// Another operator that is well: the first that shares the number with this one, or else of its fallbacks.
    pub(super) fn another(&self, operator: OperatorId, msisdn: Msisdn) -> Option<OperatorId> {
        let shares = self.routes.carries(operator, msisdn);
        let sharer = shares
            .then(|| self.home_without(operator, msisdn))
            .flatten();
        sharer.or_else(|| self.fallback(operator))
    }

    /// When a message of an operator that is gone moves to another one, if one is to take it.
    pub(super) fn moves_at(&self, message: &Message, now: UnixMillis) -> Option<UnixMillis> {
        let operator = self.operators.get(&message.progress.operator)?;
        let operator = Some(operator).filter(|operator| !operator.paused)?;
        let at = operator.gone_since()?.after(operator.move_after?);
        let to = self.another(message.progress.operator, message.msisdn);
        (at > now && to.is_some() && is_movable(message)).then_some(at)
    }

    /// The first of an operator's fallbacks that is well.
    fn fallback(&self, operator: OperatorId) -> Option<OperatorId> {
        let mut fallbacks = self.operators.get(&operator)?.fallback.iter().copied();
        fallbacks.find(|it| self.is_well(*it))
    }

    pub(super) fn is_well(&self, operator: OperatorId) -> bool {
        let operator = self.operators.get(&operator);
        operator.is_some_and(Operator::is_well)
    }

    pub(super) fn is_paused(&self, operator: OperatorId) -> bool {
        let operator = self.operators.get(&operator);
        operator.is_some_and(|operator| operator.paused)
    }

    /// Whether an operator is left alone, but for what is to try whether it is well again.
    fn is_left(&self, operator: OperatorId) -> bool {
        let operator = self.operators.get(&operator);
        operator.is_some_and(|operator| operator.away)
    }

    /// Whether an operator carries what another one's policy moves to it.
    fn stands_in(&self, operator: OperatorId, home: OperatorId) -> bool {
        let home = self.operators.get(&home);
        home.is_some_and(|home| home.move_after.is_some() && home.fallback.contains(&operator))
    }

    pub(super) fn is_relieved(&self, operator: OperatorId) -> bool {
        let operator = self.operators.get(&operator);
        operator.is_some_and(|operator| operator.relieved)
    }

    /// Whether what is for an operator is to go elsewhere; it is not while something has to try whether it is well again.
    pub(super) fn is_away(&self, operator: OperatorId) -> bool {
        let operator = self.operators.get(&operator);
        operator.is_some_and(|operator| operator.away && operator.probes == 0)
    }

    /// Counts how an operator answered. Nothing follows from it any more at a stop, whose own cut links are among it.
    pub(super) fn note_answers(&mut self, beat: &Beat, report: &Report) {
        if beat.stopping {
            return;
        }
        let Some(operator) = self.operators.get_mut(&report.operator) else {
            return;
        };
        let answers = count(&mut operator.circuit, beat.now.steady, report);
        if answers == Answers::default() {
            return;
        }
        let Some(switch) = operator.circuit.note(beat.now.steady, answers) else {
            return;
        };
        let operator = &*operator.name;
        match switch {
            Switch::Opened => warn!(
                operator,
                "its answers are bad, or all are throttled: the operator is left alone for a while"
            ),
            Switch::OpenedAgain => {}
            Switch::Closed => info!(operator, "the operator answers well again"),
        }
        // Where its messages go is looked at with this beat.
        self.next_sweep = beat.now.steady;
    }

    /// Notes which operators are away now, and which are back.
    pub(super) fn note_away(&mut self, beat: &Beat) {
        self.away = 0;
        let drained = self.drained;
        let mut back = Vec::new();
        for (id, operator) in &mut self.operators {
            operator.circuit.pass(beat.now.steady);
            operator.outage.pass(beat.now.steady);
            let gone_since = operator.gone_since();
            let is_over = |after| gone_since.is_some_and(|it| beat.now.steady.since(it) >= after);
            let away = operator.move_after.is_some_and(is_over) && !operator.paused && !drained;
            if away && !operator.away {
                let operator = &*operator.name;
                info!(operator, "its messages go to other operators");
            }
            operator.away = away;
            operator.moved_away |= away;
            if operator.is_well() && std::mem::take(&mut operator.moved_away) {
                back.push(*id);
            }
            operator.down_told &= gone_since.is_some();
            self.away += usize::from(away);
        }
        for operator in back {
            self.call_home(operator);
        }
        self.relieve_stand_ins(beat);
    }

    /// Moves what is held for operators that are away; says how many.
    pub(super) fn move_held(&mut self, beat: &mut Beat) -> usize {
        if self.away == 0 {
            return 0;
        }
        let away = self.operators.iter().filter(|(_, operator)| operator.away);
        let away: Vec<OperatorId> = away.map(|(id, _)| *id).collect();
        let mut moved = 0;
        for operator in away {
            moved += self.move_held_for(beat, operator);
        }
        moved
    }

    /// All but what is to try whether it is well again. What waits for a second operator moves to no third one: it ends.
    fn move_held_for(&mut self, beat: &mut Beat, operator: OperatorId) -> usize {
        let mut probes = self
            .operators
            .get(&operator)
            .map_or(0, Operator::probes_left);
        let held = self.pacer.held_for(operator).into_iter();
        let held = held.filter(|message| is_movable(message) || awaits_second(message));
        let held = held.map(|it| (it.id, it.msisdn, it.queue(), awaits_second(it)));
        let held: Vec<(MessageId, Msisdn, Queue, bool)> = held.collect();
        let mut moved = 0;
        for (id, msisdn, queue, is_over) in held {
            if moved == MOVED_AT_ONCE {
                break;
            }
            if probes > 0 && !self.pacer.is_paused(queue) {
                probes -= 1;
                continue;
            }
            let to = self
                .carrier_of_waiting(msisdn, operator)
                .filter(|to| *to != operator && !is_over);
            if (is_over || to.is_some())
                && let Some(message) = self.pacer.withdraw(id)
            {
                match to {
                    Some(to) => self.wait_elsewhere(beat, message, to),
                    None => self.expire(beat, message),
                }
                moved += 1;
            }
        }
        if moved > 0 {
            self.pacer.give_up_places(operator);
        }
        moved
    }

    pub(super) fn wait_elsewhere(&mut self, beat: &mut Beat, mut message: Message, to: OperatorId) {
        self.pacer.sibling_waits(message.thread);
        // Not before the next millisecond: the cursor of the new queue may have passed this one.
        let due = UnixMillis(beat.now.steady.0 + 1);
        self.move_to(beat, &mut message, to, due);
        self.wait(&message);
        beat.put(message);
    }

    /// A message that waits, and is not held, does so for another operator, where it is due then.
    pub(super) fn move_to(
        &mut self,
        beat: &Beat,
        message: &mut Message,
        operator: OperatorId,
        due: UnixMillis,
    ) {
        self.pacer.move_to(message, operator, due, &beat.now);
        self.stands_elsewhere(message);
    }

    /// A message waits where it did not before. If it stands in line, and that is dealt out anew, it is found there.
    pub(super) fn stands_elsewhere(&mut self, message: &Message) {
        if self.pacer.has_line(message) {
            let came = self.pacer.came(message);
            self.review.follow(message, came);
        }
    }

    /// Where a refused message goes instead, if its refusal asks for another operator and there is one.
    pub(super) fn elsewhere(&self, class: Class, message: &Message) -> Option<OperatorId> {
        let paused = self.is_paused(message.progress.operator);
        let asked = class == Class::RetryElsewhere && is_movable(message) && !paused;
        asked.then(|| self.another(message.progress.operator, message.msisdn))?
    }
}

/// Another operator only if this one has, and may have, no part of it; and a third one never.
pub(super) fn is_movable(message: &Message) -> bool {
    let attempt = &message.progress.attempt;
    let segments = &attempt.segments;
    let begun = attempt.is_uncertain()
        || attempt.undelivered.is_some()
        || segments.iter().any(|it| *it != Segment::Waiting);
    // An answer comes from the number that was written to, which is this operator's.
    !begun && !message.is_answer()
}

/// How an operator answered, as far as its circuit is concerned.
fn count(circuit: &mut Circuit, now: UnixMillis, report: &Report) -> Answers {
    let mut answers = Answers::default();
    for event in &report.events {
        match event {
            // Whether phones show what is pushed says nothing of messages.
            Event::Answered { token, .. } | Event::TimedOut(token) | Event::Lost(token)
                if token.is_push() => {}
            Event::Answered { token, .. } | Event::TimedOut(token) | Event::Lost(token)
                if report.apart.contains(token) =>
            {
                answers.vague += 1;
            }
            Event::Answered { token, class, .. } => answers.add(circuit, now, *token, *class),
            Event::TimedOut(token) | Event::Lost(token) => {
                answers.add_unanswered(circuit, now, *token);
            }
            Event::Returned(_) | Event::NotTaken(_) => answers.vague += 1,
            Event::TakenAfterAll { .. } | Event::Queried { .. } | Event::Inbound { .. } => {}
        }
    }
    answers
}
