//! What people type into their phones: texts to a number, and USSD codes.

use std::collections::HashMap;
use std::time::Instant;

use bytes::Bytes;
use xabar_smpp::values::{DataCoding, EsmClass, MessageState};
use xabar_smpp::{Tag, TlvBuffer};
use xabar_sms::{Concatenation, DefaultAlphabet, Encoding, SegmentError, Style, segments};

use super::behaviour::UssdDialect;
use super::delivery::{Content, FromPhone};
use super::message::Message;
use super::phones::Ussd;
use super::smsc::Smsc;
use super::steps::Step;

/// USSD dialogues by phone, and the references of long texts.
#[derive(Debug, Default)]
pub(super) struct Dialogues {
    open: HashMap<String, Dialogue>,
    /// The TLV that named the dialogue that a phone was in before: a screen of it may be on its way.
    before: HashMap<String, (Tag, u16)>,
    next_session: u16,
    next_reference: u16,
}

/// One phone's USSD dialogue.
#[derive(Clone, Debug)]
struct Dialogue {
    /// Where it leads: the first number of the code that was dialled.
    to: String,
    /// The TLV that names it, if the dialect has one.
    session: Option<(Tag, u16)>,
}

/// Whether a screen's TLV is that of a dialogue, whose end it may say as well.
fn names(screen: &Message<'_>, (tag, number): (Tag, u16)) -> bool {
    let named = screen.tlvs.two_octets(tag).ok().flatten();
    let end = u16::from(tag == Tag::ITS_SESSION_INFO);
    named.is_some_and(|named| named & !end == number)
}

/// Why a phone cannot send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// Nobody ever bound to the SMSC.
    #[error("no ESME has bound yet")]
    NoEsme,
    /// Receipts and replies fill the queue.
    #[error("the queue of the ESME is full")]
    QueueFull,
    /// The phone is in no USSD dialogue.
    #[error("the phone is in no USSD dialogue")]
    NoDialogue,
    /// It does not fit.
    #[error(transparent)]
    TooLong(#[from] SegmentError),
    /// It does not fit what phones send in a USSD dialogue.
    #[error("a phone sends at most 182 characters of GSM 03.38, or 80 others, in a USSD dialogue")]
    TooLongForUssd,
    /// The simulator was stopped.
    #[error("the simulator has stopped")]
    Stopped,
}

/// USSD dialogues kept at once; the next one closes them all, as a restarted gateway would.
const MOST_DIALOGUES: usize = 100_000;

impl Smsc {
    /// A phone sends a text; how many segments it takes.
    pub(super) fn send_mo(
        &mut self,
        now: Instant,
        from: &str,
        to: &str,
        text: &str,
    ) -> Result<usize, NotSent> {
        let place = self.addressee()?;
        let style = self.style();
        let encoding = style.encoding_of(text);
        let segments = segments(text, encoding, style)?;
        self.dialogues.next_reference = self.dialogues.next_reference.wrapping_add(1);
        let mut in_order: Vec<_> = segments.iter().collect();
        if self.behaviour.dialect.segments_backwards {
            in_order.reverse();
        }
        for segment in in_order {
            let mut user_data = Vec::new();
            segment.write_user_data(self.dialogues.next_reference, &mut user_data);
            let message = FromPhone {
                from: from.to_owned(),
                to: to.to_owned(),
                service_type: "",
                esm_class: if segments.has_udh() {
                    EsmClass::UDH
                } else {
                    EsmClass::DEFAULT
                },
                data_coding: data_coding(encoding),
                user_data: Bytes::from(user_data),
                tlvs: TlvBuffer::new(),
            };
            self.plan(now, now, place, Content::FromPhone(Box::new(message)));
        }
        self.dispatch(place);
        Ok(usize::from(segments.total()))
    }

    /// A phone dials a USSD code.
    pub(super) fn dial(&mut self, now: Instant, from: &str, code: &str) -> Result<(), NotSent> {
        let dialect = self.behaviour.dialect.ussd;
        let dialogue = self.dialogues.begin(dialect, from, code);
        let sent = self.ussd(now, from, &dialogue, Step::Dials, code);
        if sent.is_err() {
            self.dialogues.close(from);
        }
        sent
    }

    /// A phone answers a USSD menu.
    pub(super) fn reply(&mut self, now: Instant, from: &str, text: &str) -> Result<(), NotSent> {
        let dialogue = self.dialogues.open.get(from).cloned();
        let dialogue = dialogue.ok_or(NotSent::NoDialogue)?;
        self.ussd(now, from, &dialogue, Step::Answers, text)
    }

    /// A phone leaves a USSD dialogue.
    pub(super) fn hang_up(&mut self, now: Instant, from: &str) -> Result<(), NotSent> {
        let dialogue = self.dialogues.close(from);
        let dialogue = dialogue.ok_or(NotSent::NoDialogue)?;
        self.ussd(now, from, &dialogue, Step::HangsUp, "")
    }

    /// Whether a phone is in a USSD dialogue.
    pub(super) fn is_talking(&self, from: &str) -> bool {
        self.dialogues.open.contains_key(from)
    }

    fn ussd(
        &mut self,
        now: Instant,
        from: &str,
        dialogue: &Dialogue,
        step: Step,
        text: &str,
    ) -> Result<(), NotSent> {
        let place = self.addressee()?;
        let message = self.step(from, dialogue, step, text)?;
        self.plan(now, now, place, Content::FromPhone(Box::new(message)));
        self.dispatch(place);
        Ok(())
    }

