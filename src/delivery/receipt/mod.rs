//! Which segment a delivery receipt speaks of.
//!
//! Operators spell the id of one message differently in the response and in the receipt: with
//! other case or zeros, or in decimal here and hexadecimal there. Every spelling is
//! looked up, but only a segment sent to the very subscriber whom the receipt names is taken,
//! and none if two fit equally well.

mod spellings;

use std::borrow::Cow;

use xabar_events::Msisdn;
use xabar_smpp::message_id::{Spelling, folded};
use xabar_smpp::pdu::{DeliverSm, Pdu};
use xabar_smpp::receipt::{Detection, Fate, Receipt, date_to_unix, stat_of, state_of};
use xabar_smpp::values::MessageState;
use xabar_smpp::{Frame, Octets};

pub use spellings::{ENOUGH, Spellings};

/// What an operator sent to us, as far as delivery is concerned.
#[derive(Debug)]
pub enum Inbound<'a> {
    /// The word on a message's fate.
    Receipt(Notice),
    /// A message from a phone, or a step of its USSD dialogue.
    Message(DeliverSm<'a>),
    /// Nothing that a gateway of this kind expects.
    Other,
}

/// A receipt and the subscriber it names.
#[derive(Clone, Debug)]
pub struct Notice {
    pub receipt: Receipt<'static>,
    /// Digits of the subscriber's number, as the operator writes it.
    subscriber: Box<str>,
    submit_date: WrittenDate,
}

/// A date of a receipt as the operator writes it, at no cost of its own: few are ever read. What is longer is none.
#[derive(Clone, Copy, Debug, Default)]
struct WrittenDate {
    octets: [u8; 16],
    len_octets: usize,
}

impl WrittenDate {
    fn of(text: &str) -> Self {
        let mut date = Self::default();
        if let Some(octets) = date.octets.get_mut(..text.len()) {
            octets.copy_from_slice(text.as_bytes());
            date.len_octets = text.len();
        }
        date
    }

    fn as_str(&self) -> &str {
        let written = self.octets.get(..self.len_octets);
        let written = written.and_then(|octets| str::from_utf8(octets).ok());
        written.unwrap_or_default()
    }
}

/// Digits at the end of a number by which two spellings of it are compared.
const SIGNIFICANT_DIGITS: u32 = 7;

/// The [last digits](Notice::last_digits) of a number in receipts that name it.
pub fn last_digits(msisdn: Msisdn) -> u32 {
    let last = msisdn.as_u64() % 10_u64.pow(SIGNIFICANT_DIGITS);
    u32::try_from(last).unwrap_or_default()
}

/// Reads a request of the operator's, whose receipts are told from messages in this way.
pub fn inbound(frame: &Frame, detection: Detection) -> Inbound<'_> {
    let Some(pdu) = delivered(frame) else {
        return Inbound::Other;
    };
    match Receipt::of_deliver_sm(&pdu, detection) {
        Some(receipt) => Inbound::Receipt(notice(receipt, pdu.source_addr)),
        None => Inbound::Message(pdu),
    }
}

/// Reads what was taken for a final receipt when it came.
pub fn noted(frame: &Frame) -> Option<Notice> {
    match inbound(frame, Detection::AlsoByText) {
        Inbound::Receipt(notice) => Some(notice.with_accepted_as_delivered()),
        Inbound::Message(_) | Inbound::Other => None,
    }
}

fn delivered(frame: &Frame) -> Option<DeliverSm<'_>> {
    let pdu: Pdu<'_> = frame.decode().ok()?;
    pdu.body.delivered()
}

fn notice(receipt: Receipt<'_>, source_addr: Octets<'_>) -> Notice {
    let digits = source_addr.0.iter().filter(|octet| octet.is_ascii_digit());
    let mut subscriber = String::with_capacity(source_addr.0.len());
    subscriber.extend(digits.map(|digit| char::from(*digit)));
    let submit_date = receipt.submit_date.as_deref().unwrap_or_default();
    let submit_date = WrittenDate::of(submit_date);
    // Nobody asks for the rest.
    let receipt = Receipt {
        submit_date: None,
        done_date: None,
        text: None,
        ..receipt
    };
    Notice {
        receipt: receipt.into_owned(),
        subscriber: subscriber.into(),
        submit_date,
    }
}

/// The form of a response's id under which its segment awaits the receipt.
pub fn stored_id(smsc_id: &str) -> Cow<'_, str> {
    folded(smsc_id)
}

