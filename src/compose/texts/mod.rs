//! The texts of one language, as one file of `config/messages` has them.

mod given;
mod listed;
mod reading;

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use xabar_events::Language;
use xabar_sms::{Cost, LanguageRules, cheapest};

use self::given::Given;
pub use self::listed::{LONGEST_NUMBER, Listed, LongestAnswer};
use super::budget::{Budget, KEPT, WHOLE, cut, shorten, with_room_for_values};
use super::news::News;
use super::selection::{Selection, Wording};
use super::template::{Form, Placeholder, Source, Template};
use super::value::{
    Forms, MAX_CHARACTERS, Unfit, Written, Zone, application, is_nothing, name as plain_name,
    without_sign,
};
use crate::control::settings::Place;
use crate::dialogue::Keyword;

/// What is said in one language, and how.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    pub(super) rules: LanguageRules,
    forms: Forms,
    services: Names,
    statuses: Names,
    templates: Selection,
    /// The most segments of a text that does not say; `None`: as is usual.
    budget: Option<usize>,
    /// What citizens are answered, by the keys of [`TEMPLATES`].
    answers: BTreeMap<String, Template>,
    /// What citizens write.
    keywords: Vec<(Keyword, Vec<Word>)>,
    /// What its readers read where it lacks a text; `None`: what is usual.
    pub(super) fallback: Option<Vec<Language>>,
}

type Names = BTreeMap<String, String>;

/// A word by which citizens ask for something.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) text: String,
    /// Where it stands; `None`: it comes with the gateway.
    pub(super) place: Option<Place>,
}

/// What the citizen is told, and what of the news it lacks.
pub(super) struct Composed {
    pub(super) text: String,
    /// Whether a value that is given is not taken.
    pub(super) left_out: bool,
    /// How many of the template's last parts have no room.
    pub(super) crowded_out: usize,
}

impl Texts {
    /// The text for this news; `None` if nothing is said of its status.
    pub(super) fn find(&self, news: News<'_>) -> Option<&Wording> {
        let (service, status) = (&news.content.service, &news.content.status);
        self.templates.find(news.agency, service, status)
    }

    /// What the citizen is told, in its cheapest spelling.
    pub(super) fn compose(&self, wording: &Wording, news: News<'_>) -> Composed {
        let (unfit, is_cut) = (Cell::new(false), Cell::new(false));
        let value = |place: &Placeholder| {
            let written = self.value(place, news, &unfit)?;
            is_cut.set(is_cut.get() || written.is_cut);
            Some(written.text)
        };
        let (whole, joined) = wording.template.filled(value);
        let left_out = unfit.get() || !joined.is_empty();
        let spelled = cheapest(&whole, self.rules);
        if spelled.cost.segments > self.most(wording) || is_cut.get() {
            let (short, crowded_out) = self.shorten(wording, news);
            return Composed {
                text: cheapest(&short, self.rules).text.into_owned(),
                left_out,
                crowded_out,
            };
        }
        let text = match spelled.text {
            Cow::Owned(cheaper) => cheaper,
            Cow::Borrowed(_) => whole,
        };
        Composed {
            text,
            left_out,
            crowded_out: 0,
        }
    }

    /// What the citizen is told, before its spelling is chosen.
    pub(super) fn write(&self, wording: &Wording, news: News<'_>) -> Composed {
        let (text, crowded_out) = self.shorten(wording, news);
        Composed {
            text,
            left_out: !self.unfit(wording, news).is_empty(),
            crowded_out,
        }
    }

