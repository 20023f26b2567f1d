//! Operators that do as they are told.

use std::time::{Duration, Instant};

use bytes::BytesMut;
use jiff::Timestamp;
use xabar_events::Msisdn;
use xabar_smpp::pdu::{Body, Pdu, SubmitSm};
use xabar_smpp::values::{DataCoding, EsmClass, MessageState, Ton};
use xabar_smpp::{Frame, Octets, Status, Tag, TlvBuffer, Tlvs};

use super::super::laws::Text;
use super::super::ussd::{ABORT, CONFIRM, numbered, step};
use super::{UCELL, World};
use crate::delivery::{Answer, Event, Query, Screen, SessionKey, Submission, Token, usual};
use crate::journal::{MessageId, OperatorId};

/// An operator at the other end.
#[derive(Debug, Default)]
pub(crate) struct Smsc {
    /// Sessions bound; none is an outage.
    pub(crate) sessions: usize,
    /// How many submissions it takes at once.
    pub(crate) room: u64,
    /// How many of these have to be urgent.
    pub(crate) kept: u64,
    /// How many more dialogues of USSD may begin in the next beat.
    pub(crate) dialogues: u64,
    /// How many screens it was ever given.
    pub(super) shown: u64,
    /// No more screens are to come.
    pub(crate) screens_full: bool,
    /// How many submissions it ever asked for, and was given.
    pub(super) granted: u64,
    pub(super) taken: u64,
    /// What the pipeline hears with the next beat.
    pub(crate) events: Vec<Event>,
    /// What was submitted and not yet looked at.
    pub(crate) sent: Vec<Sent>,
    /// What it is not to write any more.
    pub(crate) take_back: Vec<MessageId>,
    /// What it was asked and has not yet looked at.
    pub(crate) queries: Vec<Query>,
    /// How its own requests were answered.
    pub(crate) answers: Vec<Answer>,
    /// Screens of USSD dialogues that it got and has not yet looked at.
    pub(crate) screens: Vec<Screen>,
    pub(super) requests: u32,
}

/// One segment as the operator got it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) operator: OperatorId,
    pub(crate) submission: Submission,
}

impl Sent {
    pub(crate) fn token(&self) -> Token {
        self.submission.token
    }

    pub(crate) fn message(&self) -> u64 {
        self.submission.token.message.0
    }
}

impl Smsc {
    /// Takes what is submitted in one beat. Into the places that are kept a link writes nothing else than what is urgent: the rest
    /// comes back.
    pub(super) fn take(&mut self, operator: OperatorId, submissions: Vec<Submission>) {
        let others = self.room.saturating_sub(self.kept);
        let (mut first, mut before) = (0, None);
        for (submission, place) in submissions.into_iter().zip(0..) {
            // All segments of a text stand together, and it is the first one that needs such a place.
            let message = submission.token.message;
            if before.replace(message) != Some(message) {
                first = place;
            }
            if submission.urgent || first < others {
                self.sent.push(Sent {
                    operator,
                    submission,
                });
            } else {
                self.events.push(Event::Returned(submission.token));
            }
        }
    }
}

impl World {
    pub(crate) fn smsc(&mut self, operator: OperatorId) -> &mut Smsc {
        self.smscs.get_mut(&operator).unwrap()
    }

    /// A text from a phone, which is read with the next beat; gives what the SMSC is told.
    pub(crate) fn writes(&mut self, msisdn: Msisdn, words: &str) -> Status {
        self.writes_with(msisdn, words, None)
    }

    /// The same with a reference by which the SMSC knows it again.
    pub(crate) fn writes_with(
        &mut self,
        msisdn: Msisdn,
        words: &str,
        reference: Option<u16>,
    ) -> Status {
        let text = Text {
            from: msisdn,
            words: words.to_owned(),
            reference,
        };
        let answers = self.bring_text(UCELL, &text);
        self.told_with_the_next_beat(UCELL, answers)
    }

