//! Delivery receipts: what an SMSC says about a message's fate.
//!
//! In: a `deliver_sm` or `data_sm`. Out: a [`Receipt`], if it is one. TLVs are believed before
//! the text; the text fills what they leave open. No SMSC writes the text quite as the
//! specification's appendix does, so every field of it is optional, in any order and any case.
//!
//! The text is other people's: labels inside its `text:` part are not believed.

use std::borrow::Cow;
use std::ops::Range;

use crate::Octets;
use crate::pdu::DeliverSm;
use crate::tlv::NetworkErrorCode;
use crate::values::{Alphabet, Civil, DataCoding, EsmClass, MessageState, Time};

/// What an SMSC says about one message. Words are kept as they came.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Receipt<'a> {
    /// Which message, by the SMSC's name for it.
    pub message_id: Option<Cow<'a, str>>,
    /// The state, from the TLV or else from `stat`.
    pub state: Option<MessageState>,
    /// The word after `stat:`, also one that means no known state.
    pub stat: Option<Cow<'a, str>>,
    /// The word after `err:`, 1 to 4 letters or digits by the operator's table.
    pub err: Option<Cow<'a, str>>,
    /// The network's reason, from the TLV.
    pub network_error_code: Option<NetworkErrorCode>,
    /// Our reference, if the SMSC returns it.
    pub user_message_reference: Option<u16>,
    /// The date after `submit date:`; see [`date_to_unix`].
    pub submit_date: Option<Cow<'a, str>>,
    /// The date after `done date:`; see [`date_to_unix`].
    pub done_date: Option<Cow<'a, str>>,
    /// What comes after `text:`: the first characters of the message.
    pub text: Option<Cow<'a, str>>,
    /// Whether it came as an intermediate notification (`esm_class` 0x20).
    pub intermediate: bool,
}

/// What becomes of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    /// It is on the phone.
    Delivered,
    /// Its time ran out.
    Expired,
    /// It will not be delivered.
    Failed,
    /// It is on its way.
    Enroute,
    /// `ACCEPTED`: not final, but some operators mean that they have read it for the phone.
    Accepted,
    /// `UNKNOWN`: not final; wait, then call it unknown.
    Unknown,
    /// A word or number that means nothing known; not final.
    Unclear,
}

/// How a receipt is told from a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detection {
    /// By TLVs or by `esm_class`.
    #[default]
    Marked,
    /// Also by a text with an id and a known state, for SMSCs that mark nothing. A message of a phone that is worded so is
    /// taken for a receipt then.
    AlsoByText,
}

impl<'a> Receipt<'a> {
    /// The receipt that a `deliver_sm` brings, or a `data_sm` [taken for one](crate::Body::delivered);
    /// `None` if it brings something else.
    pub fn of_deliver_sm(pdu: &DeliverSm<'a>, detection: Detection) -> Option<Self> {
        let (esm_class, tlvs) = (pdu.esm_class, pdu.tlvs);
        let message_id = tlvs.receipted_message_id();
        let state = tlvs.message_state().ok().flatten();
        let marked = esm_class.is_receipt() || (message_id.is_some() && state.is_some());
        if !marked && message_id.is_none() && detection == Detection::Marked {
            return None;
        }
        let text = without_udh(pdu.user_data(), esm_class);
        let mut receipt = Self::from_octets(text, pdu.data_coding);
        let reads_as_receipt = match message_id {
            Some(_) => receipt.stat.is_some(),
            // Only the text speaks for it: more than a word after `stat:` is asked of that.
            None => receipt.message_id.is_some() && receipt.state.is_some(),
        };
        if !marked && !reads_as_receipt {
            return None;
        }
        let message_id = message_id.map(|id| trimmed(String::from_utf8_lossy(id.as_bytes())));
        receipt.message_id = message_id
            .filter(|id| !id.is_empty())
            .or(receipt.message_id);
        receipt.state = state.or(receipt.state);
        receipt.network_error_code = tlvs.network_error_code().ok().flatten();
        receipt.user_message_reference = tlvs.user_message_reference().ok().flatten();
        receipt.intermediate = esm_class.message_type() == EsmClass::INTERMEDIATE_NOTIFICATION;
        Some(receipt)
    }

