//! One text with places for values: its little language, read once and filled many times.
//!
//! `{name}` is a place for a value, and a part in `[brackets]` is left out whole when a value in
//! it is not given. `{application}`, `{service}` and `{status}` are always there; anything else
//! comes from the event and so stands in brackets. Doubled, `{{ }} [[ ]]` are themselves.

use std::borrow::Cow;

/// What every event has.
const ALWAYS: [&str; 3] = ["application", "service", "status"];
/// The most characters of a template, and the most values in it, so that no text grows beyond
/// what an operator takes.
const MAX_CHARACTERS: usize = 600;
const MAX_VALUES: usize = 16;
/// Room for most texts, Cyrillic ones too; a longer one grows.
const USUAL_OCTETS: usize = 256;

/// A text with places for values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Template {
    sections: Vec<Section>,
}

/// A part of a template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Section {
    /// Left out when one of its values is not given.
    optional: bool,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Words(String),
    /// The name of a value.
    Value(String),
}

/// What is wrong with a template, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) what: String,
    pub(super) right: String,
}

impl Template {
    pub(super) fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let mut parser = Parser::default();
        parser.read(text);
        parser.check(text);
        if parser.faults.is_empty() {
            Ok(Self {
                sections: parser.sections,
            })
        } else {
            Err(parser.faults)
        }
    }

    /// The text with its values, as `value` gives them by name.
    pub(super) fn fill<'a>(&self, value: impl Fn(&str) -> Option<Cow<'a, str>>) -> String {
        let mut text = String::with_capacity(USUAL_OCTETS);
        for section in &self.sections {
            let start = text.len();
            if section.fill(&mut text, &value).is_none() && section.optional {
                text.truncate(start);
            }
        }
        text.truncate(text.trim_end().len());
        text
    }
}

impl Section {
    /// `None` as soon as a value is not given.
    fn fill<'a>(
        &self,
        text: &mut String,
        value: impl Fn(&str) -> Option<Cow<'a, str>>,
    ) -> Option<()> {
        let mut after_value = false;
        for piece in &self.pieces {
            match piece {
                Piece::Words(words) => text.push_str(without_second_stop(words, after_value, text)),
                Piece::Value(name) => text.push_str(&value(name)?),
            }
            after_value = matches!(piece, Piece::Value(_));
        }
        Some(())
    }
}

/// Agencies end some values with a full stop, and so does the template after them.
fn without_second_stop<'a>(words: &'a str, after_value: bool, text: &str) -> &'a str {
    match words.strip_prefix('.') {
        Some(rest) if after_value && text.ends_with('.') => rest,
        _ => words,
    }
}

fn values(sections: &[Section]) -> impl Iterator<Item = (bool, &str)> {
    sections.iter().flat_map(|section| {
        section.pieces.iter().filter_map(|piece| match piece {
            Piece::Value(name) => Some((section.optional, name.as_str())),
            Piece::Words(_) => None,
        })
    })
}

/// Reads a template, and goes on after a fault to find the others.
#[derive(Default)]
struct Parser {
    sections: Vec<Section>,
    faults: Vec<Fault>,
}

impl Parser {
    fn read(&mut self, text: &str) {
        let mut rest = text.chars();
        while let Some(character) = rest.next() {
            let doubled = rest.clone().next() == Some(character);
            match character {
                '{' | '}' | '[' | ']' if doubled => {
                    rest.next();
                    self.word(character);
                }
                '{' => self.value(&mut rest),
                '}' => self.fault("has a } without a {", "write }} for the character itself"),
                '[' => self.open(),
                ']' => self.close(),
                _ => self.word(character),
            }
        }
        if self.is_optional() {
            self.fault(
                "has a [ without its ]",
                "close it, or write [[ for the character itself",
            );
        }
    }

    fn check(&mut self, text: &str) {
        let bare: Vec<String> = values(&self.sections)
            .filter(|(optional, name)| !optional && !ALWAYS.contains(name))
            .map(|(_, name)| name.to_owned())
            .collect();
        for name in bare {
            self.fault(
                &format!("needs {{{name}}}, which not every event has"),
                "put it into [ ] with the words around it, which are left out without it; \
                 outside of brackets are {application}, {service} and {status}",
            );
        }
        if values(&self.sections).count() > MAX_VALUES {
            self.fault(&format!("has more than {MAX_VALUES} values"), "use fewer");
        }
        if text.chars().count() > MAX_CHARACTERS {
            let what = format!("is longer than {MAX_CHARACTERS} characters");
            self.fault(&what, "shorten it: it is to fit into a short message");
        }
        if text.trim().is_empty() {
            self.fault("is empty", "write the text, or leave the key out");
        }
        if text.contains(char::is_control) {
            self.fault(
                "has a line break or a control character",
                "write it in one line",
            );
        }
    }