impl Notice {
    /// What an operator says of a message that it was asked for: the network's reason by its own table.
    pub fn of_answer(state: MessageState, error_code: u8) -> Self {
        let err = (error_code != 0).then(|| error_code.to_string().into());
        Self {
            receipt: Receipt {
                state: Some(state),
                err,
                ..Receipt::default()
            },
            subscriber: Box::default(),
            submit_date: WrittenDate::default(),
        }
    }

    /// The same of an operator whose last word on what it delivers is `ACCEPTD`. A notification on the way is none.
    pub fn with_accepted_as_delivered(mut self) -> Self {
        let receipt = &mut self.receipt;
        if receipt.fate() == Fate::Accepted && !receipt.intermediate {
            // It is told in the operator's own word.
            let word = || stat_of(MessageState::ACCEPTED).into();
            receipt.stat.get_or_insert_with(word);
            receipt.state = Some(MessageState::DELIVERED);
        }
        self
    }

    /// What it says instead of a state, if that means nothing known: as far as it is a word, since it may be anything.
    pub fn unclear(&self) -> Option<Box<str>> {
        const LONGEST: usize = 20;
        const MOST_DIGITS: usize = 3;
        if self.receipt.fate() != Fate::Unclear {
            return None;
        }
        if let Some(state) = self.receipt.state {
            return Some(format!("message_state {}", state.0).into());
        }
        let stat = self.receipt.stat.as_deref().unwrap_or("nothing");
        let digits = stat.bytes().filter(u8::is_ascii_digit).count();
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"_-".contains(&octet);
        let is_word = stat.len() <= LONGEST && digits <= MOST_DIGITS && stat.bytes().all(plain);
        Some(if is_word { stat } else { "no word" }.into())
    }

    /// Whether the date at which it says that its message was submitted may be this one, in seconds since 1970; `None`
    /// if it says nothing.
    pub fn agrees_with_submission(&self, at: i64) -> Option<bool> {
        self.agrees_with_submission_between(at, at)
    }

    /// The same of any date from one to another. Nobody tells its time zone, but all of them are whole quarters of an hour
    /// from UTC.
    pub fn agrees_with_submission_between(&self, from: i64, to: i64) -> Option<bool> {
        const QUARTER: i64 = 15 * 60;
        /// The date has whole minutes, and clocks differ.
        const LEEWAY: i64 = 2 * 60;
        const FURTHEST_ZONE: i64 = 14 * 3600 + LEEWAY;
        let moment = date_to_unix(self.submit_date.as_str(), 0, to)?;
        let in_some_zone = (from - FURTHEST_ZONE..=to + FURTHEST_ZONE).contains(&moment);
        // In the zone where it is the first one that is not too early.
        let after_the_first = (moment - (from - LEEWAY)).rem_euclid(QUARTER);
        Some(in_some_zone && after_the_first <= to - from + 2 * LEEWAY)
    }

    /// The ids under which the segment may stand, with the spelling that each assumes.
    pub fn candidates(&self) -> Vec<(Spelling, String)> {
        let spelled = |spelling| self.spelled(spelling);
        let mut candidates: Vec<_> = Spelling::ALL.into_iter().filter_map(spelled).collect();
        candidates.dedup_by(|later, earlier| later.1 == earlier.1);
        candidates
    }

    /// The id under which the segment stands if the operator spells it so; one that cannot be spelled so is taken as
    /// it is written.
    pub fn candidate(&self, spelling: Spelling) -> Option<(Spelling, String)> {
        let spelled = self.spelled(spelling);
        spelled.or_else(|| self.spelled(Spelling::Same))
    }

    /// Whether it gives any id.
    pub fn gives_id(&self) -> bool {
        let id = self.receipt.message_id.as_deref();
        id.is_some_and(|id| !id.is_empty())
    }

    /// Whether it gives this id, and writes it so.
    pub fn gives_exactly(&self, smsc_id: &str) -> bool {
        self.receipt.message_id.as_deref() == Some(smsc_id)
    }

