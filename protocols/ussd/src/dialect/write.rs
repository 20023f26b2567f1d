//! A screen into a `submit_sm`, in answer to a step or pushed.

use xabar_smpp::pdu::{Body, DeliverSm, Pdu, SubmitSm};
use xabar_smpp::values::DataCoding;
use xabar_smpp::{EncodeError, Frame, Octets, Tag, TlvBuffer};
use xabar_sms::{DefaultAlphabet, Encoding, Style, gsm7, ucs2};

use super::{Dialect, END_BIT, Marks, SessionPlace};
use crate::dialogue::{SessionKey, Shown, Wanted};
use crate::screen::Screen;

/// `dest_bearer_type`.
const USSD: u8 = 4;
/// `dest_addr_subunit`.
const HANDSET: u8 = 2;

/// Octets of what names a dialogue, of which two are usual: of more [`Dialect::bare`] keeps none.
const MOST_NAMED: usize = 8;

/// Stands for a letter that the operator's alphabet lacks and has no other for, on a screen too long for UCS-2.
const LACKED: u8 = b'?';

impl Dialect {
    /// The `submit_sm` that shows a screen in answer to a phone's step.
    ///
    /// # Errors
    /// The text does not fit into a `submit_sm`; it does if it is no longer than a screen.
    pub fn answer(&self, step: &DeliverSm<'_>, shown: &Shown) -> Result<Frame, EncodeError> {
        let (data_coding, text) = self.encoded(&shown.text);
        let mut tlvs = TlvBuffer::new();
        self.push_tlvs(step, shown, &mut tlvs)?;
        let submit_sm = SubmitSm {
            service_type: self.service_type(step, shown),
            source_addr_ton: step.dest_addr_ton,
            source_addr_npi: step.dest_addr_npi,
            source_addr: step.destination_addr,
            dest_addr_ton: step.source_addr_ton,
            dest_addr_npi: step.source_addr_npi,
            destination_addr: step.source_addr,
            data_coding,
            short_message: Octets(&text),
            tlvs: tlvs.as_tlvs(),
            ..SubmitSm::default()
        };
        Pdu::new(0, Body::SubmitSm(submit_sm)).to_frame()
    }

    /// A phone's step without what it says, in few octets: all that a screen in answer to it repeats of it, for one that
    /// is shown when the step itself is gone.
    ///
    /// # Errors
    /// None, of a step that was received.
    pub fn bare(&self, step: &DeliverSm<'_>) -> Result<Frame, EncodeError> {
        let mut tlvs = TlvBuffer::new();
        let echoed = self.echoed(step);
        if let Some((tag, value)) = echoed.filter(|(_, value)| value.0.len() <= MOST_NAMED) {
            tlvs.push(tag, value.0)?;
        }
        let bare = DeliverSm {
            service_type: step.service_type,
            source_addr_ton: step.source_addr_ton,
            source_addr_npi: step.source_addr_npi,
            source_addr: step.source_addr,
            dest_addr_ton: step.dest_addr_ton,
            dest_addr_npi: step.dest_addr_npi,
            destination_addr: step.destination_addr,
            tlvs: tlvs.as_tlvs(),
            ..DeliverSm::default()
        };
        Pdu::new(0, Body::DeliverSm(bare)).to_frame()
    }

    /// The `data_coding` and the octets of a text that fits on one screen, every letter of it; else `None`.
    pub fn on_one_screen(&self, text: &str) -> Option<(DataCoding, Vec<u8>)> {
        let fits = Screen::default().fits_in(text, self.encoding_of(text));
        fits.then(|| self.encoded(text))
    }