    /// A request of an operator's, heard with the next beat; gives what may answer it.
    pub(crate) fn bring_request(
        &mut self,
        operator: OperatorId,
        frame: Frame,
    ) -> [(Status, Answer); 3] {
        let until = self.now().instant + Duration::from_secs(5);
        self.bring_request_until(until, operator, frame)
    }

    /// The same where the operator is told by then to bring it again.
    pub(crate) fn bring_request_until(
        &mut self,
        until: Instant,
        operator: OperatorId,
        frame: Frame,
    ) -> [(Status, Answer); 3] {
        let answers = ANSWERS.map(|status| (status, Answer::to(&frame, status)));
        let session = SessionKey::default();
        let request = Event::Inbound {
            session,
            frame,
            until,
        };
        self.hear(operator, request);
        answers
    }

    /// A request of the first operator's, which is answered; gives what it is told.
    pub(crate) fn brings(&mut self, frame: Frame) -> Status {
        let answers = self.bring_request(UCELL, frame);
        self.told_with_the_next_beat(UCELL, answers)
    }

    fn told_with_the_next_beat(
        &mut self,
        operator: OperatorId,
        may_be: [(Status, Answer); 3],
    ) -> Status {
        let before = self.smsc(operator).answers.len();
        self.beat();
        let given = &self.smsc(operator).answers[before..];
        let answer = may_be.into_iter().find(|(_, it)| given.contains(it));
        answer.expect("an answer").0
    }

    /// The sequence number of an operator's next request.
    fn next_request(&mut self, operator: OperatorId) -> u32 {
        let smsc = self.smsc(operator);
        smsc.requests += 1;
        smsc.requests
    }

    /// A step of the phone that a push went to, in the push's dialogue; heard with the next beat.
    pub(crate) fn phone_says(&mut self, push: &Sent, op: u8) {
        let [_, number] = push.submission.reference.to_be_bytes();
        self.bring_request(push.operator, step(push.submission.msisdn, op, number, ""));
    }

    /// What a phone says of a push, heard with the next beat; gives what acknowledges it.
    pub(crate) fn bring_word(&mut self, push: &Sent, is_shown: bool) -> Answer {
        let op = if is_shown { CONFIRM } else { ABORT };
        let [_, session] = push.submission.reference.to_be_bytes();
        let step = step(push.submission.msisdn, op, session, "");
        let frame = numbered(&step, self.next_request(push.operator));
        let [(_, read), ..] = self.bring_request(push.operator, frame);
        self.laws
            .word_brought(push.operator, read, push.token(), is_shown);
        read
    }

    /// A text from a phone, heard with the next beat; gives what answers it.
    pub(crate) fn bring_text(
        &mut self,
        operator: OperatorId,
        text: &Text,
    ) -> [(Status, Answer); 3] {
        let frame = mo(text, self.next_request(operator));
        let answers = self.bring_request(operator, frame);
        self.laws.brought(operator, answers[0].1, text.clone());
        answers
    }

    /// What was submitted since it was asked last.
    pub(crate) fn sent(&mut self) -> Vec<Sent> {
        let smscs = self.smscs.values_mut();
        smscs.flat_map(|smsc| smsc.sent.drain(..)).collect()
    }

    /// The one segment that was submitted since it was asked last.
    pub(crate) fn one_sent(&mut self) -> Sent {
        let mut sent = self.sent();
        assert_eq!(sent.len(), 1, "{sent:#?}");
        sent.remove(0)
    }

    pub(crate) fn hear(&mut self, operator: OperatorId, event: Event) {
        self.smsc(operator).events.push(event);
    }

    /// An answer, heard with the next beat.
    pub(crate) fn answer(&mut self, sent: &Sent, status: Status, smsc_id: &str) {
        let event = Event::Answered {
            token: sent.token(),
            class: usual(status),
            status,
            smsc_id: smsc_id.into(),
        };
        self.hear(sent.operator, event);
    }