    /// Reads the text in its alphabet. Most are ASCII whatever they claim, but for UCS-2, and that is not always
    /// marked as such (vumi #838).
    fn from_octets(octets: Octets<'a>, data_coding: DataCoding) -> Self {
        if data_coding.alphabet() == Alphabet::Ucs2 || looks_like_ucs2(octets.as_bytes()) {
            let units = octets.as_bytes().as_chunks::<2>().0;
            let units: Vec<u16> = units.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
            return Receipt::from_text(&String::from_utf16_lossy(&units)).into_owned();
        }
        let octets = octets.without_nuls();
        match octets.as_str() {
            Some(text) => Self::from_text(text),
            None => {
                let text = String::from_utf8_lossy(octets.as_bytes());
                Receipt::from_text(&text).into_owned()
            }
        }
    }

    /// Reads the text of a receipt. Of a repeated label the first counts; what is missing is
    /// `None`; a text without any label gives an empty receipt.
    pub fn from_text(text: &'a str) -> Self {
        let mut receipt = Self::default();
        let mut found = labels(text).peekable();
        while let Some((label, place)) = found.next() {
            // Whatever the message's own text says, it is the end of the receipt.
            let last = label == Label::Text && receipt.stat.is_some();
            let next = found.peek().filter(|_| !last);
            let end = next.map_or(text.len(), |(_, next)| next.start);
            let value = text.get(place.end..end).unwrap_or_default();
            receipt.fill(
                label,
                value.trim_matches(|c: char| c.is_whitespace() || c == '\0'),
            );
            if last {
                break;
            }
        }
        receipt.state = receipt.stat.as_deref().and_then(state_of);
        receipt
    }

    fn fill(&mut self, label: Label, value: &'a str) {
        let field = match label {
            Label::Id => &mut self.message_id,
            Label::SubmitDate => &mut self.submit_date,
            Label::DoneDate => &mut self.done_date,
            Label::Stat => &mut self.stat,
            Label::Err => &mut self.err,
            Label::Text => &mut self.text,
            // How many were submitted and delivered: never believed.
            Label::Sub | Label::Dlvrd => return,
        };
        if field.is_none() && (label == Label::Text || !value.is_empty()) {
            *field = Some(Cow::Borrowed(value));
        }
    }

    /// What becomes of the message.
    pub fn fate(&self) -> Fate {
        match self.state {
            Some(MessageState::DELIVERED) => Fate::Delivered,
            Some(MessageState::EXPIRED) => Fate::Expired,
            Some(
                MessageState::DELETED
                | MessageState::UNDELIVERABLE
                | MessageState::REJECTED
                | MessageState::SKIPPED,
            ) => Fate::Failed,
            Some(MessageState::SCHEDULED | MessageState::ENROUTE) => Fate::Enroute,
            Some(MessageState::ACCEPTED) => Fate::Accepted,
            Some(MessageState::UNKNOWN) => Fate::Unknown,
            _ => Fate::Unclear,
        }
    }

    /// Whether this is the last word on the message. A failure in an intermediate notification
    /// is that of one try, so it is not.
    pub fn is_final(&self) -> bool {
        match self.fate() {
            Fate::Delivered => true,
            Fate::Expired | Fate::Failed => !self.intermediate,
            Fate::Enroute | Fate::Accepted | Fate::Unknown | Fate::Unclear => false,
        }
    }

    /// The text of this receipt in the usual form, as an SMSC would send it.
    ///
    /// Missing dates are zeros, a missing `err` is 000, and the text is cut after 20 characters.
    pub fn to_text(&self) -> String {
        let stat = self
            .stat
            .as_deref()
            .or(self.state.map(stat_of))
            .unwrap_or("UNKNOWN");
        let delivered = u8::from(self.fate() == Fate::Delivered);
        let text: String = word(self.text.as_ref(), "").chars().take(20).collect();
        format!(
            "id:{} sub:001 dlvrd:{delivered:03} submit date:{} done date:{} stat:{stat} err:{} text:{text}",
            word(self.message_id.as_ref(), ""),
            word(self.submit_date.as_ref(), "0000000000"),
            word(self.done_date.as_ref(), "0000000000"),
            word(self.err.as_ref(), "000"),
        )
    }

    /// The same without borrowing from the PDU.
    pub fn into_owned(self) -> Receipt<'static> {
        let owned = |field: Option<Cow<'a, str>>| field.map(|text| Cow::Owned(text.into_owned()));
        Receipt {
            message_id: owned(self.message_id),
            state: self.state,
            stat: owned(self.stat),
            err: owned(self.err),
            network_error_code: self.network_error_code,
            user_message_reference: self.user_message_reference,
            submit_date: owned(self.submit_date),
            done_date: owned(self.done_date),
            text: owned(self.text),
            intermediate: self.intermediate,
        }
    }
}

