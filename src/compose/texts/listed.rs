//! Every template and every answer of a language, and what it costs at least and at most.

use std::borrow::Cow;
use std::collections::BTreeSet;

use xabar_events::Language;
use xabar_sms::{Cost, cheapest};

use super::{Names, Texts};
use crate::compose::budget::{shorten, with_room_for_values};
use crate::compose::news::News;
use crate::compose::selection::{Entry, Wording};
use crate::compose::template::{Placeholder, Source};
use crate::compose::value::{Unfit, Written};
use crate::control::settings::Place;

/// A template in a list of them.
#[derive(Clone)]
pub struct Listed<'a> {
    pub language: Language,
    /// The only agency that it is for; `None`: all that have none of their own.
    pub agency: Option<&'a str>,
    /// The only service that it is for; `None`: all that have none of their own.
    pub service: Option<&'a str>,
    pub status: &'a str,
    /// What it costs without the parts that have values and may be left out, for an application number of eight
    /// digits and the service with the longest name.
    pub least: Cost,
    /// What it would cost with every value at its longest, in the letters of its language, for an application number of
    /// eight digits, and no remark that has no room beside them.
    pub most: Cost,
    /// The most segments that it or its language says it should take.
    pub budget: Option<usize>,
    texts: &'a Texts,
    wording: &'a Wording,
}

impl<'a> Listed<'a> {
    /// The parameters that it has a place for.
    pub fn params(&self) -> impl Iterator<Item = &'a str> {
        let places = self.wording.template.placeholders();
        places.filter_map(|place| match &place.source {
            Source::Param(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// What it would cost with every value at its longest, in Cyrillic letters.
    pub fn most_in_cyrillic(&self) -> Cost {
        let letter = match self.language {
            // What is read as Uzbek may go out in Latin letters.
            Language::Kaa => "ү",
            _ => LETTERS[1],
        };
        self.texts.whole(self.entry(), USUAL_NUMBER, letter)
    }

    /// What it would cost with every value and the application's number at their longest.
    pub fn most_with_the_longest_number(&self) -> Cost {
        let number = LETTERS[0].repeat(LONGEST_NUMBER);
        let letter = usual_letter(self.language);
        self.texts.whole(self.entry(), &number, letter)
    }

    /// The parameters, each with the most characters that its value takes.
    pub fn longest_values(&self) -> impl Iterator<Item = (&'a str, usize)> {
        let (forms, letter) = (&self.texts.forms, usual_letter(self.language));
        let places = self.wording.template.placeholders();
        places.filter_map(move |place| match &place.source {
            Source::Param(name) => {
                let longest = forms.longest(place.form, letter);
                Some((name.as_str(), longest.chars().count()))
            }
            _ => None,
        })
    }

    /// What is left of it costs, when it is shortened all that it may be, with the longest number and values, in the
    /// letters that cost most.
    pub fn shortened(&self) -> Cost {
        self.texts.longest_when_shortened(self.entry())
    }

    fn entry(&self) -> Entry<'a> {
        Entry {
            agency: self.agency,
            service: self.service,
            status: self.status,
            wording: self.wording,
        }
    }

    pub(in crate::compose) fn is(&self, wording: &Wording) -> bool {
        std::ptr::eq(self.wording, wording)
    }

    /// The most segments that it takes: it is shortened to them.
    pub fn limit(&self) -> usize {
        self.texts.most(self.wording)
    }

    /// Whether the news would take more segments than it may if all of it were said.
    pub fn is_shortened(&self, news: News<'_>) -> bool {
        let whole = self.texts.fill(self.wording, news);
        !self.texts.fits(&whole, self.wording)
    }

    /// The parameters of whose words the text that was written for the news has the beginning only, or nothing.
    pub fn cut(&self, news: News<'_>, text: &str) -> BTreeSet<&'a str> {
        self.texts.cut(self.wording, news, text)
    }

    /// The parameters that it does not take as the news gives them, and why.
    pub fn unfit(&self, news: News<'_>) -> Vec<(&'a str, Unfit)> {
        self.texts.unfit(self.wording, news)
    }

    /// Where it was written.
    pub fn place(&self) -> &'a Place {
        &self.wording.place
    }

    /// Its key in the file, such as `messages.passport.ready`.
    pub fn key(&self) -> String {
        format!("{}.{}", self.table(), self.status)
    }

    /// The table that it stands in, such as `messages.passport`.
    pub fn table(&self) -> String {
        let table = match self.agency {
            Some(agency) => format!("agencies.{agency}"),
            None => "messages".to_owned(),
        };
        match self.service {
            Some(service) => format!("{table}.{service}"),
            None => table,
        }
    }
}

impl std::fmt::Debug for Listed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {:?}", self.language, self.key(), self.least)
    }
}

/// An answer with the longest values, shortened as it would be.
#[derive(Clone, Copy, Debug)]
pub struct LongestAnswer<'a> {
    pub language: Language,
    /// Its key in `[answers]`.
    pub key: &'a str,
    pub cost: Cost,
    /// The most segments that it may take.
    pub limit: usize,
}

