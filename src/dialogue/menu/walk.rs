//! The way through the menus: where an answer leads.

use xabar_events::Language;
use xabar_ussd::Wanted;

use super::declared::{Act, Body, Code, Flags, Menu, Screen, Words};
use super::layout::lay;
use super::meaning::Meaning;
use super::place::{Asked, Head, Place};
use super::wording::Wording;
use super::{About, Facts, Listed, Menus, Picked, Question, Sms, Step};

impl Menus {
    /// A code was dialled. What stands behind a declared one is what would be typed from home on: `*555*2#` is `*555#` and
    /// a 2.
    pub fn begin(&self, dialled: &str, about: &About) -> Step {
        let code = Code::read(dialled);
        let language = about.language.unwrap_or(about.default);
        let Some((number, menu, ahead)) = self.dialled(code.as_ref()) else {
            let text = self.refused(None, language);
            return Step::End { text };
        };
        let flags = Flags::of(about);
        let screen = menu.beginning(flags);
        let mut place = Place::begin(number, screen, language, flags);
        place.was_home = screen == menu.home;
        place.ahead = taken(ahead);
        let step = self.enter(place);
        self.go_ahead(step)
    }

    /// This was typed at a place. It means what the phone shows; what is shown next goes by what is known now.
    pub fn answer(&self, place: Place, typed: &str, about: &About) -> Step {
        let step = self.follow(place, typed, Some(about));
        self.go_ahead(step)
    }

    /// The same code was dialled again: the page where they were, as it is now and without what was wrong before.
    pub fn resume(&self, mut place: Place, about: &About) -> Step {
        place.learn(about);
        place.turn(place.page);
        self.enter(place)
    }

    /// This is the answer to what was asked there.
    pub fn told(&self, mut place: Place, facts: Facts) -> Step {
        let Some((menu, screen)) = self.at(&place) else {
            return self.lost(place.language);
        };
        let step = match place.asked.take() {
            None => self.enter(place),
            Some(Asked::Facts) => {
                let facts = Some(facts).filter(|facts| screen.body.tells(facts));
                if facts.is_none() {
                    place.head = Head::Refused;
                }
                self.show(menu, screen, place, facts.as_ref())
            }
            Some(Asked::Act(number)) => match (facts, screen.choices.get(usize::from(number))) {
                (Facts::Done, Some(choice)) => {
                    place.done(choice.act.as_ref());
                    place.go(choice.to, menu.home);
                    self.enter(place)
                }
                _ => {
                    place.wrong = 0;
                    place.head = Head::Refused;
                    self.enter(place)
                }
            },
        };
        self.go_ahead(step)
    }

    /// What the screen of a place is to be answered with.
    pub fn wanted(&self, place: &Place) -> Wanted {
        match self.at(place).map(|(_, screen)| &screen.body) {
            Some(Body::Input(input)) if input.digits => Wanted::Number,
            Some(Body::Input(_)) => Wanted::Line,
            _ => Wanted::Choice,
        }
    }

    /// The end for who answers a dialogue that is not known any more, or did not answer in time at this place.
    pub fn forgotten(&self, place: Option<&Place>, language: Language) -> String {
        self.last_words(place, language, |words| &words.forgotten)
    }

    /// The end for who cannot be led on now from this place.
    pub fn refused(&self, place: Option<&Place>, language: Language) -> String {
        self.last_words(place, language, |words| &words.refused)
    }

    /// Of the menu that the dialogue is in; of the first one, where that is not known.
    fn last_words(
        &self,
        place: Option<&Place>,
        language: Language,
        which: fn(&Words) -> &Wording,
    ) -> String {
        let own = place.and_then(|place| self.menus.get(usize::from(place.menu)));
        let menu = own.or(self.menus.first());
        let words = menu.map(|menu| which(&menu.words).words(language));
        self.one_page(&words.unwrap_or_default(), language)
    }

