//! What a small world goes by where nothing else is said.

use std::time::Duration;

use xabar_events::{Language, State};
use xabar_smpp::receipt::Detection;
use xabar_sms::DefaultAlphabet;
use xabar_ussd::Dialect;

use super::{HOUR, MINUTE, SECOND};
use crate::compose::Catalog;
use crate::delivery::{Senders, retry};
use crate::dialogue::menu::Menus;
use crate::dialogue::ussd::Times;
use crate::numbers::Lists;
use crate::pacing::{Limit, Rules, UrgentRight};
use crate::pipeline::{DialogueRules, OperatorRules, Settings, UssdRules};

pub(crate) fn limit(messages: u32, per: Duration) -> Limit {
    Limit { messages, per }
}

pub(super) fn settings() -> Settings {
    let operator = |name: &str, prefix: &str| OperatorRules {
        name: name.into(),
        prefixes: vec![prefix.into()],
        weight: 1,
        fallback: Vec::new(),
        move_after: None,
        receipts: true,
        query: false,
        receipt_ids: None,
        detection: Detection::default(),
        accepted_is_delivered: false,
        alphabet: DefaultAlphabet::Gsm7,
        senders: Senders::new("MyGov", []).answering_from(Some("555")),
        ussd: Some(UssdRules {
            dialect: Dialect::GENERIC,
            times: Times {
                answer: MINUTE,
                resume: MINUTE,
            },
        }),
        push: None,
        logins: vec![format!("xabar at {name}")],
    };
    Settings {
        operators: vec![operator("ucell", "99893"), operator("beeline", "99890")],
        lists: Lists::default(),
        looked_up: false,
        rules: Rules::default(),
        urgent: UrgentRight::default(),
        legal: ["kadastr".into()].into(),
        dialogue: DialogueRules {
            answers: Vec::new(),
            help: 6 * HOUR,
            agencies: Vec::new(),
            menus: menus(),
        },
        default_language: Language::UzLatn,
        expires: 72 * HOUR,
        duplicates: 7 * 24 * HOUR,
        retention: 7 * 24 * HOUR,
        uncertain: 30 * SECOND,
        receipt: 72 * HOUR,
        retry: retry::Policy::default(),
        told: State::ALL.iter().copied().collect(),
        traced: None,
    }
}

fn menus() -> Menus {
    let catalog = Catalog::built_in();
    Menus::built_in(|language| catalog.rules(language))
}
