//! Texts and answers that take more segments than they should, or could with long values.

use std::fmt;

use xabar_events::Language;
use xabar_sms::Cost;

use super::super::print::{Cell, HEADING, Table};
use crate::compose::{Catalog, LONGEST_NUMBER, Listed, LongestAnswer};

/// A text that takes, or could take, too many segments.
pub(super) struct LongText {
    language: Language,
    /// Such as `messages.ready` or `answers.status`.
    key: String,
    cost: Cost,
    limit: Limit,
    /// What makes it so long.
    why: Why,
}

/// The most segments that it should take, and who says so.
enum Limit {
    /// Its own `budget.segments`, or that of its language.
    Set(usize),
    Usual(usize),
}

enum Why {
    /// Its own words are too many.
    Words,
    /// These are the values, as in `office 60, reason 80`.
    Values(String),
    /// It cannot be made short enough with the longest number of an application, or with other names that stand in it.
    Names,
}

impl LongText {
    /// All of them.
    pub(super) fn all_in(catalog: &Catalog) -> Vec<Self> {
        let texts = catalog.templates().filter_map(|it| Self::of(&it));
        texts
            .chain(catalog.answers().filter_map(Self::of_answer))
            .collect()
    }

    /// Nothing if it is short enough. Where nobody set a budget, one segment should do for a text's own words.
    fn of(listed: &Listed<'_>) -> Option<Self> {
        let usual = |segments| listed.budget.map_or(Limit::Usual(segments), Limit::Set);
        let (cost, limit, why) = if listed.least.segments > listed.budget.unwrap_or(1) {
            (listed.least, usual(1), Why::Words)
        } else if listed.shortened().segments > listed.limit() {
            (listed.shortened(), usual(listed.limit()), Why::Names)
        } else if listed.most.segments > listed.limit() {
            let values = listed.longest_values();
            let values: Vec<String> = values
                .map(|(name, most)| format!("{name} {most}"))
                .collect();
            let why = Why::Values(values.join(", "));
            (listed.most, usual(listed.limit()), why)
        } else {
            return None;
        };
        Some(Self {
            language: listed.language,
            key: listed.key(),
            cost,
            limit,
            why,
        })
    }

    fn of_answer(answer: LongestAnswer<'_>) -> Option<Self> {
        (answer.cost.segments > answer.limit).then(|| Self {
            language: answer.language,
            key: format!("answers.{}", answer.key),
            cost: answer.cost,
            limit: Limit::Usual(answer.limit),
            why: Why::Names,
        })
    }
}

impl Limit {
    fn segments(&self) -> usize {
        match self {
            Self::Set(segments) | Self::Usual(segments) => *segments,
        }
    }
}

/// For scripts, and for whoever asks for one text.
impl fmt::Display for LongText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            language, key, why, ..
        } = self;
        let Cost {
            segments,
            encoding,
            characters,
        } = self.cost;
        let cost = format!("{encoding}, {characters} characters");
        write!(f, "{language}: `{key}` takes {segments} segments ")?;
        match why {
            Why::Words => write!(f, "before any value is put in ({cost})")?,
            Why::Values(values) => {
                write!(f, "with every value at its longest ({cost}: {values})")?;
            }
            Why::Names => write!(
                f,
                "however it is shortened ({cost}: its own words, with an application's number of {LONGEST_NUMBER})"
            )?,
        }
        match (&self.limit, why) {
            (Limit::Set(budget), _) => write!(f, "; its `budget.segments` is {budget}"),
            (Limit::Usual(_), Why::Words) => Ok(()),
            (Limit::Usual(limit), Why::Values(_)) => write!(f, "; it is shortened to {limit}"),
            (Limit::Usual(limit), Why::Names) => write!(f, "; it should take at most {limit}"),
        }
    }
}

/// A line a text.
pub(super) fn table(texts: &[LongText]) -> Table {
    let mut table = Table::default();
    let heading = [
        Cell::new("text"),
        Cell::new("language"),
        Cell::number("segments"),
        Cell::number("budget"),
        Cell::new("with the most characters"),
    ];
    table.row(heading.map(|it| it.style(HEADING)));
    for text in texts {
        let with = match &text.why {
            Why::Words => "its own words alone",
            Why::Values(values) => values,
            Why::Names => "its own words, with the longest number",
        };
        table.row([
            Cell::new(text.key.as_str()),
            Cell::new(text.language.as_str()),
            Cell::number(text.cost.segments),
            Cell::number(text.limit.segments()),
            Cell::new(with),
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
    fn each_is_a_line_with_what_makes_it_too_long() {
        let long = "a".repeat(161);
        let text = format!(
            "[messages]\nready = \"Ready.[ Office: {{office:80}}.][ Reason: {{reason}}.][ More: {{more}}.]\"\n\
             approved = \"{long}\"\nreceived = \"Received.[ Office: {{office}}.]\"\n\
             returned = {{ text = \"Returned.[ Reason: {{reason}}.][ By {{day:date}}.]\", segments = 1 }}\n"
        );
        let folder = Folder::with([("en.toml", text.as_str())]);
        let catalog = Catalog::load(folder.as_path()).unwrap();
        let texts = LongText::all_in(&catalog);
        let mut out = Vec::new();
        table(&texts).print(&mut out).unwrap();
        let printed = strip_str(&String::from_utf8(out).unwrap()).to_string();
        let expected = "\
text               language  segments  budget  with the most characters
messages.approved  en               2       1  its own words alone
messages.ready     en               3       2  office 80, reason 120, more 120
";
        assert_eq!(printed, expected);
    }

    #[test]
    fn what_cannot_be_shortened_to_its_segments_is_told_with_the_longest_number() {
        let words = "Заявление №{application} ({service}) принято, ожидайте решения";
        let answer = "Состояние вашего заявления за номером {application} на сегодня таково: ({service}) {status}.";
        let text = format!(
            "[services]\npassport = \"паспорт\"\n[messages]\nready = \"{words}.\"\n\
             done = {{ text = \"{words} в течение трёх рабочих дней.\", segments = 2 }}\n[answers]\nstatus = \"{answer}\"\n"
        );
        let folder = Folder::with([("ru.toml", text.as_str())]);
        let catalog = Catalog::load(folder.as_path()).unwrap();
        let told = LongText::all_in(&catalog);
        let told: Vec<String> = told.iter().map(ToString::to_string).collect();
        let with = "its own words, with an application's number of 64)";
        let expected = [
            format!(
                "ru: `messages.done` takes 3 segments however it is shortened (ucs2, 140 characters: {with}; \
                 its `budget.segments` is 2"
            ),
            format!(
                "ru: `answers.status` takes 3 segments however it is shortened (ucs2, 139 characters: {with}; \
                 it should take at most 2"
            ),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_latin_text_is_short_enough_with_a_number_in_cyrillic() {
        let words = "Your application {application} ({service}) has been received. We will tell you the result by SMS.";
        let text = format!("[messages]\nreceived = \"{words}\"\n");
        let folder = Folder::with([("en.toml", text.as_str())]);
        let catalog = Catalog::load(folder.as_path()).unwrap();
        assert_eq!(LongText::all_in(&catalog).len(), 0);
    }
}
