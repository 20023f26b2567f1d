//! A record of what was submitted, for tests to hold promises against.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use serde::Serialize;
use xabar_smpp::Status;
use xxhash_rust::xxh3::xxh3_64;

use super::message::Message;
use super::slab::Key;

/// Every message in the order in which it came, the refused ones too, and when messages were asked for. When the
/// tape is full, what comes later is only counted, in [`missed`](Self::missed).
#[derive(Clone, Debug, Default)]
pub struct Tape {
    entries: Vec<Entry>,
    queries: Vec<Duration>,
    /// Answers that may not have arrived yet, oldest first.
    under_way: VecDeque<(Duration, Key, Place)>,
    capacity: usize,
    missed: u64,
}

/// One message that came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// When it was read from the socket, since the start of the simulator. Messages that came
    /// in one read have one time.
    pub at: Duration,
    /// The subscriber: the digits of the number, or a hash of what is no number.
    pub to: u64,
    /// The sender's hash.
    pub from: u64,
    /// The text's hash; equal octets in one alphabet have equal hashes.
    pub text: u64,
    /// Reference, total and number, of a segment.
    pub segment: Option<(u16, u8, u8)>,
    /// The answer's status.
    pub status: u32,
    /// The SMSC's id for it, if accepted.
    pub id: Option<u64>,
    /// When its `submit_sm_resp` was written, if that has surely arrived: its session did not end within a second.
    pub answered: Option<Duration>,
}

/// How long a session has to live after an answer for that to have arrived, and to have been kept by whoever was answered.
const ARRIVES: Duration = Duration::from_secs(1);

/// Names an entry that is to be answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place(usize);

impl Entry {
    /// Whether the SMSC took it.
    pub fn is_accepted(&self) -> bool {
        self.id.is_some()
    }

    /// Whether a text begins with it: it is the first segment, or the only one.
    pub fn begins_text(&self) -> bool {
        self.segment.is_none_or(|(_, _, number)| number == 1)
    }
}

impl Tape {
    pub(super) fn of_length(capacity: usize) -> Self {
        Self {
            entries: Vec::new(),
            queries: Vec::new(),
            under_way: VecDeque::new(),
            capacity,
            missed: 0,
        }
    }

    pub(super) fn record(
        &mut self,
        at: Duration,
        message: &Message<'_>,
        status: Status,
        id: Option<u64>,
    ) -> Option<Place> {
        if !self.has_room() {
            return None;
        }
        let concat = message.concat();
        self.entries.push(Entry {
            at,
            to: subscriber(&message.destination.digits),
            from: xxh3_64(&message.source.digits),
            text: text_hash(message.data_coding, message.text_octets()),
            segment: concat.map(|concat| (concat.reference, concat.total, concat.number)),
            status: status.0,
            id,
            answered: None,
        });
        Some(Place(self.entries.len() - 1))
    }

    /// A message was answered, on this session.
    pub(super) fn answered(&mut self, at: Duration, session: Key, place: Place) {
        let has_arrived = |(since, ..): &(Duration, Key, Place)| at - *since > ARRIVES;
        while self.under_way.front().is_some_and(has_arrived) {
            self.under_way.pop_front();
        }
        self.under_way.push_back((at, session, place));
        self.set_answered(place, Some(at));
    }

    /// Nothing that is under way on this session may arrive any more.
    pub(super) fn session_ended(&mut self, at: Duration, session: Key) {
        let under_way = std::mem::take(&mut self.under_way);
        for (since, of, place) in under_way {
            if of != session {
                self.under_way.push_back((since, of, place));
            } else if at - since <= ARRIVES {
                self.set_answered(place, None);
            }
        }
    }

    fn set_answered(&mut self, Place(place): Place, at: Option<Duration>) {
        if let Some(entry) = self.entries.get_mut(place) {
            entry.answered = at;
        }
    }

    /// Somebody asked for a message.
    pub(super) fn record_query(&mut self, at: Duration) {
        if self.has_room() {
            self.queries.push(at);
        }
    }

    /// This record and that of another SMSC, which started so much later: in the order in which all of it came.
    pub fn beside(mut self, other: Self, later: Duration) -> Self {
        let entries = other.entries.into_iter().map(|entry| Entry {
            at: entry.at + later,
            answered: entry.answered.map(|at| at + later),
            ..entry
        });
        self.entries.extend(entries);
        self.entries.sort_by_key(|entry| entry.at);
        let queries = other.queries.into_iter().map(|at| at + later);
        self.queries.extend(queries);
        self.queries.sort_unstable();
        self.missed += other.missed;
        self
    }

