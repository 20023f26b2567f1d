//! Another operator for what one took and did not deliver, where the policy says so.

use tracing::debug;
use xabar_events::{Msisdn, State};

use super::beat::Beat;
use super::core::Core;
use super::inbound::undelivered;
use super::telling::Details;
use crate::clock::UnixMillis;
use crate::journal::{
    JournalError, Message, MessageId, OperatorId, Phase, Segment, ThreadFacts, Undelivered,
};

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
        &self,
        beat: &mut Beat,
        message: &Message,
        code: Option<&str>,
    ) -> bool {
        let progress = &message.progress;
        let policy = &self.settings.retry;
        let attempt = &progress.attempt;
        let tried = attempt.attempts.saturating_sub(attempt.uncounted);
        let may = policy.undelivered_elsewhere
            // An answer comes from the number that was written to, which is this operator's.
            && !message.is_answer()
            && progress.phase == Phase::Submitted
            && attempt.undelivered.is_none()
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
        }
        true
    }

    /// Who is to try what this operator did not deliver: another that is well, or else the first that may be so soon, as
    /// after a restart. One that has been gone for its `move_after` is not waited for.
    fn second(&self, operator: OperatorId, msisdn: Msisdn) -> Option<OperatorId> {
        let may_come = |it: OperatorId| it != operator && !self.is_away(it);
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
                begin_again(&mut message, to, code, beat.now.steady);
                self.pacer.sibling_waits(message.thread);
                let waiting = thread.waiting.saturating_add(1);
                beat.thread(message.thread, ThreadFacts { waiting, ..thread });
                self.wait(&message);
            }
            beat.put(message);
        }
        Ok(())
    }
}

/// Whether a message waits for the operator that is to try what another did not deliver.
pub(super) fn awaits_second(message: &Message) -> bool {
    let attempt = &message.progress.attempt;
    let begun = attempt.segments.iter().any(|it| *it != Segment::Waiting);
    attempt.undelivered.is_some() && !attempt.uncertain && !begun
}

/// As if nothing of it had been sent, but that it was.
fn begin_again(message: &mut Message, to: OperatorId, code: Option<Box<str>>, now: UnixMillis) {
    let progress = &mut message.progress;
    progress.phase = Phase::Waiting;
    progress.attempt.undelivered = Some(Undelivered {
        operator: std::mem::replace(&mut progress.operator, to),
        code,
        attempts: progress.attempt.attempts,
    });
    // Not before the next millisecond: the cursor of the new queue may have passed this one.
    progress.due = UnixMillis(now.0 + 1);
    progress.attempt.segments.fill(Segment::Waiting);
    progress.attempt.smsc_ids.clear();
    progress.attempt.copies.clear();
}
