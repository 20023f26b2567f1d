//! Whether everything fits: how full each screen is at its fullest, in every language.

use xabar_events::Language;
use xabar_sms::Encoding;
use xabar_ussd::Screen as Phone;

use super::declared::{Body, Flags, Line, Menu, Screen, ScreenId};
use super::layout::{Content, Laid, lay, spelled_in};
use super::place::{Head, Place};
use super::wording::{Spot, Wording};
use super::{Application, Facts, Rules, Which};
use crate::control::settings::reading::Report;

/// How much a screen takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    pub language: Language,
    pub encoding: Encoding,
    pub pages: usize,
    /// Septets or 16-bit units, if all of it were on one page.
    pub units: usize,
}

impl Fill {
    fn of(content: &Content, language: Language, rules: &Rules) -> Self {
        Self::of_laid(&lay(content, rules.of(language)), language)
    }

    pub(super) fn of_laid(laid: &Laid<'_>, language: Language) -> Self {
        Self {
            language,
            encoding: laid.encoding,
            pages: laid.pages.len(),
            units: laid.units(),
        }
    }

    /// The units that a phone shows.
    pub fn capacity(&self) -> usize {
        Phone::default().capacity(self.encoding)
    }

    /// In thousandths of a page.
    fn share(&self) -> usize {
        self.units * 1000 / self.capacity()
    }

    /// The one that leaves less room.
    pub(super) fn fuller(self, other: Self) -> Self {
        match other.share() > self.share() {
            true => other,
            false => self,
        }
    }
}

/// Tells everything that does not fit.
pub(super) fn check(menu: &Menu, rules: &Rules, report: &Report<'_>) {
    let check = Check {
        menu,
        rules,
        report,
    };
    for (id, screen) in (0..).zip(&menu.screens) {
        check.screen(id, screen);
    }
    let words = &menu.words;
    for wording in [&words.ended, &words.forgotten] {
        check.alone(wording, None);
    }
    for wording in [&words.wrong, &words.refused] {
        check.alone(wording, Some(&words.next));
    }
    for language in Language::ALL {
        check.lines(*language);
    }
}

struct Check<'a> {
    menu: &'a Menu,
    rules: &'a Rules,
    report: &'a Report<'a>,
}

impl Check<'_> {
    fn wrong(&self, spot: &Spot, what: String, right: String) {
        self.report.add(&spot.origin, &spot.key, what, right);
    }

    fn screen(&self, id: ScreenId, screen: &Screen) {
        let fixed = screen.headed().flat_map(|(head, wording)| {
            Language::ALL.iter().filter_map(move |language| {
                let said = wording.said(*language)?;
                let fills = self.menu.fills(id, screen, *language, head, self.rules);
                Some((&said.spot, fullest(fills)?))
            })
        });
        let titles = Language::ALL.iter().filter_map(|language| {
            let said = screen.text.said(*language)?;
            let fill = self.menu.titled(id, screen, *language, self.rules)?;
            Some((&said.spot, fill))
        });
        for (spot, fill) in worst(fixed.chain(titles), screen.most_pages) {
            let (units, capacity) = (fill.units, fill.capacity());
            let what = format!(
                "makes a screen of {units} units in {} ({}), and a phone shows {capacity}",
                fill.language, fill.encoding,
            );
            let over = units.saturating_sub(capacity * screen.most_pages).max(1);
            let pages = match screen.ends {
                true => String::new(),
                false => format!(", or allow `pages = {}`", fill.pages),
            };
            let right = format!("make its text or its choices shorter by {over}{pages}");
            self.wrong(spot, what, right);
        }
    }

    /// What may be shown alone, or with a line below it.
    fn alone(&self, wording: &Wording, below: Option<&Line>) {
        let fills = wording.each().map(|said| {
            let content = Content {
                text: wording.words(said.language).into_owned(),
                choices: below
                    .map(|line| line.shown(said.language))
                    .into_iter()
                    .collect(),
                ..Content::default()
            };
            (&said.spot, Fill::of(&content, said.language, self.rules))
        });
        for (spot, fill) in worst(fills, 1) {
            let (language, encoding) = (fill.language, fill.encoding);
            let units = |line: &Line| encoding.len_units(&line.shown(language)).unwrap_or(0) + 1;
            let below = below.map_or(0, units);
            let what = format!(
                "takes {} units in {language}",
                fill.units.saturating_sub(below)
            );
            let most = fill.capacity().saturating_sub(below);
            let right = format!("write at most {most} ({encoding})");
            self.wrong(spot, what, right);
        }
    }

    /// Whatever a screen tells, and whichever letters are in that, each of its lines fits above those that lead to
    /// other pages and screens.
    fn lines(&self, language: Language) {
        let words = &self.menu.words;
        let len = |line: &Line, encoding: Encoding| {
            let shown = line.shown(language);
            let shown = spelled_in(encoding, &shown, self.rules.of(language));
            encoding.len_units(&shown).unwrap_or(0) + 1
        };
        let room = |encoding: Encoding| {
            let lead_elsewhere = [&words.next, &words.back, &words.home];
            let lead_elsewhere = lead_elsewhere.map(|line| len(line, encoding));
            let capacity = Phone::default().capacity(encoding);
            capacity.saturating_sub(lead_elsewhere.iter().sum())
        };
        let least = room(Encoding::Ucs2);
        if least < LEAST_ROOM
            && let Some(said) = words.next.label.said(language)
        {
            let what = format!("leaves {least} units of a page, with back and home, in {language}");
            let right = format!("make the three shorter, so that at least {LEAST_ROOM} are left");
            return self.wrong(&said.spot, what, right);
        }
        for (id, screen) in (0..).zip(&self.menu.screens) {
            let encoding = self.menu.encoding(id, screen, language, self.rules);
            let room = room(encoding);
            for line in screen.choices.iter().map(|choice| &choice.line) {
                let len = len(line, encoding);
                if len > room
                    && let Some(said) = line.label.said(language)
                {
                    let what = format!("makes a line of {len} units in {language}");
                    self.wrong(&said.spot, what, format!("make it at most {room} long"));
                }
            }
        }
    }
}

