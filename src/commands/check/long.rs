//! Texts that take more segments than they should, or could with long values.

use std::fmt;

use xabar_sms::Cost;

use super::super::print::{Cell, HEADING, Table};
use crate::compose::Listed;

/// A text that takes, or could take, too many segments.
pub(super) struct LongText<'a> {
    listed: Listed<'a>,
    cost: Cost,
    /// With which values: each with its characters. None: its own words are too many.
    with: Vec<(&'a str, usize)>,
}

impl<'a> LongText<'a> {
    /// Nothing if it is short enough. Where nobody set a budget, one segment should do for a text's own words.
    pub(super) fn of(listed: Listed<'a>) -> Option<Self> {
        let (cost, with) = if listed.least.segments > listed.budget.unwrap_or(1) {
            (listed.least, Vec::new())
        } else if listed.most.segments > listed.limit() {
            (listed.most, listed.longest_values().collect())
        } else {
            return None;
        };
        Some(Self { listed, cost, with })
    }

    /// The values, as in `office 60, reason 80`.
    fn values(&self) -> String {
        let values = self.with.iter();
        let values: Vec<String> = values
            .map(|(name, most)| format!("{name} {most}"))
            .collect();
        values.join(", ")
    }
}

/// For scripts, and for whoever asks for one text.
impl fmt::Display for LongText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (listed, cost) = (&self.listed, self.cost);
        let Cost {
            segments,
            encoding,
            characters,
        } = cost;
        let (language, key) = (listed.language, listed.key());
        write!(f, "{language}: `{key}` takes {segments} segments ")?;
        if self.with.is_empty() {
            let when = "before any value is put in";
            write!(f, "{when} ({encoding}, {characters} characters)")?;
        } else {
            let (when, values) = ("with every value at its longest", self.values());
            write!(f, "{when} ({encoding}, {characters} characters: {values})")?;
        }
        match listed.budget {
            Some(budget) => write!(f, "; its `budget.segments` is {budget}"),
            None if self.with.is_empty() => Ok(()),
            None => write!(f, "; it is shortened to {}", listed.limit()),
        }
    }
}

/// A line a text.
pub(super) fn table(texts: &[LongText<'_>]) -> Table {
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
        let with = match text.values() {
            none if none.is_empty() => "its own words alone".to_owned(),
            values => values,
        };
        table.row([
            Cell::new(text.listed.key()),
            Cell::new(text.listed.language.as_str()),
            Cell::number(text.cost.segments),
            Cell::number(text.listed.budget.unwrap_or(match text.with.is_empty() {
                true => 1,
                false => text.listed.limit(),
            })),
            Cell::new(with),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;
    use crate::compose::Catalog;
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
        let texts: Vec<_> = catalog.templates().filter_map(LongText::of).collect();
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
}
