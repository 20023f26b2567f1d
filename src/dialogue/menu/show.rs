//! What a screen says: its text, what the journal knows, its choices, and the lines that lead back.

use std::borrow::Cow;

use xabar_events::Language;

use super::declared::{Body, Line, Menu, Screen};
use super::layout::Content;
use super::place::{Head, Place};
use super::{Application, Facts, Listed, Which};

impl Menu {
    /// What the screen says at which a dialogue stands, without its notice. One that tells facts and has none of its
    /// kind says nothing of them.
    pub(super) fn says(&self, screen: &Screen, place: &Place, facts: Option<&Facts>) -> Content {
        let language = place.language;
        let (text, items) = match (place.head, &screen.body) {
            (Head::Wrong, Body::Input(input)) => {
                (input.wrong.words(language).into_owned(), Vec::new())
            }
            _ => screen.filled(place, facts),
        };
        let choices = screen.offered(place.flags, place.bare);
        Content {
            text,
            items,
            digits: self.free_digits(screen),
            choices: choices
                .map(|(_, choice)| choice.line.shown(language))
                .collect(),
            foot: self.foot(screen, place, 0),
            foot_later: self.foot(screen, place, 1),
            next: self.words.next.shown(language),
        }
    }

    /// What stands above a page that is shown again.
    pub(super) fn notice(&self, screen: &Screen, place: &Place) -> Option<Cow<'_, str>> {
        let wording = match (place.head, &screen.body) {
            (Head::Its, _) | (Head::Wrong, Body::Input(_)) => return None,
            (Head::Wrong, _) => &self.words.wrong,
            (Head::Refused, _) => &self.words.refused,
        };
        Some(wording.words(place.language))
    }

    /// A notice that no page has room for, and the line that leads to the page.
    pub(super) fn alone(&self, notice: &str, language: Language) -> Content {
        Content {
            text: notice.to_owned(),
            choices: vec![self.words.next.shown(language)],
            ..Content::default()
        }
    }

    /// The lines that lead back from a page.
    fn foot(&self, screen: &Screen, place: &Place, page: u8) -> String {
        let mut foot = String::new();
        if !screen.ends && place.has_back(self.home, page) {
            foot = self.words.back.shown(place.language);
            if place.has_longer_way_home(self.home, page) {
                foot = under(&foot, &self.words.home.shown(place.language));
            }
        }
        foot
    }

    /// The digits that stand for nothing else on a screen.
    pub(super) fn free_digits(&self, screen: &Screen) -> Vec<char> {
        let words = [&self.words.next, &self.words.back, &self.words.home];
        let choices = screen.choices.iter().map(|choice| &choice.line);
        let taken: Vec<&str> = choices.chain(words).map(|line| &*line.press).collect();
        let is_free = |digit: &char| !taken.contains(&&*digit.to_string());
        ('1'..='9').filter(is_free).collect()
    }
}

impl Screen {
    /// Its text with the facts in it, and the lines of its list.
    fn filled(&self, place: &Place, facts: Option<&Facts>) -> (String, Vec<String>) {
        let language = place.language;
        let text = match (&self.body, facts) {
            (Body::Nothing | Body::Input(_), _) => self.text.words(language),
            (Body::Applications { none, .. }, Some(Facts::Applications(all))) if all.is_empty() => {
                none.words(language)
            }
            (Body::Applications { .. }, Some(Facts::Applications(all))) => {
                let title = self.text.words(language).into_owned();
                return (title, all.iter().map(in_a_line).collect());
            }
            (Body::Status { .. }, Some(Facts::Status(Some(found)))) => {
                self.text.filled(language, found)
            }
            (Body::Status { none }, Some(Facts::Status(None))) => {
                none.filled(language, &place.nothing_known())
            }
            (Body::Messages { none }, Some(Facts::Messages(texts))) if texts.is_empty() => {
                none.words(language)
            }
            (Body::Messages { .. }, Some(Facts::Messages(texts))) => {
                let each = |text: &String| format!("- {}", text.trim());
                let all: Vec<String> = texts.iter().map(each).collect();
                under(&self.text.words(language), &all.join("\n")).into()
            }
            (Body::Applications { .. } | Body::Status { .. } | Body::Messages { .. }, _) => {
                "".into()
            }
        };
        (text.into_owned(), Vec::new())
    }
}

impl Place {
    /// The application that was asked for and is not there.
    fn nothing_known(&self) -> Application {
        Application {
            number: self.application.as_ref().map_or("", Which::number).into(),
            service: Box::default(),
            status: Box::default(),
        }
    }
}

impl Line {
    /// As it stands on a screen.
    pub(super) fn shown(&self, language: Language) -> String {
        format!("{}. {}", self.press, self.label.words(language))
    }
}

fn in_a_line(Listed { application, .. }: &Listed) -> String {
    format!("{} {}", application.number, application.status)
}

fn under(upper: &str, lower: &str) -> String {
    match (upper, lower) {
        (one, "") | ("", one) => one.to_owned(),
        (upper, lower) => format!("{upper}\n{lower}"),
    }
}