/// The text behind a UDH, if there is one: `UDHL 1`, then elements `IEI 1 · IEDL 1 · data` that fill it (3GPP TS 23.040,
/// 9.2.3.24). Some set the bit and have none: then the text itself begins there.
fn without_udh(octets: Octets<'_>, esm_class: EsmClass) -> Octets<'_> {
    let behind = || {
        let (length, rest) = octets.0.split_first().filter(|_| esm_class.has_udh())?;
        let (mut header, text) = rest.split_at_checked(usize::from(*length))?;
        while let [_, length, data @ ..] = header {
            header = data.get(usize::from(*length)..)?;
        }
        header.is_empty().then_some(Octets(text))
    };
    behind().unwrap_or(octets)
}

/// A value without the blanks around it.
fn trimmed(value: Cow<'_, str>) -> Cow<'_, str> {
    match value {
        Cow::Borrowed(value) => Cow::Borrowed(value.trim()),
        Cow::Owned(value) => Cow::Owned(value.trim().to_owned()),
    }
}

/// Whether every other octet is that of a Latin or Cyrillic letter in UCS-2, which none is in the text of a receipt.
fn looks_like_ucs2(octets: &[u8]) -> bool {
    let (units, rest) = octets.as_chunks::<2>();
    let is_letter = |unit: &[u8; 2]| matches!(unit, [0x00 | 0x04, _]);
    !units.is_empty() && rest.is_empty() && units.iter().all(is_letter)
}

/// Leaves out the text.
impl std::fmt::Debug for Receipt<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receipt")
            .field("message_id", &self.message_id)
            .field("state", &self.state)
            .field("stat", &self.stat)
            .field("err", &self.err)
            .field("network_error_code", &self.network_error_code)
            .field("user_message_reference", &self.user_message_reference)
            .field("submit_date", &self.submit_date)
            .field("done_date", &self.done_date)
            .field("intermediate", &self.intermediate)
            .finish_non_exhaustive()
    }
}

fn word<'a>(field: Option<&'a Cow<'_, str>>, missing: &'a str) -> &'a str {
    field.map_or(missing, |word| word)
}

/// The state that a word after `stat:` means, without regard to case.
pub fn state_of(stat: &str) -> Option<MessageState> {
    let is = |(word, _): &&(&str, MessageState)| is_word(stat, word);
    STATS.iter().find(is).map(|(_, state)| *state)
}

/// The word for a state, as the specification's appendix has it.
pub fn stat_of(state: MessageState) -> &'static str {
    STATS
        .iter()
        .find(|(_, meant)| *meant == state)
        .map_or("UNKNOWN", |(word, _)| word)
}

/// Words and the states they mean; of each state the usual word comes first.
const STATS: &[(&str, MessageState)] = &[
    ("DELIVRD", MessageState::DELIVERED),
    ("DELIVERED", MessageState::DELIVERED),
    ("0", MessageState::DELIVERED),
    ("EXPIRED", MessageState::EXPIRED),
    ("DELETED", MessageState::DELETED),
    ("UNDELIV", MessageState::UNDELIVERABLE),
    ("UNDELIVERABLE", MessageState::UNDELIVERABLE),
    ("FAILED", MessageState::UNDELIVERABLE),
    ("REJECTD", MessageState::REJECTED),
    ("REJECTED", MessageState::REJECTED),
    ("DND_REJECTED", MessageState::REJECTED),
    ("SKIPPED", MessageState::SKIPPED),
    ("ENROUTE", MessageState::ENROUTE),
    ("ACKED", MessageState::ENROUTE),
    ("BUFFRED", MessageState::ENROUTE),
    ("BUFFERD", MessageState::ENROUTE),
    ("SCHEDULED", MessageState::SCHEDULED),
    ("ACCEPTD", MessageState::ACCEPTED),
    ("ACCEPTED", MessageState::ACCEPTED),
    ("UNKNOWN", MessageState::UNKNOWN),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    Id,
    Sub,
    Dlvrd,
    SubmitDate,
    DoneDate,
    Stat,
    Err,
    Text,
}