    pub(crate) fn accept(&mut self, sent: &Sent, smsc_id: &str) {
        self.answer(sent, Status::ROK, smsc_id);
        self.beat();
    }

    pub(crate) fn refuse(&mut self, sent: &Sent, status: Status) {
        self.answer(sent, status, "");
        self.beat();
    }

    pub(crate) fn time_out(&mut self, sent: &Sent) {
        self.hear(sent.operator, Event::TimedOut(sent.token()));
        self.beat();
    }

    pub(crate) fn lose(&mut self, sent: &Sent) {
        self.hear(sent.operator, Event::Lost(sent.token()));
        self.beat();
    }

    pub(crate) fn give_back(&mut self, sent: &Sent) {
        self.hear(sent.operator, Event::Returned(sent.token()));
        self.beat();
    }

    /// What it was asked since it was looked at last.
    pub(crate) fn queries(&mut self, operator: OperatorId) -> Vec<Query> {
        std::mem::take(&mut self.smsc(operator).queries)
    }

    /// The answer to a question: a state and the network's reason, or nothing.
    pub(crate) fn tell_fate(&mut self, query: &Query, told: Option<(MessageState, u8)>) {
        let token = query.token;
        self.laws.not_delivered(token);
        self.hear(UCELL, Event::Queried { token, told });
        self.beat();
    }

    /// A receipt, heard with the next beat; gives what acknowledges it.
    pub(crate) fn bring_receipt(&mut self, sent: &Sent, smsc_id: &str, stat: &str) -> Answer {
        let number = self.next_request(sent.operator);
        let text = self.receipt_text(sent, smsc_id, stat);
        let frame = receipt_of(sent.submission.msisdn, &text, number, Tlvs::EMPTY);
        self.laws.receipt_brought(sent.token());
        self.note_fate(sent, stat);
        let [(_, acknowledged), ..] = self.bring_request(sent.operator, frame);
        acknowledged
    }

    /// A receipt's words, with the date of this very submission: by it receipts are matched that name no other thing.
    fn receipt_text(&self, sent: &Sent, smsc_id: &str, stat: &str) -> String {
        let ago = self.now().instant - sent.submission.decided;
        let at = self.wall().before(ago).0;
        let at = Timestamp::from_millisecond(at).expect("a date");
        let at = at.strftime("%y%m%d%H%M");
        format!(
            "id:{smsc_id} sub:001 dlvrd:001 submit date:{at} done date:{at} stat:{stat} err:000 text:"
        )
    }

    /// The laws hear what a receipt in these words says of a message.
    fn note_fate(&mut self, sent: &Sent, words: &str) {
        match words.contains("DELIVRD") {
            true => self.laws.has_arrived(sent.token()),
            false => self.laws.not_delivered(sent.token()),
        }
    }

    /// A receipt that returns our reference.
    pub(crate) fn receipt_by_reference(&mut self, sent: &Sent, smsc_id: &str, stat: &str) {
        self.bring_receipt_by_reference(sent, smsc_id, stat);
        self.beat();
    }

    /// The same, heard with the next beat; gives what acknowledges it.
    pub(crate) fn bring_receipt_by_reference(
        &mut self,
        sent: &Sent,
        smsc_id: &str,
        stat: &str,
    ) -> Answer {
        self.note_fate(sent, stat);
        let mut tlvs = TlvBuffer::new();
        tlvs.push_two_octets(Tag::USER_MESSAGE_REFERENCE, sent.submission.reference);
        let (msisdn, number) = (sent.submission.msisdn, self.next_request(sent.operator));
        let text = self.receipt_text(sent, smsc_id, stat);
        let frame = receipt_of(msisdn, &text, number, tlvs.as_tlvs());
        let [(_, acknowledged), ..] = self.bring_request(sent.operator, frame);
        acknowledged
    }