const USUAL_NUMBER: &str = "48120973";

/// The longest number of an application that an event may have.
pub const LONGEST_NUMBER: usize = 64;

/// The longest name of an agency.
const LONGEST_AGENCY: usize = 64;

/// As many more applications as nobody has.
const MOST_MORE: &str = "199";

/// Letters of numbers and values: a Latin one, and a Cyrillic one, which takes a whole text out of GSM 03.38 or is two
/// letters in Latin.
const LETTERS: [&str; 2] = ["X", "Щ"];

/// A letter that costs as much as those of a language do.
fn usual_letter(language: Language) -> &'static str {
    match language {
        Language::UzLatn | Language::En => "o",
        Language::Kaa => "ó",
        Language::UzCyrl | Language::Ru => "н",
    }
}

impl Texts {
    /// Every template, those for all agencies and all services first.
    pub(in crate::compose) fn list(&self, language: Language) -> impl Iterator<Item = Listed<'_>> {
        self.templates.iter().map(move |entry| Listed {
            language,
            agency: entry.agency,
            service: entry.service,
            status: entry.status,
            least: self.least(entry),
            most: self.whole(entry, USUAL_NUMBER, usual_letter(language)),
            budget: self.budget(entry.wording),
            texts: self,
            wording: entry.wording,
        })
    }

    /// What a text would cost with this number and values as long as they may be, their words of this letter, if no value
    /// were shortened.
    fn whole(&self, entry: Entry<'_>, number: &str, letter: &str) -> Cost {
        let value = |place: &Placeholder| Some(self.longest_value(entry, place, number, letter));
        let budget = self.budget_of(entry.wording);
        let template = with_room_for_values(&entry.wording.template, value, &budget);
        self.cost(&template.fill(|place| Some(value(place)?.text)))
    }

    fn longest_value<'a>(
        &'a self,
        entry: Entry<'a>,
        place: &Placeholder,
        number: &str,
        letter: &str,
    ) -> Written<'a> {
        Written::from(match &place.source {
            Source::Application => number.to_owned().into(),
            Source::Service => self.service_or_longest(entry),
            Source::Status => self.status(entry.status),
            Source::Param(_) => self.forms.longest(place.form, letter),
        })
    }

    /// The dearest of what it may come to when it is shortened.
    fn longest_when_shortened(&self, entry: Entry<'_>) -> Cost {
        let dearest = LETTERS.map(|letter| {
            let number = letter.repeat(LONGEST_NUMBER);
            let value =
                |place: &Placeholder| Some(self.longest_value(entry, place, &number, letter));
            let budget = self.budget_of(entry.wording);
            self.cost(&shorten(&entry.wording.template, value, &budget).0)
        });
        dearer(dearest)
    }

    /// Every answer with the longest number, names and list.
    pub(in crate::compose) fn longest_answers(
        &self,
        language: Language,
    ) -> impl Iterator<Item = LongestAnswer<'_>> {
        self.answers.keys().map(move |key| LongestAnswer {
            language,
            key,
            cost: dearer(LETTERS.map(|letter| self.longest_answer(key, letter))),
            limit: self.most_of_an_answer(),
        })
    }

    fn longest_answer(&self, key: &str, letter: &str) -> Cost {
        let number = letter.repeat(LONGEST_NUMBER);
        let status = longest(&self.statuses).unwrap_or("status");
        let answer = self.answer(key, |name| {
            Some(match name {
                "application" => number.clone().into(),
                "service" => self.longest_service().into(),
                "status" => status.into(),
                "agency" => "X".repeat(LONGEST_AGENCY).into(),
                "list" => format!("{number} {status}").into(),
                "more" => MOST_MORE.into(),
                _ => return None,
            })
        });
        self.cost(&answer.unwrap_or_default().0)
    }

    fn service_or_longest<'a>(&'a self, entry: Entry<'a>) -> Cow<'a, str> {
        match entry.service {
            Some(service) => self.service(service),
            None => self.longest_service().into(),
        }
    }

    fn longest_service(&self) -> &str {
        longest(&self.services).unwrap_or("service")
    }

    fn least(&self, entry: Entry<'_>) -> Cost {
        let service = self.service_or_longest(entry);
        let text = entry.wording.template.fill(|place| match place.source {
            Source::Application => Some(USUAL_NUMBER.into()),
            Source::Service => Some(service.clone()),
            Source::Status => Some(self.status(entry.status)),
            Source::Param(_) => None,
        });
        cheapest(&text, self.rules).cost
    }
}

fn longest(names: &Names) -> Option<&str> {
    let longest = names.values().max_by_key(|name| name.chars().count());
    longest.map(String::as_str)
}

fn dearer([one, other]: [Cost; 2]) -> Cost {
    if other.segments > one.segments {
        other
    } else {
        one
    }
}
