//! The languages a citizen may be written to in.

use crate::named::named;

named! {
    /// The language of a text, by its BCP 47 tag.
    pub enum Language {
        /// Uzbek in Latin script.
        UzLatn = 1, "uz-Latn";
        /// Uzbek in Cyrillic script.
        UzCyrl = 2, "uz-Cyrl";
        /// Russian.
        Ru = 3, "ru";
        /// Karakalpak.
        Kaa = 4, "kaa";
        /// English.
        En = 5, "en";
    }
}
