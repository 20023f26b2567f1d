//! Texts that are shortened only for what is rare: values in Cyrillic letters, or a long number of an application.

use serde_json::{Value, json};
use xabar_events::Language;

use super::super::print::{Cell, HEADING, Table};
use crate::compose::{Catalog, LONGEST_NUMBER, Listed};

/// What is rare, and costs more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rarity {
    /// In a text that is in Latin letters otherwise.
    CyrillicValues,
    LongNumber,
}

/// A text that takes more segments than it may then, in some languages.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RareText {
    /// Such as `messages.ready`.
    key: String,
    languages: Vec<Language>,
    pub(super) rarity: Rarity,
    segments: usize,
    limit: usize,
    /// The most characters of each value, as in `office 60, reason 80`.
    values: String,
}

impl RareText {
    /// All of them but those that are too long in any case.
    pub(super) fn all_in(catalog: &Catalog) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        let usual = |it: &Listed<'_>| it.most.segments <= it.limit();
        for listed in catalog.templates().filter(usual) {
            let of = |rarity| Self::of(&listed, rarity);
            let rarities = [Rarity::CyrillicValues, Rarity::LongNumber];
            for text in rarities.into_iter().filter_map(of) {
                match all.iter_mut().find(|it| it.is_the_same(&text)) {
                    Some(known) => known.languages.extend(text.languages),
                    None => all.push(text),
                }
            }
        }
        all
    }

    fn of(listed: &Listed<'_>, rarity: Rarity) -> Option<Self> {
        let cost = match rarity {
            Rarity::CyrillicValues => listed.most_in_cyrillic(),
            Rarity::LongNumber => listed.most_with_the_longest_number(),
        };
        let values = listed.longest_values();
        let values: Vec<String> = values
            .map(|(name, most)| format!("{name} {most}"))
            .collect();
        (cost.segments > listed.limit()).then(|| Self {
            key: listed.key(),
            languages: vec![listed.language],
            rarity,
            segments: cost.segments,
            limit: listed.limit(),
            values: values.join(", "),
        })
    }

    /// In another language.
    fn is_the_same(&self, other: &Self) -> bool {
        let of = |it: &Self| (it.rarity, it.segments, it.limit);
        self.key == other.key && of(self) == of(other) && self.values == other.values
    }

    /// In how many languages.
    pub(super) fn count(&self) -> usize {
        self.languages.len()
    }

    fn languages(&self) -> String {
        let languages: Vec<&str> = self.languages.iter().map(|it| it.as_str()).collect();
        languages.join(" ")
    }

    /// What makes it so long.
    fn with(&self) -> String {
        let values = &self.values;
        match self.rarity {
            Rarity::CyrillicValues => format!("{values}, in Cyrillic letters"),
            Rarity::LongNumber if values.is_empty() => format!("a number of {LONGEST_NUMBER}"),
            Rarity::LongNumber => format!("a number of {LONGEST_NUMBER}, {values}"),
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "text": self.key,
            "languages": self.languages,
            "segments": self.segments,
            "budget": self.limit,
            "with": self.with(),
        })
    }
}

/// A line a text.
pub(super) fn table(texts: &[RareText]) -> Table {
    let mut table = Table::default();
    let heading = [
        Cell::new("text"),
        Cell::new("languages"),
        Cell::number("segments"),
        Cell::number("budget"),
        Cell::new("with the most characters"),
    ];
    table.row(heading.map(|it| it.style(HEADING)));
    for text in texts {
        table.row([
            Cell::new(text.key.as_str()),
            Cell::new(text.languages()),
            Cell::number(text.segments),
            Cell::number(text.limit),
            Cell::new(text.with()),
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
    fn each_is_a_line_with_its_languages_and_what_makes_it_too_long() {
        let text = "[messages]\nready = \"Ready.[ Office: {office:80}.][ By {day:date}.]\"\n\
                    received = \"We have received your application {application}.[ Reason: {reason:80}.]\"\n\
                    done = \"Done.\"\n[budget]\nsegments = 1\n";
        let folder = Folder::with([("en.toml", text), ("uz-Latn.toml", text)]);
        let catalog = Catalog::load(folder.as_path()).unwrap();
        let mut out = Vec::new();
        table(&RareText::all_in(&catalog)).print(&mut out).unwrap();
        let printed = strip_str(&String::from_utf8(out).unwrap()).to_string();
        let expected = "\
text               languages   segments  budget  with the most characters
messages.ready     uz-Latn en         2       1  office 80, day 10, in Cyrillic letters
messages.received  uz-Latn en         2       1  reason 80, in Cyrillic letters
messages.received  uz-Latn en         2       1  a number of 64, reason 80
";
        assert_eq!(printed, expected);
    }
}