    fn value(&mut self, rest: &mut std::str::Chars<'_>) {
        let Some((name, after)) = rest.as_str().split_once('}') else {
            *rest = "".chars();
            return self.fault(
                "has a { without its }",
                "close it, or write {{ for the character itself",
            );
        };
        *rest = after.chars();
        if is_name(name) {
            self.section().pieces.push(Piece::Value(name.to_owned()));
        } else {
            self.fault(
                &format!("has {{{name}}}, which is no name of a value"),
                "name a value with letters, digits, - and _, such as {office}",
            );
        }
    }

    fn word(&mut self, character: char) {
        let pieces = &mut self.section().pieces;
        match pieces.last_mut() {
            Some(Piece::Words(words)) => words.push(character),
            _ => pieces.push(Piece::Words(character.into())),
        }
    }

    fn open(&mut self) {
        if self.is_optional() {
            return self.fault("has a [ within [ ]", "close the first one before it");
        }
        self.sections.push(Section {
            optional: true,
            pieces: Vec::new(),
        });
    }

    fn close(&mut self) {
        if !self.is_optional() {
            return self.fault("has a ] without a [", "write ]] for the character itself");
        }
        let always = self.sections.last().is_some_and(|section| {
            !section
                .pieces
                .iter()
                .any(|piece| matches!(piece, Piece::Value(_)))
        });
        if always {
            self.fault(
                "has [ ] without a value in it",
                "take the brackets away, or double them to show them",
            );
        }
        self.sections.push(Section::default());
    }

    fn is_optional(&self) -> bool {
        self.sections.last().is_some_and(|section| section.optional)
    }

    fn section(&mut self) -> &mut Section {
        if self.sections.is_empty() {
            self.sections.push(Section::default());
        }
        self.sections.last_mut().expect("there is one now")
    }

    fn fault(&mut self, what: &str, right: &str) {
        self.faults.push(Fault {
            what: what.to_owned(),
            right: right.to_owned(),
        });
    }
}

fn is_name(name: &str) -> bool {
    let plain =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    (1..=64).contains(&name.len()) && name.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str, values: &[(&str, &str)]) -> String {
        let value = |name: &str| {
            let found = values.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| (*value).into())
        };
        Template::parse(template).unwrap().fill(value)
    }

    fn faults(template: &str) -> Vec<String> {
        let faults = Template::parse(template).unwrap_err();
        faults.into_iter().map(|fault| fault.what).collect()
    }

    #[test]
    fn a_part_in_brackets_needs_its_values() {
        let template = "{application} is ready.[ Office: {office}.][ {from} to {to}.]";
        let application = ("application", "481");
        assert_eq!(filled(template, &[application]), "481 is ready.");
        assert_eq!(
            filled(template, &[application, ("office", "DXM"), ("from", "9")]),
            "481 is ready. Office: DXM."
        );
        assert_eq!(
            filled(template, &[application, ("from", "9"), ("to", "18")]),
            "481 is ready. 9 to 18."
        );
    }

    #[test]
    fn values_are_not_read_as_templates() {
        assert_eq!(filled("{service}", &[("service", "{x}[y]")]), "{x}[y]");
    }

    #[test]
    fn doubled_signs_are_themselves() {
        assert_eq!(filled("{{a}} [[b]]", &[]), "{a} [b]");
    }

    #[test]
    fn a_value_brings_no_second_full_stop() {
        assert_eq!(filled("A[: {x}.] B", &[("x", "ko'ch.")]), "A: ko'ch. B");
        assert_eq!(filled("A[: {x}.] B", &[("x", "yes")]), "A: yes. B");
    }

    #[test]
    fn every_fault_is_found_at_once() {
        assert_eq!(
            faults("a } {b c} ] [d] [{e} [f] {office} {"),
            [
                "has a } without a {",
                "has {b c}, which is no name of a value",
                "has a ] without a [",
                "has [ ] without a value in it",
                "has a [ within [ ]",
                "has a { without its }",
                "needs {office}, which not every event has",
            ]
        );
        assert_eq!(faults("[{a}"), ["has a [ without its ]"]);
        assert_eq!(faults(" "), ["is empty"]);
        assert_eq!(faults("a\nb"), ["has a line break or a control character"]);
        assert_eq!(faults(&"a".repeat(601)), ["is longer than 600 characters"]);
        assert_eq!(faults(&"{status}".repeat(17)), ["has more than 16 values"]);
    }
}
