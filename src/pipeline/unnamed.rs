//! Receipts without an id: which submission they speak of.
//!
//! A receipt speaks of one by our reference, if it returns that, or else by its subscriber and the date of submission.
//! It settles something only if nothing else fits that went to the subscriber, whatever became of it: so one that is
//! brought again is not taken for that of the next message.

use std::time::Duration;

use xabar_events::Msisdn;
use xabar_smpp::Frame;

use super::beat::Beat;
use super::core::Core;
use super::elsewhere::may_arrive_after_all;
use super::in_flight::InFlight;
use super::inbound::may_be_told;
use super::looks::For;
use super::operator::Operator;
use super::unanswered::{may_be_of_the_last, segment_named};
use crate::clock::{Now, UnixMillis};
use crate::delivery::receipt::Notice;
use crate::journal::{Fruitless, JournalError, Message, OperatorId, Phase, Segment};
use crate::numbers::may_be_national;

/// An attempt that was begun within so many seconds may be known by its date: clocks differ by minutes, and time zones by quarters of
/// an hour.
const WELL_KNOWN: i64 = 5 * 60;

/// How often at most is told of those that fit nothing.
const TELL: Duration = Duration::from_secs(60 * 60);

/// Receipts that name no message and fit none, of one operator.
#[derive(Debug, Default)]
pub(super) struct Unnamed {
    /// Since the start.
    count: u64,
    told: u64,
    told_at: Option<UnixMillis>,
}

impl Unnamed {
    /// How many there were since the start, if there are more than when that was told last, and that is long ago.
    fn news(&mut self, now: UnixMillis) -> Option<u64> {
        let recent = self.told_at.is_some_and(|at| now.since(at) < TELL);
        if self.count == self.told || recent {
            return None;
        }
        (self.told, self.told_at) = (self.count, Some(now));
        Some(self.count)
    }
}

impl Core {
    /// The operators whose receipts named no message and fitted none, with how many these were since the start.
    pub fn unnamed_receipts(&mut self, now: UnixMillis) -> Vec<(Box<str>, u64)> {
        let news = |it: &mut Operator| Some((it.name.clone(), it.unnamed.news(now)?));
        self.operators.values_mut().filter_map(news).collect()
    }

    /// Settles what a final receipt without an id speaks of, or counts it; `false`: the beat has no look left for it.
    pub(super) fn unnamed_receipt(
        &mut self,
        beat: &mut Beat,
        operator: OperatorId,
        notice: &Notice,
        frame: &Frame,
    ) -> Result<bool, JournalError> {
        if self.hold_until_answered(beat, operator, notice, frame) {
            return Ok(true);
        }
        let settled = self.settle_without_id(beat, operator, notice)?;
        if settled == Some(false) {
            self.count_unnamed(operator);
        }
        Ok(settled.is_some())
    }

    /// Counts a receipt that settles nothing and is not kept.
    pub(super) fn count_unnamed(&mut self, operator: OperatorId) {
        if let Some(operator) = self.operators.get_mut(&operator) {
            operator.unnamed.count += 1;
        }
    }

    /// Settles what a final receipt speaks of by what it says besides an id; whether there was such a one, or `None` if
    /// the beat has no look left.
    pub(super) fn settle_without_id(
        &mut self,
        beat: &mut Beat,
        operator: OperatorId,
        notice: &Notice,
    ) -> Result<Option<bool>, JournalError> {
        if !beat.looks.are_left(For::Receipt) {
            return Ok(None);
        }
        let by_reference = notice.receipt.user_message_reference.is_some();
        let mut messages = Vec::new();
        for msisdn in self.may_be_named(notice) {
            let newest = self.messages_to(beat, msisdn)?;
            beat.looks.take(For::Receipt, newest.len());
            // Of those with the reference the newest is meant; at the date there may be others behind these.
            let fitting = self.only_fitting(&beat.now, operator, &newest, notice);
            let older = match by_reference && fitting.is_some() {
                true => None,
                false => self.older_messages_to(beat, For::Receipt, (msisdn, &newest))?,
            };
            messages.extend(older.unwrap_or(newest));
        }
        let message = self.only_fitting(&beat.now, operator, &messages, notice);
        let message = message.cloned();
        let settled = match message {
            Some(message) => self.settle_unnamed(beat, operator, message, notice)?,
            None => false,
        };
        Ok(Some(settled))
    }

    /// The subscribers whom a receipt may name: one, if its number is a whole one of an operator's here and longer than national
    /// ones; or else all whose number it may be without the country.
    fn may_be_named(&self, notice: &Notice) -> Vec<Msisdn> {
        let written = notice.msisdn();
        let is_ours = |msisdn: &Msisdn| self.routes.route(*msisdn, None, |_| 1.0).is_some();
        if !may_be_national(notice.digits())
            && let Some(msisdn) = written.filter(is_ours)
        {
            return vec![msisdn];
        }
        let mut may_be = self.routes.with_country(notice.digits());
        may_be.retain(|msisdn| notice.names(*msisdn));
        may_be.extend(written);
        may_be
    }