    /// The menu that a code leads to, and what was dialled behind its code. The only menu is that of all codes.
    fn dialled<'a>(&'a self, code: Option<&'a Code>) -> Option<(u8, &'a Menu, &'a [Box<str>])> {
        let numbered = || (0..=u8::MAX).zip(&self.menus);
        let declared = numbered().filter_map(|(number, menu)| {
            let matching = menu.dialled.iter().filter_map(|own| {
                let beyond = own.code.beyond(code?)?;
                Some((own.code.len(), beyond))
            });
            let (len, beyond) = matching.max_by_key(|(len, _)| *len)?;
            Some((len, (number, menu, beyond)))
        });
        let best = declared.max_by_key(|(len, _)| *len).map(|(_, best)| best);
        let of_all = || numbered().find(|(_, menu)| menu.dialled.is_empty());
        let only = || numbered().next().filter(|_| self.menus.len() == 1);
        let any = || of_all().or_else(only);
        best.or_else(|| any().map(|(number, menu)| (number, menu, [].as_slice())))
    }

    /// Answers with what was dialled ahead.
    fn go_ahead(&self, mut step: Step) -> Step {
        for _ in 0..MOST_AHEAD {
            let Step::Show { mut place, text } = step else {
                break;
            };
            if place.ahead.is_empty() || !place.was_home {
                return Step::Show { place, text };
            }
            let ahead = std::mem::take(&mut place.ahead);
            let (typed, rest) = ahead.split_once('*').unwrap_or((&ahead, ""));
            place.ahead = rest.into();
            step = self.follow(place, typed, None);
        }
        step
    }

    /// `about`: what is known now, if that may be other than what the phone shows.
    fn follow(&self, mut place: Place, typed: &str, about: Option<&About>) -> Step {
        let Some((menu, screen)) = self.at(&place) else {
            return self.lost(place.language);
        };
        place.asked = None;
        let meaning = menu.meaning(screen, &place, typed);
        if let Some(about) = about {
            place.learn(about);
        }
        match meaning {
            Meaning::Home => place.go(menu.home, menu.home),
            Meaning::Back => place.back(menu.home),
            Meaning::Next if place.alone => place.turn(place.page),
            Meaning::Next => place.turn(place.page.saturating_add(1)),
            Meaning::Application(which, to) => {
                place.application = Some(which);
                place.go(to, menu.home);
            }
            Meaning::Choice(number, choice) => match &choice.act {
                None => place.go(choice.to, menu.home),
                Some(act) => {
                    place.asked = u8::try_from(number).ok().map(Asked::Act);
                    let question = screen.question(act, &place);
                    return Step::Ask { place, question };
                }
            },
            Meaning::Nothing => {
                if place.was_home {
                    place.ahead = Box::default();
                }
                let wrong = place.wrong.saturating_add(1);
                if wrong >= menu.tries {
                    let text = menu.words.ended.words(place.language);
                    let text = self.one_page(&text, place.language);
                    return Step::End { text };
                }
                place.wrong = wrong;
                place.head = Head::Wrong;
            }
        }
        self.enter(place)
    }

    /// Shows the screen of a place, or asks for what it tells.
    fn enter(&self, mut place: Place) -> Step {
        let Some((menu, screen)) = self.at(&place) else {
            return self.lost(place.language);
        };
        place.listed = Box::default();
        let question = match &screen.body {
            Body::Nothing | Body::Input(_) => return self.show(menu, screen, place, None),
            Body::Applications { .. } => Question::Applications,
            Body::Messages { .. } => Question::LastMessages,
            Body::Status { .. } => match place.application.clone() {
                Some(which) => Question::Status(which),
                None => return self.show(menu, screen, place, Some(&Facts::Status(None))),
            },
        };
        place.asked = Some(Asked::Facts);
        Step::Ask { place, question }
    }

    fn show(&self, menu: &Menu, screen: &Screen, mut place: Place, facts: Option<&Facts>) -> Step {
        place.bare = facts.map_or(screen.body.needs_facts(), Facts::is_nothing);
        let rules = self.rules.of(place.language);
        let content = menu.says(screen, &place, facts);
        let laid = lay(&content, rules);
        let last = laid.pages.len().saturating_sub(1);
        let at = usize::from(place.page).min(last);
        let Some(page) = laid.pages.get(at) else {
            return self.lost(place.language);
        };
        let mut text = page.text.clone();
        place.alone = false;
        if let Some(notice) = menu.notice(screen, &place) {
            let below = laid.below(&notice, at, rules);
            let alone = || menu.alone(&notice, place.language);
            place.alone = below.is_none();
            text = below.unwrap_or_else(|| self.first_page(&alone(), place.language));
        }
        place.page = u8::try_from(at).unwrap_or(u8::MAX);
        place.more = at < last;
        if let Some(Facts::Applications(all)) = facts {
            let listed = all.get(page.items.clone()).unwrap_or_default();
            place.listed = listed.iter().map(Listed::to_pick).collect();
        }
        if screen.ends || !menu.leads_on(screen, &place) {
            return Step::End { text };
        }
        Step::Show { text, place }
    }

    fn at(&self, place: &Place) -> Option<(&Menu, &Screen)> {
        let menu = self.menus.get(usize::from(place.menu))?;
        Some((menu, menu.screen(place.screen)?))
    }

    /// The menus are others than those in which the dialogue began.
    fn lost(&self, language: Language) -> Step {
        let text = self.forgotten(None, language);
        Step::End { text }
    }
}

