//! Asks operators for the fate of messages whose receipts do not come.
//!
//! In the last part of the wait for receipts, since most come and those that are late may come still: once for
//! each segment, oldest message first. The answer settles as a receipt would; without one the wait ends as it
//! would have.

use std::time::Duration;

use xabar_smpp::values::MessageState;

use super::beat::Beat;
use super::copies::awaits_receipt;
use super::core::Core;
use super::operator::Operator;
use super::sending::{attempt_octet, sent_as};
use crate::clock::UnixMillis;
use crate::delivery::receipt::{Notice, stored_id};
use crate::delivery::{Query, Token};
use crate::journal::{JournalError, Message, OperatorId, Phase, SubmittedPlace};

/// Questions that one operator's link has at most.
const MOST_ASKED: usize = 1000;

/// Messages looked at in one beat.
const LOOKED_AT: usize = 500;

/// For the last tenth of the wait, which is long enough for many questions at a gentle pace, but at least for this
/// time, or for half of a short wait.
const SHARE: u32 = 10;
const SHORTEST: Duration = Duration::from_secs(30);

/// How far an operator was asked.
#[derive(Debug, Default)]
pub(super) struct Asking {
    /// The last message that was looked at.
    place: SubmittedPlace,
    /// Questions that have no answer yet.
    asked: usize,
}

/// After how long without a receipt a message is asked for, if receipts are waited for so long.
fn ask_after(receipt: Duration) -> Duration {
    receipt - (receipt / SHARE).max(SHORTEST).min(receipt / 2)
}

impl Core {
    /// Asks for messages that have waited long for their receipts; says whether there may be more.
    pub(super) fn ask_for_unreceipted(&mut self, beat: &mut Beat) -> Result<bool, JournalError> {
        let before = beat.now.steady.before(ask_after(self.settings.receipt));
        let mut more = false;
        let ids: Vec<OperatorId> = self.operators.keys().copied().collect();
        for id in ids {
            more |= self.ask_operator(beat, id, before)?;
        }
        Ok(more)
    }

    fn ask_operator(
        &mut self,
        beat: &mut Beat,
        id: OperatorId,
        before: UnixMillis,
    ) -> Result<bool, JournalError> {
        let operator = self.operators.get_mut(&id);
        let Some(operator) = operator.filter(|operator| operator.offer.submitting > 0) else {
            return Ok(false);
        };
        let Some(asking) = operator.asking.as_mut().filter(|it| it.asked < MOST_ASKED) else {
            return Ok(false);
        };
        let unreceipted = self.journal.unreceipted(asking.place, before, LOOKED_AT)?;
        let all = unreceipted.len() < LOOKED_AT;
        for (place, message) in unreceipted {
            if asking.asked >= MOST_ASKED {
                return Ok(false);
            }
            asking.place = place;
            let message = beat.message(message.id).unwrap_or(&message);
            if message.progress.operator == id && message.progress.phase == Phase::Submitted {
                let sender = sent_as(&operator.senders, message);
                let queries: Vec<Query> = unanswered(message)
                    .map(|(token, smsc_id)| Query {
                        token,
                        smsc_id: smsc_id.into(),
                        sender: sender.clone(),
                    })
                    .collect();
                asking.asked += queries.len();
                beat.ask(id, queries);
            }
        }
        Ok(!all)
    }

    /// What an operator says of a segment that it was asked for, if it says anything.
    pub(super) fn told(
        &mut self,
        beat: &mut Beat,
        operator: OperatorId,
        token: Token,
        told: Option<(MessageState, u8)>,
    ) -> Result<(), JournalError> {
        let mut accepted_is_delivered = false;
        if let Some(operator) = self.operators.get_mut(&operator) {
            accepted_is_delivered = operator.accepted_is_delivered;
            if let Some(asking) = &mut operator.asking {
                asking.asked = asking.asked.saturating_sub(1);
            }
        }
        let notice = told.map(|(state, error_code)| Notice::of_answer(state, error_code));
        let notice = notice.map(|notice| match accepted_is_delivered {
            true => notice.with_accepted_as_delivered(),
            false => notice,
        });
        let Some(notice) = notice.filter(|notice| notice.receipt.is_final()) else {
            return Ok(());
        };
        if let Some(message) = self.as_it_stands(beat, token.message)?
            && attempt_octet(&message) == token.attempt
            && awaits_receipt(&message.progress.attempt, token.segment)
        {
            let smsc_ids = &message.progress.attempt.smsc_ids;
            let smsc_id = smsc_ids.get(usize::from(token.segment));
            let smsc_id = stored_id(smsc_id.map_or("", |it| it)).into_owned();
            let segment = (token.segment, message.progress.operator, &*smsc_id);
            self.settle_segment(beat, segment, message, &notice);
        }
        Ok(())
    }
}

impl Operator {
    /// Keeps the operator's name of a segment, if it may have to be asked for it, or if receipts are to be compared with more
    /// than the form in which it is awaited.
    pub(super) fn keep_id(&self, message: &mut Message, segment: u8, smsc_id: &str) {
        if self.asking.is_none() && stored_id(smsc_id) == smsc_id {
            return;
        }
        let attempt = &mut message.progress.attempt;
        attempt
            .smsc_ids
            .resize(attempt.segments.len(), Box::default());
        if let Some(kept) = attempt.smsc_ids.get_mut(usize::from(segment)) {
            *kept = smsc_id.into();
        }
    }
}

/// The segments of a message that have no receipt, with the operator's names of them.
fn unanswered(message: &Message) -> impl Iterator<Item = (Token, &str)> {
    let ids = message.progress.attempt.smsc_ids.iter();
    let named = ids.zip(0u8..).filter(|(smsc_id, _)| !smsc_id.is_empty());
    let named = named.filter(|(_, segment)| awaits_receipt(&message.progress.attempt, *segment));
    named.map(|(smsc_id, segment)| {
        let token = Token {
            message: message.id,
            segment,
            attempt: attempt_octet(message),
        };
        (token, &**smsc_id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_asked_near_the_end_of_the_wait_whether_that_is_short_or_long() {
        for (wait, after) in [(72 * 3600, 64 * 3600 + 2880), (100, 70), (6, 3)] {
            let after = Duration::from_secs(after);
            assert_eq!(ask_after(Duration::from_secs(wait)), after);
        }
    }
}
