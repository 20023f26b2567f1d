//! Where a dialogue stands in the menus.

use std::fmt;

use xabar_events::Language;

/// Where a dialogue stands: all that is kept of it between two steps.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    pub(super) language: Language,
}

impl Place {
    /// The language of its screens.
    pub fn language(&self) -> Language {
        self.language
    }
}

/// Names no application.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place")
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}