    /// The id as the receipt writes it, but for case and zeros.
    pub fn written_id(&self) -> Cow<'_, str> {
        folded(self.receipt.message_id.as_deref().unwrap_or_default())
    }

    fn spelled(&self, spelling: Spelling) -> Option<(Spelling, String)> {
        let id = self.receipt.message_id.as_deref()?;
        let id = spelling.in_response(id);
        Some((spelling, id.filter(|id| !id.is_empty())?))
    }

    /// The subscriber, if the operator writes the number in international form.
    pub fn msisdn(&self) -> Option<Msisdn> {
        self.digits().parse().ok()
    }

    /// The subscriber's number as the operator writes it, without 0 or 00 before it.
    pub fn digits(&self) -> &str {
        self.subscriber.trim_start_matches('0')
    }

    /// The last digits of the subscriber's number, by which receipts of one are found.
    pub fn last_digits(&self) -> u32 {
        let digits = self.subscriber.as_bytes();
        let last = digits.iter().rev().take(SIGNIFICANT_DIGITS as usize).rev();
        last.fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
    }

    /// Whether it says nothing of the subscriber.
    pub fn names_nobody(&self) -> bool {
        self.subscriber.is_empty()
    }

    /// Whether the receipt names this subscriber, however it writes the number: also with 0 or 00 before it.
    pub fn names(&self, msisdn: Msisdn) -> bool {
        let mut left = msisdn.as_u64();
        let mut equal = 0;
        for digit in self.digits().bytes().rev().map(|digit| digit - b'0') {
            if left == 0 {
                break;
            }
            if left % 10 != u64::from(digit) {
                return false;
            }
            (left, equal) = (left / 10, equal + 1);
        }
        equal >= SIGNIFICANT_DIGITS
    }

    /// The operator's own words, for the agency and for whoever asks. Where text and TLV contradict each other those of the
    /// text are about something else.
    pub fn code(&self) -> Option<Box<str>> {
        let text_is_meant = !self.contradicts_itself();
        let stat = self.receipt.stat.as_deref().filter(|_| text_is_meant);
        let stat = stat.map(Cow::Borrowed);
        let state = self
            .receipt
            .state
            .and_then(|state| state.name())
            .map(Cow::Borrowed);
        let err = self.receipt.err.as_deref().filter(|_| text_is_meant);
        let err = err.map(Cow::Borrowed);
        let network = self.receipt.network_error_code.map(|code| code.code);
        // TLVs go before the text. Some send one that says nothing, and the code in words.
        let network = match (network, &err) {
            (Some(0), Some(_)) => None,
            (code, _) => code.map(|code| Cow::Owned(code.to_string())),
        };
        match (stat.or(state), network.or(err)) {
            (Some(word), Some(err)) => Some([&*word, " ", &*err].concat().into()),
            (word, err) => word.or(err).map(|code| code.as_ref().into()),
        }
    }

    /// Whether the word in its text says that it arrived and its state that it did not, or the reverse.
    fn contradicts_itself(&self) -> bool {
        let in_words = self.receipt.stat.as_deref().and_then(state_of);
        let in_words = Receipt {
            state: in_words,
            ..Receipt::default()
        };
        let is_end = |fate| matches!(fate, Fate::Delivered | Fate::Expired | Fate::Failed);
        let (word, state) = (in_words.fate(), self.receipt.fate());
        is_end(word) && is_end(state) && (word == Fate::Delivered) != (state == Fate::Delivered)
    }
}

#[cfg(test)]
mod tests {
    use xabar_smpp::pdu::{Body, SubmitSm};
    use xabar_smpp::tlv::NetworkErrorCode;
    use xabar_smpp::values::EsmClass;

    use super::*;

    fn notice_of(text: &str, subscriber: &str) -> Notice {
        Notice {
            receipt: Receipt::from_text(text).into_owned(),
            subscriber: subscriber.into(),
            submit_date: WrittenDate::default(),
        }
    }

    #[test]
    fn the_subscriber_is_recognised_in_international_and_national_form() {
        let msisdn = "998901234567".parse().expect("a number");
        for subscriber in [
            "998901234567",
            "00998901234567",
            "901234567",
            "0901234567",
            "1234567",
        ] {
            let notice = notice_of("id:1 stat:DELIVRD", subscriber);
            assert!(notice.names(msisdn), "{subscriber}");
            assert_eq!(notice.last_digits(), last_digits(msisdn), "{subscriber}");
        }
        for subscriber in ["998901234568", "4567", ""] {
            assert!(
                !notice_of("id:1 stat:DELIVRD", subscriber).names(msisdn),
                "{subscriber}"
            );
        }
    }

    #[test]
    fn a_decimal_receipt_of_a_hexadecimal_response_is_looked_up_both_ways() {
        let candidates = notice_of("id:0059113978 stat:DELIVRD", "").candidates();
        assert!(candidates.contains(&(Spelling::Same, "59113978".into())));
        assert!(candidates.contains(&(Spelling::DecimalInReceipt, "38601FA".into())));
    }

    #[test]
    fn the_code_is_the_operators_own_word_with_its_error() {
        assert_eq!(
            notice_of("id:1 stat:UNDELIV err:027", "").code().as_deref(),
            Some("UNDELIV 027")
        );
        assert_eq!(
            notice_of("id:1 stat:DELIVRD", "").code().as_deref(),
            Some("DELIVRD")
        );
    }

