//! What the SMSC says about a message's fate, and in which form.

use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::receipt_forms::{
    IdForm, ReceiptAlphabet, ReceiptForm, ReceiptPdu, ReceiptSession, StrayNul, Wording,
};
use crate::simulator::delay::{Delay, parse_duration};
use crate::simulator::share::Share;

/// What the SMSC says about a message's fate, when `registered_delivery` asks for it.
#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
#[command(next_help_heading = "Receipts")]
pub struct Receipts {
    /// How long a message takes to the phone, and so its receipt: 1s, or 1s+4s.
    #[arg(id = "receipt_delay", long = "receipt-delay", value_name = "DELAY", default_value_t = Self::default().delay)]
    pub delay: Delay,

    /// Where a receipt says what it says.
    #[arg(
        id = "receipt_form",
        long = "receipt-form",
        value_name = "FORM",
        value_enum,
        default_value_t
    )]
    pub form: ReceiptForm,

    /// Which PDU and which field carry the text of a receipt.
    #[arg(
        id = "receipt_in",
        long = "receipt-in",
        value_name = "PLACE",
        value_enum,
        default_value_t
    )]
    #[serde(rename = "in")]
    pub place: ReceiptPdu,

    /// The alphabet of a receipt's text.
    #[arg(
        id = "receipt_alphabet",
        long = "receipt-alphabet",
        value_name = "ALPHABET",
        value_enum,
        default_value_t
    )]
    pub alphabet: ReceiptAlphabet,

    /// How the text of a receipt is worded.
    #[arg(
        id = "receipt_wording",
        long = "receipt-wording",
        value_name = "WORDING",
        value_enum,
        default_value_t
    )]
    pub wording: Wording,

    /// A NUL that does not belong there.
    #[arg(
        id = "receipt_nul",
        long = "receipt-nul",
        value_name = "WHERE",
        value_enum,
        default_value_t
    )]
    pub nul: StrayNul,

    /// Over which session of the login a receipt comes, if that one is bound.
    #[arg(
        id = "receipt_session",
        long = "receipt-session",
        value_name = "SESSION",
        value_enum,
        default_value_t
    )]
    pub session: ReceiptSession,

    /// Keeps user_message_reference for itself, instead of returning it in receipts.
    #[arg(long)]
    pub no_reference: bool,

    /// Marks no receipt by its esm_class, as if a phone had written it.
    #[arg(id = "RECEIPT_UNMARKED", long = "receipt-unmarked")]
    pub unmarked: bool,

    /// How message ids are written.
    #[arg(long, value_name = "FORM", value_enum, default_value_t)]
    pub ids: IdForm,

    /// Digits to which ids are filled up with zeros.
    #[arg(long = "id-width", value_name = "DIGITS", default_value_t, value_parser = clap::value_parser!(u8).range(0..=64))]
    pub id_width: u8,

    /// The same for receipts [default: as in responses].
    #[arg(id = "receipt_id_width", long = "receipt-id-width", value_name = "DIGITS", value_parser = clap::value_parser!(u8).range(0..=64))]
    #[serde(rename = "id-width-in-receipts")]
    pub receipt_id_width: Option<u8>,

    /// After how many messages the same ids come again.
    #[arg(long = "ids-repeat-after", value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub ids_repeat_after: Option<u64>,

    /// Share of receipts sent before the response to their message.
    #[arg(
        id = "receipt_first",
        long = "receipt-first",
        value_name = "SHARE",
        default_value_t
    )]
    pub first: Share,

    /// Share of receipts that come twice.
    #[arg(
        id = "receipt_twice",
        long = "receipt-twice",
        value_name = "SHARE",
        default_value_t
    )]
    pub twice: Share,

    /// Share of receipts held back by 50ms, so that later ones overtake them.
    #[arg(
        id = "receipt_disorder",
        long = "receipt-disorder",
        value_name = "SHARE",
        default_value_t
    )]
    pub disorder: Share,

    /// Share of receipts that never come.
    #[arg(
        id = "receipt_lost",
        long = "receipt-lost",
        value_name = "SHARE",
        default_value_t
    )]
    pub lost: Share,

    /// Messages whose fate query_sm tells; for others it is refused with ESME_RQUERYFAIL.
    #[arg(long, value_name = "N", default_value_t = Self::default().fates)]
    pub fates: usize,

    /// Share of messages that end as UNDELIV.
    #[arg(long, value_name = "SHARE", default_value_t)]
    pub undelivered: Share,

    /// Share of messages that end as EXPIRED, besides those whose validity period is over.
    #[arg(long, value_name = "SHARE", default_value_t)]
    pub expired: Share,

    /// Share of messages that an ENROUTE notification tells of on the way, though not asked for.
    #[arg(long, value_name = "SHARE", default_value_t)]
    pub intermediate: Share,

    /// Share of messages that an ACCEPTD receipt tells of on the way, though not asked for.
    #[arg(long, value_name = "SHARE", default_value_t)]
    pub accepted: Share,

    /// Share of refused messages that get a receipt all the same, under an id never told.
    #[arg(
        id = "receipt_refused",
        long = "receipt-refused",
        value_name = "SHARE",
        default_value_t
    )]
    pub refused: Share,

    /// deliver_sm that may await a response on one session; others wait.
    #[arg(long = "receipt-window", value_name = "N", default_value_t = Self::default().window, id = "receipt_window")]
    pub window: usize,

    /// After how long a deliver_sm without a response is sent again; for sessions bound from now on.
    #[arg(long = "receipt-repeat", value_name = "TIME", value_parser = parse_duration, default_value = "30s", id = "receipt_repeat")]
    #[serde(with = "crate::simulator::delay::plain")]
    pub repeat: Duration,
}

impl Default for Receipts {
    fn default() -> Self {
        Self {
            delay: Delay::fixed(Duration::from_millis(50)),
            form: ReceiptForm::default(),
            place: ReceiptPdu::default(),
            alphabet: ReceiptAlphabet::default(),
            wording: Wording::default(),
            nul: StrayNul::default(),
            session: ReceiptSession::default(),
            no_reference: false,
            unmarked: false,
            ids: IdForm::default(),
            id_width: 0,
            receipt_id_width: None,
            ids_repeat_after: None,
            first: Share::NEVER,
            twice: Share::NEVER,
            disorder: Share::NEVER,
            lost: Share::NEVER,
            fates: 10_000,
            undelivered: Share::NEVER,
            expired: Share::NEVER,
            intermediate: Share::NEVER,
            accepted: Share::NEVER,
            refused: Share::NEVER,
            window: 1_000,
            repeat: Duration::from_secs(30),
        }
    }
}
