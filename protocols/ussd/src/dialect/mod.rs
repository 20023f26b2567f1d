//! USSD over SMPP: how one operator's gateway writes a dialogue.
//!
//! A phone's step comes as a `deliver_sm`, which is acknowledged as any; the screen goes as a `submit_sm` of its
//! own. So does a *push*: a text for the screen of a phone that did not dial, which the phone confirms by a step. What else the PDUs say differs, so a [`Dialect`] is data: a gateway that is not among those known is a
//! value with other fields.

mod read;
#[cfg(test)]
mod tests;
mod write;

use xabar_sms::DefaultAlphabet;

pub use read::{Step, Unfit, is_ussd};
pub use write::{with_code_dialled, with_code_of};

/// How dialogues are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Where a PDU says which step it is.
    pub marks: Marks,
    /// Where it says which dialogue it belongs to.
    pub session: SessionPlace,
    /// Where the code is that was dialled.
    pub code: CodePlace,
    /// `ussd_service_op` of a screen that wants an answer; `None`: the TLV is left out.
    pub show: Option<u8>,
    /// `ussd_service_op` of the last screen; `None`: the TLV is left out.
    pub end: Option<u8>,
    /// `ussd_service_op` of a push; `None`: the TLV is left out.
    pub push: Option<u8>,
    /// Whether a screen says, in `its_reply_type`, what it is to be answered with.
    pub reply_type: bool,
    /// `data_coding` of a screen in GSM 03.38.
    pub gsm7: u8,
    /// `data_coding` of a screen in UCS-2.
    pub ucs2: u8,
    /// What `data_coding` 0 means, in either direction.
    pub alphabet: DefaultAlphabet,
}

/// Where a PDU says which step of a dialogue it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    /// In the TLV `ussd_service_op`.
    ServiceOp {
        /// What begins a dialogue.
        begins: &'static [u8],
        /// What answers a screen.
        answers: &'static [u8],
        /// What ends a dialogue.
        ends: &'static [u8],
        /// What confirms a push.
        confirms: &'static [u8],
        /// What other values mean.
        others: OtherOps,
        /// Whether a step may lack the TLV: then one whose text is a code begins.
        optional: bool,
    },
    /// In two letters of `service_type`: the first says `B`egin, `C`ontinue, `E`nd or `A`bort.
    ServiceType,
}

/// What an unknown `ussd_service_op` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherOps {
    /// An answer to a screen.
    Answer,
    /// The end of the dialogue.
    End,
}

/// Where a PDU says which dialogue of its phone it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionPlace {
    /// Nowhere: a phone is in one dialogue at a time.
    Nowhere,
    /// In the TLV `its_session_info`, whose last bit is the end of the dialogue.
    SessionInfo {
        /// The bits that name it. Some gateways count the steps in the rest.
        mask: u16,
        /// Whether a step may lack it. What begins is no end then, whatever the last bit says: where nothing has to be
        /// there, it may mean something else.
        optional: bool,
    },
    /// In the TLV `user_message_reference`.
    Reference,
}

/// Where the code is that was dialled. Digits alone, `555`, are read as `*555#`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodePlace {
    /// In `short_message`, or in `destination_addr` where that is empty.
    Either,
    /// In `short_message`.
    Text,
    /// In `destination_addr`.
    Destination,
}

/// The names of all known dialects.
pub const NAMES: [&str; 4] = ["generic", "6d", "mica", "service-type"];

/// The last bit of `its_session_info`: the dialogue is over.
const END: u16 = 1;
const END_BIT: u8 = 1;

/// Values of `ussd_service_op` (SMPP 5.0, 4.8.4.63).
const PSSD_INDICATION: u8 = 0;
const PSSR_INDICATION: u8 = 1;
const USSR_REQUEST: u8 = 2;
const USSN_REQUEST: u8 = 3;
const PSSR_RESPONSE: u8 = 17;
const USSR_CONFIRM: u8 = 18;
const USSN_CONFIRM: u8 = 19;
/// Of vendors: the citizen or the network gave up.
const RELEASE: u8 = 129;

impl Default for Dialect {
    fn default() -> Self {
        Self::GENERIC
    }
}

impl Dialect {
    /// By the specification, and lenient: it reads all that can be understood.
    ///
    /// The first octet of `its_session_info` names the dialogue; the second may count its steps.
    pub const GENERIC: Self = Self {
        marks: Marks::ServiceOp {
            begins: &[PSSR_INDICATION, PSSD_INDICATION],
            answers: &[USSR_CONFIRM, USSR_REQUEST],
            ends: &[PSSR_RESPONSE, RELEASE],
            confirms: &[USSN_CONFIRM],
            others: OtherOps::End,
            optional: true,
        },
        session: SessionPlace::SessionInfo {
            mask: 0xFF00,
            optional: true,
        },
        code: CodePlace::Either,
        show: Some(USSR_REQUEST),
        end: Some(PSSR_RESPONSE),
        push: Some(USSN_REQUEST),
        // Few gateways look at it, and some take no TLV that they do not know.
        reply_type: false,
        gsm7: 0x00,
        ucs2: 0x08,
        alphabet: DefaultAlphabet::Gsm7,
    };

    /// Gateways of 6D: 15 bits of `its_session_info` name the dialogue.
    pub const SIX_D: Self = Self {
        marks: Self::STRICT,
        session: SessionPlace::SessionInfo {
            mask: !END,
            optional: false,
        },
        code: CodePlace::Either,
        ..Self::GENERIC
    };

    /// Gateways of Mica: `user_message_reference` names the dialogue.
    pub const MICA: Self = Self {
        marks: Self::STRICT,
        session: SessionPlace::Reference,
        code: CodePlace::Text,
        ..Self::GENERIC
    };

    /// Gateways that say it all in `service_type`: `BR` begins, `EF` ends; `BN` pushes, and `EA` confirms that.
    pub const SERVICE_TYPE: Self = Self {
        marks: Marks::ServiceType,
        session: SessionPlace::Nowhere,
        end: Some(USSR_REQUEST),
        ..Self::GENERIC
    };

    const STRICT: Marks = Marks::ServiceOp {
        begins: &[PSSR_INDICATION],
        answers: &[USSR_CONFIRM],
        ends: &[RELEASE],
        confirms: &[USSN_CONFIRM],
        others: OtherOps::Answer,
        optional: false,
    };

    /// The dialect of one of [`NAMES`].
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "generic" => Some(Self::GENERIC),
            "6d" => Some(Self::SIX_D),
            "mica" => Some(Self::MICA),
            "service-type" => Some(Self::SERVICE_TYPE),
            _ => None,
        }
    }

    /// The same, with no `ussd_service_op` in what is sent: some gateways take none.
    #[must_use]
    pub fn without_ops(self) -> Self {
        Self {
            show: None,
            end: None,
            push: None,
            ..self
        }
    }
}
