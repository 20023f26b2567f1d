//! How the simulated SMSC behaves: the switches of `xabar smsc`, changeable while it runs.

use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::delay::{Delay, parse_duration};
use super::error_rates::ErrorRates;
use super::share::Share;

/// What the SMSC does with binds, messages and connections.
#[derive(Clone, Debug, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Behaviour {
    /// How long a response takes: 20ms, or 20ms+5ms for up to 5ms more.
    #[arg(long, value_name = "DELAY", default_value_t = Self::default().latency, help_heading = RESPONSES)]
    pub latency: Delay,

    /// Messages accepted in any second from one system_id; above that ESME_RTHROTTLED.
    #[arg(long, value_name = "N", help_heading = RESPONSES)]
    pub tps: Option<usize>,

    /// Requests that may await a response on one session; above that ESME_RMSGQFUL.
    #[arg(long, value_name = "N", default_value_t = Self::default().window, help_heading = RESPONSES)]
    pub window: usize,

    /// Receipts and replies that may wait for one system_id; above that ESME_RMSGQFUL.
    ///
    /// Each takes some 200 octets of memory.
    #[arg(long, value_name = "N", default_value_t = Self::default().queue, help_heading = RESPONSES)]
    pub queue: usize,

    /// Shares of messages refused by a status: 0x08=0.01,ESME_RTHROTTLED=2%.
    #[arg(long, value_name = "STATUS=SHARE,…", default_value_t = Self::default().errors, hide_default_value = true, help_heading = RESPONSES)]
    pub errors: ErrorRates,

    /// Share of responses held back by 50ms, so that later ones overtake them.
    #[arg(long, value_name = "SHARE", default_value_t, help_heading = RESPONSES)]
    pub disorder: Share,

    /// Share of messages that are accepted but never answered.
    #[arg(long, value_name = "SHARE", default_value_t, help_heading = RESPONSES)]
    pub unanswered: Share,

    /// Sessions that one system_id may have bound at once; above that ESME_RBINDFAIL.
    #[arg(long, value_name = "N", default_value_t = Self::default().sessions, help_heading = RESPONSES)]
    pub sessions: usize,

    /// The sc_interface_version in the response to a bind.
    #[arg(long, value_name = "VERSION", value_enum, default_value_t, help_heading = RESPONSES)]
    pub interface_version: Announced,

    #[command(flatten)]
    pub receipts: Receipts,

    #[command(flatten)]
    pub faults: Faults,
}

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

    /// How message ids are written.
    #[arg(long, value_name = "FORM", value_enum, default_value_t)]
    pub ids: IdForm,

    /// Digits to which ids are filled up with zeros.
    #[arg(long = "id-width", value_name = "DIGITS", default_value_t, value_parser = clap::value_parser!(u8).range(0..=64))]
    pub id_width: u8,

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

    /// Share of messages that end as UNDELIV.
    #[arg(long, value_name = "SHARE", default_value_t)]
    pub undelivered: Share,

    /// Share of messages that end as EXPIRED, besides those whose validity period is over.
    #[arg(long, value_name = "SHARE", default_value_t)]
    pub expired: Share,

    /// Share of messages that an ENROUTE notification tells of on the way, though not asked for.
    #[arg(long, value_name = "SHARE", default_value_t)]
    pub intermediate: Share,

    /// deliver_sm that may await a response on one session; others wait.
    #[arg(long = "receipt-window", value_name = "N", default_value_t = Self::default().window, id = "receipt_window")]
    pub window: usize,

    /// After how long a deliver_sm without a response is sent again; for sessions bound from now on.
    #[arg(long = "receipt-repeat", value_name = "TIME", value_parser = parse_duration, default_value = "30s", id = "receipt_repeat")]
    #[serde(with = "repeat")]
    pub repeat: Duration,
}

/// What the SMSC does to connections.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
#[command(next_help_heading = "Faults")]
pub struct Faults {
    /// Cuts a session's connection with its Nth message, which is accepted but not answered.
    #[arg(long, value_name = "N")]
    pub disconnect_every: Option<u64>,

