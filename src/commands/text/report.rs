//! All that is told of a text, for scripts and for people.

use std::io::{self, Write};

use anstyle::Style;
use serde_json::{Value, json};
use xabar_events::Language;
use xabar_sms::{Candidate, LanguageRules, candidates, cheapest, forced_by, gsm7};

use crate::commands::print::{Cell, FAINT, GOOD, HEADING, Table, WARN, styled};
use crate::compose::Catalog;

/// All that is told of a text.
pub(super) struct Report<'a> {
    text: &'a str,
    language: Option<Language>,
    sent: Candidate<'a>,
    candidates: Vec<Candidate<'a>>,
    /// A spelling that the language could allow, but does not.
    not_allowed: Option<Candidate<'a>>,
}

impl<'a> Report<'a> {
    pub(super) fn of(text: &'a str, language: Option<Language>, catalog: &Catalog) -> Self {
        let rules = language.map_or_else(LanguageRules::default, |one| catalog.rules(one));
        let allowable = language.map_or(rules, Catalog::allowable_rules);
        let candidates = candidates(text, rules);
        let mut others = xabar_sms::candidates(text, allowable).into_iter();
        Self {
            text,
            language,
            sent: cheapest(text, rules),
            not_allowed: others.find(|other| candidates.iter().all(|one| one.how != other.how)),
            candidates,
        }
    }

    pub(super) fn json(&self) -> Value {
        let cost = xabar_sms::count(self.text);
        json!({
            "text": self.text,
            "encoding": cost.encoding.as_str(),
            "characters": cost.characters,
            "segments": cost.segments,
            "forced_by": forcing(self.text),
            "sent": spelling(&self.sent),
            "candidates": self.candidates.iter().map(spelling).collect::<Vec<_>>(),
            "language": self.language,
        })
    }

    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        self.costs().print(out)?;
        for candidate in &self.candidates {
            let sent = candidate.how == self.sent.how;
            let fate = if sent { ", which goes out" } else { "" };
            let segments = segments(candidate.cost.segments);
            let heading = format!("{}, {segments}{fate}:", candidate.how);
            writeln!(out, "\n{}", styled(HEADING, heading))?;
            for line in candidate.text.split('\n') {
                writeln!(out, "  {}", marked(line))?;
            }
        }
        self.print_forcing(out)
    }

    fn print_forcing(&self, out: &mut impl Write) -> io::Result<()> {
        let forcing = forced_by(self.text);
        if forcing.is_empty() {
            return Ok(());
        }
        let heading = "Not in GSM 03.38, so they force UCS-2:";
        writeln!(out, "\n{}", styled(HEADING, heading))?;
        for row in forcing.chunks(CHARACTERS_A_ROW) {
            let row: Vec<String> = row.iter().map(|character| with_code(*character)).collect();
            writeln!(out, "  {}", row.join("   "))?;
        }
        Ok(())
    }

    fn costs(&self) -> Table {
        let mut table = Table::default();
        let head = ["spelling", "encoding", "characters", "segments"];
        table.row(head.map(|name| Cell::new(name).style(HEADING)));
        for candidate in &self.candidates {
            let sent = candidate.how == self.sent.how;
            let note = Cell::new(if sent { "← sent" } else { "" }).style(GOOD);
            table.row(costs(candidate).into_iter().chain([note]));
        }
        if let (Some(candidate), Some(language)) = (&self.not_allowed, self.language) {
            let note = format!("not allowed by [spelling] of {language}");
            let cells = costs(candidate).into_iter().chain([Cell::new(note)]);
            table.row(cells.map(|cell| cell.style(FAINT)));
        }
        table
    }
}

fn costs(candidate: &Candidate<'_>) -> [Cell; 4] {
    let cost = candidate.cost;
    let style = if cost.segments > 1 { WARN } else { GOOD };
    [
        Cell::new(candidate.how.as_str()),
        Cell::new(cost.encoding.as_str()),
        Cell::number(cost.characters),
        Cell::number(cost.segments).style(style),
    ]
}

