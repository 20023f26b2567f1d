//! What operators send by themselves: receipts settle messages, texts of citizens are read (`texts.rs`), and so are
//! the steps of their USSD dialogues (`ussd.rs`).
//!
//! Everything is answered only once this beat is committed, so that an operator repeats what was not noted.

use std::time::Instant;

use tracing::{debug, info};
use xabar_events::{Reason, State};
use xabar_smpp::message_id::Spelling;
use xabar_smpp::receipt::Fate;
use xabar_smpp::{Frame, Status};

use super::beat::Beat;
use super::copies::{self, set_segment};
use super::core::Core;
use super::elsewhere::{awaits_second, may_arrive_after_all};
use super::taken_late::may_have;
use super::telling::Details;
use super::unanswered::{Sought, segment_named};
use crate::clock::{Now, UnixMillis};
use crate::delivery::receipt::{ENOUGH, Inbound, Notice, Spellings, inbound, stored_id};
use crate::delivery::{Answer, SessionKey};
use crate::journal::{Awaiting, JournalError, Meant, Message, OperatorId, Phase, Segment};

/// A segment that a receipt may speak of, with its message.
type Fitting = (Awaiting, Message);

/// What went to the subscriber whom a receipt names, under an id that it may mean.
#[derive(Default)]
struct Found {
    /// What awaits its receipt.
    fitting: Vec<(Spelling, Fitting)>,
    /// Something else is known by that id: the receipt has come before, or comes too late to matter.
    is_known: bool,
}

impl Found {
    fn is_nothing(&self) -> bool {
        self.fitting.is_empty() && !self.is_known
    }
}

impl Core {
    /// A request of an operator's, which is told to bring it again if it is not answered until then.
    pub(super) fn inbound(
        &mut self,
        beat: &mut Beat,
        operator: OperatorId,
        session: SessionKey,
        (frame, until): (&Frame, Instant),
    ) -> Result<(), JournalError> {
        let rules = self.operators.get(&operator);
        let detection = rules.map(|operator| operator.detection).unwrap_or_default();
        let accepted_is_delivered = rules.is_some_and(|operator| operator.accepted_is_delivered);
        let status = match inbound(frame, detection) {
            Inbound::Receipt(notice) => {
                let notice = match accepted_is_delivered {
                    true => notice.with_accepted_as_delivered(),
                    false => notice,
                };
                match self.receipt(beat, operator, &notice, frame)? {
                    true => Status::ROK,
                    false => match self.receipts.put_by(operator, session, (frame, until)) {
                        Some(status) => status,
                        // It is answered once there is a look for it.
                        None => return Ok(()),
                    },
                }
            }
            Inbound::Message(pdu) => {
                let brought = (frame, &pdu, until);
                match self.ussd_step(beat, operator, session, brought)? {
                    Some(status) => status,
                    None => match self.mo(beat, operator, session, brought)? {
                        Some(status) => status,
                        // It is answered in its turn.
                        None => return Ok(()),
                    },
                }
            }
            Inbound::Other => Status::RINVCMDID,
        };
        beat.answer(operator, session, Answer::to(frame, status));
        Ok(())
    }

    /// Settles what a receipt speaks of, or keeps it; `false`: the beat has no look left for it.
    fn receipt(
        &mut self,
        beat: &mut Beat,
        operator: OperatorId,
        notice: &Notice,
        frame: &Frame,
    ) -> Result<bool, JournalError> {
        if !notice.receipt.is_final() {
            debug!(fate = ?notice.receipt.fate(), "a receipt that is not final");
            if let Some(word) = notice.unclear() {
                self.unclear.count((operator, word), ());
            }
            return Ok(true);
        }
        if !notice.gives_id() {
            return self.unnamed_receipt(beat, operator, notice, frame);
        }
        let spellings = self.operators.get(&operator);
        let spellings = spellings.map(|operator| &operator.spellings);
        let known = spellings.and_then(Spellings::known);
        let configured = spellings.is_some_and(Spellings::is_configured);
        let likely = known.and_then(|spelling| notice.candidate(spelling));
        let mut found = self.find(beat, operator, notice, likely.as_slice())?;
        if found.is_nothing() && !configured {
            found = self.find(beat, operator, notice, &notice.candidates())?;
        }
        if found.is_known && found.fitting.is_empty() {
            debug!("a receipt of what is settled");
            return Ok(true);
        }
        prefer_exact(&mut found.fitting, notice);
        let is_named = |(awaiting, message): &Fitting| {
            notice.receipt.user_message_reference.is_some()
                && segment_named(notice, &message.progress.attempt) == Some(awaiting.segment)
        };
        if !found.fitting.iter().any(|(_, it)| is_named(it)) {
            one_of_each_text(&mut found.fitting);
        }
        let chosen = self.operators.get_mut(&operator).and_then(|operator| {
            let chosen = operator.spellings.choose(found.fitting, is_named);
            let now_known = operator.spellings.known();
            if let Some(spelling) = now_known.filter(|_| known.is_none()) {
                let (receipts, by_reference) = (ENOUGH, operator.spellings.by_reference());
                info!(operator = %operator.name, %spelling, receipts, by_reference, "the operator's receipts have shown how it writes ids");
            }
            chosen
        });
        match chosen {
            Some((awaiting, message)) => {
                let segment = (awaiting.segment, awaiting.operator, &*awaiting.smsc_id);
                self.settle_segment(beat, segment, message, notice);
            }
            None if self.hold_until_answered(beat, operator, notice, frame) => {}
            None => match self.unanswered_of(beat, operator, notice)? {
                Sought::Settled => {}
                Sought::Nothing => return self.unmatched_receipt(beat, operator, notice, frame),
                Sought::NoLook => return Ok(false),
            },
        }
        Ok(true)
    }

