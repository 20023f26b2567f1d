//! Another operator for what one took and did not deliver, where the policy says so.

use std::collections::BTreeMap;

use tracing::debug;
use xabar_events::{Msisdn, State};
use xabar_smpp::receipt::Fate;

use super::beat::Beat;
use super::core::Core;
use super::deadlines::ENDED_AT_ONCE;
use super::inbound::undelivered;
use super::telling::Details;
use crate::clock::UnixMillis;
use crate::delivery::receipt::Notice;
use crate::journal::{
    JournalError, Message, MessageId, OperatorId, Phase, Progress, Segment, ThreadFacts,
    Undelivered,
};

/// Messages whose end is looked after; of more, the oldest wait as long as for receipts.
const MOST: usize = 10_000;

/// Messages of which a segment did not arrive, and that wait for word of the others: none of them may have arrived, either.
/// Kept in memory alone: those of before a restart wait for receipts as long as any.
#[derive(Debug, Default)]
pub(super) struct Parts(BTreeMap<MessageId, Part>);

/// What says how long another operator may try the message.
#[derive(Clone, Copy, Debug)]
struct Part {
    operator: OperatorId,
    msisdn: Msisdn,
    expires: UnixMillis,
}

impl Parts {
    fn note(&mut self, message: &Message) {
        let part = Part {
            operator: message.progress.operator,
            msisdn: message.msisdn,
            expires: message.expires,
        };
        self.0.insert(message.id, part);
        if self.0.len() > MOST {
            self.0.pop_first();
        }
    }

    pub(super) fn forget(&mut self, id: MessageId) {
        self.0.remove(&id);
    }
}

/// A message that another operator is to try.
#[derive(Debug)]
pub(super) struct Elsewhere {
    message: MessageId,
    to: OperatorId,
    /// The first operator's word.
    code: Option<Box<str>>,
}

impl Core {
    /// Whether a message of which a segment did not arrive is not over: it goes to another operator, once the others
    /// are known not to have arrived, either.
    pub(super) fn may_go_elsewhere(
        &mut self,
        beat: &mut Beat,
        message: &mut Message,
        code: Option<&str>,
    ) -> bool {
        let progress = &message.progress;
        let policy = &self.settings.retry;
        let attempt = &progress.attempt;
        let tried = attempt.attempts.saturating_sub(attempt.uncounted);
        let is_second = |first: &Undelivered| first.operator != progress.operator;
        let may = policy.undelivered_elsewhere
            // An answer comes from the number that was written to, which is this operator's.
            && !message.is_answer()
            && progress.phase == Phase::Submitted
            && !attempt.undelivered.as_ref().is_some_and(is_second)
            && !attempt.withdrawn
            && tried < policy.attempts
            && message.expires > beat.now.wall
            && !attempt.segments.contains(&Segment::Delivered);
        let to = may.then(|| self.second(progress.operator, message.msisdn));
        let Some(to) = to.flatten() else {
            return false;
        };
        if attempt.segments.iter().all(|it| *it == Segment::Failed) {
            beat.undelivered.push(Elsewhere {
                message: message.id,
                to,
                code: code.map(Into::into),
            });
        } else {
            let undelivered = Undelivered {
                operator: progress.operator,
                code: code.map(Into::into),
                attempts: attempt.attempts,
            };
            message
                .progress
                .attempt
                .undelivered
                .get_or_insert(undelivered);
            self.parts.note(message);
        }
        true
    }

    /// Ends what waits for word of its other segments and can go to no other operator any more, whatever that word will be;
    /// says how many there were.
    pub(super) fn sweep_parts(&mut self, beat: &mut Beat) -> Result<usize, JournalError> {
        let is_over = |part: &Part| {
            part.expires <= beat.now.wall || self.second(part.operator, part.msisdn).is_none()
        };
        let over = self.parts.0.iter().filter(|(_, part)| is_over(part));
        let over: Vec<MessageId> = over.map(|(id, _)| *id).take(ENDED_AT_ONCE).collect();
        for id in &over {
            self.parts.forget(*id);
            if let Some(mut message) = self.as_it_stands(beat, *id)? {
                self.settle_by_receipts(beat, &mut message, None);
                beat.put(message);
            }
        }
        Ok(over.len())
    }

