//! One segment on its way to an operator, and the PDU it becomes.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use bytes::Bytes;
use xabar_events::Msisdn;
use xabar_smpp::pdu::{Body, QuerySm, SubmitSm};
use xabar_smpp::session::Requests;
use xabar_smpp::values::{DataCoding, EsmClass, Npi, RegisteredDelivery, Time, Ton};
use xabar_smpp::{EncodeError, Octets, Tag, TlvBuffer};
use xabar_ussd::Dialect;

use super::senders::{SHORT_CODE, Senders, SentAs};
use crate::journal::MessageId;

/// A segment whose attempt is in the journal, or a push to the screen of a phone.
#[derive(Clone, Debug)]
pub struct Submission {
    /// When it was decided that it goes.
    pub decided: Instant,
    pub token: Token,
    pub msisdn: Msisdn,
    /// The user data: the UDH, if there is one, and the text.
    pub octets: Bytes,
    pub has_udh: bool,
    pub data_coding: DataCoding,
    /// Its `user_message_reference`, or the session of a push.
    pub reference: u16,
    /// How long the SMSC may try.
    pub validity: Duration,
    pub urgent: bool,
    /// The operator throttled it again and again.
    pub stubborn: bool,
    pub sender: SentAs,
}

/// A question for the fate of a segment that the operator accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pub token: Token,
    /// The operator's name of the segment, as it gave it.
    pub smsc_id: Box<str>,
    /// As whom it was submitted.
    pub sender: SentAs,
}

/// Which attempt at which segment of which message; fits the 64 bits by which an SMPP session
/// knows a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    pub message: MessageId,
    /// From 0; [`Token::PUSH`]: the whole text, on a screen of USSD.
    pub segment: u8,
    /// The last octet of the message's count of attempts.
    pub attempt: u8,
}

impl Token {
    /// No segment has this number.
    pub const PUSH: u8 = u8::MAX;

    /// Whether it is a text for the phone's screen rather than a short message.
    pub fn is_push(self) -> bool {
        self.segment == Self::PUSH
    }
}

impl From<Token> for u64 {
    fn from(token: Token) -> Self {
        token.message.0 << 16 | u64::from(token.segment) << 8 | u64::from(token.attempt)
    }
}

impl From<u64> for Token {
    fn from(token: u64) -> Self {
        let [.., segment, attempt] = token.to_be_bytes();
        Self {
            message: MessageId(token >> 16),
            segment,
            attempt,
        }
    }
}

/// How messages to one operator are addressed.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    default: Source,
    /// By [`SenderIndex`].
    others: Vec<Source>,
    receipts: bool,
    /// As whom pushes go, and how they are marked.
    pushes: Option<(Source, Dialect)>,
}

/// How an operator takes texts for the screens of phones that did not dial.
#[derive(Clone, Debug)]
pub struct Push {
    /// The code that they come from.
    pub from: String,
    pub dialect: Dialect,
}

/// A source address.
#[derive(Clone, Debug)]
struct Source {
    address: Box<str>,
    ton: Ton,
    npi: Npi,
}

impl Source {
    /// Names are alphanumeric, up to six digits a short code, more an international number.
    fn new(sender: &str) -> Self {
        let digits = sender.trim_start_matches('+');
        let (ton, npi) = match digits.len() {
            _ if !digits.bytes().all(|octet| octet.is_ascii_digit()) => {
                (Ton::ALPHANUMERIC, Npi::UNKNOWN)
            }
            0..=SHORT_CODE => (Ton::NETWORK_SPECIFIC, Npi::UNKNOWN),
            _ => (Ton::INTERNATIONAL, Npi::ISDN),
        };
        Self {
            address: digits.into(),
            ton,
            npi,
        }
    }
}

impl Sender {
    pub(super) fn new(senders: &Senders, receipts: bool) -> Self {
        Self {
            default: Source::new(senders.default_name()),
            others: senders.names().map(Source::new).collect(),
            receipts,
            pushes: None,
        }
    }

    /// The same for an operator that takes pushes.
    pub(super) fn with_pushes(self, push: Option<&Push>) -> Self {
        let pushes = push.map(|push| (Source::new(&push.from), push.dialect));
        Self { pushes, ..self }
    }

