//! Whatever phones, the network and restarts do: each step is answered by one screen, and no dialogue is left hanging.

use std::collections::HashMap;

use proptest::prelude::*;
use xabar_smpp::Status;
use xabar_smpp::pdu::Body;
use xabar_sms::{DataCoding, Encoding, Reading, decode};
use xabar_ussd::Screen;

use super::ussd::{ABORT, ANSWER, ASKS, BEGIN, LAST, step};
use super::world::*;

#[derive(Clone, Debug)]
enum Act {
    Dials,
    /// The operator brings the code of the dialogue before once more.
    DialsLate,
    Types(&'static str),
    HangsUp,
    /// At once, amid so many others who dial that not all can be looked up in one beat, and leave as well.
    DialsAndHangsUp,
    Writes(&'static str),
    WaitsSeconds(u32),
    Restarts,
}

const TYPED: &[&str] = &["0", "00", "1", "2", "3", "4", "5", "9", "x", "48120973"];
const WRITTEN: &[&str] = &["STOP", "START", "RU", "EN"];

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => Just(Act::Dials),
        1 => Just(Act::DialsLate),
        8 => prop::sample::select(TYPED).prop_map(Act::Types),
        1 => Just(Act::HangsUp),
        1 => Just(Act::DialsAndHangsUp),
        1 => prop::sample::select(WRITTEN).prop_map(Act::Writes),
        2 => (1..70_u32).prop_map(Act::WaitsSeconds),
        1 => Just(Act::Restarts),
    ]
}

/// Phones by their numbers, and what they show.
struct Phones {
    world: World,
    /// The last dialogue that each began.
    begun: HashMap<u32, u8>,
    /// The dialogues whose screens want an answer.
    asking: HashMap<u32, u8>,
    texts: u32,
}

/// What one phone is shown.
struct Shown {
    digits: String,
    session: u8,
    op: u8,
}

impl Phones {
    fn new() -> Self {
        let mut world = World::new();
        world.publish(status("a"));
        let mut phones = Self {
            world,
            begun: HashMap::new(),
            asking: HashMap::new(),
            texts: 0,
        };
        phones.take_texts();
        phones
    }

    fn does(&mut self, number: u32, act: &Act) {
        let begun = self.begun.get(&number).copied().unwrap_or(0);
        match act {
            Act::Dials => {
                self.begun.insert(number, begun + 1);
                self.says(number, BEGIN, begun + 1, "*555#");
            }
            Act::DialsLate if begun > 1 => self.says(number, BEGIN, begun - 1, "*555#"),
            Act::Types(text) => self.says(number, ANSWER, self.talking(number), text),
            Act::HangsUp => {
                let session = self.talking(number);
                let end = step(phone(number), ABORT, session, "");
                assert_eq!(self.world.brings(end), Status::ROK);
                assert!(self.shown().is_empty(), "nobody looks");
                self.asking.remove(&number);
            }
            Act::DialsAndHangsUp => {
                self.begun.insert(number, begun + 1);
                let others = 100..164;
                for other in others.clone().chain([number]) {
                    let session = if other == number { begun + 1 } else { 1 };
                    let begin = step(phone(other), BEGIN, session, "*555#");
                    self.world.bring_request(UCELL, begin);
                }
                let end = step(phone(number), ABORT, begun + 1, "");
                self.world.bring_request(UCELL, end);
                self.world.beat();
                let mut shown = self.shown();
                self.world.beat();
                shown.extend(self.shown());
                let own = |it: &&Shown| *it.digits == *phone(number).digits();
                assert!(shown.iter().filter(own).count() <= 1);
                assert!(shown.len() >= 64, "each of the others");
                for other in others {
                    let end = step(phone(other), ABORT, 1, "");
                    self.world.bring_request(UCELL, end);
                }
                self.world.beat();
                self.asking.remove(&number);
            }
            Act::Writes(words) => {
                assert_eq!(self.world.writes(phone(number), words), Status::ROK);
            }
            Act::WaitsSeconds(seconds) => self.wait(*seconds),
            Act::Restarts => {
                self.world.restart();
                self.asking.clear();
            }
            Act::DialsLate => {}
        }
        self.take_texts();
    }

    /// The dialogue that a phone shows, or was in last.
    fn talking(&self, number: u32) -> u8 {
        let shown = self.asking.get(&number).or(self.begun.get(&number));
        shown.copied().unwrap_or(1)
    }

    /// A step, which is answered by one screen.
    fn says(&mut self, number: u32, op: u8, session: u8, text: &str) {
        let said = step(phone(number), op, session, text);
        assert_eq!(self.world.brings(said), Status::ROK);
        let shown = self.shown();
        let [screen] = &*shown else {
            panic!("{} screens", shown.len())
        };
        let to = (&*screen.digits, screen.session);
        assert_eq!(to, (&*phone(number).digits(), session));
        match screen.op {
            ASKS => drop(self.asking.insert(number, session)),
            _ => self
                .asking
                .retain(|at, asks| (*at, *asks) != (number, session)),
        }
    }

    /// Whoever is shown something then was waited for, and is told that this is over.
    fn wait(&mut self, seconds: u32) {
        self.world.advance(seconds * SECOND);
        for screen in self.shown() {
            assert_eq!(screen.op, LAST);
            let before = self.asking.len();
            self.asking.retain(|number, session| {
                (&*phone(*number).digits(), *session) != (&*screen.digits, screen.session)
            });
            assert_eq!(before - self.asking.len(), 1);
        }
    }

    fn shown(&mut self) -> Vec<Shown> {
        let screens = std::mem::take(&mut self.world.smsc(UCELL).screens);
        let read = |screen: &crate::delivery::Screen| {
            let Body::SubmitSm(pdu) = screen.frame.decode().unwrap().body else {
                panic!("{screen:?}")
            };
            let coding = DataCoding(pdu.data_coding.0);
            let text = decode(&pdu.short_message, coding, Reading::default()).unwrap();
            let encoding = Encoding::of(&text);
            let units = encoding.len_units(&text).unwrap();
            assert!((1..=Screen::default().capacity(encoding)).contains(&units));
            let info = pdu.tlvs.its_session_info().unwrap().unwrap();
            Shown {
                digits: pdu.destination_addr.as_str().unwrap().to_owned(),
                session: u8::try_from(info >> 8).unwrap(),
                op: pdu.tlvs.ussd_service_op().unwrap().unwrap(),
            }
        };
        screens.iter().map(read).collect()
    }

    fn take_texts(&mut self) {
        for sent in self.world.sent() {
            self.texts += 1;
            self.world.accept(&sent, &self.texts.to_string());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn each_step_is_answered_by_one_screen_and_no_phone_is_left_waiting(
        acts in prop::collection::vec((0..3_u32, act()), 1..60),
    ) {
        let mut phones = Phones::new();
        for (number, act) in &acts {
            phones.does(*number, act);
        }
        phones.wait(60);
        prop_assert!(phones.asking.is_empty(), "they are told that the time is up");
    }
}
