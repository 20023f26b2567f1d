//! How a status reads with the longest names of services and statuses that there are.

use std::borrow::Cow;

use xabar_events::Language;
use xabar_sms::Encoding;
use xabar_sms::fold::fold;

use super::declared::{Body, Flags, Menu, Screen, ScreenId};
use super::fit::{Fill, NUMBER};
use super::layout::lay;
use super::wording::{Said, Spot, Value};
use super::{Application, Facts, Listed, Menus, Rules};
use crate::control::settings::Problem;
use crate::control::settings::reading::report_on;
use crate::journal::ThreadKey;

/// Applications with the longest names in each language: the most that a status can take.
#[derive(Clone, Debug, Default)]
pub struct Longest(Vec<(Language, Application)>);

impl Longest {
    /// Of these names of services and of statuses.
    pub fn of<'a>(names: impl Fn(Language) -> (Vec<Cow<'a, str>>, Vec<Cow<'a, str>>)) -> Self {
        let mut longest = Vec::new();
        for language in Language::ALL {
            let (services, statuses) = names(*language);
            for service in longest_of(&services) {
                let with = longest_of(&statuses).map(|status| Application {
                    number: NUMBER.into(),
                    service: service.into(),
                    status: status.into(),
                });
                longest.extend(with.map(|application| (*language, application)));
            }
        }
        Self(longest)
    }

    fn in_language(&self, language: Language) -> impl Iterator<Item = &Application> {
        let own = self.0.iter().filter(move |(of, _)| *of == language);
        own.map(|(_, application)| application)
    }
}

/// The longest name in each encoding: the longest of all may take less room than a short one in UCS-2.
fn longest_of<'a>(names: &'a [Cow<'_, str>]) -> impl Iterator<Item = &'a str> {
    [Encoding::Gsm7, Encoding::Ucs2]
        .into_iter()
        .filter_map(move |encoding| {
            let written = names
                .iter()
                .filter(|name| Encoding::of(&fold(name)) == encoding);
            written
                .map(|name| &**name)
                .max_by_key(|name| name.chars().count())
        })
}

/// A status on its screen.
pub(super) struct Told<'a> {
    pub(super) fill: Fill,
    application: &'a Application,
    /// Whether the first page says it.
    is_first: bool,
}

impl Menus {
    /// The statuses that do not stand on their first page when names are long: many look no further.
    pub fn late_statuses(&self, longest: &Longest) -> Vec<Problem> {
        let menus = self.menus.iter();
        let late = menus.map(|menu| menu.late_statuses(&self.rules, longest));
        late.flatten().collect()
    }
}

impl Menu {
    fn late_statuses(&self, rules: &Rules, longest: &Longest) -> Vec<Problem> {
        report_on(&self.file, |report| {
            // One text may be that of all languages.
            let mut seen: Vec<&str> = Vec::new();
            for (id, screen) in (0..).zip(&self.screens) {
                for said in screen.text.each() {
                    let Spot { key, origin } = &said.spot;
                    let late = self.late(id, screen, said, rules, longest);
                    let Some(Application {
                        service, status, ..
                    }) = late
                    else {
                        continue;
                    };
                    if !seen.contains(&&**key) {
                        seen.push(key);
                        let what = format!(
                            "does not say \"{status}\" on its first page in {}, where the service is \"{service}\"",
                            said.language
                        );
                        let right = "write {status} before {service}, or fewer words before it";
                        report.add(origin, key, what, right);
                    }
                }
            }
        })
    }

    /// An application whose status a text says, but not on the first page.
    fn late<'a>(
        &'a self,
        id: ScreenId,
        screen: &'a Screen,
        said: &Said,
        rules: &'a Rules,
        longest: &'a Longest,
    ) -> Option<&'a Application> {
        let tells = said.text.values().any(|value| value == Value::Status);
        let mut told = self.told(id, screen, said.language, rules, longest);
        let late = told.find(|told| tells && !told.is_first);
        late.map(|told| told.application)
    }

    /// How a screen tells of an application, by itself or as the only one of a list, whatever is known of the subscriber;
    /// nothing if it tells of none.
    pub(super) fn told<'a>(
        &'a self,
        id: ScreenId,
        screen: &'a Screen,
        language: Language,
        rules: &'a Rules,
        longest: &'a Longest,
    ) -> impl Iterator<Item = Told<'a>> {
        let facts = |application: &Application| match screen.body {
            Body::Status { .. } => Some(Facts::Status(Some(application.clone()))),
            Body::Applications { .. } => Some(Facts::Applications(vec![Listed {
                thread: ThreadKey(0),
                application: application.clone(),
            }])),
            _ => None,
        };
        let applications = longest.in_language(language);
        let told = applications.filter_map(move |it| Some((it, facts(it)?)));
        told.flat_map(move |(application, facts)| {
            Flags::each().map(move |flags| {
                let place = self.on_the_way_to(id, language, flags);
                let content = self.says(screen, &place, Some(&facts));
                let rules = rules.of(language);
                let laid = lay(&content, rules);
                Told {
                    fill: Fill::of_laid(&laid, language),
                    application,
                    is_first: laid.first_page_says(&application.status, rules),
                }
            })
        })
    }
}