    fn source(&self, sender: &SentAs) -> Cow<'_, Source> {
        match sender {
            SentAs::Listed(index) => {
                let other = index.place().and_then(|place| self.others.get(place));
                Cow::Borrowed(other.unwrap_or(&self.default))
            }
            SentAs::Number(number) => Cow::Owned(Source::new(number)),
        }
    }

    /// Whether a receipt is to come of what is accepted.
    pub(super) fn awaits_receipt(&self, token: Token) -> bool {
        self.receipts && !token.is_push()
    }

    /// Adds the `submit_sm` of a submission to a batch; `tlvs` if the other end takes any.
    ///
    /// # Errors
    /// A field does not fit its size; the batch is then as it was.
    pub(super) fn push(
        &self,
        submission: &Submission,
        tlvs: bool,
        batch: &mut Requests,
    ) -> Result<(), EncodeError> {
        let mut buffer = TlvBuffer::new();
        let push = self.pushes.as_ref();
        let push = push.filter(|_| submission.token.is_push());
        let (service_type, source) = match push {
            Some((code, dialect)) => {
                let service_type = dialect.mark_push(submission.reference, &mut buffer);
                (service_type, Cow::Borrowed(code))
            }
            None => ("", self.source(&submission.sender)),
        };
        if tlvs && push.is_none() {
            buffer.push_two_octets(Tag::USER_MESSAGE_REFERENCE, submission.reference);
        }
        let destination = submission.msisdn.digits();
        let validity = Time::from_duration(submission.validity)
            .format()
            .unwrap_or_default();
        let submit_sm = SubmitSm {
            service_type: service_type.into(),
            source_addr_ton: source.ton,
            source_addr_npi: source.npi,
            source_addr: Octets(source.address.as_bytes()),
            dest_addr_ton: Ton::INTERNATIONAL,
            dest_addr_npi: Npi::ISDN,
            destination_addr: Octets(destination.as_bytes()),
            esm_class: if submission.has_udh {
                EsmClass::UDH
            } else {
                EsmClass::DEFAULT
            },
            priority_flag: u8::from(submission.urgent),
            validity_period: Octets(validity.as_bytes()),
            // The phone's own word says whether a push was shown.
            registered_delivery: if self.receipts && push.is_none() {
                RegisteredDelivery::FINAL
            } else {
                RegisteredDelivery::NONE
            },
            data_coding: submission.data_coding,
            short_message: Octets(&submission.octets),
            tlvs: buffer.as_tlvs(),
            ..SubmitSm::default()
        };
        batch.push(submission.token.into(), Body::SubmitSm(submit_sm))
    }

    /// Adds the `query_sm` of a question to a batch.
    ///
    /// # Errors
    /// The id does not fit; the batch is then as it was.
    pub(super) fn push_query(
        &self,
        query: &Query,
        batch: &mut Requests,
    ) -> Result<(), EncodeError> {
        let source = self.source(&query.sender);
        let query_sm = QuerySm {
            message_id: Octets(query.smsc_id.as_bytes()),
            source_addr_ton: source.ton,
            source_addr_npi: source.npi,
            source_addr: Octets(source.address.as_bytes()),
            ..QuerySm::default()
        };
        batch.push(query.token.into(), Body::QuerySm(query_sm))
    }
}

#[cfg(test)]
mod tests {
    use super::super::senders::Assignment;
    use super::*;

    #[test]
    fn a_token_fits_into_64_bits_and_comes_back() {
        let token = Token {
            message: MessageId(0xFFFF_FFFF_FFFF),
            segment: 254,
            attempt: 7,
        };
        assert_eq!(Token::from(u64::from(token)), token);
    }

    #[test]
    fn a_submission_goes_out_as_its_place_in_the_list_says() {
        let assignment = Assignment {
            name: "Kadastr",
            agency: "kadastr",
            priorities: &[],
        };
        let senders = Senders::new("555", [assignment]);
        let sender = Sender::new(&senders, true);
        for (agency, address) in [("kadastr", "Kadastr"), ("soliq", "555")] {
            let index = senders.of(agency, crate::journal::Lane::Normal);
            assert_eq!(&*sender.source(&SentAs::Listed(index)).address, address);
        }
    }

    #[test]
    fn an_answer_goes_out_as_the_number_that_was_written_to() {
        let sender = Sender::new(&Senders::new("MyGov", []), true);
        let source = sender.source(&SentAs::Number("1055".into())).into_owned();
        assert_eq!(
            (&*source.address, source.ton),
            ("1055", Ton::NETWORK_SPECIFIC)
        );
    }

    #[test]
    fn a_message_is_asked_for_by_an_id_as_long_as_allowed_and_no_longer() {
        let sender = Sender::new(&Senders::new("555", []), true);
        for (len, is_asked) in [(64, true), (65, false)] {
            let query = Query {
                token: Token::from(1),
                smsc_id: "k".repeat(len).into(),
                sender: SentAs::default(),
            };
            let pushed = sender.push_query(&query, &mut Requests::default());
            assert_eq!(pushed.is_ok(), is_asked, "{len}");
        }
    }

    #[test]
    fn senders_are_addressed_as_what_they_are() {
        let cases = [
            ("MyGov", Ton::ALPHANUMERIC, Npi::UNKNOWN),
            ("555", Ton::NETWORK_SPECIFIC, Npi::UNKNOWN),
            ("+998712000000", Ton::INTERNATIONAL, Npi::ISDN),
        ];
        for (sender, ton, npi) in cases {
            let source = Source::new(sender);
            assert_eq!((source.ton, source.npi), (ton, npi));
        }
    }
}
