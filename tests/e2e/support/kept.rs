//! The dialogues that `src/dialogue/menu/golden.txt` keeps of the menu that comes with the gateway.

use xabar_events::Language;

use super::screen::Screen;

/// All that is kept.
#[derive(Debug, Default)]
pub struct Kept {
    /// What a phone was told of, the last to change first.
    pub told: Vec<Told>,
    pub dialogues: Vec<Dialogue>,
}

/// A message about an application.
#[derive(Clone, Debug)]
pub struct Told {
    pub application: String,
    pub service: String,
    pub status: String,
}

/// What one phone shows, screen by screen.
#[derive(Clone, Debug)]
pub struct Dialogue {
    pub language: Language,
    pub name: String,
    /// What is not as with other phones.
    circumstances: Vec<String>,
    pub screens: Vec<Screen>,
    /// What is typed on each but the last.
    pub typed: Vec<String>,
}

impl Kept {
    pub fn read() -> Self {
        let mut kept = Self::default();
        let file = include_str!("../../../src/dialogue/menu/golden.txt");
        for line in file.lines().filter(|line| !line.is_empty()) {
            let (mark, rest) = line.split_once(' ').unwrap_or((line, ""));
            match (mark, kept.dialogues.last_mut()) {
                ("#", _) => {}
                ("=", _) => kept.told.push(Told::read(rest)),
                ("##", _) => kept.dialogues.push(Dialogue::headed(rest)),
                ("---", Some(dialogue)) => dialogue.screens.push(Screen {
                    text: String::new(),
                    ends: rest.ends_with("the end"),
                }),
                (">", Some(dialogue)) => dialogue.typed.push(rest.into()),
                (_, Some(dialogue)) => dialogue.shows_line(line),
                (_, None) => panic!("of no dialogue: {line}"),
            }
        }
        kept
    }
}

impl Told {
    fn read(line: &str) -> Self {
        let words: Vec<&str> = line.split(' ').collect();
        let [application, service, status] = words[..] else {
            panic!("not an application, a service and a status: {line}");
        };
        Self {
            application: application.into(),
            service: service.into(),
            status: status.into(),
        }
    }
}

impl Dialogue {
    /// `ru: no messages (nothing was sent)`
    fn headed(heading: &str) -> Self {
        let (language, name) = heading.split_once(": ").expect("a language and a name");
        let (name, circumstances) = name.split_once(" (").unwrap_or((name, ""));
        let circumstances = circumstances.trim_end_matches(')').split(", ");
        Self {
            language: language.parse().expect("a language"),
            name: name.into(),
            circumstances: circumstances.map(str::to_owned).collect(),
            screens: Vec::new(),
            typed: Vec::new(),
        }
    }

    fn shows_line(&mut self, line: &str) {
        let screen = self.screens.last_mut().expect("a screen has begun");
        if !screen.text.is_empty() {
            screen.text.push('\n');
        }
        screen.text.push_str(line);
    }

    /// Whether this is so with the phone.
    pub fn has(&self, circumstance: &str) -> bool {
        self.circumstances.iter().any(|it| it == circumstance)
    }
}