    /// Makes a `submit_sm` a push: adds its TLVs, and gives its `service_type`.
    ///
    /// `reference` names it, see [`push_session`](Self::push_session).
    pub fn mark_push(&self, reference: u16, tlvs: &mut TlvBuffer) -> &'static str {
        self.push_op(self.push, tlvs);
        match self.session {
            SessionPlace::Nowhere => {}
            SessionPlace::SessionInfo { mask, .. } => {
                tlvs.push_two_octets(Tag::ITS_SESSION_INFO, in_mask(reference, mask));
            }
            SessionPlace::Reference => {
                tlvs.push_two_octets(Tag::USER_MESSAGE_REFERENCE, reference);
            }
        }
        match self.marks {
            Marks::ServiceType => "BN",
            Marks::ServiceOp { .. } => "USSD",
        }
    }

    /// The dialogue of a push: a phone's word on it is of this one, or of none that it names.
    pub fn push_session(&self, reference: u16) -> SessionKey {
        match self.session {
            SessionPlace::Nowhere => SessionKey::Unnamed,
            SessionPlace::SessionInfo { mask, .. } => SessionKey::Number(in_mask(reference, mask)),
            SessionPlace::Reference => SessionKey::Number(reference),
        }
    }

    /// The `data_coding` of a text, and its octets.
    fn encoded(&self, text: &str) -> (DataCoding, Vec<u8>) {
        let mut octets = Vec::with_capacity(2 * text.len());
        if self.is_ucs2(text) {
            ucs2::encode(text, &mut octets);
            return (DataCoding(self.ucs2), octets);
        }
        let plain = self.style().letters_of(text);
        let fits = Screen::default().fits_in(&plain, Encoding::Gsm7);
        let text = if fits { &*plain } else { text };
        let letters = text.chars().map(|letter| u8::try_from(letter).ok());
        match self.letters() {
            // All of them are in it, or it would be UCS-2.
            DefaultAlphabet::Gsm7 => gsm7::encode(text, &mut octets).unwrap_or_default(),
            DefaultAlphabet::Latin1 => octets.extend(letters.map(|it| it.unwrap_or(LACKED))),
            DefaultAlphabet::Ascii => {
                let ascii = letters.map(|it| it.filter(u8::is_ascii));
                octets.extend(ascii.map(|it| it.unwrap_or(LACKED)));
            }
        }
        (DataCoding(self.gsm7), octets)
    }

    /// Whether a text goes in UCS-2: one that is not of GSM 03.38, and one with letters that only the operator's
    /// alphabet lacks, unless the screen is too long for that.
    fn is_ucs2(&self, text: &str) -> bool {
        match Encoding::of(text) {
            Encoding::Ucs2 => true,
            Encoding::Gsm7 if self.encoding_of(text) == Encoding::Gsm7 => false,
            Encoding::Gsm7 => Screen::default().fits_in(text, Encoding::Ucs2),
        }
    }

    /// The encoding in which nothing of a text is lost.
    fn encoding_of(&self, text: &str) -> Encoding {
        self.style().encoding_of(text)
    }

    fn style(&self) -> Style {
        Style {
            septets: self.letters().into(),
            ..Style::default()
        }
    }

    /// The alphabet of a text that is not in UCS-2.
    fn letters(&self) -> DefaultAlphabet {
        match self.gsm7 {
            0 => self.alphabet,
            _ => DefaultAlphabet::Gsm7,
        }
    }

    fn service_type<'a>(&self, step: &DeliverSm<'a>, shown: &Shown) -> Octets<'a> {
        match self.marks {
            Marks::ServiceType if shown.goes_on() => "BR".into(),
            Marks::ServiceType => "EF".into(),
            Marks::ServiceOp { .. } if step.service_type.is_empty() => "USSD".into(),
            Marks::ServiceOp { .. } => step.service_type,
        }
    }

    fn push_tlvs(
        &self,
        step: &DeliverSm<'_>,
        shown: &Shown,
        tlvs: &mut TlvBuffer,
    ) -> Result<(), EncodeError> {
        let op = match shown.goes_on() {
            true => self.show,
            false => self.end,
        };
        self.push_op(op, tlvs);
        if let Some(wanted) = shown.wants.filter(|_| self.reply_type) {
            tlvs.push_octet(Tag::ITS_REPLY_TYPE, reply_type(wanted));
        }
        if let Some((tag, value)) = self.echoed(step) {
            match tag {
                Tag::ITS_SESSION_INFO => tlvs.push(tag, &session_info(value, shown))?,
                _ => tlvs.push(tag, value.0)?,
            };
        }
        Ok(())
    }

    /// What names the dialogue of a step, to be sent back. Where `its_session_info` may be missing, the operator may go by
    /// the reference.
    fn echoed<'a>(&self, step: &DeliverSm<'a>) -> Option<(Tag, Octets<'a>)> {
        let tags = match self.session {
            SessionPlace::Nowhere => &[][..],
            SessionPlace::SessionInfo { .. } => {
                &[Tag::ITS_SESSION_INFO, Tag::USER_MESSAGE_REFERENCE]
            }
            SessionPlace::Reference => &[Tag::USER_MESSAGE_REFERENCE],
        };
        let mut tags = tags.iter();
        tags.find_map(|tag| Some((*tag, step.tlvs.get(*tag)?)))
    }

    fn push_op(&self, op: Option<u8>, tlvs: &mut TlvBuffer) {
        if self.marks == Marks::ServiceType {
            tlvs.push_octet(Tag::DEST_ADDR_SUBUNIT, HANDSET);
            tlvs.push_octet(Tag::DEST_BEARER_TYPE, USSD);
        }
        if let Some(op) = op {
            tlvs.push_octet(Tag::USSD_SERVICE_OP, op);
        }
    }
}

/// A phone's step that dials a code, sent to the first number in it: some operators tell it in the text alone. `None`: there
/// is no such number, or none that is an address.
pub fn with_code_dialled(step: &DeliverSm<'_>, dialled: &str) -> Option<Frame> {
    let mut numbers = dialled.split(|letter: char| !letter.is_ascii_digit());
    let step = DeliverSm {
        destination_addr: numbers.find(|number| !number.is_empty())?.into(),
        ..*step
    };
    Pdu::new(0, Body::DeliverSm(step)).to_frame().ok()
}

/// A phone's step, sent to where an earlier one was: some operators tell the code when it is dialled, and not again.
///
/// # Errors
/// None, of steps that were received.
pub fn with_code_of(earlier: &DeliverSm<'_>, step: &DeliverSm<'_>) -> Result<Frame, EncodeError> {
    let step = DeliverSm {
        dest_addr_ton: earlier.dest_addr_ton,
        dest_addr_npi: earlier.dest_addr_npi,
        destination_addr: earlier.destination_addr,
        ..*step
    };
    Pdu::new(0, Body::DeliverSm(step)).to_frame()
}

/// Values of `its_reply_type`.
fn reply_type(wanted: Wanted) -> u8 {
    match wanted {
        Wanted::Number => 1,
        Wanted::Line => 4,
        Wanted::Choice => 5,
    }
}

/// A number of our own in the bits that name a dialogue.
fn in_mask(number: u16, mask: u16) -> u16 {
    number.checked_shl(mask.trailing_zeros()).unwrap_or(0) & mask
}

/// The same as it came, but for the bit that says whether the dialogue is over, which only one of two octets has.
fn session_info(came: Octets<'_>, shown: &Shown) -> Vec<u8> {
    let mut octets = came.to_vec();
    if let [_, last] = octets.as_mut_slice() {
        *last = *last & !END_BIT | u8::from(!shown.goes_on());
    }
    octets
}
