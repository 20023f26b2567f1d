//! A phone's step out of a `deliver_sm`.

use xabar_smpp::Octets;
use xabar_smpp::pdu::DeliverSm;
use xabar_smpp::tlv::TlvError;
use xabar_sms::{Alphabet, DataCoding, DefaultAlphabet, Reading, decode};

use super::{CodePlace, Dialect, END, Marks, OtherOps, SessionPlace};
use crate::dialogue::{Said, SessionKey};

/// A phone's step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// Whose phone it is, as the operator writes it.
    pub from: Octets<'a>,
    /// Which of its dialogues it belongs to.
    pub session: SessionKey,
    /// What may count the steps of the dialogue, in the highest bits, so that it wraps where the gateway's does; some
    /// gateways write the same in all of them.
    pub count: Option<u16>,
    /// What it says.
    pub said: Said,
}

/// Why a step cannot be read: the operator speaks another dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Nothing says which step it is.
    #[error("ussd_service_op is missing")]
    NoOp,
    /// Nothing says which dialogue it belongs to.
    #[error("{0} is missing")]
    NoSession(&'static str),
    /// `service_type` is none of this dialect's.
    #[error("service_type is not two letters that say begin, continue, end or abort")]
    ServiceType,
    /// `service_type` says it all, and the other TLVs need not.
    #[error("service_type is two letters, as in the dialect `service-type`")]
    Letters,
    /// It is longer than any phone makes it.
    #[error("short_message and TLVs have more than {MOST} octets")]
    TooLong,
    /// A TLV that says so is broken.
    #[error(transparent)]
    Tlv(#[from] TlvError),
}

/// Octets of a step's text and TLVs. A phone sends 182 characters at most.
const MOST: usize = 1_000;

/// Whether this is a step of a dialogue, in whatever dialect, rather than a short message.
pub fn is_ussd(pdu: &DeliverSm<'_>) -> bool {
    pdu.service_type.0.eq_ignore_ascii_case(b"USSD")
        || letters(pdu.service_type).is_some()
        || !matches!(pdu.tlvs.ussd_service_op(), Ok(None))
}

/// What a step is, before its text is looked at.
enum Kind {
    Begin,
    Answer,
    End,
    Confirm,
    /// Nothing says so: its text does.
    ByText,
}

impl Dialect {
    /// Reads a phone's step.
    ///
    /// # Errors
    /// What it lacks to be of this dialect.
    pub fn read<'a>(&self, pdu: &DeliverSm<'a>) -> Result<Step<'a>, Unfit> {
        if pdu.short_message.0.len() + pdu.tlvs.octets().len() > MOST {
            return Err(Unfit::TooLong);
        }
        // Read without them, an end is as empty as a code that was dialled may be.
        if self.marks != Marks::ServiceType && letters(pdu.service_type).is_some() {
            return Err(Unfit::Letters);
        }
        let kind = self.kind(pdu);
        let (session, over) = match self.session(pdu) {
            // A phone shows one push at a time: that it is the phone's word is enough.
            Err(Unfit::NoSession(_)) if matches!(kind, Ok(Kind::Confirm)) => {
                (SessionKey::Unnamed, false)
            }
            session => session?,
        };
        let kind = match kind {
            // It ends what was pushed, too.
            Ok(Kind::Confirm) => Kind::Confirm,
            Ok(Kind::Begin) if self.is_lenient() => Kind::Begin,
            _ if over => Kind::End,
            kind => kind?,
        };
        let text = self.text(pdu);
        let said = match kind {
            Kind::End => Said::Ended,
            Kind::Confirm => Said::Noticed,
            Kind::Answer => Said::Answer(text),
            Kind::ByText if !is_code(&text) && !text.is_empty() => Said::Answer(text),
            Kind::Begin | Kind::ByText => Said::Begin {
                dialled: self.dialled(pdu, text),
            },
        };
        Ok(Step {
            from: pdu.source_addr,
            session,
            count: self.count(pdu),
            said,
        })
    }

    fn kind(&self, pdu: &DeliverSm<'_>) -> Result<Kind, Unfit> {
        let Marks::ServiceOp {
            begins,
            answers,
            ends,
            confirms,
            others,
            optional,
        } = self.marks
        else {
            return letters(pdu.service_type).ok_or(Unfit::ServiceType);
        };
        match pdu.tlvs.ussd_service_op()? {
            None if optional => Ok(Kind::ByText),
            None => Err(Unfit::NoOp),
            Some(op) if begins.contains(&op) => Ok(Kind::Begin),
            Some(op) if answers.contains(&op) => Ok(Kind::Answer),
            Some(op) if confirms.contains(&op) => Ok(Kind::Confirm),
            Some(op) if ends.contains(&op) || others == OtherOps::End => Ok(Kind::End),
            Some(_) => Ok(Kind::Answer),
        }
    }

    /// Which dialogue it is, and whether it is said to be over.
    fn session(&self, pdu: &DeliverSm<'_>) -> Result<(SessionKey, bool), Unfit> {
        match self.session {
            SessionPlace::Nowhere => Ok((SessionKey::Unnamed, false)),
            SessionPlace::SessionInfo { mask, optional } => match pdu.tlvs.its_session_info() {
                Ok(Some(info)) => Ok((SessionKey::Number(info & mask), info & END == END)),
                // Of whatever length it is, it is sent back.
                Ok(None) | Err(_) if optional => Ok((SessionKey::Unnamed, false)),
                Ok(None) => Err(Unfit::NoSession("its_session_info")),
                Err(error) => Err(error.into()),
            },
            SessionPlace::Reference => match pdu.tlvs.user_message_reference()? {
                Some(reference) => Ok((SessionKey::Number(reference), false)),
                None => Err(Unfit::NoSession("user_message_reference")),
            },
        }
    }

    /// Whether `its_session_info` need not be as the specification has it.
    fn is_lenient(&self) -> bool {
        matches!(self.session, SessionPlace::SessionInfo { optional, .. } if optional)
    }

    /// The bits of `its_session_info` that neither name the dialogue nor end it.
    fn count(&self, pdu: &DeliverSm<'_>) -> Option<u16> {
        let SessionPlace::SessionInfo { mask, .. } = self.session else {
            return None;
        };
        let rest = !mask & !END;
        let info = pdu.tlvs.its_session_info().ok().flatten();
        info.filter(|_| rest != 0)
            .map(|info| (info & rest) << mask.leading_ones())
    }

    fn dialled(&self, pdu: &DeliverSm<'_>, text: String) -> String {
        let destination = || String::from_utf8_lossy(pdu.destination_addr.0).into_owned();
        let dialled = match self.code {
            CodePlace::Destination => destination(),
            CodePlace::Either if text.is_empty() => destination(),
            CodePlace::Either | CodePlace::Text => text,
        };
        let is_digits = dialled.bytes().all(|octet| octet.is_ascii_digit());
        match is_digits && !dialled.is_empty() {
            true => format!("*{dialled}#"),
            false => dialled,
        }
    }

    /// What was typed, without what pads it on the air. Data that is no text says nothing.
    fn text(&self, pdu: &DeliverSm<'_>) -> String {
        /// GSM 03.38 in a language that is not said, where cell broadcast's codings are used (3GPP TS 23.038, 5).
        const UNSPECIFIED: u8 = 0x0F;
        let (coding, default_alphabet) = match pdu.data_coding.0 {
            UNSPECIFIED => (0, DefaultAlphabet::Gsm7),
            coding => (coding, self.alphabet),
        };
        let reading = Reading {
            default_alphabet,
            ..Reading::default()
        };
        let coding = DataCoding(coding);
        let octets = match coding.alphabet() {
            Alphabet::Ucs2 => pdu.user_data(),
            // A NUL would be read as `@` in GSM 03.38. Nobody is asked for one.
            _ => pdu.user_data().without_nuls(),
        };
        let text = decode(octets.0, coding, reading).unwrap_or_default();
        text.trim_matches(|it: char| it.is_whitespace() || it == '\0')
            .to_owned()
    }
}

/// What two letters of a `service_type` say. The second says request, notify, response or release.
fn letters(service_type: Octets<'_>) -> Option<Kind> {
    match service_type.0 {
        [_, second] if !b"RNAF".contains(second) => None,
        [b'B', _] => Some(Kind::Begin),
        [b'C', _] => Some(Kind::Answer),
        [b'E', b'A'] => Some(Kind::Confirm),
        [b'E' | b'A', _] => Some(Kind::End),
        _ => None,
    }
}

fn is_code(text: &str) -> bool {
    text.starts_with(['*', '#']) && text.ends_with('#')
}
