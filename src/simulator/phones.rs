//! The phones behind the SMSC: what each has on its screen.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use serde::Serialize;
use xabar_sms::{DefaultAlphabet, Incomplete, Key, Reassembly, Received};

use super::message::Message;
use crate::clock::UnixMillis;

/// How much the phones keep. The phone that has heard nothing for the longest time is forgotten
/// for a new one, the oldest text of a phone for a newer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhoneMemory {
    pub phones: usize,
    pub texts: usize,
}

impl Default for PhoneMemory {
    fn default() -> Self {
        Self {
            phones: 1_000,
            texts: 20,
        }
    }
}

/// A text as a phone shows it, its segments put together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Text {
    /// The sender's name or number.
    pub from: String,
    /// The phone.
    pub to: String,
    pub text: String,
    /// How many segments it came in.
    pub segments: usize,
    /// When it was whole.
    pub at: UnixMillis,
    /// What the network asks of the phone, if it came by USSD.
    pub ussd: Option<Ussd>,
}

impl Text {
    /// Whether it is a screen of a dialogue that the phone began.
    pub fn is_of_dialogue(&self) -> bool {
        matches!(self.ussd, Some(Ussd::Ask | Ussd::End))
    }
}

/// What USSD asks of a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ussd {
    /// An answer is expected.
    Ask,
    /// It was the last.
    End,
    /// To be shown, though nobody dialled.
    Notice,
}

/// All phones that were written to of late.
#[derive(Debug)]
pub(super) struct Phones {
    memory: PhoneMemory,
    phones: HashMap<String, Phone>,
    /// Each phone's last turn; entries that are not the last are passed over.
    turns: VecDeque<(u64, String)>,
    next_turn: u64,
    reassembly: Reassembly<String>,
    /// What came since it was last asked for, while somebody listens.
    news: Option<Vec<Text>>,
}

#[derive(Debug, Default)]
struct Phone {
    turn: u64,
    texts: VecDeque<Text>,
}

/// How long a phone waits for the other segments of a text.
const SEGMENTS_WAIT: Duration = Duration::from_secs(60);

/// Segments of unfinished texts held; a text whose segment finds no room is shown in pieces.
const MOST_SEGMENTS: usize = 20_000;

impl Phones {
    pub(super) fn with_memory(memory: PhoneMemory) -> Self {
        Self {
            memory,
            phones: HashMap::new(),
            turns: VecDeque::new(),
            next_turn: 0,
            reassembly: Reassembly::new(SEGMENTS_WAIT, MOST_SEGMENTS),
            news: None,
        }
    }

    /// Takes a message that the SMSC accepted.
    pub(super) fn receive(
        &mut self,
        now: Instant,
        wall: UnixMillis,
        message: &Message<'_>,
        alphabet: DefaultAlphabet,
    ) {
        if self.memory.phones == 0 {
            return;
        }
        self.give_up(now, wall);
        let (from, to, text) = (
            message.source.to_text(),
            message.destination.to_text(),
            message.text(alphabet),
        );
        let ussd = message.ussd();
        let (text, segments) = match message.concat() {
            None => (text, 1),
            Some(concat) => match self.reassembly.receive(now, &from, &to, concat, text) {
                Received::Complete(texts) => (texts.concat(), texts.len()),
                Received::Full(text) | Received::Invalid(text) => (text, 1),
                Received::Waiting | Received::Duplicate(_) => return,
            },
        };
        self.show(Text {
            from,
            to,
            text,
            segments,
            at: wall,
            ussd,
        });
    }

    /// The texts of a phone, oldest first.
    pub(super) fn texts(&self, msisdn: &str) -> Vec<Text> {
        let phone = self.phones.get(msisdn);
        phone.map_or_else(Vec::new, |phone| phone.texts.iter().cloned().collect())
    }

    /// The phones that heard something, the last to hear first.
    pub(super) fn snapshot(&self) -> Vec<(String, Vec<Text>)> {
        let mut phones: Vec<_> = self.phones.iter().collect();
        phones.sort_unstable_by_key(|(_, phone)| std::cmp::Reverse(phone.turn));
        let texts = |phone: &Phone| phone.texts.iter().cloned().collect();
        phones
            .into_iter()
            .map(|(msisdn, phone)| (msisdn.clone(), texts(phone)))
            .collect()
    }

    /// Gathers news, or no longer.
    pub(super) fn listen(&mut self, listening: bool) {
        match (listening, &self.news) {
            (true, None) => self.news = Some(Vec::new()),
            (false, Some(_)) => self.news = None,
            _ => {}
        }
    }

    /// The texts that came since the last call.
    pub(super) fn take_news(&mut self) -> Vec<Text> {
        self.news.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Shows texts whose segments did not all come, gaps marked.
    fn give_up(&mut self, now: Instant, wall: UnixMillis) {
        while let Some(Incomplete { key, received }) = self.reassembly.give_up(now) {
            let segments = received.len();
            let text = with_gaps(&key, received);
            let Key {
                source,
                destination,
                ..
            } = key;
            self.show(Text {
                from: source,
                to: destination,
                text,
                segments,
                at: wall,
                ussd: None,
            });
        }
    }

    fn show(&mut self, text: Text) {
        if let Some(news) = &mut self.news {
            news.push(text.clone());
        }
        let turn = self.next_turn;
        self.next_turn += 1;
        self.turns.push_back((turn, text.to.clone()));
        if !self.phones.contains_key(&text.to) {
            self.phones.insert(text.to.clone(), Phone::default());
        }
        if let Some(phone) = self.phones.get_mut(&text.to) {
            phone.turn = turn;
            if phone.texts.len() >= self.memory.texts {
                phone.texts.pop_front();
            }
            phone.texts.push_back(text);
        }
        self.forget();
    }

    /// Forgets phones above the memory, and turns that are not the last of their phone.
    fn forget(&mut self) {
        while self.phones.len() > self.memory.phones {
            let Some((turn, msisdn)) = self.turns.pop_front() else {
                return;
            };
            if self
                .phones
                .get(&msisdn)
                .is_some_and(|phone| phone.turn == turn)
            {
                self.phones.remove(&msisdn);
            }
        }
        if self.turns.len() > 2 * self.phones.len() + 64 {
            let phones = &self.phones;
            let is_last = |turn: u64, msisdn: &str| {
                phones.get(msisdn).is_some_and(|phone| phone.turn == turn)
            };
            self.turns.retain(|(turn, msisdn)| is_last(*turn, msisdn));
        }
    }
}

fn with_gaps(key: &Key, received: Vec<(u8, String)>) -> String {
    let mut received: HashMap<u8, String> = received.into_iter().collect();
    let segment = |number| received.remove(&number).unwrap_or_else(|| "[…]".to_owned());
    (1..=key.total).map(segment).collect()
}
