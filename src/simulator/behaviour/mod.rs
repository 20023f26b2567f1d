//! How the simulated SMSC behaves: the switches of `xabar smsc`, changeable while it runs.

mod dialect;
mod faults;
mod receipt_forms;
mod receipts;

use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use xabar_smpp::Status;

use super::delay::{Delay, parse_duration};
use super::error_rates::ErrorRates;
use super::share::Share;

pub use dialect::{Alphabet, Dialect, Numbering, RefusalForm, UssdDialect};
pub use faults::Faults;
pub use receipt_forms::{
    IdForm, ReceiptAlphabet, ReceiptForm, ReceiptPdu, ReceiptSession, StrayNul, Wording,
};
pub use receipts::Receipts;

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

    /// Says ESME_RSUBMITFAIL of what is above that window, as some SMSCs do.
    #[arg(long, help_heading = RESPONSES)]
    pub window_fails: bool,

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

    /// Share of responses that come late, after the ESME may have given up on them.
    #[arg(long, value_name = "SHARE", default_value_t, help_heading = RESPONSES)]
    pub late: Share,

    /// How late they come.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "35s", help_heading = RESPONSES)]
    #[serde(with = "super::delay::plain")]
    pub late_by: Duration,

    /// Share of messages that are accepted and all the same refused at first, with ESME_RSYSERR; a second response, --late-by
    /// after that, takes them.
    #[arg(long, value_name = "SHARE", default_value_t, help_heading = RESPONSES)]
    pub refused_first: Share,

    /// Share of responses to messages that come twice, the same both times.
    #[arg(long, value_name = "SHARE", default_value_t, help_heading = RESPONSES)]
    pub answered_twice: Share,

    /// Share of messages that are accepted and answered by a deliver_sm_resp.
    #[arg(long, value_name = "SHARE", default_value_t, help_heading = RESPONSES)]
    pub misnamed: Share,

    /// Sessions that one system_id may have bound at once; above that ESME_RBINDFAIL.
    #[arg(long, value_name = "N", default_value_t = Self::default().sessions, help_heading = RESPONSES)]
    pub sessions: usize,

    /// The sc_interface_version in the response to a bind.
    #[arg(long, value_name = "VERSION", value_enum, default_value_t, help_heading = RESPONSES)]
    pub interface_version: Announced,

    #[command(flatten)]
    pub receipts: Receipts,

    #[command(flatten)]
    pub dialect: Dialect,

    #[command(flatten)]
    pub faults: Faults,
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

const RESPONSES: &str = "Responses";

impl Behaviour {
    /// What is said of a message above the window.
    pub(super) fn above_window(&self) -> Status {
        match self.window_fails {
            true => Status::RSUBMITFAIL,
            false => Status::RMSGQFUL,
        }
    }
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            latency: Delay::NONE,
            tps: None,
            window: 10_000,
            window_fails: false,
            queue: 500_000,
            errors: ErrorRates::default(),
            disorder: Share::NEVER,
            unanswered: Share::NEVER,
            late: Share::NEVER,
            late_by: Duration::from_secs(35),
            refused_first: Share::NEVER,
            answered_twice: Share::NEVER,
            misnamed: Share::NEVER,
            sessions: 100,
            interface_version: Announced::default(),
            receipts: Receipts::default(),
            dialect: Dialect::default(),
            faults: Faults::default(),
        }
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
    fn every_key_of_the_json_is_documented() {
        let docs = include_str!("../../../docs/testing-with-the-simulator.md");
        let row = |table: &str| {
            let begins = |line: &&str| line.starts_with(&format!("| {table} |"));
            let mut rows = docs.lines().filter(begins);
            rows.next()
                .unwrap_or_else(|| panic!("{table} is documented"))
        };
        let behaviour = serde_json::to_value(Behaviour::default()).unwrap();
        for (key, value) in behaviour.as_object().unwrap() {
            match value.as_object() {
                Some(table) => {
                    let documented = row(&format!("`{key}`"));
                    for key in table.keys() {
                        assert!(documented.contains(&format!("`{key}`")), "{key}");
                    }
                }
                None => assert!(row("at the top").contains(&format!("`{key}`")), "{key}"),
            }
        }
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
            "--late=1%",
            "--late-by=40s",
            "--refused-first=3%",
            "--misnamed=2%",
            "--receipt-in=data-sm",
            "--receipt-wording=bare",
            "--receipt-session=other",
            "--receipt-id-width=10",
            "--no-reference",
            "--receipt-unmarked",
            "--refusals=nack",
            "--tlv-errors=0xC1=1",
            "--numbering=high",
            "--ussd=6d",
            "--enquire-link=5s",
            "--outbind",
            "--mute-after=1m",
        ]);
        let json = r#"{
            "latency": "5ms+1ms", "tps": 300, "errors": "ESME_RSYSERR=0.01",
            "receipts": {"delay": "1s+4s", "form": "tlv", "ids": "hex-then-decimal", "first": 0.1,
                "in": "data-sm", "wording": "bare", "session": "other", "id-width-in-receipts": 10,
                "no-reference": true, "unmarked": true},
            "late": 0.01, "late-by": "40s", "refused-first": 0.03, "misnamed": 0.02,
            "dialect": {"refusals": "nack", "tlv-errors": "ESME_RTLVNOTALLWD=1", "numbering": "high",
                "ussd": "6d", "enquire-link": "5s", "outbind": true},
            "faults": {"disconnect-every": 1000, "refuse-binds": "2s", "mute-after": "1m"}
        }"#;
        let read: Behaviour = serde_json::from_str(json).unwrap();
        assert_eq!(read, flags.behaviour);
        let written = serde_json::to_string(&read).unwrap();
        assert_eq!(serde_json::from_str::<Behaviour>(&written).unwrap(), read);
    }
}