impl Label {
    const fn text(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Sub => "sub",
            Self::Dlvrd => "dlvrd",
            Self::SubmitDate => "submit date",
            Self::DoneDate => "done date",
            Self::Stat => "stat",
            Self::Err => "err",
            Self::Text => "text",
        }
    }

    /// The label with which a text ends, without regard to case.
    fn at_end(text: &str) -> Option<Self> {
        let candidates: &[Self] = match text.as_bytes().last()?.to_ascii_lowercase() {
            b'b' => &[Self::Sub],
            b'd' => &[Self::Id, Self::Dlvrd],
            b'e' => &[Self::SubmitDate, Self::DoneDate],
            b'r' => &[Self::Err],
            b't' => &[Self::Stat, Self::Text],
            _ => &[],
        };
        let ends_text = |label: &&Self| {
            let start = text.len().checked_sub(label.text().len());
            let end = start.and_then(|start| text.get(start..));
            end.is_some_and(|end| is_word(end, label.text()))
        };
        candidates.iter().find(ends_text).copied()
    }
}

/// Without regard to case, though most write a word as it is.
fn is_word(text: &str, word: &str) -> bool {
    text == word || text.eq_ignore_ascii_case(word)
}

/// Every label that stands at the start or after white space, and its place, the colon included.
///
/// They are found by their colons, of which there are fewer than words.
fn labels(text: &str) -> impl Iterator<Item = (Label, Range<usize>)> {
    text.match_indices(':').filter_map(|(colon, _)| {
        let head = text.get(..colon)?;
        let label = Label::at_end(head)?;
        let start = colon - label.text().len();
        let mut before = head.get(..start)?.chars();
        let begins_word = before.next_back().is_none_or(char::is_whitespace);
        begins_word.then_some((label, start..colon + 1))
    })
}

/// The moment that a date of a receipt tells, in seconds since 1970.
///
/// The date is 10, 12 or 14 digits by a local clock that is `ahead_of_utc` seconds ahead of UTC,
/// or an SMPP time that tells its zone itself. Twelve digits may begin with a year of two digits
/// or of four: of the two moments the one nearer to `near` (the submission) is meant. Zeros,
/// nothing and nonsense are `None`.
pub fn date_to_unix(date: &str, ahead_of_utc: i32, near: i64) -> Option<i64> {
    let in_utc = |civil: Civil| civil.to_unix_as_utc() - i64::from(ahead_of_utc);
    let short_year = |seconds: &str| civil(2000, &format!("{date}{seconds}")).map(in_utc);
    match date.len() {
        10 => short_year("00"),
        12 => [short_year(""), long_year(date, "00").map(in_utc)]
            .into_iter()
            .flatten()
            .min_by_key(|moment| moment.abs_diff(near)),
        14 => long_year(date, "").map(in_utc),
        16 => Time::parse(date.as_bytes())?.to_unix(),
        _ => None,
    }
}

/// The usual date of a receipt, `YYMMDDhhmm` by a local clock that is `ahead_of_utc` seconds ahead
/// of UTC; `None` for a moment outside the years 2000 to 2099.
pub fn unix_to_date(unix: i64, ahead_of_utc: i32) -> Option<String> {
    let local = Civil::from_unix(unix.checked_add(i64::from(ahead_of_utc))?)?;
    let Civil {
        year,
        month,
        day,
        hour,
        minute,
        ..
    } = local;
    let year = year.checked_sub(2000).filter(|year| *year < 100)?;
    Some(format!("{year:02}{month:02}{day:02}{hour:02}{minute:02}"))
}

/// A date whose year has four digits, with the seconds it may lack.
fn long_year(date: &str, seconds: &str) -> Option<Civil> {
    let (century, rest) = date.split_at_checked(2)?;
    civil(
        100 * century.parse::<u16>().ok()?,
        &format!("{rest}{seconds}"),
    )
}

/// Twelve digits `YYMMDDhhmmss` of a century.
fn civil(century: u16, digits: &str) -> Option<Civil> {
    let pairs = digits.as_bytes().as_chunks::<2>().0;
    let mut numbers = [0; 6];
    for (number, pair) in numbers.iter_mut().zip(pairs) {
        *number = str::from_utf8(pair).ok()?.parse().ok()?;
    }
    let [year, month, day, hour, minute, second] = numbers;
    let civil = Civil {
        year: century + u16::from(year),
        month,
        day,
        hour,
        minute,
        second,
    };
    (digits.bytes().all(|digit| digit.is_ascii_digit()) && civil.is_valid()).then_some(civil)
}

#[cfg(test)]
mod tests;
