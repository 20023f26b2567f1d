//! One text with places for values: its little language, read once and filled many times.
//!
//! `{name}` is a place for a value, `{name:form}` one for a value of a form, and a part in
//! `[brackets]` is left out whole when a value in it is not given. `{application}`, `{service}` and
//! `{status}` are always there; anything else comes from the event and so stands in brackets.
//! Brackets with no value in them are a remark, which goes before any value does where there is no room for all.
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
    presence: Presence,
    pieces: Vec<Piece>,
}

/// When a part is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Presence {
    #[default]
    Always,
    /// In brackets: where all of its values are given.
    Optional,
    /// Never: it has no room.
    LeftOut,
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
            let is_there =
                section.presence != Presence::LeftOut && filling.add(section, &value).is_some();
            if !is_there && section.presence != Presence::Always {
                filling.go_back(before);
                filling.state.after_gap = true;
            }
        }
        filling.text.truncate(filling.text.trim_end().len());
        (filling.text, filling.joined)
    }

    /// How many of its parts that have values may be left out.
    pub(super) fn optional_parts(&self) -> usize {
        let sections = self.sections.iter();
        sections.filter(|it| it.is_optional_value()).count()
    }

    /// The template without so many of the last of these.
    pub(super) fn without_last(&self, parts: usize) -> Self {
        self.without(parts, Section::is_optional_value)
    }

    /// How many remarks it has.
    pub(super) fn remarks(&self) -> usize {
        self.sections.iter().filter(|it| it.is_remark()).count()
    }

    /// The template without so many of its last remarks.
    pub(super) fn without_last_remarks(&self, remarks: usize) -> Self {
        self.without(remarks, Section::is_remark)
    }

    /// The template without so many of its last parts of a kind.
    fn without(&self, parts: usize, is_of_it: impl Fn(&Section) -> bool) -> Self {
        let mut sections = self.sections.clone();
        let last = sections.iter_mut().rev().filter(|it| is_of_it(it));
        for section in last.take(parts) {
            *section = Section {
                presence: Presence::LeftOut,
                pieces: Vec::new(),
            };
        }
        Self { sections }
    }

    /// The places in so many of the last parts with values that may be left out, of those parts that all values are there
    /// for.
    pub(super) fn places_of_last<'a>(
        &self,
        parts: usize,
        value: impl Fn(&Placeholder) -> Option<Cow<'a, str>>,
    ) -> impl Iterator<Item = &Placeholder> {
        let sections = self.sections.iter().rev();
        let last = sections.filter(|it| it.is_optional_value()).take(parts);
        last.filter(move |section| section.placeholders().all(|place| value(place).is_some()))
            .flat_map(Section::placeholders)
    }

    /// Its places for values, in their order.
    pub(super) fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.sections.iter().flat_map(Section::placeholders)
    }
}

impl Section {
    /// Whether it has a letter, a digit or a value.
    fn says_something(&self) -> bool {
        let says = |piece: &Piece| match piece {
            Piece::Words { text, .. } => is_visible(text),
            Piece::Value(_) => true,
        };
        self.pieces.iter().any(says)
    }

    /// In brackets, with a value that it is there for.
    fn is_optional_value(&self) -> bool {
        self.presence == Presence::Optional && self.has_value()
    }

    /// In brackets, without a value.
    fn is_remark(&self) -> bool {
        self.presence == Presence::Optional && !self.has_value()
    }

    fn has_value(&self) -> bool {
        self.placeholders().next().is_some()
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
                    let is_always = section.presence == Presence::Always;
                    let joined = match self.state.after_gap && is_always {
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