    fn step(
        &self,
        from: &str,
        dialogue: &Dialogue,
        step: Step,
        text: &str,
    ) -> Result<FromPhone, NotSent> {
        let alphabet = xabar_ussd::Dialect {
            alphabet: self.behaviour.dialect.alphabet.into(),
            ..xabar_ussd::Dialect::GENERIC
        };
        let written = alphabet.on_one_screen(text);
        let (data_coding, user_data) = written.ok_or(NotSent::TooLongForUssd)?;
        let (service_type, op) = self.behaviour.dialect.ussd.marks(step);
        let mut tlvs = TlvBuffer::new();
        if let Some(op) = op {
            tlvs.push_octet(Tag::USSD_SERVICE_OP, op);
        }
        if let Some((tag, number)) = dialogue.session {
            let is_end = tag == Tag::ITS_SESSION_INFO && step == Step::HangsUp;
            tlvs.push_two_octets(tag, number | u16::from(is_end));
        }
        Ok(FromPhone {
            from: from.to_owned(),
            to: dialogue.to.clone(),
            service_type,
            esm_class: EsmClass::DEFAULT,
            data_coding,
            user_data: Bytes::from(user_data),
            tlvs,
        })
    }

    /// Has the phone say that it shows what was pushed to it, or the network that it does not; as often as receipts
    /// come.
    pub(super) fn plan_word(
        &mut self,
        now: Instant,
        at: Instant,
        place: usize,
        message: &Message<'_>,
        state: MessageState,
    ) {
        let is_push = !message.service_type.is_empty() && message.ussd() == Some(Ussd::Notice);
        if !is_push || self.chance.happens(self.behaviour.receipts.lost) {
            return;
        }
        let step = match state {
            MessageState::DELIVERED => Step::Shows,
            _ => Step::HangsUp,
        };
        let dialogue = Dialogue {
            to: message.source.to_text(),
            session: self.behaviour.dialect.ussd.session_of(message),
        };
        let phone = message.destination.to_text();
        if let Ok(word) = self.step(&phone, &dialogue, step, "") {
            self.plan(now, at, place, Content::FromPhone(Box::new(word)));
        }
    }

    /// How phones' texts travel.
    fn style(&self) -> Style {
        Style {
            concatenation: Concatenation::Udh8,
            septets: DefaultAlphabet::from(self.behaviour.dialect.alphabet).into(),
        }
    }

    /// The ESME that phones write to: the first that is listening, or else the first known.
    fn addressee(&self) -> Result<usize, NotSent> {
        let listening = self
            .esmes
            .iter()
            .position(|esme| !esme.receivers.is_empty());
        let place = listening.unwrap_or(0);
        let esme = self.esmes.get(place).ok_or(NotSent::NoEsme)?;
        if esme.pending >= self.behaviour.queue {
            return Err(NotSent::QueueFull);
        }
        Ok(place)
    }
}

impl Dialogues {
    fn begin(&mut self, dialect: UssdDialect, from: &str, code: &str) -> Dialogue {
        self.close(from);
        if self.open.len() >= MOST_DIALOGUES {
            self.open.clear();
        }
        self.next_session = self.next_session.wrapping_add(1);
        let mut numbers = code.split(|letter: char| !letter.is_ascii_digit());
        let dialogue = Dialogue {
            to: numbers
                .find(|number| !number.is_empty())
                .unwrap_or_default()
                .to_owned(),
            session: dialect.session(self.next_session),
        };
        self.open.insert(from.to_owned(), dialogue.clone());
        dialogue
    }

    /// A phone's dialogue is over.
    fn close(&mut self, from: &str) -> Option<Dialogue> {
        let dialogue = self.open.remove(from)?;
        if let Some(session) = dialogue.session {
            if self.before.len() >= MOST_DIALOGUES {
                self.before.clear();
            }
            self.before.insert(from.to_owned(), session);
        }
        Some(dialogue)
    }

    /// Whether a message is a screen of another dialogue than the phone is in, or of none that it names: no phone shows it.
    pub(super) fn is_of_another(&self, message: &Message<'_>) -> bool {
        let phone = message.destination.digits.as_str();
        let dialogue = phone.and_then(|phone| self.open.get(phone));
        let is_screen = || matches!(message.ussd(), Some(Ussd::Ask | Ussd::End));
        let session = dialogue.and_then(|it| it.session);
        session.is_some_and(|session| is_screen() && !names(message, session))
    }

    /// Whether that is the dialogue that the phone was in before: it left while the screen was on its way.
    pub(super) fn is_of_the_one_before(&self, message: &Message<'_>) -> bool {
        let phone = message.destination.digits.as_str();
        let before = phone.and_then(|phone| self.before.get(phone));
        before.is_some_and(|session| names(message, *session))
    }

    /// The network's last word closes a dialogue.
    pub(super) fn hear(&mut self, message: &Message<'_>) {
        if !self.open.is_empty()
            && message.ussd() == Some(Ussd::End)
            && let Some(phone) = message.destination.digits.as_str()
        {
            self.close(phone);
        }
    }

    /// The ESME will have nothing of what a phone did: its dialogue is over, if that is what it is in.
    pub(super) fn refused(&mut self, content: &Content) {
        if let Content::FromPhone(message) = content
            && !message.service_type.is_empty()
        {
            self.close(&message.from);
        }
    }
}

fn data_coding(encoding: Encoding) -> DataCoding {
    DataCoding(xabar_sms::DataCoding::of(encoding, None).0)
}
