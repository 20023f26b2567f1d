//! What an answer to a screen means: a line of it, an application, the way back, or nothing.

use super::declared::{Body, Choice, Input, Menu, Screen, ScreenId};
use super::place::Place;
use super::{Picked, Which};

/// What was typed.
pub(super) enum Meaning<'a> {
    Home,
    Back,
    Next,
    /// The choice at this place of the screen.
    Choice(usize, &'a Choice),
    /// An application that was picked or typed, and where it leads.
    Application(Which, ScreenId),
    Nothing,
}

impl Menu {
    /// What this means, typed at a place of the screen.
    pub(super) fn meaning<'a>(
        &'a self,
        screen: &'a Screen,
        place: &Place,
        typed: &str,
    ) -> Meaning<'a> {
        let typed = typed.trim().trim_end_matches(['#', '.']).trim_end();
        let words = &self.words;
        if typed == &*words.home.press {
            return Meaning::Home;
        }
        if typed == &*words.back.press && place.has_back(self.home, place.page) {
            return Meaning::Back;
        }
        if typed == &*words.next.press && (place.more || place.alone) {
            return Meaning::Next;
        }
        let mut offered = screen.offered(place.flags, place.bare);
        if let Some((number, choice)) = offered.find(|(_, choice)| *choice.line.press == *typed) {
            return Meaning::Choice(number, choice);
        }
        let application = match &screen.body {
            Body::Input(input) => {
                let number = input.read(typed);
                number.map(|number| (Which::Typed(number), input.to))
            }
            Body::Applications { pick, .. } => {
                let picked = self.picked(screen, place, typed);
                picked.map(|picked| (Which::Picked(picked), *pick))
            }
            _ => None,
        };
        application.map_or(Meaning::Nothing, |(which, to)| {
            Meaning::Application(which, to)
        })
    }

    /// The application on the page that a digit stands for.
    fn picked(&self, screen: &Screen, place: &Place, typed: &str) -> Option<Picked> {
        let mut digits = self.free_digits(screen).into_iter();
        let at = digits.position(|digit| digit.to_string() == typed)?;
        place.listed.get(at).cloned()
    }
}

impl Input {
    /// The number that was typed, if it may be one, without signs that an SMS would not count either.
    pub(super) fn read(&self, typed: &str) -> Option<Box<str>> {
        let is_digit = |character: char| character.is_ascii_digit();
        let is_kept = |character: &char| {
            self.digits || character.is_alphanumeric() || "-/. ".contains(*character)
        };
        let number: String = typed.chars().filter(is_kept).collect();
        let fits = (self.least..=self.most).contains(&number.chars().count());
        let is_number = match self.digits {
            true => number.chars().all(is_digit),
            false => number.contains(is_digit),
        };
        (fits && is_number).then(|| number.into())
    }
}
