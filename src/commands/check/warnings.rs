//! What works, but perhaps not as it was meant.

use std::collections::{BTreeMap, BTreeSet};

use xabar_events::Language;

use super::long::LongText;
use super::{Good, menus};
use crate::control::settings::Problem;

impl Good {
    /// All of it, a sentence each.
    pub(super) fn warnings(&self) -> Vec<String> {
        let of_lines = self.warnings_of_lines();
        let of_lines = of_lines.iter().map(ToString::to_string);
        let long = self.long_texts();
        let long = long.iter().map(ToString::to_string);
        of_lines.chain(self.other_warnings()).chain(long).collect()
    }

    /// What is told of a line of the configuration or of a menu.
    pub(super) fn warnings_of_lines(&self) -> Vec<Problem> {
        let mut warnings = self.settings.warnings.clone();
        if self.has_ussd() {
            let longest = menus::longest(&self.catalog);
            warnings.extend(self.menus.late_statuses(&longest));
        }
        warnings
    }

    /// What is told neither of a line nor of the length of a text.
    pub(super) fn other_warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.settings.operators.is_empty() {
            warnings.push(
                "there is no [[operator]]: every message would fail with no-route".to_owned(),
            );
        }
        let default = self.settings.subscriber.default_language;
        if !self.catalog.languages().any(|language| language == default) {
            warnings.push(format!("the default language, {default}, has no texts"));
        }
        warnings.extend(self.lacking_texts());
        warnings
    }

    /// The texts that take more segments than they should, or could with long values.
    pub(super) fn long_texts(&self) -> Vec<LongText<'_>> {
        self.catalog.templates().filter_map(LongText::of).collect()
    }

    /// The texts that some languages have and others lack.
    fn lacking_texts(&self) -> impl Iterator<Item = String> {
        let mut having: BTreeMap<String, BTreeSet<Language>> = BTreeMap::new();
        for listed in self
            .catalog
            .templates()
            .filter(|listed| listed.service.is_none() && listed.agency.is_none())
        {
            having
                .entry(listed.key())
                .or_default()
                .insert(listed.language);
        }
        let all: BTreeSet<Language> = self.catalog.languages().collect();
        having.into_iter().filter_map(move |(key, having)| {
            let lacking: Vec<&str> = all
                .difference(&having)
                .map(|language| language.as_str())
                .collect();
            let lacking = (!lacking.is_empty()).then(|| lacking.join(", "))?;
            Some(format!(
                "`{key}` is lacking in {lacking}: its readers get it in another language"
            ))
        })
    }
}
