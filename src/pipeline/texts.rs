//! Texts of phones on their way in.
//!
//! What a beat has no look left for waits for the next ones, in the order in which it came: of a START and a STOP the later
//! one is to hold, and an operator that is told to bring the earlier one again brings it after the other. So only what
//! there is no room for is put off at once; what waits too long for the journal is by its link.

use std::collections::VecDeque;
use std::time::Instant;

use tracing::debug;
use xabar_events::Msisdn;
use xabar_smpp::pdu::DeliverSm;
use xabar_smpp::{Frame, Status};

use super::beat::Beat;
use super::core::Core;
use super::looks::For;
use super::seldom::Seldom;
use crate::clock::UnixMillis;
use crate::delivery::{Answer, SessionKey};
use crate::dialogue::{Heard, Mo};
use crate::journal::{JournalError, OperatorId};
use crate::numbers::may_be_national;

/// Texts that wait for the journal to be asked.
#[derive(Debug, Default)]
pub(super) struct Texts {
    waiting: VecDeque<Waiting>,
    /// Of all that wait.
    octets: usize,
    /// Texts that are to come again.
    put_off: Seldom<OperatorId>,
}

#[derive(Debug)]
struct Waiting {
    operator: OperatorId,
    session: SessionKey,
    mo: Mo,
    answer: Answer,
    until: Instant,
}

/// Texts that may wait; more are to come again.
const MOST: usize = 5_000;

/// The octets that these may have, which is more than so many short texts have.
const MOST_OCTETS: usize = 4 << 20;

impl Texts {
    /// Whether texts wait for the next beat.
    pub(super) fn wait(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn has_room_for(&self, mo: &Mo) -> bool {
        self.waiting.len() < MOST && self.octets.saturating_add(mo.text.len()) <= MOST_OCTETS
    }

    fn push(&mut self, waiting: Waiting) {
        self.octets = self.octets.saturating_add(waiting.mo.text.len());
        self.waiting.push_back(waiting);
    }

    fn pop(&mut self) -> Option<Waiting> {
        let next = self.waiting.pop_front()?;
        self.octets = self.octets.saturating_sub(next.mo.text.len());
        Some(next)
    }
}

impl Core {
    /// A message from a phone; gives what the operator is told, unless it waits for another beat.
    pub(super) fn mo(
        &mut self,
        beat: &mut Beat,
        operator: OperatorId,
        session: SessionKey,
        (frame, pdu, until): (&Frame, &DeliverSm<'_>, Instant),
    ) -> Result<Option<Status>, JournalError> {
        let answering = self.operators.get(&operator);
        let answering = answering.filter(|it| it.senders.of_answers().is_some());
        let Some(mo) = answering.and_then(|it| Mo::read(pdu, it.alphabet)) else {
            return Ok(Some(Status::RX_R_APPN));
        };
        let is_whole = match mo.from.parse() {
            Ok(from) => !self.may_lack_its_country(from, mo.international),
            // A name or a short number is of a service, which is not answered.
            Err(_) => !mo.is_from_a_number(),
        };
        if !is_whole {
            debug!("a citizen's number is neither marked as international nor of an operator here");
            return Ok(Some(Status::RX_R_APPN));
        }
        if !self.texts.wait() && beat.looks.are_left(For::Text) {
            return self.take_text(beat, operator, mo).map(Some);
        }
        if !self.texts.has_room_for(&mo) {
            return Ok(Some(self.put_off(operator)));
        }
        self.texts.push(Waiting {
            operator,
            session,
            mo,
            answer: Answer::to(frame, Status::ROK),
            until,
        });
        Ok(None)
    }

    /// Goes on with the texts that the last beats had no look left for.
    pub(super) fn resume_texts(&mut self, beat: &mut Beat) -> Result<(), JournalError> {
        while beat.looks.are_left(For::Text)
            && let Some(next) = self.texts.pop()
        {
            // It is acted on all the same: what comes again then came before, and is not mistaken for the last word.
            if next.until <= beat.now.instant {
                self.put_off(next.operator);
            }
            let status = self.take_text(beat, next.operator, next.mo)?;
            beat.answer(next.operator, next.session, next.answer.saying(status));
        }
        Ok(())
    }

    /// Reads texts of which some segments did not come.
    pub(super) fn hear_unfinished(&mut self, beat: &mut Beat) -> Result<(), JournalError> {
        while beat.looks.are_left(For::Text)
            && let Some(heard) = self.desk.give_up(&beat.now)
        {
            self.attend(beat, heard)?;
        }
        Ok(())
    }

    /// Whether a phone's number may be a national one, which is to be taken for no other country's: it is not written
    /// as `international`, and nobody's here; or it is as short as one and begins like a whole number of an operator's here,
    /// but may be the end of one as well.
    pub(super) fn may_lack_its_country(&self, from: Msisdn, international: bool) -> bool {
        if international {
            return false;
        }
        let is_ours = self.routes.route(from, None, |_| 1.0).is_some();
        let digits = from.digits();
        !is_ours || (may_be_national(&digits) && !self.routes.with_country(&digits).is_empty())
    }

    fn take_text(
        &mut self,
        beat: &mut Beat,
        operator: OperatorId,
        mo: Mo,
    ) -> Result<Status, JournalError> {
        let keywords = &self.keywords;
        let heard = self
            .desk
            .take(&beat.now, operator, mo, |text| keywords.is_stop(text));
        match heard {
            Heard::Full => Ok(self.put_off(operator)),
            heard => {
                self.attend(beat, heard)?;
                Ok(Status::ROK)
            }
        }
    }

    fn attend(&mut self, beat: &mut Beat, heard: Heard) -> Result<(), JournalError> {
        match heard {
            Heard::Noted | Heard::Full => Ok(()),
            Heard::Whole(written) => self.read(beat, written),
            Heard::Aside(written) => self.read_aside(beat, &written),
        }
    }

    /// A text is to come again.
    fn put_off(&mut self, operator: OperatorId) -> Status {
        self.texts.put_off.count(operator, ());
        self.teller.tally.text_put_off(operator);
        Status::RX_T_APPN
    }

    /// The operators that are to bring texts again, and how many since that was told last.
    pub fn texts_put_off(&mut self, now: UnixMillis) -> Vec<(Box<str>, u64)> {
        let due = self.texts.put_off.due(now).into_iter();
        due.filter_map(|(operator, (), count)| {
            Some((self.operators.get(&operator)?.name.clone(), count))
        })
        .collect()
    }
}
