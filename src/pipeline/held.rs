//! Receipts that match nothing when they come, and are kept: the response that tells their id may come later, or not at
//! all.

use xabar_smpp::Frame;

use super::beat::Beat;
use super::copies::set_segment;
use super::core::Core;
use super::in_flight::InFlight;
use crate::delivery::receipt::{Notice, last_digits, noted, stored_id};
use crate::journal::{HeldReceipt, JournalError, Message, MessageId, OperatorId, Origin};

impl Core {
    /// Whether a receipt that fits nothing may fit once more is known. Where none are asked for, the ids of responses are
    /// not kept: then it may only be of what has no answer yet.
    pub(super) fn may_fit_later(&self, operator: OperatorId, notice: &Notice) -> bool {
        let rules = self.operators.get(&operator);
        let peers = self.peers(operator);
        rules.is_none_or(|operator| operator.receipts)
            || self.in_flight.values().any(|flight| {
                let message = &flight.message;
                peers.contains(&message.progress.operator) && notice.names(message.msisdn)
            })
    }

    /// It may have overtaken the response that tells its id: kept until that comes.
    pub(super) fn hold_receipt(
        &mut self,
        beat: &mut Beat,
        operator: OperatorId,
        notice: &Notice,
        frame: &Frame,
    ) {
        let receipt = HeldReceipt {
            operator,
            smsc_id: notice.written_id().into(),
            last_digits: notice.last_digits(),
            at: beat.now.steady,
            octets: frame.octets().clone(),
        };
        beat.held.push((self.next_held, receipt));
        self.next_held += 1;
        self.held += 1;
    }

    /// Applies the receipts held under an id as they may write it; says whether there was one for this subscriber. Of those that
    /// differ in case and zeros alone it is the ones that give the id just so, if any do.
    pub(super) fn release_held(
        &mut self,
        beat: &mut Beat,
        flight: &mut InFlight,
        operator: OperatorId,
        (segment, given_id): (u8, &str),
        written_id: &str,
    ) -> Result<bool, JournalError> {
        let smsc_id = stored_id(given_id);
        let mut found = false;
        let mut held = Vec::new();
        for peer in self.peers(operator).iter().copied() {
            held.extend(self.journal.held(peer, &[written_id])?);
        }
        held.retain(|(number, it)| {
            !beat.released.contains(number) && is_for(&flight.message, &smsc_id, it)
        });
        let is_exact = |it: &HeldReceipt| read(it).is_some_and(|it| it.gives_exactly(given_id));
        if held.iter().any(|(_, it)| is_exact(it)) {
            held.retain(|(_, it)| is_exact(it));
        }
        for (number, held) in held {
            if let Some(notice) = read(&held) {
                let attempt = &mut flight.message.progress.attempt;
                set_segment(
                    attempt,
                    segment,
                    notice.receipt.fate(),
                    (operator, &smsc_id),
                );
                flight.overtaken_by(&notice);
                self.release(beat, number);
                found = true;
            }
        }
        Ok(found)
    }

    /// Settles the segments in flight of a message, which have no answer, by receipts that came while their answers might still come.
    pub(super) fn settle_silent_by_held(
        &mut self,
        beat: &mut Beat,
        id: MessageId,
    ) -> Result<(), JournalError> {
        if self.held > 0
            && let Some(flight) = self.in_flight.get(&id)
        {
            let origin = flight.message.origin().clone();
            self.settle_by_held(beat, &origin, flight.message.progress.operator)?;
        }
        Ok(())
    }

    /// The same for one that is to be repeated now; says whether there was such a receipt, so that its turn is over. It may have come
    /// while nobody knew what to ask: while a later copy might still be answered, or before the message was read.
    pub(super) fn spared_by_held(
        &mut self,
        beat: &mut Beat,
        message: &Message,
    ) -> Result<bool, JournalError> {
        if self.held == 0 || !message.progress.attempt.is_uncertain() {
            return Ok(false);
        }
        self.repeats.note(message);
        self.settle_by_held(beat, message.origin(), message.progress.operator)
    }

    /// Says whether anything was settled.
    fn settle_by_held(
        &mut self,
        beat: &mut Beat,
        message: &Origin,
        operator: OperatorId,
    ) -> Result<bool, JournalError> {
        let (id, accepted_at) = (message.identity.id, message.accepted_at);
        let last_digits = last_digits(message.msisdn);
        let mut held = Vec::new();
        for peer in self.peers(operator).iter().copied() {
            held.extend(self.journal.held_for(peer, last_digits)?);
        }
        held.retain(|(number, it)| it.at >= accepted_at && !beat.released.contains(number));
        // Looked at once however many there are, and in any case: without it the message would be repeated.
        let (mut messages, mut any) = (None, false);
        for (_, receipt) in &held {
            let Some(notice) = read(receipt) else {
                continue;
            };
            // Its last digits may be those of another subscriber.
            let candidate = self.candidate(receipt.operator, &notice);
            let Some(candidate) = candidate.filter(|it| it.id == id) else {
                continue;
            };
            let flight = self.in_flight.get(&id);
            let is_early = |it: &InFlight| {
                it.is_early(candidate.segment, &notice, beat.now.steady) && candidate.by_reference
            };
            if flight.is_some_and(is_early) {
                continue;
            }
            if !candidate.by_reference {
                // In some time zone its date may be that of what went hours after it came.
                if receipt.at < candidate.at {
                    continue;
                }
                let messages = match &messages {
                    Some(messages) => messages,
                    None => messages.insert(self.messages_to(beat, candidate.msisdn)?),
                };
                if !self.is_only_fitting(&beat.now, receipt.operator, &candidate, messages, &notice)
                {
                    continue;
                }
            }
            let of = (id, candidate.segment);
            if !self.settle_unanswered(beat, receipt.operator, of, &notice)? {
                break;
            }
            any = true;
            for (number, other) in &held {
                let named = |it: &Notice| {
                    let receipt = &it.receipt;
                    (receipt.message_id.clone(), receipt.user_message_reference)
                };
                let is_same = |it: Notice| named(&it) == named(&notice);
                if other.operator == receipt.operator && read(other).is_some_and(is_same) {
                    self.release(beat, *number);
                }
            }
        }
        Ok(any)
    }

    pub(super) fn release(&mut self, beat: &mut Beat, number: u64) {
        beat.released.push(number);
        self.held = self.held.saturating_sub(1);
    }
}

/// Whether a held receipt is of the segment whose id it names: ids come again after a while, so it must not be older than
/// the message.
fn is_for(message: &Message, smsc_id: &str, held: &HeldReceipt) -> bool {
    let names = read(held).is_some_and(|notice| match notice.names_nobody() {
        true => notice.written_id() == smsc_id,
        false => notice.names(message.msisdn),
    });
    names && held.at >= message.accepted_at
}

fn read(held: &HeldReceipt) -> Option<Notice> {
    noted(&Frame::new(held.octets.clone()).ok()?)
}
