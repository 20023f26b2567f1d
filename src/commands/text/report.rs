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
    rules: LanguageRules,
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
            rules,
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
            "sent": self.spelling(&self.sent),
            "candidates": self.candidates.iter().map(|it| self.spelling(it)).collect::<Vec<_>>(),
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
            self.changes(candidate).print(out)?;
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

    /// What a spelling changes, a line each, with the rule.
    fn changes(&self, candidate: &Candidate<'_>) -> Table {
        let mut table = Table::default();
        for change in candidate.changes(self.text, self.rules) {
            let from = change.from.chars().map(seen).collect::<String>();
            let to = match change.to.as_str() {
                "" => "nothing".to_owned(),
                " " => "a blank".to_owned(),
                "\n" => "a line break".to_owned(),
                to => to.to_owned(),
            };
            let cells = [
                format!("    {from}"),
                format!("→ {to}"),
                change.reason.to_owned(),
            ];
            table.row(cells.map(|it| Cell::new(it).style(FAINT)));
        }
        table
    }

    fn spelling(&self, candidate: &Candidate<'_>) -> Value {
        let changes = candidate.changes(self.text, self.rules).into_iter();
        let changes = changes.map(|it| json!({"from": it.from, "to": it.to, "why": it.reason}));
        json!({
            "how": candidate.how.as_str(),
            "text": candidate.text,
            "encoding": candidate.cost.encoding.as_str(),
            "characters": candidate.cost.characters,
            "segments": candidate.cost.segments,
            "forced_by": forcing(&candidate.text),
            "changes": changes.collect::<Vec<_>>(),
        })
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
    let shown = seen(character);
    let code = styled(FAINT, format_args!("U+{:04X}", u32::from(character)));
    format!("{shown} {code}")
}

/// A character that can be seen, or a dot for it.
fn seen(character: char) -> char {
    let plain = character.is_alphanumeric() || "‘’“”«»„–—…№ʻʼ•€-".contains(character);
    if plain { character } else { '·' }
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
        let why =
            "the Uzbek o\u{2BB}, g\u{2BB} and tutuq belgisi, which people type in all these ways";
        let changes = json!([{"from": "‘", "to": "'", "why": why}]);
        let expected = json!({
            "text": text, "encoding": "ucs2", "characters": 104, "segments": 2, "forced_by": ["‘"],
            "sent": {
                "how": "folded", "text": plain, "encoding": "gsm7", "characters": 104,
                "segments": 1, "forced_by": [], "changes": changes,
            },
            "candidates": [
                {
                    "how": "as-is", "text": text, "encoding": "ucs2", "characters": 104,
                    "segments": 2, "forced_by": ["‘"], "changes": [],
                },
                {
                    "how": "folded", "text": plain, "encoding": "gsm7", "characters": 104,
                    "segments": 1, "forced_by": [], "changes": changes,
                },
            ],
            "language": null,
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn a_karakalpak_name_does_not_make_an_uzbek_text_dearer_and_its_rule_is_shown() {
        let text = "Arizangiz tasdiqlandi. Hujjatni Ájiniyaz ko'chasi 5-uydagi markazdan 01.12.2026 gacha oling.";
        for (language, name, why) in [
            (
                Language::UzLatn,
                "A'jiniyaz",
                "Karakalpak, as it was written before 2016",
            ),
            (
                Language::En,
                "Ajiniyaz",
                "as passports have it for machines",
            ),
        ] {
            let report = report(text, Some(language));
            assert_eq!(report.sent.text, text.replace("Ájiniyaz", name));
            assert_eq!(
                (
                    report.candidates[0].cost.segments,
                    report.sent.cost.segments
                ),
                (2, 1)
            );
            let shown = anstream::adapter::strip_str(&printed(text, Some(language))).to_string();
            assert!(
                shown.contains(why) && shown.contains("    Á  → A"),
                "{shown}"
            );
        }
        let short = "Ájiniyaz ko'chasi";
        assert_eq!(report(short, Some(Language::UzLatn)).sent.text, short);
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