    /// Whether one more fits; counts it if not.
    fn has_room(&mut self) -> bool {
        let has_room = self.entries.len() + self.queries.len() < self.capacity;
        self.missed += u64::from(!has_room && self.capacity > 0);
        has_room
    }

    /// All entries, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// When each `query_sm` was read from the socket, in order, whatever the answer.
    pub fn queries(&self) -> &[Duration] {
        &self.queries
    }

    /// Messages and questions that came when the tape was full.
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// Entries of one subscriber, in order.
    pub fn of<'a>(&'a self, msisdn: &str) -> impl Iterator<Item = &'a Entry> + use<'a> {
        let subscriber = subscriber(msisdn.as_bytes());
        self.entries
            .iter()
            .filter(move |entry| entry.to == subscriber)
    }

    /// When each message and question came, refused or not, over all sessions.
    pub fn times(&self) -> Vec<Duration> {
        let messages = self.entries.iter().map(|entry| entry.at);
        let mut times: Vec<Duration> = messages.chain(self.queries.iter().copied()).collect();
        times.sort_unstable();
        times
    }

    /// The most messages and questions, refused or not, in any window of that length: with a second, the TPS
    /// that came over all sessions.
    pub fn most_in(&self, window: Duration) -> usize {
        most_in(window, self.times())
    }

    /// The most texts that one subscriber was sent in any window of that length, refused ones
    /// included; a text of several segments counts once.
    pub fn most_texts_in(&self, window: Duration) -> usize {
        let mut times: HashMap<u64, Vec<Duration>> = HashMap::new();
        for entry in self.entries.iter().filter(|entry| entry.begins_text()) {
            times.entry(entry.to).or_default().push(entry.at);
        }
        let most = times.into_values().map(|times| most_in(window, times));
        most.max().unwrap_or(0)
    }

    /// How many segments or texts were accepted more often than once for one subscriber, by
    /// their octets: the second and later ones of each.
    pub fn repeats(&self) -> usize {
        let mut seen = HashMap::new();
        for entry in self.entries.iter().filter(|entry| entry.is_accepted()) {
            *seen
                .entry((entry.to, entry.text, entry.segment))
                .or_insert(0_usize) += 1;
        }
        seen.into_values().map(|times| times - 1).sum()
    }
}

/// The most of these times, which do not decrease, within any window: from one of them until just
/// before the window's length later.
fn most_in(window: Duration, times: impl IntoIterator<Item = Duration>) -> usize {
    let mut within = VecDeque::new();
    let mut most = 0;
    for at in times {
        within.push_back(at);
        while within.front().is_some_and(|first| at - *first >= window) {
            within.pop_front();
        }
        most = most.max(within.len());
    }
    most
}

/// What [`Entry::to`] has for a number, written with or without a plus sign.
pub fn subscriber(number: &[u8]) -> u64 {
    let digits = number.strip_prefix(b"+").unwrap_or(number);
    let text = str::from_utf8(digits).ok();
    let number = text.and_then(|text| text.parse().ok());
    number.unwrap_or_else(|| xxh3_64(digits))
}

/// What [`Entry::text`] has for the octets of a text, in that `data_coding`.
pub fn text_hash(data_coding: u8, octets: &[u8]) -> u64 {
    xxh3_64(octets) ^ u64::from(data_coding)
}

#[cfg(test)]
mod tests {
    use xabar_smpp::Octets;
    use xabar_smpp::pdu::SubmitSm;
    use xabar_smpp::values::{DataCoding, EsmClass};

    use super::*;

    fn entry(at_millis: u64, to: u64, text: u64, segment: Option<(u16, u8, u8)>) -> Entry {
        Entry {
            at: Duration::from_millis(at_millis),
            to,
            from: 0,
            text,
            segment,
            status: 0,
            id: Some(at_millis),
            answered: None,
        }
    }

    #[test]
    fn windows_slide_and_texts_count_once() {
        let tape = Tape {
            entries: vec![
                entry(0, 1, 10, None),
                entry(900, 1, 11, Some((7, 2, 1))),
                entry(950, 1, 12, Some((7, 2, 2))),
                entry(1_000, 2, 13, None),
                entry(1_899, 1, 10, None),
            ],
            ..Tape::of_length(5)
        };
        let second = Duration::from_secs(1);
        assert_eq!(tape.most_in(second), 4);
        assert_eq!(tape.most_in(Duration::from_millis(1_001)), 4);
        assert_eq!(tape.most_in(2 * second), 5);
        assert_eq!(tape.most_texts_in(second), 2);
        assert_eq!(tape.most_texts_in(2 * second), 3);
        assert_eq!(tape.repeats(), 1);
        assert_eq!(tape.of("+1").count(), 4);
    }

