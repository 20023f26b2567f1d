//! What works, but perhaps not as it was meant, of settings and texts together.

use std::collections::BTreeSet;

use xabar_events::Language;

use crate::compose::Catalog;
use crate::control::settings::Settings;

/// All of it, a sentence each; what is told of a line of the configuration stands in `Settings::warnings`.
pub fn doubts(settings: &Settings, catalog: &Catalog) -> Vec<String> {
    let mut doubts = Vec::new();
    if settings.operators.is_empty() {
        let what = "there is no [[operator]]: every message would fail with no-route";
        doubts.push(what.to_owned());
    }
    let default = settings.subscriber.default_language;
    // A file that is emptied or cut off may be read, and there is nothing to tell citizens in it.
    let with_texts: BTreeSet<Language> = catalog.templates().map(|it| it.language).collect();
    if !with_texts.contains(&default) {
        doubts.push(format!("the default language, {default}, has no texts"));
    }
    let others = catalog.languages().filter(|it| *it != default);
    let empty = others.filter(|it| !with_texts.contains(it));
    doubts.extend(empty.map(|it| format!("{it} has a file, and no texts in it")));
    doubts
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::control::settings::Environment;
    use crate::scratch::Folder;

    #[test]
    fn a_language_whose_file_has_no_texts_is_told() {
        let folder = Folder::new();
        let none = "[services]\npassport = \"Passport\"";
        for (file, text) in [
            ("uz-Latn", ""),
            ("ru", none),
            ("en", "[messages]\nready = \"Ready\""),
        ] {
            fs::write(folder.path(&format!("{file}.toml")), text).unwrap();
        }
        let catalog = Catalog::load(&folder.path("")).unwrap();
        let sample = include_str!("../../config/xabar.toml");
        let settings =
            Settings::read(sample, Path::new("xabar.toml"), &Environment::default()).unwrap();
        assert_eq!(
            doubts(&settings, &catalog),
            [
                "the default language, uz-Latn, has no texts",
                "ru has a file, and no texts in it",
            ]
        );
        assert!(doubts(&settings, &Catalog::built_in()).is_empty());
    }
}