    /// Who is to try what this operator did not deliver: another that is well, or else the first that may be so soon, as
    /// after a restart. One that has been gone for its `move_after`, or is paused, is not waited for.
    fn second(&self, operator: OperatorId, msisdn: Msisdn) -> Option<OperatorId> {
        let may_come = |it: OperatorId| it != operator && !self.is_away(it) && !self.is_paused(it);
        let sharer = || {
            let shares = self.routes.carries(operator, msisdn);
            let part = |it| if may_come(it) { 1.0 } else { 0.0 };
            shares.then(|| self.home_among(msisdn, part))?
        };
        let fallback = || {
            let fallbacks = &self.operators.get(&operator)?.fallback;
            fallbacks.iter().copied().find(|it| may_come(*it))
        };
        let well = self.another(operator, msisdn);
        well.or_else(sharer).or_else(fallback)
    }

    /// It arrived, as its first operator says now; the second one is not to have it.
    pub(super) fn arrived_after_all(
        &mut self,
        beat: &mut Beat,
        mut message: Message,
        notice: &Notice,
    ) {
        self.pacer.withdraw(message.id);
        let progress = &mut message.progress;
        if let Some(first) = progress.attempt.undelivered.take() {
            progress.operator = first.operator;
        }
        progress.phase = Phase::Submitted;
        progress.attempt.segments.fill(Segment::Delivered);
        self.settle_by_receipts(beat, &mut message, Some(notice));
        beat.put(message);
    }

    /// Lets undelivered messages wait for another operator, unless a newer status of their thread was sent meanwhile.
    pub(super) fn send_elsewhere(&mut self, beat: &mut Beat) -> Result<(), JournalError> {
        for Elsewhere { message, to, code } in std::mem::take(&mut beat.undelivered) {
            let Some(mut message) = self.as_it_stands(beat, message)? else {
                continue;
            };
            let thread = match beat.thread_facts(message.thread) {
                Some(thread) => thread,
                None => self.thread_in_journal(&message)?,
            };
            if thread
                .attempted
                .is_some_and(|attempted| attempted > message.order())
            {
                let reason = Some(undelivered(&message));
                let details = Details {
                    code,
                    ..Details::default()
                };
                self.teller
                    .settle(beat, &mut message, State::Failed, reason, details);
            } else {
                debug!(message = %message.id, "undelivered: another operator is to try");
                self.teller.undelivered(beat, &message, code.as_deref());
                begin_again(&mut message, to, code, beat.now.steady);
                self.pacer.sibling_waits(message.thread);
                let waiting = thread.waiting.saturating_add(1);
                beat.thread(message.thread, ThreadFacts { waiting, ..thread });
                self.wait_out_of_turn(&message);
            }
            beat.put(message);
        }
        Ok(())
    }
}

/// Whether a message waits for the operator that is to try what another did not deliver.
pub(super) fn awaits_second(message: &Message) -> bool {
    let Progress { phase, attempt, .. } = &message.progress;
    let begun = attempt.segments.iter().any(|it| *it != Segment::Waiting);
    let waits = *phase == Phase::Waiting && !attempt.is_uncertain() && !begun;
    attempt.undelivered.is_some() && waits
}

/// Whether a receipt of this operator's may say of a message that it did not deliver that it arrived after all. Of one of
/// several segments it says nothing: without the others that is no text.
pub(super) fn may_arrive_after_all(
    message: &Message,
    operator: OperatorId,
    notice: &Notice,
) -> bool {
    let attempt = &message.progress.attempt;
    let first = attempt.undelivered.as_ref();
    awaits_second(message)
        && attempt.segments.len() == 1
        && first.is_some_and(|first| first.operator == operator)
        && notice.receipt.fate() == Fate::Delivered
}

/// As if nothing of it had been sent, but that it was.
fn begin_again(message: &mut Message, to: OperatorId, code: Option<Box<str>>, now: UnixMillis) {
    let progress = &mut message.progress;
    progress.phase = Phase::Waiting;
    progress.attempt.undelivered = Some(Undelivered {
        operator: std::mem::replace(&mut progress.operator, to),
        code: code.or_else(|| progress.attempt.undelivered.take()?.code),
        attempts: progress.attempt.attempts,
    });
    // Not before the next millisecond: the cursor of the new queue may have passed this one.
    progress.due = UnixMillis(now.0 + 1);
    progress.attempt.segments.fill(Segment::Waiting);
    progress.attempt.smsc_ids.clear();
    progress.attempt.copies.clear();
}