/// A line with the characters that force UCS-2 in colour, and without those that would move the
/// cursor.
fn marked(line: &str) -> String {
    let forces = |character: &char| gsm7::code(*character).is_none();
    let shown = |character: &char| {
        if character.is_control() {
            '·'
        } else {
            *character
        }
    };
    let characters: Vec<char> = line.chars().collect();
    let runs = characters.chunk_by(|one, next| forces(one) == forces(next));
    let marked = runs.map(|run| {
        let text: String = run.iter().map(shown).collect();
        match run.iter().any(forces) {
            true => styled(FORCING, text),
            false => text,
        }
    });
    marked.collect()
}

/// Underlined as well, since a blank may force UCS-2, too.
const FORCING: Style = WARN.underline();

fn forcing(text: &str) -> Vec<String> {
    forced_by(text).into_iter().map(String::from).collect()
}

fn spelling(candidate: &Candidate<'_>) -> Value {
    json!({
        "how": candidate.how.as_str(),
        "text": candidate.text,
        "encoding": candidate.cost.encoding.as_str(),
        "characters": candidate.cost.characters,
        "segments": candidate.cost.segments,
        "forced_by": forcing(&candidate.text),
    })
}

fn segments(number: usize) -> String {
    match number {
        1 => "1 segment".to_owned(),
        many => format!("{many} segments"),
    }
}

const CHARACTERS_A_ROW: usize = 6;

/// A character with its code point. A blank would not be seen, a mark would sit on its
/// neighbour, and some control characters move the cursor.
fn with_code(character: char) -> String {
    let plain = character.is_alphanumeric() || "‘’“”«»„–—…№ʻʼ•€".contains(character);
    let shown = if plain { character } else { '·' };
    let code = styled(FAINT, format_args!("U+{:04X}", u32::from(character)));
    format!("{shown} {code}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str, language: Option<Language>) -> Report<'_> {
        Report::of(text, language, &Catalog::built_in())
    }

    #[test]
    fn json_has_the_names_that_scripts_rely_on() {
        let text = format!("ko‘p{}", " so'z".repeat(20));
        let json = report(&text, None).json();
        let plain = text.replace('‘', "'");
        let expected = json!({
            "text": text, "encoding": "ucs2", "characters": 104, "segments": 2, "forced_by": ["‘"],
            "sent": {
                "how": "folded", "text": plain, "encoding": "gsm7", "characters": 104,
                "segments": 1, "forced_by": [],
            },
            "candidates": [
                {
                    "how": "as-is", "text": text, "encoding": "ucs2", "characters": 104,
                    "segments": 2, "forced_by": ["‘"],
                },
                {
                    "how": "folded", "text": plain, "encoding": "gsm7", "characters": 104,
                    "segments": 1, "forced_by": [],
                },
            ],
            "language": null,
        });
        assert_eq!(json, expected);
    }

    fn printed(text: &str, language: Option<Language>) -> String {
        let mut out = Vec::new();
        report(text, language).print(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_forces_ucs_2_is_marked_and_the_terminal_left_alone() {
        let (on, off) = (FORCING.render(), FORCING.render_reset());
        assert_eq!(
            marked("ko‘p\u{A0}«so'z»"),
            format!("ko{on}‘{off}p{on}\u{A0}«{off}so'z{on}»{off}")
        );
        assert_eq!(marked("a\u{1B}[2Jb"), format!("a{on}·{off}[2Jb"));
        assert_eq!(marked("plain"), "plain");
    }

    #[test]
    fn every_spelling_is_shown_also_one_that_is_not_allowed() {
        let text = "Аризангиз «тасдиқланди». ".repeat(4);
        let shown = printed(&text, Some(Language::UzCyrl));
        for part in [
            "as-is, 2 segments, which goes out:",
            "folded, 2 segments:",
            "not allowed by [spelling] of uz-Cyrl",
        ] {
            assert!(shown.contains(part), "{shown}");
        }
        let shown = printed(&text, Some(Language::UzLatn));
        assert!(
            shown.contains("latin, 1 segment, which goes out:"),
            "{shown}"
        );
        assert!(!printed(&text, Some(Language::Ru)).contains("not allowed"));
    }
}
