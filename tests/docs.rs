//! The documents, held to their word: what code can contradict in them, this reads.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser;
use clap::error::ErrorKind;
use serde_json::Value;
use xabar::commands::Cli;
use xabar_events::{Event, OUTCOME, RejectReason, State, read_outcomes};

#[test]
fn every_event_shown_is_one_that_the_gateway_takes() {
    let mut shown = 0;
    for page in pages() {
        for json in page.blocks("json") {
            let event: Value = serde_json::from_str(&json).unwrap();
            if event["type"] == OUTCOME {
                read_outcomes(json.as_bytes())
                    .unwrap_or_else(|error| panic!("{}: {error}", page.name));
            } else {
                Event::from_structured(json.as_bytes())
                    .unwrap_or_else(|rejection| panic!("{}: {rejection}", page.name));
            }
            shown += 1;
        }
    }
    assert!(shown >= 3, "{shown} events were found");
}

#[test]
fn the_request_in_binary_mode_is_one_that_the_gateway_takes() {
    let page = page("docs/integrate.md");
    let commands: Vec<Vec<String>> = page.commands().map(|line| words(&line)).collect();
    let binary = commands
        .iter()
        .find(|words| words.iter().any(|word| word.starts_with("ce-")))
        .unwrap();
    let headers = binary.iter().filter_map(|word| word.split_once(": "));
    let headers = headers.map(|(name, value)| (name, value.as_bytes()));
    let body = binary.iter().find(|word| word.starts_with('{')).unwrap();
    Event::from_binary(headers, body.as_bytes()).unwrap();
}

#[test]
fn every_reason_to_reject_is_listed() {
    let page = page("docs/integrate.md");
    let listed = first_cells(&page.table(&["reason", "what is wrong"]));
    let known: Vec<&str> = RejectReason::ALL
        .iter()
        .map(|reason| reason.as_str())
        .collect();
    assert_eq!(listed, known);
}

#[test]
fn every_state_is_explained_and_said_to_be_final_or_not() {
    let rows = page("docs/outcomes.md").table(&["state", "in plain words", "final"]);
    let known: Vec<&str> = State::ALL.iter().map(|state| state.as_str()).collect();
    assert_eq!(first_cells(&rows), known);
    for (row, state) in rows.iter().zip(State::ALL) {
        let said = if state.is_terminal() { "yes" } else { "no" };
        assert_eq!(row[2], said, "{state}");
    }
}

#[test]
fn every_reason_is_explained_under_its_state() {
    let rows = page("docs/outcomes.md").table(&["state", "reason"]);
    let told: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row[0].trim_matches('`'), row[1].trim_matches('`')))
        .collect();
    let known: Vec<(&str, &str)> = State::ALL
        .iter()
        .flat_map(|state| {
            state
                .reasons()
                .iter()
                .map(|reason| (state.as_str(), reason.as_str()))
        })
        .collect();
    assert_eq!(told, known);
}

#[test]
fn the_keys_of_an_operator_are_those_of_the_configuration() {
    let told: BTreeSet<String> = first_cells(&page("docs/operators.md").table(&["key"]))
        .into_iter()
        .collect();
    let file = page("config/xabar.toml").text;
    let known: BTreeSet<String> = file
        .split("\n[")
        .filter(|section| section.starts_with("[operator]]"))
        .flat_map(str::lines)
        .filter_map(key)
        .map(str::to_owned)
        .collect();
    assert_eq!(told, known);
}

/// The key that a line of the configuration sets, or would if it were no comment.
fn key(line: &str) -> Option<&str> {
    let (key, _) = line.strip_prefix("# ").unwrap_or(line).split_once(" = ")?;
    let plain = |octet: u8| octet.is_ascii_lowercase() || octet == b'_';
    key.bytes().all(plain).then_some(key)
}

#[test]
fn every_key_of_another_table_exists() {
    let file: toml::Table = page("config/xabar.toml").text.parse().unwrap();
    for page in pages() {
        for code in page.codes() {
            let Some((table, key)) = code.split_once('.') else {
                continue;
            };
            let Some(table) = file.get(table).and_then(toml::Value::as_table) else {
                continue;
            };
            assert!(table.contains_key(key), "{}: {code}", page.name);
        }
    }
}