    /// The same for one whose id is not known, and that is of nothing without an answer.
    fn unmatched_receipt(
        &mut self,
        beat: &mut Beat,
        operator: OperatorId,
        notice: &Notice,
        frame: &Frame,
    ) -> Result<bool, JournalError> {
        let settled = match notice.receipt.user_message_reference {
            Some(_) => self.settle_without_id(beat, operator, notice)?,
            None => Some(false),
        };
        match settled {
            Some(true) => {}
            Some(false) if self.may_fit_later(operator, notice) => {
                self.hold_receipt(beat, operator, notice, frame);
            }
            Some(false) => self.count_unnamed(operator),
            None => return Ok(false),
        }
        Ok(true)
    }

    /// The words of receipts that mean no known state and are to be told: whose, which, and how often they came since.
    pub fn unclear_receipts(&mut self, now: UnixMillis) -> Vec<(Box<str>, Box<str>, u64)> {
        let due = self.unclear.due(now).into_iter();
        due.filter_map(|((operator, word), (), count)| {
            let name = self.operators.get(&operator)?.name.clone();
            Some((name, word, count))
        })
        .collect()
    }

    /// The segments that were accepted under one of the candidates and sent to the receipt's subscriber, through this
    /// operator or another of the same login. Of a receipt that names nobody an id that is not guessed says enough.
    fn find(
        &mut self,
        beat: &Beat,
        operator: OperatorId,
        notice: &Notice,
        candidates: &[(Spelling, String)],
    ) -> Result<Found, JournalError> {
        let ids: Vec<&str> = candidates.iter().map(|(_, id)| id.as_str()).collect();
        let is_to = |msisdn| notice.names_nobody() || notice.names(msisdn);
        let is_it = |awaiting: &Awaiting, message: &Message| {
            let message = beat.message(message.id).unwrap_or(message);
            is_surely_of(notice, awaiting, message, &beat.now)
        };
        let meant = Meant {
            is_to: &is_to,
            is_it: &is_it,
        };
        let mut accepted = Vec::new();
        for peer in self.peers(operator).iter().copied() {
            accepted.extend(self.journal.awaiting(peer, &ids, &meant)?);
            for awaiting in beat.awaiting(peer, &ids) {
                let message = beat.message(awaiting.message);
                let message = message.filter(|message| is_to(message.msisdn));
                accepted.extend(message.map(|message| (awaiting, message.clone())));
            }
        }
        let spellings = self.operators.get(&operator).map(|it| &it.spellings);
        let known = spellings.and_then(Spellings::known);
        let mut found = Found::default();
        for (awaiting, message) in accepted {
            let spelling = candidates
                .iter()
                .find(|(_, id)| *id == *awaiting.smsc_id)
                .map(|(spelling, _)| *spelling);
            let message = beat.message(message.id).cloned().unwrap_or(message);
            let is_known = |spelling| known == Some(spelling) || spelling == Spelling::Same;
            let is_for = |spelling: &Spelling| match notice.names_nobody() {
                true => is_known(*spelling),
                false => notice.names(message.msisdn),
            };
            let Some(spelling) = spelling.filter(is_for) else {
                continue;
            };
            if awaits_receipt(&awaiting, &message)
                || may_arrive_after_all(&message, awaiting.operator, notice)
            {
                found.fitting.push((spelling, (awaiting, message)));
            } else {
                // Ids come again after a while; then the date is another.
                let at = beat.now.wall_at(awaiting.at).0 / 1000;
                found.is_known |= notice.agrees_with_submission(at) != Some(false);
            }
        }
        Ok(found)
    }

    /// Settles a segment by its receipt, or by what the operator says when it is asked.
    pub(super) fn settle_segment(
        &mut self,
        beat: &mut Beat,
        (segment, operator, smsc_id): (u8, OperatorId, &str),
        mut message: Message,
        notice: &Notice,
    ) {
        if awaits_second(&message) {
            return self.arrived_after_all(beat, message, notice);
        }
        let fate = notice.receipt.fate();
        if let Some(flight) = self.in_flight.get_mut(&message.id) {
            set_segment(
                &mut flight.message.progress.attempt,
                segment,
                fate,
                (operator, smsc_id),
            );
            flight.overtaken_by(notice);
            beat.put(flight.message.clone());
            return;
        }
        if let Some(held) = self.pacer.held_message(message.id) {
            set_segment(
                &mut held.progress.attempt,
                segment,
                fate,
                (operator, smsc_id),
            );
            beat.put(held.clone());
            return;
        }
        set_segment(
            &mut message.progress.attempt,
            segment,
            fate,
            (operator, smsc_id),
        );
        self.settle_by_receipts(beat, &mut message, Some(notice));
        beat.put(message);
    }

