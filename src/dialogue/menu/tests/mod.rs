//! Phones that dial, and a journal that answers what the menus ask.

mod golden;
mod random;
mod reading;
mod walking;

use std::sync::LazyLock;

use xabar_events::Language;
use xabar_sms::Encoding;

use super::{About, Application, Facts, Listed, Menus, Place, Question, Step, Which};
use crate::compose::{Catalog, News};
use crate::journal::{Content, ThreadKey};

/// A phone with the menu that comes with the gateway.
struct Phone {
    menus: Menus,
    catalog: Catalog,
    about: About,
    journal: Journal,
    place: Option<Place>,
    /// What it was asked to do, apart from showing.
    done: Vec<Question>,
}

/// What the journal knows of a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Journal {
    Much,
    Nothing,
    /// It was asked for too many numbers of applications.
    RefusesNumbers,
    /// It can tell and do nothing now.
    Refuses,
}

/// Applications as agencies name them: number, service and status.
const APPLICATIONS: [(&str, &str, &str); 6] = [
    ("48120973", "land-registration", "approved"),
    ("51002214", "foreign-passport", "appointment-scheduled"),
    ("KAD-2026/113", "electricity-connection", "documents-needed"),
    ("77", "pension", "in-review"),
    ("60311290", "driving-licence", "ready-for-pickup"),
    ("60311544", "tax-refund", "payment-required"),
];

impl Phone {
    fn with(menus: Menus, language: Language) -> Self {
        Self {
            menus,
            catalog: Catalog::built_in(),
            about: About {
                language: Some(language),
                default: language,
                stopped: false,
                sms: true,
            },
            journal: Journal::Much,
            place: None,
            done: Vec::new(),
        }
    }

    fn new(language: Language) -> Self {
        Self::with(built_in(), language)
    }

    fn dial(&mut self, code: &str) -> String {
        let step = self.menus.begin(code, &self.about);
        self.take(step)
    }

    /// What it shows after this was typed.
    fn type_in(&mut self, typed: &str) -> String {
        let place = self.place.take().expect("the dialogue goes on");
        let step = self.menus.answer(place, typed, &self.about);
        self.take(step)
    }

    /// What it shows after the code was dialled again.
    fn dial_again(&mut self) -> String {
        let place = self.place.take().expect("the dialogue goes on");
        let step = self.menus.resume(place, &self.about);
        self.take(step)
    }

    /// What it shows after anything was typed in a dialogue that nobody knows any more.
    fn is_forgotten(&mut self) -> String {
        let place = self.place.take().expect("the dialogue goes on");
        self.menus.forgotten(Some(&place), place.language())
    }

    fn take(&mut self, mut step: Step) -> String {
        for _ in 0..20 {
            match step {
                Step::Show { text, place } => {
                    self.place = Some(place);
                    return text;
                }
                Step::End { text } => {
                    self.place = None;
                    return text;
                }
                Step::Ask { place, question } => {
                    let facts = self.facts(&question, place.language());
                    self.done.push(question);
                    step = self.menus.told(place, facts);
                }
            }
        }
        panic!("the journal is asked again and again");
    }

    fn facts(&self, question: &Question, language: Language) -> Facts {
        let is_typed = matches!(question, Question::Status(Which::Typed(_)));
        let applications = match self.journal {
            Journal::Much | Journal::RefusesNumbers => APPLICATIONS.as_slice(),
            Journal::Nothing | Journal::Refuses => &[],
        };
        match self.journal {
            Journal::RefusesNumbers if is_typed => return Facts::Refused,
            Journal::Refuses => return Facts::Refused,
            Journal::Much | Journal::Nothing | Journal::RefusesNumbers => {}
        }
        let mut in_threads = (1..).map(ThreadKey).zip(applications);
        let stands = |(number, service, status): &(&str, &str, &str)| Application {
            number: (*number).into(),
            service: self.catalog.service_name(language, service).into(),
            status: self.catalog.status_name(language, status).into(),
        };
        match question {
            Question::Applications => {
                let listed = in_threads.map(|(thread, application)| Listed {
                    thread,
                    application: stands(application),
                });
                Facts::Applications(listed.collect())
            }
            Question::Status(which) => {
                let found = in_threads.find(|(thread, (number, ..))| match which {
                    Which::Typed(typed) => *number == &**typed,
                    Which::Picked(picked) => *thread == picked.thread,
                });
                Facts::Status(found.map(|(_, application)| stands(application)))
            }
            Question::LastMessages => {
                let text = |application: &(&str, &str, &str)| self.message(language, application);
                Facts::Messages(applications.iter().map(text).collect())
            }
            Question::Language(_) | Question::OptOut(_) | Question::OptIn(_) | Question::Sms(_) => {
                Facts::Done
            }
        }
    }

    /// The SMS about an application.
    fn message(
        &self,
        language: Language,
        (number, service, status): &(&str, &str, &str),
    ) -> String {
        let content = Content {
            service: (*service).into(),
            status: (*status).into(),
            language: Some(language),
            params: vec![("office".into(), "Yunusobod DXM".into())],
            legal: false,
            extensions: Vec::new(),
        };
        let news = News {
            agency: "kadastr",
            application: number,
            content: &content,
        };
        self.catalog.compose(news, language).unwrap().text
    }
}

fn built_in() -> Menus {
    static MENUS: LazyLock<Menus> = LazyLock::new(|| {
        let catalog = Catalog::built_in();
        Menus::built_in(|language| catalog.rules(language))
    });
    MENUS.clone()
}

/// The units that a text takes, and those that a screen has.
fn units(text: &str) -> (usize, usize) {
    let encoding = Encoding::of(text);
    let units = encoding.len_units(text).unwrap();
    (units, xabar_ussd::Screen::default().capacity(encoding))
}
