//! Other rules while it runs: limits, hours, quotas, rights, texts, menus, routes.
//!
//! Which operators there are, and how their links and sockets are used, is read at the start only.

use std::collections::BTreeMap;

use super::beat::Beat;
use super::core::Core;
use super::settings::{OperatorRules, Settings};
use crate::clock::Now;
use crate::compose::Catalog;
use crate::delivery::{Carrier, Configured, Routes, Setting, Tuning};
use crate::dialogue::Keywords;
use crate::journal::{Ask, JournalError, OperatorId};
use crate::pacing::{Limits, Rules};

/// What to go by from now on.
#[derive(Debug)]
pub struct NewRules {
    /// Its lists of numbers are followed by themselves, and not taken from here.
    pub settings: Settings,
    pub catalog: Catalog,
    pub operators: Vec<OfOperator>,
}

/// What is configured of an operator, and what of that is to hold instead of what staff set.
#[derive(Debug)]
pub struct OfOperator {
    pub name: String,
    pub link: Configured,
    pub tuning: Tuning,
    pub weight: Setting<u32>,
}

impl Core {
    /// Goes by other rules. What was put off is judged anew if those for that changed.
    pub(super) fn take_rules(
        &mut self,
        beat: &mut Beat,
        rules: NewRules,
    ) -> Result<(), JournalError> {
        let NewRules {
            settings,
            catalog,
            operators: configured,
        } = rules;
        for operator in configured {
            // One that is new is known after the next start.
            if let Ok(id) = self.named(&operator.name) {
                beat.configure(id, operator.link);
                beat.tune(id, operator.tuning);
                if operator.weight == Setting::Configured {
                    self.weights.remove(&id);
                }
            }
        }
        let Settings {
            operators,
            lists: _,
            looked_up: _,
            mut rules,
            urgent,
            legal,
            dialogue,
            default_language,
            expires,
            duplicates,
            retention,
            uncertain: _,
            receipt,
            retry,
            told,
            traced: _,
        } = settings;
        // What of a link is kept for which lane its task has known since the start.
        rules.sharing.shares = self.settings.rules.sharing.shares;
        self.pace_by(rules, &beat.now)?;
        self.keywords = Keywords::new(catalog.keywords());
        self.catalog = catalog;
        self.answer_limits = Limits::new(&dialogue.answers);
        self.ussd.change_menus(&dialogue.menus);
        self.teller.tells(told);
        let (now, held) = (beat.now.steady, &mut self.settings);
        self.receipt_before.changes(now, held.receipt, receipt);
        self.duplicates_before
            .changes(now, held.duplicates, duplicates);
        (held.urgent, held.legal, held.dialogue) = (urgent, legal, dialogue);
        (held.default_language, held.retry) = (default_language, retry);
        (held.expires, held.duplicates, held.receipt) = (expires, duplicates, receipt);
        held.retention = retention;
        self.route_by(operators);
        self.routes_changed();
        Ok(())
    }

    /// Goes by other rules of pace, for what waits, too.
    pub(super) fn pace_by(&mut self, rules: Rules, now: &Now) -> Result<(), JournalError> {
        let journal = &mut self.journal;
        self.pacer.change_rules(&rules, now, |waiting| {
            let asks = waiting.iter().map(|message| Ask {
                key: &message.key,
                about: Some((message.thread, message.msisdn)),
            });
            let asks: Vec<Ask<'_>> = asks.collect();
            let facts = journal.facts(&asks)?.into_iter();
            Ok::<_, JournalError>(facts.map(|it| it.subscriber).collect())
        })?;
        let affected = rules.affected(&self.settings.rules);
        self.review.go_by(rules.fingerprint(), affected);
        self.queues.weigh(rules.sharing.weights.clone());
        self.settings.rules = rules;
        Ok(())
    }

    /// Whose numbers are whose, and who stands in for whom, as far as these are the operators there are: else as before.
    pub(super) fn route_by(&mut self, rules: Vec<OperatorRules>) {
        let ids: BTreeMap<&str, OperatorId> = self
            .operators
            .iter()
            .map(|(id, operator)| (&*operator.name, *id))
            .collect();
        let known: Option<Vec<OperatorId>> = rules
            .iter()
            .map(|rules| ids.get(rules.name.as_str()).copied())
            .collect();
        let Some(known) = known.filter(|known| known.len() == ids.len()) else {
            return;
        };
        let fallbacks: Vec<Vec<OperatorId>> = rules
            .iter()
            .map(|rules| {
                let fallback = rules.fallback.iter();
                let fallback = fallback.filter_map(|name| ids.get(name.as_str()).copied());
                fallback.collect()
            })
            .collect();
        let carried = known.iter().zip(&rules).flat_map(|(id, rules)| {
            let weight = self.weights.get(id).copied();
            let carrier = Carrier::new(*id, &rules.name, weight.unwrap_or(rules.weight));
            let prefixes = rules.prefixes.iter();
            prefixes.map(move |prefix| (prefix.as_str(), carrier))
        });
        self.routes = Routes::new(carried);
        for ((id, rules), fallback) in known.into_iter().zip(&rules).zip(fallbacks) {
            let is_shared = self.routes.is_shared(id);
            if let Some(operator) = self.operators.get_mut(&id) {
                operator.fallback = fallback;
                operator.move_after = rules.move_after;
                let share = operator.share.take();
                operator.share = is_shared.then(|| share.unwrap_or_default());
            }
        }
        self.settings.operators = rules;
        self.take_ported(self.settings.lists.ported.clone());
    }
}