    /// Settles a submitted message whose segments' receipts say enough.
    pub(super) fn settle_by_receipts(
        &mut self,
        beat: &mut Beat,
        message: &mut Message,
        notice: Option<&Notice>,
    ) {
        let segments = &message.progress.attempt.segments;
        let is_one = segments.len() == 1;
        let delivered = segments
            .iter()
            .all(|segment| *segment == Segment::Delivered);
        let failed = segments.contains(&Segment::Failed);
        if !(delivered || failed) || !may_be_told(message) {
            return;
        }
        self.parts.forget(message.id);
        let expired = notice.is_some_and(|notice| notice.receipt.fate() == Fate::Expired);
        // What is said of a part or a copy that arrived is no reason why another did not, nor the other way round.
        let telling = notice.filter(|it| failed != (it.receipt.fate() == Fate::Delivered));
        let code = telling.and_then(Notice::code);
        if failed && !expired && self.may_go_elsewhere(beat, message, code.as_deref()) {
            return;
        }
        // After `unknown` only `delivered` or `failed` may follow.
        let expired = expired && message.progress.phase == Phase::Submitted;
        let (state, reason) = match (delivered, is_one) {
            (true, _) => (State::Delivered, None),
            (false, true) if expired => (State::Expired, Some(Reason::Operator)),
            (false, _) => (State::Failed, Some(undelivered(message))),
        };
        let details = Details {
            code,
            ..Details::default()
        };
        self.teller.settle(beat, message, state, reason, details);
    }
}

/// Of segments whose ids differ from the receipt's in case and zeros alone, leaves the one whose id does not differ at all.
fn prefer_exact(fitting: &mut Vec<(Spelling, Fitting)>, notice: &Notice) {
    let is_exact = |(spelling, (awaiting, message)): &(Spelling, Fitting)| {
        *spelling == Spelling::Same && notice.gives_exactly(given_id(awaiting, message))
    };
    if fitting.iter().filter(|it| is_exact(it)).count() == 1 {
        fitting.retain(|it| it.0 != Spelling::Same || is_exact(it));
    }
}

/// Of a text whose segments were all given one id, leaves one segment: as many receipts come as there are segments, and which of
/// them one is of does not matter.
fn one_of_each_text(fitting: &mut Vec<(Spelling, Fitting)>) {
    fitting.sort_by_key(|(_, (awaiting, _))| (awaiting.message, awaiting.segment));
    fitting.dedup_by(|(_, (later, _)), (_, (first, _))| {
        (later.message, &later.smsc_id) == (first.message, &first.smsc_id)
    });
}

/// The id of a segment as the operator gave it, as far as that was kept.
fn given_id<'a>(awaiting: &'a Awaiting, message: &'a Message) -> &'a str {
    let ids = &message.progress.attempt.smsc_ids;
    let given = ids.get(usize::from(awaiting.segment)).map(|id| &**id);
    // Of several copies only the last one's is.
    let given = given.filter(|id| *stored_id(id) == *awaiting.smsc_id);
    given.unwrap_or(&awaiting.smsc_id)
}

/// Whether a segment's fate is open; and this is not once more the receipt of an operator that did not deliver it.
fn awaits_receipt(awaiting: &Awaiting, message: &Message) -> bool {
    may_have(message, awaiting.operator)
        && copies::awaits_receipt(&message.progress.attempt, awaiting.segment)
}

/// Whether a receipt can be of nothing else than this segment among what went out under one id, as far as its number, its date
/// and the reference that it returns say so, unless that was at about the same time.
fn is_surely_of(notice: &Notice, awaiting: &Awaiting, message: &Message, now: &Now) -> bool {
    let at = now.wall_at(awaiting.at).0 / 1000;
    let attempt = &message.progress.attempt;
    !notice.names_nobody()
        && awaits_receipt(awaiting, message)
        && notice.agrees_with_submission(at) != Some(false)
        && (notice.receipt.user_message_reference.is_none()
            || segment_named(notice, attempt) == Some(awaiting.segment))
}

/// Why a message failed of which a segment did not arrive.
pub(super) fn undelivered(message: &Message) -> Reason {
    match message.progress.attempt.segments.len() {
        1 => Reason::Undelivered,
        _ => Reason::Partial,
    }
}

/// Whether a message's fate is still open: `unknown` may be followed by one better answer.
pub(super) fn may_be_told(message: &Message) -> bool {
    let last = message.progress.history.last().map(|told| told.state);
    message.progress.phase == Phase::Submitted
        || (message.progress.phase == Phase::Settled && last == Some(State::Unknown))
}
