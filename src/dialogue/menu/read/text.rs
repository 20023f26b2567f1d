//! Reads texts in all languages, and lines that can be chosen.

use xabar_events::Language;

use crate::control::settings::reading::{Cell, Table};
use crate::control::settings::values::{matching, parsed};
use crate::dialogue::menu::declared::Line;
use crate::dialogue::menu::wording::{Said, Spot, Text, Value, Wording};

pub(super) fn a_line(cell: &Cell<'_>) -> Option<Line> {
    cell.table(line)
}

pub(super) fn a_text(cell: &Cell<'_>) -> Option<Wording> {
    cell.table(|table| wording(table, &[]))
}

/// What is typed, and what stands beside it.
pub(super) fn line(table: &mut Table<'_>) -> Option<Line> {
    let digits = |text: &str| {
        let few = (1..=2).contains(&text.len());
        (few && text.bytes().all(|octet| octet.is_ascii_digit())).then(|| Box::from(text))
    };
    let press = |cell: &Cell<'_>| {
        let press = parsed("write one or two digits in quotes, such as \"1\"", digits)(cell)?;
        Some((press, Spot::of(cell)))
    };
    let press = table.required("press", "write what is typed, such as \"1\"", press);
    let label = wording(table, &[]);
    let (press, spot) = press?;
    Some(Line {
        press,
        spot,
        label: label?,
    })
}

/// The texts of all languages: one for each, or `text` for those that have none of their own.
pub(super) fn wording(table: &mut Table<'_>, allowed: &[Value]) -> Option<Wording> {
    let read = |cell: &Cell<'_>| Some((text(cell, allowed)?, Spot::of(cell)));
    let has_own = Language::ALL
        .iter()
        .any(|language| table.has(language.as_str()));
    let has_any = has_own || table.has("text");
    let of_all = table.optional("text", read);
    if !has_any {
        let all: Vec<&str> = Language::ALL
            .iter()
            .map(|language| language.as_str())
            .collect();
        let right = format!("write it in {}, or once as `text`", all.join(", "));
        table.missing("text", &right);
    }
    let mut texts = Vec::new();
    for language in Language::ALL {
        let key = language.as_str();
        if has_own && !table.has(key) && !table.has("text") {
            table.missing(
                key,
                "write it in this language, too, or once for all as `text`",
            );
        }
        let own = table.optional(key, read).or_else(|| of_all.clone());
        texts.extend(own.map(|(text, spot)| Said {
            language: *language,
            text,
            spot,
        }));
    }
    (texts.len() == Language::ALL.len()).then(|| Wording::new(texts))
}

fn text(cell: &Cell<'_>, allowed: &[Value]) -> Option<Text> {
    let right = "write a text of 1 to 1000 characters";
    let fits = |text: &str| (1..=1000).contains(&text.trim().chars().count());
    let written = matching(right, fits)(cell)?;
    let is_odd = |character: &char| character.is_control() && *character != '\n';
    if let Some(odd) = written.chars().find(is_odd) {
        let what = format!("has the control character U+{:04X}", u32::from(odd));
        return cell.wrong(
            what,
            "write it without: only a new line has its place in a text",
        );
    }
    let values = || match allowed {
        [] => "write it without braces: this text has no values".to_owned(),
        _ => {
            let names: Vec<String> = allowed
                .iter()
                .map(|it| format!("{{{}}}", it.name()))
                .collect();
            format!("the values here are {}", names.join(", "))
        }
    };
    match Text::parse(written.trim()) {
        Err(what) => cell.wrong(what, values()),
        Ok(text) if text.is_blank() => cell.wrong("says nothing that a phone shows", right),
        Ok(text) => {
            let unknown = text.values().find(|value| !allowed.contains(value));
            match unknown {
                Some(value) => cell.wrong(format!("has {{{}}}", value.name()), values()),
                None => Some(text),
            }
        }
    }
}

impl Spot {
    pub(super) fn of(cell: &Cell<'_>) -> Self {
        Self {
            key: cell.key.clone(),
            origin: cell.node.origin.clone(),
        }
    }
}
