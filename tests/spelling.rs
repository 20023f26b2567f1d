//! The page on spelling, held to its word: its rules are those of the code, and what it saves is
//! counted.
//!
//! `XABAR_GOLDEN=write cargo test --test spelling` writes its tables anew.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::Deserialize;
use xabar::compose::{Catalog, News};
use xabar::journal::Content;
use xabar_events::Language;
use xabar_sms::fold::{RULES, TWINS, fold};
use xabar_sms::latin::{ASCII, PLAIN, karakalpak_apostrophes, uzbek_latin};
use xabar_sms::{Cost, Encoding, LanguageRules, cheapest, count};

#[test]
fn every_rule_of_folding_is_in_the_table() {
    let mut table = String::from("| written | sent | why |\n| --- | --- | --- |\n");
    for rules in RULES.chunk_by(|one, next| one.reason == next.reason) {
        let from = rules.iter().flat_map(|rule| rule.from.chars());
        let to = rules.iter().map(|rule| shown(rule.to));
        row(&mut table, from, to, rules[0].reason);
    }
    let twins = TWINS.iter();
    let latin = twins.clone().map(|(_, latin)| latin.to_string());
    let reason = "Cyrillic letters of the same shape, typed into a Latin text";
    row(
        &mut table,
        twins.map(|(cyrillic, _)| *cyrillic),
        latin,
        reason,
    );
    holds("folding", &table);
    let mut table = String::from("| written | sent |\n| --- | --- |\n");
    for rules in PLAIN.chunks(2) {
        let from = rules.iter().flat_map(|rule| rule.from.chars());
        let from: Vec<String> = from.map(String::from).collect();
        let to: Vec<&str> = rules.iter().map(|rule| rule.to).collect();
        writeln!(table, "| {} | {} |", from.join(" "), to.join(" ")).unwrap();
    }
    holds("plain", &table);
    let mut table = String::from("| written | sent | why |\n| --- | --- | --- |\n");
    for rules in ASCII.chunk_by(|one, next| one.reason == next.reason) {
        let from = rules.iter().flat_map(|rule| rule.from.chars());
        let to = rules.iter().map(|rule| rule.to.to_owned());
        row(&mut table, from, to, rules[0].reason);
    }
    holds("ascii", &table);
}

fn row(
    table: &mut String,
    from: impl Iterator<Item = char>,
    to: impl Iterator<Item = String>,
    reason: &str,
) {
    let from: Vec<String> = from.map(with_code).collect();
    let to: Vec<String> = to.collect();
    writeln!(
        table,
        "| {} | {} | {reason} |",
        from.join(", "),
        to.join(" ")
    )
    .unwrap();
}

/// A character that can be seen on a page, and its code unless it is a letter.
fn with_code(character: char) -> String {
    let code = format!("U+{:04X}", u32::from(character));
    let is_blank = fold(&character.to_string()).trim().is_empty();
    match character {
        '`' => code,
        _ if is_blank => code,
        _ if "ʻʼʹʽʾʿˈ\u{2126}".contains(character) => format!("{character} {code}"),
        _ if character.is_alphanumeric() => character.to_string(),
        _ => format!("{character} {code}"),
    }
}

fn shown(replacement: &str) -> String {
    match replacement {
        "" => "nothing".to_owned(),
        " " => "a space".to_owned(),
        "\n" => "a line break".to_owned(),
        other => other.to_owned(),
    }
}

#[test]
fn every_example_of_a_latin_spelling_is_what_goes_out() {
    let mut examples = 0;
    for row in rows("## Uzbek Cyrillic in Latin letters") {
        assert_eq!(fold(&uzbek_latin(&row[0])), row[1]);
        examples += 1;
    }
    for row in rows("## Karakalpak") {
        assert_eq!(karakalpak_apostrophes(&row[0]), row[1]);
        examples += 1;
    }
    assert!(examples >= 15, "{examples} were found");
}

