//! `docs/configuration.md`, made from `config/xabar.toml` and from what a reload takes.

use std::fmt::Write;

use super::super::changes::is_live;
use super::*;

/// A table of the file, or what stands before the first.
#[derive(Default)]
struct Section {
    /// As it is written, without the brackets.
    name: String,
    is_list: bool,
    about: String,
    keys: Vec<Key>,
}

struct Key {
    name: String,
    value: String,
    about: String,
}

/// The sections of the file up to the second operator, which is an example only.
fn sections() -> Vec<Section> {
    let mut sections = vec![Section::default()];
    let mut prose = String::new();
    // What is said at the top is of the file as a whole.
    let (_, text) = REFERENCE.split_once("\n\n").unwrap();
    for line in text.lines() {
        let bare = line.strip_prefix("# ").unwrap_or(line);
        let (code, about) = match bare.split_once(" # ").or(bare.split_once("]# ")) {
            Some((code, about)) => (code.trim(), about.trim()),
            None => (bare.trim(), ""),
        };
        if let Some(name) = table(code) {
            if name == "operator" && sections.iter().any(|it| it.name == "operator") {
                break;
            }
            sections.push(Section {
                name: name.to_owned(),
                is_list: code.starts_with("[["),
                about: joined(&std::mem::take(&mut prose), about),
                keys: Vec::new(),
            });
        } else if let Some((name, value)) = code.split_once(" = ").filter(|(name, _)| is_key(name))
        {
            sections.last_mut().unwrap().keys.push(Key {
                name: name.to_owned(),
                value: value.to_owned(),
                about: joined(&std::mem::take(&mut prose), about),
            });
        } else if line.starts_with('#') {
            prose = joined(&prose, bare);
        } else {
            assert!(line.is_empty(), "{line}");
            let section = sections.last_mut().unwrap();
            section.about = joined(&section.about, &std::mem::take(&mut prose));
        }
    }
    sections
}

fn table(code: &str) -> Option<&str> {
    let name = code.strip_prefix('[')?.strip_suffix(']')?;
    let name = name
        .strip_prefix('[')
        .map_or(Some(name), |name| name.strip_suffix(']'))?;
    let is_name = name
        .bytes()
        .all(|it| it.is_ascii_lowercase() || b"._".contains(&it));
    is_name.then_some(name)
}

fn is_key(name: &str) -> bool {
    name.bytes().all(|it| it.is_ascii_lowercase() || it == b'_')
}

fn joined(one: &str, other: &str) -> String {
    [one, other].join(" ").trim().to_owned()
}

/// The key as a reload tells it.
fn path(section: &Section, key: &str) -> String {
    match section.name.split_once('.') {
        _ if section.name.is_empty() => key.to_owned(),
        Some(("operator", rest)) => format!("operator.any.{rest}.{key}"),
        None if section.is_list => format!("{}.any.{key}", section.name),
        _ => format!("{}.{key}", section.name),
    }
}

fn written() -> String {
    let mut page = "# Every key of the configuration\n\n\
        What `config/xabar.toml` says, as tables: the value is the default where the key may be left out, and an example elsewhere.\n\
        A key that is in effect *at once* is so within a second after the file changed, see\n\
        [operate.md](operate.md#change-the-configuration-while-it-runs). Any key can be set in the environment instead:\n\
        `XABAR__INTAKE__AMQP__URL` is `url` under `[intake.amqp]`, `XABAR__OPERATOR__UCELL__TPS` is `tps` of the operator named ucell.\n\n\
        <!-- Made by: XABAR_GOLDEN=write cargo test --lib settings::tests::page -->\n"
        .to_owned();
    let cell = |text: &str| text.replace('|', "\\|");
    for section in sections() {
        let (open, close) = if section.is_list {
            ("[[", "]]")
        } else {
            ("[", "]")
        };
        if !section.name.is_empty() {
            writeln!(page, "\n## `{open}{}{close}`", section.name).unwrap();
        }
        if !section.about.is_empty() {
            writeln!(page, "\n{}", section.about).unwrap();
        }
        if section.keys.is_empty() {
            continue;
        }
        page += "\n| key | value | in effect | what it is |\n| --- | --- | --- | --- |\n";
        for key in &section.keys {
            let when = match is_live(&path(&section, &key.name), false) {
                true => "at once",
                false => "at the next start",
            };
            let (name, value, about) = (&key.name, cell(&key.value), cell(&key.about));
            writeln!(page, "| `{name}` | `{value}` | {when} | {about} |").unwrap();
        }
    }
    page
}

#[test]
fn the_page_of_keys_is_what_the_file_and_a_reload_say() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let expected = written();
    if std::env::var_os("XABAR_GOLDEN").is_some_and(|value| value == "write") {
        std::fs::write(&file, &expected).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), expected);
    assert!(expected.matches("\n| `").count() > 100, "{expected}");
    assert!(expected.contains("| `tps` | `300` | at once |"));
    assert!(expected.contains("| `listen` | `\"127.0.0.1:8025\"` | at the next start |"));
}
