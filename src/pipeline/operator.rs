//! An operator as the pipeline sees it: how it does, and what its links have room for.

use std::sync::Arc;
use std::time::Duration;

use xabar_smpp::receipt::Detection;
use xabar_sms::DefaultAlphabet;

use super::asking::Asking;
use super::hearing::Hearing;
use super::load::Pressure;
use super::outage::Outage;
use super::settings::OperatorRules;
use super::unnamed::Unnamed;
use super::ussd::UssdRules;
use crate::clock::Now;
use crate::delivery::receipt::Spellings;
use crate::delivery::{Circuit, Offer, Senders, Share};
use crate::journal::OperatorId;
use crate::pacing::{Among, UrgentRight};

/// One of them.
#[derive(Debug)]
pub(super) struct Operator {
    pub(super) name: Box<str>,
    pub(super) receipts: bool,
    pub(super) alphabet: DefaultAlphabet,
    pub(super) senders: Senders,
    pub(super) ussd: Option<UssdRules>,
    pub(super) push: Option<UrgentRight>,
    /// The operators whose receipts may come over this one's sessions: itself, and those of the same login.
    pub(super) peers: Arc<[OperatorId]>,
    pub(super) offer: Offer,
    /// Submissions that its link got, since the start.
    pub(super) given: u64,
    /// How many screens it was given in all.
    pub(super) shown: u64,
    pub(super) outage: Outage,
    pub(super) hearing: Hearing,
    pub(super) pressure: Pressure,
    /// Whether those that wait were told.
    pub(super) down_told: bool,
    pub(super) circuit: Circuit,
    /// What part of its weight it has, if it shares numbers with others.
    pub(super) share: Option<Share>,
    /// New messages that are to try whether it is well again, nothing else of it being there to do so.
    pub(super) probes: u64,
    pub(super) fallback: Vec<OperatorId>,
    pub(super) move_after: Option<Duration>,
    /// Whether what waits for it is to move.
    pub(super) away: bool,
    /// Whether some of its messages may wait for its fallbacks.
    pub(super) moved_away: bool,
    /// Whether what waits for it on behalf of others is to go on to a third one.
    pub(super) relieved: bool,
    /// Whether staff paused it: what is for it waits, and nothing that is another's comes to it.
    pub(super) paused: bool,
    pub(super) detection: Detection,
    pub(super) accepted_is_delivered: bool,
    pub(super) spellings: Spellings,
    pub(super) unnamed: Unnamed,
    /// `None`: it is not asked.
    pub(super) asking: Option<Asking>,
}

impl Operator {
    pub(super) fn new(rules: &OperatorRules, now: &Now) -> Self {
        Self {
            name: rules.name.as_str().into(),
            receipts: rules.receipts,
            alphabet: rules.alphabet,
            senders: rules.senders.clone(),
            ussd: rules.ussd,
            push: rules.push.clone(),
            peers: Arc::default(),
            offer: Offer::default(),
            given: 0,
            shown: 0,
            outage: Outage::from(now.steady),
            hearing: Hearing::default(),
            pressure: Pressure::default(),
            down_told: false,
            circuit: Circuit::default(),
            share: None,
            probes: 0,
            fallback: Vec::new(),
            move_after: None,
            away: false,
            moved_away: false,
            relieved: false,
            paused: false,
            detection: rules.detection,
            accepted_is_delivered: rules.accepted_is_delivered,
            spellings: Spellings::new(rules.receipt_ids),
            unnamed: Unnamed::default(),
            asking: rules.query.then(Asking::default),
        }
    }

    /// How many more submissions its link asks for: none while nothing is submitted on, whatever it asked for before.
    fn left(&self) -> u64 {
        match self.offer.submitting {
            0 => 0,
            _ => self.offer.granted.saturating_sub(self.given),
        }
    }

    /// How many more screens its link takes with that of a dialogue that begins.
    pub(super) fn screens_left(&self) -> usize {
        let left = self.offer.dialogues.saturating_sub(self.shown);
        usize::try_from(left).unwrap_or(usize::MAX)
    }

    /// How many more submissions its link takes now.
    pub(super) fn room(&self) -> u64 {
        self.left().min(self.circuit.takes())
    }

    /// Which lanes may use what room it has; `None`: it has none.
    pub(super) fn open_to(&self) -> Option<Among> {
        let among = match self.left() > self.offer.kept {
            true => Among::All,
            false => Among::Urgent,
        };
        (self.room() > 0).then_some(among)
    }
}
