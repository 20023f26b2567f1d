//! What works, but perhaps not as it was meant.

use std::collections::BTreeSet;

use super::lacking::Lacking;
use super::long::LongText;
use super::rare::RareText;
use super::{Good, menus};
use crate::control::settings::Problem;
use crate::gateway::doubts;

impl Good {
    /// All of it, a sentence each.
    pub(super) fn warnings(&self) -> Vec<String> {
        let of_lines = self.warnings_of_lines();
        let of_lines = of_lines.iter().map(ToString::to_string);
        let lacking = Lacking::all_in(&self.catalog);
        let lacking = lacking.iter().map(ToString::to_string);
        let long = self.long_texts();
        let long = long.iter().map(ToString::to_string);
        let others = self.other_warnings().into_iter();
        of_lines.chain(others).chain(lacking).chain(long).collect()
    }

    /// What is told of a line of the configuration or of a menu.
    pub(super) fn warnings_of_lines(&self) -> Vec<Problem> {
        let mut warnings = self.settings.warnings.clone();
        warnings.extend(self.unknown_services());
        warnings.sort_by(|a, b| a.place.cmp(&b.place));
        if self.has_ussd() {
            let longest = menus::longest(&self.catalog);
            warnings.extend(self.menus.late_statuses(&longest));
        }
        warnings
    }

    /// What is told neither of a line nor of a text.
    pub(super) fn other_warnings(&self) -> Vec<String> {
        doubts(&self.settings, &self.catalog)
    }

    /// The texts that take more segments than they should, or could with long values.
    pub(super) fn long_texts(&self) -> Vec<LongText> {
        LongText::all_in(&self.catalog)
    }

    /// The texts that are shortened only for what is rare.
    pub(super) fn rare_texts(&self) -> Vec<RareText> {
        RareText::all_in(&self.catalog)
    }

    /// The services in the configuration that have neither a name nor a text in any language.
    fn unknown_services(&self) -> Vec<Problem> {
        let mut known: BTreeSet<&str> = self.catalog.services();
        known.extend(self.catalog.templates().filter_map(|it| it.service));
        let named = self.settings.services.iter();
        named.filter_map(|it| it.unless_known(&known)).collect()
    }
}
