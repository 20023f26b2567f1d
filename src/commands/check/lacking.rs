//! Texts that some languages have and others lack.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use xabar_events::Language;

use super::super::print::{Cell, HEADING, Table};
use crate::compose::{Catalog, Listed};
use crate::control::settings::Place;

/// A text, or a table of texts, that is not in every language.
pub(super) struct Lacking<'a> {
    /// Such as `messages.passport.ready`, or `messages.passport` where nothing of it is there.
    key: String,
    languages: Vec<&'static str>,
    /// Where another language has it.
    place: &'a Place,
    /// Whether a more general text could go instead.
    special: bool,
}

impl<'a> Lacking<'a> {
    /// All of them, in the order in which texts are looked for from the general to the special.
    pub(super) fn all_in(catalog: &'a Catalog) -> Vec<Self> {
        let languages: BTreeSet<Language> = catalog.languages().collect();
        let mut tables: BTreeMap<_, Vec<Listed<'a>>> = BTreeMap::new();
        for listed in catalog.templates() {
            let table = tables.entry((listed.agency, listed.service));
            table.or_default().push(listed);
        }
        let tables = tables.values();
        tables
            .flat_map(|texts| in_table(texts, &languages))
            .collect()
    }

    /// Nothing if all these languages have one of these texts.
    fn of(key: String, texts: &[&Listed<'a>], languages: &BTreeSet<Language>) -> Option<Self> {
        let having = texts.iter().map(|listed| listed.language).collect();
        let lacking = languages.difference(&having);
        let languages: Vec<&str> = lacking.map(|language| language.as_str()).collect();
        let first = texts.iter().min_by_key(|listed| listed.place())?;
        (!languages.is_empty()).then(|| Self {
            key,
            languages,
            place: first.place(),
            special: first.agency.is_some() || first.service.is_some(),
        })
    }
}

/// The table itself for the languages that have nothing of it, then its texts for the others.
fn in_table<'a>(texts: &[Listed<'a>], languages: &BTreeSet<Language>) -> Vec<Lacking<'a>> {
    let all: Vec<&Listed<'a>> = texts.iter().collect();
    let Some(first) = all.first() else {
        return Vec::new();
    };
    let having = all.iter().map(|listed| listed.language).collect();
    let mut by_status: BTreeMap<&str, Vec<&Listed<'a>>> = BTreeMap::new();
    for listed in &all {
        by_status.entry(listed.status).or_default().push(listed);
    }
    let table = Lacking::of(first.table(), &all, languages);
    let texts = by_status.values();
    let texts = texts.filter_map(|of| Lacking::of(of.first()?.key(), of, &having));
    table.into_iter().chain(texts).collect()
}

/// For scripts.
impl fmt::Display for Lacking<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (place, key, lacking) = (self.place, &self.key, self.languages.join(", "));
        let instead = match self.special {
            true => "a more general text, or one in another language",
            false => "it in another language",
        };
        write!(
            f,
            "{place}: `{key}` is lacking in {lacking}: its readers get {instead}"
        )
    }
}

/// A line each.
pub(super) fn table(lacking: &[Lacking<'_>]) -> Table {
    let mut table = Table::default();
    let heading = ["text", "lacking in", "stands at"];
    table.row(heading.map(|it| Cell::new(it).style(HEADING)));
    for it in lacking {
        table.row([
            Cell::new(it.key.as_str()),
            Cell::new(it.languages.join(", ")),
            Cell::new(it.place.to_string()),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;
    use crate::scratch::Folder;

    #[test]
    fn each_text_that_a_language_lacks_is_a_line_and_a_table_is_one() {
        let folder = Folder::with([
            (
                "en.toml",
                "[messages]\nready = \"Ready.\"\nreturned = \"Returned.\"\n[messages.passport]\n\
                 ready = \"Passport ready.\"\napproved = \"Approved.\"\n",
            ),
            (
                "ru.toml",
                "[messages]\nready = \"Готово.\"\n[messages.passport]\napproved = \"Одобрено.\"\n\
                 [messages.pasport]\nready = \"Готов.\"\napproved = \"Одобрен.\"\n\
                 [agencies.kadastr]\nready = \"Готово.\"\n",
            ),
            ("kaa.toml", "fallback = [\"ru\"]\n"),
        ]);
        let catalog = Catalog::load(folder.as_path()).unwrap();
        let lacking = Lacking::all_in(&catalog);
        let mut out = Vec::new();
        table(&lacking).print(&mut out).unwrap();
        let printed = strip_str(&String::from_utf8(out).unwrap()).to_string();
        let expected = "\
text                     lacking in  stands at
messages                 kaa         en.toml:2:9
messages.returned        ru          en.toml:3:12
messages.pasport         kaa, en     ru.toml:6:9
messages.passport        kaa         en.toml:5:9
messages.passport.ready  ru          en.toml:5:9
agencies.kadastr         kaa, en     ru.toml:9:9
";
        assert_eq!(folder.within(&printed), expected);
        let told = lacking.iter().map(|it| folder.within(it));
        let told: Vec<String> = told.filter(|it| it.contains("in ru")).collect();
        let expected = [
            "en.toml:3:12: `messages.returned` is lacking in ru: its readers get it in another language",
            "en.toml:5:9: `messages.passport.ready` is lacking in ru: its readers get a more general text, or one in \
             another language",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn the_texts_that_come_with_the_gateway_are_in_every_language() {
        assert!(Lacking::all_in(&Catalog::built_in()).is_empty());
    }
}
