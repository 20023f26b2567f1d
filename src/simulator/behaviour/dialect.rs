//! How the SMSC speaks SMPP where it speaks otherwise than most.

use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use xabar_sms::DefaultAlphabet;

use crate::simulator::delay::parse_duration;
use crate::simulator::error_rates::ErrorRates;
use crate::simulator::share::Share;

/// How the SMSC speaks SMPP where it speaks otherwise than most.
#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
#[command(next_help_heading = "Dialect")]
pub struct Dialect {
    /// What the response to a refused message looks like.
    #[arg(long, value_name = "FORM", value_enum, default_value_t)]
    pub refusals: RefusalForm,

    /// Shares of messages with TLVs that are refused by a status: 0xC1=100%.
    #[arg(long, value_name = "STATUS=SHARE,…", default_value_t = Self::default().tlv_errors, hide_default_value = true)]
    pub tlv_errors: ErrorRates,

    /// The congestion_state (5.0) in every response to a message, 0 (idle) to 100.
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub congestion: Option<u8>,

    /// What data_coding 0 means.
    #[arg(long, value_name = "ALPHABET", value_enum, default_value_t)]
    pub alphabet: Alphabet,

    /// How USSD dialogues are written.
    #[arg(long, value_name = "DIALECT", value_enum, default_value_t)]
    pub ussd: UssdDialect,

    /// How the SMSC numbers its own requests.
    #[arg(long, value_name = "NUMBERS", value_enum, default_value_t)]
    pub numbering: Numbering,

    /// After how long without anything from an ESME it is sent enquire_link.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "30s")]
    #[serde(with = "crate::simulator::delay::plain")]
    pub enquire_link: Duration,

    /// Brings the segments of what a phone writes from the last one to the first.
    #[arg(long)]
    pub segments_backwards: bool,

    /// Greets every connection with outbind.
    #[arg(long)]
    pub outbind: bool,

    /// Share of messages followed by an alert_notification.
    #[arg(long, value_name = "SHARE", default_value_t)]
    pub alerts: Share,

    /// Share of messages followed by a request that no specification has.
    #[arg(long, value_name = "SHARE", default_value_t)]
    pub unknown_pdus: Share,
}

/// What the response to a refused message looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalForm {
    /// A header alone.
    #[default]
    Header,
    /// With a message_id, which names nothing.
    MessageId,
    /// With one NUL.
    Nul,
    /// A generic_nack with the status.
    Nack,
}

/// What `data_coding` 0 means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alphabet {
    /// GSM 03.38.
    #[default]
    Gsm7,
    /// ISO 8859-1.
    Latin1,
    /// ASCII.
    Ascii,
}

impl From<Alphabet> for DefaultAlphabet {
    fn from(alphabet: Alphabet) -> Self {
        match alphabet {
            Alphabet::Gsm7 => Self::Gsm7,
            Alphabet::Latin1 => Self::Latin1,
            Alphabet::Ascii => Self::Ascii,
        }
    }
}

/// How USSD dialogues are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UssdDialect {
    /// With ussd_service_op and its_session_info, as the specification has it.
    #[default]
    Generic,
    /// As gateways of 6D: 15 bits of its_session_info name the dialogue.
    #[value(name = "6d")]
    #[serde(rename = "6d")]
    SixD,
    /// As gateways of Mica: user_message_reference names the dialogue.
    Mica,
    /// In two letters of service_type alone.
    ServiceType,
}

/// How the SMSC numbers its own requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Numbering {
    /// From 1.
    #[default]
    Usual,
    /// From 0.
    FromZero,
    /// From 0x80000001, above the highest that is allowed.
    High,
    /// All with one number.
    Same,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            refusals: RefusalForm::default(),
            tlv_errors: ErrorRates::default(),
            congestion: None,
            alphabet: Alphabet::default(),
            ussd: UssdDialect::default(),
            numbering: Numbering::default(),
            enquire_link: Duration::from_secs(30),
            segments_backwards: false,
            outbind: false,
            alerts: Share::NEVER,
            unknown_pdus: Share::NEVER,
        }
    }
}