    /// The only one of a subscriber's messages that went through this operator and that the receipt fits: by our reference, or by its
    /// date an attempt of it. Of an earlier one without an answer the date is not known well; of a message for which it is hardly
    /// known at all the receipt may be, and that it is nobody can tell.
    pub(super) fn only_fitting<'a>(
        &self,
        now: &Now,
        operator: OperatorId,
        messages: &'a [Message],
        notice: &Notice,
    ) -> Option<&'a Message> {
        let peers = self.peers(operator);
        let by_reference = notice.receipt.user_message_reference.is_some();
        let fits = |message: &Message| {
            let progress = &message.progress;
            let mut went = progress.attempted().into_iter().map(|it| it.operator);
            if by_reference {
                let before = progress.attempt.fruitless.iter().map(|it| it.operator);
                return went.chain(before).any(|it| peers.contains(&it))
                    && segment_named(notice, &progress.attempt).is_some();
            }
            let at = now.wall_at(progress.attempt.at).0 / 1000;
            went.any(|it| peers.contains(&it)) && notice.agrees_with_submission(at) == Some(true)
        };
        let fits_earlier = |message: &Message, longest| {
            let mut earlier = unanswered_between(now, &peers, message);
            earlier.any(|(from, to)| {
                to - from <= longest
                    && notice.agrees_with_submission_between(from, to) == Some(true)
            })
        };
        let may_be_of = |message: &&Message| {
            fits(message) || (!by_reference && fits_earlier(message, i64::MAX))
        };
        let mut may_be = messages.iter().filter(may_be_of);
        if by_reference {
            // References come again, after a start sooner than others: it is of the one that had it last.
            return may_be.max_by_key(|message| message.progress.attempt.at);
        }
        let only = may_be.next().filter(|_| may_be.next().is_none());
        only.filter(|message| fits(message) || fits_earlier(message, WELL_KNOWN))
    }

    /// Settles the segment that the receipt names, or the only one, if its fate is open; says whether it was.
    fn settle_unnamed(
        &mut self,
        beat: &mut Beat,
        operator: OperatorId,
        message: Message,
        notice: &Notice,
    ) -> Result<bool, JournalError> {
        let attempt = &message.progress.attempt;
        let Some(segment) = segment_named(notice, attempt) else {
            return Ok(false);
        };
        if !may_be_of_the_last(notice, attempt.attempts) {
            return Ok(false);
        }
        let tried = message.progress.attempted().map(|it| it.operator);
        if tried.is_some_and(|it| may_arrive_after_all(&message, it, notice)) {
            self.arrived_after_all(beat, message, notice);
            return Ok(true);
        }
        let state = attempt.segments.get(usize::from(segment)).copied();
        let may_be = match (message.progress.phase, state) {
            (phase, Some(Segment::Accepted))
                if phase != Phase::Settled || may_be_told(&message) =>
            {
                self.settle_segment(beat, (segment, operator, ""), message, notice);
                return Ok(true);
            }
            // It was not known whether the operator had it.
            (Phase::Settled, Some(Segment::Waiting))
                if attempt.is_unanswered(segment) && may_be_told(&message) =>
            {
                self.settle_segment(beat, (segment, operator, ""), message, notice);
                return Ok(true);
            }
            (Phase::InFlight, Some(_)) => {
                // Without its reference: while an answer may come, that tells more.
                let by_reference = notice.receipt.user_message_reference.is_some();
                let may = |flight: &InFlight| {
                    let is_early = flight.is_early(segment, notice, beat.now.steady);
                    flight.lacks_answer(segment, notice)
                        && match by_reference {
                            true => !is_early,
                            false => flight.grace_ends.is_some(),
                        }
                };
                self.in_flight.get(&message.id).is_some_and(may)
            }
            (Phase::Waiting, Some(Segment::Waiting)) => true,
            _ => false,
        };
        Ok(may_be && self.settle_unanswered(beat, operator, (message.id, segment), notice)?)
    }
}

/// Between which seconds since 1970 attempts at these operators were begun that had no answer: of such a one it is known when it
/// was over alone, and so was the one before.
fn unanswered_between(
    now: &Now,
    peers: &[OperatorId],
    message: &Message,
) -> impl Iterator<Item = (i64, i64)> {
    let accepted_at = now.wall_at(message.accepted_at).0 / 1000;
    let fruitless = message.progress.attempt.fruitless.iter();
    let over_at = move |it: &Fruitless| (it.at.0 / 1000).max(accepted_at);
    let before = fruitless.clone().map(over_at);
    let before = std::iter::once(accepted_at).chain(before);
    let between = before.zip(fruitless);
    between
        .filter(|(_, it)| it.status.is_none() && peers.contains(&it.operator))
        .map(move |(from, it)| (from.min(over_at(it)), over_at(it)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_nothing_is_told_once_an_hour_at_most_and_only_if_there_is_more() {
        let mut unnamed = Unnamed::default();
        let at = |minutes: u64| UnixMillis(0).after(Duration::from_secs(minutes * 60));
        assert_eq!(unnamed.news(at(0)), None);
        unnamed.count = 1;
        assert_eq!(unnamed.news(at(1)), Some(1));
        unnamed.count = 1000;
        assert_eq!(unnamed.news(at(60)), None);
        assert_eq!(unnamed.news(at(61)), Some(1000));
        assert_eq!(unnamed.news(at(200)), None);
    }
}