/// Of an application, as long as most are.
pub(super) const NUMBER: &str = "481209730001";

/// Units of a page that are left for what is told, at least, where the text is in UCS-2.
const LEAST_ROOM: usize = 40;

/// The worst of those that take more pages than they may, one for each spot: a text may be one of all languages.
fn worst<'a>(
    fills: impl Iterator<Item = (&'a Spot, Fill)>,
    most_pages: usize,
) -> Vec<(&'a Spot, Fill)> {
    let mut worst: Vec<(&Spot, Fill)> = Vec::new();
    for (spot, fill) in fills.filter(|(_, fill)| fill.pages > most_pages) {
        match worst.iter_mut().find(|(known, _)| known.key == spot.key) {
            Some((_, known)) if known.share() >= fill.share() => {}
            Some((_, known)) => *known = fill,
            None => worst.push((spot, fill)),
        }
    }
    worst
}

fn fullest(fills: impl Iterator<Item = Fill>) -> Option<Fill> {
    fills.max_by_key(|fill| (fill.pages, fill.share()))
}

impl Screen {
    /// What it says whatever the journal knows, or where that is nothing; and what it says instead.
    fn headed(&self) -> impl Iterator<Item = (Head, &Wording)> {
        let (text, wrong) = match &self.body {
            Body::Nothing => (&self.text, None),
            Body::Input(input) => (&self.text, Some((Head::Wrong, &input.wrong))),
            Body::Applications { none, .. } | Body::Status { none } | Body::Messages { none } => {
                (none, None)
            }
        };
        std::iter::once((Head::Its, text)).chain(wrong)
    }

    /// Where there is nothing to be told.
    fn nothing(&self) -> Option<Facts> {
        match &self.body {
            Body::Nothing | Body::Input(_) => None,
            Body::Applications { .. } => Some(Facts::Applications(Vec::new())),
            Body::Status { .. } => Some(Facts::Status(None)),
            Body::Messages { .. } => Some(Facts::Messages(Vec::new())),
        }
    }
}

impl Menu {
    /// How full a screen is at its fullest, without what is told of facts, and without a notice, for which text gives
    /// way.
    pub(super) fn fullest(
        &self,
        id: ScreenId,
        screen: &Screen,
        language: Language,
        rules: &Rules,
    ) -> Fill {
        let heads = screen.headed();
        let fills = heads.flat_map(|(head, _)| self.fills(id, screen, language, head, rules));
        fullest(fills).unwrap_or(Fill {
            language,
            encoding: Encoding::Gsm7,
            pages: 0,
            units: 0,
        })
    }

    /// How full it is when it begins so, for each that may look at it.
    fn fills(
        &self,
        id: ScreenId,
        screen: &Screen,
        language: Language,
        head: Head,
        rules: &Rules,
    ) -> impl Iterator<Item = Fill> {
        let facts = screen.nothing();
        Flags::each().map(move |flags| {
            let mut place = self.on_the_way_to(id, language, flags);
            place.head = head;
            place.bare = facts.is_some();
            place.application = Some(Which::Typed(NUMBER.into()));
            let content = self.says(screen, &place, facts.as_ref());
            Fill::of(&content, language, rules)
        })
    }

    /// The encoding in which every line of a screen has to fit: where it tells facts, there may be any letters in them.
    fn encoding(
        &self,
        id: ScreenId,
        screen: &Screen,
        language: Language,
        rules: &Rules,
    ) -> Encoding {
        let mut heads = screen.headed();
        let is_ucs2 = |fill: Fill| fill.encoding == Encoding::Ucs2;
        let any = heads.any(|(head, _)| self.fills(id, screen, language, head, rules).any(is_ucs2));
        match any || screen.body.needs_facts() {
            true => Encoding::Ucs2,
            false => Encoding::Gsm7,
        }
    }

    /// How full a screen is of the text above what it tells of facts, whatever that is; `None` if it tells of none.
    fn titled(
        &self,
        id: ScreenId,
        screen: &Screen,
        language: Language,
        rules: &Rules,
    ) -> Option<Fill> {
        let fills = Flags::each().map(|flags| {
            let place = self.on_the_way_to(id, language, flags);
            let content = Content {
                text: screen
                    .text
                    .filled(language, &Application::default())
                    .into_owned(),
                ..self.says(screen, &place, None)
            };
            Fill::of(&content, language, rules)
        });
        fullest(fills).filter(|_| screen.body.needs_facts())
    }

    /// A place at a screen, from which the way back is the longest.
    pub(super) fn on_the_way_to(&self, id: ScreenId, language: Language, flags: Flags) -> Place {
        let leads = |screen: &Screen| screen.leads_to().any(|to| to == id);
        let mut before = (0..).zip(&self.screens);
        let before =
            before.find(|(from, screen)| *from != self.home && *from != id && leads(screen));
        let from = before.map_or(self.home, |(from, _)| from);
        let mut place = Place::begin(0, from, language, flags);
        place.go(id, self.home);
        place
    }
}