    /// A receipt that names no subscriber; gives what the SMSC is told.
    pub(crate) fn receipt_from_nobody(&mut self, sent: &Sent, smsc_id: &str, stat: &str) -> Status {
        self.note_fate(sent, stat);
        let number = self.next_request(sent.operator);
        let text = format!("id:{smsc_id} stat:{stat} err:000 text:");
        let answers =
            self.bring_request(sent.operator, receipt_from("", &text, number, Tlvs::EMPTY));
        self.told_with_the_next_beat(sent.operator, answers)
    }

    /// A receipt that returns our reference and gives no id, and writes the subscriber's number so.
    pub(crate) fn receipt_from_number(&mut self, sent: &Sent, digits: &str, stat: &str) {
        self.note_fate(sent, stat);
        let mut tlvs = TlvBuffer::new();
        tlvs.push_two_octets(Tag::USER_MESSAGE_REFERENCE, sent.submission.reference);
        let (text, number) = (format!("stat:{stat}"), self.next_request(sent.operator));
        let frame = receipt_from(digits, &text, number, tlvs.as_tlvs());
        self.bring_request(sent.operator, frame);
        self.beat();
    }

    /// The same in whatever words and without our reference, heard with the next beat.
    pub(crate) fn bring_receipt_from(&mut self, sent: &Sent, digits: &str, text: &str) {
        let number = self.next_request(sent.operator);
        let frame = receipt_from(digits, text, number, Tlvs::EMPTY);
        self.bring_request(sent.operator, frame);
    }

    /// A receipt in whatever words, with our reference if it returns that; gives what the SMSC is told.
    pub(crate) fn receipt_in_words(&mut self, sent: &Sent, text: &str, returns: bool) -> Status {
        let mut tlvs = TlvBuffer::new();
        if returns {
            tlvs.push_two_octets(Tag::USER_MESSAGE_REFERENCE, sent.submission.reference);
        }
        self.receipt_saying(sent, text, tlvs.as_tlvs())
    }

    /// A receipt in whatever words and TLVs; gives what the SMSC is told.
    pub(crate) fn receipt_saying(&mut self, sent: &Sent, text: &str, tlvs: Tlvs<'_>) -> Status {
        self.note_fate(sent, text);
        let (msisdn, number) = (sent.submission.msisdn, self.next_request(sent.operator));
        let answers = self.bring_request(sent.operator, receipt_of(msisdn, text, number, tlvs));
        self.told_with_the_next_beat(sent.operator, answers)
    }

    /// How many receipts are held, as the pipeline counts them.
    pub(crate) fn held_receipts(&self) -> u64 {
        self.core.as_ref().unwrap().held
    }

    /// Forgets some of what is over; says whether there may be more.
    pub(crate) fn forget(&mut self) -> bool {
        let now = self.gateways_now();
        self.core.as_mut().unwrap().forget(&now).unwrap()
    }

    /// The refusals that someone must look into: whose, which, the first message, and how many.
    pub(crate) fn refusals(&mut self) -> Vec<(String, Status, u64, u64)> {
        let steady = self.steady;
        let told = self.core.as_mut().unwrap().refusals(steady);
        told.into_iter()
            .map(|(operator, status, message, count)| (operator.into(), status, message.0, count))
            .collect()
    }

    /// The steps that were not understood, of operators that brought any since that was asked last, with the first reason.
    pub(crate) fn unfit_steps(&mut self) -> Vec<(String, String, u64)> {
        let steady = self.steady;
        let told = self.core.as_mut().unwrap().unfit_steps(steady);
        told.into_iter()
            .map(|(operator, why, count)| (operator.into(), why, count))
            .collect()
    }

    /// The steps that are to come again, of operators that brought any since that was asked last.
    pub(crate) fn crowded_steps(&mut self) -> Vec<(String, u64)> {
        let steady = self.steady;
        let told = self.core.as_mut().unwrap().crowded_steps(steady);
        told.into_iter()
            .map(|(operator, count)| (operator.into(), count))
            .collect()
    }

