//! One text with places for values: its little language, read once and filled many times.
//!
//! `{name}` is a place for a value, `{name:form}` one for a value of a form, and a part in
//! `[brackets]` is left out whole when a value in it is not given. `{application}`, `{service}` and
//! `{status}` are always there; anything else comes from the event and so stands in brackets.
//! Doubled, `{{ }} [[ ]]` are themselves.

mod parser;
mod placeholder;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub(super) use placeholder::{Form, Placeholder, Source};

use super::value::{contact_in, without_doubled_sign};

/// Room for most texts, Cyrillic ones too; a longer one grows.
const USUAL_OCTETS: usize = 256;

/// Whether a text has a letter or a digit.
pub(super) fn is_visible(text: &str) -> bool {
    text.contains(char::is_alphanumeric)
}

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
    Words {
        text: String,
        /// Whether the values on both sides are read apart.
        parts: bool,
    },
    Value(Placeholder),
}

/// What is wrong with a template, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) what: String,
    pub(super) right: String,
}

impl Template {
    pub(super) fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let sections = parser::parse(text)?;
        Ok(Self { sections })
    }

    /// The text with its values, as `value` gives them.
    pub(super) fn fill<'a>(&self, value: impl Fn(&Placeholder) -> Option<Cow<'a, str>>) -> String {
        self.filled(value).0
    }

    /// The same, and the places whose parts are left out since what they take leads elsewhere together with what stands
    /// before it.
    pub(super) fn filled<'a>(
        &self,
        value: impl Fn(&Placeholder) -> Option<Cow<'a, str>>,
    ) -> (String, Vec<&Placeholder>) {
        let mut filling = Filling::new();
        for section in &self.sections {
            let before = filling.state;
            if filling.add(section, &value).is_none() && section.optional {
                filling.go_back(before);
                filling.state.after_gap = true;
            }
        }
        filling.text.truncate(filling.text.trim_end().len());
        (filling.text, filling.joined)
    }

    /// How many of its parts may be left out.
    pub(super) fn optional_parts(&self) -> usize {
        self.sections
            .iter()
            .filter(|section| section.optional)
            .count()
    }

    /// The template without so many of the last parts that may be left out.
    pub(super) fn without_last(&self, mut parts: usize) -> Self {
        let mut kept: Vec<Section> = Vec::with_capacity(self.sections.len());
        for section in self.sections.iter().rev() {
            if section.optional && parts > 0 {
                parts -= 1;
            } else {
                kept.push(section.clone());
            }
        }
        kept.reverse();
        Self { sections: kept }
    }

    /// The places in so many of the last parts that may be left out, of those parts that all values are there for.
    pub(super) fn places_of_last<'a>(
        &self,
        parts: usize,
        value: impl Fn(&Placeholder) -> Option<Cow<'a, str>>,
    ) -> impl Iterator<Item = &Placeholder> {
        let optional = self.sections.iter().rev().filter(|it| it.optional);
        let last = optional.take(parts);
        last.filter(move |section| section.placeholders().all(|place| value(place).is_some()))
            .flat_map(Section::placeholders)
    }

    /// Its places for values, in their order.
    pub(super) fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.sections.iter().flat_map(Section::placeholders)
    }
}

impl Section {
    /// Whether a letter, a digit or a value of it is in every text.
    fn always_says_something(&self) -> bool {
        let says = |piece: &Piece| match piece {
            Piece::Words { text, .. } => is_visible(text),
            Piece::Value(_) => true,
        };
        !self.optional && self.pieces.iter().any(says)
    }

    fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Value(placeholder) => Some(placeholder),
            Piece::Words { .. } => None,
        })
    }
}

/// A text that is being filled.
struct Filling<'t> {
    text: String,
    state: State,
    /// The places at which a part was given up for what its values make together.
    joined: Vec<&'t Placeholder>,
}

#[derive(Clone, Copy, Default)]
struct State {
    octets: usize,
    after_value: bool,
    /// Whether a part has been left out there.
    after_gap: bool,
    /// Where values of agencies began, words and numbers, that nothing parts from each other.
    run: Option<usize>,
}

impl<'t> Filling<'t> {
    fn new() -> Self {
        Self {
            text: String::with_capacity(USUAL_OCTETS),
            state: State::default(),
            joined: Vec::new(),
        }
    }

    fn go_back(&mut self, before: State) {
        self.text.truncate(before.octets);
        self.state = before;
    }

    /// `None` as soon as a value is not given.
    fn add<'a>(
        &mut self,
        section: &'t Section,
        value: impl Fn(&Placeholder) -> Option<Cow<'a, str>>,
    ) -> Option<()> {
        for piece in &section.pieces {
            match piece {
                Piece::Words { text, parts } => {
                    let joined = match self.state.after_gap && !section.optional {
                        true => self.closing_the_gap(text),
                        false => text,
                    };
                    self.words(joined, *parts);
                }
                Piece::Value(placeholder) => self.value(placeholder, &value(placeholder)?)?,
            }
            self.state.octets = self.text.len();
        }
        Some(())
    }

    /// The words that follow where a part is left out, without what reads badly there: a second blank, one before a comma,
    /// brackets with nothing in them.
    fn closing_the_gap<'w>(&mut self, words: &'w str) -> &'w str {
        let is_apart = self.text.is_empty() || self.text.ends_with(' ');
        let words = match is_apart {
            true => words.trim_start_matches(' '),
            false => words,
        };
        if words.starts_with([')', ',', '.', ';', '!', '?']) {
            self.text.truncate(self.text.trim_end().len());
        }
        match words.strip_prefix(')') {
            Some(rest) if self.text.ends_with('(') => {
                self.text.pop();
                self.closing_the_gap(rest)
            }
            _ => words,
        }
    }

    fn words(&mut self, words: &str, parts: bool) {
        self.text.push_str(match words.strip_prefix('.') {
            Some(rest) if self.state.after_value && ends_a_sentence(&self.text) => rest,
            _ => words,
        });
        self.state.after_value = false;
        self.state.after_gap = false;
        if parts {
            self.state.run = None;
        }
    }

    /// `None` if it makes a link or a number together with the values before it.
    fn value(&mut self, placeholder: &'t Placeholder, value: &str) -> Option<()> {
        let start = self.text.len();
        let value = without_doubled_sign(&self.text, value);
        self.text.push_str(value);
        self.state.after_value = true;
        self.state.after_gap = false;
        if !placeholder.may_join() {
            self.state.run = None;
            return Some(());
        }
        let begin = *self.state.run.get_or_insert(start);
        let alone = begin == start;
        if alone || contact_in(self.text.get(begin..)?).is_none() {
            return Some(());
        }
        self.joined.push(placeholder);
        None
    }
}

/// Agencies end some values with a full stop, a cut one ends in three, and the template has one
/// after them.
fn ends_a_sentence(text: &str) -> bool {
    text.ends_with(['.', '!', '?', '…'])
}