#[test]
fn every_command_line_shown_is_understood() {
    let mut shown = 0;
    let unit = page("config/xabar.service").text;
    let in_unit = unit.lines().filter_map(|line| line.split_once("/bin/"));
    let in_unit =
        in_unit.map(|(_, command)| ("config/xabar.service".to_owned(), command.to_owned()));
    let in_pages = pages().into_iter().flat_map(|page| {
        let commands: Vec<_> = page.commands().collect();
        commands
            .into_iter()
            .map(move |command| (page.name.clone(), command))
    });
    for (name, command) in in_unit.chain(in_pages) {
        for words in words(&command).split(|word| word == "|") {
            // What stands before the program is its environment.
            let program = words.iter().position(|word| !word.contains('='));
            let mut words = program.map_or_else(Vec::new, |at| words[at..].to_vec());
            if let Some(at) = words.iter().position(|word| word == "--")
                && words.starts_with(&["cargo".to_owned(), "run".to_owned()])
            {
                words.splice(..=at, ["xabar".to_owned()]);
            }
            if words.first().is_some_and(|program| program == "xabar") {
                understood(&name, &words);
                shown += 1;
            }
        }
    }
    assert!(shown > 20, "{shown} commands were found");
}

#[test]
fn what_a_text_costs_is_shown_as_it_is_printed() {
    let page = page("docs/texts.md");
    let mut printed = String::new();
    for command in page.commands().filter(|it| it.starts_with("xabar text")) {
        let words = words(&command);
        let out = Command::new(env!("CARGO_BIN_EXE_xabar"))
            .args(&words[1..])
            .output();
        printed += &String::from_utf8(out.unwrap().stdout).unwrap();
    }
    let printed: Vec<&str> = printed.lines().collect();
    for line in page.blocks("").iter().flat_map(|block| block.lines()) {
        assert!(printed.contains(&line), "{line:?} is not in {printed:#?}");
    }
}

#[test]
fn every_switch_of_the_simulator_that_is_shown_exists() {
    let page = page("docs/testing-with-the-simulator.md");
    let mut rows = page.table(&["switch", "what it tries"]);
    rows.extend(page.table(&["switch", "how it speaks"]));
    assert!(rows.len() > 30);
    for code in rows.iter().flatten().flat_map(|cell| codes(cell)) {
        if code.starts_with("--") {
            let command = format!("xabar smsc {code}");
            understood(&page.name, &words(&command));
        }
    }
}

fn understood(page: &str, words: &[String]) {
    if let Err(error) = Cli::try_parse_from(words) {
        let asked_for = [ErrorKind::DisplayHelp, ErrorKind::DisplayVersion];
        assert!(
            asked_for.contains(&error.kind()),
            "{page}: {words:?}: {error}"
        );
    }
}

#[test]
fn every_line_of_the_log_that_is_explained_is_one_that_is_written() {
    let mut source = String::new();
    read_all(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut source,
    );
    let rows = page("docs/operate.md").table(&["line", "what to do"]);
    assert!(rows.len() > 15);
    for line in rows.iter().flat_map(|row| codes(&row[0])) {
        assert!(source.contains(&format!("\"{line}\"")), "{line}");
    }
}

