//! Reads a template, and says everything that is wrong with it.

use super::{Fault, Piece, Placeholder, Presence, Section};
use crate::compose::value::is_invisible;

/// The most characters of a template, and the most values in it, so that no text grows beyond
/// what an operator takes.
const MAX_CHARACTERS: usize = 600;
const MAX_VALUES: usize = 16;

/// The parts of a template.
pub(super) fn parse(text: &str) -> Result<Vec<Section>, Vec<Fault>> {
    let mut parser = Parser::default();
    parser.read(text);
    parser.check(text);
    if parser.faults.is_empty() {
        Ok(parser.sections)
    } else {
        Err(parser.faults)
    }
}

/// Reads a template, and goes on after a fault to find the others.
#[derive(Default)]
struct Parser {
    sections: Vec<Section>,
    faults: Vec<Fault>,
    /// How many faults there were when the last [ was opened.
    faults_before: usize,
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
        if self.is_optional() && self.is_sound() {
            self.fault(
                "has a [ without its ]",
                "close it, or write [[ for the character itself",
            );
        }
    }

    fn check(&mut self, text: &str) {
        let bare: Vec<String> = self
            .sections
            .iter()
            .filter(|section| section.presence == Presence::Always)
            .flat_map(Section::placeholders)
            .filter(|placeholder| !placeholder.is_always())
            .map(|placeholder| placeholder.name().to_owned())
            .collect();
        for name in bare {
            self.fault(
                &format!("needs {{{name}}}, which not every event has"),
                "put it into [ ] with the words around it, which are left out without it; \
                 outside of brackets are {application}, {service} and {status}",
            );
        }
        // It parts the values on both sides of it, which would be read as one without it.
        let says = |it: &Section| it.is_remark() && it.says_something();
        let mut behind = self.sections.iter().skip_while(|it| !says(it));
        if behind.any(Section::is_optional_value) {
            self.fault(
                "has [ ] without a value before [ ] with one",
                "put it behind these: it is the first to be left out where there is no room",
            );
        }
        if self.sections.iter().flat_map(Section::placeholders).count() > MAX_VALUES {
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
        } else if let Some(hidden) = text.chars().find(|each| is_invisible(*each)) {
            self.fault(
                &format!(
                    "has U+{:04X}, which shows nothing and may turn words around",
                    u32::from(hidden)
                ),
                "leave it out; it may have come with a copied text",
            );
        }
        let mut always = self.sections.iter();
        let says = |it: &Section| it.presence == Presence::Always && it.says_something();
        if self.faults.is_empty() && !always.any(says) {
            self.fault(
                "says nothing when its parts in [ ] are left out",
                "write words outside of the brackets, too",
            );
        }
    }

    fn value(&mut self, rest: &mut std::str::Chars<'_>) {
        let Some((inside, after)) = rest.as_str().split_once('}') else {
            *rest = "".chars();
            return self.fault(
                "has a { without its }",
                "close it, or write {{ for the character itself",
            );
        };
        *rest = after.chars();
        match Placeholder::parse(inside) {
            Ok(placeholder) => self.section().pieces.push(Piece::Value(placeholder)),
            Err((what, right)) => self.fault(&what, &right),
        }
    }

    fn word(&mut self, character: char) {
        let pieces = &mut self.section().pieces;
        if !matches!(pieces.last(), Some(Piece::Words { .. })) {
            let (text, parts) = (String::new(), false);
            pieces.push(Piece::Words { text, parts });
        }
        if let Some(Piece::Words { text, parts }) = pieces.last_mut() {
            text.push(character);
            *parts = text.contains(char::is_alphabetic) && text.contains(' ');
        }
    }

    fn open(&mut self) {
        if self.is_optional() {
            return self.fault("has a [ within [ ]", "close the first one before it");
        }
        self.faults_before = self.faults.len();
        self.sections.push(Section {
            presence: Presence::Optional,
            pieces: Vec::new(),
        });
    }

    fn close(&mut self) {
        if !self.is_optional() {
            return self.fault("has a ] without a [", "write ]] for the character itself");
        }
        let says = self.sections.last().is_some_and(Section::says_something);
        if !says && self.is_sound() {
            self.fault(
                "has [ ] with nothing to say in it",
                "take the brackets away, or double them to show them",
            );
        }
        self.sections.push(Section::default());
    }

    /// Whether nothing is wrong since the last [, which would be told once more.
    fn is_sound(&self) -> bool {
        self.faults.len() == self.faults_before
    }

    fn is_optional(&self) -> bool {
        let section = self.sections.last();
        section.is_some_and(|it| it.presence == Presence::Optional)
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