    #[test]
    fn what_was_refused_is_no_repeat() {
        let refused = Entry {
            id: None,
            ..entry(1, 1, 10, None)
        };
        let tape = Tape {
            entries: vec![refused.clone(), entry(2, 1, 10, None), refused],
            ..Tape::of_length(3)
        };
        assert_eq!(tape.repeats(), 0);
    }

    #[test]
    fn senders_alphabets_and_segments_are_told_apart_and_what_does_not_fit_is_counted() {
        let usual = || SubmitSm {
            source_addr: "MyGov".into(),
            destination_addr: "998901234567".into(),
            short_message: "Salom".into(),
            ..SubmitSm::default()
        };
        let from_another = SubmitSm {
            source_addr: "Kadastr".into(),
            ..usual()
        };
        let in_ucs2 = SubmitSm {
            data_coding: DataCoding(8),
            ..usual()
        };
        let segment = SubmitSm {
            esm_class: EsmClass::UDH,
            short_message: Octets(b"\x05\x00\x03\x07\x02\x01Salom"),
            ..usual()
        };
        let mut tape = Tape::of_length(4);
        for (message, fits) in [
            (usual(), true),
            (from_another, true),
            (in_ucs2, true),
            (segment, true),
            (usual(), false),
        ] {
            let message = Message::of_submit_sm(&message);
            let place = tape.record(Duration::ZERO, &message, Status::ROK, Some(1));
            assert_eq!(place.is_some(), fits);
        }
        let [usual, from_another, in_ucs2, segment] = tape.entries() else {
            panic!("{:?}", tape.entries());
        };
        assert_eq!(usual.to, 998_901_234_567);
        assert_ne!(usual.from, from_another.from);
        assert_eq!((usual.from, usual.text), (segment.from, from_another.text));
        assert_ne!(usual.text, in_ucs2.text);
        assert_eq!((usual.segment, segment.segment), (None, Some((7, 2, 1))));
        assert_eq!(tape.missed(), 1);
    }

    #[test]
    fn an_answer_has_arrived_if_its_session_lives_for_a_second_more() {
        let mut tape = Tape {
            entries: vec![entry(0, 1, 10, None), entry(500, 1, 11, None)],
            ..Tape::of_length(2)
        };
        let session = Key::of_token(1);
        let at = Duration::from_millis;
        tape.answered(at(0), session, Place(0));
        tape.answered(at(500), session, Place(1));
        tape.session_ended(at(1_001), session);
        let answered: Vec<_> = tape.entries().iter().map(|it| it.answered).collect();
        assert_eq!(answered, [Some(at(0)), None]);
    }

    #[test]
    fn two_records_are_one_in_the_order_of_time() {
        let tape = |times: &[u64]| Tape {
            entries: times
                .iter()
                .map(|at| Entry {
                    answered: Some(Duration::from_millis(*at + 1)),
                    ..entry(*at, 1, *at, None)
                })
                .collect(),
            queries: vec![Duration::from_millis(5)],
            missed: 2,
            ..Tape::of_length(4)
        };
        let later = Duration::from_millis(10);
        let all = tape(&[0, 20, 30]).beside(tape(&[5, 15]), later);
        let came: Vec<_> = all.entries().iter().map(|entry| entry.text).collect();
        assert_eq!(came, [0, 5, 20, 15, 30]);
        let answered = |it: &Entry| it.answered == Some(it.at + Duration::from_millis(1));
        assert!(all.entries().iter().all(answered));
        assert_eq!(all.missed(), 4);
        let times = [0, 5, 15, 15, 20, 25, 30].map(Duration::from_millis);
        assert_eq!(all.times(), times);
    }

    #[test]
    fn who_asks_for_a_message_uses_up_the_cap_as_who_sends_one() {
        let mut tape = Tape {
            entries: vec![entry(0, 1, 10, None), entry(500, 1, 11, None)],
            ..Tape::of_length(4)
        };
        for at in [400, 999, 1_000] {
            tape.record_query(Duration::from_millis(at));
        }
        assert_eq!(tape.most_in(Duration::from_secs(1)), 4);
        assert_eq!((tape.queries().len(), tape.missed()), (2, 1));
    }
}
