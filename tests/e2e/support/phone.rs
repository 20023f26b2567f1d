//! A phone in USSD dialogues, behind an operator's socket or an aggregator's forms: the same to who holds it.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::time::{sleep, timeout};
use xabar::simulator::{Handle, NotSent, PhoneMemory, Settings, Text, Ussd};
use xabar_events::Language;

use super::screen::{Screen, choice};
use super::world::{World, smsc_settings};
use super::{broker, gateway};

/// What is dialled.
pub const CODE: &str = "*555#";

pub struct Phone {
    number: String,
    way: Way,
    shown: Screen,
}

/// How its steps come to the gateway, and screens to it.
enum Way {
    Smpp {
        handle: Handle,
        inbox: Inbox,
    },
    Http {
        port: u16,
        dialogues: u32,
        /// All inputs of the dialogue.
        inputs: Option<String>,
    },
}

/// What comes to a phone behind an SMSC. Screens and messages come over sessions of their own: which is first, of a
/// screen and a message that were sent together, is not said.
struct Inbox {
    texts: broadcast::Receiver<Text>,
    /// What came while the other kind was waited for.
    early: VecDeque<Text>,
}

/// For a text to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A gateway's world with an operator that brings USSD, by these keys of `[operator.ussd]`.
pub async fn world(keys: &str, default_language: Language) -> World {
    let keys = format!("number = \"555\"\n[operator.ussd]\n{keys}\n");
    world_of(keys, default_language).await
}

/// The same with an operator of these keys.
pub async fn world_of(keys: String, default_language: Language) -> World {
    let settings = Settings {
        phones: PhoneMemory::default(),
        ..smsc_settings()
    };
    World::with_smsc(broker::shared(), settings, |config| {
        config.default_language = Some(default_language);
        config.more = keys;
    })
    .await
}

impl Phone {
    /// Behind the operator's SMSC.
    pub fn over_smpp(world: &World, number: &str) -> Self {
        let handle = world.smsc.handle();
        let inbox = Inbox {
            texts: handle.listen(),
            early: VecDeque::new(),
        };
        Self::on(number, Way::Smpp { handle, inbox })
    }

    /// Behind an aggregator.
    pub fn over_http(world: &World, number: &str) -> Self {
        let way = Way::Http {
            port: world.config.http,
            dialogues: 0,
            inputs: None,
        };
        Self::on(number, way)
    }

    /// One of each, with numbers of their own.
    pub fn of_both_ways(world: &World) -> [Self; 2] {
        [
            Self::over_smpp(world, "998931112233"),
            Self::over_http(world, "998931112234"),
        ]
    }

    fn on(number: &str, way: Way) -> Self {
        Self {
            number: number.into(),
            way,
            shown: Screen::default(),
        }
    }