    #[test]
    fn where_text_and_tlv_contradict_each_other_the_tlv_holds_and_the_texts_words_are_not_told() {
        use MessageState as State;
        for (stat, state, code) in [
            ("UNDELIV err:000", State::DELIVERED, "DELIVERED"),
            ("DELIVRD err:000", State::UNDELIVERABLE, "UNDELIVERABLE"),
            ("DELIVRD", State::EXPIRED, "EXPIRED"),
            // Two words for one end.
            ("REJECTD err:027", State::UNDELIVERABLE, "REJECTD 027"),
            ("DELIVRD err:000", State::DELIVERED, "DELIVRD 000"),
            ("ACCEPTD err:000", State::DELIVERED, "ACCEPTD 000"),
        ] {
            let mut notice = notice_of(&format!("id:1 stat:{stat}"), "");
            notice.receipt.state = Some(state);
            assert_eq!(notice.code().as_deref(), Some(code), "{stat}");
        }
    }

    #[test]
    fn the_error_code_of_the_tlv_goes_before_that_in_words_unless_it_says_nothing() {
        for (text, network, code) in [
            ("UNDELIV err:001", 27, "UNDELIV 27"),
            ("UNDELIV err:001", 0, "UNDELIV 001"),
            ("UNDELIV", 0, "UNDELIV 0"),
        ] {
            let mut notice = notice_of(&format!("id:1 stat:{text}"), "");
            notice.receipt.network_error_code = Some(NetworkErrorCode {
                network_type: 3,
                code: network,
            });
            assert_eq!(notice.code().as_deref(), Some(code), "{text} {network}");
        }
    }

    #[test]
    fn accepted_as_the_last_word_is_told_in_that_word_and_on_the_way_it_is_none() {
        let accepted = |intermediate| {
            let mut notice = Notice::of_answer(MessageState::ACCEPTED, 0);
            notice.receipt.intermediate = intermediate;
            notice.with_accepted_as_delivered()
        };
        let last = accepted(false);
        assert_eq!(last.receipt.fate(), Fate::Delivered);
        assert_eq!(last.code().as_deref(), Some("ACCEPTD"));
        assert_eq!(accepted(true).receipt.fate(), Fate::Accepted);
    }

    #[test]
    fn what_means_no_state_is_shown_as_a_word_and_never_as_a_number_or_a_text() {
        for (stat, shown) in [
            ("DELIVRD", None),
            ("UNKNOWN", None),
            ("BLOCKED_2", Some("BLOCKED_2")),
            ("998901234567", Some("no word")),
            ("Arizangiz tasdiqlandi", Some("no word")),
            ("", Some("nothing")),
        ] {
            let notice = notice_of(&format!("id:1 stat:{stat}"), "");
            assert_eq!(notice.unclear().as_deref(), shown, "{stat}");
        }
        let notice = Notice::of_answer(MessageState(77), 0);
        assert_eq!(notice.unclear().as_deref(), Some("message_state 77"));
    }

    #[test]
    fn the_date_of_submission_is_compared_in_whatever_zone_it_is_written() {
        let receipt = |date: &str| {
            let text = format!("id:1 submit date:{date} stat:DELIVRD");
            let pdu = SubmitSm {
                esm_class: EsmClass::DELIVERY_RECEIPT,
                short_message: Octets(text.as_bytes()),
                ..SubmitSm::default()
            };
            let pdu: Pdu<'_> = Pdu::new(1, Body::DeliverSm(pdu));
            noted(&pdu.to_frame().expect("it fits")).expect("a receipt")
        };
        // 2026-11-23 04:15:20 UTC.
        let at = 1_795_407_320;
        let agrees = |date| receipt(date).agrees_with_submission(at);
        for date in [
            "2611230415",
            "2611230915",
            "2611230945",
            "2611222230",
            "261123091520",
        ] {
            assert_eq!(agrees(date), Some(true), "{date}");
        }
        for date in ["2611230920", "2611230409", "2611220415", "2611250415"] {
            assert_eq!(agrees(date), Some(false), "{date}");
        }
        for nothing in ["0000000000", "", "26112304152026112304152"] {
            assert_eq!(agrees(nothing), None);
        }
        let in_five_minutes = |date| receipt(date).agrees_with_submission_between(at, at + 5 * 60);
        for date in ["2611230414", "2611230420", "2611230922", "2611222235"] {
            assert_eq!(in_five_minutes(date), Some(true), "{date}");
        }
        for date in ["2611230413", "2611230423", "2611230927", "2611220420"] {
            assert_eq!(in_five_minutes(date), Some(false), "{date}");
        }
    }
}