fn read_all(folder: PathBuf, into: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(path, into);
        } else {
            into.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_path_that_is_named_exists() {
    const ROOTS: [&str; 7] = [
        "src",
        "protocols",
        "config",
        "tests",
        "docs",
        "examples",
        ".ci",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for page in pages() {
        for code in page.codes() {
            let first = code.split('/').next().unwrap();
            let is_path = code.contains('/') && ROOTS.contains(&first) && !code.contains(' ');
            assert!(
                !is_path || root.join(&code).exists(),
                "{}: {code}",
                page.name
            );
        }
        let folder = root.join(&page.name);
        for link in page.links() {
            let (file, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = folder.parent().unwrap().join(file);
            assert!(target.exists(), "{}: {link}", page.name);
            assert!(
                heading.is_empty() || headings(&target).any(|it| it == heading),
                "{}: {link}",
                page.name
            );
        }
    }
}

/// The headings of a page, as links to them are written.
fn headings(page: &Path) -> impl Iterator<Item = String> + use<> {
    let text = fs::read_to_string(page).unwrap();
    let titles = text.lines().filter(|line| line.starts_with('#'));
    let slug = |title: &str| {
        let title = title.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().map(|it| if it == ' ' { '-' } else { it });
        let kept = kept.filter(|it| it.is_alphanumeric() || matches!(it, '-' | '_'));
        kept.collect()
    };
    titles.map(slug).collect::<Vec<String>>().into_iter()
}

/// A document.
struct Page {
    name: String,
    text: String,
}

fn page(name: &str) -> Page {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"));
    Page {
        name: name.to_owned(),
        text,
    }
}

/// All documents.
fn pages() -> Vec<Page> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = vec![
        "README.md".to_owned(),
        "ARCHITECTURE.md".to_owned(),
        "CONTRIBUTING.md".to_owned(),
        "CHANGELOG.md".to_owned(),
    ];
    for entry in fs::read_dir(root.join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        names.push(format!("docs/{name}"));
    }
    names.iter().map(|name| page(name)).collect()
}

impl Page {
    /// Blocks of code in this language.
    fn blocks(&self, language: &str) -> Vec<String> {
        let fences = self.text.split("```").skip(1).step_by(2);
        let blocks = fences.filter_map(|fence| fence.split_once('\n'));
        let blocks = blocks.filter(|(tag, _)| *tag == language);
        blocks.map(|(_, code)| code.to_owned()).collect()
    }

    /// Lines for a shell, those that go on in the next one joined.
    fn commands(&self) -> impl Iterator<Item = String> {
        let shell = self.blocks("sh").concat().replace("\\\n", " ");
        shell
            .lines()
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// What stands in backticks outside of blocks.
    fn codes(&self) -> Vec<String> {
        let prose: Vec<&str> = self.text.split("```").step_by(2).collect();
        codes(&prose.concat())
    }

    /// Where links to files lead, seen from the page's folder.
    fn links(&self) -> Vec<String> {
        let links = self.text.split("](").skip(1);
        let links = links.filter_map(|rest| rest.split_once(')'));
        let files = links.filter(|(link, _)| !link.contains("://") && !link.starts_with('#'));
        files.map(|(link, _)| link.to_owned()).collect()
    }

    /// The rows of the table whose head begins with these cells.
    fn table(&self, head: &[&str]) -> Vec<Vec<String>> {
        let mut lines = self.text.lines().map(cells);
        let found = lines.find(|cells| head.iter().eq(cells.iter().take(head.len())));
        assert!(found.is_some(), "{} has no table {head:?}", self.name);
        lines
            .skip(1)
            .take_while(|cells| !cells.is_empty())
            .collect()
    }
}

/// The cells of a table's row; none if the line is no row.
fn cells(line: &str) -> Vec<String> {
    let Some(row) = line.strip_prefix('|').and_then(|row| row.strip_suffix('|')) else {
        return Vec::new();
    };
    row.split('|').map(|cell| cell.trim().to_owned()).collect()
}

fn first_cells(rows: &[Vec<String>]) -> Vec<String> {
    let first = rows.iter().map(|row| row[0].trim_matches('`'));
    first.map(str::to_owned).collect()
}

/// What stands in single backticks.
fn codes(text: &str) -> Vec<String> {
    let codes = text.split('`').skip(1).step_by(2);
    codes.map(str::to_owned).collect()
}

/// The words of a shell's line, without its comment, a `&` at its end, and redirections.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in line.chars() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    let end = words
        .iter()
        .position(|word| ["&", "<", ">", "&&"].contains(&&**word));
    words.truncate(end.unwrap_or(words.len()));
    words
}

/// The alerts that come with the gateway, each with what to do.
#[test]
fn every_alert_and_every_limit_is_in_the_runbook() {
    let runbook = page("docs/runbook.md").text;
    let rules = page("config/prometheus/xabar.rules.yml").text;
    let alerts = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    let limits = page("docs/operate.md").table(&["limit", "what it means", "how it is known"]);
    let limits: Vec<String> = limits
        .iter()
        .flat_map(|row| {
            row[0]
                .split(", ")
                .map(|name| name.trim_matches('`').to_owned())
        })
        .collect();
    assert!(alerts.clone().count() > 10 && limits.len() > 8);
    for named in alerts.chain(limits.iter().map(String::as_str)) {
        assert!(runbook.contains(&format!("`{named}`")), "{named}");
    }
}
