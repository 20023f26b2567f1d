//! A menu as a tree, for those who write one.

use xabar_events::Language;

use super::declared::{Act, Body, Condition, Menu, Screen, ScreenId};
use super::fit::Fill;
use super::{Longest, Menus, Rules};

/// A menu as people look at it.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The file's name.
    pub file: String,
    /// The codes that lead to it; none: all others.
    pub dialled: Vec<String>,
    pub branches: Vec<Branch>,
}

/// A way to a screen. What is below a screen stands at the first way to it.
#[derive(Clone, Debug)]
pub struct Branch {
    /// The lines that lead to it from above, such as `│  ├─ `.
    pub lines: String,
    /// What is typed; empty where a dialogue begins.
    pub press: String,
    pub screen: String,
    /// The line that is chosen, or the first one of the screen where a dialogue begins.
    pub label: String,
    /// When it is offered, what it does, and what the screen does, as the file calls that.
    pub notes: Vec<&'static str>,
    /// How full the screen is at its fullest; `None` where it stands in the tree already.
    pub fill: Option<Fill>,
}

impl Menus {
    /// Every menu as a tree, in the words of one language; statuses with the longest names.
    pub fn trees(&self, language: Language, longest: &Longest) -> impl Iterator<Item = Tree> {
        self.menus.iter().map(move |menu| {
            let mut growing = Growing {
                menu,
                rules: &self.rules,
                longest,
                language,
                seen: Vec::new(),
                branches: Vec::new(),
            };
            growing.grow();
            let name = menu.file.file_name().unwrap_or_default();
            Tree {
                file: name.to_string_lossy().into_owned(),
                dialled: menu.dialled.iter().map(|it| it.code.to_string()).collect(),
                branches: growing.branches,
            }
        })
    }

    /// How many menus there are, and how many screens in all of them.
    pub fn counts(&self) -> (usize, usize) {
        let screens = self.menus.iter().map(|menu| menu.screens.len());
        (self.menus.len(), screens.sum())
    }
}

struct Growing<'a> {
    menu: &'a Menu,
    rules: &'a Rules,
    longest: &'a Longest,
    language: Language,
    seen: Vec<ScreenId>,
    branches: Vec<Branch>,
}

/// How a screen is come to.
struct Way {
    press: String,
    label: String,
    when: Option<Condition>,
    act: Option<&'static str>,
    to: ScreenId,
}

impl<'a> Growing<'a> {
    fn grow(&mut self) {
        let menu = self.menu;
        self.begin(menu.home, None);
        for (when, to) in &menu.first {
            self.begin(*to, Some(*when));
        }
    }

    fn begin(&mut self, to: ScreenId, when: Option<Condition>) {
        let text = self.menu.screen(to).map(|screen| &screen.text);
        let label = text.map(|text| text.words(self.language).into_owned());
        let way = Way {
            press: String::new(),
            label: label.unwrap_or_default(),
            when,
            act: None,
            to,
        };
        self.branch("", "", way);
    }

    /// A way to a screen, and what is below that. `above` stands before all of its lines, `joint` before the first.
    fn branch(&mut self, above: &str, joint: &str, way: Way) {
        let Some(screen) = self.menu.screen(way.to) else {
            return;
        };
        let is_new = !self.seen.contains(&way.to);
        let notes = [way.when.map(Condition::name), way.act, screen.kind()];
        self.branches.push(Branch {
            lines: format!("{above}{joint}"),
            press: way.press,
            screen: screen.name.to_string(),
            label: way.label.lines().next().unwrap_or_default().to_owned(),
            notes: notes.into_iter().flatten().collect(),
            fill: is_new.then(|| self.fill(way.to, screen)).flatten(),
        });
        if !is_new {
            return;
        }
        self.seen.push(way.to);
        let below = match joint {
            "" => "",
            MORE => "│  ",
            _ => "   ",
        };
        let above = format!("{above}{below}");
        let mut ways = self.ways(screen).into_iter().peekable();
        while let Some(way) = ways.next() {
            let joint = if ways.peek().is_some() { MORE } else { LAST };
            self.branch(&above, joint, way);
        }
    }

    fn ways(&self, screen: &Screen) -> Vec<Way> {
        let own = screen.body.leads_to().map(|to| Way {
            press: "…".to_owned(),
            label: String::new(),
            when: None,
            act: None,
            to,
        });
        let choices = screen.choices.iter().map(|choice| Way {
            press: choice.line.press.to_string(),
            label: choice.line.label.words(self.language).into_owned(),
            when: choice.when,
            act: choice.act.as_ref().map(Act::name),
            to: choice.to,
        });
        own.into_iter().chain(choices).collect()
    }

    /// In the language in which it is fullest.
    fn fill(&self, id: ScreenId, screen: &Screen) -> Option<Fill> {
        let fills = Language::ALL.iter().flat_map(|language| {
            let fixed = self.menu.fullest(id, screen, *language, self.rules);
            let told = self
                .menu
                .told(id, screen, *language, self.rules, self.longest);
            told.map(|told| told.fill).chain([fixed])
        });
        fills.reduce(Fill::fuller)
    }
}

/// Before a way with others below it, and before the last one.
const MORE: &str = "├─ ";
const LAST: &str = "└─ ";

impl Screen {
    /// What it does beside offering choices, by the key of its file.
    fn kind(&self) -> Option<&'static str> {
        match &self.body {
            Body::Nothing => self.ends.then_some("end"),
            Body::Input(_) => Some("input"),
            Body::Applications { .. } => Some("applications"),
            Body::Status { .. } => Some("status"),
            Body::Messages { .. } => Some("messages"),
        }
    }
}

impl Act {
    /// What it does, as its file calls it.
    fn name(&self) -> &'static str {
        match self {
            Self::Language(language) => language.as_str(),
            Self::Stop(_) => "stop",
            Self::Start(_) => "start",
            Self::Sms => "sms",
        }
    }
}