#[test]
fn what_spelling_saves_is_counted_over_the_corpus() {
    let catalog = Catalog::built_in();
    let mut table = String::from(
        "| language | texts | in GSM 03.38 as written | as sent | segments as written | as sent | saved |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let mut total = Tally::default();
    for &language in Language::ALL {
        let tally = Tally::of(&catalog, language, catalog.rules(language));
        tally.write(&mut table, language.as_str());
        total.add(&tally);
    }
    total.write(&mut table, "all");
    let latin = Catalog::allowable_rules(Language::UzCyrl);
    let latin = Tally::of(&catalog, Language::UzCyrl, latin);
    latin.write(&mut table, "uz-Cyrl, latin when-cheaper");
    holds("savings", &table);
    assert!(total.texts >= 200 && total.sent < total.written);
}

/// What texts cost, before and after.
#[derive(Default)]
struct Tally {
    texts: usize,
    gsm7_written: usize,
    gsm7_sent: usize,
    written: usize,
    sent: usize,
}

impl Tally {
    fn of(catalog: &Catalog, language: Language, rules: LanguageRules) -> Self {
        let mut tally = Self::default();
        let corpus = include_str!("texts/corpus.jsonl").lines();
        let corpus = corpus.map(|event| serde_json::from_str(event).unwrap());
        for event in corpus.filter(|event: &Event| event.language == language) {
            let content = event.content();
            let news = News {
                agency: &event.agency,
                application: &event.application,
                content: &content,
            };
            let text = catalog.write(news, language).unwrap();
            assert_eq!(text.language, language);
            let (written, sent) = (count(&text.text), cheapest(&text.text, rules).cost);
            let is_gsm7 = |cost: Cost| usize::from(cost.encoding == Encoding::Gsm7);
            tally.add(&Self {
                texts: 1,
                gsm7_written: is_gsm7(written),
                gsm7_sent: is_gsm7(sent),
                written: written.segments,
                sent: sent.segments,
            });
        }
        tally
    }

    fn add(&mut self, other: &Self) {
        self.texts += other.texts;
        self.gsm7_written += other.gsm7_written;
        self.gsm7_sent += other.gsm7_sent;
        self.written += other.written;
        self.sent += other.sent;
    }

    fn write(&self, table: &mut String, name: &str) {
        let saved = 100 * (self.written - self.sent) / self.written;
        let (texts, written, sent) = (self.texts, self.written, self.sent);
        let (before, after) = (self.gsm7_written, self.gsm7_sent);
        let row = format!("{name} | {texts} | {before} | {after} | {written} | {sent} | {saved}%");
        writeln!(table, "| {row} |").unwrap();
    }
}

/// What an agency tells, as the corpus has it.
#[derive(Deserialize)]
struct Event {
    language: Language,
    agency: String,
    service: String,
    status: String,
    application: String,
    params: BTreeMap<String, String>,
}

impl Event {
    fn content(&self) -> Content {
        let params = self.params.iter();
        Content {
            service: self.service.as_str().into(),
            status: self.status.as_str().into(),
            language: Some(self.language),
            params: params
                .map(|(name, value)| (name.as_str().into(), value.as_str().into()))
                .collect(),
            legal: false,
            extensions: Vec::new(),
        }
    }
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/spelling.md")
}

/// Whether the page has this table where it is marked; writes it there if asked to.
fn holds(mark: &str, table: &str) {
    static WRITING: Mutex<()> = Mutex::new(());
    let _alone = WRITING.lock();
    let page = fs::read_to_string(file()).unwrap();
    let (before, rest) = page.split_once(&format!("<!-- {mark} -->\n")).unwrap();
    let (kept, after) = rest.split_once("<!-- end -->").unwrap();
    if std::env::var_os("XABAR_GOLDEN").is_some_and(|value| value == "write") {
        let written = format!("{before}<!-- {mark} -->\n{table}<!-- end -->{after}");
        return fs::write(file(), written).unwrap();
    }
    for (now, kept) in table.lines().zip(kept.lines()) {
        assert_eq!(now, kept, "docs/spelling.md, {mark}");
    }
    assert_eq!(table.lines().count(), kept.lines().count());
}

/// The rows of the table under a heading, without its head.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let page = fs::read_to_string(file()).unwrap();
    let (_, section) = page.split_once(&format!("{heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix('|'));
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().to_owned()).collect();
    rows.skip(2).map(cells).collect()
}