    /// `SMPP` or `HTTP`.
    pub fn way(&self) -> &'static str {
        match self.way {
            Way::Smpp { .. } => "SMPP",
            Way::Http { .. } => "HTTP",
        }
    }

    pub fn number(&self) -> &str {
        &self.number
    }

    /// The SMSC that it is behind.
    pub fn smsc(&self) -> &Handle {
        match &self.way {
            Way::Smpp { handle, .. } => handle,
            Way::Http { .. } => panic!("it is behind an aggregator"),
        }
    }

    /// Dials, and gives the first screen.
    pub async fn dial(&mut self) -> Screen {
        self.begins().await;
        self.look().await
    }

    /// Dials, and looks at nothing.
    pub async fn begins(&mut self) {
        match &mut self.way {
            Way::Smpp { handle, .. } => dial_once_bound(handle, &self.number).await,
            Way::Http {
                dialogues, inputs, ..
            } => {
                *dialogues += 1;
                *inputs = None;
            }
        }
    }

    /// Answers the screen, and gives the next one.
    pub async fn types(&mut self, text: &str) -> Screen {
        match &mut self.way {
            Way::Smpp { handle, .. } => handle.answer(&self.number, text).await.unwrap(),
            Way::Http { inputs, .. } => {
                *inputs = Some(match inputs.take() {
                    Some(before) => format!("{before}*{text}"),
                    None => text.to_owned(),
                });
            }
        }
        self.look().await
    }

    /// Types what chooses these words, on whichever page they are.
    pub async fn chooses(&mut self, words: &str) -> Screen {
        let typed = self.turns_to(words).await;
        self.types(&typed).await
    }

    /// Turns pages until these words are there, and gives what chooses them.
    pub async fn turns_to(&mut self, words: &str) -> String {
        for _ in 0..5 {
            match choice(&self.shown.text, words) {
                Some(typed) => return typed,
                None => drop(self.types("9").await),
            }
        }
        panic!("no {words}: {:?}", self.shown);
    }

    /// The network or the citizen ends the dialogue.
    pub async fn hangs_up(&mut self) {
        match &self.way {
            Way::Smpp { handle, .. } => handle.hang_up(&self.number).await.unwrap(),
            Way::Http { .. } => {
                let answer = self.post("status=Incomplete").await;
                assert_eq!(answer, (200, String::new()));
            }
        }
    }

    /// What the network brings next; over HTTP by sending the form, once more if it was sent.
    pub async fn look(&mut self) -> Screen {
        self.shown = match &mut self.way {
            Way::Smpp { inbox, .. } => {
                let text = inbox.next(&self.number, Text::is_of_dialogue).await;
                Screen {
                    text: text.text,
                    ends: text.ussd == Some(Ussd::End),
                }
            }
            Way::Http { inputs, .. } => {
                let text = inputs.as_deref().unwrap_or_default();
                let text = format!("text={text}");
                screen(self.post(&text).await)
            }
        };
        self.shown.clone()
    }

    /// The next SMS.
    pub async fn sms(&mut self) -> Text {
        self.next(|text| text.ussd.is_none()).await
    }

    /// What comes next, of whichever kind.
    pub async fn text(&mut self) -> Text {
        self.next(|_| true).await
    }

    async fn next(&mut self, is_wanted: fn(&Text) -> bool) -> Text {
        match &mut self.way {
            Way::Smpp { inbox, .. } => inbox.next(&self.number, is_wanted).await,
            Way::Http { .. } => panic!("it is behind an aggregator"),
        }
    }

    async fn post(&self, field: &str) -> (u16, String) {
        let Way::Http {
            port, dialogues, ..
        } = &self.way
        else {
            panic!("it is behind a socket");
        };
        let number = &self.number;
        let code = CODE.replace('#', "%23");
        let form = format!(
            "sessionId={number}-{dialogues}&serviceCode={code}&phoneNumber=%2B{number}&{field}"
        );
        let headers = "content-type: application/x-www-form-urlencoded\r\n";
        gateway::post(*port, "/v1/ussd/ucell", headers, &form).await
    }
}

/// A gateway that is ready may still be on its way to the SMSC.
async fn dial_once_bound(handle: &Handle, number: &str) {
    let bound = async {
        loop {
            match handle.dial(number, CODE).await {
                Err(NotSent::NoEsme) => sleep(Duration::from_millis(50)).await,
                dialled => return dialled,
            }
        }
    };
    let dialled = timeout(PATIENCE, bound).await.expect("a gateway binds");
    dialled.unwrap();
}

impl Inbox {
    async fn next(&mut self, number: &str, is_wanted: fn(&Text) -> bool) -> Text {
        if let Some(at) = self.early.iter().position(is_wanted) {
            return self.early.remove(at).unwrap();
        }
        loop {
            let text = timeout(PATIENCE, self.texts.recv()).await.expect("a text");
            let text = text.unwrap_or_else(|lost| panic!("{lost}"));
            if text.to != number {
                continue;
            }
            if is_wanted(&text) {
                return text;
            }
            self.early.push_back(text);
        }
    }
}

fn screen((status, body): (u16, String)) -> Screen {
    assert_eq!(status, 200, "{body}");
    let (word, text) = body.split_once(' ').expect("CON or END, and a screen");
    assert!(["CON", "END"].contains(&word), "{body}");
    Screen {
        text: text.into(),
        ends: word == "END",
    }
}
