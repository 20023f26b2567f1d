//! The USSD menus: what a screen says, and where each answer leads.
//!
//! In: what was dialled or typed, and what the journal knows. Out: a [`Step`]: a screen, the last one, or a
//! [`Question`] to be answered first. What is kept between two steps is a [`Place`]. No IO but for reading the
//! menus at the start, no clock, and no journal.

mod declared;
mod fit;
mod layout;
mod load;
mod meaning;
mod place;
mod read;
mod sheet;
mod show;
mod sound;
mod step;
#[cfg(test)]
mod tests;
mod told;
mod tree;
mod walk;
mod wording;

use xabar_events::Language;
use xabar_sms::LanguageRules;

pub use fit::Fill;
pub use place::Place;
pub use step::{About, Application, Facts, Listed, Picked, Question, Sms, Step, Which};
pub use told::Longest;
pub use tree::{Branch, Tree};

use declared::Menu;
use layout::{Content, lay};

/// All menus.
#[derive(Clone, Debug, PartialEq)]
pub struct Menus {
    menus: Vec<Menu>,
    rules: Rules,
}

/// What each language allows to make a text shorter.
#[derive(Clone, Debug, Default, PartialEq)]
struct Rules(Vec<(Language, LanguageRules)>);

impl Rules {
    fn of(&self, language: Language) -> LanguageRules {
        let found = self.0.iter().find(|(known, _)| *known == language);
        found.map_or_else(LanguageRules::default, |(_, rules)| *rules)
    }
}

impl Menus {
    /// What a phone shows of a text that is to fit one screen.
    fn one_page(&self, text: &str, language: Language) -> String {
        let content = Content {
            text: text.to_owned(),
            ..Content::default()
        };
        self.first_page(&content, language)
    }

    fn first_page(&self, content: &Content, language: Language) -> String {
        let pages = lay(content, self.rules.of(language)).pages;
        let first = pages.into_iter().next();
        first.map_or_else(String::new, |page| page.text)
    }
}