    /// The values that have a place, but are not such that it takes them, and why.
    pub(super) fn unfit<'a>(&self, wording: &'a Wording, news: News<'_>) -> Vec<(&'a str, Unfit)> {
        let places = wording.template.placeholders();
        let unfit = places.filter_map(|place| {
            let unfit = match &place.source {
                Source::Param(name) => self.forms.write(place.form, param(news, name)?).err()?,
                Source::Application if is_nothing(&application(news.application)) => Unfit::Empty,
                _ => return None,
            };
            Some((place.name(), unfit))
        });
        let (_, joined) = wording
            .template
            .filled(|place| Some(self.given(place, news)?.text));
        let joined = joined
            .into_iter()
            .map(|place| (place.name(), Unfit::Joined));
        unfit.chain(joined).collect()
    }

    /// The parameters that a text lacks without so many of its last parts, though their values are as they should be.
    pub(super) fn crowded_out<'a>(
        &self,
        wording: &'a Wording,
        news: News<'_>,
        parts: usize,
    ) -> BTreeSet<&'a str> {
        let value = |place: &Placeholder| Some(self.given(place, news)?.text);
        let places = wording.template.places_of_last(parts, value);
        let params = places.filter(|place| matches!(place.source, Source::Param(_)));
        params.map(Placeholder::name).collect()
    }

    /// The parameters of whose words the text has the beginning only, as it was [written](Self::write).
    pub(super) fn cut<'a>(
        &self,
        wording: &'a Wording,
        news: News<'_>,
        text: &str,
    ) -> BTreeSet<&'a str> {
        let places = wording.template.placeholders();
        let cut = places.filter_map(|place| {
            let form = match place.form {
                Form::Text(_) => Form::Text(MAX_CHARACTERS),
                Form::Any => Form::Any,
                _ => return None,
            };
            let value = param(news, place.name())?;
            // Behind the text's own sign of a number it has lost its own.
            let is_whole = |it: Written<'_>| !it.is_cut && text.contains(without_sign(&it.text));
            let whole = self.forms.write(form, value).is_ok_and(is_whole);
            (!whole).then(|| place.name())
        });
        cut.collect()
    }

    fn fill(&self, wording: &Wording, news: News<'_>) -> String {
        let value = |place: &Placeholder| Some(self.given(place, news)?.text);
        wording.template.fill(value)
    }

    /// A text that fits, and how many of the template's last parts are not in it. Where there is room in the segments that
    /// it takes, values are longer than their places say.
    fn shorten(&self, wording: &Wording, news: News<'_>) -> (String, usize) {
        let given = Given::to(&wording.template, |place| self.given(place, news));
        let value = |place: &Placeholder| given.written(place);
        let budget = self.budget_of(wording);
        let template = &*with_room_for_values(&wording.template, value, &budget);
        let (text, crowded_out) = shorten(template, value, &budget);
        let whole = template.fill(|place| given.text(place));
        match self.fits(&whole, wording) {
            true => (self.with_room(text, template, &given, news), crowded_out),
            false => (text, crowded_out),
        }
    }

    fn budget_of(&self, wording: &Wording) -> Budget<impl Fn(&str) -> usize> {
        Budget {
            segments: |text: &str| self.cost(text).segments,
            most: self.most(wording),
            kept: KEPT,
        }
    }

    /// The text with words beyond the characters that their places have, as far as it takes no more segments.
    fn with_room(
        &self,
        text: String,
        template: &Template,
        given: &Given<'_>,
        news: News<'_>,
    ) -> String {
        let segments = self.cost(&text).segments;
        let kept = |place: &Placeholder| match place.form {
            Form::Text(most) => most,
            _ => WHOLE,
        };
        let roomy = Given::to(template, |place| {
            let given = given.written(place)?;
            let (Form::Text(_), Source::Param(name)) = (place.form, &place.source) else {
                return Some(given);
            };
            let whole = self
                .forms
                .write(Form::Text(MAX_CHARACTERS), param(news, name)?);
            // What leads elsewhere beyond its place stays cut.
            Some(whole.unwrap_or(given))
        });
        let (_, joined) = template.filled(|place| roomy.text(place));
        if !joined.is_empty() {
            return text;
        }
        let fits = |text: &str| self.cost(text).segments <= segments;
        cut(template, kept, |place| roomy.written(place), fits).unwrap_or(text)
    }

    fn fits(&self, text: &str, wording: &Wording) -> bool {
        self.cost(text).segments <= self.most(wording)
    }

    /// What a text costs in its cheapest spelling.
    fn cost(&self, text: &str) -> Cost {
        cheapest(text, self.rules).cost
    }

    /// The most segments of a text, if it or its language says so.
    fn budget(&self, wording: &Wording) -> Option<usize> {
        wording.segments.or(self.budget)
    }

    /// The most segments of a text.
    fn most(&self, wording: &Wording) -> usize {
        self.budget(wording).unwrap_or(USUAL_SEGMENTS)
    }

    /// The most segments of an answer.
    fn most_of_an_answer(&self) -> usize {
        self.budget.unwrap_or(USUAL_SEGMENTS)
    }

    /// A service as citizens know it; its name in events if it has no other.
    pub(super) fn service<'a>(&'a self, service: &'a str) -> Cow<'a, str> {
        known_as(&self.services, service)
    }

    /// A status in a word or two; its name in events if it has no other.
    pub(super) fn status<'a>(&'a self, status: &'a str) -> Cow<'a, str> {
        known_as(&self.statuses, status)
    }

    /// An answer to a citizen, before its spelling is chosen, and how many of its last parts have no room.
    pub(super) fn answer<'a>(
        &self,
        template: &str,
        value: impl Fn(&str) -> Option<Cow<'a, str>>,
    ) -> Option<(String, usize)> {
        let template = self.answers.get(template)?;
        let value = |place: &Placeholder| value(place.name()).map(Written::from);
        let budget = Budget {
            segments: |text: &str| self.cost(text).segments,
            most: self.most_of_an_answer(),
            kept: WHOLE,
        };
        Some(shorten(template, value, &budget))
    }

    /// The words by which citizens ask for something.
    pub(super) fn keywords(&self) -> impl Iterator<Item = (Keyword, &Word)> {
        self.keywords
            .iter()
            .flat_map(|(keyword, words)| words.iter().map(|word| (*keyword, word)))
    }

    /// Takes the answers, and the kinds of keywords, that it lacks from other texts.
    pub(super) fn complete(&mut self, other: &Self) {
        for (key, template) in &other.answers {
            let missing = self.answers.entry(key.clone());
            missing.or_insert_with(|| template.clone());
        }
        let known: Vec<Keyword> = self.keywords.iter().map(|(keyword, _)| *keyword).collect();
        let missing = other.keywords.iter();
        let missing = missing.filter(|(keyword, _)| !known.contains(keyword));
        self.keywords.extend(missing.map(|(keyword, words)| {
            let words = words.iter().cloned();
            let own = words.map(|word| Word {
                place: None,
                ..word
            });
            (*keyword, own.collect())
        }));
    }

    /// Reckons moments in UTC into this zone, if its file names none.
    pub(super) fn reckon_into(&mut self, zone: &TimeZone) {
        self.forms.zone.get_or_insert_with(|| Zone(zone.clone()));
    }

    /// The services that it has names for, as events call them.
    pub(super) fn services(&self) -> impl Iterator<Item = &str> {
        self.services.keys().map(String::as_str)
    }

    /// The statuses that it has names for, as events call them.
    pub(super) fn statuses(&self) -> impl Iterator<Item = &str> {
        self.statuses.keys().map(String::as_str)
    }

    /// What stands in a place, if the news gives it as it should be.
    fn given<'a>(&'a self, place: &Placeholder, news: News<'a>) -> Option<Written<'a>> {
        self.value(place, news, &Cell::new(false))
    }

    fn value<'a>(
        &'a self,
        place: &Placeholder,
        news: News<'a>,
        unfit: &Cell<bool>,
    ) -> Option<Written<'a>> {
        let content = news.content;
        match &place.source {
            Source::Application => {
                let number = application(news.application);
                unfit.set(unfit.get() || is_nothing(&number));
                Some(number.into())
            }
            Source::Service => Some(self.service(&content.service).into()),
            Source::Status => Some(self.status(&content.status).into()),
            Source::Param(name) => {
                let written = self.forms.write(place.form, param(news, name)?);
                unfit.set(unfit.get() || written.is_err());
                written.ok()
            }
        }
    }
}

/// What a text may cost that does not say: a Cyrillic one of two lines, or a Latin one of four.
const USUAL_SEGMENTS: usize = 2;

/// What a thing is known as, by its name in events.
fn known_as<'a>(names: &'a Names, name: &'a str) -> Cow<'a, str> {
    match names.get(name) {
        Some(known) => known.into(),
        None => plain_name(name),
    }
}

/// What the event gives under this name.
fn param<'a>(news: News<'a>, name: &str) -> Option<&'a str> {
    let params = news.content.params.iter();
    let found = params.into_iter().find(|(param, _)| **param == *name);
    found.map(|(_, value)| &**value)
}
