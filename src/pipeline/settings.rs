//! What the pipeline goes by: the configuration, as far as it decides by it.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use xabar_events::{Language, State};
use xabar_smpp::message_id::Spelling;
use xabar_smpp::receipt::Detection;
use xabar_sms::DefaultAlphabet;

use super::ussd::UssdRules;
use crate::delivery::{Senders, retry};
use crate::dialogue::menu::Menus;
use crate::numbers::Lists;
use crate::pacing::{Limit, Rules, UrgentRight};
use crate::traces::Sampling;

/// What the pipeline goes by.
#[derive(Clone, Debug)]
pub struct Settings {
    pub operators: Vec<OperatorRules>,
    pub lists: Lists,
    /// Whether numbers are looked up before they come in: then a message's operator says more than its prefix.
    pub looked_up: bool,
    pub rules: Rules,
    /// Whose urgent messages are treated as such.
    pub urgent: UrgentRight,
    /// The agencies whose messages go past an opt-out where they are required by law.
    pub legal: BTreeSet<Box<str>>,
    pub dialogue: DialogueRules,
    pub default_language: Language,
    /// How long a message whose event does not say may wait.
    pub expires: Duration,
    /// How long the key of a settled message is remembered.
    pub duplicates: Duration,
    /// How long a settled message's number and what its text was made of are kept.
    pub retention: Duration,
    /// How long an uncertain submission waits for a late answer or a receipt.
    pub uncertain: Duration,
    /// How long a receipt is waited for.
    pub receipt: Duration,
    /// How refused messages are tried again.
    pub retry: retry::Policy,
    /// The outcomes that agencies are told.
    pub told: HashSet<State>,
    /// Which messages are traced; `None`: none.
    pub traced: Option<Sampling>,
}

/// What the pipeline goes by for what citizens write.
#[derive(Clone, Debug)]
pub struct DialogueRules {
    /// How many answers a subscriber gets.
    pub answers: Vec<Limit>,
    /// How long after one that explains what can be written there is no other.
    pub help: Duration,
    /// The names of agencies, besides those that wrote to a subscriber.
    pub agencies: Vec<Box<str>>,
    /// What phones are shown that dial.
    pub menus: Menus,
}

/// What the pipeline goes by for one operator.
#[derive(Clone, Debug)]
pub struct OperatorRules {
    pub name: String,
    pub prefixes: Vec<String>,
    /// Its part of the numbers that it shares with others.
    pub weight: u32,
    /// The names of those that may carry its messages instead, the first one first.
    pub fallback: Vec<String>,
    /// Once it has been down or failing for so long, its messages move to a fallback; `None`: they wait.
    pub move_after: Option<Duration>,
    pub receipts: bool,
    /// Whether it is asked for messages whose receipts do not come.
    pub query: bool,
    /// How it writes the ids of receipts; `None`: as they show.
    pub receipt_ids: Option<Spelling>,
    /// How its receipts are told from what phones write.
    pub detection: Detection,
    /// Whether `ACCEPTD` is its last word on what it delivers.
    pub accepted_is_delivered: bool,
    /// What its `data_coding` 0 means.
    pub alphabet: DefaultAlphabet,
    /// As whom agencies go out.
    pub senders: Senders,
    /// `None`: no USSD from this operator.
    pub ussd: Option<UssdRules>,
    /// Whose urgent messages are pushed to screens; `None`: nobody's.
    pub push: Option<UrgentRight>,
    /// Where and as whom it is logged in to: an SMSC sends receipts over any session of a login.
    pub logins: Vec<String>,
}
