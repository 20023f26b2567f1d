//! How every text and every answer reads, kept in files: those that come with the gateway, and a
//! corpus of what agencies tell.
//!
//! `XABAR_GOLDEN=write cargo test -p xabar compose` writes them; read the difference before you commit.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use super::*;

/// A value for every parameter of the built-in texts.
pub(super) const PARAMS: [(&str, &str); 19] = [
    ("office", "Yunusobod DXM"),
    ("deadline", "2026-12-01"),
    ("documents", "pasport"),
    ("amount", "1250000"),
    ("reason", "fayl o'qilmadi"),
    ("date", "2026-11-25"),
    ("time", "10:30"),
    ("address", "Chilonzor tumani, 5-uy"),
    ("valid_until", "2027-12-31"),
    ("cadastre", "10:09:03:01:01:0234"),
    ("tin", "301234567"),
    ("licence", "L-2026/118"),
    ("place", "1204"),
    ("school", "17-maktab"),
    ("university", "TDYU"),
    ("score", "141.4"),
    ("plate", "01 A 123 BC"),
    ("decision", "RR-26 1204418"),
    ("account", "0412345678"),
];

/// Every text as citizens get it, with every value and with none, and every answer.
fn built_in() -> String {
    let catalog = Catalog::built_in();
    let mut golden = String::from(
        "# Every built-in text as it goes out, first with all values, then with none, and every answer.\n\
         # Made by: XABAR_GOLDEN=write cargo test -p xabar compose\n",
    );
    let mut language = None;
    for listed in catalog.templates() {
        if language.replace(listed.language) != Some(listed.language) {
            write!(golden, "\n## {}\n", listed.language).unwrap();
        }
        let service = listed.service.unwrap_or("land-registration");
        let key = match listed.service {
            Some(service) => format!("{service}.{}", listed.status),
            None => listed.status.to_owned(),
        };
        for params in [&PARAMS[..], &[]] {
            let content = content(service, listed.status, listed.language, params);
            line(&mut golden, &key, &written(&catalog, &content));
        }
    }
    for language in catalog.languages() {
        write!(golden, "\n## {language}, answers\n").unwrap();
        for (key, _) in TEMPLATES {
            let answer = catalog.answer(language, key, |name| answered(&catalog, language, name));
            line(
                &mut golden,
                &format!("answers.{key}"),
                &answer.unwrap().text,
            );
        }
    }
    golden
}

/// What stands in a place of an answer.
fn answered(catalog: &Catalog, language: Language, name: &str) -> Option<Cow<'static, str>> {
    let number = "48120973";
    let status = || catalog.status_name(language, "approved");
    Some(match name {
        "application" => number.into(),
        "service" => {
            let service = catalog.service_name(language, "land-registration");
            service.into_owned().into()
        }
        "status" => status().into_owned().into(),
        "agency" => "KADASTR".into(),
        "list" => format!("{number} {}", status()).into(),
        "more" => "2".into(),
        _ => return None,
    })
}

/// What the agencies of the corpus tell, as citizens get it.
fn corpus() -> String {
    let catalog = Catalog::built_in();
    let mut golden = String::from(
        "# The events of corpus.jsonl as they go out.\n\
         # Made by: XABAR_GOLDEN=write cargo test -p xabar compose\n",
    );
    for event in include_str!("../../../tests/texts/corpus.jsonl").lines() {
        let event: Value = serde_json::from_str(event).unwrap();
        let text_of = |name: &str| event[name].as_str().unwrap();
        let params = event["params"].as_object().unwrap().iter();
        let params: Vec<_> = params
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .collect();
        let language = text_of("language").parse().unwrap();
        let (service, status) = (text_of("service"), text_of("status"));
        let content = content(service, status, language, &params);
        let news = News {
            agency: text_of("agency"),
            application: text_of("application"),
            content: &content,
        };
        let template = catalog.template_of(news, Language::Ru).unwrap();
        assert_eq!(template.unfit(news), [], "{event}");
        assert_eq!(template.language, language, "{event}");
        let text = catalog.compose(news, Language::Ru).unwrap().text;
        line(
            &mut golden,
            &format!("{language} {service}.{status}"),
            &text,
        );
    }
    golden
}

fn line(golden: &mut String, key: &str, text: &str) {
    let cost = count(text);
    let (encoding, segments) = (cost.encoding, cost.segments);
    let characters = cost.characters;
    writeln!(
        golden,
        "{key:<38} {encoding} {segments} {characters:>3} | {text}"
    )
    .unwrap();
}

/// Holds a text against the one in a file, or writes it there if that is asked for.
fn hold(file: &str, golden: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("XABAR_GOLDEN").is_some_and(|value| value == "write") {
        std::fs::write(&file, golden).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap();
    for (at, (now, kept)) in golden.lines().zip(kept.lines()).enumerate() {
        assert_eq!(now, kept, "{}:{}", file.display(), at + 1);
    }
    assert_eq!(golden.lines().count(), kept.lines().count());
}

#[test]
fn built_in_texts_read_as_kept() {
    hold("src/compose/golden.txt", &built_in());
}

#[test]
fn what_agencies_tell_reads_as_kept() {
    hold("tests/texts/corpus.txt", &corpus());
}

#[test]
fn nothing_that_agencies_tell_takes_more_than_three_segments() {
    let corpus = corpus();
    let lines = corpus.lines().filter(|line| !line.starts_with('#'));
    let costs: Vec<&str> = lines
        .filter_map(|line| line.split_once('|')?.0.split_whitespace().rev().nth(1))
        .collect();
    assert!(costs.len() >= 200, "{}", costs.len());
    assert!(
        costs
            .iter()
            .all(|segments| ["1", "2", "3"].contains(segments))
    );
}