    /// Cuts a session's connection so long after its bind.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    #[serde(with = "super::delay::optional")]
    pub disconnect_after: Option<Duration>,

    /// Refuses binds for so long after the start and after every connection it cut.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    #[serde(with = "super::delay::optional")]
    pub refuse_binds: Option<Duration>,

    /// Stops reading from a session so long after its bind.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    #[serde(with = "super::delay::optional")]
    pub stall_after: Option<Duration>,

    /// Reads again after so long; never, unless given.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, requires = "stall_after")]
    #[serde(with = "super::delay::optional")]
    pub stall_for: Option<Duration>,
}

/// The version that the SMSC says it speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
pub enum Announced {
    #[default]
    #[value(name = "3.4")]
    #[serde(rename = "3.4")]
    V3_4,
    #[value(name = "5.0")]
    #[serde(rename = "5.0")]
    V5_0,
    /// It says nothing.
    #[value(name = "none")]
    #[serde(rename = "none")]
    Nothing,
}

/// Where a receipt says what it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptForm {
    /// Only in the text: id:… stat:DELIVRD …
    Text,
    /// Only in the TLVs receipted_message_id, message_state and network_error_code.
    Tlv,
    /// In both.
    #[default]
    Both,
}

/// How message ids are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdForm {
    /// Hexadecimal, in responses and receipts.
    #[default]
    Hex,
    /// Decimal, in responses and receipts.
    Decimal,
    /// Hexadecimal in responses, decimal in receipts, as several operators do.
    HexThenDecimal,
}

const RESPONSES: &str = "Responses";

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            latency: Delay::NONE,
            tps: None,
            window: 10_000,
            queue: 500_000,
            errors: ErrorRates::default(),
            disorder: Share::NEVER,
            unanswered: Share::NEVER,
            sessions: 100,
            interface_version: Announced::default(),
            receipts: Receipts::default(),
            faults: Faults::default(),
        }
    }
}

impl Default for Receipts {
    fn default() -> Self {
        Self {
            delay: Delay::fixed(Duration::from_millis(50)),
            form: ReceiptForm::default(),
            ids: IdForm::default(),
            id_width: 0,
            first: Share::NEVER,
            twice: Share::NEVER,
            disorder: Share::NEVER,
            lost: Share::NEVER,
            undelivered: Share::NEVER,
            expired: Share::NEVER,
            intermediate: Share::NEVER,
            window: 1_000,
            repeat: Duration::from_secs(30),
        }
    }
}

mod repeat {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::simulator::delay::{parse_duration, show_duration};

    pub(super) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&show_duration(duration))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_duration(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        behaviour: Behaviour,
    }

    #[test]
    fn no_flags_are_the_default() {
        let flags = Flags::parse_from(["smsc"]);
        assert_eq!(flags.behaviour, Behaviour::default());
    }

    #[test]
    fn flags_and_json_say_the_same() {
        let flags = Flags::parse_from([
            "smsc",
            "--latency=5ms+1ms",
            "--tps=300",
            "--errors=8=1%",
            "--receipt-delay=1s+4s",
            "--receipt-form=tlv",
            "--ids=hex-then-decimal",
            "--receipt-first=10%",
            "--disconnect-every=1000",
            "--refuse-binds=2s",
        ]);
        let json = r#"{
            "latency": "5ms+1ms", "tps": 300, "errors": "ESME_RSYSERR=0.01",
            "receipts": {"delay": "1s+4s", "form": "tlv", "ids": "hex-then-decimal", "first": 0.1},
            "faults": {"disconnect-every": 1000, "refuse-binds": "2s"}
        }"#;
        let read: Behaviour = serde_json::from_str(json).unwrap();
        assert_eq!(read, flags.behaviour);
        let written = serde_json::to_string(&read).unwrap();
        assert_eq!(serde_json::from_str::<Behaviour>(&written).unwrap(), read);
    }
}
