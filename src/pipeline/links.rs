//! How the operators' links stand, as far as messages are concerned.

use std::sync::Arc;
use std::time::Duration;

use xabar_events::Reason;

use super::beat::Beat;
use super::core::Core;
use super::operator::Operator;
use super::outage::Outage;
use crate::clock::UnixMillis;
use crate::delivery::{Class, Event, Report};
use crate::journal::{Message, MessageId, OperatorId};
use crate::numbers::Numbers;

/// How long an operator may be gone before agencies hear of it.
const DOWN: Duration = Duration::from_secs(60);

/// The operators whose receipts may come over this one's sessions: itself, and those that share a login with it.
pub(super) fn peers(operator: OperatorId, logins: &[(OperatorId, &[String])]) -> Arc<[OperatorId]> {
    let own = logins.iter().filter(|(id, _)| *id == operator);
    let own: Vec<&String> = own.flat_map(|(_, logins)| *logins).collect();
    let shares = |logins: &[String]| logins.iter().any(|login| own.contains(&login));
    let is_peer = |(id, logins): &&(OperatorId, &[String])| *id == operator || shares(logins);
    let peers = logins.iter().filter(is_peer);
    peers.map(|(id, _)| *id).collect()
}

impl Core {
    /// Notes how an operator's link stands.
    pub(super) fn note_link(&mut self, beat: &Beat, report: &Report) {
        let Some(operator) = self.operators.get_mut(&report.operator) else {
            return;
        };
        let grace = self.settings.uncertain;
        operator.hearing.note(&report.offer, beat.now.steady, grace);
        operator.offer = report.offer;
        match report.offer.submitting {
            // While drained none is bound, and none of them is to blame.
            0 if self.drained => operator.outage = Outage::default(),
            bound => {
                let is_news = operator.outage.since().is_some();
                let has_answered = is_news && has_answered(report);
                operator
                    .outage
                    .note(bound > 0, has_answered, beat.now.steady);
            }
        }
        if operator.gone_since().is_none() {
            operator.down_told = false;
            let away = usize::from(std::mem::take(&mut operator.away));
            self.away = self.away.saturating_sub(away);
        }
    }

    /// From now on these are the ported numbers.
    pub(super) fn take_ported(&mut self, ported: Arc<Numbers>) {
        let operators = &self.operators;
        self.routes.take_ported(ported, |name| {
            let named = operators
                .iter()
                .find(|(_, operator)| *operator.name == *name);
            named.map(|(id, _)| *id)
        });
    }

    /// The operators whose receipts may come over this one's sessions.
    pub(super) fn peers(&self, operator: OperatorId) -> Arc<[OperatorId]> {
        let operator = self.operators.get(&operator);
        operator.map_or_else(Arc::default, |operator| Arc::clone(&operator.peers))
    }

    /// Whether an operator has been gone long enough to be told.
    pub(super) fn is_down(&self, operator: OperatorId, beat: &Beat) -> bool {
        let since = self.operators.get(&operator).and_then(Operator::gone_since);
        let since = since.filter(|_| !self.drained);
        since.is_some_and(|since| beat.now.steady.since(since) >= DOWN)
    }

    /// Tells of the messages held for an operator that has just been gone that long.
    pub(super) fn tell_of_operators_down(&mut self, beat: &mut Beat) {
        let ids: Vec<OperatorId> = self.operators.keys().copied().collect();
        for id in ids {
            let down = self.is_down(id, beat);
            let Some(operator) = self
                .operators
                .get_mut(&id)
                .filter(|operator| down && !operator.down_told)
            else {
                continue;
            };
            operator.down_told = true;
            let held = self.pacer.held_for(id);
            let held: Vec<MessageId> = held.iter().map(|message| message.id).collect();
            for id in held {
                let message = self.pacer.held_message(id).cloned();
                let until = message.and_then(|it| self.moves_at(&it, beat.now.steady));
                self.tell_held(beat, id, Reason::OperatorDown, until);
            }
        }
    }

    /// Why a message that is due will not go for long, and until when, if that is so.
    pub(super) fn held_up(
        &self,
        message: &Message,
        beat: &Beat,
    ) -> Option<(Reason, Option<UnixMillis>)> {
        if self.is_paused_long(message, beat) {
            return Some((Reason::Paused, None));
        }
        let is_down = self.is_down(message.progress.operator, beat);
        is_down.then(|| {
            (
                Reason::OperatorDown,
                self.moves_at(message, beat.now.steady),
            )
        })
    }

    /// Tells that a message that is held waits for this reason.
    pub(super) fn tell_held(
        &mut self,
        beat: &mut Beat,
        id: MessageId,
        reason: Reason,
        until: Option<UnixMillis>,
    ) {
        let Some(message) = self.pacer.held_message(id) else {
            return;
        };
        let mut message = message.clone();
        if self.teller.defer(beat, &mut message, reason, until) {
            beat.put(message.clone());
            if let Some(held) = self.pacer.held_message(id) {
                held.progress = message.progress;
            }
        }
    }
}

/// Whether the operator answered a submission, whatever it said of it but that nothing is bound.
fn has_answered(report: &Report) -> bool {
    let says = |event: &Event| match event {
        Event::Answered { class, .. } => !matches!(class, Class::Session | Class::OurBug),
        _ => false,
    };
    report.events.iter().any(says)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_come_over_an_operators_own_sessions_and_those_of_who_shares_its_login() {
        let [one, other, apart] = ["xabar at one:2775", "xabar at two:2775", "x at one:2775"]
            .map(|login| vec![login.to_owned()]);
        let both = [one.clone(), other.clone()].concat();
        // The last one is connected to by its SMSC, and logs in nowhere.
        let logins: [(OperatorId, &[String]); 5] = [
            (OperatorId(1), &one),
            (OperatorId(2), &other),
            (OperatorId(3), &both),
            (OperatorId(4), &apart),
            (OperatorId(5), &[]),
        ];
        let of = |id| {
            peers(OperatorId(id), &logins)
                .iter()
                .map(|it| it.0)
                .collect::<Vec<_>>()
        };
        assert_eq!(of(1), [1, 3]);
        assert_eq!(of(3), [1, 2, 3]);
        assert_eq!(of(4), [4]);
        assert_eq!(of(5), [5]);
    }
}