    /// The texts that are to come again, of operators that brought any since that was asked last.
    pub(crate) fn texts_put_off(&mut self) -> Vec<(String, u64)> {
        let steady = self.steady;
        let told = self.core.as_mut().unwrap().texts_put_off(steady);
        told.into_iter()
            .map(|(operator, count)| (operator.into(), count))
            .collect()
    }

    /// The words of receipts that mean no known state, of operators that sent any since that was asked last.
    pub(crate) fn unclear_receipts(&mut self) -> Vec<(String, String, u64)> {
        let steady = self.steady;
        let told = self.core.as_mut().unwrap().unclear_receipts(steady);
        told.into_iter()
            .map(|(operator, word, count)| (operator.into(), word.into(), count))
            .collect()
    }

    /// The receipts that named no message, of operators that sent any since that was asked last.
    pub(crate) fn unnamed_receipts(&mut self) -> Vec<(String, u64)> {
        let steady = self.steady;
        let told = self.core.as_mut().unwrap().unnamed_receipts(steady);
        told.into_iter()
            .map(|(operator, count)| (operator.into(), count))
            .collect()
    }

    pub(crate) fn receipt(&mut self, sent: &Sent, smsc_id: &str, stat: &str) {
        let acknowledged = self.bring_receipt(sent, smsc_id, stat);
        self.beat();
        let answers = &self.smsc(sent.operator).answers;
        assert_eq!(answers.last(), Some(&acknowledged));
    }
}

/// What a request may be answered with.
const ANSWERS: [Status; 3] = [Status::ROK, Status::RX_T_APPN, Status::RX_R_APPN];

/// A message from a phone to 555.
fn mo(text: &Text, sequence_number: u32) -> Frame {
    let digits = text.from.digits();
    mo_from(Ton::INTERNATIONAL, &digits, text, sequence_number)
}

/// The same with the phone's number as it is given here.
pub(crate) fn mo_from(ton: Ton, digits: &str, text: &Text, sequence_number: u32) -> Frame {
    let words = &text.words;
    let encoding = xabar_sms::Encoding::of(words);
    let segments =
        xabar_sms::segments(words, encoding, xabar_sms::Concatenation::Udh8).expect("a short text");
    let mut octets = Vec::new();
    segments.get(0).unwrap().write_user_data(0, &mut octets);
    let mut tlvs = TlvBuffer::new();
    if let Some(reference) = text.reference {
        tlvs.push_two_octets(Tag::USER_MESSAGE_REFERENCE, reference);
    }
    let pdu = SubmitSm {
        source_addr_ton: ton,
        source_addr: Octets(digits.as_bytes()),
        destination_addr: Octets(b"555"),
        data_coding: DataCoding(xabar_sms::DataCoding::of(encoding, None).0),
        short_message: Octets(&octets),
        tlvs: tlvs.as_tlvs(),
        ..SubmitSm::default()
    };
    Pdu::new(sequence_number, Body::DeliverSm(pdu))
        .to_frame()
        .unwrap()
}

/// A delivery receipt in whatever words.
fn receipt_of(msisdn: Msisdn, text: &str, sequence_number: u32, tlvs: Tlvs<'_>) -> Frame {
    receipt_from(&msisdn.digits(), text, sequence_number, tlvs)
}

fn receipt_from(digits: &str, text: &str, sequence_number: u32, tlvs: Tlvs<'_>) -> Frame {
    let pdu = Pdu {
        status: Status::ROK,
        sequence_number,
        body: Body::DeliverSm(SubmitSm {
            source_addr: Octets(digits.as_bytes()),
            destination_addr: Octets(b"MyGov"),
            esm_class: EsmClass::DELIVERY_RECEIPT,
            short_message: Octets(text.as_bytes()),
            tlvs,
            ..SubmitSm::default()
        }),
    };
    let mut octets = BytesMut::new();
    pdu.encode(&mut octets).unwrap();
    Frame::new(octets.freeze()).unwrap()
}