/// Inputs behind a code that are taken.
const MOST_AHEAD: usize = 8;

/// Their octets, joined: a newcomer's are kept with the dialogue. The longest number of an application and seven choices
/// take 85.
const MOST_OCTETS_AHEAD: usize = 96;

/// The inputs behind a code that are taken, joined.
fn taken(beyond: &[Box<str>]) -> Box<str> {
    let mut ahead = String::new();
    for typed in beyond.iter().take(MOST_AHEAD) {
        if ahead.len() + 1 + typed.len() > MOST_OCTETS_AHEAD {
            break;
        }
        if !ahead.is_empty() {
            ahead.push('*');
        }
        ahead.push_str(typed);
    }
    ahead.into()
}

impl Menu {
    /// Whether any answer leads anywhere.
    fn leads_on(&self, screen: &Screen, place: &Place) -> bool {
        place.more
            || place.alone
            || place.has_back(self.home, place.page)
            || !place.listed.is_empty()
            || matches!(screen.body, Body::Input(_))
            || screen.offered(place.flags, place.bare).next().is_some()
    }
}

impl Screen {
    fn question(&self, act: &Act, place: &Place) -> Question {
        match act {
            Act::Language(language) => Question::Language(*language),
            Act::Stop(agency) => Question::OptOut(agency.clone()),
            Act::Start(agency) => Question::OptIn(agency.clone()),
            Act::Sms => Question::Sms(match (&self.body, &place.application) {
                (Body::Status { .. }, Some(which)) => Sms::Status(which.clone()),
                _ => Sms::Applications,
            }),
        }
    }
}

impl Place {
    /// What is known of the subscriber now. Their language stays where they chose none.
    fn learn(&mut self, about: &About) {
        let known_before = self.flags.language_known;
        self.flags = Flags::of(about);
        self.flags.language_known |= known_before;
        self.language = about.language.unwrap_or(self.language);
    }

    /// What is known of the subscriber after this was done.
    fn done(&mut self, act: Option<&Act>) {
        if let Some(Act::Language(language)) = act {
            self.language = *language;
        }
        self.flags = self.flags.after(act);
    }
}

impl Body {
    pub(super) fn needs_facts(&self) -> bool {
        !matches!(self, Self::Nothing | Self::Input(_))
    }

    /// Whether these are the facts that it tells.
    fn tells(&self, facts: &Facts) -> bool {
        matches!(
            (self, facts),
            (Self::Applications { .. }, Facts::Applications(_))
                | (Self::Status { .. }, Facts::Status(_))
                | (Self::Messages { .. }, Facts::Messages(_))
        )
    }
}

impl Listed {
    fn to_pick(&self) -> Picked {
        Picked {
            thread: self.thread,
            number: self.application.number.clone(),
        }
    }
}

impl Facts {
    /// Whether there is nothing to be told.
    fn is_nothing(&self) -> bool {
        match self {
            Self::Applications(all) => all.is_empty(),
            Self::Messages(texts) => texts.is_empty(),
            Self::Status(found) => found.is_none(),
            Self::Done | Self::Refused => true,
        }
    }
}
