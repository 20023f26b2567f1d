//! Where a dialogue stands in the menus.

use std::fmt;

use xabar_events::Language;

use super::declared::{Flags, ScreenId};
use super::{Picked, Which};

/// Where a dialogue stands: all that is kept of it between two steps.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    pub(super) menu: u8,
    pub(super) screen: ScreenId,
    /// Whether it is the one that the dialogue began with.
    pub(super) first: bool,
    pub(super) page: u8,
    /// Whether there is a page behind.
    pub(super) more: bool,
    pub(super) language: Language,
    pub(super) flags: Flags,
    pub(super) head: Head,
    /// Whether the phone shows that alone, and the page is behind it.
    pub(super) alone: bool,
    /// Whether there is nothing that the choices of the screen could be about: those that do something are not
    /// offered.
    pub(super) bare: bool,
    /// Wrong answers to this screen, one after the other.
    pub(super) wrong: u8,
    pub(super) trail: Trail,
    pub(super) asked: Option<Asked>,
    /// The one that was picked or typed.
    pub(super) application: Option<Which>,
    /// What the digits on the page stand for.
    pub(super) listed: Box<[Picked]>,
    /// Whether the dialogue was at home.
    pub(super) was_home: bool,
    /// What was dialled behind the code, joined by `*`, and is not answered with yet: it is from home on.
    pub(super) ahead: Box<str>,
}

/// What a screen begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Head {
    #[default]
    Its,
    /// That the answer leads nowhere.
    Wrong,
    /// That it cannot be done now.
    Refused,
}

/// What the journal was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// What the screen shows.
    Facts,
    /// What the choice at this place of the screen does.
    Act(u8),
}

/// The last screens that led here, each with the page that did, home apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Trail {
    screens: [ScreenId; MOST_BACK],
    pages: [u8; MOST_BACK],
    len: u8,
    /// The page of home that was left last.
    home_page: u8,
}

/// Steps back that are remembered; who goes further is led home.
const MOST_BACK: usize = 6;

impl Place {
    /// Where a dialogue begins.
    pub(super) fn begin(menu: u8, screen: ScreenId, language: Language, flags: Flags) -> Self {
        Self {
            menu,
            screen,
            first: true,
            page: 0,
            more: false,
            language,
            flags,
            head: Head::Its,
            alone: false,
            bare: false,
            wrong: 0,
            trail: Trail::default(),
            asked: None,
            application: None,
            listed: Box::default(),
            was_home: false,
            ahead: Box::default(),
        }
    }

    /// The language of its screens.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Whether a step back from a page of the screen leads anywhere.
    pub(super) fn has_back(&self, home: ScreenId, page: u8) -> bool {
        page > 0 || (self.screen != home && !self.first)
    }

    /// Whether more than one step back from there leads home.
    pub(super) fn has_longer_way_home(&self, home: ScreenId, page: u8) -> bool {
        match page {
            0 => self.trail.len > 0,
            _ => self.screen != home,
        }
    }

    /// Moves on to a screen.
    pub(super) fn go(&mut self, to: ScreenId, home: ScreenId) {
        if to == home {
            self.trail = Trail::default();
        } else if to != self.screen {
            self.trail.go((self.screen, self.page), to, home);
        }
        self.arrive((to, 0), home);
    }

    /// Moves to the page or the screen before.
    pub(super) fn back(&mut self, home: ScreenId) {
        if self.page > 0 {
            self.turn(self.page - 1);
        } else {
            let to = self.trail.pop().unwrap_or((home, self.trail.home_page));
            self.arrive(to, home);
        }
    }

    /// Moves to another page of the screen.
    pub(super) fn turn(&mut self, page: u8) {
        self.page = page;
        self.head = Head::Its;
        self.alone = false;
        self.wrong = 0;
    }

    fn arrive(&mut self, (screen, page): (ScreenId, u8), home: ScreenId) {
        self.screen = screen;
        self.was_home |= screen == home;
        self.first = false;
        self.turn(page);
    }
}

impl Trail {
    /// From a page of one screen to another screen. A screen that led here before is gone back to, so that no walk in a circle
    /// makes the way back longer.
    fn go(&mut self, (from, page): (ScreenId, u8), to: ScreenId, home: ScreenId) {
        let mut known = self.screens.iter().take(usize::from(self.len));
        if let Some(at) = known.position(|screen| *screen == to) {
            self.len = u8::try_from(at).unwrap_or(0);
            return;
        }
        if from == home {
            self.home_page = page;
            return;
        }
        if usize::from(self.len) == MOST_BACK {
            self.screens.rotate_left(1);
            self.pages.rotate_left(1);
            self.len -= 1;
        }
        let at = usize::from(self.len);
        if let Some((next, on)) = self.screens.get_mut(at).zip(self.pages.get_mut(at)) {
            (*next, *on) = (from, page);
            self.len += 1;
        }
    }

    fn pop(&mut self) -> Option<(ScreenId, u8)> {
        self.len = self.len.checked_sub(1)?;
        let at = usize::from(self.len);
        Some((*self.screens.get(at)?, *self.pages.get(at)?))
    }
}

/// Names no application.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place")
            .field("menu", &self.menu)
            .field("screen", &self.screen)
            .field("page", &self.page)
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: ScreenId = 0;

    fn flags() -> Flags {
        Flags {
            language_known: true,
            stopped: false,
            sms: true,
        }
    }

    fn back_from(way: &[ScreenId]) -> Vec<ScreenId> {
        let mut place = Place::begin(0, HOME, Language::En, flags());
        for screen in way {
            place.go(*screen, HOME);
        }
        let mut back = Vec::new();
        while place.has_back(HOME, place.page) {
            place.back(HOME);
            back.push(place.screen);
        }
        back
    }

    #[test]
    fn the_way_back_is_the_way_here() {
        assert_eq!(back_from(&[1, 2, 3]), [2, 1, HOME]);
        assert!(back_from(&[]).is_empty());
        assert_eq!(back_from(&[1, 2, HOME, 3]), [HOME]);
    }

    #[test]
    fn the_way_back_leads_to_the_pages_that_were_left() {
        let mut place = Place::begin(0, HOME, Language::En, flags());
        for (page, screen) in [(2, 1), (3, 2), (0, 3)] {
            place.turn(page);
            place.go(screen, HOME);
        }
        let mut back = Vec::new();
        while place.has_back(HOME, place.page) {
            place.back(HOME);
            back.push((place.screen, place.page));
        }
        let pages = |screen, page| (0..=page).rev().map(move |page| (screen, page));
        let expected = pages(2, 0).chain(pages(1, 3)).chain(pages(HOME, 2));
        assert_eq!(back, expected.collect::<Vec<_>>());
        place.turn(1);
        place.go(1, HOME);
        place.go(HOME, HOME);
        assert_eq!(place.page, 0, "home itself begins at its beginning");
    }

    #[test]
    fn a_walk_in_a_circle_is_no_longer_way_back() {
        assert_eq!(back_from(&[1, 2, 1, 2, 1, 2]), [1, HOME]);
        assert_eq!(back_from(&[1, 2, 2]), [1, HOME]);
    }

    #[test]
    fn a_longer_way_than_is_remembered_ends_at_home() {
        let way: Vec<ScreenId> = (1..=20).collect();
        assert_eq!(back_from(&way), [19, 18, 17, 16, 15, 14, HOME]);
    }
}
